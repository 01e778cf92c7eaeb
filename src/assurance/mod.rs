//! How a login gets its level: record facts, derive the level, keep the derivation.

mod assess;
mod error;
mod facts;
mod level;
mod subject;

pub use assess::{Assessment, Warning, assess};
pub use error::Error;
pub use facts::{
    Facts, Freshness, KeyProtection, Method, OrganisationLink, OriginBinding, Proofing, Status, StatusKind,
};
pub use level::{Decision, Level, decide};
pub use subject::{Identifier, Organisation, PersonName, Scheme, Subject, SubjectKind};

use crate::clock::UnixTime;
use serde::{Deserialize, Serialize};

/// Somebody who has proven who she is. Only [`assess`] makes it from proofs; a session keeps it and gives it back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Authenticated {
    subject: Subject,
    facts: Facts,
}

impl Authenticated {
    /// Who it is.
    pub fn subject(&self) -> &Subject {
        &self.subject
    }

    /// The facts of the login.
    pub fn facts(&self) -> &Facts {
        &self.facts
    }

    /// The level these facts reach at a time: freshness of the status evidence is assessed anew at every issue.
    /// `None`: no level at all, the status evidence is past its time.
    pub fn decision(&self, now: UnixTime) -> Option<Decision> {
        decide(&self.facts, now)
    }
}
