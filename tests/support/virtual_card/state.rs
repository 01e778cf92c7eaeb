//! What a card keeps when it loses power: keys, certificates, PIN, PUK and their tries.

use data_encoding::BASE64;
use openssl::nid::Nid;
use openssl::pkey::{Id, PKey, Private};
use serde::{Deserialize, Serialize};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// The lasting part of a card. With a file it is written at every change, so that a killed card comes back as it was.
pub struct State {
    file: Option<PathBuf>,
    pub guid: [u8; 16],
    pub pin: String,
    pub puk: String,
    pub max_tries: u8,
    pub tries: u8,
    pub puk_tries: u8,
    pub keys: Vec<Key>,
}

/// A private key in a slot, with the certificate object that goes with it.
pub struct Key {
    /// 9A, 9C, 9D, 9E, 82..95.
    pub slot: u8,
    pub private: PKey<Private>,
    /// Handed out as it is: it may be expired, of another key, or no certificate at all.
    pub certificate: Vec<u8>,
    /// Whether the certificate object is gzip'ed.
    pub compressed: bool,
}

impl Key {
    /// The algorithm identifier of PIV; `None` for a kind of key it does not have.
    pub fn algorithm(&self) -> Option<u8> {
        match self.private.id() {
            Id::RSA => match self.private.bits() {
                1024 => Some(0x06),
                2048 => Some(0x07),
                3072 => Some(0x05),
                4096 => Some(0x16),
                _ => None,
            },
            Id::EC => match self.private.ec_key().ok()?.group().curve_name() {
                Some(Nid::X9_62_PRIME256V1) => Some(0x11),
                Some(Nid::SECP384R1) => Some(0x14),
                _ => None,
            },
            _ => None,
        }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    guid: String,
    pin: String,
    puk: String,
    max_tries: u8,
    tries: u8,
    puk_tries: u8,
    keys: Vec<StoredKey>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredKey {
    slot: String,
    private_key: String,
    certificate: String,
    compressed: bool,
}

impl Default for State {
    /// An empty card: PIN 123456, PUK 12345678, three tries of each.
    fn default() -> Self {
        let mut guid = [0; 16];
        openssl::rand::rand_bytes(&mut guid).expect("random bytes");
        Self {
            file: None,
            guid,
            pin: "123456".into(),
            puk: "12345678".into(),
            max_tries: 3,
            tries: 3,
            puk_tries: 3,
            keys: Vec::new(),
        }
    }
}

impl State {
    /// An empty card.
    pub fn new() -> Self {
        Self::default()
    }

    /// Puts a key and its certificate (DER) into a slot.
    #[must_use]
    pub fn with_key(self, slot: u8, private: PKey<Private>, certificate: Vec<u8>) -> Self {
        self.with(Key { slot, private, certificate, compressed: false })
    }

    /// The same with the certificate object gzip'ed.
    #[must_use]
    pub fn with_compressed_key(self, slot: u8, private: PKey<Private>, certificate: Vec<u8>) -> Self {
        self.with(Key { slot, private, certificate, compressed: true })
    }

    fn with(mut self, key: Key) -> Self {
        self.keys.retain(|other| other.slot != key.slot);
        self.keys.push(key);
        self.keys.sort_by_key(|key| key.slot);
        self
    }

    /// Keeps the state in this file from now on, beginning with what it is now.
    pub fn kept_in(mut self, file: &Path) -> io::Result<Self> {
        self.file = Some(file.to_owned());
        self.save()?;
        Ok(self)
    }

    /// Reads a state from its file and goes on keeping it there.
    pub fn load(file: &Path) -> io::Result<Self> {
        let stored: Stored = serde_json::from_slice(&std::fs::read(file)?)?;
        let broken = |what: &str| io::Error::new(io::ErrorKind::InvalidData, format!("{what} in {}", file.display()));
        let guid = data_encoding::HEXLOWER.decode(stored.guid.as_bytes()).ok().and_then(|guid| guid.try_into().ok());
        let mut state = Self {
            file: Some(file.to_owned()),
            guid: guid.ok_or_else(|| broken("guid"))?,
            pin: stored.pin,
            puk: stored.puk,
            max_tries: stored.max_tries,
            tries: stored.tries,
            puk_tries: stored.puk_tries,
            keys: Vec::new(),
        };
        for key in stored.keys {
            state.keys.push(Key {
                slot: u8::from_str_radix(&key.slot, 16).map_err(|_| broken("slot"))?,
                private: PKey::private_key_from_pem(key.private_key.as_bytes())?,
                certificate: BASE64.decode(key.certificate.as_bytes()).map_err(|_| broken("certificate"))?,
                compressed: key.compressed,
            });
        }
        Ok(state)
    }

    /// Writes the state to its file, if it has one; in one step, so that a killed card never leaves half of it.
    pub fn save(&self) -> io::Result<()> {
        let Some(file) = &self.file else { return Ok(()) };
        let mut keys = Vec::new();
        for key in &self.keys {
            keys.push(StoredKey {
                slot: format!("{:02X}", key.slot),
                private_key: String::from_utf8(key.private.private_key_to_pem_pkcs8()?).expect("PEM is text"),
                certificate: BASE64.encode(&key.certificate),
                compressed: key.compressed,
            });
        }
        let stored = Stored {
            guid: data_encoding::HEXLOWER.encode(&self.guid),
            pin: self.pin.clone(),
            puk: self.puk.clone(),
            max_tries: self.max_tries,
            tries: self.tries,
            puk_tries: self.puk_tries,
            keys,
        };
        let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        // A temporary file is readable by its owner only; it becomes the state with that mode.
        let mut temporary = tempfile::NamedTempFile::new_in(folder)?;
        serde_json::to_writer_pretty(&mut temporary, &stored)?;
        temporary.flush()?;
        temporary.persist(file)?;
        Ok(())
    }
}
