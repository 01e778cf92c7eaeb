//! Refusals, by who is told: the person on a page, the portal by redirect, the portal's server at an endpoint.

use super::RedirectUri;
use super::redirect_uri::with_query;
use crate::{jose, store};
use std::fmt;

/// A refusal that ends on a page of the gateway: nobody is proven whom it could be redirected to.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// More or longer parameters than any request has.
    #[error("the request has too many or too long parameters")]
    RequestTooLarge,
    /// No `client_id`, or more than one.
    #[error("the request does not say which portal it comes from")]
    ClientMissing,
    /// A `client_id` that is not registered.
    #[error("the portal is not registered")]
    ClientUnknown,
    /// No `redirect_uri`, or more than one.
    #[error("the request does not say where to return to")]
    RedirectUriMissing,
    /// A `redirect_uri` that differs from every registered one.
    #[error("the address to return to is not registered for portal {client_id}")]
    RedirectUriMismatch {
        /// The portal.
        client_id: String,
    },
    /// Logout: a repeated parameter, or a `client_id` that is not the hint's.
    #[error("the logout request contradicts itself")]
    LogoutMalformed,
    /// Logout: an address to return to that is not proven the portal's.
    #[error("the address to return to after logout is not registered")]
    LogoutRedirectMismatch,
    /// A stored portal that this program cannot read.
    #[error("the portal's registration is not readable")]
    ClientCorrupt,
    /// The store failed or refused.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// Signing failed.
    #[error(transparent)]
    Jose(#[from] jose::Error),
}

impl Error {
    /// The stable word for logs, metrics, the API and the citizen's message.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::RequestTooLarge => "request_too_large",
            Self::ClientMissing => "portal_missing",
            Self::ClientUnknown => "portal_unknown",
            Self::RedirectUriMissing => "redirect_uri_missing",
            Self::RedirectUriMismatch { .. } => "redirect_uri_mismatch",
            Self::LogoutMalformed => "logout_malformed",
            Self::LogoutRedirectMismatch => "logout_redirect_mismatch",
            Self::ClientCorrupt => "portal_corrupt",
            Self::Store(error) => error.code(),
            Self::Jose(error) => error.code(),
        }
    }

    /// The module's own codes, for the test that wants a message for each; those of [`store::Error`] and
    /// [`jose::Error`] pass through.
    pub const CODES: &[&str] = &[
        "request_too_large",
        "portal_missing",
        "portal_unknown",
        "redirect_uri_missing",
        "redirect_uri_mismatch",
        "logout_malformed",
        "logout_redirect_mismatch",
        "portal_corrupt",
    ];

    /// Whether it is the gateway's fault: nothing of it but the incident is shown.
    pub const fn is_internal(&self) -> bool {
        matches!(self, Self::ClientCorrupt | Self::Store(_) | Self::Jose(_))
    }
}

/// How an authorization request is refused.
#[derive(Debug)]
pub enum Refusal {
    /// On a page of the gateway.
    Page(Error),
    /// At the portal, whose address is proven.
    Redirect(Box<RedirectError>),
}

impl<E: Into<Error>> From<E> for Refusal {
    fn from(error: E) -> Self {
        Self::Page(error.into())
    }
}

macro_rules! wire_codes {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $name { $($(#[$variant_doc])* $variant),+ }

        impl $name {
            /// The word on the wire.
            pub const fn word(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.word())
            }
        }
    };
}

wire_codes! {
    /// Errors of the authorization endpoint.
    ErrorCode {
        /// RFC 6749 section 4.1.2.1.
        InvalidRequest = "invalid_request",
        /// RFC 6749: the person or the gateway said no; a cancelled login.
        AccessDenied = "access_denied",
        /// RFC 6749.
        UnsupportedResponseType = "unsupported_response_type",
        /// RFC 6749.
        InvalidScope = "invalid_scope",
        /// RFC 6749.
        ServerError = "server_error",
        /// RFC 6749.
        TemporarilyUnavailable = "temporarily_unavailable",
        /// OpenID Connect Core section 3.1.2.6.
        LoginRequired = "login_required",
        /// OpenID Connect Core.
        InteractionRequired = "interaction_required",
        /// OpenID Connect Core.
        AccountSelectionRequired = "account_selection_required",
        /// OpenID Connect Core.
        ConsentRequired = "consent_required",
        /// OpenID Connect Core.
        RequestNotSupported = "request_not_supported",
        /// OpenID Connect Core.
        RequestUriNotSupported = "request_uri_not_supported",
        /// OpenID Connect Core.
        RegistrationNotSupported = "registration_not_supported",
        /// OpenID Connect Core Unmet Authentication Requirements 1.0.
        UnmetAuthenticationRequirements = "unmet_authentication_requirements",
    }
}

wire_codes! {
    /// Errors of the token endpoint (RFC 6749 section 5.2).
    TokenErrorCode {
        /// A parameter is missing, repeated or malformed.
        InvalidRequest = "invalid_request",
        /// The portal did not prove who it is.
        InvalidClient = "invalid_client",
        /// The code is not good, for any of several reasons.
        InvalidGrant = "invalid_grant",
        /// Not a grant type that works here.
        UnsupportedGrantType = "unsupported_grant_type",
        /// The gateway failed; with status 500.
        ServerError = "server_error",
    }
}

/// An error response of the authorization endpoint, to an address proven the portal's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RedirectError {
    /// Where to.
    pub uri: RedirectUri,
    /// What.
    pub error: ErrorCode,
    /// For the portal's developer.
    pub description: &'static str,
    /// As it came.
    pub state: Option<String>,
    /// RFC 9207.
    pub issuer: String,
}

impl RedirectError {
    /// The address to send the browser to.
    pub fn location(&self) -> String {
        let mut parameters =
            vec![("error", self.error.word()), ("error_description", self.description), ("iss", &self.issuer)];
        if let Some(state) = &self.state {
            parameters.push(("state", state));
        }
        with_query(self.uri.as_str(), &parameters)
    }
}

/// An error response of the token endpoint.
#[derive(Debug, thiserror::Error)]
#[error("{code}: {description}")]
pub struct TokenError {
    /// What.
    pub code: TokenErrorCode,
    /// For the portal's developer.
    pub description: &'static str,
    /// The portal tried HTTP Basic: the answer needs `WWW-Authenticate: Basic`.
    pub basic: bool,
    /// For the operator's log.
    #[source]
    pub source: Option<Box<Error>>,
}

impl TokenError {
    pub(super) const fn new(code: TokenErrorCode, description: &'static str) -> Self {
        Self { code, description, basic: false, source: None }
    }

    /// The HTTP status.
    pub const fn status(&self) -> u16 {
        match self.code {
            TokenErrorCode::InvalidClient => 401,
            TokenErrorCode::ServerError => 500,
            _ => 400,
        }
    }

    /// The JSON body.
    pub fn body(&self) -> serde_json::Value {
        serde_json::json!({ "error": self.code.word(), "error_description": self.description })
    }
}

impl<E: Into<Error>> From<E> for TokenError {
    fn from(error: E) -> Self {
        let source = Some(Box::new(error.into()));
        Self { source, ..Self::new(TokenErrorCode::ServerError, "the gateway failed; try again later") }
    }
}

/// Why a protected resource does not answer (RFC 6750 section 3.1).
#[derive(Debug, thiserror::Error)]
pub enum BearerError {
    /// No token at all.
    #[error("no access token")]
    Missing,
    /// Two tokens, or not a token's form.
    #[error("the request is malformed")]
    InvalidRequest,
    /// Unknown, expired or revoked.
    #[error("the access token is unknown, expired or revoked")]
    InvalidToken,
    /// The gateway failed.
    #[error(transparent)]
    Failed(#[from] Error),
}

impl From<store::Error> for BearerError {
    fn from(error: store::Error) -> Self {
        Self::Failed(error.into())
    }
}

impl BearerError {
    /// The HTTP status.
    pub const fn status(&self) -> u16 {
        match self {
            Self::InvalidRequest => 400,
            Self::Missing | Self::InvalidToken => 401,
            Self::Failed(_) => 500,
        }
    }

    /// The value of `WWW-Authenticate`; without a token it names no error.
    pub const fn www_authenticate(&self) -> Option<&'static str> {
        match self {
            Self::Missing => Some("Bearer"),
            Self::InvalidRequest => Some(r#"Bearer error="invalid_request""#),
            Self::InvalidToken => Some(r#"Bearer error="invalid_token""#),
            Self::Failed(_) => None,
        }
    }
}
