//! Every page in every language, on a phone too.

use crate::browser::Browser;
use crate::house::{House, Plan};
use crate::needs::{Need, met};
use crate::people::{PEOPLE, PIN};
use crate::sign_in::{AGENT, CONTINUE, arrive, arrived};

/// The page is in the language, fits a small phone, and is photographed if wanted.
fn check(browser: &Browser, language: &str, page: &str) {
    assert_eq!(browser.run("return document.documentElement.lang"), language, "{page}");
    browser.picture(&format!("20-{language}-{page}"));
    let overhang = browser.overhang();
    assert!(overhang <= 0, "{page} in {language} is {overhang} pixels wider than a phone");
}

#[test]
fn every_page_speaks_the_citizens_language_and_fits_a_phone() {
    if !met(&[Need::Browser, Need::Cards]) {
        return;
    }
    let mut house = House::new(Plan::with(vec![&PEOPLE.janka, &PEOPLE.taras]));
    for language in ["be", "uk", "ru", "en"] {
        let browser = house.browser(language);
        house.start_agent();
        let begun = house.script.screens().len();
        browser.go(house.portal_address.as_str());
        browser.text("#sign-in");
        check(&browser, language, "1-portal");
        arrive(&house, &browser);
        check(&browser, language, "2-sign-in");
        let first = browser.tab();
        let agents = browser.press_for_tab(AGENT);
        let (seen, screen) = house.script.wait_for(begun, "choose");
        assert_eq!(screen["language"], language, "the agent speaks it too");
        browser.until("the step", |browser| browser.shows("#steps li[data-step=asked].now"));
        check(&browser, language, "3-asked");

        house.script.choose("Янка");
        house.script.pin(PIN);
        let (seen, _) = house.script.wait_for(seen, "choose");
        browser.text("#refusal");
        check(&browser, language, "4-refused");
        house.script.cancel();
        house.script.wait_for(seen, "end");
        browser.switch(&agents);
        browser.text("main");
        check(&browser, language, "5-agent-refused");
        browser.close_tab();
        browser.switch(&first);

        house.script.choose("Криничний");
        house.script.pin(PIN);
        browser.press(AGENT);
        arrived(&house, &browser);
        check(&browser, language, "6-continue");
        browser.press(CONTINUE);
        browser.text("#name");
        check(&browser, language, "7-account");
        browser.press("#sign-out");
        browser.text("#signed-out");
        check(&browser, language, "8-signed-out");

        house.stop_agent();
        arrive(&house, &browser);
        browser.press(AGENT);
        browser.text("#absent[open] ol");
        check(&browser, language, "9-agent-absent");
        browser.go(house.issuer.join("/t/nothing").expect("an address").as_str());
        browser.text("h1");
        check(&browser, language, "10-unknown");
    }
}
