//! What an operator trusts: CA families and the rules they come with. Files are read elsewhere.

use super::oid::known;
use super::{Certificate, Crl, Name, Oid};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

/// What the certificates of a CA family are trusted for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Purpose {
    /// Signing people in.
    Citizen,
    /// Naming a portal to the gateway.
    PortalClient,
    /// Signing OCSP responses for other CAs.
    Responder,
}

impl fmt::Display for Purpose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Citizen => "citizen",
            Self::PortalClient => "portal-client",
            Self::Responder => "responder",
        })
    }
}

/// A rule whose text cannot be read; the message says what to write.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum RuleError {
    #[error(
        "`{0}` is not an attribute: write an object identifier such as 2.5.4.5, or extension:OID, or directory:OID"
    )]
    Source(String),
    #[error("`{0}` is not a duration: write a whole number and s, m, h or d, for example 36h")]
    Duration(String),
    #[error("`{0}` is not a country: write two capital letters, for example BY")]
    Country(String),
    #[error("`{0}` is not an identifier scheme: write small letters, digits and hyphens, for example personal-number")]
    Scheme(String),
    #[error("name the place of the number by exactly one of `attribute`, `extension` and `directory`")]
    IdentityPlace,
    #[error("say what the number is: either `semantics = \"etsi\"`, or both `scheme` and `country`")]
    IdentityMeaning,
    #[error("`{0}` is neither \"absent\" nor an object identifier such as 1.3.6.1.5.5.7.3.2")]
    Usage(String),
    #[error("{0} is not on the scale: proofing and key go from 0 to 3")]
    Scale(u8),
}

macro_rules! through_text {
    ($name:ident) => {
        impl TryFrom<String> for $name {
            type Error = RuleError;

            fn try_from(text: String) -> Result<Self, RuleError> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(value: $name) -> Self {
                value.to_string()
            }
        }
    };
}

/// Where in a certificate a text stands: `2.5.4.5` in the subject, `extension:OID`, or `directory:OID` in
/// subjectDirectoryAttributes.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Source {
    /// An attribute of the subject's name.
    Attribute(Oid),
    /// An extension whose value is a string.
    Extension(Oid),
    /// An attribute of subjectDirectoryAttributes.
    Directory(Oid),
}

impl Source {
    /// All texts a certificate has there; empty ones are left out.
    pub fn read(&self, certificate: &Certificate) -> Vec<String> {
        let mut found: Vec<String> = match self {
            Self::Attribute(oid) => certificate.subject().all(oid).map(str::to_owned).collect(),
            Self::Extension(oid) => certificate.extension_text(oid).into_iter().collect(),
            Self::Directory(oid) => {
                let all = certificate.directory_attributes();
                all.into_iter().filter(|one| one.oid == *oid).map(|one| one.value).collect()
            }
        };
        found.retain(|text| !text.trim().is_empty());
        found
    }
}

impl FromStr for Source {
    type Err = RuleError;

    fn from_str(text: &str) -> Result<Self, RuleError> {
        let (make, oid): (fn(Oid) -> Self, &str) = match text.split_once(':') {
            None => (Self::Attribute, text),
            Some(("extension", oid)) => (Self::Extension, oid),
            Some(("directory", oid)) => (Self::Directory, oid),
            Some(_) => return Err(RuleError::Source(text.to_owned())),
        };
        oid.parse().map(make).map_err(|_| RuleError::Source(text.to_owned()))
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Attribute(oid) => write!(f, "{oid}"),
            Self::Extension(oid) => write!(f, "extension:{oid}"),
            Self::Directory(oid) => write!(f, "directory:{oid}"),
        }
    }
}

through_text!(Source);

/// ISO 3166-1 alpha-2, upper case.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Country(String);

impl Country {
    /// The two letters.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Country {
    type Err = RuleError;

    fn from_str(text: &str) -> Result<Self, RuleError> {
        let fits = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_uppercase());
        fits.then(|| Self(text.to_owned())).ok_or_else(|| RuleError::Country(text.to_owned()))
    }
}

impl fmt::Display for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

through_text!(Country);

/// What kind of number an identifier is, for example `personal-number`, `tax`, `company-register`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SchemeName(String);

impl SchemeName {
    /// The word.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for SchemeName {
    type Err = RuleError;

    fn from_str(text: &str) -> Result<Self, RuleError> {
        let plain = text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
        let fits = (1..=40).contains(&text.len()) && plain;
        fits.then(|| Self(text.to_owned())).ok_or_else(|| RuleError::Scheme(text.to_owned()))
    }
}

impl fmt::Display for SchemeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

through_text!(SchemeName);

/// A length of time in a rules file: `0s`, `90m`, `36h`, `7d`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Span(pub Duration);

impl FromStr for Span {
    type Err = RuleError;

    fn from_str(text: &str) -> Result<Self, RuleError> {
        let refuse = || RuleError::Duration(text.to_owned());
        let (number, unit) = text.split_at_checked(text.len().saturating_sub(1)).ok_or_else(refuse)?;
        let unit: u64 = match unit {
            "s" => 1,
            "m" => 60,
            "h" => 3600,
            "d" => 86_400,
            _ => return Err(refuse()),
        };
        let plain = (1..=9).contains(&number.len()) && number.bytes().all(|byte| byte.is_ascii_digit());
        let number: u64 = number.parse().ok().filter(|_| plain).ok_or_else(refuse)?;
        Ok(Self(Duration::from_secs(number * unit)))
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}s", self.0.as_secs())
    }
}

through_text!(Span);

/// A number on the scales P and K, 0 to 3.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub struct Grade(u8);

impl TryFrom<u8> for Grade {
    type Error = RuleError;

    fn try_from(number: u8) -> Result<Self, RuleError> {
        if number <= 3 { Ok(Self(number)) } else { Err(RuleError::Scale(number)) }
    }
}

impl From<Grade> for u8 {
    fn from(grade: Grade) -> Self {
        grade.0
    }
}

/// What a certificate is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Worth {
    /// P: how the person was identified.
    pub proofing: Grade,
    /// K: what proves it is her.
    pub key: Grade,
}

impl Default for Worth {
    /// Nobody identified the person; the key is in a file.
    fn default() -> Self {
        Self { proofing: Grade(0), key: Grade(1) }
    }
}

/// What a certificate is worth that carries a policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PolicyRule {
    /// The policy.
    pub oid: Oid,
    /// P.
    pub proofing: Grade,
    /// K.
    pub key: Grade,
}

/// What a number found in a certificate is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Meaning {
    /// ETSI EN 319 412-1 section 5: the value names type and country itself, as in `PNOBY-...`.
    Etsi,
    /// The same for every certificate of the family.
    Fixed {
        /// What kind of number.
        scheme: SchemeName,
        /// Of which country.
        country: Country,
    },
}

/// Where a number of a person or organisation stands and what it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "IdentityFile", into = "IdentityFile")]
pub struct IdentityRule {
    /// Where it stands.
    pub source: Source,
    /// What it is.
    pub meaning: Meaning,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Semantics {
    Etsi,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct IdentityFile {
    #[serde(skip_serializing_if = "Option::is_none")]
    attribute: Option<Oid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    extension: Option<Oid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    directory: Option<Oid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    semantics: Option<Semantics>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scheme: Option<SchemeName>,
    #[serde(skip_serializing_if = "Option::is_none")]
    country: Option<Country>,
}

impl TryFrom<IdentityFile> for IdentityRule {
    type Error = RuleError;

    fn try_from(file: IdentityFile) -> Result<Self, RuleError> {
        let source = match (file.attribute, file.extension, file.directory) {
            (Some(oid), None, None) => Source::Attribute(oid),
            (None, Some(oid), None) => Source::Extension(oid),
            (None, None, Some(oid)) => Source::Directory(oid),
            _ => return Err(RuleError::IdentityPlace),
        };
        let meaning = match (file.semantics, file.scheme, file.country) {
            (Some(Semantics::Etsi), None, None) => Meaning::Etsi,
            (None, Some(scheme), Some(country)) => Meaning::Fixed { scheme, country },
            _ => return Err(RuleError::IdentityMeaning),
        };
        Ok(Self { source, meaning })
    }
}

impl From<IdentityRule> for IdentityFile {
    fn from(rule: IdentityRule) -> Self {
        let mut file =
            Self { attribute: None, extension: None, directory: None, semantics: None, scheme: None, country: None };
        match rule.source {
            Source::Attribute(oid) => file.attribute = Some(oid),
            Source::Extension(oid) => file.extension = Some(oid),
            Source::Directory(oid) => file.directory = Some(oid),
        }
        match rule.meaning {
            Meaning::Etsi => file.semantics = Some(Semantics::Etsi),
            Meaning::Fixed { scheme, country } => (file.scheme, file.country) = (Some(scheme), Some(country)),
        }
        file
    }
}

/// Where names stand. What is left out is taken from where RFC 5280 has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct NameRules {
    /// What to call the person.
    pub display: Source,
    /// Family name.
    pub family: Source,
    /// Given name or names.
    pub given: Source,
    /// Patronymic; there is no usual place.
    pub middle: Option<Source>,
    /// The organisation's name.
    pub organisation: Source,
    /// The person's position there.
    pub position: Source,
}

impl Default for NameRules {
    fn default() -> Self {
        Self {
            display: Source::Attribute(known::COMMON_NAME),
            family: Source::Attribute(known::SURNAME),
            given: Source::Attribute(known::GIVEN_NAME),
            middle: None,
            organisation: Source::Attribute(known::ORGANIZATION),
            position: Source::Attribute(known::TITLE),
        }
    }
}

/// One accepted state of extKeyUsage in a leaf.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum UsageRule {
    /// The extension is absent.
    Absent,
    /// The extension names this.
    Named(Oid),
}

impl FromStr for UsageRule {
    type Err = RuleError;

    fn from_str(text: &str) -> Result<Self, RuleError> {
        match text {
            "absent" => Ok(Self::Absent),
            _ => text.parse().map(Self::Named).map_err(|_| RuleError::Usage(text.to_owned())),
        }
    }
}

impl fmt::Display for UsageRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absent => f.write_str("absent"),
            Self::Named(oid) => write!(f, "{oid}"),
        }
    }
}

through_text!(UsageRule);

/// How the status of the family's certificates is known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RevocationRules {
    /// Whether every certificate below the anchor needs a list. Without one it passes only when this is false, and
    /// then with a status that has no freshness.
    pub required: bool,
    /// Addresses of lists, and files relative to the family's folder.
    pub crls: Vec<String>,
    /// How long past its nextUpdate a list is still used. It lends a list no freshness.
    pub max_staleness: Span,
}

impl Default for RevocationRules {
    fn default() -> Self {
        Self { required: true, crls: Vec::new(), max_staleness: Span::default() }
    }
}

impl RevocationRules {
    /// The entries that are addresses.
    pub fn urls(&self) -> impl Iterator<Item = &str> {
        self.crls.iter().map(String::as_str).filter(|entry| is_url(entry))
    }

    /// The entries that are files.
    pub fn files(&self) -> impl Iterator<Item = &str> {
        self.crls.iter().map(String::as_str).filter(|entry| !is_url(entry))
    }
}

fn is_url(entry: &str) -> bool {
    entry.contains("://")
}

/// A name in one language for all, or by language tag.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged, expecting = "a text, or a table of texts by language such as { en = \"...\", be = \"...\" }")]
pub enum Title {
    /// The same in every language.
    One(String),
    /// By BCP 47 tag.
    Each(BTreeMap<String, String>),
}

impl Title {
    /// The name for a language; else the English one; else any.
    pub fn for_language(&self, tag: &str) -> &str {
        match self {
            Self::One(name) => name,
            Self::Each(names) => {
                let any = || names.values().next();
                names.get(tag).or_else(|| names.get("en")).or_else(any).map_or("", String::as_str)
            }
        }
    }
}

/// `issuer.toml`: what the certificates of a CA family are worth.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IssuerRules {
    /// What people call the CA.
    pub name: Title,
    /// What its certificates are trusted for.
    pub purpose: Purpose,
    /// The countries whose identifiers it may assert.
    #[serde(default)]
    pub countries: Vec<Country>,
    /// The identifier schemes it may assert.
    #[serde(default)]
    pub schemes: Vec<SchemeName>,
    /// What extKeyUsage may be in a leaf.
    #[serde(default = "usual_extended_key_usage")]
    pub extended_key_usage: Vec<UsageRule>,
    /// Whether the statement QcSSCD (0.4.0.1862.1.4) counts as K3.
    #[serde(default)]
    pub qscd_statement: bool,
    /// What a certificate without a listed policy is worth.
    #[serde(default)]
    pub default: Worth,
    /// What certificates with these policies are worth.
    #[serde(default, rename = "policy")]
    pub policies: Vec<PolicyRule>,
    /// The person's numbers, the strongest first.
    #[serde(default)]
    pub person: Vec<IdentityRule>,
    /// The organisation's numbers, the strongest first.
    #[serde(default)]
    pub organisation: Vec<IdentityRule>,
    /// Where names stand.
    #[serde(default)]
    pub names: NameRules,
    /// How status is known.
    #[serde(default)]
    pub revocation: RevocationRules,
}

fn usual_extended_key_usage() -> Vec<UsageRule> {
    vec![UsageRule::Absent, UsageRule::Named(known::CLIENT_AUTH)]
}

/// A CA family: its anchors, what else belongs to it, and its rules.
#[derive(Clone, Debug)]
pub struct Issuer {
    /// The folder's name.
    pub id: String,
    /// What its certificates are worth.
    pub rules: IssuerRules,
    /// What is trusted.
    pub anchors: Vec<Certificate>,
    /// What helps to reach an anchor of this family, and of no other; trusted for nothing.
    pub intermediates: Vec<Certificate>,
    /// Lists that came with the folder; not verified.
    pub crls: Vec<Crl>,
}

/// All families, found by name. It does not change; a new list takes its place.
#[derive(Clone, Debug, Default)]
pub struct TrustList {
    issuers: Vec<Arc<Issuer>>,
    anchors: HashMap<Name, Vec<Anchor>>,
    intermediates: HashMap<Name, Vec<Certificate>>,
}

/// An anchor and the family it stands for.
#[derive(Clone, Debug)]
pub(super) struct Anchor {
    pub(super) certificate: Certificate,
    pub(super) issuer: Arc<Issuer>,
}

impl TrustList {
    /// A list of families.
    pub fn new(issuers: Vec<Issuer>) -> Self {
        let mut list = Self::default();
        for issuer in issuers.into_iter().map(Arc::new) {
            for certificate in &issuer.anchors {
                let anchor = Anchor { certificate: certificate.clone(), issuer: Arc::clone(&issuer) };
                list.anchors.entry(certificate.subject().clone()).or_default().push(anchor);
            }
            for certificate in &issuer.intermediates {
                let known = list.intermediates.entry(certificate.subject().clone()).or_default();
                if !known.contains(certificate) {
                    known.push(certificate.clone());
                }
            }
            list.issuers.push(issuer);
        }
        list
    }

    /// The families.
    pub fn issuers(&self) -> &[Arc<Issuer>] {
        &self.issuers
    }

    /// The family of an id.
    pub fn issuer(&self, id: &str) -> Option<&Arc<Issuer>> {
        self.issuers.iter().find(|issuer| issuer.id == id)
    }

    /// The certificates that may have issued a leaf for this purpose, to tell a client which to offer: anchors and
    /// intermediates of the purpose's families.
    pub fn issuing(&self, purpose: Purpose) -> impl Iterator<Item = &Certificate> {
        let families = self.issuers.iter().filter(move |issuer| issuer.rules.purpose == purpose);
        families.flat_map(|issuer| issuer.anchors.iter().chain(&issuer.intermediates))
    }

    pub(super) fn anchors_named(&self, name: &Name) -> &[Anchor] {
        self.anchors.get(name).map_or(&[], Vec::as_slice)
    }

    pub(super) fn intermediates_named(&self, name: &Name) -> &[Certificate] {
        self.intermediates.get(name).map_or(&[], Vec::as_slice)
    }
}
