//! A small gateway on a loopback address of its own: it keeps the contract, or breaks it as a test wants.

use crate::tokens::name;
use brama::authn::{
    Accepted, AcceptedIssuer, Algorithm, AuthToken, Challenge, LoginRequest, Nonce, PROTOCOL, Refused, TokenPost,
    paths, signed_message,
};
use brama::clock::{Clock, SystemClock};
use brama::pki::{Certificate, SignatureEncoding, signature};
use brama::rng::SystemRng;
use data_encoding::BASE64;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What came in.
#[derive(Clone, Debug)]
pub struct Seen {
    pub path: String,
    pub authorization: Option<String>,
    pub body: Vec<u8>,
}

/// What goes out.
pub struct Reply {
    pub status: u16,
    pub body: Vec<u8>,
    pub delay: Duration,
}

impl Reply {
    pub fn json(status: u16, value: &impl serde::Serialize) -> Self {
        Self { status, body: serde_json::to_vec(value).expect("serialises"), delay: Duration::ZERO }
    }

    pub fn text(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self { status, body: body.into(), delay: Duration::ZERO }
    }
}

/// Answers instead of the contract, or `None` to keep it.
pub type Breach = Box<dyn Fn(&Seen, usize) -> Option<Reply> + Send + Sync>;

struct Inner {
    address: std::net::SocketAddr,
    request: LoginRequest,
    breach: Breach,
    seen: Mutex<Vec<Seen>>,
    nonce: Mutex<Option<Nonce>>,
}

#[derive(Clone)]
pub struct FakeGateway(Arc<Inner>);

pub const TICKET: &str = "ticket-of-the-test";

impl FakeGateway {
    pub async fn start(change: impl FnOnce(&mut LoginRequest), breach: Breach) -> Self {
        let listener = TcpListener::bind("127.0.0.2:0").await.expect("binds");
        let mut request = LoginRequest {
            ticket: TICKET.to_owned(),
            portal: "Portal of services".to_owned(),
            return_host: "portal.example".to_owned(),
            level: "high".to_owned(),
            issuers: vec![AcceptedIssuer {
                name: "Test CA".to_owned(),
                subject: BASE64.encode(&name("Test CA").to_der().expect("encodes")),
            }],
            algorithms: Algorithm::ALL.to_vec(),
            languages: vec!["en".to_owned()],
            expires: SystemClock.now().plus(Duration::from_secs(1800)),
            minimum_protocol: PROTOCOL,
            help: String::new(),
        };
        change(&mut request);
        let inner = Inner {
            address: listener.local_addr().expect("has an address"),
            request,
            breach,
            seen: Mutex::default(),
            nonce: Mutex::default(),
        };
        let gateway = Self(Arc::new(inner));
        let serving = gateway.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serving.clone().serve(stream));
            }
        });
        gateway
    }

    pub fn base(&self) -> String {
        format!("http://{}", self.0.address)
    }

    pub fn host(&self) -> String {
        self.0.address.to_string()
    }

    pub fn completion(&self) -> String {
        format!("{}/t/1/complete/2", self.base())
    }

    /// Everything that came in below a path.
    pub fn seen(&self, path: &str) -> Vec<Seen> {
        let seen = self.0.seen.lock().expect("no test panicked holding it");
        seen.iter().filter(|seen| seen.path.starts_with(path)).cloned().collect()
    }

    async fn serve(self, mut stream: TcpStream) {
        let mut bytes = Vec::new();
        let head = loop {
            if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
                break end + 4;
            }
            if stream.read_buf(&mut bytes).await.unwrap_or(0) == 0 {
                return;
            }
        };
        let text = String::from_utf8_lossy(&bytes[..head]).into_owned();
        let header = |name: &str| {
            let line = text.lines().find(|line| line.to_ascii_lowercase().starts_with(&format!("{name}:")))?;
            line.split_once(':').map(|(_, value)| value.trim().to_owned())
        };
        let length = header("content-length").and_then(|length| length.parse::<usize>().ok()).unwrap_or(0);
        while bytes.len() < head + length {
            if stream.read_buf(&mut bytes).await.unwrap_or(0) == 0 {
                return;
            }
        }
        let path = text.split(' ').nth(1).unwrap_or_default().to_owned();
        let seen = Seen { path, authorization: header("authorization"), body: bytes[head..].to_vec() };
        let count = self.seen(&seen.path).len();
        self.0.seen.lock().expect("no test panicked holding it").push(seen.clone());
        let reply = (self.0.breach)(&seen, count).unwrap_or_else(|| self.keep(&seen));
        tokio::time::sleep(reply.delay).await;
        let head =
            format!("HTTP/1.1 {} X\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", reply.status, reply.body.len());
        let _ = stream.write_all(&[head.as_bytes(), &reply.body].concat()).await;
    }

    /// The contract.
    fn keep(&self, seen: &Seen) -> Reply {
        let authorized = seen.authorization.as_deref() == Some(&format!("Bearer {TICKET}"));
        match seen.path.as_str() {
            path if path.starts_with(paths::LOGIN) => Reply::json(200, &self.0.request),
            paths::CHALLENGE if authorized => {
                let nonce = Nonce::random(&SystemRng::default());
                let challenge = Challenge { nonce: nonce.as_str().to_owned(), expires: self.0.request.expires };
                *self.0.nonce.lock().expect("no test panicked holding it") = Some(nonce);
                Reply::json(200, &challenge)
            }
            paths::TOKEN if authorized => match self.holds(&seen.body) {
                Ok(()) => Reply::json(200, &Accepted { completion: self.completion() }),
                Err(code) => Reply::json(403, &refused(code, false)),
            },
            _ => Reply::text(401, ""),
        }
    }

    fn holds(&self, body: &[u8]) -> Result<(), &'static str> {
        let post: TokenPost = serde_json::from_slice(body).map_err(|_| "token_malformed")?;
        let nonce = self.0.nonce.lock().expect("no test panicked holding it").take().ok_or("nonce_spent")?;
        if nonce.as_str() != post.nonce {
            return Err("nonce_spent");
        }
        let token = AuthToken::parse(&post.token).map_err(|error| error.code())?;
        let certificate = Certificate::from_der(&token.certificate).map_err(|_| "certificate_encoding")?;
        let message = signed_message(token.algorithm, &self.base(), &nonce);
        let scheme = token.algorithm.scheme();
        signature::verify(certificate.public_key(), scheme, SignatureEncoding::Raw, &message, &token.signature)
            .map_err(|_| "signature_invalid")
    }
}

pub fn refused(code: &str, retry: bool) -> Refused {
    Refused {
        code: code.to_owned(),
        incident: "INC-42".to_owned(),
        retry,
        support: Some("support@example.org".to_owned()),
    }
}
