//! Why the folder of CA families does not load. The texts are for the operator: which file, what is wrong, what to do.

use crate::pki;
use std::io;
use std::path::PathBuf;

/// Refusals of a trust folder. The list in force stays in force.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file or folder that cannot be read.
    #[error("{path}: cannot be read: {source}. Check that it exists and that Brama may read it.")]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A file larger than any honest one.
    #[error("{path}: has {length} bytes, more than the {limit} allowed. Is it the right file?")]
    TooLarge {
        /// Which.
        path: PathBuf,
        /// Its length in bytes.
        length: u64,
        /// The limit in bytes.
        limit: u64,
    },
    /// A folder whose name cannot be an id.
    #[error("{path}: a family's folder is named with small letters, digits, '-', '_' and '.'. Rename it.")]
    FamilyName {
        /// Which.
        path: PathBuf,
    },
    /// A family without rules.
    #[error("{path}: is missing. Copy certs/issuer.toml.example there and say what the CA's certificates are worth.")]
    RulesMissing {
        /// Where it should be.
        path: PathBuf,
    },
    /// Rules that cannot be read.
    #[error("{path}: {message}")]
    Rules {
        /// Which file.
        path: PathBuf,
        /// Line, field and what to write.
        message: String,
    },
    /// A field of the rules that contradicts another or the folder.
    #[error("{path}: {field}: {problem}")]
    Field {
        /// Which file.
        path: PathBuf,
        /// Which field.
        field: &'static str,
        /// What is wrong and what to do.
        problem: FieldProblem,
    },
    /// A family without anchors.
    #[error("{path}: has no certificate. Put the CA's root there, as PEM (.pem, .crt) or DER (.cer, .der).")]
    NoAnchors {
        /// The `anchors` folder.
        path: PathBuf,
    },
    /// Neither PEM nor DER.
    #[error("{path}: is neither PEM nor DER of a {expected}. Export it again in one of these forms.")]
    Encoding {
        /// Which file.
        path: PathBuf,
        /// What it should be.
        expected: &'static str,
    },
    /// A private key where only certificates belong.
    #[error("{path}: holds a private key. Remove it from here now, and consider it disclosed.")]
    PrivateKey {
        /// Which file.
        path: PathBuf,
    },
    /// A certificate that cannot be read or used.
    #[error("{path}: {source} ({}). Ask the CA for a correct file, or remove this one.", source.code())]
    Certificate {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: pki::Error,
    },
    /// A revocation list that cannot be read.
    #[error("{path}: {source} ({}). Download the list again, or remove this file.", source.code())]
    Crl {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: pki::Error,
    },
    /// One anchor in two families of one purpose: which rules hold would be chance.
    #[error("{path}: is also an anchor of the family `{family}` for the same purpose. Keep it in one of them.")]
    AnchorTwice {
        /// Which file.
        path: PathBuf,
        /// The other family.
        family: String,
    },
}

/// What is wrong with a field of the rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum FieldProblem {
    #[error("is empty, so that no certificate would be accepted. Leave the field out for the usual value.")]
    NothingAccepted,
    #[error("lists one policy twice. Keep one entry.")]
    PolicyTwice,
    #[error("names a scheme or country that `schemes` and `countries` do not allow. Add it there, or remove it here.")]
    NotAllowed,
    #[error("names a file outside the family's folder. Put the list into its folder `crls`.")]
    OutsideFolder,
    #[error("names an address that is neither http:// nor https://. Brama fetches lists by no other way.")]
    Address,
}

impl Error {
    /// The stable word for logs and metrics.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unreadable { .. } => "trust_unreadable",
            Self::TooLarge { .. } => "trust_too_large",
            Self::FamilyName { .. } => "trust_family_name",
            Self::RulesMissing { .. } => "trust_rules_missing",
            Self::Rules { .. } => "trust_rules",
            Self::Field { .. } => "trust_field",
            Self::NoAnchors { .. } => "trust_no_anchors",
            Self::Encoding { .. } => "trust_encoding",
            Self::PrivateKey { .. } => "trust_private_key",
            Self::Certificate { .. } => "trust_certificate",
            Self::Crl { .. } => "trust_crl",
            Self::AnchorTwice { .. } => "trust_anchor_twice",
        }
    }

    /// All codes.
    pub const CODES: &[&str] = &[
        "trust_unreadable",
        "trust_too_large",
        "trust_family_name",
        "trust_rules_missing",
        "trust_rules",
        "trust_field",
        "trust_no_anchors",
        "trust_encoding",
        "trust_private_key",
        "trust_certificate",
        "trust_crl",
        "trust_anchor_twice",
    ];
}

/// What an operator should look at, though the list loads.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Warning {
    /// No family at all.
    #[error("{path}: has no CA family, so nobody can sign in. See its README.md.")]
    NothingTrusted {
        /// The folder.
        path: PathBuf,
    },
    /// A file that is not read.
    #[error("{path}: is not read. Certificates end in .pem, .crt, .cer or .der, lists in .crl, .pem or .der.")]
    Ignored {
        /// Which.
        path: PathBuf,
    },
    /// An anchor or intermediate whose key is refused in every path.
    #[error("{path}: no path through it will be accepted: {weakness}.")]
    WeakKey {
        /// Which file.
        path: PathBuf,
        /// Why.
        weakness: pki::Weakness,
    },
    /// Something that is no CA's certificate.
    #[error("{path}: is not a CA's certificate, and will never be an issuer.")]
    NotAuthority {
        /// Which file.
        path: PathBuf,
    },
    /// Lists are required and nowhere to be had unless certificates say where.
    #[error(
        "{path}: revocation: lists are required, and neither a file nor an address is given. Certificates that do not say themselves where theirs is will be refused."
    )]
    NoLists {
        /// The rules.
        path: PathBuf,
    },
    /// A list of no CA of the family.
    #[error("{path}: is the list of {issuer}, who is neither anchor nor intermediate of this family.")]
    ForeignList {
        /// Which file.
        path: PathBuf,
        /// Whose it is.
        issuer: String,
    },
}
