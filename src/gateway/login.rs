//! The card login: transaction, handle, ticket, nonce, completion. Design: who could begin this, who could finish it.
//!
//! ```text
//! open         a transaction, tied to the browser's cookie               half an hour
//! handle       minted at the click, for that browser alone               two minutes
//! ticket       the agent's right to go on, for the handle, once          as long as the transaction
//! challenge    a nonce after consent; the one before is void             two minutes
//! judge        spends the nonce, checks the token, mints a completion
//! completion   shown to and spent by the browser that began
//! ```

use super::{Gateway, Incident};
use crate::assurance::{self, Authenticated, Level, assess};
use crate::authn::{
    self, Accepted, AcceptedIssuer, Algorithm, AuthToken, Challenge, LoginRequest, NONCE_LIFETIME, Nonce, PROTOCOL,
    TokenPost, VerifiedToken,
};
use crate::clock::UnixTime;
use crate::i18n::Language;
use crate::oidc::{AuthorizationRequest, Portal};
use crate::pki::{self, Certificate, Purpose, ValidatedCertificate};
use crate::secret::Bearer;
use crate::store::{self, CacheExt, Key, Purpose as Spending, Spent};
use data_encoding::BASE64;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::net::IpAddr;
use std::time::Duration;

/// How long a transaction lives.
pub const TRANSACTION_LIFETIME: Duration = Duration::from_secs(30 * 60);
/// How long after the click the agent may come.
pub const HANDLE_LIFETIME: Duration = Duration::from_secs(120);
/// How long the browser may take from the signature to "Continue".
pub const COMPLETION_LIFETIME: Duration = Duration::from_secs(10 * 60);
/// How many tokens may be posted, and how many nonces fetched, under one ticket.
const MAX_TRIES: u64 = 20;
/// How many handles one transaction may have.
const MAX_HANDLES: u64 = 50;

/// What was asked, by whom, in which browser.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Transaction {
    /// The id in the address. It opens nothing without the browser's cookie.
    pub id: String,
    /// Of the id.
    pub hash: [u8; 32],
    /// Of the browser's cookie.
    pub browser: [u8; 32],
    /// What the portal asked.
    pub request: AuthorizationRequest,
    /// When it is forgotten.
    pub expires: UnixTime,
}

/// How a sign-in is going, for the page that waits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "lowercase")]
pub enum Progress {
    /// Nobody came for the handle yet.
    Waiting,
    /// The agent has the request and asks the citizen.
    Asked,
    /// The last token was refused.
    Refused {
        /// Why.
        code: String,
        /// What support asks for.
        incident: Incident,
    },
    /// Signed; the browser must confirm.
    Ready,
    /// The citizen is signed in.
    Done,
}

/// What a handle stands for.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Click {
    transaction: [u8; 32],
    /// The tag of the language of the page the button was on.
    language: String,
}

/// The agent's right to go on with a transaction.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Ticket {
    transaction: [u8; 32],
    expires: UnixTime,
}

/// A proven login that waits for its browser.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Completion {
    /// The transaction it completes.
    pub transaction: [u8; 32],
    /// Who it is.
    pub authenticated: Authenticated,
    /// What the record of this login is found by.
    pub incident: Incident,
}

/// Why a step of a login is refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No such transaction, or not this browser's.
    #[error("the transaction is unknown, over, or another browser's")]
    TransactionUnknown,
    /// No such handle, or it was used.
    #[error("the handle is unknown, used or expired")]
    HandleUnknown,
    /// No such ticket, or its transaction is over.
    #[error("the ticket is unknown or its transaction is over")]
    TicketUnknown,
    /// One address begins more sign-ins than it may.
    #[error("one address begins too many sign-ins")]
    AddressBusy,
    /// Too many handles, nonces or tokens in one transaction.
    #[error("too many tries in one transaction")]
    TooManyTries,
    /// A completion in a browser that did not begin it. The transaction is burnt.
    #[error("the completion address was opened in another browser")]
    CompletionForeign,
    /// A completion that was used.
    #[error("the completion was spent before")]
    CompletionSpent,
    /// The certificate reaches less than the portal needs.
    #[error("the login reaches {reached:?}, the portal needs {needed}")]
    LevelNotReached {
        /// What it reaches; `None`: nothing, its status evidence is stale.
        reached: Option<Level>,
        /// What is needed.
        needed: Level,
    },
    /// The clock stands before the newest list: it runs back.
    #[error("the clock stands before the newest revocation list of {newest}")]
    ClockBehind {
        /// The list's thisUpdate.
        newest: UnixTime,
    },
    /// A body over the limit.
    #[error("the body is over the limit")]
    BodyTooLarge,
    /// A body that is not the JSON it should be.
    #[error("the body is not the JSON of the contract")]
    BodyMalformed,
    /// The computation ended early: a defect of ours.
    #[error("the computation ended early")]
    Interrupted,
    /// The token.
    #[error(transparent)]
    Token(#[from] authn::Error),
    /// The certificate.
    #[error(transparent)]
    Certificate(#[from] pki::Error),
    /// The facts.
    #[error(transparent)]
    Assurance(#[from] assurance::Error),
    /// A store.
    #[error(transparent)]
    Store(#[from] store::Error),
}

impl Error {
    /// The stable word for logs, metrics, the API and the citizen's message.
    pub fn code(&self) -> &'static str {
        match self {
            Self::TransactionUnknown => "transaction_unknown",
            Self::HandleUnknown => "handle_unknown",
            Self::TicketUnknown => "ticket_unknown",
            Self::AddressBusy => "overloaded",
            Self::TooManyTries => "too_many_tries",
            Self::CompletionForeign => "completion_foreign",
            Self::CompletionSpent => "completion_spent",
            Self::LevelNotReached { .. } => "level_not_reached",
            Self::ClockBehind { .. } => "clock_behind",
            Self::BodyTooLarge => "token_length",
            Self::BodyMalformed => "token_malformed",
            Self::Token(error) => error.code(),
            Self::Certificate(error) => error.code(),
            Self::Assurance(error) => error.code(),
            Self::Store(error) => store_code(error),
            Self::Interrupted => "internal",
        }
    }

    /// The codes of this module's own refusals.
    pub const CODES: &[&str] = &[
        "transaction_unknown",
        "handle_unknown",
        "ticket_unknown",
        "too_many_tries",
        "completion_foreign",
        "completion_spent",
        "level_not_reached",
        "clock_behind",
        "overloaded",
        "internal",
    ];

    /// Whether another certificate, or another try, may do better under the same ticket.
    pub fn may_retry(&self) -> bool {
        !matches!(
            self,
            Self::TransactionUnknown
                | Self::TicketUnknown
                | Self::TooManyTries
                | Self::ClockBehind { .. }
                | Self::Interrupted
                | Self::Store(_)
        )
    }
}

/// The code of a store's refusal as citizens are told it: what is our fault has one word.
pub fn store_code(error: &store::Error) -> &'static str {
    match error {
        store::Error::Full { .. } => "overloaded",
        store::Error::ValueTooLong { .. } => "request_too_large",
        store::Error::IdentifierMissing
        | store::Error::IdentifierCount { .. }
        | store::Error::IdentifierConflict { .. } => error.code(),
        _ => "internal",
    }
}

impl Gateway {
    /// Opens a transaction; the text is the id for the address.
    pub async fn open_transaction(&self, browser: &Bearer, request: AuthorizationRequest) -> Result<String, Error> {
        let id = Bearer::random(&*self.rng);
        let now = self.clock.now();
        let expires = now.plus(TRANSACTION_LIFETIME);
        let transaction = Transaction { id: id.expose(), hash: id.hash(), browser: browser.hash(), request, expires };
        self.cache.put_json(&Key::hash("transaction", &id.hash()), &transaction, TRANSACTION_LIFETIME, now).await?;
        let latest = Key::hash("latest", &transaction.browser);
        self.cache.put_json(&latest, &transaction.id, TRANSACTION_LIFETIME, now).await?;
        Ok(id.expose())
    }

    /// Counts a sign-in that an address begins. There is room for only so many, and it must not all go to one.
    pub async fn count_address(&self, address: IpAddr) -> Result<(), Error> {
        let network = match address.to_canonical() {
            IpAddr::V6(address) => IpAddr::V6((u128::from(address) >> 64 << 64).into()),
            address => address,
        };
        if address.to_canonical().is_loopback() {
            return Ok(());
        }
        let key = Key::name("address", &network.to_string());
        let count = self.cache.increment(&key, Duration::from_secs(60), self.clock.now()).await?;
        if count > self.config.limits.sign_ins_per_minute { Err(Error::AddressBusy) } else { Ok(()) }
    }

    /// The transaction a browser opened last, if it still goes on: where "back to the sign-in page" leads.
    pub async fn latest_transaction(&self, browser: &Bearer) -> Result<Option<Transaction>, Error> {
        let id: Option<String> = self.cache.get_json(&Key::hash("latest", &browser.hash()), self.clock.now()).await?;
        let Some(id) = id else { return Ok(None) };
        match self.transaction(&id, Some(browser)).await {
            Ok(transaction) if self.progress(&transaction).await? != Progress::Done => Ok(Some(transaction)),
            Ok(_) | Err(Error::TransactionUnknown) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// A transaction, for the browser it belongs to.
    pub async fn transaction(&self, id: &str, browser: Option<&Bearer>) -> Result<Transaction, Error> {
        let id = Bearer::parse(id).ok_or(Error::TransactionUnknown)?;
        let transaction = self.transaction_by_hash(&id.hash()).await?;
        let is_hers = browser.is_some_and(|browser| browser.hash() == transaction.browser);
        if is_hers { Ok(transaction) } else { Err(Error::TransactionUnknown) }
    }

    async fn transaction_by_hash(&self, hash: &[u8; 32]) -> Result<Transaction, Error> {
        let found = self.cache.get_json(&Key::hash("transaction", hash), self.clock.now()).await?;
        found.ok_or(Error::TransactionUnknown)
    }

    /// Ends a transaction: its tickets and completions lead nowhere from now on.
    pub async fn burn(&self, transaction: &[u8; 32]) -> Result<(), Error> {
        self.cache.delete(&Key::hash("transaction", transaction)).await?;
        self.cache.delete(&Key::hash("progress", transaction)).await?;
        Ok(())
    }

    /// How a transaction is going.
    pub async fn progress(&self, transaction: &Transaction) -> Result<Progress, Error> {
        let found = self.cache.get_json(&Key::hash("progress", &transaction.hash), self.clock.now()).await?;
        Ok(found.unwrap_or(Progress::Waiting))
    }

    async fn set_progress(&self, transaction: &[u8; 32], progress: Progress) -> Result<(), Error> {
        let key = Key::hash("progress", transaction);
        Ok(self.cache.put_json(&key, &progress, TRANSACTION_LIFETIME, self.clock.now()).await?)
    }

    /// The agent's loopback address with a new handle, for the browser that clicked.
    /// `language` is that of the page she clicked on; the agent goes on in it.
    pub async fn mint_handle(&self, transaction: &Transaction, language: Language) -> Result<String, Error> {
        let now = self.clock.now();
        let count = Key::hash("handles", &transaction.hash);
        if self.cache.increment(&count, TRANSACTION_LIFETIME, now).await? > MAX_HANDLES {
            return Err(Error::TooManyTries);
        }
        let handle = Bearer::random(&*self.rng);
        let click = Click { transaction: transaction.hash, language: language.tag().to_owned() };
        self.cache.put_json(&Key::hash("handle", &handle.hash()), &click, HANDLE_LIFETIME, now).await?;
        self.set_progress(&transaction.hash, Progress::Waiting).await?;
        let (port, host) = (self.config.agent_port, self.config.issuer.host_and_port());
        Ok(format!("http://127.0.0.1:{port}/login/{host}/{}", handle.expose()))
    }

    /// Spends a handle for the request it stands for. The handle stood in an address, where histories keep it; the
    /// ticket given for it never does.
    pub async fn login_request(&self, handle: &str) -> Result<LoginRequest, Error> {
        let now = self.clock.now();
        let handle = Bearer::parse(handle).ok_or(Error::HandleUnknown)?;
        let click: Option<Click> = self.cache.get_json(&Key::hash("handle", &handle.hash()), now).await?;
        let Click { transaction: hash, language } = click.ok_or(Error::HandleUnknown)?;
        match self.store.spend(Spending::Handle, handle.hash(), now.plus(HANDLE_LIFETIME)).await? {
            Spent::First => {}
            Spent::Again => return Err(Error::HandleUnknown),
        }
        let transaction = self.transaction_by_hash(&hash).await.map_err(|_| Error::HandleUnknown)?;
        let portal = Portal::find(&*self.store, &transaction.request.client_id).await.ok().flatten();
        let portal = portal.ok_or(Error::HandleUnknown)?;
        let ticket = Bearer::random(&*self.rng);
        let record = Ticket { transaction: hash, expires: transaction.expires };
        let left = transaction.expires.since(now);
        self.cache.put_json(&Key::hash("ticket", &ticket.hash()), &record, left, now).await?;
        self.set_progress(&hash, Progress::Asked).await?;
        let language = Language::parse(&language).unwrap_or(Language::En).tag();
        let mut tags = vec![language];
        let asked = transaction.request.ui_locales.iter().filter_map(|tag| Language::parse(tag));
        tags.extend(asked.map(Language::tag).filter(|tag| *tag != language));
        let trust = self.trust.current();
        let issuers = trust
            .issuers()
            .iter()
            .filter(|family| family.rules.purpose == Purpose::Citizen)
            .flat_map(|family| {
                family.anchors.iter().chain(&family.intermediates).map(|certificate| AcceptedIssuer {
                    name: family.rules.name.for_language(language).to_owned(),
                    subject: BASE64.encode(certificate.subject().der()),
                })
            })
            .collect();
        Ok(LoginRequest {
            ticket: ticket.expose(),
            portal: portal.name_in(&tags).to_owned(),
            return_host: transaction.request.redirect_uri.host().to_owned(),
            level: transaction.request.level.name().to_owned(),
            issuers,
            algorithms: Algorithm::ALL.to_vec(),
            languages: tags.into_iter().map(str::to_owned).collect(),
            expires: transaction.expires,
            minimum_protocol: PROTOCOL,
            help: self.config.url("/").to_string(),
        })
    }

    async fn ticket(&self, bearer: &Bearer) -> Result<Ticket, Error> {
        let found = self.cache.get_json(&Key::hash("ticket", &bearer.hash()), self.clock.now()).await?;
        found.ok_or(Error::TicketUnknown)
    }

    /// The agent gives up: the ticket is void, and the page that waits can say so.
    pub async fn give_up(&self, bearer: &Bearer) -> Result<(), Error> {
        let ticket = self.ticket(bearer).await?;
        self.cache.delete(&Key::hash("ticket", &bearer.hash())).await?;
        let transaction = self.transaction_by_hash(&ticket.transaction).await.map_err(|_| Error::TicketUnknown)?;
        // What was said before is more telling, and a new click has begun anew.
        if self.progress(&transaction).await? == Progress::Asked {
            let incident = self.incident();
            tracing::info!(%incident, client_id = transaction.request.client_id, "the agent gave up");
            let refused = Progress::Refused { code: "cancelled".to_owned(), incident };
            self.set_progress(&transaction.hash, refused).await?;
        }
        Ok(())
    }

    /// A nonce for a ticket; the one before is void.
    pub async fn challenge(&self, bearer: &Bearer) -> Result<Challenge, Error> {
        let ticket = self.ticket(bearer).await?;
        self.transaction_by_hash(&ticket.transaction).await.map_err(|_| Error::TicketUnknown)?;
        let now = self.clock.now();
        let count = Key::hash("challenges", &bearer.hash());
        if self.cache.increment(&count, TRANSACTION_LIFETIME, now).await? > MAX_TRIES {
            return Err(Error::TooManyTries);
        }
        let nonce = Nonce::random(&*self.rng);
        self.cache.put_json(&Key::hash("challenge", &bearer.hash()), &nonce.hash(), NONCE_LIFETIME, now).await?;
        Ok(Challenge { nonce: nonce.as_str().to_owned(), expires: now.plus(NONCE_LIFETIME) })
    }

    /// Judges a token. On success the answer holds the completion address, which only the agent's held connection
    /// brings to the browser.
    pub async fn judge(&self, bearer: &Bearer, post: &TokenPost, incident: &Incident) -> Result<Accepted, Error> {
        let ticket = self.ticket(bearer).await?;
        let mut record = json!({});
        let judged = self.judge_recording(bearer, &ticket, post, incident, &mut record).await;
        let (kind, progress) = match &judged {
            // There is no transaction any more whose page could be told.
            Err(Error::TicketUnknown) => return Err(Error::TicketUnknown),
            Ok(_) => ("login_proven", Progress::Ready),
            Err(error) => {
                record["code"] = error.code().into();
                record["reason"] = error.to_string().into();
                ("login_refused", Progress::Refused { code: error.code().to_owned(), incident: incident.clone() })
            }
        };
        // The audit is never swept, and a ticket costs nothing: what names no certificate of a CA we trust is for the
        // log alone.
        if record.get("certificate").is_some() {
            self.audit(incident, kind, record).await?;
        } else {
            tracing::info!(%incident, kind, %record, "refused before a path to an anchor");
        }
        self.set_progress(&ticket.transaction, progress).await?;
        Ok(Accepted { completion: self.config.url(&format!("/c/{}", judged?.expose())).to_string() })
    }

    /// The order of design/login.md: nonce, structure, chain, the token's signature, and only then revocation.
    async fn judge_recording(
        &self,
        bearer: &Bearer,
        ticket: &Ticket,
        post: &TokenPost,
        incident: &Incident,
        record: &mut serde_json::Value,
    ) -> Result<Bearer, Error> {
        let now = self.clock.now();
        let transaction = self.transaction_by_hash(&ticket.transaction).await.map_err(|_| Error::TicketUnknown)?;
        if self.progress(&transaction).await? == Progress::Done {
            return Err(Error::TicketUnknown);
        }
        record["client_id"] = transaction.request.client_id.clone().into();
        let count = Key::hash("tokens", &bearer.hash());
        if self.cache.increment(&count, TRANSACTION_LIFETIME, now).await? > MAX_TRIES {
            return Err(Error::TooManyTries);
        }
        let nonce = self.spend_nonce(bearer, &post.nonce, now).await?;
        let token = AuthToken::parse(&post.token)?;
        record["algorithm"] = token.algorithm.name().into();
        record["app_version"] = token.app_version.clone().into();
        let trust = self.trust.current();
        // Signatures are a millisecond or so of pure computation: not for the threads that serve sockets.
        let origin = self.config.issuer.clone();
        let (path, verified) = tokio::task::spawn_blocking(move || {
            let leaf = Certificate::from_der(&token.certificate)?;
            let path = pki::path::find(&leaf, &[], &trust, Purpose::Citizen, now)?;
            let verified = authn::verify(&token, &path, &origin, &nonce)?;
            Ok::<_, Error>((path, verified))
        })
        .await
        .map_err(|_| Error::Interrupted)??;
        // From here on it is worth a line of the audit: a certificate that a CA issued has signed.
        record["certificate"] = data_encoding::HEXLOWER.encode(&path.leaf().fingerprint()).into();
        record["issuer"] = path.issuer().id.clone().into();
        let validated = self.validate(&path).await?;
        let authenticated = self.assess(&validated, &verified, &transaction, record)?;
        let completion = Bearer::random(&*self.rng);
        let lifetime = COMPLETION_LIFETIME.min(transaction.expires.since(now));
        let waiting = Completion { transaction: transaction.hash, authenticated, incident: incident.clone() };
        self.cache.put_json(&Key::hash("completion", &completion.hash()), &waiting, lifetime, now).await?;
        Ok(completion)
    }

    async fn spend_nonce(&self, bearer: &Bearer, nonce: &str, now: UnixTime) -> Result<Nonce, Error> {
        let nonce = Nonce::parse(nonce)?;
        let current: Option<[u8; 32]> = self.cache.take_json(&Key::hash("challenge", &bearer.hash()), now).await?;
        if current != Some(nonce.hash()) {
            return Err(authn::Error::NonceSpent.into());
        }
        match self.store.spend(Spending::Nonce, nonce.hash(), now.plus(NONCE_LIFETIME)).await? {
            Spent::First => Ok(nonce),
            Spent::Again => Err(authn::Error::NonceSpent.into()),
        }
    }

    async fn validate(&self, path: &pki::TrustedPath) -> Result<ValidatedCertificate, Error> {
        let status = self.lists.collect(path).await;
        let now = self.clock.now();
        if let Some(newest) = self.lists.newest_this_update().filter(|newest| now < newest.minus(pki::CLOCK_SKEW)) {
            return Err(Error::ClockBehind { newest });
        }
        Ok(pki::validate(path, &status, now)?)
    }

    fn assess(
        &self,
        validated: &ValidatedCertificate,
        verified: &VerifiedToken,
        transaction: &Transaction,
        record: &mut serde_json::Value,
    ) -> Result<Authenticated, Error> {
        let now = self.clock.now();
        let assessment = assess(validated, verified, now)?;
        record["warnings"] = assessment.warnings.iter().map(ToString::to_string).collect();
        let authenticated = assessment.authenticated;
        record["facts"] = serde_json::to_value(authenticated.facts()).unwrap_or_default();
        let lists = validated.crls().iter();
        record["crls"] = lists
            .map(|list| {
                json!({
                    "issuer": list.crl().issuer().to_string(), "this_update": list.crl().this_update().to_string(),
                })
            })
            .collect();
        let reached = authenticated.decision(now).map(|decision| decision.level);
        record["level"] = reached.map(Level::name).into();
        let needed = transaction.request.level;
        if reached.is_none_or(|reached| transaction.request.acr_for(reached).is_none()) {
            return Err(Error::LevelNotReached { reached, needed });
        }
        Ok(authenticated)
    }

    /// A completion, for the browser that began. Any other burns the transaction: its address has got abroad.
    pub async fn completion(
        &self,
        text: &str,
        browser: Option<&Bearer>,
    ) -> Result<(Bearer, Completion, Transaction), Error> {
        let now = self.clock.now();
        let bearer = Bearer::parse(text).ok_or(Error::TransactionUnknown)?;
        let key = Key::hash("completion", &bearer.hash());
        let completion: Completion = self.cache.get_json(&key, now).await?.ok_or(Error::TransactionUnknown)?;
        let transaction = self.transaction_by_hash(&completion.transaction).await?;
        if browser.is_none_or(|browser| browser.hash() != transaction.browser) {
            self.burn(&transaction.hash).await?;
            self.cache.delete(&key).await?;
            let record = json!({ "client_id": transaction.request.client_id });
            self.audit(&completion.incident, "completion_foreign", record).await?;
            return Err(Error::CompletionForeign);
        }
        if self.progress(&transaction).await? == Progress::Done {
            return Err(Error::CompletionSpent);
        }
        Ok((bearer, completion, transaction))
    }

    /// Spends a completion, and its transaction with it: two tickets of one transaction may each have brought a
    /// completion, and the progress in the cache is a hint that a late step of the other may overwrite.
    pub async fn spend_completion(&self, bearer: &Bearer, transaction: &Transaction) -> Result<(), Error> {
        let until = self.clock.now().plus(TRANSACTION_LIFETIME);
        for hash in [bearer.hash(), transaction.hash] {
            match self.store.spend(Spending::Completion, hash, until).await? {
                Spent::First => {}
                Spent::Again => return Err(Error::CompletionSpent),
            }
        }
        self.set_progress(&transaction.hash, Progress::Done).await
    }
}

impl Gateway {
    /// Takes a completion back: she said that it is not she. She may begin again in the same transaction.
    pub async fn decline(&self, bearer: &Bearer, transaction: &Transaction) -> Result<(), Error> {
        let now = self.clock.now();
        match self.store.spend(Spending::Completion, bearer.hash(), now.plus(TRANSACTION_LIFETIME)).await? {
            Spent::First => {}
            Spent::Again => return Err(Error::CompletionSpent),
        }
        self.cache.delete(&Key::hash("completion", &bearer.hash())).await?;
        self.set_progress(&transaction.hash, Progress::Waiting).await
    }
}
