//! The agent's side of a login. No cookies here: the agent holds a ticket.

use super::error::{login_code, status};
use super::visit::Segment;
use crate::authn::{Accepted, Challenge, LoginRequest, Refused, TokenPost};
use crate::gateway::login::Error;
use crate::gateway::{Gateway, Incident};
use crate::secret::Bearer;
use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use std::sync::Arc;

/// A refusal as the agent is told it: always the JSON of [`Refused`].
pub struct Denied(StatusCode, Refused);

impl IntoResponse for Denied {
    fn into_response(self) -> Response {
        (self.0, Json(self.1)).into_response()
    }
}

fn deny(gateway: &Gateway, error: &Error, incident: &Incident) -> Denied {
    let code = login_code(error);
    tracing::info!(code, %incident, reason = %error, "refused the agent");
    // Whatever the agent's fault is, it is one status; what is ours keeps its own.
    let status = Some(status(code)).filter(StatusCode::is_server_error).unwrap_or(StatusCode::FORBIDDEN);
    let refused = Refused {
        code: code.to_owned(),
        incident: incident.as_str().to_owned(),
        retry: error.may_retry(),
        support: gateway.config.support.clone(),
    };
    Denied(status, refused)
}

/// `Authorization: Bearer TICKET`.
fn ticket(headers: &HeaderMap) -> Result<Bearer, Error> {
    let header = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    header.and_then(|header| header.strip_prefix("Bearer ")).and_then(Bearer::parse).ok_or(Error::TicketUnknown)
}

/// `POST /agent/login/{handle}`.
pub async fn login(
    State(gateway): State<Arc<Gateway>>,
    Segment(handle): Segment,
) -> Result<Json<LoginRequest>, Denied> {
    let answered = gateway.login_request(&handle).await;
    answered.map(Json).map_err(|error| deny(&gateway, &error, &gateway.incident()))
}

/// `POST /agent/challenge`.
pub async fn challenge(State(gateway): State<Arc<Gateway>>, headers: HeaderMap) -> Result<Json<Challenge>, Denied> {
    let answered = async { gateway.challenge(&ticket(&headers)?).await }.await;
    answered.map(Json).map_err(|error| deny(&gateway, &error, &gateway.incident()))
}

/// `POST /agent/token`.
pub async fn token(
    State(gateway): State<Arc<Gateway>>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<Accepted>, Denied> {
    let incident = gateway.incident();
    let judged = async {
        let ticket = ticket(&headers)?;
        let body = body.map_err(|_| Error::BodyTooLarge)?;
        let post: TokenPost = serde_json::from_slice(&body).map_err(|_| Error::BodyMalformed)?;
        gateway.judge(&ticket, &post, &incident).await
    };
    judged.await.map(Json).map_err(|error| deny(&gateway, &error, &incident))
}

/// `POST /agent/end`.
pub async fn end(State(gateway): State<Arc<Gateway>>, headers: HeaderMap) -> Result<StatusCode, Denied> {
    let ended = async { gateway.give_up(&ticket(&headers)?).await }.await;
    ended.map(|()| StatusCode::NO_CONTENT).map_err(|error| deny(&gateway, &error, &gateway.incident()))
}
