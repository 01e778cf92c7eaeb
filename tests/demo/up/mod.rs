//! `brama-demo up`: everything a login needs, on this machine, until Ctrl-C.

mod cards;
mod check;
mod home;
mod people;
mod progress;
mod stop;

pub use cards::{Arguments as CardArguments, command as card};

use crate::pcscd::{self, Pcscd};
use crate::process::{self, Failure, Launch, Process};
use anyhow::{Context, anyhow, bail, ensure};
use cards::Cards;
use home::Home;
use people::{CITIZENS, PIN, People};
use progress::Progress;
use std::fs::File;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;
use stop::Stop;
use url::Url;

/// Gateway, portal and agent have an address each, because cookies do not know ports (RFC 6265 8.5).
const GATEWAY: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2)), 8080);
const PORTAL: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(127, 0, 0, 3)), 8081);
const AGENT: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), brama::authn::AGENT_PORT);
/// The portal's name at the gateway.
const CLIENT_ID: &str = "demo-portal";
/// What the gateway and the agent call it.
const PORTAL_NAME: &str = "Demo portal of public services";
const PORTAL_NAMES: [(&str, &str); 3] = [
    ("be", "Дэманстрацыйны партал паслуг"),
    ("uk", "Демонстраційний портал послуг"),
    ("ru", "Демонстрационный портал услуг"),
];
/// How long one program may take to be ready.
const PATIENCE: Duration = Duration::from_secs(30);
/// How often the running programs are looked at.
const WATCH: Duration = Duration::from_millis(200);
/// Ctrl-C reaches the agent in the same moment as the demo: an end that close to a signal is no failure.
const COINCIDENCE: Duration = Duration::from_millis(500);
/// How many last lines of a log are shown.
const TAIL: usize = 15;

/// How to come up.
#[derive(Clone, Copy, Debug, clap::Args)]
pub struct Options {
    /// Make one login without a browser, tell how it went, and end.
    #[arg(long)]
    check: bool,
    /// Take the virtual cards even when a real card is plugged in.
    #[arg(long)]
    virtual_cards: bool,
}

/// The gateway among the children.
const GATEWAY_NAME: &str = "the gateway";

/// What runs, in the order of starting; ended in the opposite order.
#[derive(Default)]
pub struct Children {
    processes: Vec<Process>,
    /// Dropped, and so ended, after those that use it.
    pcscd: Option<Pcscd>,
}

impl Children {
    /// Keeps a pcscd until everything ends.
    pub fn keep(&mut self, pcscd: Pcscd) {
        self.pcscd = Some(pcscd);
    }

    /// Starts a program and waits until it is ready.
    pub fn start(&mut self, launch: &Launch, stop: &Stop, mut ready: impl FnMut() -> bool) -> anyhow::Result<()> {
        let mut process = launch.spawn()?;
        let waited = process.wait_until(PATIENCE, || stop.requested() || ready());
        self.processes.push(process);
        ensure!(!stop.requested(), "stopped");
        let process = self.processes.last().context("just put there")?;
        waited.map_err(|failure| told(process, &failure))
    }

    /// The first that has ended, as an error with the end of its log.
    fn ended(&mut self) -> Option<anyhow::Error> {
        if let Some(pcscd) = self.pcscd.as_ref().filter(|pcscd| !runs(pcscd)) {
            let text = std::fs::read_to_string(pcscd.log()).unwrap_or_default();
            return Some(told_with("pcscd has ended", &pcscd.log(), &last_lines(&text)));
        }
        self.processes.iter_mut().find_map(|process| {
            let status = process.ended()?;
            Some(told(process, &Failure::Ended { name: process.name().to_owned(), status }))
        })
    }

    /// Has the gateway read its trust list again.
    fn reload_trust(&mut self) {
        let gateway = self.processes.iter_mut().filter(|process| process.name() == GATEWAY_NAME);
        gateway.for_each(|gateway| gateway.signal(rustix::process::Signal::HUP));
    }
}

impl Drop for Children {
    fn drop(&mut self) {
        for process in self.processes.iter_mut().rev() {
            process.signal(rustix::process::Signal::TERM);
        }
        while let Some(mut process) = self.processes.pop() {
            process.stop();
        }
    }
}

fn runs(pcscd: &Pcscd) -> bool {
    let pid = pcscd.pid().and_then(|pid| rustix::process::Pid::from_raw(i32::try_from(pid).ok()?));
    pid.is_some_and(|pid| rustix::process::test_kill_process(pid).is_ok())
}

fn last_lines(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(TAIL)..].join("\n")
}

fn told(process: &Process, failure: &Failure) -> anyhow::Error {
    told_with(&failure.to_string(), process.log(), &process.tail(TAIL))
}

fn told_with(failure: &str, log: &Path, tail: &str) -> anyhow::Error {
    let log = log.display();
    match tail.is_empty() {
        true => anyhow!("{failure}; its log {log} is empty"),
        false => anyhow!("{failure}. The end of {log}:\n\n{tail}\n"),
    }
}

/// Comes up, runs until a signal, leaves nothing running.
pub fn run(options: Options) -> anyhow::Result<()> {
    let stop = Stop::listen().context("cannot take over the signals")?;
    let home = Home::open()?;
    let progress = Progress::new();
    if !options.check && File::open("/dev/tty").is_err() {
        bail!("the agent asks for the PIN in a terminal and there is none; run the demo in one, or use --check");
    }
    let mut children = Children::default();
    let outcome = come_up(options, &home, &progress, &stop, &mut children);
    match outcome {
        Err(_) if stop.requested() => Ok(()),
        outcome => outcome,
    }
}

fn come_up(
    options: Options,
    home: &Home,
    progress: &Progress,
    stop: &Stop,
    children: &mut Children,
) -> anyhow::Result<()> {
    let gateway = address("gateway", GATEWAY, progress)?;
    let portal = address("portal", PORTAL, progress)?;
    let agent = address("agent", AGENT, progress)?;
    let issuer = Url::parse(&format!("http://{gateway}"))?;
    let portal_url = Url::parse(&format!("http://{portal}"))?;

    let mut people = progress.step("the demo's certification authority and its citizens", || People::prepare(home))?;
    let cards = match cards::real_card().filter(|_| !options.check && !options.virtual_cards) {
        Some(reader) => Cards::Real { reader },
        None => {
            let started =
                progress.step("pcscd with three virtual cards", || cards::start_virtual(home, children, stop));
            let (cards, unblocked) = started?;
            for number in unblocked {
                progress.note(&format!("card {number} was blocked by wrong PINs; it has all its tries again"));
            }
            cards
        }
    };
    let config = gateway_config(home, gateway, agent.port())?;
    progress.step(&format!("gateway on {gateway}"), || {
        let launch = Launch::new(GATEWAY_NAME, home.program("brama"), home.log("gateway"));
        let launch = launch.argument("serve").argument("--config").argument(&config);
        children
            .start(&launch, stop, || process::http_status(gateway, "/.well-known/openid-configuration") == Some(200))
    })?;
    let secret = progress.step("portal registered with the gateway", || register(home, &config, &portal_url))?;
    progress.step(&format!("portal on {portal}"), || {
        let launch = Launch::new("the portal", std::env::current_exe()?, home.log("portal"))
            .arguments(["portal", "--listen", &portal.to_string(), "--issuer", issuer.as_str().trim_end_matches('/')])
            .arguments(["--client-id", CLIENT_ID, "--client-secret-file"])
            .argument(&secret);
        children.start(&launch, stop, || process::http_status(portal, "/") == Some(200))
    })?;
    progress.step(&format!("agent on {agent}"), || {
        children.start(&agent_launch(options, home, &issuer, agent, &cards)?, stop, || {
            // Whatever it answers to a request it must refuse, it is there.
            process::http_status(agent, "/").is_some()
        })
    })?;

    if options.check {
        return check(progress, home, &portal_url);
    }
    invite(progress, &portal_url, home, &cards);
    while !stop.within(WATCH) {
        if let Some(failure) = children.ended().filter(|_| !stop.within(COINCIDENCE)) {
            return Err(failure.context("a part of the demo is gone, so it ends"));
        }
        if people.renew_lists()? {
            children.reload_trust();
        }
    }
    // The cursor is behind a ^C or a half-typed PIN.
    progress.note("");
    progress.note("ending");
    Ok(())
}

/// The preferred address, or the same with another port when that one is taken.
fn address(name: &str, preferred: SocketAddr, progress: &Progress) -> anyhow::Result<SocketAddr> {
    let port = process::free_port(preferred.ip(), Some(preferred.port()))
        .with_context(|| format!("the {name} cannot listen on {}", preferred.ip()))?;
    if port != preferred.port() {
        progress.note(&format!("{preferred} is taken by another program; the {name} takes port {port}"));
    }
    Ok(SocketAddr::new(preferred.ip(), port))
}

fn gateway_config(home: &Home, gateway: SocketAddr, agent_port: u16) -> anyhow::Result<PathBuf> {
    home.write(
        "brama.toml",
        &format!(
            "# Written by brama-demo at each start.\n\
             issuer = \"http://{gateway}\"\n\
             listen = \"{gateway}\"\n\
             data = \"gateway\"\n\
             certs = \"certs\"\n\
             support = \"demo@example.org\"\n\
             agent_port = {agent_port}\n"
        ),
    )
}

/// Registers the portal anew, its address may have changed, and keeps its password in a file.
fn register(home: &Home, config: &Path, portal: &Url) -> anyhow::Result<PathBuf> {
    let (redirect, after) = (portal.join("/callback")?, portal.join("/signed-out")?);
    let output = std::process::Command::new(home.program("brama"))
        .args(["portal", "add", "--config"])
        .arg(config)
        .args(["--client-id", CLIENT_ID, "--replace", "--minimum-level", "high", "--name", PORTAL_NAME])
        .args(PORTAL_NAMES.map(|(language, name)| format!("--name-in={language}={name}")))
        .args(["--redirect-uri", redirect.as_str(), "--post-logout-redirect-uri", after.as_str()])
        .output()
        .context("cannot run brama portal add")?;
    let printed = String::from_utf8_lossy(&output.stdout);
    ensure!(output.status.success(), "brama portal add: {}\n{printed}", String::from_utf8_lossy(&output.stderr));
    let secret = printed
        .lines()
        .find_map(|line| line.strip_prefix("client_secret").map(|rest| rest.trim_matches([' ', '=', ':', '"'])));
    home.write("portal.secret", secret.context("brama portal add printed no client_secret")?)
}

fn agent_launch(
    options: Options,
    home: &Home,
    issuer: &Url,
    agent: SocketAddr,
    cards: &Cards,
) -> anyhow::Result<Launch> {
    let issuer = issuer.as_str().trim_end_matches('/');
    let config = home.write(
        "agent.toml",
        &format!(
            "# Written by brama-demo at each start.\nport = {}\n\n[[gateway]]\nurl = \"{issuer}\"\n",
            agent.port()
        ),
    )?;
    let mut launch = Launch::new("the agent", home.program("brama-agent"), home.log("agent"))
        .argument("run")
        .argument("--config")
        .argument(config);
    if let Cards::Virtual { socket } = cards {
        launch = launch.environment(pcscd::CLIENT_VARIABLE, socket);
    }
    if !options.check {
        return Ok(launch.at_terminal());
    }
    Ok(launch.argument("--prompt").argument(format!("scripted:{}", check::empty_script(home)?.display())))
}

/// One login without a browser.
fn check(progress: &Progress, home: &Home, portal: &Url) -> anyhow::Result<()> {
    let citizen = CITIZENS.iter().find(|citizen| !citizen.revoked).context("somebody is good")?;
    let shown = progress.step("one login over HTTP", || {
        let person = check::person(home, citizen);
        let shown =
            tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(check::sign_in(portal))?;
        person.join().map_err(|_| anyhow!("the one who answers the agent panicked"))??;
        Ok(shown)
    })?;
    ensure!(shown.name == citizen.full_name(), "the portal shows {:?}", shown.name);
    ensure!(Some(shown.acr.as_str()) == Some(brama::assurance::Level::High.acr()), "the portal shows {}", shown.acr);
    progress.note(&format!("the portal shows {}, {}", shown.name, shown.acr));
    Ok(())
}

/// What to do now.
fn invite(progress: &Progress, portal: &Url, home: &Home, cards: &Cards) {
    let this = std::env::current_exe().unwrap_or_default();
    let here = std::env::current_dir().unwrap_or_default();
    let this = this.strip_prefix(&here).unwrap_or(&this).display();
    let mut lines = vec![format!("*Open in a browser:  {portal}"), String::new()];
    match cards {
        Cards::Virtual { .. } => {
            lines.push(format!("*PIN of every card:  {PIN}"));
            lines.push(String::new());
            lines.push("The agent asks in this terminal, or in a window. The cards:".to_owned());
            for citizen in &CITIZENS {
                lines.push(format!("  {}  {:<18} {}", citizen.number, citizen.full_name(), citizen.outcome));
            }
            lines.push(String::new());
            lines.push("Pull a card out, put it back (in another terminal):".to_owned());
            lines.push(format!("  {this} card pull 1"));
            lines.push(format!("  {this} card insert 1"));
        }
        Cards::Real { reader } => {
            lines.push(format!("Your card in {reader} is used."));
            lines.push("Its authority must be known to the gateway: put its certificates and an".to_owned());
            lines.push("issuer.toml (see certs/README.md) in a folder of their own under".to_owned());
            lines.push(format!("  {}", home.path("certs").display()));
            lines.push("and start the demo again. For the virtual cards instead:".to_owned());
            lines.push(format!("  {this} up --virtual-cards"));
        }
    }
    lines.push(String::new());
    lines.push(format!("Logs: {}", home.path("logs").display()));
    lines.push("Ctrl-C ends everything; while the agent asks, only that sign-in.".to_owned());
    progress.framed(&lines);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_that_ends_is_told_with_its_last_lines() {
        let directory = tempfile::tempdir().expect("a directory");
        let launch = |name: &str, script: &str| {
            Launch::new(name, "/bin/sh", directory.path().join(name)).arguments(["-c", script])
        };
        let (stop, mut children) = (Stop::default(), Children::default());
        children.start(&launch("one", "sleep 60"), &stop, || true).expect("starts");
        children.start(&launch("two", "echo because; exit 4"), &stop, || true).expect("starts");
        let mut failure = None;
        assert!(process::wait_until(PATIENCE, || {
            failure = children.ended();
            failure.is_some()
        }));
        let text = failure.expect("just found").to_string();
        assert!(text.contains("two") && text.contains("because") && text.contains('4'), "{text}");
    }

    #[test]
    fn what_does_not_come_up_is_told_with_its_last_lines() {
        let directory = tempfile::tempdir().expect("a directory");
        let launch =
            Launch::new("it", "/bin/sh", directory.path().join("log")).arguments(["-c", "echo no key; exit 1"]);
        let failure = Children::default().start(&launch, &Stop::default(), || false).expect_err("it ends");
        assert!(failure.to_string().contains("no key"), "{failure}");
    }

    #[test]
    fn every_citizen_has_a_card_of_her_own() {
        let mut numbers: Vec<&str> = CITIZENS.iter().map(|citizen| citizen.personal_number).collect();
        numbers.dedup();
        assert_eq!(numbers.len(), CITIZENS.len());
        assert!(CITIZENS.iter().enumerate().all(|(place, citizen)| usize::from(citizen.number) == place + 1));
        assert!(CITIZENS.iter().any(|citizen| citizen.revoked));
    }
}
