//! Whether the certificates of a path are revoked (RFC 5280 section 6.3), from full CRLs of the CAs themselves.

use super::crl::may_sign_lists;
use super::{Certificate, Crl, CrlNumber, Error, Name, TrustedPath, VerifiedCrl};
use crate::clock::UnixTime;
use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;

/// How far a CA's clock may run ahead of ours.
pub const CLOCK_SKEW: Duration = Duration::from_secs(300);

/// What is at hand to judge status by. Lists that concern nobody in the path do no harm.
#[derive(Clone, Debug, Default)]
pub struct StatusEvidence {
    crls: Vec<VerifiedCrl>,
    /// Lists that were there and did not verify, by whose they are: a better reason than that none was there.
    refused: Vec<(Name, Error)>,
}

impl StatusEvidence {
    /// Nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a list that was verified before.
    pub fn push(&mut self, crl: VerifiedCrl) {
        self.crls.push(crl);
    }

    /// Verifies a list with the issuer in the path whose list it is, and adds it. A list of nobody in the path is left
    /// out; one that does not verify is remembered as the reason why a status is not known.
    pub fn verify(&mut self, path: &TrustedPath, crl: &Crl) {
        let issuers = path.certificates().iter().skip(1).filter(|issuer| issuer.subject() == crl.issuer());
        let mut refusal = None;
        // Two CAs in the path may have one name, as when a root's key was rolled over.
        for issuer in issuers {
            match crl.verify(issuer) {
                Ok(verified) => return self.push(verified),
                Err(error) => refusal = Some(error),
            }
        }
        self.refused.extend(refusal.map(|error| (crl.issuer().clone(), error)));
    }

    /// The lists.
    pub fn crls(&self) -> &[VerifiedCrl] {
        &self.crls
    }

    /// The newest list of the CA that issued a certificate, by the key of that CA.
    pub(super) fn newest_for(&self, certificate: &Certificate, issuer: &Certificate) -> Option<&VerifiedCrl> {
        let key = issuer.public_key().spki_hash();
        self.crls
            .iter()
            .filter(|one| one.signer() == key && one.crl().issuer() == certificate.issuer() && may_sign_lists(issuer))
            .max_by(|one, other| {
                let order = |crl: &VerifiedCrl| (crl.crl().this_update(), crl.crl().number().cloned());
                order(one).cmp(&order(other))
            })
    }
}

impl FromIterator<VerifiedCrl> for StatusEvidence {
    fn from_iter<I: IntoIterator<Item = VerifiedCrl>>(crls: I) -> Self {
        Self { crls: crls.into_iter().collect(), refused: Vec::new() }
    }
}

/// For each certificate below the anchor, the list that clears it; `None` where the family does without.
pub(super) fn check<'a>(
    path: &TrustedPath,
    evidence: &'a StatusEvidence,
    now: UnixTime,
) -> Result<Vec<Option<&'a VerifiedCrl>>, Error> {
    let rules = &path.issuer().rules.revocation;
    let certificates = path.certificates();
    let pairs = || certificates.iter().zip(certificates.iter().skip(1)).enumerate();
    // "Revoked" is said first, and even by a list that is past its time: what it knows stays true.
    for (depth, (certificate, issuer)) in pairs() {
        let newest = evidence.newest_for(certificate, issuer);
        if let Some(entry) = newest.and_then(|verified| verified.crl().lookup(certificate.serial())) {
            return Err(Error::Revoked { when: entry.date, reason: entry.reason, depth });
        }
    }
    let mut cleared = Vec::new();
    for (depth, (certificate, issuer)) in pairs() {
        let standing = match evidence.newest_for(certificate, issuer) {
            None => {
                let refused = evidence.refused.iter().find(|(name, _)| name == certificate.issuer());
                let unknown = || Error::StatusUnknown { issuer: certificate.issuer().clone(), depth };
                Err(refused.map_or_else(unknown, |(_, error)| error.clone()))
            }
            Some(verified) => {
                let (from, until) = (verified.crl().this_update(), verified.crl().next_update());
                if from > now.plus(CLOCK_SKEW) {
                    Err(Error::StatusNotYetValid { from, depth })
                } else if now > until.plus(rules.max_staleness.0) {
                    Err(Error::StatusStale { until, depth })
                } else {
                    Ok(verified)
                }
            }
        };
        match standing {
            Ok(verified) => cleared.push(Some(verified)),
            Err(error) if rules.required => return Err(error),
            Err(_) => cleared.push(None),
        }
    }
    Ok(cleared)
}

/// The newest list seen of each CA and key. An older one is never used, whoever serves it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct NewestCrls(BTreeMap<String, Newest>);

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Newest {
    this_update: UnixTime,
    number: Option<CrlNumber>,
}

impl NewestCrls {
    /// Takes note of a list; refuses one that is older than what was seen before.
    pub fn admit(&mut self, verified: &VerifiedCrl) -> Result<(), Error> {
        let (this_update, number) = (verified.crl().this_update(), verified.crl().number());
        let key = Self::key(verified.crl().issuer(), verified.signer());
        if let Some(newest) = self.0.get(&key) {
            let lower = matches!((number, &newest.number), (Some(number), Some(known)) if number < known);
            if lower || this_update < newest.this_update {
                return Err(Error::CrlReplayed { this_update, newest: newest.this_update });
            }
        }
        self.0.insert(key, Newest { this_update, number: number.cloned() });
        Ok(())
    }

    /// The newest thisUpdate of all: when `now` is before it less [`CLOCK_SKEW`], our clock runs back.
    pub fn newest_this_update(&self) -> Option<UnixTime> {
        self.0.values().map(|newest| newest.this_update).max()
    }

    fn key(issuer: &Name, signer: [u8; 32]) -> String {
        // One CA may sign with an old and a new key for a while, each list with its own numbers.
        format!("{}:{}", HEXLOWER.encode(&signer), HEXLOWER.encode(&crate::secret::sha256(issuer.der())))
    }
}
