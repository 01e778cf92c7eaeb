//! The citizen's side: a loopback address the browser comes to, a prompt that shows who asks, and the card.
//!
//! [`loopback`] judges what comes in and answers it; [`session`] is one login; [`prompt`] asks the person;
//! [`candidate`] says which certificates can serve; [`config`] which gateways are served. [`inventory`] and [`doctor`]
//! tell what is there and what is missing.

pub mod candidate;
pub mod config;
pub mod display;
pub mod doctor;
pub mod interrupt;
pub mod inventory;
pub mod loopback;
pub mod prompt;
pub mod session;
mod watch;
pub mod wording;

/// An error and what caused it, in one line.
pub struct Chain<'a>(pub &'a dyn std::error::Error);

impl std::fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0)?;
        let mut source = self.0.source();
        while let Some(cause) = source {
            write!(f, ": {cause}")?;
            source = cause.source();
        }
        Ok(())
    }
}
