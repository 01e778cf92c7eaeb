//! Names of signature algorithms in an authentication token (RFC 7518 section 3.1, RFC 8037).

use crate::pki::{Curve, Digest, KeyKind, SignatureScheme};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// An algorithm a login may be signed with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "&'static str")]
#[expect(missing_docs, reason = "the names are those of RFC 7518")]
pub enum Algorithm {
    Rs256,
    Rs384,
    Rs512,
    Ps256,
    Ps384,
    Ps512,
    Es256,
    Es384,
    Es512,
    EdDsa,
}

/// A name that is not on the list.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown signature algorithm")]
pub struct UnknownAlgorithm;

impl Algorithm {
    /// All of them, the preferred first.
    pub const ALL: [Self; 10] = [
        Self::Es256,
        Self::Es384,
        Self::Es512,
        Self::EdDsa,
        Self::Ps256,
        Self::Ps384,
        Self::Ps512,
        Self::Rs256,
        Self::Rs384,
        Self::Rs512,
    ];

    /// The name on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Rs384 => "RS384",
            Self::Rs512 => "RS512",
            Self::Ps256 => "PS256",
            Self::Ps384 => "PS384",
            Self::Ps512 => "PS512",
            Self::Es256 => "ES256",
            Self::Es384 => "ES384",
            Self::Es512 => "ES512",
            Self::EdDsa => "EdDSA",
        }
    }

    /// The hash H of the signed message; EdDSA takes SHA-512, the hash it uses itself.
    pub const fn digest(self) -> Digest {
        match self {
            Self::Rs256 | Self::Ps256 | Self::Es256 => Digest::Sha256,
            Self::Rs384 | Self::Ps384 | Self::Es384 => Digest::Sha384,
            Self::Rs512 | Self::Ps512 | Self::Es512 | Self::EdDsa => Digest::Sha512,
        }
    }

    /// The scheme the signature is verified by.
    pub const fn scheme(self) -> SignatureScheme {
        match self {
            Self::Rs256 | Self::Rs384 | Self::Rs512 => SignatureScheme::RsaPkcs1(self.digest()),
            Self::Ps256 | Self::Ps384 | Self::Ps512 => SignatureScheme::RsaPss(self.digest()),
            Self::Es256 | Self::Es384 | Self::Es512 => SignatureScheme::Ecdsa(self.digest()),
            Self::EdDsa => SignatureScheme::Ed25519,
        }
    }

    /// Whether a key of this kind can make such a signature. RFC 7518 ties each ES name to one curve.
    pub const fn fits(self, key: KeyKind) -> bool {
        matches!(
            (self, key),
            (Self::Rs256 | Self::Rs384 | Self::Rs512 | Self::Ps256 | Self::Ps384 | Self::Ps512, KeyKind::Rsa { .. })
                | (Self::Es256, KeyKind::Ec(Curve::P256))
                | (Self::Es384, KeyKind::Ec(Curve::P384))
                | (Self::Es512, KeyKind::Ec(Curve::P521))
                | (Self::EdDsa, KeyKind::Ed25519)
        )
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Algorithm {
    type Err = UnknownAlgorithm;

    fn from_str(name: &str) -> Result<Self, UnknownAlgorithm> {
        Self::ALL.into_iter().find(|algorithm| algorithm.name() == name).ok_or(UnknownAlgorithm)
    }
}

impl TryFrom<String> for Algorithm {
    type Error = UnknownAlgorithm;

    fn try_from(name: String) -> Result<Self, UnknownAlgorithm> {
        name.parse()
    }
}

impl From<Algorithm> for &'static str {
    fn from(algorithm: Algorithm) -> Self {
        algorithm.name()
    }
}
