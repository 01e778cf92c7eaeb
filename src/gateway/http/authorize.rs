//! The authorization endpoint (OpenID Connect Core section 3.1.2).

use super::error::{Refused, login_code, page_code};
use super::parameters;
use super::visit::{Segment, Visit};
use crate::oidc::session::{Arrival, Next, Session, decide};
use crate::oidc::{AuthorizationRequest, Portal, Refusal, authorize, grant};
use crate::secret::Bearer;
use crate::store::{CacheExt, Key};
use axum::extract::{RawForm, RawQuery};
use axum::http::header::SET_COOKIE;
use axum::response::{IntoResponse, Redirect, Response};
use serde_json::json;
use std::time::Duration;

/// How long a POSTed request waits for its GET.
const STORED: Duration = Duration::from_secs(60);

/// `GET /authorize`.
pub async fn by_query(visit: Visit, RawQuery(query): RawQuery) -> Result<Response, Refused> {
    receive(visit, parameters(query.unwrap_or_default().as_bytes())).await
}

/// `POST /authorize`: a form from another site comes without our cookies (`SameSite=Lax`), so it is kept and the
/// browser sent round by GET, with them. What is kept is a request that holds, never the form: the room is for those
/// who could sign in.
pub async fn by_form(
    visit: Visit,
    form: Result<RawForm, axum::extract::rejection::RawFormRejection>,
) -> Result<Response, Refused> {
    let Ok(RawForm(form)) = form else { return Err(visit.refuse("request_too_large")) };
    let request = match authorize::receive(&visit.provider(), &parameters(&form)).await {
        Ok((request, _)) => request,
        Err(refusal) => return refused(&visit, refusal),
    };
    visit.count().await?;
    let id = Bearer::random(&*visit.rng);
    let key = Key::hash("authorize", &id.hash());
    let kept = visit.cache.put_json(&key, &request, STORED, visit.clock.now()).await;
    kept.map_err(|error| visit.refuse(page_code(&error.into())))?;
    Ok(Redirect::to(&format!("/authorize/{}", id.expose())).into_response())
}

/// `GET /authorize/{stored}`.
pub async fn stored(visit: Visit, Segment(id): Segment) -> Result<Response, Refused> {
    let id = Bearer::parse(&id).ok_or_else(|| visit.refuse("transaction_unknown"))?;
    let key = Key::hash("authorize", &id.hash());
    let found: Result<Option<AuthorizationRequest>, _> = visit.cache.get_json(&key, visit.clock.now()).await;
    let found = found.map_err(|error| visit.refuse(page_code(&error.into())))?;
    let request = found.ok_or_else(|| visit.refuse("transaction_unknown"))?;
    let portal = Portal::find(&*visit.store, &request.client_id).await;
    let portal = portal.map_err(|error| visit.refuse(page_code(&error)))?;
    let portal = portal.ok_or_else(|| visit.refuse("portal_unknown"))?;
    proceed(visit, request, portal).await
}

async fn receive(visit: Visit, parameters: Vec<(String, String)>) -> Result<Response, Refused> {
    match authorize::receive(&visit.provider(), &parameters).await {
        Ok((request, portal)) => proceed(visit, request, portal).await,
        Err(refusal) => refused(&visit, refusal),
    }
}

async fn proceed(visit: Visit, request: AuthorizationRequest, portal: Portal) -> Result<Response, Refused> {
    let provider = visit.provider();
    let session = visit.session().await.map_err(|error| visit.refuse(page_code(&error)))?;
    let next = decide(&provider, &portal, &request, session.as_ref(), Arrival::Earlier).await;
    match (next.map_err(|error| visit.refuse(page_code(&error)))?, session) {
        (Next::Grant, Some(session)) => match grant::issue(&provider, &portal, request, &session).await {
            Ok(location) => {
                audit_again(&visit, &portal, &session).await?;
                Ok(Redirect::to(&location).into_response())
            }
            Err(refusal) => refused(&visit, refusal),
        },
        (Next::Refuse(error), _) => {
            let description = "the person would have to be shown a page";
            Ok(Redirect::to(&request.refuse(error, description, provider.issuer).location()).into_response())
        }
        _ => {
            visit.count().await?;
            let (browser, cookie) = visit.name_browser();
            let opened = visit.open_transaction(&browser, request).await;
            let id = opened.map_err(|error| visit.refuse(login_code(&error)))?;
            let mut response = Redirect::to(&format!("/t/{id}")).into_response();
            if let Some(cookie) = cookie {
                response.headers_mut().append(SET_COOKIE, cookie);
            }
            Ok(response)
        }
    }
}

/// Writes down that a session served a portal without a new proof.
pub async fn audit_again(visit: &Visit, portal: &Portal, session: &Session) -> Result<(), Refused> {
    let record = json!({
        "client_id": portal.client_id, "sid": session.sid(),
        "certificate": session.authenticated().facts().certificate,
    });
    let audited = visit.audit(&visit.incident(), "login_again", record).await;
    audited.map_err(|error| visit.refuse(page_code(&error.into())))
}

/// A refusal at the portal, where that is proven, or here.
pub fn refused(visit: &Visit, refusal: Refusal) -> Result<Response, Refused> {
    match refusal {
        Refusal::Redirect(error) => {
            tracing::info!(error = error.error.word(), description = error.description, "refused to the portal");
            Ok(Redirect::to(&error.location()).into_response())
        }
        Refusal::Page(error) => {
            tracing::info!(%error, "refused on a page");
            Err(visit.refuse(page_code(&error)))
        }
    }
}
