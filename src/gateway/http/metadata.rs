//! What anybody may know: discovery, keys, health.

use crate::gateway::Gateway;
use crate::oidc::discovery;
use axum::Json;
use axum::extract::State;
use axum::http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL};
use axum::response::IntoResponse;
use serde_json::json;
use std::sync::Arc;

/// `GET /.well-known/openid-configuration`.
pub async fn discovery(State(gateway): State<Arc<Gateway>>) -> impl IntoResponse {
    public(discovery::document(&gateway.config.issuer, &gateway.keys))
}

/// `GET /jwks.json`.
pub async fn jwks(State(gateway): State<Arc<Gateway>>) -> impl IntoResponse {
    public(gateway.keys.jwks())
}

/// `GET /health`: the process answers and its store does too.
pub async fn health(State(gateway): State<Arc<Gateway>>) -> impl IntoResponse {
    use axum::http::StatusCode;
    match gateway.store.portal("").await {
        Ok(_) => (StatusCode::OK, Json(json!({ "status": "ok" }))),
        Err(error) => {
            tracing::error!(%error, "the store does not answer");
            (StatusCode::SERVICE_UNAVAILABLE, Json(json!({ "status": "store" })))
        }
    }
}

/// Public documents: any page may read them, and for five minutes nobody need ask again.
fn public(document: serde_json::Value) -> impl IntoResponse {
    ([(ACCESS_CONTROL_ALLOW_ORIGIN, "*"), (CACHE_CONTROL, "public, max-age=300")], Json(document))
}
