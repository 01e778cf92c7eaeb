//! The gateway: endpoints, pages and wiring. Built by the same function in `main` and in tests.

mod config;
pub mod http;
mod incident;
mod jobs;
pub mod login;
mod pages;
mod start;
mod trust;

pub use config::{Config, Error as ConfigError, Fetch, Limits, Tls};
pub use incident::Incident;
pub use jobs::spawn_jobs;
pub use start::{Error as StartError, assemble, open_store, serve};
pub use trust::CurrentTrust;

use crate::clock::Clock;
use crate::fetch::{Fetcher, Lists};
use crate::jose::Keys;
use crate::oidc::Provider;
use crate::rng::Rng;
use crate::store::{self, AuditRecord, Cache, Store};
use std::sync::Arc;

/// Everything the gateway is made of. No globals, no hidden environment.
pub struct Gateway {
    /// What the operator says.
    pub config: Config,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub rng: Arc<dyn Rng>,
    /// Durable state.
    pub store: Arc<dyn Store>,
    /// Short-lived state.
    pub cache: Arc<dyn Cache>,
    /// Signing keys.
    pub keys: Keys,
    /// The trust list in force.
    pub trust: CurrentTrust,
    /// Revocation lists.
    pub lists: Lists,
}

impl std::fmt::Debug for Gateway {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Gateway").field("config", &self.config).finish_non_exhaustive()
    }
}

/// What a gateway is built of.
pub struct Parts {
    /// What the operator says; checked.
    pub config: Config,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub rng: Arc<dyn Rng>,
    /// Durable state.
    pub store: Arc<dyn Store>,
    /// Short-lived state.
    pub cache: Arc<dyn Cache>,
    /// The network.
    pub fetcher: Arc<dyn Fetcher>,
    /// Signing keys.
    pub keys: Keys,
    /// The trust list.
    pub trust: CurrentTrust,
}

impl Gateway {
    /// Puts the parts together.
    pub fn new(parts: Parts) -> Arc<Self> {
        let Parts { config, clock, rng, store, cache, fetcher, keys, trust } = parts;
        let lists = Lists::new(Arc::clone(&clock), fetcher);
        Arc::new(Self { config, clock, rng, store, cache, keys, trust, lists })
    }

    /// What the protocol's decisions are made with, now.
    pub fn provider(&self) -> Provider<'_> {
        Provider {
            issuer: &self.config.issuer,
            keys: &self.keys,
            store: &*self.store,
            cache: &*self.cache,
            random: &*self.rng,
            now: self.clock.now(),
        }
    }

    /// A new incident number.
    pub fn incident(&self) -> Incident {
        Incident::random(&*self.rng)
    }

    /// Writes a line of the audit, and the same line into the log.
    pub async fn audit(
        &self,
        incident: &Incident,
        kind: &str,
        document: serde_json::Value,
    ) -> Result<(), store::Error> {
        tracing::info!(%incident, kind, %document, "audit");
        let record = AuditRecord {
            at: self.clock.now(),
            incident: incident.as_str().to_owned(),
            kind: kind.to_owned(),
            document: document.to_string(),
        };
        self.store.append_audit(&record).await
    }
}
