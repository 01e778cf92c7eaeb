//! Signatures that ring does not verify.

use crate::pki::{Curve, Digest, SignatureEncoding};
use openssl::bn::{BigNum, BigNumContext};
use openssl::ec::{EcGroup, EcKey, EcPoint};
use openssl::ecdsa::EcdsaSig;
use openssl::error::ErrorStack;
use openssl::nid::Nid;

/// ECDSA on any curve with any hash.
pub(super) fn ecdsa(
    point: &[u8],
    curve: Curve,
    digest: Digest,
    encoding: SignatureEncoding,
    message: &[u8],
    signature: &[u8],
) -> bool {
    verify(point, curve, digest, encoding, message, signature).unwrap_or(false)
}

fn verify(
    point: &[u8],
    curve: Curve,
    digest: Digest,
    encoding: SignatureEncoding,
    message: &[u8],
    signature: &[u8],
) -> Result<bool, ErrorStack> {
    let signature = match encoding {
        SignatureEncoding::Der => {
            let parsed = EcdsaSig::from_der(signature)?;
            // OpenSSL reads BER and leaves what follows; only the one DER form is a signature.
            if parsed.to_der()? != signature {
                return Ok(false);
            }
            parsed
        }
        SignatureEncoding::Raw => {
            if signature.len() != 2 * curve.coordinate_bytes() {
                return Ok(false);
            }
            let (r, s) = signature.split_at(curve.coordinate_bytes());
            EcdsaSig::from_private_components(BigNum::from_slice(r)?, BigNum::from_slice(s)?)?
        }
    };
    let group = EcGroup::from_curve_name(match curve {
        Curve::P256 => Nid::X9_62_PRIME256V1,
        Curve::P384 => Nid::SECP384R1,
        Curve::P521 => Nid::SECP521R1,
    })?;
    let mut context = BigNumContext::new()?;
    let point = EcPoint::from_bytes(&group, point, &mut context)?;
    let key = EcKey::from_public_key(&group, &point)?;
    // Also that the point is on the curve and not at infinity.
    key.check_key()?;
    signature.verify(&digest.hash(message), &key)
}
