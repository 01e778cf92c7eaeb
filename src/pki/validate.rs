//! The verdict.

use super::evidence::Blob;
use super::{Certificate, Error, Evidence, Issuer, StatusEvidence, TrustedPath, VerifiedCrl, profile, revocation};
use crate::clock::UnixTime;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Where the leaf's status came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StatusSource {
    /// A revocation list.
    Crl,
    /// Nowhere: the family does without, and no list stood. The times are in the past, so there is no freshness.
    Unchecked,
}

/// What is known of the leaf's status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeafStatus {
    /// Where it came from.
    pub kind: StatusSource,
    /// When the CA said so.
    pub this_update: UnixTime,
    /// Until when it stands.
    pub next_update: UnixTime,
    /// The earliest nextUpdate of all statuses of the path.
    pub chain_until: UnixTime,
}

/// A leaf whose path and status hold at a time. Only [`validate`] makes it.
#[derive(Clone, Debug)]
pub struct ValidatedCertificate {
    path: TrustedPath,
    status: LeafStatus,
    crls: Vec<VerifiedCrl>,
    time: UnixTime,
}

/// Judges the status of a path. `now` may be later than when the path was found: its dates are checked again.
pub fn validate(path: &TrustedPath, evidence: &StatusEvidence, now: UnixTime) -> Result<ValidatedCertificate, Error> {
    for (depth, certificate) in path.certificates().iter().enumerate().rev() {
        profile::check_dates(certificate, depth, now)?;
    }
    let cleared = revocation::check(path, evidence, now)?;
    const NEVER: UnixTime = UnixTime(0);
    let until = |one: &Option<&VerifiedCrl>| one.map_or(NEVER, |verified| verified.crl().next_update());
    let chain_until = cleared.iter().map(until).min().unwrap_or(NEVER);
    let status = match cleared.first().copied().flatten().map(VerifiedCrl::crl) {
        Some(crl) => LeafStatus {
            kind: StatusSource::Crl,
            this_update: crl.this_update(),
            next_update: crl.next_update(),
            chain_until,
        },
        None => {
            LeafStatus { kind: StatusSource::Unchecked, this_update: NEVER, next_update: NEVER, chain_until: NEVER }
        }
    };
    let crls = cleared.into_iter().flatten().cloned().collect();
    Ok(ValidatedCertificate { path: path.clone(), status, crls, time: now })
}

impl ValidatedCertificate {
    /// The certificate.
    pub fn leaf(&self) -> &Certificate {
        self.path.leaf()
    }

    /// Its path.
    pub fn path(&self) -> &TrustedPath {
        &self.path
    }

    /// The family it is from.
    pub fn issuer(&self) -> &Arc<Issuer> {
        self.path.issuer()
    }

    /// Its status.
    pub fn status(&self) -> LeafStatus {
        self.status
    }

    /// When it was judged.
    pub fn time(&self) -> UnixTime {
        self.time
    }

    /// The lists the verdict used, one for each certificate below the anchor that has one.
    pub fn crls(&self) -> &[VerifiedCrl] {
        &self.crls
    }

    /// Everything the verdict used, copied: lists may be large.
    pub fn evidence(&self) -> Evidence {
        Evidence {
            issuer: self.issuer().id.clone(),
            purpose: self.path.purpose(),
            time: self.time,
            certificates: self.path.certificates().iter().map(|one| Blob(one.der().to_vec())).collect(),
            crls: self.crls.iter().map(|one| Blob(one.crl().der().to_vec())).collect(),
        }
    }
}
