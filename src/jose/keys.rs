//! The gateway's set of signing keys.

use super::key::PublicPart;
use super::{Algorithm, Error, KeyFamily, SigningKey, provider};
use data_encoding::BASE64URL_NOPAD;
use jsonwebtoken::{DecodingKey, Validation, decode, decode_header};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// The longest token read back, in bytes.
pub const MAX_JWT: usize = 16 * 1024;

/// The keys in use; of each family the first one signs, all are published and verify.
#[derive(Debug)]
pub struct Keys {
    keys: Vec<SigningKey>,
    readers: Vec<DecodingKey>,
}

#[derive(Serialize)]
struct Header<'a> {
    alg: &'static str,
    kid: &'a str,
    typ: &'a str,
}

impl Keys {
    /// A set of keys.
    pub fn new(keys: Vec<SigningKey>) -> Self {
        provider::install();
        let readers = keys
            .iter()
            .map(|key| match key.public() {
                PublicPart::Rsa { modulus, exponent } => DecodingKey::from_rsa_raw_components(modulus, exponent),
                PublicPart::P256 { point } => DecodingKey::from_ec_der(point),
            })
            .collect();
        Self { keys, readers }
    }

    /// New keys of both families that are kept nowhere: for tests, and for gateways that forget on purpose.
    ///
    /// # Errors
    /// [`Error::KeyGeneration`].
    pub fn ephemeral() -> Result<Self, Error> {
        let families = [KeyFamily::Rsa, KeyFamily::P256];
        let make = |family| SigningKey::from_pem(&SigningKey::generate_pem(family)?);
        Ok(Self::new(families.into_iter().map(make).collect::<Result<_, _>>()?))
    }

    /// The algorithms there is a key for.
    pub fn algorithms(&self) -> Vec<Algorithm> {
        Algorithm::ALL.into_iter().filter(|algorithm| self.signer(*algorithm).is_some()).collect()
    }

    /// The published key set (RFC 7517 section 5).
    pub fn jwks(&self) -> Value {
        json!({ "keys": self.keys.iter().map(SigningKey::jwk).collect::<Vec<_>>() })
    }

    /// Signs claims into a compact JWS.
    ///
    /// # Errors
    /// [`Error::KeyMissing`], [`Error::Signing`].
    pub fn sign<T: Serialize>(&self, algorithm: Algorithm, typ: &str, claims: &T) -> Result<String, Error> {
        let key = self.signer(algorithm).ok_or(Error::KeyMissing { algorithm })?;
        let header = serde_json::to_vec(&Header { alg: algorithm.name(), kid: key.kid(), typ });
        let header = header.map_err(|_| Error::Signing)?;
        let claims = serde_json::to_vec(claims).map_err(|_| Error::Signing)?;
        let mut token = BASE64URL_NOPAD.encode(&header);
        token.push('.');
        BASE64URL_NOPAD.encode_append(&claims, &mut token);
        let signature = key.sign(algorithm, token.as_bytes())?;
        token.push('.');
        BASE64URL_NOPAD.encode_append(&signature, &mut token);
        Ok(token)
    }

    /// Reads a token that this gateway signed as this issuer. It may have expired: an `id_token_hint` says who was
    /// signed in, not who is (OpenID Connect RP-Initiated Logout section 4).
    ///
    /// # Errors
    /// [`Error::TokenLength`], [`Error::TokenMalformed`], [`Error::KeyUnknown`], [`Error::SignatureInvalid`].
    pub fn verify_own<T: DeserializeOwned>(&self, token: &str, typ: &str, issuer: &str) -> Result<T, Error> {
        if token.len() > MAX_JWT {
            return Err(Error::TokenLength { length: token.len() });
        }
        let header = decode_header(token).map_err(|_| Error::TokenMalformed)?;
        // A token of another type, such as a logout token, is no hint however well it is signed.
        if header.typ.as_deref() != Some(typ) {
            return Err(Error::TokenMalformed);
        }
        let kid = header.kid.ok_or(Error::KeyUnknown)?;
        let (key, reader) =
            self.keys.iter().zip(&self.readers).find(|(key, _)| key.kid() == kid).ok_or(Error::KeyUnknown)?;
        // What the key can make decides, not what the header says.
        let allowed = Algorithm::ALL.into_iter().filter(|algorithm| algorithm.family() == key.family());
        let allowed: Vec<_> = allowed.map(provider::library_name).collect();
        if !allowed.contains(&header.alg) {
            return Err(Error::TokenMalformed);
        }
        let mut validation = Validation::new(header.alg);
        validation.algorithms = allowed;
        validation.validate_exp = false;
        validation.validate_aud = false;
        validation.set_issuer(&[issuer]);
        validation.set_required_spec_claims(&["iss"]);
        Ok(decode(token, reader, &validation).map_err(|_| Error::SignatureInvalid)?.claims)
    }

    fn signer(&self, algorithm: Algorithm) -> Option<&SigningKey> {
        self.keys.iter().find(|key| key.family() == algorithm.family())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ISSUER: &str = "https://id.example";

    fn claims() -> Value {
        json!({ "iss": ISSUER, "sub": "somebody", "exp": 1 })
    }

    fn swap_part(token: &str, index: usize, part: &str) -> String {
        let mut parts: Vec<_> = token.split('.').collect();
        parts[index] = part;
        parts.join(".")
    }

    #[test]
    fn every_algorithm_signs_and_is_known_again() {
        let keys = Keys::ephemeral().expect("makes keys");
        let stranger = Keys::ephemeral().expect("makes keys");
        assert_eq!(keys.algorithms(), Algorithm::ALL);
        for algorithm in Algorithm::ALL {
            let token = keys.sign(algorithm, "JWT", &claims()).expect("signs");
            let read: Value = keys.verify_own(&token, "JWT", ISSUER).expect("expired, and ours");
            assert_eq!(read, claims());
            let refused = |token: &str, typ, issuer| keys.verify_own::<Value>(token, typ, issuer).map_err(|e| e.code());
            assert_eq!(refused(&token, "logout+jwt", ISSUER), Err("jose_token_malformed"));
            assert_eq!(refused(&token, "JWT", "https://other.example"), Err("jose_signature_invalid"));
            let other = BASE64URL_NOPAD.encode(br#"{"iss":"https://id.example","sub":"else"}"#);
            assert_eq!(refused(&swap_part(&token, 1, &other), "JWT", ISSUER), Err("jose_signature_invalid"));
            let foreign = stranger.sign(algorithm, "JWT", &claims()).expect("signs");
            assert_eq!(refused(&foreign, "JWT", ISSUER), Err("jose_key_unknown"));
        }
    }

    #[test]
    fn the_header_does_not_choose_the_algorithm() {
        let keys = Keys::ephemeral().expect("makes keys");
        let token = keys.sign(Algorithm::Rs256, "JWT", &claims()).expect("signs");
        let kid = keys.signer(Algorithm::Rs256).expect("key").kid();
        for alg in ["none", "HS256", "ES256", "RS1", "RS512", "PS384"] {
            let header = json!({ "alg": alg, "kid": kid, "typ": "JWT" }).to_string();
            let forged = swap_part(&token, 0, &BASE64URL_NOPAD.encode(header.as_bytes()));
            let refused = keys.verify_own::<Value>(&forged, "JWT", ISSUER).expect_err("refuses");
            assert_eq!(refused.code(), "jose_token_malformed", "{alg}");
        }
        let unsigned = swap_part(&token, 2, "");
        assert_eq!(
            keys.verify_own::<Value>(&unsigned, "JWT", ISSUER).expect_err("refuses").code(),
            "jose_signature_invalid"
        );
        for garbage in ["", "..", "a.b.c", "....", &"A".repeat(MAX_JWT + 1)] {
            assert!(keys.verify_own::<Value>(garbage, "JWT", ISSUER).is_err());
        }
    }

    /// The worked example of RFC 7638 section 3.1 is a property of its key, which is public only; the canonical form
    /// is checked against members written by hand.
    #[test]
    fn the_key_id_is_the_thumbprint_of_the_sorted_members() {
        let keys = Keys::ephemeral().expect("makes keys");
        for jwk in keys.jwks()["keys"].as_array().expect("array") {
            let text = |name: &str| jwk[name].as_str().expect("text").to_owned();
            let canonical = if text("kty") == "RSA" {
                assert_eq!((text("e"), text("n").len()), ("AQAB".to_owned(), 342));
                assert!(jwk.get("alg").is_none(), "the key makes RS256 and PS256");
                format!(r#"{{"e":"{}","kty":"RSA","n":"{}"}}"#, text("e"), text("n"))
            } else {
                assert_eq!((text("x").len(), text("y").len(), text("alg")), (43, 43, "ES256".to_owned()));
                format!(r#"{{"crv":"P-256","kty":"EC","x":"{}","y":"{}"}}"#, text("x"), text("y"))
            };
            assert_eq!(text("kid"), BASE64URL_NOPAD.encode(&crate::secret::sha256(canonical.as_bytes())));
            for private in ["d", "p", "q", "dp", "dq", "qi"] {
                assert!(jwk.get(private).is_none(), "{private} is private");
            }
        }
    }

    #[test]
    fn only_the_kinds_on_the_list_are_loaded() {
        use openssl::{
            ec::{EcGroup, EcKey},
            nid::Nid,
            pkey::PKey,
            rsa::Rsa,
        };
        let short = PKey::from_rsa(Rsa::generate(1024).expect("makes")).expect("wraps");
        let group = EcGroup::from_curve_name(Nid::SECP384R1).expect("curve");
        let other_curve = PKey::from_ec_key(EcKey::generate(&group).expect("makes")).expect("wraps");
        for key in [short, other_curve, PKey::generate_x25519().expect("makes")] {
            let pem = key.private_key_to_pem_pkcs8().expect("writes");
            assert!(matches!(SigningKey::from_pem(&pem), Err(Error::KeyMalformed)));
        }
        let cipher = openssl::symm::Cipher::aes_256_cbc();
        let good = PKey::from_rsa(Rsa::generate(2048).expect("makes")).expect("wraps");
        let locked = good.private_key_to_pem_pkcs8_passphrase(cipher, b"secret").expect("writes");
        // Nobody is asked for a passphrase: a gateway that waits at a terminal does not start.
        assert!(matches!(SigningKey::from_pem(&locked), Err(Error::KeyMalformed)));
        assert!(matches!(SigningKey::from_pem(b"-----BEGIN"), Err(Error::KeyMalformed)));
    }
}
