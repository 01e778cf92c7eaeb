//! The citizen's side: a loopback address the browser comes to, a prompt that shows who asks, and the card.

pub mod config;
pub mod display;
