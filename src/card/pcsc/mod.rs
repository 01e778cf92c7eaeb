//! Readers and cards through PC/SC: the edge.
//!
//! A card can stay silent for ever and then blocks not only the call that asked it but every later connection to its
//! reader, so no call to the service is made on a thread that anybody waits for without a deadline: one thread
//! (`monitor`) watches what comes and goes, and each reader has one of its own (`worker`) for everything that touches a
//! card. A worker that hangs is left to hang; its reader shows as mute, all others go on.

mod monitor;
mod worker;

use super::error::Error;
use super::padding::signature_input;
use super::piv::check_pin;
use super::tokens::{Board, CardState, KeyReference, Service, Snapshot, Tokens};
use crate::pki::{KeyKind, SignatureScheme};
use crate::rng::Rng;
use crate::secret::Pin;
use std::collections::HashMap;
use std::ffi::CString;
use std::sync::mpsc::{RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;
use worker::{Job, Phase, Ticket, Worker};

/// How long a card may take before it counts as silent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadlines {
    /// Reading all certificates.
    pub read: Duration,
    /// Asking for the PIN tries.
    pub tries: Duration,
    /// PIN and signature. RSA-4096 takes seconds, and some cards wait for a touch.
    pub sign: Duration,
}

impl Default for Deadlines {
    fn default() -> Self {
        Self { read: Duration::from_secs(10), tries: Duration::from_secs(5), sign: Duration::from_secs(30) }
    }
}

/// How long [`PcscTokens::start`] waits for the first look at the readers.
const FIRST_LOOK: Duration = Duration::from_secs(2);

/// The tokens of this computer.
pub struct PcscTokens {
    shared: Arc<Shared>,
    rng: Arc<dyn Rng>,
}

impl std::fmt::Debug for PcscTokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PcscTokens").field("snapshot", &self.snapshot()).finish_non_exhaustive()
    }
}

impl PcscTokens {
    /// Begins to watch the readers. Returns when they were listed once or two seconds have passed; cards may still be
    /// [`CardState::Reading`] then. The service need not be there: it is noticed when it comes. `rng` gives the salt of
    /// RSASSA-PSS.
    pub fn start(rng: Arc<dyn Rng>, deadlines: Deadlines) -> Self {
        let shared = Arc::new(Shared {
            board: Board::default(),
            seats: Mutex::default(),
            looked: Mutex::new(false),
            stopping: Mutex::new(false),
            woken: Condvar::new(),
            context: Mutex::default(),
            deadlines,
        });
        let monitored = Arc::clone(&shared);
        let spawned = std::thread::Builder::new().name("card-monitor".into()).spawn(move || monitor::run(&monitored));
        match spawned {
            Ok(_) => shared.wait_until_looked(FIRST_LOOK),
            Err(error) => tracing::error!(%error, "readers cannot be watched"),
        }
        Self { shared, rng }
    }

    /// Has the key's worker do a job, and waits for it no longer than the deadline.
    fn ask<T>(
        &self,
        key: &KeyReference,
        deadline: Duration,
        job: impl FnOnce(Ticket, SyncSender<Result<T, Error>>) -> Job,
    ) -> Result<T, Error> {
        let (answer, answered) = sync_channel(1);
        let ticket = Ticket::default();
        let (phase, insertion) = {
            let mut seats = self.shared.seats();
            self.shared.check(&seats, key)?;
            let seat = seats.get_mut(&key.reader).ok_or(Error::ReaderRemoved)?;
            seat.submit(&self.shared, &key.reader, job(ticket.clone(), answer));
            (seat.worker.phase(), seat.insertion)
        };
        match answered.recv_timeout(deadline) {
            Ok(result) => result,
            // The worker went with its reader.
            Err(RecvTimeoutError::Disconnected) => Err(Error::ReaderRemoved),
            Err(RecvTimeoutError::Timeout) => {
                ticket.abandon();
                // The answer may have come in just now; a PIN that was counted must not be reported as a silence.
                if let Ok(result) = answered.try_recv() {
                    return result;
                }
                match phase.get() {
                    Phase::Connecting => Err(Error::CardInUse),
                    Phase::Idle | Phase::Talking => {
                        self.shared.post(&key.reader, insertion, CardState::Mute);
                        Err(Error::Timeout)
                    }
                }
            }
        }
    }
}

impl Tokens for PcscTokens {
    fn snapshot(&self) -> Snapshot {
        self.shared.board.snapshot()
    }

    fn wait(&self, seen: u64, timeout: Duration) -> Snapshot {
        self.shared.board.wait(seen, timeout)
    }

    fn tries(&self, key: &KeyReference) -> Result<Option<u8>, Error> {
        let card = key.card;
        self.ask(key, self.shared.deadlines.tries, |ticket, answer| Job::Tries { card, ticket, answer })
    }

    fn sign(
        &self,
        key: &KeyReference,
        pin: &Pin,
        kind: KeyKind,
        scheme: SignatureScheme,
        message: &[u8],
    ) -> Result<Vec<u8>, Error> {
        // Whatever can be refused without the card is refused before a PIN goes anywhere.
        check_pin(pin)?;
        let input = signature_input(kind, scheme, message, &*self.rng)?;
        let pin = Pin::copy_from(pin.expose()).ok_or(Error::PinFormat)?;
        let (card, slot) = (key.card, key.slot);
        self.ask(key, self.shared.deadlines.sign, |ticket, answer| Job::Sign {
            card,
            slot,
            pin,
            kind,
            input,
            ticket,
            answer,
        })
    }
}

impl Drop for PcscTokens {
    fn drop(&mut self) {
        *lock(&self.shared.stopping) = true;
        self.shared.woken.notify_all();
        if let Some(context) = &*lock(&self.shared.context) {
            // Too early or too late a cancel is lost; the monitor looks up by itself within two seconds.
            let _ = context.cancel();
        }
    }
}

/// What monitor, workers and callers share. Workers hold it weakly: it holds what keeps them alive.
struct Shared {
    board: Board,
    /// By the reader's name. Taken before the board's own lock, never after.
    seats: Mutex<HashMap<String, Seat>>,
    looked: Mutex<bool>,
    stopping: Mutex<bool>,
    woken: Condvar,
    context: Mutex<Option<pcsc::Context>>,
    deadlines: Deadlines,
}

/// A reader as long as it is plugged in.
struct Seat {
    /// The name as the service knows it.
    name: CString,
    /// Counts cards put in; an answer that belongs to an earlier one is thrown away.
    insertion: u64,
    worker: Worker,
}

impl Seat {
    fn submit(&mut self, shared: &Arc<Shared>, reader: &str, job: Job) {
        if let Err(job) = self.worker.submit(job) {
            // The thread died of a panic below us. What it held is gone; the reader gets another one.
            self.worker = Worker::spawn(reader.to_owned(), self.name.clone(), Arc::downgrade(shared));
            // Failing again drops the job, and who waits for it learns that.
            let _ = self.worker.submit(job);
        }
    }
}

impl Shared {
    fn seats(&self) -> MutexGuard<'_, HashMap<String, Seat>> {
        lock(&self.seats)
    }

    /// Shows a card's state, unless another card has come since.
    fn post(&self, reader: &str, insertion: u64, state: CardState) {
        let seats = self.seats();
        if seats.get(reader).is_some_and(|seat| seat.insertion == insertion) {
            self.board.update(|_, readers| {
                if let Some(shown) = readers.iter_mut().find(|shown| shown.name == reader) {
                    shown.card = state;
                }
            });
        }
    }

    /// Notes how many tries a card has left.
    fn post_tries(&self, reader: &str, insertion: u64, tries: Option<u8>) {
        let seats = self.seats();
        if seats.get(reader).is_some_and(|seat| seat.insertion == insertion) {
            self.board.update(|_, readers| {
                let shown = readers.iter_mut().find(|shown| shown.name == reader);
                if let Some(CardState::Piv(card)) = shown.map(|shown| &mut shown.card) {
                    card.tries = tries;
                }
            });
        }
    }

    /// Refuses what is known to be hopeless without waiting for a deadline.
    fn check(&self, seats: &HashMap<String, Seat>, key: &KeyReference) -> Result<(), Error> {
        let snapshot = self.board.snapshot();
        if snapshot.service == Service::Stopped {
            return Err(Error::ServiceStopped);
        }
        let shown = snapshot.readers.iter().find(|shown| shown.name == key.reader).ok_or(Error::ReaderRemoved)?;
        match &shown.card {
            CardState::Empty => Err(Error::CardRemoved),
            CardState::Unknown { .. } => Err(Error::CardChanged),
            CardState::Piv(card) if card.id != key.card => Err(Error::CardChanged),
            CardState::Mute if seats.get(&key.reader).is_some_and(|seat| !seat.worker.is_idle()) => Err(Error::Timeout),
            CardState::Piv(_) | CardState::Mute | CardState::InUse | CardState::Reading => Ok(()),
        }
    }

    fn wait_until_looked(&self, timeout: Duration) {
        let looked = lock(&self.looked);
        // Whether it was the look or the timeout that ended it, the snapshot tells.
        drop(self.woken.wait_timeout_while(looked, timeout, |looked| !*looked));
    }

    fn note_look(&self) {
        *lock(&self.looked) = true;
        self.woken.notify_all();
    }

    fn is_stopping(&self) -> bool {
        *lock(&self.stopping)
    }

    /// Waits, unless the end comes first.
    fn pause(&self, duration: Duration) {
        let stopping = lock(&self.stopping);
        drop(self.woken.wait_timeout_while(stopping, duration, |stopping| !*stopping));
    }
}

/// No lock here guards anything that a panic could leave half done.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What a worker holds of the rest.
type WeakShared = Weak<Shared>;
