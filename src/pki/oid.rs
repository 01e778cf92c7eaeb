//! Object identifiers.

use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

/// The most bytes of an object identifier's DER content; the longest in use are under 20.
const MAX_OID: usize = 64;

/// An object identifier. It keeps the content of its DER; in and out it is dotted text.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Oid(Cow<'static, [u8]>);

/// Text that is not a dotted object identifier.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an object identifier; write it with dots, for example 2.5.4.5")]
pub struct OidError(String);

impl Oid {
    /// An identifier known at compile time, by its DER content.
    pub(crate) const fn of(content: &'static [u8]) -> Self {
        Self(Cow::Borrowed(content))
    }

    /// The identifier of some DER content; `None` when no identifier is written so (X.690 section 8.19).
    pub fn from_content(content: &[u8]) -> Option<Self> {
        let well_formed = !content.is_empty() && content.len() <= MAX_OID && arcs(content).is_some();
        well_formed.then(|| Self(Cow::Owned(content.to_vec())))
    }

    /// The content of its DER, without tag and length.
    pub fn content(&self) -> &[u8] {
        &self.0
    }
}

/// The arcs of some DER content; `None` when it is cut short, padded or too large.
fn arcs(content: &[u8]) -> Option<Vec<u128>> {
    let mut all = Vec::new();
    let mut arc: u128 = 0;
    let mut inside = false;
    for byte in content {
        if !inside && *byte == 0x80 {
            return None;
        }
        arc = arc.checked_mul(128)? | u128::from(byte & 0x7f);
        inside = byte & 0x80 != 0;
        if !inside {
            if all.is_empty() {
                // X.690 section 8.19.4: the first two arcs share one number.
                let first = (arc / 40).min(2);
                all.push(first);
                all.push(arc - 40 * first);
            } else {
                all.push(arc);
            }
            arc = 0;
        }
    }
    (!inside).then_some(all)
}

fn push_arc(content: &mut Vec<u8>, arc: u128) {
    let groups = (128 - arc.max(1).leading_zeros()).div_ceil(7);
    for group in (0..groups).rev() {
        let seven = u8::try_from((arc >> (7 * group)) & 0x7f).unwrap_or(0);
        content.push(if group == 0 { seven } else { seven | 0x80 });
    }
}

impl FromStr for Oid {
    type Err = OidError;

    fn from_str(text: &str) -> Result<Self, OidError> {
        let refuse = || OidError(text.chars().take(80).collect());
        if text.len() > 4 * MAX_OID {
            return Err(refuse());
        }
        let mut all = Vec::new();
        for part in text.split('.') {
            let plain = !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
            if !plain || (part.len() > 1 && part.starts_with('0')) {
                return Err(refuse());
            }
            all.push(part.parse::<u128>().map_err(|_| refuse())?);
        }
        let [first, second, rest @ ..] = all.as_slice() else { return Err(refuse()) };
        if *first > 2 || (*first < 2 && *second > 39) {
            return Err(refuse());
        }
        let mut content = Vec::new();
        push_arc(&mut content, second.checked_add(first * 40).ok_or_else(refuse)?);
        for arc in rest {
            push_arc(&mut content, *arc);
        }
        Self::from_content(&content).ok_or_else(refuse)
    }
}

impl fmt::Display for Oid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, arc) in arcs(&self.0).unwrap_or_default().into_iter().enumerate() {
            let dot = if index == 0 { "" } else { "." };
            write!(f, "{dot}{arc}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Oid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Oid({self})")
    }
}

impl TryFrom<String> for Oid {
    type Error = OidError;

    fn try_from(text: String) -> Result<Self, OidError> {
        text.parse()
    }
}

impl From<Oid> for String {
    fn from(oid: Oid) -> Self {
        oid.to_string()
    }
}

/// The identifiers the core knows by name.
pub(crate) mod known {
    use super::Oid;

    macro_rules! known {
        ($($(#[$doc:meta])* $name:ident = [$($byte:literal),+];)+) => {
            $($(#[$doc])* pub(crate) const $name: Oid = Oid::of(&[$($byte),+]);)+
        };
    }

    known! {
        // Attributes (X.520).
        COMMON_NAME = [0x55, 4, 3];
        SURNAME = [0x55, 4, 4];
        SERIAL_NUMBER = [0x55, 4, 5];
        COUNTRY = [0x55, 4, 6];
        LOCALITY = [0x55, 4, 7];
        STATE = [0x55, 4, 8];
        STREET = [0x55, 4, 9];
        ORGANIZATION = [0x55, 4, 10];
        ORGANIZATIONAL_UNIT = [0x55, 4, 11];
        TITLE = [0x55, 4, 12];
        GIVEN_NAME = [0x55, 4, 42];
        /// RFC 4519 `dc`.
        DOMAIN_COMPONENT = [0x09, 0x92, 0x26, 0x89, 0x93, 0xf2, 0x2c, 0x64, 1, 25];
        /// RFC 4519 `uid`.
        USER_ID = [0x09, 0x92, 0x26, 0x89, 0x93, 0xf2, 0x2c, 0x64, 1, 1];

        // Extensions of certificates and lists (RFC 5280 sections 4.2, 5.2, 5.3).
        SUBJECT_DIRECTORY_ATTRIBUTES = [0x55, 29, 9];
        SUBJECT_KEY_IDENTIFIER = [0x55, 29, 14];
        KEY_USAGE = [0x55, 29, 15];
        SUBJECT_ALT_NAME = [0x55, 29, 17];
        ISSUER_ALT_NAME = [0x55, 29, 18];
        BASIC_CONSTRAINTS = [0x55, 29, 19];
        CRL_NUMBER = [0x55, 29, 20];
        REASON_CODE = [0x55, 29, 21];
        HOLD_INSTRUCTION = [0x55, 29, 23];
        INVALIDITY_DATE = [0x55, 29, 24];
        NAME_CONSTRAINTS = [0x55, 29, 30];
        DELTA_CRL_INDICATOR = [0x55, 29, 27];
        ISSUING_DISTRIBUTION_POINT = [0x55, 29, 28];
        CRL_DISTRIBUTION_POINTS = [0x55, 29, 31];
        CERTIFICATE_POLICIES = [0x55, 29, 32];
        AUTHORITY_KEY_IDENTIFIER = [0x55, 29, 35];
        EXTENDED_KEY_USAGE = [0x55, 29, 37];
        /// RFC 3739 section 3.2.6.
        QC_STATEMENTS = [0x2b, 6, 1, 5, 5, 7, 1, 3];

        // Extended key usages.
        ANY_EXTENDED_KEY_USAGE = [0x55, 29, 37, 0];
        CLIENT_AUTH = [0x2b, 6, 1, 5, 5, 7, 3, 2];
        /// id-PIV-cardAuth (FIPS 201-3): a key that answers without a PIN.
        PIV_CARD_AUTH = [0x60, 0x86, 0x48, 1, 0x65, 3, 6, 8];

        // Keys and signatures (RFC 3279, 4055, 5480, 5758, 8410).
        RSA_ENCRYPTION = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1];
        MGF1 = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 8];
        RSASSA_PSS = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 10];
        SHA256_WITH_RSA = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 11];
        SHA384_WITH_RSA = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 12];
        SHA512_WITH_RSA = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 13];
        EC_PUBLIC_KEY = [0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1];
        ECDSA_WITH_SHA256 = [0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2];
        ECDSA_WITH_SHA384 = [0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 3];
        ECDSA_WITH_SHA512 = [0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 4];
        P256 = [0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7];
        P384 = [0x2b, 0x81, 4, 0, 34];
        P521 = [0x2b, 0x81, 4, 0, 35];
        ED25519 = [0x2b, 0x65, 0x70];
        SHA256 = [0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1];
        SHA384 = [0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 2];
        SHA512 = [0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 3];
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn text_and_content_agree() {
        for (oid, text) in [
            (known::SERIAL_NUMBER, "2.5.4.5"),
            (known::RSA_ENCRYPTION, "1.2.840.113549.1.1.1"),
            (known::PIV_CARD_AUTH, "2.16.840.1.101.3.6.8"),
            (known::DOMAIN_COMPONENT, "0.9.2342.19200300.100.1.25"),
            (known::P384, "1.3.132.0.34"),
        ] {
            assert_eq!(oid.to_string(), text);
            assert_eq!(text.parse::<Oid>().as_ref(), Ok(&oid));
        }
        assert_eq!("2.999.3".parse::<Oid>().expect("X.660's example").content(), [0x88, 0x37, 0x03]);
    }

    #[test]
    fn what_is_no_identifier_is_refused() {
        for text in [
            "",
            "1",
            "3.1",
            "1.40",
            "1.2.",
            ".1.2",
            "1.02.3",
            "1.2.a",
            "1.2.-3",
            "1.2.999999999999999999999999999999999999999",
        ] {
            assert!(text.parse::<Oid>().is_err(), "{text}");
        }
        for content in [&[][..], &[0x80, 1], &[0x2a, 0x86], &[0x2a, 0x80, 1], &[0xff; 11]] {
            assert_eq!(Oid::from_content(content), None, "{content:x?}");
        }
    }

    proptest! {
        #[test]
        fn any_content_reads_back_from_its_text(content in proptest::collection::vec(any::<u8>(), 0..70)) {
            if let Some(oid) = Oid::from_content(&content) {
                prop_assert_eq!(oid.to_string().parse::<Oid>(), Ok(oid));
            }
        }
    }
}
