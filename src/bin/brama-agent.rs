//! `brama-agent`: the citizen's side. Arguments in, library called, nothing else.

use anyhow::{Context, Result, anyhow};
use brama::agent::config::{ADMINISTRATOR_FILE, Config, Presence, PromptKind};
use brama::agent::doctor::{self, Health};
use brama::agent::inventory::{Inventory, describe, settled};
use brama::agent::loopback::{self, Agent, ProcessTable};
use brama::agent::prompt::{Desktop, prompts};
use brama::card::{Deadlines, PcscTokens};
use brama::clock::{Clock, SystemClock};
use brama::hardening::harden;
use brama::i18n::Language;
use brama::rng::SystemRng;
use brama::telemetry;
use clap::{Args, Parser, Subcommand};
use rustix::process::geteuid;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};

/// How long `list` and `doctor` wait for cards that are being read.
const PATIENCE: Duration = Duration::from_secs(10);

/// Sign in to public services with a key token.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// How log lines are written to standard error.
    #[arg(long, value_enum, default_value_t, global = true)]
    log: telemetry::Format,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Wait for sign-ins from the browser.
    Run {
        #[command(flatten)]
        place: Place,
        /// The loopback port; the gateways must know it.
        #[arg(long)]
        port: Option<u16>,
        /// How to ask: auto, terminal, pinentry, pinentry:PROGRAM, or for tests scripted:FILE.
        #[arg(long, value_parser = prompt_kind)]
        prompt: Option<PromptKind>,
    },
    /// List readers, cards and certificates.
    List {
        #[command(flatten)]
        place: Place,
        /// Print JSON for programs.
        #[arg(long)]
        json: bool,
    },
    /// Say what is missing for a sign-in, and what to do.
    Doctor {
        #[command(flatten)]
        place: Place,
        /// The loopback port.
        #[arg(long)]
        port: Option<u16>,
    },
}

#[derive(Args)]
struct Place {
    /// The configuration file in place of ~/.config/brama/agent.toml.
    #[arg(long)]
    config: Option<PathBuf>,
    /// The language to speak: be, uk, ru or en.
    #[arg(long, value_parser = language)]
    language: Option<Language>,
}

fn prompt_kind(text: &str) -> Result<PromptKind, String> {
    PromptKind::parse(text)
        .ok_or_else(|| "write auto, terminal, pinentry, pinentry:PROGRAM or scripted:FILE".to_owned())
}

fn language(text: &str) -> Result<Language, String> {
    Language::parse(text).ok_or_else(|| "write be, uk, ru or en".to_owned())
}

impl Place {
    fn load(&self) -> Result<Config> {
        let mut config = match &self.config {
            Some(file) => Config::load(Path::new(ADMINISTRATOR_FILE), file, Presence::Required)?,
            None => Config::load(Path::new(ADMINISTRATOR_FILE), &user_file(), Presence::Optional)?,
        };
        config.language = self.language.or(config.language);
        Ok(config)
    }
}

/// `agent.toml` below the user's configuration folder (XDG Base Directory).
fn user_file() -> PathBuf {
    let folder = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let configuration = folder("XDG_CONFIG_HOME").or_else(|| folder("HOME").map(|home| home.join(".config")));
    configuration.unwrap_or_else(|| PathBuf::from("/nonexistent")).join("brama/agent.toml")
}

/// The language of what is printed: the configured one, else the terminal's.
fn printed_language(config: &Config) -> Language {
    let locale = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let first = ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().find_map(locale);
    config.language.unwrap_or_else(|| Language::negotiate(&[first.unwrap_or_default()]))
}

fn tokens() -> Arc<PcscTokens> {
    Arc::new(PcscTokens::start(Arc::new(SystemRng::default()), Deadlines::default()))
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    telemetry::start(arguments.log);
    match start(arguments.command) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("brama-agent: {}", telemetry::explain(error.as_ref()));
            ExitCode::FAILURE
        }
    }
}

fn start(command: Command) -> Result<ExitCode> {
    // Before anything is read: a process that cannot be closed must not ask for a PIN.
    harden().context("cannot protect this process's memory")?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let ended = match command {
        Command::Run { place, port, prompt } => {
            let mut config = place.load()?;
            config.port = port.unwrap_or(config.port);
            config.prompt = prompt.unwrap_or(config.prompt);
            runtime.block_on(run(config)).map(|()| ExitCode::SUCCESS)
        }
        Command::List { place, json } => list(&place.load()?, json).map(|()| ExitCode::SUCCESS),
        Command::Doctor { place, port } => {
            let config = place.load()?;
            runtime.block_on(examine(&config, port.unwrap_or(config.port)))
        }
    };
    // A card that does not answer must not keep the process.
    runtime.shutdown_timeout(Duration::from_secs(1));
    ended
}

async fn run(config: Config) -> Result<()> {
    config.require_gateway()?;
    if config.user_gateways_ignored {
        tracing::warn!("the gateways of your own file are ignored: {ADMINISTRATOR_FILE} does not allow them");
    }
    let listener = loopback::bind(config.port).await.map_err(|error| match error {
        loopback::Error::PortTaken { port, owner } => {
            let user = owner.map(|owner| doctor::user_name(owner).unwrap_or_else(|| owner.to_string()));
            let whose = user.map(|user| format!(" by a program of user {user}")).unwrap_or_default();
            anyhow!(
                "port {port} on 127.0.0.1 is taken{whose}. If it is another brama-agent, stop it first; to see which \
                 program it is: sudo ss -ltnp 'sport = :{port}'"
            )
        }
        other => other.into(),
    })?;
    let user = geteuid().as_raw();
    if user == 0 {
        tracing::warn!("running as root: only browsers of root are served; run it as the user who signs in");
    }
    let agent = Agent {
        prompts: prompts(&config.prompt, &Desktop::of_environment()).context("cannot ask for a PIN")?,
        gateways: config.gateways,
        tokens: tokens(),
        clock: Arc::new(SystemClock),
        language: config.language,
        user,
        owners: Arc::new(ProcessTable),
    };
    let mut signals = [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()]
        .map(signal)
        .into_iter()
        .collect::<Result<Vec<_>, _>>()?;
    let shutdown = async move {
        let received = signals.iter_mut().map(|signal| Box::pin(signal.recv()));
        first(received.collect()).await;
    };
    let hosts: Vec<&str> = agent.gateways.iter().map(|gateway| gateway.origin().as_str()).collect();
    tracing::info!(port = config.port, gateways = %hosts.join(" "), "ready on 127.0.0.1");
    loopback::serve(listener, agent, shutdown).await.context("cannot serve")?;
    tracing::info!("stopped");
    Ok(())
}

/// Completes with the first of some futures.
async fn first<F: Future + Unpin>(mut futures: Vec<F>) {
    std::future::poll_fn(|context| {
        let ready = futures.iter_mut().any(|future| std::pin::Pin::new(future).poll(context).is_ready());
        if ready { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
}

fn list(config: &Config, json: bool) -> Result<()> {
    let snapshot = settled(&*tokens(), PATIENCE);
    if json {
        println!("{}", serde_json::to_string_pretty(&Inventory::of(&snapshot))?);
    } else {
        for line in describe(&snapshot, printed_language(config), SystemClock.now()) {
            println!("{line}");
        }
    }
    Ok(())
}

async fn examine(config: &Config, port: u16) -> Result<ExitCode> {
    let language = printed_language(config);
    let snapshot = tokio::task::spawn_blocking(|| settled(&*tokens(), PATIENCE)).await?;
    let mut findings = doctor::cards(&snapshot, SystemClock.now());
    findings.extend(doctor::port(port, geteuid().as_raw()));
    findings.extend(doctor::gateways(config, &SystemClock).await);
    let mut healthy = true;
    for finding in &findings {
        let (what, next) = finding.words(language);
        match finding.health {
            Health::Good => println!("  ok  {what}"),
            Health::Bad => println!("  !!  {what}"),
        }
        if let Some(next) = next {
            println!("      {next}");
        }
        healthy &= finding.health == Health::Good;
    }
    if healthy {
        println!("{}", brama::i18n::text(language, "agent-doctor-healthy", &[]));
    }
    Ok(if healthy { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
