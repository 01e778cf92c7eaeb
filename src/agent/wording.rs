//! The words of the screens. Every text from outside is cleaned here or before.

use super::candidate::{Candidate, Unfit};
use super::display::Host;
use super::prompt::{Choice, Line, Purpose, Screen, Tone};
use crate::authn::{LoginRequest, Origin};
use crate::card::{CardState, Service, Snapshot};
use crate::clock::UnixTime;
use crate::i18n::{Language, Value, advice, text};
use crate::text::clean;

/// The most characters of a portal's name that are shown.
const MAX_PORTAL: usize = 120;

/// Who asks, cleaned for showing.
#[derive(Clone, Debug)]
pub struct Asker {
    language: Language,
    portal: String,
    return_host: Host,
    gateway: Host,
    level: String,
}

impl Asker {
    /// Who a login request is from.
    pub fn new(language: Language, request: &LoginRequest, gateway: &Origin) -> Self {
        let level = match request.level.as_str() {
            level @ ("low" | "substantial" | "high") => text(language, &format!("level-{level}"), &[]),
            other => clean(other, 40),
        };
        Self {
            language,
            portal: clean(&request.portal, MAX_PORTAL),
            return_host: Host::new(&request.return_host),
            gateway: Host::new(gateway.host_and_port()),
            level,
        }
    }

    /// The language of the login.
    pub fn language(&self) -> Language {
        self.language
    }

    fn say(&self, key: &str, arguments: &[(&str, Value<'_>)]) -> String {
        text(self.language, key, arguments)
    }

    fn screen(&self, purpose: Purpose, title: &str, notice: &[String]) -> Screen {
        Screen {
            purpose,
            language: self.language,
            title: self.say(title, &[]),
            notice: notice.to_vec(),
            lines: self.request(),
            choices: Vec::new(),
            question: String::new(),
        }
    }

    /// The request itself; it stands on every screen that asks for something.
    fn request(&self) -> Vec<Line> {
        let line = |tone, text| Line { tone, text };
        let mut lines = vec![
            line(Tone::Strong, self.say("agent-portal-asks", &[("portal", Value::Text(&self.portal))])),
            line(Tone::Strong, self.say("agent-return-host", &[("host", Value::Text(self.return_host.as_str()))])),
            line(Tone::Plain, self.say("agent-gateway-host", &[("host", Value::Text(self.gateway.as_str()))])),
            line(Tone::Plain, self.say("agent-level", &[("level", Value::Text(&self.level))])),
        ];
        for host in [&self.return_host, &self.gateway] {
            if !host.is_plain() {
                let warning = self.say("agent-host-warning", &[("host", Value::Text(host.as_str()))]);
                lines.push(line(Tone::Warning, warning));
            }
        }
        lines
    }

    /// The choice of a certificate.
    pub fn choose(&self, candidates: &[Candidate], notice: &[String]) -> Screen {
        Screen {
            choices: candidates.iter().map(|candidate| self.choice(candidate)).collect(),
            question: self.say("agent-choose", &[]),
            ..self.screen(Purpose::Choose, "agent-title", notice)
        }
    }

    /// What to do when nothing in the readers can serve.
    pub fn insert(&self, snapshot: &Snapshot, candidates: &[Candidate], notice: &[String]) -> Screen {
        Screen {
            choices: candidates.iter().map(|candidate| self.choice(candidate)).collect(),
            question: self.say(missing(snapshot, candidates), &[]),
            ..self.screen(Purpose::Insert, "agent-title", notice)
        }
    }

    /// The agreement to use the last try.
    pub fn last_try(&self, candidate: &Candidate, notice: &[String]) -> Screen {
        let mut screen = self.screen(Purpose::LastTry, "agent-last-try-title", notice);
        screen.lines = vec![
            Line { tone: Tone::Strong, text: owner(candidate) },
            Line { tone: Tone::Warning, text: self.say("agent-last-try", &[]) },
        ];
        screen.question = self.say("agent-last-try-question", &[]);
        screen
    }

    /// The PIN.
    pub fn pin(&self, candidate: &Candidate, tries: Option<u8>, notice: &[String]) -> Screen {
        let mut screen = self.screen(Purpose::Pin, "agent-pin-title", notice);
        let choice = self.choice(candidate);
        screen.lines.extend(choice.lines.into_iter().map(|text| Line { tone: Tone::Plain, text }));
        if let Some(tries) = tries {
            let tone = if tries <= 1 { Tone::Warning } else { Tone::Plain };
            screen.lines.push(Line { tone, text: self.tries(tries) });
        }
        screen.question = self.say("agent-pin", &[]);
        screen
    }

    /// How many tries are left, in words.
    pub fn tries(&self, tries: u8) -> String {
        self.say("tries-left", &[("count", Value::Number(i64::from(tries)))])
    }

    /// What goes on while nobody is asked.
    pub fn progress(&self) -> Screen {
        let mut screen = self.screen(Purpose::Progress, "agent-progress", &[]);
        screen.lines.clear();
        screen
    }

    /// How the login ended.
    pub fn end(&self, title: &str, notice: &[String]) -> Screen {
        let mut screen = self.screen(Purpose::End, title, notice);
        screen.lines.clear();
        screen
    }

    /// What a refusal says, and what to do next, as lines.
    pub fn advice(&self, code: &str, incident: Option<&str>, support: Option<&str>) -> Vec<String> {
        let said = advice(self.language, code, &[]);
        let mut lines = vec![said.what, said.next];
        lines.extend(incident.map(|incident| self.say("incident", &[("incident", Value::Text(incident))])));
        lines.extend(support.map(|support| self.say("support", &[("support", Value::Text(support))])));
        lines.retain(|line| !line.is_empty());
        lines
    }

    fn choice(&self, candidate: &Candidate) -> Choice {
        let mut lines = vec![owner(candidate)];
        if let Some(label) = &candidate.label {
            if let Some(organisation) = &label.organisation {
                lines.push(self.say("agent-organisation", &[("organisation", Value::Text(organisation))]));
            }
            let (from, until) = (day(label.from), day(label.until));
            let validity =
                [("issuer", Value::Text(&label.issuer)), ("from", Value::Text(&from)), ("until", Value::Text(&until))];
            lines.push(self.say("agent-issued", &validity));
        }
        let (reader, slot) = (clean(&candidate.key.reader, 60), candidate.key.slot.to_string());
        lines.push(self.say("agent-place", &[("reader", Value::Text(&reader)), ("slot", Value::Text(&slot))]));
        let unfit = candidate.fit.as_ref().err().map(|unfit| self.unfit(unfit));
        Choice { slot, lines, unfit }
    }

    fn unfit(&self, unfit: &Unfit) -> String {
        let key = format!("agent-unfit-{}", unfit.code());
        match unfit {
            Unfit::NotYetValid { from } => self.say(&key, &[("from", Value::Text(&day(*from)))]),
            Unfit::Expired { until } => self.say(&key, &[("until", Value::Text(&day(*until)))]),
            Unfit::Refused { code } => {
                self.say(&key, &[("reason", Value::Text(&advice(self.language, code, &[]).what))])
            }
            _ => self.say(&key, &[]),
        }
    }
}

/// Whose a certificate is, in one line.
fn owner(candidate: &Candidate) -> String {
    match &candidate.label {
        None => "?".to_owned(),
        Some(label) => match &label.number {
            Some(number) => format!("{}, {number}", label.owner),
            None => label.owner.clone(),
        },
    }
}

/// The key of what to do when no certificate can serve.
fn missing(snapshot: &Snapshot, candidates: &[Candidate]) -> &'static str {
    let states = || snapshot.readers.iter().map(|reader| &reader.card);
    if snapshot.service == Service::Stopped {
        "agent-missing-service"
    } else if snapshot.readers.is_empty() {
        "agent-missing-reader"
    } else if !candidates.is_empty() {
        "agent-missing-fit"
    } else if states().any(|card| matches!(card, CardState::Reading)) {
        "agent-missing-reading"
    } else if states().any(|card| matches!(card, CardState::InUse)) {
        "agent-missing-in-use"
    } else if states().any(|card| matches!(card, CardState::Mute)) {
        "agent-missing-mute"
    } else if states().any(|card| matches!(card, CardState::Unknown { .. })) {
        "agent-missing-known"
    } else if states().any(|card| matches!(card, CardState::Piv(_))) {
        "agent-missing-certificate"
    } else {
        "agent-missing-card"
    }
}

/// The day of a time, as ISO 8601 has it: no language here misreads it.
pub fn day(time: UnixTime) -> String {
    time.to_string().chars().take_while(|c| *c != 'T').collect()
}
