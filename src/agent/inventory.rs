//! What is plugged in, for a person and for programs.

use super::candidate::Label;
use super::wording::day;
use crate::card::{Card, CardState, Service, Snapshot, Tokens};
use crate::clock::UnixTime;
use crate::i18n::{Language, Value, text};
use crate::pki::Certificate;
use crate::text::clean;
use data_encoding::{HEXLOWER, HEXUPPER};
use serde::Serialize;
use std::time::{Duration, Instant};

/// The snapshot once no card is being read any more, or as it is when the time is over.
pub fn settled(tokens: &dyn Tokens, patience: Duration) -> Snapshot {
    let until = Instant::now() + patience;
    let mut snapshot = tokens.snapshot();
    while snapshot.readers.iter().any(|reader| reader.card == CardState::Reading) {
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            break;
        }
        snapshot = tokens.wait(snapshot.generation, left);
    }
    snapshot
}

/// Readers, cards and certificates, as `list --json` prints them.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Inventory {
    /// Whether the smart card service answers.
    pub service: bool,
    /// The readers.
    pub readers: Vec<ListedReader>,
}

/// A reader.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct ListedReader {
    /// Its name.
    pub name: String,
    /// `empty`, `reading`, `mute`, `unknown`, `in-use` or `piv`.
    pub card: &'static str,
    /// The answer to reset of an unknown card, in hexadecimal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub atr: Option<String>,
    /// PIN tries left.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tries: Option<u8>,
    /// The card's certificates.
    pub certificates: Vec<ListedCertificate>,
}

/// A certificate.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct ListedCertificate {
    /// Slot of its key.
    pub slot: String,
    /// Whose it is; `None` when it cannot be read, and so the rest.
    pub owner: Option<String>,
    /// The owner's number.
    pub number: Option<String>,
    /// The owner's organisation.
    pub organisation: Option<String>,
    /// Who issued it.
    pub issuer: Option<String>,
    /// First second of its validity, RFC 3339.
    pub from: Option<String>,
    /// Last second of its validity, RFC 3339.
    pub until: Option<String>,
    /// SHA-256 of the certificate, in hexadecimal.
    pub fingerprint: Option<String>,
}

impl Inventory {
    /// What a snapshot holds.
    pub fn of(snapshot: &Snapshot) -> Self {
        let readers = snapshot.readers.iter().map(|reader| {
            let (tries, certificates) = match &reader.card {
                CardState::Piv(card) => (card.tries, certificates(card)),
                _ => (None, Vec::new()),
            };
            let atr = match &reader.card {
                CardState::Unknown { atr } => Some(HEXUPPER.encode(atr)),
                _ => None,
            };
            ListedReader { name: clean(&reader.name, 120), card: word(&reader.card), atr, tries, certificates }
        });
        Self { service: snapshot.service == Service::Running, readers: readers.collect() }
    }
}

const fn word(card: &CardState) -> &'static str {
    match card {
        CardState::Empty => "empty",
        CardState::Reading => "reading",
        CardState::Mute => "mute",
        CardState::Unknown { .. } => "unknown",
        CardState::InUse => "in-use",
        CardState::Piv(_) => "piv",
    }
}

fn certificates(card: &Card) -> Vec<ListedCertificate> {
    let listed = card.keys.iter().map(|key| {
        let certificate = Certificate::from_der(&key.certificate).ok();
        let label = certificate.as_ref().map(Label::of);
        let label = label.as_ref();
        ListedCertificate {
            slot: key.slot.to_string(),
            owner: label.map(|label| label.owner.clone()),
            number: label.and_then(|label| label.number.clone()),
            organisation: label.and_then(|label| label.organisation.clone()),
            issuer: label.map(|label| label.issuer.clone()),
            from: label.map(|label| label.from.to_string()),
            until: label.map(|label| label.until.to_string()),
            fingerprint: certificate.map(|certificate| HEXLOWER.encode(&certificate.fingerprint())),
        }
    });
    listed.collect()
}

/// The same for a person, one line each.
pub fn describe(snapshot: &Snapshot, language: Language, now: UnixTime) -> Vec<String> {
    let say = |key: &str, arguments: &[(&str, Value<'_>)]| text(language, key, arguments);
    if snapshot.service == Service::Stopped {
        return vec![say("agent-doctor-service-stopped", &[]), say("agent-doctor-service-stopped-next", &[])];
    }
    if snapshot.readers.is_empty() {
        return vec![say("agent-doctor-no-reader", &[]), say("agent-doctor-no-reader-next", &[])];
    }
    let mut lines = Vec::new();
    for reader in &snapshot.readers {
        let name = clean(&reader.name, 120);
        let of_reader = [("reader", Value::Text(&name))];
        match &reader.card {
            CardState::Empty => lines.push(say("agent-doctor-card-absent", &of_reader)),
            CardState::Reading => lines.push(say("agent-doctor-card-reading", &of_reader)),
            CardState::Mute => lines.push(say("agent-doctor-card-mute", &of_reader)),
            CardState::InUse => lines.push(say("agent-doctor-card-in-use", &of_reader)),
            CardState::Unknown { atr } => {
                let atr = HEXUPPER.encode(atr);
                let arguments = [("reader", Value::Text(&name)), ("atr", Value::Text(&atr))];
                lines.push(say("agent-doctor-card-unknown", &arguments));
            }
            CardState::Piv(card) => {
                let tries = card.tries.map(|tries| say("tries-left", &[("count", Value::Number(i64::from(tries)))]));
                let tries = tries.map(|tries| format!(" (PIN: {tries})")).unwrap_or_default();
                lines.push(format!("{name}{tries}"));
                if card.keys.is_empty() {
                    lines.push(format!("  {}", say("agent-doctor-card-empty", &of_reader)));
                }
                for key in &card.keys {
                    describe_certificate(&key.certificate, &key.slot.to_string(), language, now, &mut lines);
                }
            }
        }
    }
    lines
}

fn describe_certificate(der: &[u8], slot: &str, language: Language, now: UnixTime, lines: &mut Vec<String>) {
    let say = |key: &str, arguments: &[(&str, Value<'_>)]| text(language, key, arguments);
    let Ok(certificate) = Certificate::from_der(der) else {
        lines.push(format!("  {slot}  {}", say("agent-unfit-unreadable", &[])));
        return;
    };
    let label = Label::of(&certificate);
    let number = label.number.map(|number| format!(", {number}")).unwrap_or_default();
    lines.push(format!("  {slot}  {}{number}", label.owner));
    if let Some(organisation) = &label.organisation {
        lines.push(format!("      {}", say("agent-organisation", &[("organisation", Value::Text(organisation))])));
    }
    let (from, until) = (day(label.from), day(label.until));
    let validity =
        [("issuer", Value::Text(&label.issuer)), ("from", Value::Text(&from)), ("until", Value::Text(&until))];
    lines.push(format!("      {}", say("agent-issued", &validity)));
    if now > label.until {
        lines.push(format!("      {}", say("agent-unfit-expired", &[("until", Value::Text(&until))])));
    }
}
