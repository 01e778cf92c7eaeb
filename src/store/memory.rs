//! The short-lived store within the process.

use super::{Cache, Entry, Error, Key};
use crate::clock::UnixTime;
use async_trait::async_trait;
use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What an entry costs beside its key and value: the map's and the index's own bytes, rounded up.
const OVERHEAD: usize = 256;

/// How much a [`MemoryCache`] holds.
#[derive(Clone, Copy, Debug)]
pub struct MemoryLimits {
    /// Entries.
    pub entries: usize,
    /// Bytes of keys and values, with an allowance for each entry.
    pub bytes: usize,
}

impl Default for MemoryLimits {
    /// A hundred thousand entries and 256 MiB: more logins at once than one process can sign.
    fn default() -> Self {
        Self { entries: 100_000, bytes: 256 * 1024 * 1024 }
    }
}

/// A [`Cache`] in process.
#[derive(Debug, Default)]
pub struct MemoryCache {
    limits: MemoryLimits,
    held: Mutex<Held>,
}

#[derive(Debug, Default)]
struct Held {
    entries: HashMap<Key, Entry>,
    by_expiry: BTreeSet<(UnixTime, Key)>,
    bytes: usize,
}

fn cost(key: &Key, entry: &Entry) -> usize {
    // The key is held twice, once in the index.
    2 * key.as_str().len() + entry.value.len() + OVERHEAD
}

impl Held {
    fn remove(&mut self, key: &Key) -> Option<Entry> {
        let (key, entry) = self.entries.remove_entry(key)?;
        self.bytes = self.bytes.saturating_sub(cost(&key, &entry));
        self.by_expiry.remove(&(entry.expires, key));
        Some(entry)
    }

    fn insert(&mut self, key: &Key, entry: Entry, limits: MemoryLimits, now: UnixTime) -> Result<(), Error> {
        // Each expired entry is removed once, so that the work is paid for by its own insertion.
        while let Some((expires, oldest)) = self.by_expiry.first() {
            if *expires > now {
                break;
            }
            let oldest = oldest.clone();
            self.remove(&oldest);
        }
        let freed = self.entries.get(key).map_or(0, |old| cost(key, old));
        let entries = self.entries.len() + usize::from(freed == 0);
        let bytes = self.bytes - freed + cost(key, &entry);
        if entries > limits.entries || bytes > limits.bytes {
            return Err(Error::Full { entries: self.entries.len(), bytes: self.bytes });
        }
        self.remove(key);
        self.bytes += cost(key, &entry);
        self.by_expiry.insert((entry.expires, key.clone()));
        self.entries.insert(key.clone(), entry);
        Ok(())
    }
}

impl MemoryCache {
    /// A cache with its own limits.
    pub fn new(limits: MemoryLimits) -> Self {
        Self { limits, held: Mutex::default() }
    }

    /// How many entries it holds, expired ones included.
    pub fn len(&self) -> usize {
        self.held().entries.len()
    }

    /// Whether it holds nothing.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        // No code between the steps of a change can panic, so a poisoned lock still guards a whole state.
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Cache for MemoryCache {
    async fn put_entry(&self, key: &Key, entry: Entry, now: UnixTime) -> Result<(), Error> {
        self.held().insert(key, entry, self.limits, now)
    }

    async fn get_entry(&self, key: &Key) -> Result<Option<Entry>, Error> {
        Ok(self.held().entries.get(key).cloned())
    }

    async fn take_entry(&self, key: &Key) -> Result<Option<Entry>, Error> {
        Ok(self.held().remove(key))
    }

    async fn increment_entry(&self, key: &Key, expires: UnixTime, now: UnixTime) -> Result<u64, Error> {
        let mut held = self.held();
        let (count, expires) = match held.entries.get(key).filter(|entry| now < entry.expires) {
            None => (1, expires),
            Some(entry) => {
                let bytes = entry.value.as_slice().try_into().map_err(|_| Error::Corrupt { kind: "counter" })?;
                (u64::from_be_bytes(bytes).saturating_add(1), entry.expires)
            }
        };
        held.insert(key, Entry { value: count.to_be_bytes().to_vec(), expires }, self.limits, now)?;
        Ok(count)
    }

    async fn delete(&self, key: &Key) -> Result<(), Error> {
        self.held().remove(key);
        Ok(())
    }
}
