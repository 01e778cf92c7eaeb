//! A whole gateway in process, with a clock that is set by hand, and everybody around it: a test CA, citizens with
//! keys, browsers with cookies, and an agent that signs in software.

use super::authority::{
    Authority, CrlSpec, DAY, EPOCH, Folder, Kind, Signing, Spec, family, key, person, policies, representative, rules,
};
use async_trait::async_trait;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::header::{CONTENT_TYPE, COOKIE, LOCATION, ORIGIN, SET_COOKIE};
use axum::http::{Request, StatusCode};
use brama::authn::{Accepted, Algorithm, AuthToken, Challenge, LoginRequest, Nonce, TokenPost, signed_message};
use brama::clock::{Clock, UnixTime};
use brama::fetch::{self, Fetcher};
use brama::gateway::{Config, CurrentTrust, Gateway, Parts, http};
use brama::jose::Keys;
use brama::oidc::registration::{Registration, register};
use brama::rng::SystemRng;
use brama::store::{MemoryCache, MemoryLimits, SqlStore, Store};
use data_encoding::BASE64URL_NOPAD;
use openssl::pkey::{PKey, Private};
use serde_json::Value;
use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use tower::ServiceExt;
use url::Url;

/// The gateway's origin.
pub const ISSUER: &str = "https://id.example";
/// The portal's redirect URI.
pub const REDIRECT_URI: &str = "https://portal.example/callback";
/// Where the portal wants people after signing out.
pub const AFTER_LOGOUT: &str = "https://portal.example/bye";
/// When every rig begins: noon of a day in the certificates' time.
pub const START: i64 = EPOCH + DAY / 2;
/// A verifier of PKCE.
pub const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
/// What it is the challenge of (RFC 7636 appendix B).
pub const CODE_CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
/// The policy of certificates on certified tokens.
const POLICY: &str = "1.3.6.1.4.1.55555.1";

/// A clock that stands until it is moved.
#[derive(Debug)]
pub struct ManualClock(AtomicI64);

impl ManualClock {
    pub fn at(time: i64) -> Self {
        Self(AtomicI64::new(time))
    }

    pub fn forward(&self, seconds: i64) {
        self.0.fetch_add(seconds, Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> UnixTime {
        UnixTime(self.0.load(Ordering::SeqCst))
    }
}

/// A network of a few addresses; all others do not answer.
#[derive(Debug, Default)]
pub struct Addresses {
    bytes: Mutex<HashMap<String, Vec<u8>>>,
    fetches: AtomicUsize,
}

impl Addresses {
    pub fn put(&self, url: &str, bytes: Vec<u8>) {
        self.bytes.lock().unwrap().insert(url.to_owned(), bytes);
    }

    pub fn fetches(&self) -> usize {
        self.fetches.load(Ordering::SeqCst)
    }
}

#[async_trait]
impl Fetcher for Addresses {
    async fn get(&self, url: &Url, _limit: usize) -> Result<Vec<u8>, fetch::Error> {
        self.fetches.fetch_add(1, Ordering::SeqCst);
        let found = self.bytes.lock().unwrap().get(url.as_str()).cloned();
        found.ok_or_else(|| fetch::Error::Status { url: url.to_string(), status: 404 })
    }
}

/// A key and the certificate on it.
#[derive(Clone)]
pub struct Citizen {
    pub key: PKey<Private>,
    pub certificate: Vec<u8>,
    pub serial: Vec<u8>,
    pub algorithm: Algorithm,
}

impl Citizen {
    /// Signs as a token would: ECDSA raw, RSA as it comes.
    pub fn sign(&self, origin: &str, nonce: &str) -> AuthToken {
        self.sign_as(self.algorithm, origin, nonce)
    }

    pub fn sign_as(&self, algorithm: Algorithm, origin: &str, nonce: &str) -> AuthToken {
        let message = signed_message(algorithm, origin, &Nonce::parse(nonce).expect("a nonce"));
        let signature = sign(&self.key, algorithm, &message);
        AuthToken { certificate: self.certificate.clone(), signature, algorithm, app_version: "rig".to_owned() }
    }
}

fn sign(key: &PKey<Private>, algorithm: Algorithm, message: &[u8]) -> Vec<u8> {
    use super::authority::Hash::{Sha256, Sha384, Sha512};
    let (signing, raw) = match algorithm {
        Algorithm::Rs256 => (Signing::RsaPkcs1(Sha256), None),
        Algorithm::Rs384 => (Signing::RsaPkcs1(Sha384), None),
        Algorithm::Rs512 => (Signing::RsaPkcs1(Sha512), None),
        Algorithm::Ps256 => (Signing::RsaPss(Sha256), None),
        Algorithm::Ps384 => (Signing::RsaPss(Sha384), None),
        Algorithm::Ps512 => (Signing::RsaPss(Sha512), None),
        Algorithm::Es256 => (Signing::Ecdsa(Sha256), Some(32)),
        Algorithm::Es384 => (Signing::Ecdsa(Sha384), Some(48)),
        Algorithm::Es512 => (Signing::Ecdsa(Sha512), Some(66)),
        Algorithm::EdDsa => (Signing::Ed25519, None),
    };
    let signature = signing.sign(key, message);
    match raw {
        None => signature,
        Some(size) => {
            let parsed = openssl::ecdsa::EcdsaSig::from_der(&signature).expect("DER");
            let mut both = parsed.r().to_vec_padded(size).expect("fits");
            both.extend(parsed.s().to_vec_padded(size).expect("fits"));
            both
        }
    }
}

/// The algorithm a key of this kind usually signs a login with.
pub fn algorithm(kind: Kind) -> Algorithm {
    match kind {
        Kind::Rsa(_) | Kind::RsaExponent(..) => Algorithm::Rs256,
        Kind::P256 => Algorithm::Es256,
        Kind::P384 => Algorithm::Es384,
        Kind::P521 => Algorithm::Es512,
        Kind::Ed25519 => Algorithm::EdDsa,
    }
}

/// A root and a CA below it.
pub struct Pki {
    pub root: Authority,
    pub ca: Authority,
    numbers: AtomicUsize,
}

impl Pki {
    pub fn new(kind: Kind) -> Self {
        let root = Authority::root("Test Root", kind);
        let ca = root.subordinate("Test CA of Citizens", kind);
        Self { root, ca, numbers: AtomicUsize::new(1) }
    }

    /// A citizen with a certificate changed at will.
    pub fn citizen_with(&self, subject: &[u8], kind: Kind, change: impl FnOnce(Spec) -> Spec) -> Citizen {
        let number = u32::try_from(self.numbers.fetch_add(1, Ordering::SeqCst)).unwrap();
        let key = key(kind, 100 + number);
        let spec = change(Spec::citizen(subject, &key).with(policies(&[POLICY])));
        let certificate = self.ca.issue(&spec);
        Citizen { key, certificate, serial: spec.serial, algorithm: algorithm(kind) }
    }

    pub fn citizen(&self, kind: Kind) -> Citizen {
        self.citizen_with(&person("Ганна", "Кавальчук", "PNOBY-4010190A001PB1"), kind, |spec| spec)
    }

    pub fn representative(&self, kind: Kind) -> Citizen {
        let subject =
            representative("Olha", "Shevchenko", "PNOBY-4020290A002PB2", ("Zorka LLC", "TAXBY-191234567", "Director"));
        self.citizen_with(&subject, kind, |spec| spec)
    }
}

/// Writes into the folder of CA families.
pub type Beside = Box<dyn Fn(&Path) + Send + Sync>;

/// What a rig may have otherwise.
pub struct Settings {
    /// Serial numbers to revoke, with a reason.
    pub revoked: Vec<(Vec<u8>, Option<u8>)>,
    /// When the CA's list is of, and how long it stands.
    pub crl: CrlSpec,
    /// The rules of the family.
    pub rules: String,
    /// Whether the CA's list lies in the folder.
    pub crl_in_folder: bool,
    /// What the portal's id_tokens are signed with; RS256 when left out.
    pub id_token_algorithm: Option<brama::jose::Algorithm>,
    /// Whether the store is a file, as in service.
    pub store_in_file: bool,
    /// Writes further families into the folder.
    pub beside: Option<Beside>,
    /// How much the cache holds.
    pub limits: MemoryLimits,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            revoked: Vec::new(),
            crl: CrlSpec::at(START - 3600, 7 * DAY),
            rules: rules("Test CA", "citizen"),
            crl_in_folder: true,
            id_token_algorithm: None,
            store_in_file: false,
            beside: None,
            limits: MemoryLimits::default(),
        }
    }
}

/// The gateway and what is around it.
pub struct Rig {
    pub gateway: Arc<Gateway>,
    pub router: Router,
    pub clock: Arc<ManualClock>,
    pub network: Arc<Addresses>,
    pub client_id: String,
    pub client_secret: String,
    _folder: tempfile::TempDir,
}

impl Rig {
    pub async fn new(pki: &Pki) -> Self {
        Self::with(pki, Settings::default()).await
    }

    pub async fn with(pki: &Pki, settings: Settings) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let certs = folder.path().join("certs");
        let root_crl = pki.root.crl(&CrlSpec::at(START - 3600, 30 * DAY));
        let mut crl = settings.crl;
        for (serial, reason) in &settings.revoked {
            crl = crl.revoke(serial, START - 7200, *reason);
        }
        let ca_crl = pki.ca.crl(&crl);
        let crls: &[&[u8]] = if settings.crl_in_folder { &[&root_crl, &ca_crl] } else { &[&root_crl] };
        let anchors: &[&[u8]] = &[&pki.root.der];
        family(&certs, "test", &settings.rules, &Folder { anchors, intermediates: &[&pki.ca.der], crls });
        if let Some(write) = &settings.beside {
            write(&certs);
        }
        let trust = CurrentTrust::load(certs.clone(), UnixTime(START)).expect("the trust list loads");
        let config = Config {
            issuer: ISSUER.parse().expect("an origin"),
            listen: "127.0.0.1:0".parse().expect("an address"),
            data: folder.path().join("data"),
            certs,
            tls: None,
            support: Some("support@id.example".to_owned()),
            agent_port: 24817,
            limits: brama::gateway::Limits { sign_ins_per_minute: 5 },
            fetch: brama::gateway::Fetch::default(),
        };
        let clock = Arc::new(ManualClock::at(START));
        let network = Arc::new(Addresses::default());
        let store = if settings.store_in_file {
            SqlStore::open(&folder.path().join("store.sqlite")).await
        } else {
            SqlStore::in_memory().await
        };
        let store = Arc::new(store.expect("a store"));
        let registration = Registration {
            client_id: Some("portal".to_owned()),
            name: "Portal of services".to_owned(),
            names: BTreeMap::from([("be".to_owned(), "Партал паслуг".to_owned())]),
            redirect_uris: vec![REDIRECT_URI.to_owned()],
            post_logout_redirect_uris: vec![AFTER_LOGOUT.to_owned()],
            id_token_algorithm: settings.id_token_algorithm,
            ..Registration::default()
        };
        let (portal, secret) = register(registration, &SystemRng::default()).expect("registers");
        assert!(store.add_portal(&portal.record().expect("a record")).await.expect("is kept"));
        let gateway = Gateway::new(Parts {
            config,
            clock: Arc::clone(&clock) as Arc<dyn Clock>,
            rng: Arc::new(SystemRng::default()),
            store,
            cache: Arc::new(MemoryCache::new(settings.limits)),
            fetcher: Arc::clone(&network) as Arc<dyn Fetcher>,
            keys: Keys::ephemeral().expect("keys"),
            trust,
        });
        let router = http::router(Arc::clone(&gateway));
        let client_secret = secret.expect("a secret").expose();
        Self { gateway, router, clock, network, client_id: portal.client_id, client_secret, _folder: folder }
    }

    /// One request.
    pub async fn call(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.expect("infallible");
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, 1 << 20).await.expect("a body");
        Answer { status: parts.status, headers: parts.headers, body: String::from_utf8_lossy(&body).into_owned() }
    }

    /// The address of an authorization request with parameters changed.
    pub fn authorize(&self, change: impl FnOnce(&mut Vec<(String, String)>)) -> String {
        let mut parameters: Vec<(String, String)> = [
            ("response_type", "code"),
            ("client_id", self.client_id.as_str()),
            ("redirect_uri", REDIRECT_URI),
            ("scope", "openid profile identifiers organisation assurance"),
            ("state", "the state"),
            ("nonce", "the nonce"),
            ("code_challenge", CODE_CHALLENGE),
            ("code_challenge_method", "S256"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .to_vec();
        change(&mut parameters);
        let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
        format!("/authorize?{query}")
    }

    /// The agent's first call.
    pub async fn agent_login(&self, handle: &str) -> Answer {
        self.call(Request::post(format!("/agent/login/{handle}")).body(Body::empty()).unwrap()).await
    }

    pub async fn agent_challenge(&self, ticket: &str) -> Answer {
        let request = Request::post("/agent/challenge").header("authorization", format!("Bearer {ticket}"));
        self.call(request.body(Body::empty()).unwrap()).await
    }

    pub async fn agent_post(&self, ticket: &str, body: impl Into<Body>) -> Answer {
        let request = Request::post("/agent/token")
            .header("authorization", format!("Bearer {ticket}"))
            .header(CONTENT_TYPE, "application/json");
        self.call(request.body(body.into()).unwrap()).await
    }

    /// Fetches a nonce, signs and posts.
    pub async fn sign_in(&self, ticket: &str, citizen: &Citizen) -> Answer {
        let challenge: Challenge = self.agent_challenge(ticket).await.json();
        let token = citizen.sign(ISSUER, &challenge.nonce);
        self.post_token(ticket, &token, &challenge.nonce).await
    }

    pub async fn post_token(&self, ticket: &str, token: &AuthToken, nonce: &str) -> Answer {
        let post = TokenPost { token: token.to_json(), nonce: nonce.to_owned() };
        self.agent_post(ticket, serde_json::to_vec(&post).unwrap()).await
    }

    /// From a fresh browser to the agent's ticket.
    pub async fn begin(&self) -> (Browser, LoginRequest) {
        let mut browser = Browser::default();
        let request = browser.begin(self, |_| ()).await;
        (browser, request)
    }

    /// A whole login; the address the portal gets.
    pub async fn login(&self, browser: &mut Browser, citizen: &Citizen) -> Url {
        let request = browser.begin(self, |_| ()).await;
        let accepted = self.sign_in(&request.ticket, citizen).await;
        assert_eq!(accepted.status, StatusCode::OK, "{}", accepted.body);
        let accepted: Accepted = accepted.json();
        browser.complete(self, &accepted.completion).await
    }

    /// Exchanges a code as the portal does.
    pub async fn exchange(&self, code: &str, verifier: &str) -> Answer {
        let basic = data_encoding::BASE64.encode(format!("{}:{}", self.client_id, self.client_secret).as_bytes());
        let form = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("grant_type", "authorization_code")
            .append_pair("code", code)
            .append_pair("redirect_uri", REDIRECT_URI)
            .append_pair("code_verifier", verifier)
            .finish();
        let request = Request::post("/token")
            .header("authorization", format!("Basic {basic}"))
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.call(request.body(form.into()).unwrap()).await
    }

    /// The kinds of the newest audit records, newest first.
    pub async fn audited(&self) -> Vec<String> {
        self.gateway.store.audit(100).await.expect("reads").into_iter().map(|record| record.kind).collect()
    }
}

/// An answer.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: axum::http::HeaderMap,
    pub body: String,
}

impl Answer {
    pub fn json<T: serde::de::DeserializeOwned>(&self) -> T {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {} {}", self.status, self.body))
    }

    pub fn header(&self, name: impl axum::http::header::AsHeaderName) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    pub fn location(&self) -> &str {
        self.header(LOCATION)
    }

    /// The `code` of a JSON refusal.
    pub fn code(&self) -> String {
        self.json::<Value>()["code"].as_str().unwrap_or_default().to_owned()
    }
}

/// A browser: it keeps cookies and sends what browsers send.
#[derive(Clone, Debug, Default)]
pub struct Browser {
    pub cookies: BTreeMap<String, String>,
}

impl Browser {
    pub async fn get(&mut self, rig: &Rig, path: &str) -> Answer {
        self.send(rig, Request::get(path).body(Body::empty()).unwrap()).await
    }

    /// Posts a form from a page of the gateway's own.
    pub async fn post(&mut self, rig: &Rig, path: &str, form: &str) -> Answer {
        let request = Request::post(path)
            .header(ORIGIN, ISSUER)
            .header("sec-fetch-site", "same-origin")
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.send(rig, request.body(form.to_owned().into()).unwrap()).await
    }

    pub async fn send(&mut self, rig: &Rig, mut request: Request<Body>) -> Answer {
        let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        if !cookies.is_empty() {
            request.headers_mut().insert(COOKIE, cookies.join("; ").parse().unwrap());
        }
        let answer = rig.call(request).await;
        for header in answer.headers.get_all(SET_COOKIE) {
            let text = header.to_str().unwrap();
            assert!(text.starts_with("__Host-"), "{text}");
            for attribute in ["; Path=/", "; Secure", "; HttpOnly", "; SameSite=Lax"] {
                assert!(text.contains(attribute), "{text} has no {attribute}");
            }
            let (name, value) = text.split(';').next().unwrap().split_once('=').unwrap();
            if text.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        answer
    }

    /// From the portal to the sign-in page; the path of the transaction.
    pub async fn arrive(&mut self, rig: &Rig, change: impl FnOnce(&mut Vec<(String, String)>)) -> String {
        let answer = self.get(rig, &rig.authorize(change)).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
        let path = answer.location().to_owned();
        assert!(path.starts_with("/t/"), "{path}");
        path
    }

    /// Presses the button: the handle in the agent's address.
    pub async fn click(&mut self, rig: &Rig, transaction: &str) -> String {
        let answer = self.get(rig, &format!("{transaction}/agent")).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
        assert_eq!(answer.header("referrer-policy"), "origin");
        let handle = answer.location().strip_prefix("http://127.0.0.1:24817/login/id.example/");
        handle.unwrap_or_else(|| panic!("{}", answer.location())).to_owned()
    }

    /// From the portal to the agent's ticket.
    pub async fn begin(&mut self, rig: &Rig, change: impl FnOnce(&mut Vec<(String, String)>)) -> LoginRequest {
        let transaction = self.arrive(rig, change).await;
        let handle = self.click(rig, &transaction).await;
        let answer = rig.agent_login(&handle).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        answer.json()
    }

    /// Opens the completion and says "Continue"; where the browser is sent.
    pub async fn complete(&mut self, rig: &Rig, completion: &str) -> Url {
        let path = completion.strip_prefix(ISSUER).expect("on the gateway's own origin");
        let page = self.get(rig, path).await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.body);
        let answer = self.post(rig, path, "answer=yes").await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
        Url::parse(answer.location()).expect("absolute")
    }
}

/// A parameter of an address.
pub fn parameter(url: &Url, name: &str) -> Option<String> {
    url.query_pairs().find(|(given, _)| given == name).map(|(_, value)| value.into_owned())
}

/// The claims of a token, unverified.
pub fn claims(token: &str) -> Value {
    let payload = token.split('.').nth(1).expect("three parts");
    serde_json::from_slice(&BASE64URL_NOPAD.decode(payload.as_bytes()).expect("base64url")).expect("JSON")
}
