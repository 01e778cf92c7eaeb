//! The folder of signing keys: made at first start, read at every other.

use super::{Error, KeyFamily, Keys, SigningKey};
use crate::rng::{Rng, random_256};
use data_encoding::BASE64URL_NOPAD;
use std::fs::{DirBuilder, File, OpenOptions, hard_link, remove_file};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;
use zeroize::Zeroizing;

/// The most bytes of a key file; RSA-8192 in PEM has fewer.
const MAX_FILE: u64 = 16 * 1024;
const FILES: [(&str, KeyFamily); 2] = [("signing-rsa.pem", KeyFamily::Rsa), ("signing-p256.pem", KeyFamily::P256)];

/// Loads the signing keys of a folder; the folder and what is missing in it are made. Blocks on files, and for a
/// moment on making an RSA key.
///
/// # Errors
/// [`Error::KeyFile`], [`Error::KeyExposed`], [`Error::KeyMalformed`], [`Error::KeyGeneration`].
pub fn open_or_create(folder: &Path, random: &dyn Rng) -> Result<Keys, Error> {
    match DirBuilder::new().recursive(true).mode(0o700).create(folder) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(file_error(folder, error)),
        _ => {}
    }
    let opened = File::open(folder).map_err(|error| file_error(folder, error))?;
    // Who can write in the folder can put another key in place of ours.
    refuse_mode(folder, &opened, 0o022)?;
    let mut keys = Vec::new();
    for (name, family) in FILES {
        let path = folder.join(name);
        let key = match read(&path)? {
            Some(key) => key,
            None => {
                create(folder, &path, family, random)?;
                read(&path)?.ok_or_else(|| file_error(&path, ErrorKind::NotFound.into()))?
            }
        };
        if key.family() != family {
            return Err(Error::KeyMalformed);
        }
        keys.push(key);
    }
    Ok(Keys::new(keys))
}

fn file_error(path: &Path, source: std::io::Error) -> Error {
    Error::KeyFile { path: path.to_owned(), source }
}

fn refuse_mode(path: &Path, file: &File, forbidden: u32) -> Result<(), Error> {
    let mode = file.metadata().map_err(|error| file_error(path, error))?.permissions().mode() & 0o7777;
    if mode & forbidden == 0 { Ok(()) } else { Err(Error::KeyExposed { path: path.to_owned(), mode }) }
}

fn read(path: &Path) -> Result<Option<SigningKey>, Error> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(file_error(path, error)),
    };
    refuse_mode(path, &file, 0o077)?;
    let mut pem = Zeroizing::new(Vec::with_capacity(MAX_FILE as usize));
    file.take(MAX_FILE).read_to_end(&mut pem).map_err(|error| file_error(path, error))?;
    SigningKey::from_pem(&pem).map(Some)
}

/// Writes a new key under a name of its own and then links it to its place: whoever looks there sees a whole key or
/// none, and of two gateways that start at once the second finds the first one's key and takes it.
fn create(folder: &Path, path: &Path, family: KeyFamily, random: &dyn Rng) -> Result<(), Error> {
    let pem = SigningKey::generate_pem(family)?;
    let draft = folder.join(format!(".{}.new", BASE64URL_NOPAD.encode(&random_256(random))));
    let written = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft).and_then(|mut file| {
        file.write_all(&pem)?;
        file.sync_all()?;
        match hard_link(&draft, path) {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(error),
            _ => File::open(folder)?.sync_all(),
        }
    });
    // The draft is of no more use, whatever came of it; a missing one is no failure of ours.
    let _gone = remove_file(&draft);
    written.map_err(|error| file_error(path, error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::SystemRng;
    use std::fs::{Permissions, read_dir, set_permissions, write};

    #[test]
    fn keys_are_made_once_and_are_their_owners_alone() {
        let folder = tempfile::TempDir::new().expect("folder");
        let folder = folder.path().join("new/keys");
        let made = open_or_create(&folder, &SystemRng::default()).expect("makes");
        let loaded = open_or_create(&folder, &SystemRng::default()).expect("loads");
        assert_eq!(made.jwks(), loaded.jwks());
        let mut names = Vec::new();
        for entry in read_dir(&folder).expect("lists") {
            let entry = entry.expect("entry");
            assert_eq!(entry.metadata().expect("metadata").permissions().mode() & 0o777, 0o600);
            names.push(entry.file_name().into_string().expect("text"));
        }
        names.sort();
        assert_eq!(names, ["signing-p256.pem", "signing-rsa.pem"], "no drafts stay");
        assert_eq!(std::fs::metadata(&folder).expect("metadata").permissions().mode() & 0o777, 0o700);
    }

    #[test]
    fn two_gateways_that_start_at_once_have_one_key() {
        let folder = tempfile::TempDir::new().expect("folder");
        let sets: Vec<_> = std::thread::scope(|scope| {
            let start = || scope.spawn(|| open_or_create(folder.path(), &SystemRng::default()).expect("opens").jwks());
            let threads = [start(), start(), start()];
            threads.into_iter().map(|thread| thread.join().expect("runs")).collect()
        });
        assert!(sets.iter().all(|set| *set == sets[0]));
    }

    #[test]
    fn exposed_and_broken_keys_are_refused() {
        let folder = tempfile::TempDir::new().expect("folder");
        let random = SystemRng::default();
        open_or_create(folder.path(), &random).expect("makes");
        let rsa = folder.path().join("signing-rsa.pem");
        for mode in [0o640, 0o604, 0o620] {
            set_permissions(&rsa, Permissions::from_mode(mode)).expect("changes");
            let refused = open_or_create(folder.path(), &random).expect_err("refuses");
            assert!(matches!(refused, Error::KeyExposed { mode: seen, .. } if seen == mode), "{mode:o}");
        }
        set_permissions(&rsa, Permissions::from_mode(0o600)).expect("changes");
        set_permissions(folder.path(), Permissions::from_mode(0o777)).expect("changes");
        assert_eq!(open_or_create(folder.path(), &random).expect_err("refuses").code(), "jose_key_exposed");
        set_permissions(folder.path(), Permissions::from_mode(0o700)).expect("changes");
        write(&rsa, b"-----BEGIN PRIVATE KEY-----\n").expect("writes");
        assert_eq!(open_or_create(folder.path(), &random).expect_err("refuses").code(), "jose_key_malformed");
    }
}
