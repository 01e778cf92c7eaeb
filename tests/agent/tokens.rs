//! Cards of software: keys of OpenSSL behind the hub's trait.

use brama::card::{Card, CardId, CardKey, CardState, Error, KeyReference, Reader, Service, Slot, Snapshot, Tokens};
use brama::pki::{Digest, KeyKind, SignatureScheme};
use brama::secret::Pin;
use openssl::asn1::Asn1Time;
use openssl::bn::BigNum;
use openssl::ec::{EcGroup, EcKey};
use openssl::ecdsa::EcdsaSig;
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::rsa::{Padding, Rsa};
use openssl::sign::{RsaPssSaltlen, Signer};
use openssl::x509::extension::{ExtendedKeyUsage, KeyUsage};
use openssl::x509::{X509, X509Name, X509NameBuilder};
use std::sync::{Condvar, Mutex, MutexGuard};
use std::time::{Duration, Instant};

pub const READER: &str = "Test reader 00";
pub const PIN: &str = "123456";

/// What a certificate is made of.
pub struct Profile {
    pub owner: &'static str,
    pub issuer: &'static str,
    pub days: (i64, i64),
    pub sign: bool,
    pub client: bool,
}

impl Default for Profile {
    fn default() -> Self {
        Self { owner: "Alena Kavalenka", issuer: "Test CA", days: (-1, 365), sign: true, client: true }
    }
}

pub fn name(common: &str) -> X509Name {
    let mut name = X509NameBuilder::new().expect("builds");
    name.append_entry_by_nid(Nid::COMMONNAME, common).expect("appends");
    name.build()
}

pub fn p256() -> PKey<Private> {
    let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).expect("has the curve");
    PKey::from_ec_key(EcKey::generate(&group).expect("makes a key")).expect("wraps")
}

pub fn rsa() -> PKey<Private> {
    PKey::from_rsa(Rsa::generate(2048).expect("makes a key")).expect("wraps")
}

/// A certificate of a key; signed by itself, which is the gateway's to notice.
pub fn certificate(key: &PKey<Private>, profile: &Profile) -> Vec<u8> {
    let mut builder = X509::builder().expect("builds");
    let now = i64::try_from(
        #[expect(clippy::disallowed_methods, reason = "certificates of tests are valid now")]
        std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970").as_secs(),
    )
    .expect("fits");
    let at = |days: i64| Asn1Time::from_unix(now + days * 86_400).expect("a time");
    builder.set_version(2).expect("sets");
    builder.set_serial_number(&BigNum::from_u32(7).expect("fits").to_asn1_integer().expect("fits")).expect("sets");
    builder.set_subject_name(&name(profile.owner)).expect("sets");
    builder.set_issuer_name(&name(profile.issuer)).expect("sets");
    builder.set_not_before(&at(profile.days.0)).expect("sets");
    builder.set_not_after(&at(profile.days.1)).expect("sets");
    builder.set_pubkey(key).expect("sets");
    let mut usage = KeyUsage::new();
    if profile.sign {
        usage.digital_signature()
    } else {
        usage.key_agreement()
    };
    builder.append_extension(usage.critical().build().expect("builds")).expect("appends");
    let mut extended = ExtendedKeyUsage::new();
    if profile.client {
        extended.client_auth()
    } else {
        extended.email_protection()
    };
    builder.append_extension(extended.build().expect("builds")).expect("appends");
    builder.sign(key, MessageDigest::sha256()).expect("signs");
    builder.build().to_der().expect("encodes")
}

struct Held {
    generation: u64,
    cards: Vec<(Card, Vec<PKey<Private>>)>,
    faults: Vec<Error>,
    bad_signature: bool,
    verified: usize,
    signed: usize,
}

/// One reader for each card.
pub struct SoftTokens {
    held: Mutex<Held>,
    changed: Condvar,
}

impl SoftTokens {
    pub fn empty() -> Self {
        let held =
            Held { generation: 1, cards: Vec::new(), faults: Vec::new(), bad_signature: false, verified: 0, signed: 0 };
        Self { held: Mutex::new(held), changed: Condvar::new() }
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().expect("no test panicked holding it")
    }

    fn change(&self, change: impl FnOnce(&mut Held)) {
        let mut held = self.held();
        change(&mut held);
        held.generation += 1;
        self.changed.notify_all();
    }

    /// Puts a card with these keys and certificates into a reader of its own.
    pub fn insert(&self, keys: Vec<(Slot, PKey<Private>, Vec<u8>)>) {
        self.change(|held| {
            let number = u8::try_from(held.cards.len()).expect("few cards");
            let (reader, id) = (format!("{READER}{number}"), CardId([number; 16]));
            let reference = |slot| KeyReference { reader: reader.clone(), card: id, slot };
            let card_keys = keys
                .iter()
                .map(|(slot, _, certificate)| CardKey {
                    reference: reference(*slot),
                    slot: *slot,
                    certificate: certificate.clone(),
                })
                .collect();
            let card = Card { id, keys: card_keys, tries: Some(3) };
            held.cards.push((card, keys.into_iter().map(|(_, key, _)| key).collect()));
        });
    }

    pub fn pull(&self) {
        self.change(|held| held.cards.clear());
    }

    pub fn set_tries(&self, tries: u8) {
        self.change(|held| held.cards.iter_mut().for_each(|(card, _)| card.tries = Some(tries)));
    }

    /// The next signature ends so, after the PIN.
    pub fn fail_next(&self, error: Error) {
        self.held().faults.push(error);
    }

    pub fn spoil_next_signature(&self) {
        self.held().bad_signature = true;
    }

    /// How many PINs were sent to cards, how many signatures made.
    pub fn counts(&self) -> (usize, usize) {
        let held = self.held();
        (held.verified, held.signed)
    }
}

impl Tokens for SoftTokens {
    fn snapshot(&self) -> Snapshot {
        let held = self.held();
        let readers = held.cards.iter().map(|(card, _)| {
            let name = card.keys.first().map(|key| key.reference.reader.clone()).unwrap_or_default();
            Reader { name, card: CardState::Piv(card.clone()) }
        });
        let mut readers: Vec<Reader> = readers.collect();
        if readers.is_empty() {
            readers.push(Reader { name: READER.to_owned(), card: CardState::Empty });
        }
        Snapshot { generation: held.generation, service: Service::Running, readers }
    }

    fn wait(&self, seen: u64, timeout: Duration) -> Snapshot {
        let until = Instant::now() + timeout;
        let mut held = self.held();
        while held.generation == seen {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            held = self.changed.wait_timeout(held, left).expect("no test panicked holding it").0;
        }
        drop(held);
        self.snapshot()
    }

    fn tries(&self, key: &KeyReference) -> Result<Option<u8>, Error> {
        let held = self.held();
        let card = held.cards.iter().find(|(card, _)| card.keys.iter().any(|one| one.reference == *key));
        card.map(|(card, _)| card.tries).ok_or(Error::CardRemoved)
    }

    fn sign(
        &self,
        key: &KeyReference,
        pin: &Pin,
        _: KeyKind,
        scheme: SignatureScheme,
        message: &[u8],
    ) -> Result<Vec<u8>, Error> {
        let mut held = self.held();
        held.verified += 1;
        let place = |(card, _): &(Card, _)| card.keys.iter().any(|one| one.reference == *key);
        let (card, keys) = held.cards.iter_mut().find(|card| place(card)).ok_or(Error::CardRemoved)?;
        let tries = card.tries.unwrap_or(3);
        if tries == 0 {
            return Err(Error::PinBlocked);
        }
        if pin.expose() != PIN.as_bytes() {
            card.tries = Some(tries - 1);
            return Err(Error::WrongPin { tries_left: card.tries });
        }
        card.tries = Some(3);
        let number = card.keys.iter().position(|one| one.reference == *key).expect("was found");
        let key = keys[number].clone();
        if let Some(fault) = held.faults.pop() {
            return Err(fault);
        }
        held.signed += 1;
        let mut signature = sign(&key, scheme, message);
        if std::mem::take(&mut held.bad_signature) {
            signature[10] ^= 1;
        }
        Ok(signature)
    }
}

fn sign(key: &PKey<Private>, scheme: SignatureScheme, message: &[u8]) -> Vec<u8> {
    let digest = |digest| match digest {
        Digest::Sha256 => MessageDigest::sha256(),
        Digest::Sha384 => MessageDigest::sha384(),
        Digest::Sha512 => MessageDigest::sha512(),
    };
    let signer = |hash| Signer::new(digest(hash), key).expect("signs");
    match scheme {
        SignatureScheme::RsaPkcs1(hash) => signer(hash).sign_oneshot_to_vec(message).expect("signs"),
        SignatureScheme::RsaPss(hash) => {
            let mut signer = signer(hash);
            signer.set_rsa_padding(Padding::PKCS1_PSS).expect("sets");
            signer.set_rsa_pss_saltlen(RsaPssSaltlen::DIGEST_LENGTH).expect("sets");
            signer.sign_oneshot_to_vec(message).expect("signs")
        }
        SignatureScheme::Ecdsa(hash) => {
            let der = signer(hash).sign_oneshot_to_vec(message).expect("signs");
            let signature = EcdsaSig::from_der(&der).expect("is DER");
            let part = |number: &openssl::bn::BigNumRef| number.to_vec_padded(32).expect("fits");
            [part(signature.r()), part(signature.s())].concat()
        }
        SignatureScheme::Ed25519 => panic!("PIV has no Ed25519"),
    }
}
