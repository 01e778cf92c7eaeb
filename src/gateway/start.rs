//! From a configuration to a serving gateway.

use super::{Config, ConfigError, CurrentTrust, Gateway, Parts, http, spawn_jobs};
use crate::clock::{Clock, SystemClock};
use crate::fetch::HttpFetcher;
use crate::jose;
use crate::rng::{Rng, SystemRng};
use crate::serve;
use crate::store::{self, MemoryCache, MemoryLimits, SqlStore};
use crate::trust;
use std::future::Future;
use std::os::unix::fs::DirBuilderExt;
use std::path::PathBuf;
use std::sync::Arc;

/// Why the gateway does not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The configuration.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The data folder cannot be made.
    #[error("cannot make the data folder {}: {source}", path.display())]
    Data {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// The database.
    #[error("the store: {0}")]
    Store(#[from] store::Error),
    /// The signing keys.
    #[error("the signing keys: {0}")]
    Keys(#[from] jose::Error),
    /// The trust list.
    #[error("the trust list: {0}")]
    Trust(#[from] trust::Error),
    /// The listener or TLS.
    #[error(transparent)]
    Serve(#[from] serve::Error),
    /// Signals cannot be listened to.
    #[error("cannot listen to signals: {0}")]
    Signals(#[source] std::io::Error),
}

/// Opens the durable store of a configuration; its folder is made, for its owner alone, when it is not there.
pub async fn open_store(config: &Config) -> Result<SqlStore, Error> {
    let folder = || std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&config.data);
    folder().map_err(|source| Error::Data { path: config.data.clone(), source })?;
    Ok(SqlStore::open(&config.data.join("brama.sqlite")).await?)
}

/// Puts a gateway together with the real clock, randomness, network, store and keys.
pub async fn assemble(config: Config) -> Result<Arc<Gateway>, Error> {
    config.check()?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let rng: Arc<dyn Rng> = Arc::new(SystemRng::default());
    let store = Arc::new(open_store(&config).await?);
    let keys = jose::directory::open_or_create(&config.data.join("keys"), &*rng)?;
    let trust = CurrentTrust::load(config.certs.clone(), clock.now())?;
    let fetcher = Arc::new(HttpFetcher::new(config.fetch.private_hosts.clone()));
    let cache = Arc::new(MemoryCache::new(MemoryLimits::default()));
    Ok(Gateway::new(Parts { config, clock, rng, store, cache, fetcher, keys, trust }))
}

/// Serves a gateway until `shutdown` completes.
pub async fn serve(gateway: Arc<Gateway>, shutdown: impl Future<Output = ()>) -> Result<(), Error> {
    let tls = gateway.config.tls.as_ref().map(|tls| serve::tls_config(&tls.certificate, &tls.key)).transpose()?;
    let listener = serve::bind(gateway.config.listen).await?;
    spawn_jobs(&gateway).map_err(Error::Signals)?;
    tracing::info!(issuer = %gateway.config.issuer, listen = %gateway.config.listen, tls = tls.is_some(), "serving");
    serve::run(listener, tls, http::router(gateway), shutdown).await;
    tracing::info!("ended");
    Ok(())
}
