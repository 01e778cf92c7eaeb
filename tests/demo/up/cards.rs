//! The cards: a real one in a real reader when there is one, else virtual ones behind a pcscd of our own.

use super::Children;
use super::home::Home;
use anyhow::bail;
use pcsc::{Context, ReaderState, Scope, State};
use std::path::PathBuf;
use std::time::Duration;

/// What vpcd's readers are called.
const VIRTUAL: &str = "Virtual PCD";
/// The most readers looked at for a real card.
const MAX_READERS: usize = 32;

/// Where the agent finds cards.
pub enum Cards {
    /// In this reader of the system's own pcscd.
    Real {
        /// The reader.
        reader: String,
    },
    /// Behind this socket.
    Virtual {
        /// What libpcsclite is to take for the service's socket.
        socket: PathBuf,
    },
}

/// A reader of the system with a card in it.
pub fn real_card() -> Option<String> {
    let context = Context::establish(Scope::User).ok()?;
    let readers = context.list_readers_owned().ok()?;
    let mut states: Vec<ReaderState> = readers
        .into_iter()
        .filter(|name| !name.to_string_lossy().starts_with(VIRTUAL))
        .take(MAX_READERS)
        .map(|name| ReaderState::new(name, State::UNAWARE))
        .collect();
    if states.is_empty() {
        return None;
    }
    context.get_status_change(Duration::ZERO, &mut states).ok()?;
    let present = states.iter().find(|state| state.event_state().contains(State::PRESENT))?;
    Some(present.name().to_string_lossy().into_owned())
}

/// Starts pcscd and the virtual cards.
pub fn start_virtual(_home: &Home, _children: &mut Children) -> anyhow::Result<Cards> {
    bail!("the virtual cards are not built in yet")
}
