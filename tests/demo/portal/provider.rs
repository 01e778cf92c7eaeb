//! The portal's side of OpenID Connect, left to the crate `openidconnect`, so that an independent client checks the
//! gateway. What the crate does not check by itself is done here: the `iss` of the answer (RFC 9207), that it belongs
//! to an attempt of this browser, and `at_hash`.

use super::text::Language;
use openidconnect::core::{CoreAuthenticationFlow, CoreClient, CoreGenderClaim, CoreIdToken};
use openidconnect::{
    AccessTokenHash, AdditionalClaims, AuthorizationCode, ClientId, ClientSecret, CsrfToken, EndpointMaybeSet,
    EndpointNotSet, EndpointSet, IssuerUrl, LanguageTag, LogoutRequest, Nonce, OAuth2TokenResponse, PkceCodeChallenge,
    PkceCodeVerifier, PostLogoutRedirectUrl, ProviderMetadataWithLogout, RedirectUrl, Scope, TokenResponse,
    UserInfoClaims, reqwest,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::HashMap;
use std::time::{Duration, Instant};
use url::Url;

/// What the portal asks for.
const SCOPES: [&str; 4] = ["profile", "identifiers", "organisation", "assurance"];
/// How long the gateway may take for one answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// Why nobody was signed in.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Discovery failed.
    #[error("the gateway cannot be reached or its discovery document is wrong: {0}")]
    Unreachable(String),
    /// The answer came from another issuer, or does not say from which.
    #[error("the answer names issuer {found:?}")]
    Issuer {
        /// What it names.
        found: Option<String>,
    },
    /// The code was not taken.
    #[error("the token endpoint refused: {0}")]
    Code(String),
    /// No id_token, or one that does not verify.
    #[error("the id_token does not verify: {0}")]
    IdToken(String),
    /// Userinfo refused, or speaks of somebody else.
    #[error("userinfo failed: {0}")]
    UserInfo(String),
}

impl Error {
    /// The stable word.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unreachable(_) => "gateway_unreachable",
            Self::Issuer { .. } => "issuer_mismatch",
            Self::Code(_) => "code_refused",
            Self::IdToken(_) => "id_token_invalid",
            Self::UserInfo(_) => "userinfo_invalid",
        }
    }
}

/// The portal as the gateway knows it.
#[derive(Debug)]
pub struct Provider {
    issuer: IssuerUrl,
    client_id: ClientId,
    client_secret: ClientSecret,
    redirect_uri: RedirectUrl,
    post_logout_redirect_uri: PostLogoutRedirectUrl,
    http: reqwest::Client,
}

type Client =
    CoreClient<EndpointSet, EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointMaybeSet, EndpointMaybeSet>;

/// A login that was begun and has not come back.
#[derive(Debug)]
pub struct Attempt {
    /// The `state` that brings it back.
    pub state: String,
    /// When it was begun.
    pub begun: Instant,
    nonce: Nonce,
    verifier: PkceCodeVerifier,
    metadata: ProviderMetadataWithLogout,
}

/// Somebody who is signed in at this portal.
#[derive(Debug)]
pub struct SignedIn {
    /// The claims of the verified id_token.
    pub id_token: Value,
    /// The userinfo response.
    pub userinfo: Value,
    hint: CoreIdToken,
    metadata: ProviderMetadataWithLogout,
}

/// Claims of userinfo that the crate does not name.
#[derive(Clone, Debug, Deserialize, Serialize)]
struct Others(HashMap<String, Value>);

impl AdditionalClaims for Others {}

fn chain(error: impl std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

impl Provider {
    /// The portal at `origin`, registered with the gateway at `issuer`.
    pub fn new(issuer: &Url, origin: &Url, client_id: String, client_secret: String) -> Result<Self, Error> {
        let unreachable = |error: url::ParseError| Error::Unreachable(error.to_string());
        // A bare origin is written without the slash that `Url` adds: issuers are compared as text.
        let issuer = issuer.as_str().trim_end_matches('/').to_owned();
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .timeout(PATIENCE)
            .build()
            .map_err(|error| Error::Unreachable(chain(error)))?;
        Ok(Self {
            issuer: IssuerUrl::new(issuer).map_err(unreachable)?,
            client_id: ClientId::new(client_id),
            client_secret: ClientSecret::new(client_secret),
            redirect_uri: RedirectUrl::from_url(origin.join("/callback").map_err(unreachable)?),
            post_logout_redirect_uri: PostLogoutRedirectUrl::from_url(origin.join("/signed-out").map_err(unreachable)?),
            http,
        })
    }

    fn client(&self, metadata: &ProviderMetadataWithLogout) -> Client {
        CoreClient::from_provider_metadata(metadata.clone(), self.client_id.clone(), Some(self.client_secret.clone()))
            .set_redirect_uri(self.redirect_uri.clone())
    }

    /// Begins a login: where to send the browser, and what to keep.
    pub async fn begin(&self, language: Language) -> Result<(Url, Attempt), Error> {
        let metadata = ProviderMetadataWithLogout::discover_async(self.issuer.clone(), &self.http)
            .await
            .map_err(|error| Error::Unreachable(chain(error)))?;
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let client = self.client(&metadata);
        let (address, state, nonce) = client
            .authorize_url(CoreAuthenticationFlow::AuthorizationCode, CsrfToken::new_random, Nonce::new_random)
            .add_scopes(SCOPES.map(|scope| Scope::new(scope.to_owned())))
            .add_ui_locale(LanguageTag::new(language.tag().to_owned()))
            .set_pkce_challenge(challenge)
            .url();
        let state = state.secret().clone();
        Ok((address, Attempt { state, begun: Instant::now(), nonce, verifier, metadata }))
    }

    /// The answer must name the issuer it was asked of (RFC 9207 2.4), an error no less than a code.
    pub fn check_issuer(&self, found: Option<&str>) -> Result<(), Error> {
        if found == Some(self.issuer.as_str()) {
            return Ok(());
        }
        Err(Error::Issuer { found: found.map(str::to_owned) })
    }

    /// Changes the code for tokens and verifies them.
    pub async fn finish(&self, attempt: Attempt, code: String) -> Result<SignedIn, Error> {
        let client = self.client(&attempt.metadata);
        let tokens = client
            .exchange_code(AuthorizationCode::new(code))
            .map_err(|error| Error::Code(chain(error)))?
            .set_pkce_verifier(attempt.verifier)
            .request_async(&self.http)
            .await
            .map_err(|error| Error::Code(chain(error)))?;

        let hint = tokens.id_token().ok_or_else(|| Error::IdToken("there is none".to_owned()))?.clone();
        let verifier = client.id_token_verifier();
        let claims = hint.claims(&verifier, &attempt.nonce).map_err(|error| Error::IdToken(chain(error)))?;
        if let Some(expected) = claims.access_token_hash() {
            let invalid = |error: &dyn std::fmt::Display| Error::IdToken(error.to_string());
            let algorithm = hint.signing_alg().map_err(|error| invalid(&error))?;
            let key = hint.signing_key(&verifier).map_err(|error| invalid(&error))?;
            let found =
                AccessTokenHash::from_token(tokens.access_token(), algorithm, key).map_err(|error| invalid(&error))?;
            if found != *expected {
                return Err(Error::IdToken("at_hash is of another access token".to_owned()));
            }
        }

        // The subject is given so that a userinfo response about somebody else is refused (Core 5.3.2).
        let userinfo: UserInfoClaims<Others, CoreGenderClaim> = client
            .user_info(tokens.access_token().clone(), Some(claims.subject().clone()))
            .map_err(|error| Error::UserInfo(chain(error)))?
            .request_async(&self.http)
            .await
            .map_err(|error| Error::UserInfo(chain(error)))?;
        let userinfo = serde_json::to_value(userinfo).map_err(|error| Error::UserInfo(chain(error)))?;
        Ok(SignedIn { id_token: payload(&hint)?, userinfo, hint, metadata: attempt.metadata })
    }

    /// Where to send the browser to sign out at the gateway too; `None` when the gateway offers no such place.
    pub fn end_session(&self, person: &SignedIn, language: Language) -> Option<Url> {
        let endpoint = person.metadata.additional_metadata().end_session_endpoint.clone()?;
        let request = LogoutRequest::from(endpoint)
            .set_id_token_hint(&person.hint)
            .set_client_id(self.client_id.clone())
            .set_post_logout_redirect_uri(self.post_logout_redirect_uri.clone())
            .add_ui_locale(LanguageTag::new(language.tag().to_owned()));
        Some(request.http_get_url())
    }

    /// The gateway's issuer.
    pub fn issuer(&self) -> &str {
        self.issuer.as_str()
    }
}

/// All claims of an id_token that has been verified, also those the crate has no name for.
fn payload(id_token: &CoreIdToken) -> Result<Value, Error> {
    let text = id_token.to_string();
    let malformed = || Error::IdToken("its payload is not JSON".to_owned());
    let part = text.split('.').nth(1).ok_or_else(malformed)?;
    let bytes = data_encoding::BASE64URL_NOPAD.decode(part.as_bytes()).map_err(|_| malformed())?;
    serde_json::from_slice(&bytes).map_err(|_| malformed())
}
