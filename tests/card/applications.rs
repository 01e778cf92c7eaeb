//! The PIV application, without readers: against the virtual card's own application and against what was recorded.

use crate::virtual_card::{Applet, Fault, Outcome, State};
use crate::{certificate, ec, kind_and_scheme, rsa, verifies};
use brama::card::apdu::StatusWord;
use brama::card::padding::signature_input;
use brama::card::piv::{PinStatus, Piv};
use brama::card::transcript::{Recorder, Transcript};
use brama::card::{CardId, Error, Malformed, Slot, Transport};
use brama::pki::{Digest, KeyKind, SignatureScheme};
use brama::rng::SystemRng;
use brama::secret::Pin;
use openssl::nid::Nid;
use proptest::prelude::*;

/// The virtual card's application at the other end of the seam.
struct Direct(Applet);

impl Direct {
    fn new(state: State) -> Self {
        Self(Applet::new(state))
    }
}

impl Transport for Direct {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, Error> {
        match self.0.command(command) {
            Outcome::Answer(answer) | Outcome::LastAnswer(answer) => Ok(answer),
            Outcome::Gone => Ok(Vec::new()),
            Outcome::Silence => Err(Error::Timeout),
        }
    }
}

fn pin(digits: &str) -> Pin {
    Pin::copy_from(digits.as_bytes()).expect("short enough")
}

fn transcript(text: &str) -> Transcript {
    Transcript::parse(text).expect("well-formed")
}

/// SELECT, and that the card has no discovery object.
const SELECTED: &str = "> 00A4040009A0000003080000100000\n< 61009000\n> 00CB3FFF035C017E00\n< 6A82\n";

#[test]
fn everything_but_the_key_without_a_pin_is_read() {
    let (key, other) = (rsa(2048), ec(Nid::X9_62_PRIME256V1));
    let (plain, gzipped) = (certificate(&key, "plain"), certificate(&other, "gzipped"));
    let state = State::new()
        .with_key(0x9A, key.clone(), plain.clone())
        .with_compressed_key(0x9C, other.clone(), gzipped.clone())
        .with_key(0x9E, key.clone(), plain.clone())
        // Two retired keys, not in the first slots: the key history says how many to look for.
        .with_key(0x84, key.clone(), plain.clone())
        .with_key(0x95, other.clone(), gzipped.clone());
    let id = CardId(state.guid);
    let mut card = Direct::new(state);
    let (read, certificates) = Piv::select(&mut card).expect("PIV").read().expect("readable");
    assert_eq!(read, id);
    let slots: Vec<u8> = certificates.iter().map(|(slot, _)| slot.reference()).collect();
    assert_eq!(slots, [0x9A, 0x9C, 0x84, 0x95]);
    assert_eq!(certificates[0].1, plain);
    assert_eq!(certificates[1].1, gzipped);
}

#[test]
fn every_key_signs_in_every_way_it_can() {
    let keys = [rsa(2048), rsa(3072), rsa(4096), ec(Nid::X9_62_PRIME256V1), ec(Nid::SECP384R1)];
    let digests = [Digest::Sha256, Digest::Sha384, Digest::Sha512];
    let state = keys
        .iter()
        .zip(0x82..)
        .fold(State::new(), |state, (key, slot)| state.with_key(slot, key.clone(), certificate(key, "signer")));
    let mut card = Direct::new(state);
    let mut piv = Piv::select(&mut card).expect("PIV");
    piv.verify(&pin("123456")).expect("the right PIN");
    for (slot, certificate) in piv.read().expect("readable").1 {
        let (kind, _) = kind_and_scheme(&certificate);
        let schemes = digests.into_iter().flat_map(|digest| match kind {
            KeyKind::Rsa { .. } => vec![SignatureScheme::RsaPkcs1(digest), SignatureScheme::RsaPss(digest)],
            _ => vec![SignatureScheme::Ecdsa(digest)],
        });
        for scheme in schemes {
            let input = signature_input(kind, scheme, b"message", &SystemRng::default()).expect("fits");
            let signature = piv.sign(slot, kind, &input).expect("signs");
            assert!(verifies(&certificate, scheme, b"message", &signature), "{kind:?} {scheme:?}");
            assert!(!verifies(&certificate, scheme, b"massage", &signature), "{kind:?} {scheme:?}");
        }
    }
}

#[test]
fn the_signature_key_wants_the_pin_each_time() {
    let key = ec(Nid::X9_62_PRIME256V1);
    let certificate = certificate(&key, "signer");
    let (kind, scheme) = kind_and_scheme(&certificate);
    let state = State::new().with_key(0x9A, key.clone(), certificate.clone()).with_key(0x9C, key, certificate);
    let mut card = Direct::new(state);
    let mut piv = Piv::select(&mut card).expect("PIV");
    let input = signature_input(kind, scheme, b"message", &SystemRng::default()).expect("fits");
    assert_eq!(piv.sign(Slot::AUTHENTICATION, kind, &input), Err(Error::PinRequired));
    piv.verify(&pin("123456")).expect("the right PIN");
    assert!(piv.sign(Slot::SIGNATURE, kind, &input).is_ok());
    assert_eq!(piv.sign(Slot::SIGNATURE, kind, &input), Err(Error::PinRequired));
    assert!(piv.sign(Slot::AUTHENTICATION, kind, &input).is_ok());
    piv.verify(&pin("123456")).expect("the right PIN");
    piv.identity().expect("readable");
    assert_eq!(piv.sign(Slot::SIGNATURE, kind, &input), Err(Error::PinRequired), "something lay in between");
    assert_eq!(piv.sign(Slot::KEY_MANAGEMENT, kind, &input), Err(Error::KeyAbsent));
    assert_eq!(piv.sign(Slot::AUTHENTICATION, KeyKind::Rsa { bits: 2048 }, &[0; 256]), Err(Error::KeyAbsent));
    assert_eq!(piv.sign(Slot::AUTHENTICATION, KeyKind::Ed25519, &input), Err(Error::KeyUnsupported));
}

#[test]
fn wrong_pins_count_down_and_block() {
    let mut card = Direct::new(State::new());
    let mut piv = Piv::select(&mut card).expect("PIV");
    assert_eq!(piv.tries(), Ok(Some(3)));
    assert_eq!(piv.verify(&pin("654321")), Err(Error::WrongPin { tries_left: Some(2) }));
    assert_eq!(piv.verify(&pin("654321")), Err(Error::WrongPin { tries_left: Some(1) }));
    assert_eq!(piv.verify(&pin("123456")), Ok(()));
    assert_eq!(piv.pin_status(), Ok(PinStatus::Verified));
    assert_eq!(piv.tries(), Ok(Some(3)), "a PIN that holds is forgotten to learn the tries");
    for tries_left in [2, 1] {
        assert_eq!(piv.verify(&pin("00000000")), Err(Error::WrongPin { tries_left: Some(tries_left) }));
    }
    assert_eq!(piv.verify(&pin("00000000")), Err(Error::PinBlocked));
    assert_eq!(piv.verify(&pin("123456")), Err(Error::PinBlocked));
    assert_eq!(piv.tries(), Ok(Some(0)));
}

#[test]
fn what_cannot_be_a_pin_is_not_sent() {
    let mut card = Direct::new(State::new());
    let mut piv = Piv::select(&mut card).expect("PIV");
    for digits in ["", "12345", "123456789", "12345a", "１２", "12345\u{ff}"] {
        assert_eq!(piv.verify(&pin(digits)), Err(Error::PinFormat), "{digits}");
    }
    assert_eq!((card.0.counters.verifications, card.0.state.tries), (0, 3));
}

#[test]
fn a_card_that_leaves_is_noticed_at_the_signature() {
    let key = rsa(2048);
    let certificate = certificate(&key, "signer");
    let (kind, scheme) = kind_and_scheme(&certificate);
    let mut card = Direct::new(State::new().with_key(0x9A, key, certificate));
    card.0.fault = Fault::LeaveInSignature;
    let mut piv = Piv::select(&mut card).expect("PIV");
    piv.verify(&pin("123456")).expect("the right PIN");
    let input = signature_input(kind, scheme, b"message", &SystemRng::default()).expect("fits");
    assert_eq!(piv.sign(Slot::AUTHENTICATION, kind, &input), Err(Error::CardRemoved));
}

#[test]
fn the_state_survives_the_card() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("card.json");
    let (key, other) = (rsa(2048), ec(Nid::SECP384R1));
    let (first, second) = (certificate(&key, "first"), certificate(&other, "second"));
    let state = State::new().with_key(0x9A, key, first).with_compressed_key(0x9C, other, second);
    let mut card = Direct::new(state.kept_in(&file).expect("writable"));
    let before = Piv::select(&mut card).expect("PIV").read().expect("readable");
    let wrong = Piv::select(&mut card).expect("PIV").verify(&pin("111111"));
    assert_eq!(wrong, Err(Error::WrongPin { tries_left: Some(2) }));
    drop(card);
    let mut card = Direct::new(State::load(&file).expect("readable"));
    let mut piv = Piv::select(&mut card).expect("PIV");
    assert_eq!(piv.read().expect("readable"), before);
    assert_eq!(piv.tries(), Ok(Some(2)));
}

#[test]
fn what_was_recorded_replays_and_shows_no_pin() {
    let key = rsa(2048);
    let certificate = certificate(&key, "signer");
    let (kind, scheme) = kind_and_scheme(&certificate);
    let input = signature_input(kind, scheme, b"message", &SystemRng::default()).expect("fits");
    let use_card = |transport: &mut dyn Transport| {
        let mut piv = Piv::select(transport)?;
        let read = piv.read()?;
        piv.verify(&pin("123456"))?;
        Ok::<_, Error>((read, piv.sign(Slot::AUTHENTICATION, kind, &input)?))
    };
    let mut recorder = Recorder::new(Direct::new(State::new().with_key(0x9A, key, certificate.clone())));
    let recorded = use_card(&mut recorder).expect("works");
    assert!(verifies(&certificate, scheme, b"message", &recorded.1));
    assert!(!recorder.text().contains("313233343536"), "the PIN in ASCII");
    assert!(recorder.text().contains("> 0020008008****************\n"));
    let mut replayed = transcript(recorder.text());
    assert_eq!(use_card(&mut replayed), Ok(recorded));
    assert!(replayed.finished());
}

#[test]
fn a_t0_card_that_prefers_its_global_pin() {
    // It answers 61xx to whatever has data both ways, corrects a length, and tells no tries.
    let mut card = transcript(
        "> 00A4040009A0000003080000100000\n< 6108\n> 00C0000008\n< 6C06\n> 00C0000006\n< 61044F0200009000\n\
         > 00CB3FFF035C017E00\n< 6114\n> 00C0000014\n< 7E124F0BA0000003080000100001005F2F0260209000\n\
         > 0020000000\n< 6A88\n\
         > 0020000008****************\n< 6300\n> 0020000000\n< 63C4\n\
         > 0020000008****************\n< 6A80\n\
         > 0020000008****************\n< 6984\n\
         > 0020000008****************\n< 6F00\n",
    );
    let mut piv = Piv::select(&mut card).expect("PIV");
    assert_eq!(piv.tries(), Ok(None));
    assert_eq!(piv.verify(&pin("123456")), Err(Error::WrongPin { tries_left: Some(4) }));
    assert_eq!(piv.verify(&pin("123456")), Err(Error::PinFormat));
    assert_eq!(piv.verify(&pin("123456")), Err(Error::PinBlocked));
    let refused = Error::Refused { instruction: 0x20, status: StatusWord(0x6F00) };
    assert_eq!(piv.verify(&pin("123456")), Err(refused));
    assert!(card.finished());
}

#[test]
fn a_card_without_a_number_is_known_by_its_certificates() {
    // No unique identifier or one of zeros, a certificate in 9A, a broken one in 9C, no key history.
    let read = |identifier: &str, certificate: &str| {
        let text = format!(
            "{SELECTED}> 00CB3FFF055C035FC10200\n< {identifier}\n> 00CB3FFF055C035FC10500\n< {certificate}9000\n\
             > 00CB3FFF055C035FC10A00\n< 53057003AA9000\n> 00CB3FFF055C035FC10B00\n< 6A82\n\
             > 00CB3FFF055C035FC10C00\n< 6A82\n> 00CB3FFF055C035FC10D00\n< 6A82\n"
        );
        let mut card = transcript(&text);
        let read = Piv::select(&mut card).expect("PIV").read().expect("readable");
        assert!(card.finished());
        read
    };
    let (id, certificates) = read("6A82", "530770023000710100");
    assert_eq!(certificates, [(Slot::AUTHENTICATION, vec![0x30, 0x00])]);
    let zeros = format!("53123410{}9000", "00".repeat(16));
    assert_eq!(read(&zeros, "530770023000710100").0, id);
    assert_ne!(read("6A82", "530770023001710100").0, id);
    let (numbered, _) = read(&format!("53123410{}9000", "AB".repeat(16)), "530770023000710100");
    assert_eq!(numbered, CardId([0xAB; 16]));
}

#[test]
fn answers_that_lie_are_named() {
    let sign = "> 0087119A0A7C0882008104AABBCCDD00\n";
    let (kind, input) = (KeyKind::Ec(brama::pki::Curve::P256), [0xAA, 0xBB, 0xCC, 0xDD]);
    for (answer, error) in [
        ("", Error::CardRemoved),
        ("90", Error::AnswerMalformed(Malformed::StatusWord)),
        ("9000", Error::AnswerMalformed(Malformed::ElementMissing)),
        ("7C029000", Error::AnswerMalformed(Malformed::Tlv)),
        // No DER, and raw r || s where DER belongs.
        ("7C04820220059000", Error::AnswerMalformed(Malformed::Tlv)),
        ("7C068204010203049000", Error::AnswerMalformed(Malformed::ElementMissing)),
        ("6982", Error::PinRequired),
        ("6A88", Error::KeyAbsent),
        ("6700", Error::Refused { instruction: 0x87, status: StatusWord(0x6700) }),
    ] {
        let mut card = transcript(&format!("{SELECTED}{sign}< {answer}\n"));
        let mut piv = Piv::select(&mut card).expect("PIV");
        assert_eq!(piv.sign(Slot::AUTHENTICATION, kind, &input), Err(error), "{answer}");
    }
    for status in ["6A82", "6D00", "6E00", "6999"] {
        let mut card = transcript(&format!("> 00A4040009A0000003080000100000\n< {status}\n"));
        assert_eq!(Piv::select(&mut card).err(), Some(Error::CardUnknown));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn no_card_makes_it_panic(answers in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..80), 1..40)) {
        struct Says(std::vec::IntoIter<Vec<u8>>);
        impl Transport for Says {
            fn transmit(&mut self, _: &[u8]) -> Result<Vec<u8>, Error> {
                let mut answer = self.0.next().ok_or(Error::Timeout)?;
                // Mostly a success, so that the data is looked at.
                if answer.len() % 4 != 0 {
                    answer.extend_from_slice(&[0x90, 0x00]);
                }
                Ok(answer)
            }
        }
        let mut answers = answers;
        answers.insert(0, vec![0x61, 0x00, 0x90]);
        let mut card = Says(answers.into_iter());
        if let Ok(mut piv) = Piv::select(&mut card) {
            let _ = piv.read();
            let _ = piv.tries();
            let _ = piv.sign(Slot::AUTHENTICATION, KeyKind::Rsa { bits: 2048 }, &[0; 256]);
            let _ = piv.sign(Slot::AUTHENTICATION, KeyKind::Ec(brama::pki::Curve::P384), &[0; 48]);
        }
    }
}
