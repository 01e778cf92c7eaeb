//! What the agent sees of readers and cards.

use super::error::Error;
use super::piv::{CardId, Slot};
use crate::pki::{KeyKind, SignatureScheme};
use crate::secret::Pin;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Every reader of this computer and what can be done with the cards in them.
pub trait Tokens: Send + Sync {
    /// Every reader, what is in it, its certificates: as known now, without waiting for any card.
    fn snapshot(&self) -> Snapshot;

    /// Blocks until the generation differs from `seen` or the timeout ends; the snapshot as it is then.
    fn wait(&self, seen: u64, timeout: Duration) -> Snapshot;

    /// How many PIN tries the key's card has left, asked now; 0 when blocked, `None` when the card does not tell.
    fn tries(&self, key: &KeyReference) -> Result<Option<u8>, Error>;

    /// One VERIFY and one signature over `message`, which is hashed here; the PIN is sent once at most. RSA: as long as
    /// the modulus; ECDSA: `r || s`. `kind` is the public key's, from the certificate. The caller checks the signature
    /// with the certificate's key before it is used.
    fn sign(
        &self,
        key: &KeyReference,
        pin: &Pin,
        kind: KeyKind,
        scheme: SignatureScheme,
        message: &[u8],
    ) -> Result<Vec<u8>, Error>;
}

/// Readers and cards at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// Differs from that of every other state this source was in.
    pub generation: u64,
    /// Whether there is anything to ask.
    pub service: Service,
    /// In the order the service lists them.
    pub readers: Vec<Reader>,
}

/// The smart card service (pcscd).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    /// It answers.
    Running,
    /// It is not installed, not running, or refuses this user.
    Stopped,
}

/// One slot of one reader.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reader {
    /// The name PC/SC gives it.
    pub name: String,
    /// What is in it.
    pub card: CardState,
}

/// What is in a reader.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CardState {
    /// Nothing.
    Empty,
    /// A card that is being read just now.
    Reading,
    /// A card that does not answer, perhaps put in the wrong way round.
    Mute,
    /// A card without an application Brama knows.
    Unknown {
        /// Its answer to reset.
        atr: Vec<u8>,
    },
    /// A card that another program holds; it is read as soon as that program lets go.
    InUse,
    /// A PIV card.
    Piv(Card),
}

/// A PIV card.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Card {
    /// Which card it is.
    pub id: CardId,
    /// Its keys that have a certificate.
    pub keys: Vec<CardKey>,
    /// PIN tries left when last asked.
    pub tries: Option<u8>,
}

/// A key with its certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CardKey {
    /// How to ask for it.
    pub reference: KeyReference,
    /// Which of the card's keys it is.
    pub slot: Slot,
    /// Its certificate as the card gave it: DER at best, unverified.
    pub certificate: Vec<u8>,
}

/// A key of a card in a reader. It stops being good when that card leaves that reader.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct KeyReference {
    /// The reader's name.
    pub reader: String,
    /// The card in it.
    pub card: CardId,
    /// The key of the card.
    pub slot: Slot,
}

/// Where a source of tokens keeps its snapshot, and whoever waits for another one waits.
#[derive(Debug)]
pub struct Board {
    snapshot: Mutex<Snapshot>,
    changed: Condvar,
}

impl Default for Board {
    /// Generation 0: a stopped service.
    fn default() -> Self {
        let snapshot = Snapshot { generation: 0, service: Service::Stopped, readers: Vec::new() };
        Self { snapshot: Mutex::new(snapshot), changed: Condvar::new() }
    }
}

impl Board {
    /// The snapshot now.
    pub fn snapshot(&self) -> Snapshot {
        self.lock().clone()
    }

    /// As [`Tokens::wait`].
    pub fn wait(&self, seen: u64, timeout: Duration) -> Snapshot {
        let deadline = Instant::now() + timeout;
        let mut snapshot = self.lock();
        while snapshot.generation == seen {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            snapshot = self.changed.wait_timeout(snapshot, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        snapshot.clone()
    }

    /// Changes the snapshot. The generation moves, and waiters wake, only if something is different afterwards.
    pub fn update(&self, change: impl FnOnce(&mut Service, &mut Vec<Reader>)) {
        let mut snapshot = self.lock();
        let (mut service, mut readers) = (snapshot.service, snapshot.readers.clone());
        change(&mut service, &mut readers);
        if (service, &readers) != (snapshot.service, &snapshot.readers) {
            *snapshot = Snapshot { generation: snapshot.generation + 1, service, readers };
            self.changed.notify_all();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Snapshot> {
        // A snapshot is replaced in one step, so that a thread that died holding it left it whole.
        self.snapshot.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    #[test]
    fn waiting_ends_with_a_change_and_only_with_a_change() {
        let board = Arc::new(Board::default());
        board.update(|service, _| *service = Service::Stopped);
        assert_eq!(board.wait(0, Duration::ZERO).generation, 0, "nothing changed");
        let other = Arc::clone(&board);
        let waiter = std::thread::spawn(move || other.wait(0, Duration::from_secs(60)));
        board.update(|service, readers| {
            *service = Service::Running;
            readers.push(Reader { name: "one".into(), card: CardState::Empty });
        });
        let seen = waiter.join().expect("no panic");
        assert_eq!((seen.generation, seen.readers.len()), (1, 1));
        assert_eq!(board.wait(7, Duration::from_secs(60)), seen, "another generation does not wait");
    }
}
