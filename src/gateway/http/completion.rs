//! The way back: shown to the browser that began, answered by it once.

use super::authorize::refused;
use super::cookie;
use super::error::{Refused, login_code, page_code};
use super::transaction::{allow_return, portal_of};
use super::visit::{Fields, Segment, Visit};
use crate::gateway::pages;
use crate::oidc::grant;
use crate::oidc::session::{self, Arrival, Lifetimes, Next, decide};
use axum::http::StatusCode;
use axum::http::header::SET_COOKIE;
use axum::response::{IntoResponse, Redirect, Response};
use serde_json::json;

/// `GET /c/{completion}`: "Continue as NAME".
pub async fn show(visit: Visit, Segment(text): Segment) -> Result<Response, Refused> {
    let found = visit.completion(&text, visit.browser.as_ref()).await;
    let (_, completion, transaction) = found.map_err(|error| visit.refuse(login_code(&error)))?;
    let portal = portal_of(&visit, &transaction).await?;
    let page = visit.page(&transaction.request.ui_locales);
    let tag = page.language.tag();
    let known = &completion.authenticated;
    let subject = known.subject();
    let decision = known.decision(visit.clock.now()).ok_or_else(|| visit.refuse("status_lapsed"))?;
    let trust = visit.trust.current();
    let issuer = trust.issuer(&known.facts().issuer);
    let mut response = visit.render(
        StatusCode::OK,
        &pages::Continue {
            page: &page,
            portal: portal.name_in(&[tag]),
            return_host: transaction.request.redirect_uri.host(),
            level: decision.level,
            name: &subject.name.display,
            organisation: subject.organisation.as_ref().map(|organisation| organisation.name.as_str()),
            issuer: issuer.map_or("", |issuer| issuer.rules.name.for_language(tag)),
            action: &format!("/c/{text}"),
            transaction: &transaction.id,
            from_agent: true,
        },
    );
    allow_return(&mut response, &transaction);
    Ok(response)
}

/// `POST /c/{completion}`: her "Continue" starts the session under a new cookie; "not me" goes back to the choice.
pub async fn answer(visit: Visit, Segment(text): Segment, fields: Fields) -> Result<Response, Refused> {
    visit.same_origin()?;
    let failed = |error: crate::oidc::Error| visit.refuse(page_code(&error));
    let declined = |error: crate::gateway::login::Error| visit.refuse(login_code(&error));
    let found = visit.completion(&text, visit.browser.as_ref()).await;
    let (bearer, completion, transaction) = found.map_err(declined)?;
    let portal = portal_of(&visit, &transaction).await?;
    let record = json!({
        "client_id": portal.client_id, "certificate": completion.authenticated.facts().certificate,
    });
    if !fields.say_yes() {
        visit.decline(&bearer, &transaction).await.map_err(declined)?;
        let audited = visit.audit(&completion.incident, "login_declined", record).await;
        audited.map_err(|error| failed(error.into()))?;
        return Ok(Redirect::to(&format!("/t/{}", transaction.id)).into_response());
    }
    visit.spend_completion(&bearer, &transaction).await.map_err(declined)?;
    let provider = visit.provider();
    let before = visit.session().await.map_err(failed)?;
    let begun = session::begin(&provider, completion.authenticated, Lifetimes::default()).await;
    let (cookie, session) = begun.map_err(failed)?;
    // Somebody else was signed in here: her session does not outlive the change. The same person's goes on for the
    // portals it serves and lapses by itself; its cookie is gone from this browser.
    if let Some(before) = before.filter(|before| before.person() != session.person()) {
        session::end(&provider, &before).await.map_err(failed)?;
    }
    let audited = visit.audit(&completion.incident, "login", record).await;
    audited.map_err(|error| failed(error.into()))?;
    let next = decide(&provider, &portal, &transaction.request, Some(&session), Arrival::SignedIn).await;
    let mut response = match next.map_err(failed)? {
        Next::Refuse(error) => {
            let description = "the login does not do for this request";
            let error = transaction.request.refuse(error, description, provider.issuer);
            Redirect::to(&error.location()).into_response()
        }
        Next::Grant | Next::Confirm | Next::SignIn(_) => {
            match grant::issue(&provider, &portal, transaction.request, &session).await {
                Ok(location) => Redirect::to(&location).into_response(),
                Err(refusal) => refused(&visit, refusal)?,
            }
        }
    };
    response.headers_mut().append(SET_COOKIE, cookie::set(cookie::SESSION, &cookie));
    Ok(response)
}
