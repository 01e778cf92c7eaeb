//! Portals.

use super::{Error, RedirectUri, Scope};
use crate::assurance::Level;
use crate::jose::Algorithm;
use crate::rng::Rng;
use crate::secret::Bearer;
use crate::store::{PortalRecord, Store};
use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use subtle::ConstantTimeEq;

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
