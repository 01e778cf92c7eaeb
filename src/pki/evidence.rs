//! What a verdict needs and what it used.

use super::{Certificate, Crl, Error, Name, Purpose, StatusEvidence, TrustList, TrustedPath, ValidatedCertificate};
use super::{path, validate};
use crate::clock::UnixTime;
use data_encoding::BASE64;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The most certificates that stored evidence may have.
const MAX_CERTIFICATES: usize = path::MAX_PATH;

/// A status that is needed: that of the certificate at `subject` in the path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusNeed {
    /// Which certificate of the path; the leaf is 0. The one after it is the issuer.
    pub subject: usize,
    /// Whose list it is.
    pub issuer: Name,
    /// Where it may be fetched: the family's addresses first, then the certificate's own.
    pub urls: Vec<String>,
}

/// Which lists a path needs, the leaf's first.
pub fn needs(path: &TrustedPath) -> Vec<StatusNeed> {
    let below_anchor = path.certificates().len().saturating_sub(1);
    let certificates = path.certificates().iter().take(below_anchor).enumerate();
    certificates
        .map(|(subject, certificate)| {
            let mut urls: Vec<String> = Vec::new();
            let own = certificate.crl_urls().iter().map(String::as_str);
            for url in path.issuer().rules.revocation.urls().chain(own) {
                if !urls.iter().any(|known| known == url) {
                    urls.push(url.to_owned());
                }
            }
            StatusNeed { subject, issuer: certificate.issuer().clone(), urls }
        })
        .collect()
}

/// Everything a verdict used, apart from the rules of the family it names. With the same trust list it gives the same
/// verdict for ever: it is a test's fixture and a login's record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Evidence {
    /// The family's id.
    pub issuer: String,
    /// What the path was found for.
    pub purpose: Purpose,
    /// When it was judged.
    pub time: UnixTime,
    /// DER of the path, the leaf first, the anchor last.
    pub certificates: Vec<Blob>,
    /// DER of the lists.
    pub crls: Vec<Blob>,
}

/// Bytes, base64 in text.
#[derive(Clone, PartialEq, Eq)]
pub struct Blob(pub Vec<u8>);

impl std::fmt::Debug for Blob {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Blob({} bytes)", self.0.len())
    }
}

impl Serialize for Blob {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&BASE64.encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for Blob {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        BASE64.decode(text.as_bytes()).map(Self).map_err(serde::de::Error::custom)
    }
}

impl Evidence {
    /// Judges again, at the time it was judged first.
    pub fn replay(&self, trust: &TrustList) -> Result<ValidatedCertificate, Error> {
        const NOTHING: Error = Error::CertificateMalformed { field: "certificates" };
        if self.certificates.len() > MAX_CERTIFICATES {
            return Err(NOTHING);
        }
        let certificates: Vec<_> =
            self.certificates.iter().map(|der| Certificate::from_der(&der.0)).collect::<Result<_, _>>()?;
        let (leaf, extra) = certificates.split_first().ok_or(NOTHING)?;
        let path = path::find(leaf, extra, trust, self.purpose, self.time)?;
        let mut status = StatusEvidence::new();
        for der in &self.crls {
            status.verify(&path, &Crl::from_der(&der.0)?);
        }
        validate(&path, &status, self.time)
    }
}
