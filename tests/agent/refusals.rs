//! Every refusal at the door, with raw requests.

use crate::gateway::FakeGateway;
use crate::rig::{HANDLE, Reply, Rig, Setup, until, usual_card};
use brama::agent::loopback::SocketOwner;
use proptest::prelude::*;
use std::net::SocketAddrV4;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;

/// Nothing was asked of the gateway, nobody was asked, and the answer tells no stranger anything.
fn left_alone(rig: &Rig, reply: &Reply) {
    assert!(rig.gateway.seen("/").is_empty(), "the gateway was asked");
    assert!(rig.transcript().is_empty(), "the citizen was asked");
    assert!(!reply.head.contains("access-control"), "{}", reply.head);
    assert!(!reply.head.contains("server:"), "{}", reply.head);
    assert!(!reply.head.contains("location:"), "{}", reply.head);
    assert!(!reply.body.contains(env!("CARGO_PKG_VERSION")), "{}", reply.body);
    assert_eq!(reply.header("cache-control"), Some("no-store"));
    assert_eq!(reply.header("x-content-type-options"), Some("nosniff"));
    let policy = reply.header("content-security-policy").expect("has a policy");
    assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"), "{policy}");
    assert!(!policy.contains("unsafe"), "{policy}");
}

#[tokio::test]
async fn each_header_has_its_refusal() {
    let rig = Rig::usual().await;
    let port = rig.port;
    let rebound = format!("rebound.example:{port}");
    let (localhost, unspecified) = (format!("localhost:{port}"), format!("0.0.0.0:{port}"));
    let page = format!("{}/page", rig.gateway.base());
    for (name, value, status, code) in [
        ("Host", Some(rebound.as_str()), 421, ""),
        ("Host", Some(localhost.as_str()), 421, ""),
        ("Host", Some(unspecified.as_str()), 421, ""),
        ("Host", Some("127.0.0.1"), 421, ""),
        ("Host", None, 421, ""),
        ("Sec-Fetch-Mode", Some("cors"), 403, "agent_not_navigation"),
        ("Sec-Fetch-Mode", Some("no-cors"), 403, "agent_not_navigation"),
        ("Sec-Fetch-Mode", None, 403, "agent_not_navigation"),
        ("Sec-Fetch-Dest", Some("iframe"), 403, "agent_not_navigation"),
        ("Sec-Fetch-Dest", Some("image"), 403, "agent_not_navigation"),
        ("Sec-Purpose", Some("prefetch"), 403, ""),
        ("Sec-Purpose", Some("prefetch;prerender"), 403, ""),
        ("Referer", None, 403, "agent_referer_missing"),
        ("Referer", Some("https://evil.example/"), 403, "agent_referer_foreign"),
        ("Referer", Some(page.as_str()), 403, "agent_referer_foreign"),
        ("Content-Length", Some("0"), 400, ""),
    ] {
        let reply = rig.ask("GET", &rig.path(), &rig.headers_with(name, value)).await;
        assert_eq!(reply.status, status, "{name}: {value:?}: {reply:?}");
        left_alone(&rig, &reply);
        if code.is_empty() {
            assert_eq!(reply.body, "", "{name}: {value:?}");
        } else {
            assert!(reply.body.contains(code), "{name}: {value:?}: {}", reply.body);
            // The gateway is on the list, so the way back may be shown.
            assert!(reply.body.contains(&format!("href=\"{}/\"", rig.gateway.base())), "{}", reply.body);
        }
    }
}

#[tokio::test]
async fn there_is_one_address_and_one_method() {
    let rig = Rig::usual().await;
    let query = format!("{}?a=b", rig.path());
    for path in ["/", "/version", "/status", "/login", "/login/x", "/favicon.ico", query.as_str()] {
        let reply = rig.ask("GET", path, &rig.headers()).await;
        assert_eq!((reply.status, reply.body.as_str()), (404, ""), "{path}");
        left_alone(&rig, &reply);
    }
    for method in ["POST", "HEAD", "OPTIONS", "DELETE", "CONNECT"] {
        let reply = rig.ask(method, &rig.path(), &rig.headers()).await;
        assert!((400..500).contains(&reply.status), "{method}: {reply:?}");
        assert!(!reply.head.contains("access-control"), "{}", reply.head);
    }
    let preflight = [("Origin", "https://evil.example"), ("Access-Control-Request-Private-Network", "true")];
    let mut headers = rig.headers();
    headers.extend(preflight.map(|(name, value)| (name.to_owned(), value.to_owned())));
    let reply = rig.ask("OPTIONS", &rig.path(), &headers).await;
    assert_eq!(reply.status, 405);
    left_alone(&rig, &reply);
}

#[tokio::test]
async fn a_gateway_that_is_not_on_the_list_gets_a_page_without_a_link() {
    let rig = Rig::usual().await;
    let path = format!("/login/evil.example/{HANDLE}");
    let reply = rig.ask("GET", &path, &rig.headers_with("Referer", Some("https://evil.example/"))).await;
    assert_eq!(reply.status, 403);
    assert!(reply.body.contains("agent_gateway_unknown"), "{}", reply.body);
    assert!(!reply.body.contains("href"), "{}", reply.body);
    assert!(!reply.body.contains("evil.example"), "{}", reply.body);
    left_alone(&rig, &reply);
}

#[tokio::test]
async fn pages_speak_the_citizens_language() {
    let rig = Rig::usual().await;
    for (accept, tag, word) in [
        ("be-BY,be;q=0.9", "be", "Агент Brama не ведае сайта"),
        ("uk", "uk", "Агент Brama не знає сайту"),
        ("ru-RU,ru;q=0.5", "ru", "Агент Brama не знает сайта"),
        ("fr", "en", "The Brama agent does not know the site"),
    ] {
        let path = format!("/login/other.example/{HANDLE}");
        let reply = rig.ask("GET", &path, &rig.headers_with("Accept-Language", Some(accept))).await;
        assert!(reply.body.contains(&format!("<html lang=\"{tag}\">")), "{}", reply.body);
        assert!(reply.body.contains(word), "{}", reply.body);
    }
}

struct SomebodyElse;

impl SocketOwner for SomebodyElse {
    fn owner(&self, _: SocketAddrV4, _: SocketAddrV4) -> std::io::Result<Option<u32>> {
        Ok(Some(4242))
    }
}

struct Nobody;

impl SocketOwner for Nobody {
    fn owner(&self, _: SocketAddrV4, _: SocketAddrV4) -> std::io::Result<Option<u32>> {
        Ok(None)
    }
}

#[tokio::test]
async fn another_users_connection_is_refused() {
    let owners: [Arc<dyn SocketOwner>; 2] = [Arc::new(SomebodyElse), Arc::new(Nobody)];
    for owners in owners {
        let gateway = FakeGateway::start(|_| (), Box::new(|_, _| None)).await;
        let rig = Rig::with(gateway, Setup { owners, ..Setup::default() }).await;
        let reply = Reply::read(rig.click().await).await;
        assert_eq!((reply.status, reply.body.as_str()), (403, ""));
        left_alone(&rig, &reply);
    }
    // The kernel's own table, and an agent of another user.
    let gateway = FakeGateway::start(|_| (), Box::new(|_, _| None)).await;
    let user = rustix::process::geteuid().as_raw() + 1;
    let rig = Rig::with(gateway, Setup { user, ..Setup::default() }).await;
    let reply = Reply::read(rig.click().await).await;
    assert_eq!((reply.status, reply.body.as_str()), (403, ""));
    left_alone(&rig, &reply);
}

#[tokio::test]
async fn a_second_login_at_once_is_told_so() {
    let rig = Rig::usual().await;
    let first = rig.click().await;
    rig.shown("choose", 1).await;
    let second = Reply::read(rig.click().await).await;
    assert_eq!(second.status, 409);
    assert!(second.body.contains("agent_busy"), "{}", second.body);
    // The first one is untouched by it.
    rig.step(r#"{"choose": "9A"}"#);
    rig.step(r#"{"pin": "123456"}"#);
    assert_eq!(Reply::read(first).await.status, 303);
}

#[tokio::test]
async fn heads_are_bounded() {
    let rig = Rig::usual().await;
    let big = "x".repeat(64 * 1024);
    let reply = rig.ask("GET", &rig.path(), &rig.headers_with("Cookie", Some(&big))).await;
    assert!(matches!(reply.status, 431 | 0), "{reply:?}");
    let mut many = rig.headers();
    many.extend((0..200).map(|number| (format!("X-{number}"), "1".to_owned())));
    let reply = rig.ask("GET", &rig.path(), &many).await;
    assert!(matches!(reply.status, 431 | 0), "{reply:?}");
    assert!(rig.gateway.seen("/").is_empty());
}

#[tokio::test]
async fn connections_are_few() {
    let rig = Rig::usual().await;
    let mut held = Vec::new();
    for _ in 0..16 {
        held.push(rig.send_raw(b"GET / HTTP/1.1\r\n").await);
    }
    // The seventeenth is closed, whatever it says.
    let end = std::time::Instant::now() + Duration::from_secs(10);
    loop {
        let mut stream = TcpStream::connect(("127.0.0.1", rig.port)).await.expect("connects");
        let mut byte = [0; 1];
        let closed = tokio::time::timeout(Duration::from_millis(200), stream.read(&mut byte)).await;
        if matches!(closed, Ok(Ok(0) | Err(_))) {
            break;
        }
        assert!(std::time::Instant::now() < end, "seventeen connections are served");
    }
    // And with the others gone there is room again.
    drop(held);
    let mut status = 0;
    for _ in 0..100 {
        status = rig.ask("GET", "/", &rig.headers()).await.status;
        if status != 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(status, 404);
}

#[tokio::test]
async fn a_browser_that_leaves_ends_the_login() {
    // In whatever way it leaves, and at whatever screen: nothing is sent, the prompt closes.
    for more in ["", "GET /second HTTP/1.1\r\nHost: x\r\n\r\n"] {
        let rig = Rig::usual().await;
        let lines: String = rig.headers().iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let request = format!("GET {} HTTP/1.1\r\n{lines}\r\n{more}", rig.path());
        let stream = rig.send_raw(request.as_bytes()).await;
        rig.step(r#"{"choose": "9A"}"#);
        rig.shown("pin", 1).await;
        drop(stream);
        let end = rig.shown("end", 1).await;
        assert!(end.contains("was closed"), "{end}");
        assert!(rig.gateway.seen("/agent/challenge").is_empty(), "a nonce was fetched");
        assert!(rig.gateway.seen("/agent/token").is_empty(), "a token was posted");
        assert_eq!(rig.tokens.counts(), (0, 0));
        // The agent is free for the next one.
        let next = rig.click().await;
        rig.shown("choose", 2).await;
        rig.step(r#"{"choose": "9A"}"#);
        rig.step(r#"{"pin": "123456"}"#);
        assert_eq!(Reply::read(next).await.status, 303);
    }
}

#[tokio::test]
async fn a_browser_that_leaves_before_anybody_is_asked_ends_the_login() {
    let slow = |_: &crate::gateway::Seen, _| {
        Some(crate::gateway::Reply { delay: Duration::from_secs(3600), ..crate::gateway::Reply::text(200, "") })
    };
    let gateway = FakeGateway::start(|_| (), Box::new(slow)).await;
    let rig = Rig::with(gateway, Setup::default()).await;
    usual_card(&rig.tokens);
    let stream = rig.click().await;
    until("the gateway is asked", || (!rig.gateway.seen("/agent/login/").is_empty()).then_some(())).await;
    drop(stream);
    // The turn is given back: the next click is not told that another login is open.
    let next = rig.click().await;
    until("the gateway is asked again", || (rig.gateway.seen("/agent/login/").len() == 2).then_some(())).await;
    drop(next);
    assert!(rig.transcript().is_empty());
}

#[tokio::test]
async fn stopping_the_agent_ends_the_login() {
    let mut rig = Rig::usual().await;
    let stream = rig.click().await;
    rig.shown("choose", 1).await;
    rig.stop();
    let end = rig.shown("end", 1).await;
    assert!(end.contains("stopped"), "{end}");
    (&mut rig.served).await.expect("no panic").expect("no error");
    let reply = Reply::read(stream).await;
    assert!(matches!(reply.status, 503 | 0), "{reply:?}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// Whatever comes in at the door, the agent goes on serving and leaves citizen and gateway alone.
    #[test]
    fn no_request_breaks_the_agent(
        path in "/(login/)?[!-~]{0,120}",
        bytes in proptest::collection::vec(any::<u8>(), 0..400),
        good_head in any::<bool>(),
    ) {
        static RIG: std::sync::LazyLock<(tokio::runtime::Runtime, Rig)> = std::sync::LazyLock::new(|| {
            let runtime = tokio::runtime::Runtime::new().expect("a runtime");
            let rig = runtime.block_on(Rig::usual());
            (runtime, rig)
        });
        let (runtime, rig) = &*RIG;
        runtime.block_on(async {
            let reply = if good_head {
                rig.ask("GET", &path, &rig.headers()).await
            } else {
                let mut stream = rig.send_raw(&bytes).await;
                let _ = tokio::io::AsyncWriteExt::shutdown(&mut stream).await;
                Reply::read(stream).await
            };
            assert!(reply.status == 0 || reply.status >= 400, "{reply:?}");
            assert_eq!(rig.ask("GET", "/", &rig.headers()).await.status, 404);
            assert!(rig.gateway.seen("/").is_empty());
            assert!(rig.transcript().is_empty());
        });
    }
}
