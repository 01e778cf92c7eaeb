//! Distinguished names (RFC 5280 section 4.1.2.4).

use super::der::{self, Reader};
use super::oid::known;
use super::{Error, Oid};
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// One attribute of a name, decoded.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Attribute {
    /// What it is.
    pub oid: Oid,
    /// Its text; empty when the value is not a string.
    pub value: String,
}

/// A distinguished name. Cloning is cheap.
///
/// Two names are equal when they match by RFC 5280 section 7.1: text is compared without case, leading and trailing
/// space, or the length of inner space, whatever string type carries it. Normalisation (NFKC) is not applied: names
/// that differ only by it do not match, which refuses and never confuses. [`der`](Self::der) has the exact bytes.
#[derive(Clone)]
pub struct Name(Arc<Parts>);

struct Parts {
    der: Vec<u8>,
    attributes: Vec<Attribute>,
    /// How many of the attributes each relative distinguished name has.
    relative: Vec<usize>,
    canonical: Vec<u8>,
}

impl Name {
    /// Reads the DER of a Name.
    pub fn from_der(bytes: &[u8]) -> Result<Self, Error> {
        Self::parse(bytes).ok_or(Error::CertificateMalformed { field: "Name" })
    }

    fn parse(bytes: &[u8]) -> Option<Self> {
        let mut outer = Reader::new(bytes);
        let mut sequence = outer.inside(der::SEQUENCE)?;
        if !outer.is_empty() {
            return None;
        }
        let (mut attributes, mut relative, mut canonical) = (Vec::new(), Vec::new(), Vec::new());
        while !sequence.is_empty() {
            let mut set = sequence.inside(der::SET)?;
            let mut members = Vec::new();
            while !set.is_empty() {
                let mut pair = set.inside(der::SEQUENCE)?;
                let oid = pair.oid()?;
                let value = pair.any()?;
                if !pair.is_empty() {
                    return None;
                }
                let text = decode_string(value.tag, value.content);
                members.push(canonical_attribute(&oid, text.as_deref(), value.whole));
                attributes.push(Attribute { oid, value: text.unwrap_or_default() });
            }
            if members.is_empty() {
                return None;
            }
            relative.push(members.len());
            // A SET has no order; its members are compared sorted.
            members.sort_unstable();
            push_framed(&mut canonical, &members.len().to_be_bytes());
            for member in members {
                push_framed(&mut canonical, &member);
            }
        }
        Some(Self(Arc::new(Parts { der: bytes.to_vec(), attributes, relative, canonical })))
    }

    /// The exact bytes.
    pub fn der(&self) -> &[u8] {
        &self.0.der
    }

    /// The attributes in the order of the DER.
    pub fn attributes(&self) -> &[Attribute] {
        &self.0.attributes
    }

    /// The first value of an attribute.
    pub fn first(&self, oid: &Oid) -> Option<&str> {
        self.0.attributes.iter().find(|attribute| attribute.oid == *oid).map(|found| found.value.as_str())
    }

    /// All values of an attribute, in the order of the DER.
    pub fn all<'a>(&'a self, oid: &'a Oid) -> impl Iterator<Item = &'a str> {
        self.0.attributes.iter().filter(move |attribute| attribute.oid == *oid).map(|found| found.value.as_str())
    }

    /// The first common name.
    pub fn common_name(&self) -> Option<&str> {
        self.first(&known::COMMON_NAME)
    }

    /// Whether there is no attribute at all.
    pub fn is_empty(&self) -> bool {
        self.0.attributes.is_empty()
    }
}

/// Decodes a string of any type that certificates use; `None` when it is no string or not of its own alphabet.
pub(super) fn decode_string(tag: u8, content: &[u8]) -> Option<String> {
    match tag {
        der::UTF8_STRING => std::str::from_utf8(content).ok().map(str::to_owned),
        der::PRINTABLE_STRING | der::IA5_STRING | der::NUMERIC_STRING | der::VISIBLE_STRING => {
            // Real CAs put the likes of @ and * into PrintableString; what is ASCII is read.
            content.is_ascii().then(|| content.iter().map(|byte| char::from(*byte)).collect())
        }
        // Everybody writes Latin-1 into T61 strings.
        der::TELETEX_STRING => Some(content.iter().map(|byte| char::from(*byte)).collect()),
        der::BMP_STRING => {
            let (pairs, odd) = content.as_chunks::<2>();
            let units = pairs.iter().map(|pair| u16::from_be_bytes(*pair));
            odd.is_empty().then(|| char::decode_utf16(units).collect::<Result<String, _>>().ok())?
        }
        der::UNIVERSAL_STRING => {
            let (quads, odd) = content.as_chunks::<4>();
            let mut characters = quads.iter().map(|quad| char::from_u32(u32::from_be_bytes(*quad)));
            odd.is_empty().then(|| characters.by_ref().collect())?
        }
        _ => None,
    }
}

fn push_framed(out: &mut Vec<u8>, bytes: &[u8]) {
    out.extend_from_slice(&bytes.len().to_be_bytes());
    out.extend_from_slice(bytes);
}

fn canonical_attribute(oid: &Oid, text: Option<&str>, whole: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    push_framed(&mut out, oid.content());
    match text {
        Some(text) => {
            let words: Vec<_> = text.split_whitespace().collect();
            out.push(b't');
            push_framed(&mut out, words.join(" ").to_lowercase().as_bytes());
        }
        None => {
            out.push(b'd');
            push_framed(&mut out, whole);
        }
    }
    out
}

impl PartialEq for Name {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.0.canonical == other.0.canonical
    }
}

impl Eq for Name {}

impl Hash for Name {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.canonical.hash(state);
    }
}

fn short_name(oid: &Oid) -> Option<&'static str> {
    // RFC 4514 section 3, and the attributes people look for in a certificate.
    [
        (known::COMMON_NAME, "CN"),
        (known::SURNAME, "SN"),
        (known::GIVEN_NAME, "GN"),
        (known::SERIAL_NUMBER, "serialNumber"),
        (known::COUNTRY, "C"),
        (known::LOCALITY, "L"),
        (known::STATE, "ST"),
        (known::STREET, "STREET"),
        (known::ORGANIZATION, "O"),
        (known::ORGANIZATIONAL_UNIT, "OU"),
        (known::TITLE, "title"),
        (known::DOMAIN_COMPONENT, "DC"),
        (known::USER_ID, "UID"),
    ]
    .into_iter()
    .find_map(|(known, name)| (known == *oid).then_some(name))
}

/// A character that could disturb whoever reads the name in a terminal or a log.
fn is_unprintable(character: char) -> bool {
    let invisible = matches!(character, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}');
    character.is_control() || invisible || character == '\u{feff}'
}

impl fmt::Display for Name {
    /// RFC 4514: the last attribute first. Control and bidirectional characters are written in hexadecimal.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut end = self.0.attributes.len();
        for (index, count) in self.0.relative.iter().rev().enumerate() {
            let start = end.saturating_sub(*count);
            for (member, attribute) in self.0.attributes.get(start..end).unwrap_or_default().iter().enumerate() {
                f.write_str(match (index, member) {
                    (0, 0) => "",
                    (_, 0) => ",",
                    _ => "+",
                })?;
                match short_name(&attribute.oid) {
                    Some(name) => write!(f, "{name}=")?,
                    None => write!(f, "{}=", attribute.oid)?,
                }
                let last = attribute.value.chars().count().saturating_sub(1);
                for (place, character) in attribute.value.chars().enumerate() {
                    let at_edge =
                        (place == 0 && (character == '#' || character == ' ')) || (place == last && character == ' ');
                    if is_unprintable(character) {
                        let mut buffer = [0; 4];
                        for byte in character.encode_utf8(&mut buffer).bytes() {
                            write!(f, "\\{byte:02X}")?;
                        }
                    } else if at_edge || matches!(character, '"' | '+' | ',' | ';' | '<' | '>' | '\\') {
                        write!(f, "\\{character}")?;
                    } else {
                        write!(f, "{character}")?;
                    }
                }
            }
            end = start;
        }
        Ok(())
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Name({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
        let mut out = vec![tag, u8::try_from(content.len()).expect("short")];
        out.extend_from_slice(content);
        out
    }

    fn name(members: &[(&Oid, u8, &[u8])]) -> Name {
        let sets: Vec<u8> = members
            .iter()
            .flat_map(|(oid, tag, value)| {
                let pair = [tlv(der::OBJECT_IDENTIFIER, oid.content()), tlv(*tag, value)].concat();
                tlv(der::SET, &tlv(der::SEQUENCE, &pair))
            })
            .collect();
        Name::from_der(&tlv(der::SEQUENCE, &sets)).expect("a name")
    }

    #[test]
    fn every_string_type_is_read() {
        for (tag, content, text) in [
            (der::PRINTABLE_STRING, &b"Anna"[..], "Anna"),
            (der::UTF8_STRING, "Ганна".as_bytes(), "Ганна"),
            (der::IA5_STRING, b"a@b", "a@b"),
            (der::TELETEX_STRING, &[0xc4, b'a'], "Äa"),
            (der::BMP_STRING, &[0x04, 0x1e, 0x04, 0x3b], "Ол"),
            (der::UNIVERSAL_STRING, &[0, 0, 4, 0x1e], "О"),
        ] {
            assert_eq!(name(&[(&known::COMMON_NAME, tag, content)]).common_name(), Some(text));
        }
        // Not of their own alphabet: kept as bytes, decoded to nothing.
        for (tag, content) in [(der::BMP_STRING, &[0xd8, 0][..]), (der::BMP_STRING, &[4]), (der::UTF8_STRING, &[0xff])]
        {
            assert_eq!(name(&[(&known::COMMON_NAME, tag, content)]).common_name(), Some(""));
        }
    }

    #[test]
    fn comparison_folds_case_space_and_type() {
        let cn = |tag, value: &[u8]| name(&[(&known::COMMON_NAME, tag, value)]);
        assert_eq!(cn(der::PRINTABLE_STRING, b"Good  CA "), cn(der::UTF8_STRING, b"good ca"));
        assert_eq!(cn(der::UTF8_STRING, "ЦЭНТР".as_bytes()), cn(der::UTF8_STRING, "цэнтр".as_bytes()));
        assert_ne!(cn(der::PRINTABLE_STRING, b"Good CA"), cn(der::PRINTABLE_STRING, b"GoodCA"));
        assert_ne!(
            name(&[(&known::COMMON_NAME, der::UTF8_STRING, b"a"), (&known::ORGANIZATION, der::UTF8_STRING, b"b")]),
            name(&[(&known::ORGANIZATION, der::UTF8_STRING, b"b"), (&known::COMMON_NAME, der::UTF8_STRING, b"a")]),
            "the order of relative names matters"
        );
        // Two attributes must not run together into the text of one.
        assert_ne!(cn(der::UTF8_STRING, &[0xff]), cn(der::UTF8_STRING, &[0xfe]), "undecodable values stay apart");
    }

    #[test]
    fn names_print_by_rfc_4514() {
        let all = name(&[
            (&known::COUNTRY, der::PRINTABLE_STRING, b"BY"),
            (&known::ORGANIZATION, der::UTF8_STRING, b" A, B+C "),
            (&known::COMMON_NAME, der::UTF8_STRING, "x\u{202e}y\n".as_bytes()),
        ]);
        assert_eq!(all.to_string(), "CN=x\\E2\\80\\AEy\\0A,O=\\ A\\, B\\+C\\ ,C=BY");
    }

    proptest! {
        #[test]
        fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            if let Ok(name) = Name::from_der(&bytes) {
                let _ = name.to_string();
            }
        }
    }
}
