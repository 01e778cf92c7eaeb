//! The folder of CA families: `certs/<family>/` with `issuer.toml`, `anchors/`, `intermediates/` and `crls/`.
//!
//! Either the whole folder loads or nothing of it does: half a trust list would refuse citizens for no reason they could
//! be told. Versions of the list, its history and its audit will stand beside this.

mod error;

pub use error::{Error, FieldProblem, Warning};

use crate::pki::trust::Meaning;
use crate::pki::{Certificate, Crl, Issuer, IssuerRules, MAX_CRL, TrustList};
use data_encoding::BASE64;
use std::collections::HashMap;
use std::fs;
use std::io::Read;
use std::path::{Component, Path, PathBuf};

/// The most bytes of rules or of a bundle of certificates.
const MAX_FILE: u64 = 1024 * 1024;
/// The most bytes of a file with a list: PEM is a third longer than DER.
const MAX_CRL_FILE: u64 = MAX_CRL as u64 / 2 * 3;

/// A trust list and what to look at.
#[derive(Debug)]
pub struct Loaded {
    /// The families.
    pub list: TrustList,
    /// What to look at.
    pub warnings: Vec<Warning>,
}

/// Loads a folder of families. Files at its top, such as a README, are no families and are passed over, as is all that
/// begins with a dot.
pub fn load(folder: &Path) -> Result<Loaded, Error> {
    let mut warnings = Vec::new();
    let mut families = Vec::new();
    // By fingerprint and purpose: where an anchor stood first.
    let mut anchors = HashMap::new();
    for path in entries(folder)? {
        if !path.is_dir() {
            continue;
        }
        let (family, anchor_files) = load_family(&path, &mut warnings)?;
        for (file, anchor) in anchor_files {
            let known = anchors.insert((anchor.fingerprint(), family.rules.purpose), family.id.clone());
            if let Some(other) = known.filter(|other| *other != family.id) {
                return Err(Error::AnchorTwice { path: file, family: other });
            }
        }
        families.push(family);
    }
    if families.is_empty() {
        warnings.push(Warning::NothingTrusted { path: folder.to_owned() });
    }
    Ok(Loaded { list: TrustList::new(families), warnings })
}

type Files<T> = Vec<(PathBuf, T)>;

fn load_family(folder: &Path, warnings: &mut Vec<Warning>) -> Result<(Issuer, Files<Certificate>), Error> {
    let id = folder.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_.".contains(&byte);
    if id.is_empty() || id.len() > 64 || !id.bytes().all(plain) {
        return Err(Error::FamilyName { path: folder.to_owned() });
    }
    let rules_path = folder.join("issuer.toml");
    if !rules_path.is_file() {
        return Err(Error::RulesMissing { path: rules_path });
    }
    let text = String::from_utf8(read(&rules_path, MAX_FILE)?);
    let text = text.map_err(|_| Error::Encoding { path: rules_path.clone(), expected: "text file in UTF-8" })?;
    let rules: IssuerRules = toml::from_str(&text)
        .map_err(|error| Error::Rules { path: rules_path.clone(), message: error.to_string().trim_end().to_owned() })?;
    check_rules(&rules, &rules_path)?;

    let anchor_folder = folder.join("anchors");
    let anchors = certificates(&anchor_folder, warnings)?;
    if anchors.is_empty() {
        return Err(Error::NoAnchors { path: anchor_folder });
    }
    let intermediates = certificates(&folder.join("intermediates"), warnings)?;
    for (path, certificate) in anchors.iter().chain(&intermediates) {
        if let Some(weakness) = certificate.public_key().weakness() {
            warnings.push(Warning::WeakKey { path: path.clone(), weakness });
        }
    }
    let without_flag = |(_, one): &&(PathBuf, Certificate)| !one.is_ca();
    // An anchor of version 1 has nothing to say so with.
    let spoken = |(_, one): &&(PathBuf, Certificate)| one.basic_constraints().is_some_and(|known| !known.ca);
    for (path, _) in intermediates.iter().filter(without_flag).chain(anchors.iter().filter(spoken)) {
        warnings.push(Warning::NotAuthority { path: path.clone() });
    }

    let crls = lists(folder, &rules, &rules_path, warnings)?;
    for (path, crl) in &crls {
        if !anchors.iter().chain(&intermediates).any(|(_, one)| one.subject() == crl.issuer()) {
            warnings.push(Warning::ForeignList { path: path.clone(), issuer: crl.issuer().to_string() });
        }
    }
    if rules.revocation.required && crls.is_empty() && rules.revocation.urls().next().is_none() {
        warnings.push(Warning::NoLists { path: rules_path });
    }
    let issuer = Issuer {
        id,
        rules,
        anchors: anchors.iter().map(|(_, one)| one.clone()).collect(),
        intermediates: intermediates.into_iter().map(|(_, one)| one).collect(),
        crls: crls.into_iter().map(|(_, one)| one).collect(),
    };
    Ok((issuer, anchors))
}

/// What serde cannot see in one field alone.
fn check_rules(rules: &IssuerRules, path: &Path) -> Result<(), Error> {
    let refuse = |field, problem| Err(Error::Field { path: path.to_owned(), field, problem });
    if rules.extended_key_usage.is_empty() {
        return refuse("extended_key_usage", FieldProblem::NothingAccepted);
    }
    let mut seen = Vec::new();
    for policy in &rules.policies {
        if seen.contains(&&policy.oid) {
            return refuse("policy", FieldProblem::PolicyTwice);
        }
        seen.push(&policy.oid);
    }
    for (field, list) in [("person", &rules.person), ("organisation", &rules.organisation)] {
        for rule in list {
            let Meaning::Fixed { scheme, country } = &rule.meaning else { continue };
            if !rules.schemes.contains(scheme) || !rules.countries.contains(country) {
                return refuse(field, FieldProblem::NotAllowed);
            }
        }
    }
    if rules.revocation.urls().any(|url| !url.starts_with("http://") && !url.starts_with("https://")) {
        return refuse("revocation.crls", FieldProblem::Address);
    }
    let outside = |entry: &str| !Path::new(entry).components().all(|part| matches!(part, Component::Normal(_)));
    if rules.revocation.files().any(outside) {
        return refuse("revocation.crls", FieldProblem::OutsideFolder);
    }
    Ok(())
}

/// The certificates of a folder; none when there is no such folder.
fn certificates(folder: &Path, warnings: &mut Vec<Warning>) -> Result<Files<Certificate>, Error> {
    let mut found: Files<Certificate> = Vec::new();
    if !folder.exists() {
        return Ok(found);
    }
    for path in entries(folder)? {
        if !has_extension(&path, &["pem", "crt", "cer", "der"]) {
            warnings.push(Warning::Ignored { path });
            continue;
        }
        for der in objects(&path, MAX_FILE, "CERTIFICATE", "certificate")? {
            let certificate =
                Certificate::from_der(&der).map_err(|source| Error::Certificate { path: path.clone(), source })?;
            if !found.iter().any(|(_, known)| *known == certificate) {
                found.push((path.clone(), certificate));
            }
        }
    }
    Ok(found)
}

/// The lists of the family's `crls` folder, and the files its rules name besides.
fn lists(
    folder: &Path,
    rules: &IssuerRules,
    rules_path: &Path,
    warnings: &mut Vec<Warning>,
) -> Result<Files<Crl>, Error> {
    let list_folder = folder.join("crls");
    let mut files: Vec<PathBuf> = Vec::new();
    if list_folder.exists() {
        for path in entries(&list_folder)? {
            if has_extension(&path, &["crl", "pem", "der"]) {
                files.push(path);
            } else {
                warnings.push(Warning::Ignored { path });
            }
        }
    }
    for entry in rules.revocation.files() {
        let path = folder.join(entry);
        if !path.is_file() {
            let problem = std::io::Error::new(
                std::io::ErrorKind::NotFound,
                format!("no such file; {} names it in revocation.crls", rules_path.display()),
            );
            return Err(Error::Unreadable { path, source: problem });
        }
        if !files.contains(&path) {
            files.push(path);
        }
    }
    let mut found = Vec::new();
    for path in files {
        for der in objects(&path, MAX_CRL_FILE, "X509 CRL", "revocation list")? {
            let crl = Crl::from_vec(der).map_err(|source| Error::Crl { path: path.clone(), source })?;
            found.push((path.clone(), crl));
        }
    }
    Ok(found)
}

/// The entries of a folder in the order of their names, so that every start finds the same; dotfiles left out.
fn entries(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let unreadable = |source| Error::Unreadable { path: folder.to_owned(), source };
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        if !entry.file_name().as_encoded_bytes().starts_with(b".") {
            found.push(entry.path());
        }
    }
    found.sort();
    Ok(found)
}

fn has_extension(path: &Path, extensions: &[&str]) -> bool {
    let own = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    extensions.iter().any(|known| own.eq_ignore_ascii_case(known)) && path.is_file()
}

fn read(path: &Path, limit: u64) -> Result<Vec<u8>, Error> {
    let unreadable = |source| Error::Unreadable { path: path.to_owned(), source };
    let file = fs::File::open(path).map_err(unreadable)?;
    let length = file.metadata().map_err(unreadable)?.len();
    let mut bytes = Vec::new();
    // One byte more tells a file that grew meanwhile from one that fits.
    file.take(limit + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > limit {
        return Err(Error::TooLarge { path: path.to_owned(), length, limit });
    }
    Ok(bytes)
}

/// The DER objects of a file: one in DER, or all PEM blocks of a label.
fn objects(path: &Path, limit: u64, label: &str, expected: &'static str) -> Result<Vec<Vec<u8>>, Error> {
    let bytes = read(path, limit)?;
    if bytes.first() == Some(&0x30) {
        return Ok(vec![bytes]);
    }
    let refuse = || Error::Encoding { path: path.to_owned(), expected };
    let text = std::str::from_utf8(&bytes).map_err(|_| refuse())?;
    let mut found = Vec::new();
    let mut rest = text;
    while let Some((_, after)) = rest.split_once("-----BEGIN ") {
        let (own_label, body) = after.split_once("-----").ok_or_else(refuse)?;
        if own_label.contains("PRIVATE KEY") {
            return Err(Error::PrivateKey { path: path.to_owned() });
        }
        let (base64, after) = body.split_once(&format!("-----END {own_label}-----")).ok_or_else(refuse)?;
        if own_label != label {
            return Err(refuse());
        }
        let base64: Vec<u8> = base64.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
        found.push(BASE64.decode(&base64).map_err(|_| refuse())?);
        rest = after;
    }
    if found.is_empty() { Err(refuse()) } else { Ok(found) }
}
