//! Signature primitives. ring verifies what it can; OpenSSL the rest (P-521, and hashes a curve is not usually paired
//! with). National algorithms will stand beside them behind the same function.

mod openssl;
mod ring;

use super::key::{Material, RsaPadding};
use super::{Curve, Digest, Error, PublicKey, SignatureEncoding, SignatureScheme};

/// Verifies a signature over a message. Strong enough or not is for the caller to say, by
/// [`PublicKey::weakness`]; keys that ring does not serve at all do not verify.
pub fn verify(
    key: &PublicKey,
    scheme: SignatureScheme,
    encoding: SignatureEncoding,
    message: &[u8],
    signature: &[u8],
) -> Result<(), Error> {
    let holds = match (&key.material, scheme) {
        (Material::Rsa { modulus, exponent, padding: RsaPadding::Any }, SignatureScheme::RsaPkcs1(digest)) => {
            ring::rsa_pkcs1(modulus, exponent, digest, message, signature)
        }
        (Material::Rsa { modulus, exponent, padding }, SignatureScheme::RsaPss(digest)) if !matches!(padding, RsaPadding::PssWith(only) if *only != digest) => {
            ring::rsa_pss(modulus, exponent, digest, message, signature)
        }
        (Material::Ec { curve, point }, SignatureScheme::Ecdsa(digest)) => match (curve, digest, encoding) {
            (Curve::P256, Digest::Sha256 | Digest::Sha384, SignatureEncoding::Der)
            | (Curve::P384, Digest::Sha256 | Digest::Sha384, SignatureEncoding::Der)
            | (Curve::P256, Digest::Sha256, SignatureEncoding::Raw)
            | (Curve::P384, Digest::Sha384, SignatureEncoding::Raw) => {
                ring::ecdsa(point, *curve, digest, encoding, message, signature)
            }
            _ => openssl::ecdsa(point, *curve, digest, encoding, message, signature),
        },
        (Material::Ed25519(point), SignatureScheme::Ed25519) => ring::ed25519(point, message, signature),
        _ => return Err(Error::SchemeMismatch),
    };
    if holds { Ok(()) } else { Err(Error::SignatureInvalid) }
}
