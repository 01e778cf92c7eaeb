//! Revocation lists, fetched and verified once and shared by all logins.

use super::Fetcher;
use crate::clock::{Clock, UnixTime};
use crate::pki::evidence::needs;
use crate::pki::{CLOCK_SKEW, Certificate, Crl, MAX_CRL, Name, NewestCrls, StatusEvidence, TrustedPath, VerifiedCrl};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use url::Url;

/// How long an address that gave nothing useful is left alone.
const QUIET: Duration = Duration::from_secs(30);
/// How old a fetched list becomes before its address is asked for a newer one. A CA revokes long before the nextUpdate
/// of the list before.
const REFRESH: Duration = Duration::from_secs(30 * 60);
/// The most addresses that are remembered.
const MAX_ADDRESSES: usize = 10_000;

/// The lists. One fetch is under way per address, whoever asks.
pub struct Lists {
    clock: Arc<dyn Clock>,
    fetcher: Arc<dyn Fetcher>,
    known: Mutex<Known>,
}

impl std::fmt::Debug for Lists {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Lists").finish_non_exhaustive()
    }
}

#[derive(Default)]
struct Known {
    /// The newest verified list by the CA's name and the key that signed it.
    verified: HashMap<(Name, [u8; 32]), VerifiedCrl>,
    newest: NewestCrls,
    /// The newest thisUpdate that was not in the future when it came: only by such a one can a clock have run back.
    /// One CA whose own clock runs ahead must not stop the citizens of the others.
    latest: Option<UnixTime>,
    addresses: HashMap<String, Arc<Address>>,
    /// Where newer lists come from, and whose.
    sources: HashMap<String, Certificate>,
}

/// What is known of an address; held while it is fetched.
#[derive(Default)]
struct Address(tokio::sync::Mutex<Option<UnixTime>>);

impl Lists {
    /// None yet.
    pub fn new(clock: Arc<dyn Clock>, fetcher: Arc<dyn Fetcher>) -> Self {
        Self { clock, fetcher, known: Mutex::default() }
    }

    /// The newest thisUpdate of any list that was ever verified here and was not in the future then.
    pub fn newest_this_update(&self) -> Option<UnixTime> {
        self.lock().latest
    }

    /// Brings the lists a path needs. What cannot be had is left out: the verdict says so.
    ///
    /// To be called only after the token's own signature was verified, or anybody could make the gateway fetch.
    pub async fn collect(&self, path: &TrustedPath) -> StatusEvidence {
        let mut evidence = StatusEvidence::new();
        for need in needs(path) {
            let Some(issuer) = path.certificates().get(need.subject + 1) else { continue };
            self.take_from_family(path, issuer).await;
            self.look_after(&need.urls, issuer);
            for url in &need.urls {
                if self.current(issuer).is_some() {
                    break;
                }
                self.fetch(url, issuer, QUIET).await;
            }
            // A list past its time is evidence too: what it revokes stays revoked, and the refusal can say "stale".
            if let Some(list) = self.newest(issuer) {
                evidence.push(list);
            }
        }
        evidence
    }

    /// Remembers where newer lists of an issuer come from: while the one at hand stands nobody fetches there.
    fn look_after(&self, urls: &[String], issuer: &Certificate) {
        let Some(first) = urls.first() else { return };
        let mut known = self.lock();
        if known.sources.len() < MAX_ADDRESSES && !known.sources.contains_key(first) {
            known.sources.insert(first.clone(), issuer.clone());
        }
    }

    /// Asks the addresses where lists come from for newer ones, once in half an hour. No login waits for it.
    pub async fn refresh(&self) {
        let sources: Vec<_> =
            self.lock().sources.iter().map(|(address, issuer)| (address.clone(), issuer.clone())).collect();
        for (address, issuer) in sources {
            self.fetch(&address, &issuer, REFRESH).await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        // Every change to the maps is a single insertion, so a panic elsewhere leaves them whole.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn newest(&self, issuer: &Certificate) -> Option<VerifiedCrl> {
        self.lock().verified.get(&key(issuer)).cloned()
    }

    fn current(&self, issuer: &Certificate) -> Option<VerifiedCrl> {
        let now = self.clock.now();
        self.newest(issuer).filter(|list| now <= list.crl().next_update())
    }

    /// Verifies the lists of the family's folder that are newer than what is known.
    async fn take_from_family(&self, path: &TrustedPath, issuer: &Certificate) {
        for crl in &path.issuer().crls {
            let known = self.newest(issuer).map(|list| list.crl().this_update());
            if crl.issuer() == issuer.subject() && known.is_none_or(|known| crl.this_update() > known) {
                self.admit(crl.clone(), issuer, "the family's folder").await;
            }
        }
    }

    /// Fetches a list, unless its address was asked within `quiet`.
    async fn fetch(&self, address: &str, issuer: &Certificate, quiet: Duration) {
        let Ok(url) = Url::parse(address) else { return };
        let Some(place) = self.place(address) else { return };
        let mut tried = place.0.lock().await;
        let now = self.clock.now();
        // Whoever waited for the lock finds what the one before brought.
        if tried.is_some_and(|tried| now.since(tried) < quiet && tried <= now) {
            return;
        }
        *tried = Some(now);
        let bytes = match self.fetcher.get(&url, MAX_CRL).await {
            Ok(bytes) => bytes,
            Err(error) => {
                tracing::warn!(%url, %error, "cannot fetch a revocation list");
                return;
            }
        };
        // A list of a million entries takes a while to read; the other logins go on.
        match tokio::task::spawn_blocking(move || Crl::from_vec(bytes)).await {
            Ok(Ok(crl)) => self.admit(crl, issuer, address).await,
            Ok(Err(error)) => tracing::warn!(%url, %error, "cannot read a revocation list"),
            Err(error) => tracing::error!(%url, %error, "reading a revocation list ended early"),
        }
    }

    fn place(&self, address: &str) -> Option<Arc<Address>> {
        let mut known = self.lock();
        if known.addresses.len() >= MAX_ADDRESSES && !known.addresses.contains_key(address) {
            tracing::warn!(address, "too many addresses of revocation lists; not fetched");
            return None;
        }
        Some(Arc::clone(known.addresses.entry(address.to_owned()).or_default()))
    }

    async fn admit(&self, crl: Crl, issuer: &Certificate, source: &str) {
        let signer = issuer.clone();
        let verified = match tokio::task::spawn_blocking(move || crl.verify(&signer)).await {
            Ok(Ok(verified)) => verified,
            Ok(Err(error)) => {
                tracing::warn!(source, issuer = %issuer.subject(), %error, "a revocation list does not verify");
                return;
            }
            Err(error) => {
                tracing::error!(source, %error, "verifying a revocation list ended early");
                return;
            }
        };
        let now = self.clock.now();
        let mut known = self.lock();
        match known.newest.admit(&verified) {
            Ok(()) => {
                let this_update = verified.crl().this_update();
                if this_update <= now.plus(CLOCK_SKEW) {
                    known.latest = known.latest.max(Some(this_update));
                }
                tracing::info!(source, issuer = %issuer.subject(), entries = verified.crl().len(),
                    next_update = %verified.crl().next_update(), "took a revocation list");
                known.verified.insert(key(issuer), verified);
            }
            Err(error) => tracing::warn!(source, issuer = %issuer.subject(), %error, "an older list is not used"),
        }
    }
}

fn key(issuer: &Certificate) -> (Name, [u8; 32]) {
    (issuer.subject().clone(), issuer.public_key().spki_hash())
}
