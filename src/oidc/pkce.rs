//! Proof Key for Code Exchange (RFC 7636), S256 only.

use crate::secret::sha256;
use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;

/// The hash of the portal's code verifier.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CodeChallenge([u8; 32]);

impl CodeChallenge {
    /// Reads an S256 challenge: base64url of 32 bytes, 43 characters.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() != 43 {
            return None;
        }
        BASE64URL_NOPAD.decode(text.as_bytes()).ok()?.try_into().ok().map(Self)
    }

    /// Whether the verifier is the one (section 4.6): 43 to 128 unreserved characters whose SHA-256 this is.
    pub fn verify(&self, verifier: &str) -> bool {
        let unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
        (43..=128).contains(&verifier.len())
            && verifier.bytes().all(unreserved)
            && bool::from(sha256(verifier.as_bytes()).ct_eq(&self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of RFC 7636 appendix B.
    #[test]
    fn the_example_of_the_standard_holds() {
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        let challenge = CodeChallenge::parse("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM").expect("parses");
        assert!(challenge.verify(verifier));
        assert!(!challenge.verify("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXl"));
        assert!(!challenge.verify("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"), "plain is not S256");
        assert!(!challenge.verify(""));
    }

    #[test]
    fn a_challenge_has_one_spelling_and_one_length() {
        for text in ["", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-c", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw+cM"] {
            assert_eq!(CodeChallenge::parse(text), None, "{text}");
        }
    }

    #[test]
    fn short_verifiers_are_refused_even_when_the_hash_fits() {
        let short = "a".repeat(42);
        let challenge = CodeChallenge(sha256(short.as_bytes()));
        assert!(!challenge.verify(&short));
        let long = "a".repeat(129);
        assert!(!CodeChallenge(sha256(long.as_bytes())).verify(&long));
    }
}
