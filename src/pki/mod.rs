//! Certification paths: bytes, evidence and a time in; a verdict out (RFC 5280 section 6).

mod algorithm;

pub use algorithm::{Curve, Digest, KeyKind, SignatureEncoding, SignatureScheme};

/// A certificate.
#[derive(Clone, Debug)]
pub struct Certificate;

/// A public key.
#[derive(Clone, Debug)]
pub struct PublicKey;

/// A path that leads to an anchor; revocation is not yet known.
#[derive(Clone, Debug)]
pub struct TrustedPath;

#[expect(missing_docs, reason = "placeholder")]
impl Certificate {
    pub fn der(&self) -> &[u8] {
        unimplemented!()
    }
    pub fn fingerprint(&self) -> [u8; 32] {
        unimplemented!()
    }
    pub fn public_key(&self) -> &PublicKey {
        unimplemented!()
    }
}

#[expect(missing_docs, reason = "placeholder")]
impl PublicKey {
    pub fn kind(&self) -> KeyKind {
        unimplemented!()
    }
}

#[expect(missing_docs, reason = "placeholder")]
impl TrustedPath {
    pub fn leaf(&self) -> &Certificate {
        unimplemented!()
    }
}

/// Signature primitives.
#[expect(missing_docs, reason = "placeholder")]
pub mod signature {
    pub fn verify(
        _key: &super::PublicKey,
        _scheme: super::SignatureScheme,
        _encoding: super::SignatureEncoding,
        _message: &[u8],
        _signature: &[u8],
    ) -> Result<(), ()> {
        unimplemented!()
    }
}

/// A leaf with a path and a status that hold at a time.
#[derive(Clone, Debug)]
pub struct ValidatedCertificate;
