//! Reading a configuration file: bounded, strict, and with errors that name the file and what to change.

use serde::de::DeserializeOwned;
use std::path::{Path, PathBuf};

/// The most bytes a configuration file may have.
const MAX_CONFIG: u64 = 1024 * 1024;

/// Why a configuration file cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The file is not there or may not be read.
    #[error("cannot read {}; README.md shows what it holds, --config names another", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// Over a mebibyte.
    #[error("{} is larger than 1 MiB; this is not a configuration file", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
    },
    /// A syntax error, an unknown or missing field, or a value of the wrong kind; the source shows line and column.
    #[error("{}: {source}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What the parser said.
        #[source]
        source: Box<toml::de::Error>,
    },
}

/// Reads a TOML file. Types that derive `deny_unknown_fields` turn a misspelt name into an error.
pub fn load<T: DeserializeOwned>(path: &Path) -> Result<T, Error> {
    let unreadable = |source| Error::Unreadable { path: path.to_owned(), source };
    if std::fs::metadata(path).map_err(unreadable)?.len() > MAX_CONFIG {
        return Err(Error::TooLarge { path: path.to_owned() });
    }
    let text = std::fs::read_to_string(path).map_err(unreadable)?;
    toml::from_str(&text).map_err(|source| Error::Malformed { path: path.to_owned(), source: Box::new(source) })
}

/// A path of a configuration file, taken from the folder the file lies in.
pub fn beside(config: &Path, path: &Path) -> PathBuf {
    config.parent().unwrap_or_else(|| Path::new(".")).join(path)
}
