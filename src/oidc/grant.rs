//! The authorization code: what was granted, to whom, once.

use super::session::Session;
use super::{AuthorizationRequest, ErrorCode, Portal, Provider, Refusal, TokenError, TokenErrorCode, id_token};
use crate::assurance::Authenticated;
use crate::clock::UnixTime;
use crate::secret::Bearer;
use crate::store::{CacheExt, Key, Purpose, Spent};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How long a code may be exchanged (RFC 6749 section 4.1.2, FAPI 2.0 section 5.3.2.1).
pub const CODE_LIFETIME: Duration = Duration::from_secs(60);
/// How long an access token is good for.
pub const ACCESS_TOKEN_LIFETIME: Duration = Duration::from_secs(600);
/// How long it is remembered that a code was spent: until nothing that came of it lives.
const SPENT_LIFETIME: Duration = Duration::from_secs(60 + 600 + 60);

/// What was granted, beside who it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    /// What the portal asked for.
    pub request: AuthorizationRequest,
    /// The person's name for this portal's sector.
    pub subject: String,
    /// The session it rests on.
    pub sid: String,
}

/// A grant that waits for its code. Kept in the cache under the code's hash.
#[derive(Debug, Serialize, Deserialize)]
struct Pending {
    terms: Terms,
    authenticated: Authenticated,
    issued: UnixTime,
}

/// A grant whose code was exchanged.
#[derive(Debug)]
pub struct Exchanged {
    /// What was granted.
    pub terms: Terms,
    /// To whom.
    pub authenticated: Authenticated,
    /// What everything that comes of it is filed under.
    pub family: [u8; 32],
}

fn key(hash: &[u8; 32]) -> Key {
    Key::hash("code", hash)
}

/// Grants a request to the person of a session: the address that brings the code to the portal. That the session
/// [may](super::session::decide) be used for it is decided before.
///
/// # Errors
/// [`Refusal::Redirect`] when the login reaches no level, or too low a one, or is another's than the portal hinted
/// at; [`Refusal::Page`] when the store fails.
pub async fn issue(
    provider: &Provider<'_>,
    portal: &Portal,
    request: AuthorizationRequest,
    session: &Session,
) -> Result<String, Refusal> {
    let refuse = |request: &AuthorizationRequest, error, description| {
        Err(Refusal::Redirect(Box::new(request.refuse(error, description, provider.issuer))))
    };
    let subject = session.subject(provider, portal).await?;
    if request.hinted_subject.as_ref().is_some_and(|hinted| *hinted != subject) {
        return refuse(&request, ErrorCode::LoginRequired, "somebody else than id_token_hint says is signed in");
    }
    let terms = Terms { request, subject, sid: session.sid().to_owned() };
    let authenticated = session.authenticated().clone();
    if id_token::decide(&authenticated, &terms, provider.now).is_err() {
        let (error, description) =
            (ErrorCode::UnmetAuthenticationRequirements, "the login does not reach the level asked for");
        return refuse(&terms.request, error, description);
    }
    let code = Bearer::random(provider.random);
    let location = terms.request.location(&code.expose(), provider.issuer);
    let pending = Pending { terms, authenticated, issued: provider.now };
    provider.cache.put_json(&key(&code.hash()), &pending, CODE_LIFETIME, provider.now).await?;
    provider.store.record_session_portal(session.sid(), &portal.client_id, provider.now).await?;
    Ok(location)
}

/// Exchanges a code for its grant, once. The portal is authenticated by now.
///
/// The code is spent last: whoever has only stolen it, without the verifier, cannot burn it. One that was spent ends
/// everything that came of it (RFC 9700 section 2.1.1, RFC 6749 section 4.1.2).
///
/// # Errors
/// [`TokenErrorCode::InvalidGrant`]; [`TokenErrorCode::ServerError`].
pub async fn exchange(
    provider: &Provider<'_>,
    portal: &Portal,
    code: &str,
    redirect_uri: &str,
    verifier: &str,
) -> Result<Exchanged, TokenError> {
    let invalid = |description| TokenError::new(TokenErrorCode::InvalidGrant, description);
    let family = Bearer::parse(code).ok_or(invalid("the code is malformed"))?.hash();
    let until = provider.now.plus(SPENT_LIFETIME);
    if provider.store.read_spent(Purpose::Code, &family).await? {
        provider.store.end_grant(&family, until).await?;
        return Err(invalid("the code was used before; what came of it is revoked"));
    }
    let pending = provider.cache.get_json::<Pending>(&key(&family), provider.now).await?;
    let pending = pending.ok_or(invalid("the code is unknown or expired"))?;
    let Pending { terms, authenticated, issued } = pending;
    // A cache may keep a thing for longer than it was told.
    if provider.now >= issued.plus(CODE_LIFETIME) {
        return Err(invalid("the code is unknown or expired"));
    }
    if terms.request.client_id != portal.client_id {
        return Err(invalid("the code was issued to another client"));
    }
    if terms.request.redirect_uri.as_str() != redirect_uri {
        return Err(invalid("redirect_uri is not the one of the authorization request"));
    }
    if !terms.request.code_challenge.verify(verifier) {
        return Err(invalid("code_verifier does not fit code_challenge"));
    }
    if provider.store.spend(Purpose::Code, family, until).await? == Spent::Again {
        provider.store.end_grant(&family, until).await?;
        return Err(invalid("the code was used before; what came of it is revoked"));
    }
    provider.cache.delete(&key(&family)).await?;
    Ok(Exchanged { terms, authenticated, family })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assurance::Level;
    use crate::oidc::fixture::{World, portal, request_with};

    #[tokio::test]
    async fn a_grant_is_refused_when_the_login_no_longer_does() {
        let world = World::new().await;
        let (_, session) = world.sign_in().await;
        let refused = async |seconds, request| match issue(&world.at(seconds), &portal(), request, &session).await {
            Err(Refusal::Redirect(refusal)) => refusal.error.word(),
            other => panic!("{other:?}"),
        };
        let high = || request_with(&[("acr_values", Level::High.acr())]);
        assert!(issue(&world.provider(), &portal(), high(), &session).await.is_ok());
        assert_eq!(refused(24 * 3600, high()).await, "unmet_authentication_requirements", "the CRL is a day old");
        assert_eq!(refused(8 * 24 * 3600, request_with(&[])).await, "unmet_authentication_requirements", "it lapsed");
        let hinted = AuthorizationRequest { hinted_subject: Some("other".to_owned()), ..request_with(&[]) };
        assert_eq!(refused(0, hinted).await, "login_required");
    }

    #[tokio::test]
    async fn the_answer_has_code_state_and_issuer_and_is_remembered() {
        let world = World::new().await;
        let (_, session) = world.sign_in().await;
        let location = issue(&world.provider(), &portal(), request_with(&[]), &session).await.expect("grants");
        let url = url::Url::parse(&location).expect("an address");
        let parameters: Vec<_> = url.query_pairs().map(|(name, _)| name.into_owned()).collect();
        assert_eq!(parameters, ["code", "iss", "state"]);
        let portals = world.provider().store.session_portals(session.sid()).await.expect("lists");
        assert_eq!(portals.len(), 1);
    }
}
