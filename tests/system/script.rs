//! The citizen: what she does, written before her, and what she was shown.

use crate::process::wait_until;
use serde_json::{Value, json};
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long a screen may take to come.
const PATIENCE: Duration = Duration::from_secs(30);

/// The script of an agent's prompt.
pub struct Script {
    file: PathBuf,
}

impl Script {
    /// An empty one.
    pub fn new(folder: &Path) -> Self {
        let file = folder.join("script");
        fs::write(&file, "").expect("is written");
        Self { file }
    }

    /// What `--prompt` must be.
    pub fn argument(&self) -> String {
        format!("scripted:{}", self.file.display())
    }

    /// Forgets all steps: an agent that starts reads from the first.
    pub fn clear(&self) {
        fs::write(&self.file, "").expect("is written");
    }

    fn step(&self, step: &Value) {
        let mut file = OpenOptions::new().append(true).open(&self.file).expect("is there");
        // One write a step: the agent reads while we write.
        file.write_all(format!("{step}\n").as_bytes()).expect("is written");
    }

    /// She chooses the certificate that shows this text.
    pub fn choose(&self, text: &str) {
        self.step(&json!({ "choose": text }));
    }

    /// She types a PIN.
    pub fn pin(&self, pin: &str) {
        self.step(&json!({ "pin": pin }));
    }

    /// She agrees, or not, to use the last try.
    pub fn confirm(&self, yes: bool) {
        self.step(&json!({ "confirm": yes }));
    }

    /// She gives up.
    pub fn cancel(&self) {
        self.step(&json!({ "cancel": true }));
    }

    /// The screens she was shown so far.
    pub fn screens(&self) -> Vec<Value> {
        let mut name = self.file.clone().into_os_string();
        name.push(".transcript");
        let text = fs::read_to_string(name).unwrap_or_default();
        // The last line may still be being written.
        let lines = text.split_inclusive('\n').filter(|line| line.ends_with('\n'));
        lines.filter_map(|line| serde_json::from_str(line).ok()).filter(|it: &Value| it["screen"].is_string()).collect()
    }

    /// Waits for a screen for a purpose, the first `seen` screens not counted; how many there are with it, and it.
    pub fn wait_for(&self, seen: usize, purpose: &str) -> (usize, Value) {
        self.wait_until(seen, &format!("a screen {purpose:?}"), |screen| screen["screen"] == purpose)
    }

    /// Waits for a screen that fulfils a condition.
    pub fn wait_until(&self, seen: usize, what: &str, fits: impl Fn(&Value) -> bool) -> (usize, Value) {
        let mut found = None;
        wait_until(PATIENCE, || {
            found = self.screens().into_iter().enumerate().skip(seen).find(|(_, screen)| fits(screen));
            found.is_some()
        });
        let (place, screen) = found.unwrap_or_else(|| panic!("she was not shown {what}: {:#?}", self.screens()));
        (place + 1, screen)
    }
}

/// All texts of a screen.
pub fn text_of(screen: &Value) -> String {
    fn collect(value: &Value, into: &mut Vec<String>) {
        match value {
            Value::String(text) => into.push(text.clone()),
            Value::Array(all) => all.iter().for_each(|one| collect(one, into)),
            Value::Object(all) => all.values().for_each(|one| collect(one, into)),
            _ => (),
        }
    }
    let mut texts = Vec::new();
    for part in ["title", "notice", "lines", "choices", "question"] {
        collect(&screen[part], &mut texts);
    }
    texts.join("\n")
}
