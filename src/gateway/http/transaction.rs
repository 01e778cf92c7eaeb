//! The sign-in page and its buttons.

use super::authorize::{audit_again, refused};
use super::error::{Refused, login_code, page_code};
use super::policy_with_form_to;
use super::visit::{Fields, Segment, Visit};
use crate::gateway::login::{Progress, Transaction};
use crate::gateway::pages;
use crate::i18n;
use crate::oidc::session::{Arrival, Next, Session, decide};
use crate::oidc::{ErrorCode, Portal, grant};
use axum::Json;
use axum::extract::RawQuery;
use axum::http::header::{CONTENT_SECURITY_POLICY, REFERRER_POLICY};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use serde_json::json;

/// `GET /`: back to the sign-in that goes on in this browser; else a word to those who came without a portal.
pub async fn home(visit: Visit) -> Result<Response, Refused> {
    if let Some(browser) = &visit.browser {
        let latest = visit.latest_transaction(browser).await;
        if let Some(transaction) = latest.map_err(|error| visit.refuse(login_code(&error)))? {
            return Ok(Redirect::to(&format!("/t/{}", transaction.id)).into_response());
        }
    }
    let page = visit.page(&[]);
    Ok(visit.render(StatusCode::OK, &pages::Home { page: &page }))
}

/// The portal of a transaction. One that was removed meanwhile ends it.
pub async fn portal_of(visit: &Visit, transaction: &Transaction) -> Result<Portal, Refused> {
    let found = Portal::find(&*visit.store, &transaction.request.client_id).await;
    let found = found.map_err(|error| visit.refuse(page_code(&error)))?;
    found.ok_or_else(|| visit.refuse("portal_unknown"))
}

async fn find(visit: &Visit, id: &str) -> Result<Transaction, Refused> {
    let found = visit.transaction(id, visit.browser.as_ref()).await;
    found.map_err(|error| visit.refuse(login_code(&error)))
}

async fn progress(visit: &Visit, transaction: &Transaction) -> Result<Progress, Refused> {
    visit.progress(transaction).await.map_err(|error| visit.refuse(login_code(&error)))
}

/// The session, if she may simply continue with it.
async fn confirmable(visit: &Visit, transaction: &Transaction, portal: &Portal) -> Result<Option<Session>, Refused> {
    let failed = |error: crate::oidc::Error| visit.refuse(page_code(&error));
    let session = visit.session().await.map_err(failed)?;
    let provider = visit.provider();
    let next = decide(&provider, portal, &transaction.request, session.as_ref(), Arrival::Earlier).await;
    Ok(match next.map_err(failed)? {
        Next::Confirm | Next::Grant => session,
        Next::SignIn(_) | Next::Refuse(_) => None,
    })
}

/// `GET /t/{id}`: who asks, for what, and the ways in.
pub async fn show(visit: Visit, Segment(id): Segment, RawQuery(query): RawQuery) -> Result<Response, Refused> {
    let transaction = find(&visit, &id).await?;
    let portal = portal_of(&visit, &transaction).await?;
    let progress = progress(&visit, &transaction).await?;
    if progress == Progress::Done {
        return Err(visit.refuse("completion_spent"));
    }
    let page = visit.page(&transaction.request.ui_locales);
    let tag = page.language.tag();
    let (name, host) = (portal.name_in(&[tag]), transaction.request.redirect_uri.host());
    let wants_other = query.unwrap_or_default().split('&').any(|part| part == "other");
    let session = if wants_other { None } else { confirmable(&visit, &transaction, &portal).await? };
    let session = session.as_ref().map(Session::authenticated);
    let mut response = match session.and_then(|known| Some((known, known.decision(visit.clock.now())?))) {
        Some((known, decision)) => {
            let subject = known.subject();
            let trust = visit.trust.current();
            let issuer = trust.issuer(&known.facts().issuer);
            visit.render(
                StatusCode::OK,
                &pages::Continue {
                    page: &page,
                    portal: name,
                    return_host: host,
                    level: decision.level,
                    name: &subject.name.display,
                    organisation: subject.organisation.as_ref().map(|organisation| organisation.name.as_str()),
                    issuer: issuer.map_or("", |issuer| issuer.rules.name.for_language(tag)),
                    action: &format!("/t/{id}/continue"),
                    transaction: &id,
                    from_agent: false,
                },
            )
        }
        None => {
            let refused = match &progress {
                Progress::Refused { code, incident } => {
                    Some((i18n::advice(page.language, code, &[]), incident.as_str()))
                }
                _ => None,
            };
            visit.render(
                StatusCode::OK,
                &pages::SignIn {
                    page: &page,
                    portal: name,
                    return_host: host,
                    level: transaction.request.level,
                    transaction: &id,
                    refused,
                },
            )
        }
    };
    // The agent must see which gateway sent the browser; it gets the origin and not the address of this page.
    response.headers_mut().insert(REFERRER_POLICY, HeaderValue::from_static("origin"));
    allow_return(&mut response, &transaction);
    Ok(response)
}

/// Lets a page's form end at the transaction's portal.
pub fn allow_return(response: &mut Response, transaction: &Transaction) {
    if let Some(policy) = policy_with_form_to(transaction.request.redirect_uri.as_str()) {
        response.headers_mut().insert(CONTENT_SECURITY_POLICY, policy);
    }
}

/// `GET /t/{id}/agent`: the click. Mints a handle and sends the browser to the agent on its own computer.
pub async fn agent(visit: Visit, Segment(id): Segment) -> Result<Response, Refused> {
    let transaction = find(&visit, &id).await?;
    if progress(&visit, &transaction).await? == Progress::Done {
        return Err(visit.refuse("completion_spent"));
    }
    let language = visit.language(&transaction.request.ui_locales);
    let minted = visit.mint_handle(&transaction, language).await;
    let location = minted.map_err(|error| visit.refuse(login_code(&error)))?;
    let mut response = Redirect::to(&location).into_response();
    response.headers_mut().insert(REFERRER_POLICY, HeaderValue::from_static("origin"));
    Ok(response)
}

/// `GET /t/{id}/status`: how it is going, for the page that waits. It completes nothing.
pub async fn status(visit: Visit, Segment(id): Segment) -> Response {
    let Ok(transaction) = visit.transaction(&id, visit.browser.as_ref()).await else {
        return Json(json!({ "state": "gone" })).into_response();
    };
    let language = visit.language(&transaction.request.ui_locales);
    match visit.progress(&transaction).await {
        Ok(Progress::Refused { code, incident }) => {
            let advice = i18n::advice(language, &code, &[]);
            let incident = i18n::text(language, "incident", &[("incident", i18n::Value::Text(incident.as_str()))]);
            let state = json!({
                "state": "refused", "code": code, "what": advice.what, "next": advice.next, "incident": incident,
            });
            Json(state).into_response()
        }
        Ok(progress) => Json(progress).into_response(),
        Err(error) => {
            tracing::error!(%error, "cannot tell how a sign-in is going");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// `POST /t/{id}/cancel`: back to the portal without signing in.
pub async fn cancel(visit: Visit, Segment(id): Segment) -> Result<Response, Refused> {
    visit.same_origin()?;
    let transaction = find(&visit, &id).await?;
    let burnt = visit.burn(&transaction.hash).await;
    burnt.map_err(|error| visit.refuse(login_code(&error)))?;
    let error =
        transaction.request.refuse(ErrorCode::AccessDenied, "the person cancelled the sign-in", &visit.config.issuer);
    Ok(Redirect::to(&error.location()).into_response())
}

/// `POST /t/{id}/continue`: she says yes or no to continuing as who she is signed in already.
pub async fn proceed(visit: Visit, Segment(id): Segment, fields: Fields) -> Result<Response, Refused> {
    visit.same_origin()?;
    let transaction = find(&visit, &id).await?;
    if !fields.say_yes() {
        return Ok(Redirect::to(&format!("/t/{id}?other")).into_response());
    }
    let portal = portal_of(&visit, &transaction).await?;
    let Some(session) = confirmable(&visit, &transaction, &portal).await? else {
        return Ok(Redirect::to(&format!("/t/{id}?other")).into_response());
    };
    let burnt = visit.burn(&transaction.hash).await;
    burnt.map_err(|error| visit.refuse(login_code(&error)))?;
    match grant::issue(&visit.provider(), &portal, transaction.request, &session).await {
        Ok(location) => {
            audit_again(&visit, &portal, &session).await?;
            Ok(Redirect::to(&location).into_response())
        }
        Err(refusal) => refused(&visit, refusal),
    }
}
