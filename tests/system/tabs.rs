//! Tabs opened twice, loaded anew, closed too early.

use crate::house::{House, Plan};
use crate::needs::{Need, met};
use crate::people::{PEOPLE, PIN};
use crate::script::text_of;
use crate::sign_in::{AGENT, arrive, arrived, proceed};

#[test]
fn two_tabs_do_not_hinder_each_other() {
    if !met(&[Need::Browser, Need::Cards]) {
        return;
    }
    let house = House::new(Plan::with(vec![&PEOPLE.alena]));
    let browser = house.browser("en");
    arrive(&house, &browser);
    let first = browser.tab();
    let second = browser.open_tab();
    arrive(&house, &browser);
    browser.switch(&first);
    browser.press(AGENT);
    let (seen, _) = house.script.wait_for(0, "choose");

    // One person, one prompt: the second click is told so, and the first login goes on.
    browser.switch(&second);
    let busy = browser.press_for_tab(AGENT);
    browser.switch(&busy);
    assert!(browser.text("main").contains("Another sign-in is open"), "the second click is told");
    browser.picture("12-agent-busy");
    browser.close_tab();

    browser.switch(&first);
    house.script.choose("Кавальчук");
    house.script.pin(PIN);
    assert_eq!(arrived(&house, &browser), PEOPLE.alena.name);
    assert_eq!(proceed(&house, &browser), PEOPLE.alena.name);

    // The second tab is where it was, and its login is its own.
    browser.switch(&second);
    assert!(browser.address().path().starts_with("/t/"), "the second tab did not follow the first");
    house.script.wait_for(seen, "end");
    browser.press(AGENT);
    house.script.choose("Кавальчук");
    house.script.pin(PIN);
    assert_eq!(arrived(&house, &browser), PEOPLE.alena.name);
    assert_eq!(proceed(&house, &browser), PEOPLE.alena.name);
    assert_eq!(house.audited(), ["login_proven", "login", "login_proven", "login"]);
}

#[test]
fn a_reload_of_the_page_loses_nothing() {
    if !met(&[Need::Browser, Need::Cards]) {
        return;
    }
    let house = House::new(Plan::with(vec![&PEOPLE.alena]));
    let browser = house.browser("en");
    arrive(&house, &browser);
    // Before the click, and while the agent asks.
    browser.reload();
    let first = browser.tab();
    browser.press_for_tab(AGENT);
    house.script.wait_for(0, "choose");
    browser.reload();
    browser.text(AGENT);
    house.script.choose("Кавальчук");
    house.script.pin(PIN);
    assert_eq!(arrived(&house, &browser), PEOPLE.alena.name);
    browser.until("the agent's tab closes", |browser| browser.tabs() == [first.clone()]);
    // And on the page that asks whether it is she.
    browser.reload();
    assert_eq!(arrived(&house, &browser), PEOPLE.alena.name);
    assert_eq!(proceed(&house, &browser), PEOPLE.alena.name);
}

#[test]
fn without_the_first_tab_the_agents_tab_goes_on() {
    if !met(&[Need::Browser, Need::Cards]) {
        return;
    }
    let house = House::new(Plan::with(vec![&PEOPLE.alena]));
    let browser = house.browser("en");
    arrive(&house, &browser);
    let agents = browser.press_for_tab(AGENT);
    house.script.wait_for(0, "choose");
    browser.close_tab();
    browser.switch(&agents);
    house.script.choose("Кавальчук");
    house.script.pin(PIN);
    assert_eq!(arrived(&house, &browser), PEOPLE.alena.name);
    assert_eq!(proceed(&house, &browser), PEOPLE.alena.name);
}

#[test]
fn a_tab_closed_while_the_pin_is_typed_sends_nothing() {
    if !met(&[Need::Browser, Need::Cards]) {
        return;
    }
    let house = House::new(Plan::with(vec![&PEOPLE.alena]));
    let browser = house.browser("en");
    arrive(&house, &browser);
    let first = browser.tab();
    let agents = browser.press_for_tab(AGENT);
    house.script.choose("Кавальчук");
    house.script.wait_for(0, "pin");
    browser.switch(&agents);
    browser.close_tab();
    let (seen, screen) = house.script.wait_for(0, "end");
    assert!(text_of(&screen).contains("was closed"), "the agent says why: {screen}");
    let counters = house.cards[0].counters();
    assert_eq!((counters.verifications, counters.signatures), (0, 0), "no PIN, no signature");
    assert_eq!(house.audited(), [""; 0], "nothing was posted");

    browser.switch(&first);
    let told = browser.text("#refusal");
    assert!(told.contains("cancelled"), "the page that waits is told: {told}");
    browser.press(AGENT);
    house.script.wait_for(seen, "choose");
    house.script.choose("Кавальчук");
    house.script.pin(PIN);
    assert_eq!(arrived(&house, &browser), PEOPLE.alena.name);
    assert_eq!(proceed(&house, &browser), PEOPLE.alena.name);
}
