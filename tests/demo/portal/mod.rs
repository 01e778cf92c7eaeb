//! The demo portal: an ordinary OpenID Connect client with two pages.
//!
//! Elements a test can hold on to: `#sign-in`, `#name`, `#level`, `#acr`, `#id-token`, `#userinfo`, `#sign-out`,
//! `#signed-out`, `#error-code`.

mod account;
mod provider;
mod sessions;
mod text;

use account::Account;
use askama::Template;
use axum::Router;
use axum::body::Body;
use axum::extract::rejection::QueryRejection;
use axum::extract::{DefaultBodyLimit, Path, Query, State};
use axum::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use axum::http::{Request, StatusCode};
use axum::middleware::{self, Next};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use brama::secret::Bearer;
use provider::Provider;
use sessions::Sessions;
use std::sync::Arc;
use text::{Advice, Language, Text};
use tokio::net::TcpListener;
use url::Url;

/// Names the browser to this portal.
const SESSION_COOKIE: &str = "portal_session";
/// The language chosen with the switch.
const LANGUAGE_COOKIE: &str = "portal_language";
/// The pages the language switch may return to.
const PAGES: [&str; 3] = ["/", "/account", "/signed-out"];

/// What the portal has to know.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The gateway.
    pub issuer: Url,
    /// Where the portal itself is reached: scheme, host, port.
    pub origin: Url,
    /// The portal's name at the gateway.
    pub client_id: String,
    /// Its password there.
    pub client_secret: String,
}

struct Portal {
    provider: Provider,
    sessions: Sessions,
    policy: HeaderValue,
}

type Shared = State<Arc<Portal>>;

/// Serves the portal until it is dropped.
pub async fn serve(listener: TcpListener, settings: Settings) -> anyhow::Result<()> {
    axum::serve(listener, router(settings)?).await?;
    Ok(())
}

fn router(settings: Settings) -> anyhow::Result<Router> {
    let provider = Provider::new(&settings.issuer, &settings.origin, settings.client_id, settings.client_secret)?;
    // Chromium holds redirects that follow a form against form-action, hence the gateway's origin.
    let policy = HeaderValue::try_from(format!(
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self' {}; base-uri 'none'; \
         frame-ancestors 'none'",
        settings.issuer.origin().ascii_serialization()
    ))?;
    let portal = Arc::new(Portal { provider, sessions: Sessions::default(), policy });
    Ok(Router::new()
        .route("/", get(home))
        .route("/account", get(account_page))
        .route("/sign-in", post(sign_in))
        .route("/callback", get(callback))
        .route("/sign-out", post(sign_out))
        .route("/signed-out", get(signed_out))
        .route("/language/{tag}", get(choose_language))
        .route("/style.css", get(|| async { asset("text/css; charset=utf-8", include_str!("pages/style.css")) }))
        .route("/ornament.svg", get(|| async { asset("image/svg+xml", include_str!("pages/ornament.svg")) }))
        .route("/favicon.svg", get(|| async { asset("image/svg+xml", include_str!("pages/favicon.svg")) }))
        .fallback(not_found)
        .layer(DefaultBodyLimit::max(16 * 1024))
        .layer(middleware::from_fn_with_state(portal.clone(), harden))
        .with_state(portal))
}

/// What every page has in common.
struct Frame {
    text: &'static Text,
    language: Language,
    /// Where the language switch returns to.
    page: &'static str,
    /// The gateway's host, for the footer.
    gateway: String,
}

impl Frame {
    fn new(portal: &Portal, language: Language, page: &'static str) -> Self {
        let gateway = portal.provider.issuer().split("://").last().unwrap_or_default().to_owned();
        Self { text: language.text(), language, page, gateway }
    }
}

#[derive(Template)]
#[template(path = "home.html", config = "tests/demo/portal/askama.toml")]
struct HomePage {
    frame: Frame,
}

#[derive(Template)]
#[template(path = "account.html", config = "tests/demo/portal/askama.toml")]
struct AccountPage {
    frame: Frame,
    account: Account,
}

#[derive(Template)]
#[template(path = "signed_out.html", config = "tests/demo/portal/askama.toml")]
struct SignedOutPage {
    frame: Frame,
}

#[derive(Template)]
#[template(path = "error.html", config = "tests/demo/portal/askama.toml")]
struct ErrorPage<'a> {
    frame: Frame,
    advice: &'static Advice,
    code: &'a str,
}

fn render(status: StatusCode, page: &impl Template) -> Response {
    match page.render() {
        Ok(html) => (status, Html(html)).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

fn refuse(portal: &Portal, language: Language, status: StatusCode, code: &str) -> Response {
    // A code from outside is shown as text, cut to what a code can be.
    let shown: String = code.chars().filter(|c| c.is_ascii_alphanumeric() || "_-.".contains(*c)).take(64).collect();
    let frame = Frame::new(portal, language, "/");
    render(status, &ErrorPage { advice: frame.text.advice(code), frame, code: &shown })
}

async fn home(State(portal): Shared, visitor: HeaderMap) -> Response {
    if cookie(&visitor).is_some_and(|cookie| portal.sessions.person(&cookie).is_some()) {
        return Redirect::to("/account").into_response();
    }
    render(StatusCode::OK, &HomePage { frame: Frame::new(&portal, language(&visitor), "/") })
}

async fn account_page(State(portal): Shared, visitor: HeaderMap) -> Response {
    let Some(person) = cookie(&visitor).and_then(|cookie| portal.sessions.person(&cookie)) else {
        return Redirect::to("/").into_response();
    };
    let frame = Frame::new(&portal, language(&visitor), "/account");
    let account = Account::new(&person.id_token, &person.userinfo, frame.text);
    render(StatusCode::OK, &AccountPage { frame, account })
}

async fn sign_in(State(portal): Shared, visitor: HeaderMap) -> Response {
    let language = language(&visitor);
    match portal.provider.begin(language).await {
        Ok((address, attempt)) => {
            let set = portal.sessions.begin(cookie(&visitor).as_ref(), attempt);
            with_cookie(set, Redirect::to(address.as_str()))
        }
        Err(error) => {
            eprintln!("{}: {error}", error.code());
            refuse(&portal, language, StatusCode::BAD_GATEWAY, error.code())
        }
    }
}

#[derive(serde::Deserialize)]
struct Answer {
    state: Option<String>,
    code: Option<String>,
    error: Option<String>,
    error_description: Option<String>,
    iss: Option<String>,
}

async fn callback(
    State(portal): Shared,
    visitor: HeaderMap,
    answer: Result<Query<Answer>, QueryRejection>,
) -> Response {
    let language = language(&visitor);
    let refuse = |code: &str| refuse(&portal, language, StatusCode::BAD_REQUEST, code);
    let Ok(Query(answer)) = answer else { return refuse("attempt_unknown") };
    let own = cookie(&visitor);
    let attempt = own.as_ref().and_then(|own| portal.sessions.take(own, answer.state.as_deref()?));
    let (Some(own), Some(attempt)) = (own, attempt) else { return refuse("attempt_unknown") };
    if let Err(error) = portal.provider.check_issuer(answer.iss.as_deref()) {
        eprintln!("{}: {error}", error.code());
        return refuse(error.code());
    }
    if let Some(error) = answer.error {
        eprintln!("the gateway answered {error:?}: {:?}", answer.error_description);
        return refuse(&error);
    }
    match portal.provider.finish(attempt, answer.code.unwrap_or_default()).await {
        Ok(person) => with_cookie(Some(portal.sessions.sign_in(&own, person)), Redirect::to("/account")),
        Err(error) => {
            eprintln!("{}: {error}", error.code());
            refuse(error.code())
        }
    }
}

async fn sign_out(State(portal): Shared, visitor: HeaderMap) -> Response {
    let person = cookie(&visitor).and_then(|cookie| portal.sessions.sign_out(&cookie));
    let address = person.and_then(|person| portal.provider.end_session(&person, language(&visitor)));
    let next = address.as_ref().map_or("/signed-out", Url::as_str);
    let forget = format!("{SESSION_COOKIE}=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0");
    ([(header::SET_COOKIE, forget)], Redirect::to(next)).into_response()
}

async fn signed_out(State(portal): Shared, visitor: HeaderMap) -> Response {
    render(StatusCode::OK, &SignedOutPage { frame: Frame::new(&portal, language(&visitor), "/signed-out") })
}

#[derive(serde::Deserialize)]
struct Return {
    to: Option<String>,
}

async fn choose_language(
    State(portal): Shared,
    visitor: HeaderMap,
    Path(tag): Path<String>,
    back: Result<Query<Return>, QueryRejection>,
) -> Response {
    let Some(chosen) = Language::ALL.into_iter().find(|language| language.tag() == tag) else {
        return not_found(State(portal), visitor).await;
    };
    let to = back.ok().and_then(|Query(back)| back.to).unwrap_or_default();
    let to = PAGES.into_iter().find(|page| *page == to).unwrap_or("/");
    let remember = format!("{LANGUAGE_COOKIE}={}; Path=/; SameSite=Lax; Max-Age=31536000", chosen.tag());
    ([(header::SET_COOKIE, remember)], Redirect::to(to)).into_response()
}

async fn not_found(State(portal): Shared, visitor: HeaderMap) -> Response {
    refuse(&portal, language(&visitor), StatusCode::NOT_FOUND, "not_found")
}

fn asset(kind: &'static str, body: &'static str) -> Response {
    ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "max-age=600")], body).into_response()
}

async fn harden(State(portal): Shared, request: Request<Body>, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, portal.policy.clone());
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    headers.insert(HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin"));
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

fn with_cookie(set: Option<Bearer>, response: impl IntoResponse) -> Response {
    // Not Secure: the demo runs on loopback without TLS.
    let cookie = set.map(|cookie| format!("{SESSION_COOKIE}={}; Path=/; HttpOnly; SameSite=Lax", cookie.expose()));
    match cookie {
        Some(cookie) => ([(header::SET_COOKIE, cookie)], response).into_response(),
        None => response.into_response(),
    }
}

fn cookie_value<'a>(visitor: &'a HeaderMap, name: &str) -> Option<&'a str> {
    visitor
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|header| header.to_str().ok())
        .flat_map(|header| header.split(';'))
        .find_map(|pair| pair.trim().strip_prefix(name)?.strip_prefix('='))
}

fn cookie(visitor: &HeaderMap) -> Option<Bearer> {
    Bearer::parse(cookie_value(visitor, SESSION_COOKIE)?)
}

fn language(visitor: &HeaderMap) -> Language {
    cookie_value(visitor, LANGUAGE_COOKIE).and_then(Language::parse).unwrap_or_else(|| {
        let header = visitor.get(header::ACCEPT_LANGUAGE).and_then(|header| header.to_str().ok());
        Language::negotiate(header.unwrap_or_default())
    })
}

#[cfg(test)]
mod tests;
