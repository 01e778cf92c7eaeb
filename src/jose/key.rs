//! One signing key.

use super::Error;
use crate::secret::sha256;
use data_encoding::BASE64URL_NOPAD;
use openssl::bn::BigNumContext;
use openssl::ec::{EcGroup, EcKey, PointConversionForm};
use openssl::nid::Nid;
use openssl::pkey::{Id, PKey, Private};
use openssl::rsa::Rsa;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, RSA_PKCS1_SHA256, RSA_PSS_SHA256, RsaKeyPair};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::fmt;
use zeroize::Zeroizing;

/// Bits of a new RSA key, and the fewest a loaded one may have.
const RSA_BITS: u32 = 2048;

/// A signature algorithm of tokens (RFC 7518 section 3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Algorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    Rs256,
    /// RSASSA-PSS with SHA-256.
    Ps256,
    /// ECDSA on P-256 with SHA-256.
    Es256,
}

impl Algorithm {
    /// All of them, in the order discovery names them.
    pub const ALL: [Self; 3] = [Self::Rs256, Self::Ps256, Self::Es256];

    /// The name on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Ps256 => "PS256",
            Self::Es256 => "ES256",
        }
    }

    /// The kind of key it needs.
    pub const fn family(self) -> KeyFamily {
        match self {
            Self::Rs256 | Self::Ps256 => KeyFamily::Rsa,
            Self::Es256 => KeyFamily::P256,
        }
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A kind of signing key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyFamily {
    /// RSA.
    Rsa,
    /// The curve P-256.
    P256,
}

enum Pair {
    Rsa(RsaKeyPair),
    P256(EcdsaKeyPair),
}

/// The public half, as it is published and verified with; big-endian bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum PublicPart {
    Rsa {
        modulus: Vec<u8>,
        exponent: Vec<u8>,
    },
    /// The uncompressed point: 0x04, x, y.
    P256 {
        point: Vec<u8>,
    },
}

/// A private key that signs tokens.
pub struct SigningKey {
    kid: String,
    pair: Pair,
    public: PublicPart,
    random: SystemRandom,
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({})", self.kid)
    }
}

impl SigningKey {
    /// A new key as PKCS#8 PEM.
    ///
    /// # Errors
    /// [`Error::KeyGeneration`].
    pub fn generate_pem(family: KeyFamily) -> Result<Zeroizing<Vec<u8>>, Error> {
        // ring makes no RSA keys; OpenSSL makes both kinds, so that both are written the same way.
        let make = || -> Result<Vec<u8>, openssl::error::ErrorStack> {
            let key: PKey<Private> = match family {
                KeyFamily::Rsa => PKey::from_rsa(Rsa::generate(RSA_BITS)?)?,
                KeyFamily::P256 => {
                    PKey::from_ec_key(EcKey::generate(EcGroup::from_curve_name(Nid::X9_62_PRIME256V1)?.as_ref())?)?
                }
            };
            key.private_key_to_pem_pkcs8()
        };
        make().map(Zeroizing::new).map_err(|_| Error::KeyGeneration)
    }

    /// Reads an unencrypted PKCS#8 PEM file's content.
    ///
    /// # Errors
    /// [`Error::KeyMalformed`].
    #[expect(clippy::disallowed_methods, reason = "ring draws PSS salts and ECDSA nonces from its own sealed source")]
    pub fn from_pem(pem: &[u8]) -> Result<Self, Error> {
        let key = PKey::private_key_from_pem_callback(pem, |_| Ok(0)).map_err(|_| Error::KeyMalformed)?;
        let der = Zeroizing::new(key.private_key_to_pkcs8().map_err(|_| Error::KeyMalformed)?);
        let random = SystemRandom::new();
        let public = public_part(&key).map_err(|_| Error::KeyMalformed)?.ok_or(Error::KeyMalformed)?;
        let pair = match public {
            PublicPart::Rsa { .. } => Pair::Rsa(RsaKeyPair::from_pkcs8(&der).map_err(|_| Error::KeyMalformed)?),
            PublicPart::P256 { .. } => Pair::P256(
                EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &der, &random)
                    .map_err(|_| Error::KeyMalformed)?,
            ),
        };
        Ok(Self { kid: public.thumbprint(), pair, public, random })
    }

    /// The key id: the RFC 7638 thumbprint.
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// Which kind it is.
    pub fn family(&self) -> KeyFamily {
        match self.pair {
            Pair::Rsa(_) => KeyFamily::Rsa,
            Pair::P256(_) => KeyFamily::P256,
        }
    }

    /// The public JWK (RFC 7517).
    pub fn jwk(&self) -> Value {
        let mut jwk = self.public.required_members();
        if let Some(members) = jwk.as_object_mut() {
            members.insert("use".to_owned(), "sig".into());
            members.insert("kid".to_owned(), self.kid.clone().into());
            // An RSA key makes RS256 and PS256, and `alg` can name only one.
            if self.family() == KeyFamily::P256 {
                members.insert("alg".to_owned(), Algorithm::Es256.name().into());
            }
        }
        jwk
    }

    pub(super) fn public(&self) -> &PublicPart {
        &self.public
    }

    pub(super) fn sign(&self, algorithm: Algorithm, message: &[u8]) -> Result<Vec<u8>, Error> {
        match (&self.pair, algorithm) {
            (Pair::Rsa(pair), Algorithm::Rs256 | Algorithm::Ps256) => {
                let encoding: &'static dyn ring::signature::RsaEncoding =
                    if algorithm == Algorithm::Rs256 { &RSA_PKCS1_SHA256 } else { &RSA_PSS_SHA256 };
                let mut signature = vec![0; pair.public().modulus_len()];
                pair.sign(encoding, &self.random, message, &mut signature).map_err(|_| Error::Signing)?;
                Ok(signature)
            }
            (Pair::P256(pair), Algorithm::Es256) => {
                let signature = pair.sign(&self.random, message).map_err(|_| Error::Signing)?;
                Ok(signature.as_ref().to_vec())
            }
            _ => Err(Error::KeyMissing { algorithm }),
        }
    }
}

impl PublicPart {
    /// The members RFC 7638 section 3.2 hashes, in the order of section 3.3: sorted by name.
    fn required_members(&self) -> Value {
        match self {
            Self::Rsa { modulus, exponent } => {
                json!({ "e": BASE64URL_NOPAD.encode(exponent), "kty": "RSA", "n": BASE64URL_NOPAD.encode(modulus) })
            }
            Self::P256 { point } => {
                let (x, y) = point.get(1..).unwrap_or_default().split_at(point.len() / 2);
                json!({
                    "crv": "P-256",
                    "kty": "EC",
                    "x": BASE64URL_NOPAD.encode(x),
                    "y": BASE64URL_NOPAD.encode(y),
                })
            }
        }
    }

    fn thumbprint(&self) -> String {
        BASE64URL_NOPAD.encode(&sha256(self.required_members().to_string().as_bytes()))
    }
}

/// The public half of a key; `None` for a kind that is not on the list.
fn public_part(key: &PKey<Private>) -> Result<Option<PublicPart>, openssl::error::ErrorStack> {
    Ok(match key.id() {
        Id::RSA if key.bits() >= RSA_BITS => {
            let rsa = key.rsa()?;
            Some(PublicPart::Rsa { modulus: rsa.n().to_vec(), exponent: rsa.e().to_vec() })
        }
        Id::EC => {
            let ec = key.ec_key()?;
            if ec.group().curve_name() == Some(Nid::X9_62_PRIME256V1) {
                let mut context = BigNumContext::new()?;
                let form = PointConversionForm::UNCOMPRESSED;
                let point = ec.public_key().to_bytes(ec.group(), form, &mut context)?;
                Some(PublicPart::P256 { point })
            } else {
                None
            }
        }
        _ => None,
    })
}
