//! One login, from the handle to the completion address.
//!
//! It runs on a thread of its own, because cards and people make one wait. The order is the design's: request, consent,
//! PIN, and only then the nonce, the signature, our own check of it, and the gateway's verdict.

use super::candidate::{Candidate, candidates};
use super::config::Gateway;
use super::interrupt::{Cancellation, End, Interrupt};
use super::prompt::{self, Prompt, Prompts, Stop};
use super::watch::{Interest, Watch};
use super::wording::Asker;
use crate::authn::{
    Accepted, Algorithm, AuthToken, Challenge, LoginRequest, MAX_AGENT_BODY, Nonce, PROTOCOL, Refused, TokenPost,
    paths, signed_message,
};
use crate::card::{self, KeyReference, Tokens};
use crate::client::{self, Exchange, Response};
use crate::clock::Clock;
use crate::i18n::Language;
use crate::pki::{Certificate, SignatureEncoding, signature};
use crate::secret::{Bearer, Pin};
use crate::text::clean;
use hyper::StatusCode;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Handle;
use url::Url;

/// How long the gateway may take for one answer; it may have to fetch a revocation list meanwhile.
const DEADLINE: Duration = Duration::from_secs(30);
/// The longest a login may stay open (the gateway forgets its transactions after as long).
pub const MAX_LOGIN: Duration = Duration::from_secs(30 * 60);
/// The most characters of a ticket; it goes into a header.
const MAX_TICKET: usize = 512;

/// Why a login did not come about.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The person did not want to.
    #[error("the citizen cancelled")]
    Cancelled,
    /// The browser went away.
    #[error("the browser closed the connection")]
    BrowserLeft,
    /// It took too long.
    #[error("the login expired")]
    Expired,
    /// The agent stops.
    #[error("the agent is stopping")]
    Stopping,
    /// The gateway cannot be reached.
    #[error("the gateway cannot be reached")]
    GatewayUnreachable {
        /// What the client said.
        #[source]
        source: client::Error,
    },
    /// The gateway's TLS certificate is not to be trusted.
    #[error("the gateway's TLS certificate is not trusted")]
    GatewayUntrusted {
        /// What the client said.
        #[source]
        source: client::Error,
    },
    /// The gateway does not know the handle: used, or older than two minutes.
    #[error("the gateway does not know the handle")]
    HandleUnknown,
    /// An answer that the contract does not have.
    #[error("the gateway's answer is not of the contract (status {status})")]
    GatewayAnswer {
        /// The status.
        status: u16,
    },
    /// The gateway wants a newer agent.
    #[error("the gateway wants protocol {minimum}, this agent speaks {PROTOCOL}")]
    Outdated {
        /// What it wants.
        minimum: u32,
        /// Where it says how to update; on its own origin.
        help: Option<Url>,
    },
    /// The completion address lies on another origin.
    #[error("the gateway's completion address is not its own")]
    CompletionForeign,
    /// The person cannot be asked.
    #[error("the citizen cannot be asked")]
    Prompt {
        /// Why.
        #[source]
        source: prompt::Error,
    },
    /// The gateway refused.
    #[error("the gateway refused: {}", .0.code)]
    Refused(Refused),
    /// The operating system gave no resources.
    #[error("the system is out of resources")]
    System {
        /// What it said.
        #[source]
        source: std::io::Error,
    },
}

impl Error {
    /// The stable word; for a refusal the gateway's own.
    pub fn code(&self) -> &str {
        match self {
            Self::Cancelled => "agent_cancelled",
            Self::BrowserLeft => "agent_browser_left",
            Self::Expired => "agent_expired",
            Self::Stopping => "agent_stopping",
            Self::GatewayUnreachable { .. } => "agent_gateway_unreachable",
            Self::GatewayUntrusted { .. } => "agent_gateway_untrusted",
            Self::HandleUnknown => "agent_handle_unknown",
            Self::GatewayAnswer { .. } => "agent_gateway_answer",
            Self::Outdated { .. } => "agent_outdated",
            Self::CompletionForeign => "agent_completion_foreign",
            Self::Prompt { .. } => "agent_prompt",
            Self::Refused(refused) => &refused.code,
            Self::System { .. } => "agent_system",
        }
    }

    /// All codes of its own, for the test that wants a message for each. `agent_signature` is the notice that a card
    /// made a signature that does not verify; the login goes on.
    pub const CODES: &[&str] = &[
        "agent_cancelled",
        "agent_browser_left",
        "agent_expired",
        "agent_stopping",
        "agent_gateway_unreachable",
        "agent_gateway_untrusted",
        "agent_handle_unknown",
        "agent_gateway_answer",
        "agent_outdated",
        "agent_completion_foreign",
        "agent_prompt",
        "agent_system",
        "agent_signature",
    ];
}

impl From<End> for Error {
    fn from(end: End) -> Self {
        match end {
            End::BrowserLeft => Self::BrowserLeft,
            End::Expired => Self::Expired,
            End::Stopping => Self::Stopping,
        }
    }
}

impl From<client::Error> for Error {
    fn from(source: client::Error) -> Self {
        match source {
            client::Error::Tls { .. } | client::Error::Roots => Self::GatewayUntrusted { source },
            client::Error::BodyTooLarge { .. } => Self::GatewayAnswer { status: 200 },
            _ => Self::GatewayUnreachable { source },
        }
    }
}

/// What a login needs beside its handle.
pub struct Login {
    /// The gateway it came from.
    pub gateway: Gateway,
    /// The cards.
    pub tokens: Arc<dyn Tokens>,
    /// How to ask.
    pub prompts: Arc<dyn Prompts>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The language to speak, whatever the gateway says the citizen prefers.
    pub language: Option<Language>,
    /// The end of the login from outside.
    pub cancellation: Arc<Cancellation>,
    /// Where exchanges run.
    pub runtime: Handle,
}

/// The fields by which an agent that is too old learns that it is: read first, whatever else the request holds.
#[derive(Deserialize)]
struct Versions {
    minimum_protocol: u32,
    #[serde(default)]
    help: String,
}

/// What came of one choice of a certificate.
enum Turn {
    Done(Url),
    /// The list again, with something to say.
    Again(Vec<String>),
}

impl Login {
    /// Runs the login to its end; blocks. On success the completion address, which lies on the gateway's own origin.
    pub fn run(&self, handle: &Bearer) -> Result<Url, Error> {
        let request = self.request(handle)?;
        let language = self.language.unwrap_or_else(|| Language::negotiate(&request.languages));
        let asker = Asker::new(language, &request, self.gateway.origin());
        let _timer = self.expire(&request);
        let mut prompt = self.prompts.open().map_err(|source| Error::Prompt { source })?;
        let interrupt =
            Arc::new(Interrupt::new(Arc::clone(&self.cancellation)).map_err(|source| Error::System { source })?);
        let watch = Watch::start(&self.tokens, &interrupt).map_err(|source| Error::System { source })?;
        let mut session =
            Session { login: self, request, asker, prompt: prompt.as_mut(), interrupt: &interrupt, watch: &watch };
        let ended = session.run();
        session.tell_end(&ended);
        ended
    }

    fn request(&self, handle: &Bearer) -> Result<LoginRequest, Error> {
        let path = format!("{}{}", paths::LOGIN, handle.expose());
        let answer = self.post(&path, None, b"")?;
        if answer.status != StatusCode::OK {
            return Err(match refusal(&answer) {
                Error::GatewayAnswer { status: 404 | 410 } => Error::HandleUnknown,
                refused => refused,
            });
        }
        let versions: Versions = json(&answer)?;
        if versions.minimum_protocol > PROTOCOL {
            let help = self.gateway.own_address(&versions.help);
            return Err(Error::Outdated { minimum: versions.minimum_protocol, help });
        }
        let request: LoginRequest = json(&answer)?;
        let ticket_fits = request.ticket.len() <= MAX_TICKET && request.ticket.bytes().all(|b| b.is_ascii_graphic());
        if ticket_fits { Ok(request) } else { Err(Error::GatewayAnswer { status: 200 }) }
    }

    /// Ends the login when the gateway forgets it.
    fn expire(&self, request: &LoginRequest) -> Timer {
        let left = request.expires.since(self.clock.now());
        // Over before it began: one of the two clocks is wrong, and the gateway's verdict is what counts.
        let left = if left.is_zero() { MAX_LOGIN } else { left.min(MAX_LOGIN) };
        let cancellation = Arc::clone(&self.cancellation);
        Timer(self.runtime.spawn(async move {
            tokio::time::sleep(left).await;
            cancellation.end(End::Expired);
        }))
    }

    /// One exchange; given up at once when the login ends.
    fn post(&self, path: &str, bearer: Option<&str>, body: &[u8]) -> Result<Response, Error> {
        let url = self.gateway.address(path);
        let exchange = Exchange {
            url: &url,
            bearer,
            body: Some(("application/json", body)),
            max_body: MAX_AGENT_BODY,
            deadline: DEADLINE,
        };
        self.runtime.block_on(async {
            tokio::select! {
                // The end first: what is over is not begun.
                biased;
                end = self.cancellation.ended() => Err(end.into()),
                answer = self.gateway.client().exchange(exchange) => Ok(answer?),
            }
        })
    }
}

struct Timer(tokio::task::JoinHandle<()>);

impl Drop for Timer {
    fn drop(&mut self) {
        self.0.abort();
    }
}

struct Session<'a> {
    login: &'a Login,
    request: LoginRequest,
    asker: Asker,
    prompt: &'a mut dyn Prompt,
    interrupt: &'a Interrupt,
    watch: &'a Watch,
}

impl Session<'_> {
    fn run(&mut self) -> Result<Url, Error> {
        let mut refused: HashMap<[u8; 32], String> = HashMap::new();
        let mut last_refusal: Option<Refused> = None;
        let mut notice: Vec<String> = Vec::new();
        loop {
            let snapshot = self.watch.look(Interest::Everything);
            let list = candidates(&snapshot, &self.request, &refused, self.login.clock.now());
            let chosen = if list.iter().any(|candidate| candidate.fit.is_ok()) {
                let screen = self.asker.choose(&list, &notice);
                self.prompt.choose(&screen, self.interrupt)
            } else {
                let screen = self.asker.insert(&snapshot, &list, &notice);
                Err(self.prompt.wait(&screen, self.interrupt))
            };
            let chosen = match chosen {
                Ok(chosen) => chosen,
                Err(Stop::Changed) => continue,
                // Who gives up after a refusal wants to know in the browser what it was.
                Err(Stop::Cancelled) => return Err(last_refusal.map_or(Error::Cancelled, Error::Refused)),
                Err(stop) => return Err(ended(stop)),
            };
            let Some(candidate) = list.into_iter().nth(chosen) else { continue };
            let (Some(certificate), Ok(algorithm)) = (candidate.certificate.clone(), candidate.fit.clone()) else {
                continue;
            };
            match self.sign_in(&candidate, &certificate, algorithm) {
                Ok(Turn::Done(completion)) => return Ok(completion),
                Ok(Turn::Again(said)) => notice = said,
                Err(Error::Refused(refusal)) if refusal.retry => {
                    notice = self.asker.advice(&refusal.code, Some(&refusal.incident), refusal.support.as_deref());
                    refused.insert(certificate.fingerprint(), refusal.code.clone());
                    last_refusal = Some(refusal);
                }
                Err(Error::Cancelled) => return Err(last_refusal.map_or(Error::Cancelled, Error::Refused)),
                Err(error) => return Err(error),
            }
        }
    }

    /// One certificate: tries, PIN, nonce, signature, verdict.
    fn sign_in(
        &mut self,
        candidate: &Candidate,
        certificate: &Certificate,
        algorithm: Algorithm,
    ) -> Result<Turn, Error> {
        let key = &candidate.key;
        let mut notice = Vec::new();
        let mut tries = match self.login.tokens.tries(key) {
            Ok(tries) => tries,
            Err(error) => return Ok(self.again(&error)),
        };
        loop {
            if tries == Some(0) {
                return Ok(self.again(&card::Error::PinBlocked));
            }
            self.watch.look(Interest::Key(key.clone()));
            if tries == Some(1) {
                let screen = self.asker.last_try(candidate, &notice);
                match self.prompt.confirm(&screen, self.interrupt) {
                    Ok(true) => (),
                    Ok(false) => return Ok(Turn::Again(Vec::new())),
                    Err(Stop::Changed) => return Ok(self.again(&card::Error::CardRemoved)),
                    Err(stop) => return Err(ended(stop)),
                }
            }
            let screen = self.asker.pin(candidate, tries, &notice);
            let pin = match self.prompt.pin(&screen, self.interrupt) {
                Ok(pin) => pin,
                Err(Stop::Changed) => return Ok(self.again(&card::Error::CardRemoved)),
                Err(stop) => return Err(ended(stop)),
            };
            self.prompt.show(&self.asker.progress());
            let nonce = self.challenge()?;
            let signed = self.sign(key, pin, certificate, algorithm, &nonce);
            match signed {
                Ok(signature) => return self.send(certificate, signature, algorithm, &nonce),
                Err(error @ card::Error::WrongPin { tries_left }) => {
                    notice = self.asker.advice(error.code(), None, None);
                    tries = tries_left;
                }
                Err(error @ card::Error::PinFormat) => notice = self.asker.advice(error.code(), None, None),
                Err(error) => return Ok(self.again(&error)),
            }
        }
    }

    fn again(&self, error: &card::Error) -> Turn {
        tracing::info!(code = error.code(), %error, "the card did not serve");
        Turn::Again(self.asker.advice(error.code(), None, None))
    }

    fn challenge(&self) -> Result<Nonce, Error> {
        let answer = self.login.post(paths::CHALLENGE, Some(&self.request.ticket), b"")?;
        if answer.status != StatusCode::OK {
            return Err(refusal(&answer));
        }
        let challenge: Challenge = json(&answer)?;
        Nonce::parse(&challenge.nonce).map_err(|_| Error::GatewayAnswer { status: 200 })
    }

    /// Signs with the card; the PIN is used once and zeroed here.
    fn sign(
        &self,
        key: &KeyReference,
        pin: Pin,
        certificate: &Certificate,
        algorithm: Algorithm,
        nonce: &Nonce,
    ) -> Result<Vec<u8>, card::Error> {
        let message = signed_message(algorithm, self.login.gateway.origin().as_str(), nonce);
        let kind = certificate.public_key().kind();
        self.login.tokens.sign(key, &pin, kind, algorithm.scheme(), &message)
    }

    /// Checks the signature as the gateway will, and sends it.
    fn send(
        &self,
        certificate: &Certificate,
        signature: Vec<u8>,
        algorithm: Algorithm,
        nonce: &Nonce,
    ) -> Result<Turn, Error> {
        let message = signed_message(algorithm, self.login.gateway.origin().as_str(), nonce);
        let (key, scheme) = (certificate.public_key(), algorithm.scheme());
        if let Err(error) = signature::verify(key, scheme, SignatureEncoding::Raw, &message, &signature) {
            tracing::warn!(%error, "the card's signature does not verify");
            return Ok(Turn::Again(self.asker.advice("agent_signature", None, None)));
        }
        let token = AuthToken {
            certificate: certificate.der().to_vec(),
            signature,
            algorithm,
            app_version: concat!("brama-agent/", env!("CARGO_PKG_VERSION")).to_owned(),
        };
        let post = TokenPost { token: token.to_json(), nonce: nonce.as_str().to_owned() };
        let body = serde_json::to_vec(&post).unwrap_or_default();
        let answer = self.login.post(paths::TOKEN, Some(&self.request.ticket), &body)?;
        if answer.status != StatusCode::OK {
            return Err(refusal(&answer));
        }
        let accepted: Accepted = json(&answer)?;
        let completion = self.login.gateway.own_address(&accepted.completion);
        completion.map(Turn::Done).ok_or(Error::CompletionForeign)
    }

    fn tell_end(&mut self, ended: &Result<Url, Error>) {
        let screen = match ended {
            Ok(_) => self.asker.end("agent-done", &[]),
            Err(error @ Error::Refused(refused)) => {
                let said = self.asker.advice(error.code(), Some(&refused.incident), refused.support.as_deref());
                self.asker.end("agent-not-done", &said)
            }
            Err(error) => self.asker.end("agent-not-done", &self.asker.advice(error.code(), None, None)),
        };
        self.prompt.show(&screen);
    }
}

fn ended(stop: Stop) -> Error {
    match stop {
        Stop::Ended(end) => end.into(),
        Stop::Failed(source) => Error::Prompt { source },
        Stop::Cancelled | Stop::Changed => Error::Cancelled,
    }
}

fn json<T: DeserializeOwned>(answer: &Response) -> Result<T, Error> {
    serde_json::from_slice(&answer.body).map_err(|_| Error::GatewayAnswer { status: answer.status.as_u16() })
}

/// What the gateway refused, cleaned for showing; without the contract's body, the bare status.
fn refusal(answer: &Response) -> Error {
    let Ok(refused) = json::<Refused>(answer) else {
        return Error::GatewayAnswer { status: answer.status.as_u16() };
    };
    let is_word = |c: &char| c.is_ascii_lowercase() || c.is_ascii_digit() || *c == '_';
    Error::Refused(Refused {
        code: refused.code.chars().filter(is_word).take(64).collect(),
        incident: refused.incident.chars().filter(char::is_ascii_graphic).take(64).collect(),
        retry: refused.retry,
        support: refused.support.map(|support| clean(&support, 200)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agent::loopback::Refusal;
    use crate::i18n::has_advice;

    #[test]
    fn every_code_says_what_to_do() {
        for language in Language::ALL {
            for code in Error::CODES.iter().chain(Refusal::CODES) {
                assert!(has_advice(language, code), "{language}: {code}");
            }
        }
    }
}
