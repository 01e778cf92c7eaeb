//! The thread that sees readers and cards come and go.

use super::worker::{Job, Phase, Worker};
use super::{Seat, Shared};
use crate::card::tokens::{CardState, Reader, Service};
use pcsc::{Context, ReaderState, Scope, State};
use std::collections::HashMap;
use std::ffi::CString;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Between two tries to reach a service that is not there.
const SERVICE_RETRY: Duration = Duration::from_millis(500);
/// The longest wait for an event; the list of readers is read anew at least this often.
const IDLE_TICK: Duration = Duration::from_secs(2);
/// The same while a card is being read or could not be.
const BUSY_TICK: Duration = Duration::from_millis(200);
/// How often a card that fails is read again before it counts as mute for as long as it stays in.
const READ_ATTEMPTS: u32 = 3;

/// Watches until the tokens are dropped.
pub(super) fn run(shared: &Arc<Shared>) {
    while !shared.is_stopping() {
        if let Ok(context) = Context::establish(Scope::User) {
            *super::lock(&shared.context) = Some(context.clone());
            let end = watch(shared, &context);
            *super::lock(&shared.context) = None;
            if let Err(error) = end {
                tracing::warn!(%error, "the smart card service is gone");
            }
        }
        shared.seats().clear();
        shared.board.update(|service, readers| {
            *service = Service::Stopped;
            readers.clear();
        });
        shared.note_look();
        shared.pause(SERVICE_RETRY);
    }
}

/// What is known of the card in one reader.
struct Watched {
    /// The service's count of insertions and removals; `None` while there is no card.
    event_count: Option<u32>,
    attempts: u32,
    asked_at: Instant,
}

/// Watches one life of the service. `Ok` when we are to stop, `Err` when the service went away.
fn watch(shared: &Arc<Shared>, context: &Context) -> Result<(), pcsc::Error> {
    let mut watched: HashMap<String, Watched> = HashMap::new();
    let mut states = vec![ReaderState::new(pcsc::PNP_NOTIFICATION(), State::UNAWARE)];
    while !shared.is_stopping() {
        let names = match context.list_readers_owned() {
            Ok(names) => names,
            Err(pcsc::Error::NoReadersAvailable) => Vec::new(),
            Err(error) => return Err(error),
        };
        if !names.iter().map(CString::as_c_str).eq(states.iter().skip(1).map(ReaderState::name)) {
            // The plug-and-play pseudo-reader stays; of the others a name that was there before keeps what it knows.
            let mut before = states.split_off(1);
            for name in &names {
                let known = before.iter().position(|state| state.name() == name.as_c_str());
                states.push(match known {
                    Some(index) => before.swap_remove(index),
                    None => ReaderState::new(name.as_c_str(), State::UNAWARE),
                });
            }
        }
        adopt(shared, &mut watched, &names);
        // Zero the first time round: what is there must not wait for something to happen.
        let fresh = states.iter().skip(1).any(|state| state.current_state() == State::UNAWARE);
        let tick = match (fresh, is_busy(shared)) {
            (true, _) => Duration::ZERO,
            (false, true) => BUSY_TICK,
            (false, false) => IDLE_TICK,
        };
        match context.get_status_change(tick, &mut states) {
            Ok(()) | Err(pcsc::Error::Timeout | pcsc::Error::UnknownReader | pcsc::Error::Cancelled) => {}
            Err(error) => return Err(error),
        }
        for state in &mut states {
            state.sync_current_state();
        }
        for state in states.iter().skip(1) {
            let reader = state.name().to_string_lossy().into_owned();
            if let Some(watched) = watched.get_mut(&reader) {
                observe(shared, &reader, watched, state);
            }
        }
        shared.note_look();
    }
    Ok(())
}

/// Gives every reader a seat and a place on the board, and takes both from those that are gone.
fn adopt(shared: &Arc<Shared>, watched: &mut HashMap<String, Watched>, names: &[CString]) {
    let readers: Vec<String> = names.iter().map(|name| name.to_string_lossy().into_owned()).collect();
    watched.retain(|reader, _| readers.contains(reader));
    let mut seats = shared.seats();
    seats.retain(|reader, _| readers.contains(reader));
    for (reader, name) in readers.iter().zip(names) {
        watched.entry(reader.clone()).or_insert_with(|| Watched {
            event_count: None,
            attempts: 0,
            asked_at: Instant::now(),
        });
        seats.entry(reader.clone()).or_insert_with(|| Seat {
            name: name.clone(),
            insertion: 0,
            worker: Worker::spawn(reader.clone(), name.clone(), Arc::downgrade(shared)),
        });
    }
    shared.board.update(|service, shown| {
        *service = Service::Running;
        let mut before = std::mem::take(shown);
        for reader in readers {
            let known = before.iter().position(|shown| shown.name == reader);
            shown.push(match known {
                Some(index) => before.swap_remove(index),
                None => Reader { name: reader, card: CardState::Empty },
            });
        }
    });
}

/// Whether any card deserves another look soon.
fn is_busy(shared: &Shared) -> bool {
    let waits = |reader: &Reader| matches!(reader.card, CardState::Reading | CardState::InUse | CardState::Mute);
    shared.board.snapshot().readers.iter().any(waits)
}

/// Compares a reader with what was known of it.
fn observe(shared: &Arc<Shared>, reader: &str, watched: &mut Watched, state: &ReaderState) {
    let flags = state.event_state();
    if flags.intersects(State::UNKNOWN | State::UNAVAILABLE | State::IGNORE) {
        // On its way out; the next list will not have it.
        return;
    }
    if !flags.contains(State::PRESENT) {
        if watched.event_count.take().is_some() {
            insert(shared, reader, CardState::Empty);
        }
        return;
    }
    if flags.contains(State::MUTE) {
        if watched.event_count.replace(state.event_count()) != Some(state.event_count()) {
            watched.attempts = READ_ATTEMPTS;
            insert(shared, reader, CardState::Mute);
        }
        return;
    }
    if watched.event_count != Some(state.event_count()) {
        watched.event_count = Some(state.event_count());
        watched.attempts = 0;
        insert(shared, reader, CardState::Reading);
        ask(shared, reader, watched, state);
        return;
    }
    look_again(shared, reader, watched, state);
}

/// A card that was not read yet: too slow, held by another program, or failed once.
fn look_again(shared: &Arc<Shared>, reader: &str, watched: &mut Watched, state: &ReaderState) {
    let snapshot = shared.board.snapshot();
    let Some(shown) = snapshot.readers.iter().find(|shown| shown.name == reader) else { return };
    let (insertion, phase, idle) = {
        let seats = shared.seats();
        let Some(seat) = seats.get(reader) else { return };
        (seat.insertion, seat.worker.phase().get(), seat.worker.is_idle())
    };
    match shown.card {
        CardState::Reading if idle && watched.attempts >= READ_ATTEMPTS => {
            shared.post(reader, insertion, CardState::Mute);
        }
        CardState::Reading if !idle && watched.asked_at.elapsed() >= shared.deadlines.read => {
            let silent = if phase == Phase::Connecting { CardState::InUse } else { CardState::Mute };
            shared.post(reader, insertion, silent);
        }
        CardState::InUse if idle => ask(shared, reader, watched, state),
        CardState::Reading | CardState::Mute if idle && watched.attempts < READ_ATTEMPTS => {
            ask(shared, reader, watched, state);
        }
        _ => {}
    }
}

/// Another card, or none: what is still on its way from the one before no longer counts.
fn insert(shared: &Shared, reader: &str, card: CardState) {
    let insertion = {
        let mut seats = shared.seats();
        let Some(seat) = seats.get_mut(reader) else { return };
        seat.insertion += 1;
        seat.insertion
    };
    shared.post(reader, insertion, card);
}

/// Has the card read.
fn ask(shared: &Arc<Shared>, reader: &str, watched: &mut Watched, state: &ReaderState) {
    watched.attempts = watched.attempts.saturating_add(1);
    watched.asked_at = Instant::now();
    let mut seats = shared.seats();
    if let Some(seat) = seats.get_mut(reader) {
        let job = Job::Read { insertion: seat.insertion, atr: state.atr().to_vec() };
        seat.submit(shared, reader, job);
    }
}
