//! What the unit tests of this module share.

use super::authorize::check;
use super::registration::{Registration, register};
use super::session::{Lifetimes, Session, begin};
use super::{AuthorizationRequest, Portal, Provider};
use crate::assurance::Authenticated;
use crate::authn::Origin;
use crate::clock::UnixTime;
use crate::jose::Keys;
use crate::rng::SystemRng;
use crate::secret::Bearer;
use crate::store::{MemoryCache, SqlStore, Store};
use serde_json::json;
use std::sync::OnceLock;
use std::time::Duration;

pub(super) const ISSUER: &str = "https://id.example";
pub(super) const NOW: UnixTime = UnixTime(1_800_000_000);
pub(super) const REDIRECT_URI: &str = "https://portal.example/cb";
/// The pair of RFC 7636 appendix B.
pub(super) const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

pub(super) fn issuer() -> Origin {
    ISSUER.parse().expect("an origin")
}

/// One set for all tests: RSA keys take their time.
pub(super) fn keys() -> &'static Keys {
    static KEYS: OnceLock<Keys> = OnceLock::new();
    KEYS.get_or_init(|| Keys::ephemeral().expect("makes keys"))
}

fn registered() -> &'static (Portal, Bearer) {
    static PORTAL: OnceLock<(Portal, Bearer)> = OnceLock::new();
    PORTAL.get_or_init(|| {
        let asked = Registration {
            client_id: Some("portal".to_owned()),
            name: "Портал".to_owned(),
            redirect_uris: vec![REDIRECT_URI.to_owned()],
            post_logout_redirect_uris: vec!["https://portal.example/bye".to_owned()],
            ..Registration::default()
        };
        let (portal, secret) = register(asked, &SystemRng::default()).expect("registers");
        (portal, secret.expect("a secret"))
    })
}

pub(super) fn portal() -> Portal {
    registered().0.clone()
}

pub(super) fn secret() -> String {
    registered().1.expose()
}

pub(super) fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// A good authorization request.
pub(super) fn request() -> Vec<(String, String)> {
    pairs(&[
        ("client_id", "portal"),
        ("redirect_uri", REDIRECT_URI),
        ("response_type", "code"),
        ("scope", "openid profile identifiers organisation assurance"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
        ("state", "s & t"),
        ("nonce", "n"),
    ])
}

pub(super) fn without(name: &str) -> Vec<(String, String)> {
    request().into_iter().filter(|(other, _)| other != name).collect()
}

pub(super) fn with(name: &str, value: &str) -> Vec<(String, String)> {
    let mut parameters = without(name);
    parameters.push((name.to_owned(), value.to_owned()));
    parameters
}

pub(super) fn request_with(extra: &[(&str, &str)]) -> AuthorizationRequest {
    let parameters = [request(), pairs(extra)].concat();
    check(&parameters, &portal(), &issuer(), keys()).expect("taken")
}

/// A login of high level with a CRL an hour old that stands for a week.
pub(super) fn authenticated(now: UnixTime) -> Authenticated {
    authenticated_as(now, "1")
}

pub(super) fn authenticated_as(now: UnixTime, number: &str) -> Authenticated {
    let subject = json!({
        "kind": "representative",
        "name": { "display": "Алеся Каваль", "family": "Каваль", "given": "Алеся", "middle": null },
        "identifiers": [{ "scheme": "personal-number", "country": "BY", "value": number }],
        "organisation": {
            "name": "Прыклад",
            "identifiers": [{ "scheme": "tax", "country": "BY", "value": "100000001" }],
            "position": "Дырэктар",
        },
    });
    login(now, &subject)
}

pub(super) fn legal_entity(now: UnixTime) -> Authenticated {
    let subject = json!({
        "kind": "legal-entity",
        "name": { "display": "Прыклад", "family": null, "given": null, "middle": null },
        "identifiers": [],
        "organisation": {
            "name": "Прыклад",
            "identifiers": [{ "scheme": "tax", "country": "BY", "value": "100000001" }],
            "position": null,
        },
    });
    login(now, &subject)
}

/// As a session gives it back; tests have no card to make it from.
fn login(now: UnixTime, subject: &serde_json::Value) -> Authenticated {
    let login = json!({
        "subject": subject,
        "facts": {
            "proofing": 3,
            "key": 3,
            "origin": 1,
            "organisation": 2,
            "status": {
                "kind": "crl",
                "this_update": now.0 - 3600,
                "next_update": now.0 + 7 * 86_400,
                "chain_until": now.0 + 365 * 86_400,
            },
            "method": "agent",
            "auth_time": now,
            "issuer": "demo",
            "policies": ["1.2.3"],
            "certificate": "00",
        },
    });
    serde_json::from_value(login).expect("a login")
}

/// A provider with everything it needs, at a time of its own.
pub(super) struct World {
    pub(super) now: UnixTime,
    pub(super) store: SqlStore,
    cache: MemoryCache,
    issuer: Origin,
    random: SystemRng,
}

impl World {
    /// With the portal registered.
    pub(super) async fn new() -> Self {
        let store = SqlStore::in_memory().await.expect("opens");
        assert!(store.add_portal(&portal().record().expect("writes")).await.expect("adds"));
        Self { now: NOW, store, cache: MemoryCache::default(), issuer: issuer(), random: SystemRng::default() }
    }

    pub(super) fn provider(&self) -> Provider<'_> {
        self.at(0)
    }

    /// The provider some seconds later.
    pub(super) fn at(&self, seconds: u64) -> Provider<'_> {
        Provider {
            issuer: &self.issuer,
            keys: keys(),
            store: &self.store,
            cache: &self.cache,
            random: &self.random,
            now: self.now.plus(Duration::from_secs(seconds)),
        }
    }

    pub(super) async fn sign_in(&self) -> (Bearer, Session) {
        begin(&self.provider(), authenticated(self.now), Lifetimes::default()).await.expect("begins")
    }

    /// The code of a good request granted to a session.
    pub(super) async fn code(&self, session: &Session) -> String {
        let location = super::grant::issue(&self.provider(), &portal(), request_with(&[]), session).await;
        let location = location.unwrap_or_else(|refusal| panic!("{refusal:?}"));
        let url = url::Url::parse(&location).expect("an address");
        url.query_pairs().find(|(name, _)| name == "code").expect("a code").1.into_owned()
    }
}

/// The form that exchanges a code, with the secret by `client_secret_basic` in the header beside it.
pub(super) fn exchange_form(code: &str) -> Vec<(String, String)> {
    pairs(&[
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", REDIRECT_URI),
        ("code_verifier", VERIFIER),
    ])
}

pub(super) fn basic(client_id: &str, secret: &str) -> String {
    format!("Basic {}", data_encoding::BASE64.encode(format!("{client_id}:{secret}").as_bytes()))
}
