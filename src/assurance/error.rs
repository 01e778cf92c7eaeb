//! Why a login that is proven is still refused.

/// Refusals of an assessment.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The validated certificate is not the one the token was signed with.
    #[error("the token was signed with another certificate than the one that was validated")]
    ProofMismatch,
    /// The certificate has two different numbers of one kind.
    #[error("the certificate has two different values of {scheme} {country}")]
    IdentifierAmbiguous {
        /// What kind of number.
        scheme: String,
        /// Of which country.
        country: String,
    },
    /// There is nobody to sign in: neither a name nor a number.
    #[error("the certificate names nobody")]
    SubjectUnnamed,
}

impl Error {
    /// The stable word for logs, metrics, the API and the citizen's message.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::ProofMismatch => "proof_mismatch",
            Self::IdentifierAmbiguous { .. } => "identifier_ambiguous",
            Self::SubjectUnnamed => "subject_unnamed",
        }
    }

    /// All codes.
    pub const CODES: &[&str] = &["proof_mismatch", "identifier_ambiguous", "subject_unnamed"];
}
