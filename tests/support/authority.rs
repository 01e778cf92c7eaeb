//! A certification authority for tests, the demo and the bench. It makes what it is told, right or wrong.
//!
//! ```text
//! let root = Authority::root("Test Root", Kind::P256);
//! let ca = root.subordinate("Test CA", Kind::P256);
//! let key = key(Kind::P256, 1);
//! let leaf = ca.issue(&Spec::citizen(&person("Ганна", "Тэст", "PNOBY-4010190A001PB1"), &key));
//! let crl = ca.crl(&CrlSpec::new());
//! family(dir, "test", &rules("Test", "citizen"), &Folder { anchors: &[&root.der], ..Folder::default() });
//! ```
//!
//! Everything is a public field with a usual value, and every field can be set to something else.

use super::der;
use openssl::ec::{EcGroup, EcKey};
use openssl::hash::{MessageDigest, hash};
use openssl::nid::Nid;
use openssl::pkey::{Id, PKey, Private};
use openssl::rsa::{Padding, Rsa};
use openssl::sign::{RsaPssSaltlen, Signer};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{LazyLock, Mutex, PoisonError};

/// 2026-01-01T00:00:00Z, when everything here begins unless told otherwise.
pub const EPOCH: i64 = 1_767_225_600;
pub const DAY: i64 = 86_400;

/// What key to make.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    Rsa(u32),
    /// With a public exponent of one's own.
    RsaExponent(u32, u32),
    P256,
    P384,
    P521,
    Ed25519,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Hash {
    Sha1,
    Sha256,
    Sha384,
    Sha512,
}

/// How to sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Signing {
    RsaPkcs1(Hash),
    RsaPss(Hash),
    Ecdsa(Hash),
    Ed25519,
}

/// A new key.
pub fn generate(kind: Kind) -> PKey<Private> {
    let curve = |nid| EcKey::generate(&EcGroup::from_curve_name(nid).unwrap()).and_then(PKey::from_ec_key);
    match kind {
        Kind::Rsa(bits) => Rsa::generate(bits).and_then(PKey::from_rsa),
        Kind::RsaExponent(bits, exponent) => {
            let exponent = openssl::bn::BigNum::from_u32(exponent).unwrap();
            Rsa::generate_with_e(bits, &exponent).and_then(PKey::from_rsa)
        }
        Kind::P256 => curve(Nid::X9_62_PRIME256V1),
        Kind::P384 => curve(Nid::SECP384R1),
        Kind::P521 => curve(Nid::SECP521R1),
        Kind::Ed25519 => PKey::generate_ed25519(),
    }
    .expect("a key")
}

/// A key of a kind and number, made once a process: RSA keys take long.
pub fn key(kind: Kind, number: u32) -> PKey<Private> {
    type Made = HashMap<(Kind, u32), PKey<Private>>;
    static KEYS: LazyLock<Mutex<Made>> = LazyLock::new(Mutex::default);
    let mut keys = KEYS.lock().unwrap_or_else(PoisonError::into_inner);
    keys.entry((kind, number)).or_insert_with(|| generate(kind)).clone()
}

impl Hash {
    fn digest(self) -> MessageDigest {
        match self {
            Self::Sha1 => MessageDigest::sha1(),
            Self::Sha256 => MessageDigest::sha256(),
            Self::Sha384 => MessageDigest::sha384(),
            Self::Sha512 => MessageDigest::sha512(),
        }
    }

    fn oid(self) -> &'static str {
        match self {
            Self::Sha1 => "1.3.14.3.2.26",
            Self::Sha256 => "2.16.840.1.101.3.4.2.1",
            Self::Sha384 => "2.16.840.1.101.3.4.2.2",
            Self::Sha512 => "2.16.840.1.101.3.4.2.3",
        }
    }
}

impl Signing {
    /// What a key usually signs with.
    pub fn usual(key: &PKey<Private>) -> Self {
        match key.id() {
            Id::RSA => Self::RsaPkcs1(Hash::Sha256),
            Id::EC => Self::Ecdsa(match key.bits() {
                256 => Hash::Sha256,
                384 => Hash::Sha384,
                _ => Hash::Sha512,
            }),
            _ => Self::Ed25519,
        }
    }

    /// Its AlgorithmIdentifier.
    pub fn identifier(self) -> Vec<u8> {
        match self {
            Self::RsaPkcs1(hash) => {
                let last = match hash {
                    Hash::Sha1 => 5,
                    Hash::Sha256 => 11,
                    Hash::Sha384 => 12,
                    Hash::Sha512 => 13,
                };
                der::sequence(&[der::oid(&format!("1.2.840.113549.1.1.{last}")), der::null()])
            }
            Self::RsaPss(hash) => pss_identifier(hash, hash, hash.digest().size() as u64),
            Self::Ecdsa(Hash::Sha1) => der::sequence(&[der::oid("1.2.840.10045.4.1")]),
            Self::Ecdsa(hash) => {
                let last = match hash {
                    Hash::Sha256 => 2,
                    Hash::Sha384 => 3,
                    _ => 4,
                };
                der::sequence(&[der::oid(&format!("1.2.840.10045.4.3.{last}"))])
            }
            Self::Ed25519 => der::sequence(&[der::oid("1.3.101.112")]),
        }
    }

    /// Signs a message; ECDSA as DER.
    pub fn sign(self, key: &PKey<Private>, message: &[u8]) -> Vec<u8> {
        let mut signer = match self {
            Self::RsaPkcs1(hash) | Self::RsaPss(hash) | Self::Ecdsa(hash) => Signer::new(hash.digest(), key),
            Self::Ed25519 => Signer::new_without_digest(key),
        }
        .expect("a signer");
        if let Self::RsaPss(hash) = self {
            signer.set_rsa_padding(Padding::PKCS1_PSS).unwrap();
            signer.set_rsa_mgf1_md(hash.digest()).unwrap();
            signer.set_rsa_pss_saltlen(RsaPssSaltlen::DIGEST_LENGTH).unwrap();
        }
        signer.sign_oneshot_to_vec(message).expect("a signature")
    }
}

/// An AlgorithmIdentifier of RSASSA-PSS with parameters of one's own.
pub fn pss_identifier(hash: Hash, mask: Hash, salt: u64) -> Vec<u8> {
    let digest = |hash: Hash| der::sequence(&[der::oid(hash.oid()), der::null()]);
    let mask = der::sequence(&[der::oid("1.2.840.113549.1.1.8"), digest(mask)]);
    let parameters = [der::context(0, &digest(hash)), der::context(1, &mask), der::context(2, &der::number(salt))];
    der::sequence(&[der::oid("1.2.840.113549.1.1.10"), der::sequence(&parameters)])
}

/// DER of a public key's SubjectPublicKeyInfo.
pub fn spki(key: &PKey<Private>) -> Vec<u8> {
    key.public_key_to_der().expect("a public key")
}

/// A name from attributes, each an object identifier and a complete string element.
pub fn name(attributes: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let sets: Vec<_> = attributes.iter().map(|(oid, value)| der::set(&[attribute(oid, value)])).collect();
    der::sequence(&sets)
}

fn attribute(oid: &str, value: &[u8]) -> Vec<u8> {
    der::sequence(&[der::oid(oid), value.to_vec()])
}

/// A name of nothing but a common name.
pub fn common_name(text: &str) -> Vec<u8> {
    name(&[("2.5.4.3", der::utf8(text))])
}

/// A person as the ETSI profile has her: country from the identifier, `PNOBY-...`.
pub fn person(given: &str, family: &str, serial_number: &str) -> Vec<u8> {
    let country = serial_number.get(3..5).unwrap_or("BY");
    name(&[
        ("2.5.4.6", der::printable(country)),
        ("2.5.4.3", der::utf8(&format!("{given} {family}"))),
        ("2.5.4.4", der::utf8(family)),
        ("2.5.4.42", der::utf8(given)),
        ("2.5.4.5", der::printable(serial_number)),
    ])
}

/// A person who represents an organisation, `TAXBY-...` or `NTRBY-...`, in a position.
pub fn representative(given: &str, family: &str, serial_number: &str, organisation: (&str, &str, &str)) -> Vec<u8> {
    let (organisation_name, organisation_identifier, position) = organisation;
    name(&[
        ("2.5.4.6", der::printable(serial_number.get(3..5).unwrap_or("BY"))),
        ("2.5.4.10", der::utf8(organisation_name)),
        ("2.5.4.97", der::utf8(organisation_identifier)),
        ("2.5.4.12", der::utf8(position)),
        ("2.5.4.3", der::utf8(&format!("{given} {family}"))),
        ("2.5.4.4", der::utf8(family)),
        ("2.5.4.42", der::utf8(given)),
        ("2.5.4.5", der::printable(serial_number)),
    ])
}

/// An extension; `value` is what its OCTET STRING holds.
pub fn extension(oid: &str, critical: bool, value: &[u8]) -> Vec<u8> {
    let mut parts = vec![der::oid(oid)];
    if critical {
        parts.push(der::boolean(true));
    }
    parts.push(der::octet_string(value));
    der::sequence(&parts)
}

/// keyUsage by the numbers of its bits.
pub fn key_usage(bits: &[u8]) -> Vec<u8> {
    extension("2.5.29.15", true, &der::named_bits(bits))
}

pub fn extended_key_usage(usages: &[&str]) -> Vec<u8> {
    extension("2.5.29.37", false, &der::sequence(&usages.iter().map(|usage| der::oid(usage)).collect::<Vec<_>>()))
}

pub fn basic_constraints(ca: bool, path_length: Option<u64>) -> Vec<u8> {
    let mut parts = Vec::new();
    if ca {
        parts.push(der::boolean(true));
    }
    parts.extend(path_length.map(der::number));
    extension("2.5.29.19", true, &der::sequence(&parts))
}

pub fn policies(policies: &[&str]) -> Vec<u8> {
    let all: Vec<_> = policies.iter().map(|policy| der::sequence(&[der::oid(policy)])).collect();
    extension("2.5.29.32", false, &der::sequence(&all))
}

pub fn qc_statements(statements: &[&str]) -> Vec<u8> {
    let all: Vec<_> = statements.iter().map(|statement| der::sequence(&[der::oid(statement)])).collect();
    extension("1.3.6.1.5.5.7.1.3", false, &der::sequence(&all))
}

/// cRLDistributionPoints, one point an address.
pub fn crl_distribution_points(urls: &[&str]) -> Vec<u8> {
    let point = |url: &&str| der::sequence(&[der::context(0, &der::context(0, &der::implicit(6, url.as_bytes())))]);
    extension("2.5.29.31", false, &der::sequence(&urls.iter().map(point).collect::<Vec<_>>()))
}

/// subjectDirectoryAttributes, each attribute with one value.
pub fn directory_attributes(attributes: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let all: Vec<_> =
        attributes.iter().map(|(oid, value)| der::sequence(&[der::oid(oid), der::set(&[value])])).collect();
    extension("2.5.29.9", false, &der::sequence(&all))
}

fn key_identifier(spki: &[u8]) -> Vec<u8> {
    hash(MessageDigest::sha256(), spki).expect("a hash")[..20].to_vec()
}

/// What a certificate is to be.
#[derive(Clone)]
pub struct Spec {
    /// 0 is version 1, 2 is version 3; version 1 has no extensions.
    pub version: u64,
    /// The content of the INTEGER; by default from the subject and key, so that it is the same in every run.
    pub serial: Vec<u8>,
    pub subject: Vec<u8>,
    /// DER of the subject's SubjectPublicKeyInfo.
    pub spki: Vec<u8>,
    pub not_before: i64,
    pub not_after: i64,
    pub extensions: Vec<Vec<u8>>,
    /// Adds subject and authority key identifiers.
    pub key_identifiers: bool,
    /// Another issuer name than the CA's.
    pub issuer: Option<Vec<u8>>,
    /// Another scheme than the CA's.
    pub signing: Option<Signing>,
    /// Another AlgorithmIdentifier than the scheme's, inside and outside the signed part.
    pub inner_algorithm: Option<Vec<u8>>,
    pub outer_algorithm: Option<Vec<u8>>,
    /// Flips a bit of the signature.
    pub break_signature: bool,
}

impl Spec {
    /// A certificate without extensions but key identifiers, valid for a year from [`EPOCH`].
    pub fn bare(subject: &[u8], key: &PKey<Private>) -> Self {
        let spki = spki(key);
        let mut serial = hash(MessageDigest::sha256(), &[subject, &spki].concat()).expect("a hash")[..16].to_vec();
        serial[0] = serial[0] & 0x3f | 0x40;
        Self {
            version: 2,
            serial,
            subject: subject.to_vec(),
            spki,
            not_before: EPOCH,
            not_after: EPOCH + 365 * DAY,
            extensions: Vec::new(),
            key_identifiers: true,
            issuer: None,
            signing: None,
            inner_algorithm: None,
            outer_algorithm: None,
            break_signature: false,
        }
    }

    /// A leaf to sign in with.
    pub fn citizen(subject: &[u8], key: &PKey<Private>) -> Self {
        Self::bare(subject, key).with(key_usage(&[0])).with(extended_key_usage(&["1.3.6.1.5.5.7.3.2"]))
    }

    /// A CA, valid for ten years.
    pub fn authority(subject: &[u8], key: &PKey<Private>) -> Self {
        let mut spec = Self::bare(subject, key).with(basic_constraints(true, None)).with(key_usage(&[5, 6]));
        spec.not_after = EPOCH + 3650 * DAY;
        spec
    }

    /// Adds an extension.
    pub fn with(mut self, extension: Vec<u8>) -> Self {
        self.extensions.push(extension);
        self
    }

    /// Takes an extension out, by its object identifier.
    pub fn without(mut self, oid: &str) -> Self {
        let oid = der::oid(oid);
        self.extensions.retain(|extension| !extension.windows(oid.len()).take(8).any(|window| window == oid));
        self
    }

    /// Another extension in the place of that with the same object identifier.
    pub fn replacing(self, oid: &str, extension: Vec<u8>) -> Self {
        self.without(oid).with(extension)
    }

    /// Sets anything.
    pub fn but(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }
}

/// What a revocation list is to be.
#[derive(Clone)]
pub struct CrlSpec {
    /// `None` is version 1, which has no extensions; 1 is version 2.
    pub version: Option<u64>,
    pub issuer: Option<Vec<u8>>,
    pub this_update: i64,
    pub next_update: Option<i64>,
    pub number: Option<u64>,
    pub entries: Vec<Revoked>,
    pub extensions: Vec<Vec<u8>>,
    pub signing: Option<Signing>,
    pub break_signature: bool,
}

/// One entry.
#[derive(Clone)]
pub struct Revoked {
    /// The content of the serial number's INTEGER.
    pub serial: Vec<u8>,
    pub date: i64,
    pub reason: Option<u8>,
    pub extensions: Vec<Vec<u8>>,
}

impl Default for CrlSpec {
    fn default() -> Self {
        Self::new()
    }
}

impl CrlSpec {
    /// An empty list from [`EPOCH`] for a week, number 1.
    pub fn new() -> Self {
        Self {
            version: Some(1),
            issuer: None,
            this_update: EPOCH,
            next_update: Some(EPOCH + 7 * DAY),
            number: Some(1),
            entries: Vec::new(),
            extensions: Vec::new(),
            signing: None,
            break_signature: false,
        }
    }

    /// From a time on, for a length of time in seconds.
    pub fn at(this_update: i64, lasting: i64) -> Self {
        Self { this_update, next_update: Some(this_update + lasting), ..Self::new() }
    }

    /// Revokes a serial number.
    pub fn revoke(mut self, serial: &[u8], date: i64, reason: Option<u8>) -> Self {
        self.entries.push(Revoked { serial: serial.to_vec(), date, reason, extensions: Vec::new() });
        self
    }

    /// Sets anything.
    pub fn but(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }
}

/// A CA: a key, a name and a certificate of its own.
#[derive(Clone)]
pub struct Authority {
    pub key: PKey<Private>,
    pub subject: Vec<u8>,
    pub signing: Signing,
    /// Its certificate.
    pub der: Vec<u8>,
}

impl Authority {
    /// A root with a new key.
    pub fn root(name: &str, kind: Kind) -> Self {
        let key = generate(kind);
        Self::root_by(&Spec::authority(&common_name(name), &key), &key)
    }

    /// A root as described, signed with its key.
    pub fn root_by(spec: &Spec, key: &PKey<Private>) -> Self {
        let mut root = Self {
            key: key.clone(),
            subject: spec.subject.clone(),
            signing: spec.signing.unwrap_or_else(|| Signing::usual(key)),
            der: Vec::new(),
        };
        root.der = root.issue(spec);
        root
    }

    /// A CA below this one, with a new key.
    pub fn subordinate(&self, name: &str, kind: Kind) -> Self {
        let key = generate(kind);
        self.subordinate_by(&Spec::authority(&common_name(name), &key), &key)
    }

    /// A CA below this one as described.
    pub fn subordinate_by(&self, spec: &Spec, key: &PKey<Private>) -> Self {
        Self { key: key.clone(), subject: spec.subject.clone(), signing: Signing::usual(key), der: self.issue(spec) }
    }

    /// The same CA signing in another way.
    pub fn signing(&self, signing: Signing) -> Self {
        Self { signing, ..self.clone() }
    }

    /// Issues a certificate.
    pub fn issue(&self, spec: &Spec) -> Vec<u8> {
        let signing = spec.signing.unwrap_or(self.signing);
        let inner = spec.inner_algorithm.clone().unwrap_or_else(|| signing.identifier());
        let outer = spec.outer_algorithm.clone().unwrap_or_else(|| signing.identifier());
        let mut extensions = spec.extensions.clone();
        if spec.key_identifiers {
            extensions.push(extension("2.5.29.14", false, &der::octet_string(&key_identifier(&spec.spki))));
            let authority = der::sequence(&[der::implicit(0, &key_identifier(&spki(&self.key)))]);
            extensions.push(extension("2.5.29.35", false, &authority));
        }
        let mut parts = Vec::new();
        if spec.version > 0 {
            parts.push(der::context(0, &der::number(spec.version)));
        }
        parts.push(der::integer(&spec.serial));
        parts.push(inner);
        parts.push(spec.issuer.clone().unwrap_or_else(|| self.subject.clone()));
        parts.push(der::sequence(&[der::time(spec.not_before), der::time(spec.not_after)]));
        parts.push(spec.subject.clone());
        parts.push(spec.spki.clone());
        if spec.version > 0 && !extensions.is_empty() {
            parts.push(der::context(3, &der::sequence(&extensions)));
        }
        self.seal(&der::sequence(&parts), signing, outer, spec.break_signature)
    }

    /// Issues a revocation list.
    pub fn crl(&self, spec: &CrlSpec) -> Vec<u8> {
        let signing = spec.signing.unwrap_or(self.signing);
        let mut parts: Vec<_> = spec.version.map(der::number).into_iter().collect();
        parts.push(signing.identifier());
        parts.push(spec.issuer.clone().unwrap_or_else(|| self.subject.clone()));
        parts.push(der::time(spec.this_update));
        parts.extend(spec.next_update.map(der::time));
        if !spec.entries.is_empty() {
            let entries: Vec<_> = spec.entries.iter().map(Revoked::der).collect();
            parts.push(der::sequence(&entries));
        }
        let mut extensions = spec.extensions.clone();
        extensions.extend(spec.number.map(|number| extension("2.5.29.20", false, &der::number(number))));
        if spec.version.is_some() {
            let authority = der::sequence(&[der::implicit(0, &key_identifier(&spki(&self.key)))]);
            extensions.push(extension("2.5.29.35", false, &authority));
            parts.push(der::context(0, &der::sequence(&extensions)));
        }
        self.seal(&der::sequence(&parts), signing, signing.identifier(), spec.break_signature)
    }

    /// Signs anything that has the shape of a certificate or a list.
    pub fn seal(&self, signed: &[u8], signing: Signing, outer_algorithm: Vec<u8>, break_it: bool) -> Vec<u8> {
        let mut signature = signing.sign(&self.key, signed);
        if break_it && let Some(byte) = signature.last_mut() {
            *byte ^= 1;
        }
        der::sequence(&[signed.to_vec(), outer_algorithm, der::bit_string(&signature)])
    }
}

impl Revoked {
    fn der(&self) -> Vec<u8> {
        let mut extensions = self.extensions.clone();
        extensions.extend(self.reason.map(|reason| extension("2.5.29.21", false, &der::enumerated(reason))));
        let mut parts = vec![der::integer(&self.serial), der::time(self.date)];
        if !extensions.is_empty() {
            parts.push(der::sequence(&extensions));
        }
        der::sequence(&parts)
    }
}

/// PEM of one object; `label` as in `CERTIFICATE` or `X509 CRL`.
pub fn pem(label: &str, bytes: &[u8]) -> String {
    let base64 = openssl::base64::encode_block(bytes);
    let lines: Vec<&str> = base64.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).expect("ASCII")).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}

/// What to put into a family's folder.
#[derive(Clone, Copy, Default)]
pub struct Folder<'a> {
    pub anchors: &'a [&'a [u8]],
    pub intermediates: &'a [&'a [u8]],
    /// Written to `crls/0.crl`, `crls/1.crl` and so on.
    pub crls: &'a [&'a [u8]],
}

/// Rules of a family whose leaves follow the ETSI profile: P3 and K3 by the policy 1.3.6.1.4.1.55555.1, CRLs required.
/// `[revocation]` comes last, so `crls = ["http://..."]` may be appended.
pub fn rules(name: &str, purpose: &str) -> String {
    format!(
        r#"name = "{name}"
purpose = "{purpose}"
countries = ["BY"]
schemes = ["personal-number", "tax", "company-register"]
qscd_statement = true

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
"#
    )
}

/// Writes a family's folder under `certs`; gives its path.
pub fn family(certs: &Path, id: &str, rules: &str, folder: &Folder<'_>) -> PathBuf {
    let place = certs.join(id);
    let write = |path: PathBuf, bytes: &[u8]| {
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        std::fs::write(path, bytes).expect("written");
    };
    write(place.join("issuer.toml"), rules.as_bytes());
    for (index, anchor) in folder.anchors.iter().enumerate() {
        write(place.join(format!("anchors/{index}.pem")), pem("CERTIFICATE", anchor).as_bytes());
    }
    for (index, intermediate) in folder.intermediates.iter().enumerate() {
        write(place.join(format!("intermediates/{index}.der")), intermediate);
    }
    for (index, crl) in folder.crls.iter().enumerate() {
        write(place.join(format!("crls/{index}.crl")), crl);
    }
    place
}
