//! Values that cannot be printed, are compared in constant time and are zeroed when dropped.

use crate::rng::{Rng, random_256};
use data_encoding::BASE64URL_NOPAD;
use ring::digest;
use std::fmt;
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, ZeroizeOnDrop};

/// SHA-256 of some bytes.
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut out = [0; 32];
    out.copy_from_slice(digest::digest(&digest::SHA256, bytes).as_ref());
    out
}

/// 256 unguessable bits that give a right to whoever holds them: a cookie, a handle, a code. Written as 43
/// characters of base64url. Only its [`hash`](Bearer::hash) is ever stored.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Bearer([u8; 32]);

impl Bearer {
    /// A new one.
    pub fn random(rng: &dyn Rng) -> Self {
        Self(random_256(rng))
    }

    /// Reads the 43 characters; anything else is `None`.
    pub fn parse(text: &str) -> Option<Self> {
        // Length first: bounded work whatever came.
        if text.len() != 43 {
            return None;
        }
        let mut bytes = [0; 32];
        let length = BASE64URL_NOPAD.decode_mut(text.as_bytes(), &mut bytes).ok()?;
        (length == 32).then_some(Self(bytes))
    }

    /// The text to hand out. The name is a warning: what is exposed must not be logged.
    pub fn expose(&self) -> String {
        BASE64URL_NOPAD.encode(&self.0)
    }

    /// What is stored in its place.
    pub fn hash(&self) -> [u8; 32] {
        sha256(&self.0)
    }
}

impl PartialEq for Bearer {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl fmt::Debug for Bearer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Bearer(masked)")
    }
}

/// The most bytes a PIN may have (ISO 7816-4 reference data of the cards Brama knows).
pub const MAX_PIN: usize = 16;

/// A PIN in a buffer of fixed size that never moves on the heap, is zeroed when dropped and prints as a mask.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct Pin {
    digits: Box<[u8; MAX_PIN]>,
    length: usize,
}

impl Default for Pin {
    fn default() -> Self {
        Self { digits: Box::new([0; MAX_PIN]), length: 0 }
    }
}

impl Pin {
    /// An empty PIN to be filled character by character.
    pub fn new() -> Self {
        Self::default()
    }

    /// Appends one byte; `false` when there is no room.
    pub fn push(&mut self, byte: u8) -> bool {
        let Some(place) = self.digits.get_mut(self.length) else { return false };
        *place = byte;
        self.length += 1;
        true
    }

    /// Takes back the last byte.
    pub fn pop(&mut self) {
        if self.length > 0 {
            self.length -= 1;
            self.digits[self.length] = 0;
        }
    }

    /// Copies a PIN out of a buffer the caller zeroes; `None` when it is too long.
    pub fn copy_from(bytes: &[u8]) -> Option<Self> {
        let mut pin = Self::new();
        bytes.iter().all(|byte| pin.push(*byte)).then_some(pin)
    }

    /// The bytes, for the command that carries them to the card and nothing else.
    pub fn expose(&self) -> &[u8] {
        &self.digits[..self.length]
    }

    /// How many bytes it has.
    pub fn len(&self) -> usize {
        self.length
    }

    /// Whether nothing was typed.
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }
}

impl fmt::Debug for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pin(masked)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::SystemRng;

    #[test]
    fn a_bearer_reads_back_what_it_exposed() {
        let bearer = Bearer::random(&SystemRng::default());
        assert!(Bearer::parse(&bearer.expose()).is_some_and(|read| read == bearer));
        assert_eq!(format!("{bearer:?}"), "Bearer(masked)");
        assert!(Bearer::parse("short").is_none());
        // The last character of 43 carries two spare bits; a second spelling of the same value is refused.
        assert!(Bearer::parse(&format!("{}B", "A".repeat(42))).is_none());
    }

    #[test]
    fn a_pin_never_prints_and_never_grows() {
        let pin = Pin::copy_from(b"123456").expect("fits");
        assert_eq!((pin.expose(), pin.len()), (&b"123456"[..], 6));
        assert_eq!(format!("{pin:?}"), "Pin(masked)");
        assert!(Pin::copy_from(&[b'1'; MAX_PIN + 1]).is_none());
    }
}
