//! The userinfo endpoint (OpenID Connect Core section 5.3).

use super::parameters::Parameters;
use super::token::AccessGrant;
use super::{BearerError, Error, Provider, claims, session};
use crate::secret::Bearer;
use serde_json::Value;

/// The access token of a request: in the header, or in the form of a POST, and not in both (RFC 6750 section 2). It
/// is never taken from a query, which logs and histories keep.
///
/// # Errors
/// [`BearerError::Missing`], [`BearerError::InvalidRequest`], [`BearerError::InvalidToken`].
pub fn access_token(authorization: Option<&str>, form: &[(String, String)]) -> Result<Bearer, BearerError> {
    let form = Parameters::new(form).ok_or(BearerError::InvalidRequest)?;
    let in_form = form.get("access_token");
    let text = match (authorization, in_form) {
        (Some(_), Some(_)) => return Err(BearerError::InvalidRequest),
        (None, None) => return Err(BearerError::Missing),
        (None, Some(_)) => form.once("access_token").ok_or(BearerError::InvalidRequest)?,
        (Some(header), None) => match header.split_once(' ') {
            Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => token.trim(),
            // Another scheme is no token at all.
            _ => return Err(BearerError::Missing),
        },
    };
    Bearer::parse(text).ok_or(BearerError::InvalidToken)
}

/// The claims an access token opens: those of the id_token it came with, assessed anew. It opens nothing once its
/// session has ended or the status evidence has lapsed.
///
/// # Errors
/// [`BearerError::InvalidToken`], [`BearerError::Failed`].
pub async fn answer(provider: &Provider<'_>, token: &Bearer) -> Result<Value, BearerError> {
    let record = provider.store.access_token(&token.hash(), provider.now).await?.ok_or(BearerError::InvalidToken)?;
    let corrupt = |_| Error::Store(crate::store::Error::Corrupt { kind: "access token" });
    let grant: AccessGrant = serde_json::from_str(&record.document).map_err(corrupt)?;
    let session = session::find_by_sid(provider, &record.sid).await?.ok_or(BearerError::InvalidToken)?;
    let authenticated = session.authenticated();
    let decision = authenticated.decision(provider.now).ok_or(BearerError::InvalidToken)?;
    let mut answer = claims::of(authenticated, &decision, &grant.scopes);
    answer.insert("sub".to_owned(), grant.subject.into());
    Ok(answer.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_comes_in_one_way() {
        let token = "A".repeat(43);
        let form = vec![("access_token".to_owned(), token.clone())];
        let header = format!("bearer {token}");
        assert!(access_token(Some(&header), &[]).is_ok());
        assert!(access_token(None, &form).is_ok());
        let twice = [form.clone(), form.clone()].concat();
        for (header, form, status) in [
            (Some(header.as_str()), form.as_slice(), 400),
            (None, twice.as_slice(), 400),
            (None, &[], 401),
            (Some("Basic abc"), &[], 401),
            (Some("Bearer short"), &[], 401),
            (Some(""), &[], 401),
        ] {
            let refused = access_token(header, form).expect_err("refuses");
            assert_eq!(refused.status(), status, "{header:?}");
        }
        assert_eq!(access_token(None, &[]).expect_err("refuses").www_authenticate(), Some("Bearer"));
    }
}
