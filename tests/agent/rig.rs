//! An agent with everything around it.

use crate::gateway::FakeGateway;
use crate::tokens::{Profile, SoftTokens, certificate, p256};
use brama::agent::config::{Gateway, PromptKind};
use brama::agent::loopback::{Agent, ProcessTable, SocketOwner, serve};
use brama::agent::prompt::{Desktop, prompts};
use brama::card::Slot;
use brama::client::{HttpClient, PlainHttp, Reach};
use brama::clock::SystemClock;
use brama::i18n::Language;
use std::io::Write;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use url::Url;

pub const HANDLE: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
const PATIENCE: Duration = Duration::from_secs(20);

pub struct Rig {
    pub port: u16,
    pub gateway: FakeGateway,
    pub tokens: Arc<SoftTokens>,
    folder: tempfile::TempDir,
    stop: Option<oneshot::Sender<()>>,
    pub served: tokio::task::JoinHandle<std::io::Result<()>>,
}

/// What differs from the usual.
pub struct Setup {
    pub prompt: Option<PromptKind>,
    pub user: u32,
    pub owners: Arc<dyn SocketOwner>,
    pub language: Option<Language>,
}

impl Default for Setup {
    fn default() -> Self {
        Self { prompt: None, user: rustix::process::geteuid().as_raw(), owners: Arc::new(ProcessTable), language: None }
    }
}

/// One key in slot 9A with a usual certificate.
pub fn usual_card(tokens: &SoftTokens) {
    let key = p256();
    let certificate = certificate(&key, &Profile::default());
    tokens.insert(vec![(Slot::AUTHENTICATION, key, certificate)]);
}

impl Rig {
    pub async fn usual() -> Self {
        let gateway = FakeGateway::start(|_| (), Box::new(|_, _| None)).await;
        let rig = Self::with(gateway, Setup::default()).await;
        usual_card(&rig.tokens);
        rig
    }

    pub async fn with(gateway: FakeGateway, setup: Setup) -> Self {
        let client = HttpClient::new(rustls::RootCertStore::empty(), Reach::Any, PlainHttp::LoopbackOnly);
        let base = Url::parse(&gateway.base()).expect("parses");
        Self::of(vec![Gateway::new(&base, client).expect("fits")], gateway, setup).await
    }

    /// An agent with gateways on its list that need not be the one beside it.
    pub async fn of(gateways: Vec<Gateway>, gateway: FakeGateway, setup: Setup) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("script"), "").expect("writes");
        let tokens = Arc::new(SoftTokens::empty());
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("binds");
        let port = listener.local_addr().expect("has an address").port();
        let kind = setup.prompt.unwrap_or(PromptKind::Scripted(folder.path().join("script")));
        let agent = Agent {
            gateways,
            tokens: tokens.clone(),
            prompts: prompts(&kind, &Desktop::default()).expect("can ask"),
            clock: Arc::new(SystemClock),
            language: setup.language,
            user: setup.user,
            owners: setup.owners,
        };
        let (stop, stopped) = oneshot::channel::<()>();
        let served = tokio::spawn(serve(listener, agent, async {
            let _ = stopped.await;
        }));
        Self { port, gateway, tokens, folder, stop: Some(stop), served }
    }

    pub fn stop(&mut self) {
        let _ = self.stop.take().expect("stops once").send(());
    }

    /// Appends a step to the script.
    pub fn step(&self, step: &str) {
        let script = std::fs::OpenOptions::new().append(true).open(self.folder.path().join("script"));
        writeln!(script.expect("opens"), "{step}").expect("writes");
    }

    pub fn transcript(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("script.transcript")).unwrap_or_default()
    }

    /// Screens of a purpose, in the order they were shown.
    pub fn screens(&self, purpose: &str) -> Vec<String> {
        let mark = format!("\"screen\":\"{purpose}\"");
        self.transcript().lines().filter(|line| line.contains(&mark)).map(str::to_owned).collect()
    }

    /// Waits for so many screens of a purpose; the last of them.
    pub async fn shown(&self, purpose: &str, count: usize) -> String {
        until(&format!("screen {purpose}: {}", self.transcript()), || {
            let screens = self.screens(purpose);
            (screens.len() >= count).then(|| screens.last().cloned().unwrap_or_default())
        })
        .await
    }

    /// The path of a login at the usual gateway.
    pub fn path(&self) -> String {
        format!("/login/{}/{HANDLE}", self.gateway.host())
    }

    /// The headers of a browser that was sent by the gateway.
    pub fn headers(&self) -> Vec<(String, String)> {
        [
            ("Host", format!("127.0.0.1:{}", self.port)),
            ("Sec-Fetch-Site", "cross-site".to_owned()),
            ("Sec-Fetch-Mode", "navigate".to_owned()),
            ("Sec-Fetch-User", "?1".to_owned()),
            ("Sec-Fetch-Dest", "document".to_owned()),
            ("Referer", format!("{}/", self.gateway.base())),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .to_vec()
    }

    /// The good request with one header put in place of its like, or taken out.
    pub fn headers_with(&self, name: &str, value: Option<&str>) -> Vec<(String, String)> {
        let mut headers = self.headers();
        headers.retain(|(other, _)| !other.eq_ignore_ascii_case(name));
        headers.extend(value.map(|value| (name.to_owned(), value.to_owned())));
        headers
    }

    /// Opens a connection and sends a request.
    pub async fn send(&self, method: &str, path: &str, headers: &[(String, String)]) -> TcpStream {
        let lines: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        self.send_raw(format!("{method} {path} HTTP/1.1\r\n{lines}\r\n").as_bytes()).await
    }

    pub async fn send_raw(&self, bytes: &[u8]) -> TcpStream {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).await.expect("connects");
        let _ = stream.write_all(bytes).await;
        stream
    }

    pub async fn ask(&self, method: &str, path: &str, headers: &[(String, String)]) -> Reply {
        Reply::read(self.send(method, path, headers).await).await
    }

    /// The click.
    pub async fn click(&self) -> TcpStream {
        self.send("GET", &self.path(), &self.headers()).await
    }
}

/// Polls until there is a value.
pub async fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + PATIENCE;
    loop {
        if let Some(value) = look() {
            return value;
        }
        assert!(Instant::now() < end, "in vain: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub head: String,
    pub body: String,
}

impl Reply {
    pub async fn read(mut stream: TcpStream) -> Self {
        let mut bytes = Vec::new();
        let read = stream.read_to_end(&mut bytes);
        let ended = tokio::time::timeout(PATIENCE, read).await.expect("answers in time");
        // A connection that was reset after the answer has still answered.
        let _ = ended;
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
        Self { status, head: head.to_ascii_lowercase(), body: body.to_owned() }
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| line.strip_prefix(&format!("{name}: ")))
    }
}
