//! The seam between card applications and whatever carries their commands.

use super::Error;

/// The most bytes of one command: header, 255 of data, their length and the expected length.
pub const MAX_COMMAND: usize = 4 + 1 + 255 + 1;
/// The most bytes of one answer: 256 of data and the status word.
pub const MAX_ANSWER_PART: usize = 256 + 2;

/// Carries one command to the card and one answer back (ISO 7816-3 section 12), short lengths only.
pub trait Transport {
    /// Sends the command and returns data and status word as they came. An answer of no bytes at all does happen: the
    /// card left in the middle of the command.
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, Error>;
}
