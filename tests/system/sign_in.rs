//! A citizen presses the button, types her PIN and is in.

use crate::browser::Browser;
use crate::house::{House, Plan};
use crate::needs::{Need, met};
use crate::people::{ORGANISATION, PEOPLE, PIN};
use serde_json::Value;

const HIGH: &str = "http://eidas.europa.eu/LoA/high";
/// The button that opens the agent.
pub const AGENT: &str = "#agent";
/// "Continue as NAME".
pub const CONTINUE: &str = "form.actions button[value=yes]";
/// "This is not me".
pub const NOT_ME: &str = "form.actions button[value=no]";

/// From the portal's first page to the gateway's button.
pub fn arrive(house: &House, browser: &Browser) {
    browser.go(house.portal_address.as_str());
    browser.press("#sign-in");
    browser.text(AGENT);
    assert_eq!(browser.address().origin(), house.issuer.origin(), "the portal sends her to the gateway");
}

/// Waits until the tab she began in asks her whether she is who the certificate says; the name.
pub fn arrived(house: &House, browser: &Browser) -> String {
    browser.until("the way back to the first tab", |browser| browser.address().path().starts_with("/c/"));
    assert_eq!(browser.address().origin(), house.issuer.origin());
    browser.text(".person .name")
}

/// Says "Continue" and waits for the portal; the name it shows.
pub fn proceed(house: &House, browser: &Browser) -> String {
    browser.press(CONTINUE);
    let name = browser.text("#name");
    assert_eq!(browser.address().origin(), house.portal_address.origin(), "she is back at the portal");
    name
}

#[test]
fn a_citizen_signs_in_by_a_click_and_out_again() {
    if !met(&[Need::Browser, Need::Cards]) {
        return;
    }
    let house = House::new(Plan::with(vec![&PEOPLE.alena]));
    let browser = house.browser("en");
    browser.go(house.portal_address.as_str());
    browser.text("#sign-in");
    browser.picture("1-portal");
    arrive(&house, &browser);
    let page = browser.text("main");
    for shown in ["Portal of services", "127.0.0.3", "low", "Sign in with a key token"] {
        assert!(page.contains(shown), "the page does not show {shown:?}: {page}");
    }
    browser.picture("2-sign-in");

    let first = browser.tab();
    browser.press_for_tab(AGENT);
    let (seen, screen) = house.script.wait_for(0, "choose");
    let asked = crate::script::text_of(&screen);
    for shown in ["Portal of services", "127.0.0.3", &house.origin()["http://".len()..], PEOPLE.alena.name] {
        assert!(asked.contains(shown), "the agent does not show {shown:?}: {asked}");
    }
    browser.until("the step of the agent", |browser| browser.shows("#steps li[data-step=asked].now"));
    browser.picture("3-waiting");
    house.script.choose("Кавальчук");
    house.script.pin(PIN);
    house.script.wait_for(seen, "end");

    assert_eq!(arrived(&house, &browser), PEOPLE.alena.name);
    browser.until("the agent's tab closes", |browser| browser.tabs() == [first.clone()]);
    assert!(!browser.has_cookie("__Host-brama-session"), "no session before her consent");
    assert_eq!(house.audited(), ["login_proven"]);
    browser.picture("4-continue");

    assert_eq!(proceed(&house, &browser), PEOPLE.alena.name);
    assert_eq!(browser.text("#acr"), HIGH);
    assert!(!browser.shows("#organisation"), "she represents nobody");
    let claims = browser.run("return document.getElementById('id-token').textContent");
    let claims: Value = serde_json::from_str(claims.as_str().expect("a text")).expect("the raw claims");
    assert_eq!(claims["iss"], house.origin());
    assert_eq!(claims["acr"], HIGH);
    browser.picture("5-account");
    assert_eq!(house.audited(), ["login_proven", "login"]);
    assert_eq!(house.cards[0].counters().signatures, 1, "one signature a login");

    browser.press("#sign-out");
    browser.text("#signed-out");
    assert_eq!(browser.address().origin(), house.portal_address.origin());
    browser.picture("6-signed-out");
    // Signed out at the gateway too: the portal's next request finds nobody.
    arrive(&house, &browser);
}

#[test]
fn a_representative_brings_her_organisation() {
    if !met(&[Need::Browser, Need::Cards]) {
        return;
    }
    let house = House::new(Plan::with(vec![&PEOPLE.alena, &PEOPLE.taras]));
    let browser = house.browser("uk,en;q=0.5");
    arrive(&house, &browser);
    browser.press(AGENT);
    house.script.choose("Криничний");
    house.script.pin(PIN);
    assert_eq!(arrived(&house, &browser), PEOPLE.taras.name);
    assert_eq!(browser.text(".person .organisation"), ORGANISATION);
    browser.picture("7-continue-organisation");
    assert_eq!(proceed(&house, &browser), PEOPLE.taras.name);
    assert_eq!(browser.text("#organisation"), ORGANISATION);
    assert_eq!(browser.text("#acr"), HIGH);
    browser.picture("8-account-organisation");
    assert_eq!(house.cards[0].counters().verifications, 0, "the other card is left alone");
}

#[test]
fn without_the_agent_the_page_helps_and_stays() {
    if !met(&[Need::Browser, Need::Cards]) {
        return;
    }
    let mut house = House::without_agent(Plan::with(vec![&PEOPLE.alena]));
    let browser = house.browser("en");
    arrive(&house, &browser);
    assert!(!browser.shows("#absent[open]"), "nobody is bothered before the click");
    let before = browser.address();
    let lost = browser.press_for_tab(AGENT);
    browser.until("the instructions open", |browser| browser.shows("#absent[open] ol"));
    let help = browser.text("#absent");
    for shown in ["brama-agent run", "brama-agent doctor"] {
        assert!(help.contains(shown), "the help does not name {shown}: {help}");
    }
    assert_eq!(browser.address(), before, "the page is where it was");
    browser.picture("9-agent-absent");

    // As the page says: start it, press again.
    house.start_agent();
    house.script.choose("Кавальчук");
    house.script.pin(PIN);
    browser.press(AGENT);
    assert_eq!(arrived(&house, &browser), PEOPLE.alena.name);
    assert!(browser.tabs().contains(&lost), "the browser's own error page is hers to close");
    assert_eq!(proceed(&house, &browser), PEOPLE.alena.name);
}

#[test]
fn who_says_that_it_is_not_she_chooses_again() {
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
    browser.press(NOT_ME);
    browser.text(AGENT);
    house.script.choose("Кавальчук");
    house.script.pin(PIN);
    browser.press(AGENT);
    assert_eq!(arrived(&house, &browser), PEOPLE.alena.name);
    assert_eq!(proceed(&house, &browser), PEOPLE.alena.name);
    assert_eq!(house.audited(), ["login_proven", "login_declined", "login_proven", "login"]);
}
