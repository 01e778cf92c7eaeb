//! Provisional: the types of the hub, without the hardware.

use crate::pki::{KeyKind, SignatureScheme};
use crate::secret::Pin;
use std::time::Duration;

/// A card's identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CardId(pub [u8; 16]);

/// Deadlines.
#[derive(Clone, Copy, Debug, Default)]
pub struct Deadlines;

/// The tokens of this computer.
#[derive(Debug)]
pub struct PcscTokens;

#[expect(missing_docs, reason = "placeholder")]
impl PcscTokens {
    pub fn start(_rng: std::sync::Arc<dyn crate::rng::Rng>, _deadlines: Deadlines) -> Self {
        Self
    }
}

impl Tokens for PcscTokens {
    fn snapshot(&self) -> Snapshot {
        Snapshot { generation: 0, service: Service::Stopped, readers: Vec::new() }
    }
    fn wait(&self, _seen: u64, timeout: Duration) -> Snapshot {
        std::thread::sleep(timeout);
        self.snapshot()
    }
    fn tries(&self, _key: &KeyReference) -> Result<Option<u8>, Error> {
        Err(Error::ServiceStopped)
    }
    fn sign(
        &self,
        _key: &KeyReference,
        _pin: &Pin,
        _kind: KeyKind,
        _scheme: SignatureScheme,
        _message: &[u8],
    ) -> Result<Vec<u8>, Error> {
        Err(Error::ServiceStopped)
    }
}

/// Why a card did not serve.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "placeholder")]
pub enum Error {
    #[error("another card sits in the reader")]
    CardChanged,
    #[error("the card was removed")]
    CardRemoved,
    #[error("wrong PIN")]
    WrongPin { tries_left: Option<u8> },
    #[error("the PIN is blocked")]
    PinBlocked,
    #[error("the PIN has a wrong format")]
    PinFormat,
    #[error("the card service is stopped")]
    ServiceStopped,
    #[error("the card does not answer")]
    Timeout,
    #[error("the card is in use")]
    CardInUse,
}

impl Error {
    /// The stable word.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::CardChanged => "card_changed",
            Self::CardRemoved => "card_removed",
            Self::WrongPin { .. } => "pin_wrong",
            Self::PinBlocked => "pin_blocked",
            Self::PinFormat => "pin_format",
            Self::ServiceStopped => "card_service_stopped",
            Self::Timeout => "card_timeout",
            Self::CardInUse => "card_in_use",
        }
    }
}

/// A PIV key slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Slot(u8);

#[expect(missing_docs, reason = "placeholder")]
impl Slot {
    pub const AUTHENTICATION: Self = Self(0x9a);
    pub const SIGNATURE: Self = Self(0x9c);
    pub const KEY_MANAGEMENT: Self = Self(0x9d);
}

impl std::fmt::Display for Slot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:02X}", self.0)
    }
}

/// Whether the card service runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "placeholder")]
pub enum Service {
    Running,
    Stopped,
}

/// What a reader holds.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "placeholder")]
pub enum CardState {
    Empty,
    Reading,
    Mute,
    Unknown { atr: Vec<u8> },
    InUse,
    Piv(Card),
}

/// A PIV card.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "placeholder")]
pub struct Card {
    pub id: CardId,
    pub keys: Vec<CardKey>,
    pub tries: Option<u8>,
}

/// A key with its certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "placeholder")]
pub struct CardKey {
    pub reference: KeyReference,
    pub slot: Slot,
    pub certificate: Vec<u8>,
}

/// Which key of which card in which reader.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "placeholder")]
pub struct KeyReference {
    pub reader: String,
    pub card: CardId,
    pub slot: Slot,
}

/// A reader.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "placeholder")]
pub struct Reader {
    pub name: String,
    pub card: CardState,
}

/// Everything that is plugged in.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "placeholder")]
pub struct Snapshot {
    pub generation: u64,
    pub service: Service,
    pub readers: Vec<Reader>,
}

/// The hub.
#[expect(missing_docs, reason = "placeholder")]
pub trait Tokens: Send + Sync {
    fn snapshot(&self) -> Snapshot;
    fn wait(&self, seen: u64, timeout: Duration) -> Snapshot;
    fn tries(&self, key: &KeyReference) -> Result<Option<u8>, Error>;
    fn sign(
        &self,
        key: &KeyReference,
        pin: &Pin,
        kind: KeyKind,
        scheme: SignatureScheme,
        message: &[u8],
    ) -> Result<Vec<u8>, Error>;
}
