//! What a portal learns about a person, by scope.

use super::Scope;
use crate::assurance::{Authenticated, Decision};
use serde_json::{Map, Value, json};

/// The names of all claims there are, for discovery.
pub const SUPPORTED: &[&str] = &[
    "iss",
    "sub",
    "aud",
    "exp",
    "iat",
    "auth_time",
    "nonce",
    "acr",
    "amr",
    "at_hash",
    "sid",
    "name",
    "family_name",
    "given_name",
    "middle_name",
    "identifiers",
    "subject_kind",
    "organisation",
    "assurance",
];

/// The claims of these scopes; `decision` is the one made for this very answer.
pub fn of(authenticated: &Authenticated, decision: &Decision, scopes: &[Scope]) -> Map<String, Value> {
    let mut claims = Map::new();
    for scope in scopes {
        match scope {
            Scope::Openid => {}
            Scope::Profile => profile(authenticated, &mut claims),
            Scope::Identifiers => identifiers(authenticated, &mut claims),
            Scope::Organisation => organisation(authenticated, &mut claims),
            Scope::Assurance => assurance(authenticated, decision, &mut claims),
        }
    }
    claims
}

/// OpenID Connect Core section 5.1; a name that is not known is left out.
fn profile(authenticated: &Authenticated, claims: &mut Map<String, Value>) {
    let name = &authenticated.subject().name;
    claims.insert("name".to_owned(), name.display.clone().into());
    let parts = [("family_name", &name.family), ("given_name", &name.given), ("middle_name", &name.middle)];
    for (claim, part) in parts {
        if let Some(part) = part {
            claims.insert(claim.to_owned(), part.clone().into());
        }
    }
}

fn identifiers(authenticated: &Authenticated, claims: &mut Map<String, Value>) {
    let subject = authenticated.subject();
    claims.insert("identifiers".to_owned(), json!(subject.identifiers));
    claims.insert("subject_kind".to_owned(), json!(subject.kind));
}

/// Left out when the person came for nobody but herself.
fn organisation(authenticated: &Authenticated, claims: &mut Map<String, Value>) {
    let subject = authenticated.subject();
    claims.insert("subject_kind".to_owned(), json!(subject.kind));
    if let Some(organisation) = &subject.organisation {
        let mut members = Map::new();
        members.insert("name".to_owned(), organisation.name.clone().into());
        members.insert("identifiers".to_owned(), json!(organisation.identifiers));
        if let Some(position) = &organisation.position {
            members.insert("position".to_owned(), position.clone().into());
        }
        claims.insert("organisation".to_owned(), members.into());
    }
}

/// The facts by the letters of the rule, what decided, and where the status came from.
fn assurance(authenticated: &Authenticated, decision: &Decision, claims: &mut Map<String, Value>) {
    let facts = authenticated.facts();
    let mut members = Map::new();
    members.insert("level".to_owned(), json!(decision.level));
    members.insert("limited_by".to_owned(), decision.limited_by.to_string().into());
    members.insert("proofing".to_owned(), json!(facts.proofing));
    members.insert("key".to_owned(), json!(facts.key));
    if let Some(freshness) = decision.freshness {
        members.insert("freshness".to_owned(), json!(freshness));
    }
    if let Some(origin) = facts.origin {
        members.insert("origin".to_owned(), json!(origin));
    }
    members.insert("organisation_link".to_owned(), json!(facts.organisation));
    members.insert("method".to_owned(), json!(facts.method));
    members.insert("issuer".to_owned(), facts.issuer.clone().into());
    members.insert("policies".to_owned(), json!(facts.policies));
    if let Some(status) = facts.status {
        members.insert("status".to_owned(), json!({ "kind": status.kind, "time": status.this_update }));
    }
    claims.insert("assurance".to_owned(), members.into());
}
