//! The gateway's configuration, `brama.toml`.

use crate::authn::{AGENT_PORT, Origin};
use crate::config;
use serde::Deserialize;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use url::Url;

/// What `brama.toml` says. Relative paths are taken from its folder.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The gateway's origin as citizens and portals see it; the issuer of its tokens.
    pub issuer: Origin,
    /// The address to listen on.
    pub listen: SocketAddr,
    /// The folder for the database and the signing keys; made when it is not there.
    pub data: PathBuf,
    /// The folder of CA families.
    pub certs: PathBuf,
    /// Certificate and key for TLS.
    #[serde(default)]
    pub tls: Option<Tls>,
    /// Whom citizens can turn to: an address or a telephone number, shown on every page of refusal.
    #[serde(default)]
    pub support: Option<String>,
    /// The agents' loopback port.
    #[serde(default = "default_agent_port")]
    pub agent_port: u16,
    /// How much one address may ask for.
    #[serde(default)]
    pub limits: Limits,
    /// How status evidence is fetched.
    #[serde(default)]
    pub fetch: Fetch,
}

/// The files of the TLS server.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tls {
    /// The certificate chain, PEM, the server's own first.
    pub certificate: PathBuf,
    /// The private key, PEM.
    pub key: PathBuf,
}

/// What keeps one address from taking the room of all.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Sign-ins that one IPv4 address or IPv6 /64 may begin in a minute. A large office behind one address needs more.
    /// Loopback addresses are not counted.
    pub sign_ins_per_minute: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { sign_ins_per_minute: 600 }
    }
}

/// Where CRLs may be fetched from.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fetch {
    /// Hosts that may be on private or loopback addresses, by the `host:port` of the CRL's address.
    #[serde(default)]
    pub private_hosts: Vec<String>,
}

fn default_agent_port() -> u16 {
    AGENT_PORT
}

/// Why the gateway does not start with a configuration.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The file cannot be used.
    #[error(transparent)]
    File(#[from] config::Error),
    /// Plain HTTP beyond loopback.
    #[error(
        "refusing to serve plain HTTP: issuer is {issuer} and listen is {listen}. Without a [tls] section both must \
         be literal loopback addresses (127.0.0.0/8 or [::1]), because sign-ins and sessions would cross the network \
         in the clear. Add [tls] with certificate and key, and an https issuer"
    )]
    PlainHttp {
        /// The configured issuer.
        issuer: Origin,
        /// The configured address.
        listen: SocketAddr,
    },
    /// TLS is configured but the issuer is http.
    #[error("issuer is {issuer} but there is a [tls] section: the issuer must begin with https://")]
    IssuerNotHttps {
        /// The configured issuer.
        issuer: Origin,
    },
}

impl Config {
    /// Reads and checks the file.
    pub fn load(path: &Path) -> Result<Self, Error> {
        let mut config: Self = config::load(path)?;
        config.data = config::beside(path, &config.data);
        config.certs = config::beside(path, &config.certs);
        if let Some(tls) = &mut config.tls {
            tls.certificate = config::beside(path, &tls.certificate);
            tls.key = config::beside(path, &tls.key);
        }
        config.check()?;
        Ok(config)
    }

    /// Whether these settings may be served.
    pub fn check(&self) -> Result<(), Error> {
        match &self.tls {
            Some(_) if !self.issuer.is_https() => Err(Error::IssuerNotHttps { issuer: self.issuer.clone() }),
            Some(_) => Ok(()),
            None if !self.issuer.is_https() && self.issuer.is_loopback() && self.listen.ip().is_loopback() => Ok(()),
            None => Err(Error::PlainHttp { issuer: self.issuer.clone(), listen: self.listen }),
        }
    }

    /// The issuer with a path.
    pub fn url(&self, path: &str) -> Url {
        // An origin with an absolute path behind it always parses.
        let base = Url::parse(self.issuer.as_str()).expect("an origin is a URL");
        base.join(path).unwrap_or(base)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(issuer: &str, listen: &str, tls: bool) -> Result<(), Error> {
        let tls = if tls { "[tls]\ncertificate = \"a\"\nkey = \"b\"\n" } else { "" };
        let text = format!("issuer = \"{issuer}\"\nlisten = \"{listen}\"\ndata = \"d\"\ncerts = \"c\"\n{tls}");
        toml::from_str::<Config>(&text).expect("parses").check()
    }

    #[test]
    fn plain_http_stays_on_loopback() {
        assert!(config("http://127.0.0.2:8080", "127.0.0.2:8080", false).is_ok());
        assert!(config("http://[::1]:8080", "[::1]:8080", false).is_ok());
        for (issuer, listen) in [
            ("http://127.0.0.2:8080", "0.0.0.0:8080"),
            ("http://id.example", "127.0.0.2:8080"),
            ("http://localhost:8080", "127.0.0.1:8080"),
            ("https://id.example", "127.0.0.1:8080"),
            ("https://id.example", "0.0.0.0:443"),
        ] {
            let refused = config(issuer, listen, false).expect_err(issuer);
            assert!(refused.to_string().contains("plain HTTP"), "{refused}");
        }
        assert!(config("https://id.example", "0.0.0.0:443", true).is_ok());
        assert!(matches!(config("http://127.0.0.2", "127.0.0.2:1", true), Err(Error::IssuerNotHttps { .. })));
    }

    #[test]
    fn a_misspelt_name_is_an_error() {
        let text =
            "issuer = \"https://id.example\"\nlisten = \"0.0.0.0:1\"\ndata = \"d\"\ncerts = \"c\"\nsuport = \"x\"";
        let error = toml::from_str::<Config>(text).expect_err("is refused").to_string();
        assert!(error.contains("suport") && error.contains("support"), "{error}");
    }
}
