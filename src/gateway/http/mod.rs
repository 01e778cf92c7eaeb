//! Endpoints: a handler parses, calls and renders.

mod agent;
mod assets;
mod authorize;
mod completion;
mod cookie;
mod end_session;
mod error;
mod metadata;
mod token;
mod transaction;
mod userinfo;
mod visit;

use super::Gateway;
use crate::authn::{MAX_AGENT_BODY, paths as agent_paths};
use crate::oidc::paths;
use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use axum::routing::{get, post};
use error::Refused;
use std::sync::Arc;
use std::time::Duration;
use visit::Visit;

/// How long a request may take from its first byte to its answer. Fetching a CA's lists is the longest there is.
const DEADLINE: Duration = Duration::from_secs(90);

/// All of the gateway's endpoints.
pub fn router(gateway: Arc<Gateway>) -> Router {
    Router::new()
        .route("/", get(transaction::home))
        .route("/health", get(metadata::health))
        .route("/assets/{name}", get(assets::asset))
        .route(paths::DISCOVERY, get(metadata::discovery))
        .route(paths::JWKS, get(metadata::jwks))
        .route(paths::AUTHORIZE, get(authorize::by_query).post(authorize::by_form))
        .route("/authorize/{stored}", get(authorize::stored))
        .route("/t/{id}", get(transaction::show))
        .route("/t/{id}/agent", get(transaction::agent))
        .route("/t/{id}/status", get(transaction::status))
        .route("/t/{id}/cancel", post(transaction::cancel))
        .route("/t/{id}/continue", post(transaction::proceed))
        .route("/c/{completion}", get(completion::show).post(completion::answer))
        .route(&format!("{}{{handle}}", agent_paths::LOGIN), post(agent::login))
        .route(agent_paths::CHALLENGE, post(agent::challenge))
        .route(agent_paths::TOKEN, post(agent::token))
        .route(agent_paths::END, post(agent::end))
        .route(paths::TOKEN, post(token::exchange))
        .route(paths::USERINFO, get(userinfo::by_header).post(userinfo::by_form))
        .route(paths::END_SESSION, get(end_session::by_query).post(end_session::by_form))
        .route("/end_session/confirm", post(end_session::confirmed))
        .route("/end_session/{stored}", get(end_session::stored))
        .fallback(not_found)
        .layer(DefaultBodyLimit::max(MAX_AGENT_BODY))
        .layer(from_fn_with_state(Arc::clone(&gateway), frame))
        .with_state(gateway)
}

async fn not_found(visit: Visit) -> Refused {
    visit.refuse("not_found")
}

/// The deadline, and the headers every answer has unless its handler set others.
async fn frame(State(gateway): State<Arc<Gateway>>, request: Request, next: Next) -> Response {
    const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
                          connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";
    let mut response = match tokio::time::timeout(DEADLINE, next.run(request)).await {
        Ok(response) => response,
        Err(_) => error::deadline(),
    };
    let headers = response.headers_mut();
    let mut set = |name: HeaderName, value: &'static str| {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    };
    set(CONTENT_SECURITY_POLICY, POLICY);
    set(X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(CACHE_CONTROL, "no-store");
    // same-origin, not no-referrer: with that one browsers send `Origin: null` from our own forms.
    set(REFERRER_POLICY, "same-origin");
    set(HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
    set(HeaderName::from_static("cross-origin-resource-policy"), "same-origin");
    set(HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=(), usb=(), hid=()");
    if gateway.config.issuer.is_https() {
        set(STRICT_TRANSPORT_SECURITY, "max-age=31536000");
    }
    response
}

/// The policy of a page whose form ends, after a redirect, at a portal: browsers apply `form-action` to redirects too.
fn policy_with_form_to(location: &str) -> Option<HeaderValue> {
    let url = url::Url::parse(location).ok()?;
    let origin = url.origin().ascii_serialization();
    HeaderValue::try_from(format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
         form-action 'self' {origin}; frame-ancestors 'none'; base-uri 'none'"
    ))
    .ok()
}

/// The parameters of a query or form, in order and with repetitions.
fn parameters(encoded: &[u8]) -> Vec<(String, String)> {
    url::form_urlencoded::parse(encoded).into_owned().collect()
}
