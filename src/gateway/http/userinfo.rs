//! The userinfo endpoint (OpenID Connect Core section 5.3).

use super::parameters;
use crate::gateway::Gateway;
use crate::oidc::{BearerError, userinfo};
use crate::telemetry::explain;
use axum::Json;
use axum::extract::rejection::RawFormRejection;
use axum::extract::{RawForm, State};
use axum::http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use std::sync::Arc;

/// `GET /userinfo`.
pub async fn by_header(State(gateway): State<Arc<Gateway>>, headers: HeaderMap) -> Response {
    answer(&gateway, &headers, &[]).await
}

/// `POST /userinfo`. Without a form the token is in the header.
pub async fn by_form(
    State(gateway): State<Arc<Gateway>>,
    headers: HeaderMap,
    form: Result<RawForm, RawFormRejection>,
) -> Response {
    let form = form.map(|RawForm(form)| parameters(&form)).unwrap_or_default();
    answer(&gateway, &headers, &form).await
}

async fn answer(gateway: &Gateway, headers: &HeaderMap, form: &[(String, String)]) -> Response {
    let authorization = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let answered = async {
        let token = userinfo::access_token(authorization, form)?;
        userinfo::answer(&gateway.provider(), &token).await
    };
    match answered.await {
        Ok(claims) => Json(claims).into_response(),
        Err(error) => {
            if let BearerError::Failed(cause) = &error {
                tracing::error!(error = %explain(cause), "the userinfo endpoint failed");
            }
            let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::UNAUTHORIZED);
            let mut response = status.into_response();
            if let Some(challenge) = error.www_authenticate() {
                response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
            }
            response
        }
    }
}
