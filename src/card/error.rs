//! Why a card could not be read or did not sign.

use super::apdu::StatusWord;

/// Refusals and failures of readers and cards.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The smart card service (pcscd) is not installed or not running.
    #[error("the smart card service is not running")]
    ServiceStopped,
    /// The reader is no longer there.
    #[error("the reader was unplugged")]
    ReaderRemoved,
    /// The card left the reader before the work was done.
    #[error("the card was removed")]
    CardRemoved,
    /// Another card sits where the one that was chosen had been.
    #[error("another card is in the reader now")]
    CardChanged,
    /// Another program holds the card.
    #[error("the card is in use by another program")]
    CardInUse,
    /// Neither answer nor refusal within the deadline, or the card does not power up.
    #[error("the card does not answer")]
    Timeout,
    /// No application on the card that Brama knows.
    #[error("the card has no PIV application")]
    CardUnknown,
    /// The reader could not carry the command, though the card is still there.
    #[error("the reader failed with PC/SC code {code:08X}")]
    Communication {
        /// The code of PC/SC.
        code: u32,
    },
    /// The answer is not in the form the standard gives.
    #[error("the card's answer is malformed: {0:?}")]
    AnswerMalformed(Malformed),
    /// The answer is longer than any honest one.
    #[error("the card's answer is longer than {limit} bytes")]
    AnswerTooLong {
        /// The limit in bytes.
        limit: usize,
    },
    /// The card refused with a status that has no variant of its own.
    #[error("the card refused instruction {instruction:02X} with {status}")]
    Refused {
        /// INS byte of the command.
        instruction: u8,
        /// SW1 SW2.
        status: StatusWord,
    },
    /// The PIN is wrong.
    #[error("the PIN is wrong")]
    WrongPin {
        /// How many tries are left; `None` when the card does not tell.
        tries_left: Option<u8>,
    },
    /// Too many wrong PINs; only the PUK helps.
    #[error("the PIN is blocked")]
    PinBlocked,
    /// Not a PIN of this card: 6 to 8 digits. Nothing was sent, or the card refused it without counting.
    #[error("the PIN does not have 6 to 8 digits")]
    PinFormat,
    /// The card wants a PIN for what was asked (6982).
    #[error("the card asks for the PIN")]
    PinRequired,
    /// There is no such key on the card.
    #[error("the key is not on the card")]
    KeyAbsent,
    /// The key is of a kind that PIV or this scheme does not have.
    #[error("the key cannot make this kind of signature")]
    KeyUnsupported,
}

/// What in an answer is not in its form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Malformed {
    /// Fewer than the two bytes of a status word.
    StatusWord,
    /// The card promises more data and gives none.
    Continuation,
    /// Not BER-TLV, or deeper than the limit.
    Tlv,
    /// A mandatory element is not there.
    ElementMissing,
    /// The certificate's compression is broken.
    Compression,
    /// Not a signature of the key's length.
    Signature,
}

impl Error {
    /// The stable word for logs, metrics and the citizen's message.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::ServiceStopped => "card_service_stopped",
            Self::ReaderRemoved => "card_reader_removed",
            Self::CardRemoved => "card_removed",
            Self::CardChanged => "card_changed",
            Self::CardInUse => "card_in_use",
            Self::Timeout => "card_timeout",
            Self::CardUnknown => "card_unknown",
            Self::Communication { .. } => "card_communication",
            Self::AnswerMalformed(_) => "card_answer_malformed",
            Self::AnswerTooLong { .. } => "card_answer_too_long",
            Self::Refused { .. } => "card_refused",
            Self::WrongPin { .. } => "pin_wrong",
            Self::PinBlocked => "pin_blocked",
            Self::PinFormat => "pin_format",
            Self::PinRequired => "pin_required",
            Self::KeyAbsent => "card_key_absent",
            Self::KeyUnsupported => "card_key_unsupported",
        }
    }

    /// All codes, for the test that wants a message for each.
    pub const CODES: &[&str] = &[
        "card_service_stopped",
        "card_reader_removed",
        "card_removed",
        "card_changed",
        "card_in_use",
        "card_timeout",
        "card_unknown",
        "card_communication",
        "card_answer_malformed",
        "card_answer_too_long",
        "card_refused",
        "pin_wrong",
        "pin_blocked",
        "pin_format",
        "pin_required",
        "card_key_absent",
        "card_key_unsupported",
    ];
}
