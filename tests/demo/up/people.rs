//! The people of the demo, the authority that knows them, and the trust folder that makes the gateway believe it.

use super::cards;
use super::home::Home;
use crate::authority::{self, Authority, CrlSpec, Folder, Kind, Spec};
use crate::virtual_card::State;
use anyhow::{Context, ensure};
use brama::clock::{Clock, SystemClock, UnixTime};
use brama::pki::Certificate;
use openssl::pkey::{PKey, Private};
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

/// The PIN of every demo card.
pub const PIN: &str = "123456";

/// The authority's folder in the trust folder.
const FAMILY: &str = "demo";
/// The policy of certificates whose keys are on cards, as [`RULES`] has it.
const POLICY: &str = "1.3.6.1.4.1.55555.1";
/// What the authority's certificates are worth.
const RULES: &str = r#"# Written by brama-demo. What the certificates of the demo's authority are worth.
name = { en = "Demo authority", be = "Дэманстрацыйны цэнтр", uk = "Демонстраційний центр", ru = "Демонстрационный центр" }
purpose = "citizen"
countries = ["BY"]
schemes = ["personal-number", "tax"]

[default]
proofing = 2
key = 1

[[policy]]
oid = "1.3.6.1.4.1.55555.1"
proofing = 3
key = 3

[[person]]
attribute = "2.5.4.5"
semantics = "etsi"

[[organisation]]
attribute = "2.5.4.97"
semantics = "etsi"

[revocation]
required = true
"#;
const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// How long the authority lasts, and how long before its end a new one takes its place.
const LASTING: Duration = DAY.saturating_mul(365);
const RENEWED_BEFORE_END: Duration = DAY.saturating_mul(30);
/// How long a revocation list lasts. The level is high only while it is less than a day old.
const LIST_LASTING: Duration = DAY.saturating_mul(7);
const LIST_RENEWED_AFTER: Duration = Duration::from_secs(12 * 60 * 60);
/// Made a little in the past: nothing of this machine shall find its own certificates to begin in the future.
const HEAD_START: Duration = Duration::from_secs(60);

/// Somebody with a card.
#[derive(Debug)]
pub struct Citizen {
    /// The number of her card and reader, from 1.
    pub number: u8,
    /// Given name and family name.
    pub name: [&'static str; 2],
    /// Personal number of Belarus, in the form of those numbers.
    pub personal_number: &'static str,
    /// The organisation she acts for: its name, its taxpayer's number, her position.
    pub organisation: Option<[&'static str; 3]>,
    /// Her key.
    pub key: Kind,
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

    fn subject(&self) -> Vec<u8> {
        let [given, family] = self.name;
        let number = format!("PNOBY-{}", self.personal_number);
        match self.organisation {
            None => authority::person(given, family, &number),
            Some([name, tax, position]) => {
                authority::representative(given, family, &number, (name, &format!("TAXBY-{tax}"), position))
            }
        }
    }
}

/// Everybody. The names and numbers belong to nobody.
pub const CITIZENS: [Citizen; 3] = [
    Citizen {
        number: 1,
        name: ["Алена", "Кавальчук"],
        personal_number: "4100190A001PB1",
        organisation: None,
        key: Kind::Rsa(2048),
        revoked: false,
        outcome: "signs in, level high",
    },
    Citizen {
        number: 2,
        name: ["Тарас", "Криничний"],
        personal_number: "3150585B002PB4",
        organisation: Some(["ТАА «Крыніца»", "190000018", "дырэктар"]),
        key: Kind::P256,
        revoked: false,
        outcome: "signs in for ТАА «Крыніца», level high",
    },
    Citizen {
        number: 3,
        name: ["Янка", "Лес"],
        personal_number: "3010170C003PB7",
        organisation: None,
        key: Kind::P384,
        revoked: true,
        outcome: "is refused: the certificate is revoked",
    },
];

/// The demo's authority.
pub struct People {
    root: Authority,
    issuing: Authority,
    /// The serial number of each revoked certificate, and since when it is.
    revoked: Vec<(Vec<u8>, UnixTime)>,
    certs: PathBuf,
    /// When the revocation lists in force were issued.
    listed: UnixTime,
}

impl People {
    /// Brings the authority of an earlier run back, or makes a new one with new cards; the revocation lists are new.
    pub fn prepare(home: &Home) -> anyhow::Result<Self> {
        let mut people = match Self::kept(home) {
            Ok(people) => people,
            // Whatever is missing, old or of another version: all of it can be made again.
            Err(_) => Self::make(home)?,
        };
        people.issue_lists()?;
        Ok(people)
    }

    fn kept(home: &Home) -> anyhow::Result<Self> {
        let described = fs::read_to_string(home.path(DESCRIPTION))?;
        ensure!(described == description(), "made for other citizens");
        let (root, issuing) = (load(home, "root")?, load(home, "issuing")?);
        let mut revoked = Vec::new();
        for citizen in &CITIZENS {
            let card = State::load(&cards::state(home, citizen.number))?;
            let key = card.keys.first().context("a card without a key")?;
            let certificate = Certificate::from_der(&key.certificate)?;
            ensure!(certificate.subject().der() == citizen.subject(), "somebody else's card");
            ensure!(certificate.issuer().der() == issuing.subject, "another authority's card");
            ensure_lasts(&certificate)?;
            if citizen.revoked {
                revoked.push((certificate.serial().to_vec(), certificate.not_before()));
            }
        }
        Ok(Self { root, issuing, revoked, certs: home.path("certs"), listed: UnixTime(0) })
    }

    fn make(home: &Home) -> anyhow::Result<Self> {
        let from = SystemClock.now().minus(HEAD_START);
        let until = from.plus(LASTING);
        let dated = |spec: &mut Spec| (spec.not_before, spec.not_after) = (from.0, until.0);
        let authority = |name: &str| {
            let key = authority::generate(Kind::P384);
            (Spec::authority(&authority::common_name(name), &key).but(dated), key)
        };
        let (spec, key) = authority("Brama Demo Root");
        let root = Authority::root_by(&spec, &key);
        let (spec, key) = authority("Brama Demo Citizens");
        let issuing = root.subordinate_by(&spec, &key);

        let _ = fs::remove_file(home.path(DESCRIPTION));
        fs::create_dir_all(home.path("authority"))?;
        keep(home, "root", &root)?;
        keep(home, "issuing", &issuing)?;
        let mut revoked = Vec::new();
        for citizen in &CITIZENS {
            let key = authority::generate(citizen.key);
            let spec = Spec::citizen(&citizen.subject(), &key).with(authority::policies(&[POLICY])).but(dated);
            if citizen.revoked {
                revoked.push((spec.serial.clone(), from));
            }
            cards::make(home, citizen.number, key, issuing.issue(&spec))?;
        }
        // Last, because it says that everything else is there.
        home.write(DESCRIPTION, &description())?;
        Ok(Self { root, issuing, revoked, certs: home.path("certs"), listed: UnixTime(0) })
    }

    /// Whether there are newer lists now. They are issued by the clock on the wall, which a laptop's sleep does not stop.
    pub fn renew_lists(&mut self) -> anyhow::Result<bool> {
        let due = SystemClock.now().since(self.listed) > LIST_RENEWED_AFTER;
        if due {
            self.issue_lists()?;
        }
        Ok(due)
    }

    /// Writes the family's folder with lists of this moment.
    fn issue_lists(&mut self) -> anyhow::Result<()> {
        let now = SystemClock.now();
        let empty =
            || CrlSpec::at(now.0, LIST_LASTING.as_secs().cast_signed()).but(|list| list.number = now.0.try_into().ok());
        let citizens = self
            .revoked
            .iter()
            .fold(empty(), |list, (serial, since)| list.revoke(serial, since.0, Some(KEY_COMPROMISE)));
        let lists = [self.root.crl(&empty()), self.issuing.crl(&citizens)];
        let folder =
            Folder { anchors: &[&self.root.der], intermediates: &[&self.issuing.der], crls: &[&lists[0], &lists[1]] };
        fs::create_dir_all(&self.certs).with_context(|| format!("cannot make {}", self.certs.display()))?;
        authority::family(&self.certs, FAMILY, RULES, &folder);
        self.listed = now;
        Ok(())
    }
}

/// The reason of a revocation (RFC 5280 5.3.1): the key may be in other hands.
const KEY_COMPROMISE: u8 = 1;
/// Says for which citizens the authority was made.
const DESCRIPTION: &str = "authority/made-for";

/// What of this file goes into certificates.
fn description() -> String {
    format!("1 {:?}", CITIZENS.map(|citizen| (citizen.subject(), citizen.key, citizen.revoked)))
}

fn ensure_lasts(certificate: &Certificate) -> anyhow::Result<()> {
    let now = SystemClock.now();
    ensure!(certificate.not_before() <= now, "begins in the future");
    ensure!(now.plus(RENEWED_BEFORE_END) < certificate.not_after(), "ends soon");
    Ok(())
}

fn keep(home: &Home, name: &str, authority: &Authority) -> anyhow::Result<()> {
    let key = String::from_utf8(authority.key.private_key_to_pem_pkcs8()?)?;
    home.write(&format!("authority/{name}.key"), &key)?;
    home.write(&format!("authority/{name}.pem"), &authority::pem("CERTIFICATE", &authority.der))?;
    Ok(())
}

fn load(home: &Home, name: &str) -> anyhow::Result<Authority> {
    let read = |kind: &str| fs::read(home.path(&format!("authority/{name}.{kind}")));
    let key: PKey<Private> = PKey::private_key_from_pem(&read("key")?)?;
    let der = openssl::x509::X509::from_pem(&read("pem")?)?.to_der()?;
    let certificate = Certificate::from_der(&der)?;
    ensure_lasts(&certificate)?;
    let (subject, signing) = (certificate.subject().der().to_vec(), authority::Signing::usual(&key));
    Ok(Authority { key, subject, signing, der })
}

#[cfg(test)]
mod tests {
    use super::*;
    use brama::pki::{self, Purpose, StatusEvidence, TrustList};

    fn verdict(home: &Home, trust: &TrustList, citizen: &Citizen) -> Result<(), pki::Error> {
        let card = State::load(&cards::state(home, citizen.number)).expect("a card");
        let leaf = Certificate::from_der(&card.keys.first().expect("a key").certificate).expect("a certificate");
        let now = SystemClock.now();
        let path = pki::path::find(&leaf, &[], trust, Purpose::Citizen, now)?;
        let mut evidence = StatusEvidence::new();
        trust.issuers().iter().flat_map(|issuer| &issuer.crls).for_each(|list| evidence.verify(&path, list));
        pki::validate(&path, &evidence, now).map(|_| ())
    }

    #[test]
    fn everybody_is_what_the_demo_says_she_is() {
        let directory = tempfile::tempdir().expect("a directory");
        let home = Home::at(directory.path());
        People::prepare(&home).expect("makes all");
        let loaded = brama::trust::load(&home.path("certs")).expect("loads");
        assert!(loaded.warnings.is_empty(), "{:?}", loaded.warnings);
        for citizen in &CITIZENS {
            let verdict = verdict(&home, &loaded.list, citizen);
            match citizen.revoked {
                true => assert_eq!(verdict.expect_err("is revoked").code(), "revoked"),
                false => verdict.expect("is good"),
            }
        }
    }

    #[test]
    fn another_run_finds_the_same_authority_and_cards_with_new_lists() {
        let directory = tempfile::tempdir().expect("a directory");
        let home = Home::at(directory.path());
        let first = People::prepare(&home).expect("makes all");
        let card = fs::read(cards::state(&home, 1)).expect("a card");
        let mut second = People::prepare(&home).expect("finds all");
        assert_eq!((&first.root.der, &first.issuing.der), (&second.root.der, &second.issuing.der));
        assert_eq!(first.revoked, second.revoked);
        assert_eq!(fs::read(cards::state(&home, 1)).expect("a card"), card);
        assert!(!second.renew_lists().expect("looks"), "the lists are new");
        second.listed = second.listed.minus(LIST_RENEWED_AFTER + Duration::from_secs(1));
        assert!(second.renew_lists().expect("issues"), "the lists are old");

        fs::remove_file(cards::state(&home, 2)).expect("removes");
        let third = People::prepare(&home).expect("makes all anew");
        assert_ne!(first.root.der, third.root.der);
        let loaded = brama::trust::load(&home.path("certs")).expect("loads");
        verdict(&home, &loaded.list, &CITIZENS[1]).expect("is good");
    }
}
