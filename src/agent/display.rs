//! Outside text on its way to a person's eyes.

use std::fmt;

/// A host as it is shown: ASCII, and whether it is plain, that is to say no internationalised name that could look
/// like another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Host {
    ascii: String,
    plain: bool,
}

impl Host {
    /// Longest name of a host, and a port (RFC 1035 section 2.3.4).
    const MAX: usize = 253 + 6;

    /// Reads a host with or without a port. What is not a host's text is shown with a question mark for each odd
    /// character, and is never plain.
    pub fn new(text: &str) -> Self {
        let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '[' | ']');
        let ascii: String =
            text.chars().take(Self::MAX).map(|c| if fits(c) { c.to_ascii_lowercase() } else { '?' }).collect();
        let whole = text.len() <= Self::MAX && !text.is_empty() && text.chars().all(fits);
        let plain = whole && !ascii.split('.').any(|label| label.starts_with("xn--"));
        Self { ascii, plain }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.ascii
    }

    /// Whether nothing about it needs a warning.
    pub fn is_plain(&self) -> bool {
        self.plain
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.ascii)
    }
}

/// Text put into HTML, as an element's content or a quoted attribute.
pub fn escape_html(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn odd_hosts_are_not_plain() {
        assert_eq!(Host::new("Portal.Example:8443"), Host { ascii: "portal.example:8443".to_owned(), plain: true });
        for odd in ["xn--80ak6aa92e.com", "www.xn--e1awd7f.com:443", "аpple.com", "a b", "", "a/b", "a\u{202e}b"] {
            assert!(!Host::new(odd).is_plain(), "{odd}");
        }
        assert!(Host::new("аpple.com").as_str().is_ascii());
    }

    proptest! {
        #[test]
        fn escaped_text_opens_nothing(text in any::<String>()) {
            let escaped = escape_html(&text);
            let opens = |c| matches!(c, '<' | '>' | '"' | '\'');
            prop_assert!(!escaped.contains(opens));
        }
    }
}
