//! The OpenID Provider's decisions. The HTTP layer parses, calls and renders; nothing here knows it.
//!
//! | step | here |
//! |---|---|
//! | `GET /authorize` | [`authorize::receive`] gives an [`AuthorizationRequest`] or a [`Refusal`] |
//! | the browser has a session, perhaps | [`session::find`], [`session::decide`] |
//! | somebody signed in | [`session::begin`] |
//! | back to the portal | [`grant::issue`] gives the address with the code |
//! | `POST /token` | [`token::exchange`] |
//! | `/userinfo` | [`userinfo::answer`] |
//! | `/end_session` | [`logout::receive`], [`session::end`] |
//! | discovery, JWKS | [`discovery::document`], [`Keys::jwks`] |

pub mod authorize;
pub mod claims;
pub mod client;
pub mod client_auth;
pub mod discovery;
mod error;
pub mod grant;
pub mod id_token;
pub mod logout;
mod parameters;
pub mod pkce;
mod redirect_uri;
pub mod registration;
pub mod scope;
pub mod session;
pub mod token;
pub mod userinfo;

#[cfg(test)]
mod fixture;

pub use authorize::AuthorizationRequest;
pub use client::Portal;
pub use error::{BearerError, Error, ErrorCode, RedirectError, Refusal, TokenError, TokenErrorCode};
pub use redirect_uri::RedirectUri;
pub use scope::Scope;

use crate::authn::Origin;
use crate::clock::UnixTime;
use crate::jose::Keys;
use crate::rng::Rng;
use crate::store::{Cache, Store};

/// What a decision is made with, for one request.
#[derive(Clone, Copy)]
pub struct Provider<'a> {
    /// The issuer: the gateway's own origin.
    pub issuer: &'a Origin,
    /// What it signs with.
    pub keys: &'a Keys,
    /// Durable state.
    pub store: &'a dyn Store,
    /// Short-lived state.
    pub cache: &'a dyn Cache,
    /// Randomness.
    pub random: &'a dyn Rng,
    /// The time.
    pub now: UnixTime,
}

/// The addresses of the endpoints, below the issuer.
pub mod paths {
    /// OpenID Connect Discovery 1.0 section 4.
    pub const DISCOVERY: &str = "/.well-known/openid-configuration";
    /// The published key set.
    pub const JWKS: &str = "/jwks.json";
    /// The authorization endpoint.
    pub const AUTHORIZE: &str = "/authorize";
    /// The token endpoint.
    pub const TOKEN: &str = "/token";
    /// The userinfo endpoint.
    pub const USERINFO: &str = "/userinfo";
    /// RP-initiated logout.
    pub const END_SESSION: &str = "/end_session";
}
