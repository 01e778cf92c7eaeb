//! The whole way: library, libpcsclite, pcscd, reader driver, virtual card.
//!
//! libpcsclite takes the place of its service from the environment, which a test cannot set for itself; so each test
//! here runs itself again as a process that has it set.

use crate::pcscd::{CLIENT_VARIABLE, Pcscd, ReaderSpec, socket};
use crate::virtual_card::{Fault, State, VirtualCard};
use crate::{certificate, ec, kind_and_scheme, rsa, verifies};
use brama::card::{
    Card, CardId, CardState, Deadlines, Error, KeyReference, PcscTokens, Service, Slot, Snapshot, Tokens,
};
use brama::pki::{Digest, KeyKind, SignatureScheme};
use brama::rng::SystemRng;
use brama::secret::Pin;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use pcsc::{Context, Disposition, Protocols, Scope, ShareMode};
use std::ffi::CString;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

const FOLDER_VARIABLE: &str = "BRAMA_TEST_FOLDER";
/// A test that takes longer hangs.
const LIMIT: Duration = Duration::from_secs(120);
/// Anything a person waits for.
const SOON: Duration = Duration::from_secs(20);

/// Runs a test's body in a process whose libpcsclite looks for a pcscd in a folder of its own.
pub fn apart(test: &str, body: impl FnOnce(&Path)) {
    if let Some(folder) = std::env::var_os(FOLDER_VARIABLE) {
        return body(Path::new(&folder));
    }
    let folder = tempfile::tempdir().expect("a folder");
    let log = folder.path().join("test.log");
    let output = File::create(&log).expect("a log");
    let mut child = Command::new(std::env::current_exe().expect("this test"))
        .args(["--exact", test, "--nocapture"])
        .env(FOLDER_VARIABLE, folder.path())
        .env(CLIENT_VARIABLE, socket(folder.path()))
        .stdin(Stdio::null())
        .stdout(output.try_clone().expect("a log"))
        .stderr(output)
        .spawn()
        .expect("this test again");
    let end = Instant::now() + LIMIT;
    let status = loop {
        match child.try_wait().expect("our child") {
            Some(status) => break status.success(),
            None if Instant::now() > end => {
                child.kill().expect("our child");
                break false;
            }
            None => std::thread::sleep(Duration::from_millis(20)),
        }
    };
    let log = std::fs::read_to_string(log).unwrap_or_default();
    let daemon = std::fs::read_to_string(folder.path().join("pcscd.log")).unwrap_or_default();
    assert!(status && log.contains("1 passed"), "{log}\npcscd said:\n{daemon}");
}

pub fn pcscd(folder: &Path, readers: usize) -> Pcscd {
    Pcscd::start(folder, &ReaderSpec::numbered(readers)).expect("pcscd starts")
}

fn tokens(deadlines: Deadlines) -> PcscTokens {
    PcscTokens::start(Arc::new(SystemRng::default()), deadlines)
}

fn impatient() -> Deadlines {
    let short = Duration::from_millis(1500);
    Deadlines { read: short, tries: short, sign: short }
}

fn pin(digits: &str) -> Pin {
    Pin::copy_from(digits.as_bytes()).expect("short enough")
}

/// Waits for a snapshot that something can be taken from.
fn until<T>(tokens: &dyn Tokens, what: &str, mut found: impl FnMut(&Snapshot) -> Option<T>) -> T {
    let end = Instant::now() + SOON;
    let mut snapshot = tokens.snapshot();
    loop {
        if let Some(found) = found(&snapshot) {
            return found;
        }
        let left = end.saturating_duration_since(Instant::now());
        assert!(!left.is_zero(), "{what} was not seen: {}", brief(&snapshot));
        snapshot = tokens.wait(snapshot.generation, left);
    }
}

/// A snapshot without its certificates.
fn brief(snapshot: &Snapshot) -> String {
    let state = |card: &CardState| match card {
        CardState::Piv(card) => format!("card {} with {} keys", card.id, card.keys.len()),
        other => format!("{other:?}"),
    };
    let readers: Vec<String> =
        snapshot.readers.iter().map(|reader| format!("{}: {}", reader.name, state(&reader.card))).collect();
    format!("{:?}, {}", snapshot.service, readers.join(", "))
}

fn state_of(snapshot: &Snapshot, reader: &str) -> Option<CardState> {
    snapshot.readers.iter().find(|shown| shown.name == reader).map(|shown| shown.card.clone())
}

fn card_in(tokens: &dyn Tokens, reader: &str) -> Card {
    until(tokens, &format!("a card in {reader}"), |snapshot| match state_of(snapshot, reader) {
        Some(CardState::Piv(card)) => Some(card),
        _ => None,
    })
}

fn until_state(tokens: &dyn Tokens, reader: &str, state: &CardState) {
    until(tokens, &format!("{state:?} in {reader}"), |snapshot| {
        (state_of(snapshot, reader).as_ref() == Some(state)).then_some(())
    });
}

fn sign(tokens: &dyn Tokens, card: &Card, index: usize, digits: &str) -> Result<(), Error> {
    let key = &card.keys[index];
    let (kind, scheme) = kind_and_scheme(&key.certificate);
    let signature = tokens.sign(&key.reference, &pin(digits), kind, scheme, b"message")?;
    assert!(verifies(&key.certificate, scheme, b"message", &signature), "{}", key.slot);
    Ok(())
}

fn p256() -> (PKey<Private>, Vec<u8>) {
    let key = ec(Nid::X9_62_PRIME256V1);
    let certificate = certificate(&key, "P-256");
    (key, certificate)
}

fn simple_card(reader: &crate::pcscd::VirtualReader) -> VirtualCard {
    let (key, certificate) = p256();
    let card = VirtualCard::new(reader.address, State::new().with_key(0x9A, key, certificate));
    card.insert();
    card
}

#[test]
fn cards_in_several_readers_sign_with_every_key() {
    apart("readers::cards_in_several_readers_sign_with_every_key", |folder| {
        let pcscd = pcscd(folder, 2);
        let names: Vec<&str> = pcscd.readers().iter().map(|reader| reader.name.as_str()).collect();
        let (rsa, p256, p384) = (rsa(2048), ec(Nid::X9_62_PRIME256V1), ec(Nid::SECP384R1));
        let certificates = [certificate(&rsa, "RSA"), certificate(&p256, "P-256"), certificate(&p384, "P-384")];
        let first = State::new()
            .with_key(0x9A, rsa, certificates[0].clone())
            .with_compressed_key(0x9C, p256.clone(), certificates[1].clone())
            .with_key(0x9E, p256.clone(), certificates[1].clone());
        let second = State::new().with_key(0x9A, p384, certificates[2].clone()).with_compressed_key(
            0x83,
            p256,
            certificates[1].clone(),
        );
        let ids = [CardId(first.guid), CardId(second.guid)];
        // The second one sits in the second slot of the second driver.
        let first = VirtualCard::new(pcscd.readers()[0].address, first);
        let second = VirtualCard::new(pcscd.readers()[3].address, second);
        first.insert();
        second.insert();
        let tokens = tokens(Deadlines::default());
        let cards = [card_in(&tokens, names[0]), card_in(&tokens, names[3])];
        let snapshot = tokens.snapshot();
        assert_eq!(snapshot.service, Service::Running);
        assert_eq!(snapshot.readers.iter().map(|reader| &reader.name).collect::<Vec<_>>(), names);
        assert_eq!(state_of(&snapshot, names[1]), Some(CardState::Empty));
        assert_eq!([cards[0].id, cards[1].id], ids);
        assert_eq!([cards[0].tries, cards[1].tries], [Some(3), Some(3)]);
        let slots: Vec<Vec<u8>> =
            cards.iter().map(|card| card.keys.iter().map(|key| key.slot.reference()).collect()).collect();
        assert_eq!(slots, [[0x9A, 0x9C], [0x9A, 0x83]]);
        assert_eq!(cards[0].keys[1].certificate, certificates[1], "the gzip'ed one");
        // Our own coming and going is no event: nothing changes and no card is read twice.
        let selections = first.counters().selections;
        assert_eq!(tokens.wait(snapshot.generation, Duration::from_secs(1)), snapshot);
        assert_eq!((first.counters().selections, selections), (1, 1));

        for card in &cards {
            for index in 0..card.keys.len() {
                sign(&tokens, card, index, "123456").expect("signs");
            }
        }
        let key = &cards[0].keys[0];
        let pss = SignatureScheme::RsaPss(Digest::Sha256);
        let signature =
            tokens.sign(&key.reference, &pin("123456"), KeyKind::Rsa { bits: 2048 }, pss, b"message").expect("signs");
        assert!(verifies(&key.certificate, pss, b"message", &signature));
        assert_eq!((first.counters().verifications, first.counters().signatures), (3, 3));
        assert_eq!((second.counters().verifications, second.counters().signatures), (2, 2));
        // A card that signs wrongly is for the caller to notice.
        first.set_fault(Fault::WrongSignature);
        let pkcs1 = SignatureScheme::RsaPkcs1(Digest::Sha256);
        let wrong =
            tokens.sign(&key.reference, &pin("123456"), KeyKind::Rsa { bits: 2048 }, pkcs1, b"message").expect("signs");
        assert!(!verifies(&key.certificate, pkcs1, b"message", &wrong));
    });
}

#[test]
fn pins_are_counted_by_the_card_and_left_behind_by_nobody() {
    apart("readers::pins_are_counted_by_the_card_and_left_behind_by_nobody", |folder| {
        let pcscd = pcscd(folder, 1);
        let reader = pcscd.reader(0);
        let file = folder.join("card.json");
        let (key, certificate) = p256();
        let state = State::new().with_key(0x9A, key, certificate).kept_in(&file).expect("writable");
        let virtual_card = VirtualCard::new(reader.address, state);
        virtual_card.insert();
        let tokens = tokens(Deadlines::default());
        let card = card_in(&tokens, &reader.name);
        let reference = &card.keys[0].reference;
        assert_eq!(sign(&tokens, &card, 0, "12345"), Err(Error::PinFormat));
        assert_eq!(virtual_card.counters().verifications, 0, "not sent");
        assert_eq!(sign(&tokens, &card, 0, "000000"), Err(Error::WrongPin { tries_left: Some(2) }));
        assert_eq!(card_in(&tokens, &reader.name).tries, Some(2), "shown without asking");
        assert_eq!(tokens.tries(reference), Ok(Some(2)));
        // A right PIN gives the tries back, and is forgotten as soon as the signature is made.
        sign(&tokens, &card, 0, "123456").expect("signs");
        until(&tokens, "three tries", |snapshot| match state_of(snapshot, &reader.name) {
            Some(CardState::Piv(card)) if card.tries == Some(3) => Some(()),
            _ => None,
        });
        assert_eq!(tokens.tries(reference), Ok(Some(3)));
        let context = Context::establish(Scope::User).expect("the service");
        let name = CString::new(reader.name.as_str()).expect("a name");
        let other = context.connect(&name, ShareMode::Shared, Protocols::ANY).expect("the card");
        let mut buffer = [0; 258];
        let select = [0, 0xA4, 4, 0, 9, 0xA0, 0, 0, 3, 8, 0, 0, 0x10, 0, 0];
        other.transmit(&select, &mut buffer).expect("answers");
        let left = other.transmit(&[0, 0x20, 0, 0x80], &mut buffer).expect("answers");
        assert_eq!(left, [0x63, 0xC3], "the next program finds no verified PIN");
        other.disconnect(Disposition::LeaveCard).map_err(|(_, error)| error).expect("lets go");

        for tries_left in [2, 1] {
            let wrong = Error::WrongPin { tries_left: Some(tries_left) };
            assert_eq!(sign(&tokens, &card, 0, "000000"), Err(wrong));
        }
        // Another process of the same card: what was counted stays counted.
        drop(virtual_card);
        let virtual_card = VirtualCard::new(reader.address, State::load(&file).expect("readable"));
        until_state(&tokens, &reader.name, &CardState::Empty);
        virtual_card.insert();
        let again = card_in(&tokens, &reader.name);
        assert_eq!((again.id, again.tries), (card.id, Some(1)));
        assert_eq!(sign(&tokens, &card, 0, "000000"), Err(Error::PinBlocked));
        assert_eq!(sign(&tokens, &card, 0, "123456"), Err(Error::PinBlocked));
        assert_eq!(tokens.tries(reference), Ok(Some(0)));
    });
}

#[test]
fn a_card_that_leaves_or_changes_is_noticed() {
    apart("readers::a_card_that_leaves_or_changes_is_noticed", |folder| {
        let pcscd = pcscd(folder, 1);
        let reader = pcscd.reader(0);
        let tokens = tokens(Deadlines::default());
        until_state(&tokens, &reader.name, &CardState::Empty);
        let virtual_card = simple_card(reader);
        let inserted = Instant::now();
        let card = card_in(&tokens, &reader.name);
        println!("read {} ms after it was put in", inserted.elapsed().as_millis());
        for fault in [Fault::LeaveAfterPin, Fault::LeaveInSignature] {
            virtual_card.set_fault(fault);
            let started = Instant::now();
            assert_eq!(sign(&tokens, &card, 0, "123456"), Err(Error::CardRemoved), "{fault:?}");
            println!("{fault:?} told after {} ms", started.elapsed().as_millis());
            assert!(!virtual_card.is_inserted());
            until_state(&tokens, &reader.name, &CardState::Empty);
            assert_eq!(sign(&tokens, &card, 0, "123456"), Err(Error::CardRemoved));
            assert_eq!(tokens.tries(&card.keys[0].reference), Err(Error::CardRemoved));
            virtual_card.insert();
            assert_eq!(card_in(&tokens, &reader.name), card, "the same card comes back as the same");
        }
        // Out, and signed before the service has noticed.
        virtual_card.pull();
        assert_eq!(sign(&tokens, &card, 0, "123456"), Err(Error::CardRemoved));
        // Out and in again at once: it signs, or says that it went; it never signs with the one before.
        let other = simple_card(reader);
        let refused = sign(&tokens, &card, 0, "123456");
        assert!(matches!(refused, Err(Error::CardChanged | Error::CardRemoved)), "{refused:?}");
        let changed = card_in(&tokens, &reader.name);
        assert_ne!(changed.id, card.id);
        assert_eq!(sign(&tokens, &card, 0, "123456"), Err(Error::CardChanged));
        assert_eq!(other.counters().verifications, 0, "no PIN goes to another card");
        sign(&tokens, &changed, 0, "123456").expect("signs");
        let nowhere = KeyReference { reader: "no such reader".into(), card: card.id, slot: Slot::AUTHENTICATION };
        assert_eq!(tokens.tries(&nowhere), Err(Error::ReaderRemoved));
    });
}

#[test]
fn a_mute_card_stops_no_other() {
    apart("readers::a_mute_card_stops_no_other", |folder| {
        let pcscd = pcscd(folder, 2);
        let (ill, well) = (pcscd.reader(0), pcscd.reader(1));
        let tokens = tokens(impatient());
        let ill_card = simple_card(ill);
        let card = card_in(&tokens, &ill.name);
        ill_card.set_fault(Fault::MuteOnSignature);
        let started = Instant::now();
        assert_eq!(sign(&tokens, &card, 0, "123456"), Err(Error::Timeout));
        assert!(started.elapsed() < Duration::from_secs(5));
        until_state(&tokens, &ill.name, &CardState::Mute);
        // It is known by now: nobody waits for it again.
        let started = Instant::now();
        assert_eq!(sign(&tokens, &card, 0, "123456"), Err(Error::Timeout));
        assert!(started.elapsed() < Duration::from_millis(500));
        assert_eq!(ill_card.counters().verifications, 1, "the second PIN was never sent");
        // The other reader is noticed, read and signed with meanwhile.
        let _well_card = simple_card(well);
        let well_card = card_in(&tokens, &well.name);
        sign(&tokens, &well_card, 0, "123456").expect("signs");
        assert_eq!(state_of(&tokens.snapshot(), &ill.name), Some(CardState::Mute));
        // Out and in again, it is well.
        ill_card.pull();
        until_state(&tokens, &ill.name, &CardState::Empty);
        ill_card.set_fault(Fault::None);
        ill_card.insert();
        let card = card_in(&tokens, &ill.name);
        sign(&tokens, &card, 0, "123456").expect("signs");
        // Mute from the beginning.
        ill_card.pull();
        until_state(&tokens, &ill.name, &CardState::Empty);
        ill_card.set_fault(Fault::Mute);
        ill_card.insert();
        until_state(&tokens, &ill.name, &CardState::Mute);
        sign(&tokens, &well_card, 0, "123456").expect("signs");
        // Slow is not mute.
        ill_card.pull();
        until_state(&tokens, &ill.name, &CardState::Empty);
        ill_card.set_fault(Fault::Slow(Duration::from_millis(60)));
        ill_card.insert();
        let card = card_in(&tokens, &ill.name);
        sign(&tokens, &card, 0, "123456").expect("signs");
    });
}

#[test]
fn the_service_may_come_go_and_come_back() {
    apart("readers::the_service_may_come_go_and_come_back", |folder| {
        let tokens = tokens(Deadlines::default());
        assert_eq!(tokens.snapshot().service, Service::Stopped);
        let mut pcscd = pcscd(folder, 1);
        let reader = pcscd.reader(0).clone();
        let _virtual_card = simple_card(&reader);
        let card = card_in(&tokens, &reader.name);
        sign(&tokens, &card, 0, "123456").expect("signs");
        for _ in 0..2 {
            pcscd.stop();
            until(&tokens, "a stopped service", |snapshot| (snapshot.service == Service::Stopped).then_some(()));
            assert_eq!(sign(&tokens, &card, 0, "123456"), Err(Error::ServiceStopped));
            assert!(tokens.snapshot().readers.is_empty());
            pcscd.start_again().expect("pcscd starts");
            assert_eq!(card_in(&tokens, &reader.name), card);
            sign(&tokens, &card, 0, "123456").expect("signs");
        }
    });
}

#[test]
fn a_card_that_another_program_holds_is_waited_for() {
    apart("readers::a_card_that_another_program_holds_is_waited_for", |folder| {
        let pcscd = pcscd(folder, 1);
        let reader = pcscd.reader(0);
        let virtual_card = simple_card(reader);
        let tokens = tokens(impatient());
        let card = card_in(&tokens, &reader.name);
        let context = Context::establish(Scope::User).expect("the service");
        let name = CString::new(reader.name.as_str()).expect("a name");
        // In a transaction.
        let mut other = context.connect(&name, ShareMode::Shared, Protocols::ANY).expect("the card");
        let transaction = other.transaction().expect("the card");
        assert_eq!(tokens.tries(&card.keys[0].reference), Err(Error::CardInUse));
        assert_eq!(sign(&tokens, &card, 0, "123456"), Err(Error::CardInUse));
        transaction.end(Disposition::LeaveCard).map_err(|(_, error)| error).expect("ends");
        sign(&tokens, &card, 0, "123456").expect("signs");
        assert_eq!(virtual_card.counters().verifications, 1, "a PIN that was given up is never sent late");
        // Exclusively, and before it was read.
        other.disconnect(Disposition::LeaveCard).map_err(|(_, error)| error).expect("lets go");
        let end = Instant::now() + SOON;
        let other = loop {
            // The tries may just be read again.
            match context.connect(&name, ShareMode::Exclusive, Protocols::ANY) {
                Err(pcsc::Error::SharingViolation) if Instant::now() < end => {}
                connected => break connected.expect("the card"),
            }
        };
        assert_eq!(sign(&tokens, &card, 0, "123456"), Err(Error::CardInUse));
        let later = PcscTokens::start(Arc::new(SystemRng::default()), impatient());
        until_state(&later, &reader.name, &CardState::InUse);
        other.disconnect(Disposition::ResetCard).map_err(|(_, error)| error).expect("lets go");
        assert_eq!(card_in(&later, &reader.name), card);
    });
}

#[test]
fn the_private_pcscd_listens_to_nobody_else_and_dies_with_its_owner() {
    const OWNER: &str = "BRAMA_TEST_OWNER";
    if let Some(folder) = std::env::var_os(OWNER) {
        let pcscd = pcscd(Path::new(&folder), 1);
        std::fs::write(Path::new(&folder).join("pid"), pcscd.pid().expect("runs").to_string()).expect("writable");
        std::thread::park_timeout(LIMIT);
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let mut owner = Command::new(std::env::current_exe().expect("this test"))
        .args(["--exact", "readers::the_private_pcscd_listens_to_nobody_else_and_dies_with_its_owner"])
        .env(OWNER, folder.path())
        .stdout(Stdio::null())
        .spawn()
        .expect("this test again");
    let end = Instant::now() + SOON;
    let wait = |what: &str| {
        assert!(Instant::now() < end, "{what}");
        std::thread::sleep(Duration::from_millis(20));
    };
    let pid = loop {
        match std::fs::read_to_string(folder.path().join("pid")).ok().filter(|pid| !pid.is_empty()) {
            Some(pid) => break pid,
            None => wait("pcscd starts"),
        }
    };
    let process = PathBuf::from("/proc").join(&pid);
    assert_eq!(std::fs::read_to_string(process.join("comm")).expect("runs").trim(), "pcscd");
    let configuration = std::fs::read_to_string(folder.path().join("readers/virtual")).expect("written");
    let port: u16 =
        configuration.lines().find_map(|line| line.strip_prefix("CHANNELID ")?.parse().ok()).expect("a port");
    let listening = format!(":{port:04X} 00000000:0000 0A");
    let table = std::fs::read_to_string(process.join("net/tcp")).expect("readable");
    let line = table.lines().find(|line| line.contains(&listening)).expect("vpcd listens");
    assert!(line.contains(&format!("0100007F:{port:04X}")), "on the loopback only: {line}");
    assert!(!Path::new("/run/pcscd").join("pcscd.pid").exists() || pid_file_is_not(&pid), "outside nothing is seen");
    owner.kill().expect("our child");
    owner.wait().expect("our child");
    while process.exists() {
        wait("pcscd dies with its owner");
    }
}

fn pid_file_is_not(pid: &str) -> bool {
    std::fs::read_to_string("/run/pcscd/pcscd.pid").is_ok_and(|text| text.trim() != pid)
}
