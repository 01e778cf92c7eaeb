//! Public keys and algorithm identifiers, read from DER (RFC 3279, 4055, 5480, 8410).

use super::der::{self, Reader};
use super::oid::known;
use super::{Curve, Digest, Error, KeyKind, Oid, SignatureScheme, Weakness};
use crate::secret::sha256;
use std::fmt;

/// The fewest and the most bits of an RSA modulus that is accepted. More would only cost work.
const RSA_BITS: std::ops::RangeInclusive<u32> = 2048..=8192;

/// A public key.
#[derive(Clone, PartialEq, Eq)]
pub struct PublicKey {
    spki: Vec<u8>,
    hash: [u8; 32],
    pub(super) material: Material,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Material {
    Rsa {
        /// Big-endian, without leading zeros.
        modulus: Vec<u8>,
        exponent: Vec<u8>,
        padding: RsaPadding,
    },
    Ec {
        curve: Curve,
        /// Uncompressed, 04 first.
        point: Vec<u8>,
    },
    Ed25519(Vec<u8>),
}

/// Which paddings an RSA key was issued for (RFC 4055 section 1.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RsaPadding {
    /// rsaEncryption.
    Any,
    /// id-RSASSA-PSS without parameters.
    Pss,
    /// id-RSASSA-PSS tied to a hash.
    PssWith(Digest),
}

impl PublicKey {
    /// Reads the DER of a SubjectPublicKeyInfo.
    pub fn from_spki(spki: &[u8]) -> Result<Self, Error> {
        let malformed = Error::CertificateMalformed { field: "subjectPublicKeyInfo" };
        let Some((algorithm, parameters, bits)) = split(spki) else { return Err(malformed) };
        let material = if algorithm == known::RSA_ENCRYPTION || algorithm == known::RSASSA_PSS {
            let padding = if algorithm == known::RSA_ENCRYPTION {
                RsaPadding::Any
            } else if parameters.is_empty() {
                RsaPadding::Pss
            } else {
                let digest = pss_digest(parameters).ok_or(Error::AlgorithmRefused { oid: algorithm })?;
                RsaPadding::PssWith(digest)
            };
            rsa(bits, padding)
        } else if algorithm == known::EC_PUBLIC_KEY {
            let mut reader = Reader::new(parameters);
            // Explicit parameters are how CVE-2020-0601 worked; only named curves are read.
            let named = reader.oid().filter(|_| reader.is_empty());
            let curve = named.as_ref().and_then(curve_of);
            let curve = curve.ok_or(Error::AlgorithmRefused { oid: named.unwrap_or(algorithm) })?;
            // Compressed points are optional in RFC 5480 and no known CA writes them.
            let whole = bits.len() == 1 + 2 * curve.coordinate_bytes() && bits.first() == Some(&4);
            whole.then(|| Material::Ec { curve, point: bits.to_vec() })
        } else if algorithm == known::ED25519 {
            (parameters.is_empty() && bits.len() == 32).then(|| Material::Ed25519(bits.to_vec()))
        } else {
            return Err(Error::AlgorithmRefused { oid: algorithm });
        };
        Ok(Self { spki: spki.to_vec(), hash: sha256(spki), material: material.ok_or(malformed)? })
    }

    /// What kind of key it is.
    pub fn kind(&self) -> KeyKind {
        match &self.material {
            Material::Rsa { modulus, .. } => KeyKind::Rsa { bits: bit_length(modulus) },
            Material::Ec { curve, .. } => KeyKind::Ec(*curve),
            Material::Ed25519(_) => KeyKind::Ed25519,
        }
    }

    /// DER of the SubjectPublicKeyInfo.
    pub fn spki(&self) -> &[u8] {
        &self.spki
    }

    /// SHA-256 of the SubjectPublicKeyInfo.
    pub fn spki_hash(&self) -> [u8; 32] {
        self.hash
    }

    /// What is wrong with the key, if anything.
    pub fn weakness(&self) -> Option<Weakness> {
        let Material::Rsa { modulus, exponent, .. } = &self.material else { return None };
        let bits = bit_length(modulus);
        if !RSA_BITS.contains(&bits) || modulus.last().is_none_or(|byte| byte & 1 == 0) {
            return Some(Weakness::Modulus { bits });
        }
        let odd = exponent.last().is_some_and(|byte| byte & 1 == 1);
        let in_range = (17..=33).contains(&bit_length(exponent));
        (!odd || !in_range).then_some(Weakness::Exponent)
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({:?})", self.kind())
    }
}

impl Curve {
    /// How many bytes a coordinate, and half of a raw signature, takes.
    pub const fn coordinate_bytes(self) -> usize {
        match self {
            Self::P256 => 32,
            Self::P384 => 48,
            Self::P521 => 66,
        }
    }
}

fn bit_length(big_endian: &[u8]) -> u32 {
    let Some((first, rest)) = big_endian.split_first() else { return 0 };
    8 - first.leading_zeros() + 8 * u32::try_from(rest.len()).unwrap_or(u32::MAX / 16)
}

fn split(spki: &[u8]) -> Option<(Oid, &[u8], &[u8])> {
    let mut outer = Reader::new(spki);
    let mut fields = outer.inside(der::SEQUENCE)?;
    let mut algorithm = fields.inside(der::SEQUENCE)?;
    let bits = fields.octet_aligned_bits()?;
    let oid = algorithm.oid()?;
    (outer.is_empty() && fields.is_empty()).then_some((oid, algorithm.rest(), bits))
}

fn rsa(bits: &[u8], padding: RsaPadding) -> Option<Material> {
    let mut outer = Reader::new(bits);
    let mut fields = outer.inside(der::SEQUENCE)?;
    let (modulus, exponent) = (positive(fields.integer()?)?, positive(fields.integer()?)?);
    (outer.is_empty() && fields.is_empty()).then(|| Material::Rsa {
        modulus: modulus.to_vec(),
        exponent: exponent.to_vec(),
        padding,
    })
}

/// The magnitude of an INTEGER greater than zero, without its sign octet.
fn positive(content: &[u8]) -> Option<&[u8]> {
    match content {
        [] | [0] | [0x80..=0xff, ..] => None,
        [0, magnitude @ ..] => Some(magnitude),
        magnitude => Some(magnitude),
    }
}

fn curve_of(oid: &Oid) -> Option<Curve> {
    [(known::P256, Curve::P256), (known::P384, Curve::P384), (known::P521, Curve::P521)]
        .into_iter()
        .find_map(|(known, curve)| (known == *oid).then_some(curve))
}

/// The scheme an AlgorithmIdentifier names. Anything off the list, SHA-1 and MD5 among it, is refused by name.
pub(super) fn scheme(algorithm: &[u8]) -> Result<SignatureScheme, Error> {
    let malformed = Error::CertificateMalformed { field: "signatureAlgorithm" };
    let mut outer = Reader::new(algorithm);
    let Some(mut fields) = outer.inside(der::SEQUENCE) else { return Err(malformed) };
    let Some(oid) = fields.oid() else { return Err(malformed) };
    let parameters = fields.rest();
    let absent = parameters.is_empty();
    let null_or_absent = absent || parameters == [der::NULL, 0];
    let simple = [
        // RFC 4055 section 5 wants NULL and asks to take absence too; RFC 5758 and 8410 want absence.
        (known::SHA256_WITH_RSA, SignatureScheme::RsaPkcs1(Digest::Sha256), null_or_absent),
        (known::SHA384_WITH_RSA, SignatureScheme::RsaPkcs1(Digest::Sha384), null_or_absent),
        (known::SHA512_WITH_RSA, SignatureScheme::RsaPkcs1(Digest::Sha512), null_or_absent),
        (known::ECDSA_WITH_SHA256, SignatureScheme::Ecdsa(Digest::Sha256), absent),
        (known::ECDSA_WITH_SHA384, SignatureScheme::Ecdsa(Digest::Sha384), absent),
        (known::ECDSA_WITH_SHA512, SignatureScheme::Ecdsa(Digest::Sha512), absent),
        (known::ED25519, SignatureScheme::Ed25519, absent),
    ];
    if let Some((_, scheme, parameters_fit)) = simple.into_iter().find(|(known, ..)| *known == oid) {
        return if parameters_fit { Ok(scheme) } else { Err(malformed) };
    }
    if oid == known::RSASSA_PSS
        && let Some(digest) = pss_digest(parameters)
    {
        return Ok(SignatureScheme::RsaPss(digest));
    }
    Err(Error::AlgorithmRefused { oid })
}

/// The hash of RSASSA-PSS parameters whose mask is made with the same hash and whose salt is as long as it.
fn pss_digest(parameters: &[u8]) -> Option<Digest> {
    let mut outer = Reader::new(parameters);
    let mut fields = outer.inside(der::SEQUENCE)?;
    // The defaults of RFC 4055 are SHA-1, so hash, mask and salt must all be there.
    let digest = digest_of(Reader::new(fields.content(der::context(0))?))?;
    let mut mask = fields.inside(der::context(1))?.inside(der::SEQUENCE)?;
    if mask.oid()? != known::MGF1 || digest_of(mask)? != digest {
        return None;
    }
    let salt = fields.inside(der::context(2))?.small()?;
    let trailer = match fields.optional(der::context(3))? {
        Some(content) => Reader::new(content).small()?,
        None => 1,
    };
    let expected = match digest {
        Digest::Sha256 => 32,
        Digest::Sha384 => 48,
        Digest::Sha512 => 64,
    };
    (salt == expected && trailer == 1 && fields.is_empty() && outer.is_empty()).then_some(digest)
}

fn digest_of(mut reader: Reader<'_>) -> Option<Digest> {
    let mut fields = reader.inside(der::SEQUENCE)?;
    let oid = fields.oid()?;
    let parameters = fields.rest();
    if !parameters.is_empty() && parameters != [der::NULL, 0] {
        return None;
    }
    [(known::SHA256, Digest::Sha256), (known::SHA384, Digest::Sha384), (known::SHA512, Digest::Sha512)]
        .into_iter()
        .find_map(|(known, digest)| (known == oid).then_some(digest))
}
