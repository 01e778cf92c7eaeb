//! A gateway with TLS: silent clients, an authority of one's own, and the wrong one.

use crate::house::{House, Plan, Transport};
use crate::needs::{Need, met};
use crate::operation::Probe;
use crate::people::{PEOPLE, PIN, ServerCertificate};
use crate::script::text_of;
use crate::sign_in::{AGENT, CONTINUE, arrived};
use std::io::Write;
use std::net::TcpStream;
use std::time::{Duration, Instant};

fn with_tls(cards: Vec<&'static crate::people::Person>) -> House {
    House::without_agent(Plan { transport: Transport::Tls, ..Plan::with(cards) })
}

#[test]
fn clients_that_say_nothing_stop_nobody() {
    let house = with_tls(vec![]);
    let address = house.issuer.socket_addrs(|| None).expect("an address")[0];
    let connect = || TcpStream::connect(address).expect("the gateway listens");
    let silent: Vec<TcpStream> = (0..50).map(|_| connect()).collect();
    // Others begin a handshake and leave it at that: the head of a record of TLS, and not its body.
    let mut begun: Vec<TcpStream> = (0..50).map(|_| connect()).collect();
    begun.iter_mut().for_each(|stream| stream.write_all(&[22, 3, 1, 2, 0]).expect("is sent"));
    let probe = Probe::new(&house);
    let started = Instant::now();
    for _ in 0..5 {
        let page = probe.send(&mut probe.visitor(), &[]);
        assert_eq!(page.status, 200, "{}", page.body);
    }
    assert!(started.elapsed() < Duration::from_secs(5), "others wait: {:?}", started.elapsed());
    assert_eq!((silent.len(), begun.len()), (50, 50), "all of them still hold their connections");
}

#[test]
fn a_login_over_tls_with_an_authority_of_its_own() {
    if !met(&[Need::Browser, Need::Cards]) {
        return;
    }
    let mut house = with_tls(vec![&PEOPLE.taras]);
    house.start_agent();
    let probe = Probe::new(&house);
    let browser = house.browser("en");
    browser.go(probe.request(&[]).as_str());
    browser.text(AGENT);
    browser.press(AGENT);
    house.script.choose("Криничний");
    house.script.pin(PIN);
    assert_eq!(arrived(&house, &browser), PEOPLE.taras.name);
    browser.press(CONTINUE);
    browser.until("the portal's address", |browser| browser.address().path() == "/callback");
    let id_token = probe.exchange(&browser.address());
    assert_eq!(id_token.split('.').count(), 3);
    assert_eq!(house.audited(), ["login_proven", "login"]);
}

#[test]
fn a_gateway_that_another_authority_vouches_for_is_refused() {
    if !met(&[Need::Cards]) {
        return;
    }
    let mut house = with_tls(vec![&PEOPLE.taras]);
    let other = house.path("other-authority.pem");
    std::fs::write(&other, ServerCertificate::new().authority).expect("is written");
    let probe = Probe::new(&house);
    // The wrong authority, and those of the system.
    for authority in [Some(other.as_path()), None] {
        house.start_agent_trusting(&house.origin(), authority);
        let mut visitor = probe.visitor();
        let page = probe.send(&mut visitor, &[]);
        let agent = probe.click(&mut visitor, &page);
        let answer = visitor.get(&agent, Some(&page.address));
        assert_eq!(answer.status, 502, "{answer:?}");
        assert!(answer.body.contains("agent_gateway_untrusted"), "{}", answer.body);
    }
    let asked: Vec<String> = house.script.screens().iter().map(text_of).collect();
    assert!(asked.is_empty(), "she is asked for nothing: {asked:?}");
    assert_eq!(house.cards[0].counters().verifications, 0);

    // With the right one the very same login works.
    house.start_agent();
    let mut visitor = probe.visitor();
    let page = probe.send(&mut visitor, &[]);
    let agent = probe.click(&mut visitor, &page);
    house.script.choose("Криничний");
    house.script.pin(PIN);
    let answer = visitor.get(&agent, Some(&page.address));
    let page = visitor.follow(answer, Some(&page.address), None);
    assert!(page.body.contains(PEOPLE.taras.name), "{page:?}");
    probe.exchange(&probe.proceed(&mut visitor, &page));
}
