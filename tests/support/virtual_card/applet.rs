//! The PIV application (NIST SP 800-73) of the virtual card: commands in, answers out, and faults when asked for.
//!
//! Written apart from the library it tests: nothing of `brama::card` is used here.

use super::state::State;
use flate2::Compression;
use flate2::write::GzEncoder;
use openssl::ecdsa::EcdsaSig;
use openssl::rsa::Padding;
use std::io::Write;
use std::time::Duration;

/// The application's identifier with its version.
const APPLICATION: [u8; 11] = [0xA0, 0x00, 0x00, 0x03, 0x08, 0x00, 0x00, 0x10, 0x00, 0x01, 0x00];
/// The most bytes a chained command may have.
const MAX_COMMAND: usize = 4096;
/// The FASC-N of a card that belongs to no agency, which tells readers to go by the GUID.
const FASC_N: [u8; 25] = [
    0xD4, 0xE7, 0x39, 0xDA, 0x73, 0x9C, 0xED, 0x39, 0xCE, 0x73, 0x9D, 0x83, 0x68, 0x58, 0x21, 0x08, 0x42, 0x10, 0x84,
    0x21, 0xC8, 0x42, 0x10, 0xC3, 0xEB,
];

/// What a card can do wrong.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Fault {
    /// Nothing.
    #[default]
    None,
    /// Signatures that do not verify.
    WrongSignature,
    /// No answer to anything, for as long as it lasts.
    Mute,
    /// No answer to a signature, for as long as it lasts.
    MuteOnSignature,
    /// Every answer comes this much later.
    Slow(Duration),
    /// Leaves the reader in the middle of the next signature.
    LeaveInSignature,
    /// Leaves the reader as soon as the next right PIN was acknowledged.
    LeaveAfterPin,
}

/// What came of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    Answer(Vec<u8>),
    /// The last answer of a card that leaves.
    LastAnswer(Vec<u8>),
    Silence,
    Gone,
}

/// How often a card was asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// SELECT of the application.
    pub selections: u32,
    /// VERIFY that carried a PIN.
    pub verifications: u32,
    /// Signatures that were given.
    pub signatures: u32,
    /// Power-ups, power-downs and resets.
    pub resets: u32,
}

/// A command without its chaining.
struct Command {
    instruction: u8,
    p1: u8,
    p2: u8,
    data: Vec<u8>,
}

/// Data and status word.
struct Reply(Vec<u8>, u16);

impl From<u16> for Reply {
    fn from(status: u16) -> Self {
        Self(Vec::new(), status)
    }
}

pub struct Applet {
    pub state: State,
    pub fault: Fault,
    pub counters: Counters,
    selected: bool,
    verified: bool,
    /// A right PIN was the command before this one.
    just_verified: bool,
    chain: Option<Command>,
    pending: Vec<u8>,
}

impl Applet {
    pub fn new(state: State) -> Self {
        Self {
            state,
            fault: Fault::None,
            counters: Counters::default(),
            selected: false,
            verified: false,
            just_verified: false,
            chain: None,
            pending: Vec::new(),
        }
    }

    /// Power-up, power-down or reset: whatever is volatile is lost.
    pub fn reset(&mut self) {
        self.counters.resets += 1;
        (self.selected, self.verified, self.just_verified) = (false, false, false);
        self.chain = None;
        self.pending.clear();
    }

    /// One command as it comes over the wire.
    pub fn command(&mut self, bytes: &[u8]) -> Outcome {
        if self.fault == Fault::Mute {
            return Outcome::Silence;
        }
        let (first, command) = match parse(bytes) {
            Ok(parsed) => parsed,
            Err(status) => return Outcome::Answer(status.to_be_bytes().to_vec()),
        };
        if command.instruction == 0xC0 && first == 0x00 {
            return Outcome::Answer(self.continuation(bytes.get(4).copied().unwrap_or(0)));
        }
        self.pending.clear();
        // A chain that is interrupted has no effect.
        let mut command = match self.chain.take() {
            Some(mut begun)
                if (begun.instruction, begun.p1, begun.p2) == (command.instruction, command.p1, command.p2) =>
            {
                begun.data.extend_from_slice(&command.data);
                begun
            }
            _ => command,
        };
        if command.data.len() > MAX_COMMAND {
            return Outcome::Answer(vec![0x67, 0x00]);
        }
        if first == 0x10 {
            self.chain = Some(command);
            return Outcome::Answer(vec![0x90, 0x00]);
        }
        let signing = command.instruction == 0x87;
        if signing && self.fault == Fault::MuteOnSignature {
            return Outcome::Silence;
        }
        if signing && self.fault == Fault::LeaveInSignature {
            self.fault = Fault::None;
            return Outcome::Gone;
        }
        let Reply(mut data, status) = self.dispatch(&mut command);
        let leaving = self.fault == Fault::LeaveAfterPin && self.just_verified;
        if data.len() > 256 {
            self.pending = data.split_off(256);
            data.extend_from_slice(&[0x61, remaining(&self.pending)]);
        } else {
            data.extend_from_slice(&status.to_be_bytes());
        }
        if leaving {
            self.fault = Fault::None;
            return Outcome::LastAnswer(data);
        }
        Outcome::Answer(data)
    }

    fn continuation(&mut self, expected: u8) -> Vec<u8> {
        if self.pending.is_empty() {
            return vec![0x69, 0x85];
        }
        let length = if expected == 0 { 256 } else { usize::from(expected) }.min(self.pending.len());
        let mut data: Vec<u8> = self.pending.drain(..length).collect();
        match self.pending.len() {
            0 => data.extend_from_slice(&[0x90, 0x00]),
            _ => data.extend_from_slice(&[0x61, remaining(&self.pending)]),
        }
        data
    }

    fn dispatch(&mut self, command: &mut Command) -> Reply {
        let just_verified = std::mem::take(&mut self.just_verified);
        if command.instruction == 0xA4 {
            return self.select(command);
        }
        if !self.selected {
            return 0x6985.into();
        }
        match (command.instruction, command.p1, command.p2) {
            (0xCB, 0x3F, 0xFF) => self.get_data(&command.data),
            (0xCB, ..) => 0x6A86.into(),
            (0x20, ..) => self.verify(command),
            (0x24, 0x00, 0x80) => self.change_pin(&command.data),
            (0x2C, 0x00, 0x80) => self.unblock_pin(&command.data),
            (0x24 | 0x2C, ..) => 0x6A88.into(),
            (0x87, algorithm, slot) => self.sign(algorithm, slot, &command.data, just_verified),
            _ => 0x6D00.into(),
        }
    }

    fn select(&mut self, command: &Command) -> Reply {
        let wanted = &command.data;
        // By the whole identifier or its beginning, but no shorter than the registered part.
        let ours =
            command.p1 == 0x04 && (5..=APPLICATION.len()).contains(&wanted.len()) && APPLICATION.starts_with(wanted);
        if !ours {
            // An application the card does not have leaves things as they are.
            return 0x6A82.into();
        }
        self.counters.selections += 1;
        self.selected = true;
        let authority = tlv(0x79, &tlv(0x4F, &APPLICATION[..5]));
        Reply(tlv(0x61, &[tlv(0x4F, &APPLICATION[5..]), authority].concat()), 0x9000)
    }

    fn get_data(&self, data: &[u8]) -> Reply {
        let [0x5C, length, tag @ ..] = data else { return 0x6A80.into() };
        if usize::from(*length) != tag.len() {
            return 0x6A80.into();
        }
        let object = match tag {
            [0x7E] => Some([&[0x7E, 0x12, 0x4F, 0x0B], &APPLICATION[..], &[0x5F, 0x2F, 0x02, 0x40, 0x00]].concat()),
            [0x5F, 0xC1, 0x02] => Some(tlv(0x53, &self.unique_identifier())),
            [0x5F, 0xC1, 0x07] => Some(tlv(0x53, &self.capabilities())),
            [0x5F, 0xC1, 0x0C] => Some(tlv(0x53, &self.key_history())),
            [0x5F, 0xC1, last] => slot_of_object(*last).and_then(|slot| self.certificate_object(slot)),
            _ => None,
        };
        object.map_or_else(|| 0x6A82.into(), |object| Reply(object, 0x9000))
    }

    fn unique_identifier(&self) -> Vec<u8> {
        [tlv(0x30, &FASC_N), tlv(0x34, &self.state.guid), tlv(0x35, b"20991231"), tlv(0x3E, &[]), tlv(0xFE, &[])]
            .concat()
    }

    fn capabilities(&self) -> Vec<u8> {
        let card = [&[0xA0, 0x00, 0x00, 0x01, 0x16, 0xFF, 0x02][..], &self.state.guid[2..]].concat();
        let mut content = tlv(0xF0, &card);
        for (tag, value) in [(0xF1, &[0x21][..]), (0xF2, &[0x21]), (0xF3, &[]), (0xF4, &[0x00]), (0xF5, &[0x10])] {
            content.extend(tlv(tag, value));
        }
        for tag in [0xF6, 0xF7, 0xFA, 0xFB, 0xFC, 0xFD, 0xFE] {
            content.extend(tlv(tag, &[]));
        }
        content
    }

    fn key_history(&self) -> Vec<u8> {
        let retired = self.state.keys.iter().filter(|key| (0x82..=0x95).contains(&key.slot)).count();
        let count = u8::try_from(retired).expect("twenty at most");
        [tlv(0xC1, &[count]), tlv(0xC2, &[0]), tlv(0xFE, &[])].concat()
    }

    fn certificate_object(&self, slot: u8) -> Option<Vec<u8>> {
        let key = self.state.keys.iter().find(|key| key.slot == slot)?;
        let certificate = if key.compressed { gzip(&key.certificate) } else { key.certificate.clone() };
        let info = u8::from(key.compressed);
        Some(tlv(0x53, &[tlv(0x70, &certificate), tlv(0x71, &[info]), tlv(0xFE, &[])].concat()))
    }

    fn verify(&mut self, command: &Command) -> Reply {
        match (command.p1, command.p2, command.data.len()) {
            (0x00 | 0xFF, 0x80, 0) => {}
            (0x00, 0x80, 8) => return self.present_pin(&command.data),
            (0x00, 0x80, _) => return 0x6A80.into(),
            (0x00 | 0xFF, ..) => return 0x6A88.into(),
            _ => return 0x6A86.into(),
        }
        if command.p1 == 0xFF {
            self.verified = false;
            return 0x9000.into();
        }
        if self.verified { 0x9000.into() } else { (0x63C0 | u16::from(self.state.tries)).into() }
    }

    fn present_pin(&mut self, block: &[u8]) -> Reply {
        self.counters.verifications += 1;
        if self.state.tries == 0 {
            return 0x6983.into();
        }
        if unpad(block).is_none() {
            return 0x6A80.into();
        }
        let status = self.compare_pin(block);
        if status == 0x9000 {
            (self.verified, self.just_verified) = (true, true);
        }
        status.into()
    }

    /// Counts before it compares, so that pulling the card saves no try.
    fn compare_pin(&mut self, block: &[u8]) -> u16 {
        self.state.tries -= 1;
        self.save();
        if unpad(block) == Some(self.state.pin.as_bytes()) {
            self.state.tries = self.state.max_tries;
            self.save();
            return 0x9000;
        }
        self.verified = false;
        0x63C0 | u16::from(self.state.tries)
    }

    fn change_pin(&mut self, data: &[u8]) -> Reply {
        let Some((old, new)) = data.split_at_checked(8).filter(|(_, new)| new.len() == 8) else { return 0x6A80.into() };
        let Some(new) = unpad(new) else { return 0x6A80.into() };
        if self.state.tries == 0 {
            return 0x6983.into();
        }
        let status = self.compare_pin(old);
        if status == 0x9000 {
            self.state.pin = String::from_utf8_lossy(new).into_owned();
            self.verified = true;
            self.save();
        }
        status.into()
    }

    fn unblock_pin(&mut self, data: &[u8]) -> Reply {
        let Some((puk, new)) = data.split_at_checked(8).filter(|(_, new)| new.len() == 8) else { return 0x6A80.into() };
        let Some(new) = unpad(new) else { return 0x6A80.into() };
        if self.state.puk_tries == 0 {
            return 0x6983.into();
        }
        if puk != self.state.puk.as_bytes() {
            self.state.puk_tries -= 1;
            self.save();
            return (0x63C0 | u16::from(self.state.puk_tries)).into();
        }
        self.state.pin = String::from_utf8_lossy(new).into_owned();
        (self.state.tries, self.state.puk_tries) = (self.state.max_tries, 3);
        self.save();
        0x9000.into()
    }

    fn sign(&mut self, algorithm: u8, slot: u8, data: &[u8], just_verified: bool) -> Reply {
        let Some(key) = self.state.keys.iter().find(|key| key.slot == slot) else { return 0x6A88.into() };
        if key.algorithm() != Some(algorithm) {
            return 0x6A86.into();
        }
        let allowed = match slot {
            0x9E => true,
            // PIN always: it must have been the command right before.
            0x9C => just_verified,
            _ => self.verified,
        };
        if !allowed {
            return 0x6982.into();
        }
        let input = find(data, 0x7C).filter(|template| find(template, 0x82) == Some(&[])).and_then(|it| find(it, 0x81));
        let Some(input) = input else { return 0x6A80.into() };
        let mut input = input.to_vec();
        let wrong = self.fault == Fault::WrongSignature;
        let signature = match algorithm {
            0x11 | 0x14 => {
                if input.len() != if algorithm == 0x11 { 32 } else { 48 } {
                    return 0x6A80.into();
                }
                if let (true, Some(byte)) = (wrong, input.first_mut()) {
                    *byte ^= 1;
                }
                let key = key.private.ec_key().expect("an EC key");
                EcdsaSig::sign(&input, &key).and_then(|signature| signature.to_der()).expect("signs")
            }
            _ => {
                let key = key.private.rsa().expect("an RSA key");
                let mut signature = vec![0; input.len()];
                // Refuses another length than the modulus has, and values that are not below it.
                if key.private_encrypt(&input, &mut signature, Padding::NONE).is_err() {
                    return 0x6A80.into();
                }
                if let (true, Some(byte)) = (wrong, signature.last_mut()) {
                    *byte ^= 1;
                }
                signature
            }
        };
        self.counters.signatures += 1;
        Reply(tlv(0x7C, &tlv(0x82, &signature)), 0x9000)
    }

    fn save(&self) {
        self.state.save().expect("the card's state can be written");
    }
}

/// CLA and the command; the status word for what is no command.
fn parse(bytes: &[u8]) -> Result<(u8, Command), u16> {
    let [class, instruction, p1, p2, rest @ ..] = bytes else { return Err(0x6700) };
    if !matches!(class, 0x00 | 0x10) {
        return Err(0x6E00);
    }
    let data = match rest {
        // No data, with or without an expected length.
        [] | [_] => Vec::new(),
        [length, rest @ ..] => {
            let length = usize::from(*length);
            // A length of 0 begins the extended form, which this card does not have.
            if length == 0 || rest.len() < length || rest.len() > length + 1 {
                return Err(0x6700);
            }
            rest[..length].to_vec()
        }
    };
    Ok((*class, Command { instruction: *instruction, p1: *p1, p2: *p2, data }))
}

/// SW2 of 61xx.
fn remaining(pending: &[u8]) -> u8 {
    u8::try_from(pending.len()).unwrap_or(0)
}

/// The digits of a padded PIN; `None` when it is not one.
fn unpad(block: &[u8]) -> Option<&[u8]> {
    let digits = block.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (pin, padding) = block.split_at(digits);
    (digits >= 6 && padding.iter().all(|byte| *byte == 0xFF)).then_some(pin)
}

fn slot_of_object(last: u8) -> Option<u8> {
    match last {
        0x05 => Some(0x9A),
        0x0A => Some(0x9C),
        0x0B => Some(0x9D),
        0x01 => Some(0x9E),
        0x0D..=0x20 => Some(0x82 + (last - 0x0D)),
        _ => None,
    }
}

fn tlv(tag: u8, value: &[u8]) -> Vec<u8> {
    let length = u16::try_from(value.len()).expect("fits a card");
    let mut bytes = vec![tag];
    match length {
        0..=0x7F => bytes.push(length.to_be_bytes()[1]),
        0x80..=0xFF => bytes.extend_from_slice(&[0x81, length.to_be_bytes()[1]]),
        _ => bytes.extend_from_slice(&[&[0x82], &length.to_be_bytes()[..]].concat()),
    }
    bytes.extend_from_slice(value);
    bytes
}

/// The value of the first element with a tag of one byte.
fn find(mut bytes: &[u8], wanted: u8) -> Option<&[u8]> {
    loop {
        let (tag, length, rest) = match bytes {
            [tag, 0x82, high, low, rest @ ..] => (*tag, usize::from(u16::from_be_bytes([*high, *low])), rest),
            [tag, 0x81, length, rest @ ..] => (*tag, usize::from(*length), rest),
            [tag, length @ 0..=0x7F, rest @ ..] => (*tag, usize::from(*length), rest),
            _ => return None,
        };
        let (value, rest) = rest.split_at_checked(length)?;
        if tag == wanted {
            return Some(value);
        }
        bytes = rest;
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).expect("memory");
    encoder.finish().expect("memory")
}
