//! A script in a person's place, for tests.
//!
//! The script is a file that may still grow, or a FIFO; one step a line, each a JSON object with one member:
//!
//! | step | meaning |
//! |---|---|
//! | `{"choose": "TEXT"}` | choose the one fit certificate whose slot is, or whose description contains, TEXT |
//! | `{"pin": "123456"}` | type this PIN |
//! | `{"confirm": true}` | agree (or not) to use the last try |
//! | `{"expect": "TEXT"}` | the screen must contain TEXT, or the prompt fails |
//! | `{"wait": true}` | leave this screen alone until it changes |
//! | `{"cancel": true}` | give up |
//!
//! A screen that waits for a card takes only `expect`, `wait` and `cancel`; other steps stay for the next screen. A
//! script that has no next step yet is waited for, like a person who thinks. What is shown is appended to a transcript
//! beside it, `SCRIPT.transcript`, one JSON object a line; never a PIN.

use super::{Error, Interrupt, Prompt, Prompts, Purpose, Screen, Stop, stop};
use crate::secret::Pin;
use rustix::fs::OFlags;
use serde::Deserialize;
use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use zeroize::Zeroize;

/// How often a script file is looked at for new steps; a FIFO is waited on.
const LOOK: Duration = Duration::from_millis(50);
/// The most bytes of a step.
const MAX_STEP: usize = 4096;

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Step {
    Choose(String),
    Pin(String),
    Confirm(bool),
    Expect(String),
    Wait(bool),
    Cancel(bool),
}

impl Step {
    const fn name(&self) -> &'static str {
        match self {
            Self::Choose(_) => "choose",
            Self::Pin(_) => "pin",
            Self::Confirm(_) => "confirm",
            Self::Expect(_) => "expect",
            Self::Wait(_) => "wait",
            Self::Cancel(_) => "cancel",
        }
    }
}

impl Drop for Step {
    fn drop(&mut self) {
        if let Self::Pin(pin) = self {
            pin.zeroize();
        }
    }
}

struct Source {
    file: PathBuf,
    script: File,
    fifo: bool,
    read: Vec<u8>,
    next: Option<Step>,
    transcript: File,
}

/// A script and its transcript; logins one after the other go on in the same script.
pub struct Script(Arc<Mutex<Source>>);

impl Script {
    /// Opens a script file or FIFO.
    pub fn open(file: &Path) -> Result<Self, Error> {
        let failed = |source| Error::Script { file: file.to_owned(), source };
        let fifo = std::fs::metadata(file).map_err(failed)?.file_type().is_fifo();
        // A FIFO is opened for writing too: else it ends each time a test has written a step.
        let flags = i32::try_from(OFlags::NONBLOCK.bits()).unwrap_or_default();
        let script = OpenOptions::new().read(true).write(fifo).custom_flags(flags).open(file).map_err(failed)?;
        let mut transcript = file.as_os_str().to_owned();
        transcript.push(".transcript");
        let transcript = OpenOptions::new().create(true).append(true).open(transcript).map_err(failed)?;
        let source = Source { file: file.to_owned(), script, fifo, read: Vec::new(), next: None, transcript };
        Ok(Self(Arc::new(Mutex::new(source))))
    }
}

impl Prompts for Script {
    fn open(&self) -> Result<Box<dyn Prompt>, Error> {
        Ok(Box::new(Scripted(Arc::clone(&self.0))))
    }
}

/// The prompt that follows a script.
pub struct Scripted(Arc<Mutex<Source>>);

impl Source {
    fn failed(&self, source: std::io::Error) -> Error {
        Error::Script { file: self.file.clone(), source }
    }

    /// The next step; it stays the next one until it is taken.
    fn peek(&mut self, interrupt: &Interrupt) -> Result<&Step, Stop> {
        while self.next.is_none() {
            if let Some(end) = self.read.iter().position(|byte| *byte == b'\n') {
                let mut line: Vec<u8> = self.read.drain(..=end).collect();
                if !line.trim_ascii().is_empty() {
                    let step = serde_json::from_slice(&line);
                    line.zeroize();
                    let step = step.map_err(|_| Error::ScriptMismatch { reason: "a line is no step".to_owned() })?;
                    self.next = Some(step);
                }
                continue;
            }
            if self.read.len() > MAX_STEP {
                return Err(Error::ScriptMismatch { reason: "a step is too long".to_owned() }.into());
            }
            let mut buffer = [0; 512];
            let length = match self.script.read(&mut buffer) {
                Ok(length) => length,
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => 0,
                Err(error) => return Err(self.failed(error).into()),
            };
            self.read.extend_from_slice(buffer.get(..length).unwrap_or_default());
            buffer.zeroize();
            // Steps that are there come before a change of the screen they were written for.
            if length == 0 {
                let waited = if self.fifo {
                    interrupt.wait(Some(self.script.as_fd()), None)
                } else {
                    interrupt.wait(None, Some(LOOK))
                };
                if let Some(stop) = stop(waited.map_err(|source| self.failed(source))?) {
                    return Err(stop);
                }
            }
        }
        self.next.as_ref().ok_or(Stop::Changed)
    }

    fn record(&mut self, value: &serde_json::Value) {
        // A transcript that cannot be written is missed by the test that reads it.
        let _ = writeln!(self.transcript, "{value}");
    }

    /// Takes steps until one that this screen answers to: `take` says which.
    fn answer(&mut self, screen: &Screen, interrupt: &Interrupt, take: fn(&Step) -> bool) -> Result<Step, Stop> {
        let text = text_of(screen);
        loop {
            let step = self.peek(interrupt)?;
            let takes = take(step);
            if !takes && !matches!(step, Step::Expect(_) | Step::Wait(_) | Step::Cancel(_)) {
                if screen.purpose == Purpose::Insert {
                    return Err(self.hold(interrupt)?);
                }
                let reason = format!("the screen is {}, the step is {}", screen.purpose.name(), step.name());
                return Err(Error::ScriptMismatch { reason }.into());
            }
            let Some(step) = self.next.take() else { continue };
            self.record(&serde_json::json!({ "step": step.name() }));
            match &step {
                Step::Expect(expected) if !text.contains(expected.as_str()) => {
                    let reason = format!("{expected:?} is not on the screen {}: {text}", screen.purpose.name());
                    return Err(Error::ScriptMismatch { reason }.into());
                }
                Step::Expect(_) | Step::Wait(false) | Step::Cancel(false) => (),
                Step::Wait(true) => return Err(self.hold(interrupt)?),
                Step::Cancel(true) => return Err(Stop::Cancelled),
                _ => return Ok(step),
            }
        }
    }

    /// Waits until the screen changes.
    fn hold(&self, interrupt: &Interrupt) -> Result<Stop, Stop> {
        loop {
            let waited = interrupt.wait(None, None).map_err(|source| self.failed(source))?;
            if let Some(stop) = stop(waited) {
                return Ok(stop);
            }
        }
    }
}

fn text_of(screen: &Screen) -> String {
    let choices = screen.choices.iter().flat_map(|choice| choice.lines.iter().chain(choice.unfit.as_ref()));
    let lines = screen.lines.iter().map(|line| &line.text);
    let all = std::iter::once(&screen.title).chain(&screen.notice).chain(lines).chain(choices);
    all.chain(std::iter::once(&screen.question)).cloned().collect::<Vec<_>>().join("\n")
}

impl Scripted {
    fn source(&self, screen: &Screen) -> MutexGuard<'_, Source> {
        let mut source = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let choices: Vec<_> = screen
            .choices
            .iter()
            .map(|choice| serde_json::json!({ "slot": choice.slot, "lines": choice.lines, "unfit": choice.unfit }))
            .collect();
        let lines: Vec<_> = screen.lines.iter().map(|line| line.text.as_str()).collect();
        source.record(&serde_json::json!({
            "screen": screen.purpose.name(),
            "language": screen.language.tag(),
            "title": screen.title,
            "notice": screen.notice,
            "lines": lines,
            "choices": choices,
            "question": screen.question,
        }));
        source
    }
}

impl Prompt for Scripted {
    fn choose(&mut self, screen: &Screen, interrupt: &Interrupt) -> Result<usize, Stop> {
        let step = self.source(screen).answer(screen, interrupt, |step| matches!(step, Step::Choose(_)))?;
        let Step::Choose(wanted) = &step else { return Err(Stop::Changed) };
        let is_wanted = |choice: &super::Choice| {
            choice.slot == *wanted || choice.lines.iter().any(|line| line.contains(wanted.as_str()))
        };
        let found = screen.choices.iter().position(|choice| choice.unfit.is_none() && is_wanted(choice));
        found.ok_or_else(|| {
            let reason = format!("no fit certificate is {wanted:?}: {}", text_of(screen));
            Error::ScriptMismatch { reason }.into()
        })
    }

    fn wait(&mut self, screen: &Screen, interrupt: &Interrupt) -> Stop {
        match self.source(screen).answer(screen, interrupt, |_| false) {
            Err(stop) => stop,
            Ok(_) => Stop::Changed,
        }
    }

    fn confirm(&mut self, screen: &Screen, interrupt: &Interrupt) -> Result<bool, Stop> {
        let step = self.source(screen).answer(screen, interrupt, |step| matches!(step, Step::Confirm(_)))?;
        Ok(matches!(step, Step::Confirm(true)))
    }

    fn pin(&mut self, screen: &Screen, interrupt: &Interrupt) -> Result<Pin, Stop> {
        let step = self.source(screen).answer(screen, interrupt, |step| matches!(step, Step::Pin(_)))?;
        let Step::Pin(digits) = &step else { return Err(Stop::Changed) };
        let too_long = || Error::ScriptMismatch { reason: "the PIN is too long".to_owned() };
        Ok(Pin::copy_from(digits.as_bytes()).ok_or_else(too_long)?)
    }

    fn show(&mut self, screen: &Screen) {
        drop(self.source(screen));
    }
}
