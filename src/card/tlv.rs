//! BER-TLV as cards write it (ISO 7816-4 section 5.2.2): tags of up to three bytes, definite lengths in the short, 81
//! and 82 forms, minimal or not.

use super::error::{Error, Malformed};

/// The most bytes a structure may have.
pub const MAX_TOTAL: usize = super::apdu::MAX_ANSWER;
/// How deep elements may lie in each other.
pub const MAX_DEPTH: u8 = 6;
/// The most bytes of a tag.
const MAX_TAG: usize = 3;

const MALFORMED: Error = Error::AnswerMalformed(Malformed::Tlv);

/// Reads one level of elements, in order.
#[derive(Clone, Debug)]
pub struct Reader<'a> {
    rest: &'a [u8],
    depth: u8,
}

/// A tag and its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Element<'a> {
    /// All bytes of the tag, the first one highest: `0x7E`, `0x5F2F`.
    pub tag: u32,
    /// The value.
    pub value: &'a [u8],
    depth: u8,
}

impl<'a> Element<'a> {
    /// Reads what lies inside.
    pub fn children(&self) -> Result<Reader<'a>, Error> {
        if self.depth >= MAX_DEPTH {
            return Err(MALFORMED);
        }
        Ok(Reader { rest: self.value, depth: self.depth + 1 })
    }
}

impl<'a> Reader<'a> {
    /// Reads these bytes.
    pub fn new(bytes: &'a [u8]) -> Result<Self, Error> {
        if bytes.len() > MAX_TOTAL {
            return Err(Error::AnswerTooLong { limit: MAX_TOTAL });
        }
        Ok(Self { rest: bytes, depth: 0 })
    }

    /// The next element; `None` at the end.
    pub fn next_element(&mut self) -> Result<Option<Element<'a>>, Error> {
        if self.rest.is_empty() {
            return Ok(None);
        }
        let mut rest = self.rest;
        let tag = read_tag(&mut rest)?;
        let length = read_length(&mut rest)?;
        let (value, rest) = rest.split_at_checked(length).ok_or(MALFORMED)?;
        self.rest = rest;
        Ok(Some(Element { tag, value, depth: self.depth }))
    }

    /// The first element with this tag at this level; what follows it is not looked at.
    pub fn find(mut self, tag: u32) -> Result<Option<Element<'a>>, Error> {
        while let Some(element) = self.next_element()? {
            if element.tag == tag {
                return Ok(Some(element));
            }
        }
        Ok(None)
    }

    /// Like [`find`](Self::find) for an element that must be there.
    pub fn need(self, tag: u32) -> Result<Element<'a>, Error> {
        self.find(tag)?.ok_or(Error::AnswerMalformed(Malformed::ElementMissing))
    }
}

fn take(rest: &mut &[u8]) -> Result<u8, Error> {
    let (first, others) = rest.split_first().ok_or(MALFORMED)?;
    *rest = others;
    Ok(*first)
}

fn read_tag(rest: &mut &[u8]) -> Result<u32, Error> {
    let first = take(rest)?;
    let mut tag = u32::from(first);
    if first & 0x1F == 0x1F {
        for count in 2.. {
            let next = take(rest)?;
            tag = tag << 8 | u32::from(next);
            if next & 0x80 == 0 {
                break;
            }
            if count >= MAX_TAG {
                return Err(MALFORMED);
            }
        }
    }
    Ok(tag)
}

fn read_length(rest: &mut &[u8]) -> Result<usize, Error> {
    match take(rest)? {
        short @ 0..=0x7F => Ok(usize::from(short)),
        0x81 => Ok(usize::from(take(rest)?)),
        0x82 => Ok(usize::from(u16::from_be_bytes([take(rest)?, take(rest)?]))),
        // The indefinite form and lengths beyond any card's memory.
        _ => Err(MALFORMED),
    }
}

/// An element with a tag of one byte, the length in its shortest form. Values beyond 65,535 bytes do not exist here:
/// the caller writes what it sends itself.
pub fn element(tag: u8, value: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(value.len() + 4);
    bytes.push(tag);
    match u16::try_from(value.len()).unwrap_or(u16::MAX).to_be_bytes() {
        [0, short @ 0..=0x7F] => bytes.push(short),
        [0, long] => bytes.extend_from_slice(&[0x81, long]),
        [high, low] => bytes.extend_from_slice(&[0x82, high, low]),
    }
    bytes.extend_from_slice(value);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_discovery_object_is_read() {
        let bytes = b"\x7E\x12\x4F\x0B\xA0\x00\x00\x03\x08\x00\x00\x10\x00\x01\x00\x5F\x2F\x02\x40\x10";
        let object = Reader::new(bytes).and_then(|reader| reader.need(0x7E)).expect("there");
        let policy = object.children().and_then(|inner| inner.need(0x5F2F)).expect("there");
        assert_eq!(policy.value, [0x40, 0x10]);
        let absent = object.children().and_then(|inner| inner.need(0x5F50));
        assert_eq!(absent, Err(Error::AnswerMalformed(Malformed::ElementMissing)));
    }

    #[test]
    fn lengths_need_not_be_minimal_but_must_be_there() {
        for (bytes, value) in [
            (&b"\x53\x01\xAA"[..], Some(&b"\xAA"[..])),
            (b"\x53\x81\x01\xAA", Some(b"\xAA")),
            (b"\x53\x82\x00\x01\xAA", Some(b"\xAA")),
            (b"\x53\x00", Some(b"")),
            (b"\x53\x80\xAA\x00\x00", None),
            (b"\x53\x83\x00\x00\x01\xAA", None),
            (b"\x53\x02\xAA", None),
            (b"\x53\x82\x00", None),
            (b"\x53", None),
            (b"\x5F", None),
            (b"\x5F\x81\x81\x81\x01\x00", None),
        ] {
            let read = Reader::new(bytes).and_then(|reader| reader.need(0x53)).ok();
            assert_eq!(read.map(|element| element.value), value, "{bytes:02X?}");
        }
    }

    #[test]
    fn depth_and_size_have_an_end() {
        let mut bytes = Vec::new();
        for _ in 0..=MAX_DEPTH {
            bytes = element(0x70, &bytes);
        }
        let mut reader = Reader::new(&bytes).expect("short enough");
        let mut depth = 0;
        while let Ok(Some(inner)) = reader.next_element() {
            let Ok(children) = inner.children() else { break };
            reader = children;
            depth += 1;
        }
        assert_eq!(depth, MAX_DEPTH);
        assert!(matches!(Reader::new(&vec![0; MAX_TOTAL + 1]), Err(Error::AnswerTooLong { .. })));
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            fn walk(mut reader: Reader<'_>) {
                while let Ok(Some(element)) = reader.next_element() {
                    if let Ok(children) = element.children() {
                        walk(children);
                    }
                }
            }
            walk(Reader::new(&bytes).expect("short enough"));
        }

        #[test]
        fn what_is_written_is_read(tag in 0u8..0x1F, value in prop::collection::vec(any::<u8>(), 0..700)) {
            let bytes = element(tag, &value);
            let read = Reader::new(&bytes).and_then(|reader| reader.need(u32::from(tag))).expect("there");
            prop_assert_eq!(read.value, &value[..]);
        }
    }
}
