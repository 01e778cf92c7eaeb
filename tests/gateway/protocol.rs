//! OpenID Connect as the portal meets it over HTTP.

use crate::authority::Kind;
use crate::rig::{Browser, ISSUER, Pki, REDIRECT_URI, Rig, VERIFIER, claims, parameter};
use axum::body::Body;
use axum::http::{Request, StatusCode};
use serde_json::Value;

async fn answer_to(rig: &Rig, change: impl FnOnce(&mut Vec<(String, String)>)) -> crate::rig::Answer {
    let path = rig.authorize(change);
    Browser::default().get(rig, &path).await
}

fn set(name: &'static str, value: &'static str) -> impl FnOnce(&mut Vec<(String, String)>) {
    move |all| {
        all.retain(|(given, _)| given != name);
        if !value.is_empty() {
            all.push((name.to_owned(), value.to_owned()));
        }
    }
}

#[tokio::test]
async fn nobody_is_redirected_to_an_address_that_is_not_proven() {
    let pki = Pki::new(Kind::P256);
    let rig = Rig::new(&pki).await;
    for redirect_uri in [
        "https://portal.example/callbacK",
        "https://portal.example/callback/",
        "https://portal.example/callback?x",
        "https://portal.example:443/callback",
        "http://portal.example/callback",
        "https://portal.example.evil.example/callback",
        "https://portal.example/callbac",
    ] {
        let answer = answer_to(&rig, |all| {
            all.retain(|(name, _)| name != "redirect_uri");
            all.push(("redirect_uri".into(), redirect_uri.into()));
        })
        .await;
        assert_eq!((answer.status, answer.location()), (StatusCode::BAD_REQUEST, ""), "{redirect_uri}");
        assert!(answer.body.contains("not one this portal has registered"), "{}", answer.body);
    }
    for change in [set("client_id", ""), set("client_id", "nobody"), set("redirect_uri", "")] {
        let answer = answer_to(&rig, change).await;
        assert_eq!((answer.status, answer.location()), (StatusCode::BAD_REQUEST, ""), "{}", answer.body);
    }
}

#[tokio::test]
async fn other_errors_go_to_the_portal_with_state_and_issuer() {
    let pki = Pki::new(Kind::P256);
    let rig = Rig::new(&pki).await;
    for (error, change) in [
        ("invalid_request", set("code_challenge", "")),
        ("invalid_request", set("code_challenge_method", "plain")),
        ("invalid_request", set("code_challenge_method", "")),
        ("unsupported_response_type", set("response_type", "token")),
        ("invalid_scope", set("scope", "profile")),
        ("request_not_supported", set("request", "e30.e30.")),
        ("request_uri_not_supported", set("request_uri", "https://portal.example/r")),
    ] {
        let answer = answer_to(&rig, change).await;
        assert!(answer.location().starts_with(REDIRECT_URI), "{error}: {}", answer.body);
        let url = url::Url::parse(answer.location()).expect("absolute");
        assert_eq!(parameter(&url, "error").as_deref(), Some(error));
        assert_eq!(parameter(&url, "state").as_deref(), Some("the state"));
        assert_eq!(parameter(&url, "iss").as_deref(), Some(ISSUER));
    }
}

#[tokio::test]
async fn a_code_is_good_once_for_a_minute_with_its_verifier() {
    let pki = Pki::new(Kind::P256);
    let rig = Rig::new(&pki).await;
    let mut browser = Browser::default();
    let citizen = pki.citizen(Kind::P256);
    let code = parameter(&rig.login(&mut browser, &citizen).await, "code").expect("a code");
    let wrong = rig.exchange(&code, &"x".repeat(43)).await;
    assert_eq!(wrong.json::<Value>()["error"], "invalid_grant");
    let tokens: Value = rig.exchange(&code, VERIFIER).await.json();
    let access = tokens["access_token"].as_str().expect("a token");
    let ask = || {
        let request = Request::get("/userinfo").header("authorization", format!("Bearer {access}"));
        rig.call(request.body(Body::empty()).expect("a request"))
    };
    assert_eq!(ask().await.status, StatusCode::OK);
    assert_eq!(rig.exchange(&code, VERIFIER).await.json::<Value>()["error"], "invalid_grant");
    let answer = ask().await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "reuse revokes what came of the code");
    assert!(answer.header("www-authenticate").contains("invalid_token"));

    let code = parameter(&rig.login(&mut Browser::default(), &citizen).await, "code").expect("a code");
    rig.clock.forward(60);
    assert_eq!(rig.exchange(&code, VERIFIER).await.json::<Value>()["error"], "invalid_grant");
}

#[tokio::test]
async fn the_portal_must_prove_who_it_is() {
    let pki = Pki::new(Kind::P256);
    let mut rig = Rig::new(&pki).await;
    let code = parameter(&rig.login(&mut Browser::default(), &pki.citizen(Kind::P256)).await, "code").expect("a code");
    let secret = std::mem::replace(&mut rig.client_secret, "wrong".to_owned());
    let answer = rig.exchange(&code, VERIFIER).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    assert!(answer.header("www-authenticate").starts_with("Basic"));
    rig.client_secret = secret;
    assert_eq!(rig.exchange(&code, VERIFIER).await.status, StatusCode::OK, "the code was not burnt");
}

#[tokio::test]
async fn subjects_are_stable_for_a_person_and_random() {
    let pki = Pki::new(Kind::P256);
    let rig = Rig::new(&pki).await;
    let mut subjects = Vec::new();
    // The same person with a renewed certificate, then somebody else.
    for citizen in [pki.citizen(Kind::P256), pki.citizen(Kind::P384), pki.representative(Kind::P256)] {
        let code = parameter(&rig.login(&mut Browser::default(), &citizen).await, "code").expect("a code");
        let tokens: Value = rig.exchange(&code, VERIFIER).await.json();
        subjects.push(claims(tokens["id_token"].as_str().expect("text"))["sub"].as_str().expect("text").to_owned());
    }
    assert_eq!(subjects[0], subjects[1]);
    assert_ne!(subjects[0], subjects[2]);
    let elsewhere = Rig::new(&pki).await;
    let code = parameter(&elsewhere.login(&mut Browser::default(), &pki.citizen(Kind::P256)).await, "code");
    let tokens: Value = elsewhere.exchange(&code.expect("a code"), VERIFIER).await.json();
    assert_ne!(claims(tokens["id_token"].as_str().expect("text"))["sub"], subjects[0].as_str());
}

#[tokio::test]
async fn discovery_names_what_is_served() {
    let pki = Pki::new(Kind::P256);
    let rig = Rig::new(&pki).await;
    let mut browser = Browser::default();
    let document: Value = browser.get(&rig, "/.well-known/openid-configuration").await.json();
    assert_eq!(document["issuer"], ISSUER);
    for endpoint in ["jwks_uri", "userinfo_endpoint", "authorization_endpoint", "end_session_endpoint"] {
        let path = document[endpoint].as_str().and_then(|url| url.strip_prefix(ISSUER)).expect(endpoint);
        assert_ne!(browser.get(&rig, path).await.status, StatusCode::NOT_FOUND, "{endpoint}");
    }
    let keys: Value = browser.get(&rig, "/jwks.json").await.json();
    assert!(keys["keys"].as_array().expect("keys").iter().all(|key| key.get("d").is_none() && key["kid"].is_string()));
}
