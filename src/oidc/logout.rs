//! RP-Initiated Logout 1.0.

use super::parameters::Parameters;
use super::redirect_uri::with_query;
use super::session::Session;
use super::{Error, Portal, Provider, id_token};
use serde::{Deserialize, Serialize};

/// What comes of a logout request. `redirect` is the proven address with its `state`; without one a page of the
/// gateway tells that the person is signed out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Logout {
    /// End the session at once: the portal has shown an id_token of this very session.
    End {
        /// Where to go then.
        redirect: Option<String>,
    },
    /// Ask the person first: anybody could have sent the browser here.
    Confirm {
        /// Where to go when she has answered.
        redirect: Option<String>,
        /// The portal that asks, by client_id, if it says so.
        client_id: Option<String>,
    },
    /// There is nothing to end.
    Nothing {
        /// Where to go.
        redirect: Option<String>,
    },
}

#[derive(Deserialize)]
struct Hint {
    aud: String,
    sid: String,
}

/// Checks a logout request.
///
/// # Errors
/// [`Error::RequestTooLarge`], [`Error::LogoutMalformed`], [`Error::LogoutRedirectMismatch`], [`Error::Store`].
pub async fn receive(
    provider: &Provider<'_>,
    parameters: &[(String, String)],
    session: Option<&Session>,
) -> Result<Logout, Error> {
    let parameters = Parameters::new(parameters).ok_or(Error::RequestTooLarge)?;
    if parameters.too_long() {
        return Err(Error::RequestTooLarge);
    }
    if parameters.repeated() {
        return Err(Error::LogoutMalformed);
    }
    // A hint may have expired (section 2); one that is not ours counts as none.
    let hint = parameters.get("id_token_hint");
    let hint =
        hint.and_then(|hint| provider.keys.verify_own::<Hint>(hint, id_token::TYPE, provider.issuer.as_str()).ok());
    let client_id = parameters.get("client_id");
    if let (Some(hint), Some(client_id)) = (&hint, client_id)
        && hint.aud != client_id
    {
        return Err(Error::LogoutMalformed);
    }
    let client_id = hint.as_ref().map(|hint| hint.aud.as_str()).or(client_id);
    let portal = match client_id {
        Some(client_id) => Portal::find(provider.store, client_id).await?,
        None => None,
    };
    let redirect = match parameters.get("post_logout_redirect_uri") {
        None => None,
        Some(uri) => {
            let portal = portal.as_ref().ok_or(Error::LogoutRedirectMismatch)?;
            let uri = portal.post_logout_redirect_uri(uri).ok_or(Error::LogoutRedirectMismatch)?;
            Some(match parameters.get("state") {
                Some(state) => with_query(uri.as_str(), &[("state", state)]),
                None => uri.as_str().to_owned(),
            })
        }
    };
    Ok(match (session, hint) {
        (Some(session), Some(hint)) if hint.sid == session.sid() => Logout::End { redirect },
        (None, Some(_)) => Logout::Nothing { redirect },
        // Without a proof nobody is sent anywhere unasked, signed in or not.
        (_, _) => Logout::Confirm { redirect, client_id: portal.map(|portal| portal.client_id) },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jose::Algorithm;
    use crate::oidc::fixture::{ISSUER, World, keys, pairs};
    use serde_json::json;

    const BYE: &str = "https://portal.example/bye";

    fn hint(aud: &str, sid: &str) -> String {
        let claims = json!({ "iss": ISSUER, "aud": aud, "sid": sid, "sub": "somebody", "exp": 1 });
        keys().sign(Algorithm::Rs256, "JWT", &claims).expect("signs")
    }

    #[tokio::test]
    async fn only_a_hint_of_this_very_session_ends_it_unasked() {
        let world = World::new().await;
        let (_, session) = world.sign_in().await;
        let ours = hint("portal", session.sid());
        let stale = hint("portal", "another-session");
        let (signed, signature) = ours.rsplit_once('.').expect("three parts");
        let tampered = format!("{signed}.{}", signature.chars().rev().collect::<String>());
        let to = Some(format!("{BYE}?state=a+b"));
        let confirm = |redirect: Option<String>, client_id: Option<&str>| Logout::Confirm {
            redirect,
            client_id: client_id.map(str::to_owned),
        };
        let back = [("post_logout_redirect_uri", BYE), ("state", "a b")];
        for (signed_in, parameters, expected) in [
            (true, vec![("id_token_hint", ours.as_str())], Logout::End { redirect: None }),
            (
                true,
                [vec![("id_token_hint", ours.as_str())], back.to_vec()].concat(),
                Logout::End { redirect: to.clone() },
            ),
            (
                false,
                [vec![("id_token_hint", ours.as_str())], back.to_vec()].concat(),
                Logout::Nothing { redirect: to.clone() },
            ),
            (true, vec![("id_token_hint", stale.as_str())], confirm(None, Some("portal"))),
            (true, [vec![("client_id", "portal")], back.to_vec()].concat(), confirm(to.clone(), Some("portal"))),
            (false, [vec![("client_id", "portal")], back.to_vec()].concat(), confirm(to, Some("portal"))),
            (true, vec![], confirm(None, None)),
            (true, vec![("id_token_hint", tampered.as_str())], confirm(None, None)),
        ] {
            let session = signed_in.then_some(&session);
            let logout = receive(&world.provider(), &pairs(&parameters), session).await.expect("taken");
            assert_eq!(logout, expected, "{parameters:?}");
        }
    }

    #[tokio::test]
    async fn nobody_is_sent_to_an_address_that_is_not_proven() {
        let world = World::new().await;
        let (_, session) = world.sign_in().await;
        let ours = hint("portal", session.sid());
        for (parameters, code) in [
            (vec![("post_logout_redirect_uri", BYE)], "logout_redirect_mismatch"),
            (vec![("client_id", "nobody"), ("post_logout_redirect_uri", BYE)], "logout_redirect_mismatch"),
            (
                vec![("id_token_hint", ours.as_str()), ("post_logout_redirect_uri", "https://portal.example/bye/")],
                "logout_redirect_mismatch",
            ),
            (
                vec![("id_token_hint", ours.as_str()), ("post_logout_redirect_uri", "https://portal.example/cb")],
                "logout_redirect_mismatch",
            ),
            (vec![("id_token_hint", ours.as_str()), ("client_id", "other")], "logout_malformed"),
            (vec![("state", "a"), ("state", "b")], "logout_malformed"),
            (vec![("id_token_hint", &"A".repeat(20_000))], "request_too_large"),
        ] {
            let refused = receive(&world.provider(), &pairs(&parameters), Some(&session)).await.expect_err("refuses");
            assert_eq!(refused.code(), code);
        }
    }
}
