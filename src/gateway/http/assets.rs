//! Style, scripts and the sign of the gate; part of the program, with nothing from elsewhere.

use axum::extract::Path;
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};

/// `GET /assets/{name}`.
pub async fn asset(Path(name): Path<String>) -> Response {
    let (media_type, text) = match name.as_str() {
        "brama.css" => ("text/css; charset=utf-8", include_str!("../pages/brama.css")),
        "brama.svg" => ("image/svg+xml", include_str!("../pages/brama.svg")),
        "login.js" => ("text/javascript; charset=utf-8", include_str!("../pages/login.js")),
        "continue.js" => ("text/javascript; charset=utf-8", include_str!("../pages/continue.js")),
        _ => return StatusCode::NOT_FOUND.into_response(),
    };
    ([(CONTENT_TYPE, media_type), (CACHE_CONTROL, "public, max-age=3600")], text).into_response()
}
