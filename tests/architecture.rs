//! The walls of the house: a module names only modules above it in the table of `src/lib.rs`, and the two programs'
//! sides do not name each other.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// From the top: each may name those before it.
const LAYERS: [&str; 20] = [
    "clock",
    "rng",
    "secret",
    "text",
    "pki",
    "jose",
    "authn",
    "assurance",
    "config",
    "i18n",
    "client",
    "telemetry",
    "hardening",
    "card",
    "agent",
    "store",
    "fetch",
    "trust",
    "serve",
    "oidc",
];
const LAST: &str = "gateway";
const CORE: [&str; 8] = ["clock", "rng", "secret", "text", "pki", "jose", "authn", "assurance"];
const AGENT: [&str; 2] = ["card", "agent"];
const GATEWAY: [&str; 6] = ["store", "fetch", "trust", "serve", "oidc", "gateway"];

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder).expect("the folder is there").flatten() {
        let path = entry.path();
        if path.is_dir() {
            all.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            all.push(path);
        }
    }
    all
}

/// The top-level modules a file names, its tests aside.
fn named(text: &str) -> BTreeSet<String> {
    let text = text.split("#[cfg(test)]").next().unwrap_or_default();
    let mut found = BTreeSet::new();
    for line in text.lines().filter(|line| !line.trim_start().starts_with("//")) {
        for part in line.split("crate::").skip(1) {
            if let Some(list) = part.strip_prefix('{') {
                found.extend(list.split([',', '}']).filter_map(first_word));
            } else {
                found.extend(first_word(part));
            }
        }
    }
    found
}

fn first_word(text: &str) -> Option<String> {
    let word: String =
        text.trim().chars().take_while(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || *c == '_').collect();
    (!word.is_empty()).then_some(word)
}

fn each_source(mut check: impl FnMut(&str, &Path, &BTreeSet<String>)) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut count = 0;
    for path in sources(&root) {
        let inside = path.strip_prefix(&root).expect("is inside").to_owned();
        let module = inside.iter().next().and_then(|part| part.to_str()).unwrap_or_default();
        let module = module.trim_end_matches(".rs").to_owned();
        if module == "bin" || module == "lib" {
            continue;
        }
        count += 1;
        check(&module, &inside, &named(&fs::read_to_string(&path).expect("a source reads")));
    }
    assert!(count > 50, "only {count} sources were looked at");
}

#[test]
fn modules_name_only_those_above_them() {
    let place = |module: &str| LAYERS.iter().position(|layer| *layer == module);
    let mut wrong = Vec::new();
    each_source(|module, path, names| {
        let own = if module == LAST { LAYERS.len() } else { place(module).unwrap_or_else(|| panic!("{module}?")) };
        for name in names.iter().filter(|name| *name != module) {
            match place(name) {
                Some(theirs) if theirs < own => {}
                _ => wrong.push(format!("{} names {name}", path.display())),
            }
        }
    });
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_two_sides_do_not_know_each_other_and_the_core_knows_neither() {
    each_source(|module, path, names| {
        let forbidden = |side: &[&str]| {
            let crossed: Vec<_> = names.iter().filter(|name| side.contains(&name.as_str())).collect();
            assert!(crossed.is_empty(), "{} names {crossed:?}", path.display());
        };
        if AGENT.contains(&module) {
            forbidden(&GATEWAY);
        }
        if GATEWAY.contains(&module) {
            forbidden(&AGENT);
        }
        if CORE.contains(&module) {
            forbidden(&["config", "i18n", "client", "telemetry"]);
        }
    });
}

#[test]
fn the_protocol_never_names_the_web_framework() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for folder in ["pki", "jose", "authn", "assurance", "store", "oidc", "card", "agent"] {
        for path in sources(&root.join(folder)) {
            let text = fs::read_to_string(&path).expect("a source reads");
            let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
            assert!(!code.clone().any(|line| line.contains("axum")), "{} names axum", path.display());
        }
    }
}

#[test]
fn nothing_outside_the_seams_reads_clock_or_randomness() {
    each_source(|_, path, _| {
        let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(path)).expect("reads");
        // An exception carries its reason where it stands; clippy wants it there.
        let inside = text.contains("#[expect(clippy::disallowed_methods");
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        for way_round in ["SystemTime::now", "SystemRandom::new", "rand::random"] {
            assert!(inside || !code.contains(way_round), "{} goes round a seam: {way_round}", path.display());
        }
    });
}
