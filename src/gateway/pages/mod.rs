//! The pages citizens see. Templates hold no text: every word comes from `i18n`.

use crate::assurance::Level;
use crate::i18n::{self, Advice, Language, Value};
use askama::Template;

/// What every page has around it.
#[derive(Clone, Debug)]
pub struct Page {
    /// The language it is in.
    pub language: Language,
    /// The gateway's own host, for the eyes of those who check.
    pub host: String,
    /// Whom to turn to.
    pub support: Option<String>,
}

impl Page {
    fn say(&self, key: &str) -> String {
        i18n::text(self.language, key, &[])
    }

    fn with(&self, key: &str, name: &str, value: &str) -> String {
        i18n::text(self.language, key, &[(name, Value::Text(value))])
    }

    fn level(&self, level: &Level) -> String {
        self.say(&format!("level-{}", level.name()))
    }

    fn languages(&self) -> &'static [Language] {
        &Language::ALL
    }

    /// Changes whenever an asset may change, so that browsers need not ask.
    fn version(&self) -> &'static str {
        env!("CARGO_PKG_VERSION")
    }
}

/// Who asks, and the ways in.
#[derive(Template)]
#[template(path = "sign_in.html", config = "src/gateway/pages/askama.toml")]
pub struct SignIn<'a> {
    /// The frame.
    pub page: &'a Page,
    /// The portal's name.
    pub portal: &'a str,
    /// Where the browser will return to.
    pub return_host: &'a str,
    /// The level needed.
    pub level: Level,
    /// The id in the address.
    pub transaction: &'a str,
    /// The last refusal, if any, and its incident number.
    pub refused: Option<(Advice, &'a str)>,
}

/// As whom she is about to be signed in.
#[derive(Template)]
#[template(path = "continue.html", config = "src/gateway/pages/askama.toml")]
pub struct Continue<'a> {
    /// The frame.
    pub page: &'a Page,
    /// The portal's name.
    pub portal: &'a str,
    /// Where the browser will return to.
    pub return_host: &'a str,
    /// The level reached.
    pub level: Level,
    /// The person.
    pub name: &'a str,
    /// Her organisation.
    pub organisation: Option<&'a str>,
    /// Who issued the certificate.
    pub issuer: &'a str,
    /// Where the answer goes.
    pub action: &'a str,
    /// The id of the transaction, for the tab it began in; empty when there is no other tab.
    pub transaction: &'a str,
    /// Whether the agent brought the browser here, perhaps in a tab of its own.
    pub from_agent: bool,
}

/// What was refused and what to do next.
#[derive(Template)]
#[template(path = "refusal.html", config = "src/gateway/pages/askama.toml")]
pub struct Refusal<'a> {
    /// The frame.
    pub page: &'a Page,
    /// The words.
    pub advice: &'a Advice,
    /// The number support asks for.
    pub incident: Option<&'a str>,
}

/// Signing out, or signed out.
#[derive(Template)]
#[template(path = "sign_out.html", config = "src/gateway/pages/askama.toml")]
pub struct SignOut<'a> {
    /// The frame.
    pub page: &'a Page,
    /// The request's parameters, to be sent again with her "yes"; `None` when it is done.
    pub confirm: Option<&'a [(String, String)]>,
}

/// For those who came without a portal.
#[derive(Template)]
#[template(path = "home.html", config = "src/gateway/pages/askama.toml")]
pub struct Home<'a> {
    /// The frame.
    pub page: &'a Page,
}
