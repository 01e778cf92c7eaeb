//! What `jsonwebtoken` verifies with: ring. It never signs for us.

use super::Algorithm;
use jsonwebtoken::crypto::{CryptoProvider, JwtVerifier, KeyUtils};
use jsonwebtoken::errors::{Error, ErrorKind, Result, new_error};
use jsonwebtoken::jwk::ThumbprintHash;
use jsonwebtoken::signature::{self, Verifier};
use jsonwebtoken::{Algorithm as LibraryAlgorithm, DecodingKey, DecodingKeyKind};
use ring::digest;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, RSA_PKCS1_2048_8192_SHA256, RSA_PSS_2048_8192_SHA256, RsaParameters,
    RsaPublicKeyComponents, UnparsedPublicKey, VerificationAlgorithm,
};

/// The library's name of an algorithm.
pub(super) const fn library_name(algorithm: Algorithm) -> LibraryAlgorithm {
    match algorithm {
        Algorithm::Rs256 => LibraryAlgorithm::RS256,
        Algorithm::Ps256 => LibraryAlgorithm::PS256,
        Algorithm::Es256 => LibraryAlgorithm::ES256,
    }
}

fn unsupported() -> Error {
    new_error(ErrorKind::UnsupportedAlgorithm)
}

static PROVIDER: CryptoProvider = CryptoProvider {
    signer_factory: |_, _| Err(unsupported()),
    verifier_factory: verifier,
    // Keys come from files and are published from there; the library is never asked to make a JWK of a key.
    key_utils: KeyUtils {
        rsa_pub_components_from_private_key: |_| Err(unsupported()),
        rsa_pub_components_from_public_key: |_| Err(unsupported()),
        ec_pub_components_from_private_key: |_, _| Err(unsupported()),
        ed_pub_components_from_private_key: |_, _| Err(unsupported()),
        compute_digest,
    },
};

/// Makes it the process's provider. Whoever comes second finds it there already.
pub(super) fn install() {
    let _already = PROVIDER.install_default();
}

enum Scheme {
    Rsa(&'static RsaParameters),
    Point(&'static dyn VerificationAlgorithm),
}

struct RingVerifier {
    algorithm: LibraryAlgorithm,
    scheme: Scheme,
    key: DecodingKeyKind,
}

fn verifier(algorithm: &LibraryAlgorithm, key: &DecodingKey) -> Result<Box<dyn JwtVerifier>> {
    let scheme = match algorithm {
        LibraryAlgorithm::RS256 => Scheme::Rsa(&RSA_PKCS1_2048_8192_SHA256),
        LibraryAlgorithm::PS256 => Scheme::Rsa(&RSA_PSS_2048_8192_SHA256),
        LibraryAlgorithm::ES256 => Scheme::Point(&ECDSA_P256_SHA256_FIXED),
        _ => return Err(unsupported()),
    };
    if algorithm.family() != key.family() {
        return Err(new_error(ErrorKind::InvalidKeyFormat));
    }
    Ok(Box::new(RingVerifier { algorithm: *algorithm, scheme, key: key.kind().clone() }))
}

impl Verifier<Vec<u8>> for RingVerifier {
    fn verify(&self, message: &[u8], signature: &Vec<u8>) -> std::result::Result<(), signature::Error> {
        let verified = match (&self.scheme, &self.key) {
            (Scheme::Rsa(parameters), DecodingKeyKind::RsaModulusExponent { n, e }) => {
                RsaPublicKeyComponents { n, e }.verify(parameters, message, signature)
            }
            (Scheme::Point(algorithm), DecodingKeyKind::SecretOrDer(point)) => {
                UnparsedPublicKey::new(*algorithm, point).verify(message, signature)
            }
            _ => return Err(signature::Error::new()),
        };
        verified.map_err(|_| signature::Error::new())
    }
}

impl JwtVerifier for RingVerifier {
    fn algorithm(&self) -> LibraryAlgorithm {
        self.algorithm
    }
}

fn compute_digest(bytes: &[u8], hash: ThumbprintHash) -> Result<Vec<u8>> {
    let algorithm = match hash {
        ThumbprintHash::SHA256 => &digest::SHA256,
        ThumbprintHash::SHA384 => &digest::SHA384,
        ThumbprintHash::SHA512 => &digest::SHA512,
        _ => return Err(unsupported()),
    };
    Ok(digest::digest(algorithm, bytes).as_ref().to_vec())
}
