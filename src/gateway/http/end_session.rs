//! RP-initiated logout (OpenID Connect RP-Initiated Logout 1.0).

use super::cookie;
use super::error::{Refused, page_code};
use super::visit::{Segment, Visit};
use super::{parameters, policy_with_form_to};
use crate::gateway::pages;
use crate::oidc::logout::{self, Logout};
use crate::oidc::session;
use crate::secret::Bearer;
use crate::store::{CacheExt, Key};
use axum::extract::rejection::RawFormRejection;
use axum::extract::{RawForm, RawQuery};
use axum::http::StatusCode;
use axum::http::header::{CONTENT_SECURITY_POLICY, SET_COOKIE};
use axum::response::{IntoResponse, Redirect, Response};
use serde_json::json;
use std::time::Duration;

/// How long a POSTed request waits for its GET.
const STORED: Duration = Duration::from_secs(60);
/// The most bytes of a POSTed request: an id_token and some addresses.
const MAX_STORED: usize = 8 * 1024;

/// `GET /end_session`.
pub async fn by_query(visit: Visit, RawQuery(query): RawQuery) -> Result<Response, Refused> {
    receive(visit, parameters(query.unwrap_or_default().as_bytes()), false).await
}

/// `POST /end_session`: a form from another site comes without our cookies (`SameSite=Lax`), so what holds is kept and
/// the browser sent round by GET, with them.
pub async fn by_form(visit: Visit, form: Result<RawForm, RawFormRejection>) -> Result<Response, Refused> {
    let Ok(RawForm(form)) = form else { return Err(visit.refuse("request_too_large")) };
    if form.len() > MAX_STORED {
        return Err(visit.refuse("request_too_large"));
    }
    let parameters = parameters(&form);
    let failed = |error: crate::oidc::Error| visit.refuse(page_code(&error));
    logout::receive(&visit.provider(), &parameters, None).await.map_err(failed)?;
    visit.count().await?;
    let id = Bearer::random(&*visit.rng);
    let kept = visit.cache.put_json(&Key::hash("logout", &id.hash()), &parameters, STORED, visit.clock.now()).await;
    kept.map_err(|error| failed(error.into()))?;
    Ok(Redirect::to(&format!("/end_session/{}", id.expose())).into_response())
}

/// `GET /end_session/{stored}`.
pub async fn stored(visit: Visit, Segment(id): Segment) -> Result<Response, Refused> {
    let id = Bearer::parse(&id).ok_or_else(|| visit.refuse("transaction_unknown"))?;
    let found = visit.cache.get_json(&Key::hash("logout", &id.hash()), visit.clock.now()).await;
    let found: Option<Vec<(String, String)>> = found.map_err(|error| visit.refuse(page_code(&error.into())))?;
    let parameters = found.ok_or_else(|| visit.refuse("transaction_unknown"))?;
    receive(visit, parameters, false).await
}

/// `POST /end_session/confirm`: her "yes", from our own page.
pub async fn confirmed(visit: Visit, form: Result<RawForm, RawFormRejection>) -> Result<Response, Refused> {
    visit.same_origin()?;
    let Ok(RawForm(form)) = form else { return Err(visit.refuse("request_too_large")) };
    receive(visit, parameters(&form), true).await
}

async fn receive(visit: Visit, mut parameters: Vec<(String, String)>, confirmed: bool) -> Result<Response, Refused> {
    parameters.retain(|(name, _)| name != "lang");
    let failed = |error: crate::oidc::Error| visit.refuse(page_code(&error));
    let session = visit.session().await.map_err(failed)?;
    let provider = visit.provider();
    let decided = logout::receive(&provider, &parameters, session.as_ref()).await.map_err(failed)?;
    let locales: Vec<String> = parameters
        .iter()
        .filter(|(name, _)| name == "ui_locales")
        .flat_map(|(_, value)| value.split(' ').take(8).map(str::to_owned))
        .collect();
    let redirect = match decided {
        Logout::Confirm { redirect, .. } if !confirmed => {
            let page = visit.page(&locales);
            let mut response =
                visit.render(StatusCode::OK, &pages::SignOut { page: &page, confirm: Some(&parameters) });
            if let Some(policy) = redirect.as_deref().and_then(policy_with_form_to) {
                response.headers_mut().insert(CONTENT_SECURITY_POLICY, policy);
            }
            return Ok(response);
        }
        Logout::Nothing { redirect } => redirect,
        Logout::End { redirect } | Logout::Confirm { redirect, .. } => {
            if let Some(session) = &session {
                session::end(&provider, session).await.map_err(failed)?;
                let record = json!({ "sid": session.sid() });
                let audited = visit.audit(&visit.incident(), "logout", record).await;
                audited.map_err(|error| failed(error.into()))?;
            }
            redirect
        }
    };
    let mut response = match redirect {
        Some(location) => Redirect::to(&location).into_response(),
        None => {
            let page = visit.page(&locales);
            visit.render(StatusCode::OK, &pages::SignOut { page: &page, confirm: None })
        }
    };
    response.headers_mut().append(SET_COOKIE, cookie::clear(cookie::SESSION));
    Ok(response)
}
