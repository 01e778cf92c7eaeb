//! Scopes: which claims a portal asks for.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A scope the gateway knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// That it is OpenID Connect at all.
    Openid,
    /// Names.
    Profile,
    /// The person's numbers.
    Identifiers,
    /// The organisation, its numbers and the person's position.
    Organisation,
    /// The facts behind the level.
    Assurance,
}

impl Scope {
    /// All of them, in the order discovery names them.
    pub const ALL: [Self; 5] = [Self::Openid, Self::Profile, Self::Identifiers, Self::Organisation, Self::Assurance];

    /// The word on the wire.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Openid => "openid",
            Self::Profile => "profile",
            Self::Identifiers => "identifiers",
            Self::Organisation => "organisation",
            Self::Assurance => "assurance",
        }
    }

    /// The known ones of a space-separated list, sorted; others are ignored (OpenID Connect Core 3.1.2.1).
    pub fn parse_list(text: &str) -> Vec<Self> {
        Self::ALL.into_iter().filter(|scope| text.split(' ').any(|word| word == scope.word())).collect()
    }

    /// The list as text.
    pub fn format_list(scopes: &[Self]) -> String {
        scopes.iter().map(|scope| scope.word()).collect::<Vec<_>>().join(" ")
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl FromStr for Scope {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        let known = Self::ALL.into_iter().find(|scope| scope.word() == word);
        known.ok_or_else(|| format!("`{word}` is not a scope; there are {}", Self::format_list(&Self::ALL)))
    }
}
