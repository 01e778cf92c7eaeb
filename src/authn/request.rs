//! What agent and gateway say to each other around the token. All bodies are JSON over the verified connection.

use super::Algorithm;
use crate::clock::UnixTime;
use serde::{Deserialize, Deserializer, Serialize};

/// The agent's loopback port.
pub const AGENT_PORT: u16 = 24817;
/// The version of this contract; the gateway states the lowest one it takes.
pub const PROTOCOL: u32 = 1;
/// The most bytes either side takes of the other in one body.
pub const MAX_AGENT_BODY: usize = 64 * 1024;

/// The gateway's addresses, below its base URL.
pub mod paths {
    /// POST with a handle at the end: spends it and answers a [`LoginRequest`](super::LoginRequest).
    pub const LOGIN: &str = "/agent/login/";
    /// POST with `Authorization: Bearer TICKET`: a [`Challenge`](super::Challenge); voids the one before.
    pub const CHALLENGE: &str = "/agent/challenge";
    /// POST with `Authorization: Bearer TICKET` and a [`TokenPost`](super::TokenPost): [`Accepted`](super::Accepted)
    /// or, with status 403, [`Refused`](super::Refused).
    pub const TOKEN: &str = "/agent/token";
    /// POST with `Authorization: Bearer TICKET`: the agent gives up. The ticket is void and the waiting page is told.
    pub const END: &str = "/agent/end";
}

/// What the citizen is asked, and which certificates can serve.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoginRequest {
    /// The right to go on with this login; the handle stood in an address and is spent by now.
    pub ticket: String,
    /// The portal's registered name.
    pub portal: String,
    /// The host the browser will return to, in ASCII.
    pub return_host: String,
    /// The level the login must reach: `low`, `substantial` or `high`.
    pub level: String,
    /// Whose certificates the gateway takes; one of them must be found above the leaf.
    pub issuers: Vec<AcceptedIssuer>,
    /// The algorithms the gateway takes. Names this program does not know are left out, so that a gateway may learn
    /// new ones before its agents do.
    #[serde(deserialize_with = "known_algorithms")]
    pub algorithms: Vec<Algorithm>,
    /// The citizen's languages, preferred first (`be`, `uk`, `ru`, `en`).
    pub languages: Vec<String>,
    /// When the gateway forgets this login.
    pub expires: UnixTime,
    /// The lowest [`PROTOCOL`] of an agent the gateway takes.
    pub minimum_protocol: u32,
    /// Where the gateway's instructions for updating the agent are.
    pub help: String,
}

fn known_algorithms<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Algorithm>, D::Error> {
    let names = Vec::<String>::deserialize(deserializer)?;
    Ok(names.iter().filter_map(|name| name.parse().ok()).collect())
}

/// A CA whose leaves are taken, by what a leaf says of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AcceptedIssuer {
    /// The CA's name for people.
    pub name: String,
    /// base64 of the DER of the subject name of the CA certificate that signs leaves.
    pub subject: String,
}

/// What is to be signed, together with the gateway's origin, which the agent knows itself.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Challenge {
    /// The nonce as text.
    pub nonce: String,
    /// When it is void.
    pub expires: UnixTime,
}

/// The token on its way to the gateway.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TokenPost {
    /// The text of the authentication token (JSON within JSON, so that its limits are checked on what was sent).
    pub token: String,
    /// The nonce it is over.
    pub nonce: String,
}

/// The login holds; the browser goes on.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Accepted {
    /// The single-use completion address, on the gateway's own origin.
    pub completion: String,
}

/// The login is refused; another certificate may be tried while the ticket lives.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    /// The stable code; the agent has a message for it.
    pub code: String,
    /// What support can find in the gateway's log.
    pub incident: String,
    /// Whether another try under the same ticket makes sense.
    pub retry: bool,
    /// Whom the citizen can turn to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub support: Option<String>,
}
