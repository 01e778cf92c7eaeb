//! Every input from outside has a size limit and a named refusal.

use crate::authority::Kind;
use crate::rig::{Browser, ISSUER, Pki, Rig};
use axum::body::Body;
use axum::http::{Request, StatusCode};
use brama::authn::{Challenge, TokenPost};
use data_encoding::BASE64;

async fn token_refusal(rig: &Rig, change: impl FnOnce(&str) -> String) -> String {
    let (_, request) = rig.begin().await;
    let challenge: Challenge = rig.agent_challenge(&request.ticket).await.json();
    let good = Pki::new(Kind::P256).citizen(Kind::P256).sign(ISSUER, &challenge.nonce).to_json();
    let post = TokenPost { token: change(&good), nonce: challenge.nonce };
    let answer = rig.agent_post(&request.ticket, serde_json::to_vec(&post).expect("JSON")).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN, "{}", answer.body);
    answer.code()
}

fn edited(good: &str, field: &str, value: impl Into<serde_json::Value>) -> String {
    let mut json: serde_json::Value = serde_json::from_str(good).expect("JSON");
    json[field] = value.into();
    json.to_string()
}

#[tokio::test]
async fn damaged_tokens_have_names() {
    let pki = Pki::new(Kind::P256);
    let rig = Rig::new(&pki).await;
    assert_eq!(token_refusal(&rig, |_| String::new()).await, "token_length");
    assert_eq!(token_refusal(&rig, |good| format!("{good}{}", " ".repeat(10_000))).await, "token_length");
    assert_eq!(token_refusal(&rig, |good| good[..good.len() - 1].to_owned()).await, "token_malformed");
    assert_eq!(token_refusal(&rig, |good| edited(good, "format", "web-eid:9")).await, "token_format");
    assert_eq!(token_refusal(&rig, |good| edited(good, "algorithm", "none")).await, "algorithm_unknown");
    assert_eq!(token_refusal(&rig, |good| edited(good, "signature", "!")).await, "signature_encoding");
    let certificate = |bytes: &[u8]| BASE64.encode(bytes);
    assert_eq!(token_refusal(&rig, |good| edited(good, "unverifiedCertificate", "!")).await, "certificate_encoding");
    let junk = certificate(&[0x30; 90]);
    assert_eq!(token_refusal(&rig, |good| edited(good, "unverifiedCertificate", junk)).await, "certificate_malformed");
    let mut trailing = pki.citizen(Kind::P256).certificate;
    trailing.push(0);
    let trailing = certificate(&trailing);
    assert_eq!(
        token_refusal(&rig, |good| edited(good, "unverifiedCertificate", trailing)).await,
        "certificate_malformed"
    );
}

#[tokio::test]
async fn bodies_are_bounded() {
    let pki = Pki::new(Kind::P256);
    let rig = Rig::new(&pki).await;
    let (_, request) = rig.begin().await;
    let answer = rig.agent_post(&request.ticket, "x".repeat(65 * 1024)).await;
    assert_eq!(answer.code(), "token_length");
    let answer = rig.agent_post(&request.ticket, "not JSON").await;
    assert_eq!(answer.code(), "token_malformed");
    let answer = rig.agent_post("nonsense", "{}").await;
    assert_eq!(answer.code(), "ticket_unknown");

    let post = |path: &str| Request::post(path).header("content-type", "application/x-www-form-urlencoded");
    let huge = || Body::from(format!("a={}", "x".repeat(65 * 1024)));
    let answer = rig.call(post("/token").body(huge()).expect("a request")).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert!(answer.body.contains("invalid_request"), "{}", answer.body);
    let answer = rig.call(post("/authorize").body(huge()).expect("a request")).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn addresses_that_mean_nothing_are_refused_kindly() {
    let pki = Pki::new(Kind::P256);
    let rig = Rig::new(&pki).await;
    let mut browser = Browser::default();
    for (path, status) in [
        ("/nothing", StatusCode::NOT_FOUND),
        ("/t/x", StatusCode::GONE),
        ("/t/%00%ff/agent", StatusCode::GONE),
        ("/c/x", StatusCode::GONE),
        ("/authorize/x", StatusCode::GONE),
    ] {
        let answer = browser.get(&rig, path).await;
        assert_eq!(answer.status, status, "{path}: {}", answer.body);
    }
    assert_eq!(rig.agent_login("x").await.code(), "handle_unknown");
    let page = browser.get(&rig, "/nothing").await;
    assert!(page.body.contains("Incident number"), "{}", page.body);
    for header in ["content-security-policy", "x-content-type-options", "referrer-policy", "cache-control"] {
        assert!(!page.header(header).is_empty(), "{header}");
    }
}

#[tokio::test]
async fn refusals_speak_four_languages() {
    let pki = Pki::new(Kind::P256);
    let rig = Rig::new(&pki).await;
    for (language, text) in [
        ("be", "Такой старонкі тут няма."),
        ("uk", "Такої сторінки тут немає."),
        ("ru", "Такой страницы здесь нет."),
        ("en", "There is no such page here."),
    ] {
        let request = Request::get("/nothing").header("accept-language", language).body(Body::empty());
        let answer = rig.call(request.expect("a request")).await;
        assert!(answer.body.contains(text), "{language}: {}", answer.body);
        assert!(answer.body.contains(&format!("lang=\"{language}\"")));
    }
}

#[tokio::test]
async fn one_address_begins_only_so_many_sign_ins() {
    use brama::serve::Peer;
    let pki = Pki::new(Kind::P256);
    let rig = Rig::new(&pki).await;
    let begin = async |peer: &str| {
        let mut request = Request::get(rig.authorize(|_| ())).body(Body::empty()).expect("a request");
        request.extensions_mut().insert(Peer(peer.parse().expect("an address")));
        rig.call(request).await.status
    };
    for _ in 0..5 {
        assert_eq!(begin("[2001:db8::1]:1").await, StatusCode::SEE_OTHER);
    }
    assert_eq!(begin("[2001:db8::2]:1").await, StatusCode::SERVICE_UNAVAILABLE, "the same network");
    assert_eq!(begin("[2001:db8:0:1::1]:1").await, StatusCode::SEE_OTHER);
    assert_eq!(begin("192.0.2.1:1").await, StatusCode::SEE_OTHER);
    for _ in 0..10 {
        assert_eq!(begin("127.0.0.1:1").await, StatusCode::SEE_OTHER);
    }
    rig.clock.forward(60);
    assert_eq!(begin("[2001:db8::2]:1").await, StatusCode::SEE_OTHER);
}
