//! Where the demo keeps its things between runs: `target/demo`.

use anyhow::{Context, bail};
use std::fs::{self, File, OpenOptions, Permissions, TryLockError};
use std::io::Write;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// The folder, held by one running demo at a time.
pub struct Home {
    directory: PathBuf,
    programs: PathBuf,
    _lock: File,
}

/// The folder of built programs and the demo's own, from where this program lies (`target/debug/examples/`).
fn places() -> anyhow::Result<(PathBuf, PathBuf)> {
    let this = std::env::current_exe().context("this program has no path")?;
    let programs =
        this.parent().and_then(Path::parent).context("this program does not lie in target/debug/examples")?;
    let target = programs.parent().context("this program does not lie in target/debug/examples")?;
    Ok((programs.to_owned(), target.join("demo")))
}

/// The demo's folder, for commands that only speak to a running demo.
pub fn directory() -> anyhow::Result<PathBuf> {
    places().map(|(_, directory)| directory)
}

impl Home {
    /// Opens it, or says that another demo is running.
    pub fn open() -> anyhow::Result<Self> {
        let (programs, directory) = places()?;
        fs::create_dir_all(&directory).with_context(|| format!("cannot make {}", directory.display()))?;
        // Signing keys and the portal's password lie here.
        fs::set_permissions(&directory, Permissions::from_mode(0o700))?;
        let lock = OpenOptions::new().create(true).truncate(false).write(true).open(directory.join("lock"))?;
        match lock.try_lock() {
            Ok(()) => (),
            Err(TryLockError::WouldBlock) => bail!("the demo is running already; end it with Ctrl-C in its terminal"),
            Err(TryLockError::Error(error)) => return Err(error).context("cannot lock the demo's folder"),
        }
        let home = Self { directory, programs, _lock: lock };
        let _ = fs::remove_dir_all(home.path("logs"));
        fs::create_dir_all(home.path("logs"))?;
        Ok(home)
    }

    /// One somewhere else, for a test.
    #[cfg(test)]
    pub fn at(directory: &Path) -> Self {
        let lock = File::create(directory.join("lock")).expect("makes a file");
        Self { directory: directory.to_owned(), programs: directory.to_owned(), _lock: lock }
    }

    /// A file or folder in it.
    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    /// A log of this run.
    pub fn log(&self, name: &str) -> PathBuf {
        self.path("logs").join(format!("{name}.log"))
    }

    /// A program built beside this one.
    pub fn program(&self, name: &str) -> PathBuf {
        self.programs.join(name)
    }

    /// Writes a file that only its owner may read.
    pub fn write(&self, name: &str, contents: &str) -> anyhow::Result<PathBuf> {
        let path = self.path(name);
        let write = || -> std::io::Result<()> {
            let mut options = OpenOptions::new();
            let mut file = options.create(true).truncate(true).write(true).mode(0o600).open(&path)?;
            file.write_all(contents.as_bytes())
        };
        write().with_context(|| format!("cannot write {}", path.display()))?;
        Ok(path)
    }
}
