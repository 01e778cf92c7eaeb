//! The prompt in a pinentry window: any program that speaks the pinentry dialect of Assuan, as GnuPG has it.
//!
//! A pinentry knows three questions: a message, a confirmation with up to three buttons, a PIN. A list of certificates
//! becomes a walk through them. The button that Enter presses is the harmless one: it steps on to the next certificate;
//! signing in is the second button. Where the program has two buttons only (GNOME's), Enter leads on to the PIN, whose
//! window says once more who asks, and where Enter alone does nothing.

use super::{Desktop, Error, GUARD, Interrupt, Prompt, Screen, Stop, stop};
use crate::i18n::text;
use crate::secret::Pin;
use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use rustix::process::{Pid, Signal, kill_process};
use std::io::{ErrorKind, Write};
use std::os::fd::AsFd;
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};
use zeroize::Zeroize;

/// The most bytes of an Assuan line, its end not counted.
const MAX_LINE: usize = 1000;
/// How long a pinentry may take to answer what needs no person.
const ANSWER: Duration = Duration::from_secs(20);
/// How long a pinentry may take to end when it is told, and to close its window when it is interrupted.
const BYE: Duration = Duration::from_millis(200);
const CLOSE: Duration = Duration::from_millis(500);
/// The most lines of one answer.
const MAX_LINES: usize = 32;

/// Programs that open a window, in the order they are tried.
const GRAPHICAL: &[&str] = &[
    "pinentry-gnome3",
    "pinentry-qt",
    "pinentry-qt6",
    "pinentry-qt5",
    "pinentry-gtk-2",
    "pinentry-gtk",
    "pinentry-fltk",
];
/// Programs that need a terminal, or that may be anything.
const OTHERS: &[&str] = &["pinentry", "pinentry-curses", "pinentry-tty"];

/// Finds a pinentry program; with `graphical` one that opens a window, and only where there is a display.
pub fn find(desktop: &Desktop, graphical: bool) -> Option<PathBuf> {
    let windows = if desktop.display { GRAPHICAL } else { &[] };
    let others = if graphical { &[] } else { OTHERS };
    windows
        .iter()
        .chain(others)
        .find_map(|name| desktop.path.iter().map(|folder| folder.join(name)).find(|program| program.is_file()))
}

/// Error codes of libgpg-error, the low 16 bits of what `ERR` carries.
mod code {
    pub const TIMEOUT: u32 = 62;
    pub const CANCELLED: u32 = 99;
    pub const NOT_CONFIRMED: u32 = 114;
    pub const FULLY_CANCELLED: u32 = 198;
}

/// A prompt that runs a pinentry program for each question.
pub struct Pinentry {
    program: PathBuf,
}

/// A pinentry under way; it is killed when dropped.
struct Dialogue {
    program: PathBuf,
    child: Child,
    to: ChildStdin,
    from: ChildStdout,
    line: Line,
    two_buttons: bool,
}

/// One received line, zeroed because it may carry a PIN.
struct Line {
    bytes: Box<[u8; MAX_LINE + 2]>,
    length: usize,
}

impl Line {
    fn clear(&mut self) {
        self.bytes.zeroize();
        self.length = 0;
    }

    fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.clear();
    }
}

/// How a question was answered.
enum Answer {
    Yes(Option<Pin>),
    Second,
    Cancelled,
    TimedOut,
    /// Not understood, or nothing to show a window with.
    Error,
}

impl Drop for Dialogue {
    fn drop(&mut self) {
        // Asked for nothing it ends by BYE; with a window open that nobody needs any more, by SIGINT, as GnuPG's agent
        // does it: one that draws in the terminal must be able to put it in order. Only then by force.
        let _ = self.to.write_all(b"BYE\n");
        if !self.ends_within(BYE) {
            let _ = kill_process(Pid::from_child(&self.child), Signal::INT);
            if !self.ends_within(CLOSE) {
                let _ = self.child.kill();
                let _ = self.child.wait();
            }
        }
    }
}

impl Dialogue {
    fn ends_within(&mut self, patience: Duration) -> bool {
        let until = Instant::now() + patience;
        loop {
            match self.child.try_wait() {
                Ok(None) if Instant::now() < until => std::thread::sleep(Duration::from_millis(10)),
                Ok(None) => return false,
                // Ended, or no child of ours any more.
                Ok(Some(_)) | Err(_) => return true,
            }
        }
    }

    fn start(program: &PathBuf, interrupt: &Interrupt) -> Result<Self, Stop> {
        let failed = |source| Stop::Failed(Error::Pinentry { program: program.clone(), source });
        let spawned = Command::new(program).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
        let mut child = spawned.map_err(failed)?;
        let (Some(to), Some(from)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(failed(ErrorKind::BrokenPipe.into()));
        };
        let line = Line { bytes: Box::new([0; MAX_LINE + 2]), length: 0 };
        let mut dialogue = Self { program: program.clone(), child, to, from, line, two_buttons: false };
        let flags = fcntl_getfl(&dialogue.from).map_err(|error| failed(error.into()))?;
        fcntl_setfl(&dialogue.from, flags | OFlags::NONBLOCK).map_err(|error| failed(error.into()))?;
        dialogue.answer(interrupt, Some(ANSWER))?;
        // What a program does not know it answers with ERR, and that is no reason not to use it.
        dialogue.ask("OPTION lc-ctype=C.UTF-8", interrupt, Some(ANSWER))?;
        if let Ok(terminal) = std::fs::read_link("/proc/self/fd/0")
            && terminal.starts_with("/dev/")
        {
            dialogue.ask(&format!("OPTION ttyname={}", terminal.display()), interrupt, Some(ANSWER))?;
            if let Ok(kind) = std::env::var("TERM") {
                dialogue.ask(&format!("OPTION ttytype={kind}"), interrupt, Some(ANSWER))?;
            }
        }
        dialogue.two_buttons = dialogue.flavor(interrupt)?.starts_with("gnome3");
        Ok(dialogue)
    }

    /// Which pinentry it is; empty when it does not tell.
    fn flavor(&mut self, interrupt: &Interrupt) -> Result<String, Stop> {
        self.send("GETINFO flavor")?;
        let mut flavor = String::new();
        for _ in 0..MAX_LINES {
            self.receive(interrupt, Some(ANSWER))?;
            let line = String::from_utf8_lossy(self.line.bytes()).into_owned();
            match line.strip_prefix("D ") {
                Some(data) => flavor = data.to_owned(),
                None if line.starts_with("OK") || line.starts_with("ERR") => break,
                None => (),
            }
        }
        Ok(flavor)
    }

    fn failed(&self, source: std::io::Error) -> Stop {
        Stop::Failed(Error::Pinentry { program: self.program.clone(), source })
    }

    fn protocol(&self) -> Stop {
        Stop::Failed(Error::PinentryProtocol { program: self.program.clone() })
    }

    fn send(&mut self, command: &str) -> Result<(), Stop> {
        let line = format!("{command}\n");
        self.to.write_all(line.as_bytes()).map_err(|source| self.failed(source))
    }

    /// Sets one of the texts; longer ones than a line holds are cut.
    fn set(&mut self, what: &str, value: &str, interrupt: &Interrupt) -> Result<(), Stop> {
        let mut command = format!("{what} ");
        for character in value.chars() {
            let mut encoded = [0; 4];
            let encoded = character.encode_utf8(&mut encoded);
            let escaped = match character {
                // Qt guesses from a tag in the first line that all of it is HTML, in which a name could hide the rest.
                '<' => "\u{2039}".to_owned(),
                '>' => "\u{203a}".to_owned(),
                '%' | '\n' | '\r' => encoded.bytes().map(|byte| format!("%{byte:02X}")).collect(),
                _ => encoded.to_owned(),
            };
            if command.len() + escaped.len() > MAX_LINE {
                break;
            }
            command.push_str(&escaped);
        }
        self.ask(&command, interrupt, Some(ANSWER)).map(drop)
    }

    fn ask(&mut self, command: &str, interrupt: &Interrupt, timeout: Option<Duration>) -> Result<Answer, Stop> {
        self.send(command)?;
        self.answer(interrupt, timeout)
    }

    /// Asks what a person answers, however long she takes.
    fn question(&mut self, command: &str, interrupt: &Interrupt) -> Result<Answer, Stop> {
        match self.ask(command, interrupt, None)? {
            Answer::Error => Err(self.protocol()),
            answer => Ok(answer),
        }
    }

    /// Reads lines up to OK or ERR; a D line is the PIN.
    fn answer(&mut self, interrupt: &Interrupt, timeout: Option<Duration>) -> Result<Answer, Stop> {
        let mut pin = None;
        for _ in 0..MAX_LINES {
            self.receive(interrupt, timeout)?;
            let line = self.line.bytes();
            if let Some(data) = line.strip_prefix(b"D ") {
                pin = Some(decode(data).ok_or_else(|| self.protocol())?);
            } else if line == b"OK" || line.starts_with(b"OK ") {
                return Ok(Answer::Yes(pin));
            } else if let Some(error) = line.strip_prefix(b"ERR ") {
                let digits: String =
                    error.iter().take_while(|byte| byte.is_ascii_digit()).map(|byte| char::from(*byte)).collect();
                return Ok(match digits.parse::<u32>().unwrap_or(0) & 0xffff {
                    code::NOT_CONFIRMED => Answer::Second,
                    code::TIMEOUT => Answer::TimedOut,
                    code::CANCELLED | code::FULLY_CANCELLED => Answer::Cancelled,
                    _ => Answer::Error,
                });
            }
            // Comments and status lines.
        }
        Err(self.protocol())
    }

    /// Receives one line into the buffer, byte by byte: what follows it stays in the pipe.
    fn receive(&mut self, interrupt: &Interrupt, timeout: Option<Duration>) -> Result<(), Stop> {
        self.line.clear();
        let until = timeout.map(|timeout| Instant::now() + timeout);
        loop {
            let left = until.map(|until| until.saturating_duration_since(Instant::now()));
            let waited = interrupt.wait(Some(self.from.as_fd()), left).map_err(|source| self.failed(source))?;
            if let Some(stop) = stop(waited) {
                return Err(stop);
            }
            if waited != super::Waited::Input {
                return Err(self.failed(ErrorKind::TimedOut.into()));
            }
            let Some(place) = self.line.bytes.get_mut(self.line.length..=self.line.length) else {
                return Err(self.protocol());
            };
            match rustix::io::read(&self.from, place) {
                Ok(0) => return Err(self.failed(ErrorKind::UnexpectedEof.into())),
                Ok(_) if self.line.bytes.get(self.line.length) == Some(&b'\n') => return Ok(()),
                Ok(_) => self.line.length += 1,
                Err(rustix::io::Errno::AGAIN | rustix::io::Errno::INTR) => (),
                Err(error) => return Err(self.failed(error.into())),
            }
        }
    }

    fn describe(&mut self, screen: &Screen, choice: Option<String>, interrupt: &Interrupt) -> Result<(), Stop> {
        let lines = screen.lines.iter().map(|line| line.text.clone());
        let notice = screen.notice.iter().cloned();
        let choice = choice.iter().flat_map(|choice| choice.lines()).map(str::to_owned);
        let all: Vec<String> = notice.chain(lines).chain(choice).collect();
        self.set("SETTITLE", &screen.title, interrupt)?;
        self.set("SETDESC", &fit(all, MAX_LINE - "SETDESC ".len()).join("\n"), interrupt)
    }

    fn buttons(&mut self, ok: &str, second: Option<&str>, cancel: &str, interrupt: &Interrupt) -> Result<(), Stop> {
        self.set("SETOK", ok, interrupt)?;
        self.set("SETCANCEL", cancel, interrupt)?;
        second.map_or(Ok(()), |second| self.set("SETNOTOK", second, interrupt))
    }
}

/// Makes lines fit into the room of one command by taking from the middle of the longest: whoever may choose a long
/// name must not push off the screen who asks and as whom one signs in.
fn fit(mut lines: Vec<String>, room: usize) -> Vec<String> {
    // Counted as `set` writes them; an end of line takes three bytes.
    let cost = |line: &String| line.len() + 3 + 2 * line.matches(['%', '<', '>']).count();
    while lines.iter().map(cost).sum::<usize>() > room {
        let Some(longest) = lines.iter_mut().max_by_key(|line| line.chars().count()) else { break };
        let characters: Vec<char> = longest.chars().filter(|character| *character != '\u{2026}').collect();
        if characters.is_empty() {
            break;
        }
        let kept = characters.len().saturating_sub(characters.len().div_ceil(10));
        let (head, tail) = (kept.div_ceil(2), characters.len() - kept / 2);
        *longest = characters.iter().take(head).chain(&['\u{2026}']).chain(characters.iter().skip(tail)).collect();
    }
    lines
}

/// Undoes the percent encoding of a D line straight into a PIN.
fn decode(data: &[u8]) -> Option<Pin> {
    let mut pin = Pin::new();
    let mut bytes = data.iter();
    while let Some(byte) = bytes.next() {
        let byte = if *byte == b'%' {
            let high = char::from(*bytes.next()?).to_digit(16)?;
            let low = char::from(*bytes.next()?).to_digit(16)?;
            u8::try_from(high * 16 + low).ok()?
        } else {
            *byte
        };
        if !pin.push(byte) {
            return None;
        }
    }
    Some(pin)
}

impl Pinentry {
    /// A prompt with a program.
    pub fn new(program: PathBuf) -> Self {
        Self { program }
    }
}

impl Prompt for Pinentry {
    fn choose(&mut self, screen: &Screen, interrupt: &Interrupt) -> Result<usize, Stop> {
        let say = |key| text(screen.language, key, &[]);
        let (next, sign_in, cancel) =
            (say("agent-button-next"), say("agent-button-sign-in"), say("agent-button-cancel"));
        let count = screen.choices.len();
        let mut place = 0;
        loop {
            let Some(choice) = screen.choices.get(place % count.max(1)) else { return Err(Stop::Changed) };
            let described = choice.lines.iter().chain(choice.unfit.as_ref()).cloned().collect::<Vec<_>>().join("\n");
            let heading = format!("\n{} / {count}", place % count + 1);
            // A new process for each question: some programs keep a button from the question before.
            let mut dialogue = Dialogue::start(&self.program, interrupt)?;
            dialogue.describe(screen, Some(format!("{heading}\n{described}")), interrupt)?;
            let fit = choice.unfit.is_none();
            let last = place + 1 >= count;
            match (dialogue.two_buttons, fit) {
                (true, true) if last => dialogue.buttons(&sign_in, None, &cancel, interrupt)?,
                (true, true) => dialogue.buttons(&sign_in, None, &next, interrupt)?,
                (false, true) => dialogue.buttons(&next, Some(&sign_in), &cancel, interrupt)?,
                (_, false) => dialogue.buttons(&next, None, &cancel, interrupt)?,
            }
            let opened = Instant::now();
            let answer = dialogue.question("CONFIRM", interrupt)?;
            // Keys that were meant for another window come at once.
            if opened.elapsed() < GUARD && matches!(answer, Answer::Second | Answer::Yes(_)) {
                continue;
            }
            match answer {
                Answer::Yes(_) if dialogue.two_buttons && fit => return Ok(place % count),
                Answer::Second if !dialogue.two_buttons && fit => return Ok(place % count),
                Answer::Cancelled | Answer::Second if dialogue.two_buttons && fit && !last => place += 1,
                Answer::Yes(_) => place += 1,
                Answer::Cancelled | Answer::Second => return Err(Stop::Cancelled),
                Answer::TimedOut | Answer::Error => (),
            }
            if !dialogue.two_buttons {
                place %= count;
            }
        }
    }

    fn wait(&mut self, screen: &Screen, interrupt: &Interrupt) -> Stop {
        let cancel = text(screen.language, "agent-button-cancel", &[]);
        let run = || -> Result<(), Stop> {
            let mut dialogue = Dialogue::start(&self.program, interrupt)?;
            let certificates =
                screen.choices.iter().flat_map(|choice| choice.lines.iter().take(1).chain(&choice.unfit));
            let certificates: Vec<String> =
                std::iter::once(screen.question.clone()).chain(certificates.cloned()).collect();
            dialogue.describe(screen, Some(certificates.join("\n")), interrupt)?;
            dialogue.set("SETOK", &cancel, interrupt)?;
            dialogue.question("CONFIRM --one-button", interrupt)?;
            Err(Stop::Cancelled)
        };
        run().err().unwrap_or(Stop::Cancelled)
    }

    fn confirm(&mut self, screen: &Screen, interrupt: &Interrupt) -> Result<bool, Stop> {
        let say = |key| text(screen.language, key, &[]);
        let (agree, back) = (say("agent-button-last-try"), say("agent-button-back"));
        loop {
            let mut dialogue = Dialogue::start(&self.program, interrupt)?;
            dialogue.describe(screen, None, interrupt)?;
            // Enter presses the first button: going back, where there is a second one for going on.
            if dialogue.two_buttons {
                dialogue.buttons(&agree, None, &back, interrupt)?;
            } else {
                dialogue.buttons(&back, Some(&agree), &say("agent-button-cancel"), interrupt)?;
            }
            let opened = Instant::now();
            let answer = dialogue.question("CONFIRM", interrupt)?;
            if opened.elapsed() < GUARD && matches!(answer, Answer::Second | Answer::Yes(_)) {
                continue;
            }
            match (answer, dialogue.two_buttons) {
                (Answer::Yes(_), true) | (Answer::Second, false) => return Ok(true),
                (Answer::Yes(_), false) | (Answer::Cancelled | Answer::Second, true) => return Ok(false),
                (Answer::Cancelled, false) => return Err(Stop::Cancelled),
                (Answer::TimedOut | Answer::Error, _) => (),
            }
        }
    }

    fn pin(&mut self, screen: &Screen, interrupt: &Interrupt) -> Result<Pin, Stop> {
        let say = |key| text(screen.language, key, &[]);
        loop {
            let mut dialogue = Dialogue::start(&self.program, interrupt)?;
            dialogue.describe(screen, None, interrupt)?;
            dialogue.set("SETPROMPT", &screen.question, interrupt)?;
            dialogue.buttons(&say("agent-button-sign-in"), None, &say("agent-button-cancel"), interrupt)?;
            match dialogue.question("GETPIN", interrupt)? {
                Answer::Yes(Some(pin)) if !pin.is_empty() => return Ok(pin),
                // Enter alone.
                Answer::Yes(_) | Answer::TimedOut | Answer::Error => (),
                Answer::Cancelled | Answer::Second => return Err(Stop::Cancelled),
            }
        }
    }

    fn show(&mut self, _: &Screen) {
        // A window that only tells would stand in the way of the browser, where the page tells the same.
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percent_encoding_is_undone() {
        assert_eq!(decode(b"12%2534").expect("decodes").expose(), b"12%34");
        assert_eq!(decode(b"").expect("decodes").expose(), b"");
        for broken in [&b"%"[..], b"1%2", b"%zz", b"12345678901234567"] {
            assert!(decode(broken).is_none());
        }
    }

    #[test]
    fn what_is_long_gives_way_to_what_matters() {
        let short = vec!["one".to_owned(), String::new(), "<b>100%</b>".to_owned()];
        assert_eq!(fit(short.clone(), 200), short);
        let host = format!("bank.example.{}.evil.example", "a".repeat(230));
        let lines = vec!["\u{430}".repeat(400), "%".repeat(300), host, "Ганна Кавальчук".to_owned()];
        let fitted = fit(lines, 900);
        assert!(fitted.iter().map(|line| line.len() + 3 + 2 * line.matches('%').count()).sum::<usize>() <= 900);
        assert!(fitted[2].starts_with("bank.example.") && fitted[2].ends_with(".evil.example"), "{}", fitted[2]);
        assert_eq!(fitted[3], "Ганна Кавальчук");
        let _ = fit(vec!["x".to_owned(); 2000], 100);
    }

    #[test]
    fn a_window_needs_a_display() {
        let folder = tempfile::tempdir().expect("a folder");
        let program = folder.path().join("pinentry-qt");
        std::fs::write(&program, "").expect("writes");
        let mut desktop = Desktop { display: false, path: vec![folder.path().to_owned()] };
        assert_eq!(find(&desktop, true), None);
        desktop.display = true;
        assert_eq!(find(&desktop, true), Some(program));
    }
}
