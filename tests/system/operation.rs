//! What the operator relies on: a killed gateway comes back, and a wrong configuration does not start.

use crate::house::{House, Plan};
use crate::people::PEOPLE;
use crate::strangers::{SoftAgent, handle_of};
use crate::visitor::{Answer, Request, Visitor, exchange};
use data_encoding::{BASE64, BASE64URL_NOPAD};
use openssl::bn::BigNum;
use openssl::hash::MessageDigest;
use openssl::pkey::PKey;
use openssl::rsa::Rsa;
use openssl::sign::Verifier;
use serde_json::Value;
use url::Url;

/// A portal that is a test: nobody listens at its addresses, the redirects there are what it wants.
pub struct Probe {
    client_id: &'static str,
    secret: String,
    issuer: Url,
    authority: Option<String>,
}

const REDIRECT_URI: &str = "http://127.0.0.3:9/callback";
const AFTER_SIGN_OUT: &str = "http://127.0.0.3:9/bye";
/// RFC 7636 appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CODE_CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

impl Probe {
    pub fn new(house: &House) -> Self {
        let client_id = "probe";
        let secret = house.register(client_id, REDIRECT_URI, AFTER_SIGN_OUT);
        let authority = house.tls.as_ref().map(|tls| tls.authority.clone());
        Self { client_id, secret, issuer: house.issuer.clone(), authority }
    }

    /// A browser that takes the gateway's certificate for good.
    pub fn visitor(&self) -> Visitor {
        Visitor { authority: self.authority.clone(), ..Visitor::default() }
    }

    /// The address of an authorization request.
    pub fn request(&self, more: &[(&str, &str)]) -> Url {
        let mut address = self.issuer.join("/authorize").expect("an address");
        address
            .query_pairs_mut()
            .append_pair("response_type", "code")
            .append_pair("client_id", self.client_id)
            .append_pair("redirect_uri", REDIRECT_URI)
            .append_pair("scope", "openid profile")
            .append_pair("state", "a state")
            .append_pair("nonce", "a nonce")
            .append_pair("code_challenge", CODE_CHALLENGE)
            .append_pair("code_challenge_method", "S256")
            .extend_pairs(more);
        address
    }

    /// Sends a browser with a request; where it ends, the portal's own addresses not followed.
    pub fn send(&self, visitor: &mut Visitor, more: &[(&str, &str)]) -> Answer {
        let answer = visitor.get(&self.request(more), None);
        visitor.follow(answer, None, Some(REDIRECT_URI))
    }

    /// From the gateway's page to the agent's address.
    pub fn click(&self, visitor: &mut Visitor, page: &Answer) -> Url {
        let button = page.link("href", |link| link.ends_with("/agent"));
        visitor.get(&button, Some(&page.address)).location().expect("goes to the agent")
    }

    /// Says "Continue" on the page that a completion address shows; the portal's address with the code.
    pub fn proceed(&self, visitor: &mut Visitor, page: &Answer) -> Url {
        let action = page.link("action", |action| action.starts_with("/c/"));
        let answer = visitor.post(&action, &page.address, "answer=yes");
        answer.location().unwrap_or_else(|| panic!("goes to the portal: {answer:?}"))
    }

    fn fetch(&self, method: &str, path: &str, headers: &[(&str, String)], form: Option<&str>) -> Answer {
        let address = self.issuer.join(path).expect("an address");
        let body = form.map(|form| ("application/x-www-form-urlencoded", form.as_bytes()));
        let request = Request { method, address: &address, headers, body, authority: self.authority.as_deref() };
        exchange(&request).expect("the gateway answers")
    }

    /// Changes a code for an id_token.
    pub fn exchange(&self, back: &Url) -> String {
        let code = back.query_pairs().find(|(name, _)| name == "code").expect("a code").1.into_owned();
        let basic = BASE64.encode(format!("{}:{}", self.client_id, self.secret).as_bytes());
        let form = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("grant_type", "authorization_code")
            .append_pair("code", &code)
            .append_pair("redirect_uri", REDIRECT_URI)
            .append_pair("code_verifier", VERIFIER)
            .finish();
        let answer = self.fetch("POST", "/token", &[("Authorization", format!("Basic {basic}"))], Some(&form));
        answer.json::<Value>()["id_token"].as_str().unwrap_or_else(|| panic!("{answer:?}")).to_owned()
    }

    /// The gateway's public keys.
    pub fn keys(&self) -> Value {
        let discovery: Value = self.fetch("GET", "/.well-known/openid-configuration", &[], None).json();
        let address = Url::parse(discovery["jwks_uri"].as_str().expect("an address")).expect("an address");
        self.fetch("GET", address.path(), &[], None).json()
    }
}

fn decoded(part: Option<&str>) -> Vec<u8> {
    BASE64URL_NOPAD.decode(part.expect("a part").as_bytes()).expect("base64url")
}

/// Whether an id_token verifies with the gateway's published key, as OpenSSL sees it.
fn verifies(id_token: &str, keys: &Value) -> bool {
    let (signed, signature) = id_token.rsplit_once('.').expect("three parts");
    let header: Value = serde_json::from_slice(&decoded(id_token.split('.').next())).expect("JSON");
    assert_eq!(header["alg"], "RS256");
    let key = keys["keys"].as_array().expect("keys").iter().find(|key| key["kid"] == header["kid"]).expect("its key");
    let number = |name: &str| BigNum::from_slice(&decoded(key[name].as_str())).expect("a number");
    let key = Rsa::from_public_components(number("n"), number("e")).and_then(PKey::from_rsa).expect("a key");
    let mut verifier = Verifier::new(MessageDigest::sha256(), &key).expect("a verifier");
    verifier.verify_oneshot(&decoded(Some(signature)), signed.as_bytes()).expect("verifies or not")
}

#[test]
fn a_killed_gateway_comes_back_with_its_sessions_and_keys() {
    let mut house = House::without_agent(Plan::with(vec![]));
    let probe = Probe::new(&house);
    let mut visitor = probe.visitor();
    let page = probe.send(&mut visitor, &[]);
    let agent = probe.click(&mut visitor, &page);
    let accepted = SoftAgent::of(&house).sign_in(&handle_of(&agent), &PEOPLE.alena);
    let page = visitor.get(&Url::parse(&accepted.completion).expect("an address"), Some(&house.issuer));
    let id_token = probe.exchange(&probe.proceed(&mut visitor, &page));
    let keys = probe.keys();
    assert!(verifies(&id_token, &keys));

    house.kill_gateway();
    house.start_gateway();

    assert_eq!(probe.keys(), keys, "the same keys under the same ids");
    assert!(verifies(&id_token, &probe.keys()));
    // Signed in as before, without a page.
    let silent = probe.send(&mut visitor, &[("prompt", "none")]);
    let back = silent.location().expect("a redirect to the portal");
    let again = probe.exchange(&back);
    let subject = |token: &str| {
        let claims: Value = serde_json::from_slice(&decoded(token.split('.').nth(1))).expect("JSON");
        (claims["sub"].clone(), claims["sid"].clone(), claims["auth_time"].clone())
    };
    assert_eq!(subject(&again), subject(&id_token), "the same person in the same session");
    assert_ne!(again, id_token);
    // What was spent before is spent after.
    let stale = visitor.get(&Url::parse(&accepted.completion).expect("an address"), Some(&house.issuer));
    assert_eq!(stale.status, 410, "{stale:?}");
    // The old id_token is taken as a hint, so that nobody is asked.
    let mut out = house.issuer.join("/end_session").expect("an address");
    out.query_pairs_mut()
        .append_pair("id_token_hint", &id_token)
        .append_pair("post_logout_redirect_uri", AFTER_SIGN_OUT);
    let gone = visitor.get(&out, None);
    assert_eq!(gone.location().map(String::from).as_deref(), Some(AFTER_SIGN_OUT), "{gone:?}");
    let silent = probe.send(&mut visitor, &[("prompt", "none")]);
    let refused = silent.location().expect("a redirect to the portal");
    assert!(refused.query_pairs().any(|pair| pair == ("error".into(), "login_required".into())), "{refused}");
}

#[test]
fn a_login_that_a_kill_cut_short_can_be_begun_again() {
    let mut house = House::without_agent(Plan::with(vec![]));
    let probe = Probe::new(&house);
    let mut visitor = probe.visitor();
    let page = probe.send(&mut visitor, &[]);
    let agent = probe.click(&mut visitor, &page);
    house.kill_gateway();
    house.start_gateway();
    // What was under way is forgotten, and the page says what to do.
    let lost = visitor.get(&page.address, None);
    assert_eq!(lost.status, 410);
    assert!(lost.body.contains("start again"), "{}", lost.body);
    let agent_call = SoftAgent::of(&house).call(&format!("/agent/login/{}", handle_of(&agent)), None, None);
    assert_eq!(agent_call.status, 403, "{agent_call:?}");
    let page = probe.send(&mut visitor, &[]);
    let agent = probe.click(&mut visitor, &page);
    let accepted = SoftAgent::of(&house).sign_in(&handle_of(&agent), &PEOPLE.alena);
    let page = visitor.get(&Url::parse(&accepted.completion).expect("an address"), Some(&house.issuer));
    probe.exchange(&probe.proceed(&mut visitor, &page));
}

#[test]
fn plain_http_beyond_loopback_does_not_start() {
    let house = House::without_agent(Plan::with(vec![]));
    let file = house.path("brama.toml");
    let good = std::fs::read_to_string(&file).expect("is there");
    let port = crate::house::port([127, 0, 0, 2].into());
    for (issuer, listen) in [
        (format!("http://127.0.0.2:{port}"), format!("0.0.0.0:{port}")),
        (format!("http://id.example:{port}"), format!("127.0.0.2:{port}")),
        (format!("http://localhost:{port}"), format!("127.0.0.2:{port}")),
        (format!("https://id.example:{port}"), format!("127.0.0.2:{port}")),
    ] {
        let others = good.lines().filter(|line| !line.starts_with("issuer") && !line.starts_with("listen"));
        let mut text = format!("issuer = \"{issuer}\"\nlisten = \"{listen}\"\n");
        others.for_each(|line| text += &format!("{line}\n"));
        std::fs::write(&file, text).expect("is written");
        let output = house.operate(&["serve"]);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success(), "{issuer} on {listen} starts");
        for word in ["refusing to serve plain HTTP", &issuer, &listen, "[tls]"] {
            assert!(said.contains(word), "{issuer} on {listen}: it does not say {word:?}: {said}");
        }
    }
}
