//! The authorization request: what a portal asks for, checked in one order.

use super::parameters::Parameters;
use super::pkce::CodeChallenge;
use super::redirect_uri::with_query;
use super::{Error, ErrorCode, Portal, Provider, RedirectError, RedirectUri, Refusal, Scope, id_token};
use crate::assurance::Level;
use crate::authn::Origin;
use crate::jose::Keys;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::time::Duration;

/// The most languages kept of `ui_locales`.
const MAX_LOCALES: usize = 8;
/// The longest language tag kept (RFC 5646 section 4.4.1).
const MAX_LOCALE: usize = 35;

/// A value of `prompt` (OpenID Connect Core section 3.1.2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Prompt {
    /// Show nothing.
    None,
    /// Sign in anew.
    Login,
    /// Ask whether the portal may have what it asks for.
    Consent,
    /// Let the person choose who to be.
    SelectAccount,
}

impl Prompt {
    /// All of them, in the order discovery names them.
    pub const ALL: [Self; 4] = [Self::None, Self::Login, Self::Consent, Self::SelectAccount];

    /// The word on the wire.
    pub const fn word(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Login => "login",
            Self::Consent => "consent",
            Self::SelectAccount => "select_account",
        }
    }
}

/// A request that holds. It is kept in the transaction until the person is back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuthorizationRequest {
    /// Who asks.
    pub client_id: String,
    /// Where to return.
    pub redirect_uri: RedirectUri,
    /// Returned as it came.
    pub state: Option<String>,
    /// Goes into the id_token.
    pub nonce: Option<String>,
    /// What is asked for, sorted.
    pub scopes: Vec<Scope>,
    /// PKCE.
    pub code_challenge: CodeChallenge,
    /// What may and must be shown.
    pub prompts: Vec<Prompt>,
    /// How long ago the person may have proven who she is.
    pub max_age: Option<Duration>,
    /// The lowest level that will do: the portal's minimum and the request's together.
    pub level: Level,
    /// The levels whose acr values were asked for, preferred first; empty when none were.
    pub acr_levels: Vec<Level>,
    /// Language tags, preferred first.
    pub ui_locales: Vec<String>,
    /// Who the portal thinks it is.
    pub login_hint: Option<String>,
    /// The `sub` of a proven `id_token_hint`: nobody else will do.
    pub hinted_subject: Option<String>,
}

impl AuthorizationRequest {
    /// Whether a prompt was asked for.
    pub fn prompts(&self, prompt: Prompt) -> bool {
        self.prompts.contains(&prompt)
    }

    /// The level whose acr value the id_token names for a level that was reached: the first of those asked for that
    /// it meets (a portal that compares for equality finds what it asked for), or itself when none was. `None`: it
    /// will not do.
    pub fn acr_for(&self, reached: Level) -> Option<Level> {
        if reached < self.level {
            return None;
        }
        if self.acr_levels.is_empty() {
            return Some(reached);
        }
        self.acr_levels.iter().copied().find(|asked| *asked <= reached)
    }

    /// The error response for this request, for example [`ErrorCode::AccessDenied`] when the person cancels.
    pub fn refuse(&self, error: ErrorCode, description: &'static str, issuer: &Origin) -> RedirectError {
        RedirectError {
            uri: self.redirect_uri.clone(),
            error,
            description,
            state: self.state.clone(),
            issuer: issuer.as_str().to_owned(),
        }
    }

    /// The address that brings the code to the portal, with `iss` (RFC 9207).
    pub(super) fn location(&self, code: &str, issuer: &Origin) -> String {
        let mut parameters = vec![("code", code), ("iss", issuer.as_str())];
        if let Some(state) = &self.state {
            parameters.push(("state", state));
        }
        with_query(self.redirect_uri.as_str(), &parameters)
    }
}

/// Finds the portal of a request and checks it.
///
/// # Errors
/// [`Refusal`].
pub async fn receive(
    provider: &Provider<'_>,
    parameters: &[(String, String)],
) -> Result<(AuthorizationRequest, Portal), Refusal> {
    let portal = Portal::find(provider.store, client_id(parameters)?).await?.ok_or(Error::ClientUnknown)?;
    let request = check(parameters, &portal, provider.issuer, provider.keys)?;
    Ok((request, portal))
}

/// The `client_id` of a request, to find the portal by.
///
/// # Errors
/// [`Error::RequestTooLarge`], [`Error::ClientMissing`].
pub fn client_id(parameters: &[(String, String)]) -> Result<&str, Error> {
    Parameters::new(parameters).ok_or(Error::RequestTooLarge)?.once("client_id").ok_or(Error::ClientMissing)
}

/// Checks a request against its portal.
///
/// # Errors
/// [`Refusal::Page`] until the redirect URI is proven, [`Refusal::Redirect`] from then on.
pub fn check(
    parameters: &[(String, String)],
    portal: &Portal,
    issuer: &Origin,
    keys: &Keys,
) -> Result<AuthorizationRequest, Refusal> {
    let client_id = client_id(parameters)?;
    let parameters = Parameters::new(parameters).ok_or(Error::RequestTooLarge)?;
    if client_id != portal.client_id {
        return Err(Error::ClientUnknown.into());
    }
    let redirect_uri = parameters.once("redirect_uri").ok_or(Error::RedirectUriMissing)?;
    let redirect_uri = portal
        .redirect_uri(redirect_uri)
        .ok_or_else(|| Error::RedirectUriMismatch { client_id: client_id.to_owned() })?;
    // From here on the address is proven the portal's own, and it is told what is wrong.
    examine(&Asked { parameters, portal, redirect_uri, issuer, keys }).map_err(|Wrong(error, description)| {
        Refusal::Redirect(Box::new(RedirectError {
            uri: redirect_uri.clone(),
            error,
            description,
            // One that comes twice or is over its limit is not given back: which would it be?
            state: parameters.once("state").filter(|_| !parameters.too_long()).map(str::to_owned),
            issuer: issuer.as_str().to_owned(),
        }))
    })
}

/// A request whose redirect URI is proven.
struct Asked<'a> {
    parameters: Parameters<'a>,
    portal: &'a Portal,
    redirect_uri: &'a RedirectUri,
    issuer: &'a Origin,
    keys: &'a Keys,
}

/// What a check finds wrong: the error, and a description for the portal's developer.
struct Wrong(ErrorCode, &'static str);

/// The order of the checks, one a line.
fn examine(asked: &Asked<'_>) -> Result<AuthorizationRequest, Wrong> {
    no_parameter_twice(asked)?;
    no_parameter_over_its_limit(asked)?;
    nothing_by_other_ways(asked)?;
    response_type(asked)?;
    response_mode(asked)?;
    let scopes = scopes(asked)?;
    let code_challenge = code_challenge(asked)?;
    let prompts = prompts(asked)?;
    let max_age = max_age(asked)?;
    let Levels { level, acr_levels } = levels(asked)?;
    let hinted_subject = hinted_subject(asked)?;
    let text = |name| asked.parameters.get(name).map(str::to_owned);
    Ok(AuthorizationRequest {
        client_id: asked.portal.client_id.clone(),
        redirect_uri: asked.redirect_uri.clone(),
        state: text("state"),
        nonce: text("nonce"),
        scopes,
        code_challenge,
        prompts,
        max_age,
        level,
        acr_levels,
        ui_locales: ui_locales(asked),
        login_hint: text("login_hint").filter(|hint| !hint.chars().any(char::is_control)),
        hinted_subject,
    })
}

fn no_parameter_twice(asked: &Asked<'_>) -> Result<(), Wrong> {
    if asked.parameters.repeated() {
        return Err(Wrong(ErrorCode::InvalidRequest, "a parameter is repeated"));
    }
    Ok(())
}

fn no_parameter_over_its_limit(asked: &Asked<'_>) -> Result<(), Wrong> {
    if asked.parameters.too_long() {
        return Err(Wrong(ErrorCode::InvalidRequest, "a parameter is too long"));
    }
    Ok(())
}

fn nothing_by_other_ways(asked: &Asked<'_>) -> Result<(), Wrong> {
    for (name, error, description) in [
        ("request", ErrorCode::RequestNotSupported, "request objects are not supported"),
        ("request_uri", ErrorCode::RequestUriNotSupported, "request_uri is not supported"),
        ("registration", ErrorCode::RegistrationNotSupported, "registration in the request is not supported"),
    ] {
        if asked.parameters.get(name).is_some() {
            return Err(Wrong(error, description));
        }
    }
    Ok(())
}

fn response_type(asked: &Asked<'_>) -> Result<(), Wrong> {
    match asked.parameters.get("response_type") {
        Some("code") => Ok(()),
        None => Err(Wrong(ErrorCode::InvalidRequest, "response_type is missing")),
        Some(_) => Err(Wrong(ErrorCode::UnsupportedResponseType, "response_type must be code")),
    }
}

fn response_mode(asked: &Asked<'_>) -> Result<(), Wrong> {
    match asked.parameters.get("response_mode") {
        None | Some("query") => Ok(()),
        Some(_) => Err(Wrong(ErrorCode::InvalidRequest, "response_mode must be query")),
    }
}

fn scopes(asked: &Asked<'_>) -> Result<Vec<Scope>, Wrong> {
    let scopes = Scope::parse_list(asked.parameters.get("scope").unwrap_or_default());
    if !scopes.contains(&Scope::Openid) {
        return Err(Wrong(ErrorCode::InvalidScope, "scope must contain openid"));
    }
    if !scopes.iter().all(|scope| asked.portal.scopes.contains(scope)) {
        return Err(Wrong(ErrorCode::InvalidScope, "a scope is not registered for this portal"));
    }
    Ok(scopes)
}

fn code_challenge(asked: &Asked<'_>) -> Result<CodeChallenge, Wrong> {
    let challenge = asked.parameters.get("code_challenge");
    let challenge = challenge.ok_or(Wrong(ErrorCode::InvalidRequest, "code_challenge is missing: PKCE is required"))?;
    // Left out, the method means plain (RFC 7636 section 4.3).
    if asked.parameters.get("code_challenge_method") != Some("S256") {
        return Err(Wrong(ErrorCode::InvalidRequest, "code_challenge_method must be S256"));
    }
    CodeChallenge::parse(challenge).ok_or(Wrong(ErrorCode::InvalidRequest, "code_challenge is malformed"))
}

fn prompts(asked: &Asked<'_>) -> Result<Vec<Prompt>, Wrong> {
    let words = asked.parameters.get("prompt").unwrap_or_default().split(' ').filter(|word| !word.is_empty());
    let known = |word| Prompt::ALL.into_iter().find(|prompt| prompt.word() == word);
    let prompts: Vec<_> = words
        .map(|word| known(word).ok_or(Wrong(ErrorCode::InvalidRequest, "prompt has an unknown value")))
        .collect::<Result<_, _>>()?;
    if prompts.contains(&Prompt::None) && prompts.len() > 1 {
        return Err(Wrong(ErrorCode::InvalidRequest, "prompt none stands alone"));
    }
    Ok(prompts)
}

fn max_age(asked: &Asked<'_>) -> Result<Option<Duration>, Wrong> {
    let Some(text) = asked.parameters.get("max_age") else { return Ok(None) };
    let seconds = Some(text).filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
    match seconds.and_then(|text| text.parse().ok()) {
        Some(seconds) => Ok(Some(Duration::from_secs(seconds))),
        None => Err(Wrong(ErrorCode::InvalidRequest, "max_age is not a number of seconds")),
    }
}

struct Levels {
    level: Level,
    acr_levels: Vec<Level>,
}

/// The levels asked for. A value that names no level of ours cannot be met; when no other stands beside it, neither
/// can the request, and nothing lower is quietly given.
fn levels(asked: &Asked<'_>) -> Result<Levels, Wrong> {
    let values = asked.parameters.get("acr_values").unwrap_or_default();
    let values: Vec<_> = values.split(' ').filter(|value| !value.is_empty()).collect();
    let voluntary = known_levels(&values)?;
    let claims = asked.parameters.get("claims").map(serde_json::from_str::<Value>).transpose();
    let claims = match claims {
        Ok(claims @ (None | Some(Value::Object(_)))) => claims,
        _ => return Err(Wrong(ErrorCode::InvalidRequest, "claims is not a JSON object")),
    };
    // OpenID Connect Core section 5.5.1.1.
    let acr = claims.as_ref().and_then(|claims| claims.pointer("/id_token/acr"));
    let several = acr.and_then(|acr| acr.get("values")).and_then(Value::as_array);
    let single = acr.and_then(|acr| acr.get("value"));
    let values: Vec<_> =
        several.into_iter().flatten().chain(single).map(|value| value.as_str().unwrap_or("")).collect();
    let claimed = known_levels(&values)?;
    let lowest = |levels: &[Level]| levels.iter().copied().min();
    let level = [lowest(&voluntary), lowest(&claimed)].into_iter().flatten().fold(asked.portal.minimum_level, Ord::max);
    // Where both ways are used, the answer must match the one that can be essential.
    let acr_levels = if claimed.is_empty() { voluntary } else { claimed };
    Ok(Levels { level, acr_levels })
}

fn known_levels(values: &[&str]) -> Result<Vec<Level>, Wrong> {
    let levels: Vec<_> = values.iter().filter_map(|value| Level::from_acr(value)).collect();
    if levels.is_empty() && !values.is_empty() {
        return Err(Wrong(ErrorCode::UnmetAuthenticationRequirements, "no acr value asked for is known here"));
    }
    Ok(levels)
}

fn ui_locales(asked: &Asked<'_>) -> Vec<String> {
    let tag = |tag: &&str| {
        !tag.is_empty()
            && tag.len() <= MAX_LOCALE
            && tag.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    let tags = asked.parameters.get("ui_locales").unwrap_or_default().split(' ').filter(tag);
    tags.take(MAX_LOCALES).map(str::to_owned).collect()
}

#[derive(Deserialize)]
struct Hint {
    sub: String,
    aud: String,
}

fn hinted_subject(asked: &Asked<'_>) -> Result<Option<String>, Wrong> {
    let Some(hint) = asked.parameters.get("id_token_hint") else { return Ok(None) };
    match asked.keys.verify_own::<Hint>(hint, id_token::TYPE, asked.issuer.as_str()) {
        Ok(hint) if hint.aud == asked.portal.client_id => Ok(Some(hint.sub)),
        _ => Err(Wrong(ErrorCode::InvalidRequest, "id_token_hint is not an id_token of this portal")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oidc::fixture::{ISSUER, issuer, keys, portal, request, with, without};
    use proptest::prelude::*;

    fn refused(parameters: &[(String, String)]) -> String {
        match check(parameters, &portal(), &issuer(), keys()) {
            Ok(_) => "taken".to_owned(),
            Err(Refusal::Page(error)) => format!("page {}", error.code()),
            Err(Refusal::Redirect(error)) => {
                let location = error.location();
                assert!(location.starts_with("https://portal.example/cb?error="), "{location}");
                assert!(location.contains("&iss=https%3A%2F%2Fid.example"), "{location}");
                error.error.word().to_owned()
            }
        }
    }

    fn taken(parameters: &[(String, String)]) -> AuthorizationRequest {
        check(parameters, &portal(), &issuer(), keys()).expect("taken")
    }

    #[test]
    fn a_good_request_is_taken_as_it_is() {
        let good = taken(&request());
        assert_eq!(good.redirect_uri.as_str(), "https://portal.example/cb");
        assert_eq!((good.state.as_deref(), good.nonce.as_deref()), (Some("s & t"), Some("n")));
        assert_eq!(good.scopes, Scope::ALL);
        assert_eq!((good.level, good.acr_levels.len()), (Level::Low, 0));
        assert_eq!(
            good.location("c", &issuer()),
            "https://portal.example/cb?code=c&iss=https%3A%2F%2Fid.example&state=s+%26+t"
        );
        let json = serde_json::to_string(&good).expect("writes");
        assert_eq!(serde_json::from_str::<AuthorizationRequest>(&json).expect("reads"), good);
    }

    #[test]
    fn what_is_wrong_before_the_address_is_proven_stays_here() {
        for (parameters, code) in [
            (without("client_id"), "page portal_missing"),
            (with("client_id", "other"), "page portal_unknown"),
            (without("redirect_uri"), "page redirect_uri_missing"),
            (with("redirect_uri", "https://portal.example/cb/"), "page redirect_uri_mismatch"),
            (with("redirect_uri", "https://portal.example/c"), "page redirect_uri_mismatch"),
            (with("redirect_uri", "https://portal.example/cB"), "page redirect_uri_mismatch"),
            (with("redirect_uri", "https://portal.example/cb?a"), "page redirect_uri_mismatch"),
            (with("redirect_uri", "https://portal.example:443/cb"), "page redirect_uri_mismatch"),
            (with("redirect_uri", "https://portal.example/x/../cb"), "page redirect_uri_mismatch"),
            (with("redirect_uri", "http://portal.example/cb"), "page redirect_uri_mismatch"),
            (with("redirect_uri", "https://portal.example@evil.example/cb"), "page redirect_uri_mismatch"),
            (vec![("a".to_owned(), "b".to_owned()); 65], "page request_too_large"),
            (with("x", &"x".repeat(48 * 1024)), "page request_too_large"),
        ] {
            assert_eq!(refused(&parameters), code);
        }
        for name in ["client_id", "redirect_uri"] {
            let mut twice = request();
            let again = twice.iter().find(|(other, _)| other == name).expect("there").clone();
            twice.push(again);
            assert!(refused(&twice).starts_with("page "), "{name} twice");
        }
    }

    #[test]
    fn what_is_wrong_afterwards_is_told_to_the_portal() {
        for (parameters, code) in [
            (without("response_type"), "invalid_request"),
            (with("response_type", "token"), "unsupported_response_type"),
            (with("response_type", "code id_token"), "unsupported_response_type"),
            (with("response_mode", "fragment"), "invalid_request"),
            (with("response_mode", "query"), "taken"),
            (without("scope"), "invalid_scope"),
            (with("scope", "profile"), "invalid_scope"),
            (with("scope", "openid email phone"), "taken"),
            (without("code_challenge"), "invalid_request"),
            (without("code_challenge_method"), "invalid_request"),
            (with("code_challenge_method", "plain"), "invalid_request"),
            (with("code_challenge_method", "s256"), "invalid_request"),
            (with("code_challenge", &"A".repeat(44)), "invalid_request"),
            (with("prompt", "none login"), "invalid_request"),
            (with("prompt", "create"), "invalid_request"),
            (with("prompt", "login consent"), "taken"),
            (with("max_age", "-1"), "invalid_request"),
            (with("max_age", "+1"), "invalid_request"),
            (with("max_age", "9999999999999999"), "taken"),
            (with("max_age", "0"), "taken"),
            (with("request", "a.b.c"), "request_not_supported"),
            (with("request_uri", "urn:x"), "request_uri_not_supported"),
            (with("registration", "{}"), "registration_not_supported"),
            (with("id_token_hint", "a.b.c"), "invalid_request"),
            (with("claims", "[]"), "invalid_request"),
            (with("claims", "{"), "invalid_request"),
            (with("state", &"s".repeat(2049)), "invalid_request"),
            (with("unknown", "ignored"), "taken"),
            (with("prompt", ""), "taken"),
        ] {
            assert_eq!(refused(&parameters), code, "{:?}", parameters.last());
        }
    }

    #[test]
    fn any_repeated_parameter_is_refused() {
        for (name, value) in request().into_iter().chain([("unknown".to_owned(), String::new())]) {
            let mut twice = request();
            twice.push((name.clone(), value.clone()));
            if name == "unknown" {
                twice.push((name.clone(), value));
            }
            assert_ne!(refused(&twice), "taken", "{name}");
        }
        let mut twice = request();
        twice.push(("state".to_owned(), "other".to_owned()));
        let Err(Refusal::Redirect(error)) = check(&twice, &portal(), &issuer(), keys()) else { panic!("redirect") };
        assert_eq!(error.state, None, "which of the two would it be?");
    }

    #[test]
    fn scopes_are_those_registered() {
        let few = Portal { scopes: vec![Scope::Openid, Scope::Profile], ..portal() };
        let refused = check(&request(), &few, &issuer(), keys());
        assert!(matches!(refused, Err(Refusal::Redirect(error)) if error.error == ErrorCode::InvalidScope));
        let fewer = with("scope", "profile openid offline_access");
        let taken = check(&fewer, &few, &issuer(), keys()).expect("taken");
        assert_eq!(taken.scopes, [Scope::Openid, Scope::Profile]);
    }

    #[test]
    fn levels_are_the_highest_of_portal_and_request() {
        let (low, substantial, high) = (Level::Low.acr(), Level::Substantial.acr(), Level::High.acr());
        let asked = |values: &str| taken(&with("acr_values", values));
        assert_eq!(asked(high).level, Level::High);
        assert_eq!(asked(&format!("urn:x {substantial}")).level, Level::Substantial);
        assert_eq!(refused(&with("acr_values", "urn:x urn:y")), "unmet_authentication_requirements");

        let either = asked(&format!("{high} {low}"));
        assert_eq!(either.level, Level::Low);
        assert_eq!(either.acr_for(Level::High), Some(Level::High));
        assert_eq!(either.acr_for(Level::Substantial), Some(Level::Low), "the second of those asked for");
        assert_eq!(either.acr_for(Level::SelfAsserted), None);
        assert_eq!(taken(&request()).acr_for(Level::Substantial), Some(Level::Substantial), "none asked for");

        let strict = Portal { minimum_level: Level::Substantial, ..portal() };
        let raised = check(&with("acr_values", low), &strict, &issuer(), keys()).expect("taken");
        assert_eq!((raised.level, raised.acr_for(Level::Low)), (Level::Substantial, None));
        assert_eq!(raised.acr_for(Level::High), Some(Level::Low), "what the portal asked for is what it finds");
    }

    #[test]
    fn an_essential_acr_must_be_met() {
        let essential = |values: &str| {
            with("claims", &format!(r#"{{"id_token":{{"acr":{{"essential":true,"values":[{values}]}}}}}}"#))
        };
        let high = format!("\"{}\"", Level::High.acr());
        assert_eq!(taken(&essential(&high)).level, Level::High);
        assert_eq!(refused(&essential(r#""urn:x", 5"#)), "unmet_authentication_requirements");
        let single = with("claims", &format!(r#"{{"id_token":{{"acr":{{"essential":true,"value":{high}}}}}}}"#));
        assert_eq!(taken(&single).level, Level::High);
        for any in
            ["{}", r#"{"id_token":{"acr":null}}"#, r#"{"id_token":{"acr":{"essential":true}}}"#, r#"{"id_token":7}"#]
        {
            assert_eq!(taken(&with("claims", any)).level, Level::Low, "{any}");
        }
        let nested = "[".repeat(4000);
        assert_eq!(refused(&with("claims", &nested)), "invalid_request");
    }

    #[test]
    fn a_hint_must_be_this_portals() {
        let hint = |aud: &str, typ: &str| {
            let claims = serde_json::json!({ "iss": ISSUER, "aud": aud, "sub": "somebody", "exp": 1 });
            keys().sign(crate::jose::Algorithm::Rs256, typ, &claims).expect("signs")
        };
        let good = taken(&with("id_token_hint", &hint("portal", "JWT")));
        assert_eq!(good.hinted_subject.as_deref(), Some("somebody"));
        assert_eq!(refused(&with("id_token_hint", &hint("other", "JWT"))), "invalid_request");
        assert_eq!(refused(&with("id_token_hint", &hint("portal", "logout+jwt"))), "invalid_request");
    }

    #[test]
    fn languages_are_bounded() {
        let many = taken(&with("ui_locales", &"be-BY ".repeat(40)));
        assert_eq!(many.ui_locales.len(), MAX_LOCALES);
        assert_eq!(taken(&with("ui_locales", "uk <b> ru")).ui_locales, ["uk", "ru"]);
    }

    proptest! {
        /// Whatever comes, nothing panics, and nothing goes anywhere but to the registered address.
        #[test]
        fn no_parameters_panic(noise in proptest::collection::vec((
            prop_oneof![
                Just("client_id"), Just("redirect_uri"), Just("scope"), Just("state"), Just("prompt"), Just("max_age"),
                Just("acr_values"), Just("claims"), Just("code_challenge"), Just("id_token_hint"), Just("ui_locales"),
            ],
            prop_oneof![".{0,64}", "[ -~]{0,64}", Just("{\"id_token\":{\"acr\":{}}}".to_owned())],
        ), 0..6), keep in any::<u16>()) {
            let mut parameters: Vec<_> =
                request().into_iter().enumerate().filter(|(at, _)| keep >> at & 1 == 1).map(|(_, pair)| pair).collect();
            parameters.extend(noise.into_iter().map(|(name, value)| (name.to_owned(), value)));
            match check(&parameters, &portal(), &issuer(), keys()) {
                Ok(taken) => prop_assert_eq!(taken.redirect_uri.as_str(), "https://portal.example/cb"),
                Err(Refusal::Redirect(error)) => {
                    prop_assert!(error.location().starts_with("https://portal.example/cb?error="));
                }
                Err(Refusal::Page(_)) => {}
            }
        }
    }
}
