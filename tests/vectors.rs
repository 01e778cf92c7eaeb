//! Certification paths: cases that are generated, and cases that are pinned in `fixtures/pki`.
//!
//! The generated cases are written to `fixtures/pki` by
//! `BRAMA_WRITE_FIXTURES=1 cargo test --test vectors generated`; all keys and names there are of test CAs made for the
//! moment.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where")]

#[path = "support/authority.rs"]
#[expect(dead_code, reason = "a tool for several tests; none uses all of it")]
mod authority;
#[path = "support/der.rs"]
#[expect(dead_code, reason = "a tool for several tests; none uses all of it")]
mod der;

use authority::{
    Authority, CrlSpec, DAY, EPOCH, Folder, Hash, Kind, Revoked, Signing, Spec, basic_constraints, common_name,
    extended_key_usage, extension, key, key_usage, person,
};
use brama::clock::UnixTime;
use brama::pki::{
    Certificate, Crl, Error, Evidence, Issuer, IssuerRules, NewestCrls, Purpose, StatusEvidence, StatusSource,
    TrustList, ValidatedCertificate, evidence, path, validate,
};
use brama::trust;
use openssl::stack::Stack;
use openssl::x509::X509;
use openssl::x509::store::{X509Lookup, X509StoreBuilder};
use openssl::x509::verify::{X509VerifyFlags, X509VerifyParam};
use proptest::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

const NOW: i64 = EPOCH + DAY;
const CLIENT_AUTH: &str = "1.3.6.1.5.5.7.3.2";
const ACCEPTED: &str = "accepted";

/// One question and its answer.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    /// Why it is worth asking.
    why: String,
    /// `accepted` or the code of the refusal.
    expected: String,
    /// Why OpenSSL answers otherwise, where it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    openssl_differs: Option<String>,
    time: i64,
    purpose: Purpose,
    rules: serde_json::Value,
    leaf: evidence::Blob,
    #[serde(default)]
    extra: Vec<evidence::Blob>,
    anchors: Vec<evidence::Blob>,
    #[serde(default)]
    intermediates: Vec<evidence::Blob>,
    #[serde(default)]
    crls: Vec<evidence::Blob>,
}

impl Case {
    fn judge(&self) -> Result<ValidatedCertificate, Error> {
        let read =
            |all: &[evidence::Blob]| all.iter().map(|der| Certificate::from_der(&der.0)).collect::<Result<_, _>>();
        let now = UnixTime(self.time);
        let rules: IssuerRules = serde_json::from_value(self.rules.clone()).expect("rules");
        let leaf = Certificate::from_der(&self.leaf.0)?;
        let (anchors, intermediates): (_, Vec<_>) = (read(&self.anchors)?, read(&self.intermediates)?);
        let extra: Vec<_> = read(&self.extra)?;
        let trust = TrustList::new(vec![Issuer { id: "test".to_owned(), rules, anchors, intermediates, crls: vec![] }]);
        let path = path::find(&leaf, &extra, &trust, self.purpose, now)?;
        let mut status = StatusEvidence::new();
        for der in &self.crls {
            status.verify(&path, &Crl::from_der(&der.0)?);
        }
        let validated = validate(&path, &status, now)?;
        // What was judged can be stored and judged again.
        let stored = serde_json::to_string(&validated.evidence()).unwrap();
        let replayed = serde_json::from_str::<Evidence>(&stored).unwrap().replay(&trust)?;
        assert_eq!(replayed.status(), validated.status());
        Ok(validated)
    }

    fn verdict(&self) -> &'static str {
        self.judge().map_or_else(|error| error.code(), |_| ACCEPTED)
    }

    /// Whether OpenSSL accepts it, revocation of the whole chain included.
    fn openssl_accepts(&self) -> bool {
        let read = |blob: &evidence::Blob| X509::from_der(&blob.0);
        let verify = || -> Result<bool, openssl::error::ErrorStack> {
            let mut store = X509StoreBuilder::new()?;
            for anchor in &self.anchors {
                store.add_cert(read(anchor)?)?;
            }
            let lists = tempfile::NamedTempFile::new().unwrap();
            let pem: String = self.crls.iter().map(|crl| authority::pem("X509 CRL", &crl.0)).collect();
            std::fs::write(lists.path(), pem).unwrap();
            if !self.crls.is_empty() {
                let lookup = store.add_lookup(X509Lookup::file())?;
                lookup.load_crl_file(lists.path(), openssl::ssl::SslFiletype::PEM)?;
            }
            let mut parameters = X509VerifyParam::new()?;
            parameters.set_time(self.time);
            parameters.set_purpose(openssl::x509::X509PurposeId::SSL_CLIENT)?;
            parameters.set_flags(
                X509VerifyFlags::CRL_CHECK
                    | X509VerifyFlags::CRL_CHECK_ALL
                    | X509VerifyFlags::X509_STRICT
                    | X509VerifyFlags::PARTIAL_CHAIN,
            )?;
            store.set_param(&parameters)?;
            let mut untrusted = Stack::new()?;
            for certificate in self.intermediates.iter().chain(&self.extra) {
                untrusted.push(read(certificate)?)?;
            }
            let leaf = read(&self.leaf)?;
            openssl::x509::X509StoreContext::new()?
                .init(&store.build(), &leaf, &untrusted, |context| context.verify_cert())
        };
        verify().unwrap_or(false)
    }
}

fn rules() -> serde_json::Value {
    serde_json::json!({ "name": "Test CA family", "purpose": "citizen" })
}

/// A root, a CA below it, and what both say of nobody being revoked.
struct World {
    root: Authority,
    ca: Authority,
}

impl World {
    fn new(kind: Kind) -> Self {
        Self::by(|spec| spec, |spec| spec, kind)
    }

    fn by(root: impl FnOnce(Spec) -> Spec, ca: impl FnOnce(Spec) -> Spec, kind: Kind) -> Self {
        let (root_key, ca_key) = (key(kind, 1), key(kind, 2));
        let root = Authority::root_by(&root(Spec::authority(&common_name("Brama Test Root"), &root_key)), &root_key);
        let ca = root.subordinate_by(&ca(Spec::authority(&common_name("Brama Test CA"), &ca_key)), &ca_key);
        Self { root, ca }
    }

    /// A case about this leaf, with good lists.
    fn case(&self, why: &str, expected: &str, leaf: &[u8]) -> Case {
        let list = |authority: &Authority| evidence::Blob(authority.crl(&CrlSpec::new()));
        Case {
            why: why.to_owned(),
            expected: expected.to_owned(),
            openssl_differs: None,
            time: NOW,
            purpose: Purpose::Citizen,
            rules: rules(),
            leaf: evidence::Blob(leaf.to_vec()),
            extra: vec![],
            anchors: vec![evidence::Blob(self.root.der.clone())],
            intermediates: vec![evidence::Blob(self.ca.der.clone())],
            crls: vec![list(&self.root), list(&self.ca)],
        }
    }
}

impl Case {
    fn but(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    fn differs(mut self, reason: &str) -> Self {
        self.openssl_differs = Some(reason.to_owned());
        self
    }
}

fn citizen(kind: Kind) -> Spec {
    Spec::citizen(&person("Hanna", "Test", "PNOBY-4010190A001PB1"), &key(kind, 3))
}

/// The pinned cases. The name is the file's.
fn cases() -> Vec<(&'static str, Case)> {
    let world = World::new(Kind::P256);
    let World { root, ca } = &world;
    let spec = citizen(Kind::P256);
    let leaf = ca.issue(&spec);
    let blob = |der: &[u8]| evidence::Blob(der.to_vec());
    let with_leaf = |why, expected, spec: &Spec| world.case(why, expected, &ca.issue(spec));
    // A world whose CA is as told.
    let with_ca = |why, expected, change: fn(Spec) -> Spec| {
        let world = World::by(|spec| spec, change, Kind::P256);
        world.case(why, expected, &world.ca.issue(&citizen(Kind::P256)))
    };
    let with_list = |why, expected, list: CrlSpec| {
        world.case(why, expected, &leaf).but(|case| case.crls[1] = evidence::Blob(ca.crl(&list)))
    };
    let mut all = vec![
        ("good", world.case("an ordinary chain with lists", ACCEPTED, &leaf)),
        (
            "good-name-folding",
            with_leaf(
                "RFC 5280 section 7.1: names match without case, space and string type",
                ACCEPTED,
                &spec.clone().but(|spec| {
                    spec.issuer = Some(authority::name(&[("2.5.4.3", der::printable("BRAMA  test ca "))]));
                }),
            ),
        ),
        (
            "good-wrong-key-identifier",
            with_leaf(
                "a key identifier is a hint and never a gate",
                ACCEPTED,
                &spec.clone().but(|spec| spec.key_identifiers = false).with(extension(
                    "2.5.29.35",
                    false,
                    &der::sequence(&[der::implicit(0, b"another identifier")]),
                )),
            )
            .differs("OpenSSL takes the identifier for a gate"),
        ),
        (
            "good-two-issuers-of-one-name",
            world
                .case("a CA that changed its key keeps its name: every candidate is tried", ACCEPTED, &leaf)
                .but(|case| {
                    let other = key(Kind::P256, 4);
                    let spec = Spec::authority(&ca.subject, &other).but(|spec| spec.key_identifiers = false);
                    case.intermediates.insert(0, blob(&root.issue(&spec)));
                })
                .differs("OpenSSL goes back to no other candidate once it has taken one"),
        ),
        (
            "good-root-of-version-1",
            {
                let world = World::by(|spec| spec.but(|spec| spec.version = 0), |spec| spec, Kind::P256);
                let leaf = world.ca.issue(&spec);
                world.case(
                    "an anchor of version 1 has no basicConstraints; the operator vouches for it",
                    ACCEPTED,
                    &leaf,
                )
            }
            .differs("X509_STRICT wants version 3 of roots too"),
        ),
        (
            "good-anchor-below-a-root",
            world
                .case("an anchor need not be self-signed: one CA below a root can have its own rules", ACCEPTED, &leaf)
                .but(|case| {
                    case.anchors = std::mem::take(&mut case.intermediates);
                })
                .differs("the list is complete for us; OpenSSL finds no list for the partial chain's end"),
        ),
        (
            "good-list-of-version-1",
            with_list(
                "a list of version 1 has neither number nor extensions",
                ACCEPTED,
                CrlSpec::new().but(|list| list.version = None),
            ),
        ),
        (
            "good-critical-qc-statements",
            with_leaf(
                "Ukrainian CAs mark qcStatements critical",
                ACCEPTED,
                &spec.clone().with(extension(
                    "1.3.6.1.5.5.7.1.3",
                    true,
                    &der::sequence(&[der::sequence(&[der::oid("0.4.0.1862.1.1")])]),
                )),
            )
            .differs("OpenSSL does not know qcStatements"),
        ),
        (
            "trailing-bytes",
            world
                .case(
                    "what follows a certificate is signed by nobody",
                    "certificate_malformed",
                    &[&leaf[..], &[0]].concat(),
                )
                .differs("d2i_X509 leaves what follows to its caller"),
        ),
        (
            "extension-twice",
            with_leaf(
                "RFC 5280 section 4.2: which of two would hold is a guess",
                "certificate_malformed",
                &spec.clone().with(extended_key_usage(&[CLIENT_AUTH])),
            ),
        ),
        (
            "version-2-with-extensions",
            with_leaf(
                "RFC 5280 section 4.1.2.9: extensions are of version 3",
                "certificate_malformed",
                &spec.clone().but(|spec| spec.version = 1),
            ),
        ),
        ("unknown-issuer", {
            let stranger = Authority::root("Brama Test Stranger", Kind::P256);
            world.case("nobody of this name is trusted", "issuer_unknown", &stranger.issue(&spec))
        }),
        (
            "intermediate-missing",
            world
                .case("the root is known, the CA between is not at hand", "issuer_unknown", &leaf)
                .but(|case| case.intermediates.clear()),
        ),
        (
            "self-signed",
            world.case(
                "who vouches for herself is not vouched for",
                "issuer_unknown",
                &Authority::root_by(&spec, &key(Kind::P256, 3)).der,
            ),
        ),
        ("not-yet-valid", with_leaf("", "not_yet_valid", &spec.clone().but(|spec| spec.not_before = NOW + 1))),
        (
            "last-second",
            with_leaf("notAfter itself is still valid", ACCEPTED, &spec.clone().but(|spec| spec.not_after = NOW))
                .differs("OpenSSL takes notAfter for the first second that is not"),
        ),
        ("expired", with_leaf("", "expired", &spec.clone().but(|spec| spec.not_after = NOW - 1))),
        ("expired-ca", with_ca("", "expired", |spec| spec.but(|spec| spec.not_after = NOW - 1))),
        ("expired-root", {
            let world = World::by(|spec| spec.but(|spec| spec.not_after = NOW - 1), |spec| spec, Kind::P256);
            world.case("an anchor's time ends too", "expired", &world.ca.issue(&spec))
        }),
        (
            "signature-broken",
            with_leaf("", "signature_invalid_in_chain", &spec.clone().but(|spec| spec.break_signature = true)),
        ),
        (
            "signature-of-ca-broken",
            with_ca("", "signature_invalid_in_chain", |spec| spec.but(|spec| spec.break_signature = true)),
        ),
        ("signature-by-a-namesake", {
            let namesake = World { root: root.clone(), ca: Authority { key: key(Kind::P256, 4), ..ca.clone() } };
            world.case("the right name with another key", "signature_invalid_in_chain", &namesake.ca.issue(&spec))
        }),
        (
            "algorithm-of-another-key",
            with_leaf(
                "the certificate says RSA, the CA's key is of a curve",
                "signature_invalid_in_chain",
                &spec.clone().but(|spec| {
                    spec.inner_algorithm = Some(Signing::RsaPkcs1(Hash::Sha256).identifier());
                    spec.outer_algorithm = spec.inner_algorithm.clone();
                }),
            ),
        ),
        (
            "algorithms-differ",
            with_leaf(
                "RFC 5280 section 4.1.1.2: only the inner one is signed, so the outer one must be the same",
                "signature_algorithm_mismatch",
                &spec.clone().but(|spec| spec.outer_algorithm = Some(Signing::Ecdsa(Hash::Sha384).identifier())),
            ),
        ),
        (
            "sha-1",
            with_leaf(
                "collisions of SHA-1 are made to order",
                "algorithm_refused",
                &spec.clone().but(|spec| spec.signing = Some(Signing::Ecdsa(Hash::Sha1))),
            )
            .differs("at security level 1 OpenSSL 3.0 takes SHA-1 of a leaf"),
        ),
        (
            "pss-with-another-mask",
            with_leaf(
                "RSASSA-PSS is taken with one hash for all and a salt as long as it",
                "algorithm_refused",
                &spec.clone().but(|spec| {
                    spec.inner_algorithm = Some(authority::pss_identifier(Hash::Sha256, Hash::Sha1, 32));
                    spec.outer_algorithm = spec.inner_algorithm.clone();
                }),
            ),
        ),
        (
            "curve-with-own-parameters",
            with_leaf(
                "explicit parameters are how CVE-2020-0601 forged certificates",
                "algorithm_refused",
                &spec.clone().but(|spec| {
                    let point = &spec.spki[spec.spki.len() - 65..];
                    let field = der::sequence(&[der::oid("1.2.840.10045.1.1"), der::number(23)]);
                    let parameters = der::sequence(&[der::number(1), field]);
                    let algorithm = der::sequence(&[der::oid("1.2.840.10045.2.1"), parameters]);
                    spec.spki = der::sequence(&[algorithm, der::bit_string(point)]);
                }),
            ),
        ),
        (
            "rsa-1024",
            with_leaf("", "key_too_weak", &citizen(Kind::Rsa(1024))).differs("security level 1 takes 1024 bits"),
        ),
        (
            "rsa-exponent-3",
            with_leaf("", "key_too_weak", &citizen(Kind::RsaExponent(2048, 3)))
                .differs("OpenSSL has no opinion of exponents"),
        ),
        (
            "rsa-1024-of-ca",
            {
                let world = World::by(|spec| spec, |spec| spec, Kind::Rsa(1024));
                world.case("", "key_too_weak", &world.ca.issue(&spec))
            }
            .differs("security level 1 takes 1024 bits"),
        ),
        ("leaf-as-ca", {
            let leaf_key = key(Kind::P256, 3);
            let impostor = ca.subordinate_by(&spec, &leaf_key);
            let other = Spec::citizen(&person("Eva", "Test", "PNOBY-3010190A002PB2"), &key(Kind::P256, 4));
            world
                .case("a citizen issues a certificate for another", "ca_flag_missing", &impostor.issue(&other))
                .but(|case| case.extra.push(blob(&leaf)))
        }),
        (
            "ca-flag-false",
            with_ca("", "ca_flag_missing", |spec| spec.replacing("2.5.29.19", basic_constraints(false, None))),
        ),
        ("path-length", {
            let world = World::by(
                |spec| spec.replacing("2.5.29.19", basic_constraints(true, Some(0))),
                |spec| spec,
                Kind::P256,
            );
            world.case("the root allows no CA below it; RFC 5937", "path_too_long", &world.ca.issue(&spec))
        }),
        ("ca-without-key-cert-sign", with_ca("", "key_usage", |spec| spec.replacing("2.5.29.15", key_usage(&[0, 6])))),
        (
            "non-repudiation-only",
            with_leaf(
                "a key for signing documents is not one for signing in",
                "key_usage",
                &spec.clone().replacing("2.5.29.15", key_usage(&[1])),
            ),
        ),
        (
            "good-without-key-usage",
            with_leaf("absent, keyUsage restricts nothing", ACCEPTED, &spec.clone().without("2.5.29.15")),
        ),
        ("good-without-extended-key-usage", with_leaf("", ACCEPTED, &spec.clone().without("2.5.29.37"))),
        (
            "e-mail-only",
            with_leaf(
                "",
                "extended_key_usage",
                &spec.clone().replacing("2.5.29.37", extended_key_usage(&["1.3.6.1.5.5.7.3.4"])),
            ),
        ),
        (
            "any-extended-key-usage",
            with_leaf(
                "anyExtendedKeyUsage says nothing about signing in",
                "extended_key_usage",
                &spec.clone().replacing("2.5.29.37", extended_key_usage(&["2.5.29.37.0"])),
            ),
        ),
        (
            "card-authentication",
            with_leaf(
                "PIV's slot 9E signs without a PIN: whoever is near the card could sign in",
                "extended_key_usage",
                &spec.clone().replacing("2.5.29.37", extended_key_usage(&[CLIENT_AUTH, "2.16.840.1.101.3.6.8"])),
            )
            .differs("OpenSSL does not know id-PIV-cardAuth"),
        ),
        (
            "ca-for-e-mail-only",
            with_ca("extKeyUsage of a CA narrows what it may issue for", "extended_key_usage", |spec| {
                spec.with(extended_key_usage(&["1.3.6.1.5.5.7.3.4"]))
            }),
        ),
        (
            "critical-extension-of-leaf",
            with_leaf(
                "",
                "critical_extension_unknown",
                &spec.clone().with(extension("1.3.6.1.4.1.55555.9", true, &der::null())),
            ),
        ),
        (
            "critical-extension-of-ca",
            with_ca("", "critical_extension_unknown", |spec| {
                spec.with(extension("1.3.6.1.4.1.55555.9", true, &der::null()))
            }),
        ),
        (
            "name-constraints",
            with_ca(
                "until they are processed, constraints on names are refused",
                "critical_extension_unknown",
                |spec| {
                    let subtree = der::sequence(&[der::context(4, &common_name("Elsewhere"))]);
                    spec.with(extension("2.5.29.30", false, &der::sequence(&[der::context(0, &subtree)])))
                },
            ),
        ),
        (
            "another-purpose",
            world
                .case("a CA that names portals does not name citizens", "purpose", &leaf)
                .but(|case| case.rules["purpose"] = "portal-client".into())
                .differs("OpenSSL knows no purposes of a CA but those in certificates"),
        ),
        ("revoked", with_list("", "revoked", CrlSpec::new().revoke(&spec.serial, EPOCH + 60, Some(1)))),
        (
            "revoked-ca",
            world.case("who a revoked CA vouched for is not vouched for", "revoked", &leaf).but(|case| {
                let serial = Certificate::from_der(&ca.der).unwrap().serial().to_vec();
                case.crls[0] = evidence::Blob(root.crl(&CrlSpec::new().revoke(&serial, EPOCH, None)));
            }),
        ),
        (
            "revoked-by-a-stale-list",
            with_list(
                "what a list past its time says of revocation stays true",
                "revoked",
                CrlSpec::at(EPOCH, DAY / 2).revoke(&spec.serial, EPOCH, Some(1)),
            ),
        ),
        (
            "no-list",
            world.case("", "status_unknown", &leaf).but(|case| {
                case.crls.pop();
            }),
        ),
        (
            "no-list-of-root",
            world.case("the CA's own status must be known too", "status_unknown", &leaf).but(|case| {
                case.crls.remove(0);
            }),
        ),
        ("list-stale", with_list("", "status_stale", CrlSpec::at(EPOCH, DAY - 1))),
        (
            "list-from-the-future",
            with_list("beyond five minutes of skew", "status_not_yet_valid", CrlSpec::at(NOW + 301, DAY)),
        ),
        (
            "list-without-end",
            with_list(
                "RFC 5280 section 5.1.2.5: a list without nextUpdate would stand for ever",
                "crl_malformed",
                CrlSpec::new().but(|list| list.next_update = None),
            )
            .differs("OpenSSL takes it to stand for ever"),
        ),
        (
            "list-signature-broken",
            with_list("", "crl_signature", CrlSpec::new().but(|list| list.break_signature = true)),
        ),
        (
            "list-by-another-ca",
            world.case("the root signs a list in the CA's name", "crl_signature", &leaf).but(|case| {
                let list = root.crl(&CrlSpec::new().but(|list| list.issuer = Some(ca.subject.clone())));
                case.crls[1] = evidence::Blob(list);
            }),
        ),
        ("ca-without-crl-sign", with_ca("", "crl_key_usage", |spec| spec.replacing("2.5.29.15", key_usage(&[5])))),
        (
            "list-delta",
            with_list(
                "a delta list says nothing of what was revoked before",
                "crl_critical_extension_unknown",
                CrlSpec::new().but(|list| list.extensions.push(extension("2.5.29.27", true, &der::number(1)))),
            ),
        ),
        (
            "list-of-one-distribution-point",
            with_list(
                "a partial list says nothing of the rest; it counts even when not marked critical",
                "crl_critical_extension_unknown",
                CrlSpec::new().but(|list| {
                    let scope = der::sequence(&[der::implicit(1, &[0xff])]);
                    list.extensions.push(extension("2.5.29.28", false, &scope));
                }),
            )
            .differs("OpenSSL processes scopes, and this leaf is within it"),
        ),
        (
            "list-indirect-entry",
            with_list(
                "an entry of another CA's certificate changes whose all following ones are",
                "crl_critical_extension_unknown",
                CrlSpec::new().but(|list| {
                    let names = der::sequence(&[der::context(4, &common_name("Brama Test Another CA"))]);
                    list.entries.push(Revoked {
                        serial: vec![1],
                        date: EPOCH,
                        reason: None,
                        extensions: vec![extension("2.5.29.29", true, &names)],
                    });
                }),
            )
            .differs("OpenSSL processes indirect lists"),
        ),
    ];
    for (_, case) in &mut all {
        if case.why.is_empty() {
            case.why = case.expected.replace('_', " ");
        }
    }
    all
}

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/pki")
}

#[test]
fn generated_cases_are_judged_as_they_should_be() {
    let write = std::env::var_os("BRAMA_WRITE_FIXTURES").is_some();
    let mut wrong = Vec::new();
    for (name, case) in cases() {
        let verdict = case.verdict();
        if verdict != case.expected {
            wrong.push(format!("{name}: {verdict}, expected {}: {:?}", case.expected, case.judge().err()));
        }
        if write {
            let text = serde_json::to_string_pretty(&case).unwrap() + "\n";
            std::fs::create_dir_all(fixtures()).unwrap();
            std::fs::write(fixtures().join(format!("{name}.json")), text).unwrap();
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn openssl_agrees_or_the_case_says_why_not() {
    let mut wrong = Vec::new();
    for (name, case) in cases() {
        let agrees = case.openssl_accepts() == (case.expected == ACCEPTED);
        match (&case.openssl_differs, agrees) {
            (None, false) => wrong.push(format!("{name}: OpenSSL differs and no reason is given")),
            (Some(_), true) => wrong.push(format!("{name}: OpenSSL agrees though a reason is given why not")),
            _ => {}
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn pinned_cases_are_judged_as_they_always_were() {
    let mut count = 0;
    for entry in std::fs::read_dir(fixtures()).expect("fixtures/pki") {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "json") {
            let case: Case = serde_json::from_slice(&std::fs::read(&path).unwrap()).expect("a case");
            assert_eq!(case.verdict(), case.expected, "{}: {}", path.display(), case.why);
            count += 1;
        }
    }
    assert_eq!(count, cases().len(), "a case is not pinned, or a pinned one is made no more");
}

/// Codes with a test of their own below or beside the code.
const ELSEWHERE: [&str; 6] =
    ["certificate_too_large", "crl_too_large", "crl_replayed", "budget", "scheme_mismatch", "signature_invalid"];

#[test]
fn every_code_has_a_case() {
    let cased: BTreeSet<String> = cases().into_iter().map(|(_, case)| case.expected).collect();
    let missing: Vec<_> =
        Error::CODES.iter().filter(|code| !cased.contains(**code) && !ELSEWHERE.contains(code)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn every_algorithm_is_accepted() {
    use Hash::{Sha256, Sha384, Sha512};
    let rsa = [Sha256, Sha384, Sha512].into_iter().flat_map(|hash| [Signing::RsaPkcs1(hash), Signing::RsaPss(hash)]);
    let mut all: Vec<(Kind, Signing)> = rsa.map(|signing| (Kind::Rsa(2048), signing)).collect();
    all.extend([3072, 4096].map(|bits| (Kind::Rsa(bits), Signing::RsaPkcs1(Sha256))));
    for kind in [Kind::P256, Kind::P384, Kind::P521] {
        all.extend([Sha256, Sha384, Sha512].map(|hash| (kind, Signing::Ecdsa(hash))));
    }
    all.push((Kind::Ed25519, Signing::Ed25519));
    for (kind, signing) in all {
        let (root_key, ca_key) = (key(kind, 1), key(kind, 1));
        let spec = Spec::authority(&common_name("Root"), &root_key).but(|spec| spec.signing = Some(signing));
        let root = Authority::root_by(&spec, &root_key);
        let spec = Spec::authority(&common_name("CA"), &ca_key);
        let ca = root.subordinate_by(&spec, &ca_key).signing(signing);
        let world = World { root, ca };
        let leaf = world.ca.issue(&Spec::citizen(&common_name("Leaf"), &key(kind, 1)));
        let case = world.case("", ACCEPTED, &leaf);
        assert_eq!(case.verdict(), ACCEPTED, "{kind:?} {signing:?}");
        assert!(case.openssl_accepts(), "{kind:?} {signing:?}");
        let broken =
            world.ca.issue(&Spec::citizen(&common_name("Leaf"), &key(kind, 1)).but(|s| s.break_signature = true));
        assert_eq!(world.case("", "", &broken).verdict(), "signature_invalid_in_chain", "{kind:?} {signing:?}");
    }
}

#[test]
fn bare_signatures_verify_in_both_encodings() {
    use brama::pki::{Digest, PublicKey, SignatureEncoding, SignatureScheme, signature::verify};
    let message = b"the message";
    for (kind, hash, digest, half) in [
        (Kind::P256, Hash::Sha256, Digest::Sha256, 32),
        (Kind::P256, Hash::Sha512, Digest::Sha512, 32),
        (Kind::P384, Hash::Sha384, Digest::Sha384, 48),
        (Kind::P384, Hash::Sha256, Digest::Sha256, 48),
        (Kind::P521, Hash::Sha512, Digest::Sha512, 66),
    ] {
        let private = key(kind, 1);
        let public = PublicKey::from_spki(&authority::spki(&private)).unwrap();
        let scheme = SignatureScheme::Ecdsa(digest);
        let der = Signing::Ecdsa(hash).sign(&private, message);
        let parsed = openssl::ecdsa::EcdsaSig::from_der(&der).unwrap();
        let raw = [parsed.r().to_vec_padded(half).unwrap(), parsed.s().to_vec_padded(half).unwrap()].concat();
        let check = |encoding, message: &[u8], signature: &[u8]| {
            verify(&public, scheme, encoding, message, signature).map_err(|error| error.code())
        };
        assert_eq!(check(SignatureEncoding::Der, message, &der), Ok(()), "{kind:?} {hash:?}");
        assert_eq!(check(SignatureEncoding::Raw, message, &raw), Ok(()), "{kind:?} {hash:?}");
        // The one encoding is not the other, and neither has room for more or less.
        for (encoding, signature) in [
            (SignatureEncoding::Raw, &der[..]),
            (SignatureEncoding::Der, &raw[..]),
            (SignatureEncoding::Raw, &raw[1..]),
            (SignatureEncoding::Raw, &[&raw[..], &[0]].concat()),
            (SignatureEncoding::Der, &[&der[..], &[0]].concat()),
            (SignatureEncoding::Raw, &vec![0; 2 * usize::try_from(half).unwrap()]),
            (SignatureEncoding::Raw, &[]),
        ] {
            assert_eq!(check(encoding, message, signature), Err("signature_invalid"), "{kind:?} {hash:?} {encoding:?}");
        }
        assert_eq!(check(SignatureEncoding::Raw, b"another", &raw), Err("signature_invalid"));
        let rsa = verify(&public, SignatureScheme::RsaPkcs1(digest), SignatureEncoding::Raw, message, &raw);
        assert_eq!(rsa, Err(Error::SchemeMismatch));
    }
    // A key issued for RSASSA-PSS signs by nothing else (RFC 4055 section 1.2).
    let private = key(Kind::Rsa(2048), 1);
    let plain = authority::spki(&private);
    let bits = openssl::rsa::Rsa::public_key_from_der(&plain).unwrap().public_key_to_der_pkcs1().unwrap();
    let pss_only = |parameters: &[u8]| {
        let algorithm = [der::oid("1.2.840.113549.1.1.10"), parameters.to_vec()].concat();
        PublicKey::from_spki(&der::sequence(&[der::tlv(0x30, &algorithm), der::bit_string(&bits)])).unwrap()
    };
    let tied = authority::pss_identifier(Hash::Sha256, Hash::Sha256, 32);
    let tied = &tied[2 + 11..];
    let pkcs1 = Signing::RsaPkcs1(Hash::Sha256).sign(&private, message);
    let pss = Signing::RsaPss(Hash::Sha256).sign(&private, message);
    let pss_512 = Signing::RsaPss(Hash::Sha512).sign(&private, message);
    let check = |public: &PublicKey, scheme, signature: &[u8]| {
        verify(public, scheme, SignatureEncoding::Der, message, signature).map_err(|error| error.code())
    };
    let (any, free) = (PublicKey::from_spki(&plain).unwrap(), pss_only(&[]));
    assert_eq!(check(&any, SignatureScheme::RsaPkcs1(Digest::Sha256), &pkcs1), Ok(()));
    assert_eq!(check(&any, SignatureScheme::RsaPss(Digest::Sha256), &pss), Ok(()));
    assert_eq!(check(&any, SignatureScheme::RsaPss(Digest::Sha256), &pkcs1), Err("signature_invalid"));
    assert_eq!(check(&free, SignatureScheme::RsaPkcs1(Digest::Sha256), &pkcs1), Err("scheme_mismatch"));
    assert_eq!(check(&free, SignatureScheme::RsaPss(Digest::Sha512), &pss_512), Ok(()));
    assert_eq!(check(&pss_only(tied), SignatureScheme::RsaPss(Digest::Sha256), &pss), Ok(()));
    assert_eq!(check(&pss_only(tied), SignatureScheme::RsaPss(Digest::Sha512), &pss_512), Err("scheme_mismatch"));
}

#[test]
fn status_tells_how_long_it_stands() {
    let world = World::new(Kind::P256);
    let spec = citizen(Kind::P256);
    let case = world.case("", ACCEPTED, &world.ca.issue(&spec)).but(|case| {
        case.crls = vec![
            evidence::Blob(world.root.crl(&CrlSpec::at(EPOCH, 2 * DAY))),
            // An older list beside the newer one is passed over, though it revokes nobody either.
            evidence::Blob(world.ca.crl(&CrlSpec::at(EPOCH - DAY, 30 * DAY).but(|list| list.number = Some(0)))),
            evidence::Blob(world.ca.crl(&CrlSpec::at(EPOCH + 60, 7 * DAY))),
        ];
    });
    let validated = case.judge().expect("accepted");
    let status = validated.status();
    assert_eq!(status.kind, StatusSource::Crl);
    assert_eq!((status.this_update, status.next_update), (UnixTime(EPOCH + 60), UnixTime(EPOCH + 60 + 7 * DAY)));
    assert_eq!(status.chain_until, UnixTime(EPOCH + 2 * DAY));
    assert_eq!(validated.crls().len(), 2);
    let needs = evidence::needs(validated.path());
    assert_eq!(needs.iter().map(|need| need.subject).collect::<Vec<_>>(), [0, 1]);
    assert_eq!(&needs[0].issuer, validated.leaf().issuer());

    // A family that does without lists gives no freshness; one that allows staleness gives what the list says.
    let unchecked = case.clone().but(|case| {
        case.crls.clear();
        case.rules["revocation"] = serde_json::json!({ "required": false });
    });
    let status = unchecked.judge().expect("accepted").status();
    assert_eq!((status.kind, status.chain_until), (StatusSource::Unchecked, UnixTime(0)));
    let stale = case.but(|case| {
        case.time = EPOCH + 9 * DAY;
        case.rules["revocation"] = serde_json::json!({ "max_staleness": "8d" });
    });
    assert!(stale.judge().expect("accepted").status().chain_until < UnixTime(stale.time));
    assert_eq!(stale.but(|case| case.time += 7 * DAY).verdict(), "status_stale");
}

#[test]
fn addresses_of_lists_come_from_rules_and_certificates() {
    let world = World::new(Kind::P256);
    let own = authority::crl_distribution_points(&["http://a.test/1.crl", "ldap://a.test/x", "http://b.test/2.crl"]);
    let leaf = world.ca.issue(&citizen(Kind::P256).with(own));
    let case = world.case("", ACCEPTED, &leaf).but(|case| {
        case.rules["revocation"] = serde_json::json!({ "crls": ["http://b.test/2.crl", "crls/file.crl"] });
    });
    let validated = case.judge().expect("accepted");
    assert_eq!(evidence::needs(validated.path())[0].urls, ["http://b.test/2.crl", "http://a.test/1.crl"]);
}

#[test]
fn an_older_list_is_never_taken_again() {
    let world = World::new(Kind::P256);
    let ca = Certificate::from_der(&world.ca.der).unwrap();
    let list = |at: i64, number: Option<u64>| {
        let spec = CrlSpec::at(at, DAY).but(|list| list.number = number);
        Crl::from_der(&world.ca.crl(&spec)).unwrap().verify(&ca).unwrap()
    };
    let mut newest = NewestCrls::default();
    assert_eq!(newest.newest_this_update(), None);
    assert_eq!(newest.admit(&list(EPOCH, Some(255))), Ok(()));
    assert_eq!(newest.admit(&list(EPOCH, Some(255))), Ok(()), "the same again");
    assert_eq!(newest.admit(&list(EPOCH + 9, Some(256))), Ok(()), "numbers are compared as numbers");
    for (at, number) in [(EPOCH, Some(300)), (EPOCH + 99, Some(255)), (EPOCH, None)] {
        assert_eq!(newest.admit(&list(at, number)).unwrap_err().code(), "crl_replayed", "{at} {number:?}");
    }
    let stored = serde_json::to_string(&newest).unwrap();
    assert_eq!(serde_json::from_str::<NewestCrls>(&stored).unwrap(), newest);
    assert_eq!(newest.newest_this_update(), Some(UnixTime(EPOCH + 9)));
}

#[test]
fn large_lists_find_every_entry() {
    let world = World::new(Kind::P256);
    let ca = Certificate::from_der(&world.ca.der).unwrap();
    let serial = |number: u32| [&[0x40][..], &number.wrapping_mul(2_654_435_761).to_be_bytes()].concat();
    let spec = (0..5000).fold(CrlSpec::new(), |spec, number| spec.revoke(&serial(number), EPOCH, Some(4)));
    let list = Crl::from_der(&world.ca.crl(&spec)).unwrap().verify(&ca).unwrap();
    assert_eq!(list.crl().len(), 5000);
    assert!((0..5000).all(|number| list.crl().lookup(&serial(number)).is_some()));
    assert!((5000..9000).all(|number| list.crl().lookup(&serial(number)).is_none()));
}

#[test]
fn what_is_too_large_is_refused_unread() {
    let large = vec![0x30; brama::pki::MAX_CERTIFICATE + 1];
    assert_eq!(Certificate::from_der(&large).unwrap_err().code(), "certificate_too_large");
    let large = vec![0x30; brama::pki::MAX_CRL + 1];
    assert_eq!(Crl::from_der(&large).unwrap_err().code(), "crl_too_large");
}

fn search(leaf: &[u8], extra: &[Vec<u8>], anchors: &[&[u8]]) -> Result<path::TrustedPath, Error> {
    let read = |der: &[u8]| Certificate::from_der(der).unwrap();
    let issuer = Issuer {
        id: "test".to_owned(),
        rules: serde_json::from_value(rules()).unwrap(),
        anchors: anchors.iter().map(|der| read(der)).collect(),
        intermediates: vec![],
        crls: vec![],
    };
    let extra: Vec<_> = extra.iter().map(|der| read(der)).collect();
    path::find(&read(leaf), &extra, &TrustList::new(vec![issuer]), Purpose::Citizen, UnixTime(NOW))
}

#[test]
fn crafted_piles_cost_bounded_work() {
    let world = World::new(Kind::P256);
    let (one, other) = (key(Kind::P256, 4), key(Kind::P256, 5));
    // CAs of one name and different keys, none of which signed the leaf.
    let namesakes: Vec<_> = (10..10 + path::MAX_SIGNATURES as u32 + 1)
        .map(|number| world.root.issue(&Spec::authority(&world.ca.subject, &key(Kind::P256, number))))
        .collect();
    let leaf = world.ca.issue(&citizen(Kind::P256));
    assert_eq!(search(&leaf, &namesakes, &[&world.root.der]).unwrap_err().code(), "budget");
    // Certificates of one key and name differ by serial number: one signature tells of all, and all are still counted.
    let twins: Vec<_> = (0..path::MAX_CANDIDATES as u32 + 1)
        .map(|number| {
            let spec = Spec::authority(&world.ca.subject, &one).but(|spec| spec.serial = number.to_be_bytes().to_vec());
            world.root.issue(&spec.but(|spec| spec.serial[0] = 1))
        })
        .collect();
    assert_eq!(search(&leaf, &twins, &[&world.root.der]).unwrap_err().code(), "budget");
    // Two CAs that certify each other, and nobody else does.
    let (red, blue) = (common_name("Red"), common_name("Blue"));
    let red_ca = Authority::root_by(&Spec::authority(&red, &one), &one);
    let blue_ca = Authority::root_by(&Spec::authority(&blue, &other), &other);
    let ring = vec![red_ca.issue(&Spec::authority(&blue, &other)), blue_ca.issue(&Spec::authority(&red, &one))];
    let leaf = red_ca.issue(&citizen(Kind::P256));
    assert_eq!(search(&leaf, &ring, &[&world.root.der]).unwrap_err().code(), "issuer_unknown");
    // A ladder as long as a path may be, and one rung more.
    let mut top = world.root.clone();
    let mut ladder = Vec::new();
    for rung in 0..path::MAX_PATH - 1 {
        let leaf = top.issue(&citizen(Kind::P256));
        let found = search(&leaf, &ladder, &[&world.root.der]).map(|path| path.certificates().len());
        assert_eq!(found, Ok(rung + 2));
        top = top.subordinate(&format!("Rung {rung}"), Kind::P256);
        ladder.push(top.der.clone());
    }
    let leaf = top.issue(&citizen(Kind::P256));
    assert_eq!(search(&leaf, &ladder, &[&world.root.der]).unwrap_err().code(), "path_too_long");
}

#[test]
fn self_issued_authorities_do_not_count_for_path_length() {
    let limited = |spec: Spec| spec.replacing("2.5.29.19", basic_constraints(true, Some(1)));
    let world = World::by(limited, |spec| spec, Kind::P256);
    // The CA's new key, certified with its old one (RFC 5280 section 6.1.4 (l)).
    let new_key = key(Kind::P256, 4);
    let rolled = world.ca.subordinate_by(&Spec::authority(&world.ca.subject, &new_key), &new_key);
    let leaf = rolled.issue(&citizen(Kind::P256));
    let extra = [world.ca.der.clone(), rolled.der.clone()];
    assert_eq!(search(&leaf, &extra, &[&world.root.der]).map(|path| path.certificates().len()), Ok(4));
    let further = rolled.subordinate("Brama Test CA of another name", Kind::P256);
    let extra = [&extra[..], std::slice::from_ref(&further.der)].concat();
    let refused = search(&further.issue(&citizen(Kind::P256)), &extra, &[&world.root.der]);
    assert_eq!(refused.unwrap_err().code(), "path_too_long");
}

#[test]
fn the_failure_that_came_furthest_is_told() {
    let world = World::new(Kind::P256);
    // One path leads to nobody, the other to the anchor, where the leaf itself turns out to be expired.
    let stranger = Authority::root("Stranger", Kind::P256);
    let cross = stranger.issue(&Spec::authority(&world.ca.subject, &world.ca.key));
    let leaf = world.ca.issue(&citizen(Kind::P256).but(|spec| spec.not_after = NOW - 1));
    for extra in [[cross.clone(), world.ca.der.clone()], [world.ca.der.clone(), cross]] {
        assert_eq!(search(&leaf, &extra, &[&world.root.der]).unwrap_err().code(), "expired");
    }
}

/// A chain once, for the properties.
static CHAIN: LazyLock<(World, Vec<u8>)> = LazyLock::new(|| {
    let world = World::new(Kind::P256);
    let everything = citizen(Kind::P256)
        .with(authority::policies(&["1.3.6.1.4.1.55555.1"]))
        .with(authority::qc_statements(&["0.4.0.1862.1.4"]))
        .with(authority::crl_distribution_points(&["http://crl.test/ca.crl"]))
        .with(authority::directory_attributes(&[("1.2.804.2.1.1.1.11.1.4.1.1", der::printable("1234567890"))]))
        .with(extension("1.2.112.1.2.1.1.1.1.1", false, &der::bmp("4010190A001PB1")));
    let leaf = world.ca.issue(&everything);
    (world, leaf)
});

#[test]
fn a_rich_certificate_is_read() {
    let (_, leaf) = &*CHAIN;
    let leaf = Certificate::from_der(leaf).unwrap();
    let oid = |text: &str| text.parse::<brama::pki::Oid>().unwrap();
    assert_eq!(leaf.policies(), [oid("1.3.6.1.4.1.55555.1")]);
    assert_eq!(leaf.qc_statements(), [oid("0.4.0.1862.1.4")]);
    assert_eq!(leaf.crl_urls(), ["http://crl.test/ca.crl"]);
    assert_eq!(leaf.subject().first(&oid("2.5.4.5")), Some("PNOBY-4010190A001PB1"));
    let source = |text: &str| text.parse::<brama::pki::trust::Source>().unwrap().read(&leaf);
    assert_eq!(source("extension:1.2.112.1.2.1.1.1.1.1"), ["4010190A001PB1"]);
    assert_eq!(source("directory:1.2.804.2.1.1.1.11.1.4.1.1"), ["1234567890"]);
    assert_eq!(source("2.5.4.42"), ["Hanna"]);
    assert_eq!(source("2.5.4.10"), [""; 0]);
}

fn mutate(bytes: &[u8], changes: &[(prop::sample::Index, u8)]) -> Vec<u8> {
    let mut out = bytes.to_vec();
    for (index, value) in changes {
        let place = index.index(out.len());
        out[place] = *value;
    }
    out
}

fn changes() -> impl Strategy<Value = Vec<(prop::sample::Index, u8)>> {
    proptest::collection::vec(any::<(prop::sample::Index, u8)>(), 1..4)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        prop_assert!(Certificate::from_der(&bytes).is_err());
        prop_assert!(Crl::from_der(&bytes).is_err());
    }

    #[test]
    fn no_changed_certificate_is_accepted(changes in changes(), cut in proptest::option::of(any::<prop::sample::Index>())) {
        let (world, leaf) = &*CHAIN;
        let mut changed = mutate(leaf, &changes);
        if let Some(cut) = cut {
            changed.truncate(cut.index(changed.len()));
        }
        if changed != *leaf {
            prop_assert_ne!(world.case("", "", &changed).verdict(), ACCEPTED);
        }
    }

    #[test]
    fn no_changed_list_is_verified(changes in changes()) {
        let (world, leaf) = &*CHAIN;
        let spec = CrlSpec::new().revoke(&[1, 2, 3], EPOCH, Some(4)).revoke(&[7], EPOCH, None);
        let list = world.ca.crl(&spec);
        let changed = mutate(&list, &changes);
        if changed != list && let Ok(crl) = Crl::from_der(&changed) {
            let _ = crl.lookup(Certificate::from_der(leaf).unwrap().serial());
            prop_assert!(crl.verify(&Certificate::from_der(&world.ca.der).unwrap()).is_err());
        }
    }
}

// The folder of families.

fn example_rules() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("certs/issuer.toml.example");
    std::fs::read_to_string(path).expect("the example")
}

#[test]
fn the_commented_example_loads() {
    let folder = tempfile::tempdir().unwrap();
    let World { root, ca } = World::new(Kind::P256);
    let list = ca.crl(&CrlSpec::new());
    let files = Folder { anchors: &[&root.der], intermediates: &[&ca.der], crls: &[&list] };
    authority::family(folder.path(), "example", &example_rules(), &files);
    let loaded = trust::load(folder.path()).expect("loads");
    assert_eq!(loaded.warnings, []);
    let issuer = loaded.list.issuer("example").expect("there");
    assert_eq!((issuer.anchors.len(), issuer.intermediates.len(), issuer.crls.len()), (1, 1, 1));
    assert_eq!(issuer.rules.name.for_language("uk"), "Приклад ЦСК");
    assert_eq!(issuer.rules.name.for_language("pl"), "Example CA");
    // What the example calls usual is what is taken when it is left out.
    let least: IssuerRules = serde_json::from_value(rules()).unwrap();
    assert_eq!(issuer.rules.extended_key_usage, least.extended_key_usage);
    assert_eq!(issuer.rules.names, least.names);
    assert!(least.revocation.required);
    // Rules can be written and read again, for stored evidence and for `trust show`.
    let written = toml::to_string(&issuer.rules).expect("writes");
    assert_eq!(toml::from_str::<IssuerRules>(&written).expect("reads"), issuer.rules);
}

#[test]
fn the_committed_folder_trusts_nobody() {
    let loaded = trust::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("certs")).expect("loads");
    assert!(loaded.list.issuers().is_empty());
    assert!(matches!(loaded.warnings[..], [trust::Warning::NothingTrusted { .. }]));
}

#[test]
fn a_folder_that_does_not_load_says_why_and_what_to_do() {
    let World { root, ca } = World::new(Kind::P256);
    let good = authority::rules("Test", "citizen");
    let anchors: &[&[u8]] = &[&root.der];
    let folder = |rules: &str, anchors: &[&[u8]], then: &dyn Fn(&Path)| {
        let folder = tempfile::tempdir().unwrap();
        let place = authority::family(folder.path(), "test", rules, &Folder { anchors, ..Folder::default() });
        then(&place);
        trust::load(folder.path()).err().map(|error| (error.code(), error.to_string()))
    };
    let nothing = |_: &Path| ();
    assert_eq!(folder(&good, anchors, &nothing), None);
    let refused = |code: &str, words: &[&str], got: Option<(&'static str, String)>| {
        let (got_code, text) = got.expect("refused");
        assert_eq!(got_code, code, "{text}");
        for word in words {
            assert!(text.contains(word), "{word} in {text}");
        }
    };
    let change = |from: &str, to: &str| folder(&good.replace(from, to), anchors, &nothing);
    refused("trust_rules", &["issuer.toml", "porpose"], change("purpose", "porpose"));
    refused("trust_rules", &["issuer.toml", "citizens", "portal-client"], change("\"citizen\"", "\"citizens\""));
    refused("trust_rules", &["not on the scale"], change("proofing = 3", "proofing = 4"));
    refused("trust_rules", &["dots"], change("55555.1", "55555."));
    refused("trust_rules", &["semantics"], change("semantics = \"etsi\"", "scheme = \"tax\""));
    refused("trust_rules", &["two capital letters"], change("[\"BY\"]", "[\"Belarus\"]"));
    refused("trust_rules", &["36h"], folder(&format!("{good}max_staleness = \"2 days\"\n"), anchors, &nothing));
    let crls = |entry: &str| folder(&format!("{good}crls = [\"{entry}\"]\n"), anchors, &nothing);
    refused("trust_unreadable", &["missing.crl", "issuer.toml"], crls("crls/missing.crl"));
    refused("trust_field", &["revocation.crls"], crls("../other/x.crl"));
    refused("trust_field", &["http://"], crls("ldap://ca.test/crl"));
    let not_allowed = "attribute = \"2.5.4.5\"\nscheme = \"other\"\ncountry = \"BY\"";
    let person = change("attribute = \"2.5.4.5\"\nsemantics = \"etsi\"", not_allowed);
    refused("trust_field", &["person", "schemes"], person);
    let twice = "[[policy]]\noid = \"1.3.6.1.4.1.55555.1\"\nproofing = 0\nkey = 0\n\n[[policy]]";
    refused("trust_field", &["policy", "twice"], change("[[policy]]", twice));
    refused(
        "trust_field",
        &["extended_key_usage"],
        folder(&format!("extended_key_usage = []\n{good}"), anchors, &nothing),
    );
    refused("trust_no_anchors", &["anchors"], folder(&good, &[], &nothing));
    refused(
        "trust_rules_missing",
        &["issuer.toml.example"],
        folder(&good, anchors, &|place| {
            std::fs::remove_file(place.join("issuer.toml")).unwrap();
        }),
    );
    let file = |name: &'static str, bytes: Vec<u8>| {
        folder(&good, anchors, &move |place| {
            let path = place.join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, &bytes).unwrap();
        })
    };
    refused("trust_encoding", &["x.pem"], file("anchors/x.pem", b"hello".to_vec()));
    refused("trust_encoding", &["x.pem"], file("anchors/x.pem", b"-----BEGIN CERTIFICATE-----\n%%\n".to_vec()));
    refused("trust_certificate", &["x.der", "certificate_malformed"], file("anchors/x.der", vec![0x30, 0]));
    refused("trust_crl", &["x.crl", "crl_malformed"], file("crls/x.crl", vec![0x30, 0]));
    refused("trust_too_large", &["x.pem"], file("anchors/x.pem", vec![b' '; 1024 * 1024 + 1]));
    let secret = root.key.private_key_to_pem_pkcs8().unwrap();
    refused("trust_private_key", &["x.pem", "Remove"], file("anchors/x.pem", secret));

    let two = tempfile::tempdir().unwrap();
    for id in ["one", "two"] {
        authority::family(two.path(), id, &good, &Folder { anchors, ..Folder::default() });
    }
    refused("trust_anchor_twice", &["`one`"], trust::load(two.path()).err().map(|e| (e.code(), e.to_string())));
    let portal = authority::rules("Test", "portal-client");
    authority::family(two.path(), "two", &portal, &Folder { anchors, ..Folder::default() });
    assert!(trust::load(two.path()).is_ok(), "one anchor may serve two purposes");
    let named = tempfile::tempdir().unwrap();
    authority::family(named.path(), "My CA", &good, &Folder { anchors, ..Folder::default() });
    refused(
        "trust_family_name",
        &["My CA", "Rename"],
        trust::load(named.path()).err().map(|e| (e.code(), e.to_string())),
    );
    let absent = trust::load(&named.path().join("absent")).err().map(|e| (e.code(), e.to_string()));
    refused("trust_unreadable", &["absent"], absent);

    // What loads and deserves a look.
    let odd = tempfile::tempdir().unwrap();
    let leaf = ca.issue(&citizen(Kind::P256));
    let foreign = Authority::root("Stranger", Kind::P256).crl(&CrlSpec::new());
    let files = Folder { anchors, intermediates: &[&leaf], crls: &[&foreign] };
    let place = authority::family(odd.path(), "odd", &good, &files);
    std::fs::write(place.join("anchors/notes.txt"), "x").unwrap();
    let warnings: Vec<_> = trust::load(odd.path()).unwrap().warnings.iter().map(ToString::to_string).collect();
    assert_eq!(warnings.len(), 3, "{warnings:#?}");
}
