//! Why a certificate, a list or a path is refused, in the words of RFC 5280.

use super::{Name, Oid, Purpose};
use crate::clock::UnixTime;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A bounded piece of work; each has a named limit in [`super::path`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Work {
    /// Certificates looked at as possible issuers.
    Candidates,
    /// Signatures checked.
    Signatures,
}

/// What is wrong with a public key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Weakness {
    /// An RSA modulus outside 2048 to 8192 bits.
    Modulus {
        /// Its length in bits.
        bits: u32,
    },
    /// An RSA exponent that is even, under 65537 or over 33 bits (FIPS 186-5 section 5.4).
    Exponent,
}

impl fmt::Display for Weakness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Modulus { bits } => write!(f, "RSA modulus of {bits} bits"),
            Self::Exponent => f.write_str("RSA public exponent"),
        }
    }
}

/// Why a certificate was revoked (RFC 5280 section 5.3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names are those of the standard")]
pub enum RevocationReason {
    Unspecified,
    KeyCompromise,
    CaCompromise,
    AffiliationChanged,
    Superseded,
    CessationOfOperation,
    CertificateHold,
    RemoveFromCrl,
    PrivilegeWithdrawn,
    AaCompromise,
}

impl RevocationReason {
    /// The reason of a number; `None` for 7, which is not used, and for what the standard does not know.
    pub(super) const fn from_number(number: u8) -> Option<Self> {
        Some(match number {
            0 => Self::Unspecified,
            1 => Self::KeyCompromise,
            2 => Self::CaCompromise,
            3 => Self::AffiliationChanged,
            4 => Self::Superseded,
            5 => Self::CessationOfOperation,
            6 => Self::CertificateHold,
            8 => Self::RemoveFromCrl,
            9 => Self::PrivilegeWithdrawn,
            10 => Self::AaCompromise,
            _ => return None,
        })
    }

    /// The word of the standard.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unspecified => "unspecified",
            Self::KeyCompromise => "keyCompromise",
            Self::CaCompromise => "cACompromise",
            Self::AffiliationChanged => "affiliationChanged",
            Self::Superseded => "superseded",
            Self::CessationOfOperation => "cessationOfOperation",
            Self::CertificateHold => "certificateHold",
            Self::RemoveFromCrl => "removeFromCRL",
            Self::PrivilegeWithdrawn => "privilegeWithdrawn",
            Self::AaCompromise => "aACompromise",
        }
    }
}

impl fmt::Display for RevocationReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Refusals of certificates, revocation lists and paths. `depth` counts from the leaf, which is 0.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Not the DER of a certificate (RFC 5280 section 4.1), or a field that contradicts another.
    #[error("the certificate is malformed at {field}")]
    CertificateMalformed {
        /// The field, in the standard's words.
        field: &'static str,
    },
    /// Longer than [`super::MAX_CERTIFICATE`].
    #[error("the certificate has {length} bytes, more than allowed")]
    CertificateTooLarge {
        /// How many.
        length: usize,
    },
    /// No certificate of this subject is known that could have issued it.
    #[error("no trusted CA is known by the name {issuer}")]
    IssuerUnknown {
        /// Who is missing.
        issuer: Name,
        /// Whose issuer it is.
        depth: usize,
    },
    /// Before notBefore.
    #[error("certificate {depth} of the path is not valid before {from}")]
    NotYetValid {
        /// notBefore.
        from: UnixTime,
        /// Which certificate.
        depth: usize,
    },
    /// After notAfter.
    #[error("certificate {depth} of the path was valid until {until}")]
    Expired {
        /// notAfter.
        until: UnixTime,
        /// Which certificate.
        depth: usize,
    },
    /// The signature on a certificate is not by the key of the CA it names.
    #[error("the signature on certificate {depth} of the path does not verify")]
    SignatureInvalidInChain {
        /// Which certificate.
        depth: usize,
    },
    /// A signature that does not verify, wherever it was: the answer of [`super::signature::verify`].
    #[error("the signature does not verify")]
    SignatureInvalid,
    /// The algorithm inside the signed part differs from the one beside the signature (RFC 5280 section 4.1.1.2).
    #[error("the signature algorithm is named twice and differently")]
    SignatureAlgorithmMismatch,
    /// A key or signature algorithm that is not accepted.
    #[error("algorithm {oid} is not accepted")]
    AlgorithmRefused {
        /// Its object identifier.
        oid: Oid,
    },
    /// A scheme that the key cannot serve.
    #[error("the signature scheme does not fit the key")]
    SchemeMismatch,
    /// A key that is too weak, or so long that it is only there to cost work.
    #[error("the key of certificate {depth} of the path is not accepted: {weakness}")]
    KeyTooWeak {
        /// What is wrong.
        weakness: Weakness,
        /// Which certificate.
        depth: usize,
    },
    /// Acts as a CA without basicConstraints saying so.
    #[error("certificate {depth} of the path is not a CA's")]
    CaFlagMissing {
        /// Which certificate.
        depth: usize,
    },
    /// More CAs than a pathLenConstraint, or than the limit, allows.
    #[error("the path below certificate {depth} is too long")]
    PathTooLong {
        /// Whose constraint.
        depth: usize,
    },
    /// keyUsage does not allow this use.
    #[error("the key usage of certificate {depth} of the path does not allow this")]
    KeyUsage {
        /// Which certificate.
        depth: usize,
    },
    /// extKeyUsage does not allow this use, or names one that is never accepted.
    #[error("the extended key usage of certificate {depth} of the path does not allow this")]
    ExtendedKeyUsage {
        /// Which certificate.
        depth: usize,
    },
    /// A critical extension that is not processed.
    #[error("critical extension {oid} of certificate {depth} of the path is not processed")]
    CriticalExtensionUnknown {
        /// Its object identifier.
        oid: Oid,
        /// Which certificate.
        depth: usize,
    },
    /// The path leads to a CA that is trusted for something else.
    #[error("CA `{family}` is trusted for {purpose} only")]
    Purpose {
        /// The family's id.
        family: String,
        /// What it is trusted for.
        purpose: Purpose,
    },
    /// Revoked.
    #[error("certificate {depth} of the path was revoked at {when}")]
    Revoked {
        /// revocationDate.
        when: UnixTime,
        /// reasonCode, when the CA gave one.
        reason: Option<RevocationReason>,
        /// Which certificate.
        depth: usize,
    },
    /// No status evidence.
    #[error("there is no revocation list of {issuer} for certificate {depth} of the path")]
    StatusUnknown {
        /// Whose list is missing.
        issuer: Name,
        /// Which certificate.
        depth: usize,
    },
    /// The status evidence is past its nextUpdate.
    #[error("the revocation list for certificate {depth} of the path stood until {until}")]
    StatusStale {
        /// nextUpdate.
        until: UnixTime,
        /// Which certificate.
        depth: usize,
    },
    /// The status evidence is from the future: the CA's clock or ours is wrong.
    #[error("the revocation list for certificate {depth} of the path begins at {from}")]
    StatusNotYetValid {
        /// thisUpdate.
        from: UnixTime,
        /// Which certificate.
        depth: usize,
    },
    /// Not the DER of a CRL (RFC 5280 section 5.1).
    #[error("the revocation list is malformed at {field}")]
    CrlMalformed {
        /// The field, in the standard's words.
        field: &'static str,
    },
    /// Longer than [`super::MAX_CRL`].
    #[error("the revocation list has {length} bytes, more than allowed")]
    CrlTooLarge {
        /// How many.
        length: usize,
    },
    /// Not by the key of the CA it names, or by one that may not sign lists.
    #[error("the signature on the revocation list does not verify")]
    CrlSignature,
    /// The CA's keyUsage lacks cRLSign.
    #[error("{issuer} may not sign revocation lists")]
    CrlKeyUsage {
        /// Which CA.
        issuer: Name,
    },
    /// A delta, indirect or partial list, or one with another critical extension that is not processed.
    #[error("critical extension {oid} of the revocation list is not processed")]
    CrlCriticalExtensionUnknown {
        /// Its object identifier.
        oid: Oid,
    },
    /// Older than one already seen from this CA.
    #[error("the revocation list of {this_update} is older than one already seen, of {newest}")]
    CrlReplayed {
        /// thisUpdate of the one refused.
        this_update: UnixTime,
        /// thisUpdate of the newest one.
        newest: UnixTime,
    },
    /// A set of certificates that would cost more work than any honest one.
    #[error("building the path costs too much: {work:?}")]
    Budget {
        /// Which limit.
        work: Work,
    },
}

impl Error {
    /// The stable word for logs, metrics, the API and the citizen's message.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::CertificateMalformed { .. } => "certificate_malformed",
            Self::CertificateTooLarge { .. } => "certificate_too_large",
            Self::IssuerUnknown { .. } => "issuer_unknown",
            Self::NotYetValid { .. } => "not_yet_valid",
            Self::Expired { .. } => "expired",
            Self::SignatureInvalidInChain { .. } => "signature_invalid_in_chain",
            Self::SignatureInvalid => "signature_invalid",
            Self::SignatureAlgorithmMismatch => "signature_algorithm_mismatch",
            Self::AlgorithmRefused { .. } => "algorithm_refused",
            Self::SchemeMismatch => "scheme_mismatch",
            Self::KeyTooWeak { .. } => "key_too_weak",
            Self::CaFlagMissing { .. } => "ca_flag_missing",
            Self::PathTooLong { .. } => "path_too_long",
            Self::KeyUsage { .. } => "key_usage",
            Self::ExtendedKeyUsage { .. } => "extended_key_usage",
            Self::CriticalExtensionUnknown { .. } => "critical_extension_unknown",
            Self::Purpose { .. } => "purpose",
            Self::Revoked { .. } => "revoked",
            Self::StatusUnknown { .. } => "status_unknown",
            Self::StatusStale { .. } => "status_stale",
            Self::StatusNotYetValid { .. } => "status_not_yet_valid",
            Self::CrlMalformed { .. } => "crl_malformed",
            Self::CrlTooLarge { .. } => "crl_too_large",
            Self::CrlSignature => "crl_signature",
            Self::CrlKeyUsage { .. } => "crl_key_usage",
            Self::CrlCriticalExtensionUnknown { .. } => "crl_critical_extension_unknown",
            Self::CrlReplayed { .. } => "crl_replayed",
            Self::Budget { .. } => "budget",
        }
    }

    /// All codes, for the test that wants a message for each.
    pub const CODES: &[&str] = &[
        "certificate_malformed",
        "certificate_too_large",
        "issuer_unknown",
        "not_yet_valid",
        "expired",
        "signature_invalid_in_chain",
        "signature_invalid",
        "signature_algorithm_mismatch",
        "algorithm_refused",
        "scheme_mismatch",
        "key_too_weak",
        "ca_flag_missing",
        "path_too_long",
        "key_usage",
        "extended_key_usage",
        "critical_extension_unknown",
        "purpose",
        "revoked",
        "status_unknown",
        "status_stale",
        "status_not_yet_valid",
        "crl_malformed",
        "crl_too_large",
        "crl_signature",
        "crl_key_usage",
        "crl_critical_extension_unknown",
        "crl_replayed",
        "budget",
    ];
}
