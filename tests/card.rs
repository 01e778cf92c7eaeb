//! Cards and readers: the PIV application against a virtual card and against transcripts, and the whole way through
//! PC/SC with a pcscd of our own.

#[path = "card/applications.rs"]
mod applications;
#[path = "card/judge.rs"]
mod judge;
#[path = "support/pcscd.rs"]
mod pcscd;
#[path = "card/readers.rs"]
mod readers;
#[path = "support/virtual_card.rs"]
mod virtual_card;

use brama::pki::{Curve, Digest, KeyKind, SignatureScheme};
use openssl::asn1::Asn1Time;
use openssl::bn::BigNum;
use openssl::ec::{EcGroup, EcKey};
use openssl::ecdsa::EcdsaSig;
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::rsa::{Padding, Rsa};
use openssl::sign::{RsaPssSaltlen, Verifier};
use openssl::x509::{X509, X509NameBuilder};

fn rsa(bits: u32) -> PKey<Private> {
    PKey::from_rsa(Rsa::generate(bits).expect("a key")).expect("a key")
}

fn ec(curve: Nid) -> PKey<Private> {
    let group = EcGroup::from_curve_name(curve).expect("a curve");
    PKey::from_ec_key(EcKey::generate(&group).expect("a key")).expect("a key")
}

/// A certificate that signs itself; cards do not mind.
fn certificate(key: &PKey<Private>, name: &str) -> Vec<u8> {
    let mut builder = X509::builder().expect("a builder");
    let mut subject = X509NameBuilder::new().expect("a builder");
    subject.append_entry_by_text("CN", name).expect("a name");
    let subject = subject.build();
    let serial = BigNum::from_u32(1).and_then(|number| number.to_asn1_integer()).expect("a number");
    builder.set_version(2).expect("a version");
    builder.set_serial_number(&serial).expect("a number");
    builder.set_subject_name(&subject).expect("a name");
    builder.set_issuer_name(&subject).expect("a name");
    builder.set_not_before(&Asn1Time::days_from_now(0).expect("a time")).expect("a time");
    builder.set_not_after(&Asn1Time::days_from_now(1).expect("a time")).expect("a time");
    builder.set_pubkey(key).expect("a key");
    builder.sign(key, MessageDigest::sha256()).expect("signs");
    builder.build().to_der().expect("encodes")
}

/// Whether a signature verifies with the certificate's key, as OpenSSL sees it.
fn verifies(certificate: &[u8], scheme: SignatureScheme, message: &[u8], signature: &[u8]) -> bool {
    let key = X509::from_der(certificate).and_then(|certificate| certificate.public_key()).expect("a certificate");
    let (digest, padding) = match scheme {
        SignatureScheme::RsaPkcs1(digest) => (digest, Some(Padding::PKCS1)),
        SignatureScheme::RsaPss(digest) => (digest, Some(Padding::PKCS1_PSS)),
        SignatureScheme::Ecdsa(digest) => (digest, None),
        SignatureScheme::Ed25519 => return false,
    };
    let name = match digest {
        Digest::Sha256 => MessageDigest::sha256(),
        Digest::Sha384 => MessageDigest::sha384(),
        Digest::Sha512 => MessageDigest::sha512(),
    };
    let mut verifier = Verifier::new(name, &key).expect("a verifier");
    let Some(padding) = padding else {
        let (r, s) = signature.split_at(signature.len() / 2);
        let numbers = (BigNum::from_slice(r).expect("a number"), BigNum::from_slice(s).expect("a number"));
        let der = EcdsaSig::from_private_components(numbers.0, numbers.1).and_then(|it| it.to_der()).expect("encodes");
        return verifier.verify_oneshot(&der, message).expect("verifies or not");
    };
    verifier.set_rsa_padding(padding).expect("known");
    if padding == Padding::PKCS1_PSS {
        verifier.set_rsa_pss_saltlen(RsaPssSaltlen::DIGEST_LENGTH).expect("known");
    }
    verifier.verify_oneshot(signature, message).expect("verifies or not")
}

/// The kind of a certificate's key and a scheme for it.
fn kind_and_scheme(certificate: &[u8]) -> (KeyKind, SignatureScheme) {
    let key = X509::from_der(certificate).and_then(|certificate| certificate.public_key()).expect("a certificate");
    match key.ec_key().ok().and_then(|key| key.group().curve_name()) {
        Some(Nid::SECP384R1) => (KeyKind::Ec(Curve::P384), SignatureScheme::Ecdsa(Digest::Sha384)),
        Some(_) => (KeyKind::Ec(Curve::P256), SignatureScheme::Ecdsa(Digest::Sha256)),
        None => (KeyKind::Rsa { bits: key.bits() }, SignatureScheme::RsaPkcs1(Digest::Sha256)),
    }
}
