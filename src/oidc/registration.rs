//! How a portal is registered.

use super::client::{ClientAuthentication, Pkce, SecretHash};
use super::{Portal, RedirectUri, Scope};
use crate::assurance::Level;
use crate::jose::Algorithm;
use crate::rng::Rng;
use crate::secret::Bearer;
use std::collections::{BTreeMap, BTreeSet};
use url::Host;

/// The most redirect URIs of one portal, of either kind.
pub const MAX_REDIRECT_URIS: usize = 32;
/// The most characters of a portal's name.
pub const MAX_NAME: usize = 200;

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
