//! What one certificate must be like at its place in a path (RFC 5280 sections 4.2 and 6.1.3 to 6.1.5).

use super::certificate::KeyUsage;
use super::oid::known;
use super::trust::UsageRule;
use super::{Certificate, Error, IssuerRules, Oid};
use crate::clock::UnixTime;

/// Extensions that are processed here, in [`super::path`], or by whoever reads identities from a validated leaf.
/// basicConstraints, keyUsage and extKeyUsage are checked; certificatePolicies are matched by the family's table, and
/// with no policy required from outside RFC 5280's policy processing cannot refuse. Key identifiers are hints.
/// policyConstraints, policyMappings, inhibitAnyPolicy and nameConstraints wait for their processing: while critical
/// they are refused like anything unknown.
const PROCESSED: [Oid; 10] = [
    known::BASIC_CONSTRAINTS,
    known::KEY_USAGE,
    known::EXTENDED_KEY_USAGE,
    known::CERTIFICATE_POLICIES,
    known::SUBJECT_ALT_NAME,
    known::SUBJECT_DIRECTORY_ATTRIBUTES,
    known::QC_STATEMENTS,
    known::CRL_DISTRIBUTION_POINTS,
    known::SUBJECT_KEY_IDENTIFIER,
    known::AUTHORITY_KEY_IDENTIFIER,
];

/// Whether an anchor or an intermediate is looked at: the operator vouches for an anchor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    Anchor,
    Intermediate,
}

pub(super) fn check_dates(certificate: &Certificate, depth: usize, now: UnixTime) -> Result<(), Error> {
    let (from, until) = (certificate.not_before(), certificate.not_after());
    if now < from {
        Err(Error::NotYetValid { from, depth })
    } else if now > until {
        Err(Error::Expired { until, depth })
    } else {
        Ok(())
    }
}

pub(super) fn check_key(certificate: &Certificate, depth: usize) -> Result<(), Error> {
    match certificate.public_key().weakness() {
        Some(weakness) => Err(Error::KeyTooWeak { weakness, depth }),
        None => Ok(()),
    }
}

fn check_critical_extensions(certificate: &Certificate, depth: usize) -> Result<(), Error> {
    let refused = certificate.extensions().iter().find(|extension| {
        // A constraint on names that is passed over would let one CA speak for another, critical or not.
        let constraint = extension.oid == known::NAME_CONSTRAINTS;
        constraint || (extension.critical && !PROCESSED.contains(&extension.oid))
    });
    match refused {
        Some(extension) => Err(Error::CriticalExtensionUnknown { oid: extension.oid.clone(), depth }),
        None => Ok(()),
    }
}

/// Checks a certificate that issued another. Its key was checked before the signature was.
pub(super) fn check_issuer(
    certificate: &Certificate,
    standing: Standing,
    depth: usize,
    now: UnixTime,
) -> Result<(), Error> {
    check_dates(certificate, depth, now)?;
    // Roots of version 1 have no basicConstraints; an anchor that is one is trusted by the operator's word.
    let ca = match certificate.basic_constraints() {
        Some(constraints) => constraints.ca,
        None => standing == Standing::Anchor,
    };
    if !ca {
        return Err(Error::CaFlagMissing { depth });
    }
    if certificate.key_usage().is_some_and(|usage| !usage.has(KeyUsage::KEY_CERT_SIGN)) {
        return Err(Error::KeyUsage { depth });
    }
    check_critical_extensions(certificate, depth)
}

/// Checks the leaf of a path that leads to a family.
pub(super) fn check_leaf(leaf: &Certificate, rules: &IssuerRules, now: UnixTime) -> Result<(), Error> {
    check_dates(leaf, 0, now)?;
    check_key(leaf, 0)?;
    check_critical_extensions(leaf, 0)?;
    if leaf.key_usage().is_some_and(|usage| !usage.has(KeyUsage::DIGITAL_SIGNATURE)) {
        return Err(Error::KeyUsage { depth: 0 });
    }
    let named = |usages: &[Oid]| {
        rules.extended_key_usage.iter().any(|rule| matches!(rule, UsageRule::Named(oid) if usages.contains(oid)))
    };
    let fits = match leaf.extended_key_usages() {
        None => rules.extended_key_usage.contains(&UsageRule::Absent),
        // A key that signs without a PIN proves possession of a card, not the person.
        Some(usages) => !usages.contains(&known::PIV_CARD_AUTH) && named(usages),
    };
    if fits { Ok(()) } else { Err(Error::ExtendedKeyUsage { depth: 0 }) }
}

/// extKeyUsage of the CAs between leaf and anchor: one that is there narrows what they may issue for, as Windows,
/// OpenSSL and the browsers have it, though RFC 5280 does not say so.
pub(super) fn check_usage_along(certificates: &[Certificate], rules: &IssuerRules) -> Result<(), Error> {
    let intermediates = certificates.len().saturating_sub(2);
    for (depth, certificate) in certificates.iter().enumerate().skip(1).take(intermediates) {
        let Some(usages) = certificate.extended_key_usages() else { continue };
        let named =
            rules.extended_key_usage.iter().any(|rule| matches!(rule, UsageRule::Named(oid) if usages.contains(oid)));
        if !named && !usages.contains(&known::ANY_EXTENDED_KEY_USAGE) {
            return Err(Error::ExtendedKeyUsage { depth });
        }
    }
    Ok(())
}
