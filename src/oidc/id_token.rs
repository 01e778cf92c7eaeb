//! The id_token (OpenID Connect Core section 2).

use super::grant::Terms;
use super::{Portal, Provider, claims};
use crate::assurance::{Authenticated, Decision};
use crate::jose;
use crate::secret::sha256;
use data_encoding::BASE64URL_NOPAD;
use serde_json::{Map, Value, json};
use std::time::Duration;

/// How long an id_token is good for.
pub const LIFETIME: Duration = Duration::from_secs(600);
/// The `typ` of its header.
pub const TYPE: &str = "JWT";

/// Why no id_token is issued.
#[derive(Debug, thiserror::Error)]
pub enum NotIssued {
    /// The status evidence of the login is past its time: there is no level at all.
    #[error("the status evidence of the login has lapsed")]
    StatusLapsed,
    /// The level reached now is below what was asked for.
    #[error("the login reaches {reached}, below what was asked for")]
    LevelUnmet {
        /// What it reaches.
        reached: crate::assurance::Level,
    },
    /// Signing failed.
    #[error(transparent)]
    Jose(#[from] jose::Error),
}

impl NotIssued {
    /// The stable word for logs and metrics.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::StatusLapsed => "status_lapsed",
            Self::LevelUnmet { .. } => "level_unmet",
            Self::Jose(error) => error.code(),
        }
    }

    /// The module's own codes; those of [`jose::Error`] pass through.
    pub const CODES: &[&str] = &["status_lapsed", "level_unmet"];
}

/// The decision on a login at this moment, if it will do for what was asked.
///
/// # Errors
/// [`NotIssued::StatusLapsed`], [`NotIssued::LevelUnmet`].
pub fn decide(
    authenticated: &Authenticated,
    terms: &Terms,
    now: crate::clock::UnixTime,
) -> Result<(Decision, &'static str), NotIssued> {
    let decision = authenticated.decision(now).ok_or(NotIssued::StatusLapsed)?;
    let acr = terms.request.acr_for(decision.level).ok_or(NotIssued::LevelUnmet { reached: decision.level })?;
    Ok((decision, acr.acr()))
}

/// Issues the id_token of a login on the terms of a grant. The level is decided anew, now.
///
/// # Errors
/// [`NotIssued`].
pub fn issue(
    provider: &Provider<'_>,
    portal: &Portal,
    authenticated: &Authenticated,
    terms: &Terms,
    access_token: &str,
) -> Result<String, NotIssued> {
    let (decision, acr) = decide(authenticated, terms, provider.now)?;
    let mut token = Map::new();
    let mut claim = |name: &str, value: Value| token.insert(name.to_owned(), value);
    claim("iss", provider.issuer.as_str().into());
    claim("sub", terms.subject.clone().into());
    claim("aud", portal.client_id.clone().into());
    claim("iat", json!(provider.now));
    claim("exp", json!(provider.now.plus(LIFETIME)));
    claim("auth_time", json!(authenticated.facts().auth_time));
    claim("acr", acr.into());
    claim("amr", json!(authenticated.facts().amr()));
    claim("at_hash", at_hash(access_token).into());
    claim("sid", terms.sid.clone().into());
    if let Some(nonce) = &terms.request.nonce {
        claim("nonce", nonce.clone().into());
    }
    token.extend(claims::of(authenticated, &decision, &terms.request.scopes));
    Ok(provider.keys.sign(portal.id_token_algorithm, TYPE, &token)?)
}

/// The left half of the access token's hash (section 3.1.3.6); SHA-256 goes with all of our algorithms.
fn at_hash(access_token: &str) -> String {
    let hash = sha256(access_token.as_bytes());
    let (left, _) = hash.split_at(hash.len() / 2);
    BASE64URL_NOPAD.encode(left)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of OpenID Connect Core appendix A.4.
    #[test]
    fn the_token_hash_of_the_standard_holds() {
        assert_eq!(at_hash("jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y"), "77QmUPtjPfzWtF2AnpK9RQ");
    }
}
