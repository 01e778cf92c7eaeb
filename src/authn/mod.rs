//! The contract of agent and gateway: what is asked, what is signed, what is sent back and how it is checked.
//!
//! Nothing here does I/O. The gateway's order of checks (design: cheap and blind first) is kept by the types: a token
//! is [parsed](AuthToken::parse), its chain is found by [`crate::pki::path`], [`verify`] needs that path, and only then
//! can revocation be asked for.

mod algorithm;
mod challenge;
mod error;
mod request;
mod token;
mod verify;

pub use algorithm::{Algorithm, UnknownAlgorithm};
pub use challenge::{NONCE_LIFETIME, Nonce, Origin, signed_message};
pub use error::Error;
pub use request::{
    AGENT_PORT, Accepted, AcceptedIssuer, Challenge, LoginRequest, MAX_AGENT_BODY, PROTOCOL, Refused, TokenPost, paths,
};
pub use token::{AuthToken, MAX_TOKEN, MIN_TOKEN};
pub use verify::{VerifiedToken, verify};
