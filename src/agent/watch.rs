//! Watching the readers while a person is asked.

use super::interrupt::Interrupt;
use crate::card::{CardState, KeyReference, Snapshot, Tokens};
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How long one look waits; after it the watcher notices that it is not needed any more.
const LOOK: Duration = Duration::from_millis(500);

/// Which changes interrupt what is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Interest {
    /// Every change: the list must be made anew.
    Everything,
    /// Only that this key is gone: half a PIN is not to be dropped because of another reader.
    Key(KeyReference),
}

struct State {
    latest: Snapshot,
    interest: Interest,
    ended: bool,
}

/// The watcher; it ends when dropped.
pub struct Watch {
    state: Arc<Mutex<State>>,
    interrupt: Arc<Interrupt>,
}

impl Watch {
    /// Starts watching.
    pub fn start(tokens: &Arc<dyn Tokens>, interrupt: &Arc<Interrupt>) -> io::Result<Self> {
        let state = State { latest: tokens.snapshot(), interest: Interest::Everything, ended: false };
        let state = Arc::new(Mutex::new(state));
        let watch = Self { state: Arc::clone(&state), interrupt: Arc::clone(interrupt) };
        let (tokens, interrupt) = (Arc::clone(tokens), Arc::clone(interrupt));
        let run = move || {
            let mut seen = lock(&state).latest.generation;
            loop {
                let now = tokens.wait(seen, LOOK);
                let mut state = lock(&state);
                if state.ended {
                    break;
                }
                if now.generation != seen {
                    seen = now.generation;
                    state.latest = now;
                    if concerns(&state.interest, &state.latest) {
                        interrupt.raise();
                    }
                }
            }
        };
        std::thread::Builder::new().name("readers".to_owned()).spawn(run)?;
        Ok(watch)
    }

    /// What is in the readers now. From here on changes that concern `interest` interrupt.
    pub fn look(&self, interest: Interest) -> Snapshot {
        let mut state = lock(&self.state);
        state.interest = interest;
        self.interrupt.lower();
        if state.interest != Interest::Everything && concerns(&state.interest, &state.latest) {
            self.interrupt.raise();
        }
        state.latest.clone()
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        lock(&self.state).ended = true;
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

fn concerns(interest: &Interest, snapshot: &Snapshot) -> bool {
    let Interest::Key(wanted) = interest else { return true };
    !snapshot.readers.iter().any(|reader| match &reader.card {
        CardState::Piv(card) => card.keys.iter().any(|key| key.reference == *wanted),
        // Somebody looks at the card; it is still there.
        CardState::Reading | CardState::InUse => reader.name == wanted.reader,
        _ => false,
    })
}
