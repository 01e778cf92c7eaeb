//! Who could begin this, who could finish it, what is replayed, what is bound to what (design: the card login).

use crate::authority::Kind;
use crate::rig::{Browser, ISSUER, Pki, Rig, VERIFIER, parameter};
use axum::body::Body;
use axum::http::{Request, StatusCode};
use brama::authn::{Accepted, Challenge, LoginRequest};

async fn accepted(rig: &Rig, pki: &Pki) -> (Browser, LoginRequest, String) {
    let (browser, request) = rig.begin().await;
    let accepted: Accepted = rig.sign_in(&request.ticket, &pki.citizen(Kind::P256)).await.json();
    (browser, request, accepted.completion.strip_prefix(ISSUER).expect("own origin").to_owned())
}

#[tokio::test]
async fn a_completion_in_another_browser_burns_the_transaction() {
    let pki = Pki::new(Kind::P256);
    let rig = Rig::new(&pki).await;
    let (mut hers, request, path) = accepted(&rig, &pki).await;
    for mut other in [Browser::default(), rig.begin().await.0] {
        let page = other.get(&rig, &path).await;
        if page.status != StatusCode::GONE {
            assert_eq!(page.status, StatusCode::FORBIDDEN, "{}", page.body);
            assert!(page.body.contains("another browser"), "{}", page.body);
        }
    }
    assert_eq!(hers.get(&rig, &path).await.status, StatusCode::GONE, "burnt for everybody");
    assert_eq!(rig.agent_challenge(&request.ticket).await.code(), "ticket_unknown");
    assert!(rig.audited().await.contains(&"completion_foreign".to_owned()));
}

#[tokio::test]
async fn a_completion_posted_by_another_browser_burns_it_too() {
    let pki = Pki::new(Kind::P256);
    let rig = Rig::new(&pki).await;
    let (mut hers, _, path) = accepted(&rig, &pki).await;
    let mut other = rig.begin().await.0;
    assert_eq!(other.post(&rig, &path, "answer=yes").await.status, StatusCode::FORBIDDEN);
    assert!(!other.cookies.contains_key("__Host-brama-session"));
    assert_eq!(hers.post(&rig, &path, "answer=yes").await.status, StatusCode::GONE);
}

#[tokio::test]
async fn a_completion_completes_once() {
    let pki = Pki::new(Kind::P256);
    let rig = Rig::new(&pki).await;
    let (mut browser, _, path) = accepted(&rig, &pki).await;
    let (mut one, mut two) = (browser.clone(), browser.clone());
    let both = tokio::join!(one.post(&rig, &path, "answer=yes"), two.post(&rig, &path, "answer=yes"));
    let codes = [&both.0, &both.1].iter().filter(|answer| answer.location().contains("code=")).count();
    assert_eq!(codes, 1, "{both:?}");
    assert_eq!(browser.post(&rig, &path, "answer=yes").await.status, StatusCode::GONE);
    assert_eq!(browser.get(&rig, &path).await.status, StatusCode::GONE);
}

#[tokio::test]
async fn continue_must_come_from_our_own_page() {
    let pki = Pki::new(Kind::P256);
    let rig = Rig::new(&pki).await;
    let (mut browser, _, path) = accepted(&rig, &pki).await;
    for (origin, site) in [
        (None, None),
        (Some("null"), None),
        (Some("https://evil.example"), Some("cross-site")),
        (Some(ISSUER), Some("same-site")),
        (Some("https://id.example.evil.example"), None),
    ] {
        let mut request = Request::post(&path).header("content-type", "application/x-www-form-urlencoded");
        if let Some(origin) = origin {
            request = request.header("origin", origin);
        }
        if let Some(site) = site {
            request = request.header("sec-fetch-site", site);
        }
        let answer = browser.send(&rig, request.body("answer=yes".into()).expect("a request")).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{origin:?} {site:?}");
    }
    assert_eq!(browser.post(&rig, &path, "answer=yes").await.status, StatusCode::SEE_OTHER, "it was not spent");
}

#[tokio::test]
async fn the_same_token_twice_is_refused() {
    let pki = Pki::new(Kind::P256);
    let rig = Rig::new(&pki).await;
    let citizen = pki.citizen(Kind::P256);
    let (_, request) = rig.begin().await;
    let challenge: Challenge = rig.agent_challenge(&request.ticket).await.json();
    let token = citizen.sign(ISSUER, &challenge.nonce);
    assert_eq!(rig.post_token(&request.ticket, &token, &challenge.nonce).await.status, StatusCode::OK);
    assert_eq!(rig.post_token(&request.ticket, &token, &challenge.nonce).await.code(), "nonce_spent");
    let (_, other) = rig.begin().await;
    assert_eq!(rig.post_token(&other.ticket, &token, &challenge.nonce).await.code(), "nonce_spent");
}

#[tokio::test]
async fn a_nonce_lives_two_minutes_and_fetching_one_voids_the_one_before() {
    let pki = Pki::new(Kind::P256);
    let rig = Rig::new(&pki).await;
    let citizen = pki.citizen(Kind::P256);
    for (seconds, expected) in [(119, None), (120, Some("nonce_spent"))] {
        let (_, request) = rig.begin().await;
        let challenge: Challenge = rig.agent_challenge(&request.ticket).await.json();
        rig.clock.forward(seconds);
        let token = citizen.sign(ISSUER, &challenge.nonce);
        let answer = rig.post_token(&request.ticket, &token, &challenge.nonce).await;
        assert_eq!(Some(answer.status == StatusCode::OK), Some(expected.is_none()), "{}", answer.body);
        if let Some(code) = expected {
            assert_eq!(answer.code(), code);
        }
    }
    let (_, request) = rig.begin().await;
    let first: Challenge = rig.agent_challenge(&request.ticket).await.json();
    let _: Challenge = rig.agent_challenge(&request.ticket).await.json();
    let token = citizen.sign(ISSUER, &first.nonce);
    assert_eq!(rig.post_token(&request.ticket, &token, &first.nonce).await.code(), "nonce_spent");
}

#[tokio::test]
async fn a_token_for_another_origin_or_nonce_does_not_verify() {
    let pki = Pki::new(Kind::P256);
    let rig = Rig::new(&pki).await;
    let citizen = pki.citizen(Kind::P256);
    for origin in ["https://id.example:8443", "http://id.example", "https://id.example.", "https://evil.example"] {
        let (_, request) = rig.begin().await;
        let challenge: Challenge = rig.agent_challenge(&request.ticket).await.json();
        let token = citizen.sign(origin, &challenge.nonce);
        let answer = rig.post_token(&request.ticket, &token, &challenge.nonce).await;
        assert_eq!(answer.code(), "signature_invalid", "{origin}");
    }
    let (_, request) = rig.begin().await;
    let challenge: Challenge = rig.agent_challenge(&request.ticket).await.json();
    let token = citizen.sign(ISSUER, &"A".repeat(44));
    assert_eq!(rig.post_token(&request.ticket, &token, &challenge.nonce).await.code(), "signature_invalid");
}

#[tokio::test]
async fn somebody_elses_certificate_with_my_signature_does_not_verify() {
    let pki = Pki::new(Kind::P256);
    let rig = Rig::new(&pki).await;
    let (victim, attacker) = (pki.citizen(Kind::P256), pki.representative(Kind::P256));
    let (_, request) = rig.begin().await;
    let challenge: Challenge = rig.agent_challenge(&request.ticket).await.json();
    let mut token = attacker.sign(ISSUER, &challenge.nonce);
    token.certificate = victim.certificate;
    let answer = rig.post_token(&request.ticket, &token, &challenge.nonce).await;
    assert_eq!(answer.code(), "signature_invalid");
}

#[tokio::test]
async fn a_handle_is_spent_by_the_first_who_comes_within_two_minutes() {
    let pki = Pki::new(Kind::P256);
    let rig = Rig::new(&pki).await;
    let mut browser = Browser::default();
    let transaction = browser.arrive(&rig, |_| ()).await;
    let handle = browser.click(&rig, &transaction).await;
    assert_eq!(rig.agent_login(&handle).await.status, StatusCode::OK);
    assert_eq!(rig.agent_login(&handle).await.code(), "handle_unknown");
    let late = browser.click(&rig, &transaction).await;
    rig.clock.forward(120);
    assert_eq!(rig.agent_login(&late).await.code(), "handle_unknown");
    let mut other = rig.begin().await.0;
    let stolen = other.get(&rig, &format!("{transaction}/agent")).await;
    assert_eq!(stolen.status, StatusCode::GONE, "only the browser that began mints handles");
}

#[tokio::test]
async fn a_sign_in_ends_with_its_half_hour_and_with_cancel() {
    let pki = Pki::new(Kind::P256);
    let rig = Rig::new(&pki).await;
    let (mut browser, request, path) = accepted(&rig, &pki).await;
    rig.clock.forward(30 * 60);
    assert_eq!(rig.agent_challenge(&request.ticket).await.code(), "ticket_unknown");
    assert_eq!(browser.get(&rig, &path).await.status, StatusCode::GONE);

    let mut browser = Browser::default();
    let transaction = browser.arrive(&rig, |_| ()).await;
    let handle = browser.click(&rig, &transaction).await;
    let request: LoginRequest = rig.agent_login(&handle).await.json();
    let back = browser.post(&rig, &format!("{transaction}/cancel"), "").await;
    assert!(back.location().contains("error=access_denied"), "{}", back.location());
    assert_eq!(rig.agent_challenge(&request.ticket).await.code(), "ticket_unknown");
}

#[tokio::test]
async fn another_persons_login_ends_the_session_before() {
    let pki = Pki::new(Kind::P256);
    let rig = Rig::new(&pki).await;
    let mut browser = Browser::default();
    let back = rig.login(&mut browser, &pki.citizen(Kind::P256)).await;
    let before = browser.clone();
    let tokens: serde_json::Value = rig.exchange(&parameter(&back, "code").expect("a code"), VERIFIER).await.json();
    let access = tokens["access_token"].as_str().expect("a token").to_owned();
    let transaction = browser.arrive(&rig, |all| all.push(("prompt".into(), "login".into()))).await;
    let handle = browser.click(&rig, &transaction).await;
    let request: LoginRequest = rig.agent_login(&handle).await.json();
    let accepted: Accepted = rig.sign_in(&request.ticket, &pki.representative(Kind::P256)).await.json();
    browser.complete(&rig, &accepted.completion).await;
    assert_ne!(before.cookies["__Host-brama-session"], browser.cookies["__Host-brama-session"]);
    let request = Request::get("/userinfo").header("authorization", format!("Bearer {access}"));
    let answer = rig.call(request.body(Body::empty()).expect("a request")).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "her token ended with her session");
}

#[tokio::test]
async fn tries_under_one_ticket_are_counted() {
    let pki = Pki::new(Kind::P256);
    let rig = Rig::new(&pki).await;
    let (_, request) = rig.begin().await;
    let mut codes = Vec::new();
    for _ in 0..25 {
        codes.push(rig.agent_post(&request.ticket, r#"{"token":"x","nonce":"x"}"#).await.code());
    }
    assert_eq!(codes.first().map(String::as_str), Some("nonce_malformed"));
    assert_eq!(codes.last().map(String::as_str), Some("too_many_tries"));
}
