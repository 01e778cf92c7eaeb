//! Bringing status evidence: over HTTP, within limits, to addresses that are allowed.

mod revocation;

pub use revocation::Lists;

use crate::client::{self, Exchange, HttpClient, PlainHttp, Reach};
use async_trait::async_trait;
use std::time::Duration;
use url::Url;

/// How long one fetch may take from resolving the name to the last byte.
const DEADLINE: Duration = Duration::from_secs(20);

/// Why something could not be fetched.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Not an http or https address. LDAP addresses end here.
    #[error("{url}: only http and https addresses are fetched")]
    Unsupported {
        /// The address.
        url: String,
    },
    /// The exchange failed.
    #[error(transparent)]
    Client(#[from] client::Error),
    /// Another status than 200; redirects are not followed.
    #[error("{url} answered with status {status}")]
    Status {
        /// The address.
        url: String,
        /// The status.
        status: u16,
    },
}

/// The network, as those see it who need bytes from an address somebody else wrote.
#[async_trait]
pub trait Fetcher: Send + Sync {
    /// The bytes at an address, at most `limit` of them.
    async fn get(&self, url: &Url, limit: usize) -> Result<Vec<u8>, Error>;
}

/// Fetches over HTTP, from public addresses and from the hosts the operator lists.
#[derive(Debug)]
pub struct HttpFetcher {
    public: HttpClient,
    listed: HttpClient,
    private_hosts: Vec<String>,
}

impl HttpFetcher {
    /// `private_hosts`: the `host[:port]` of addresses that may lead to private or loopback ones.
    pub fn new(private_hosts: Vec<String>) -> Self {
        let roots = client::system_roots();
        Self {
            public: HttpClient::new(roots.clone(), Reach::PublicOnly, PlainHttp::Signed),
            listed: HttpClient::new(roots, Reach::Any, PlainHttp::Signed),
            private_hosts,
        }
    }
}

#[async_trait]
impl Fetcher for HttpFetcher {
    async fn get(&self, url: &Url, limit: usize) -> Result<Vec<u8>, Error> {
        if !matches!(url.scheme(), "http" | "https") {
            return Err(Error::Unsupported { url: url.to_string() });
        }
        let host = &url[url::Position::BeforeHost..url::Position::AfterPort];
        let client = if self.private_hosts.iter().any(|listed| listed == host) { &self.listed } else { &self.public };
        let answer =
            client.exchange(Exchange { url, bearer: None, body: None, max_body: limit, deadline: DEADLINE }).await?;
        match answer.status.as_u16() {
            200 => Ok(answer.body),
            status => Err(Error::Status { url: url.to_string(), status }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    /// A server that answers every request with these bytes; its `host:port`.
    async fn server(answer: &'static str) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("binds");
        let address = listener.local_addr().expect("bound").to_string();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let _ = stream.read(&mut [0; 2048]).await;
                let _ = stream.write_all(answer.as_bytes()).await;
            }
        });
        address
    }

    async fn fetch(fetcher: &HttpFetcher, url: &str, limit: usize) -> Result<Vec<u8>, String> {
        fetcher.get(&Url::parse(url).expect("a URL"), limit).await.map_err(|error| match error {
            Error::Client(error) => error.code().to_owned(),
            Error::Status { status, .. } => status.to_string(),
            Error::Unsupported { .. } => "unsupported".to_owned(),
        })
    }

    #[tokio::test]
    async fn private_addresses_must_be_listed() {
        let host = server("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nlist").await;
        let url = format!("http://{host}/ca.crl");
        let closed = HttpFetcher::new(Vec::new());
        assert_eq!(fetch(&closed, &url, 100).await, Err("address_refused".to_owned()));
        let open = HttpFetcher::new(vec![host]);
        assert_eq!(fetch(&open, &url, 100).await, Ok(b"list".to_vec()));
        assert_eq!(fetch(&open, &url, 3).await, Err("answer_too_large".to_owned()));
        assert_eq!(fetch(&open, "http://127.0.0.1:9/ca.crl", 100).await, Err("address_refused".to_owned()));
        assert_eq!(fetch(&open, "ldap://127.0.0.1/cn=ca", 100).await, Err("unsupported".to_owned()));
    }

    #[tokio::test]
    async fn redirects_are_not_followed() {
        let host = server("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n").await;
        let open = HttpFetcher::new(vec![host.clone()]);
        assert_eq!(fetch(&open, &format!("http://{host}/"), 100).await, Err("302".to_owned()));
    }
}
