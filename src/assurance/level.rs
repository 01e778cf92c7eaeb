//! The rule: the level is the lowest of the caps.

use super::{Facts, Freshness, KeyProtection, OriginBinding, Proofing};
use crate::clock::UnixTime;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// How sure Brama is, from nothing but the person's word up to eIDAS high.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the names are those of Regulation (EU) 910/2014 article 8")]
pub enum Level {
    #[serde(rename = "self")]
    SelfAsserted,
    Low,
    Substantial,
    High,
}

impl Level {
    /// All of them, lowest first.
    pub const ALL: [Self; 4] = [Self::SelfAsserted, Self::Low, Self::Substantial, Self::High];

    /// The word used inside Brama.
    pub const fn name(self) -> &'static str {
        match self {
            Self::SelfAsserted => "self",
            Self::Low => "low",
            Self::Substantial => "substantial",
            Self::High => "high",
        }
    }

    /// The acr value on the wire.
    pub const fn acr(self) -> &'static str {
        match self {
            Self::SelfAsserted => "urn:brama:loa:self",
            Self::Low => "http://eidas.europa.eu/LoA/low",
            Self::Substantial => "http://eidas.europa.eu/LoA/substantial",
            Self::High => "http://eidas.europa.eu/LoA/high",
        }
    }

    /// The level of an acr value; `None` for a value that names none.
    pub fn from_acr(acr: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.acr() == acr)
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Level {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|level| level.name() == name)
            .ok_or_else(|| format!("`{name}` is not a level; there are self, low, substantial and high"))
    }
}

/// A level and which fact decided it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// What was reached.
    pub level: Level,
    /// R at the time of the decision; `None` for logins without a certificate.
    pub freshness: Option<Freshness>,
    /// The fact with the lowest cap, the first of P, K, R, O on a tie: what to improve to reach more.
    pub limited_by: char,
}

/// Applies the rule. `None` refuses: the status evidence is stale.
pub fn decide(facts: &Facts, now: UnixTime) -> Option<Decision> {
    let proofing = match facts.proofing {
        Proofing::SelfAsserted => Level::SelfAsserted,
        Proofing::Register => Level::Low,
        Proofing::InPerson => Level::Substantial,
        Proofing::Qualified => Level::High,
    };
    let key = match facts.key {
        KeyProtection::OneFactor => Level::Low,
        KeyProtection::Software | KeyProtection::Device => Level::Substantial,
        KeyProtection::CertifiedDevice => Level::High,
    };
    let mut caps = vec![('P', proofing), ('K', key)];
    let freshness = facts.status.map(|status| status.freshness(now));
    if let Some(freshness) = freshness {
        caps.push(match freshness {
            Freshness::Stale => return None,
            Freshness::Current => ('R', Level::Substantial),
            Freshness::Recent | Freshness::Live => ('R', Level::High),
        });
    }
    match facts.origin {
        Some(OriginBinding::Unbound) => caps.push(('O', Level::Substantial)),
        Some(OriginBinding::Verified) => caps.push(('O', Level::High)),
        None => {}
    }
    // min_by_key keeps the first of equals.
    let (limited_by, level) = caps.into_iter().min_by_key(|(_, level)| *level)?;
    Some(Decision { level, freshness, limited_by })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assurance::{Method, OrganisationLink, Status, StatusKind};

    fn level(p: u8, k: u8, status: Option<(StatusKind, i64)>, origin: Option<u8>) -> Option<(&'static str, char)> {
        let now = UnixTime(1_800_000_000);
        let facts = Facts {
            proofing: p.try_into().expect("on the scale"),
            key: k.try_into().expect("on the scale"),
            origin: origin.map(|value| value.try_into().expect("on the scale")),
            organisation: OrganisationLink::Absent,
            status: status.map(|(kind, age)| Status {
                kind,
                this_update: UnixTime(now.0 - age),
                next_update: UnixTime(now.0 - age + 7 * 86_400),
                chain_until: UnixTime(now.0 + 365 * 86_400),
            }),
            method: Method::Agent,
            auth_time: now,
            issuer: "test".to_owned(),
            policies: vec![],
            certificate: String::new(),
        };
        decide(&facts, now).map(|decision| (decision.level.name(), decision.limited_by))
    }

    /// The cases of the design's table.
    #[test]
    fn the_table_of_the_design_holds() {
        use StatusKind::{Crl, Ocsp};
        const DAY: i64 = 86_400;
        assert_eq!(level(0, 0, None, None), Some(("self", 'P')), "e-mail and password");
        assert_eq!(level(2, 0, None, None), Some(("low", 'K')), "identifier from an officer");
        assert_eq!(level(2, 1, None, None), Some(("substantial", 'P')), "the same with a one-time code");
        assert_eq!(level(3, 3, Some((Ocsp, 60)), Some(1)), Some(("high", 'P')), "token, fresh OCSP");
        assert_eq!(level(3, 3, Some((Crl, DAY - 1)), Some(1)), Some(("high", 'P')), "token, CRL of today");
        assert_eq!(level(3, 3, Some((Crl, 3 * DAY)), Some(1)), Some(("substantial", 'R')), "CRL three days old");
        assert_eq!(level(3, 3, Some((Crl, 8 * DAY)), Some(1)), None, "CRL past nextUpdate");
        assert_eq!(level(3, 1, Some((Ocsp, 60)), Some(1)), Some(("substantial", 'K')), "key in a file");
        assert_eq!(level(3, 3, Some((Ocsp, 60)), Some(0)), Some(("substantial", 'O')), "vendor's plug-in");
        assert_eq!(level(3, 2, Some((Ocsp, 2 * 3600)), Some(1)), Some(("substantial", 'K')), "uncertified token");
    }
}
