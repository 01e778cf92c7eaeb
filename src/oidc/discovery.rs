//! Discovery (OpenID Connect Discovery 1.0, RFC 8414): what works now, and nothing else.

use super::authorize::Prompt;
use super::{Scope, claims, paths};
use crate::assurance::Level;
use crate::authn::Origin;
use crate::jose::Keys;
use serde_json::{Value, json};

/// The provider's metadata.
pub fn document(issuer: &Origin, keys: &Keys) -> Value {
    let at = |path: &str| format!("{}{path}", issuer.as_str());
    json!({
        "issuer": issuer.as_str(),
        "authorization_endpoint": at(paths::AUTHORIZE),
        "token_endpoint": at(paths::TOKEN),
        "userinfo_endpoint": at(paths::USERINFO),
        "jwks_uri": at(paths::JWKS),
        "end_session_endpoint": at(paths::END_SESSION),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": keys.algorithms(),
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "none"],
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": true,
        "scopes_supported": Scope::ALL,
        "claim_types_supported": ["normal"],
        "claims_supported": claims::SUPPORTED,
        "acr_values_supported": Level::ALL.map(Level::acr),
        "prompt_values_supported": Prompt::ALL,
        "ui_locales_supported": ["be", "uk", "ru", "en"],
        // Only an essential acr is read of `claims`; both others are refused by name.
        "claims_parameter_supported": false,
        "request_parameter_supported": false,
        "request_uri_parameter_supported": false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oidc::fixture::{ISSUER, issuer, keys};

    #[test]
    fn what_must_be_there_is_there() {
        let document = document(&issuer(), keys());
        assert_eq!(document["issuer"], ISSUER);
        assert_eq!(document["id_token_signing_alg_values_supported"], json!(["RS256", "PS256", "ES256"]));
        assert_eq!(document["scopes_supported"][0], "openid");
        assert_eq!(document["prompt_values_supported"], json!(["none", "login", "consent", "select_account"]));
        for endpoint in ["authorization", "token", "userinfo", "end_session"] {
            let url = document[format!("{endpoint}_endpoint")].as_str().expect("text");
            assert!(url.starts_with("https://id.example/"), "{url}");
        }
        for absent in ["registration_endpoint", "revocation_endpoint", "pushed_authorization_request_endpoint"] {
            assert!(document.get(absent).is_none(), "{absent} does not work yet");
        }
    }
}
