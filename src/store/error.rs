//! Why the store refuses or fails.

use std::path::PathBuf;

/// What goes wrong underneath a backend; for the operator's log only.
pub type Cause = Box<dyn std::error::Error + Send + Sync>;

/// Refusals and failures of the durable and the short-lived store.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The database file cannot be created or opened.
    #[error("cannot open the database {path}")]
    Open {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The database file can be read by others than its owner.
    #[error("the database {path} has mode {mode:o}; others than its owner can read it (want 600)")]
    Exposed {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The schema cannot be brought up to date.
    #[error("the database schema cannot be brought up to date")]
    Schema(#[source] Cause),
    /// The backend failed.
    #[error("the store's backend failed")]
    Backend(#[source] Cause),
    /// A row that this program cannot have written.
    #[error("a stored {kind} is not readable")]
    Corrupt {
        /// What it should have been.
        kind: &'static str,
    },
    /// A login without a single identifier names nobody.
    #[error("no identifier to know the person by")]
    IdentifierMissing,
    /// More identifiers than any certificate has reason to carry.
    #[error("{count} identifiers of one person, over the limit")]
    IdentifierCount {
        /// How many there were.
        count: usize,
    },
    /// The identifiers of one login belong to more than one known person.
    #[error("the identifiers belong to {persons} different persons")]
    IdentifierConflict {
        /// How many persons are known by them.
        persons: usize,
    },
    /// The short-lived store is at its bound of entries or bytes; try later.
    #[error("the short-lived store is full ({entries} entries, {bytes} bytes)")]
    Full {
        /// Entries held.
        entries: usize,
        /// Bytes held.
        bytes: usize,
    },
    /// A single value over the bound for one entry.
    #[error("a value of {length} bytes is over the limit for one entry")]
    ValueTooLong {
        /// Its length.
        length: usize,
    },
}

impl Error {
    /// The stable word for logs, metrics, the API and the citizen's message.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Open { .. } => "store_open",
            Self::Exposed { .. } => "store_exposed",
            Self::Schema(_) => "store_schema",
            Self::Backend(_) => "store_backend",
            Self::Corrupt { .. } => "store_corrupt",
            Self::IdentifierMissing => "identifier_missing",
            Self::IdentifierCount { .. } => "identifier_count",
            Self::IdentifierConflict { .. } => "identifier_conflict",
            Self::Full { .. } => "store_full",
            Self::ValueTooLong { .. } => "store_value_too_long",
        }
    }

    /// All codes, for the test that wants a message for each.
    pub const CODES: &[&str] = &[
        "store_open",
        "store_exposed",
        "store_schema",
        "store_backend",
        "store_corrupt",
        "identifier_missing",
        "identifier_count",
        "identifier_conflict",
        "store_full",
        "store_value_too_long",
    ];
}
