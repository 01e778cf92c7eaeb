//! The cards: a real one in a real reader when there is one, else virtual ones behind a pcscd of our own.

use super::home::{self, Home};
use super::people::{CITIZENS, Citizen, PIN};
use super::{Children, Stop};
use crate::pcscd::{Pcscd, ReaderSpec};
use crate::process::Launch;
use crate::virtual_card::{self, State};
use anyhow::{Context as _, bail, ensure};
use openssl::pkey::{PKey, Private};
use pcsc::{Context, ReaderState, Scope};
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What vpcd's readers are called.
const VIRTUAL: &str = "Virtual PCD";
/// The most readers looked at for a real card.
const MAX_READERS: usize = 32;
/// The slot of the key to sign in with, PIV Authentication.
const SLOT: u8 = 0x9A;
/// The longest path of a Unix socket: `sun_path` with its final zero (unix(7)).
const MAX_SOCKET_PATH: usize = 107;

/// What to do with a demo card.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Action {
    /// Pull it out of its reader.
    Pull,
    /// Put it back.
    Insert,
    /// Say where it is and how many tries its PIN has.
    Status,
    /// Be the card: the demo itself does this.
    #[value(hide = true)]
    Serve,
}

/// A command about one card.
#[derive(Clone, Copy, Debug, clap::Args)]
pub struct Arguments {
    /// What to do.
    #[arg(value_enum)]
    action: Action,
    /// The card's number.
    #[arg(value_parser = clap::value_parser!(u8).range(1..=CITIZENS.len() as i64))]
    number: u8,
    /// Where the reader of a served card listens.
    #[arg(long, hide = true)]
    reader: Option<SocketAddr>,
}

/// Does what is asked with one card of the running demo.
pub fn command(arguments: Arguments) -> anyhow::Result<()> {
    let Arguments { action, number, reader } = arguments;
    let directory = home::directory()?;
    let control = directory.join(control(number));
    let word = match action {
        Action::Pull => "pull",
        Action::Insert => "insert",
        Action::Status => "status",
        Action::Serve => {
            let reader = reader.context("card serve needs --reader ADDRESS")?;
            let file = directory.join(file(number));
            virtual_card::serve(&file, reader, &control).with_context(|| file.display().to_string())?;
            return Ok(());
        }
    };
    let said = virtual_card::control(&control, word)
        .with_context(|| format!("card {number} does not answer; is the demo running, and with virtual cards?"))?;
    let owner = CITIZENS.iter().find(|citizen| citizen.number == number).map(Citizen::full_name);
    let owner = owner.unwrap_or_default();
    match action {
        Action::Pull => println!("card {number} ({owner}) is out"),
        Action::Insert => println!("card {number} ({owner}) is in"),
        _ => println!("card {number} ({owner}): {said}"),
    }
    Ok(())
}

fn file(number: u8) -> String {
    format!("cards/{number}.json")
}

fn control(number: u8) -> String {
    format!("cards/{number}.socket")
}

/// Where a card keeps its state.
pub fn state(home: &Home, number: u8) -> PathBuf {
    home.path(&file(number))
}

/// Makes a card with one key.
pub fn make(home: &Home, number: u8, key: PKey<Private>, certificate: Vec<u8>) -> anyhow::Result<()> {
    fs::create_dir_all(home.path("cards"))?;
    let mut card = State::new();
    card.pin = PIN.to_owned();
    card.with_key(SLOT, key, certificate).kept_in(&state(home, number))?;
    Ok(())
}

/// Where the agent finds cards.
pub enum Cards {
    /// In this reader of the system's own pcscd.
    Real {
        /// The reader.
        reader: String,
    },
    /// Behind this socket.
    Virtual {
        /// What libpcsclite is to take for the service's socket.
        socket: PathBuf,
    },
}

/// A reader of the system with a card in it.
pub fn real_card() -> Option<String> {
    let context = Context::establish(Scope::User).ok()?;
    let readers = context.list_readers_owned().ok()?;
    let mut states: Vec<ReaderState> = readers
        .into_iter()
        .filter(|name| !name.to_string_lossy().starts_with(VIRTUAL))
        .take(MAX_READERS)
        .map(|name| ReaderState::new(name, pcsc::State::UNAWARE))
        .collect();
    if states.is_empty() {
        return None;
    }
    context.get_status_change(Duration::ZERO, &mut states).ok()?;
    let present = states.iter().find(|state| state.event_state().contains(pcsc::State::PRESENT))?;
    Some(present.name().to_string_lossy().into_owned())
}

/// Starts pcscd and puts a card into a reader for every citizen. Gives the numbers of cards that were blocked: their
/// tries are full again, because nobody has the PUK of a demo card at hand.
pub fn start_virtual(home: &Home, children: &mut Children, stop: &Stop) -> anyhow::Result<(Cards, Vec<u8>)> {
    let folder = home.path("pcscd");
    ensure_short(&crate::pcscd::socket(&folder))?;
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder)?;
    let specs: Vec<ReaderSpec> =
        CITIZENS.iter().map(|citizen| ReaderSpec::new(&format!("Demo Reader {}", citizen.number))).collect();
    let pcscd = Pcscd::start(&folder, &specs).context("pcscd does not start")?;
    let socket = pcscd.socket();
    let addresses: Vec<SocketAddr> = (0..specs.len()).map(|index| pcscd.reader(index).address).collect();
    children.keep(pcscd);
    let mut unblocked = Vec::new();
    for (citizen, address) in CITIZENS.iter().zip(addresses) {
        let number = citizen.number;
        if unblock(&state(home, number))? {
            unblocked.push(number);
        }
        let control = home.path(&control(number));
        // A socket of an earlier run would be taken for this one's.
        let _ = fs::remove_file(&control);
        let launch =
            Launch::new(format!("card {number}"), std::env::current_exe()?, home.log(&format!("card-{number}")))
                .arguments(["card", "serve", &number.to_string(), "--reader", &address.to_string()]);
        children.start(&launch, stop, || virtual_card::control(&control, "status").is_ok())?;
    }
    Ok((Cards::Virtual { socket }, unblocked))
}

/// Fills the tries of a card that has none left.
fn unblock(file: &Path) -> anyhow::Result<bool> {
    let mut card = State::load(file).with_context(|| file.display().to_string())?;
    let blocked = card.tries == 0;
    if blocked {
        card.tries = card.max_tries;
        card.save()?;
    }
    Ok(blocked)
}

fn ensure_short(socket: &Path) -> anyhow::Result<()> {
    if socket.as_os_str().len() > MAX_SOCKET_PATH {
        bail!(
            "the path of this folder is too long for a socket in it ({} bytes of at most {MAX_SOCKET_PATH}):\n  {}\n\
             Set CARGO_TARGET_DIR to a shorter folder, or move this one.",
            socket.as_os_str().len(),
            socket.display()
        );
    }
    ensure!(socket.is_absolute(), "{} is no absolute path", socket.display());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_blocked_card_has_its_tries_again_and_another_keeps_its_own() {
        let directory = tempfile::tempdir().expect("a directory");
        let file = directory.path().join("card.json");
        for (tries, unblocked, left) in [(0, true, 3), (1, false, 1), (3, false, 3)] {
            let mut card = State::new().kept_in(&file).expect("writes");
            card.tries = tries;
            card.save().expect("writes");
            assert_eq!(unblock(&file).expect("reads"), unblocked);
            assert_eq!(State::load(&file).expect("reads").tries, left);
        }
    }

    #[test]
    fn a_path_too_long_for_a_socket_is_said_before_anything_starts() {
        let refused = ensure_short(Path::new(&format!("/{}", "a".repeat(MAX_SOCKET_PATH)))).expect_err("too long");
        assert!(refused.to_string().contains("CARGO_TARGET_DIR"), "{refused}");
        assert!(ensure_short(Path::new("/home/citizen/brama/target/demo/pcscd/run/pcscd.comm")).is_ok());
    }
}
