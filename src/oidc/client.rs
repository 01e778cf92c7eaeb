//! Portals, and how they are registered.

use super::{Error, Scope};
use crate::assurance::Level;
use crate::jose::Algorithm;
use crate::rng::Rng;
use crate::secret::Bearer;
use crate::store::{PortalRecord, Store};
use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use subtle::ConstantTimeEq;
use url::{Host, Url, form_urlencoded};

/// The most redirect URIs of one portal, of either kind.
pub const MAX_REDIRECT_URIS: usize = 32;
/// The most characters of a portal's name.
pub const MAX_NAME: usize = 200;
/// The most bytes of a redirect URI.
const MAX_URI: usize = 1024;

/// Why a portal cannot be registered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RegistrationError {
    /// 1 to 100 letters, digits, `-`, `_` and `.`.
    #[error("the client_id `{client_id}` is not 1 to 100 letters, digits, hyphens, underscores and dots")]
    ClientId {
        /// What was given.
        client_id: String,
    },
    /// Empty, too long, or with control characters.
    #[error("the name for language `{language}` is empty, too long or has control characters")]
    Name {
        /// Which one; empty for the main one.
        language: String,
    },
    /// None, or more than [`MAX_REDIRECT_URIS`].
    #[error("{count} redirect URIs; there must be 1 to {MAX_REDIRECT_URIS}")]
    RedirectUriCount {
        /// How many were given.
        count: usize,
    },
    /// Not an absolute URI that can be returned to.
    #[error("`{uri}` is not a redirect URI: an absolute https URI without user, fragment or blanks")]
    RedirectUriMalformed {
        /// What was given.
        uri: String,
    },
    /// Plain http outside this machine.
    #[error("`{uri}` is plain http; that is for literal loopback addresses only (127.0.0.1, [::1])")]
    RedirectUriInsecure {
        /// What was given.
        uri: String,
    },
    /// Browsers would write it otherwise, so that it could never match.
    #[error("`{uri}` would be sent as `{canonical}`; register that")]
    RedirectUriSpelling {
        /// What was given.
        uri: String,
        /// What to register.
        canonical: String,
    },
    /// Several hosts and no sector identifier (OpenID Connect Core 8.1).
    #[error("the redirect URIs have several hosts ({hosts}); name the sector identifier they share")]
    SectorMissing {
        /// The hosts, with commas.
        hosts: String,
    },
    /// Not a host name.
    #[error("the sector identifier `{sector}` is not a lower-case host name or address")]
    SectorMalformed {
        /// What was given.
        sector: String,
    },
}

impl RegistrationError {
    /// The stable word for logs and the API.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::ClientId { .. } => "registration_client_id",
            Self::Name { .. } => "registration_name",
            Self::RedirectUriCount { .. } => "registration_redirect_uri_count",
            Self::RedirectUriMalformed { .. } => "registration_redirect_uri_malformed",
            Self::RedirectUriInsecure { .. } => "registration_redirect_uri_insecure",
            Self::RedirectUriSpelling { .. } => "registration_redirect_uri_spelling",
            Self::SectorMissing { .. } => "registration_sector_missing",
            Self::SectorMalformed { .. } => "registration_sector_malformed",
        }
    }

    /// All codes; they are told to operators, in English.
    pub const CODES: &[&str] = &[
        "registration_client_id",
        "registration_name",
        "registration_redirect_uri_count",
        "registration_redirect_uri_malformed",
        "registration_redirect_uri_insecure",
        "registration_redirect_uri_spelling",
        "registration_sector_missing",
        "registration_sector_malformed",
    ];
}

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
        if text.contains('#') || !url.username().is_empty() || url.password().is_some() {
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

/// The SHA-256 of a portal's secret, which is 256 random bits and needs no slow hash.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SecretHash([u8; 32]);

impl SecretHash {
    /// The hash of a new secret.
    pub fn of(secret: &Bearer) -> Self {
        Self(secret.hash())
    }

    /// Whether this text is the secret.
    pub fn matches(&self, secret: &str) -> bool {
        Bearer::parse(secret).is_some_and(|secret| secret.hash().ct_eq(&self.0).into())
    }
}

impl fmt::Debug for SecretHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretHash(masked)")
    }
}

impl TryFrom<String> for SecretHash {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, &'static str> {
        let bytes = HEXLOWER.decode(text.as_bytes()).map_err(|_| "not hexadecimal")?;
        bytes.try_into().map(Self).map_err(|_| "not 32 bytes")
    }
}

impl From<SecretHash> for String {
    fn from(hash: SecretHash) -> Self {
        HEXLOWER.encode(&hash.0)
    }
}

/// How a portal proves at the token endpoint who it is (OpenID Connect Core section 9).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "method", rename_all = "snake_case")]
pub enum ClientAuthentication {
    /// Secret by HTTP Basic.
    ClientSecretBasic {
        /// Of the secret.
        secret: SecretHash,
    },
    /// Secret in the form.
    ClientSecretPost {
        /// Of the secret.
        secret: SecretHash,
    },
    /// A public client: the code's PKCE verifier is all it has.
    None,
}

/// How a portal is to authenticate, without the secret.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ClientMethod {
    /// `client_secret_basic`.
    #[default]
    SecretBasic,
    /// `client_secret_post`.
    SecretPost,
    /// `none`.
    Public,
}

/// Whether a portal may leave PKCE out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pkce {
    /// It may not, and S256 is the only method.
    #[default]
    Required,
}

/// A registered portal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Portal {
    /// Its name in the protocol.
    pub client_id: String,
    /// Its name for people.
    pub name: String,
    /// The same in further languages, by language tag.
    #[serde(default)]
    pub names: BTreeMap<String, String>,
    /// Where logins may return to.
    pub redirect_uris: Vec<RedirectUri>,
    /// Where logouts may return to.
    #[serde(default)]
    pub post_logout_redirect_uris: Vec<RedirectUri>,
    /// How it proves who it is.
    pub authentication: ClientAuthentication,
    /// What its id_tokens are signed with.
    pub id_token_algorithm: Algorithm,
    /// The lowest level it takes, whatever a request asks.
    pub minimum_level: Level,
    /// Portals of one sector see one `sub` of a person.
    pub sector: String,
    /// What it may ask for.
    pub scopes: Vec<Scope>,
    /// Whether PKCE may be left out.
    #[serde(default)]
    pub pkce: Pkce,
}

impl Portal {
    /// The name in the first of the languages there is one for.
    pub fn name_in(&self, languages: &[&str]) -> &str {
        languages.iter().find_map(|language| self.names.get(*language)).unwrap_or(&self.name)
    }

    /// The registered redirect URI that is byte by byte this text.
    pub fn redirect_uri(&self, text: &str) -> Option<&RedirectUri> {
        self.redirect_uris.iter().find(|uri| uri.as_str() == text)
    }

    /// The registered post-logout redirect URI that is byte by byte this text.
    pub fn post_logout_redirect_uri(&self, text: &str) -> Option<&RedirectUri> {
        self.post_logout_redirect_uris.iter().find(|uri| uri.as_str() == text)
    }

    /// Gives the portal a new secret in place of the old one; `None` for a public client, which has none.
    pub fn rotate_secret(&mut self, random: &dyn Rng) -> Option<Bearer> {
        match &mut self.authentication {
            ClientAuthentication::ClientSecretBasic { secret } | ClientAuthentication::ClientSecretPost { secret } => {
                let fresh = Bearer::random(random);
                *secret = SecretHash::of(&fresh);
                Some(fresh)
            }
            ClientAuthentication::None => None,
        }
    }

    /// The row for the store.
    ///
    /// # Errors
    /// [`Error::ClientCorrupt`].
    pub fn record(&self) -> Result<PortalRecord, Error> {
        let document = serde_json::to_string(self).map_err(|_| Error::ClientCorrupt)?;
        Ok(PortalRecord { client_id: self.client_id.clone(), document })
    }

    /// Reads the row of the store.
    ///
    /// # Errors
    /// [`Error::ClientCorrupt`].
    pub fn from_record(record: &PortalRecord) -> Result<Self, Error> {
        serde_json::from_str(&record.document).map_err(|_| Error::ClientCorrupt)
    }

    /// The registered portal of this name.
    ///
    /// # Errors
    /// [`Error::ClientCorrupt`], [`Error::Store`].
    pub async fn find(store: &dyn Store, client_id: &str) -> Result<Option<Self>, Error> {
        store.portal(client_id).await?.as_ref().map(Self::from_record).transpose()
    }
}

/// What an operator says of a new portal.
#[derive(Clone, Debug, Default)]
pub struct Registration {
    /// Its name in the protocol; a random one when left out.
    pub client_id: Option<String>,
    /// Its name for people.
    pub name: String,
    /// The same in further languages.
    pub names: BTreeMap<String, String>,
    /// Where logins may return to.
    pub redirect_uris: Vec<String>,
    /// Where logouts may return to.
    pub post_logout_redirect_uris: Vec<String>,
    /// How it proves who it is.
    pub method: ClientMethod,
    /// RS256 when left out.
    pub id_token_algorithm: Option<Algorithm>,
    /// Low when left out.
    pub minimum_level: Option<Level>,
    /// Needed when the redirect URIs have several hosts.
    pub sector: Option<String>,
    /// All when left out; `openid` is always among them.
    pub scopes: Option<Vec<Scope>>,
}

/// Makes a portal of what an operator says. The secret, if it has one, is given out here and never again.
///
/// # Errors
/// [`RegistrationError`].
pub fn register(asked: Registration, random: &dyn Rng) -> Result<(Portal, Option<Bearer>), RegistrationError> {
    let client_id = asked.client_id.unwrap_or_else(|| Bearer::random(random).expose());
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    if client_id.is_empty() || client_id.len() > 100 || !client_id.bytes().all(allowed) {
        return Err(RegistrationError::ClientId { client_id });
    }
    for (language, name) in std::iter::once((&String::new(), &asked.name)).chain(&asked.names) {
        let blank = name.trim().is_empty();
        if blank || name.chars().count() > MAX_NAME || name.chars().any(char::is_control) {
            return Err(RegistrationError::Name { language: language.clone() });
        }
    }
    let count = asked.redirect_uris.len().max(asked.post_logout_redirect_uris.len());
    if asked.redirect_uris.is_empty() || count > MAX_REDIRECT_URIS {
        return Err(RegistrationError::RedirectUriCount { count });
    }
    let parse_all = |uris: &[String]| uris.iter().map(|uri| RedirectUri::parse(uri)).collect::<Result<Vec<_>, _>>();
    let redirect_uris = parse_all(&asked.redirect_uris)?;
    let post_logout_redirect_uris = parse_all(&asked.post_logout_redirect_uris)?;
    let sector = sector(asked.sector, &redirect_uris)?;
    let secret = (asked.method != ClientMethod::Public).then(|| Bearer::random(random));
    let authentication = match (asked.method, &secret) {
        (ClientMethod::SecretBasic, Some(secret)) => {
            ClientAuthentication::ClientSecretBasic { secret: SecretHash::of(secret) }
        }
        (ClientMethod::SecretPost, Some(secret)) => {
            ClientAuthentication::ClientSecretPost { secret: SecretHash::of(secret) }
        }
        _ => ClientAuthentication::None,
    };
    let mut scopes = asked.scopes.unwrap_or_else(|| Scope::ALL.to_vec());
    scopes.push(Scope::Openid);
    scopes.sort();
    scopes.dedup();
    let portal = Portal {
        client_id,
        name: asked.name,
        names: asked.names,
        redirect_uris,
        post_logout_redirect_uris,
        authentication,
        id_token_algorithm: asked.id_token_algorithm.unwrap_or(Algorithm::Rs256),
        minimum_level: asked.minimum_level.unwrap_or(Level::Low),
        sector,
        scopes,
        pkce: Pkce::Required,
    };
    Ok((portal, secret))
}

/// The sector: what the operator names, or the one host of the redirect URIs.
fn sector(named: Option<String>, redirect_uris: &[RedirectUri]) -> Result<String, RegistrationError> {
    if let Some(sector) = named {
        // As a URL would have it, so that one host has one spelling.
        return match Host::parse(&sector) {
            Ok(host) if host.to_string() == sector => Ok(sector),
            _ => Err(RegistrationError::SectorMalformed { sector }),
        };
    }
    let hosts: BTreeSet<_> = redirect_uris.iter().map(RedirectUri::host).collect();
    match hosts.first() {
        Some(host) if hosts.len() == 1 => Ok((*host).to_owned()),
        _ => {
            let hosts = hosts.into_iter().collect::<Vec<_>>().join(", ");
            Err(RegistrationError::SectorMissing { hosts })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::SystemRng;

    fn asked(redirect_uris: &[&str]) -> Registration {
        Registration {
            name: "Партал".to_owned(),
            redirect_uris: redirect_uris.iter().map(|uri| (*uri).to_owned()).collect(),
            ..Registration::default()
        }
    }

    fn refused(asked: Registration) -> &'static str {
        register(asked, &SystemRng::default()).expect_err("refuses").code()
    }

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

    #[test]
    fn a_portal_survives_its_record_and_knows_its_secret() {
        let (portal, secret) = register(asked(&["https://a.example/cb"]), &SystemRng::default()).expect("registers");
        let read = Portal::from_record(&portal.record().expect("writes")).expect("reads");
        assert_eq!(read, portal);
        assert_eq!((read.sector.as_str(), read.client_id.len()), ("a.example", 43));
        let secret = secret.expect("has one").expose();
        let ClientAuthentication::ClientSecretBasic { secret: hash } = &read.authentication else { panic!("basic") };
        assert!(hash.matches(&secret));
        assert!(!hash.matches(&Bearer::random(&SystemRng::default()).expose()));
        assert!(!portal.record().expect("writes").document.contains(&secret));
        assert!(!format!("{portal:?}").contains(&String::from(hash.clone())));
    }

    #[test]
    fn several_hosts_need_a_sector() {
        let two = asked(&["https://a.example/cb", "https://b.example/cb"]);
        assert_eq!(refused(two.clone()), "registration_sector_missing");
        let named = Registration { sector: Some("a.example".to_owned()), ..two.clone() };
        assert_eq!(register(named, &SystemRng::default()).expect("registers").0.sector, "a.example");
        for sector in ["A.example", "https://a.example", "a.example/x", ""] {
            let named = Registration { sector: Some(sector.to_owned()), ..two.clone() };
            assert_eq!(refused(named), "registration_sector_malformed", "{sector}");
        }
    }

    #[test]
    fn every_field_is_checked() {
        assert_eq!(refused(asked(&[])), "registration_redirect_uri_count");
        let uri = &["https://a.example/cb"];
        assert_eq!(refused(Registration { name: " ".to_owned(), ..asked(uri) }), "registration_name");
        assert_eq!(refused(Registration { name: "a\nb".to_owned(), ..asked(uri) }), "registration_name");
        for client_id in ["", "a b", "a:b", &"a".repeat(101)] {
            let given = Registration { client_id: Some(client_id.to_owned()), ..asked(uri) };
            assert_eq!(refused(given), "registration_client_id", "{client_id}");
        }
        let public = Registration { method: ClientMethod::Public, ..asked(uri) };
        let (portal, secret) = register(public, &SystemRng::default()).expect("registers");
        assert!(secret.is_none() && portal.authentication == ClientAuthentication::None);
        let many: Vec<_> = (0..33).map(|number| format!("https://a.example/{number}")).collect();
        let many: Vec<_> = many.iter().map(String::as_str).collect();
        assert_eq!(refused(asked(&many)), "registration_redirect_uri_count");
    }
}
