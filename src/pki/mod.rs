//! Certification paths: bytes, evidence and a time in; a verdict out (RFC 5280 section 6).

mod algorithm;
mod provisional;

pub use algorithm::{Curve, Digest, KeyKind, SignatureEncoding, SignatureScheme};
pub use provisional::{Attribute, Certificate, Error, KeyUsage, Name, Oid, PublicKey};

/// A path that leads to an anchor; revocation is not yet known.
#[derive(Clone, Debug)]
pub struct TrustedPath;

#[expect(missing_docs, reason = "placeholder")]
impl TrustedPath {
    pub fn leaf(&self) -> &Certificate {
        unimplemented!()
    }
}

/// Signature primitives.
pub mod signature {
    pub use super::provisional::verify;
}

/// A leaf with a path and a status that hold at a time.
#[derive(Clone, Debug)]
pub struct ValidatedCertificate;
