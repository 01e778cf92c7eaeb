//! How a portal proves who it is at the token endpoint (RFC 6749 section 2.3, OpenID Connect Core section 9).

use super::client::ClientAuthentication;
use super::parameters::Parameters;
use super::{Portal, Provider, TokenError, TokenErrorCode};
use data_encoding::BASE64;
use url::form_urlencoded;
use zeroize::Zeroizing;

/// The longest `Authorization` header looked at, in bytes.
const MAX_HEADER: usize = 1024;

/// What a request brought.
enum Proof {
    Basic { client_id: String, secret: Zeroizing<String> },
    Post { client_id: String, secret: Zeroizing<String> },
    None { client_id: String },
}

/// The portal a request proves to be from.
///
/// # Errors
/// [`TokenErrorCode::InvalidClient`], [`TokenErrorCode::InvalidRequest`], [`TokenErrorCode::ServerError`].
pub(super) async fn authenticate(
    provider: &Provider<'_>,
    authorization: Option<&str>,
    parameters: &Parameters<'_>,
) -> Result<Portal, TokenError> {
    let basic = authorization.is_some();
    let refused = |description| TokenError { basic, ..TokenError::new(TokenErrorCode::InvalidClient, description) };
    let (client_id, proven) = match proof(authorization, parameters).map_err(|error| TokenError { basic, ..error })? {
        Proof::Basic { client_id, secret } => (client_id, Some((true, secret))),
        Proof::Post { client_id, secret } => (client_id, Some((false, secret))),
        Proof::None { client_id } => (client_id, None),
    };
    let portal = Portal::find(provider.store, &client_id).await?.ok_or(refused("the client is unknown"))?;
    // Each portal has one method; another one's proof is not looked at.
    let proven = match (&portal.authentication, proven) {
        (ClientAuthentication::ClientSecretBasic { secret }, Some((true, given))) => secret.matches(&given),
        (ClientAuthentication::ClientSecretPost { secret }, Some((false, given))) => secret.matches(&given),
        (ClientAuthentication::None, None) => true,
        _ => return Err(refused("this is not the client's registered authentication method")),
    };
    if proven { Ok(portal) } else { Err(refused("the client secret is wrong")) }
}

fn proof(authorization: Option<&str>, parameters: &Parameters<'_>) -> Result<Proof, TokenError> {
    let malformed = |description| TokenError::new(TokenErrorCode::InvalidRequest, description);
    let missing = TokenError::new(TokenErrorCode::InvalidClient, "no client authentication");
    let in_form = parameters.get("client_id").map(str::to_owned);
    if parameters.get("client_assertion").is_some() {
        return Err(TokenError::new(TokenErrorCode::InvalidClient, "client assertions are not supported"));
    }
    match (authorization, parameters.get("client_secret")) {
        (Some(_), Some(_)) => Err(malformed("more than one client authentication")),
        (Some(header), None) => {
            let header = basic(header);
            let (client_id, secret) = header
                .ok_or(TokenError::new(TokenErrorCode::InvalidClient, "the Authorization header is malformed"))?;
            if in_form.is_some_and(|other| other != client_id) {
                return Err(malformed("client_id differs from the one in the Authorization header"));
            }
            Ok(Proof::Basic { client_id, secret })
        }
        (None, Some(secret)) => {
            let secret = Zeroizing::new(secret.to_owned());
            Ok(Proof::Post { client_id: in_form.ok_or(missing)?, secret })
        }
        (None, None) => Ok(Proof::None { client_id: in_form.ok_or(missing)? }),
    }
}

/// HTTP Basic with both halves form-encoded (RFC 6749 section 2.3.1).
fn basic(header: &str) -> Option<(String, Zeroizing<String>)> {
    if header.len() > MAX_HEADER {
        return None;
    }
    let (scheme, credentials) = header.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = Zeroizing::new(BASE64.decode(credentials.trim().as_bytes()).ok()?);
    let (client_id, secret) = std::str::from_utf8(&decoded).ok()?.split_once(':')?;
    Some((form_decode(client_id)?, Zeroizing::new(form_decode(secret)?)))
}

/// One form-encoded value; `None` when it is more than one.
fn form_decode(text: &str) -> Option<String> {
    if text.contains('&') {
        return None;
    }
    // A value after a name of no length, as a form would have it.
    let pair = Zeroizing::new(format!("={text}"));
    let mut pairs = form_urlencoded::parse(pair.as_bytes());
    let (_, value) = pairs.next()?;
    Some(value.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn basic_is_form_encoded_inside() {
        let header = |credentials: &str| format!("Basic {}", BASE64.encode(credentials.as_bytes()));
        let read = |header: &str| basic(header).map(|(client_id, secret)| (client_id, secret.to_string()));
        let pair = |client_id: &str, secret: &str| Some((client_id.to_owned(), secret.to_owned()));
        assert_eq!(read(&header("portal:secret")), pair("portal", "secret"));
        assert_eq!(read(&header("a%3Ab:c%2Bd+e")), pair("a:b", "c+d e"));
        assert_eq!(read(&header("a:b:c")), pair("a", "b:c"));
        assert_eq!(read(&header("a=b:c=d")), pair("a=b", "c=d"));
        assert_eq!(read(&header("portal:")), pair("portal", ""));
        assert_eq!(read(&header("portal:secret").replace("Basic", "bAsIc")), pair("portal", "secret"));
        for bad in [header("portal"), header("a&b:c"), "Basic ***".to_owned(), "Bearer x".to_owned(), String::new()] {
            assert_eq!(read(&bad), None, "{bad}");
        }
        assert_eq!(read(&header(&"a:".repeat(600))), None, "too long");
    }

    proptest::proptest! {
        #[test]
        fn no_header_panics(header in ".{0,64}", inside in proptest::collection::vec(proptest::num::u8::ANY, 0..64)) {
            let _answer = basic(&header);
            let _answer = basic(&format!("Basic {}", BASE64.encode(&inside)));
        }
    }
}
