//! Keys and signature schemes, by what they are and not by object identifier.

use ring::digest;

/// A hash of the SHA-2 family (FIPS 180-4), and SHA-1 for identifiers only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Digest {
    Sha256,
    Sha384,
    Sha512,
}

impl Digest {
    /// The hash of some bytes.
    pub fn hash(self, bytes: &[u8]) -> Vec<u8> {
        let algorithm = match self {
            Self::Sha256 => &digest::SHA256,
            Self::Sha384 => &digest::SHA384,
            Self::Sha512 => &digest::SHA512,
        };
        digest::digest(algorithm, bytes).as_ref().to_vec()
    }
}

/// A named prime curve (FIPS 186-5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Curve {
    P256,
    P384,
    P521,
}

/// What kind of public key a certificate carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyKind {
    /// RSA with a modulus of this many bits.
    Rsa {
        /// Length of the modulus in bits.
        bits: u32,
    },
    /// ECDSA on a curve.
    Ec(Curve),
    /// Ed25519 (RFC 8410).
    Ed25519,
}

/// How a signature is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SignatureScheme {
    /// RSASSA-PKCS1-v1_5 (RFC 8017 section 8.2).
    RsaPkcs1(Digest),
    /// RSASSA-PSS with MGF1 of the same hash and a salt as long as it (RFC 8017 section 8.1).
    RsaPss(Digest),
    /// ECDSA (FIPS 186-5 section 6).
    Ecdsa(Digest),
    /// Ed25519 (RFC 8032).
    Ed25519,
}

/// How the bytes of an ECDSA signature are written; of no consequence for the other schemes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SignatureEncoding {
    /// `SEQUENCE { r, s }` as in certificates (RFC 3279 section 2.2.3).
    Der,
    /// `r || s`, each as long as the curve's order (RFC 7518 section 3.4).
    Raw,
}
