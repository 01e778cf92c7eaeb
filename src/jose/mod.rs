//! Signed JSON: the gateway's signing keys, the key set it publishes, the tokens it signs and knows again.
//!
//! Tokens are signed by ring with keys parsed once and composed here (RFC 7515 section 3.1); they are read by
//! `jsonwebtoken` alone, over a provider that verifies and never signs. Only [`directory`] touches files.

#[cfg(feature = "gateway")]
pub mod directory;
mod error;
mod key;
mod keys;
mod provider;

pub use error::Error;
pub use key::{Algorithm, KeyFamily, SigningKey};
pub use keys::{Keys, MAX_JWT};
