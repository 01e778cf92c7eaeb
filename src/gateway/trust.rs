//! The trust list in force. A login keeps the one it began with; a new one takes its place whole or not at all.

use crate::clock::UnixTime;
use crate::pki::TrustList;
use crate::trust;
use data_encoding::HEXLOWER;
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};

/// The list, and the folder it came from.
#[derive(Debug)]
pub struct CurrentTrust {
    folder: Option<PathBuf>,
    list: RwLock<Arc<TrustList>>,
}

impl CurrentTrust {
    /// A list without a folder.
    pub fn fixed(list: TrustList) -> Self {
        Self { folder: None, list: RwLock::new(Arc::new(list)) }
    }

    /// Loads a folder of CA families.
    pub fn load(folder: PathBuf, now: UnixTime) -> Result<Self, trust::Error> {
        let loaded = trust::load(&folder)?;
        report(&loaded, now);
        Ok(Self { folder: Some(folder), list: RwLock::new(Arc::new(loaded.list)) })
    }

    /// The list in force.
    pub fn current(&self) -> Arc<TrustList> {
        Arc::clone(&self.list.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Reads the folder again. A folder that does not load leaves the list as it is, and the log says so.
    pub fn reload(&self, now: UnixTime) {
        let Some(folder) = &self.folder else { return };
        match trust::load(folder) {
            Ok(loaded) => {
                report(&loaded, now);
                *self.list.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(loaded.list);
            }
            Err(error) => tracing::error!(%error, "the trust list does not load; the one before stays in force"),
        }
    }
}

fn report(loaded: &trust::Loaded, now: UnixTime) {
    for warning in &loaded.warnings {
        tracing::warn!(%warning, "trust list");
    }
    let families = loaded.list.issuers();
    tracing::info!(families = families.len(), "trust list loaded");
    for family in families {
        for anchor in &family.anchors {
            let sha256 = HEXLOWER.encode(&anchor.fingerprint());
            tracing::info!(family = family.id, anchor = %anchor.subject(), sha256, until = %anchor.not_after(), "trusted");
        }
        let rules = &family.rules.revocation;
        let named = rules.urls().next().is_some();
        for ca in family.anchors.iter().chain(&family.intermediates) {
            let current = family.crls.iter().any(|list| list.issuer() == ca.subject() && now <= list.next_update());
            if rules.required && !current && !named {
                tracing::warn!(family = family.id, ca = %ca.subject(),
                    "no current revocation list in crls/ and no address in revocation.crls: certificates of this CA \
                     that do not name an address themselves are refused");
            }
        }
    }
}
