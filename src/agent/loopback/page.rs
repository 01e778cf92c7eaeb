//! The pages a person sees when a login does not go on: what was refused, what to do next, a way back.

use crate::agent::display::escape_html;
use crate::i18n::{Language, Value, advice, text};
use data_encoding::BASE64;
use http_body_util::Full;
use hyper::body::Bytes;
use hyper::header::{
    CACHE_CONTROL, CONNECTION, CONTENT_LANGUAGE, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, HeaderValue,
    LOCATION, REFERRER_POLICY, VARY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use hyper::{Response, StatusCode};
use ring::digest::{SHA256, digest};
use std::sync::LazyLock;
use url::Url;

const STYLE: &str = include_str!("page.css");

/// Nothing is loaded from anywhere, nothing runs; the one style sheet is known by its hash.
static POLICY: LazyLock<HeaderValue> = LazyLock::new(|| {
    let hash = BASE64.encode(digest(&SHA256, STYLE.as_bytes()).as_ref());
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    );
    HeaderValue::try_from(policy).expect("base64 fits in a header")
});

/// The answers of the loopback address.
pub type Answer = Response<Full<Bytes>>;

/// What a page tells.
#[derive(Clone, Debug)]
pub struct Page<'a> {
    /// The status it goes with.
    pub status: StatusCode,
    /// Its language.
    pub language: Language,
    /// The refusal.
    pub code: &'a str,
    /// The number under which the gateway has recorded it.
    pub incident: Option<&'a str>,
    /// Whom to turn to.
    pub support: Option<&'a str>,
    /// Where the gateway says how to update; on its own origin.
    pub help: Option<&'a Url>,
    /// Back to the gateway, when it is on the list.
    pub back: Option<&'a Url>,
}

impl Page<'_> {
    /// The page as an answer.
    pub fn answer(&self) -> Answer {
        let mut answer = bare(self.status);
        let headers = answer.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
        headers.insert(CONTENT_LANGUAGE, HeaderValue::from_static(self.language.tag()));
        headers.insert(VARY, HeaderValue::from_static("Accept-Language"));
        *answer.body_mut() = Full::from(self.html());
        answer
    }

    fn html(&self) -> String {
        let say = |key: &str| escape_html(&text(self.language, key, &[]));
        let said = advice(self.language, self.code, &[]);
        let mut details = Vec::new();
        if let Some(incident) = self.incident {
            details.push(text(self.language, "incident", &[("incident", Value::Text(incident))]));
        }
        if let Some(support) = self.support {
            details.push(text(self.language, "support", &[("support", Value::Text(support))]));
        }
        details.push(text(self.language, "agent-page-code", &[("code", Value::Text(self.code))]));
        let details: String = details.iter().map(|line| format!("<p>{}</p>", escape_html(line))).collect();
        let link = |address: &Url, key: &str, class: &str| {
            format!("<a class=\"{class}\" href=\"{}\">{}</a>", escape_html(address.as_str()), say(key))
        };
        let mut links = String::new();
        if let Some(help) = self.help {
            links += &link(help, "agent-page-update", "button");
        }
        if let Some(back) = self.back {
            links += &link(back, "agent-page-back", if self.help.is_some() { "button quiet" } else { "button" });
        }
        format!(
            "<!doctype html>\n<html lang=\"{language}\"><head><meta charset=\"utf-8\">\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
             <meta name=\"color-scheme\" content=\"light dark\"><title>{title}</title><style>{STYLE}</style></head>\
             <body><main><p class=\"name\">Brama</p><h1>{what}</h1><p class=\"next\">{next}</p>\
             <div class=\"links\">{links}</div><div class=\"details\">{details}</div></main></body></html>\n",
            language = self.language.tag(),
            title = say("agent-page-title"),
            what = escape_html(&said.what),
            next = escape_html(&said.next),
        )
    }
}

/// An answer without a body, with what every answer carries.
pub fn bare(status: StatusCode) -> Answer {
    let mut answer = Response::new(Full::default());
    *answer.status_mut() = status;
    let headers = answer.headers_mut();
    headers.insert(CONTENT_SECURITY_POLICY, POLICY.clone());
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin"));
    // One connection, one login: the next one is judged by its own socket.
    headers.insert(CONNECTION, HeaderValue::from_static("close"));
    answer
}

/// Sends the browser on.
pub fn see_other(address: &Url) -> Answer {
    match HeaderValue::try_from(address.as_str()) {
        Ok(address) => {
            let mut answer = bare(StatusCode::SEE_OTHER);
            answer.headers_mut().insert(LOCATION, address);
            answer
        }
        Err(_) => bare(StatusCode::BAD_GATEWAY),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_from_outside_becomes_markup() {
        let back = Url::parse("https://id.example/?\"><script>").expect("parses");
        let page = Page {
            status: StatusCode::FORBIDDEN,
            language: Language::En,
            code: "<b>",
            incident: Some("\"'><script>1"),
            support: Some("<script>2"),
            help: None,
            back: Some(&back),
        };
        let html = page.html();
        assert!(!html.contains("<script") && !html.contains("<b>"));
        assert!(html.contains("&lt;script&gt;2"));
    }

    #[test]
    fn the_style_is_the_one_the_policy_names() {
        let policy = POLICY.to_str().expect("is text");
        assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"));
        assert!(!STYLE.contains("url(") && !STYLE.contains("</"));
    }
}
