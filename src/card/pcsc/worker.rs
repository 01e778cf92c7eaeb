//! The thread of one reader: whatever touches a card happens here, one job after the other.

use super::WeakShared;
use crate::card::apdu::masked;
use crate::card::error::Error;
use crate::card::piv::{CardId, Piv, Slot};
use crate::card::tokens::{Card, CardKey, CardState, KeyReference};
use crate::card::transport::Transport;
use crate::pki::KeyKind;
use crate::secret::Pin;
use pcsc::{Context, Disposition, Protocols, ReaderState, Scope, ShareMode, State};
use std::ffi::CString;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel};
use std::time::{Duration, Instant};

/// A removal is told by the service up to this long after the command it broke has failed.
const REMOVAL_NOTICE: Duration = Duration::from_secs(1);

/// What a worker is asked.
pub(super) enum Job {
    /// Read the card and show it on the board.
    Read { insertion: u64, atr: Vec<u8> },
    /// PIN tries left.
    Tries { card: CardId, ticket: Ticket, answer: SyncSender<Result<Option<u8>, Error>> },
    /// One VERIFY, one signature.
    Sign {
        card: CardId,
        slot: Slot,
        pin: Pin,
        kind: KeyKind,
        input: Vec<u8>,
        ticket: Ticket,
        answer: SyncSender<Result<Vec<u8>, Error>>,
    },
}

/// Whether anybody still waits for a job. The one who gives up and the worker that is about to send the PIN decide it
/// between them in one atomic step, so that no PIN goes to a card after its owner was told that nothing happened.
#[derive(Clone, Default)]
pub(super) struct Ticket(Arc<AtomicU8>);

impl Ticket {
    const OPEN: u8 = 0;
    const COMMITTED: u8 = 1;
    const ABANDONED: u8 = 2;

    /// Nobody waits any more.
    pub(super) fn abandon(&self) {
        self.0.store(Self::ABANDONED, Ordering::SeqCst);
    }

    /// Takes the right to go on; an error when nobody waits.
    fn commit(&self) -> Result<(), Error> {
        match self.0.compare_exchange(Self::OPEN, Self::COMMITTED, Ordering::SeqCst, Ordering::SeqCst) {
            Ok(_) => Ok(()),
            Err(_) => Err(Error::Timeout),
        }
    }

    fn is_abandoned(&self) -> bool {
        self.0.load(Ordering::SeqCst) == Self::ABANDONED
    }
}

/// What a worker is in the middle of; tells a card in use from a mute one when a deadline passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// Nothing.
    Idle,
    /// Reaching the card: another program may hold it.
    Connecting,
    /// The card is ours and has been asked something.
    Talking,
}

/// The phase, seen from other threads.
#[derive(Clone, Default)]
pub(super) struct SharedPhase(Arc<AtomicU8>);

impl SharedPhase {
    pub(super) fn get(&self) -> Phase {
        match self.0.load(Ordering::SeqCst) {
            0 => Phase::Idle,
            1 => Phase::Connecting,
            _ => Phase::Talking,
        }
    }

    fn set(&self, phase: Phase) {
        let number = match phase {
            Phase::Idle => 0,
            Phase::Connecting => 1,
            Phase::Talking => 2,
        };
        self.0.store(number, Ordering::SeqCst);
    }
}

/// A reader's thread, seen from others. It ends when this is dropped and its last call has returned.
pub(super) struct Worker {
    jobs: Sender<Job>,
    phase: SharedPhase,
    unfinished: Arc<AtomicUsize>,
}

impl Worker {
    pub(super) fn spawn(reader: String, name: CString, shared: WeakShared) -> Self {
        let (jobs, received) = channel();
        let (phase, unfinished) = (SharedPhase::default(), Arc::new(AtomicUsize::new(0)));
        let desk = Desk { reader, name, shared, phase: phase.clone() };
        let counted = Arc::clone(&unfinished);
        let spawned =
            std::thread::Builder::new().name("card-worker".into()).spawn(move || desk.run(&received, &counted));
        if let Err(error) = spawned {
            // Its jobs come back from the closed channel.
            tracing::error!(%error, "a reader cannot be served");
        }
        Self { jobs, phase, unfinished }
    }

    /// Queues a job; gives it back when the thread is dead.
    pub(super) fn submit(&self, job: Job) -> Result<(), Job> {
        self.unfinished.fetch_add(1, Ordering::SeqCst);
        self.jobs.send(job).map_err(|returned| returned.0)
    }

    pub(super) fn phase(&self) -> SharedPhase {
        self.phase.clone()
    }

    pub(super) fn is_idle(&self) -> bool {
        self.unfinished.load(Ordering::SeqCst) == 0
    }
}

/// Counts a job as done even when it ends in a panic, so that the reader does not look busy for ever.
struct Finish<'d> {
    phase: &'d SharedPhase,
    unfinished: &'d AtomicUsize,
}

impl Drop for Finish<'_> {
    fn drop(&mut self) {
        self.phase.set(Phase::Idle);
        self.unfinished.fetch_sub(1, Ordering::SeqCst);
    }
}

/// The thread's own side.
struct Desk {
    reader: String,
    name: CString,
    shared: WeakShared,
    phase: SharedPhase,
}

impl Desk {
    fn run(&self, jobs: &Receiver<Job>, unfinished: &AtomicUsize) {
        while let Ok(job) = jobs.recv() {
            let _finish = Finish { phase: &self.phase, unfinished };
            self.phase.set(Phase::Connecting);
            self.work(job);
        }
    }

    fn work(&self, job: Job) {
        match job {
            Job::Read { insertion, atr } => {
                let state = match self.read() {
                    Ok(card) => CardState::Piv(card),
                    Err(Error::CardUnknown) => CardState::Unknown { atr },
                    Err(Error::CardInUse) => CardState::InUse,
                    Err(error) => {
                        // Gone, or failed once: the monitor sees which, and asks again.
                        tracing::debug!(reader = self.reader, code = error.code(), %error, "a card could not be read");
                        return;
                    }
                };
                if let Some(shared) = self.shared.upgrade() {
                    shared.post(&self.reader, insertion, state);
                }
            }
            Job::Tries { card, ticket, answer } => {
                if ticket.is_abandoned() {
                    return;
                }
                let tries = self.tries(card);
                self.note_tries(&tries);
                // Whoever asked may have gone.
                let _ = answer.send(tries);
            }
            Job::Sign { card, slot, pin, kind, input, ticket, answer } => {
                if ticket.is_abandoned() {
                    return;
                }
                let signature = self.in_transaction(|transport| {
                    let mut piv = Piv::select(transport)?;
                    expect_card(&mut piv, card)?;
                    ticket.commit()?;
                    piv.verify(&pin)?;
                    // Directly behind the PIN: 9C accepts nothing in between.
                    piv.sign(slot, kind, &input)
                });
                drop(pin);
                match &signature {
                    Err(Error::WrongPin { tries_left }) => self.note_tries(&Ok(*tries_left)),
                    Err(Error::PinBlocked) => self.note_tries(&Ok(Some(0))),
                    _ => {}
                }
                let signed = signature.is_ok();
                let _ = answer.send(signature);
                if signed {
                    // A right PIN gives all tries back.
                    self.note_tries(&self.tries(card));
                }
            }
        }
    }

    fn read(&self) -> Result<Card, Error> {
        self.in_transaction(|transport| {
            let mut piv = Piv::select(transport)?;
            let (id, certificates) = piv.read()?;
            let reference = |slot| KeyReference { reader: self.reader.clone(), card: id, slot };
            let keys = certificates
                .into_iter()
                .map(|(slot, certificate)| CardKey { reference: reference(slot), slot, certificate })
                .collect();
            Ok(Card { id, keys, tries: piv.tries()? })
        })
    }

    fn tries(&self, card: CardId) -> Result<Option<u8>, Error> {
        self.in_transaction(|transport| {
            let mut piv = Piv::select(transport)?;
            expect_card(&mut piv, card)?;
            piv.tries()
        })
    }

    fn note_tries(&self, tries: &Result<Option<u8>, Error>) {
        let (Ok(tries), Some(shared)) = (tries, self.shared.upgrade()) else { return };
        let insertion = shared.seats().get(&self.reader).map(|seat| seat.insertion);
        if let Some(insertion) = insertion {
            shared.post_tries(&self.reader, insertion, *tries);
        }
    }

    /// Runs `talk` with the card to itself, and leaves the card reset: a PIN that stayed verified would sign for the
    /// next program that comes.
    fn in_transaction<T>(&self, talk: impl FnOnce(&mut dyn Transport) -> Result<T, Error>) -> Result<T, Error> {
        // A context of its own for each job: one that a dead service left behind stays dead.
        let context = Context::establish(Scope::User).map_err(|_| Error::ServiceStopped)?;
        let before = self.status(&context)?;
        let mut card = context.connect(&self.name, ShareMode::Shared, Protocols::ANY).map_err(translate)?;
        let result = self.hold(&context, &before, &mut card, talk);
        // Whether to reset it was decided at the transaction's end.
        let _ = card.disconnect(Disposition::LeaveCard);
        result
    }

    fn hold<T>(
        &self,
        context: &Context,
        before: &ReaderState,
        card: &mut pcsc::Card,
        talk: impl FnOnce(&mut dyn Transport) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let transaction = match card.transaction2() {
            Ok(transaction) => transaction,
            // Another program reset the card between our connecting and our turn; we are told once.
            Err((card, pcsc::Error::ResetCard)) => {
                card.reconnect(ShareMode::Shared, Protocols::ANY, Disposition::LeaveCard).map_err(translate)?;
                card.transaction().map_err(translate)?
            }
            Err((_, error)) => return Err(translate(error)),
        };
        self.phase.set(Phase::Talking);
        let result = talk(&mut Wire { card: &transaction });
        let lost = match &result {
            Err(Error::Communication { .. } | Error::CardRemoved) => self.lost(context, before),
            _ => None,
        };
        // A card that is gone has nothing to leave, and pcscd 1.9 loses count of insertions when it cannot reset one.
        let disposition = if lost.is_some() { Disposition::LeaveCard } else { Disposition::ResetCard };
        if let Err((transaction, error)) = transaction.end(disposition) {
            tracing::debug!(reader = self.reader, %error, "the card could not be left as it should be");
            drop(transaction);
        }
        match lost {
            Some(lost) => Err(lost),
            None => result,
        }
    }

    /// What the service says of the reader now.
    fn status(&self, context: &Context) -> Result<ReaderState, Error> {
        let mut states = [ReaderState::new(self.name.clone(), State::UNAWARE)];
        context.get_status_change(Duration::ZERO, &mut states).map_err(translate)?;
        let [state] = states;
        if state.event_state().intersects(State::UNKNOWN | State::UNAVAILABLE) {
            return Err(Error::ReaderRemoved);
        }
        Ok(state)
    }

    /// A failed command mostly means that the card, the reader or the service is gone, and the service takes a moment
    /// to say so. `None`: everything is still there.
    fn lost(&self, context: &Context, before: &ReaderState) -> Option<Error> {
        let deadline = Instant::now() + REMOVAL_NOTICE;
        let mut states = [ReaderState::new(self.name.clone(), State::UNAWARE)];
        loop {
            match context.get_status_change(deadline.saturating_duration_since(Instant::now()), &mut states) {
                Ok(()) => {}
                Err(pcsc::Error::Timeout) => return None,
                Err(error) => return Some(translate(error)),
            }
            for state in &mut states {
                let flags = state.event_state();
                if flags.intersects(State::UNKNOWN | State::UNAVAILABLE) {
                    return Some(Error::ReaderRemoved);
                }
                if !flags.contains(State::PRESENT) || state.event_count() != before.event_count() {
                    return Some(Error::CardRemoved);
                }
                state.sync_current_state();
            }
        }
    }
}

/// Refuses another card than the one that was chosen.
fn expect_card(piv: &mut Piv<'_>, card: CardId) -> Result<(), Error> {
    if piv.identity()? == card { Ok(()) } else { Err(Error::CardChanged) }
}

/// A card that is ours for now.
struct Wire<'c> {
    card: &'c pcsc::Card,
}

impl Transport for Wire<'_> {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, Error> {
        let mut buffer = [0; pcsc::MAX_BUFFER_SIZE];
        let answer = self.card.transmit(command, &mut buffer).map_err(translate)?;
        tracing::trace!(command = masked(command), bytes = answer.len(), "card");
        Ok(answer.to_vec())
    }
}

fn translate(error: pcsc::Error) -> Error {
    use pcsc::Error as Pcsc;
    match error {
        // A reset we did not order, inside a transaction, is a card that was taken out and put back.
        Pcsc::NoSmartcard | Pcsc::RemovedCard | Pcsc::ResetCard => Error::CardRemoved,
        Pcsc::UnknownReader | Pcsc::ReaderUnavailable => Error::ReaderRemoved,
        Pcsc::NoService | Pcsc::ServiceStopped | Pcsc::InvalidHandle => Error::ServiceStopped,
        Pcsc::SharingViolation => Error::CardInUse,
        Pcsc::UnresponsiveCard | Pcsc::UnpoweredCard => Error::Timeout,
        other => Error::Communication { code: other as u32 },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_abandoned_ticket_cannot_be_committed() {
        let ticket = Ticket::default();
        assert_eq!(ticket.commit(), Ok(()));
        let ticket = Ticket::default();
        ticket.clone().abandon();
        assert_eq!(ticket.commit(), Err(Error::Timeout));
        assert!(ticket.is_abandoned());
    }
}
