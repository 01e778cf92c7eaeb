//! `brama`: the gateway and its operator's commands. Arguments in, library called, nothing else.

use anyhow::{Context, Result, bail};
use brama::assurance::Level;
use brama::gateway::{self, Config, StartError};
use brama::hardening::harden;
use brama::jose::Algorithm;
use brama::oidc::Portal;
use brama::oidc::registration::{ClientMethod, Registration, register};
use brama::rng::SystemRng;
use brama::store::Store;
use brama::telemetry;
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;
use std::process::ExitCode;
use tokio::signal::unix::{SignalKind, signal};

/// Digital-signature login for public services: the gateway.
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
    /// Serve the gateway.
    Serve(Where),
    /// Register, list and remove portals. A running gateway sees changes at once.
    #[command(subcommand)]
    Portal(PortalCommand),
}

#[derive(Args)]
struct Where {
    /// The configuration file.
    #[arg(long, default_value = "brama.toml")]
    config: PathBuf,
}

#[derive(Subcommand)]
enum PortalCommand {
    /// Register a portal and print what it needs to sign people in.
    Add(Box<Add>),
    /// List the portals.
    List(Where),
    /// Remove a portal.
    Remove {
        #[command(flatten)]
        place: Where,
        /// The portal's client_id.
        client_id: String,
    },
}

#[derive(Args)]
struct Add {
    #[command(flatten)]
    place: Where,
    /// The portal's name, as citizens will read it.
    #[arg(long)]
    name: String,
    /// The name in a language, for example be=Партал; may be repeated.
    #[arg(long, value_parser = language_and_name)]
    name_in: Vec<(String, String)>,
    /// Where sign-ins may return to, compared byte by byte; may be repeated.
    #[arg(long, required = true)]
    redirect_uri: Vec<String>,
    /// Where sign-outs may return to; may be repeated.
    #[arg(long)]
    post_logout_redirect_uri: Vec<String>,
    /// The portal's client_id; a random one when left out.
    #[arg(long)]
    client_id: Option<String>,
    /// How the portal proves who it is at the token endpoint.
    #[arg(long, value_enum, default_value_t)]
    authentication: Method,
    /// What its id_tokens are signed with: RS256 when left out, as OpenID Connect has it.
    #[arg(long)]
    id_token_algorithm: Option<String>,
    /// The lowest level of assurance it takes: self, low, substantial or high.
    #[arg(long)]
    minimum_level: Option<Level>,
    /// The host that stands for the portal's sector when its addresses have several.
    #[arg(long)]
    sector: Option<String>,
    /// Replace the registration if the client_id is taken; the portal gets a new secret.
    #[arg(long)]
    replace: bool,
}

#[derive(Clone, Copy, Default, ValueEnum)]
enum Method {
    /// A secret by HTTP Basic.
    #[default]
    SecretBasic,
    /// A secret in the form.
    SecretPost,
    /// None: a program on the citizen's own device.
    Public,
}

fn language_and_name(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((language, name)) if !language.is_empty() && !name.is_empty() => Ok((language.into(), name.into())),
        _ => Err("write LANGUAGE=NAME, for example be=Партал".to_owned()),
    }
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    telemetry::start(arguments.log);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let done = runtime.context("cannot start the runtime").and_then(|runtime| runtime.block_on(run(arguments.command)));
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("brama: {}", telemetry::explain(error.as_ref()));
            ExitCode::FAILURE
        }
    }
}

async fn run(command: Command) -> Result<()> {
    match command {
        Command::Serve(place) => serve(place).await,
        Command::Portal(PortalCommand::Add(add)) => add_portal(*add).await,
        Command::Portal(PortalCommand::List(place)) => list_portals(place).await,
        Command::Portal(PortalCommand::Remove { place, client_id }) => remove_portal(place, &client_id).await,
    }
}

async fn serve(place: Where) -> Result<()> {
    harden().context("cannot keep other programs out of this one's memory")?;
    let config = Config::load(&place.config).map_err(StartError::from)?;
    let gateway = gateway::assemble(config).await?;
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let shutdown = async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    };
    Ok(gateway::serve(gateway, shutdown).await?)
}

async fn add_portal(add: Add) -> Result<()> {
    let config = Config::load(&add.place.config)?;
    let algorithm = add.id_token_algorithm.as_deref().map(|name| {
        serde_json::from_value::<Algorithm>(name.into())
            .with_context(|| format!("`{name}` is not an algorithm Brama signs with; try RS256, PS256 or ES256"))
    });
    let registration = Registration {
        client_id: add.client_id,
        name: add.name,
        names: add.name_in.into_iter().collect(),
        redirect_uris: add.redirect_uri,
        post_logout_redirect_uris: add.post_logout_redirect_uri,
        method: match add.authentication {
            Method::SecretBasic => ClientMethod::SecretBasic,
            Method::SecretPost => ClientMethod::SecretPost,
            Method::Public => ClientMethod::Public,
        },
        id_token_algorithm: algorithm.transpose()?,
        minimum_level: add.minimum_level,
        sector: add.sector,
        scopes: None,
    };
    let (portal, secret) = register(registration, &SystemRng::default())?;
    let store = gateway::open_store(&config).await?;
    let record = portal.record()?;
    let kept = store.add_portal(&record).await? || (add.replace && store.replace_portal(&record).await?);
    if !kept {
        bail!("there is a portal {} already; give --replace to register it anew", portal.client_id);
    }
    println!("issuer = {}", config.issuer);
    println!("client_id = {}", portal.client_id);
    if let Some(secret) = secret {
        println!("client_secret = {}", secret.expose());
        eprintln!("Keep the secret now: only its hash is stored.");
    }
    Ok(())
}

async fn list_portals(place: Where) -> Result<()> {
    let store = gateway::open_store(&Config::load(&place.config)?).await?;
    for record in store.portals().await? {
        let portal = Portal::from_record(&record).with_context(|| record.client_id.clone())?;
        println!("{}\t{}\t{}", portal.client_id, portal.minimum_level, portal.name);
        for uri in &portal.redirect_uris {
            println!("\t{}", uri.as_str());
        }
    }
    Ok(())
}

async fn remove_portal(place: Where, client_id: &str) -> Result<()> {
    let store = gateway::open_store(&Config::load(&place.config)?).await?;
    if !store.remove_portal(client_id).await? {
        bail!("there is no portal {client_id}; `brama portal list` names them");
    }
    Ok(())
}
