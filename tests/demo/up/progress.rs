//! What the demo tells in the terminal: each step while it runs and what came of it.

use std::io::{IsTerminal, Write, stdout};
use std::time::Instant;

/// The teller. Nobody may be listening any more (the terminal is closed): what cannot be written is dropped.
pub struct Progress {
    terminal: bool,
    colour: bool,
}

impl Progress {
    /// One for standard output.
    pub fn new() -> Self {
        let terminal = stdout().is_terminal();
        Self { terminal, colour: terminal && std::env::var_os("NO_COLOR").is_none() }
    }

    fn paint(&self, code: &str, text: &str) -> String {
        if self.colour { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }

    fn put(&self, text: &str) {
        let mut out = stdout().lock();
        let _ = out.write_all(text.as_bytes());
        let _ = out.flush();
    }

    /// Runs a step and ticks it off, with its time when that is worth telling.
    pub fn step<T>(&self, what: &str, work: impl FnOnce() -> anyhow::Result<T>) -> anyhow::Result<T> {
        if self.terminal {
            self.put(&format!("  … {what}"));
        }
        let begun = Instant::now();
        let result = work();
        let seconds = begun.elapsed().as_secs_f32();
        let (mark, time) = match &result {
            Ok(_) if seconds >= 0.5 => (self.paint("32", "✓"), format!("  {seconds:.1} s")),
            Ok(_) => (self.paint("32", "✓"), String::new()),
            Err(_) => (self.paint("31", "✗"), String::new()),
        };
        let back = if self.terminal { "\r" } else { "" };
        self.put(&format!("{back}  {mark} {what}{}\n", self.paint("2", &time)));
        result
    }

    /// Something to know about the steps.
    pub fn note(&self, text: &str) {
        self.put(&format!("    {text}\n"));
    }

    /// The last word: a box around some lines. Lines that begin with `*` stand out.
    pub fn framed(&self, lines: &[String]) {
        let width = lines.iter().map(|line| line.trim_start_matches('*').chars().count()).max().unwrap_or_default();
        let rule = "─".repeat(width + 4);
        let mut text = format!("\n  ╭{rule}╮\n");
        for line in lines {
            let plain = line.trim_start_matches('*');
            let fill = " ".repeat(width - plain.chars().count());
            let shown = if plain.len() == line.len() { plain.to_owned() } else { self.paint("1", plain) };
            text.push_str(&format!("  │  {shown}{fill}  │\n"));
        }
        text.push_str(&format!("  ╰{rule}╯\n\n"));
        self.put(&text);
    }
}
