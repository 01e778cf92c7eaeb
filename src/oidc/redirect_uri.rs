//! Addresses the browser is sent back to.

use super::registration::RegistrationError;
use serde::{Deserialize, Serialize};
use std::fmt;
use url::{Host, Url, form_urlencoded};

/// The most bytes of a redirect URI.
const MAX_URI: usize = 1024;

/// An address a portal may be returned to. Compared byte by byte and sent as it was registered.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RedirectUri {
    text: String,
    host: String,
}

impl RedirectUri {
    /// Reads an address as an operator gives it.
    ///
    /// # Errors
    /// The `RedirectUri*` variants of [`RegistrationError`].
    pub fn parse(text: &str) -> Result<Self, RegistrationError> {
        let malformed = || RegistrationError::RedirectUriMalformed { uri: text.to_owned() };
        if text.len() > MAX_URI || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(malformed());
        }
        let url = Url::parse(text).map_err(|_| malformed())?;
        // A wildcard would be compared byte by byte like all else, and never match.
        if text.contains(['#', '*']) || !url.username().is_empty() || url.password().is_some() {
            return Err(malformed());
        }
        let host = url.host().ok_or_else(malformed)?;
        let loopback = match host {
            Host::Ipv4(address) => address.is_loopback(),
            Host::Ipv6(address) => address.is_loopback(),
            // Who answers for "localhost" is for the resolver to say.
            Host::Domain(_) => false,
        };
        let host = host.to_string();
        match url.scheme() {
            "https" => {}
            "http" if loopback => {}
            "http" => return Err(RegistrationError::RedirectUriInsecure { uri: text.to_owned() }),
            _ => return Err(malformed()),
        }
        // Refuses upper-case hosts, `..`, backslashes, default ports, `https:/host`: all that two parsers could read
        // in two ways. Only the slash after a bare host may be missing.
        if url.as_str() != text && url.as_str().strip_suffix('/') != Some(text) {
            let canonical = url.as_str().to_owned();
            return Err(RegistrationError::RedirectUriSpelling { uri: text.to_owned(), canonical });
        }
        Ok(Self { text: text.to_owned(), host })
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The host the browser returns to, in ASCII: what the citizen is shown.
    pub fn host(&self) -> &str {
        &self.host
    }
}

impl fmt::Display for RedirectUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl TryFrom<String> for RedirectUri {
    type Error = RegistrationError;

    fn try_from(text: String) -> Result<Self, RegistrationError> {
        Self::parse(&text)
    }
}

impl From<RedirectUri> for String {
    fn from(uri: RedirectUri) -> Self {
        uri.text
    }
}

/// An address with parameters added to those it has (RFC 6749 section 3.1.2).
pub(super) fn with_query(uri: &str, parameters: &[(&str, &str)]) -> String {
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
    let separator = match uri.split_once('?') {
        None => "?",
        Some((_, "")) => "",
        Some(_) => "&",
    };
    format!("{uri}{separator}{query}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn redirect_uris_are_https_or_loopback_and_canonical() {
        for good in [
            "https://portal.example",
            "https://portal.example/",
            "https://portal.example/callback?a=b",
            "https://portal.example:8443/cb",
            "http://127.0.0.3:8080/cb",
            "http://[::1]:8080/cb",
            "https://xn--80aa7angm.example/cb",
        ] {
            assert_eq!(RedirectUri::parse(good).expect(good).as_str(), good);
        }
        for (bad, code) in [
            ("http://portal.example/cb", "registration_redirect_uri_insecure"),
            ("http://localhost:8080/cb", "registration_redirect_uri_insecure"),
            ("https://portal.example/cb#f", "registration_redirect_uri_malformed"),
            ("https://portal.example/cb#", "registration_redirect_uri_malformed"),
            ("https://user@portal.example/cb", "registration_redirect_uri_malformed"),
            ("custom:/cb", "registration_redirect_uri_malformed"),
            ("javascript:alert(1)", "registration_redirect_uri_malformed"),
            ("/cb", "registration_redirect_uri_malformed"),
            ("https://партал.example/cb", "registration_redirect_uri_malformed"),
            ("https://portal.example/c b", "registration_redirect_uri_malformed"),
            ("https://Portal.example/cb", "registration_redirect_uri_spelling"),
            ("https://portal.example:443/cb", "registration_redirect_uri_spelling"),
            ("https://portal.example/a/../cb", "registration_redirect_uri_spelling"),
            ("https://portal.example\\cb", "registration_redirect_uri_spelling"),
            ("http://2130706433/cb", "registration_redirect_uri_spelling"),
        ] {
            assert_eq!(RedirectUri::parse(bad).expect_err(bad).code(), code, "{bad}");
        }
    }

    #[test]
    fn parameters_are_added_to_the_registered_text() {
        for (uri, full) in [
            ("https://a.example", "https://a.example?state=a+%26b"),
            ("https://a.example/cb?", "https://a.example/cb?state=a+%26b"),
            ("https://a.example/cb?x=1", "https://a.example/cb?x=1&state=a+%26b"),
        ] {
            assert_eq!(with_query(uri, &[("state", "a &b")]), full);
        }
    }
}
