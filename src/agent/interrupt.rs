//! How something that waits for a person is ended: because the login is over, or because what she is shown has changed.

use rustix::event::{EventfdFlags, PollFd, PollFlags, Timespec, eventfd, poll};
use rustix::io::Errno;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// Why a login ended from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The browser closed the connection that opened it: nobody could be sent on.
    BrowserLeft,
    /// The gateway has forgotten it by now.
    Expired,
    /// The agent stops.
    Stopping,
}

/// The end of a login, told once to everybody who waits.
#[derive(Debug)]
pub struct Cancellation {
    reason: OnceLock<End>,
    // Never read, so that it stays readable for every poll that is still to come.
    event: OwnedFd,
    told: watch::Sender<bool>,
}

impl Cancellation {
    /// One that has not happened.
    pub fn new() -> io::Result<Arc<Self>> {
        Ok(Arc::new(Self { reason: OnceLock::new(), event: event()?, told: watch::Sender::new(false) }))
    }

    /// Ends the login. The first reason stays.
    pub fn end(&self, reason: End) {
        if self.reason.set(reason).is_ok() {
            signal(&self.event);
            self.told.send_replace(true);
        }
    }

    /// Why it ended, if it did.
    pub fn reason(&self) -> Option<End> {
        self.reason.get().copied()
    }

    /// Completes when it ends.
    pub async fn ended(&self) -> End {
        let mut told = self.told.subscribe();
        loop {
            if let Some(reason) = self.reason() {
                return reason;
            }
            // The sender lives in self, so an error cannot be; waiting on would be the answer to it.
            if told.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }
}

/// What a wait came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Waited {
    /// The input can be read without blocking.
    Input,
    /// The time is over.
    TimeOut,
    /// What is shown has changed.
    Changed,
    /// The login has ended.
    Ended(End),
}

/// What a prompt waits on beside its own input.
#[derive(Debug)]
pub struct Interrupt {
    cancellation: Arc<Cancellation>,
    change: OwnedFd,
}

impl Interrupt {
    /// One of a login.
    pub fn new(cancellation: Arc<Cancellation>) -> io::Result<Self> {
        Ok(Self { cancellation, change: event()? })
    }

    /// The login's end.
    pub fn cancellation(&self) -> &Arc<Cancellation> {
        &self.cancellation
    }

    /// Says that what is shown has changed.
    pub fn raise(&self) {
        signal(&self.change);
    }

    /// Forgets changes up to now.
    pub fn lower(&self) {
        // Not blocking: without a change there is nothing to read, and that is as good.
        let _ = rustix::io::read(&self.change, &mut [0; 8]);
    }

    /// Waits for input (if any is given), an interruption or the end of the time, whichever is first.
    pub fn wait(&self, input: Option<BorrowedFd<'_>>, timeout: Option<Duration>) -> io::Result<Waited> {
        let until = timeout.map(|timeout| Instant::now() + timeout);
        loop {
            // Before the poll: an end must win over input that is always ready.
            if let Some(reason) = self.cancellation.reason() {
                return Ok(Waited::Ended(reason));
            }
            let left = until.map(|until| until.saturating_duration_since(Instant::now()));
            let left = left.map(|left| Timespec::try_from(left).unwrap_or(Timespec { tv_sec: 1, tv_nsec: 0 }));
            let mut watched = vec![
                PollFd::from_borrowed_fd(self.cancellation.event.as_fd(), PollFlags::IN),
                PollFd::from_borrowed_fd(self.change.as_fd(), PollFlags::IN),
            ];
            watched.extend(input.map(|input| PollFd::from_borrowed_fd(input, PollFlags::IN)));
            match poll(&mut watched, left.as_ref()) {
                Ok(0) => return Ok(Waited::TimeOut),
                Err(Errno::INTR) => continue,
                Err(error) => return Err(error.into()),
                Ok(_) => (),
            }
            let ready: Vec<bool> = watched.iter().map(|fd| !fd.revents().is_empty()).collect();
            match ready.as_slice() {
                [true, ..] => continue,
                [_, true, ..] => return Ok(Waited::Changed),
                [.., true] => return Ok(Waited::Input),
                _ => (),
            }
        }
    }
}

fn event() -> io::Result<OwnedFd> {
    Ok(eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?)
}

fn signal(event: &OwnedFd) {
    // Fails only when the counter is full, and then it is readable already.
    let _ = rustix::io::write(event, &1_u64.to_ne_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_wins_and_stays() {
        let cancellation = Cancellation::new().expect("makes one");
        let interrupt = Interrupt::new(Arc::clone(&cancellation)).expect("makes one");
        assert_eq!(interrupt.wait(None, Some(Duration::ZERO)).expect("waits"), Waited::TimeOut);
        interrupt.raise();
        assert_eq!(interrupt.wait(None, None).expect("waits"), Waited::Changed);
        interrupt.lower();
        assert_eq!(interrupt.wait(None, Some(Duration::ZERO)).expect("waits"), Waited::TimeOut);
        cancellation.end(End::BrowserLeft);
        cancellation.end(End::Expired);
        interrupt.raise();
        for _ in 0..2 {
            assert_eq!(interrupt.wait(None, None).expect("waits"), Waited::Ended(End::BrowserLeft));
        }
    }

    #[test]
    fn a_wait_under_way_is_ended() {
        let cancellation = Cancellation::new().expect("makes one");
        let interrupt = Interrupt::new(Arc::clone(&cancellation)).expect("makes one");
        let waiting = std::thread::spawn(move || interrupt.wait(None, Some(Duration::from_secs(20))));
        cancellation.end(End::Stopping);
        let waited = waiting.join().expect("joins").expect("waits");
        assert_eq!(waited, Waited::Ended(End::Stopping));
    }
}
