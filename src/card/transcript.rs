//! Recorded exchanges: what was once said between Brama and a card, replayed without the card.
//!
//! The text has a line for each command (`> 00A4..`) and each answer (`< ..9000`; nothing after `<` is the empty answer
//! of a card that left); blank lines and lines that begin with `#` are skipped. A PIN is in it as asterisks, because it
//! was recorded masked.

use super::apdu::masked;
use super::error::Error;
use super::transport::Transport;
use data_encoding::HEXUPPER;
use std::collections::VecDeque;
use std::fmt::Write;

/// Answers as a recorded card did, as long as it is asked the same.
#[derive(Debug)]
pub struct Transcript {
    exchanges: VecDeque<(String, Vec<u8>)>,
}

/// The text is not a transcript.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line} of the transcript is not a command or its answer")]
pub struct NotATranscript {
    /// Counted from one.
    pub line: usize,
}

impl Transcript {
    /// Reads a transcript's text.
    pub fn parse(text: &str) -> Result<Self, NotATranscript> {
        let mut exchanges = VecDeque::new();
        let mut command = None;
        for (index, line) in text.lines().enumerate() {
            let line = line.trim();
            let malformed = NotATranscript { line: index + 1 };
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            match (line.strip_prefix('>'), line.strip_prefix('<'), command.take()) {
                (Some(sent), _, None) => command = Some(sent.trim().to_owned()),
                (_, Some(answer), Some(sent)) => {
                    let answer = HEXUPPER.decode(answer.trim().as_bytes()).map_err(|_| malformed)?;
                    exchanges.push_back((sent, answer));
                }
                _ => return Err(malformed),
            }
        }
        match command {
            None => Ok(Self { exchanges }),
            Some(_) => Err(NotATranscript { line: text.lines().count() }),
        }
    }

    /// Whether everything recorded was asked.
    pub fn finished(&self) -> bool {
        self.exchanges.is_empty()
    }
}

impl Transport for Transcript {
    /// A command that was not recorded at this place is a removed card, so that a test sees it as a failure.
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, Error> {
        match self.exchanges.front() {
            Some((recorded, _)) if *recorded == masked(command) => {
                self.exchanges.pop_front().map(|(_, answer)| answer).ok_or(Error::CardRemoved)
            }
            _ => Err(Error::CardRemoved),
        }
    }
}

/// Passes everything through and writes it down, PIN masked.
#[derive(Debug)]
pub struct Recorder<T> {
    inner: T,
    text: String,
}

impl<T: Transport> Recorder<T> {
    /// Records what passes through this transport.
    pub fn new(inner: T) -> Self {
        Self { inner, text: String::new() }
    }

    /// What was said so far.
    pub fn text(&self) -> &str {
        &self.text
    }
}

impl<T: Transport> Transport for Recorder<T> {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, Error> {
        let answer = self.inner.transmit(command)?;
        // Writing to a string cannot fail.
        let _ = writeln!(self.text, "> {}\n< {}", masked(command), HEXUPPER.encode(&answer));
        Ok(answer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_recorded_replays() {
        let text = "# a card\n> 0020008008****************\n< 63C2\n\n> 00CB\n<\n";
        let mut recorder = Recorder::new(Transcript::parse(text).expect("well-formed"));
        assert_eq!(recorder.transmit(b"\x00\x20\x00\x80\x08123456\xFF\xFF").expect("recorded"), [0x63, 0xC2]);
        assert!(recorder.transmit(&[0x00, 0xCB]).expect("recorded").is_empty());
        assert!(recorder.transmit(&[0x00, 0xCB]).is_err());
        assert_eq!(recorder.text(), "> 0020008008****************\n< 63C2\n> 00CB\n< \n");
        assert!(Transcript::parse(recorder.text()).is_ok());
    }

    #[test]
    fn what_is_not_a_transcript_is_refused() {
        for (text, line) in [("< 9000", 1), ("> 00\n> 00", 2), ("> 00\n< 9", 2), ("hello", 1), ("> 00", 1)] {
            assert_eq!(Transcript::parse(text).err(), Some(NotATranscript { line }), "{text}");
        }
    }
}
