//! Why a key or a signed token is refused.

use super::Algorithm;
use std::path::PathBuf;

/// Refusals and failures of keys and signed tokens.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file of keys cannot be read or created.
    #[error("cannot use the signing key {path}")]
    KeyFile {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// Others than the owner can read the key, or could put another in its place.
    #[error("{path} has mode {mode:o}; a signing key wants 600 and its folder 700")]
    KeyExposed {
        /// The file or folder.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// Not a PKCS#8 private key of a kind that Brama signs with: RSA of 2048 bits and more, or P-256.
    #[error("the signing key is not an RSA or P-256 key in PKCS#8")]
    KeyMalformed,
    /// No new key could be made.
    #[error("a signing key cannot be made")]
    KeyGeneration,
    /// No key can make this signature.
    #[error("there is no signing key for {algorithm}")]
    KeyMissing {
        /// What was asked for.
        algorithm: Algorithm,
    },
    /// The signature could not be made, or its content not written.
    #[error("the token cannot be signed")]
    Signing,
    /// Longer than any token of ours.
    #[error("the token has {length} bytes, over the limit")]
    TokenLength {
        /// How many came.
        length: usize,
    },
    /// Not a compact JWS, or not of the type or algorithm wanted.
    #[error("the token is not a signed token of the wanted type")]
    TokenMalformed,
    /// Signed with a key that is not ours.
    #[error("the token names a key that is not ours")]
    KeyUnknown,
    /// The signature or the issuer does not hold.
    #[error("the token is not ours")]
    SignatureInvalid,
}

impl Error {
    /// The stable word for logs, metrics and the API.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::KeyFile { .. } => "jose_key_file",
            Self::KeyExposed { .. } => "jose_key_exposed",
            Self::KeyMalformed => "jose_key_malformed",
            Self::KeyGeneration => "jose_key_generation",
            Self::KeyMissing { .. } => "jose_key_missing",
            Self::Signing => "jose_signing",
            Self::TokenLength { .. } => "jose_token_length",
            Self::TokenMalformed => "jose_token_malformed",
            Self::KeyUnknown => "jose_key_unknown",
            Self::SignatureInvalid => "jose_signature_invalid",
        }
    }

    /// All codes, for the test that wants a message for each.
    pub const CODES: &[&str] = &[
        "jose_key_file",
        "jose_key_exposed",
        "jose_key_malformed",
        "jose_key_generation",
        "jose_key_missing",
        "jose_signing",
        "jose_token_length",
        "jose_token_malformed",
        "jose_key_unknown",
        "jose_signature_invalid",
    ];
}
