//! The token's own signature.

use super::{Algorithm, AuthToken, Error, Nonce, Origin, signed_message};
use crate::pki::{SignatureEncoding, TrustedPath, signature};

/// A token whose signature holds for this gateway's origin and a nonce that was spent for it. Only [`verify`] makes it.
#[derive(Clone, Debug)]
pub struct VerifiedToken {
    leaf: [u8; 32],
    algorithm: Algorithm,
}

impl VerifiedToken {
    /// SHA-256 of the certificate whose key signed.
    pub fn leaf(&self) -> [u8; 32] {
        self.leaf
    }

    /// What it was signed with.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }
}

/// Checks the token's signature with the leaf of a path that already leads to an anchor.
///
/// `nonce` must have been spent for this login before. The certificate in the token must be the path's leaf.
pub fn verify(token: &AuthToken, path: &TrustedPath, origin: &Origin, nonce: &Nonce) -> Result<VerifiedToken, Error> {
    let leaf = path.leaf();
    if leaf.der() != token.certificate.as_slice() {
        return Err(Error::SignatureInvalid);
    }
    if !token.algorithm.fits(leaf.public_key().kind()) {
        return Err(Error::AlgorithmMismatch { algorithm: token.algorithm });
    }
    let scheme = token.algorithm.scheme();
    let holds = origin.spellings().iter().any(|spelling| {
        let message = signed_message(token.algorithm, spelling, nonce);
        signature::verify(leaf.public_key(), scheme, SignatureEncoding::Raw, &message, &token.signature).is_ok()
    });
    if !holds {
        return Err(Error::SignatureInvalid);
    }
    Ok(VerifiedToken { leaf: leaf.fingerprint(), algorithm: token.algorithm })
}
