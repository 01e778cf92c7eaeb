//! The whole gateway in process, with a clock set by hand.

#[path = "../support/authority.rs"]
#[expect(dead_code, reason = "every test binary uses its own part")]
mod authority;
#[path = "../support/der.rs"]
#[expect(dead_code, reason = "every test binary uses its own part")]
mod der;
#[path = "../support/rig.rs"]
mod rig;

mod attacks;
mod insiders;
mod limits;
mod login;
mod protocol;
mod refusals;
