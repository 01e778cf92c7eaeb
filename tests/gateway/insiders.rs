//! Attacks by those who have a place in the trust list, a valid certificate, a ticket, or time to spare.

use crate::authority::{
    Authority, CrlSpec, DAY, Folder, Kind, Spec, crl_distribution_points, family, key, person, rules,
};
use crate::rig::{Browser, Citizen, ISSUER, Pki, Rig, START, Settings, VERIFIER, parameter};
use axum::body::Body;
use axum::http::{Request, StatusCode};
use brama::authn::{Accepted, Algorithm, Challenge, LoginRequest};
use brama::i18n::Language;
use brama::secret::Bearer;
use brama::store::MemoryLimits;
use serde_json::Value;
use std::io;
use std::sync::{Arc, Mutex};

const LIST: &str = "http://servers.example/list.crl";

/// A state's root above a CA of citizens and a CA of servers: a server's certificate says what its owner wrote into
/// the request.
#[tokio::test]
async fn a_ca_listed_for_portals_signs_nobody_in_below_a_shared_root() {
    let pki = Pki::new(Kind::P256);
    let servers = pki.root.subordinate("Test CA of Servers", Kind::P256);
    let server_key = key(Kind::P256, 77);
    let forged = person("Ганна", "Кавальчук", "PNOBY-4010190A001PB1");
    let spec = Spec::citizen(&forged, &server_key).with(crl_distribution_points(&[LIST]));
    let server = Citizen {
        key: server_key,
        certificate: servers.issue(&spec),
        serial: spec.serial.clone(),
        algorithm: Algorithm::Es256,
    };
    for (purpose, expected) in [("portal-client", "purpose"), ("citizen", "issuer_unknown")] {
        let (root, own) = (pki.root.der.clone(), servers.der.clone());
        // The other family may have the root as its anchor for its own purpose, or lead nowhere by itself.
        let elsewhere = Authority::root("Another Root", Kind::P256).der;
        let beside = move |certs: &std::path::Path| {
            let anchor = if purpose == "citizen" { &elsewhere } else { &root };
            let folder = Folder { anchors: &[anchor], intermediates: &[&own], crls: &[] };
            family(certs, "servers", &rules("Servers", purpose), &folder);
        };
        let settings = Settings { beside: Some(Box::new(beside)), ..Settings::default() };
        let rig = Rig::with(&pki, settings).await;
        rig.network.put(LIST, servers.crl(&CrlSpec::at(START - 3600, 7 * DAY)));
        let (_, request) = rig.begin().await;
        let answer = rig.sign_in(&request.ticket, &server).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{purpose}: {}", answer.body);
        assert_eq!(answer.code(), expected, "{purpose}");
        let (_, request) = rig.begin().await;
        let answer = rig.sign_in(&request.ticket, &pki.citizen(Kind::P256)).await;
        assert_eq!(answer.status, StatusCode::OK, "{purpose}: the citizens of the family itself: {}", answer.body);
    }
}

/// One CA whose clock runs ahead must not stop the citizens of all others; a clock of ours that runs back must.
#[tokio::test]
async fn a_list_of_the_future_stops_nobody_but_its_own_ca() {
    let (pki, hasty) = (Pki::new(Kind::P256), Pki::new(Kind::P256));
    let (anchor, own) = (hasty.root.der.clone(), hasty.ca.der.clone());
    let lists = [&hasty.root, &hasty.ca].map(|ca| ca.crl(&CrlSpec::at(START + 365 * DAY, 7 * DAY)));
    let beside = move |certs: &std::path::Path| {
        let folder = Folder { anchors: &[&anchor], intermediates: &[&own], crls: &[&lists[0], &lists[1]] };
        family(certs, "hasty", &rules("Hasty CA", "citizen"), &folder);
    };
    let rig = Rig::with(&pki, Settings { beside: Some(Box::new(beside)), ..Settings::default() }).await;
    let (_, request) = rig.begin().await;
    assert_eq!(rig.sign_in(&request.ticket, &hasty.citizen(Kind::P256)).await.code(), "status_not_yet_valid");
    let (_, request) = rig.begin().await;
    let answer = rig.sign_in(&request.ticket, &pki.citizen(Kind::P256)).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    rig.clock.forward(-2 * 3600);
    let (_, request) = rig.begin().await;
    assert_eq!(rig.sign_in(&request.ticket, &pki.citizen(Kind::P256)).await.code(), "clock_behind");
}

#[tokio::test]
async fn a_ticket_writes_a_bounded_record() {
    let pki = Pki::new(Kind::P256);
    let rig = Rig::new(&pki).await;
    let (_, request) = rig.begin().await;
    for _ in 0..60 {
        rig.agent_post(&request.ticket, r#"{"token":"x","nonce":"x"}"#).await;
    }
    assert_eq!(rig.audited().await.len(), 0, "nobody has signed anything");
    let citizen = pki.citizen(Kind::P256);
    let settings = Settings { revoked: vec![(citizen.serial.clone(), None)], ..Settings::default() };
    let rig = Rig::with(&pki, settings).await;
    let (_, request) = rig.begin().await;
    let mut last = String::new();
    for _ in 0..30 {
        let answer = rig.agent_challenge(&request.ticket).await;
        let Ok(challenge) = serde_json::from_str::<Challenge>(&answer.body) else {
            last = answer.code();
            continue;
        };
        let token = citizen.sign(ISSUER, &challenge.nonce);
        rig.post_token(&request.ticket, &token, &challenge.nonce).await;
    }
    assert_eq!((rig.audited().await.len(), last.as_str()), (20, "too_many_tries"));
}

/// Two clicks, two tickets, two completions, and a step of one that comes late: still one login.
#[tokio::test]
async fn a_transaction_completes_once_whatever_the_cache_says() {
    let pki = Pki::new(Kind::P256);
    let rig = Rig::new(&pki).await;
    let mut browser = Browser::default();
    let path = browser.arrive(&rig, |_| ()).await;
    let mut completions = Vec::new();
    for citizen in [pki.citizen(Kind::P256), pki.representative(Kind::P256)] {
        let handle = browser.click(&rig, &path).await;
        let request: LoginRequest = rig.agent_login(&handle).await.json();
        let accepted: Accepted = rig.sign_in(&request.ticket, &citizen).await.json();
        completions.push(accepted.completion.strip_prefix(ISSUER).expect("own origin").to_owned());
    }
    let bearer = Bearer::parse(&browser.cookies["__Host-brama-browser"]);
    let id = path.strip_prefix("/t/").expect("a transaction");
    let transaction = rig.gateway.transaction(id, bearer.as_ref()).await.expect("hers");
    assert!(browser.post(&rig, &completions[0], "answer=yes").await.location().contains("code="));
    // What a click that looked before and wrote after leaves behind.
    rig.gateway.mint_handle(&transaction, Language::En).await.expect("mints");
    let second = browser.post(&rig, &completions[1], "answer=yes").await;
    assert_eq!(second.status, StatusCode::GONE, "{}", second.location());
    let declined = browser.post(&rig, &completions[0], "answer=no").await;
    assert_eq!(declined.status, StatusCode::GONE, "{}", declined.location());
}

/// Whoever knows no portal takes no room.
#[tokio::test]
async fn only_a_request_that_holds_is_kept() {
    let pki = Pki::new(Kind::P256);
    let limits = MemoryLimits { entries: 100, bytes: 200_000 };
    let rig = Rig::with(&pki, Settings { limits, ..Settings::default() }).await;
    let mut query = rig.authorize(|_| ()).split_once('?').expect("a query").1.to_owned();
    for padding in 0..20 {
        query.push_str(&format!("&unknown{padding}={}", "x".repeat(2000)));
    }
    let post = |form: String| {
        let request = Request::post("/authorize").header("content-type", "application/x-www-form-urlencoded");
        request.body(form.into()).expect("a request")
    };
    for _ in 0..50 {
        assert_eq!(rig.call(post("x=".to_owned() + &"y".repeat(40_000))).await.status, StatusCode::BAD_REQUEST);
        let kept = rig.call(post(query.clone())).await;
        assert!(kept.location().starts_with("/authorize/"), "{} {}", kept.status, kept.body);
    }
    Browser::default().arrive(&rig, |_| ()).await;
}

/// A list stands for a week; who was revoked after it came is not let in for the rest of it.
#[tokio::test]
async fn a_revocation_is_learnt_before_the_list_before_it_ends() {
    let pki = Pki::new(Kind::P256);
    let subject = person("Ганна", "Кавальчук", "PNOBY-4010190A001PB1");
    let citizen = pki.citizen_with(&subject, Kind::P256, |spec| spec.with(crl_distribution_points(&[LIST])));
    for crl_in_folder in [true, false] {
        let rig = Rig::with(&pki, Settings { crl_in_folder, ..Settings::default() }).await;
        let list = |at: i64| CrlSpec::at(at, 7 * DAY);
        rig.network.put(LIST, pki.ca.crl(&list(START - 60)));
        let (_, request) = rig.begin().await;
        assert_eq!(rig.sign_in(&request.ticket, &citizen).await.status, StatusCode::OK);
        rig.network.put(LIST, pki.ca.crl(&list(START + 60).revoke(&citizen.serial, START + 30, Some(1))));
        rig.clock.forward(31 * 60);
        rig.gateway.lists.refresh().await;
        let fetches = rig.network.fetches();
        rig.gateway.lists.refresh().await;
        assert_eq!(rig.network.fetches(), fetches, "not asked again at once");
        let (_, request) = rig.begin().await;
        assert_eq!(rig.sign_in(&request.ticket, &citizen).await.code(), "revoked", "{crl_in_folder}");
    }
}

/// Everything that is logged, by the other tests too.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("whole").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What gives a right to whoever reads it stands in no log, however much is logged, and in no row of the audit.
#[tokio::test]
async fn no_secret_is_logged() {
    let log = Log::default();
    let writer = log.clone();
    // For the whole process: what a log line is worth is remembered with its place, whichever test comes there first.
    tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .init();
    let pki = Pki::new(Kind::P256);
    let rig = Rig::with(&pki, Settings { store_in_file: true, ..Settings::default() }).await;
    let citizen = pki.citizen(Kind::P256);
    let mut browser = Browser::default();
    let path = browser.arrive(&rig, |all| all.push(("login_hint".into(), "hinted@example".into()))).await;
    let handle = browser.click(&rig, &path).await;
    let request: LoginRequest = rig.agent_login(&handle).await.json();
    let refused: Challenge = rig.agent_challenge(&request.ticket).await.json();
    let token = citizen.sign("https://evil.example", &refused.nonce);
    assert_eq!(rig.post_token(&request.ticket, &token, &refused.nonce).await.status, StatusCode::FORBIDDEN);
    let challenge: Challenge = rig.agent_challenge(&request.ticket).await.json();
    let token = citizen.sign(ISSUER, &challenge.nonce);
    let accepted: Accepted = rig.post_token(&request.ticket, &token, &challenge.nonce).await.json();
    let back = browser.complete(&rig, &accepted.completion).await;
    let code = parameter(&back, "code").expect("a code");
    let tokens: Value = rig.exchange(&code, VERIFIER).await.json();
    let (access, id) = (tokens["access_token"].as_str().expect("text"), tokens["id_token"].as_str().expect("text"));
    let info = Request::get("/userinfo").header("authorization", format!("Bearer {access}"));
    rig.call(info.body(Body::empty()).expect("a request")).await;
    assert_eq!(rig.exchange(&code, VERIFIER).await.status, StatusCode::BAD_REQUEST);
    browser.get(&rig, &accepted.completion[ISSUER.len()..]).await;
    let session = browser.cookies["__Host-brama-session"].clone();
    browser.get(&rig, &format!("/end_session?id_token_hint={id}")).await;
    let mut written = String::from_utf8(log.0.lock().expect("whole").clone()).expect("text");
    assert!(written.contains("login_proven") && written.contains("logout"), "the log is read");
    for record in rig.gateway.store.audit(100).await.expect("reads") {
        written.push_str(&record.document);
    }
    let completion = accepted.completion.rsplit('/').next().expect("a path");
    for (name, secret) in [
        ("browser", browser.cookies["__Host-brama-browser"].as_str()),
        ("session", &session),
        ("handle", &handle),
        ("ticket", &request.ticket),
        ("nonce", &challenge.nonce),
        ("nonce of a refusal", &refused.nonce),
        ("completion", completion),
        ("code", &code),
        ("verifier", VERIFIER),
        ("access token", access),
        ("id token", id),
        ("client secret", &rig.client_secret),
        ("name", "Кавальчук"),
        ("number", "4010190A001PB1"),
        ("hint", "hinted@example"),
    ] {
        assert!(!written.contains(secret), "the {name} is logged");
    }
}
