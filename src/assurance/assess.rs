//! From proofs to facts: the only way to an [`Authenticated`].

use super::{
    Authenticated, Error, Facts, Identifier, KeyProtection, Method, Organisation, OrganisationLink, OriginBinding,
    PersonName, Proofing, Scheme, Status, StatusKind, Subject, SubjectKind,
};
use crate::authn::VerifiedToken;
use crate::clock::UnixTime;
use crate::pki::trust::{IdentityRule, Meaning, Source};
use crate::pki::{Certificate, IssuerRules, Oid, StatusSource, ValidatedCertificate};
use crate::text::clean;
use data_encoding::HEXLOWER;
use std::fmt;

/// The most characters of a name or number that are kept.
const MAX_TEXT: usize = 200;
/// esi4-qcStatement-4: the key is on a qualified device (ETSI EN 319 412-5 section 4.2.2).
const QC_SSCD: &str = "0.4.0.1862.1.4";

/// An [`Authenticated`] and what the certificate said that was not believed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assessment {
    /// Who it is, and how that is known.
    pub authenticated: Authenticated,
    /// What was left out, for the record.
    pub warnings: Vec<Warning>,
}

/// Something in a certificate that was left out.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Warning {
    /// A number of a kind or country this CA may not assert.
    NotAsserted {
        /// What kind of number.
        scheme: String,
        /// Of which country.
        country: String,
    },
    /// A number that does not follow the semantics it should (ETSI EN 319 412-1 section 5).
    SemanticsUnknown,
    /// A number of more characters than any has.
    NumberTooLong,
    /// The name of an organisation without any number of it: too little to say who is represented.
    OrganisationUnnumbered,
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAsserted { scheme, country } => {
                write!(f, "{scheme} {country} is not this CA's to assert; left out")
            }
            Self::SemanticsUnknown => f.write_str("a number without known semantics was left out"),
            Self::NumberTooLong => f.write_str("a number of more than 200 characters was left out"),
            Self::OrganisationUnnumbered => f.write_str("an organisation's name without its number was left out"),
        }
    }
}

/// Records the facts of a login by authentication token at `auth_time`.
pub fn assess(
    validated: &ValidatedCertificate,
    token: &VerifiedToken,
    auth_time: UnixTime,
) -> Result<Assessment, Error> {
    let leaf = validated.leaf();
    if leaf.fingerprint() != token.leaf() {
        return Err(Error::ProofMismatch);
    }
    let issuer = validated.issuer();
    let mut warnings = Vec::new();
    let subject = subject(leaf, &issuer.rules, &mut warnings)?;
    let (proofing, key) = worth(leaf, &issuer.rules);
    let found = validated.status();
    // A status nobody checked has no times; its zero nextUpdate makes it stale.
    let kind = match found.kind {
        StatusSource::Crl | StatusSource::Unchecked => StatusKind::Crl,
    };
    let status =
        Status { kind, this_update: found.this_update, next_update: found.next_update, chain_until: found.chain_until };
    let link = if subject.organisation.is_some() { OrganisationLink::Certificate } else { OrganisationLink::Absent };
    let facts = Facts {
        proofing,
        key,
        origin: Some(OriginBinding::Verified),
        organisation: link,
        status: Some(status),
        method: Method::Agent,
        auth_time,
        issuer: issuer.id.clone(),
        policies: leaf.policies().iter().map(ToString::to_string).collect(),
        certificate: HEXLOWER.encode(&leaf.fingerprint()),
    };
    Ok(Assessment { authenticated: Authenticated { subject, facts }, warnings })
}

/// P and K: the highest of the policies the family lists, else its default; QcSSCD counts as a certified device where
/// the family says so.
fn worth(leaf: &Certificate, rules: &IssuerRules) -> (Proofing, KeyProtection) {
    let listed: Vec<_> = rules.policies.iter().filter(|rule| leaf.policies().contains(&rule.oid)).collect();
    let proofing = listed.iter().map(|rule| rule.proofing).max().unwrap_or(rules.default.proofing);
    let mut key = listed.iter().map(|rule| rule.key).max().unwrap_or(rules.default.key).into();
    let is_qscd = |statement: &Oid| statement.to_string() == QC_SSCD;
    if rules.qscd_statement && leaf.qc_statements().iter().any(is_qscd) {
        key = 3;
    }
    // Both scales are 0 to 3 by their types; the fall-backs are the lowest values and are never taken.
    (
        Proofing::try_from(u8::from(proofing)).unwrap_or(Proofing::SelfAsserted),
        KeyProtection::try_from(key).unwrap_or(KeyProtection::OneFactor),
    )
}

fn subject(leaf: &Certificate, rules: &IssuerRules, warnings: &mut Vec<Warning>) -> Result<Subject, Error> {
    let text = |source: &Source| {
        let joined = source.read(leaf).join(" ");
        Some(clean(&joined, MAX_TEXT)).filter(|text| !text.is_empty())
    };
    let identifiers = identifiers(leaf, &rules.person, rules, warnings)?;
    let organisation_numbers = self::identifiers(leaf, &rules.organisation, rules, warnings)?;
    let names = &rules.names;
    let (family, given) = (text(&names.family), text(&names.given));
    let middle = names.middle.as_ref().and_then(text);
    let organisation_name = text(&names.organisation);
    let organisation = if organisation_numbers.is_empty() {
        if organisation_name.is_some() && !rules.organisation.is_empty() {
            warnings.push(Warning::OrganisationUnnumbered);
        }
        None
    } else {
        Some(Organisation {
            name: organisation_name.unwrap_or_default(),
            identifiers: organisation_numbers,
            position: text(&names.position),
        })
    };
    let full = || {
        let parts: Vec<&str> = [&given, &middle, &family].into_iter().filter_map(Option::as_deref).collect();
        Some(parts.join(" ")).filter(|name| !name.is_empty())
    };
    let display = text(&names.display).or_else(full);
    let is_person = !identifiers.is_empty() || family.is_some();
    let kind = match (&organisation, is_person) {
        (None, _) => SubjectKind::Person,
        (Some(_), true) => SubjectKind::Representative,
        (Some(_), false) => SubjectKind::LegalEntity,
    };
    let first_number = || identifiers.first().map(|identifier| identifier.value.clone());
    let display = display.or_else(first_number).ok_or(Error::SubjectUnnamed)?;
    Ok(Subject { kind, name: PersonName { display, family, given, middle }, identifiers, organisation })
}

/// The numbers the family may assert, in the order of its rules. Two different values of one kind are refused: nobody
/// could say which of them is the person's.
fn identifiers(
    leaf: &Certificate,
    places: &[IdentityRule],
    rules: &IssuerRules,
    warnings: &mut Vec<Warning>,
) -> Result<Vec<Identifier>, Error> {
    let mut found: Vec<Identifier> = Vec::new();
    for place in places {
        for value in place.source.read(leaf) {
            // Cut, two long numbers with one beginning would be one person's.
            if value.chars().count() > MAX_TEXT {
                warnings.push(Warning::NumberTooLong);
                continue;
            }
            let value = clean(&value, MAX_TEXT);
            let identifier = match &place.meaning {
                Meaning::Fixed { scheme, country } => {
                    Some(identifier(scheme.as_str(), country.as_str(), &value)).filter(|one| !one.value.is_empty())
                }
                Meaning::Etsi => etsi(&value),
            };
            let Some(identifier) = identifier else {
                warnings.push(Warning::SemanticsUnknown);
                continue;
            };
            let scheme_known = rules.schemes.iter().any(|scheme| scheme.as_str() == identifier.scheme.0);
            let country_known = rules.countries.iter().any(|country| country.as_str() == identifier.country);
            if !scheme_known || !country_known {
                let Identifier { scheme, country, .. } = identifier;
                warnings.push(Warning::NotAsserted { scheme: scheme.0, country });
                continue;
            }
            let same_kind =
                |one: &&Identifier| (&one.scheme, &one.country) == (&identifier.scheme, &identifier.country);
            match found.iter().find(same_kind) {
                Some(one) if one.value != identifier.value => {
                    let Identifier { scheme, country, .. } = identifier;
                    return Err(Error::IdentifierAmbiguous { scheme: scheme.0, country });
                }
                Some(_) => {}
                None => found.push(identifier),
            }
        }
    }
    Ok(found)
}

fn identifier(scheme: &str, country: &str, value: &str) -> Identifier {
    Identifier { scheme: Scheme(scheme.to_owned()), country: country.to_owned(), value: value.trim().to_owned() }
}

/// Reads `TTTCC-value` (ETSI EN 319 412-1 sections 5.1.3 and 5.1.4).
fn etsi(text: &str) -> Option<Identifier> {
    let (kind, value) = text.split_once('-')?;
    let (kind, country) = kind.split_at_checked(3)?;
    let scheme = match kind {
        "PNO" => "personal-number",
        "IDC" => "identity-card",
        "PAS" => "passport",
        "TAX" | "TIN" => "tax",
        "VAT" => "vat",
        "NTR" => "company-register",
        _ => return None,
    };
    let is_country = country.len() == 2 && country.bytes().all(|byte| byte.is_ascii_uppercase());
    (is_country && !value.trim().is_empty()).then(|| identifier(scheme, country, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn etsi_semantics_are_read_or_left() {
        let read = |text| etsi(text).map(|one| (one.scheme.0, one.country, one.value));
        let some = |scheme: &str, country: &str, value: &str| Some((scheme.into(), country.into(), value.into()));
        assert_eq!(read("PNOBY-3070185A001PB1"), some("personal-number", "BY", "3070185A001PB1"));
        assert_eq!(read("NTRUA-12-34"), some("company-register", "UA", "12-34"));
        assert_eq!(read("TAXBY-191234567"), some("tax", "BY", "191234567"));
        for text in ["", "-", "PNO-1", "PNOBY-", "PNOby-1", "XXXBY-1", "PNOBYX-1", "ПНОBY-1", "3070185A001PB1"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
