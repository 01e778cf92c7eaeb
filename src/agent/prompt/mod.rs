//! Asking the person: who wants what, which certificate, the PIN.
//!
//! The [session](super::session) composes [`Screen`]s, so that a window, a terminal and a test show the same words; a
//! [`Prompt`] shows them and brings back an answer. It runs on the login's own thread, may block, and gives way to its
//! [`Interrupt`] at once.

mod pinentry;
mod scripted;
mod terminal;

pub use pinentry::{Pinentry, find as find_pinentry};
pub use scripted::{Script, Scripted};
pub use terminal::Terminal;

use super::config::PromptKind;
use super::interrupt::{End, Interrupt, Waited};
use crate::i18n::Language;
use crate::secret::Pin;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// How long input is ignored after a screen that asks for consent has opened: it was meant for something else.
pub const GUARD: Duration = Duration::from_secs(1);

/// Why a person cannot be asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The agent was not started in a terminal.
    #[error("there is no terminal to ask in")]
    NoTerminal {
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// The agent runs in the background of its terminal, where reading would stop it.
    #[error("the agent runs in the background of its terminal")]
    Background,
    /// The terminal failed, or was closed.
    #[error("the terminal cannot be used")]
    Terminal {
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// No pinentry program was found.
    #[error("no pinentry program is installed")]
    NoPinentry,
    /// The pinentry program could not be started or ended too early.
    #[error("{} could not be used", program.display())]
    Pinentry {
        /// The program.
        program: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// The pinentry program speaks in a way the Assuan protocol does not have.
    #[error("{} does not speak the pinentry protocol", program.display())]
    PinentryProtocol {
        /// The program.
        program: PathBuf,
    },
    /// The script cannot be read.
    #[error("the script {} cannot be used", file.display())]
    Script {
        /// The script.
        file: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// The script does not go on as it must here.
    #[error("the script does not fit: {reason}")]
    ScriptMismatch {
        /// What was expected and shown.
        reason: String,
    },
}

/// Why a prompt came back without an answer.
#[derive(Debug)]
pub enum Stop {
    /// The person does not want to.
    Cancelled,
    /// The login is over.
    Ended(End),
    /// What is shown is no longer so; show it anew.
    Changed,
    /// She cannot be asked.
    Failed(Error),
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

/// How a line is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// Said in passing.
    Plain,
    /// What matters.
    Strong,
    /// What should make her stop and read.
    Warning,
    /// Background.
    Faint,
}

/// A line of a screen; no line breaks, no control characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// How it is meant.
    pub tone: Tone,
    /// What it says.
    pub text: String,
}

/// A certificate on a screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// Slot of the card's key.
    pub slot: String,
    /// What describes it; the first line is whose it is.
    pub lines: Vec<String>,
    /// Why it cannot be chosen.
    pub unfit: Option<String>,
}

/// What a screen is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Choosing a certificate, which is the consent.
    Choose,
    /// Waiting for a card.
    Insert,
    /// Agreeing to use the last try.
    LastTry,
    /// The PIN.
    Pin,
    /// What goes on meanwhile.
    Progress,
    /// How the login ended.
    End,
}

impl Purpose {
    /// The word in transcripts.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Choose => "choose",
            Self::Insert => "insert",
            Self::LastTry => "last_try",
            Self::Pin => "pin",
            Self::Progress => "progress",
            Self::End => "end",
        }
    }
}

/// What a person is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Screen {
    /// What for.
    pub purpose: Purpose,
    /// In which language.
    pub language: Language,
    /// The heading.
    pub title: String,
    /// What went wrong just before, if anything.
    pub notice: Vec<String>,
    /// What is to be known.
    pub lines: Vec<Line>,
    /// The certificates.
    pub choices: Vec<Choice>,
    /// What is asked of her.
    pub question: String,
}

/// A way to ask a person.
pub trait Prompt: Send {
    /// Lets her choose a certificate to sign in with: the place of one that is not unfit. Choosing is the consent, so
    /// nothing that can happen by accident (Enter alone, input from before) may choose.
    fn choose(&mut self, screen: &Screen, interrupt: &Interrupt) -> Result<usize, Stop>;

    /// Shows a screen until something changes or she gives up.
    fn wait(&mut self, screen: &Screen, interrupt: &Interrupt) -> Stop;

    /// Asks for yes or no; Enter alone is no.
    fn confirm(&mut self, screen: &Screen, interrupt: &Interrupt) -> Result<bool, Stop>;

    /// Asks for the PIN; never empty.
    fn pin(&mut self, screen: &Screen, interrupt: &Interrupt) -> Result<Pin, Stop>;

    /// Shows a screen that needs no answer.
    fn show(&mut self, screen: &Screen);
}

/// Opens prompts, one for each login.
pub trait Prompts: Send + Sync {
    /// A prompt for a login.
    fn open(&self) -> Result<Box<dyn Prompt>, Error>;
}

/// What the choice of a prompt depends on.
#[derive(Clone, Debug, Default)]
pub struct Desktop {
    /// Whether there is a display to open a window on.
    pub display: bool,
    /// Where programs are looked for.
    pub path: Vec<PathBuf>,
}

impl Desktop {
    /// What the environment says.
    pub fn of_environment() -> Self {
        let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let path = std::env::var_os("PATH").map(|path| std::env::split_paths(&path).collect()).unwrap_or_default();
        Self { display: set("DISPLAY") || set("WAYLAND_DISPLAY"), path }
    }
}

/// The prompts of a configured kind.
pub fn prompts(kind: &PromptKind, desktop: &Desktop) -> Result<Arc<dyn Prompts>, Error> {
    Ok(match kind {
        PromptKind::Auto => match pinentry::find(desktop, true) {
            Some(program) => Arc::new(PinentryPrompts { program }),
            None => Arc::new(TerminalPrompts),
        },
        PromptKind::Terminal => Arc::new(TerminalPrompts),
        PromptKind::Pinentry(program) => {
            let program = program.clone().or_else(|| pinentry::find(desktop, false)).ok_or(Error::NoPinentry)?;
            Arc::new(PinentryPrompts { program })
        }
        PromptKind::Scripted(file) => Arc::new(Script::open(file)?),
    })
}

struct TerminalPrompts;

impl Prompts for TerminalPrompts {
    fn open(&self) -> Result<Box<dyn Prompt>, Error> {
        Ok(Box::new(Terminal::open()?))
    }
}

struct PinentryPrompts {
    program: PathBuf,
}

impl Prompts for PinentryPrompts {
    fn open(&self) -> Result<Box<dyn Prompt>, Error> {
        Ok(Box::new(Pinentry::new(self.program.clone())))
    }
}

/// What an interrupted wait means to a prompt; `None`: it was not interrupted.
fn stop(waited: Waited) -> Option<Stop> {
    match waited {
        Waited::Ended(end) => Some(Stop::Ended(end)),
        Waited::Changed => Some(Stop::Changed),
        Waited::Input | Waited::TimeOut => None,
    }
}
