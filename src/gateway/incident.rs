//! A short number that ties what a citizen reads on a page to what support finds in the log.

use crate::rng::{Rng, random_256};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Ten characters that can be read over the telephone: no letters that look like digits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Incident(String);

impl Incident {
    /// A new one, of 50 random bits.
    pub fn random(rng: &dyn Rng) -> Self {
        const LETTERS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
        let bytes = random_256(rng);
        let letter = |byte: &u8| char::from(LETTERS[usize::from(byte & 31)]);
        let text: String = bytes.iter().take(10).map(letter).collect();
        Self(format!("{}-{}", &text[..5], &text[5..]))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Incident {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
