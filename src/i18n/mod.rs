//! Texts for citizens in Belarusian, Ukrainian, Russian and English. Every refusal code has a message that says what
//! was refused and, in its `.next` attribute, what to do.

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use std::fmt;
use std::sync::LazyLock;
use unic_langid::LanguageIdentifier;

/// A language Brama speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Language {
    /// Belarusian.
    Be,
    /// Ukrainian.
    Uk,
    /// Russian.
    Ru,
    /// English.
    En,
}

/// The most entries of a preference list that are looked at.
const MAX_PREFERENCES: usize = 16;

impl Language {
    /// All of them, in the order the switch shows.
    pub const ALL: [Self; 4] = [Self::Be, Self::Uk, Self::Ru, Self::En];

    /// The BCP 47 tag.
    pub const fn tag(self) -> &'static str {
        match self {
            Self::Be => "be",
            Self::Uk => "uk",
            Self::Ru => "ru",
            Self::En => "en",
        }
    }

    /// The language's name in itself.
    pub const fn own_name(self) -> &'static str {
        match self {
            Self::Be => "Беларуская",
            Self::Uk => "Українська",
            Self::Ru => "Русский",
            Self::En => "English",
        }
    }

    /// Reads a tag; only the primary subtag counts (`be-tarask` is Belarusian).
    pub fn parse(tag: &str) -> Option<Self> {
        let primary = tag.split(['-', '_']).next()?;
        Self::ALL.into_iter().find(|language| language.tag().eq_ignore_ascii_case(primary))
    }

    /// The first language of a preference list that Brama speaks, else English.
    pub fn negotiate<S: AsRef<str>>(preferred: &[S]) -> Self {
        preferred.iter().take(MAX_PREFERENCES).find_map(|tag| Self::parse(tag.as_ref().trim())).unwrap_or(Self::En)
    }

    /// Reads an `Accept-Language` header (RFC 9110 section 12.5.4) by its weights.
    pub fn from_accept_language(header: &str) -> Self {
        let mut weighted: Vec<(u32, &str)> = header
            .split(',')
            .take(MAX_PREFERENCES)
            .filter_map(|item| {
                let (tag, parameters) = item.split_once(';').unwrap_or((item, ""));
                let weight = match parameters.trim().strip_prefix("q=") {
                    Some(weight) => weight.trim().parse::<f32>().ok()?,
                    None => 1.0,
                };
                (weight > 0.0 && weight <= 1.0).then_some(((weight * 1000.0) as u32, tag.trim()))
            })
            .collect();
        // A stable sort: equals stay in the order they were sent.
        weighted.sort_by_key(|(weight, _)| std::cmp::Reverse(*weight));
        let tags: Vec<&str> = weighted.into_iter().map(|(_, tag)| tag).collect();
        Self::negotiate(&tags)
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.tag())
    }
}

/// An argument of a message.
#[derive(Clone, Copy, Debug)]
pub enum Value<'a> {
    /// Text, put in as it is; the caller escapes and strips.
    Text(&'a str),
    /// A number; it chooses the plural form.
    Number(i64),
}

struct Bundles([FluentBundle<FluentResource>; 4]);

static BUNDLES: LazyLock<Bundles> = LazyLock::new(|| {
    Bundles([
        bundle("be", include_str!("be.ftl")),
        bundle("uk", include_str!("uk.ftl")),
        bundle("ru", include_str!("ru.ftl")),
        bundle("en", include_str!("en.ftl")),
    ])
});

fn bundle(tag: &str, source: &str) -> FluentBundle<FluentResource> {
    // The tag decides the plural rules; all four are well-formed, so the default is never taken.
    let language: LanguageIdentifier = tag.parse().unwrap_or_default();
    let mut bundle = FluentBundle::new_concurrent(vec![language]);
    // The isolation marks would end up in terminals and assertions; no language here is written right to left, and
    // text from outside is stripped of bidirectional controls where it comes in.
    bundle.set_use_isolating(false);
    let resource = FluentResource::try_new(source.to_owned()).unwrap_or_else(|(resource, _)| resource);
    bundle.add_resource_overriding(resource);
    bundle
}

fn lookup(language: Language, key: &str, attribute: Option<&str>, arguments: &[(&str, Value<'_>)]) -> Option<String> {
    let place = Language::ALL.into_iter().position(|known| known == language)?;
    let bundle = BUNDLES.0.get(place)?;
    let message = bundle.get_message(key)?;
    let pattern = match attribute {
        Some(name) => message.get_attribute(name)?.value(),
        None => message.value()?,
    };
    let mut fluent_arguments = FluentArgs::new();
    for (name, value) in arguments {
        match value {
            Value::Text(text) => fluent_arguments.set(*name, FluentValue::from(*text)),
            Value::Number(number) => fluent_arguments.set(*name, FluentValue::from(*number)),
        }
    }
    let mut errors = Vec::new();
    let text = bundle.format_pattern(pattern, Some(&fluent_arguments), &mut errors).into_owned();
    Some(text)
}

/// The message of a key. A key that is missing comes back in brackets: a test walks all keys in all languages.
pub fn text(language: Language, key: &str, arguments: &[(&str, Value<'_>)]) -> String {
    lookup(language, key, None, arguments).unwrap_or_else(|| format!("[{key}]"))
}

/// What a refusal code says to the citizen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Advice {
    /// What was refused.
    pub what: String,
    /// What to do next.
    pub next: String,
}

/// The advice for a refusal code; a code this version does not know gets the general advice.
pub fn advice(language: Language, code: &str, arguments: &[(&str, Value<'_>)]) -> Advice {
    let known = |code: &str| {
        let key = format!("refused-{code}");
        Some(Advice {
            what: lookup(language, &key, None, arguments)?,
            next: lookup(language, &key, Some("next"), arguments)?,
        })
    };
    known(code)
        .or_else(|| known("unknown"))
        .unwrap_or_else(|| Advice { what: format!("[{code}]"), next: String::new() })
}

/// Whether a refusal code has a message with advice in a language.
pub fn has_advice(language: Language, code: &str) -> bool {
    let key = format!("refused-{code}");
    lookup(language, &key, None, &[]).is_some() && lookup(language, &key, Some("next"), &[]).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    const SOURCES: [(Language, &str); 4] = [
        (Language::Be, include_str!("be.ftl")),
        (Language::Uk, include_str!("uk.ftl")),
        (Language::Ru, include_str!("ru.ftl")),
        (Language::En, include_str!("en.ftl")),
    ];

    /// Message names, and attribute names below them, of a source text.
    fn keys(source: &str) -> Vec<String> {
        let mut message = "";
        source
            .lines()
            .filter_map(|line| {
                let name = line.split_once('=')?.0.trim_end();
                if line.starts_with(|first: char| first.is_ascii_alphabetic()) {
                    message = name;
                    Some(name.to_owned())
                } else {
                    name.trim_start().strip_prefix('.').map(|attribute| format!("{message}.{attribute}"))
                }
            })
            .collect()
    }

    #[test]
    fn the_sources_parse_and_no_key_is_given_twice() {
        for (language, source) in SOURCES {
            let parsed = FluentResource::try_new(source.to_owned());
            assert!(parsed.is_ok(), "{language}: {:?}", parsed.err().map(|(_, errors)| errors));
            let all = keys(source);
            let unique: BTreeSet<_> = all.iter().collect();
            let mut seen = BTreeSet::new();
            let twice: Vec<_> = all.iter().filter(|key| !seen.insert(*key)).collect();
            assert_eq!(unique.len(), all.len(), "{language} says twice: {twice:?}");
        }
    }

    #[test]
    fn all_languages_say_the_same_things() {
        let english: BTreeSet<_> = keys(SOURCES[3].1).into_iter().collect();
        assert!(english.len() > 20);
        for (language, source) in SOURCES {
            let own: BTreeSet<_> = keys(source).into_iter().collect();
            let missing: Vec<_> = english.difference(&own).collect();
            let extra: Vec<_> = own.difference(&english).collect();
            assert!(missing.is_empty() && extra.is_empty(), "{language}: missing {missing:?}, extra {extra:?}");
        }
    }

    #[test]
    fn every_language_uses_the_same_arguments() {
        fn arguments(source: &str) -> BTreeSet<(String, String)> {
            let mut message = String::new();
            let mut all = BTreeSet::new();
            for line in source.lines() {
                if line.starts_with(|first: char| first.is_ascii_alphabetic()) {
                    message = line.split('=').next().unwrap_or_default().trim().to_owned();
                }
                for part in line.split("{").skip(1) {
                    if let Some(name) = part.trim_start().strip_prefix('$') {
                        let name = name.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').next();
                        all.insert((message.clone(), name.unwrap_or_default().to_owned()));
                    }
                }
            }
            all
        }
        let english = arguments(SOURCES[3].1);
        for (language, source) in SOURCES {
            assert_eq!(arguments(source), english, "{language}");
        }
    }

    #[test]
    fn every_refusal_says_what_to_do() {
        for (language, source) in SOURCES {
            let all = keys(source);
            for key in all.iter().filter(|key| key.starts_with("refused-") && !key.contains('.')) {
                assert!(all.contains(&format!("{key}.next")), "{language}: {key} has no .next");
            }
        }
    }

    #[test]
    fn plurals_are_slavic() {
        let tries = |language, count| text(language, "tries-left", &[("count", Value::Number(count))]);
        assert_eq!(tries(Language::Be, 1), "Засталася 1 спроба");
        assert_eq!(tries(Language::Be, 3), "Засталося 3 спробы");
        assert_eq!(tries(Language::Be, 5), "Засталося 5 спроб");
        assert_eq!(tries(Language::Uk, 2), "Залишилося 2 спроби");
        assert_eq!(tries(Language::Ru, 2), "Осталось 2 попытки");
        assert_eq!(tries(Language::En, 1), "1 try left");
        assert_eq!(tries(Language::En, 2), "2 tries left");
    }

    #[test]
    fn languages_are_negotiated() {
        assert_eq!(Language::from_accept_language("be-BY,be;q=0.9,ru;q=0.8"), Language::Be);
        assert_eq!(Language::from_accept_language("fr,ru;q=0.2,uk;q=0.7"), Language::Uk);
        assert_eq!(Language::from_accept_language("fr-FR"), Language::En);
        assert_eq!(Language::from_accept_language("uk;q=0, ru;q=nan, en"), Language::En);
        assert_eq!(Language::negotiate(&["xx", "RU_ru"]), Language::Ru);
    }

    /// Codes that end in front of the operator, or that pages replace by `internal`.
    #[cfg(all(feature = "agent", feature = "gateway"))]
    #[test]
    fn every_code_has_advice_in_every_language() {
        let of_the_login = [
            crate::authn::Error::CODES,
            crate::assurance::Error::CODES,
            crate::pki::Error::CODES,
            crate::gateway::login::Error::CODES,
            crate::oidc::Error::CODES,
        ];
        let of_the_agent = [crate::card::Error::CODES, crate::agent::session::Error::CODES];
        let replaced = ["portal_corrupt"];
        let mut missing = Vec::new();
        for code in of_the_login.iter().chain(&of_the_agent).flat_map(|codes| codes.iter()) {
            for language in Language::ALL {
                if !replaced.contains(code) && !has_advice(language, code) {
                    missing.push(format!("{language} {code}"));
                }
            }
        }
        assert!(missing.is_empty(), "no advice for {missing:#?}");
    }

    #[test]
    fn an_unknown_code_still_gets_advice() {
        let said = advice(Language::En, "from_the_future", &[]);
        assert!(!said.what.starts_with('[') && !said.next.is_empty());
    }
}
