//! Path building (RFC 4158) and the checks of a path as a whole (RFC 5280 section 6.1).
//!
//! The search climbs from the leaf by names, verifies each signature on the way, and judges the whole when an anchor
//! is reached. Key identifiers order the candidates and exclude none. All work is counted.

use super::profile::{self, Standing};
use super::signature;
use super::trust::Anchor;
use super::{Certificate, Error, Issuer, Name, Purpose, SignatureEncoding, TrustList, Work};
use crate::clock::UnixTime;
use std::collections::HashMap;
use std::sync::Arc;

/// The most certificates of a path, leaf and anchor among them.
pub const MAX_PATH: usize = 10;
/// How many certificates are looked at as possible issuers in one search.
pub const MAX_CANDIDATES: usize = 1000;
/// How many signatures are checked in one search.
pub const MAX_SIGNATURES: usize = 100;

/// A path that leads from a leaf to an anchor and holds at a time; revocation is not yet known. Only [`find`] makes it.
/// Cloning is cheap.
#[derive(Clone, Debug)]
pub struct TrustedPath {
    certificates: Arc<[Certificate]>,
    issuer: Arc<Issuer>,
    purpose: Purpose,
}

impl TrustedPath {
    /// The certificate the path is for.
    pub fn leaf(&self) -> &Certificate {
        // A path is made with a leaf and an anchor at least.
        &self.certificates[0]
    }

    /// The leaf first, the anchor last.
    pub fn certificates(&self) -> &[Certificate] {
        &self.certificates
    }

    /// The family of the anchor.
    pub fn issuer(&self) -> &Arc<Issuer> {
        &self.issuer
    }

    /// What it was found for.
    pub fn purpose(&self) -> Purpose {
        self.purpose
    }
}

/// Finds a path from a leaf to an anchor that is trusted for a purpose.
///
/// `extra` are certificates that came with the leaf; they help to find a path and are trusted for nothing. Of several
/// failures the one of the path that came furthest is returned, except that a spent budget ends the search.
pub fn find(
    leaf: &Certificate,
    extra: &[Certificate],
    trust: &TrustList,
    purpose: Purpose,
    now: UnixTime,
) -> Result<TrustedPath, Error> {
    let mut by_subject: HashMap<&Name, Vec<&Certificate>> = HashMap::new();
    for certificate in extra {
        by_subject.entry(certificate.subject()).or_default().push(certificate);
    }
    let mut search = Search {
        trust,
        extra: by_subject,
        purpose,
        now,
        budget: Budget { candidates: MAX_CANDIDATES, signatures: MAX_SIGNATURES },
        verified: HashMap::new(),
        furthest: None,
    };
    if let Some(path) = search.climb(&mut vec![leaf.clone()])? {
        return Ok(path);
    }
    let unknown = Error::IssuerUnknown { issuer: leaf.issuer().clone(), depth: 0 };
    Err(search.furthest.map_or(unknown, |(_, error)| error))
}

struct Budget {
    candidates: usize,
    signatures: usize,
}

impl Budget {
    fn spend_candidate(&mut self) -> Result<(), Error> {
        self.candidates = self.candidates.checked_sub(1).ok_or(Error::Budget { work: Work::Candidates })?;
        Ok(())
    }

    fn spend_signature(&mut self) -> Result<(), Error> {
        self.signatures = self.signatures.checked_sub(1).ok_or(Error::Budget { work: Work::Signatures })?;
        Ok(())
    }
}

/// How far a path came; the larger is the more telling failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Progress {
    /// Nobody to go on with above this depth.
    DeadEnd(usize),
    /// There was an issuer for the certificate at this depth, but not one that signed it.
    Named(usize),
    /// The issuer had signed it, but may not issue.
    Signed(usize),
    /// An anchor trusted for another purpose.
    Elsewhere,
    /// An anchor of the purpose; the path as a whole does not hold.
    Anchored,
}

impl Progress {
    /// Depth decides between unfinished paths, then the stage.
    fn rank(self) -> (u8, usize, u8) {
        match self {
            Self::DeadEnd(depth) => (0, depth, 0),
            Self::Named(depth) => (0, depth, 1),
            Self::Signed(depth) => (0, depth, 2),
            Self::Elsewhere => (1, 0, 0),
            Self::Anchored => (2, 0, 0),
        }
    }
}

struct Search<'a> {
    trust: &'a TrustList,
    extra: HashMap<&'a Name, Vec<&'a Certificate>>,
    purpose: Purpose,
    now: UnixTime,
    budget: Budget,
    /// Signatures already checked in this search, by certificate and key.
    verified: HashMap<([u8; 32], [u8; 32]), Result<(), Error>>,
    furthest: Option<(Progress, Error)>,
}

impl<'a> Search<'a> {
    /// Goes on from the last certificate of `path`. An error ends the whole search.
    fn climb(&mut self, path: &mut Vec<Certificate>) -> Result<Option<TrustedPath>, Error> {
        let Some(current) = path.last().cloned() else { return Ok(None) };
        let depth = path.len() - 1;
        let trust = self.trust;
        let mut anchors: Vec<&Anchor> = trust.anchors_named(current.issuer()).iter().collect();
        anchors.sort_by_key(|anchor| {
            (anchor.issuer.rules.purpose != self.purpose, !identifiers_agree(&current, &anchor.certificate))
        });
        let mut met = false;
        for anchor in anchors {
            self.budget.spend_candidate()?;
            if is_repeated(path, &anchor.certificate) {
                continue;
            }
            met = true;
            if self.accept(&current, &anchor.certificate, Standing::Anchor, depth)? {
                if !is_of_family(path, trust, &anchor.issuer) {
                    let error = Error::IssuerUnknown { issuer: current.issuer().clone(), depth };
                    self.failed(Progress::DeadEnd(depth), error);
                    continue;
                }
                path.push(anchor.certificate.clone());
                let judged = judge(path, &anchor.issuer, self.purpose, self.now);
                path.pop();
                match judged {
                    Ok(()) => {
                        path.push(anchor.certificate.clone());
                        return Ok(Some(TrustedPath {
                            certificates: path.as_slice().into(),
                            issuer: Arc::clone(&anchor.issuer),
                            purpose: self.purpose,
                        }));
                    }
                    Err(error @ Error::Purpose { .. }) => self.failed(Progress::Elsewhere, error),
                    Err(error) => self.failed(Progress::Anchored, error),
                }
            }
        }
        let mut candidates: Vec<&'a Certificate> = trust.intermediates_named(current.issuer()).iter().collect();
        candidates.extend(self.extra.get(current.issuer()).into_iter().flatten());
        candidates.sort_by_key(|candidate| !identifiers_agree(&current, candidate));
        for candidate in candidates {
            self.budget.spend_candidate()?;
            if is_repeated(path, candidate) {
                continue;
            }
            met = true;
            // Room for this one and an anchor above it.
            if path.len() + 2 > MAX_PATH {
                self.failed(Progress::Signed(depth), Error::PathTooLong { depth });
                break;
            }
            if self.accept(&current, candidate, Standing::Intermediate, depth)? {
                path.push(candidate.clone());
                let found = self.climb(path)?;
                if found.is_some() {
                    return Ok(found);
                }
                path.pop();
            }
        }
        if !met {
            let error = Error::IssuerUnknown { issuer: current.issuer().clone(), depth };
            self.failed(Progress::DeadEnd(depth), error);
        }
        Ok(None)
    }

    /// Whether a candidate signed the certificate at `depth` and may have. The reason why not is noted.
    fn accept(
        &mut self,
        child: &Certificate,
        candidate: &Certificate,
        standing: Standing,
        depth: usize,
    ) -> Result<bool, Error> {
        // A weak key is named before it is used: no signature under it proves anything.
        if let Err(error) = profile::check_key(candidate, depth + 1) {
            self.failed(Progress::Named(depth), error);
            return Ok(false);
        }
        let edge = (child.fingerprint(), candidate.public_key().spki_hash());
        let signed = match self.verified.get(&edge) {
            Some(known) => known.clone(),
            None => {
                self.budget.spend_signature()?;
                let result = signed_by(child, candidate, depth);
                self.verified.insert(edge, result.clone());
                result
            }
        };
        if let Err(error) = signed {
            self.failed(Progress::Named(depth), error);
            return Ok(false);
        }
        if let Err(error) = profile::check_issuer(candidate, standing, depth + 1, self.now) {
            self.failed(Progress::Signed(depth), error);
            return Ok(false);
        }
        Ok(true)
    }

    fn failed(&mut self, progress: Progress, error: Error) {
        if self.furthest.as_ref().is_none_or(|(furthest, _)| progress.rank() > furthest.rank()) {
            self.furthest = Some((progress, error));
        }
    }
}

fn signed_by(child: &Certificate, issuer: &Certificate, depth: usize) -> Result<(), Error> {
    let scheme = child.signature_scheme()?;
    signature::verify(issuer.public_key(), scheme, SignatureEncoding::Der, child.signed(), child.signature())
        .map_err(|_| Error::SignatureInvalidInChain { depth })
}

/// Whether every listed intermediate of a path is listed by the anchor's own family. Two families may have one root, as
/// where a state's root stands above a CA of citizens and a CA of servers: what one family lists must not make the
/// other speak for it.
fn is_of_family(path: &[Certificate], trust: &TrustList, issuer: &Issuer) -> bool {
    path.iter().skip(1).all(|certificate| {
        let listed = trust.intermediates_named(certificate.subject()).contains(certificate);
        !listed || issuer.intermediates.contains(certificate)
    })
}

/// Whether a certificate, or another of the same subject and key, is in the path already.
fn is_repeated(path: &[Certificate], candidate: &Certificate) -> bool {
    path.iter().any(|earlier| {
        earlier.public_key().spki_hash() == candidate.public_key().spki_hash()
            && earlier.subject() == candidate.subject()
    })
}

/// Whether the identifiers do not speak against it; only an order to try in.
fn identifiers_agree(child: &Certificate, candidate: &Certificate) -> bool {
    match (child.authority_key_identifier(), candidate.subject_key_identifier()) {
        (Some(authority), Some(subject)) => authority == subject,
        _ => true,
    }
}

/// What can only be said of a whole path. Its signatures and issuers are already checked. Policies and name
/// constraints belong here.
fn judge(path: &[Certificate], issuer: &Issuer, purpose: Purpose, now: UnixTime) -> Result<(), Error> {
    if issuer.rules.purpose != purpose {
        return Err(Error::Purpose { family: issuer.id.clone(), purpose: issuer.rules.purpose });
    }
    // The constraint of an anchor counts as one of an intermediate does (RFC 5937).
    for (depth, certificate) in path.iter().enumerate().skip(1).rev() {
        let Some(limit) = certificate.basic_constraints().and_then(|constraints| constraints.path_length) else {
            continue;
        };
        let below = path.iter().take(depth).skip(1).filter(|certificate| !certificate.is_self_issued()).count();
        if u32::try_from(below).is_ok_and(|below| below > limit) {
            return Err(Error::PathTooLong { depth });
        }
    }
    profile::check_usage_along(path, &issuer.rules)?;
    profile::check_leaf(&path[0], &issuer.rules, now)
}
