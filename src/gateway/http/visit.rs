//! Who calls: the browser's cookies and language, read once.

use super::cookie;
use super::error::{Refused, login_code};
use crate::gateway::Gateway;
use crate::gateway::pages::Page;
use crate::i18n::Language;
use crate::oidc;
use crate::oidc::session::{self, Session};
use crate::secret::Bearer;
use crate::serve::Peer;
use askama::Template;
use axum::extract::{FromRequest, FromRequestParts, Path, RawForm, Request};
use axum::http::header::{ACCEPT_LANGUAGE, ORIGIN, SET_COOKIE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{Html, IntoResponse, Response};
use std::convert::Infallible;
use std::net::IpAddr;
use std::ops::Deref;
use std::sync::Arc;

/// A segment of the address. One that is not UTF-8 is empty, and so names nothing.
pub struct Segment(pub String);

impl<S: Send + Sync> FromRequestParts<S> for Segment {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        let path = Path::<String>::from_request_parts(parts, state).await;
        Ok(Self(path.map(|Path(text)| text).unwrap_or_default()))
    }
}

/// The fields of a form of our own pages. What is no such form has none.
pub struct Fields(Vec<(String, String)>);

impl<S: Send + Sync> FromRequest<S> for Fields {
    type Rejection = Infallible;

    async fn from_request(request: Request, state: &S) -> Result<Self, Infallible> {
        let form = RawForm::from_request(request, state).await;
        Ok(Self(form.map(|RawForm(form)| super::parameters(&form)).unwrap_or_default()))
    }
}

impl Fields {
    /// Whether she pressed the button that says yes.
    pub fn say_yes(&self) -> bool {
        self.0.iter().any(|(name, value)| name == "answer" && value == "yes")
    }
}

/// One request of a browser.
pub struct Visit {
    gateway: Arc<Gateway>,
    /// The browser's cookie.
    pub browser: Option<Bearer>,
    session: Option<String>,
    chosen: Option<Language>,
    /// Chosen just now, by the switch on the page.
    switched: Option<Language>,
    accepted: Language,
    address: Option<IpAddr>,
    origin: Option<String>,
    fetch_site: Option<String>,
}

impl FromRequestParts<Arc<Gateway>> for Visit {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, gateway: &Arc<Gateway>) -> Result<Self, Infallible> {
        let headers = &parts.headers;
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let query = parts.uri.query().unwrap_or_default();
        let switched = url::form_urlencoded::parse(query.as_bytes())
            .find(|(name, _)| name == "lang")
            .and_then(|(_, tag)| Language::parse(&tag));
        Ok(Self {
            gateway: Arc::clone(gateway),
            browser: cookie::read(headers, cookie::BROWSER).and_then(Bearer::parse),
            session: cookie::read(headers, cookie::SESSION).map(str::to_owned),
            chosen: cookie::read(headers, cookie::LANGUAGE).and_then(Language::parse),
            switched,
            accepted: Language::from_accept_language(text(ACCEPT_LANGUAGE.as_str()).as_deref().unwrap_or_default()),
            address: parts.extensions.get::<Peer>().map(|Peer(peer)| peer.ip()),
            origin: text(ORIGIN.as_str()),
            fetch_site: text("sec-fetch-site"),
        })
    }
}

impl Deref for Visit {
    type Target = Gateway;

    fn deref(&self) -> &Gateway {
        &self.gateway
    }
}

impl Visit {
    /// The language to speak: what the citizen chose, else what the portal asked for, else what the browser says.
    pub fn language(&self, asked: &[String]) -> Language {
        let asked = || asked.iter().find_map(|tag| Language::parse(tag));
        self.switched.or(self.chosen).or_else(asked).unwrap_or(self.accepted)
    }

    /// The frame of a page.
    pub fn page(&self, asked: &[String]) -> Page {
        Page {
            language: self.language(asked),
            host: self.gateway.config.issuer.host_and_port().to_owned(),
            support: self.gateway.config.support.clone(),
        }
    }

    /// Renders a page.
    pub fn render(&self, status: StatusCode, page: &impl Template) -> Response {
        match page.render() {
            Ok(html) => (status, self.language_cookie(), Html(html)).into_response(),
            Err(error) => {
                tracing::error!(%error, "a page does not render");
                StatusCode::INTERNAL_SERVER_ERROR.into_response()
            }
        }
    }

    fn language_cookie(&self) -> HeaderMap {
        let mut headers = HeaderMap::new();
        if let Some(language) = self.switched {
            headers.insert(SET_COOKIE, cookie::set_language(language));
        }
        headers
    }

    /// The session of the browser.
    pub async fn session(&self) -> Result<Option<Session>, oidc::Error> {
        match &self.session {
            Some(cookie) => session::find(&self.gateway.provider(), cookie).await,
            None => Ok(None),
        }
    }

    /// Refuses a POST that no page of ours sent.
    pub fn same_origin(&self) -> Result<(), Refused> {
        let site = self.fetch_site.as_deref();
        let is_ours = self.origin.as_deref() == Some(self.gateway.config.issuer.as_str())
            && site.is_none_or(|site| site == "same-origin");
        if is_ours { Ok(()) } else { Err(self.refuse("not_same_origin")) }
    }

    /// A refusal page.
    pub fn refuse(&self, code: &'static str) -> Refused {
        Refused::new(self.page(&[]), code, self.gateway.incident())
    }

    /// Counts a sign-in that this address begins.
    pub async fn count(&self) -> Result<(), Refused> {
        match self.address {
            Some(address) => self.gateway.count_address(address).await.map_err(|error| self.refuse(login_code(&error))),
            None => Ok(()),
        }
    }

    /// A `Set-Cookie` with the browser's name, when it has none yet.
    pub fn name_browser(&self) -> (Bearer, Option<HeaderValue>) {
        match &self.browser {
            Some(browser) => (browser.clone(), None),
            None => {
                let browser = Bearer::random(&*self.gateway.rng);
                let header = cookie::set(cookie::BROWSER, &browser);
                (browser, Some(header))
            }
        }
    }
}
