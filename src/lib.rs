//! Brama, the gate: digital-signature login for public services.
//!
//! Two programs are built from this library: `brama`, the gateway, and `brama-agent`, which runs on the citizen's
//! computer. The library is a pure core with I/O at its edge. A module names only modules above it in this table:
//!
//! | module | role | I/O | feature |
//! |---|---|---|---|
//! | [`clock`] [`rng`] [`secret`] [`text`] | values and seams | the real clock and random source only | |
//! | [`pki`] | bytes, evidence and a time in; a verdict out | none | |
//! | [`jose`] | signed JSON over a kept library | a folder of keys at its edge (`gateway`) | |
//! | [`authn`] | the contract of agent and gateway: challenge, signed message, authentication token | none | |
//! | [`assurance`] | facts about a login, the level they reach, the person they name | none | |
//! | [`config`] [`i18n`] [`client`] [`telemetry`] [`hardening`] | shared by the two programs only | files, sockets | either |
//! | [`card`] | APDUs, PIV; PC/SC at its edge | readers | `agent` |
//! | [`agent`] | loopback login, prompts | sockets, terminal | `agent` |
//! | [`store`] | durable and short-lived state | database | `gateway` |
//! | [`fetch`] | CRLs over HTTP, guarded | network | `gateway` |
//! | [`trust`] | the folder of CA families | files | `gateway` |
//! | [`serve`] | connections: deadlines, limits, TLS | sockets | `gateway` |
//! | [`oidc`] | the protocol's decisions; never names axum | through [`store`] | `gateway` |
//! | [`gateway`] | endpoints, pages, wiring | all | `gateway` |
//!
//! A check leaves a value behind and the next step cannot be called without it: [`pki::ValidatedCertificate`] and
//! [`authn::VerifiedToken`] make an [`assurance::Authenticated`], and only that makes an id_token.

pub mod assurance;
pub mod authn;
pub mod clock;
pub mod jose;
pub mod pki;
pub mod rng;
pub mod secret;
pub mod text;

#[cfg(feature = "net")]
pub mod client;
#[cfg(feature = "net")]
pub mod config;
#[cfg(feature = "net")]
pub mod hardening;
#[cfg(feature = "net")]
pub mod i18n;
#[cfg(feature = "net")]
pub mod telemetry;

#[cfg(feature = "agent")]
pub mod agent;
#[cfg(feature = "agent")]
pub mod card;

#[cfg(feature = "gateway")]
pub mod fetch;
#[cfg(feature = "gateway")]
pub mod gateway;
#[cfg(feature = "gateway")]
pub mod oidc;
#[cfg(feature = "gateway")]
pub mod serve;
#[cfg(feature = "gateway")]
pub mod store;
#[cfg(feature = "gateway")]
pub mod trust;
