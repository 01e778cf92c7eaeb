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
        self.end_line();
        pin
    }

    fn show(&mut self, screen: &Screen) {
        // Nobody can be told that nobody can be told.
        let _ = self.render(screen);
        self.end_line();
    }
}
