//! A strict reader of DER (X.690): definite lengths in their shortest form, one byte of tag, nothing left over.
//!
//! It reads what x509-parser takes too leniently for a verdict (lengths, dates) or too expensively (lists with a
//! million entries). It never panics, never allocates and never goes back.

use super::Oid;
use crate::clock::UnixTime;

pub(crate) const BOOLEAN: u8 = 0x01;
pub(crate) const INTEGER: u8 = 0x02;
pub(crate) const BIT_STRING: u8 = 0x03;
pub(crate) const OCTET_STRING: u8 = 0x04;
pub(crate) const NULL: u8 = 0x05;
pub(crate) const OBJECT_IDENTIFIER: u8 = 0x06;
pub(crate) const ENUMERATED: u8 = 0x0a;
pub(crate) const UTF8_STRING: u8 = 0x0c;
pub(crate) const NUMERIC_STRING: u8 = 0x12;
pub(crate) const PRINTABLE_STRING: u8 = 0x13;
pub(crate) const TELETEX_STRING: u8 = 0x14;
pub(crate) const IA5_STRING: u8 = 0x16;
pub(crate) const UTC_TIME: u8 = 0x17;
pub(crate) const GENERALIZED_TIME: u8 = 0x18;
pub(crate) const VISIBLE_STRING: u8 = 0x1a;
pub(crate) const UNIVERSAL_STRING: u8 = 0x1c;
pub(crate) const BMP_STRING: u8 = 0x1e;
pub(crate) const SEQUENCE: u8 = 0x30;
pub(crate) const SET: u8 = 0x31;

/// The tag of `[number]`, constructed.
pub(crate) const fn context(number: u8) -> u8 {
    0xa0 | number
}

/// How deep structures may nest in what is walked as a whole.
const MAX_DEPTH: usize = 24;

/// One element: its tag, its content, and the whole of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Element<'a> {
    pub(crate) tag: u8,
    pub(crate) content: &'a [u8],
    pub(crate) whole: &'a [u8],
}

/// What is left to read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The bytes that are left.
    pub(crate) const fn rest(&self) -> &'a [u8] {
        self.0
    }

    /// The tag of the next element.
    pub(crate) fn peek(&self) -> Option<u8> {
        self.0.first().copied()
    }

    /// The next element.
    pub(crate) fn any(&mut self) -> Option<Element<'a>> {
        let [tag, first, rest @ ..] = self.0 else { return None };
        // Tags of several bytes occur in nothing Brama reads.
        if tag & 0x1f == 0x1f {
            return None;
        }
        let (length, body) = match first {
            0..=0x7f => (usize::from(*first), rest),
            0x81..=0x84 => {
                let (octets, body) = rest.split_at_checked(usize::from(first & 0x7f))?;
                let length = octets.iter().fold(0_usize, |sum, octet| sum << 8 | usize::from(*octet));
                let shortest = length > 0x7f && octets.first().is_some_and(|octet| *octet != 0);
                if !shortest {
                    return None;
                }
                (length, body)
            }
            _ => return None,
        };
        let (content, after) = body.split_at_checked(length)?;
        let whole = self.0.get(..self.0.len() - after.len())?;
        self.0 = after;
        Some(Element { tag: *tag, content, whole })
    }

    /// The next element, which must have this tag.
    pub(crate) fn element(&mut self, tag: u8) -> Option<Element<'a>> {
        if self.peek()? != tag {
            return None;
        }
        self.any()
    }

    /// The content of the next element, which must have this tag.
    pub(crate) fn content(&mut self, tag: u8) -> Option<&'a [u8]> {
        Some(self.element(tag)?.content)
    }

    /// The content of the next element if it has this tag; `Some(None)` when another follows.
    pub(crate) fn optional(&mut self, tag: u8) -> Option<Option<&'a [u8]>> {
        if self.peek() == Some(tag) { self.content(tag).map(Some) } else { Some(None) }
    }

    /// A reader of the next element's content, which must have this tag.
    pub(crate) fn inside(&mut self, tag: u8) -> Option<Self> {
        self.content(tag).map(Self)
    }

    pub(crate) fn oid(&mut self) -> Option<Oid> {
        Oid::from_content(self.content(OBJECT_IDENTIFIER)?)
    }

    /// The content of an INTEGER in its shortest form.
    pub(crate) fn integer(&mut self) -> Option<&'a [u8]> {
        let content = self.content(INTEGER)?;
        match content {
            [] | [0x00, 0x00..=0x7f, ..] | [0xff, 0x80..=0xff, ..] => None,
            _ => Some(content),
        }
    }

    /// An INTEGER from 0 to 2^32 - 1.
    pub(crate) fn small(&mut self) -> Option<u32> {
        let content = self.integer()?;
        if content.len() > 5 || content.first()? & 0x80 != 0 {
            return None;
        }
        u32::try_from(content.iter().fold(0_u64, |sum, octet| sum << 8 | u64::from(*octet))).ok()
    }

    /// A BOOLEAN; DER knows only 00 and ff.
    pub(crate) fn boolean(&mut self) -> Option<bool> {
        match self.content(BOOLEAN)? {
            [0x00] => Some(false),
            [0xff] => Some(true),
            _ => None,
        }
    }

    /// The bytes of a BIT STRING that has no unused bits.
    pub(crate) fn octet_aligned_bits(&mut self) -> Option<&'a [u8]> {
        match self.content(BIT_STRING)? {
            [0, bytes @ ..] => Some(bytes),
            _ => None,
        }
    }

    /// A UTCTime or GeneralizedTime as RFC 5280 section 4.1.2.5 profiles them: seconds present, `Z`, no fractions.
    pub(crate) fn time(&mut self) -> Option<UnixTime> {
        let Element { tag, content, .. } = self.any()?;
        let (year, rest) = match tag {
            UTC_TIME => {
                let (year, rest) = digits(content, 2)?;
                (if year < 50 { 2000 + year } else { 1900 + year }, rest)
            }
            GENERALIZED_TIME => digits(content, 4)?,
            _ => return None,
        };
        let (month, rest) = digits(rest, 2)?;
        let (day, rest) = digits(rest, 2)?;
        let (hour, rest) = digits(rest, 2)?;
        let (minute, rest) = digits(rest, 2)?;
        let (second, rest) = digits(rest, 2)?;
        let days_in_month = match month {
            2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
            2 => 28,
            4 | 6 | 9 | 11 => 30,
            1..=12 => 31,
            _ => return None,
        };
        let in_range = (1..=days_in_month).contains(&day) && hour < 24 && minute < 60 && second < 60;
        if rest != b"Z" || !in_range {
            return None;
        }
        Some(UnixTime(days_from_civil(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second))
    }
}

fn digits(bytes: &[u8], count: usize) -> Option<(i64, &[u8])> {
    let (head, rest) = bytes.split_at_checked(count)?;
    let plain = head.iter().all(u8::is_ascii_digit);
    plain.then(|| (head.iter().fold(0, |sum, digit| sum * 10 + i64::from(digit - b'0')), rest))
}

/// Days from 1970-01-01 to a date of the proleptic Gregorian calendar, years 0 to 9999.
const fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    // Years begin on 1 March, so that the leap day is the last of its year.
    let year = if month > 2 { year } else { year - 1 };
    let month_from_march = if month > 2 { month - 3 } else { month + 9 };
    let day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
    year * 365 + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400) + day_of_year - 719_468
}

/// Whether some bytes are exactly one element whose every constructed part is well formed too.
pub(crate) fn is_strict(bytes: &[u8]) -> bool {
    fn walk(bytes: &[u8], depth: usize) -> bool {
        let mut reader = Reader::new(bytes);
        while !reader.is_empty() {
            let Some(element) = reader.any() else { return false };
            if element.tag & 0x20 != 0 && (depth == 0 || !walk(element.content, depth - 1)) {
                return false;
            }
        }
        true
    }
    let mut reader = Reader::new(bytes);
    reader.any().is_some() && reader.is_empty() && walk(bytes, MAX_DEPTH)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn time(tag: u8, text: &str) -> Option<String> {
        let mut der = vec![tag, u8::try_from(text.len()).expect("short")];
        der.extend_from_slice(text.as_bytes());
        Reader::new(&der).time().map(|time| time.to_string())
    }

    #[test]
    fn lengths_must_be_definite_and_shortest() {
        assert!(is_strict(&[0x30, 0x02, 0x05, 0x00]));
        for (bytes, why) in [
            (&[0x30, 0x80, 0x00, 0x00][..], "indefinite"),
            (&[0x30, 0x81, 0x02, 0x05, 0x00], "long form of a short length"),
            (&[0x30, 0x82, 0x00, 0x80], "leading zero"),
            (&[0x30, 0x03, 0x05, 0x00], "cut short"),
            (&[0x30, 0x02, 0x05, 0x00, 0x00], "left over"),
            (&[0x30, 0x02, 0x05, 0x01], "inner element beyond its outer"),
            (&[0x1f, 0x01, 0x00], "tag of several bytes"),
            (&[0x30, 0x85, 1, 0, 0, 0, 0], "length of five octets"),
            (&[], "nothing"),
        ] {
            assert!(!is_strict(bytes), "{why}");
        }
        let nested = (0..40_u8).fold(vec![], |inner, _| {
            let mut outer = vec![0x30, u8::try_from(inner.len()).expect("short")];
            outer.extend(inner);
            outer
        });
        assert!(!is_strict(&nested), "too deep");
    }

    #[test]
    fn dates_follow_the_profile() {
        for (tag, text, date) in [
            (UTC_TIME, "491231235959Z", "2049-12-31T23:59:59Z"),
            (UTC_TIME, "500101000000Z", "1950-01-01T00:00:00Z"),
            (UTC_TIME, "000229120000Z", "2000-02-29T12:00:00Z"),
            (GENERALIZED_TIME, "20500101000000Z", "2050-01-01T00:00:00Z"),
            (GENERALIZED_TIME, "99991231235959Z", "9999-12-31T23:59:59Z"),
            (GENERALIZED_TIME, "19700101000000Z", "1970-01-01T00:00:00Z"),
        ] {
            assert_eq!(time(tag, text).as_deref(), Some(date));
        }
        for (tag, text) in [
            (UTC_TIME, "4912312359Z"),
            (UTC_TIME, "491231235959"),
            (UTC_TIME, "491231235959+0300"),
            (UTC_TIME, "010229000000Z"),
            (UTC_TIME, "011301000000Z"),
            (UTC_TIME, "010100000000Z"),
            (UTC_TIME, "010101240000Z"),
            (UTC_TIME, "010101006000Z"),
            (UTC_TIME, "01010100000 Z"),
            (GENERALIZED_TIME, "20500101000000.5Z"),
            (GENERALIZED_TIME, "21000229000000Z"),
            (GENERALIZED_TIME, "500101000000Z"),
            (PRINTABLE_STRING, "491231235959Z"),
        ] {
            assert_eq!(time(tag, text), None, "{text}");
        }
    }

    #[test]
    fn integers_have_one_spelling() {
        let small = |bytes: &[u8]| Reader::new(bytes).small();
        assert_eq!(small(&[2, 1, 0]), Some(0));
        assert_eq!(small(&[2, 2, 0, 0xff]), Some(255));
        assert_eq!(small(&[2, 5, 0, 0xff, 0xff, 0xff, 0xff]), Some(u32::MAX));
        for bytes in [&[2, 0][..], &[2, 2, 0, 1], &[2, 2, 0xff, 0xff], &[2, 1, 0x80], &[2, 5, 1, 0, 0, 0, 0]] {
            assert_eq!(small(bytes), None, "{bytes:x?}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = is_strict(&bytes);
            let mut reader = Reader::new(&bytes);
            let _ = (reader.time(), reader.small(), reader.boolean(), reader.oid(), reader.octet_aligned_bits());
        }
    }
}
