//! The authority of these tests and the people it knows. Made once a run, valid from yesterday on.

use crate::authority::{
    Authority, CrlSpec, DAY, Folder, Kind, Signing, Spec, extended_key_usage, extension, family, generate, person,
    policies, representative, rules,
};
use crate::der;
use brama::authn::{Algorithm, AuthToken, Nonce, signed_message};
use brama::clock::{Clock, SystemClock};
use openssl::ecdsa::EcdsaSig;
use openssl::pkey::{Id, PKey, Private};
use std::path::Path;
use std::sync::LazyLock;

/// The PIN of every card.
pub const PIN: &str = "123456";
/// Certificates under it are on certified tokens.
const TOKEN_POLICY: &str = "1.3.6.1.4.1.55555.1";

/// Somebody with a key and a certificate.
pub struct Person {
    pub name: &'static str,
    pub key: PKey<Private>,
    pub certificate: Vec<u8>,
    serial: Vec<u8>,
}

impl Person {
    /// Signs a challenge as a token would.
    pub fn token(&self, origin: &str, nonce: &str) -> AuthToken {
        let rsa = self.key.id() == Id::RSA;
        let algorithm = if rsa { Algorithm::Rs256 } else { Algorithm::Es256 };
        let message = signed_message(algorithm, origin, &Nonce::parse(nonce).expect("a nonce"));
        let mut signature = Signing::usual(&self.key).sign(&self.key, &message);
        if !rsa {
            let parsed = EcdsaSig::from_der(&signature).expect("DER");
            signature = [parsed.r(), parsed.s()].iter().flat_map(|n| n.to_vec_padded(32).expect("fits")).collect();
        }
        AuthToken { certificate: self.certificate.clone(), signature, algorithm, app_version: "test".to_owned() }
    }
}

/// Everybody.
pub struct People {
    root: Authority,
    ca: Authority,
    /// A citizen with RSA.
    pub alena: Person,
    /// A citizen with P-256 who represents an organisation.
    pub taras: Person,
    /// A citizen whose certificate is revoked.
    pub janka: Person,
}

/// The organisation Taras represents.
pub const ORGANISATION: &str = "ТАА «Крыніца»";

/// Made at the first use.
pub static PEOPLE: LazyLock<People> = LazyLock::new(People::new);

pub fn now() -> i64 {
    SystemClock.now().0
}

impl People {
    fn new() -> Self {
        let yesterday = now() - DAY;
        let authority = |name: &str| {
            let key = generate(Kind::P256);
            let subject = crate::authority::common_name(name);
            (Spec::authority(&subject, &key).but(|spec| spec.not_before = yesterday - 365 * DAY), key)
        };
        let (spec, key) = authority("Карань тэстаў");
        let root = Authority::root_by(&spec, &key);
        let (spec, key) = authority("Тэставы цэнтр");
        let ca = root.subordinate_by(&spec, &key);
        let issue = |name: &'static str, subject: &[u8], kind: Kind| {
            let key = generate(kind);
            let spec = Spec::citizen(subject, &key).with(policies(&[TOKEN_POLICY])).but(|spec| {
                spec.not_before = yesterday;
                spec.not_after = yesterday + 365 * DAY;
            });
            Person { name, certificate: ca.issue(&spec), serial: spec.serial, key }
        };
        let alena = issue("Алена Кавальчук", &person("Алена", "Кавальчук", "PNOBY-4100190A001PB1"), Kind::Rsa(2048));
        let organisation = (ORGANISATION, "TAXBY-190000018", "дырэктар");
        let subject = representative("Тарас", "Криничний", "PNOBY-3150585B002PB4", organisation);
        let taras = issue("Тарас Криничний", &subject, Kind::P256);
        let janka = issue("Янка Лес", &person("Янка", "Лес", "PNOBY-3010170C003PB7"), Kind::P256);
        Self { root, ca, alena, taras, janka }
    }

    /// Writes the gateway's trust folder.
    pub fn write_trust(&self, certs: &Path) {
        let an_hour_ago = now() - 3600;
        let root_list = self.root.crl(&CrlSpec::at(an_hour_ago, 30 * DAY));
        let list = CrlSpec::at(an_hour_ago, 7 * DAY).revoke(&self.janka.serial, an_hour_ago - 3600, Some(1));
        let list = self.ca.crl(&list);
        let folder = Folder { anchors: &[&self.root.der], intermediates: &[&self.ca.der], crls: &[&root_list, &list] };
        family(certs, "test", &rules("Тэставы цэнтр сертыфікацыі", "citizen"), &folder);
    }
}

/// A certificate for TLS on 127.0.0.2, its key, and the authority that made it; all PEM.
pub struct ServerCertificate {
    pub authority: String,
    pub certificate: String,
    pub key: String,
}

impl ServerCertificate {
    pub fn new() -> Self {
        let yesterday = now() - DAY;
        let root_key = generate(Kind::P256);
        let root = Spec::authority(&crate::authority::common_name("TLS of tests"), &root_key);
        let root = Authority::root_by(&root.but(|spec| spec.not_before = yesterday), &root_key);
        let key = generate(Kind::P256);
        let address = der::sequence(&[der::implicit(7, &[127, 0, 0, 2])]);
        let spec = Spec::bare(&crate::authority::common_name("127.0.0.2"), &key)
            .with(extension("2.5.29.17", false, &address))
            .with(extended_key_usage(&["1.3.6.1.5.5.7.3.1"]))
            .but(|spec| {
                spec.not_before = yesterday;
                spec.not_after = yesterday + 90 * DAY;
            });
        let pem = crate::authority::pem;
        Self {
            authority: pem("CERTIFICATE", &root.der),
            certificate: pem("CERTIFICATE", &root.issue(&spec)),
            key: String::from_utf8(key.private_key_to_pem_pkcs8().expect("encodes")).expect("PEM is text"),
        }
    }
}
