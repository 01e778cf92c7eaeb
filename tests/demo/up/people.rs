//! The people of the demo, the authority that knows them, and the trust folder that makes the gateway believe it.

use super::home::Home;
use anyhow::bail;

/// The PIN of every demo card.
pub const PIN: &str = "123456";

/// What a citizen's key is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// RSA with 2048 bits.
    Rsa2048,
    /// NIST P-256.
    P256,
}

/// Somebody with a card.
#[derive(Debug)]
pub struct Citizen {
    /// The number of her card and reader, from 1.
    pub number: u8,
    /// Given name and family name.
    pub name: [&'static str; 2],
    /// Personal number of Belarus, in the form of those numbers.
    pub personal_number: &'static str,
    /// The organisation she acts for: its name, its register number, her position.
    pub organisation: Option<[&'static str; 3]>,
    /// Her key.
    pub key: Key,
    /// Whether her certificate is revoked.
    pub revoked: bool,
    /// What will happen when she signs in.
    pub outcome: &'static str,
}

impl Citizen {
    /// The whole name.
    pub fn full_name(&self) -> String {
        self.name.join(" ")
    }
}

/// Everybody. The names and numbers belong to nobody.
pub const CITIZENS: [Citizen; 3] = [
    Citizen {
        number: 1,
        name: ["Алена", "Кавальчук"],
        personal_number: "4100190A001PB1",
        organisation: None,
        key: Key::Rsa2048,
        revoked: false,
        outcome: "signs in, level high",
    },
    Citizen {
        number: 2,
        name: ["Тарас", "Криничний"],
        personal_number: "3150585B002PB4",
        organisation: Some(["ТАА «Крыніца»", "190000018", "дырэктар"]),
        key: Key::P256,
        revoked: false,
        outcome: "signs in for ТАА «Крыніца», level high",
    },
    Citizen {
        number: 3,
        name: ["Янка", "Лес"],
        personal_number: "3010170C003PB7",
        organisation: None,
        key: Key::P256,
        revoked: true,
        outcome: "is refused: the certificate is revoked",
    },
];

/// Makes the demo's authority with its certificates, or brings its lists of revocation up to date.
pub fn prepare(_home: &Home) -> anyhow::Result<()> {
    bail!("the test authority is not built in yet")
}
