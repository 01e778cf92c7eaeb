//! Cards: commands, the PIV application, readers.
//!
//! Pure but for its edge: [`apdu`], [`tlv`], [`certificate`], [`padding`] and [`piv`] know bytes and a [`Transport`];
//! only [`pcsc`] knows readers. The agent sees [`Tokens`].

pub mod apdu;
pub mod certificate;
mod error;
pub mod padding;
pub mod pcsc;
pub mod piv;
pub mod tlv;
mod tokens;
pub mod transcript;
mod transport;

pub use error::{Error, Malformed};
pub use pcsc::{Deadlines, PcscTokens};
pub use piv::{CardId, Slot};
pub use tokens::{Board, Card, CardKey, CardState, KeyReference, Reader, Service, Snapshot, Tokens};
pub use transport::{MAX_ANSWER_PART, MAX_COMMAND, Transport};
