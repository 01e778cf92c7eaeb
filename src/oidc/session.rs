//! The session at the gateway: single sign-on, within limits.

use super::authorize::Prompt;
use super::{AuthorizationRequest, Error, ErrorCode, Portal, Provider};
use crate::assurance::{Authenticated, Identifier, Scheme, SubjectKind};
use crate::clock::UnixTime;
use crate::secret::{Bearer, sha256};
use crate::store::{Holder, PersonId, SessionRecord};
use data_encoding::BASE64URL_NOPAD;
use std::time::Duration;

/// How long sessions last.
#[derive(Clone, Copy, Debug)]
pub struct Lifetimes {
    /// Unused.
    pub idle: Duration,
    /// Altogether.
    pub absolute: Duration,
}

impl Default for Lifetimes {
    /// A quarter of an hour unused, a working day altogether.
    fn default() -> Self {
        Self { idle: Duration::from_secs(15 * 60), absolute: Duration::from_secs(8 * 3600) }
    }
}

/// A live session.
#[derive(Clone, Debug)]
pub struct Session {
    record: SessionRecord,
    authenticated: Authenticated,
}

impl Session {
    fn from_record(record: SessionRecord) -> Result<Self, Error> {
        let corrupt = |_| crate::store::Error::Corrupt { kind: "session" };
        let authenticated = serde_json::from_str(&record.document).map_err(corrupt)?;
        Ok(Self { record, authenticated })
    }

    /// The session id portals see.
    pub fn sid(&self) -> &str {
        &self.record.sid
    }

    /// Who is signed in.
    pub fn person(&self) -> &PersonId {
        &self.record.person
    }

    /// Who is signed in, how and how well.
    pub fn authenticated(&self) -> &Authenticated {
        &self.authenticated
    }

    /// The row of the store.
    pub fn record(&self) -> &SessionRecord {
        &self.record
    }

    /// The person's `sub` for a portal.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn subject(&self, provider: &Provider<'_>, portal: &Portal) -> Result<String, Error> {
        Ok(provider.store.subject(&self.record.person, &portal.sector, provider.random).await?)
    }
}

/// Starts a session under a new cookie, which is given out here and never again.
///
/// # Errors
/// [`Error::Store`], among them that the login's numbers name nobody or several persons.
pub async fn begin(
    provider: &Provider<'_>,
    authenticated: Authenticated,
    lifetimes: Lifetimes,
) -> Result<(Bearer, Session), Error> {
    let subject = authenticated.subject();
    let (holder, identifiers) = match (subject.kind, &subject.organisation) {
        (SubjectKind::LegalEntity, Some(entity)) => (Holder::Organisation, &entity.identifiers),
        (SubjectKind::LegalEntity, None) => (Holder::Organisation, &subject.identifiers),
        (SubjectKind::Person | SubjectKind::Representative, _) => (Holder::Person, &subject.identifiers),
    };
    let person = match identifiers.as_slice() {
        // Nobody must have a number: without one the certificate stands for her, and a renewed one is a new person.
        [] => provider.store.person(holder, &[certificate(&authenticated)], provider.random).await?,
        identifiers => provider.store.person(holder, identifiers, provider.random).await?,
    };
    let cookie = Bearer::random(provider.random);
    let corrupt = |_| crate::store::Error::Corrupt { kind: "session" };
    let record = SessionRecord {
        hash: cookie.hash(),
        // From randomness of its own: a sid is public and must tell nothing of the cookie.
        sid: BASE64URL_NOPAD.encode(&sha256(&Bearer::random(provider.random).hash())),
        person,
        created: provider.now,
        used: provider.now,
        idle: lifetimes.idle,
        expires: provider.now.plus(lifetimes.absolute),
        document: serde_json::to_string(&authenticated).map_err(corrupt)?,
    };
    provider.store.insert_session(&record).await?;
    Ok((cookie, Session { record, authenticated }))
}

fn certificate(authenticated: &Authenticated) -> Identifier {
    let value = authenticated.facts().certificate.clone();
    // No country: no certificate can assert such an identifier.
    Identifier { scheme: Scheme("certificate".to_owned()), country: String::new(), value }
}

/// The live session of a cookie, if any.
///
/// # Errors
/// [`Error::Store`].
pub async fn find(provider: &Provider<'_>, cookie: &str) -> Result<Option<Session>, Error> {
    let Some(cookie) = Bearer::parse(cookie) else { return Ok(None) };
    let record = provider.store.session(&cookie.hash(), provider.now).await?;
    record.map(Session::from_record).transpose()
}

/// The live session of a sid, if any; looking is not using.
///
/// # Errors
/// [`Error::Store`].
pub async fn find_by_sid(provider: &Provider<'_>, sid: &str) -> Result<Option<Session>, Error> {
    let record = provider.store.session_by_sid(sid, provider.now).await?;
    record.map(Session::from_record).transpose()
}

/// Ends a session and what rests on it.
///
/// # Errors
/// [`Error::Store`].
pub async fn end(provider: &Provider<'_>, session: &Session) -> Result<(), Error> {
    provider.store.end_session(&session.record.hash).await?;
    Ok(())
}

/// How a request meets its session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// The browser brought a cookie from an earlier login.
    Earlier,
    /// The person signed in for this very request, and has said "Continue".
    SignedIn,
}

/// Why somebody has to sign in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// Nobody is signed in.
    NoSession,
    /// The portal wants a new login.
    Prompted,
    /// The login is older than the portal takes.
    TooOld,
    /// The level reached is too low for this request.
    LevelTooLow,
    /// The status evidence has lapsed.
    StatusLapsed,
    /// Somebody else is signed in than the portal hints at.
    SomebodyElse,
}

/// What comes next for a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Grant it.
    Grant,
    /// Show who is signed in and which portal asks; grant it when she says so.
    Confirm,
    /// Sign in.
    SignIn(Reason),
    /// Refuse it to the portal: it wanted nothing shown.
    Refuse(ErrorCode),
}

/// Decides what comes next. `subject` is the session's `sub` at this portal.
///
/// A portal that was not used in this session before is confirmed by the person: being signed in is not consent to
/// being known to every portal that sends the browser round.
///
/// # Errors
/// [`Error::Store`].
pub async fn decide(
    provider: &Provider<'_>,
    portal: &Portal,
    request: &AuthorizationRequest,
    session: Option<&Session>,
    arrival: Arrival,
) -> Result<Next, Error> {
    let silent = request.prompts(Prompt::None);
    let reason = match session {
        None => Some(Reason::NoSession),
        Some(session) => {
            let subject = session.subject(provider, portal).await?;
            must_sign_in(session.authenticated(), &subject, request, arrival, provider.now)
        }
    };
    let (Some(session), None) = (session, reason) else {
        let reason = reason.unwrap_or(Reason::NoSession);
        return Ok(match (arrival, reason) {
            // Another login would not help: the one just made for this request does not do.
            (Arrival::SignedIn, Reason::SomebodyElse) => Next::Refuse(ErrorCode::LoginRequired),
            (Arrival::SignedIn, Reason::LevelTooLow | Reason::StatusLapsed) => {
                Next::Refuse(ErrorCode::UnmetAuthenticationRequirements)
            }
            (_, _) if silent => Next::Refuse(ErrorCode::LoginRequired),
            (_, reason) => Next::SignIn(reason),
        });
    };
    if arrival == Arrival::SignedIn {
        return Ok(Next::Grant);
    }
    let asked = request.prompts(Prompt::Consent) || request.prompts(Prompt::SelectAccount);
    let portals = provider.store.session_portals(session.sid()).await?;
    let used_before = portals.iter().any(|used| used.client_id == portal.client_id);
    Ok(match (used_before && !asked, silent) {
        (true, _) => Next::Grant,
        (false, true) => Next::Refuse(ErrorCode::InteractionRequired),
        (false, false) => Next::Confirm,
    })
}

fn must_sign_in(
    authenticated: &Authenticated,
    subject: &str,
    request: &AuthorizationRequest,
    arrival: Arrival,
    now: UnixTime,
) -> Option<Reason> {
    if request.hinted_subject.as_ref().is_some_and(|hinted| hinted != subject) {
        return Some(Reason::SomebodyElse);
    }
    let Some(decision) = authenticated.decision(now) else { return Some(Reason::StatusLapsed) };
    if request.acr_for(decision.level).is_none() {
        return Some(Reason::LevelTooLow);
    }
    if arrival == Arrival::SignedIn {
        return None;
    }
    if request.prompts(Prompt::Login) {
        return Some(Reason::Prompted);
    }
    let age = now.since(authenticated.facts().auth_time);
    // "Not longer ago than"; zero is the same as prompt=login (OpenID Connect Core section 3.1.2.1).
    if request.max_age.is_some_and(|limit| age > limit || limit.is_zero()) {
        return Some(Reason::TooOld);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assurance::Level;
    use crate::oidc::fixture::{World, authenticated, authenticated_as, legal_entity, portal, request_with};
    use crate::store::Store;

    async fn next(world: &World, session: Option<&Session>, arrival: Arrival, extra: &[(&str, &str)]) -> Next {
        let request = request_with(extra);
        decide(&world.provider(), &portal(), &request, session, arrival).await.expect("decides")
    }

    #[tokio::test]
    async fn a_session_is_found_by_its_cookie_alone() {
        let world = World::new().await;
        let (cookie, begun) = world.sign_in().await;
        let found = find(&world.provider(), &cookie.expose()).await.expect("answers").expect("found");
        assert_eq!((found.sid(), found.authenticated()), (begun.sid(), &authenticated(world.now)));
        let (other, second) = world.sign_in().await;
        assert_ne!(begun.sid(), second.sid());
        assert_eq!(begun.person(), second.person(), "the same numbers are the same person");
        end(&world.provider(), &begun).await.expect("ends");
        assert!(find(&world.provider(), &cookie.expose()).await.expect("answers").is_none(), "ended");
        assert!(find(&world.provider(), &other.expose()).await.expect("answers").is_some(), "the other lives");
        assert!(find(&world.provider(), begun.sid()).await.expect("answers").is_none(), "a sid opens nothing");
        assert!(find(&world.provider(), "garbage").await.expect("answers").is_none());
        let idle = world.at(15 * 60);
        assert!(find(&idle, &other.expose()).await.expect("answers").is_none(), "idle");
    }

    #[tokio::test]
    async fn a_portal_is_confirmed_once_in_a_session() {
        let world = World::new().await;
        assert_eq!(next(&world, None, Arrival::Earlier, &[]).await, Next::SignIn(Reason::NoSession));
        let (_, session) = world.sign_in().await;
        assert_eq!(next(&world, Some(&session), Arrival::SignedIn, &[]).await, Next::Grant, "she said so just now");
        assert_eq!(next(&world, Some(&session), Arrival::Earlier, &[]).await, Next::Confirm, "new to this session");
        world.store.record_session_portal(session.sid(), "portal", world.now).await.expect("records");
        assert_eq!(next(&world, Some(&session), Arrival::Earlier, &[]).await, Next::Grant);
        for prompt in ["consent", "select_account"] {
            let asked = next(&world, Some(&session), Arrival::Earlier, &[("prompt", prompt)]).await;
            assert_eq!(asked, Next::Confirm, "{prompt}");
        }
    }

    #[tokio::test]
    async fn prompt_login_and_max_age_ask_for_a_new_login() {
        let world = World::new().await;
        let (_, session) = world.sign_in().await;
        world.store.record_session_portal(session.sid(), "portal", world.now).await.expect("records");
        let at = async |seconds, arrival, extra: &[(&str, &str)]| {
            let (provider, request) = (world.at(seconds), request_with(extra));
            decide(&provider, &portal(), &request, Some(&session), arrival).await.expect("decides")
        };
        assert_eq!(at(1, Arrival::Earlier, &[("prompt", "login")]).await, Next::SignIn(Reason::Prompted));
        assert_eq!(at(1, Arrival::SignedIn, &[("prompt", "login")]).await, Next::Grant);
        assert_eq!(at(60, Arrival::Earlier, &[("max_age", "60")]).await, Next::Grant);
        assert_eq!(at(61, Arrival::Earlier, &[("max_age", "60")]).await, Next::SignIn(Reason::TooOld));
        assert_eq!(at(0, Arrival::Earlier, &[("max_age", "0")]).await, Next::SignIn(Reason::TooOld));
        assert_eq!(at(0, Arrival::SignedIn, &[("max_age", "0")]).await, Next::Grant);
    }

    #[tokio::test]
    async fn prompt_none_shows_nothing() {
        let world = World::new().await;
        let none = &[("prompt", "none")];
        assert_eq!(next(&world, None, Arrival::Earlier, none).await, Next::Refuse(ErrorCode::LoginRequired));
        let (_, session) = world.sign_in().await;
        let first = next(&world, Some(&session), Arrival::Earlier, none).await;
        assert_eq!(first, Next::Refuse(ErrorCode::InteractionRequired));
        world.store.record_session_portal(session.sid(), "portal", world.now).await.expect("records");
        assert_eq!(next(&world, Some(&session), Arrival::Earlier, none).await, Next::Grant);
        let old = &[("prompt", "none"), ("max_age", "0")];
        assert_eq!(next(&world, Some(&session), Arrival::Earlier, old).await, Next::Refuse(ErrorCode::LoginRequired));
    }

    #[tokio::test]
    async fn the_level_is_that_of_this_moment() {
        let world = World::new().await;
        let (_, session) = world.sign_in().await;
        world.store.record_session_portal(session.sid(), "portal", world.now).await.expect("records");
        let high = [("acr_values", Level::High.acr())];
        assert_eq!(next(&world, Some(&session), Arrival::Earlier, &high).await, Next::Grant);
        let at = async |seconds, arrival| {
            let (provider, request) = (world.at(seconds), request_with(&high));
            decide(&provider, &portal(), &request, Some(&session), arrival).await.expect("decides")
        };
        // The fixture's CRL is an hour old and stands for a week.
        assert_eq!(at(24 * 3600, Arrival::Earlier).await, Next::SignIn(Reason::LevelTooLow));
        assert_eq!(at(8 * 24 * 3600, Arrival::Earlier).await, Next::SignIn(Reason::StatusLapsed));
        let unmet = Next::Refuse(ErrorCode::UnmetAuthenticationRequirements);
        assert_eq!(at(24 * 3600, Arrival::SignedIn).await, unmet, "no loop");
        assert_eq!(at(8 * 24 * 3600, Arrival::SignedIn).await, unmet);
    }

    #[tokio::test]
    async fn nobody_but_the_hinted_person_will_do() {
        let world = World::new().await;
        let (_, session) = world.sign_in().await;
        world.store.record_session_portal(session.sid(), "portal", world.now).await.expect("records");
        let subject = session.subject(&world.provider(), &portal()).await.expect("finds");
        let decide_for = async |hinted: &str, arrival| {
            let request = AuthorizationRequest { hinted_subject: Some(hinted.to_owned()), ..request_with(&[]) };
            decide(&world.provider(), &portal(), &request, Some(&session), arrival).await.expect("decides")
        };
        assert_eq!(decide_for(&subject, Arrival::Earlier).await, Next::Grant);
        assert_eq!(decide_for("other", Arrival::Earlier).await, Next::SignIn(Reason::SomebodyElse));
        assert_eq!(decide_for("other", Arrival::SignedIn).await, Next::Refuse(ErrorCode::LoginRequired));
    }

    #[tokio::test]
    async fn subjects_are_pairwise_and_outlive_the_session() {
        let world = World::new().await;
        let provider = world.provider();
        let (_, session) = world.sign_in().await;
        let here = session.subject(&provider, &portal()).await.expect("makes");
        let elsewhere = Portal { sector: "other.example".to_owned(), ..portal() };
        assert_ne!(session.subject(&provider, &elsewhere).await.expect("makes"), here);
        end(&provider, &session).await.expect("ends");
        let (_, again) = world.sign_in().await;
        assert_eq!(again.subject(&provider, &portal()).await.expect("finds"), here);
        let (_, other) =
            begin(&provider, authenticated_as(world.now, "2"), Lifetimes::default()).await.expect("begins");
        assert_ne!(other.subject(&provider, &portal()).await.expect("makes"), here);
    }

    #[tokio::test]
    async fn a_company_is_known_by_its_own_numbers() {
        let world = World::new().await;
        let company = legal_entity(world.now);
        let begun = begin(&world.provider(), company.clone(), Lifetimes::default()).await.expect("begins").1;
        let again = begin(&world.provider(), company, Lifetimes::default()).await.expect("begins").1;
        assert_eq!(begun.person(), again.person());
    }
}
