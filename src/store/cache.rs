//! The short-lived store: transactions, codes, counters. It may forget; it never judges what happens only once.

use super::Error;
use crate::clock::UnixTime;
use async_trait::async_trait;
use data_encoding::HEXLOWER;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fmt;
use std::time::Duration;

/// The most bytes of one value.
pub const MAX_VALUE: usize = 64 * 1024;
/// The longest time to live; a longer one is cut.
pub const MAX_TTL: Duration = Duration::from_secs(24 * 3600);
/// The most bytes of a key's name; a longer one is hashed.
const MAX_NAME: usize = 64;

/// The name of an entry: a space, which is a constant of the caller, and what it is within it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(String);

impl Key {
    /// A key by the hash of what its holder knows.
    pub fn hash(space: &'static str, hash: &[u8; 32]) -> Self {
        Self(format!("{space}:{}", HEXLOWER.encode(hash)))
    }

    /// A key by a name, which may come from outside: it is never longer than a hash.
    pub fn name(space: &'static str, name: &str) -> Self {
        if name.len() < MAX_NAME {
            // The mark keeps names and hashes apart within one space.
            Self(format!("{space}:={name}"))
        } else {
            Self::hash(space, &crate::secret::sha256(name.as_bytes()))
        }
    }

    /// The text for a backend.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a backend holds under a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The bytes.
    pub value: Vec<u8>,
    /// When it is void.
    pub expires: UnixTime,
}

/// The short-lived state. The `*_entry` methods are the storage; the others are the rules and what callers use.
#[async_trait]
pub trait Cache: Send + Sync {
    /// Keeps an entry in place of any before it; `now` is for making room.
    ///
    /// # Errors
    /// [`Error::Full`] when there is no room; nothing that still lives is thrown out for a newcomer.
    async fn put_entry(&self, key: &Key, entry: Entry, now: UnixTime) -> Result<(), Error>;

    /// An entry, expired or not.
    async fn get_entry(&self, key: &Key) -> Result<Option<Entry>, Error>;

    /// An entry, expired or not, which is gone from then on: of many callers one gets it.
    async fn take_entry(&self, key: &Key) -> Result<Option<Entry>, Error>;

    /// Adds one to a counter, atomically. A counter that is absent or expired at `now` begins at one and lives until
    /// `expires`; one that lives keeps its own expiry.
    async fn increment_entry(&self, key: &Key, expires: UnixTime, now: UnixTime) -> Result<u64, Error>;

    /// Forgets an entry.
    async fn delete(&self, key: &Key) -> Result<(), Error>;

    /// Keeps a value for a time.
    ///
    /// # Errors
    /// [`Error::ValueTooLong`] over [`MAX_VALUE`]; [`Error::Full`].
    async fn put(&self, key: &Key, value: Vec<u8>, ttl: Duration, now: UnixTime) -> Result<(), Error> {
        if value.len() > MAX_VALUE {
            return Err(Error::ValueTooLong { length: value.len() });
        }
        self.put_entry(key, Entry { value, expires: now.plus(ttl.min(MAX_TTL)) }, now).await
    }

    /// A value within its time.
    async fn get(&self, key: &Key, now: UnixTime) -> Result<Option<Vec<u8>>, Error> {
        Ok(self.get_entry(key).await?.filter(|entry| now < entry.expires).map(|entry| entry.value))
    }

    /// A value within its time, which is gone from then on.
    async fn take(&self, key: &Key, now: UnixTime) -> Result<Option<Vec<u8>>, Error> {
        Ok(self.take_entry(key).await?.filter(|entry| now < entry.expires).map(|entry| entry.value))
    }

    /// Counts within a window that begins with the first count; the new count.
    async fn increment(&self, key: &Key, window: Duration, now: UnixTime) -> Result<u64, Error> {
        self.increment_entry(key, now.plus(window.min(MAX_TTL)), now).await
    }
}

/// Values as JSON.
#[async_trait]
pub trait CacheExt: Cache {
    /// [`Cache::put`] of a value's JSON.
    async fn put_json<T: Serialize + Sync>(
        &self,
        key: &Key,
        value: &T,
        ttl: Duration,
        now: UnixTime,
    ) -> Result<(), Error> {
        let bytes = serde_json::to_vec(value).map_err(|_| Error::Corrupt { kind: "cache entry" })?;
        self.put(key, bytes, ttl, now).await
    }

    /// [`Cache::get`] read as JSON.
    async fn get_json<T: DeserializeOwned>(&self, key: &Key, now: UnixTime) -> Result<Option<T>, Error> {
        read_json(self.get(key, now).await?)
    }

    /// [`Cache::take`] read as JSON.
    async fn take_json<T: DeserializeOwned>(&self, key: &Key, now: UnixTime) -> Result<Option<T>, Error> {
        read_json(self.take(key, now).await?)
    }
}

impl<C: Cache + ?Sized> CacheExt for C {}

fn read_json<T: DeserializeOwned>(bytes: Option<Vec<u8>>) -> Result<Option<T>, Error> {
    bytes.map(|bytes| serde_json::from_slice(&bytes).map_err(|_| Error::Corrupt { kind: "cache entry" })).transpose()
}
