//! Which gateways the agent serves, and how it asks the citizen.
//!
//! Two files are read: the administrator's and the user's. The user's may choose language, port and prompt, but
//! gateways (and the TLS authorities that vouch for them) are the administrator's once her file exists, unless it says
//! `allow_user_gateways = true`: a page that talks a citizen into editing a file must gain nothing by it.

use crate::authn::{AGENT_PORT, Origin};
use crate::client::{HttpClient, PlainHttp, Reach, roots_from_pem, system_roots};
use crate::i18n::Language;
use serde::Deserialize;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use url::Url;

/// Where the administrator's file is.
pub const ADMINISTRATOR_FILE: &str = "/etc/brama/agent.toml";
/// The most bytes of a configuration file.
const MAX_FILE: u64 = 64 * 1024;
/// The most bytes of a file of TLS authorities; all of Mozilla's are a quarter of it.
const MAX_AUTHORITIES: u64 = 1024 * 1024;
/// The most gateways on the list.
const MAX_GATEWAYS: usize = 64;

/// Why the configuration cannot be used. Every message names the file and the field and says what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The file cannot be read.
    #[error("{}: cannot be read; check that it exists and that you may read it", file.display())]
    Read {
        /// The file.
        file: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// The file is longer than any configuration is.
    #[error("{}: longer than {limit} bytes; is it the right file?", file.display())]
    TooLong {
        /// The file.
        file: PathBuf,
        /// The limit.
        limit: u64,
    },
    /// Anybody on this computer may change the file.
    #[error("{}: anybody may write to it; run: chmod o-w {}", file.display(), file.display())]
    WritableByAll {
        /// The file.
        file: PathBuf,
    },
    /// Not TOML, or a field that does not exist; the message of the parser names line and field.
    #[error("{}: is not understood; the fields are port, prompt, language, allow_user_gateways and [[gateway]] with url and ca", file.display())]
    Syntax {
        /// The file.
        file: PathBuf,
        /// What is wrong where.
        #[source]
        source: Box<toml::de::Error>,
    },
    /// A gateway's address is not an absolute https URL without user, query and fragment.
    #[error("{}: gateway.url = \"{url}\" is not an address; write it like \"https://id.example\"", file.display())]
    GatewayUrl {
        /// The file.
        file: PathBuf,
        /// What it says.
        url: String,
    },
    /// Plain HTTP to somewhere else than this computer.
    #[error("{}: gateway.url = \"{url}\" is plain http; write https (http only goes with an address like 127.0.0.2)", file.display())]
    GatewayPlainHttp {
        /// The file.
        file: PathBuf,
        /// What it says.
        url: String,
    },
    /// Two entries for one host and port.
    #[error("{}: gateway.url names {host} twice; keep one entry", file.display())]
    GatewayTwice {
        /// The file.
        file: PathBuf,
        /// The host.
        host: String,
    },
    /// More gateways than anybody has.
    #[error("{}: more than {limit} gateways; remove some", file.display())]
    TooManyGateways {
        /// The file.
        file: PathBuf,
        /// The limit.
        limit: usize,
    },
    /// The TLS authorities of a gateway cannot be used.
    #[error("{}: gateway.ca = \"{}\" holds no usable certificate; it must be a PEM file of certificate authorities", file.display(), authorities.display())]
    Authorities {
        /// The file.
        file: PathBuf,
        /// The file it names.
        authorities: PathBuf,
    },
    /// A prompt that does not exist.
    #[error("{}: prompt = \"{prompt}\" is unknown; write auto, terminal or pinentry", file.display())]
    PromptUnknown {
        /// The file.
        file: PathBuf,
        /// What it says.
        prompt: String,
    },
    /// A language the agent does not speak.
    #[error("{}: language = \"{language}\" is not spoken; write be, uk, ru or en, or leave it out", file.display())]
    LanguageUnknown {
        /// The file.
        file: PathBuf,
        /// What it says.
        language: String,
    },
    /// No file names a gateway.
    #[error("no gateway is configured; write to {} two lines: [[gateway]] and url = \"https://the.gateway\"", file.display())]
    NoGateway {
        /// Where to write it.
        file: PathBuf,
    },
}

impl Error {
    /// The stable word.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Read { .. } => "config_read",
            Self::TooLong { .. } => "config_too_long",
            Self::WritableByAll { .. } => "config_writable_by_all",
            Self::Syntax { .. } => "config_syntax",
            Self::GatewayUrl { .. } => "gateway_url",
            Self::GatewayPlainHttp { .. } => "gateway_plain_http",
            Self::GatewayTwice { .. } => "gateway_twice",
            Self::TooManyGateways { .. } => "too_many_gateways",
            Self::Authorities { .. } => "gateway_authorities",
            Self::PromptUnknown { .. } => "prompt_unknown",
            Self::LanguageUnknown { .. } => "language_unknown",
            Self::NoGateway { .. } => "no_gateway",
        }
    }
}

/// How the citizen is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PromptKind {
    /// A pinentry window where there is a desktop and a graphical pinentry, else the terminal.
    Auto,
    /// The terminal the agent was started in.
    Terminal,
    /// Any pinentry; `None` finds one.
    Pinentry(Option<PathBuf>),
    /// A script instead of a person, for tests; the command line alone can choose it.
    Scripted(PathBuf),
}

impl PromptKind {
    /// Reads `auto`, `terminal`, `pinentry`, `pinentry:PROGRAM` or `scripted:FILE`.
    pub fn parse(text: &str) -> Option<Self> {
        match text.split_once(':') {
            None if text == "auto" => Some(Self::Auto),
            None if text == "terminal" => Some(Self::Terminal),
            None if text == "pinentry" => Some(Self::Pinentry(None)),
            Some(("pinentry", program)) if !program.is_empty() => Some(Self::Pinentry(Some(program.into()))),
            Some(("scripted", file)) if !file.is_empty() => Some(Self::Scripted(file.into())),
            _ => None,
        }
    }
}

/// A gateway the agent serves.
#[derive(Clone, Debug)]
pub struct Gateway {
    base: Url,
    origin: Origin,
    client: HttpClient,
}

impl Gateway {
    /// A gateway at a base address, reached by a client that verifies it. `None` when the address cannot be one: it
    /// is https, or http to a literal loopback address; without user, query and fragment.
    pub fn new(base: &Url, client: HttpClient) -> Option<Self> {
        let origin = Origin::of(base).ok()?;
        let bare = base.query().is_none() && base.fragment().is_none();
        let anonymous = base.username().is_empty() && base.password().is_none();
        if !bare || !anonymous || !(origin.is_https() || origin.is_loopback()) {
            return None;
        }
        let mut base = base.clone();
        let path = base.path().trim_end_matches('/').to_owned();
        base.set_path(&path);
        Some(Self { base, origin, client })
    }

    /// Its origin: what is signed, and what the browser must come from.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// Its base address.
    pub fn base(&self) -> &Url {
        &self.base
    }

    /// The client that verifies it.
    pub fn client(&self) -> &HttpClient {
        &self.client
    }

    /// An address below the base.
    pub fn address(&self, path: &str) -> Url {
        let mut address = self.base.clone();
        address.set_path(&format!("{}{path}", self.base.path().trim_end_matches('/')));
        address
    }

    /// An address the gateway sent, if it lies on the gateway's own origin.
    pub fn own_address(&self, text: &str) -> Option<Url> {
        const MAX_ADDRESS: usize = 2048;
        if text.len() > MAX_ADDRESS || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return None;
        }
        let address = Url::parse(text).ok()?;
        let anonymous = address.username().is_empty() && address.password().is_none();
        (anonymous && Origin::of(&address).is_ok_and(|origin| origin == self.origin)).then_some(address)
    }
}

/// What both files say together.
#[derive(Clone, Debug)]
pub struct Config {
    /// The gateways, none twice.
    pub gateways: Vec<Gateway>,
    /// The loopback port.
    pub port: u16,
    /// How the citizen is asked.
    pub prompt: PromptKind,
    /// The language to speak whatever the browser prefers.
    pub language: Option<Language>,
    /// Whether the user's gateways were passed over because the administrator's file does not allow them.
    pub user_gateways_ignored: bool,
    /// The file to which a gateway is to be added.
    pub file: PathBuf,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct FileContent {
    #[serde(default)]
    allow_user_gateways: bool,
    #[serde(default)]
    gateway: Vec<GatewayContent>,
    port: Option<u16>,
    prompt: Option<String>,
    language: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct GatewayContent {
    url: String,
    ca: Option<PathBuf>,
}

/// One file, read and understood.
struct Part {
    allow_user_gateways: bool,
    gateways: Vec<Gateway>,
    port: Option<u16>,
    prompt: Option<PromptKind>,
    language: Option<Language>,
}

/// Which of the files have to exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// The user named it.
    Required,
    /// It is looked for where it usually is.
    Optional,
}

impl Config {
    /// Reads the administrator's file, if there is one, and the user's.
    pub fn load(administrator: &Path, user: &Path, presence: Presence) -> Result<Self, Error> {
        let above = read(administrator, Presence::Optional)?;
        let own = read(user, presence)?;
        let file = if above.is_some() && own.is_none() { administrator } else { user }.to_owned();
        let locked = above.as_ref().is_some_and(|part| !part.allow_user_gateways);
        let (above, own) = (above.unwrap_or_else(Part::empty), own.unwrap_or_else(Part::empty));
        let mut gateways = above.gateways;
        let user_gateways_ignored = locked && !own.gateways.is_empty();
        if !locked {
            for gateway in own.gateways {
                // Of two entries for one host the administrator's holds: it may pin an authority.
                let known = |other: &Gateway| other.origin.host_and_port() == gateway.origin.host_and_port();
                if !gateways.iter().any(known) {
                    gateways.push(gateway);
                }
            }
        }
        Ok(Self {
            gateways,
            port: own.port.or(above.port).unwrap_or(AGENT_PORT),
            prompt: own.prompt.or(above.prompt).unwrap_or(PromptKind::Auto),
            language: own.language.or(above.language),
            user_gateways_ignored,
            file,
        })
    }

    /// Refuses to go on without a gateway.
    pub fn require_gateway(&self) -> Result<(), Error> {
        if self.gateways.is_empty() { Err(Error::NoGateway { file: self.file.clone() }) } else { Ok(()) }
    }
}

impl Part {
    fn empty() -> Self {
        Self { allow_user_gateways: false, gateways: Vec::new(), port: None, prompt: None, language: None }
    }
}

/// Reads a file of bounded length; a file that any other user may change is no configuration.
fn bytes(file: &Path, named_in: &Path, limit: u64) -> Result<Vec<u8>, Error> {
    let failed = |source| Error::Read { file: file.to_owned(), source };
    let opened = std::fs::File::open(file).map_err(failed)?;
    if opened.metadata().map_err(failed)?.permissions().mode() & 0o002 != 0 {
        return Err(Error::WritableByAll { file: file.to_owned() });
    }
    let mut content = Vec::new();
    opened.take(limit + 1).read_to_end(&mut content).map_err(failed)?;
    if content.len() as u64 > limit {
        return Err(Error::TooLong { file: named_in.to_owned(), limit });
    }
    Ok(content)
}

fn read(file: &Path, presence: Presence) -> Result<Option<Part>, Error> {
    let content = match bytes(file, file, MAX_FILE) {
        Ok(content) => content,
        Err(Error::Read { source, .. })
            if presence == Presence::Optional && source.kind() == std::io::ErrorKind::NotFound =>
        {
            return Ok(None);
        }
        Err(error) => return Err(error),
    };
    let syntax = |source| Error::Syntax { file: file.to_owned(), source: Box::new(source) };
    let content: FileContent = toml::from_slice(&content).map_err(syntax)?;
    if content.gateway.len() > MAX_GATEWAYS {
        return Err(Error::TooManyGateways { file: file.to_owned(), limit: MAX_GATEWAYS });
    }
    let mut gateways: Vec<Gateway> = Vec::new();
    for entry in content.gateway {
        let gateway = gateway(file, entry)?;
        let host = gateway.origin.host_and_port();
        if gateways.iter().any(|other| other.origin.host_and_port() == host) {
            return Err(Error::GatewayTwice { file: file.to_owned(), host: host.to_owned() });
        }
        gateways.push(gateway);
    }
    let prompt = match content.prompt {
        None => None,
        Some(text) => match PromptKind::parse(&text) {
            // A script in a file could sign in without anybody there.
            None | Some(PromptKind::Scripted(_)) => {
                return Err(Error::PromptUnknown { file: file.to_owned(), prompt: text });
            }
            known => known,
        },
    };
    let language = match content.language {
        None => None,
        Some(text) => {
            let known = Language::parse(&text);
            Some(known.ok_or_else(|| Error::LanguageUnknown { file: file.to_owned(), language: text })?)
        }
    };
    let FileContent { allow_user_gateways, port, .. } = content;
    Ok(Some(Part { allow_user_gateways, gateways, port, prompt, language }))
}

fn gateway(file: &Path, entry: GatewayContent) -> Result<Gateway, Error> {
    let malformed = || Error::GatewayUrl { file: file.to_owned(), url: entry.url.clone() };
    let base = Url::parse(&entry.url).map_err(|_| malformed())?;
    let origin = Origin::of(&base).map_err(|_| malformed())?;
    if !origin.is_https() && !origin.is_loopback() {
        return Err(Error::GatewayPlainHttp { file: file.to_owned(), url: entry.url.clone() });
    }
    let roots = match &entry.ca {
        None => system_roots(),
        Some(authorities) => {
            // A relative name is relative to the file that says it, not to where the agent was started.
            let authorities = file.parent().unwrap_or(Path::new(".")).join(authorities);
            let pem = bytes(&authorities, file, MAX_AUTHORITIES)?;
            roots_from_pem(&pem).map_err(|_| Error::Authorities { file: file.to_owned(), authorities })?
        }
    };
    Gateway::new(&base, HttpClient::new(roots, Reach::Any, PlainHttp::LoopbackOnly)).ok_or_else(malformed)
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Folder(tempfile::TempDir);

    impl Folder {
        fn new() -> Self {
            Self(tempfile::tempdir().expect("a folder"))
        }

        fn with(self, name: &str, content: &str) -> Self {
            std::fs::write(self.0.path().join(name), content).expect("writes");
            self
        }

        fn load(&self) -> Result<Config, Error> {
            let path = |name| self.0.path().join(name);
            Config::load(&path("administrator.toml"), &path("user.toml"), Presence::Optional)
        }

        fn hosts(&self) -> Vec<String> {
            let config = self.load().expect("loads");
            config.gateways.iter().map(|gateway| gateway.origin().host_and_port().to_owned()).collect()
        }
    }

    fn refusal(user: &str) -> &'static str {
        Folder::new().with("user.toml", user).load().expect_err("refuses").code()
    }

    const USER: &str = "port = 1\nprompt = \"terminal\"\nlanguage = \"be\"\n[[gateway]]\nurl = \"https://u.example/\"";

    #[test]
    fn without_files_the_defaults_hold() {
        let config = Folder::new().load().expect("loads");
        assert_eq!((config.port, config.prompt.clone(), config.language), (AGENT_PORT, PromptKind::Auto, None));
        assert_eq!(config.require_gateway().expect_err("has none").code(), "no_gateway");
    }

    #[test]
    fn the_user_chooses_what_does_not_matter_to_others() {
        let config = Folder::new().with("user.toml", USER).load().expect("loads");
        assert_eq!((config.port, config.prompt, config.language), (1, PromptKind::Terminal, Some(Language::Be)));
        assert_eq!(config.gateways[0].origin().as_str(), "https://u.example");
    }

    #[test]
    fn the_administrators_list_is_not_widened() {
        let locked = Folder::new()
            .with("user.toml", USER)
            .with("administrator.toml", "[[gateway]]\nurl = \"https://a.example\"");
        assert_eq!(locked.hosts(), ["a.example"]);
        assert!(locked.load().expect("loads").user_gateways_ignored);
        // An empty file of the administrator is a list without gateways, not the absence of one.
        assert!(Folder::new().with("user.toml", USER).with("administrator.toml", "").hosts().is_empty());
        let open = "allow_user_gateways = true\n[[gateway]]\nurl = \"https://a.example\"";
        let open = Folder::new().with("user.toml", USER).with("administrator.toml", open);
        assert_eq!(open.hosts(), ["a.example", "u.example"]);
        // The user cannot allow it to herself.
        let own = Folder::new()
            .with("user.toml", &format!("allow_user_gateways = true\n{USER}"))
            .with("administrator.toml", "");
        assert!(own.hosts().is_empty());
    }

    #[test]
    fn plain_http_stays_on_this_computer() {
        assert_eq!(
            Folder::new().with("user.toml", "[[gateway]]\nurl = \"http://127.0.0.2:8080\"").hosts(),
            ["127.0.0.2:8080"]
        );
        assert_eq!(refusal("[[gateway]]\nurl = \"http://id.example\""), "gateway_plain_http");
        assert_eq!(refusal("[[gateway]]\nurl = \"http://localhost:8080\""), "gateway_plain_http");
    }

    #[test]
    fn each_defect_has_its_name() {
        assert_eq!(refusal("[[gateway]]\nurl = \"id.example\""), "gateway_url");
        assert_eq!(refusal("[[gateway]]\nurl = \"https://me@id.example\""), "gateway_url");
        assert_eq!(refusal("[[gateway]]\nurl = \"https://id.example/?a\""), "gateway_url");
        assert_eq!(refusal("gateways = 1"), "config_syntax");
        assert_eq!(refusal("port = 70000"), "config_syntax");
        assert_eq!(refusal("prompt = \"scripted:/tmp/x\""), "prompt_unknown");
        assert_eq!(refusal("prompt = \"window\""), "prompt_unknown");
        assert_eq!(refusal("language = \"fr\""), "language_unknown");
        assert_eq!(refusal(&"#".repeat(70_000)), "config_too_long");
        let twice = "[[gateway]]\nurl = \"https://id.example\"\n[[gateway]]\nurl = \"https://id.example:443/a\"";
        assert_eq!(refusal(twice), "gateway_twice");
        assert_eq!(refusal("[[gateway]]\nurl = \"https://id.example\"\nca = \"missing.pem\""), "config_read");
        let no_authority = Folder::new()
            .with("ca.pem", "nothing")
            .with("user.toml", "[[gateway]]\nurl = \"https://id.example\"\nca = \"ca.pem\"");
        assert_eq!(no_authority.load().expect_err("refuses").code(), "gateway_authorities");
    }

    #[test]
    fn a_file_anybody_may_write_is_refused() {
        let folder = Folder::new().with("user.toml", USER);
        let path = folder.0.path().join("user.toml");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o666)).expect("sets");
        assert_eq!(folder.load().expect_err("refuses").code(), "config_writable_by_all");
    }

    #[test]
    fn a_named_file_must_exist() {
        let missing = Path::new("/nonexistent/agent.toml");
        let error = Config::load(missing, missing, Presence::Required).expect_err("refuses");
        assert!(error.to_string().contains("/nonexistent/agent.toml"));
    }

    #[test]
    fn addresses_stay_on_the_gateway() {
        let roots = rustls::RootCertStore::empty();
        let client = HttpClient::new(roots, Reach::Any, PlainHttp::LoopbackOnly);
        let gateway = Gateway::new(&Url::parse("https://id.example/base/").expect("parses"), client).expect("fits");
        assert_eq!(gateway.address("/agent/token").as_str(), "https://id.example/base/agent/token");
        assert!(gateway.own_address("https://id.example/c/1").is_some());
        for foreign in [
            "https://id.example.evil/c",
            "https://id.example@evil/c",
            "https://me@id.example/c",
            "http://id.example/c",
            "https://id.example:444/c",
            "//evil/c",
            "javascript:alert(1)",
            "/c/1",
            "https://id.example/\r\nx",
            &format!("https://id.example/{}", "a".repeat(3000)),
        ] {
            assert!(gateway.own_address(foreign).is_none(), "{foreign}");
        }
    }
}
