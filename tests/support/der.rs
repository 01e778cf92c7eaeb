//! A writer of DER for tests. It writes what it is told, right or wrong.

pub fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut out = vec![tag];
    let length = content.len();
    if length < 0x80 {
        out.push(length as u8);
    } else {
        let octets: Vec<u8> = length.to_be_bytes().into_iter().skip_while(|octet| *octet == 0).collect();
        out.push(0x80 | octets.len() as u8);
        out.extend(octets);
    }
    out.extend_from_slice(content);
    out
}

pub fn sequence<P: AsRef<[u8]>>(parts: &[P]) -> Vec<u8> {
    tlv(0x30, &concat(parts))
}

pub fn set<P: AsRef<[u8]>>(parts: &[P]) -> Vec<u8> {
    tlv(0x31, &concat(parts))
}

fn concat<P: AsRef<[u8]>>(parts: &[P]) -> Vec<u8> {
    parts.iter().flat_map(|part| part.as_ref().iter().copied()).collect()
}

/// `[number]`, constructed, around complete elements.
pub fn context(number: u8, content: &[u8]) -> Vec<u8> {
    tlv(0xa0 | number, content)
}

/// `[number] IMPLICIT` of a primitive type.
pub fn implicit(number: u8, content: &[u8]) -> Vec<u8> {
    tlv(0x80 | number, content)
}

pub fn boolean(value: bool) -> Vec<u8> {
    tlv(0x01, &[if value { 0xff } else { 0 }])
}

/// An INTEGER by its content, as it is.
pub fn integer(content: &[u8]) -> Vec<u8> {
    tlv(0x02, content)
}

/// A number that is not negative.
pub fn number(value: u64) -> Vec<u8> {
    let mut content: Vec<u8> = value.to_be_bytes().into_iter().skip_while(|octet| *octet == 0).collect();
    if content.first().is_none_or(|octet| octet & 0x80 != 0) {
        content.insert(0, 0);
    }
    integer(&content)
}

pub fn bit_string(bytes: &[u8]) -> Vec<u8> {
    tlv(0x03, &[&[0], bytes].concat())
}

/// A BIT STRING of named bits, written as X.690 section 11.2.2 wants: no trailing zeros.
pub fn named_bits(bits: &[u8]) -> Vec<u8> {
    let Some(last) = bits.iter().max() else { return tlv(0x03, &[0]) };
    let mut octets = vec![0_u8; usize::from(last / 8) + 1];
    for bit in bits {
        octets[usize::from(bit / 8)] |= 0x80 >> (bit % 8);
    }
    octets.insert(0, 7 - last % 8);
    tlv(0x03, &octets)
}

pub fn octet_string(bytes: &[u8]) -> Vec<u8> {
    tlv(0x04, bytes)
}

pub fn null() -> Vec<u8> {
    tlv(0x05, &[])
}

pub fn enumerated(value: u8) -> Vec<u8> {
    tlv(0x0a, &[value])
}

/// An object identifier from dotted text; panics on what is none.
pub fn oid(text: &str) -> Vec<u8> {
    let arcs: Vec<u128> = text.split('.').map(|arc| arc.parse().expect("an arc")).collect();
    let mut content = Vec::new();
    for arc in std::iter::once(arcs[0] * 40 + arcs[1]).chain(arcs[2..].iter().copied()) {
        let groups = (128 - arc.max(1).leading_zeros()).div_ceil(7);
        for group in (0..groups).rev() {
            content.push((arc >> (7 * group)) as u8 & 0x7f | if group == 0 { 0 } else { 0x80 });
        }
    }
    tlv(0x06, &content)
}

pub fn utf8(text: &str) -> Vec<u8> {
    tlv(0x0c, text.as_bytes())
}

pub fn printable(text: &str) -> Vec<u8> {
    tlv(0x13, text.as_bytes())
}

pub fn teletex(text: &str) -> Vec<u8> {
    tlv(0x14, &text.chars().map(|character| character as u32 as u8).collect::<Vec<_>>())
}

pub fn ia5(text: &str) -> Vec<u8> {
    tlv(0x16, text.as_bytes())
}

pub fn bmp(text: &str) -> Vec<u8> {
    tlv(0x1e, &text.encode_utf16().flat_map(u16::to_be_bytes).collect::<Vec<_>>())
}

/// Seconds since 1970 as UTCTime, from 2050 on as GeneralizedTime (RFC 5280 section 4.1.2.5).
pub fn time(unix: i64) -> Vec<u8> {
    let text = brama::clock::UnixTime(unix).to_string();
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    match digits.get(..4).and_then(|year| year.parse::<u32>().ok()) {
        Some(1950..=2049) => tlv(0x17, format!("{}Z", &digits[2..]).as_bytes()),
        _ => tlv(0x18, format!("{digits}Z").as_bytes()),
    }
}
