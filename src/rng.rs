//! Randomness as an argument.

use ring::rand::SecureRandom;

/// Where random bytes come from. Everything secret or unguessable is drawn through this seam.
pub trait Rng: Send + Sync {
    /// Fills the whole buffer.
    fn fill(&self, buffer: &mut [u8]);
}

/// The operating system's generator, through ring.
#[derive(Debug)]
pub struct SystemRng(ring::rand::SystemRandom);

impl Default for SystemRng {
    #[expect(clippy::disallowed_methods, reason = "the one place that opens the system's random source")]
    fn default() -> Self {
        Self(ring::rand::SystemRandom::new())
    }
}

impl Rng for SystemRng {
    fn fill(&self, buffer: &mut [u8]) {
        // A program that hands out nonces must stop rather than go on with zeros.
        self.0.fill(buffer).expect("the operating system's random source answers");
    }
}

/// 256 random bits.
pub fn random_256(rng: &dyn Rng) -> [u8; 32] {
    let mut bytes = [0; 32];
    rng.fill(&mut bytes);
    bytes
}
