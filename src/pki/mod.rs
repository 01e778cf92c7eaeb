//! Certification paths: bytes, evidence and a time in; a verdict out (RFC 5280 section 6).
//!
//! ```text
//! Certificate::from_der -> path::find(.., trust, purpose, now) -> TrustedPath
//!     evidence::needs(&path) names the lists; Crl::from_der -> Crl::verify(issuer) -> VerifiedCrl, kept across logins
//! validate(&path, &status, now) -> ValidatedCertificate
//! ```
//!
//! Nothing here does I/O, reads a clock or waits. What comes from outside has a named limit and a named refusal.

mod algorithm;
mod certificate;
mod crl;
mod der;
mod error;
pub mod evidence;
mod key;
mod name;
mod oid;
pub mod path;
mod profile;
mod revocation;
pub mod signature;
pub mod trust;
mod validate;

pub use algorithm::{Curve, Digest, KeyKind, SignatureEncoding, SignatureScheme};
pub use certificate::{BasicConstraints, Certificate, KeyUsage, MAX_CERTIFICATE};
pub use crl::{Crl, CrlNumber, MAX_CRL, RevokedEntry, VerifiedCrl};
pub use error::{Error, RevocationReason, Weakness, Work};
pub use evidence::{Evidence, StatusNeed};
pub use key::PublicKey;
pub use name::{Attribute, Name};
pub use oid::{Oid, OidError};
pub use path::TrustedPath;
pub use revocation::{CLOCK_SKEW, NewestCrls, StatusEvidence};
pub use trust::{Issuer, IssuerRules, Purpose, TrustList};
pub use validate::{LeafStatus, StatusSource, ValidatedCertificate, validate};
