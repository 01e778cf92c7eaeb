//! The gateway's cookies. Each is `__Host-`: of this very host, over TLS (or loopback), for all paths.

use crate::i18n::Language;
use crate::secret::Bearer;
use axum::http::header::COOKIE;
use axum::http::{HeaderMap, HeaderValue};

/// Names the browser, for transactions.
pub const BROWSER: &str = "__Host-brama-browser";
/// The session.
pub const SESSION: &str = "__Host-brama-session";
/// The language the citizen chose.
pub const LANGUAGE: &str = "__Host-brama-language";

/// The value of a cookie; `None` when it is absent or, because somebody planted another, given twice.
pub fn read<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut found = headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|header| header.to_str().ok())
        .flat_map(|header| header.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .filter(|(given, _)| *given == name)
        .map(|(_, value)| value);
    let first = found.next()?;
    found.next().is_none().then_some(first)
}

/// `Set-Cookie` of a secret that ends with the browser.
pub fn set(name: &str, value: &Bearer) -> HeaderValue {
    let text = format!("{name}={}; Path=/; Secure; HttpOnly; SameSite=Lax", value.expose());
    let mut header = HeaderValue::try_from(text).expect("base64url is a header's text");
    header.set_sensitive(true);
    header
}

/// `Set-Cookie` that takes a cookie away.
pub fn clear(name: &str) -> HeaderValue {
    HeaderValue::try_from(format!("{name}=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0"))
        .expect("the names are a header's text")
}

/// `Set-Cookie` of a language, for a year.
pub fn set_language(language: Language) -> HeaderValue {
    HeaderValue::try_from(format!("{LANGUAGE}={language}; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=31536000"))
        .expect("tags are a header's text")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_given_twice_is_none() {
        let mut headers = HeaderMap::new();
        headers.append(COOKIE, HeaderValue::from_static("a=1; __Host-brama-session=x; b=2"));
        assert_eq!(read(&headers, SESSION), Some("x"));
        headers.append(COOKIE, HeaderValue::from_static("__Host-brama-session=y"));
        assert_eq!(read(&headers, SESSION), None);
        assert_eq!(read(&headers, BROWSER), None);
    }
}
