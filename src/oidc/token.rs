//! The token endpoint (RFC 6749 section 3.2).

use super::grant::{ACCESS_TOKEN_LIFETIME, Exchanged};
use super::parameters::Parameters;
use super::{Error, Provider, Scope, TokenError, TokenErrorCode, client_auth, grant, id_token, session};
use crate::secret::Bearer;
use crate::store::{AccessTokenRecord, Kept};
use serde::{Deserialize, Serialize};
use std::fmt;

/// A request to the token endpoint.
#[derive(Clone, Copy)]
pub struct TokenRequest<'a> {
    /// The `Authorization` header.
    pub authorization: Option<&'a str>,
    /// The form.
    pub parameters: &'a [(String, String)],
}

/// What the portal gets. To be sent with `Cache-Control: no-store`.
#[derive(Serialize)]
pub struct TokenResponse {
    /// Opaque; only its hash is stored.
    pub access_token: String,
    /// `Bearer`.
    pub token_type: &'static str,
    /// Seconds.
    pub expires_in: u64,
    /// The id_token.
    pub id_token: String,
    /// What was granted.
    pub scope: String,
}

impl fmt::Debug for TokenResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TokenResponse(masked, {})", self.scope)
    }
}

/// What an access token opens; the document of its record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct AccessGrant {
    pub(super) subject: String,
    pub(super) scopes: Vec<Scope>,
}

/// Exchanges a code for tokens.
///
/// # Errors
/// [`TokenError`].
pub async fn exchange(provider: &Provider<'_>, request: TokenRequest<'_>) -> Result<TokenResponse, TokenError> {
    let malformed = |description| TokenError::new(TokenErrorCode::InvalidRequest, description);
    let parameters = Parameters::new(request.parameters).ok_or(malformed("the request is too large"))?;
    if parameters.repeated() {
        return Err(malformed("a parameter is repeated"));
    }
    if parameters.too_long() {
        return Err(malformed("a parameter is too long"));
    }
    let portal = client_auth::authenticate(provider, request.authorization, &parameters).await?;
    match parameters.get("grant_type") {
        Some("authorization_code") => {}
        None => return Err(malformed("grant_type is missing")),
        Some(_) => {
            let description = "grant_type must be authorization_code";
            return Err(TokenError::new(TokenErrorCode::UnsupportedGrantType, description));
        }
    }
    let code = parameters.get("code").ok_or(malformed("code is missing"))?;
    let redirect_uri = parameters.get("redirect_uri").ok_or(malformed("redirect_uri is missing"))?;
    let verifier = parameters.get("code_verifier").ok_or(malformed("code_verifier is missing"))?;
    let Exchanged { terms, authenticated, family } =
        grant::exchange(provider, &portal, code, redirect_uri, verifier).await?;

    let invalid = |description| TokenError::new(TokenErrorCode::InvalidGrant, description);
    let access_token = Bearer::random(provider.random);
    let text = access_token.expose();
    let id_token = id_token::issue(provider, &portal, &authenticated, &terms, &text).map_err(|error| match error {
        id_token::NotIssued::StatusLapsed => invalid("the status evidence of the login has lapsed"),
        id_token::NotIssued::LevelUnmet { .. } => invalid("the login no longer reaches the level asked for"),
        id_token::NotIssued::Jose(error) => error.into(),
    })?;
    let scope = Scope::format_list(&terms.request.scopes);
    let document = AccessGrant { subject: terms.subject, scopes: terms.request.scopes };
    let corrupt = |_| Error::Store(crate::store::Error::Corrupt { kind: "access token" });
    let record = AccessTokenRecord {
        hash: access_token.hash(),
        family,
        sid: terms.sid,
        client_id: portal.client_id,
        expires: provider.now.plus(ACCESS_TOKEN_LIFETIME),
        document: serde_json::to_string(&document).map_err(corrupt)?,
    };
    // Kept first and looked at after: whoever ends the grant or the session in between is not overlooked.
    if provider.store.put_access_token(&record).await? == Kept::GrantEnded {
        return Err(invalid("the code was used before; what came of it is revoked"));
    }
    if session::find_by_sid(provider, &record.sid).await?.is_none() {
        provider.store.delete_access_tokens(&family).await?;
        return Err(invalid("the session has ended"));
    }
    Ok(TokenResponse {
        access_token: text,
        token_type: "Bearer",
        expires_in: ACCESS_TOKEN_LIFETIME.as_secs(),
        id_token,
        scope,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assurance::Level;
    use crate::oidc::fixture::{
        ISSUER, NOW, REDIRECT_URI, World, basic, exchange_form, keys, pairs, portal, request_with, secret,
    };
    use crate::oidc::registration::{ClientMethod, Registration, register};
    use crate::oidc::session::Session;
    use crate::oidc::{BearerError, Portal, grant, userinfo};
    use crate::rng::SystemRng;
    use crate::store::{Purpose, Spent, Store};
    use serde_json::{Value, json};

    fn replace(form: &[(String, String)], name: &str, value: &str) -> Vec<(String, String)> {
        let mut form = form.to_vec();
        form.retain(|(other, _)| other != name);
        form.extend(pairs(&[(name, value)]));
        form
    }

    async fn try_at(world: &World, seconds: u64, form: &[(String, String)]) -> Result<TokenResponse, TokenError> {
        let header = basic("portal", &secret());
        exchange(&world.at(seconds), TokenRequest { authorization: Some(&header), parameters: form }).await
    }

    async fn userinfo(world: &World, token: &str) -> Result<Value, BearerError> {
        userinfo::answer(&world.provider(), &Bearer::parse(token).expect("a token")).await
    }

    fn refused(result: Result<TokenResponse, TokenError>) -> (&'static str, u16) {
        let error = result.expect_err("refuses");
        (error.code.word(), error.status())
    }

    async fn with_code() -> (World, Session, Vec<(String, String)>) {
        let world = World::new().await;
        let (_, session) = world.sign_in().await;
        let form = exchange_form(&world.code(&session).await);
        (world, session, form)
    }

    #[tokio::test]
    async fn a_code_becomes_tokens_and_the_tokens_agree() {
        let (world, session, form) = with_code().await;
        let tokens = try_at(&world, 59, &form).await.expect("exchanges");
        assert_eq!((tokens.token_type, tokens.expires_in), ("Bearer", 600));
        assert_eq!(tokens.scope, "openid profile identifiers organisation assurance");
        let claims: Value = keys().verify_own(&tokens.id_token, "JWT", ISSUER).expect("ours");
        let subject = session.subject(&world.provider(), &portal()).await.expect("finds");
        for (name, value) in [
            ("iss", json!(ISSUER)),
            ("sub", json!(subject)),
            ("aud", json!("portal")),
            ("iat", json!(NOW.0 + 59)),
            ("exp", json!(NOW.0 + 59 + 600)),
            ("auth_time", json!(NOW)),
            ("nonce", json!("n")),
            ("acr", json!(Level::High.acr())),
            ("amr", json!(["hwk", "pin", "mfa"])),
            ("sid", json!(session.sid())),
            ("name", json!("Алеся Каваль")),
            ("family_name", json!("Каваль")),
            ("identifiers", json!([{ "scheme": "personal-number", "country": "BY", "value": "1" }])),
            ("subject_kind", json!("representative")),
        ] {
            assert_eq!(claims[name], value, "{name}");
        }
        assert!(claims.get("middle_name").is_none(), "what is not known is left out");
        assert_eq!(claims["organisation"]["position"], "Дырэктар");
        assert_eq!((&claims["assurance"]["level"], &claims["assurance"]["limited_by"]), (&json!("high"), &json!("P")));
        assert_eq!(claims["assurance"]["status"], json!({ "kind": "crl", "time": NOW.0 - 3600 }));
        assert_eq!(claims["at_hash"].as_str().expect("text").len(), 22);

        let info = userinfo(&world, &tokens.access_token).await.expect("answers");
        for (name, value) in info.as_object().expect("object") {
            assert_eq!(claims[name], *value, "{name}: as in the id_token");
        }
        assert_eq!(info["sub"], json!(subject));
        assert!(info.get("acr").is_none() && info.get("iss").is_none());
    }

    #[tokio::test]
    async fn claims_are_those_of_the_scopes() {
        let world = World::new().await;
        let (_, session) = world.sign_in().await;
        let mut request = request_with(&[]);
        request.scopes = vec![Scope::Openid];
        let location = grant::issue(&world.provider(), &portal(), request, &session).await.expect("grants");
        let code = url::Url::parse(&location).expect("address").query_pairs().next().expect("code").1.into_owned();
        let tokens = try_at(&world, 0, &exchange_form(&code)).await.expect("exchanges");
        let claims: Value = keys().verify_own(&tokens.id_token, "JWT", ISSUER).expect("ours");
        for absent in ["name", "identifiers", "organisation", "assurance", "subject_kind"] {
            assert!(claims.get(absent).is_none(), "{absent}");
        }
        let info = userinfo(&world, &tokens.access_token).await.expect("answers");
        assert_eq!(info.as_object().expect("object").len(), 1, "sub alone");
    }

    #[tokio::test]
    async fn a_code_used_again_revokes_what_came_of_it() {
        let (world, _, form) = with_code().await;
        let tokens = try_at(&world, 0, &form).await.expect("exchanges");
        assert!(userinfo(&world, &tokens.access_token).await.is_ok());
        assert_eq!(refused(try_at(&world, 1, &form).await), ("invalid_grant", 400));
        let gone = userinfo(&world, &tokens.access_token).await;
        assert!(matches!(gone, Err(BearerError::InvalidToken)));
    }

    #[tokio::test]
    async fn reuse_is_noticed_as_long_as_the_token_lives() {
        let (world, _, form) = with_code().await;
        let tokens = try_at(&world, 59, &form).await.expect("exchanges");
        world.store.sweep(world.at(650).now).await.expect("sweeps");
        assert_eq!(refused(try_at(&world, 650, &form).await).0, "invalid_grant");
        assert!(matches!(userinfo(&world, &tokens.access_token).await, Err(BearerError::InvalidToken)));
    }

    #[tokio::test]
    async fn of_many_exchanges_at_once_none_keeps_a_token_beside_another() {
        let (world, _, form) = with_code().await;
        let tries = (try_at(&world, 0, &form), try_at(&world, 0, &form), try_at(&world, 0, &form));
        let results = tokio::join!(tries.0, tries.1, tries.2);
        let given: Vec<_> = [results.0, results.1, results.2].into_iter().flatten().collect();
        assert!(given.len() <= 1);
        for tokens in given {
            let answer = userinfo(&world, &tokens.access_token).await;
            assert!(matches!(answer, Err(BearerError::InvalidToken)), "the others have revoked it");
        }
    }

    #[tokio::test]
    async fn a_code_is_bound_to_all_it_was_granted_for() {
        let (world, _, form) = with_code().await;
        for (name, value) in [
            ("code_verifier", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXl"),
            ("code_verifier", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"),
            ("redirect_uri", "https://portal.example/cb2"),
            ("code", "short"),
            ("code", &"A".repeat(43)),
        ] {
            assert_eq!(refused(try_at(&world, 0, &replace(&form, name, value)).await).0, "invalid_grant", "{name}");
        }
        let asked = Registration {
            client_id: Some("other".to_owned()),
            name: "Other".to_owned(),
            redirect_uris: vec![REDIRECT_URI.to_owned()],
            ..Registration::default()
        };
        let (other, other_secret) = register(asked, &SystemRng::default()).expect("registers");
        assert!(world.store.add_portal(&other.record().expect("writes")).await.expect("adds"));
        let header = basic("other", &other_secret.expect("secret").expose());
        let foreign = TokenRequest { authorization: Some(&header), parameters: &form };
        assert_eq!(refused(exchange(&world.provider(), foreign).await).0, "invalid_grant", "another client's code");
        assert!(try_at(&world, 0, &form).await.is_ok(), "a wrong try burns nothing");
    }

    #[tokio::test]
    async fn a_code_lives_a_minute_and_dies_with_its_session() {
        let (world, session, form) = with_code().await;
        assert_eq!(refused(try_at(&world, 60, &form).await).0, "invalid_grant");
        let second = exchange_form(&world.code(&session).await);
        session::end(&world.provider(), &session).await.expect("ends");
        assert_eq!(refused(try_at(&world, 0, &second).await).0, "invalid_grant");
    }

    #[tokio::test]
    async fn an_access_token_dies_by_age_and_with_its_session() {
        let (world, session, form) = with_code().await;
        let tokens = try_at(&world, 0, &form).await.expect("exchanges");
        let bearer = Bearer::parse(&tokens.access_token).expect("a token");
        assert!(userinfo::answer(&world.at(599), &bearer).await.is_ok());
        assert!(matches!(userinfo::answer(&world.at(600), &bearer).await, Err(BearerError::InvalidToken)));
        session::end(&world.provider(), &session).await.expect("ends");
        assert!(matches!(userinfo::answer(&world.provider(), &bearer).await, Err(BearerError::InvalidToken)));
    }

    #[tokio::test]
    async fn malformed_requests_have_their_errors() {
        let (world, _, form) = with_code().await;
        for name in ["grant_type", "code", "redirect_uri", "code_verifier"] {
            let missing: Vec<_> = form.iter().filter(|(other, _)| other != name).cloned().collect();
            assert_eq!(refused(try_at(&world, 0, &missing).await), ("invalid_request", 400), "{name}");
            let twice = [form.clone(), form.iter().filter(|(other, _)| other == name).cloned().collect()].concat();
            assert_eq!(refused(try_at(&world, 0, &twice).await), ("invalid_request", 400), "{name} twice");
        }
        let password = replace(&form, "grant_type", "password");
        assert_eq!(refused(try_at(&world, 0, &password).await), ("unsupported_grant_type", 400));
        let long = replace(&form, "code_verifier", &"a".repeat(129));
        assert_eq!(refused(try_at(&world, 0, &long).await), ("invalid_request", 400));
        assert_eq!(world.store.spend(Purpose::Code, [0; 32], NOW).await.expect("answers"), Spent::First);
    }

    #[tokio::test]
    async fn a_portal_proves_who_it_is_by_its_own_method() {
        let (world, _, form) = with_code().await;
        let post = |client_id: &str, secret: &str| {
            [form.clone(), pairs(&[("client_id", client_id), ("client_secret", secret)])].concat()
        };
        let right = basic("portal", &secret());
        let wrong = basic("portal", &"A".repeat(43));
        let unknown = basic("nobody", &secret());
        for (header, form, error) in [
            (Some(wrong.as_str()), form.clone(), ("invalid_client", 401)),
            (Some(unknown.as_str()), form.clone(), ("invalid_client", 401)),
            (Some("Bearer x"), form.clone(), ("invalid_client", 401)),
            (None, form.clone(), ("invalid_client", 401)),
            (None, post("portal", &secret()), ("invalid_client", 401)),
            (None, [form.clone(), pairs(&[("client_id", "portal")])].concat(), ("invalid_client", 401)),
            (Some(right.as_str()), post("portal", &secret()), ("invalid_request", 400)),
            (Some(right.as_str()), [form.clone(), pairs(&[("client_id", "other")])].concat(), ("invalid_request", 400)),
            (
                None,
                [form.clone(), pairs(&[("client_assertion", "a.b.c"), ("client_id", "portal")])].concat(),
                ("invalid_client", 401),
            ),
        ] {
            let result = exchange(&world.provider(), TokenRequest { authorization: header, parameters: &form }).await;
            let answer = result.expect_err("refuses");
            assert_eq!((answer.code.word(), answer.status()), error, "{header:?}");
            assert_eq!(answer.basic, header.is_some());
        }
        for (method, client_id) in [(ClientMethod::SecretPost, "posting"), (ClientMethod::Public, "public")] {
            let asked = Registration {
                client_id: Some(client_id.to_owned()),
                name: "Other".to_owned(),
                redirect_uris: vec![REDIRECT_URI.to_owned()],
                method,
                ..Registration::default()
            };
            let (other, secret) = register(asked, &SystemRng::default()).expect("registers");
            assert!(world.store.add_portal(&other.record().expect("writes")).await.expect("adds"));
            let mut proof = pairs(&[("client_id", client_id)]);
            if let Some(secret) = secret {
                proof.extend(pairs(&[("client_secret", &secret.expose())]));
            }
            let form = [form.clone(), proof].concat();
            let result = exchange(&world.provider(), TokenRequest { authorization: None, parameters: &form }).await;
            // Known, and then refused for the code, which is another's.
            assert_eq!(refused(result).0, "invalid_grant", "{client_id}");
        }
    }

    #[tokio::test]
    async fn every_algorithm_serves() {
        for algorithm in crate::jose::Algorithm::ALL {
            let world = World::new().await;
            let changed = Portal { id_token_algorithm: algorithm, ..portal() };
            assert!(world.store.replace_portal(&changed.record().expect("writes")).await.expect("replaces"));
            let (_, session) = world.sign_in().await;
            let tokens = try_at(&world, 0, &exchange_form(&world.code(&session).await)).await.expect("exchanges");
            assert!(keys().verify_own::<Value>(&tokens.id_token, "JWT", ISSUER).is_ok(), "{algorithm}");
        }
    }
}
