//! Logins from click to redirect, and the ways they go wrong.

use crate::gateway::{FakeGateway, Reply as Answer, TICKET, refused};
use crate::rig::{HANDLE, Reply, Rig, Setup, usual_card};
use crate::tokens::{Profile, certificate, p256, rsa};
use brama::agent::config::{Config, Presence, PromptKind};
use brama::authn::{Accepted, Algorithm, AuthToken, TokenPost};
use brama::card::{Error, Slot};
use brama::clock::{Clock, SystemClock};
use openssl::asn1::Asn1Time;
use openssl::hash::MessageDigest;
use openssl::x509::X509;
use openssl::x509::extension::SubjectAlternativeName;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

fn no_breach() -> crate::gateway::Breach {
    Box::new(|_, _| None)
}

/// The login that a broken gateway makes, with all answers of the citizen given beforehand.
async fn broken(breach: impl Fn(&str, usize) -> Option<Answer> + Send + Sync + 'static) -> (Rig, Reply) {
    let gateway = FakeGateway::start(|_| (), Box::new(move |seen, count| breach(&seen.path, count))).await;
    let rig = Rig::with(gateway, Setup::default()).await;
    usual_card(&rig.tokens);
    rig.step(r#"{"choose": "9A"}"#);
    rig.step(r#"{"pin": "123456"}"#);
    let reply = Reply::read(rig.click().await).await;
    assert!(!reply.head.contains("location"), "{}", reply.head);
    (rig, reply)
}

#[tokio::test]
async fn a_login_ends_on_the_gateways_completion_address() {
    let rig = Rig::usual().await;
    let stream = rig.click().await;
    let screen = rig.shown("choose", 1).await;
    for words in ["Portal of services asks you", "portal.example", &rig.gateway.host(), "Alena Kavalenka", "Test CA"] {
        assert!(screen.contains(words), "{words}: {screen}");
    }
    // Nothing has touched the card, and no nonce was fetched, before she agreed.
    assert_eq!(rig.tokens.counts(), (0, 0));
    rig.step(r#"{"choose": "Alena"}"#);
    let screen = rig.shown("pin", 1).await;
    assert!(screen.contains("3 tries left"), "{screen}");
    assert!(rig.gateway.seen("/agent/challenge").is_empty());
    rig.step(r#"{"pin": "123456"}"#);
    let reply = Reply::read(stream).await;
    assert_eq!((reply.status, reply.header("location")), (303, Some(rig.gateway.completion().as_str())));
    assert_eq!(reply.header("cache-control"), Some("no-store"));
    assert_eq!(reply.header("referrer-policy"), Some("no-referrer"));

    assert_eq!(rig.gateway.seen("/agent/login/")[0].path, format!("/agent/login/{HANDLE}"));
    let posted = rig.gateway.seen("/agent/token");
    assert_eq!(posted.len(), 1);
    assert_eq!(posted[0].authorization.as_deref(), Some(format!("Bearer {TICKET}").as_str()));
    let post: TokenPost = serde_json::from_slice(&posted[0].body).expect("is a token");
    let token = AuthToken::parse(&post.token).expect("parses");
    assert_eq!(token.algorithm, Algorithm::Es256);
    assert_eq!(rig.tokens.counts(), (1, 1));
    rig.shown("end", 1).await;
    assert!(!rig.transcript().contains("123456"), "the transcript holds the PIN");
}

#[tokio::test]
async fn rsa_signs_with_either_padding() {
    for (algorithms, expected) in [
        (Algorithm::ALL.to_vec(), Algorithm::Ps256),
        (vec![Algorithm::Rs256, Algorithm::Es384], Algorithm::Rs256),
        (vec![Algorithm::Rs512, Algorithm::Ps384], Algorithm::Ps384),
    ] {
        let gateway = FakeGateway::start(|request| request.algorithms = algorithms, no_breach()).await;
        let rig = Rig::with(gateway, Setup::default()).await;
        let key = rsa();
        let certificate = certificate(&key, &Profile::default());
        rig.tokens.insert(vec![(Slot::AUTHENTICATION, key, certificate)]);
        rig.step(r#"{"choose": "9A"}"#);
        rig.step(r#"{"pin": "123456"}"#);
        assert_eq!(Reply::read(rig.click().await).await.status, 303);
        let post: TokenPost = serde_json::from_slice(&rig.gateway.seen("/agent/token")[0].body).expect("is a token");
        assert_eq!(AuthToken::parse(&post.token).expect("parses").algorithm, expected);
    }
}

#[tokio::test]
async fn what_cannot_serve_is_shown_with_the_reason() {
    let gateway = FakeGateway::start(|request| request.algorithms = vec![Algorithm::Es256], no_breach()).await;
    let rig = Rig::with(gateway, Setup::default()).await;
    let card = |profile: Profile| {
        let key = p256();
        let certificate = certificate(&key, &profile);
        (Slot::AUTHENTICATION, key, certificate)
    };
    for profile in [
        Profile { owner: "Other Issuer", issuer: "Other CA", ..Profile::default() },
        Profile { owner: "Past", days: (-30, -1), ..Profile::default() },
        Profile { owner: "Future", days: (1, 30), ..Profile::default() },
        Profile { owner: "Agreement", sign: false, ..Profile::default() },
        Profile { owner: "Mail", client: false, ..Profile::default() },
        Profile { owner: "Good\u{202e} One", ..Profile::default() },
    ] {
        rig.tokens.insert(vec![card(profile)]);
    }
    let key = rsa();
    let of_rsa = certificate(&key, &Profile { owner: "Rsa", ..Profile::default() });
    rig.tokens.insert(vec![(Slot::AUTHENTICATION, key, of_rsa)]);
    rig.tokens.insert(vec![(Slot::SIGNATURE, p256(), b"no certificate".to_vec())]);
    let stream = rig.click().await;
    let screen: serde_json::Value = serde_json::from_str(&rig.shown("choose", 1).await).expect("is JSON");
    let choices = screen["choices"].as_array().expect("has choices");
    let reason = |owner: &str| {
        let choice = choices.iter().find(|choice| choice["lines"][0].as_str().expect("text").starts_with(owner));
        choice.expect(owner)["unfit"].as_str().unwrap_or_default().to_owned()
    };
    assert_eq!(choices[0]["lines"][0], "Good One", "the fit one is first, and clean");
    assert_eq!(reason("Good"), "");
    assert!(reason("Other").contains("does not accept its issuer"));
    assert!(reason("Past").contains("expired on"));
    assert!(reason("Future").contains("valid from"));
    assert!(reason("Agreement").contains("not meant for signing in"));
    assert!(reason("Mail").contains("issuer did not mean it"));
    assert!(reason("Rsa").contains("kind of signature"));
    assert!(reason("?").contains("cannot be read"));
    drop(stream);
}

#[tokio::test]
async fn without_a_card_it_waits_and_goes_on_by_itself() {
    let gateway = FakeGateway::start(|_| (), no_breach()).await;
    let rig = Rig::with(gateway, Setup::default()).await;
    rig.step(r#"{"expect": "Insert your card"}"#);
    rig.step(r#"{"choose": "9A"}"#);
    rig.step(r#"{"pin": "123456"}"#);
    let stream = rig.click().await;
    rig.shown("insert", 1).await;
    usual_card(&rig.tokens);
    assert_eq!(Reply::read(stream).await.status, 303);
}

#[tokio::test]
async fn a_wrong_pin_is_told_with_the_tries_and_never_repeated() {
    let rig = Rig::usual().await;
    rig.step(r#"{"choose": "9A"}"#);
    rig.step(r#"{"pin": "000000"}"#);
    let stream = rig.click().await;
    let again = rig.shown("pin", 2).await;
    assert!(again.contains("2 tries left"), "{again}");
    assert_eq!(rig.tokens.counts(), (1, 0));
    rig.step(r#"{"pin": "111111"}"#);
    // One try: it must be agreed to, and here it is not.
    let last = rig.shown("last_try", 1).await;
    assert!(last.contains("One try is left"), "{last}");
    rig.step(r#"{"confirm": false}"#);
    rig.shown("choose", 2).await;
    assert_eq!(rig.tokens.counts(), (2, 0));
    rig.step(r#"{"choose": "9A"}"#);
    rig.step(r#"{"confirm": true}"#);
    rig.step(r#"{"expect": "1 try left"}"#);
    rig.step(r#"{"pin": "123456"}"#);
    assert_eq!(Reply::read(stream).await.status, 303);
    assert_eq!(rig.tokens.counts(), (3, 1));
    // A nonce for each time the card was asked, and one token.
    assert_eq!(rig.gateway.seen("/agent/challenge").len(), 3);
    assert_eq!(rig.gateway.seen("/agent/token").len(), 1);
}

#[tokio::test]
async fn a_blocked_card_is_not_asked() {
    let rig = Rig::usual().await;
    rig.tokens.set_tries(0);
    let stream = rig.click().await;
    let screen = rig.shown("insert", 1).await;
    assert!(screen.contains("PIN is blocked"), "{screen}");
    rig.step(r#"{"cancel": true}"#);
    let reply = Reply::read(stream).await;
    assert!(reply.body.contains("agent_cancelled"), "{}", reply.body);
    assert_eq!(rig.tokens.counts(), (0, 0));
}

#[tokio::test]
async fn a_card_pulled_while_the_pin_is_typed_is_waited_for() {
    let rig = Rig::usual().await;
    rig.step(r#"{"choose": "9A"}"#);
    let stream = rig.click().await;
    rig.shown("pin", 1).await;
    rig.tokens.pull();
    rig.shown("insert", 1).await;
    assert_eq!(rig.tokens.counts(), (0, 0));
    usual_card(&rig.tokens);
    rig.step(r#"{"choose": "9A"}"#);
    rig.step(r#"{"pin": "123456"}"#);
    assert_eq!(Reply::read(stream).await.status, 303);
}

#[tokio::test]
async fn another_reader_does_not_disturb_the_pin() {
    let rig = Rig::usual().await;
    rig.step(r#"{"choose": "9A"}"#);
    let stream = rig.click().await;
    rig.shown("pin", 1).await;
    usual_card(&rig.tokens);
    rig.step(r#"{"pin": "123456"}"#);
    assert_eq!(Reply::read(stream).await.status, 303);
    assert_eq!((rig.screens("pin").len(), rig.screens("choose").len()), (1, 1));
}

#[tokio::test]
async fn a_card_pulled_between_pin_and_signature_posts_nothing() {
    let rig = Rig::usual().await;
    rig.tokens.fail_next(Error::CardRemoved);
    rig.step(r#"{"choose": "9A"}"#);
    rig.step(r#"{"pin": "123456"}"#);
    let stream = rig.click().await;
    rig.shown("choose", 2).await;
    assert!(rig.gateway.seen("/agent/token").is_empty());
    rig.step(r#"{"choose": "9A"}"#);
    rig.step(r#"{"pin": "123456"}"#);
    assert_eq!(Reply::read(stream).await.status, 303);
}

#[tokio::test]
async fn a_signature_that_does_not_hold_is_not_sent() {
    let rig = Rig::usual().await;
    rig.tokens.spoil_next_signature();
    rig.step(r#"{"choose": "9A"}"#);
    rig.step(r#"{"pin": "123456"}"#);
    let stream = rig.click().await;
    let again = rig.shown("choose", 2).await;
    assert!(again.contains("does not hold"), "{again}");
    assert!(rig.gateway.seen("/agent/token").is_empty());
    rig.step(r#"{"choose": "9A"}"#);
    rig.step(r#"{"pin": "123456"}"#);
    assert_eq!(Reply::read(stream).await.status, 303);
}

#[tokio::test]
async fn a_refused_certificate_is_told_and_another_one_can_be_chosen() {
    let breach = |seen: &crate::gateway::Seen, count| {
        (seen.path == "/agent/token" && count == 0).then(|| Answer::json(403, &refused("signature_invalid", true)))
    };
    let gateway = FakeGateway::start(|_| (), Box::new(breach)).await;
    let rig = Rig::with(gateway, Setup::default()).await;
    usual_card(&rig.tokens);
    let key = p256();
    let other = certificate(&key, &Profile { owner: "Second Card", ..Profile::default() });
    rig.tokens.insert(vec![(Slot::AUTHENTICATION, key, other)]);
    rig.step(r#"{"choose": "Alena"}"#);
    rig.step(r#"{"pin": "123456"}"#);
    let stream = rig.click().await;
    let again = rig.shown("choose", 2).await;
    for words in ["The signature does not hold for this site", "INC-42", "support@example.org", "Was refused just now"]
    {
        assert!(again.contains(words), "{words}: {again}");
    }
    rig.step(r#"{"choose": "Second"}"#);
    rig.step(r#"{"pin": "123456"}"#);
    assert_eq!(Reply::read(stream).await.status, 303);
}

#[tokio::test]
async fn giving_up_after_a_refusal_shows_the_refusal_in_the_browser() {
    let breach = |seen: &crate::gateway::Seen, _| {
        (seen.path == "/agent/token").then(|| Answer::json(403, &refused("signature_invalid", true)))
    };
    let gateway = FakeGateway::start(|request| request.languages = vec!["be".to_owned()], Box::new(breach)).await;
    let rig = Rig::with(gateway, Setup::default()).await;
    usual_card(&rig.tokens);
    rig.step(r#"{"choose": "9A"}"#);
    rig.step(r#"{"pin": "123456"}"#);
    let stream = rig.click().await;
    let waiting = rig.shown("insert", 1).await;
    assert!(waiting.contains("Подпіс несапраўдны"), "{waiting}");
    rig.step(r#"{"cancel": true}"#);
    let reply = Reply::read(stream).await;
    assert_eq!(reply.status, 403);
    for words in ["signature_invalid", "INC-42", "support@example.org", &format!("{}/", rig.gateway.base())] {
        assert!(reply.body.contains(words), "{words}: {}", reply.body);
    }
}

#[tokio::test]
async fn cancelling_posts_nothing() {
    for step in [r#"{"cancel": true}"#, "{\"choose\": \"9A\"}\n{\"cancel\": true}"] {
        let rig = Rig::usual().await;
        rig.step(step);
        let reply = Reply::read(rig.click().await).await;
        assert_eq!(reply.status, 403);
        assert!(reply.body.contains("agent_cancelled"), "{}", reply.body);
        assert!(rig.gateway.seen("/agent/challenge").is_empty());
        assert!(rig.gateway.seen("/agent/token").is_empty());
    }
}

#[tokio::test]
async fn odd_hosts_and_names_are_pointed_out() {
    let change = |request: &mut brama::authn::LoginRequest| {
        request.portal = "Bank\u{202e}live.moc\u{1b}[2J".to_owned();
        request.return_host = "xn--80ak6aa92e.com".to_owned();
    };
    let gateway = FakeGateway::start(change, no_breach()).await;
    let rig = Rig::with(gateway, Setup::default()).await;
    usual_card(&rig.tokens);
    let _stream = rig.click().await;
    let screen = rig.shown("choose", 1).await;
    assert!(screen.contains("Warning: xn--80ak6aa92e.com is not written in plain Latin letters"), "{screen}");
    assert!(screen.contains("Banklive.moc [2J asks"), "{screen}");
}

#[tokio::test]
async fn an_agent_that_is_too_old_says_how_to_update() {
    // The rest of the request may be of any shape in a later version.
    let breach = |seen: &crate::gateway::Seen, _| {
        seen.path.starts_with("/agent/login/").then(|| {
            Answer::text(200, r#"{"minimum_protocol": 2, "help": "https://evil.example/update", "portal": 5}"#)
        })
    };
    let gateway = FakeGateway::start(|_| (), Box::new(breach)).await;
    let rig = Rig::with(gateway, Setup::default()).await;
    let reply = Reply::read(rig.click().await).await;
    assert!(reply.body.contains("agent_outdated"), "{}", reply.body);
    assert!(!reply.body.contains("evil.example"), "a foreign link is not shown: {}", reply.body);
    assert!(rig.transcript().is_empty());

    let address = std::sync::Arc::new(std::sync::OnceLock::<String>::new());
    let base = address.clone();
    let breach = move |seen: &crate::gateway::Seen, _| {
        let base = base.get().expect("is set");
        seen.path
            .starts_with("/agent/login/")
            .then(|| Answer::text(200, format!(r#"{{"minimum_protocol": 2, "help": "{base}/help"}}"#)))
    };
    let gateway = FakeGateway::start(|_| (), Box::new(breach)).await;
    address.set(gateway.base()).expect("sets once");
    let rig = Rig::with(gateway, Setup::default()).await;
    let reply = Reply::read(rig.click().await).await;
    assert!(reply.body.contains(&format!("href=\"{}/help\"", rig.gateway.base())), "{}", reply.body);
}

#[tokio::test]
async fn a_completion_on_another_origin_is_refused() {
    for completion in ["https://evil.example/c", "http://127.0.0.2:1/c", "/c", "javascript:alert(1)", ""] {
        let accepted = Accepted { completion: completion.to_owned() };
        let (_, reply) = broken(move |path, _| (path == "/agent/token").then(|| Answer::json(200, &accepted))).await;
        assert_eq!(reply.status, 502, "{completion}");
        assert!(reply.body.contains("agent_completion_foreign"), "{completion}: {}", reply.body);
    }
}

#[tokio::test]
async fn answers_outside_the_contract_are_refused() {
    let huge = || Answer::text(200, vec![b' '; 200 * 1024]);
    for path in ["/agent/login/", "/agent/challenge", "/agent/token"] {
        for (what, answer) in [
            ("huge", huge as fn() -> Answer),
            ("not JSON", || Answer::text(200, "<html>")),
            ("another JSON", || Answer::text(200, "[]")),
            ("a server error", || Answer::text(500, "{}")),
            ("a redirect", || Answer::text(302, "")),
            ("not UTF-8", || Answer::text(200, vec![b'"', 0xff, b'"'])),
        ] {
            let (_, reply) = broken(move |seen, _| seen.starts_with(path).then(answer)).await;
            assert_eq!(reply.status, 502, "{path}: {what}");
            assert!(reply.body.contains("agent_gateway_answer"), "{path}: {what}: {}", reply.body);
        }
    }
    let (_, reply) = broken(|path, _| path.starts_with("/agent/login/").then(|| Answer::text(404, ""))).await;
    assert!(reply.body.contains("agent_handle_unknown"), "{}", reply.body);
    let nonce = || Answer::text(200, r#"{"nonce": "short", "expires": 0}"#);
    let (rig, reply) = broken(move |path, _| (path == "/agent/challenge").then(nonce)).await;
    assert!(reply.body.contains("agent_gateway_answer"), "{}", reply.body);
    assert_eq!(rig.tokens.counts(), (0, 0), "the PIN was sent to the card for no nonce");
}

#[tokio::test]
async fn a_refusals_text_is_taken_with_care() {
    let hostile = brama::authn::Refused {
        code: "<script>_revoked".to_owned(),
        incident: "1\u{202e}2\u{1b}".to_owned(),
        retry: false,
        support: Some("<img src=x>\u{1b}[2J".to_owned()),
    };
    let (rig, reply) = broken(move |path, _| (path == "/agent/token").then(|| Answer::json(403, &hostile))).await;
    assert!(!reply.body.contains("<script") && !reply.body.contains("<img"), "{}", reply.body);
    assert!(reply.body.contains("Incident number: 12"), "{}", reply.body);
    assert!(!rig.transcript().contains("\\u001b"), "{}", rig.transcript());
}

#[tokio::test]
async fn an_unreachable_gateway_is_told() {
    // What answers there does not speak HTTP.
    let (_, reply) = broken(|_, _| Some(Answer::text(99, ""))).await;
    assert_eq!(reply.status, 502);
    assert!(reply.body.contains("agent_gateway_unreachable"), "{}", reply.body);
}

#[tokio::test]
async fn a_login_that_expires_is_closed() {
    let change = |request: &mut brama::authn::LoginRequest| {
        request.expires = SystemClock.now().plus(Duration::from_secs(2));
    };
    let gateway = FakeGateway::start(change, no_breach()).await;
    let rig = Rig::with(gateway, Setup::default()).await;
    usual_card(&rig.tokens);
    let reply = Reply::read(rig.click().await).await;
    assert!(reply.body.contains("agent_expired"), "{}", reply.body);
    assert!(rig.gateway.seen("/agent/challenge").is_empty());
}

#[tokio::test]
async fn a_script_that_expects_something_else_fails_the_login() {
    let rig = Rig::usual().await;
    rig.step(r#"{"expect": "another portal"}"#);
    let reply = Reply::read(rig.click().await).await;
    assert!(reply.body.contains("agent_prompt"), "{}", reply.body);
    assert!(rig.gateway.seen("/agent/challenge").is_empty());
}

#[tokio::test]
async fn a_script_may_be_a_fifo() {
    let folder = tempfile::tempdir().expect("a folder");
    let fifo = folder.path().join("fifo");
    let mode = rustix::fs::Mode::from_raw_mode(0o600);
    rustix::fs::mknodat(rustix::fs::CWD, &fifo, rustix::fs::FileType::Fifo, mode, 0).expect("makes a FIFO");
    let gateway = FakeGateway::start(|_| (), no_breach()).await;
    let prompt = Some(PromptKind::Scripted(fifo.clone()));
    let rig = Rig::with(gateway, Setup { prompt, ..Setup::default() }).await;
    usual_card(&rig.tokens);
    let stream = rig.click().await;
    for step in [r#"{"choose": "9A"}"#, r#"{"pin": "123456"}"#] {
        // Each step by a writer of its own, as a shell's redirection would.
        let mut writer = std::fs::OpenOptions::new().write(true).open(&fifo).expect("opens");
        std::io::Write::write_all(&mut writer, format!("{step}\n").as_bytes()).expect("writes");
    }
    assert_eq!(Reply::read(stream).await.status, 303);
}

/// A TLS server for 127.0.0.2 that tells how many requests reached it, and the PEM of its certificate.
async fn tls_server() -> (u16, std::sync::Arc<std::sync::atomic::AtomicUsize>, Vec<u8>) {
    let key = p256();
    let mut builder = X509::builder().expect("builds");
    builder.set_version(2).expect("sets");
    builder.set_subject_name(&crate::tokens::name("127.0.0.2")).expect("sets");
    builder.set_issuer_name(&crate::tokens::name("127.0.0.2")).expect("sets");
    builder.set_not_before(&Asn1Time::days_from_now(0).expect("a time")).expect("sets");
    builder.set_not_after(&Asn1Time::days_from_now(2).expect("a time")).expect("sets");
    builder.set_pubkey(&key).expect("sets");
    let names = SubjectAlternativeName::new().ip("127.0.0.2").build(&builder.x509v3_context(None, None));
    builder.append_extension(names.expect("builds")).expect("appends");
    builder.sign(&key, MessageDigest::sha256()).expect("signs");
    let certificate = builder.build();
    let private = key.private_key_to_pkcs8().expect("encodes");
    let chain = vec![certificate.to_der().expect("encodes").into()];
    let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("has versions")
        .with_no_client_auth()
        .with_single_cert(chain, rustls::pki_types::PrivateKeyDer::Pkcs8(private.into()))
        .expect("fits");
    let acceptor = tokio_rustls::TlsAcceptor::from(std::sync::Arc::new(config));
    let listener = tokio::net::TcpListener::bind("127.0.0.2:0").await.expect("binds");
    let port = listener.local_addr().expect("has an address").port();
    let count = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let counted = count.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            let mut buffer = [0; 4096];
            if stream.read(&mut buffer).await.unwrap_or(0) > 0 {
                counted.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
                let _ = stream.write_all(b"HTTP/1.1 404 X\r\ncontent-length: 0\r\n\r\n").await;
                let _ = stream.shutdown().await;
            }
        }
    });
    (port, count, certificate.to_pem().expect("encodes"))
}

#[tokio::test]
async fn a_gateway_is_asked_only_over_verified_tls() {
    let (port, count, pem) = tls_server().await;
    let (_, _, foreign) = tls_server().await;
    let host = format!("127.0.0.2:{port}");
    for (authority, code, requests) in [
        (Some(&foreign), "agent_gateway_untrusted", 0),
        (None, "agent_gateway_untrusted", 0),
        (Some(&pem), "agent_handle_unknown", 1),
    ] {
        let folder = tempfile::tempdir().expect("a folder");
        let mut config = format!("[[gateway]]\nurl = \"https://{host}\"\n");
        if let Some(authority) = authority {
            std::fs::write(folder.path().join("ca.pem"), authority).expect("writes");
            config += "ca = \"ca.pem\"\n";
        }
        let file = folder.path().join("agent.toml");
        std::fs::write(&file, config).expect("writes");
        let config = Config::load(&folder.path().join("none"), &file, Presence::Required).expect("loads");
        let rig = Rig::of(config.gateways, no_gateway().await, Setup::default()).await;
        let headers = rig.headers_with("Referer", Some(&format!("https://{host}/")));
        let reply = rig.ask("GET", &format!("/login/{host}/{HANDLE}"), &headers).await;
        assert!(reply.body.contains(code), "{code}: {}", reply.body);
        assert_eq!(count.load(std::sync::atomic::Ordering::SeqCst), requests);
        assert!(rig.transcript().is_empty());
    }
}

async fn no_gateway() -> FakeGateway {
    FakeGateway::start(|_| (), no_breach()).await
}
