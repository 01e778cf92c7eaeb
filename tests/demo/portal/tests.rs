//! The portal against a small provider that can misbehave.

use super::*;
use data_encoding::BASE64URL_NOPAD;
use openssl::hash::MessageDigest;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;
use openssl::sign::Signer;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::{LazyLock, Mutex};
use tower::ServiceExt;

const CLIENT: &str = "portal";
const SECRET: &str = "a secret: 100%";

static KEY: LazyLock<PKey<Private>> =
    LazyLock::new(|| PKey::from_rsa(Rsa::generate(2048).expect("a key")).expect("a key"));

/// What the provider does wrong, if anything.
#[derive(Clone, Copy, PartialEq)]
enum Fault {
    Nothing,
    OtherNonce,
    OtherAudience,
    BrokenSignature,
    OtherSubject,
}

/// The provider: remembers the nonce and the PKCE challenge of each code.
struct Fake {
    issuer: String,
    fault: Fault,
    codes: Mutex<HashMap<String, (String, String)>>,
}

impl Fake {
    fn id_token(&self, nonce: &str) -> String {
        let now = brama::clock::Clock::now(&brama::clock::SystemClock).0;
        let claims = json!({
            "iss": self.issuer, "sub": "person-1", "nonce": if self.fault == Fault::OtherNonce { "other" } else { nonce },
            "aud": if self.fault == Fault::OtherAudience { "somebody" } else { CLIENT },
            "iat": now, "exp": now + 300, "auth_time": now, "acr": "http://eidas.europa.eu/LoA/high",
            "amr": ["hwk", "pin", "mfa"], "name": "Алена <b>Кавальчук</b>", "family_name": "Кавальчук",
            "subject_kind": "person",
            "identifiers": [{"scheme": "personal-number", "country": "BY", "value": "4100190A001PB1"}],
            "assurance": {"proofing": 3, "key": 3, "freshness": 2, "origin": 1, "organisation": 0, "limited_by": "P"},
        });
        let part = |value: &Value| BASE64URL_NOPAD.encode(value.to_string().as_bytes());
        let signed = format!("{}.{}", part(&json!({"alg": "RS256", "kid": "1"})), part(&claims));
        let mut signer = Signer::new(MessageDigest::sha256(), &KEY).expect("signs");
        let mut signature = signer.sign_oneshot_to_vec(signed.as_bytes()).expect("signs");
        if self.fault == Fault::BrokenSignature {
            signature[9] ^= 1;
        }
        format!("{signed}.{}", BASE64URL_NOPAD.encode(&signature))
    }

    fn router(self: Arc<Self>) -> Router {
        let issuer = self.issuer.clone();
        let rsa = KEY.rsa().expect("RSA");
        let number = |bytes: Vec<u8>| BASE64URL_NOPAD.encode(&bytes);
        let (modulus, exponent) = (number(rsa.n().to_vec()), number(rsa.e().to_vec()));
        let discovery = json!({
            "issuer": issuer, "authorization_endpoint": format!("{issuer}/authorize"),
            "token_endpoint": format!("{issuer}/token"), "userinfo_endpoint": format!("{issuer}/userinfo"),
            "jwks_uri": format!("{issuer}/jwks"), "end_session_endpoint": format!("{issuer}/end_session"),
            "response_types_supported": ["code"], "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": ["RS256"],
        });
        let keys =
            json!({"keys": [{"kty": "RSA", "use": "sig", "kid": "1", "alg": "RS256", "n": modulus, "e": exponent}]});
        let tokens = self.clone();
        Router::new()
            .route("/.well-known/openid-configuration", get(|| async { axum::Json(discovery) }))
            .route("/jwks", get(|| async { axum::Json(keys) }))
            .route("/token", post(|headers: HeaderMap, body: String| async move { tokens.token(&headers, &body) }))
            .route(
                "/userinfo",
                get(|| async move {
                    let sub = if self.fault == Fault::OtherSubject { "person-2" } else { "person-1" };
                    axum::Json(json!({"sub": sub, "name": "Алена", "favourite": "borscht"}))
                }),
            )
    }

    fn token(&self, headers: &HeaderMap, body: &str) -> Response {
        let form: HashMap<String, String> = url::form_urlencoded::parse(body.as_bytes()).into_owned().collect();
        let basic = headers.get(header::AUTHORIZATION).and_then(|basic| basic.to_str().ok()).unwrap_or_default();
        // RFC 6749 2.3.1: both halves are form-encoded before they are joined.
        let encoded: String = url::form_urlencoded::byte_serialize(SECRET.as_bytes()).collect();
        let expected = data_encoding::BASE64.encode(format!("{CLIENT}:{encoded}").as_bytes());
        assert_eq!(basic.strip_prefix("Basic "), Some(expected.as_str()));
        let codes = self.codes.lock().expect("whole");
        let Some((nonce, challenge)) = codes.get(&form["code"]) else {
            return (StatusCode::BAD_REQUEST, axum::Json(json!({"error": "invalid_grant"}))).into_response();
        };
        let made = brama::secret::sha256(form["code_verifier"].as_bytes());
        assert_eq!(&BASE64URL_NOPAD.encode(&made), challenge);
        let answer =
            json!({"access_token": "at", "token_type": "Bearer", "expires_in": 60, "id_token": self.id_token(nonce)});
        axum::Json(answer).into_response()
    }
}

/// A browser with its cookies, before one portal.
struct Visitor {
    portal: Router,
    provider: Arc<Fake>,
    cookies: HashMap<String, String>,
}

struct Seen {
    status: StatusCode,
    location: String,
    body: String,
}

impl Visitor {
    async fn new(fault: Fault) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("binds");
        let issuer = format!("http://{}", listener.local_addr().expect("bound"));
        let provider = Arc::new(Fake { issuer: issuer.clone(), fault, codes: Mutex::default() });
        let router = provider.clone().router();
        tokio::spawn(async { axum::serve(listener, router).await });
        Self { portal: portal(&issuer), provider, cookies: HashMap::new() }
    }

    async fn visit(&mut self, method: &str, path: &str) -> Seen {
        let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = Request::builder().method(method).uri(path).header(header::COOKIE, cookies.join("; "));
        let request = request.header(header::ACCEPT_LANGUAGE, "en").body(Body::empty()).expect("a request");
        let response = self.portal.clone().oneshot(request).await.expect("answers");
        for set in response.headers().get_all(header::SET_COOKIE) {
            let (pair, attributes) = set.to_str().expect("text").split_once(';').expect("has attributes");
            let (name, value) = pair.split_once('=').expect("a pair");
            if attributes.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        assert!(
            response.headers()[header::CONTENT_SECURITY_POLICY].to_str().expect("text").contains("default-src 'none'")
        );
        let status = response.status();
        let location = response.headers().get(header::LOCATION).map(|to| to.to_str().expect("text").to_owned());
        let body = axum::body::to_bytes(response.into_body(), 1 << 20).await.expect("a body");
        Seen { status, location: location.unwrap_or_default(), body: String::from_utf8(body.to_vec()).expect("text") }
    }

    /// Presses the button; the provider grants a code. Answers the path the browser comes back by.
    async fn begin(&mut self) -> String {
        let seen = self.visit("POST", "/sign-in").await;
        assert_eq!(seen.status, StatusCode::SEE_OTHER);
        let address = Url::parse(&seen.location).expect("an address");
        assert_eq!(address.path(), "/authorize");
        let asked: HashMap<String, String> = address.query_pairs().into_owned().collect();
        assert_eq!(asked["redirect_uri"], "http://127.0.0.3:9/callback");
        assert_eq!(asked["scope"], "openid profile identifiers organisation assurance");
        assert_eq!((asked["code_challenge_method"].as_str(), asked["ui_locales"].as_str()), ("S256", "en"));
        let code = format!("code-{}", asked["state"]);
        let kept = (asked["nonce"].clone(), asked["code_challenge"].clone());
        self.provider.codes.lock().expect("whole").insert(code.clone(), kept);
        format!("/callback?code={code}&state={}&iss={}", asked["state"], self.provider.issuer)
    }

    async fn refusal(&mut self, path: &str) -> String {
        let seen = self.visit("GET", path).await;
        assert!(seen.status.is_client_error() || seen.status.is_server_error(), "{}", seen.status);
        error_code(&seen.body)
    }
}

fn portal(issuer: &str) -> Router {
    let settings = Settings {
        issuer: Url::parse(issuer).expect("an address"),
        origin: Url::parse("http://127.0.0.3:9").expect("an address"),
        client_id: CLIENT.to_owned(),
        client_secret: SECRET.to_owned(),
    };
    router(settings).expect("a portal")
}

fn error_code(body: &str) -> String {
    let (_, rest) = body.split_once("id=\"error-code\">").expect("shows a code");
    rest.split('<').next().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn a_person_signs_in_and_out() {
    let mut visitor = Visitor::new(Fault::Nothing).await;
    assert_eq!(visitor.visit("GET", "/account").await.location, "/");
    let back = visitor.begin().await;
    let before = visitor.cookies[SESSION_COOKIE].clone();
    assert_eq!(visitor.visit("GET", &back).await.location, "/account");
    assert_ne!(visitor.cookies[SESSION_COOKIE], before, "the cookie is a new one");

    let page = visitor.visit("GET", "/account").await.body;
    assert!(page.contains("Алена &#60;b&#62;Кавальчук"), "the name is escaped");
    assert!(page.contains("4100190A001PB1") && page.contains("borscht"));
    assert!(page.contains(r#"<strong id="level">High</strong>"#));
    assert_eq!(visitor.visit("GET", "/").await.location, "/account");

    let leave = Url::parse(&visitor.visit("POST", "/sign-out").await.location).expect("an address");
    let asked: HashMap<String, String> = leave.query_pairs().into_owned().collect();
    assert_eq!(leave.path(), "/end_session");
    assert_eq!(asked["post_logout_redirect_uri"], "http://127.0.0.3:9/signed-out");
    assert_eq!(asked["id_token_hint"].split('.').count(), 3);
    assert_eq!(visitor.visit("GET", "/account").await.location, "/");
    assert!(visitor.visit("GET", "/signed-out").await.body.contains("signed out"));
}

#[tokio::test]
async fn an_answer_serves_once_and_only_its_own_browser() {
    let mut visitor = Visitor::new(Fault::Nothing).await;
    let back = visitor.begin().await;
    let cookies = std::mem::take(&mut visitor.cookies);
    assert_eq!(visitor.refusal(&back).await, "attempt_unknown");
    visitor.begin().await;
    assert_eq!(visitor.refusal(&back).await, "attempt_unknown", "a browser with another login under way");
    visitor.cookies = cookies;
    assert_eq!(visitor.visit("GET", &back).await.location, "/account");
    assert_eq!(visitor.refusal(&back).await, "attempt_unknown");
    assert_eq!(visitor.refusal("/callback").await, "attempt_unknown");
}

#[tokio::test]
async fn two_tabs_do_not_disturb_each_other() {
    let mut visitor = Visitor::new(Fault::Nothing).await;
    let (first, second) = (visitor.begin().await, visitor.begin().await);
    assert_eq!(visitor.visit("GET", &second).await.location, "/account");
    assert_eq!(visitor.visit("GET", &first).await.location, "/account");
}

#[tokio::test]
async fn an_answer_of_another_issuer_is_refused() {
    let mut visitor = Visitor::new(Fault::Nothing).await;
    for tail in ["&iss=http://127.0.0.9", ""] {
        let back = visitor.begin().await;
        let (unsigned, _) = back.split_once("&iss=").expect("has it");
        assert_eq!(visitor.refusal(&format!("{unsigned}{tail}")).await, "issuer_mismatch");
    }
}

#[tokio::test]
async fn tokens_that_do_not_verify_sign_nobody_in() {
    for (fault, code) in [
        (Fault::OtherNonce, "id_token_invalid"),
        (Fault::OtherAudience, "id_token_invalid"),
        (Fault::BrokenSignature, "id_token_invalid"),
        (Fault::OtherSubject, "userinfo_invalid"),
    ] {
        let mut visitor = Visitor::new(fault).await;
        let back = visitor.begin().await;
        assert_eq!(visitor.refusal(&back).await, code);
        assert_eq!(visitor.visit("GET", "/account").await.location, "/");
    }
}

#[tokio::test]
async fn errors_of_the_gateway_are_told() {
    let mut visitor = Visitor::new(Fault::Nothing).await;
    let back = visitor.begin().await.replace("?code=", "?error=access_denied&x=");
    let seen = visitor.visit("GET", &back).await;
    assert!(seen.body.contains("The login was cancelled"));
    assert_eq!(error_code(&seen.body), "access_denied");
    let back = visitor.begin().await.replace("?code=", "?error=%3Cscript%3E&x=");
    assert_eq!(visitor.refusal(&back).await, "script");
    let back = visitor.begin().await.replace("?code=", "?code=wrong");
    assert_eq!(visitor.refusal(&back).await, "code_refused");
}

#[tokio::test]
async fn a_gateway_that_is_away_is_told() {
    let mut visitor = Visitor::new(Fault::Nothing).await;
    // Port 9 (discard) of loopback: nobody is there.
    visitor.portal = portal("http://127.0.0.2:9");
    let seen = visitor.visit("POST", "/sign-in").await;
    assert_eq!((seen.status, error_code(&seen.body).as_str()), (StatusCode::BAD_GATEWAY, "gateway_unreachable"));
}

#[tokio::test]
async fn the_language_is_chosen_and_kept() {
    let mut visitor = Visitor::new(Fault::Nothing).await;
    assert!(visitor.visit("GET", "/").await.body.contains(Language::En.text().home_title));
    assert_eq!(visitor.visit("GET", "/language/uk?to=/signed-out").await.location, "/signed-out");
    assert!(visitor.visit("GET", "/").await.body.contains(Language::Uk.text().home_title));
    assert_eq!(visitor.visit("GET", "/language/be?to=//evil.example").await.location, "/");
    assert_eq!(visitor.visit("GET", "/language/xx").await.status, StatusCode::NOT_FOUND);
    for language in Language::ALL {
        visitor.visit("GET", &format!("/language/{}", language.tag())).await;
        assert!(visitor.visit("GET", "/nowhere").await.body.contains(language.text().not_found.title));
    }
}
