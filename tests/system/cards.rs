//! What goes wrong with cards, certificates and PINs, and how she gets in all the same.

use crate::house::{House, Plan};
use crate::needs::{Need, met};
use crate::people::{PEOPLE, PIN};
use crate::script::text_of;
use crate::sign_in::{AGENT, arrive, arrived, proceed};
use crate::virtual_card::Fault;

#[test]
fn a_revoked_certificate_is_refused_and_another_one_gets_in() {
    if !met(&[Need::Browser, Need::Cards]) {
        return;
    }
    let house = House::new(Plan::with(vec![&PEOPLE.janka, &PEOPLE.alena]));
    let browser = house.browser("en");
    arrive(&house, &browser);
    browser.press(AGENT);
    house.script.choose("Янка");
    house.script.pin(PIN);

    let (seen, _) = house.script.wait_for(0, "pin");
    let (seen, screen) = house.script.wait_for(seen, "choose");
    let told = text_of(&screen);
    assert!(told.contains("revoked"), "the agent tells why: {told}");
    let incident = house.audit().last().map(|record| record.incident.clone()).expect("a record");
    assert!(told.contains(&incident), "the agent names incident {incident}: {told}");
    assert!(told.contains("+375 17 000-00-00"), "the agent names the support: {told}");
    let choices = screen["choices"].as_array().expect("choices");
    let refused = choices.iter().find(|choice| !choice["unfit"].is_null()).expect("the refused one is greyed");
    assert!(refused["lines"][0].to_string().contains("Янка"), "{refused}");
    let said = browser.text("#refusal");
    assert!(said.contains("revoked"), "the page tells it too: {said}");
    browser.picture("10-refused");

    house.script.choose("Кавальчук");
    house.script.pin(PIN);
    house.script.wait_for(seen, "pin");
    assert_eq!(arrived(&house, &browser), PEOPLE.alena.name);
    assert_eq!(proceed(&house, &browser), PEOPLE.alena.name);
    assert_eq!(house.audited(), ["login_refused", "login_proven", "login"]);
    let record: serde_json::Value = serde_json::from_str(&house.audit()[0].document).expect("JSON");
    assert_eq!(record["code"], "revoked");
}

#[test]
fn who_gives_up_after_a_refusal_sees_it_in_the_browser() {
    if !met(&[Need::Browser, Need::Cards]) {
        return;
    }
    let house = House::new(Plan::with(vec![&PEOPLE.janka]));
    let browser = house.browser("en");
    arrive(&house, &browser);
    let (first, waiting) = (browser.tab(), browser.address());
    let second = browser.press_for_tab(AGENT);
    house.script.choose("Янка");
    house.script.pin(PIN);
    // No other certificate: she is asked for another token, and cancels.
    house.script.wait_for(0, "insert");
    house.script.cancel();
    house.script.wait_for(0, "end");
    browser.switch(&second);
    let page = browser.text("main");
    assert!(page.contains("revoked"), "the agent's page tells why: {page}");
    assert!(page.contains("+375 17 000-00-00"), "the agent's page names the support: {page}");
    browser.picture("11-agent-refused");
    // Its button leads back to the page that waits.
    browser.press("a.button");
    browser.text(AGENT);
    assert_eq!(browser.address(), waiting);
    browser.switch(&first);
    assert!(browser.text("#refusal").contains("revoked"));
    // She sees it after a reload too.
    browser.reload();
    assert!(browser.text(".notice.refusal").contains("revoked"));
}

#[test]
fn a_wrong_pin_costs_tries_and_the_last_one_is_asked_for() {
    if !met(&[Need::Browser, Need::Cards]) {
        return;
    }
    let house = House::new(Plan::with(vec![&PEOPLE.alena]));
    let card = &house.cards[0];
    let browser = house.browser("en");
    arrive(&house, &browser);
    browser.press(AGENT);
    house.script.choose("Кавальчук");
    let (seen, screen) = house.script.wait_for(0, "pin");
    assert!(text_of(&screen).contains("3 tries left"), "{screen}");

    house.script.pin("48151623");
    let (seen, screen) = house.script.wait_for(seen, "pin");
    let told = text_of(&screen);
    assert!(told.contains("2 tries left") && told.contains("PIN is wrong"), "{told}");

    house.script.pin("31415926");
    let (seen, screen) = house.script.wait_for(seen, "last_try");
    assert!(text_of(&screen).contains("One try is left"), "{screen}");
    house.script.confirm(false);
    let (seen, _) = house.script.wait_for(seen, "choose");
    assert_eq!((card.tries(), card.counters().verifications), (1, 2), "no PIN is sent that she did not type");

    house.script.choose("Кавальчук");
    let (seen, _) = house.script.wait_for(seen, "last_try");
    house.script.confirm(true);
    let (_, screen) = house.script.wait_for(seen, "pin");
    assert!(text_of(&screen).contains("1 try left"), "{screen}");
    house.script.pin(PIN);
    assert_eq!(arrived(&house, &browser), PEOPLE.alena.name);
    assert_eq!((card.tries(), card.counters().verifications), (3, 3), "nothing is locked");
    let transcript = house.log("script.transcript") + &house.log("agent.log") + &house.log("gateway.log");
    for pin in [PIN, "48151623", "31415926"] {
        assert!(!transcript.contains(pin), "a PIN is in the logs");
    }
}

#[test]
fn a_card_pulled_before_it_signs_is_told_and_taken_back() {
    if !met(&[Need::Browser, Need::Cards]) {
        return;
    }
    let house = House::new(Plan::with(vec![&PEOPLE.alena]));
    let card = &house.cards[0];
    let browser = house.browser("en");
    arrive(&house, &browser);
    browser.press(AGENT);
    card.set_fault(Fault::LeaveAfterPin);
    house.script.choose("Кавальчук");
    house.script.pin(PIN);
    let (seen, _) = house.script.wait_for(0, "progress");
    let (seen, screen) = house.script.wait_until(seen, "that the card is gone", |screen| {
        text_of(screen).contains("The token was taken out too early")
    });
    assert_ne!(screen["screen"], "end", "the login goes on: {screen}");
    assert!(!card.is_inserted());
    assert_eq!(house.audited(), [""; 0], "nothing is sent without a signature");

    card.set_fault(Fault::None);
    card.insert();
    let (_, screen) = house.script.wait_until(seen - 1, "the certificate again", |screen| {
        screen["screen"] == "choose" && text_of(screen).contains("Кавальчук")
    });
    assert!(screen["choices"][0]["unfit"].is_null(), "{screen}");
    house.script.choose("Кавальчук");
    house.script.pin(PIN);
    assert_eq!(arrived(&house, &browser), PEOPLE.alena.name);
    assert_eq!(proceed(&house, &browser), PEOPLE.alena.name);
    assert_eq!(card.counters().signatures, 1);
}
