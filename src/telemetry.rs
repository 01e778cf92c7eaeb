//! Logging. Goes to standard error, as text or, for machines, as JSON; never a secret, because secrets cannot be
//! printed.

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

/// Starts logging. `BRAMA_LOG` filters as `tracing` filters do; without it only Brama's own lines from `info` up.
pub fn start(format: Format) {
    let filter = EnvFilter::try_from_env("BRAMA_LOG").unwrap_or_else(|_| EnvFilter::new("warn,brama=info"));
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // A second call in one process (tests) leaves the first in force.
    let _ = match format {
        Format::Text => builder.try_init(),
        Format::Json => builder.json().try_init(),
    };
}
