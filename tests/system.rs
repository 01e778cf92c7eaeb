//! Whole logins on one machine with nothing in the place of anything: the real gateway, agent and demo portal, a real
//! pcscd with virtual cards, and Chromium, driven by its own driver. Only the citizen is a script.
//!
//! Each test has a [`House`](house::House) of its own, on ports of its own. With `BRAMA_SCREENSHOTS=FOLDER` the pages
//! that are passed are photographed: wide and narrow, light and dark.

#[path = "support/authority.rs"]
#[expect(dead_code, reason = "every test binary uses its own part")]
mod authority;
#[path = "support/der.rs"]
#[expect(dead_code, reason = "every test binary uses its own part")]
mod der;
#[path = "support/pcscd.rs"]
mod pcscd;
#[path = "support/process.rs"]
#[expect(dead_code, reason = "every test binary uses its own part")]
mod process;
#[path = "support/virtual_card.rs"]
mod virtual_card;

#[path = "system/browser.rs"]
mod browser;
#[path = "system/house.rs"]
mod house;
#[path = "system/needs.rs"]
mod needs;
#[path = "system/people.rs"]
mod people;
#[path = "system/script.rs"]
mod script;
#[path = "system/visitor.rs"]
mod visitor;

#[path = "system/cards.rs"]
mod cards;
#[path = "system/languages.rs"]
mod languages;
#[path = "system/operation.rs"]
mod operation;
#[path = "system/replay.rs"]
mod replay;
#[path = "system/sign_in.rs"]
mod sign_in;
#[path = "system/strangers.rs"]
mod strangers;
#[path = "system/tabs.rs"]
mod tabs;
#[path = "system/transport.rs"]
mod transport;
