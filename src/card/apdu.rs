//! Commands and answers (ISO 7816-4), with what may lie between the two: command chaining, GET RESPONSE, a corrected
//! expected length.

use super::error::{Error, Malformed};
use super::transport::Transport;
use std::fmt;
use zeroize::Zeroizing;

/// The most bytes of data one command of a chain carries.
const MAX_PART: usize = 255;
/// The most bytes one answer may have, all its parts together. A certificate object is a fraction of it.
pub const MAX_ANSWER: usize = 32 * 1024;
/// CLA of an interindustry command without secure messaging on channel 0.
const CLASS: u8 = 0x00;
/// Set in CLA when more parts of the same command follow (ISO 7816-4 section 5.3.3).
const CLASS_CHAIN: u8 = 0x10;
/// INS GET RESPONSE.
const GET_RESPONSE: u8 = 0xC0;
/// INS of VERIFY, CHANGE REFERENCE DATA and RESET RETRY COUNTER: their data is a secret.
const SECRET_INSTRUCTIONS: [u8; 3] = [0x20, 0x24, 0x2C];

/// SW1 SW2, the last two bytes of every answer.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct StatusWord(pub u16);

impl StatusWord {
    /// Done, nothing to add.
    pub const SUCCESS: Self = Self(0x9000);

    /// SW1.
    pub const fn first(self) -> u8 {
        self.0.to_be_bytes()[0]
    }

    /// SW2.
    pub const fn second(self) -> u8 {
        self.0.to_be_bytes()[1]
    }
}

impl fmt::Display for StatusWord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04X}", self.0)
    }
}

impl fmt::Debug for StatusWord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A command, of any length: longer ones are sent as a chain.
pub struct Command {
    instruction: u8,
    p1: u8,
    p2: u8,
    data: Zeroizing<Vec<u8>>,
    wants_data: bool,
}

impl Command {
    /// A command without data that wants none back.
    pub fn new(instruction: u8, p1: u8, p2: u8) -> Self {
        Self { instruction, p1, p2, data: Zeroizing::default(), wants_data: false }
    }

    /// Gives it data.
    pub fn with_data(mut self, data: Vec<u8>) -> Self {
        self.data = Zeroizing::new(data);
        self
    }

    /// Asks for as much data as there is (Le of 00).
    pub fn wanting_data(mut self) -> Self {
        self.wants_data = true;
        self
    }

    /// INS.
    pub fn instruction(&self) -> u8 {
        self.instruction
    }

    /// The bytes to send, one after the other. Each must succeed before the next goes out.
    fn parts(&self) -> Vec<Zeroizing<Vec<u8>>> {
        let chunks: Vec<&[u8]> =
            if self.data.is_empty() { vec![&[]] } else { self.data.chunks(MAX_PART).collect::<Vec<_>>() };
        let last = chunks.len() - 1;
        let encode = |(index, chunk): (usize, &&[u8])| {
            // Full capacity from the start: growing would leave a copy of a PIN behind.
            let mut bytes = Zeroizing::new(Vec::with_capacity(super::transport::MAX_COMMAND));
            let class = if index == last { CLASS } else { CLASS | CLASS_CHAIN };
            bytes.extend_from_slice(&[class, self.instruction, self.p1, self.p2]);
            if let (Ok(length), false) = (u8::try_from(chunk.len()), chunk.is_empty()) {
                bytes.push(length);
                bytes.extend_from_slice(chunk);
            }
            if index == last && self.wants_data {
                bytes.push(0);
            }
            bytes
        };
        chunks.iter().enumerate().map(encode).collect()
    }
}

impl fmt::Debug for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, part) in self.parts().iter().enumerate() {
            write!(f, "{}{}", if index == 0 { "" } else { " " }, masked(part))?;
        }
        Ok(())
    }
}

/// The hexadecimal of an encoded command; data that may hold a PIN as asterisks.
pub fn masked(command: &[u8]) -> String {
    let secret = command.get(1).is_some_and(|instruction| SECRET_INSTRUCTIONS.contains(instruction));
    let shown = if secret { command.len().min(5) } else { command.len() };
    let (clear, hidden) = command.split_at(shown);
    let mut text = data_encoding::HEXUPPER.encode(clear);
    text.extend(std::iter::repeat_n("**", hidden.len()));
    text
}

/// An answer: data and status word.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Response {
    /// What came before the status word.
    pub data: Vec<u8>,
    /// SW1 SW2.
    pub status: StatusWord,
}

impl Response {
    /// Splits an answer; no bytes at all mean that the card is gone.
    pub fn parse(answer: &[u8]) -> Result<Self, Error> {
        match answer.split_last_chunk::<2>() {
            Some((data, status)) => Ok(Self { data: data.to_vec(), status: StatusWord(u16::from_be_bytes(*status)) }),
            None if answer.is_empty() => Err(Error::CardRemoved),
            None => Err(Error::AnswerMalformed(Malformed::StatusWord)),
        }
    }
}

/// Sends a command with all its parts and collects all parts of the answer. Whatever the status word says, other than
/// "more data" and "wrong length", is returned for the caller to judge.
pub fn exchange(transport: &mut dyn Transport, command: &Command) -> Result<Response, Error> {
    let mut response = Response { data: Vec::new(), status: StatusWord::SUCCESS };
    for part in command.parts() {
        if response.status != StatusWord::SUCCESS {
            // The card broke the chain off; an interrupted chain has no effect.
            return Ok(response);
        }
        response = once(transport, &part)?;
    }
    while response.status.first() == 0x61 {
        let next = once(transport, &[CLASS, GET_RESPONSE, 0, 0, response.status.second()])?;
        // Without progress the loop would have no end.
        if next.data.is_empty() && next.status.first() == 0x61 {
            return Err(Error::AnswerMalformed(Malformed::Continuation));
        }
        if response.data.len() + next.data.len() > MAX_ANSWER {
            return Err(Error::AnswerTooLong { limit: MAX_ANSWER });
        }
        response.data.extend_from_slice(&next.data);
        response.status = next.status;
    }
    Ok(response)
}

/// One command and its answer; repeated once when the card names the length it wants (6Cxx). A command with a PIN is
/// never repeated.
fn once(transport: &mut dyn Transport, part: &[u8]) -> Result<Response, Error> {
    let response = Response::parse(&transport.transmit(part)?)?;
    let secret = part.get(1).is_some_and(|instruction| SECRET_INSTRUCTIONS.contains(instruction));
    if response.status.first() != 0x6C || secret {
        return Ok(response);
    }
    let mut again = part.to_vec();
    // Four bytes of header, then either Le alone, or Lc, data and perhaps Le.
    match part.get(4).map(|length| usize::from(*length)) {
        Some(length) if part.len() == 5 + length && length > 0 => again.push(response.status.second()),
        Some(_) => {
            if let Some(expected) = again.last_mut() {
                *expected = response.status.second();
            }
        }
        None => again.push(response.status.second()),
    }
    Response::parse(&transport.transmit(&again)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::card::transcript::Transcript;
    use proptest::prelude::*;

    #[test]
    fn a_long_command_is_chained_and_a_long_answer_collected() {
        // The shape of a RSA-2048 signature in SP 800-73 part 2, appendix A.
        let (first, second) = ([0x11; 255], [0x11; 11]);
        let hex = |bytes: &[u8]| data_encoding::HEXUPPER.encode(bytes);
        let text = format!(
            "> 1087079AFF{}\n< 9000\n> 0087079A0B{}00\n< {}6108\n> 00C0000008\n< {}9000\n",
            hex(&first),
            hex(&second),
            hex(&[0x22; 256]),
            hex(&[0x33; 8]),
        );
        let mut transcript = Transcript::parse(&text).expect("well-formed");
        let command = Command::new(0x87, 0x07, 0x9A).with_data(vec![0x11; 266]).wanting_data();
        let response = exchange(&mut transcript, &command).expect("answers");
        assert_eq!((response.data.len(), response.status), (264, StatusWord::SUCCESS));
        assert!(transcript.finished());
    }

    #[test]
    fn a_broken_chain_stops() {
        let text = format!("> 1087079AFF{}\n< 6A80\n", "11".repeat(255));
        let mut transcript = Transcript::parse(&text).expect("well-formed");
        let command = Command::new(0x87, 0x07, 0x9A).with_data(vec![0x11; 266]).wanting_data();
        assert_eq!(exchange(&mut transcript, &command).expect("answers").status, StatusWord(0x6A80));
    }

    #[test]
    fn a_corrected_length_is_taken_once() {
        let command = Command::new(0xCB, 0x3F, 0xFF).with_data(vec![0x5C, 1, 0x7E]).wanting_data();
        for (text, status) in [
            ("> 00CB3FFF035C017E00\n< 6C04\n> 00CB3FFF035C017E04\n< 010203049000\n", 0x9000),
            ("> 00CB3FFF035C017E00\n< 6C04\n> 00CB3FFF035C017E04\n< 6C05\n", 0x6C05),
        ] {
            let mut transcript = Transcript::parse(text).expect("well-formed");
            assert_eq!(exchange(&mut transcript, &command).expect("answers").status, StatusWord(status));
            assert!(transcript.finished());
        }
        // Without a place for the length it is added; a PIN is not sent twice.
        let mut transcript =
            Transcript::parse("> 0084000000\n< 6C02\n> 0084000002\n< AABB9000\n").expect("well-formed");
        let challenge = Command::new(0x84, 0, 0).wanting_data();
        assert_eq!(exchange(&mut transcript, &challenge).expect("answers").data, [0xAA, 0xBB]);
        let mut transcript = Transcript::parse("> 0020008008****************\n< 6C02\n").expect("well-formed");
        let verify = Command::new(0x20, 0, 0x80).with_data(b"123456\xFF\xFF".to_vec());
        assert_eq!(exchange(&mut transcript, &verify).expect("answers").status, StatusWord(0x6C02));
    }

    #[test]
    fn a_card_that_promises_for_ever_is_left() {
        struct Promises(Vec<u8>);
        impl Transport for Promises {
            fn transmit(&mut self, _: &[u8]) -> Result<Vec<u8>, Error> {
                Ok(self.0.clone())
            }
        }
        let command = Command::new(0xCB, 0x3F, 0xFF).wanting_data();
        let mut empty = Promises(vec![0x61, 0x00]);
        assert_eq!(
            exchange(&mut empty, &command),
            Err(Error::AnswerMalformed(Malformed::Continuation)),
            "no progress, no loop"
        );
        let mut endless = Promises([vec![0; 256], vec![0x61, 0x00]].concat());
        assert_eq!(exchange(&mut endless, &command), Err(Error::AnswerTooLong { limit: MAX_ANSWER }));
    }

    #[test]
    fn short_answers_are_named() {
        assert_eq!(Response::parse(&[]), Err(Error::CardRemoved));
        assert_eq!(Response::parse(&[0x90]), Err(Error::AnswerMalformed(Malformed::StatusWord)));
    }

    #[test]
    fn a_pin_is_masked_wherever_a_command_is_printed() {
        let verify = Command::new(0x20, 0, 0x80).with_data(b"123456\xFF\xFF".to_vec());
        assert_eq!(format!("{verify:?}"), "0020008008****************");
        assert_eq!(format!("{:?}", Command::new(0xCB, 0x3F, 0xFF).with_data(vec![0x5C, 0])), "00CB3FFF025C00");
    }

    proptest! {
        #[test]
        fn no_answers_make_it_panic(answers in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..300), 0..8)) {
            struct Says(std::vec::IntoIter<Vec<u8>>);
            impl Transport for Says {
                fn transmit(&mut self, _: &[u8]) -> Result<Vec<u8>, Error> {
                    self.0.next().ok_or(Error::Timeout)
                }
            }
            let command = Command::new(0x87, 0x07, 0x9A).with_data(vec![0; 300]).wanting_data();
            let _ = exchange(&mut Says(answers.into_iter()), &command);
        }

        #[test]
        fn any_command_can_be_masked(command in prop::collection::vec(any::<u8>(), 0..300)) {
            prop_assert_eq!(masked(&command).len(), command.len() * 2);
        }
    }
}
