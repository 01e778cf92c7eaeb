//! Which of the certificates in the readers can serve a login, and why the others cannot.

use crate::authn::{Algorithm, LoginRequest};
use crate::card::{CardState, KeyReference, Snapshot};
use crate::clock::UnixTime;
use crate::pki::{Certificate, KeyUsage, Name, Oid};
use crate::text::clean;
use data_encoding::BASE64;
use std::collections::HashMap;

/// The most certificates that are looked at; a card holds 24 at most, and nobody has ten cards.
const MAX_CANDIDATES: usize = 240;
/// The most characters of a name that are shown.
const MAX_NAME: usize = 100;

/// Why a certificate cannot serve this login.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unfit {
    /// It cannot be read.
    Unreadable,
    /// The gateway does not take this issuer's certificates.
    Issuer,
    /// It is not valid yet.
    NotYetValid {
        /// From when it is.
        from: UnixTime,
    },
    /// It is not valid any more.
    Expired {
        /// Until when it was.
        until: UnixTime,
    },
    /// It is not meant for signing in: no digitalSignature (RFC 5280 section 4.2.1.3).
    KeyUsage,
    /// It is not meant for signing in: extended key usages without clientAuth (RFC 5280 section 4.2.1.12).
    ExtendedKeyUsage,
    /// The gateway takes no algorithm of its key.
    Algorithm,
    /// The card takes no PIN any more.
    PinBlocked,
    /// The gateway refused it in this login.
    Refused {
        /// The gateway's code.
        code: String,
    },
}

impl Unfit {
    /// The stable word, and the end of the key of its text.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unreadable => "unreadable",
            Self::Issuer => "issuer",
            Self::NotYetValid { .. } => "not-yet-valid",
            Self::Expired { .. } => "expired",
            Self::KeyUsage => "key-usage",
            Self::ExtendedKeyUsage => "extended-key-usage",
            Self::Algorithm => "algorithm",
            Self::PinBlocked => "pin-blocked",
            Self::Refused { .. } => "refused",
        }
    }

    /// All words.
    pub const CODES: &[&str] = &[
        "unreadable",
        "issuer",
        "not-yet-valid",
        "expired",
        "key-usage",
        "extended-key-usage",
        "algorithm",
        "pin-blocked",
        "refused",
    ];
}

/// A certificate as a person knows it; everything cleaned for showing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// Whose it is.
    pub owner: String,
    /// The owner's personal number, if the certificate has one in the subject.
    pub number: Option<String>,
    /// For which organisation.
    pub organisation: Option<String>,
    /// Who issued it.
    pub issuer: String,
    /// First second of its validity.
    pub from: UnixTime,
    /// Last second of its validity.
    pub until: UnixTime,
}

impl Label {
    /// What a certificate says.
    pub fn of(certificate: &Certificate) -> Self {
        let subject = certificate.subject();
        // A common name that holds surname and given names is the person's, in the order its authority writes names and
        // the gateway shows them; another one is a company's or a card's.
        let parts: Vec<String> =
            [attribute(subject, SURNAME), attribute(subject, GIVEN_NAME)].into_iter().flatten().collect();
        let common = attribute(subject, COMMON_NAME);
        let owner = match common {
            Some(common) if parts.len() < 2 || parts.iter().all(|part| common.contains(part.as_str())) => Some(common),
            _ if parts.is_empty() => None,
            _ => Some(parts.join(" ")),
        };
        let issuer = certificate.issuer();
        Self {
            owner: owner.unwrap_or_else(|| "?".to_owned()),
            number: attribute(subject, SERIAL_NUMBER),
            organisation: attribute(subject, ORGANISATION),
            issuer: attribute(issuer, COMMON_NAME)
                .or_else(|| attribute(issuer, ORGANISATION))
                .unwrap_or_else(|| "?".to_owned()),
            from: certificate.not_before(),
            until: certificate.not_after(),
        }
    }
}

const COMMON_NAME: &str = "2.5.4.3";
const SURNAME: &str = "2.5.4.4";
const SERIAL_NUMBER: &str = "2.5.4.5";
const ORGANISATION: &str = "2.5.4.10";
const GIVEN_NAME: &str = "2.5.4.42";
/// id-kp-clientAuth (RFC 5280 section 4.2.1.12).
const CLIENT_AUTH: &str = "1.3.6.1.5.5.7.3.2";

fn attribute(name: &Name, oid: &str) -> Option<String> {
    let oid: Oid = oid.parse().ok()?;
    let value = clean(name.first(&oid)?, MAX_NAME);
    (!value.is_empty()).then_some(value)
}

/// A certificate in a reader.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// Where its key is.
    pub key: KeyReference,
    /// What it says; `None` when it cannot be read.
    pub certificate: Option<Certificate>,
    /// What it says to a person.
    pub label: Option<Label>,
    /// PIN tries left at the last look.
    pub tries: Option<u8>,
    /// What it can sign this login with, or why it cannot serve.
    pub fit: Result<Algorithm, Unfit>,
}

/// All certificates in the readers, those that can serve first; otherwise in the order of readers and slots.
///
/// `refused` holds the certificates (by fingerprint) that the gateway refused in this login, with its code.
pub fn candidates(
    snapshot: &Snapshot,
    request: &LoginRequest,
    refused: &HashMap<[u8; 32], String>,
    now: UnixTime,
) -> Vec<Candidate> {
    let issuers: Vec<Vec<u8>> =
        request.issuers.iter().filter_map(|issuer| BASE64.decode(issuer.subject.as_bytes()).ok()).collect();
    let mut all = Vec::new();
    for reader in &snapshot.readers {
        let CardState::Piv(card) = &reader.card else { continue };
        for key in card.keys.iter().take(MAX_CANDIDATES - all.len().min(MAX_CANDIDATES)) {
            let certificate = Certificate::from_der(&key.certificate).ok();
            let fit = match &certificate {
                None => Err(Unfit::Unreadable),
                Some(certificate) => match refused.get(&certificate.fingerprint()) {
                    Some(code) => Err(Unfit::Refused { code: code.clone() }),
                    None => judge(certificate, &issuers, &request.algorithms, now).and_then(|algorithm| {
                        if card.tries == Some(0) { Err(Unfit::PinBlocked) } else { Ok(algorithm) }
                    }),
                },
            };
            let label = certificate.as_ref().map(Label::of);
            all.push(Candidate { key: key.reference.clone(), certificate, label, tries: card.tries, fit });
        }
    }
    all.sort_by_key(|candidate| candidate.fit.is_err());
    all
}

/// Whether a certificate can serve. A courtesy to the citizen: the gateway judges for itself, and by more.
fn judge(
    certificate: &Certificate,
    issuers: &[Vec<u8>],
    algorithms: &[Algorithm],
    now: UnixTime,
) -> Result<Algorithm, Unfit> {
    if !issuers.iter().any(|issuer| issuer == certificate.issuer().der()) {
        return Err(Unfit::Issuer);
    }
    if now < certificate.not_before() {
        return Err(Unfit::NotYetValid { from: certificate.not_before() });
    }
    if now > certificate.not_after() {
        return Err(Unfit::Expired { until: certificate.not_after() });
    }
    if certificate.key_usage().is_some_and(|usage| !usage.has(KeyUsage::DIGITAL_SIGNATURE)) {
        return Err(Unfit::KeyUsage);
    }
    if certificate.extended_key_usages().is_some_and(|usages| !usages.iter().any(|oid| oid.to_string() == CLIENT_AUTH))
    {
        return Err(Unfit::ExtendedKeyUsage);
    }
    let kind = certificate.public_key().kind();
    let accepted = |algorithm: &Algorithm| algorithms.contains(algorithm) && algorithm.fits(kind);
    Algorithm::ALL.into_iter().find(accepted).ok_or(Unfit::Algorithm)
}
