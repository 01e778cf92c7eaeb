//! The authentication token `web-eid:1.0`.

use super::{Algorithm, Error};
use data_encoding::BASE64;
use serde::{Deserialize, Serialize};

/// The fewest characters a token may have (Web eID).
pub const MIN_TOKEN: usize = 100;
/// The most characters a token may have (Web eID).
pub const MAX_TOKEN: usize = 10_000;
/// RSA-4096 makes the longest signature of the list.
const MAX_SIGNATURE: usize = 512;

/// A token whose structure and limits hold; nothing in it is verified.
#[derive(Clone, Debug)]
pub struct AuthToken {
    /// DER of the certificate the signer claims.
    pub certificate: Vec<u8>,
    /// PKCS#1 block, raw `r||s`, or Ed25519 signature.
    pub signature: Vec<u8>,
    /// What it claims to be signed with.
    pub algorithm: Algorithm,
    /// What the client says of itself; for the log only.
    pub app_version: String,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wire {
    unverified_certificate: String,
    signature: String,
    algorithm: String,
    format: String,
    #[serde(default)]
    app_version: String,
}

impl AuthToken {
    /// Reads a token. Unknown fields are ignored and any minor version of `web-eid:1` is taken, as Web eID asks.
    pub fn parse(text: &str) -> Result<Self, Error> {
        if !(MIN_TOKEN..=MAX_TOKEN).contains(&text.len()) {
            return Err(Error::TokenLength { length: text.len() });
        }
        let wire: Wire = serde_json::from_str(text).map_err(|_| Error::TokenMalformed)?;
        let minor = wire.format.strip_prefix("web-eid:1.").unwrap_or(if wire.format == "web-eid:1" { "0" } else { "" });
        if minor.is_empty() || minor.len() > 4 || !minor.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(Error::TokenFormat);
        }
        let algorithm = wire.algorithm.parse().map_err(|_| Error::AlgorithmUnknown)?;
        let certificate =
            BASE64.decode(wire.unverified_certificate.as_bytes()).map_err(|_| Error::CertificateEncoding)?;
        let signature = BASE64.decode(wire.signature.as_bytes()).map_err(|_| Error::SignatureEncoding)?;
        if signature.is_empty() || signature.len() > MAX_SIGNATURE {
            return Err(Error::SignatureEncoding);
        }
        let app_version = wire.app_version.chars().filter(|c| c.is_ascii_graphic()).take(64).collect();
        Ok(Self { certificate, signature, algorithm, app_version })
    }

    /// Writes the token as the client sends it.
    pub fn to_json(&self) -> String {
        let wire = Wire {
            unverified_certificate: BASE64.encode(&self.certificate),
            signature: BASE64.encode(&self.signature),
            algorithm: self.algorithm.name().to_owned(),
            format: "web-eid:1.0".to_owned(),
            app_version: self.app_version.clone(),
        };
        serde_json::to_string(&wire).expect("strings serialise")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sample() -> AuthToken {
        AuthToken {
            certificate: vec![0x30; 80],
            signature: vec![7; 64],
            algorithm: Algorithm::Es256,
            app_version: "brama-agent/0.1.0".to_owned(),
        }
    }

    fn refusal(change: impl FnOnce(&mut serde_json::Value)) -> Option<&'static str> {
        let mut json: serde_json::Value = serde_json::from_str(&sample().to_json()).expect("own JSON");
        change(&mut json);
        AuthToken::parse(&json.to_string()).err().map(|error| error.code())
    }

    #[test]
    fn what_is_written_is_read() {
        let read = AuthToken::parse(&sample().to_json()).expect("reads");
        assert_eq!((read.certificate, read.signature), (sample().certificate, sample().signature));
        assert_eq!(read.algorithm, Algorithm::Es256);
    }

    #[test]
    fn each_defect_has_its_name() {
        assert_eq!(refusal(|_| ()), None);
        assert_eq!(refusal(|json| json["extra"] = 1.into()), None);
        assert_eq!(refusal(|json| json["format"] = "web-eid:1.1".into()), None);
        assert_eq!(refusal(|json| json["format"] = "web-eid:2.0".into()), Some("token_format"));
        assert_eq!(refusal(|json| json["format"] = "web-eid:1.x".into()), Some("token_format"));
        assert_eq!(refusal(|json| json["algorithm"] = "none".into()), Some("algorithm_unknown"));
        assert_eq!(refusal(|json| json["algorithm"] = "HS256".into()), Some("algorithm_unknown"));
        assert_eq!(refusal(|json| json["signature"] = "*".into()), Some("signature_encoding"));
        assert_eq!(refusal(|json| json["signature"] = BASE64.encode(&[0; 513]).into()), Some("signature_encoding"));
        assert_eq!(refusal(|json| json["signature"] = 5.into()), Some("token_malformed"));
        assert_eq!(refusal(|json| json["unverifiedCertificate"] = "a b".into()), Some("certificate_encoding"));
        assert_eq!(refusal(|json| json["appVersion"] = "x".repeat(MAX_TOKEN).into()), Some("token_length"));
    }

    #[test]
    fn truncated_tokens_are_refused() {
        let whole = sample().to_json();
        for length in 0..whole.len() {
            assert!(AuthToken::parse(&whole[..length]).is_err(), "{length} of {}", whole.len());
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text in ".{0,400}") {
            let _ = AuthToken::parse(&text);
        }
    }
}
