//! Signatures that ring verifies.

use crate::pki::{Curve, Digest, SignatureEncoding};
use ring::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA384_ASN1, ECDSA_P384_SHA256_ASN1,
    ECDSA_P384_SHA384_ASN1, ECDSA_P384_SHA384_FIXED, ED25519, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384,
    RSA_PKCS1_2048_8192_SHA512, RSA_PSS_2048_8192_SHA256, RSA_PSS_2048_8192_SHA384, RSA_PSS_2048_8192_SHA512,
    RsaParameters, RsaPublicKeyComponents, UnparsedPublicKey, VerificationAlgorithm,
};

pub(super) fn rsa_pkcs1(n: &[u8], e: &[u8], digest: Digest, message: &[u8], signature: &[u8]) -> bool {
    let parameters = match digest {
        Digest::Sha256 => &RSA_PKCS1_2048_8192_SHA256,
        Digest::Sha384 => &RSA_PKCS1_2048_8192_SHA384,
        Digest::Sha512 => &RSA_PKCS1_2048_8192_SHA512,
    };
    rsa(n, e, parameters, message, signature)
}

pub(super) fn rsa_pss(n: &[u8], e: &[u8], digest: Digest, message: &[u8], signature: &[u8]) -> bool {
    let parameters = match digest {
        Digest::Sha256 => &RSA_PSS_2048_8192_SHA256,
        Digest::Sha384 => &RSA_PSS_2048_8192_SHA384,
        Digest::Sha512 => &RSA_PSS_2048_8192_SHA512,
    };
    rsa(n, e, parameters, message, signature)
}

fn rsa(n: &[u8], e: &[u8], parameters: &RsaParameters, message: &[u8], signature: &[u8]) -> bool {
    RsaPublicKeyComponents { n, e }.verify(parameters, message, signature).is_ok()
}

/// The pairs that [`super::verify`] sends here; `false` for any other.
pub(super) fn ecdsa(
    point: &[u8],
    curve: Curve,
    digest: Digest,
    encoding: SignatureEncoding,
    message: &[u8],
    signature: &[u8],
) -> bool {
    let algorithm: &'static dyn VerificationAlgorithm = match (curve, digest, encoding) {
        (Curve::P256, Digest::Sha256, SignatureEncoding::Der) => &ECDSA_P256_SHA256_ASN1,
        (Curve::P256, Digest::Sha384, SignatureEncoding::Der) => &ECDSA_P256_SHA384_ASN1,
        (Curve::P384, Digest::Sha256, SignatureEncoding::Der) => &ECDSA_P384_SHA256_ASN1,
        (Curve::P384, Digest::Sha384, SignatureEncoding::Der) => &ECDSA_P384_SHA384_ASN1,
        (Curve::P256, Digest::Sha256, SignatureEncoding::Raw) => &ECDSA_P256_SHA256_FIXED,
        (Curve::P384, Digest::Sha384, SignatureEncoding::Raw) => &ECDSA_P384_SHA384_FIXED,
        _ => return false,
    };
    UnparsedPublicKey::new(algorithm, point).verify(message, signature).is_ok()
}

pub(super) fn ed25519(point: &[u8], message: &[u8], signature: &[u8]) -> bool {
    UnparsedPublicKey::new(&ED25519, point).verify(message, signature).is_ok()
}
