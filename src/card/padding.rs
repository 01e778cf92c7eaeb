//! What the host does of a signature: hashing, and for RSA the padding to the modulus, because the card only
//! exponentiates (RFC 8017 sections 9.1 and 9.2).

use super::error::{Error, Malformed};
use super::tlv;
use crate::pki::{Curve, Digest, KeyKind, SignatureScheme};
use crate::rng::Rng;

/// The block the card's key is applied to: a padded RSA block as long as the modulus, or a hash as long as the curve's
/// order. `message` is hashed here.
pub fn signature_input(
    kind: KeyKind,
    scheme: SignatureScheme,
    message: &[u8],
    rng: &dyn Rng,
) -> Result<Vec<u8>, Error> {
    match (kind, scheme) {
        (KeyKind::Rsa { bits: bits @ (2048 | 3072 | 4096) }, SignatureScheme::RsaPkcs1(digest)) => {
            pkcs1(bits, digest, message).ok_or(Error::KeyUnsupported)
        }
        (KeyKind::Rsa { bits: bits @ (2048 | 3072 | 4096) }, SignatureScheme::RsaPss(digest)) => {
            let mut salt = vec![0; digest_length(digest)];
            rng.fill(&mut salt);
            pss(bits, digest, message, &salt).ok_or(Error::KeyUnsupported)
        }
        (KeyKind::Ec(curve @ (Curve::P256 | Curve::P384)), SignatureScheme::Ecdsa(digest)) => {
            Ok(fit(&digest.hash(message), order_length(curve)))
        }
        _ => Err(Error::KeyUnsupported),
    }
}

/// `r || s`, each as long as the curve's order, from the `SEQUENCE { r, s }` that a card gives.
pub fn raw_ecdsa(curve: Curve, der: &[u8]) -> Result<Vec<u8>, Error> {
    let malformed = Error::AnswerMalformed(Malformed::Signature);
    let mut integers = tlv::Reader::new(der)?.need(0x30)?.children()?;
    let length = order_length(curve);
    let mut raw = Vec::with_capacity(2 * length);
    for _ in 0..2 {
        let integer = match integers.next_element()? {
            Some(element) if element.tag == 0x02 => element.value,
            _ => return Err(malformed),
        };
        let zeros = integer.iter().take_while(|byte| **byte == 0).count();
        let significant = integer.get(zeros..).unwrap_or_default();
        if significant.is_empty() || significant.len() > length {
            return Err(malformed);
        }
        raw.extend_from_slice(&fit(significant, length));
    }
    Ok(raw)
}

/// Bytes of the order of a curve.
pub const fn order_length(curve: Curve) -> usize {
    match curve {
        Curve::P256 => 32,
        Curve::P384 => 48,
        Curve::P521 => 66,
    }
}

const fn digest_length(digest: Digest) -> usize {
    match digest {
        Digest::Sha256 => 32,
        Digest::Sha384 => 48,
        Digest::Sha512 => 64,
    }
}

/// The leftmost bytes when there are too many (FIPS 186-5 section 6.4.1), zeros in front when there are too few: the
/// same integer, in the length that cards insist on.
fn fit(bytes: &[u8], length: usize) -> Vec<u8> {
    let taken = bytes.get(..length).unwrap_or(bytes);
    let mut fitted = vec![0; length - taken.len()];
    fitted.extend_from_slice(taken);
    fitted
}

/// EMSA-PKCS1-v1_5: `00 01 FF.. 00 DigestInfo`.
fn pkcs1(bits: u32, digest: Digest, message: &[u8]) -> Option<Vec<u8>> {
    let length = usize::try_from(bits / 8).ok()?;
    // DigestInfo up to the hash: the object identifier with NULL parameters, and the lengths.
    let (total, arc) = match digest {
        Digest::Sha256 => (0x31, 0x01),
        Digest::Sha384 => (0x41, 0x02),
        Digest::Sha512 => (0x51, 0x03),
    };
    let hash = digest.hash(message);
    let mut info = vec![0x30, total, 0x30, 0x0D, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, arc];
    info.extend_from_slice(&[0x05, 0x00, 0x04, u8::try_from(hash.len()).ok()?]);
    info.extend_from_slice(&hash);
    let filling = length.checked_sub(info.len() + 3)?;
    let mut block = vec![0x00, 0x01];
    block.extend(std::iter::repeat_n(0xFF, filling));
    block.push(0x00);
    block.extend_from_slice(&info);
    Some(block)
}

/// EMSA-PSS with MGF1 of the same hash, for a modulus of whole bytes.
fn pss(bits: u32, digest: Digest, message: &[u8], salt: &[u8]) -> Option<Vec<u8>> {
    let length = usize::try_from(bits / 8).ok()?;
    let hash = digest.hash(&[&[0; 8], &digest.hash(message)[..], salt].concat());
    let mask_length = length.checked_sub(hash.len() + 1)?;
    let mut block = vec![0; mask_length.checked_sub(salt.len() + 1)?];
    block.push(0x01);
    block.extend_from_slice(salt);
    for (byte, mask) in block.iter_mut().zip(mgf1(digest, &hash, mask_length)) {
        *byte ^= mask;
    }
    // The encoded message has one bit less than the modulus.
    if let Some(first) = block.first_mut() {
        *first &= 0x7F;
    }
    block.extend_from_slice(&hash);
    block.push(0xBC);
    Some(block)
}

/// MGF1 (RFC 8017 appendix B.2.1).
fn mgf1(digest: Digest, seed: &[u8], length: usize) -> Vec<u8> {
    let mut mask = Vec::with_capacity(length + 64);
    for counter in 0u32.. {
        if mask.len() >= length {
            break;
        }
        mask.extend(digest.hash(&[seed, &counter.to_be_bytes()].concat()));
    }
    mask.truncate(length);
    mask
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::SystemRng;
    use openssl::hash::MessageDigest;
    use openssl::pkey::PKey;
    use openssl::rsa::{Padding, Rsa};
    use openssl::sign::{RsaPssSaltlen, Verifier};
    use proptest::prelude::*;

    #[test]
    fn blocks_verify_as_signatures_of_the_raw_key() {
        let key = Rsa::generate(2048).expect("a key");
        let public = PKey::from_rsa(key.clone()).expect("a key");
        let digests = [
            (Digest::Sha256, MessageDigest::sha256()),
            (Digest::Sha384, MessageDigest::sha384()),
            (Digest::Sha512, MessageDigest::sha512()),
        ];
        for (digest, name) in digests {
            for (scheme, padding) in [
                (SignatureScheme::RsaPkcs1(digest), Padding::PKCS1),
                (SignatureScheme::RsaPss(digest), Padding::PKCS1_PSS),
            ] {
                let block = signature_input(KeyKind::Rsa { bits: 2048 }, scheme, b"message", &SystemRng::default())
                    .expect("fits the modulus");
                let mut signature = vec![0; 256];
                key.private_encrypt(&block, &mut signature, Padding::NONE).expect("below the modulus");
                let mut verifier = Verifier::new(name, &public).expect("a verifier");
                verifier.set_rsa_padding(padding).expect("known");
                if padding == Padding::PKCS1_PSS {
                    verifier.set_rsa_pss_saltlen(RsaPssSaltlen::DIGEST_LENGTH).expect("known");
                }
                assert!(verifier.verify_oneshot(&signature, b"message").expect("verifies"), "{scheme:?}");
            }
        }
    }

    #[test]
    fn hashes_are_fitted_to_the_curve() {
        let rng = SystemRng::default();
        let input = |curve, digest| signature_input(KeyKind::Ec(curve), SignatureScheme::Ecdsa(digest), b"m", &rng);
        let long = Digest::Sha384.hash(b"m");
        assert_eq!(input(Curve::P256, Digest::Sha384).as_deref(), Ok(&long[..32]));
        let short = [&[0; 16], &Digest::Sha256.hash(b"m")[..]].concat();
        assert_eq!(input(Curve::P384, Digest::Sha256), Ok(short));
    }

    #[test]
    fn keys_that_piv_does_not_have_are_refused() {
        let rng = SystemRng::default();
        for (kind, scheme) in [
            (KeyKind::Rsa { bits: 1024 }, SignatureScheme::RsaPkcs1(Digest::Sha256)),
            (KeyKind::Rsa { bits: 2048 }, SignatureScheme::Ecdsa(Digest::Sha256)),
            (KeyKind::Ec(Curve::P521), SignatureScheme::Ecdsa(Digest::Sha512)),
            (KeyKind::Ed25519, SignatureScheme::Ed25519),
        ] {
            assert_eq!(signature_input(kind, scheme, b"m", &rng), Err(Error::KeyUnsupported));
        }
    }

    #[test]
    fn ecdsa_integers_are_padded_and_bounded() {
        let raw = raw_ecdsa(Curve::P256, &[0x30, 0x07, 0x02, 0x02, 0x00, 0x80, 0x02, 0x01, 0x05]).expect("well-formed");
        assert_eq!((raw.len(), raw[31], raw[63]), (64, 0x80, 0x05));
        for der in [
            &[0x30, 0x03, 0x02, 0x01, 0x05][..],
            &[0x30, 0x06, 0x02, 0x01, 0x00, 0x02, 0x01, 0x05],
            &[0x30, 0x06, 0x03, 0x01, 0x05, 0x02, 0x01, 0x05],
            &tlv::element(0x30, &[tlv::element(2, &[1; 33]), tlv::element(2, &[1])].concat()),
            &[0xAB; 64],
        ] {
            assert!(raw_ecdsa(Curve::P256, der).is_err(), "{der:02X?}");
        }
    }

    proptest! {
        #[test]
        fn no_signature_makes_it_panic(der in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = raw_ecdsa(Curve::P256, &der);
            let _ = raw_ecdsa(Curve::P384, &der);
        }
    }
}
