//! The prompt in the terminal the agent was started in.

use super::{Error, GUARD, Interrupt, Prompt, Screen, Stop, Tone, stop};
use crate::i18n::text;
use crate::secret::Pin;
use rustix::termios::{
    LocalModes, OptionalActions, QueueSelector, SpecialCodeIndex, Termios, tcflush, tcgetattr, tcgetpgrp, tcsetattr,
};
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::fd::AsFd;
use std::time::{Duration, Instant};
use zeroize::Zeroize;

/// How long the rest of a key's escape sequence may take to arrive.
const ESCAPE_REST: Duration = Duration::from_millis(50);
/// The most digits of a certificate's number.
const MAX_NUMBER: usize = 3;
/// How many keys of a PIN that is not asked for any more are read away.
const MAX_SWALLOWED: usize = 200;

/// A terminal in character mode without echo; as it was before, when dropped.
pub struct Terminal {
    device: File,
    before: Termios,
}

impl Terminal {
    /// Opens the controlling terminal.
    pub fn open() -> Result<Self, Error> {
        let opened = OpenOptions::new().read(true).write(true).open("/dev/tty");
        Self::on(opened.map_err(|source| Error::NoTerminal { source })?)
    }

    /// Takes over an open terminal.
    fn on(device: File) -> Result<Self, Error> {
        let no_terminal = |error: rustix::io::Errno| Error::NoTerminal { source: error.into() };
        let before = tcgetattr(&device).map_err(no_terminal)?;
        // A background process that touches its terminal is stopped by the system; better to say so.
        if tcgetpgrp(&device).is_ok_and(|group| group != rustix::process::getpgrp()) {
            return Err(Error::Background);
        }
        let mut raw = before.clone();
        // Signals are keys here: Ctrl-C cancels this login and leaves the agent running.
        raw.local_modes.remove(LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG | LocalModes::IEXTEN);
        raw.special_codes[SpecialCodeIndex::VMIN] = 1;
        raw.special_codes[SpecialCodeIndex::VTIME] = 0;
        let terminal = Self { device, before };
        // With the change all input typed before is dropped.
        tcsetattr(&terminal.device, OptionalActions::Flush, &raw).map_err(no_terminal)?;
        Ok(terminal)
    }

    fn print(&mut self, text: &str) -> Result<(), Error> {
        self.device.write_all(text.as_bytes()).map_err(|source| Error::Terminal { source })
    }

    fn render(&mut self, screen: &Screen) -> Result<(), Error> {
        let mut shown = format!("\n\x1b[1m{}\x1b[0m\n", screen.title);
        for line in &screen.notice {
            shown += &format!("\x1b[1m! {line}\x1b[0m\n");
        }
        for line in &screen.lines {
            shown += &match line.tone {
                Tone::Plain => format!("{}\n", line.text),
                Tone::Strong => format!("\x1b[1m{}\x1b[0m\n", line.text),
                Tone::Warning => format!("\x1b[1;7m{}\x1b[0m\n", line.text),
                Tone::Faint => format!("\x1b[2m{}\x1b[0m\n", line.text),
            };
        }
        for (place, choice) in screen.choices.iter().enumerate() {
            let (mark, on, off) = match choice.unfit {
                None => (format!("{:>3}. ", place + 1), "", ""),
                Some(_) => ("  -  ".to_owned(), "\x1b[2m", "\x1b[0m"),
            };
            for (count, line) in choice.lines.iter().chain(choice.unfit.as_ref()).enumerate() {
                let indent = if count == 0 { mark.as_str() } else { "     " };
                shown += &format!("{on}{indent}{line}{off}\n");
            }
        }
        if !screen.question.is_empty() {
            shown += &format!("{} ", screen.question);
        }
        self.print(&shown)
    }

    /// Drops what was typed before, and for a second what is typed now. Ctrl-C already counts: it does no harm.
    fn guard(&mut self, interrupt: &Interrupt) -> Result<(), Stop> {
        self.flush();
        let until = Instant::now() + GUARD;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            match self.key(interrupt, Some(left))? {
                None => break,
                Some(Key::Cancel) => return Err(Stop::Cancelled),
                Some(_) => (),
            }
        }
        self.flush();
        Ok(())
    }

    fn flush(&self) {
        let _ = tcflush(&self.device, QueueSelector::IFlush);
    }

    /// The next key; `None` when the time is over.
    fn key(&mut self, interrupt: &Interrupt, timeout: Option<Duration>) -> Result<Option<Key>, Stop> {
        let Some(byte) = self.byte(interrupt, timeout)? else { return Ok(None) };
        Ok(Some(match byte {
            // Ctrl-C, Ctrl-D, Ctrl-\.
            0x03 | 0x04 | 0x1c => Key::Cancel,
            b'\r' | b'\n' => Key::Enter,
            0x08 | 0x7f => Key::Back,
            // Ctrl-U, Ctrl-W.
            0x15 | 0x17 => Key::Clear,
            0x1b => {
                self.swallow_escape(interrupt)?;
                Key::Other
            }
            0x20..=0x7e => Key::Byte(byte),
            _ => Key::Other,
        }))
    }

    /// Reads away the rest of an arrow's or function key's sequence: its letters must not become part of a PIN.
    fn swallow_escape(&mut self, interrupt: &Interrupt) -> Result<(), Stop> {
        match self.byte(interrupt, Some(ESCAPE_REST))? {
            Some(b'[' | b'O') => (),
            _ => return Ok(()),
        }
        while let Some(byte) = self.byte(interrupt, Some(ESCAPE_REST))? {
            if (0x40..=0x7e).contains(&byte) {
                break;
            }
        }
        Ok(())
    }

    fn byte(&mut self, interrupt: &Interrupt, timeout: Option<Duration>) -> Result<Option<u8>, Stop> {
        let failed = |source| Stop::Failed(Error::Terminal { source });
        let waited = interrupt.wait(Some(self.device.as_fd()), timeout).map_err(failed)?;
        if let Some(stop) = stop(waited) {
            return Err(stop);
        }
        if waited != super::Waited::Input {
            return Ok(None);
        }
        // One byte and no buffering reader: a PIN must not lie about in buffers.
        let mut buffer = [0; 1];
        let length = rustix::io::read(&self.device, &mut buffer).map_err(|error| failed(error.into()))?;
        let [byte] = buffer;
        buffer.zeroize();
        // The terminal was closed.
        if length == 0 { Err(Stop::Cancelled) } else { Ok(Some(byte)) }
    }

    /// Ends the line of an answer, or of a question that is not answered any more.
    fn end_line(&mut self) {
        let _ = self.print("\n");
    }

    fn read_number(&mut self, screen: &Screen, interrupt: &Interrupt) -> Result<usize, Stop> {
        self.guard(interrupt)?;
        let mut typed = String::new();
        loop {
            match self.key(interrupt, None)? {
                Some(Key::Cancel) => return Err(Stop::Cancelled),
                Some(Key::Byte(digit)) if digit.is_ascii_digit() && typed.len() < MAX_NUMBER => {
                    typed.push(char::from(digit));
                    self.print(&char::from(digit).to_string())?;
                }
                Some(Key::Back) if typed.pop().is_some() => self.print("\x08 \x08")?,
                Some(Key::Clear) => {
                    self.print(&"\x08 \x08".repeat(typed.len()))?;
                    typed.clear();
                }
                Some(Key::Enter) => {
                    let place = typed.parse::<usize>().ok().and_then(|number| number.checked_sub(1));
                    let chosen =
                        place.filter(|place| screen.choices.get(*place).is_some_and(|choice| choice.unfit.is_none()));
                    if let Some(chosen) = chosen {
                        return Ok(chosen);
                    }
                    typed.clear();
                    self.print(&format!("\n{} ", text(screen.language, "agent-no-such-number", &[])))?;
                }
                _ => (),
            }
        }
    }

    /// Reads away the rest of a PIN whose question has gone while it was typed, up to Enter or three quiet seconds: the
    /// next question shows what is typed.
    fn swallow_rest(&mut self) {
        let quiet = rustix::event::Timespec { tv_sec: 3, tv_nsec: 0 };
        // Whoever holds a key down is not waited for for ever.
        for _ in 0..MAX_SWALLOWED {
            let mut ready = [rustix::event::PollFd::new(&self.device, rustix::event::PollFlags::IN)];
            if !rustix::event::poll(&mut ready, Some(&quiet)).is_ok_and(|count| count > 0) {
                return;
            }
            let mut buffer = [0; 1];
            let read = rustix::io::read(&self.device, &mut buffer);
            let [byte] = buffer;
            buffer.zeroize();
            if !read.is_ok_and(|length| length > 0) || matches!(byte, b'\r' | b'\n' | 0x03 | 0x04) {
                return;
            }
        }
    }

    fn read_pin(&mut self, interrupt: &Interrupt) -> Result<Pin, Stop> {
        let mut pin = Pin::new();
        loop {
            match self.key(interrupt, None)? {
                Some(Key::Cancel) => return Err(Stop::Cancelled),
                Some(Key::Byte(byte)) if pin.push(byte) => self.print("*")?,
                Some(Key::Back) if !pin.is_empty() => {
                    pin.pop();
                    self.print("\x08 \x08")?;
                }
                Some(Key::Clear) => {
                    self.print(&"\x08 \x08".repeat(pin.len()))?;
                    pin = Pin::new();
                }
                Some(Key::Enter) if !pin.is_empty() => return Ok(pin),
                _ => (),
            }
        }
    }
}

enum Key {
    Byte(u8),
    Enter,
    Back,
    Clear,
    Cancel,
    Other,
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // What was typed and not taken (half a PIN) must not reach the shell.
        let _ = tcsetattr(&self.device, OptionalActions::Flush, &self.before);
    }
}

impl Prompt for Terminal {
    fn choose(&mut self, screen: &Screen, interrupt: &Interrupt) -> Result<usize, Stop> {
        self.render(screen)?;
        let chosen = self.read_number(screen, interrupt);
        self.end_line();
        chosen
    }

    fn wait(&mut self, screen: &Screen, interrupt: &Interrupt) -> Stop {
        if let Err(error) = self.render(screen) {
            return error.into();
        }
        let stop = loop {
            match self.key(interrupt, None) {
                Ok(Some(Key::Cancel)) => break Stop::Cancelled,
                Ok(_) => (),
                Err(stop) => break stop,
            }
        };
        self.end_line();
        stop
    }

    fn confirm(&mut self, screen: &Screen, interrupt: &Interrupt) -> Result<bool, Stop> {
        self.render(screen)?;
        self.guard(interrupt)?;
        // A digit, because "y" is not on every keyboard layout.
        let answer = loop {
            match self.key(interrupt, None) {
                Ok(Some(Key::Cancel)) => break Err(Stop::Cancelled),
                Ok(Some(Key::Byte(b'1'))) => break Ok(true),
                Ok(Some(Key::Enter | Key::Byte(b'0'))) => break Ok(false),
                Ok(_) => (),
                Err(stop) => break Err(stop),
            }
        };
        self.end_line();
        answer
    }

    fn pin(&mut self, screen: &Screen, interrupt: &Interrupt) -> Result<Pin, Stop> {
        self.render(screen)?;
        let pin = self.read_pin(interrupt);
        if matches!(pin, Err(Stop::Changed)) {
            self.swallow_rest();
        }
        self.end_line();
        pin
    }

    fn show(&mut self, screen: &Screen) {
        // Nobody can be told that nobody can be told.
        let _ = self.render(screen);
        self.end_line();
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Choice, Line, Purpose};
    use super::*;
    use crate::agent::interrupt::{Cancellation, End};
    use crate::i18n::Language;
    use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
    use std::io::Read;
    use std::sync::Arc;

    /// The person's end of a terminal, and the device the prompt opens.
    fn pair() -> (File, File) {
        let person = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("opens");
        grantpt(&person).expect("grants");
        unlockpt(&person).expect("unlocks");
        let name = ptsname(&person, Vec::new()).expect("has a name");
        let device = OpenOptions::new().read(true).write(true).open(name.to_str().expect("is text")).expect("opens");
        (File::from(person), device)
    }

    /// Reads what the person sees until it contains a text.
    fn see(person: &mut File, text: &str) -> String {
        let mut seen = String::new();
        let mut buffer = [0; 1024];
        while !seen.contains(text) {
            let length = person.read(&mut buffer).expect("reads");
            seen.push_str(&String::from_utf8_lossy(&buffer[..length]));
        }
        seen
    }

    fn screen(purpose: Purpose) -> Screen {
        let choice = |owner: &str, unfit: Option<&str>| Choice {
            slot: "9A".to_owned(),
            lines: vec![owner.to_owned()],
            unfit: unfit.map(str::to_owned),
        };
        Screen {
            purpose,
            language: Language::En,
            title: "Title".to_owned(),
            notice: vec!["Notice".to_owned()],
            lines: vec![Line { tone: Tone::Warning, text: "Line".to_owned() }],
            choices: vec![choice("First", None), choice("Second", None), choice("Third", Some("is old"))],
            question: "Question:".to_owned(),
        }
    }

    fn interrupt() -> Arc<Interrupt> {
        Arc::new(Interrupt::new(Cancellation::new().expect("makes one")).expect("makes one"))
    }

    fn settings(device: &File) -> (LocalModes, u8) {
        let settings = tcgetattr(device).expect("reads");
        (settings.local_modes, settings.special_codes[SpecialCodeIndex::VMIN])
    }

    #[test]
    fn nothing_is_chosen_by_accident() {
        let (mut person, device) = pair();
        let before = settings(&device);
        let observer = device.try_clone().expect("clones");
        // Typed before there is a prompt, and in its first second.
        person.write_all(b"1\r").expect("types");
        let mut terminal = Terminal::on(device).expect("opens");
        let asked = std::thread::spawn(move || {
            let started = Instant::now();
            let chosen = terminal.choose(&screen(Purpose::Choose), &interrupt());
            (chosen, started.elapsed())
        });
        see(&mut person, "Question:");
        person.write_all(b"1\r").expect("types");
        // The guard flushes at its end; what is typed after it has an echo.
        let mut echoed = String::new();
        while !echoed.contains("9\x08 \x08") {
            person.write_all(b"9\x7f").expect("types");
            std::thread::sleep(Duration::from_millis(20));
            let mut ready = [rustix::event::PollFd::new(&person, rustix::event::PollFlags::IN)];
            let soon = rustix::event::Timespec { tv_sec: 0, tv_nsec: 20_000_000 };
            if rustix::event::poll(&mut ready, Some(&soon)).expect("polls") > 0 {
                let mut buffer = [0; 64];
                let length = person.read(&mut buffer).expect("reads");
                echoed.push_str(&String::from_utf8_lossy(&buffer[..length]));
            }
        }
        // Enter alone, a number that is not there, one that is unfit: asked again each time.
        for typed in [&b"\x15\r"[..], b"9\r", b"3\r", b"0\r"] {
            person.write_all(typed).expect("types");
            see(&mut person, "Type one of the numbers");
        }
        person.write_all(b"13\x7f\x7f2\r").expect("types");
        let (chosen, took) = asked.join().expect("joins");
        assert_eq!(chosen.expect("chooses"), 1);
        assert!(took >= GUARD);
        assert_eq!(settings(&observer), before, "the terminal is as it was");
    }

    #[test]
    fn a_pin_is_read_without_being_shown() {
        let (mut person, device) = pair();
        let before = settings(&device);
        let observer = device.try_clone().expect("clones");
        let mut terminal = Terminal::on(device).expect("opens");
        let asked = std::thread::spawn(move || terminal.pin(&screen(Purpose::Pin), &interrupt()));
        let mut seen = see(&mut person, "Question:");
        // Enter alone is no PIN; an arrow's letters are no digits; a digit too many is taken back.
        person.write_all(b"\r12\x1b[A\x1bOP34569\x7f\r").expect("types");
        let pin = asked.join().expect("joins").expect("reads");
        assert_eq!(pin.expose(), b"123456");
        seen += &see(&mut person, "\x08 \x08\r\n");
        assert!(seen.contains("*******") && !seen.contains('3') && !seen.contains("12"), "{seen}");
        assert_eq!(settings(&observer), before, "the terminal is as it was");
    }

    #[test]
    fn the_terminal_is_restored_when_the_login_ends() {
        let (mut person, device) = pair();
        let before = settings(&device);
        let observer = device.try_clone().expect("clones");
        let mut terminal = Terminal::on(device).expect("opens");
        let interrupt = interrupt();
        let other = Arc::clone(&interrupt);
        let asked = std::thread::spawn(move || terminal.pin(&screen(Purpose::Pin), &other));
        see(&mut person, "Question:");
        assert_ne!(settings(&observer), before);
        person.write_all(b"12").expect("types");
        see(&mut person, "**");
        interrupt.cancellation().end(End::BrowserLeft);
        assert!(matches!(asked.join().expect("joins"), Err(Stop::Ended(End::BrowserLeft))));
        assert_eq!(settings(&observer), before, "the terminal is as it was");
    }

    #[test]
    fn ctrl_c_cancels_and_a_closed_terminal_too() {
        let (mut person, device) = pair();
        let mut terminal = Terminal::on(device).expect("opens");
        let asked = std::thread::spawn(move || terminal.wait(&screen(Purpose::Insert), &interrupt()));
        see(&mut person, "Question:");
        person.write_all(b"x\r\x03").expect("types");
        assert!(matches!(asked.join().expect("joins"), Stop::Cancelled));

        let (mut person, device) = pair();
        let mut terminal = Terminal::on(device).expect("opens");
        let asked = std::thread::spawn(move || terminal.pin(&screen(Purpose::Pin), &interrupt()));
        see(&mut person, "Question:");
        drop(person);
        assert!(asked.join().expect("joins").is_err());
    }

    #[test]
    fn the_last_try_is_not_used_by_enter() {
        for (typed, agreed) in [(&b"\r"[..], false), (b"0", false), (b"1", true)] {
            let (mut person, device) = pair();
            let mut terminal = Terminal::on(device).expect("opens");
            let asked = std::thread::spawn(move || terminal.confirm(&screen(Purpose::LastTry), &interrupt()));
            see(&mut person, "Question:");
            // What is typed within the guard is dropped, so it is typed until there is an answer.
            while !asked.is_finished() {
                person.write_all(typed).expect("types");
                std::thread::sleep(Duration::from_millis(50));
            }
            assert_eq!(asked.join().expect("joins").expect("answers"), agreed);
        }
    }
}
