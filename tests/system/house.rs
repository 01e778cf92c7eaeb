//! Everything a login needs, in a folder and on ports of its own: gateway, portal, agent, pcscd and cards.

use crate::needs;
use crate::pcscd::{CLIENT_VARIABLE, Pcscd, ReaderSpec};
use crate::people::{PEOPLE, Person, ServerCertificate};
use crate::process::{Launch, Process, free_port, http_status};
use crate::script::Script;
use crate::virtual_card::{State, VirtualCard};
use brama::store::{AuditRecord, SqlStore, Store};
use std::fs;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;
use tempfile::TempDir;
use url::Url;

/// Gateway, portal and agent have an address each, because cookies do not know ports (RFC 6265 section 8.5).
const GATEWAY: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));
const PORTAL: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 3));
const AGENT: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
/// How long a program may take to be ready on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);
/// How many houses stand at once, however many processors run tests: a browser is large.
const HOUSES: usize = 3;

/// How the gateway is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    Plain,
    Tls,
}

/// What a house has.
pub struct Plan {
    /// Whose cards are in the readers, one each.
    pub cards: Vec<&'static Person>,
    pub transport: Transport,
}

impl Plan {
    pub fn with(cards: Vec<&'static Person>) -> Self {
        Self { cards, transport: Transport::Plain }
    }
}

/// A place among the houses that stand.
struct Place;

static STANDING: Mutex<usize> = Mutex::new(0);
static LEFT: Condvar = Condvar::new();

impl Place {
    fn take() -> Self {
        let standing = STANDING.lock().unwrap_or_else(PoisonError::into_inner);
        let mut standing =
            LEFT.wait_while(standing, |standing| *standing >= HOUSES).unwrap_or_else(PoisonError::into_inner);
        *standing += 1;
        Self
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        *STANDING.lock().unwrap_or_else(PoisonError::into_inner) -= 1;
        LEFT.notify_one();
    }
}

/// The house. What runs is ended in the order of the fields.
pub struct House {
    agent: Option<Process>,
    portal: Option<Process>,
    gateway: Option<Process>,
    pub cards: Vec<VirtualCard>,
    pcscd: Option<Pcscd>,
    pub script: Script,
    /// The gateway's origin.
    pub issuer: Url,
    /// The portal's.
    pub portal_address: Url,
    pub agent_port: u16,
    /// The certificate of a gateway with TLS.
    pub tls: Option<ServerCertificate>,
    folder: TempDir,
    _place: Place,
}

impl House {
    /// Everything running: gateway, portal, cards, and an agent that trusts the gateway.
    pub fn new(plan: Plan) -> Self {
        let mut house = Self::without_agent(plan);
        house.start_agent();
        house
    }

    /// The same with the agent still to be started.
    pub fn without_agent(plan: Plan) -> Self {
        let place = Place::take();
        let folder = tempfile::Builder::new().prefix("brama-system-").tempdir().expect("a folder");
        let script = Script::new(folder.path());
        let gateway = SocketAddr::new(GATEWAY, port(GATEWAY));
        let scheme = if plan.transport == Transport::Tls { "https" } else { "http" };
        let mut house = Self {
            agent: None,
            portal: None,
            gateway: None,
            cards: Vec::new(),
            pcscd: None,
            script,
            issuer: Url::parse(&format!("{scheme}://{gateway}")).expect("an address"),
            portal_address: Url::parse(&format!("http://{PORTAL}:{}", port(PORTAL))).expect("an address"),
            agent_port: port(AGENT),
            tls: (plan.transport == Transport::Tls).then(ServerCertificate::new),
            folder,
            _place: place,
        };
        house.insert(&plan.cards);
        house.configure(gateway);
        house.start_gateway();
        // The demo portal takes its gateway's word on loopback only; over TLS tests are their own portal.
        if plan.transport == Transport::Plain {
            house.start_portal();
        }
        house
    }

    fn insert(&mut self, people: &[&'static Person]) {
        if people.is_empty() {
            return;
        }
        let folder = self.path("pcscd");
        fs::create_dir(&folder).expect("a folder");
        // Two readers for each name.
        let specs = ReaderSpec::numbered(people.len().div_ceil(2));
        let pcscd = Pcscd::start(&folder, &specs).expect("pcscd starts");
        for (person, reader) in people.iter().zip(pcscd.readers()) {
            let state = State::new().with_key(0x9A, person.key.clone(), person.certificate.clone());
            let card = VirtualCard::new(reader.address, state);
            card.insert();
            self.cards.push(card);
        }
        self.pcscd = Some(pcscd);
    }

    /// A file or folder of the house.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn configure(&self, listen: SocketAddr) {
        PEOPLE.write_trust(&self.path("certs"));
        let tls = self.tls.as_ref().map_or(String::new(), |tls| {
            fs::write(self.path("tls.pem"), &tls.certificate).expect("is written");
            fs::write(self.path("tls.key"), &tls.key).expect("is written");
            fs::write(self.path("tls-authority.pem"), &tls.authority).expect("is written");
            "[tls]\ncertificate = \"tls.pem\"\nkey = \"tls.key\"\n".to_owned()
        });
        let configuration = format!(
            "issuer = \"{}\"\nlisten = \"{listen}\"\ndata = \"data\"\ncerts = \"certs\"\n\
             support = \"+375 17 000-00-00\"\nagent_port = {}\n{tls}",
            self.origin(),
            self.agent_port
        );
        fs::write(self.path("brama.toml"), configuration).expect("is written");
    }

    /// The gateway's origin as text.
    pub fn origin(&self) -> String {
        self.issuer.origin().ascii_serialization()
    }

    fn gateway_address(&self) -> SocketAddr {
        SocketAddr::new(GATEWAY, self.issuer.port().expect("has a port"))
    }

    pub fn start_gateway(&mut self) {
        let launch = Launch::new("the gateway", env!("CARGO_BIN_EXE_brama"), self.path("gateway.log"))
            .arguments(["serve", "--config"])
            .argument(self.path("brama.toml"));
        let mut process = launch.spawn().expect("the gateway starts");
        let address = self.gateway_address();
        let plain = self.tls.is_none();
        let ready = process.wait_until(PATIENCE, || match plain {
            true => http_status(address, "/health") == Some(200),
            false => std::net::TcpStream::connect(address).is_ok(),
        });
        assert!(ready.is_ok(), "the gateway is not ready ({ready:?}):\n{}", process.tail(30));
        self.gateway = Some(process);
    }

    /// Ends the gateway as a power cut would.
    pub fn kill_gateway(&mut self) {
        self.gateway.take().expect("runs").kill();
    }

    /// Runs the operator's program with this house's configuration at the end of its arguments.
    pub fn operate(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_brama"));
        command.args(arguments).arg("--config").arg(self.path("brama.toml"));
        command.output().expect("brama runs")
    }

    /// Registers a portal; its secret.
    pub fn register(&self, client_id: &str, redirect_uri: &str, after_sign_out: &str) -> String {
        let output = self.operate(&[
            "portal",
            "add",
            "--client-id",
            client_id,
            "--name",
            "Portal of services",
            "--name-in",
            "be=Партал паслуг",
            "--name-in",
            "uk=Портал послуг",
            "--name-in",
            "ru=Портал услуг",
            "--redirect-uri",
            redirect_uri,
            "--post-logout-redirect-uri",
            after_sign_out,
        ]);
        let printed = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "brama portal add: {}", String::from_utf8_lossy(&output.stderr));
        let secret = printed.lines().find_map(|line| line.strip_prefix("client_secret = "));
        secret.unwrap_or_else(|| panic!("brama portal add printed no secret: {printed}")).to_owned()
    }

    fn start_portal(&mut self) {
        let at = |path: &str| self.portal_address.join(path).expect("an address").to_string();
        let secret = self.register("demo-portal", &at("/callback"), &at("/signed-out"));
        fs::write(self.path("portal.secret"), secret).expect("is written");
        let program = Path::new(env!("CARGO_BIN_EXE_brama")).with_file_name("examples").join("brama-demo");
        assert!(program.is_file(), "{} is missing: run cargo build --examples", program.display());
        let listen: SocketAddr = self.portal_address.socket_addrs(|| None).expect("an address")[0];
        let launch = Launch::new("the portal", program, self.path("portal.log"))
            .arguments(["portal", "--client-id", "demo-portal"])
            .arguments(["--listen".to_owned(), listen.to_string()])
            .arguments(["--issuer".to_owned(), self.origin()])
            .argument("--client-secret-file")
            .argument(self.path("portal.secret"));
        let mut process = launch.spawn().expect("the portal starts");
        let ready = process.wait_until(PATIENCE, || http_status(listen, "/") == Some(200));
        assert!(ready.is_ok(), "the portal is not ready ({ready:?}):\n{}", process.tail(30));
        self.portal = Some(process);
    }

    /// Starts the agent with this gateway on its list.
    pub fn start_agent(&mut self) {
        let authority = self.tls.as_ref().map(|_| self.path("tls-authority.pem"));
        self.start_agent_trusting(&self.origin(), authority.as_deref());
    }

    /// Starts the agent with another gateway, or another authority for its TLS, on its list.
    pub fn start_agent_trusting(&mut self, gateway: &str, authority: Option<&Path>) {
        self.stop_agent();
        self.script.clear();
        let authority = authority.map_or(String::new(), |file| format!("ca = \"{}\"\n", file.display()));
        fs::write(self.path("agent.toml"), format!("[[gateway]]\nurl = \"{gateway}\"\n{authority}")).expect("written");
        let socket = self.pcscd.as_ref().map_or_else(|| self.path("no-pcscd"), Pcscd::socket);
        let launch = Launch::new("the agent", env!("CARGO_BIN_EXE_brama-agent"), self.path("agent.log"))
            .arguments(["run", "--port"])
            .arguments([self.agent_port.to_string(), "--prompt".to_owned(), self.script.argument()])
            .argument("--config")
            .argument(self.path("agent.toml"))
            .environment(CLIENT_VARIABLE, socket);
        let mut process = launch.spawn().expect("the agent starts");
        let address = SocketAddr::new(AGENT, self.agent_port);
        // Whatever it answers to a request it must refuse, it is there.
        let ready = process.wait_until(PATIENCE, || http_status(address, "/").is_some());
        assert!(ready.is_ok(), "the agent is not ready ({ready:?}):\n{}", process.tail(30));
        self.agent = Some(process);
    }

    pub fn stop_agent(&mut self) {
        self.agent = None;
    }

    /// A file's text, for the logs.
    pub fn log(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_default()
    }

    /// The audit, oldest first, read beside the running gateway.
    pub fn audit(&self) -> Vec<AuditRecord> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let store = SqlStore::open(&self.path("data/brama.sqlite")).await.expect("the store opens");
            let mut records = store.audit(100).await.expect("the audit is read");
            records.reverse();
            records
        })
    }

    /// The kinds of the audit's records, oldest first.
    pub fn audited(&self) -> Vec<String> {
        self.audit().into_iter().map(|record| record.kind).collect()
    }

    /// Starts a browser that lives no longer than the house.
    pub fn browser(&self, language: &str) -> crate::browser::Browser {
        assert!(needs::chromium().is_some(), "asked before");
        crate::browser::Browser::start(self.folder.path(), language)
    }
}

impl Drop for House {
    fn drop(&mut self) {
        if std::thread::panicking() {
            for name in ["gateway.log", "portal.log", "agent.log", "script.transcript"] {
                let log = self.log(name);
                let lines: Vec<&str> = log.lines().collect();
                eprintln!("--- {name}\n{}", lines[lines.len().saturating_sub(25)..].join("\n"));
            }
        }
    }
}

/// A port that is free now and that no other house of this process gets. Below the range from which the kernel gives
/// ports to clients, so that none of our own connections takes it before its server does.
pub fn port(address: IpAddr) -> u16 {
    const FIRST: u16 = 12_000;
    const COUNT: u16 = 8_000;
    static NEXT: AtomicU16 = AtomicU16::new(0);
    // Runs side by side begin at different places.
    let begin = std::process::id().wrapping_mul(193) % u32::from(COUNT);
    for _ in 0..COUNT {
        let step = u32::from(NEXT.fetch_add(1, Ordering::Relaxed));
        let port = FIRST + u16::try_from((begin + step) % u32::from(COUNT)).expect("below COUNT");
        if free_port(address, Some(port)).is_ok_and(|found| found == port) {
            return port;
        }
    }
    panic!("no port is free on {address}")
}
