//! Why an authentication token is refused.

use super::Algorithm;

/// Refusals of a challenge or an authentication token.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A nonce that is not 44 to 128 printable characters.
    #[error("the nonce is malformed")]
    NonceMalformed,
    /// The nonce was never issued, was used before, or its two minutes are over.
    #[error("the nonce is unknown, used or expired")]
    NonceSpent,
    /// Not a bare http or https origin.
    #[error("the origin is malformed")]
    OriginMalformed,
    /// Shorter than 100 or longer than 10,000 characters.
    #[error("the token has {length} bytes, outside the limits")]
    TokenLength {
        /// How many came.
        length: usize,
    },
    /// Not the JSON object of the format.
    #[error("the token is not the JSON object of web-eid:1")]
    TokenMalformed,
    /// A `format` other than `web-eid:1` and its minor versions.
    #[error("the token's format is not supported")]
    TokenFormat,
    /// The certificate is not base64.
    #[error("the token's certificate is not base64")]
    CertificateEncoding,
    /// The signature is not base64, or is longer than any signature can be.
    #[error("the token's signature is not base64 of a signature's size")]
    SignatureEncoding,
    /// An algorithm name that is not on the list.
    #[error("the token's algorithm is not supported")]
    AlgorithmUnknown,
    /// The algorithm cannot have been made by the certificate's key.
    #[error("algorithm {algorithm} does not fit the certificate's key")]
    AlgorithmMismatch {
        /// What the token names.
        algorithm: Algorithm,
    },
    /// The signature is not over this origin and nonce by this key.
    #[error("the signature does not verify for this gateway and nonce")]
    SignatureInvalid,
}

impl Error {
    /// The stable word for logs, metrics, the API and the citizen's message.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NonceMalformed => "nonce_malformed",
            Self::NonceSpent => "nonce_spent",
            Self::OriginMalformed => "origin_malformed",
            Self::TokenLength { .. } => "token_length",
            Self::TokenMalformed => "token_malformed",
            Self::TokenFormat => "token_format",
            Self::CertificateEncoding => "certificate_encoding",
            Self::SignatureEncoding => "signature_encoding",
            Self::AlgorithmUnknown => "algorithm_unknown",
            Self::AlgorithmMismatch { .. } => "algorithm_mismatch",
            Self::SignatureInvalid => "signature_invalid",
        }
    }

    /// All codes, for the test that wants a message for each.
    pub const CODES: &[&str] = &[
        "nonce_malformed",
        "nonce_spent",
        "origin_malformed",
        "token_length",
        "token_malformed",
        "token_format",
        "certificate_encoding",
        "signature_encoding",
        "algorithm_unknown",
        "algorithm_mismatch",
        "signature_invalid",
    ];
}
