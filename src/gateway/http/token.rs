//! The token endpoint (RFC 6749 section 3.2).

use super::parameters;
use crate::gateway::Gateway;
use crate::oidc::token::{self, TokenRequest};
use crate::telemetry::explain;
use axum::Json;
use axum::extract::rejection::RawFormRejection;
use axum::extract::{RawForm, State};
use axum::http::header::{AUTHORIZATION, PRAGMA, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::json;
use std::sync::Arc;

/// `POST /token`.
pub async fn exchange(
    State(gateway): State<Arc<Gateway>>,
    headers: HeaderMap,
    form: Result<RawForm, RawFormRejection>,
) -> Response {
    let Ok(RawForm(form)) = form else {
        let body = json!({ "error": "invalid_request", "error_description": "the body must be a form within limits" });
        return (StatusCode::BAD_REQUEST, Json(body)).into_response();
    };
    let parameters = parameters(&form);
    // A header that is not text is no client's proof; it must not count as absent either.
    let authorization = headers.get(AUTHORIZATION).map(|value| value.to_str().unwrap_or("?"));
    let request = TokenRequest { authorization, parameters: &parameters };
    match token::exchange(&gateway.provider(), request).await {
        Ok(tokens) => ([(PRAGMA, "no-cache")], Json(tokens)).into_response(),
        Err(error) => {
            match &error.source {
                Some(source) => tracing::error!(error = %explain(&**source), "the token endpoint failed"),
                None => tracing::info!(error = error.code.word(), description = error.description, "token refused"),
            }
            let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::BAD_REQUEST);
            let mut response = (status, Json(error.body())).into_response();
            if error.basic && status == StatusCode::UNAUTHORIZED {
                let challenge = axum::http::HeaderValue::from_static("Basic realm=\"brama\"");
                response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
            }
            response
        }
    }
}
