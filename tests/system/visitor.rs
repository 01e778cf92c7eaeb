//! HTTP without a browser: one request a connection, everything in the open. For what a browser would not send, and
//! for logins that are about something else than pages.

use openssl::ssl::{SslConnector, SslMethod, SslVerifyMode};
use openssl::x509::X509;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::time::Duration;
use url::Url;

/// How long an answer may take; the agent's waits for the person.
const PATIENCE: Duration = Duration::from_secs(60);
/// The most redirects in a row.
const MAX_REDIRECTS: usize = 10;

/// An answer.
#[derive(Debug)]
pub struct Answer {
    pub address: Url,
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(given, _)| given.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    pub fn json<T: DeserializeOwned>(&self) -> T {
        serde_json::from_str(&self.body)
            .unwrap_or_else(|error| panic!("{} answered {}: {error}: {}", self.address, self.status, self.body))
    }

    /// Where it redirects to.
    pub fn location(&self) -> Option<Url> {
        self.address.join(self.header("location")?).ok()
    }

    /// The first address in an attribute that satisfies a condition.
    pub fn link(&self, attribute: &str, fits: impl Fn(&str) -> bool) -> Url {
        let begin = format!("{attribute}=\"");
        let values = self.body.split(&begin).skip(1).filter_map(|rest| rest.split('"').next());
        let found = values.map(|value| value.replace("&amp;", "&").replace("&#38;", "&")).find(|value| fits(value));
        let found = found.unwrap_or_else(|| panic!("{} has no such {attribute}: {}", self.address, self.body));
        self.address.join(&found).expect("an address")
    }
}

/// What to send.
pub struct Request<'a> {
    pub method: &'a str,
    pub address: &'a Url,
    pub headers: &'a [(&'a str, String)],
    pub body: Option<(&'a str, &'a [u8])>,
    /// PEM of the authority that vouches for an https server.
    pub authority: Option<&'a str>,
}

trait Stream: Read + Write {}
impl<S: Read + Write> Stream for S {}

/// One exchange.
pub fn exchange(request: &Request<'_>) -> io::Result<Answer> {
    let host = request.address.host_str().unwrap_or_default();
    let port = request.address.port_or_known_default().unwrap_or_default();
    let plain = TcpStream::connect((host, port))?;
    plain.set_read_timeout(Some(PATIENCE))?;
    plain.set_write_timeout(Some(PATIENCE))?;
    let mut stream: Box<dyn Stream> = match request.address.scheme() {
        "https" => {
            let mut connector = SslConnector::builder(SslMethod::tls())?;
            connector.set_verify(SslVerifyMode::PEER);
            if let Some(authority) = request.authority {
                connector.cert_store_mut().add_cert(X509::from_pem(authority.as_bytes())?)?;
            }
            Box::new(connector.build().connect(host, plain).map_err(io::Error::other)?)
        }
        _ => Box::new(plain),
    };
    let path = &request.address[url::Position::BeforePath..url::Position::AfterQuery];
    let host_and_port = request.address.port().map_or(host.to_owned(), |port| format!("{host}:{port}"));
    let mut head = format!("{} {path} HTTP/1.1\r\nHost: {host_and_port}\r\nConnection: close\r\n", request.method);
    for (name, value) in request.headers {
        head += &format!("{name}: {value}\r\n");
    }
    if let Some((media_type, body)) = request.body {
        head += &format!("Content-Type: {media_type}\r\nContent-Length: {}\r\n", body.len());
    } else if request.method == "POST" {
        head += "Content-Length: 0\r\n";
    }
    stream.write_all(format!("{head}\r\n").as_bytes())?;
    stream.write_all(request.body.map_or(&[], |(_, body)| body))?;
    receive(&mut *stream, request.address)
}

fn receive(stream: &mut dyn Stream, address: &Url) -> io::Result<Answer> {
    let broken = || io::Error::new(io::ErrorKind::InvalidData, "no HTTP answer");
    let mut bytes = Vec::new();
    let mut piece = [0; 4096];
    let (head, mut body) = loop {
        let length = stream.read(&mut piece)?;
        if length == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        bytes.extend_from_slice(&piece[..length]);
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            let body = bytes.split_off(end + 4);
            break (String::from_utf8_lossy(&bytes).into_owned(), body);
        }
    };
    let mut lines = head.lines();
    let status = lines.next().and_then(|line| line.split(' ').nth(1)?.parse().ok()).ok_or_else(broken)?;
    let headers: Vec<(String, String)> =
        lines.filter_map(|line| line.split_once(": ")).map(|(name, value)| (name.into(), value.into())).collect();
    let mut answer = Answer { address: address.clone(), status, headers, body: String::new() };
    let length: usize = answer.header("content-length").and_then(|text| text.parse().ok()).unwrap_or_default();
    while body.len() < length {
        match stream.read(&mut piece)? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            read => body.extend_from_slice(&piece[..read]),
        }
    }
    answer.body = String::from_utf8_lossy(&body).into_owned();
    Ok(answer)
}

/// A browser without a window: it keeps cookies by host, and sends what browsers send.
#[derive(Clone, Debug)]
pub struct Visitor {
    pub cookies: BTreeMap<String, BTreeMap<String, String>>,
    pub language: &'static str,
    /// PEM of the authority that vouches for https servers.
    pub authority: Option<String>,
}

impl Default for Visitor {
    fn default() -> Self {
        Self { cookies: BTreeMap::new(), language: "en", authority: None }
    }
}

impl Visitor {
    /// The headers of a top-level navigation from a page.
    fn headers(&self, address: &Url, from: Option<&Url>, method: &str) -> Vec<(&'static str, String)> {
        let mut headers = vec![
            ("Accept-Language", self.language.to_owned()),
            ("Sec-Fetch-Mode", "navigate".to_owned()),
            ("Sec-Fetch-Dest", "document".to_owned()),
            ("Sec-Fetch-User", "?1".to_owned()),
        ];
        if let Some(from) = from {
            let origin = from.origin().ascii_serialization();
            headers.push(("Referer", format!("{origin}/")));
            let site = if from.origin() == address.origin() { "same-origin" } else { "cross-site" };
            headers.push(("Sec-Fetch-Site", site.to_owned()));
            if method == "POST" {
                headers.push(("Origin", origin));
            }
        }
        if let Some(cookies) = address.host_str().and_then(|host| self.cookies.get(host)) {
            let pairs: Vec<String> = cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            if !pairs.is_empty() {
                headers.push(("Cookie", pairs.join("; ")));
            }
        }
        headers
    }

    fn keep(&mut self, answer: &Answer) {
        let jar = self.cookies.entry(answer.address.host_str().unwrap_or_default().to_owned()).or_default();
        for (_, set) in answer.headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("set-cookie")) {
            let Some((name, value)) = set.split(';').next().and_then(|pair| pair.split_once('=')) else { continue };
            if set.contains("Max-Age=0") {
                jar.remove(name);
            } else {
                jar.insert(name.to_owned(), value.to_owned());
            }
        }
    }

    /// One GET, from a page if any.
    pub fn get(&mut self, address: &Url, from: Option<&Url>) -> Answer {
        self.send("GET", address, from, None)
    }

    /// One POST of a form, from a page.
    pub fn post(&mut self, address: &Url, from: &Url, form: &str) -> Answer {
        self.send("POST", address, Some(from), Some(form))
    }

    fn send(&mut self, method: &str, address: &Url, from: Option<&Url>, form: Option<&str>) -> Answer {
        let headers = self.headers(address, from, method);
        let body = form.map(|form| ("application/x-www-form-urlencoded", form.as_bytes()));
        let request = Request { method, address, headers: &headers, body, authority: self.authority.as_deref() };
        let answer = exchange(&request).unwrap_or_else(|error| panic!("{method} {address}: {error}"));
        self.keep(&answer);
        answer
    }

    /// Goes on through redirects until a page, or until a redirect leads to another place than one that is answered
    /// here (`until`).
    pub fn follow(&mut self, mut answer: Answer, from: Option<&Url>, until: Option<&str>) -> Answer {
        for _ in 0..MAX_REDIRECTS {
            let Some(next) = answer.location().filter(|_| (300..400).contains(&answer.status)) else { return answer };
            if until.is_some_and(|until| next.as_str().starts_with(until)) {
                return answer;
            }
            answer = self.get(&next, from);
        }
        panic!("{} redirects in circles", answer.address)
    }
}
