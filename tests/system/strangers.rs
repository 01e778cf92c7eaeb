//! Whoever is not the citizen in her browser before her agent.

use crate::house::{House, Plan};
use crate::needs::{Need, met};
use crate::people::{PEOPLE, PIN, Person};
use crate::process::wait_until;
use crate::sign_in::{AGENT, CONTINUE, NOT_ME, arrive, arrived};
use crate::visitor::{Answer, Request, Visitor, exchange};
use brama::authn::{Accepted, Challenge, LoginRequest, TokenPost};
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::process::{Command, Stdio};
use std::time::Duration;
use url::Url;

/// The agent's side of a login in software, without any of the agent's care.
pub struct SoftAgent {
    pub issuer: Url,
    pub authority: Option<String>,
}

impl SoftAgent {
    pub fn of(house: &House) -> Self {
        Self { issuer: house.issuer.clone(), authority: house.tls.as_ref().map(|tls| tls.authority.clone()) }
    }

    /// One call of the gateway.
    pub fn call(&self, path: &str, ticket: Option<&str>, body: Option<&[u8]>) -> Answer {
        let address = self.issuer.join(path).expect("a path");
        let headers: Vec<_> = ticket.map(|ticket| ("Authorization", format!("Bearer {ticket}"))).into_iter().collect();
        let body = body.map(|body| ("application/json", body));
        let authority = self.authority.as_deref();
        let request = Request { method: "POST", address: &address, headers: &headers, body, authority };
        exchange(&request).expect("the gateway answers")
    }

    /// Spends a handle.
    pub fn login(&self, handle: &str) -> LoginRequest {
        self.call(&format!("/agent/login/{handle}"), None, None).json()
    }

    pub fn challenge(&self, ticket: &str) -> Challenge {
        self.call("/agent/challenge", Some(ticket), None).json()
    }

    /// Posts a token signed for an origin.
    pub fn post(&self, ticket: &str, person: &Person, origin: &str, nonce: &str) -> Answer {
        let post = TokenPost { token: person.token(origin, nonce).to_json(), nonce: nonce.to_owned() };
        self.call("/agent/token", Some(ticket), Some(&serde_json::to_vec(&post).expect("encodes")))
    }

    /// From a handle to the completion address.
    pub fn sign_in(&self, handle: &str, person: &Person) -> Accepted {
        let request = self.login(handle);
        let nonce = self.challenge(&request.ticket).nonce;
        self.post(&request.ticket, person, &self.issuer.origin().ascii_serialization(), &nonce).json()
    }
}

/// The last part of the agent's address.
pub fn handle_of(address: &Url) -> String {
    address.path_segments().and_then(|mut parts| parts.next_back()).expect("a handle").to_owned()
}

/// From the portal to the agent's address with a fresh handle, without going there.
pub fn click(house: &House, visitor: &mut Visitor) -> Url {
    let start = house.portal_address.join("/sign-in").expect("an address");
    let answer = visitor.post(&start, &house.portal_address, "");
    let page = visitor.follow(answer, Some(&house.portal_address), None);
    let button = page.link("href", |link| link.ends_with("/agent"));
    visitor.get(&button, Some(&page.address)).location().expect("goes to the agent")
}

#[test]
fn a_completion_in_another_browser_is_refused_and_burns_the_login() {
    if !met(&[Need::Browser, Need::Cards]) {
        return;
    }
    let house = House::new(Plan::with(vec![&PEOPLE.alena]));
    let browser = house.browser("en");
    arrive(&house, &browser);
    browser.press(AGENT);
    house.script.choose("Кавальчук");
    house.script.pin(PIN);
    assert_eq!(arrived(&house, &browser), PEOPLE.alena.name);
    let completion = browser.address();

    let other = house.browser("en");
    other.go(completion.as_str());
    let refusal = other.text("main");
    assert!(refusal.contains("began in another browser"), "{refusal}");
    assert!(!refusal.contains(PEOPLE.alena.name), "a stranger does not learn who it was: {refusal}");
    other.picture("13-completion-foreign");
    let audit = house.audit();
    let kinds: Vec<_> = audit.iter().map(|record| record.kind.as_str()).collect();
    assert_eq!(kinds, ["login_proven", "completion_foreign"]);
    assert_eq!(audit[0].incident, audit[1].incident, "both are found under one number");

    // Burnt for the browser that began as well.
    browser.press(CONTINUE);
    browser.until("the refusal", |browser| browser.text("h1").contains("is over"));
    browser.picture("14-over");
    for browser in [&browser, &other] {
        assert!(!browser.has_cookie("__Host-brama-session"));
        browser.go(house.portal_address.join("/account").expect("an address").as_str());
        browser.text("#sign-in");
    }
}

#[test]
fn another_user_of_the_computer_gets_nothing_from_the_agent() {
    if !met(&[Need::Cards, Need::Root]) {
        return;
    }
    let house = House::new(Plan::with(vec![&PEOPLE.alena]));
    let mut visitor = Visitor::default();
    let address = click(&house, &mut visitor);
    // A request with all that a browser would send; only the socket is another user's.
    let request = format!(
        "GET {} HTTP/1.1\\r\\nHost: 127.0.0.1:{port}\\r\\nReferer: {}/\\r\\nSec-Fetch-Mode: navigate\\r\\n\
         Sec-Fetch-Dest: document\\r\\nConnection: close\\r\\n\\r\\n",
        address.path(),
        house.origin(),
        port = house.agent_port
    );
    let script = format!("exec 3<>/dev/tcp/127.0.0.1/{}; printf '{request}' >&3; cat <&3", house.agent_port);
    let output = Command::new("setpriv")
        .args(["--reuid=65534", "--regid=65534", "--clear-groups", "bash", "-c", &script])
        .stdin(Stdio::null())
        .output()
        .expect("setpriv runs");
    let answer = String::from_utf8_lossy(&output.stdout);
    assert!(answer.starts_with("HTTP/1.1 403 "), "{answer:?} {}", String::from_utf8_lossy(&output.stderr));
    assert!(answer.ends_with("\r\n\r\n"), "a stranger is told nothing: {answer}");
    assert!(house.log("agent.log").contains("agent_foreign_user"));
    assert!(house.script.screens().is_empty(), "nobody is asked");

    // The very same request of her own is served: the handle was not spent on the stranger.
    house.script.choose("Кавальчук");
    house.script.pin(PIN);
    let answer = visitor.get(&address, Some(&house.issuer));
    assert_eq!(answer.status, 303, "{}", answer.body);
    assert!(answer.location().is_some_and(|next| next.path().starts_with("/c/")));
}

#[test]
fn a_squatter_on_the_agents_port_is_seen_before_anybody_is_signed_in() {
    if !met(&[Need::Browser]) {
        return;
    }
    let mut house = House::without_agent(Plan::with(vec![]));
    let browser = house.browser("en");
    arrive(&house, &browser);
    // Somebody else's program on the port, with her own key.
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, house.agent_port)).expect("the port is free");
    let agent = SoftAgent::of(&house);
    let squatter = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("the browser comes");
        let mut head = [0; 4096];
        let length = stream.read(&mut head).expect("a request");
        let head = String::from_utf8_lossy(&head[..length]).into_owned();
        let path = head.split(' ').nth(1).expect("a path");
        let accepted = agent.sign_in(path.rsplit('/').next().expect("a handle"), &PEOPLE.taras);
        let answer =
            format!("HTTP/1.1 303 See Other\r\nLocation: {}\r\nContent-Length: 0\r\n\r\n", accepted.completion);
        stream.write_all(answer.as_bytes()).expect("is sent");
    });
    browser.press(AGENT);
    squatter.join().expect("the squatter signs");
    assert_eq!(arrived(&house, &browser), PEOPLE.taras.name, "she sees as whom she would be signed in");
    assert!(!browser.has_cookie("__Host-brama-session"), "nobody is signed in yet");
    assert_eq!(house.audited(), ["login_proven"]);

    browser.press(NOT_ME);
    browser.text(AGENT);
    assert!(!browser.has_cookie("__Host-brama-session"));
    assert_eq!(house.audited(), ["login_proven", "login_declined"]);
    browser.go(house.portal_address.join("/account").expect("an address").as_str());
    browser.text("#sign-in");

    // With the port free again the agent comes up and finds it.
    house.start_agent();
}

#[test]
fn a_gateway_that_is_not_on_the_list_gets_an_explanation_and_nothing_else() {
    if !met(&[Need::Browser, Need::Cards]) {
        return;
    }
    let mut house = House::without_agent(Plan::with(vec![&PEOPLE.alena]));
    house.start_agent_trusting("https://id.example", None);
    let browser = house.browser("en");
    arrive(&house, &browser);
    // The agent reads cards when it starts and when they come; from then on nothing may reach the card.
    let read = || house.cards[0].counters().resets > 0;
    assert!(wait_until(Duration::from_secs(20), read), "the agent has read the card");
    wait_for_quiet(&house);
    let before = house.cards[0].counters();
    let agents = browser.press_for_tab(AGENT);
    browser.switch(&agents);
    let page = browser.text("main");
    assert!(page.contains("does not know the site"), "{page}");
    browser.picture("15-gateway-unknown");
    let links = browser.run("return document.querySelectorAll('a').length");
    assert_eq!(links, 0, "no way back to a site that is not trusted");
    assert_eq!(house.cards[0].counters(), before, "the card is not touched");
    assert!(house.script.screens().is_empty(), "nobody is asked");
    assert_eq!(house.audited(), [""; 0]);
}

/// Waits until the card has not been asked anything for a second.
fn wait_for_quiet(house: &House) {
    let mut last = (house.cards[0].counters(), std::time::Instant::now());
    let quiet = wait_until(Duration::from_secs(20), || {
        let now = house.cards[0].counters();
        if now != last.0 {
            last = (now, std::time::Instant::now());
        }
        last.1.elapsed() > Duration::from_secs(1)
    });
    assert!(quiet, "the card is asked again and again");
}

#[test]
fn a_page_cannot_reach_the_agent_by_itself() {
    if !met(&[Need::Cards]) {
        return;
    }
    let house = House::new(Plan::with(vec![&PEOPLE.alena]));
    let mut visitor = Visitor::default();
    let address = click(&house, &mut visitor);
    let good = [
        ("Sec-Fetch-Mode", "navigate".to_owned()),
        ("Sec-Fetch-Dest", "document".to_owned()),
        ("Referer", format!("{}/", house.origin())),
    ];
    let changed = |name: &str, value: &str| {
        let mut headers = good.clone().to_vec();
        headers.retain(|(given, _)| *given != name);
        if !value.is_empty() {
            let name = good.iter().find(|(given, _)| *given == name).expect("one of them").0;
            headers.push((name, value.to_owned()));
        }
        headers
    };
    for headers in [
        changed("Sec-Fetch-Mode", "cors"),
        changed("Sec-Fetch-Mode", "no-cors"),
        changed("Sec-Fetch-Dest", "iframe"),
        changed("Referer", ""),
        changed("Referer", "https://evil.example/"),
        [&good[..], &[("Sec-Purpose", "prefetch".to_owned())]].concat(),
    ] {
        let request = Request { method: "GET", address: &address, headers: &headers, body: None, authority: None };
        let answer = exchange(&request).expect("the agent answers");
        assert_eq!(answer.status, 403, "{headers:?}: {answer:?}");
        let allowed = answer.headers.iter().any(|(name, _)| name.to_ascii_lowercase().starts_with("access-control"));
        assert!(!allowed, "no CORS answers: {answer:?}");
    }
    assert!(house.script.screens().is_empty(), "nobody is asked");
}
