//! What Brama remembers: [`Store`] survives a restart, [`Cache`] may forget.
//!
//! In both traits the rule lives in the provided methods and the storage in the required ones, so that no backend can
//! forget an expiry or count to two. What may happen only once is judged by [`Store::spend`] and by nothing else.
//!
//! # What the embedded store promises
//!
//! SQLite runs with a write-ahead log and `synchronous=NORMAL`: a committed write has reached the operating system,
//! and reaches the disk at the next checkpoint. A killed process therefore loses nothing; a power cut may lose the
//! last writes, never the database. What that costs, thing by thing:
//!
//! - **Spent marks.** Each guards a record in this process's [`MemoryCache`] (nonce, handle, completion, code), which
//!   the same cut has wiped: nothing that could be replayed is still known. A [`Cache`] that outlives the gateway
//!   needs a store that syncs each commit, and so does a spent thing that proves itself, such as a signed assertion.
//! - **A session or access token just made**: another login.
//! - **A session or grant just ended**: it is back, for no longer than its idle time or the ten minutes of an access
//!   token, for a browser that has dropped its cookie.
//! - **A portal just registered or removed**: the operator sees it in the list.
//! - **The newest audit records**: which is why the gateway logs what it audits.

mod cache;
mod error;
mod memory;
mod sql;

pub use cache::{Cache, CacheExt, Entry, Key, MAX_TTL, MAX_VALUE};
pub use error::{Cause, Error};
pub use memory::{MemoryCache, MemoryLimits};
pub use sql::SqlStore;

use crate::assurance::Identifier;
use crate::clock::UnixTime;
use crate::rng::{Rng, random_256};
use async_trait::async_trait;
use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::time::Duration;

/// The most identifiers one login may bring.
pub const MAX_IDENTIFIERS: usize = 16;
/// The most audit records given back at once.
pub const MAX_AUDIT_PAGE: u32 = 1000;
/// A session's use is written down at most this often, so that looking is not writing.
const TOUCH_INTERVAL: Duration = Duration::from_secs(30);

/// What a hash is spent for; the same bytes spent for two purposes are two things.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// The challenge nonce of an authentication token.
    Nonce,
    /// The address by which the browser hands a login to the agent.
    Handle,
    /// The address by which the agent hands the login back to the browser.
    Completion,
    /// An authorization code.
    Code,
    /// The end of everything that came of one grant.
    GrantEnd,
}

impl Purpose {
    /// The word in the database.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Nonce => "nonce",
            Self::Handle => "handle",
            Self::Completion => "completion",
            Self::Code => "code",
            Self::GrantEnd => "grant_end",
        }
    }
}

/// The verdict on something that may happen once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "a thing spent before must be refused"]
pub enum Spent {
    /// It happens now, for the first time.
    First,
    /// It has happened before.
    Again,
}

/// Whether numbers name a person or an organisation: the same number may be given to both.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Holder {
    /// A natural person.
    Person,
    /// A legal entity that signs in itself.
    Organisation,
}

impl Holder {
    /// The word in the database.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Organisation => "organisation",
        }
    }
}

/// Brama's own random name for somebody. Never leaves the gateway: portals see pairwise subjects.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PersonId(pub String);

impl fmt::Display for PersonId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A registered portal; the document is the protocol layer's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PortalRecord {
    /// Its name in the protocol.
    pub client_id: String,
    /// JSON.
    pub document: String,
}

/// A signed-in browser.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionRecord {
    /// Of the cookie.
    pub hash: [u8; 32],
    /// The public session id of id_tokens and logout.
    pub sid: String,
    /// Who is signed in.
    pub person: PersonId,
    /// When it began.
    pub created: UnixTime,
    /// When it was last used, to the precision of half a minute.
    pub used: UnixTime,
    /// How long it may lie unused.
    pub idle: Duration,
    /// When it ends however much it is used.
    pub expires: UnixTime,
    /// JSON.
    pub document: String,
}

impl SessionRecord {
    /// Whether both lifetimes still hold.
    pub fn is_live(&self, now: UnixTime) -> bool {
        now < self.expires && now < self.used.plus(self.idle)
    }
}

/// That a session was used for a portal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionPortal {
    /// The portal.
    pub client_id: String,
    /// When the session first served it.
    pub first_used: UnixTime,
    /// When the session last served it.
    pub used: UnixTime,
}

/// An access token that was handed out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessTokenRecord {
    /// Of the token.
    pub hash: [u8; 32],
    /// The grant it came of; all of one grant end together.
    pub family: [u8; 32],
    /// The session it rests on.
    pub sid: String,
    /// To whom it was given.
    pub client_id: String,
    /// When it is void.
    pub expires: UnixTime,
    /// JSON.
    pub document: String,
}

/// One line of the audit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditRecord {
    /// When.
    pub at: UnixTime,
    /// The incident or login it belongs to; what a refusal page shows.
    pub incident: String,
    /// A stable word: `login`, `login_refused`, `logout`, `portal_added`...
    pub kind: String,
    /// JSON.
    pub document: String,
}

/// How many rows a sweep took away.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// Marks of spent things that have expired anyway.
    pub spent: u64,
    /// Sessions past one of their lifetimes.
    pub sessions: u64,
    /// Access tokens past their time.
    pub access_tokens: u64,
}

/// The durable state. Callers use the provided methods where there is one of each kind; the `insert_`, `read_` and
/// `end_` methods are the storage beneath them.
#[async_trait]
pub trait Store: Send + Sync {
    /// Inserts a mark; `false` when it stood there. One atomic statement: of many callers one hears `true`.
    async fn insert_spent(&self, purpose: Purpose, hash: &[u8; 32], expires: UnixTime) -> Result<bool, Error>;

    /// Whether a mark stands.
    async fn read_spent(&self, purpose: Purpose, hash: &[u8; 32]) -> Result<bool, Error>;

    /// Registers a portal; `false` when the client_id is taken.
    async fn add_portal(&self, portal: &PortalRecord) -> Result<bool, Error>;

    /// Replaces a portal's document; `false` when there is none.
    async fn replace_portal(&self, portal: &PortalRecord) -> Result<bool, Error>;

    /// Removes a portal with its access tokens; `false` when there was none.
    async fn remove_portal(&self, client_id: &str) -> Result<bool, Error>;

    /// One portal.
    async fn portal(&self, client_id: &str) -> Result<Option<PortalRecord>, Error>;

    /// All portals, by client_id.
    async fn portals(&self) -> Result<Vec<PortalRecord>, Error>;

    /// Finds who is known by these identifiers (sorted, distinct, at least one), or makes them all name `fresh`;
    /// identifiers not yet known are added to the one person found. One transaction.
    ///
    /// # Errors
    /// [`Error::IdentifierConflict`] when they name more than one person, or one whose personal, tax or register number of
    /// the same country is known to be another; then nothing is changed.
    async fn resolve_person(
        &self,
        holder: Holder,
        identifiers: &[&Identifier],
        fresh: PersonId,
    ) -> Result<PersonId, Error>;

    /// The subject of a person in a sector; `fresh` becomes it when there is none. Of many callers all hear the same.
    async fn resolve_subject(&self, person: &PersonId, sector: &str, fresh: String) -> Result<String, Error>;

    /// Keeps a session; its hash and sid are new.
    async fn insert_session(&self, session: &SessionRecord) -> Result<(), Error>;

    /// A session, expired or not.
    async fn read_session(&self, hash: &[u8; 32]) -> Result<Option<SessionRecord>, Error>;

    /// The session of a sid, expired or not.
    async fn read_session_by_sid(&self, sid: &str) -> Result<Option<SessionRecord>, Error>;

    /// A person's sessions, expired or not, newest first.
    async fn read_sessions_of(&self, person: &PersonId) -> Result<Vec<SessionRecord>, Error>;

    /// Moves a session's last use forward.
    async fn touch_session(&self, hash: &[u8; 32], used: UnixTime) -> Result<(), Error>;

    /// Ends a session with its access tokens; `false` when there was none.
    async fn end_session(&self, hash: &[u8; 32]) -> Result<bool, Error>;

    /// Writes down that a session served a portal.
    async fn record_session_portal(&self, sid: &str, client_id: &str, now: UnixTime) -> Result<(), Error>;

    /// The portals a session served, in order of first use.
    async fn session_portals(&self, sid: &str) -> Result<Vec<SessionPortal>, Error>;

    /// Keeps an access token.
    async fn insert_access_token(&self, token: &AccessTokenRecord) -> Result<(), Error>;

    /// An access token, expired or not.
    async fn read_access_token(&self, hash: &[u8; 32]) -> Result<Option<AccessTokenRecord>, Error>;

    /// Deletes the access tokens of one grant; how many there were.
    async fn delete_access_tokens(&self, family: &[u8; 32]) -> Result<u64, Error>;

    /// Appends to the audit.
    async fn append_audit(&self, record: &AuditRecord) -> Result<(), Error>;

    /// The newest audit records first, at most `limit`.
    async fn read_audit(&self, limit: u32) -> Result<Vec<AuditRecord>, Error>;

    /// The audit records of one incident, oldest first, at most [`MAX_AUDIT_PAGE`].
    async fn audit_of(&self, incident: &str) -> Result<Vec<AuditRecord>, Error>;

    /// Deletes what has expired: marks and tokens with `expires <= now`, sessions that are not
    /// [live](SessionRecord::is_live) with the portals they served.
    async fn sweep(&self, now: UnixTime) -> Result<Swept, Error>;

    /// Spends a thing that may be used once. The mark stands until `until`: the caller must refuse the thing by
    /// its own expiry from then on.
    async fn spend(&self, purpose: Purpose, hash: [u8; 32], until: UnixTime) -> Result<Spent, Error> {
        Ok(if self.insert_spent(purpose, &hash, until).await? { Spent::First } else { Spent::Again })
    }

    /// Who is known by these identifiers; all of them name one person from now on.
    ///
    /// # Errors
    /// [`Error::IdentifierMissing`], [`Error::IdentifierCount`], [`Error::IdentifierConflict`].
    async fn person(&self, holder: Holder, identifiers: &[Identifier], random: &dyn Rng) -> Result<PersonId, Error> {
        if identifiers.len() > MAX_IDENTIFIERS {
            return Err(Error::IdentifierCount { count: identifiers.len() });
        }
        // Sorted, so that two logins of one person lock the same rows in the same order.
        let mut distinct: Vec<&Identifier> = identifiers.iter().collect();
        distinct.sort();
        distinct.dedup();
        if distinct.is_empty() {
            return Err(Error::IdentifierMissing);
        }
        self.resolve_person(holder, &distinct, PersonId(BASE64URL_NOPAD.encode(&random_256(random)))).await
    }

    /// The pairwise `sub` (OpenID Connect Core 8.1): 256 random bits per person and sector, stored, never computed
    /// from anything the person has.
    async fn subject(&self, person: &PersonId, sector: &str, random: &dyn Rng) -> Result<String, Error> {
        self.resolve_subject(person, sector, BASE64URL_NOPAD.encode(&random_256(random))).await
    }

    /// A live session; its use is written down.
    async fn session(&self, hash: &[u8; 32], now: UnixTime) -> Result<Option<SessionRecord>, Error> {
        let Some(mut session) = self.read_session(hash).await?.filter(|session| session.is_live(now)) else {
            return Ok(None);
        };
        if now.since(session.used) >= TOUCH_INTERVAL {
            self.touch_session(hash, now).await?;
            session.used = now;
        }
        Ok(Some(session))
    }

    /// The live session of a sid. Portals know it, so this is no use of the session.
    async fn session_by_sid(&self, sid: &str, now: UnixTime) -> Result<Option<SessionRecord>, Error> {
        Ok(self.read_session_by_sid(sid).await?.filter(|session| session.is_live(now)))
    }

    /// A person's live sessions, newest first.
    async fn sessions_of(&self, person: &PersonId, now: UnixTime) -> Result<Vec<SessionRecord>, Error> {
        let mut sessions = self.read_sessions_of(person).await?;
        sessions.retain(|session| session.is_live(now));
        Ok(sessions)
    }

    /// Keeps a new access token, unless its grant has ended in the meantime.
    ///
    /// The order closes the race with [`end_grant`](Store::end_grant), which marks first and deletes after: whoever
    /// comes second sees what the first has written.
    async fn put_access_token(&self, token: &AccessTokenRecord) -> Result<Kept, Error> {
        self.insert_access_token(token).await?;
        if self.read_spent(Purpose::GrantEnd, &token.family).await? {
            self.delete_access_tokens(&token.family).await?;
            return Ok(Kept::GrantEnded);
        }
        Ok(Kept::Kept)
    }

    /// An access token within its time.
    async fn access_token(&self, hash: &[u8; 32], now: UnixTime) -> Result<Option<AccessTokenRecord>, Error> {
        Ok(self.read_access_token(hash).await?.filter(|token| now < token.expires))
    }

    /// Ends a grant: what came of it is void and nothing more will come of it before `until`.
    async fn end_grant(&self, family: &[u8; 32], until: UnixTime) -> Result<u64, Error> {
        self.insert_spent(Purpose::GrantEnd, family, until).await?;
        self.delete_access_tokens(family).await
    }

    /// The newest audit records first; no more than [`MAX_AUDIT_PAGE`] at once.
    async fn audit(&self, limit: u32) -> Result<Vec<AuditRecord>, Error> {
        self.read_audit(limit.min(MAX_AUDIT_PAGE)).await
    }
}

/// What became of a new access token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "a token of an ended grant must not be handed out"]
pub enum Kept {
    /// It may be handed out.
    Kept,
    /// Its grant was ended while it was made; it is gone again.
    GrantEnded,
}
