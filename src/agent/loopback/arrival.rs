//! What must be true of a request before anything is done about it (design: the card login, step 3).

use crate::agent::config::Gateway;
use crate::secret::Bearer;
use hyper::header::{CONTENT_LENGTH, HOST, HeaderName, REFERER, TRANSFER_ENCODING};
use hyper::http::request::Parts;
use hyper::{Method, StatusCode};
use std::net::SocketAddrV4;

const SEC_FETCH_MODE: HeaderName = HeaderName::from_static("sec-fetch-mode");
const SEC_FETCH_DEST: HeaderName = HeaderName::from_static("sec-fetch-dest");
const SEC_PURPOSE: HeaderName = HeaderName::from_static("sec-purpose");
/// What Sec-Purpose was called before.
const PURPOSE: HeaderName = HeaderName::from_static("purpose");
/// What Firefox says of a prefetch.
const X_MOZ: HeaderName = HeaderName::from_static("x-moz");

/// Why a request is turned away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// Host is another name than the one the agent is bound to: DNS rebinding, or not for us.
    #[error("the Host is not the agent's address")]
    Host,
    /// There is only one address here.
    #[error("there is nothing at this address")]
    Path,
    /// There is only GET.
    #[error("the method is not GET")]
    Method,
    /// A GET of a browser has no body.
    #[error("the request has a body")]
    Body,
    /// Something in a browser's page asks, not its address bar.
    #[error("the request is no top-level navigation")]
    NotNavigation,
    /// The browser loads ahead; nobody clicked.
    #[error("the request is speculative")]
    Prefetch,
    /// The gateway is not on the list.
    #[error("the gateway is not on the list")]
    GatewayUnknown,
    /// The browser does not say which page the click was on.
    #[error("the request has no Referer")]
    RefererMissing,
    /// The click was on somebody else's page.
    #[error("the Referer is not the gateway's origin")]
    RefererForeign,
    /// The socket belongs to another user of this computer, or cannot be found.
    #[error("the connection is not the agent's own user's")]
    ForeignUser,
    /// A login is already open.
    #[error("another login is open")]
    Busy,
}

/// How a refusal looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// A page for a person who came by a click.
    Page,
    /// Nothing but the status: whoever asks is no person in a browser of this user.
    Bare,
}

impl Refusal {
    /// The stable word.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Host => "agent_host",
            Self::Path => "agent_path",
            Self::Method => "agent_method",
            Self::Body => "agent_body",
            Self::NotNavigation => "agent_not_navigation",
            Self::Prefetch => "agent_prefetch",
            Self::GatewayUnknown => "agent_gateway_unknown",
            Self::RefererMissing => "agent_referer_missing",
            Self::RefererForeign => "agent_referer_foreign",
            Self::ForeignUser => "agent_foreign_user",
            Self::Busy => "agent_busy",
        }
    }

    /// The codes that a page tells.
    pub const CODES: &[&str] = &[
        "agent_not_navigation",
        "agent_gateway_unknown",
        "agent_referer_missing",
        "agent_referer_foreign",
        "agent_busy",
    ];

    /// The status it is answered with.
    pub const fn status(self) -> StatusCode {
        match self {
            Self::Host => StatusCode::MISDIRECTED_REQUEST,
            Self::Path => StatusCode::NOT_FOUND,
            Self::Method => StatusCode::METHOD_NOT_ALLOWED,
            Self::Body => StatusCode::BAD_REQUEST,
            Self::Busy => StatusCode::CONFLICT,
            _ => StatusCode::FORBIDDEN,
        }
    }

    /// Whether a person is told.
    pub const fn look(self) -> Look {
        match self {
            Self::NotNavigation | Self::GatewayUnknown | Self::RefererMissing | Self::RefererForeign | Self::Busy => {
                Look::Page
            }
            _ => Look::Bare,
        }
    }
}

/// A request that passed.
#[derive(Debug)]
pub struct Admitted<'a> {
    /// The gateway it came from.
    pub gateway: &'a Gateway,
    /// The right to fetch the login request, once.
    pub handle: Bearer,
}

struct Arrival<'a> {
    head: &'a Parts,
    local: SocketAddrV4,
    route: Option<(&'a str, Bearer)>,
    gateway: Option<&'a Gateway>,
}

type Check = fn(&Arrival<'_>) -> Result<(), Refusal>;

/// The checks, in order. A page is shown only from the sixth on: whoever fails one before is no browser of ours, and
/// learns nothing.
const CHECKS: [Check; 9] = [
    |it| require(single(it, HOST) == Some(it.local.to_string().as_str()), Refusal::Host),
    // The absolute form of a request's target names another authority.
    |it| require(it.head.uri.authority().is_none() && it.route.is_some(), Refusal::Path),
    |it| require(it.head.method == Method::GET, Refusal::Method),
    |it| require(absent(it, &[CONTENT_LENGTH, TRANSFER_ENCODING]), Refusal::Body),
    |it| require(absent(it, &[SEC_PURPOSE, PURPOSE, X_MOZ]), Refusal::Prefetch),
    |it| require(single(it, SEC_FETCH_MODE) == Some("navigate"), Refusal::NotNavigation),
    |it| require(single(it, SEC_FETCH_DEST) == Some("document"), Refusal::NotNavigation),
    |it| require(it.gateway.is_some(), Refusal::GatewayUnknown),
    |it| {
        require(!absent(it, &[REFERER]), Refusal::RefererMissing)?;
        let expected = it.gateway.map(|gateway| format!("{}/", gateway.origin()));
        require(single(it, REFERER) == expected.as_deref(), Refusal::RefererForeign)
    },
];

/// Judges a request by its head alone. `local` is the address the agent is bound to.
pub fn admit<'a>(head: &'a Parts, local: SocketAddrV4, gateways: &'a [Gateway]) -> Result<Admitted<'a>, Refusal> {
    let route = route(head);
    let host = route.as_ref().map(|(host, _)| *host);
    let gateway = host.and_then(|host| listed(host, gateways));
    let arrival = Arrival { head, local, route, gateway };
    CHECKS.iter().try_for_each(|check| check(&arrival))?;
    match (arrival.gateway, arrival.route) {
        (Some(gateway), Some((_, handle))) => Ok(Admitted { gateway, handle }),
        // The checks have seen to both.
        _ => Err(Refusal::Path),
    }
}

/// The gateway a page may lead back to, if the address names one that is on the list.
pub fn named_gateway<'a>(head: &Parts, gateways: &'a [Gateway]) -> Option<&'a Gateway> {
    route(head).and_then(|(host, _)| listed(host, gateways))
}

/// `/login/<host[:port]>/<handle>` and nothing else.
fn route(head: &Parts) -> Option<(&str, Bearer)> {
    if head.uri.query().is_some() {
        return None;
    }
    let (host, handle) = head.uri.path().strip_prefix("/login/")?.split_once('/')?;
    Some((host, Bearer::parse(handle)?))
}

fn listed<'a>(host: &str, gateways: &'a [Gateway]) -> Option<&'a Gateway> {
    gateways.iter().find(|gateway| gateway.origin().host_and_port() == host)
}

/// A header that is there exactly once.
fn single<'a>(it: &Arrival<'a>, name: HeaderName) -> Option<&'a str> {
    let mut values = it.head.headers.get_all(name).iter();
    let value = values.next()?.to_str().ok()?;
    values.next().is_none().then_some(value)
}

fn absent(it: &Arrival<'_>, names: &[HeaderName]) -> bool {
    names.iter().all(|name| !it.head.headers.contains_key(name))
}

fn require(holds: bool, refusal: Refusal) -> Result<(), Refusal> {
    if holds { Ok(()) } else { Err(refusal) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::{HttpClient, PlainHttp, Reach};
    use proptest::prelude::*;
    use url::Url;

    const HANDLE: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

    fn gateways() -> Vec<Gateway> {
        let client = HttpClient::new(rustls::RootCertStore::empty(), Reach::Any, PlainHttp::LoopbackOnly);
        let of = |url: &str| Gateway::new(&Url::parse(url).expect("parses"), client.clone()).expect("fits");
        vec![of("https://id.example"), of("http://127.0.0.2:8080"), of("https://[2001:db8::1]:8443")]
    }

    const GOOD: [(&str, &str); 4] = [
        ("host", "127.0.0.1:24817"),
        ("sec-fetch-mode", "navigate"),
        ("sec-fetch-dest", "document"),
        ("referer", "https://id.example/"),
    ];

    fn judged(method: &str, target: &str, headers: &[(&str, &str)]) -> Result<(), Refusal> {
        let mut builder = hyper::Request::builder().method(method).uri(target);
        for (name, value) in headers {
            builder = builder.header(*name, *value);
        }
        let (head, ()) = builder.body(()).expect("builds").into_parts();
        let local = "127.0.0.1:24817".parse().expect("parses");
        admit(&head, local, &gateways()).map(drop)
    }

    /// The good request with one header put in place of its like, or taken out.
    fn with(name: &str, value: Option<&str>) -> Result<(), Refusal> {
        let kept = GOOD.iter().filter(|(other, _)| *other != name).copied();
        let headers: Vec<_> = kept.chain(value.map(|value| (name, value))).collect();
        judged("GET", &format!("/login/id.example/{HANDLE}"), &headers)
    }

    #[test]
    fn a_click_on_the_gateways_page_is_let_in() {
        assert_eq!(judged("GET", &format!("/login/id.example/{HANDLE}"), &GOOD), Ok(()));
        let mut headers = GOOD;
        headers[3].1 = "http://127.0.0.2:8080/";
        assert_eq!(judged("GET", &format!("/login/127.0.0.2:8080/{HANDLE}"), &headers), Ok(()));
        headers[3].1 = "https://[2001:db8::1]:8443/";
        assert_eq!(judged("GET", &format!("/login/[2001:db8::1]:8443/{HANDLE}"), &headers), Ok(()));
    }

    #[test]
    fn each_header_has_its_refusal() {
        for (name, value, refusal) in [
            ("host", None, Refusal::Host),
            ("host", Some("localhost:24817"), Refusal::Host),
            ("host", Some("127.0.0.1"), Refusal::Host),
            ("host", Some("127.0.0.1:24818"), Refusal::Host),
            ("host", Some("rebound.example:24817"), Refusal::Host),
            ("host", Some("0.0.0.0:24817"), Refusal::Host),
            ("sec-fetch-mode", None, Refusal::NotNavigation),
            ("sec-fetch-mode", Some("cors"), Refusal::NotNavigation),
            ("sec-fetch-mode", Some("no-cors"), Refusal::NotNavigation),
            ("sec-fetch-mode", Some("websocket"), Refusal::NotNavigation),
            ("sec-fetch-dest", None, Refusal::NotNavigation),
            ("sec-fetch-dest", Some("iframe"), Refusal::NotNavigation),
            ("sec-purpose", Some("prefetch;prerender"), Refusal::Prefetch),
            ("purpose", Some("prefetch"), Refusal::Prefetch),
            ("x-moz", Some("prefetch"), Refusal::Prefetch),
            ("referer", None, Refusal::RefererMissing),
            ("referer", Some(""), Refusal::RefererForeign),
            ("referer", Some("https://id.example"), Refusal::RefererForeign),
            ("referer", Some("https://id.example/page"), Refusal::RefererForeign),
            ("referer", Some("http://id.example/"), Refusal::RefererForeign),
            ("referer", Some("https://id.example.evil/"), Refusal::RefererForeign),
            ("referer", Some("https://other.example/"), Refusal::RefererForeign),
            ("content-length", Some("0"), Refusal::Body),
            ("transfer-encoding", Some("chunked"), Refusal::Body),
        ] {
            assert_eq!(with(name, value), Err(refusal), "{name}: {value:?}");
        }
    }

    #[test]
    fn a_header_twice_is_none() {
        for (name, value) in GOOD {
            let headers: Vec<_> = GOOD.iter().copied().chain([(name, value)]).collect();
            let refused = judged("GET", &format!("/login/id.example/{HANDLE}"), &headers);
            assert!(refused.is_err(), "{name} twice");
        }
    }

    #[test]
    fn there_is_one_address() {
        for target in [
            "/",
            "/version",
            "/login",
            "/login/",
            "/login/id.example",
            "/login/id.example/",
            "/login/id.example/short",
            &format!("/login/id.example/{HANDLE}/"),
            &format!("/login/id.example/{HANDLE}?a=b"),
            &format!("/Login/id.example/{HANDLE}"),
            &format!("/login//id.example/{HANDLE}"),
            &format!("http://127.0.0.1:24817/login/id.example/{HANDLE}"),
        ] {
            assert_eq!(judged("GET", target, &GOOD), Err(Refusal::Path), "{target}");
        }
        let other = format!("/login/other.example/{HANDLE}");
        assert_eq!(judged("GET", &other, &GOOD), Err(Refusal::GatewayUnknown));
        // A listed gateway's click does not reach another gateway's entry.
        let second = format!("/login/127.0.0.2:8080/{HANDLE}");
        assert_eq!(judged("GET", &second, &GOOD), Err(Refusal::RefererForeign));
        for method in ["POST", "HEAD", "OPTIONS", "PUT"] {
            assert_eq!(judged(method, &format!("/login/id.example/{HANDLE}"), &GOOD), Err(Refusal::Method));
        }
    }

    proptest! {
        #[test]
        fn no_target_panics(target in "/[!-~]{0,200}", referer in "[ -~]{0,80}") {
            if hyper::http::Uri::try_from(&target).is_ok() {
                let headers: Vec<_> = GOOD.iter().copied().take(3).chain([("referer", referer.as_str())]).collect();
                let _ = judged("GET", &target, &headers);
            }
        }
    }
}
