//! Certificates (RFC 5280 section 4).

use super::der::{self, Element, Reader};
use super::key::scheme;
use super::name::decode_string;
use super::oid::known;
use super::{Attribute, Error, Name, Oid, PublicKey, SignatureScheme};
use crate::clock::UnixTime;
use crate::secret::sha256;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;
use x509_parser::certificate::X509CertificateParser;
use x509_parser::extensions::{CRLDistributionPoints, DistributionPointName, GeneralName};
use x509_parser::nom::Parser;
use x509_parser::prelude::FromDer;
use x509_parser::x509::X509Version;

/// The most bytes a certificate may have.
pub const MAX_CERTIFICATE: usize = 16 * 1024;
/// The most bytes a serial number may have. RFC 5280 allows 20; a few CAs write more.
const MAX_SERIAL: usize = 40;
/// The most addresses of CRLs that are kept from one certificate.
const MAX_CRL_URLS: usize = 8;

/// The bits of keyUsage (RFC 5280 section 4.2.1.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct KeyUsage(u16);

impl KeyUsage {
    /// Bit 0: signatures other than on certificates and lists; authentication among them.
    pub const DIGITAL_SIGNATURE: u8 = 0;
    /// Bit 1: nonRepudiation, also called contentCommitment.
    pub const NON_REPUDIATION: u8 = 1;
    /// Bit 5: signatures on certificates.
    pub const KEY_CERT_SIGN: u8 = 5;
    /// Bit 6: signatures on revocation lists.
    pub const CRL_SIGN: u8 = 6;

    /// Whether a bit, numbered as in the standard, is set.
    pub const fn has(self, bit: u8) -> bool {
        bit < 16 && self.0 & (0x8000 >> bit) != 0
    }
}

/// basicConstraints (RFC 5280 section 4.2.1.9).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BasicConstraints {
    /// Whether the subject is a CA.
    pub ca: bool,
    /// How many CAs that are not self-issued may stand below it.
    pub path_length: Option<u32>,
}

/// One extension as it stands.
#[derive(Clone, Debug)]
pub(super) struct Extension {
    pub(super) oid: Oid,
    pub(super) critical: bool,
    value: Range<usize>,
}

/// A certificate whose structure holds; nothing in it is verified. Cloning is cheap.
#[derive(Clone)]
pub struct Certificate(Arc<Parts>);

struct Parts {
    der: Vec<u8>,
    fingerprint: [u8; 32],
    signed: Range<usize>,
    signature: Range<usize>,
    scheme: Result<SignatureScheme, Error>,
    serial: Vec<u8>,
    issuer: Name,
    subject: Name,
    not_before: UnixTime,
    not_after: UnixTime,
    public_key: PublicKey,
    extensions: Vec<Extension>,
    basic_constraints: Option<BasicConstraints>,
    key_usage: Option<KeyUsage>,
    extended_key_usages: Option<Vec<Oid>>,
    policies: Vec<Oid>,
    qc_statements: Vec<Oid>,
    crl_urls: Vec<String>,
    subject_key_identifier: Option<Vec<u8>>,
    authority_key_identifier: Option<Vec<u8>>,
}

const fn malformed(field: &'static str) -> Error {
    Error::CertificateMalformed { field }
}

impl Certificate {
    /// Reads one certificate; anything after it is refused.
    pub fn from_der(bytes: &[u8]) -> Result<Self, Error> {
        if bytes.len() > MAX_CERTIFICATE {
            return Err(Error::CertificateTooLarge { length: bytes.len() });
        }
        // x509-parser takes lengths in any form; signed things are read in the one form DER has.
        if !der::is_strict(bytes) {
            return Err(malformed("DER"));
        }
        let parsed = X509CertificateParser::new().with_deep_parse_extensions(false).parse(bytes);
        let (rest, parsed) = parsed.map_err(|_| malformed("Certificate"))?;
        if !rest.is_empty() {
            return Err(malformed("Certificate"));
        }
        let tbs = &parsed.tbs_certificate;
        let outline = Outline::of(bytes).ok_or(malformed("tbsCertificate"))?;
        if outline.inner_algorithm != outline.outer_algorithm {
            return Err(Error::SignatureAlgorithmMismatch);
        }
        if !(1..=MAX_SERIAL).contains(&tbs.raw_serial().len()) {
            return Err(malformed("serialNumber"));
        }
        let with_extensions = !tbs.extensions().is_empty();
        if tbs.version.0 > 2 || (with_extensions && tbs.version != X509Version::V3) {
            return Err(malformed("version"));
        }
        let place = |part: &[u8]| place(bytes, part);
        let mut extensions: Vec<Extension> = Vec::new();
        for extension in tbs.extensions() {
            let oid = Oid::from_content(extension.oid.as_bytes()).ok_or(malformed("extnID"))?;
            if extensions.iter().any(|earlier| earlier.oid == oid) {
                return Err(malformed("extensions"));
            }
            extensions.push(Extension { oid, critical: extension.critical, value: place(extension.value) });
        }
        let value =
            |oid: &Oid| extensions.iter().find(|one| one.oid == *oid).and_then(|one| bytes.get(one.value.clone()));
        let mut parts = Parts {
            der: bytes.to_vec(),
            fingerprint: sha256(bytes),
            signed: place(outline.signed),
            signature: place(outline.signature),
            scheme: scheme(outline.outer_algorithm),
            serial: tbs.raw_serial().to_vec(),
            issuer: Name::from_der(tbs.issuer.as_raw())?,
            subject: Name::from_der(tbs.subject.as_raw())?,
            not_before: outline.not_before,
            not_after: outline.not_after,
            public_key: PublicKey::from_spki(tbs.subject_pki.raw)?,
            basic_constraints: None,
            key_usage: None,
            extended_key_usages: None,
            policies: Vec::new(),
            qc_statements: Vec::new(),
            crl_urls: Vec::new(),
            subject_key_identifier: None,
            authority_key_identifier: None,
            extensions: Vec::new(),
        };
        // RFC 5280 section 4.2 has no rule for a known extension that cannot be read; reading on would be a guess.
        if let Some(value) = value(&known::BASIC_CONSTRAINTS) {
            parts.basic_constraints = Some(basic_constraints(value).ok_or(malformed("basicConstraints"))?);
        }
        if let Some(value) = value(&known::KEY_USAGE) {
            parts.key_usage = Some(key_usage(value).ok_or(malformed("keyUsage"))?);
        }
        if let Some(value) = value(&known::EXTENDED_KEY_USAGE) {
            let usages = oids(value, |reader| reader.oid()).filter(|usages| !usages.is_empty());
            parts.extended_key_usages = Some(usages.ok_or(malformed("extKeyUsage"))?);
        }
        if let Some(value) = value(&known::CERTIFICATE_POLICIES) {
            let policies = oids(value, first_of_sequence);
            parts.policies = policies.ok_or(malformed("certificatePolicies"))?;
        }
        if let Some(value) = value(&known::QC_STATEMENTS) {
            parts.qc_statements = oids(value, first_of_sequence).ok_or(malformed("qcStatements"))?;
        }
        if let Some(value) = value(&known::CRL_DISTRIBUTION_POINTS) {
            parts.crl_urls = crl_urls(value).ok_or(malformed("cRLDistributionPoints"))?;
        }
        if let Some(value) = value(&known::SUBJECT_KEY_IDENTIFIER) {
            // A hint, never a gate: what cannot be read is not there.
            parts.subject_key_identifier = Reader::new(value).content(der::OCTET_STRING).map(<[u8]>::to_vec);
        }
        if let Some(value) = value(&known::AUTHORITY_KEY_IDENTIFIER) {
            let identifier = Reader::new(value).inside(der::SEQUENCE).and_then(|mut fields| fields.content(0x80));
            parts.authority_key_identifier = identifier.map(<[u8]>::to_vec);
        }
        parts.extensions = extensions;
        Ok(Self(Arc::new(parts)))
    }

    /// The bytes it was read from.
    pub fn der(&self) -> &[u8] {
        &self.0.der
    }

    /// SHA-256 of the DER.
    pub fn fingerprint(&self) -> [u8; 32] {
        self.0.fingerprint
    }

    /// The subject.
    pub fn subject(&self) -> &Name {
        &self.0.subject
    }

    /// The issuer.
    pub fn issuer(&self) -> &Name {
        &self.0.issuer
    }

    /// The content of the serial number's INTEGER, sign octet included.
    pub fn serial(&self) -> &[u8] {
        &self.0.serial
    }

    /// The first second it is valid.
    pub fn not_before(&self) -> UnixTime {
        self.0.not_before
    }

    /// The last second it is valid.
    pub fn not_after(&self) -> UnixTime {
        self.0.not_after
    }

    /// The subject's key.
    pub fn public_key(&self) -> &PublicKey {
        &self.0.public_key
    }

    /// keyUsage; `None` when the extension is absent, which leaves the key unrestricted.
    pub fn key_usage(&self) -> Option<KeyUsage> {
        self.0.key_usage
    }

    /// extKeyUsage; `None` when the extension is absent.
    pub fn extended_key_usages(&self) -> Option<&[Oid]> {
        self.0.extended_key_usages.as_deref()
    }

    /// certificatePolicies without their qualifiers; empty when the extension is absent.
    pub fn policies(&self) -> &[Oid] {
        &self.0.policies
    }

    /// The statements of qcStatements (RFC 3739 section 3.2.6), without what they state.
    pub fn qc_statements(&self) -> &[Oid] {
        &self.0.qc_statements
    }

    /// basicConstraints; `None` when the extension is absent.
    pub fn basic_constraints(&self) -> Option<BasicConstraints> {
        self.0.basic_constraints
    }

    /// Whether basicConstraints says CA.
    pub fn is_ca(&self) -> bool {
        self.0.basic_constraints.is_some_and(|constraints| constraints.ca)
    }

    /// Whether subject and issuer are one name (RFC 5280 section 3.2).
    pub fn is_self_issued(&self) -> bool {
        self.0.subject == self.0.issuer
    }

    /// The http and https addresses of cRLDistributionPoints. Points for some reasons only, or of another CRL issuer,
    /// are left out.
    pub fn crl_urls(&self) -> &[String] {
        &self.0.crl_urls
    }

    /// subjectKeyIdentifier.
    pub fn subject_key_identifier(&self) -> Option<&[u8]> {
        self.0.subject_key_identifier.as_deref()
    }

    /// The keyIdentifier of authorityKeyIdentifier.
    pub fn authority_key_identifier(&self) -> Option<&[u8]> {
        self.0.authority_key_identifier.as_deref()
    }

    /// The value of an extension.
    pub fn extension(&self, oid: &Oid) -> Option<&[u8]> {
        let found = self.0.extensions.iter().find(|extension| extension.oid == *oid)?;
        self.0.der.get(found.value.clone())
    }

    /// The DER of subjectAltName.
    pub fn subject_alt(&self) -> Option<&[u8]> {
        self.extension(&known::SUBJECT_ALT_NAME)
    }

    /// The text of an extension whose value is a string of any type.
    pub fn extension_text(&self, oid: &Oid) -> Option<String> {
        let mut reader = Reader::new(self.extension(oid)?);
        let Element { tag, content, .. } = reader.any()?;
        if reader.is_empty() { decode_string(tag, content) } else { None }
    }

    /// The subjectDirectoryAttributes (RFC 5280 section 4.2.1.8) whose values are strings, one entry a value.
    pub fn directory_attributes(&self) -> Vec<Attribute> {
        let value = self.extension(&known::SUBJECT_DIRECTORY_ATTRIBUTES).unwrap_or_default();
        let mut found = Vec::new();
        // A value that cannot be read to its end still has the attributes before.
        let _ = directory_attributes(value, &mut found);
        found
    }

    pub(super) fn extensions(&self) -> &[Extension] {
        &self.0.extensions
    }

    /// The signed bytes.
    pub(super) fn signed(&self) -> &[u8] {
        self.0.der.get(self.0.signed.clone()).unwrap_or_default()
    }

    /// The signature over them.
    pub(super) fn signature(&self) -> &[u8] {
        self.0.der.get(self.0.signature.clone()).unwrap_or_default()
    }

    /// What it claims to be signed with; an error for what is not accepted, which matters only where it is verified.
    pub fn signature_scheme(&self) -> Result<SignatureScheme, Error> {
        self.0.scheme.clone()
    }
}

impl PartialEq for Certificate {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.0.der == other.0.der
    }
}

impl Eq for Certificate {}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Certificate({})", self.0.subject)
    }
}

/// What x509-parser does not give as it stands: both algorithm identifiers, the signed bytes, and dates by the profile.
struct Outline<'a> {
    signed: &'a [u8],
    inner_algorithm: &'a [u8],
    outer_algorithm: &'a [u8],
    signature: &'a [u8],
    not_before: UnixTime,
    not_after: UnixTime,
}

impl<'a> Outline<'a> {
    fn of(bytes: &'a [u8]) -> Option<Self> {
        let mut outer = Reader::new(bytes).inside(der::SEQUENCE)?;
        let signed = outer.element(der::SEQUENCE)?;
        let outer_algorithm = outer.element(der::SEQUENCE)?.whole;
        let signature = outer.octet_aligned_bits()?;
        let mut tbs = Reader::new(signed.content);
        tbs.optional(der::context(0))?;
        tbs.integer()?;
        let inner_algorithm = tbs.element(der::SEQUENCE)?.whole;
        tbs.element(der::SEQUENCE)?;
        let mut validity = tbs.inside(der::SEQUENCE)?;
        let (not_before, not_after) = (validity.time()?, validity.time()?);
        (outer.is_empty() && validity.is_empty()).then_some(Self {
            signed: signed.whole,
            inner_algorithm,
            outer_algorithm,
            signature,
            not_before,
            not_after,
        })
    }
}

/// Where a part that was cut from some bytes lies in them.
fn place(bytes: &[u8], part: &[u8]) -> Range<usize> {
    let start = (part.as_ptr() as usize).saturating_sub(bytes.as_ptr() as usize);
    start..start.saturating_add(part.len())
}

/// The members of a SEQUENCE OF, each read to one identifier.
fn oids<'a>(value: &'a [u8], read: impl Fn(&mut Reader<'a>) -> Option<Oid>) -> Option<Vec<Oid>> {
    let mut outer = Reader::new(value);
    let mut members = outer.inside(der::SEQUENCE)?;
    let mut all = Vec::new();
    while !members.is_empty() {
        all.push(read(&mut members)?);
    }
    outer.is_empty().then_some(all)
}

fn first_of_sequence(reader: &mut Reader<'_>) -> Option<Oid> {
    reader.inside(der::SEQUENCE)?.oid()
}

fn basic_constraints(value: &[u8]) -> Option<BasicConstraints> {
    let mut outer = Reader::new(value);
    let mut fields = outer.inside(der::SEQUENCE)?;
    // Some CAs write the default FALSE out, which DER forbids and harms nobody.
    let ca = if fields.peek() == Some(der::BOOLEAN) { fields.boolean()? } else { false };
    let path_length = if fields.is_empty() { None } else { Some(fields.small()?) };
    (outer.is_empty() && fields.is_empty()).then_some(BasicConstraints { ca, path_length })
}

fn key_usage(value: &[u8]) -> Option<KeyUsage> {
    let mut outer = Reader::new(value);
    let (unused, bits) = outer.content(der::BIT_STRING)?.split_first()?;
    if *unused > 7 || !outer.is_empty() || bits.len() > 2 {
        return None;
    }
    let octet = |index: usize| bits.get(index).copied().unwrap_or(0);
    Some(KeyUsage(u16::from_be_bytes([octet(0), octet(1)])))
}

fn crl_urls(value: &[u8]) -> Option<Vec<String>> {
    let (rest, points) = CRLDistributionPoints::from_der(value).ok()?;
    let whole = points.points.into_iter().filter(|point| point.reasons.is_none() && point.crl_issuer.is_none());
    let names = whole.filter_map(|point| match point.distribution_point {
        Some(DistributionPointName::FullName(names)) => Some(names),
        _ => None,
    });
    let urls = names.flatten().filter_map(|name| match name {
        GeneralName::URI(url) if url.starts_with("http://") || url.starts_with("https://") => Some(url.to_owned()),
        _ => None,
    });
    rest.is_empty().then(|| urls.take(MAX_CRL_URLS).collect())
}

fn directory_attributes(value: &[u8], found: &mut Vec<Attribute>) -> Option<()> {
    let mut attributes = Reader::new(value).inside(der::SEQUENCE)?;
    while !attributes.is_empty() {
        let mut attribute = attributes.inside(der::SEQUENCE)?;
        let oid = attribute.oid()?;
        let mut values = attribute.inside(der::SET)?;
        while !values.is_empty() {
            let Element { tag, content, .. } = values.any()?;
            if let Some(value) = decode_string(tag, content) {
                found.push(Attribute { oid: oid.clone(), value });
            }
        }
    }
    Some(())
}
