//! Logging. Goes to standard error, as text or, for machines, as JSON; never a secret, because secrets cannot be
//! printed.

use std::io::IsTerminal;
use tracing_subscriber::EnvFilter;

/// How log lines are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// For a person.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// An error and what caused it, each said once: a cause that its effect has quoted already is left out.
pub fn explain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let said = cause.to_string();
        if !text.contains(said.trim()) {
            text.push_str(": ");
            text.push_str(&said);
        }
        source = cause.source();
    }
    text
}

/// Starts logging. `BRAMA_LOG` filters as `tracing` filters do; without it only Brama's own lines from `info` up.
pub fn start(format: Format) {
    let filter = EnvFilter::try_from_env("BRAMA_LOG").unwrap_or_else(|_| EnvFilter::new("warn,brama=info"));
    // Colours only where somebody looks: in a file they are litter.
    let colours = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(colours);
    // A second call in one process (tests) leaves the first in force.
    let _ = match format {
        Format::Text => builder.try_init(),
        Format::Json => builder.json().try_init(),
    };
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_cause_is_said_once() {
        #[derive(Debug, thiserror::Error)]
        #[error("cannot listen: {0}")]
        struct Quotes(#[source] std::io::Error);
        #[derive(Debug, thiserror::Error)]
        #[error("cannot start")]
        struct Hides(#[source] Quotes);
        let error = Hides(Quotes(std::io::Error::other("no room")));
        assert_eq!(super::explain(&error), "cannot start: cannot listen: no room");
    }
}
