//! A small HTTP client with limits: no redirects, a deadline for the whole exchange, a bounded body, TLS by rustls.
//! Both programs speak to others through it; who may be connected to is the caller's [`Reach`].

use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Bytes;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, DATE, HOST, HeaderValue, USER_AGENT};
use hyper::{Method, Request, StatusCode};
use hyper_util::rt::TokioIo;
use rustls::RootCertStore;
use rustls::pki_types::{CertificateDer, ServerName};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use url::{Host, Url};

/// Which addresses may be connected to. What is checked is the address connected to, never the name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Any address: the caller's configuration names the host.
    Any,
    /// Global unicast addresses only: the host comes out of somebody's certificate.
    PublicOnly,
}

/// Whether plain HTTP is acceptable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlainHttp {
    /// Only with a literal loopback address.
    LoopbackOnly,
    /// With any host: what is fetched carries its own signature.
    Signed,
}

/// Why an exchange failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Not an http or https URL with a host.
    #[error("{url} is not an address that can be fetched")]
    Url {
        /// The URL.
        url: String,
    },
    /// Plain HTTP where TLS is required.
    #[error("{url} is plain http; https is required")]
    PlainHttp {
        /// The URL.
        url: String,
    },
    /// The name leads to private, link-local or other special addresses only.
    #[error("{host} leads to {address}, which is not a public address")]
    AddressRefused {
        /// The name.
        host: String,
        /// Where it led.
        address: IpAddr,
    },
    /// The name has no address.
    #[error("{host} has no address")]
    Resolve {
        /// The name.
        host: String,
        /// What the resolver said.
        #[source]
        source: std::io::Error,
    },
    /// Nobody answered there.
    #[error("cannot connect to {host}")]
    Connect {
        /// The host.
        host: String,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// The TLS handshake failed; most often the certificate is not trusted.
    #[error("the TLS connection to {host} failed: {source}")]
    Tls {
        /// The host.
        host: String,
        /// What rustls said.
        #[source]
        source: std::io::Error,
    },
    /// The exchange broke off.
    #[error("the exchange with {host} broke off")]
    Http {
        /// The host.
        host: String,
        /// What hyper said.
        #[source]
        source: hyper::Error,
    },
    /// The body is longer than allowed.
    #[error("{host} sent more than {limit} bytes")]
    BodyTooLarge {
        /// The host.
        host: String,
        /// The limit.
        limit: usize,
    },
    /// The deadline passed.
    #[error("{host} did not answer within {seconds} seconds")]
    Deadline {
        /// The host.
        host: String,
        /// The deadline.
        seconds: u64,
    },
    /// A file of certificate authorities cannot be used.
    #[error("no TLS certificate authority could be read")]
    Roots,
}

impl Error {
    /// The stable word for logs and messages.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Url { .. } => "url_malformed",
            Self::PlainHttp { .. } => "plain_http_refused",
            Self::AddressRefused { .. } => "address_refused",
            Self::Resolve { .. } => "name_unknown",
            Self::Connect { .. } => "unreachable",
            Self::Tls { .. } => "tls_failed",
            Self::Http { .. } => "exchange_broken",
            Self::BodyTooLarge { .. } => "answer_too_large",
            Self::Deadline { .. } => "deadline",
            Self::Roots => "tls_roots",
        }
    }

    /// All codes.
    pub const CODES: &[&str] = &[
        "url_malformed",
        "plain_http_refused",
        "address_refused",
        "name_unknown",
        "unreachable",
        "tls_failed",
        "exchange_broken",
        "answer_too_large",
        "deadline",
        "tls_roots",
    ];
}

/// An answer.
#[derive(Debug)]
pub struct Response {
    /// The status.
    pub status: StatusCode,
    /// The Date header (RFC 9110 section 6.6.1), as it came.
    pub date: Option<String>,
    /// The body, within the limit.
    pub body: Vec<u8>,
}

/// What to send and how much to take back.
#[derive(Clone, Copy, Debug)]
pub struct Exchange<'a> {
    /// Where to.
    pub url: &'a Url,
    /// `Authorization: Bearer`, if any.
    pub bearer: Option<&'a str>,
    /// A body and its media type; with one the method is POST, without one GET.
    pub body: Option<(&'a str, &'a [u8])>,
    /// The most bytes of body to take.
    pub max_body: usize,
    /// For everything: resolving, connecting, TLS, headers and body.
    pub deadline: Duration,
}

/// The client. Cheap to clone.
#[derive(Clone)]
pub struct HttpClient {
    tls: Arc<rustls::ClientConfig>,
    reach: Reach,
    plain_http: PlainHttp,
}

impl std::fmt::Debug for HttpClient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HttpClient").field("reach", &self.reach).field("plain_http", &self.plain_http).finish()
    }
}

/// The system's TLS certificate authorities.
pub fn system_roots() -> RootCertStore {
    let mut roots = RootCertStore::empty();
    // A certificate in the system's folder that does not parse is the system's matter, not a reason to trust none.
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    roots
}

/// The authorities of one PEM file and no others.
pub fn roots_from_pem(pem: &[u8]) -> Result<RootCertStore, Error> {
    use rustls::pki_types::pem::PemObject;
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem) {
        roots.add(certificate.map_err(|_| Error::Roots)?).map_err(|_| Error::Roots)?;
    }
    if roots.is_empty() { Err(Error::Roots) } else { Ok(roots) }
}

impl HttpClient {
    /// A client that verifies servers with these roots.
    pub fn new(roots: RootCertStore, reach: Reach, plain_http: PlainHttp) -> Self {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("ring has suites for TLS 1.2 and 1.3")
            .with_root_certificates(roots)
            .with_no_client_auth();
        Self { tls: Arc::new(tls), reach, plain_http }
    }

    /// One exchange on a connection of its own.
    pub async fn exchange(&self, exchange: Exchange<'_>) -> Result<Response, Error> {
        let host = exchange.url.host_str().unwrap_or_default().to_owned();
        tokio::time::timeout(exchange.deadline, self.exchange_unbounded(exchange))
            .await
            .unwrap_or(Err(Error::Deadline { host, seconds: exchange.deadline.as_secs() }))
    }

    async fn exchange_unbounded(&self, exchange: Exchange<'_>) -> Result<Response, Error> {
        let url = exchange.url;
        let malformed = || Error::Url { url: url.to_string() };
        let host = url.host().ok_or_else(malformed)?;
        let port = url.port_or_known_default().ok_or_else(malformed)?;
        let name = host.to_string();
        let https = match url.scheme() {
            "https" => true,
            "http" => false,
            _ => return Err(malformed()),
        };
        let loopback = match host {
            Host::Ipv4(address) => address.is_loopback(),
            Host::Ipv6(address) => address.is_loopback(),
            Host::Domain(_) => false,
        };
        if !https && !loopback && self.plain_http == PlainHttp::LoopbackOnly {
            return Err(Error::PlainHttp { url: url.to_string() });
        }
        let stream = self.connect(&host, port).await?;
        if https {
            let server = match host {
                Host::Domain(domain) => ServerName::try_from(domain.to_owned()).map_err(|_| malformed())?,
                Host::Ipv4(address) => ServerName::from(IpAddr::V4(address)),
                Host::Ipv6(address) => ServerName::from(IpAddr::V6(address)),
            };
            let connector = TlsConnector::from(Arc::clone(&self.tls));
            let stream =
                connector.connect(server, stream).await.map_err(|source| Error::Tls { host: name.clone(), source })?;
            talk(stream, &name, exchange).await
        } else {
            talk(stream, &name, exchange).await
        }
    }

    async fn connect(&self, host: &Host<&str>, port: u16) -> Result<TcpStream, Error> {
        let name = host.to_string();
        let addresses: Vec<SocketAddr> = match host {
            Host::Ipv4(address) => vec![SocketAddr::from((*address, port))],
            Host::Ipv6(address) => vec![SocketAddr::from((*address, port))],
            Host::Domain(domain) => tokio::net::lookup_host((*domain, port))
                .await
                .map_err(|source| Error::Resolve { host: name.clone(), source })?
                .collect(),
        };
        let mut last = Error::Resolve { host: name.clone(), source: std::io::ErrorKind::NotFound.into() };
        for address in addresses {
            if self.reach == Reach::PublicOnly && !is_public(address.ip()) {
                last = Error::AddressRefused { host: name.clone(), address: address.ip() };
                continue;
            }
            match TcpStream::connect(address).await {
                Ok(stream) => return Ok(stream),
                Err(source) => last = Error::Connect { host: name.clone(), source },
            }
        }
        Err(last)
    }
}

/// Sends the request over an open stream and reads the bounded answer.
async fn talk<S>(stream: S, host: &str, exchange: Exchange<'_>) -> Result<Response, Error>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let broken = |source| Error::Http { host: host.to_owned(), source };
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(broken)?;
    // The task ends with the connection, which ends when `sender` and the body are dropped.
    let connection = tokio::spawn(connection);
    let path = match exchange.url.query() {
        Some(query) => format!("{}?{query}", exchange.url.path()),
        None => exchange.url.path().to_owned(),
    };
    let malformed = || Error::Url { url: exchange.url.to_string() };
    let authority = &exchange.url[url::Position::BeforeHost..url::Position::AfterPort];
    let mut request = Request::builder()
        .method(if exchange.body.is_some() { Method::POST } else { Method::GET })
        .uri(path)
        .header(HOST, authority)
        .header(USER_AGENT, concat!("brama/", env!("CARGO_PKG_VERSION")));
    if let Some(bearer) = exchange.bearer {
        let mut value = HeaderValue::try_from(format!("Bearer {bearer}")).map_err(|_| malformed())?;
        value.set_sensitive(true);
        request = request.header(AUTHORIZATION, value);
    }
    let body = match exchange.body {
        Some((media_type, body)) => {
            request = request.header(CONTENT_TYPE, media_type);
            Full::new(Bytes::copy_from_slice(body))
        }
        None => Full::default(),
    };
    let request = request.body(body).map_err(|_| malformed())?;
    let answer = sender.send_request(request).await.map_err(broken)?;
    let status = answer.status();
    let date = answer.headers().get(DATE).and_then(|date| date.to_str().ok()).map(str::to_owned);
    let collected = Limited::new(answer.into_body(), exchange.max_body).collect().await;
    connection.abort();
    let body = collected.map_err(|error| match error.downcast::<hyper::Error>() {
        Ok(source) => broken(*source),
        Err(_) => Error::BodyTooLarge { host: host.to_owned(), limit: exchange.max_body },
    })?;
    Ok(Response { status, date, body: body.to_bytes().to_vec() })
}

/// Whether an address is global unicast: none of the special-purpose blocks of RFC 6890 and its successors.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => {
            let [a, b, c, _] = address.octets();
            !(address.is_private()
                || address.is_loopback()
                || address.is_link_local()
                || address.is_multicast()
                || address.is_documentation()
                || a == 0
                || a >= 240
                || (a == 100 && (64..128).contains(&b))
                || (a == 192 && b == 0 && c == 0)
                || (a == 192 && b == 88 && c == 99)
                || (a == 198 && (b == 18 || b == 19)))
        }
        IpAddr::V6(address) => {
            // Addresses that embed an IPv4 one are judged by it.
            if let Some(mapped) = address.to_ipv4_mapped() {
                return is_public(IpAddr::V4(mapped));
            }
            let segments = address.segments();
            // 2000::/3 is all that is assigned as global unicast; of it 2001::/23 (Teredo and protocol assignments),
            // 2001:db8::/32, 2002::/16 (6to4) and 3fff::/20 are special.
            let [first, second, ..] = segments;
            (first & 0xe000) == 0x2000
                && !(first == 0x2001 && (second < 0x0200 || second == 0x0db8))
                && first != 0x2002
                && !(first == 0x3fff && second < 0x1000)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    fn client(reach: Reach, plain_http: PlainHttp) -> HttpClient {
        HttpClient::new(RootCertStore::empty(), reach, plain_http)
    }

    async fn fetch(client: &HttpClient, url: &str, max_body: usize) -> Result<Response, &'static str> {
        let url = Url::parse(url).expect("a URL");
        let deadline = Duration::from_millis(500);
        client
            .exchange(Exchange { url: &url, bearer: None, body: None, max_body, deadline })
            .await
            .map_err(|error| error.code())
    }

    /// A server that answers every connection with these bytes and keeps it open.
    async fn answering(bytes: &'static [u8]) -> u16 {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("binds");
        let port = listener.local_addr().expect("has an address").port();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                tokio::spawn(async move {
                    let mut buffer = [0; 1024];
                    let _ = stream.read(&mut buffer).await;
                    let _ = stream.write_all(bytes).await;
                    let _ = stream.read(&mut buffer).await;
                });
            }
        });
        port
    }

    #[tokio::test]
    async fn answers_are_bounded_in_size_and_time() {
        let client = client(Reach::Any, PlainHttp::LoopbackOnly);
        let port = answering(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello").await;
        let url = format!("http://127.0.0.1:{port}/");
        assert_eq!(fetch(&client, &url, 5).await.expect("answers").body, b"hello");
        assert_eq!(fetch(&client, &url, 4).await.err(), Some("answer_too_large"));
        let silent = answering(b"").await;
        assert_eq!(fetch(&client, &format!("http://127.0.0.1:{silent}/"), 5).await.err(), Some("deadline"));
        let short = answering(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel").await;
        assert_eq!(fetch(&client, &format!("http://127.0.0.1:{short}/"), 5).await.err(), Some("deadline"));
    }

    #[tokio::test]
    async fn redirects_are_answers_and_nothing_more() {
        let port = answering(b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n").await;
        let client = client(Reach::Any, PlainHttp::LoopbackOnly);
        let answer = fetch(&client, &format!("http://127.0.0.1:{port}/"), 5).await.expect("answers");
        assert_eq!(answer.status, StatusCode::FOUND);
    }

    #[tokio::test]
    async fn what_may_be_reached_is_decided_by_address() {
        let public = client(Reach::PublicOnly, PlainHttp::Signed);
        assert_eq!(fetch(&public, "http://127.0.0.1:9/", 5).await.err(), Some("address_refused"));
        assert_eq!(fetch(&public, "http://localhost:9/", 5).await.err(), Some("address_refused"));
        assert_eq!(fetch(&public, "http://[::ffff:10.0.0.1]/", 5).await.err(), Some("address_refused"));
        assert_eq!(fetch(&public, "file:///etc/passwd", 5).await.err(), Some("url_malformed"));
        let strict = client(Reach::Any, PlainHttp::LoopbackOnly);
        assert_eq!(fetch(&strict, "http://localhost:9/", 5).await.err(), Some("plain_http_refused"));
    }

    #[test]
    fn special_addresses_are_not_public() {
        for text in [
            "10.1.2.3",
            "127.0.0.1",
            "169.254.169.254",
            "172.16.0.1",
            "192.168.1.1",
            "100.64.0.1",
            "0.0.0.0",
            "224.0.0.1",
            "255.255.255.255",
            "198.18.0.1",
            "192.0.2.1",
            "::1",
            "::",
            "fe80::1",
            "fc00::1",
            "::ffff:127.0.0.1",
            "2001:db8::1",
            "2002:7f00:1::",
            "64:ff9b::7f00:1",
            "ff02::1",
        ] {
            assert!(!is_public(text.parse().expect(text)), "{text}");
        }
        for text in ["8.8.8.8", "193.0.6.139", "2a00:1450:4001::1", "2600::1"] {
            assert!(is_public(text.parse().expect(text)), "{text}");
        }
    }
}
