//! What works.

use crate::authority::Kind;
use crate::rig::{AFTER_LOGOUT, Browser, ISSUER, Pki, REDIRECT_URI, Rig, VERIFIER, claims, parameter};
use axum::body::Body;
use axum::http::{Request, StatusCode};
use brama::authn::Accepted;
use serde_json::Value;

#[tokio::test]
async fn a_citizen_signs_in_with_any_kind_of_key() {
    let pki = Pki::new(Kind::P256);
    let rig = Rig::new(&pki).await;
    for kind in [Kind::Rsa(2048), Kind::P256, Kind::P384, Kind::P521, Kind::Ed25519] {
        let citizen = pki.citizen(kind);
        let back = rig.login(&mut Browser::default(), &citizen).await;
        assert!(back.as_str().starts_with(REDIRECT_URI), "{back}");
        assert_eq!(parameter(&back, "state").as_deref(), Some("the state"));
        assert_eq!(parameter(&back, "iss").as_deref(), Some(ISSUER));
        let code = parameter(&back, "code").unwrap_or_else(|| panic!("{kind:?}: {back}"));
        let tokens: Value = rig.exchange(&code, VERIFIER).await.json();
        let claims = claims(tokens["id_token"].as_str().expect("an id_token"));
        assert_eq!(claims["iss"], ISSUER);
        assert_eq!(claims["nonce"], "the nonce");
        assert_eq!(claims["acr"], "http://eidas.europa.eu/LoA/high");
        assert_eq!(claims["name"], "Ганна Кавальчук");
        assert_eq!(claims["identifiers"][0]["value"], "4010190A001PB1");
        assert!(claims["amr"].as_array().expect("a list").contains(&"hwk".into()));
    }
}

#[tokio::test]
async fn every_rsa_padding_and_hash_is_taken() {
    use brama::authn::Algorithm;
    let pki = Pki::new(Kind::Rsa(2048));
    let rig = Rig::new(&pki).await;
    let citizen = pki.citizen(Kind::Rsa(2048));
    for algorithm in Algorithm::ALL.into_iter().filter(|one| one.name().starts_with(['R', 'P'])) {
        let (_, request) = rig.begin().await;
        let challenge: brama::authn::Challenge = rig.agent_challenge(&request.ticket).await.json();
        let token = citizen.sign_as(algorithm, ISSUER, &challenge.nonce);
        let answer = rig.post_token(&request.ticket, &token, &challenge.nonce).await;
        assert_eq!(answer.status, StatusCode::OK, "{algorithm}: {}", answer.body);
    }
}

#[tokio::test]
async fn a_representative_brings_her_organisation() {
    let pki = Pki::new(Kind::P256);
    let rig = Rig::new(&pki).await;
    let back = rig.login(&mut Browser::default(), &pki.representative(Kind::P256)).await;
    let tokens: Value = rig.exchange(&parameter(&back, "code").expect("a code"), VERIFIER).await.json();
    let access = tokens["access_token"].as_str().expect("a token");
    let request = Request::get("/userinfo").header("authorization", format!("Bearer {access}"));
    let info: Value = rig.call(request.body(Body::empty()).expect("a request")).await.json();
    assert_eq!(info["sub"], claims(tokens["id_token"].as_str().expect("an id_token"))["sub"]);
    assert_eq!(info["organisation"]["name"], "Zorka LLC");
    assert_eq!(info["organisation"]["identifiers"][0]["value"], "191234567");
    assert_eq!(info["organisation"]["position"], "Director");
    assert_eq!(info["subject_kind"], "representative");
}

#[tokio::test]
async fn the_agent_is_told_who_asks_and_what_will_do() {
    let pki = Pki::new(Kind::P256);
    let rig = Rig::new(&pki).await;
    let mut browser = Browser::default();
    let request = browser.begin(&rig, |all| all.push(("ui_locales".into(), "be en".into()))).await;
    assert_eq!(request.portal, "Партал паслуг");
    assert_eq!(request.return_host, "portal.example");
    assert_eq!(request.languages, ["be", "en"]);
    assert!(request.issuers.iter().any(|issuer| {
        let subject = data_encoding::BASE64.decode(issuer.subject.as_bytes()).expect("base64");
        subject == pki.ca.subject
    }));
}

#[tokio::test]
async fn the_second_portal_visit_of_a_session_needs_no_token() {
    let pki = Pki::new(Kind::P256);
    let rig = Rig::new(&pki).await;
    let mut browser = Browser::default();
    rig.login(&mut browser, &pki.citizen(Kind::P256)).await;
    let again = browser.get(&rig, &rig.authorize(|_| ())).await;
    assert!(again.location().starts_with(REDIRECT_URI), "{}", again.location());
    let forced = browser.get(&rig, &rig.authorize(|all| all.push(("prompt".into(), "login".into())))).await;
    assert!(forced.location().starts_with("/t/"), "{}", forced.location());
    let mut stranger = Browser::default();
    let silent = stranger.get(&rig, &rig.authorize(|all| all.push(("prompt".into(), "none".into())))).await;
    assert!(silent.location().contains("error=login_required"), "{}", silent.location());
}

#[tokio::test]
async fn two_tabs_do_not_burn_each_other() {
    let pki = Pki::new(Kind::P256);
    let rig = Rig::new(&pki).await;
    let citizen = pki.citizen(Kind::P256);
    let mut browser = Browser::default();
    let first = browser.begin(&rig, |_| ()).await;
    let second = browser.begin(&rig, |_| ()).await;
    let accepted: Vec<Accepted> =
        vec![rig.sign_in(&first.ticket, &citizen).await.json(), rig.sign_in(&second.ticket, &citizen).await.json()];
    for one in &accepted {
        let back = browser.complete(&rig, &one.completion).await;
        assert!(parameter(&back, "code").is_some(), "{back}");
    }
}

#[tokio::test]
async fn not_me_goes_back_to_the_choice() {
    let pki = Pki::new(Kind::P256);
    let rig = Rig::new(&pki).await;
    let mut browser = Browser::default();
    let transaction = browser.arrive(&rig, |_| ()).await;
    let handle = browser.click(&rig, &transaction).await;
    let request: brama::authn::LoginRequest = rig.agent_login(&handle).await.json();
    let accepted: Accepted = rig.sign_in(&request.ticket, &pki.citizen(Kind::P256)).await.json();
    let path = accepted.completion.strip_prefix(ISSUER).expect("own origin");
    let answer = browser.post(&rig, path, "answer=no").await;
    assert_eq!(answer.location(), transaction);
    assert!(!browser.cookies.contains_key("__Host-brama-session"));
    assert_eq!(browser.get(&rig, path).await.status, StatusCode::GONE);
    assert!(rig.audited().await.contains(&"login_declined".to_owned()));
}

#[tokio::test]
async fn signing_out_with_a_hint_goes_straight_back() {
    let pki = Pki::new(Kind::P256);
    let rig = Rig::new(&pki).await;
    let mut browser = Browser::default();
    let back = rig.login(&mut browser, &pki.citizen(Kind::P256)).await;
    let tokens: Value = rig.exchange(&parameter(&back, "code").expect("a code"), VERIFIER).await.json();
    let query = |hint: &str| {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query
            .append_pair("post_logout_redirect_uri", AFTER_LOGOUT)
            .append_pair("state", "s")
            .append_pair("client_id", "portal");
        if !hint.is_empty() {
            query.append_pair("id_token_hint", hint);
        }
        query.finish()
    };
    let asked = browser.get(&rig, &format!("/end_session?{}", query(""))).await;
    assert_eq!(asked.status, StatusCode::OK, "without a hint she is asked");
    assert!(asked.body.contains("/end_session/confirm"));
    let out = browser.get(&rig, &format!("/end_session?{}", query(tokens["id_token"].as_str().expect("text")))).await;
    assert_eq!(out.location(), format!("{AFTER_LOGOUT}?state=s"));
    assert!(!browser.cookies.contains_key("__Host-brama-session"));
    let again = browser.get(&rig, &rig.authorize(|_| ())).await;
    assert!(again.location().starts_with("/t/"), "{}", again.location());
}

#[tokio::test]
async fn a_posted_request_comes_round_by_get() {
    let pki = Pki::new(Kind::P256);
    let rig = Rig::new(&pki).await;
    let mut browser = Browser::default();
    let query = rig.authorize(|_| ()).split_once('?').expect("a query").1.to_owned();
    let request = Request::post("/authorize")
        .header("origin", "https://portal.example")
        .header("content-type", "application/x-www-form-urlencoded");
    let round = browser.send(&rig, request.body(query.into()).expect("a request")).await;
    assert_eq!(round.status, StatusCode::SEE_OTHER);
    assert!(browser.cookies.is_empty(), "a cross-site POST sets nothing");
    let answer = browser.get(&rig, round.location()).await;
    assert!(answer.location().starts_with("/t/"), "{}", answer.location());
}

#[tokio::test]
async fn the_page_learns_that_the_agent_gave_up() {
    let pki = Pki::new(Kind::P256);
    let rig = Rig::new(&pki).await;
    let mut browser = Browser::default();
    let transaction = browser.arrive(&rig, |_| ()).await;
    let handle = browser.click(&rig, &transaction).await;
    let request: brama::authn::LoginRequest = rig.agent_login(&handle).await.json();
    let status = format!("{transaction}/status");
    assert_eq!(browser.get(&rig, &status).await.json::<Value>()["state"], "asked");
    let give_up = || {
        let request = Request::post("/agent/end").header("authorization", format!("Bearer {}", request.ticket));
        rig.call(request.body(Body::empty()).expect("a request"))
    };
    assert_eq!(give_up().await.status, StatusCode::NO_CONTENT);
    let told: Value = browser.get(&rig, &status).await.json();
    assert_eq!((told["state"].as_str(), told["code"].as_str()), (Some("refused"), Some("cancelled")));
    assert_eq!(rig.agent_challenge(&request.ticket).await.code(), "ticket_unknown");
    assert_eq!(give_up().await.code(), "ticket_unknown");
    assert!(browser.get(&rig, &transaction).await.body.contains("You cancelled the sign-in"));
}

#[tokio::test]
async fn the_front_page_leads_back_to_the_sign_in_that_goes_on() {
    let pki = Pki::new(Kind::P256);
    let rig = Rig::new(&pki).await;
    let mut browser = Browser::default();
    assert_eq!(browser.get(&rig, "/").await.status, StatusCode::OK);
    let transaction = browser.arrive(&rig, |_| ()).await;
    assert_eq!(browser.get(&rig, "/").await.location(), transaction);
    assert_eq!(Browser::default().get(&rig, "/").await.status, StatusCode::OK);
    browser.post(&rig, &format!("{transaction}/cancel"), "").await;
    assert_eq!(browser.get(&rig, "/").await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_posted_sign_out_comes_round_by_get() {
    let pki = Pki::new(Kind::P256);
    let rig = Rig::new(&pki).await;
    let mut browser = Browser::default();
    let back = rig.login(&mut browser, &pki.citizen(Kind::P256)).await;
    let tokens: Value = rig.exchange(&parameter(&back, "code").expect("a code"), VERIFIER).await.json();
    let form = format!("id_token_hint={}", tokens["id_token"].as_str().expect("text"));
    // The browser sends no cookies with a form of another site.
    let mut bare = Browser::default();
    let request = Request::post("/end_session")
        .header("origin", "https://portal.example")
        .header("content-type", "application/x-www-form-urlencoded");
    let round = bare.send(&rig, request.body(form.into()).expect("a request")).await;
    assert_eq!(round.status, StatusCode::SEE_OTHER, "{}", round.body);
    let out = browser.get(&rig, round.location()).await;
    assert!(out.body.contains("You are signed out"), "{}", out.body);
    assert!(browser.get(&rig, &rig.authorize(|_| ())).await.location().starts_with("/t/"));
}
