//! What this machine must have. `make test` installs it; where it is missing all the same, a test says so and is
//! left out, and fails where `CI` is set: nothing passes unseen.

use std::io::Write;
use std::path::{Path, PathBuf};

/// Something a test cannot do without.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// Chromium and its driver.
    Browser,
    /// pcscd, its virtual reader and a compiler for a shim.
    Cards,
    /// The right to act as another user.
    Root,
}

/// Debian's and Ubuntu's driver of the virtual reader.
const VIRTUAL_READER: &str = "/usr/lib/pcsc/drivers/serial/libifdvpcd.so";

impl Need {
    /// What is missing, and how to get it.
    fn missing(self) -> Option<&'static str> {
        match self {
            Self::Browser if chromium().is_none() || driver().is_none() => {
                Some("Chromium and its driver: apt-get install chromium chromium-driver")
            }
            Self::Cards if program(&["pcscd"]).is_none() || !Path::new(VIRTUAL_READER).exists() => {
                Some("pcscd with virtual readers: apt-get install pcscd vsmartcard-vpcd")
            }
            Self::Cards if program(&["cc"]).is_none() => Some("a C compiler: apt-get install build-essential"),
            Self::Root if !rustix::process::geteuid().is_root() => {
                Some("the right to act as another user: run this test as root")
            }
            _ => None,
        }
    }
}

/// Whether a test can run here. What is missing is told past the capture of output, because a test that is left out
/// passes.
pub fn met(needs: &[Need]) -> bool {
    let missing: Vec<_> = needs.iter().filter_map(|need| Some((need, need.missing()?))).collect();
    let test = std::thread::current().name().unwrap_or("a test").to_owned();
    for (need, what) in &missing {
        // An ordinary user cannot become another one, on no machine; all else can be installed.
        assert!(**need == Need::Root || std::env::var_os("CI").is_none(), "{test} needs {what}");
        let _ = writeln!(std::io::stderr(), "{test}: LEFT OUT, it needs {what}");
    }
    missing.is_empty()
}

/// Chromium, under any of its names.
pub fn chromium() -> Option<PathBuf> {
    program(&["chromium", "google-chrome", "google-chrome-stable", "chromium-browser"])
}

/// Its driver.
pub fn driver() -> Option<PathBuf> {
    program(&["chromedriver", "chromium.chromedriver"])
}

fn program(names: &[&str]) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> = std::env::split_paths(&path).chain(["/usr/sbin".into(), "/sbin".into()]).collect();
    names.iter().find_map(|name| folders.iter().map(|folder| folder.join(name)).find(|file| file.is_file()))
}
