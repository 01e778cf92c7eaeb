//! Whom a login names.

use serde::{Deserialize, Serialize};
use std::fmt;

/// What kind of number an identifier is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Scheme(pub String);

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One number of a person or an organisation.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Identifier {
    /// For example `personal-number`, `tax`, `passport`, `company-register`.
    pub scheme: Scheme,
    /// ISO 3166-1 alpha-2, upper case.
    pub country: String,
    /// The value without its semantics prefix.
    pub value: String,
}

/// A person's name, as the certificate has it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonName {
    /// What to call her: the common name, or given name and surname.
    pub display: String,
    /// Family name.
    pub family: Option<String>,
    /// Given name or names.
    pub given: Option<String>,
    /// Patronymic.
    pub middle: Option<String>,
}

/// An organisation the certificate binds the person to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Organisation {
    /// Its name.
    pub name: String,
    /// Its numbers.
    pub identifiers: Vec<Identifier>,
    /// The person's position there.
    pub position: Option<String>,
}

/// In what capacity the certificate was issued.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SubjectKind {
    /// A person for herself.
    Person,
    /// A person for an organisation.
    Representative,
    /// An organisation without a person.
    LegalEntity,
}

/// Whom a login names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subject {
    /// Person, representative or legal entity.
    pub kind: SubjectKind,
    /// The name.
    pub name: PersonName,
    /// The person's numbers, the strongest first as the issuer entry lists them.
    pub identifiers: Vec<Identifier>,
    /// The organisation, if any.
    pub organisation: Option<Organisation>,
}
