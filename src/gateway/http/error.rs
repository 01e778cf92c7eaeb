//! The one place that turns refusals into answers.

use crate::gateway::Incident;
use crate::gateway::login::{self, store_code};
use crate::gateway::pages::{self, Page};
use crate::telemetry::explain;
use crate::{i18n, oidc};
use askama::Template;
use axum::http::StatusCode;
use axum::http::header::RETRY_AFTER;
use axum::response::{Html, IntoResponse, Response};

/// A refusal as a page.
#[derive(Debug)]
pub struct Refused {
    page: Page,
    code: &'static str,
    incident: Incident,
}

/// The status of a code.
pub fn status(code: &str) -> StatusCode {
    match code {
        "not_found" => StatusCode::NOT_FOUND,
        "internal" | "clock_behind" => StatusCode::INTERNAL_SERVER_ERROR,
        "overloaded" => StatusCode::SERVICE_UNAVAILABLE,
        "request_too_large" => StatusCode::PAYLOAD_TOO_LARGE,
        "transaction_unknown" | "completion_spent" => StatusCode::GONE,
        "completion_foreign" | "not_same_origin" => StatusCode::FORBIDDEN,
        _ => StatusCode::BAD_REQUEST,
    }
}

impl Refused {
    /// A refusal under an incident number.
    pub fn new(page: Page, code: &'static str, incident: Incident) -> Self {
        tracing::info!(code, %incident, "refused");
        Self { page, code, incident }
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let advice = i18n::advice(self.page.language, self.code, &[]);
        let refusal = pages::Refusal { page: &self.page, advice: &advice, incident: Some(self.incident.as_str()) };
        let html = refusal.render().unwrap_or_else(|_| advice.what.clone());
        let retry = (self.code == "overloaded").then_some([(RETRY_AFTER, "60")]);
        (
            status(self.code),
            retry.map(IntoResponse::into_response).map(|r| r.headers().clone()).unwrap_or_default(),
            Html(html),
        )
            .into_response()
    }
}

/// The code of an error of the protocol layer as citizens are told it: what is our fault has one word.
pub fn page_code(error: &oidc::Error) -> &'static str {
    let code = match error {
        oidc::Error::Store(error) => store_code(error),
        error if error.is_internal() => "internal",
        error => error.code(),
    };
    if code == "internal" {
        tracing::error!(error = %explain(error), "the gateway failed");
    }
    code
}

/// The code of a login's refusal as citizens are told it.
pub fn login_code(error: &login::Error) -> &'static str {
    let code = error.code();
    if code == "internal" {
        tracing::error!(error = %explain(error), "the gateway failed");
    }
    code
}

/// The answer to a request that took too long.
pub fn deadline() -> Response {
    (StatusCode::GATEWAY_TIMEOUT, "the request took too long\n").into_response()
}
