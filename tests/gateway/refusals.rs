//! What is refused, by which name, and that the citizen can go on.

use crate::authority::{CrlSpec, DAY, Kind, crl_distribution_points, extended_key_usage, key_usage, person, rules};
use crate::rig::{Citizen, ISSUER, Pki, Rig, START, Settings, VERIFIER, parameter};
use axum::http::StatusCode;
use brama::authn::{Accepted, Algorithm, Challenge, Refused};
use serde_json::Value;

async fn refusal(rig: &Rig, citizen: &Citizen) -> String {
    let (_, request) = rig.begin().await;
    let answer = rig.sign_in(&request.ticket, citizen).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN, "{}", answer.body);
    answer.code()
}

#[tokio::test]
async fn a_revoked_citizen_is_refused_and_another_certificate_may_follow() {
    let pki = Pki::new(Kind::P256);
    let (good, revoked) = (pki.citizen(Kind::P256), pki.citizen(Kind::P384));
    let settings = Settings { revoked: vec![(revoked.serial.clone(), Some(1))], ..Settings::default() };
    let rig = Rig::with(&pki, settings).await;
    let (mut browser, request) = rig.begin().await;
    let refused: Refused = {
        let answer = rig.sign_in(&request.ticket, &revoked).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN);
        answer.json()
    };
    assert_eq!(refused.code, "revoked");
    assert!(refused.retry && !refused.incident.is_empty());
    assert_eq!(refused.support.as_deref(), Some("support@id.example"));
    let records = rig.gateway.store.audit_of(&refused.incident).await.expect("reads");
    assert_eq!(records.first().map(|record| record.kind.as_str()), Some("login_refused"));
    let accepted: Accepted = rig.sign_in(&request.ticket, &good).await.json();
    browser.complete(&rig, &accepted.completion).await;
}

#[tokio::test]
async fn certificates_that_will_not_do_are_refused_by_name() {
    let pki = Pki::new(Kind::P256);
    let rig = Rig::new(&pki).await;
    let subject = person("Jan", "Test", "PNOBY-5010190A001PB1");
    let made = |change: &dyn Fn(crate::authority::Spec) -> crate::authority::Spec| {
        pki.citizen_with(&subject, Kind::P256, change)
    };
    let stranger = Pki::new(Kind::P384).citizen(Kind::P256);
    for (expected, citizen) in [
        ("expired", made(&|spec| spec.but(|spec| spec.not_after = START - 1))),
        ("not_yet_valid", made(&|spec| spec.but(|spec| spec.not_before = START + 1))),
        ("key_usage", made(&|spec| spec.replacing("2.5.29.15", key_usage(&[1])))),
        ("extended_key_usage", made(&|spec| spec.replacing("2.5.29.37", extended_key_usage(&["1.3.6.1.5.5.7.3.4"])))),
        ("extended_key_usage", made(&|spec| spec.replacing("2.5.29.37", extended_key_usage(&["2.5.29.37.0"])))),
        ("signature_invalid_in_chain", made(&|spec| spec.but(|spec| spec.break_signature = true))),
        ("signature_invalid_in_chain", stranger),
    ] {
        let code = refusal(&rig, &citizen).await;
        assert!(code == expected || (expected == "signature_invalid_in_chain" && code == "issuer_unknown"), "{code}");
    }
}

#[tokio::test]
async fn revocation_comes_last_and_stale_or_missing_lists_refuse() {
    let pki = Pki::new(Kind::P256);
    let citizen = pki.citizen(Kind::P256);
    let stale = Settings { crl: CrlSpec::at(START - 9 * DAY, 8 * DAY), ..Settings::default() };
    assert_eq!(refusal(&Rig::with(&pki, stale).await, &citizen).await, "status_stale");
    let missing = Settings { crl_in_folder: false, ..Settings::default() };
    assert_eq!(refusal(&Rig::with(&pki, missing).await, &citizen).await, "status_unknown");
}

#[tokio::test]
async fn lists_are_fetched_once_and_never_for_a_token_that_does_not_verify() {
    let pki = Pki::new(Kind::P256);
    const URL: &str = "http://crl.example/ca.crl";
    let subject = person("Jan", "Test", "PNOBY-5010190A001PB1");
    let citizen = pki.citizen_with(&subject, Kind::P256, |spec| spec.with(crl_distribution_points(&[URL])));
    let rig = Rig::with(&pki, Settings { crl_in_folder: false, ..Settings::default() }).await;
    rig.network.put(URL, pki.ca.crl(&CrlSpec::at(START - 60, DAY)));

    let (_, request) = rig.begin().await;
    let challenge: Challenge = rig.agent_challenge(&request.ticket).await.json();
    let relayed = citizen.sign("https://evil.example", &challenge.nonce);
    let answer = rig.post_token(&request.ticket, &relayed, &challenge.nonce).await;
    assert_eq!((answer.code().as_str(), rig.network.fetches()), ("signature_invalid", 0));

    for _ in 0..3 {
        assert_eq!(rig.sign_in(&rig.begin().await.1.ticket, &citizen).await.status, StatusCode::OK);
    }
    assert_eq!(rig.network.fetches(), 1);
}

#[tokio::test]
async fn a_level_below_the_portals_need_is_refused() {
    let pki = Pki::new(Kind::P256);
    let settings = Settings { crl: CrlSpec::at(START - 3 * DAY, 7 * DAY), ..Settings::default() };
    let rig = Rig::with(&pki, settings).await;
    let citizen = pki.citizen(Kind::P256);
    let high = |all: &mut Vec<(String, String)>| {
        all.push(("acr_values".into(), "http://eidas.europa.eu/LoA/high".into()));
    };
    let request = crate::rig::Browser::default().begin(&rig, high).await;
    assert_eq!(request.level, "high");
    let refused = rig.sign_in(&request.ticket, &citizen).await;
    assert_eq!(refused.code(), "level_not_reached", "a CRL of three days reaches substantial");

    let mut browser = crate::rig::Browser::default();
    let back = rig.login(&mut browser, &citizen).await;
    let tokens: Value = rig.exchange(&parameter(&back, "code").expect("a code"), VERIFIER).await.json();
    let claims = crate::rig::claims(tokens["id_token"].as_str().expect("text"));
    assert_eq!(claims["acr"], "http://eidas.europa.eu/LoA/substantial");
}

#[tokio::test]
async fn numbers_a_ca_may_not_assert_are_left_out() {
    let pki = Pki::new(Kind::P256);
    let settings = Settings {
        rules: rules("Test CA", "citizen").replace("countries = [\"BY\"]", "countries = [\"UA\"]"),
        ..Settings::default()
    };
    let rig = Rig::with(&pki, settings).await;
    let (mut browser, request) = rig.begin().await;
    let accepted: Accepted = rig.sign_in(&request.ticket, &pki.citizen(Kind::P256)).await.json();
    let back = browser.complete(&rig, &accepted.completion).await;
    let tokens: Value = rig.exchange(&parameter(&back, "code").expect("a code"), VERIFIER).await.json();
    let claims = crate::rig::claims(tokens["id_token"].as_str().expect("text"));
    assert_eq!(claims["name"], "Ганна Кавальчук");
    assert!(claims["identifiers"].as_array().is_none_or(Vec::is_empty), "{claims}");
}

#[tokio::test]
async fn an_algorithm_that_does_not_fit_the_key_is_refused() {
    let pki = Pki::new(Kind::P256);
    let rig = Rig::new(&pki).await;
    let citizen = pki.citizen(Kind::P256);
    for algorithm in [Algorithm::Es384, Algorithm::Rs256, Algorithm::EdDsa] {
        let (_, request) = rig.begin().await;
        let challenge: Challenge = rig.agent_challenge(&request.ticket).await.json();
        let mut token = citizen.sign(ISSUER, &challenge.nonce);
        token.algorithm = algorithm;
        let answer = rig.post_token(&request.ticket, &token, &challenge.nonce).await;
        assert_eq!(answer.code(), "algorithm_mismatch", "{algorithm}");
    }
}

#[tokio::test]
async fn methods_say_no_more_than_is_known() {
    let pki = Pki::new(Kind::P256);
    for (key, methods) in [(1, vec!["swk"]), (2, vec!["hwk"]), (3, vec!["hwk", "pin", "mfa"])] {
        let rules = rules("Test CA", "citizen").replace("proofing = 3\nkey = 3", &format!("proofing = 3\nkey = {key}"));
        let rig = Rig::with(&pki, Settings { rules, ..Settings::default() }).await;
        let back = rig.login(&mut crate::rig::Browser::default(), &pki.citizen(Kind::P256)).await;
        let tokens: Value = rig.exchange(&parameter(&back, "code").expect("a code"), VERIFIER).await.json();
        let claims = crate::rig::claims(tokens["id_token"].as_str().expect("text"));
        assert_eq!(claims["amr"], serde_json::json!(methods));
    }
}
