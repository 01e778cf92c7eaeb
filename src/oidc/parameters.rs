//! Parameters of a request, from a query or a form.

use std::collections::HashSet;

/// The most parameters of one request.
const MAX_PARAMETERS: usize = 64;
/// The most bytes of all names and values.
const MAX_BYTES: usize = 48 * 1024;
/// The most bytes of a value that has no limit of its own.
const MAX_OTHER: usize = 2048;
/// The limits of single parameters, in bytes.
const LIMITS: &[(&str, usize)] = &[
    ("acr_values", 1024),
    ("claims", 8192),
    ("client_id", 128),
    ("client_secret", 128),
    ("code", 128),
    ("code_challenge", 128),
    ("code_verifier", 128),
    ("id_token_hint", crate::jose::MAX_JWT),
    ("login_hint", 320),
    ("max_age", 16),
    ("nonce", 512),
    ("prompt", 64),
    ("scope", 1024),
    ("ui_locales", 256),
];

/// The parameters of a request, bounded as a whole.
#[derive(Clone, Copy, Debug)]
pub(super) struct Parameters<'a>(&'a [(String, String)]);

impl<'a> Parameters<'a> {
    /// `None` when they are more than any request has.
    pub(super) fn new(all: &'a [(String, String)]) -> Option<Self> {
        let bytes: usize = all.iter().map(|(name, value)| name.len() + value.len()).sum();
        (all.len() <= MAX_PARAMETERS && bytes <= MAX_BYTES).then_some(Self(all))
    }

    /// A parameter's value; one sent without a value counts as left out (RFC 6749 section 3.1).
    pub(super) fn get(&self, name: &str) -> Option<&'a str> {
        self.0
            .iter()
            .find(|(other, _)| other == name)
            .map(|(_, value)| value.as_str())
            .filter(|value| !value.is_empty())
    }

    /// A parameter that comes exactly once.
    pub(super) fn once(&self, name: &str) -> Option<&'a str> {
        let mut values = self.0.iter().filter(|(other, _)| other == name);
        match (values.next(), values.next()) {
            (Some((_, value)), None) if !value.is_empty() => Some(value),
            _ => None,
        }
    }

    /// Whether any name comes twice (forbidden by RFC 6749 section 3.1, known or not).
    pub(super) fn repeated(&self) -> bool {
        let mut seen = HashSet::new();
        !self.0.iter().all(|(name, _)| seen.insert(name))
    }

    /// Whether any value is over its limit.
    pub(super) fn too_long(&self) -> bool {
        self.0.iter().any(|(name, value)| {
            let limit = LIMITS.iter().find(|(limited, _)| limited == name).map_or(MAX_OTHER, |(_, limit)| *limit);
            value.len() > limit
        })
    }
}
