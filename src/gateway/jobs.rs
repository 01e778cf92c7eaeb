//! What the gateway does by itself.

use super::Gateway;
use std::sync::Arc;
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};

/// How often expired rows are taken out of the store.
const SWEEP: Duration = Duration::from_secs(300);
/// How often revocation lists are looked after.
const REFRESH: Duration = Duration::from_secs(60);

/// Starts the jobs: sweeping the store, asking for newer revocation lists, and reading the trust list again on SIGHUP. They end with the runtime.
pub fn spawn_jobs(gateway: &Arc<Gateway>) -> std::io::Result<()> {
    let mut hangups = signal(SignalKind::hangup())?;
    let reloading = Arc::clone(gateway);
    tokio::spawn(async move {
        while hangups.recv().await.is_some() {
            let gateway = Arc::clone(&reloading);
            let _ = tokio::task::spawn_blocking(move || gateway.trust.reload(gateway.clock.now())).await;
        }
    });
    let refreshing = Arc::clone(gateway);
    tokio::spawn(async move {
        let mut ticks = tokio::time::interval(REFRESH);
        loop {
            ticks.tick().await;
            refreshing.lists.refresh().await;
        }
    });
    let sweeping = Arc::clone(gateway);
    tokio::spawn(async move {
        let mut ticks = tokio::time::interval(SWEEP);
        loop {
            ticks.tick().await;
            match sweeping.store.sweep(sweeping.clock.now()).await {
                Ok(swept) => tracing::debug!(?swept, "swept the store"),
                Err(error) => tracing::error!(%error, "cannot sweep the store"),
            }
        }
    });
    Ok(())
}
