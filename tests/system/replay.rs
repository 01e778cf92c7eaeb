//! Tokens that were good once, elsewhere or some time ago; over HTTP against the running gateway.

use crate::house::{House, Plan};
use crate::people::{PEOPLE, now};
use crate::process::wait_until;
use crate::strangers::{SoftAgent, click, handle_of};
use crate::visitor::{Answer, Visitor};
use brama::authn::{Accepted, NONCE_LIFETIME, Refused};
use std::time::Duration;

fn refused(answer: &Answer) -> Refused {
    assert_eq!(answer.status, 403, "{answer:?}");
    answer.json()
}

#[test]
fn a_token_is_taken_once() {
    let house = House::without_agent(Plan::with(vec![]));
    let agent = SoftAgent::of(&house);
    let ticket = agent.login(&handle_of(&click(&house, &mut Visitor::default()))).ticket;
    let nonce = agent.challenge(&ticket).nonce;
    let first = agent.post(&ticket, &PEOPLE.alena, &house.origin(), &nonce);
    assert!(first.json::<Accepted>().completion.starts_with(&house.origin()));
    let second = refused(&agent.post(&ticket, &PEOPLE.alena, &house.origin(), &nonce));
    assert_eq!(second.code, "nonce_spent");
    // Nor in another login, of another browser, with a nonce of its own not asked for.
    let other = agent.login(&handle_of(&click(&house, &mut Visitor::default()))).ticket;
    assert_eq!(refused(&agent.post(&other, &PEOPLE.alena, &house.origin(), &nonce)).code, "nonce_spent");
    // What nobody has signed anew is in the log, not in the audit.
    assert_eq!(house.audited(), ["login_proven"]);
}

#[test]
fn a_handle_is_taken_once() {
    let house = House::without_agent(Plan::with(vec![]));
    let agent = SoftAgent::of(&house);
    let handle = handle_of(&click(&house, &mut Visitor::default()));
    agent.login(&handle);
    assert_eq!(refused(&agent.call(&format!("/agent/login/{handle}"), None, None)).code, "handle_unknown");
}

#[test]
fn a_token_for_another_origin_is_refused() {
    let house = House::without_agent(Plan::with(vec![]));
    let agent = SoftAgent::of(&house);
    let ticket = agent.login(&handle_of(&click(&house, &mut Visitor::default()))).ticket;
    let port = house.issuer.port().expect("has one");
    for origin in ["https://phishing.example".to_owned(), format!("https://127.0.0.2:{port}")] {
        let nonce = agent.challenge(&ticket).nonce;
        let refusal = refused(&agent.post(&ticket, &PEOPLE.alena, &origin, &nonce));
        assert_eq!(refusal.code, "signature_invalid", "{origin}");
        assert_eq!(refusal.support.as_deref(), Some("+375 17 000-00-00"));
    }
}

/// Lasts as long as a nonce lives. Its name makes it one of the first to run, beside the others.
#[test]
fn a_nonce_two_minutes_old_is_refused() {
    let house = House::without_agent(Plan::with(vec![]));
    let agent = SoftAgent::of(&house);
    let ticket = agent.login(&handle_of(&click(&house, &mut Visitor::default()))).ticket;
    let challenge = agent.challenge(&ticket);
    let left = challenge.expires.0 - now();
    assert!((115..=120).contains(&left), "a nonce lives two minutes: {left} s");
    assert!(wait_until(NONCE_LIFETIME + Duration::from_secs(5), || now() > challenge.expires.0));
    let refusal = refused(&agent.post(&ticket, &PEOPLE.alena, &house.origin(), &challenge.nonce));
    assert_eq!(refusal.code, "nonce_spent");
    assert!(refusal.retry, "the login itself is still open");
    let nonce = agent.challenge(&ticket).nonce;
    let accepted: Accepted = agent.post(&ticket, &PEOPLE.alena, &house.origin(), &nonce).json();
    assert!(accepted.completion.starts_with(&house.origin()));
}
