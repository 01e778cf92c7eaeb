//! The PIV application (NIST SP 800-73): what is on the card, its PIN, its signatures.
//!
//! Everything here runs inside one uninterrupted transaction that begins with [`Piv::select`].

use super::apdu::{Command, Response, StatusWord, exchange};
use super::certificate;
use super::error::{Error, Malformed};
use super::padding;
use super::tlv::{Reader, element};
use super::transport::Transport;
use crate::pki::{Curve, KeyKind};
use crate::secret::{Pin, sha256};
use std::fmt;

/// The application's identifier without its version.
const APPLICATION: [u8; 9] = [0xA0, 0x00, 0x00, 0x03, 0x08, 0x00, 0x00, 0x10, 0x00];
const SELECT: u8 = 0xA4;
const GET_DATA: u8 = 0xCB;
const VERIFY: u8 = 0x20;
const GENERAL_AUTHENTICATE: u8 = 0x87;

const DISCOVERY: &[u8] = &[0x7E];
const CARD_HOLDER_UNIQUE_IDENTIFIER: &[u8] = &[0x5F, 0xC1, 0x02];
const KEY_HISTORY: &[u8] = &[0x5F, 0xC1, 0x0C];

/// How many bytes a PIN is padded to.
const PIN_BLOCK: usize = 8;
/// The least digits of a PIN.
const MIN_PIN: usize = 6;

/// A key of the card, by its reference in the commands. The card authentication key 9E is not among them: it signs
/// without a PIN and so proves nobody's presence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Slot(u8);

impl Slot {
    /// 9A, PIV authentication.
    pub const AUTHENTICATION: Self = Self(0x9A);
    /// 9C, digital signature.
    pub const SIGNATURE: Self = Self(0x9C);
    /// 9D, key management.
    pub const KEY_MANAGEMENT: Self = Self(0x9D);
    const FIRST_RETIRED: u8 = 0x82;
    const LAST_RETIRED: u8 = 0x95;

    /// The slot with this key reference.
    pub fn from_reference(reference: u8) -> Option<Self> {
        matches!(reference, 0x9A | 0x9C | 0x9D | Self::FIRST_RETIRED..=Self::LAST_RETIRED).then_some(Self(reference))
    }

    /// The key reference (P2 of GENERAL AUTHENTICATE).
    pub const fn reference(self) -> u8 {
        self.0
    }

    /// The retired key management slots, in order.
    fn retired() -> impl Iterator<Item = Self> {
        (Self::FIRST_RETIRED..=Self::LAST_RETIRED).map(Self)
    }

    /// The tag of the object that holds its certificate.
    const fn object(self) -> [u8; 3] {
        let last = match self.0 {
            0x9A => 0x05,
            0x9C => 0x0A,
            0x9D => 0x0B,
            retired => 0x0D + (retired - Self::FIRST_RETIRED),
        };
        [0x5F, 0xC1, last]
    }
}

impl fmt::Display for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02X}", self.0)
    }
}

/// Which card it is: the GUID of its card holder unique identifier, or where that is missing a hash of its
/// certificates. It says nothing about whose card it is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CardId(pub [u8; 16]);

impl fmt::Display for CardId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&data_encoding::HEXLOWER.encode(&self.0))
    }
}

impl fmt::Debug for CardId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Keys and their certificates, as the card gave them: DER at best, unverified.
pub type Certificates = Vec<(Slot, Vec<u8>)>;

/// What the card says about its PIN.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PinStatus {
    /// It was given and still holds; the tries are not told.
    Verified,
    /// So many tries are left; 0 when blocked.
    Tries(u8),
    /// The card does not tell.
    Unknown,
}

/// The selected application.
pub struct Piv<'t> {
    transport: &'t mut dyn Transport,
    /// P2 of VERIFY: 80 for the application's own PIN, 00 for the global one.
    pin_reference: u8,
}

impl fmt::Debug for Piv<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Piv").field("pin_reference", &self.pin_reference).finish_non_exhaustive()
    }
}

impl<'t> Piv<'t> {
    /// Selects the application and learns which PIN it goes by.
    pub fn select(transport: &'t mut dyn Transport) -> Result<Self, Error> {
        let select = Command::new(SELECT, 0x04, 0x00).with_data(APPLICATION.to_vec()).wanting_data();
        if exchange(transport, &select)?.status != StatusWord::SUCCESS {
            return Err(Error::CardUnknown);
        }
        let mut piv = Self { transport, pin_reference: 0x80 };
        // A discovery object that makes no sense is treated as one that is not there.
        let discovery = piv.object(DISCOVERY).or_else(damaged_as_absent)?;
        piv.pin_reference = discovery.as_deref().and_then(preferred_pin).unwrap_or(0x80);
        Ok(piv)
    }

    /// Which card this is.
    pub fn identity(&mut self) -> Result<CardId, Error> {
        if let Some(guid) = self.guid()? {
            return Ok(guid);
        }
        let certificates = self.certificates()?;
        Ok(identity_by_certificates(&certificates))
    }

    /// Which card this is, and the certificates of all its keys but 9E, raw and unverified. A damaged certificate does
    /// not hide the others.
    pub fn read(&mut self) -> Result<(CardId, Certificates), Error> {
        let guid = self.guid()?;
        let certificates = self.certificates()?;
        Ok((guid.unwrap_or_else(|| identity_by_certificates(&certificates)), certificates))
    }

    /// The certificate of one key.
    pub fn certificate(&mut self, slot: Slot) -> Result<Option<Vec<u8>>, Error> {
        match self.object(&slot.object())? {
            Some(object) => certificate::from_object(&object),
            None => Ok(None),
        }
    }

    /// What the card says about its PIN; changes nothing.
    pub fn pin_status(&mut self) -> Result<PinStatus, Error> {
        let status = self.send(&Command::new(VERIFY, 0x00, self.pin_reference).wanting_data())?.status;
        Ok(match status.0 {
            0x9000 => PinStatus::Verified,
            0x63C0..=0x63CF => PinStatus::Tries(status.second() & 0x0F),
            0x6983 | 0x6984 => PinStatus::Tries(0),
            _ => PinStatus::Unknown,
        })
    }

    /// How many tries the PIN has left. A PIN that is still verified, by whichever program, is forgotten to learn it.
    pub fn tries(&mut self) -> Result<Option<u8>, Error> {
        let mut status = self.pin_status()?;
        if status == PinStatus::Verified {
            // Cards older than SP 800-73-4 refuse this; then the tries stay unknown.
            self.send(&Command::new(VERIFY, 0xFF, self.pin_reference))?;
            status = self.pin_status()?;
        }
        Ok(match status {
            PinStatus::Tries(tries) => Some(tries),
            PinStatus::Verified | PinStatus::Unknown => None,
        })
    }

    /// Gives the PIN, once. One that cannot be a PIN is refused without being sent.
    pub fn verify(&mut self, pin: &Pin) -> Result<(), Error> {
        check_pin(pin)?;
        // Full capacity from the start: the command zeroes this very buffer.
        let mut block = Vec::with_capacity(PIN_BLOCK);
        block.extend_from_slice(pin.expose());
        block.resize(PIN_BLOCK, 0xFF);
        let status = self.send(&Command::new(VERIFY, 0x00, self.pin_reference).with_data(block))?.status;
        match status.0 {
            0x9000 => Ok(()),
            0x63C0 | 0x6983 | 0x6984 => Err(Error::PinBlocked),
            0x63C1..=0x63CF => Err(Error::WrongPin { tries_left: Some(status.second() & 0x0F) }),
            0x6300 => match self.pin_status()? {
                PinStatus::Tries(0) => Err(Error::PinBlocked),
                PinStatus::Tries(tries) => Err(Error::WrongPin { tries_left: Some(tries) }),
                PinStatus::Verified | PinStatus::Unknown => Err(Error::WrongPin { tries_left: None }),
            },
            0x6A80 => Err(Error::PinFormat),
            _ => Err(Error::Refused { instruction: VERIFY, status }),
        }
    }

    /// Applies a key to a block made by [`padding::signature_input`]. RSA: as long as the modulus; ECDSA: `r || s`.
    pub fn sign(&mut self, slot: Slot, kind: KeyKind, input: &[u8]) -> Result<Vec<u8>, Error> {
        let algorithm = match kind {
            KeyKind::Rsa { bits: 2048 } => 0x07,
            KeyKind::Rsa { bits: 3072 } => 0x05,
            KeyKind::Rsa { bits: 4096 } => 0x16,
            KeyKind::Ec(Curve::P256) => 0x11,
            KeyKind::Ec(Curve::P384) => 0x14,
            _ => return Err(Error::KeyUnsupported),
        };
        // An empty 82 asks for the response, 81 carries what it is computed from.
        let template = element(0x7C, &[element(0x82, &[]), element(0x81, input)].concat());
        let command = Command::new(GENERAL_AUTHENTICATE, algorithm, slot.reference()).with_data(template);
        let answer = self.send(&command.wanting_data())?;
        match answer.status.0 {
            0x9000 => {}
            0x6982 => return Err(Error::PinRequired),
            0x6A82 | 0x6A86 | 0x6A88 => return Err(Error::KeyAbsent),
            _ => return Err(Error::Refused { instruction: GENERAL_AUTHENTICATE, status: answer.status }),
        }
        let signature = Reader::new(&answer.data)?.need(0x7C)?.children()?.need(0x82)?.value;
        match kind {
            KeyKind::Ec(curve) => padding::raw_ecdsa(curve, signature),
            _ if signature.len() == input.len() => Ok(signature.to_vec()),
            _ => Err(Error::AnswerMalformed(Malformed::Signature)),
        }
    }

    fn guid(&mut self) -> Result<Option<CardId>, Error> {
        let Some(object) = self.object(CARD_HOLDER_UNIQUE_IDENTIFIER).or_else(damaged_as_absent)? else {
            return Ok(None);
        };
        let guid = Reader::new(&object).and_then(|reader| reader.need(0x53)?.children()?.need(0x34));
        // All zeros is what a card says that was never given one.
        Ok(guid.ok().and_then(|guid| guid.value.try_into().ok()).filter(|guid| *guid != [0; 16]).map(CardId))
    }

    fn certificates(&mut self) -> Result<Certificates, Error> {
        let mut found = Vec::new();
        for slot in [Slot::AUTHENTICATION, Slot::SIGNATURE, Slot::KEY_MANAGEMENT] {
            if let Some(der) = self.certificate(slot).or_else(damaged_as_absent)? {
                found.push((slot, der));
            }
        }
        // The key history says how many retired keys have their certificate on the card. Without one a single question
        // tells whether it is worth asking on: twenty answers of "not found" are half a second on a slow card.
        let history = self.object(KEY_HISTORY).or_else(damaged_as_absent)?;
        let mut expected = history.as_deref().map(retired_certificates);
        for slot in Slot::retired() {
            if expected == Some(0) {
                break;
            }
            match self.certificate(slot).or_else(damaged_as_absent)? {
                Some(der) => {
                    found.push((slot, der));
                    expected = expected.map(|count| count.saturating_sub(1));
                }
                None if expected.is_none() => break,
                None => {}
            }
        }
        Ok(found)
    }

    /// A data object with its outer tag; `None` when the card does not have it or keeps it behind the PIN.
    fn object(&mut self, tag: &[u8]) -> Result<Option<Vec<u8>>, Error> {
        let command = Command::new(GET_DATA, 0x3F, 0xFF).with_data(element(0x5C, tag)).wanting_data();
        let Response { data, status } = self.send(&command)?;
        Ok((status == StatusWord::SUCCESS && !data.is_empty()).then_some(data))
    }

    fn send(&mut self, command: &Command) -> Result<Response, Error> {
        exchange(self.transport, command)
    }
}

/// Refuses what cannot be a PIN of PIV: 6 to 8 digits (SP 800-73 part 2, section 2.4.3).
pub fn check_pin(pin: &Pin) -> Result<(), Error> {
    let fits = (MIN_PIN..=PIN_BLOCK).contains(&pin.len()) && pin.expose().iter().all(u8::is_ascii_digit);
    if fits { Ok(()) } else { Err(Error::PinFormat) }
}

/// One damaged object is no reason to lose the others; a lost card is.
fn damaged_as_absent<T>(error: Error) -> Result<Option<T>, Error> {
    match error {
        Error::AnswerMalformed(_) | Error::AnswerTooLong { .. } => Ok(None),
        other => Err(other),
    }
}

/// P2 of the PIN the discovery object prefers (SP 800-73 part 1, section 3.3.2).
fn preferred_pin(discovery: &[u8]) -> Option<u8> {
    let object = Reader::new(discovery).ok()?.find(0x7E).ok()??;
    let policy = object.children().ok()?.find(0x5F2F).ok()??;
    match policy.value {
        [usage, 0x20, ..] if usage & 0x20 != 0 => Some(0x00),
        _ => Some(0x80),
    }
}

/// keysWithOnCardCerts of a key history object.
fn retired_certificates(history: &[u8]) -> u8 {
    let count =
        || Reader::new(history).ok()?.find(0x53).ok()??.children().ok()?.find(0xC1).ok()??.value.first().copied();
    count().unwrap_or(0)
}

fn identity_by_certificates(certificates: &[(Slot, Vec<u8>)]) -> CardId {
    let mut input = Vec::new();
    for (slot, der) in certificates {
        input.push(slot.reference());
        input.extend_from_slice(&sha256(der));
    }
    let mut identity = [0; 16];
    identity.iter_mut().zip(sha256(&input)).for_each(|(byte, hashed)| *byte = hashed);
    CardId(identity)
}
