//! The facts of a login. Each is an ordered scale; the numbers are those of the design's tables.

use crate::clock::UnixTime;
use serde::{Deserialize, Serialize};
use std::time::Duration;

macro_rules! scale {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $number:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "u8", into = "u8")]
        pub enum $name { $($(#[$variant_doc])* $variant),+ }

        impl From<$name> for u8 {
            fn from(value: $name) -> u8 {
                match value { $($name::$variant => $number),+ }
            }
        }

        impl TryFrom<u8> for $name {
            type Error = String;

            fn try_from(number: u8) -> Result<Self, String> {
                match number {
                    $($number => Ok(Self::$variant),)+
                    _ => Err(format!("{} has no value {number}", stringify!($name))),
                }
            }
        }
    };
}

scale! {
    /// P: how the person was identified.
    Proofing {
        /// By nobody; she says so herself.
        SelfAsserted = 0,
        /// Checked against a register from afar.
        Register = 1,
        /// In person by an officer, by a bank, or by a registered letter with a code.
        InPerson = 2,
        /// By a CA with an in-person or equal check.
        Qualified = 3,
    }
}

scale! {
    /// K: what proves it is her.
    KeyProtection {
        /// One factor.
        OneFactor = 0,
        /// Two factors, or a private key in a file.
        Software = 1,
        /// A remote key, or a token that nobody certified.
        Device = 2,
        /// A certified device that the key cannot leave, with a PIN.
        CertifiedDevice = 3,
    }
}

scale! {
    /// R: how fresh the leaf's revocation evidence is.
    Freshness {
        /// None, or past its nextUpdate.
        Stale = 0,
        /// A CRL before its nextUpdate.
        Current = 1,
        /// A CRL at most 24 hours old, or OCSP at most one hour.
        Recent = 2,
        /// OCSP at most 15 minutes old.
        Live = 3,
    }
}

scale! {
    /// O: whether another site could have relayed the login.
    OriginBinding {
        /// Not bound.
        Unbound = 0,
        /// The client verified the origin and signed it.
        Verified = 1,
    }
}

scale! {
    /// B: the link between person and organisation.
    OrganisationLink {
        /// No organisation.
        Absent = 0,
        /// Declared by the person.
        Declared = 1,
        /// Stated in the certificate.
        Certificate = 2,
        /// Confirmed by a mandate or a company register.
        Register = 3,
    }
}

/// The way a person came in; the citizen's page, the audit and `amr` speak of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Method {
    /// The authentication token, signed through `brama-agent`.
    Agent,
}

/// What kind of status evidence there was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StatusKind {
    /// A certificate revocation list.
    Crl,
    /// An OCSP response.
    Ocsp,
}

/// The leaf's status evidence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Status {
    /// CRL or OCSP.
    pub kind: StatusKind,
    /// When the CA said so.
    pub this_update: UnixTime,
    /// Until when it stands.
    pub next_update: UnixTime,
    /// The earliest nextUpdate among all statuses of the path: past it, freshness is zero.
    pub chain_until: UnixTime,
}

impl Status {
    /// R at a time.
    pub fn freshness(&self, now: UnixTime) -> Freshness {
        let age = now.since(self.this_update);
        let (recent, live) = match self.kind {
            StatusKind::Crl => (Duration::from_secs(24 * 3600), None),
            StatusKind::Ocsp => (Duration::from_secs(3600), Some(Duration::from_secs(15 * 60))),
        };
        if now > self.next_update || now > self.chain_until {
            Freshness::Stale
        } else if live.is_some_and(|live| age <= live) {
            Freshness::Live
        } else if age <= recent {
            Freshness::Recent
        } else {
            Freshness::Current
        }
    }
}

/// All that is known of how somebody came in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// P.
    pub proofing: Proofing,
    /// K.
    pub key: KeyProtection,
    /// O; `None` for logins without a certificate.
    pub origin: Option<OriginBinding>,
    /// B.
    pub organisation: OrganisationLink,
    /// What R is derived from; `None` for logins without a certificate.
    pub status: Option<Status>,
    /// The way in.
    pub method: Method,
    /// When the person proved it.
    pub auth_time: UnixTime,
    /// The CA family's id in the trust list.
    pub issuer: String,
    /// The leaf's certificate policies, dotted.
    pub policies: Vec<String>,
    /// SHA-256 of the leaf, hexadecimal.
    pub certificate: String,
}

impl Facts {
    /// Authentication method references (RFC 8176), no more than the facts show: that the key is in hardware and asked
    /// for a PIN is known of certified devices alone.
    pub const fn amr(&self) -> &'static [&'static str] {
        match (self.method, self.key) {
            (Method::Agent, KeyProtection::CertifiedDevice) => &["hwk", "pin", "mfa"],
            (Method::Agent, KeyProtection::Device) => &["hwk"],
            (Method::Agent, KeyProtection::Software | KeyProtection::OneFactor) => &["swk"],
        }
    }
}
