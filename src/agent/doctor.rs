//! What is missing for a login, and what to do about it.

use super::candidate::Label;
use super::config::Config;
use super::loopback::listener;
use super::wording::day;
use crate::card::{CardState, Service, Snapshot};
use crate::client::{self, Exchange};
use crate::clock::{Clock, UnixTime};
use crate::i18n::{Language, Value, text};
use crate::pki::Certificate;
use crate::text::clean;
use data_encoding::HEXUPPER;
use std::path::Path;
use std::time::Duration;

/// How far a gateway's clock may be from ours; a nonce lives two minutes.
const MAX_SKEW: Duration = Duration::from_secs(60);
/// How long a gateway may take.
const DEADLINE: Duration = Duration::from_secs(10);
/// The most bytes taken of what the gateway publishes.
const MAX_BODY: usize = 256 * 1024;
/// Where the service's program is on the systems the agent runs on.
const SERVICE_PROGRAMS: &[&str] = &["/usr/sbin/pcscd", "/usr/bin/pcscd", "/usr/local/sbin/pcscd", "/sbin/pcscd"];

/// How a finding is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Health {
    /// As it must be.
    Good,
    /// Missing or wrong.
    Bad,
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What was found: the end of the key of its text.
    pub code: &'static str,
    /// Whether it is as it must be.
    pub health: Health,
    values: Vec<(&'static str, String)>,
}

impl Finding {
    fn new(code: &'static str, health: Health) -> Self {
        Self { code, health, values: Vec::new() }
    }

    fn bad(code: &'static str) -> Self {
        Self::new(code, Health::Bad)
    }

    fn good(code: &'static str) -> Self {
        Self::new(code, Health::Good)
    }

    fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.values.push((name, value.into()));
        self
    }

    /// What was found, and what to do about it, in a language.
    pub fn words(&self, language: Language) -> (String, Option<String>) {
        let values: Vec<(&str, Value<'_>)> =
            self.values.iter().map(|(name, value)| (*name, Value::Text(value))).collect();
        let key = format!("agent-doctor-{}", self.code);
        let next = (self.health == Health::Bad).then(|| text(language, &format!("{key}-next"), &values));
        (text(language, &key, &values), next)
    }
}

/// Looks at readers and cards.
pub fn cards(snapshot: &Snapshot, now: UnixTime) -> Vec<Finding> {
    if snapshot.service == Service::Stopped {
        let installed = SERVICE_PROGRAMS.iter().any(|program| Path::new(program).exists());
        return vec![Finding::bad(if installed { "service-stopped" } else { "service-absent" })];
    }
    let mut findings = vec![Finding::good("service-running")];
    if snapshot.readers.is_empty() {
        findings.push(Finding::bad("no-reader"));
    }
    let any_card = snapshot.readers.iter().any(|reader| reader.card != CardState::Empty);
    for reader in &snapshot.readers {
        let name = clean(&reader.name, 120);
        let of_reader = |finding: Finding| finding.with("reader", name.clone());
        match &reader.card {
            // One empty reader beside a full one is how it should be.
            CardState::Empty if any_card => (),
            CardState::Empty => findings.push(of_reader(Finding::bad("card-absent"))),
            CardState::Reading => findings.push(of_reader(Finding::bad("card-reading"))),
            CardState::Mute => findings.push(of_reader(Finding::bad("card-mute"))),
            CardState::InUse => findings.push(of_reader(Finding::bad("card-in-use"))),
            CardState::Unknown { atr } => {
                findings.push(of_reader(Finding::bad("card-unknown")).with("atr", HEXUPPER.encode(atr)));
            }
            CardState::Piv(card) => {
                if card.tries == Some(0) {
                    findings.push(of_reader(Finding::bad("pin-blocked")));
                }
                if card.keys.is_empty() {
                    findings.push(of_reader(Finding::bad("card-empty")));
                }
                findings.extend(card.keys.iter().map(|key| match Certificate::from_der(&key.certificate) {
                    Err(_) => of_reader(Finding::bad("certificate-unreadable")).with("slot", key.slot.to_string()),
                    Ok(certificate) => {
                        let label = Label::of(&certificate);
                        let expired = now > label.until;
                        let finding =
                            if expired { Finding::bad("certificate-expired") } else { Finding::good("certificate") };
                        finding.with("owner", label.owner).with("until", day(label.until))
                    }
                }));
            }
        }
    }
    findings
}

/// Looks at the agent's port. `user` is whose agent it should be.
pub fn port(port: u16, user: u32) -> Vec<Finding> {
    let finding = match listener(port) {
        Ok(None) => Finding::bad("port-free"),
        Ok(Some(owner)) if owner == user => Finding::good("port-own"),
        Ok(Some(owner)) => {
            Finding::bad("port-foreign").with("user", user_name(owner).unwrap_or_else(|| owner.to_string()))
        }
        // Without the kernel's table there is nothing to say.
        Err(_) => return Vec::new(),
    };
    vec![finding.with("port", port.to_string())]
}

/// The name of a user, for showing.
pub fn user_name(user: u32) -> Option<String> {
    let users = std::fs::read_to_string("/etc/passwd").ok()?;
    users.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)?.parse() == Ok(user)).then(|| clean(name, 64))
    })
}

/// Looks at the gateways of the configuration.
pub async fn gateways(config: &Config, clock: &dyn Clock) -> Vec<Finding> {
    let file = config.file.display().to_string();
    let mut findings = Vec::new();
    if config.user_gateways_ignored {
        findings.push(Finding::bad("gateways-ignored").with("file", super::config::ADMINISTRATOR_FILE));
    }
    if config.gateways.is_empty() {
        findings.push(Finding::bad("no-gateway").with("file", file.clone()));
    }
    for gateway in &config.gateways {
        let address = gateway.address("/.well-known/openid-configuration");
        let exchange = Exchange { url: &address, bearer: None, body: None, max_body: MAX_BODY, deadline: DEADLINE };
        let name = gateway.origin().as_str();
        match gateway.client().exchange(exchange).await {
            Ok(answer) => {
                findings.push(if answer.status.is_success() {
                    Finding::good("gateway-answers").with("gateway", name)
                } else {
                    Finding::bad("gateway-unreachable")
                        .with("gateway", name)
                        .with("file", file.clone())
                        .with("cause", format!("{address}: {}", answer.status))
                });
                let theirs = answer.date.as_deref().and_then(parse_date);
                let skew = theirs.map(|theirs| theirs.0.abs_diff(clock.now().0));
                if let Some(seconds) = skew.filter(|seconds| *seconds > MAX_SKEW.as_secs()) {
                    let finding = Finding::bad("clock-wrong").with("gateway", name);
                    findings.push(finding.with("seconds", seconds.to_string()));
                }
            }
            Err(error) => {
                let code = match error {
                    client::Error::Tls { .. } | client::Error::Roots => "gateway-untrusted",
                    _ => "gateway-unreachable",
                };
                let cause = clean(&super::Chain(&error).to_string(), 300);
                let finding = Finding::bad(code).with("gateway", name).with("file", file.clone());
                findings.push(finding.with("cause", cause));
            }
        }
    }
    findings
}

/// Reads an IMF-fixdate, `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110 section 5.6.7).
fn parse_date(text: &str) -> Option<UnixTime> {
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let mut fields = text.split(' ').skip(1);
    let day: i64 = fields.next()?.parse().ok()?;
    let name = fields.next()?;
    let month = i64::try_from(MONTHS.iter().position(|month| *month == name)?).ok()? + 1;
    let year: i64 = fields.next()?.parse().ok()?;
    let mut time = fields.next()?.split(':').map(|part| part.parse::<i64>().ok());
    let (hour, minute, second) = (time.next()??, time.next()??, time.next()??);
    if fields.next() != Some("GMT") || !(1970..=9999).contains(&year) || !(1..=31).contains(&day) {
        return None;
    }
    if !(0..24).contains(&hour) || !(0..60).contains(&minute) || !(0..=60).contains(&second) {
        return None;
    }
    // Days up to 1 March of the year, and from there by months of 31 and 30 days in turn.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days = 365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day - 1 - 719_468;
    Some(UnixTime(days * 86_400 + hour * 3600 + minute * 60 + second))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::card::{Card, CardId, CardKey, KeyReference, Reader, Slot};
    use proptest::prelude::*;

    fn codes(findings: &[Finding]) -> Vec<&'static str> {
        findings.iter().map(|finding| finding.code).collect()
    }

    fn running(cards: Vec<CardState>) -> Snapshot {
        let readers = cards.into_iter().map(|card| Reader { name: "R".to_owned(), card }).collect();
        Snapshot { generation: 1, service: Service::Running, readers }
    }

    #[test]
    fn what_is_missing_is_named() {
        let now = UnixTime(0);
        let stopped = Snapshot { generation: 1, service: Service::Stopped, readers: Vec::new() };
        assert!(codes(&cards(&stopped, now))[0].starts_with("service-"));
        assert_eq!(codes(&cards(&running(Vec::new()), now)), ["service-running", "no-reader"]);
        assert_eq!(codes(&cards(&running(vec![CardState::Empty]), now)), ["service-running", "card-absent"]);
        let reference = KeyReference { reader: "R".to_owned(), card: CardId([1; 16]), slot: Slot::AUTHENTICATION };
        let key = CardKey { slot: reference.slot, reference, certificate: b"none".to_vec() };
        let blocked = Card { id: CardId([1; 16]), keys: vec![key], tries: Some(0) };
        let empty = Card { id: CardId([2; 16]), keys: Vec::new(), tries: None };
        let all = vec![
            CardState::Empty,
            CardState::Mute,
            CardState::InUse,
            CardState::Reading,
            CardState::Unknown { atr: vec![0x3b] },
            CardState::Piv(blocked),
            CardState::Piv(empty),
        ];
        let findings = cards(&running(all), now);
        assert_eq!(
            codes(&findings),
            [
                "service-running",
                "card-mute",
                "card-in-use",
                "card-reading",
                "card-unknown",
                "pin-blocked",
                "certificate-unreadable",
                "card-empty"
            ]
        );
    }

    #[test]
    fn every_finding_says_what_to_do_in_every_language() {
        let bad = [
            "service-stopped",
            "service-absent",
            "no-reader",
            "card-absent",
            "card-reading",
            "card-mute",
            "card-in-use",
            "card-unknown",
            "card-empty",
            "pin-blocked",
            "certificate-expired",
            "certificate-unreadable",
            "port-free",
            "port-foreign",
            "no-gateway",
            "gateways-ignored",
            "gateway-unreachable",
            "gateway-untrusted",
            "clock-wrong",
        ];
        let good = ["service-running", "certificate", "port-own", "gateway-answers"];
        for language in Language::ALL {
            for code in bad {
                let (what, next) = Finding::bad(code).words(language);
                assert!(!what.starts_with('[') && !next.expect("says").starts_with("[agent"), "{language} {code}");
            }
            for code in good {
                assert!(!Finding::good(code).words(language).0.starts_with('['), "{language} {code}");
            }
        }
    }

    #[test]
    fn dates_are_read() {
        assert_eq!(parse_date("Sun, 06 Nov 1994 08:49:37 GMT"), Some(UnixTime(784_111_777)));
        assert_eq!(parse_date("Tue, 29 Feb 2000 00:00:00 GMT"), Some(UnixTime(951_782_400)));
        assert_eq!(parse_date("Thu, 01 Jan 1970 00:00:00 GMT"), Some(UnixTime(0)));
        for text in
            ["", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun, 06 Nov 1994 08:49 GMT", "Sun, 06 Nov 1994 08:49:37 +0100"]
        {
            assert_eq!(parse_date(text), None, "{text}");
        }
    }

    #[test]
    fn the_port_and_its_owner_are_found() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("binds");
        let number = listener.local_addr().expect("has an address").port();
        let own = rustix::process::geteuid().as_raw();
        assert_eq!(codes(&port(number, own)), ["port-own"]);
        assert_eq!(codes(&port(number, own + 1)), ["port-foreign"]);
        drop(listener);
        assert_eq!(codes(&port(number, own)), ["port-free"]);
        assert_eq!(user_name(0).as_deref(), Some("root"));
    }

    proptest! {
        #[test]
        fn no_date_panics(text in ".{0,60}") {
            let _ = parse_date(&text);
        }
    }
}
