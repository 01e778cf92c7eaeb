//! A PIV card without hardware: our own application behind pcscd's vpcd reader, with faults on demand.
//!
//! A test tool. [`VirtualCard`] runs as a thread of a test; [`serve`] runs it as a process of its own that a command
//! pulls and inserts ([`control`]).

#![allow(dead_code, unused_imports, reason = "each test binary uses its own part of this")]
#![allow(missing_docs, reason = "a test tool, not an interface of the library")]

#[path = "virtual_card/applet.rs"]
mod applet;
#[path = "virtual_card/state.rs"]
mod state;

pub use applet::{Applet, Counters, Fault, Outcome};
pub use state::{Key, State};

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread::JoinHandle;
use std::time::Duration;

/// Answer to reset: direct convention, T=1, no interface bytes beyond that, "Brama" as historical bytes, check byte.
const ANSWER_TO_RESET: [u8; 9] = [0x3B, 0x85, 0x01, b'B', b'r', b'a', b'm', b'a', 0x85 ^ 0x01 ^ 0x42 ^ 0x72 ^ 0x6D];
/// Between two tries to reach a reader that is not there.
const RECONNECT: Duration = Duration::from_millis(50);

/// A card that can be put into one vpcd reader and pulled out of it.
pub struct VirtualCard {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    reader: SocketAddr,
    place: Mutex<Place>,
    moved: Condvar,
    applet: Mutex<Applet>,
}

/// Where the card is and should be.
#[derive(Default)]
struct Place {
    inserted: bool,
    ending: bool,
    /// The line to the reader while there is one.
    line: Option<TcpStream>,
}

impl VirtualCard {
    /// A card outside the reader whose vpcd listens at `reader`.
    pub fn new(reader: SocketAddr, state: State) -> Self {
        let shared = Arc::new(Shared {
            reader,
            place: Mutex::default(),
            moved: Condvar::new(),
            applet: Mutex::new(Applet::new(state)),
        });
        let running = Arc::clone(&shared);
        let thread =
            std::thread::Builder::new().name("virtual-card".into()).spawn(move || running.run()).expect("a thread");
        Self { shared, thread: Some(thread) }
    }

    /// Puts it in. The reader need not be there yet: the card goes in as soon as it is, and again when it comes back.
    pub fn insert(&self) {
        self.shared.place().inserted = true;
        self.shared.moved.notify_all();
    }

    /// Pulls it out; when this returns the line to the reader is cut.
    pub fn pull(&self) {
        self.shared.leave();
        let place = self.shared.place();
        drop(self.shared.moved.wait_while(place, |place| place.line.is_some()).expect("no panic"));
    }

    /// Whether it is in, or would be if the reader were there. A card that left by a fault is out.
    pub fn is_inserted(&self) -> bool {
        self.shared.place().inserted
    }

    /// What it does wrong from now on.
    pub fn set_fault(&self, fault: Fault) {
        self.shared.applet().fault = fault;
    }

    /// How often it was asked what.
    pub fn counters(&self) -> Counters {
        self.shared.applet().counters
    }

    /// PIN tries left.
    pub fn tries(&self) -> u8 {
        self.shared.applet().state.tries
    }
}

impl Drop for VirtualCard {
    fn drop(&mut self) {
        self.shared.place().ending = true;
        self.shared.leave();
        if let Some(thread) = self.thread.take() {
            // A panic of the card was printed when it happened.
            let _ = thread.join();
        }
    }
}

impl Shared {
    fn place(&self) -> MutexGuard<'_, Place> {
        self.place.lock().expect("no panic while a place is changed")
    }

    fn applet(&self) -> MutexGuard<'_, Applet> {
        self.applet.lock().expect("no panic in the application")
    }

    fn leave(&self) {
        let mut place = self.place();
        place.inserted = false;
        if let Some(line) = &place.line {
            // It may be cut already from the other side.
            let _ = line.shutdown(Shutdown::Both);
        }
        self.moved.notify_all();
    }

    fn run(&self) {
        loop {
            let place =
                self.moved.wait_while(self.place(), |place| !place.inserted && !place.ending).expect("no panic");
            if place.ending {
                return;
            }
            drop(place);
            if let Ok(line) = self.connect() {
                let mut place = self.place();
                if place.inserted {
                    place.line = line.try_clone().ok();
                    drop(place);
                    // However the line ends, the card is out of the reader then.
                    let _ = self.talk(line);
                    self.applet().reset();
                    self.place().line = None;
                    self.moved.notify_all();
                }
            }
            let place = self.place();
            drop(self.moved.wait_timeout_while(place, RECONNECT, |place| place.inserted).expect("no panic"));
        }
    }

    fn connect(&self) -> io::Result<TcpStream> {
        let line = TcpStream::connect_timeout(&self.reader, Duration::from_secs(1))?;
        // Where nobody listens on a port that may be given to clients, a connection can end up at itself.
        if line.local_addr()? == line.peer_addr()? {
            return Err(io::ErrorKind::ConnectionRefused.into());
        }
        line.set_nodelay(true)?;
        Ok(line)
    }

    /// The wire protocol of vpcd: two bytes of length, then one byte of control or a command.
    fn talk(&self, mut line: TcpStream) -> io::Result<()> {
        loop {
            let message = receive(&mut line)?;
            let answer = match message.as_slice() {
                [0x00..=0x02] => {
                    self.applet().reset();
                    continue;
                }
                [0x04] => ANSWER_TO_RESET.to_vec(),
                [_] | [] => continue,
                command => match self.answer(command)? {
                    Outcome::Answer(answer) => answer,
                    Outcome::LastAnswer(answer) => {
                        send(&mut line, &answer)?;
                        self.leave();
                        return Ok(());
                    }
                    Outcome::Silence => continue,
                    Outcome::Gone => {
                        self.leave();
                        return Ok(());
                    }
                },
            };
            send(&mut line, &answer)?;
        }
    }

    fn answer(&self, command: &[u8]) -> io::Result<Outcome> {
        let fault = self.applet().fault;
        if let Fault::Slow(delay) = fault {
            let place = self.moved.wait_timeout_while(self.place(), delay, |place| place.inserted).expect("no panic");
            if !place.0.inserted {
                return Err(io::ErrorKind::ConnectionAborted.into());
            }
        }
        Ok(self.applet().command(command))
    }
}

fn receive(line: &mut TcpStream) -> io::Result<Vec<u8>> {
    let mut length = [0; 2];
    // vpcd writes length and body apart from each other and waits for the acknowledgement in between; the kernel
    // forgets this option again, so that it is set each time.
    rustix::net::sockopt::set_tcp_quickack(&*line, true)?;
    line.read_exact(&mut length)?;
    rustix::net::sockopt::set_tcp_quickack(&*line, true)?;
    let mut body = vec![0; usize::from(u16::from_be_bytes(length))];
    line.read_exact(&mut body)?;
    Ok(body)
}

fn send(line: &mut TcpStream, answer: &[u8]) -> io::Result<()> {
    let length = u16::try_from(answer.len()).map_err(|_| io::ErrorKind::InvalidData)?;
    line.write_all(&[&length.to_be_bytes(), answer].concat())
}

/// Runs the card kept in the file `state` for the vpcd at `reader`, inserted, until it is told to quit. It is
/// commanded over the socket `control`, a word a line: `insert`, `pull`, `status`, `fault WORD`, `quit`.
pub fn serve(state: &Path, reader: SocketAddr, control: &Path) -> io::Result<()> {
    let card = VirtualCard::new(reader, State::load(state)?);
    // A socket left behind by a card that was killed.
    match std::fs::remove_file(control) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let listener = UnixListener::bind(control)?;
    card.insert();
    for line in listener.incoming() {
        let line = line?;
        // A commander that says nothing must not keep the others out.
        line.set_read_timeout(Some(Duration::from_secs(5)))?;
        let mut word = String::new();
        if BufReader::new((&line).take(100)).read_line(&mut word).is_err() {
            continue;
        }
        let word = word.trim();
        let answer = obey(&card, word);
        // The commander may have left without waiting.
        let _ = writeln!(&line, "{answer}");
        if word == "quit" {
            std::fs::remove_file(control)?;
            return Ok(());
        }
    }
    Ok(())
}

fn obey(card: &VirtualCard, word: &str) -> String {
    match word {
        "insert" => card.insert(),
        "pull" => card.pull(),
        "quit" => {}
        "status" => {
            let Counters { verifications, signatures, .. } = card.counters();
            let place = if card.is_inserted() { "in" } else { "out" };
            return format!("{place}, {} tries left, {verifications} PINs, {signatures} signatures", card.tries());
        }
        _ => match word.strip_prefix("fault ").and_then(fault_by_name) {
            Some(fault) => card.set_fault(fault),
            None => return format!("unknown: {word}"),
        },
    }
    "ok".into()
}

/// The fault a command names.
pub fn fault_by_name(name: &str) -> Option<Fault> {
    Some(match name {
        "none" => Fault::None,
        "wrong-signature" => Fault::WrongSignature,
        "mute" => Fault::Mute,
        "mute-on-signature" => Fault::MuteOnSignature,
        "slow" => Fault::Slow(Duration::from_millis(500)),
        "leave-in-signature" => Fault::LeaveInSignature,
        "leave-after-pin" => Fault::LeaveAfterPin,
        _ => return None,
    })
}

/// Commands a card that [`serve`]s, and returns what it says.
pub fn control(socket: &Path, word: &str) -> io::Result<String> {
    let mut line = UnixStream::connect(socket)?;
    line.set_read_timeout(Some(Duration::from_secs(5)))?;
    writeln!(line, "{word}")?;
    let mut answer = String::new();
    BufReader::new(line).read_line(&mut answer)?;
    Ok(answer.trim().to_owned())
}
