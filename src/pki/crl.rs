//! Certificate revocation lists (RFC 5280 section 5).
//!
//! A list is kept as its DER and one sorted offset an entry, so that a million entries cost four bytes each beside
//! the bytes themselves, and a serial number is found by halving. Delta, indirect and partial lists are recognised and
//! refused by name until revocation processes them.

use super::certificate::KeyUsage;
use super::der::{self, Reader};
use super::key::scheme;
use super::oid::known;
use super::{Certificate, Error, Name, Oid, RevocationReason, SignatureEncoding, SignatureScheme, signature};
use crate::clock::UnixTime;
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

/// The most bytes a revocation list may have.
pub const MAX_CRL: usize = 64 * 1024 * 1024;

/// cRLNumber (RFC 5280 section 5.2.3), ordered as the number it is.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct CrlNumber(Vec<u8>);

impl Ord for CrlNumber {
    fn cmp(&self, other: &Self) -> Ordering {
        // Without leading zeros the longer is the larger.
        self.0.len().cmp(&other.0.len()).then_with(|| self.0.cmp(&other.0))
    }
}

impl PartialOrd for CrlNumber {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// What a list says of one certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RevokedEntry {
    /// revocationDate.
    pub date: UnixTime,
    /// reasonCode; `None` when absent or not one of the standard's.
    pub reason: Option<RevocationReason>,
}

/// A revocation list whose structure holds; its signature is not verified. Cloning is cheap.
#[derive(Clone)]
pub struct Crl(Arc<Parts>);

struct Parts {
    der: Vec<u8>,
    signed: Range<usize>,
    signature: Range<usize>,
    scheme: Result<SignatureScheme, Error>,
    issuer: Name,
    this_update: UnixTime,
    next_update: UnixTime,
    number: Option<CrlNumber>,
    /// Where entries begin in the DER, in the order of their serial numbers.
    entries: Vec<u32>,
}

const fn malformed(field: &'static str) -> Error {
    Error::CrlMalformed { field }
}

impl Crl {
    /// Reads one list; anything after it is refused.
    pub fn from_der(bytes: &[u8]) -> Result<Self, Error> {
        if bytes.len() > MAX_CRL {
            return Err(Error::CrlTooLarge { length: bytes.len() });
        }
        Self::from_vec(bytes.to_vec())
    }

    /// The same without a copy.
    pub fn from_vec(bytes: Vec<u8>) -> Result<Self, Error> {
        if bytes.len() > MAX_CRL {
            return Err(Error::CrlTooLarge { length: bytes.len() });
        }
        let frame = Frame::of(&bytes).ok_or(malformed("CertificateList"))?;
        let mut tbs = Reader::new(frame.signed.content);
        let version_2 = match tbs.peek() {
            Some(der::INTEGER) => match tbs.small() {
                Some(1) => true,
                _ => return Err(malformed("version")),
            },
            _ => false,
        };
        let inner = tbs.element(der::SEQUENCE).ok_or(malformed("signature"))?;
        if inner.whole != frame.algorithm {
            return Err(Error::SignatureAlgorithmMismatch);
        }
        let issuer = tbs.element(der::SEQUENCE).and_then(|name| Name::from_der(name.whole).ok());
        let issuer = issuer.filter(|name| !name.is_empty()).ok_or(malformed("issuer"))?;
        let this_update = tbs.time().ok_or(malformed("thisUpdate"))?;
        // Optional in ASN.1, required by section 5.1.2.5: a list without an end would stand for ever.
        let next_update = tbs.time().ok_or(malformed("nextUpdate"))?;
        let revoked = tbs.optional(der::SEQUENCE).ok_or(malformed("revokedCertificates"))?;
        let mut entries = Vec::new();
        if let Some(content) = revoked {
            let mut list = Reader::new(content);
            while !list.is_empty() {
                let start = bytes_before(&bytes, list.rest());
                read_entry(&mut list, version_2)?;
                entries.push(u32::try_from(start).map_err(|_| malformed("revokedCertificates"))?);
            }
        }
        let number = match tbs.optional(der::context(0)).ok_or(malformed("crlExtensions"))? {
            Some(content) if version_2 => read_extensions(content)?,
            Some(_) => return Err(malformed("crlExtensions")),
            None => None,
        };
        if !tbs.is_empty() {
            return Err(malformed("tbsCertList"));
        }
        entries.shrink_to_fit();
        let place = |part: &[u8]| {
            let start = bytes_before(&bytes, part);
            start..start + part.len()
        };
        let mut parts = Parts {
            signed: place(frame.signed.whole),
            signature: place(frame.signature),
            scheme: scheme(frame.algorithm),
            issuer,
            this_update,
            next_update,
            number,
            entries: Vec::new(),
            der: Vec::new(),
        };
        entries.sort_unstable_by(|one, other| by_serial(serial_at(&bytes, *one), serial_at(&bytes, *other)));
        parts.entries = entries;
        parts.der = bytes;
        Ok(Self(Arc::new(parts)))
    }

    /// The bytes it was read from.
    pub fn der(&self) -> &[u8] {
        &self.0.der
    }

    /// Whose list it is.
    pub fn issuer(&self) -> &Name {
        &self.0.issuer
    }

    /// When it was issued.
    pub fn this_update(&self) -> UnixTime {
        self.0.this_update
    }

    /// When the next one is issued at the latest.
    pub fn next_update(&self) -> UnixTime {
        self.0.next_update
    }

    /// cRLNumber.
    pub fn number(&self) -> Option<&CrlNumber> {
        self.0.number.as_ref()
    }

    /// How many entries it has.
    pub fn len(&self) -> usize {
        self.0.entries.len()
    }

    /// Whether nothing is revoked.
    pub fn is_empty(&self) -> bool {
        self.0.entries.is_empty()
    }

    /// What it says of a serial number, given as [`Certificate::serial`] has it.
    pub fn lookup(&self, serial: &[u8]) -> Option<RevokedEntry> {
        let parts = &self.0;
        let found = parts.entries.binary_search_by(|offset| by_serial(serial_at(&parts.der, *offset), serial)).ok()?;
        let start = usize::try_from(*parts.entries.get(found)?).ok()?;
        let mut reader = Reader::new(parts.der.get(start..)?);
        // It was read once already, so this cannot fail; were it to, the serial number is on the list.
        let unreadable = RevokedEntry { date: parts.this_update, reason: None };
        Some(read_entry(&mut reader, true).unwrap_or(unreadable))
    }

    /// Verifies the signature with the key of the CA whose list it is. The result can be kept and used for every
    /// certificate of that CA.
    pub fn verify(&self, signer: &Certificate) -> Result<VerifiedCrl, Error> {
        if *signer.subject() != self.0.issuer {
            return Err(Error::CrlSignature);
        }
        if !may_sign_lists(signer) {
            return Err(Error::CrlKeyUsage { issuer: self.0.issuer.clone() });
        }
        let scheme = self.0.scheme.clone()?;
        let (signed, by) = (self.0.der.get(self.0.signed.clone()), self.0.der.get(self.0.signature.clone()));
        let (signed, by) = (signed.unwrap_or_default(), by.unwrap_or_default());
        signature::verify(signer.public_key(), scheme, SignatureEncoding::Der, signed, by)
            .map_err(|_| Error::CrlSignature)?;
        Ok(VerifiedCrl { crl: self.clone(), signer: signer.public_key().spki_hash() })
    }
}

/// Whether keyUsage, if there, has cRLSign (RFC 5280 section 6.3.3 (f)).
pub(super) fn may_sign_lists(signer: &Certificate) -> bool {
    signer.key_usage().is_none_or(|usage| usage.has(KeyUsage::CRL_SIGN))
}

impl fmt::Debug for Crl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Crl({}, {}, {} entries)", self.0.issuer, self.0.this_update, self.0.entries.len())
    }
}

/// A list whose signature holds under a key. Only [`Crl::verify`] makes it. Cloning is cheap.
#[derive(Clone, Debug)]
pub struct VerifiedCrl {
    crl: Crl,
    signer: [u8; 32],
}

impl VerifiedCrl {
    /// The list.
    pub fn crl(&self) -> &Crl {
        &self.crl
    }

    /// SHA-256 of the SubjectPublicKeyInfo it was verified with.
    pub fn signer(&self) -> [u8; 32] {
        self.signer
    }
}

struct Frame<'a> {
    signed: der::Element<'a>,
    algorithm: &'a [u8],
    signature: &'a [u8],
}

impl<'a> Frame<'a> {
    fn of(bytes: &'a [u8]) -> Option<Self> {
        let mut outer = Reader::new(bytes);
        let mut list = outer.inside(der::SEQUENCE)?;
        let signed = list.element(der::SEQUENCE)?;
        let algorithm = list.element(der::SEQUENCE)?.whole;
        let signature = list.octet_aligned_bits()?;
        (outer.is_empty() && list.is_empty()).then_some(Self { signed, algorithm, signature })
    }
}

/// How many bytes stand before a part that was cut from them.
fn bytes_before(bytes: &[u8], part: &[u8]) -> usize {
    (part.as_ptr() as usize).saturating_sub(bytes.as_ptr() as usize)
}

/// The serial number of the entry at an offset; empty where there is none.
fn serial_at(bytes: &[u8], offset: u32) -> &[u8] {
    let at = usize::try_from(offset).ok().and_then(|start| bytes.get(start..));
    let serial = at.and_then(|entry| Reader::new(entry).inside(der::SEQUENCE)?.content(der::INTEGER));
    serial.unwrap_or_default()
}

fn by_serial(one: &[u8], other: &[u8]) -> Ordering {
    one.len().cmp(&other.len()).then_with(|| one.cmp(other))
}

fn read_entry(list: &mut Reader<'_>, extensions_allowed: bool) -> Result<RevokedEntry, Error> {
    const FIELD: Error = malformed("revokedCertificates");
    let mut entry = list.inside(der::SEQUENCE).ok_or(FIELD)?;
    entry.integer().ok_or(FIELD)?;
    let date = entry.time().ok_or(malformed("revocationDate"))?;
    let mut reason = None;
    if !entry.is_empty() {
        let extensions = entry.inside(der::SEQUENCE).filter(|_| extensions_allowed && entry.is_empty());
        each_extension(extensions.ok_or(malformed("crlEntryExtensions"))?, |oid, critical, value| {
            if oid == known::REASON_CODE {
                let number = Reader::new(value).content(der::ENUMERATED).ok_or(malformed("reasonCode"))?;
                reason = <[u8; 1]>::try_from(number).ok().and_then(|[number]| RevocationReason::from_number(number));
            } else if critical && oid != known::HOLD_INSTRUCTION && oid != known::INVALIDITY_DATE {
                // certificateIssuer is here too: it makes the list an indirect one.
                return Err(Error::CrlCriticalExtensionUnknown { oid });
            }
            Ok(())
        })?;
    }
    Ok(RevokedEntry { date, reason })
}

fn read_extensions(content: &[u8]) -> Result<Option<CrlNumber>, Error> {
    const FIELD: Error = malformed("crlExtensions");
    let mut outer = Reader::new(content);
    let extensions = outer.inside(der::SEQUENCE).filter(|_| outer.is_empty()).ok_or(FIELD)?;
    let mut number = None;
    each_extension(extensions, |oid, critical, value| {
        if oid == known::CRL_NUMBER {
            let mut reader = Reader::new(value);
            let content = reader.integer().filter(|content| content.len() <= 21 && content.first() < Some(&0x80));
            let content = content.filter(|_| reader.is_empty()).ok_or(malformed("cRLNumber"))?;
            number = Some(CrlNumber(content.strip_prefix(&[0]).unwrap_or(content).to_vec()));
        } else if oid == known::ISSUING_DISTRIBUTION_POINT || oid == known::DELTA_CRL_INDICATOR {
            // They change what the list covers, so they count even where a CA forgot to make them critical.
            return Err(Error::CrlCriticalExtensionUnknown { oid });
        } else if critical && oid != known::AUTHORITY_KEY_IDENTIFIER && oid != known::ISSUER_ALT_NAME {
            return Err(Error::CrlCriticalExtensionUnknown { oid });
        }
        Ok(())
    })?;
    Ok(number)
}

fn each_extension(
    mut extensions: Reader<'_>,
    mut take: impl FnMut(Oid, bool, &[u8]) -> Result<(), Error>,
) -> Result<(), Error> {
    const FIELD: Error = malformed("extensions");
    let mut seen: Vec<Oid> = Vec::new();
    while !extensions.is_empty() {
        let mut extension = extensions.inside(der::SEQUENCE).ok_or(FIELD)?;
        let oid = extension.oid().ok_or(FIELD)?;
        let critical = match extension.peek() {
            Some(der::BOOLEAN) => extension.boolean().ok_or(FIELD)?,
            _ => false,
        };
        let value = extension.content(der::OCTET_STRING).ok_or(FIELD)?;
        // No list has many, and each is compared with all before it.
        if !extension.is_empty() || seen.contains(&oid) || seen.len() >= 32 {
            return Err(FIELD);
        }
        take(oid.clone(), critical, value)?;
        seen.push(oid);
    }
    Ok(())
}
