//! Provisional: as much of certificates as the agent reads.
#![expect(missing_docs, reason = "placeholder")]

use super::{Curve, KeyKind, SignatureEncoding, SignatureScheme};
use crate::clock::UnixTime;
use crate::pki::Digest;
use openssl::hash::MessageDigest;
use openssl::pkey::{Id, PKey, Public};
use openssl::sign::{RsaPssSaltlen, Verifier};
use std::sync::Arc;
use x509_parser::prelude::{FromDer, X509Certificate};

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("malformed")]
    CertificateMalformed,
    #[error("signature")]
    SignatureInvalid,
}

impl Error {
    pub const fn code(&self) -> &'static str {
        "certificate_malformed"
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Oid(String);

impl std::fmt::Display for Oid {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::str::FromStr for Oid {
    type Err = Error;
    fn from_str(text: &str) -> Result<Self, Error> {
        Ok(Self(text.to_owned()))
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attribute {
    pub oid: Oid,
    pub value: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    der: Vec<u8>,
    attributes: Vec<Attribute>,
}

impl Name {
    pub fn der(&self) -> &[u8] {
        &self.der
    }
    pub fn attributes(&self) -> &[Attribute] {
        &self.attributes
    }
    pub fn first(&self, oid: &Oid) -> Option<&str> {
        self.attributes.iter().find(|attribute| attribute.oid == *oid).map(|attribute| attribute.value.as_str())
    }
    pub fn common_name(&self) -> Option<&str> {
        self.first(&Oid("2.5.4.3".to_owned()))
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyUsage(u16);

impl KeyUsage {
    pub const DIGITAL_SIGNATURE: u8 = 0;
    pub const fn has(self, bit: u8) -> bool {
        self.0 & (1 << bit) != 0
    }
}

#[derive(Clone, Debug)]
pub struct PublicKey {
    kind: KeyKind,
    key: PKey<Public>,
}

impl PublicKey {
    pub fn kind(&self) -> KeyKind {
        self.kind
    }
}

#[derive(Clone, Debug)]
pub struct Certificate(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    der: Vec<u8>,
    subject: Name,
    issuer: Name,
    not_before: UnixTime,
    not_after: UnixTime,
    key_usage: Option<KeyUsage>,
    extended: Option<Vec<Oid>>,
    key: PublicKey,
}

impl Certificate {
    pub fn from_der(der: &[u8]) -> Result<Self, Error> {
        let bad = || Error::CertificateMalformed;
        let (rest, parsed) = X509Certificate::from_der(der).map_err(|_| bad())?;
        if !rest.is_empty() {
            return Err(bad());
        }
        let key = PKey::public_key_from_der(parsed.public_key().raw).map_err(|_| bad())?;
        let kind = match key.id() {
            Id::RSA => KeyKind::Rsa { bits: key.bits() },
            Id::EC if key.bits() == 256 => KeyKind::Ec(Curve::P256),
            Id::EC if key.bits() == 384 => KeyKind::Ec(Curve::P384),
            Id::EC => KeyKind::Ec(Curve::P521),
            _ => KeyKind::Ed25519,
        };
        let name = |name: &x509_parser::prelude::X509Name<'_>| Name {
            der: name.as_raw().to_vec(),
            attributes: name
                .iter_attributes()
                .filter_map(|attribute| {
                    let oid = Oid(attribute.attr_type().to_id_string());
                    Some(Attribute { oid, value: attribute.as_str().ok()?.to_owned() })
                })
                .collect(),
        };
        let key_usage = parsed.key_usage().map_err(|_| bad())?.map(|usage| KeyUsage(usage.value.flags));
        let extended = parsed.extended_key_usage().map_err(|_| bad())?.map(|usage| {
            let mut all: Vec<Oid> = usage.value.other.iter().map(|oid| Oid(oid.to_id_string())).collect();
            if usage.value.client_auth {
                all.push(Oid("1.3.6.1.5.5.7.3.2".to_owned()));
            }
            all
        });
        Ok(Self(Arc::new(Inner {
            der: der.to_vec(),
            subject: name(parsed.subject()),
            issuer: name(parsed.issuer()),
            not_before: UnixTime(parsed.validity().not_before.timestamp()),
            not_after: UnixTime(parsed.validity().not_after.timestamp()),
            key_usage,
            extended,
            key: PublicKey { kind, key },
        })))
    }
    pub fn der(&self) -> &[u8] {
        &self.0.der
    }
    pub fn fingerprint(&self) -> [u8; 32] {
        crate::secret::sha256(&self.0.der)
    }
    pub fn public_key(&self) -> &PublicKey {
        &self.0.key
    }
    pub fn subject(&self) -> &Name {
        &self.0.subject
    }
    pub fn issuer(&self) -> &Name {
        &self.0.issuer
    }
    pub fn not_before(&self) -> UnixTime {
        self.0.not_before
    }
    pub fn not_after(&self) -> UnixTime {
        self.0.not_after
    }
    pub fn key_usage(&self) -> Option<KeyUsage> {
        self.0.key_usage
    }
    pub fn extended_key_usages(&self) -> Option<&[Oid]> {
        self.0.extended.as_deref()
    }
}

pub fn verify(
    key: &PublicKey,
    scheme: SignatureScheme,
    encoding: SignatureEncoding,
    message: &[u8],
    signature: &[u8],
) -> Result<(), Error> {
    let digest = |digest| match digest {
        Digest::Sha256 => MessageDigest::sha256(),
        Digest::Sha384 => MessageDigest::sha384(),
        Digest::Sha512 => MessageDigest::sha512(),
    };
    let run = || -> Result<bool, openssl::error::ErrorStack> {
        match scheme {
            SignatureScheme::RsaPkcs1(hash) => {
                Verifier::new(digest(hash), &key.key)?.verify_oneshot(signature, message)
            }
            SignatureScheme::RsaPss(hash) => {
                let mut verifier = Verifier::new(digest(hash), &key.key)?;
                verifier.set_rsa_padding(openssl::rsa::Padding::PKCS1_PSS)?;
                verifier.set_rsa_pss_saltlen(RsaPssSaltlen::DIGEST_LENGTH)?;
                verifier.verify_oneshot(signature, message)
            }
            SignatureScheme::Ecdsa(hash) => {
                let der = if encoding == SignatureEncoding::Raw {
                    let (r, s) = signature.split_at(signature.len() / 2);
                    openssl::ecdsa::EcdsaSig::from_private_components(
                        openssl::bn::BigNum::from_slice(r)?,
                        openssl::bn::BigNum::from_slice(s)?,
                    )?
                    .to_der()?
                } else {
                    signature.to_vec()
                };
                Verifier::new(digest(hash), &key.key)?.verify_oneshot(&der, message)
            }
            SignatureScheme::Ed25519 => Verifier::new_without_digest(&key.key)?.verify_oneshot(signature, message),
        }
    };
    if run().unwrap_or(false) { Ok(()) } else { Err(Error::SignatureInvalid) }
}
