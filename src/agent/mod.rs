//! The citizen's side: a loopback address the browser comes to, a prompt that shows who asks, and the card.

pub mod candidate;
pub mod config;
pub mod display;
pub mod interrupt;
pub mod loopback;
pub mod prompt;
pub mod session;
mod watch;
pub mod wording;
