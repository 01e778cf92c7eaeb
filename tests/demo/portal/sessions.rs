//! The portal's own sessions, in memory. A browser is known by a cookie; it may have several logins under way (tabs)
//! and at most one person signed in.

use super::provider::{Attempt, SignedIn};
use brama::rng::SystemRng;
use brama::secret::Bearer;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How long a browser is remembered without a visit, and a login without an answer.
const LIFETIME: Duration = Duration::from_secs(30 * 60);
/// The most browsers remembered; beyond it the longest unseen is forgotten.
const MAX_BROWSERS: usize = 1000;
/// The most logins under way in one browser.
const MAX_ATTEMPTS: usize = 8;

struct Browser {
    seen: Instant,
    attempts: Vec<Attempt>,
    person: Option<Arc<SignedIn>>,
}

/// All of them.
#[derive(Default)]
pub struct Sessions {
    rng: SystemRng,
    browsers: Mutex<HashMap<[u8; 32], Browser>>,
}

impl Sessions {
    fn browsers(&self) -> MutexGuard<'_, HashMap<[u8; 32], Browser>> {
        // A panic elsewhere leaves the map whole: every change to it is one call.
        let mut browsers = self.browsers.lock().unwrap_or_else(PoisonError::into_inner);
        browsers.retain(|_, browser| browser.seen.elapsed() < LIFETIME);
        browsers
    }

    fn keep(&self, browsers: &mut HashMap<[u8; 32], Browser>, browser: Browser) -> Bearer {
        while browsers.len() >= MAX_BROWSERS {
            let oldest = browsers.iter().min_by_key(|(_, browser)| browser.seen).map(|(hash, _)| *hash);
            let Some(oldest) = oldest else { break };
            browsers.remove(&oldest);
        }
        let cookie = Bearer::random(&self.rng);
        browsers.insert(cookie.hash(), browser);
        cookie
    }

    /// Remembers a login that is under way. Answers the cookie to set when the browser has none that is known.
    pub fn begin(&self, cookie: Option<&Bearer>, attempt: Attempt) -> Option<Bearer> {
        let mut browsers = self.browsers();
        if let Some(browser) = cookie.and_then(|cookie| browsers.get_mut(&cookie.hash())) {
            browser.seen = Instant::now();
            if browser.attempts.len() >= MAX_ATTEMPTS {
                browser.attempts.remove(0);
            }
            browser.attempts.push(attempt);
            return None;
        }
        let browser = Browser { seen: Instant::now(), attempts: vec![attempt], person: None };
        Some(self.keep(&mut browsers, browser))
    }

    /// Takes the login that an answer belongs to. Each can be taken once, and only by the browser that began it.
    pub fn take(&self, cookie: &Bearer, state: &str) -> Option<Attempt> {
        let mut browsers = self.browsers();
        let attempts = &mut browsers.get_mut(&cookie.hash())?.attempts;
        let place = attempts.iter().position(|attempt| attempt.state == state)?;
        Some(attempts.remove(place)).filter(|attempt| attempt.begun.elapsed() < LIFETIME)
    }

    /// Signs somebody in under a new cookie; logins under way in other tabs move along.
    pub fn sign_in(&self, cookie: &Bearer, person: SignedIn) -> Bearer {
        let mut browsers = self.browsers();
        let attempts = browsers.remove(&cookie.hash()).map(|browser| browser.attempts).unwrap_or_default();
        let browser = Browser { seen: Instant::now(), attempts, person: Some(Arc::new(person)) };
        self.keep(&mut browsers, browser)
    }

    /// Who is signed in.
    pub fn person(&self, cookie: &Bearer) -> Option<Arc<SignedIn>> {
        let mut browsers = self.browsers();
        let browser = browsers.get_mut(&cookie.hash())?;
        browser.seen = Instant::now();
        browser.person.clone()
    }

    /// Signs out; answers who was signed in.
    pub fn sign_out(&self, cookie: &Bearer) -> Option<Arc<SignedIn>> {
        self.browsers().remove(&cookie.hash())?.person
    }
}
