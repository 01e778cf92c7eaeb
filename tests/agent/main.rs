//! The agent in process: its loopback address, a scripted prompt, cards of software and a small gateway.

mod gateway;
mod login;
mod pinentry;
mod refusals;
mod rig;
mod tokens;
