//! The demo: a whole login on one machine, and the portal that asks for it.

#[path = "../support/authority.rs"]
#[allow(dead_code, reason = "each program uses its part of what they share")]
mod authority;
#[path = "../support/der.rs"]
#[allow(dead_code, reason = "each program uses its part of what they share")]
mod der;
#[path = "../support/pcscd.rs"]
mod pcscd;
mod portal;
#[path = "../support/process.rs"]
#[allow(dead_code, reason = "each program uses its part of what they share")]
mod process;
mod up;
#[path = "../support/virtual_card.rs"]
mod virtual_card;

use anyhow::Context;
use clap::{Args, Parser, Subcommand};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use url::Url;

#[derive(Parser)]
#[command(about = "A whole Brama login on one machine")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Bring everything up: authority, cards, gateway, portal, agent.
    Up(up::Options),
    /// Pull a card of the running demo out of its reader, or put it back.
    Card(up::CardArguments),
    /// Serve the demo portal, an OpenID Connect client.
    Portal(PortalArguments),
}

#[derive(Args)]
struct PortalArguments {
    /// Where to listen.
    #[arg(long)]
    listen: SocketAddr,
    /// The gateway.
    #[arg(long)]
    issuer: Url,
    /// The portal's name at the gateway.
    #[arg(long)]
    client_id: String,
    /// A file with the portal's password there.
    #[arg(long)]
    client_secret_file: PathBuf,
}

fn main() -> ExitCode {
    let outcome = match Arguments::parse().command {
        Command::Up(options) => up::run(options),
        Command::Card(arguments) => up::card(arguments),
        Command::Portal(arguments) => serve_portal(&arguments),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // The causes in one line each; a backtrace helps nobody who only wants the demo to run.
            eprintln!("\nbrama-demo: {error}");
            error.chain().skip(1).for_each(|cause| eprintln!("  because: {cause}"));
            ExitCode::FAILURE
        }
    }
}

#[tokio::main(flavor = "current_thread")]
async fn serve_portal(arguments: &PortalArguments) -> anyhow::Result<()> {
    let file = &arguments.client_secret_file;
    let secret = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    let listener = tokio::net::TcpListener::bind(arguments.listen)
        .await
        .with_context(|| format!("cannot listen on {}", arguments.listen))?;
    let settings = portal::Settings {
        issuer: arguments.issuer.clone(),
        origin: Url::parse(&format!("http://{}", listener.local_addr()?))?,
        client_id: arguments.client_id.clone(),
        client_secret: secret.trim().to_owned(),
    };
    println!("the portal listens on {}", settings.origin);
    portal::serve(listener, settings).await
}
