//! When the demo shall end: Ctrl-C, SIGTERM, or the terminal was closed.

use std::io;
use std::sync::{Arc, Condvar, Mutex, PoisonError, mpsc};
use std::thread;
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};

/// Remembers that a signal has come.
#[derive(Clone, Default)]
pub struct Stop(Arc<(Mutex<bool>, Condvar)>);

impl Stop {
    /// Takes the signals over, on a thread of its own, before this returns.
    pub fn listen() -> io::Result<Self> {
        let stop = Self::default();
        let told = stop.clone();
        let (ready, installed) = mpsc::channel();
        thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            let _ = match runtime {
                Ok(runtime) => runtime.block_on(told.wait_for_signals(&ready)),
                Err(error) => ready.send(Err(error)).map_err(io::Error::other),
            };
        });
        installed.recv().map_err(io::Error::other)??;
        Ok(stop)
    }

    async fn wait_for_signals(&self, ready: &mpsc::Sender<io::Result<()>>) -> io::Result<()> {
        let (mut interrupt, mut terminate, mut hangup) =
            (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?, signal(SignalKind::hangup())?);
        ready.send(Ok(())).map_err(io::Error::other)?;
        loop {
            tokio::select! {
                _ = interrupt.recv() => (),
                _ = terminate.recv() => (),
                _ = hangup.recv() => (),
            }
            *self.0.0.lock().unwrap_or_else(PoisonError::into_inner) = true;
            self.0.1.notify_all();
        }
    }

    /// Whether a signal has come, or comes within this time.
    pub fn within(&self, time: Duration) -> bool {
        let requested = self.0.0.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.0.1.wait_timeout_while(requested, time, |requested| !*requested);
        *waited.unwrap_or_else(PoisonError::into_inner).0
    }

    /// Whether a signal has come.
    pub fn requested(&self) -> bool {
        self.within(Duration::ZERO)
    }
}
