//! The challenge: an origin and a nonce, and the message they make.

use super::{Algorithm, Error};
use crate::rng::{Rng, random_256};
use crate::secret::sha256;
use data_encoding::BASE64;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use std::time::Duration;
use url::{Host, Url};

/// How long a nonce may be used. Web eID allows five minutes; it is fetched after consent, so two are enough.
pub const NONCE_LIFETIME: Duration = Duration::from_secs(120);

/// The challenge nonce: base64 of 32 random bytes, 44 characters, signed as text. Only its hash is stored.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Nonce(String);

impl Nonce {
    /// A new one.
    pub fn random(rng: &dyn Rng) -> Self {
        Self(BASE64.encode(&random_256(rng)))
    }

    /// Reads a nonce: 44 to 128 printable ASCII characters, as Web eID has it.
    pub fn parse(text: &str) -> Result<Self, Error> {
        if (44..=128).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic()) {
            Ok(Self(text.to_owned()))
        } else {
            Err(Error::NonceMalformed)
        }
    }

    /// The text that is signed.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What is stored and spent in its place.
    pub fn hash(&self) -> [u8; 32] {
        sha256(self.0.as_bytes())
    }
}

impl fmt::Debug for Nonce {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Nonce(masked)")
    }
}

impl TryFrom<String> for Nonce {
    type Error = Error;

    fn try_from(text: String) -> Result<Self, Error> {
        Self::parse(&text)
    }
}

impl From<Nonce> for String {
    fn from(nonce: Nonce) -> Self {
        nonce.0
    }
}

/// A web origin, `scheme://host[:port]`, http or https, in ASCII, the default port left out (RFC 6454 section 6.2).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Origin {
    text: String,
    https: bool,
    loopback: bool,
}

impl Origin {
    /// The origin of an absolute URL.
    pub fn of(url: &Url) -> Result<Self, Error> {
        let https = match url.scheme() {
            "https" => true,
            "http" => false,
            _ => return Err(Error::OriginMalformed),
        };
        let loopback = match url.host().ok_or(Error::OriginMalformed)? {
            Host::Ipv4(address) => address.is_loopback(),
            Host::Ipv6(address) => address.is_loopback(),
            // A name is not an address: who answers for "localhost" is for the resolver to say.
            Host::Domain(_) => false,
        };
        Ok(Self { text: url.origin().ascii_serialization(), https, loopback })
    }

    /// Whether it is https.
    pub fn is_https(&self) -> bool {
        self.https
    }

    /// Whether the host is a literal loopback address; only there is plain HTTP ever accepted.
    pub fn is_loopback(&self) -> bool {
        self.loopback
    }

    /// The ASCII text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// `host[:port]`, as it stands in the agent's loopback path.
    pub fn host_and_port(&self) -> &str {
        self.text.split_once("://").map_or("", |(_, rest)| rest)
    }

    /// The spellings a signer may have signed: the ASCII one and, where they differ, the Unicode one, which the
    /// Web eID app signs for internationalised hosts.
    pub fn spellings(&self) -> Vec<String> {
        let mut all = vec![self.text.clone()];
        if let Ok(url) = Url::parse(&self.text) {
            let unicode = url.origin().unicode_serialization();
            if unicode != self.text {
                all.push(unicode);
            }
        }
        all
    }
}

impl FromStr for Origin {
    type Err = Error;

    /// Reads a bare origin: a path, a query, a user or a fragment is refused.
    fn from_str(text: &str) -> Result<Self, Error> {
        let url = Url::parse(text).map_err(|_| Error::OriginMalformed)?;
        let bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
        let anonymous = url.username().is_empty() && url.password().is_none();
        if !bare || !anonymous {
            return Err(Error::OriginMalformed);
        }
        Self::of(&url)
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl TryFrom<String> for Origin {
    type Error = Error;

    fn try_from(text: String) -> Result<Self, Error> {
        text.parse()
    }
}

impl From<Origin> for String {
    fn from(origin: Origin) -> Self {
        origin.text
    }
}

/// `H(origin) || H(nonce)`: the message, which the algorithm then hashes itself.
pub fn signed_message(algorithm: Algorithm, origin: &str, nonce: &Nonce) -> Vec<u8> {
    let digest = algorithm.digest();
    let mut message = digest.hash(origin.as_bytes());
    message.extend_from_slice(&digest.hash(nonce.as_str().as_bytes()));
    message
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::SystemRng;

    #[test]
    fn origins_are_bare_and_ascii() {
        for (text, ascii) in [
            ("https://id.example", "https://id.example"),
            ("https://id.example:443/", "https://id.example"),
            ("http://127.0.0.2:8443", "http://127.0.0.2:8443"),
            ("https://ПАРТАЛ.example", "https://xn--80aa7angm.example"),
        ] {
            assert_eq!(text.parse::<Origin>().expect(text).as_str(), ascii);
        }
        for text in
            ["https://id.example/a", "https://u@id.example", "ftp://id.example", "id.example", "https://a?b", ""]
        {
            assert_eq!(text.parse::<Origin>(), Err(Error::OriginMalformed), "{text}");
        }
    }

    #[test]
    fn internationalised_hosts_have_two_spellings() {
        let origin: Origin = "https://xn--80aa7angm.example".parse().expect("parses");
        assert_eq!(origin.spellings(), ["https://xn--80aa7angm.example", "https://партал.example"]);
        let plain: Origin = "https://id.example".parse().expect("parses");
        assert_eq!(plain.spellings(), ["https://id.example"]);
    }

    #[test]
    fn only_literal_addresses_are_loopback() {
        assert!("http://127.0.0.2:1".parse::<Origin>().expect("parses").is_loopback());
        assert!("http://[::1]:1".parse::<Origin>().expect("parses").is_loopback());
        assert!(!"http://localhost:1".parse::<Origin>().expect("parses").is_loopback());
    }

    #[test]
    fn nonces_are_bounded() {
        let nonce = Nonce::random(&SystemRng::default());
        assert_eq!(nonce.as_str().len(), 44);
        assert_eq!(Nonce::parse(nonce.as_str()), Ok(nonce));
        for text in ["", &"A".repeat(43), &"A".repeat(129), &" ".repeat(44)] {
            assert_eq!(Nonce::parse(text), Err(Error::NonceMalformed));
        }
    }
}
