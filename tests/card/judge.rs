//! The virtual card before a judge that knows nothing of Brama: OpenSC.

use crate::readers::{apart, pcscd};
use crate::virtual_card::{State, VirtualCard, control, serve};
use crate::{certificate, ec, rsa, verifies};
use brama::pki::{Digest, SignatureScheme};
use openssl::nid::Nid;
use openssl::sha::sha256;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

const MODULES: [&str; 3] = [
    "/usr/lib/x86_64-linux-gnu/opensc-pkcs11.so",
    "/usr/lib/aarch64-linux-gnu/opensc-pkcs11.so",
    "/usr/lib/opensc-pkcs11.so",
];

/// Runs pkcs11-tool; what it said on success.
fn pkcs11_tool(module: &Path, arguments: &[&str]) -> Result<String, String> {
    let output = Command::new("pkcs11-tool").arg("--module").arg(module).args(arguments).output().expect("runs");
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    if output.status.success() { Ok(said) } else { Err(said) }
}

#[test]
fn opensc_takes_the_virtual_card_for_a_piv_card() {
    let Some(module) = MODULES.iter().map(PathBuf::from).find(|module| module.exists()) else {
        println!("skipped: OpenSC is not installed (package opensc)");
        return;
    };
    apart("judge::opensc_takes_the_virtual_card_for_a_piv_card", |folder| {
        let pcscd = pcscd(folder, 1);
        let (rsa, p256, p384) = (rsa(2048), ec(Nid::X9_62_PRIME256V1), ec(Nid::SECP384R1));
        let certificates = [certificate(&rsa, "RSA"), certificate(&p256, "P-256"), certificate(&p384, "P-384")];
        let state = State::new().with_key(0x9A, rsa, certificates[0].clone()).with_compressed_key(
            0x9C,
            p256,
            certificates[1].clone(),
        );
        let first = VirtualCard::new(pcscd.readers()[0].address, state);
        first.insert();
        let second =
            VirtualCard::new(pcscd.readers()[1].address, State::new().with_key(0x9A, p384, certificates[2].clone()));
        second.insert();
        let end = Instant::now() + Duration::from_secs(20);
        while pkcs11_tool(&module, &["--list-slots"]).map_or(0, |said| said.matches("token label").count()) < 2 {
            assert!(Instant::now() < end, "OpenSC sees both cards: {:?}", pkcs11_tool(&module, &["--list-slots"]));
        }
        let (data, hash, out) = (folder.join("data"), folder.join("hash"), folder.join("signature"));
        std::fs::write(&data, b"message").expect("writable");
        std::fs::write(&hash, sha256(b"message")).expect("writable");
        let sign = |slot: &str, id: &str, mechanism: &[&str], input: &Path| {
            let (input, output) = (input.to_str().expect("text"), out.to_str().expect("text"));
            let mut arguments = vec!["--slot-index", slot, "--login", "--pin", "123456", "--sign", "--id", id];
            arguments.extend_from_slice(mechanism);
            arguments.extend_from_slice(&["--input-file", input, "--output-file", output]);
            let said = pkcs11_tool(&module, &arguments);
            said.map(|_| std::fs::read(&out).expect("a signature")).unwrap_or_else(|said| panic!("{said}"))
        };
        let signature = sign("0", "01", &["--mechanism", "SHA256-RSA-PKCS"], &data);
        assert!(verifies(&certificates[0], SignatureScheme::RsaPkcs1(Digest::Sha256), b"message", &signature));
        let pss = ["--mechanism", "SHA256-RSA-PKCS-PSS", "--salt-len", "32"];
        let signature = sign("0", "01", &pss, &data);
        assert!(verifies(&certificates[0], SignatureScheme::RsaPss(Digest::Sha256), b"message", &signature));
        let signature = sign("0", "02", &["--mechanism", "ECDSA"], &hash);
        assert!(verifies(&certificates[1], SignatureScheme::Ecdsa(Digest::Sha256), b"message", &signature));
        let hash384 = folder.join("hash384");
        std::fs::write(&hash384, Digest::Sha384.hash(b"message")).expect("writable");
        let signature = sign("1", "01", &["--mechanism", "ECDSA"], &hash384);
        assert!(verifies(&certificates[2], SignatureScheme::Ecdsa(Digest::Sha384), b"message", &signature));
        // And it hears of a wrong PIN.
        let wrong = pkcs11_tool(&module, &["--slot-index", "0", "--login", "--pin", "000000", "--list-objects"]);
        assert!(wrong.is_err_and(|said| said.contains("CKR_PIN_INCORRECT")));
        assert_eq!(first.tries(), 2);
    });
}

#[test]
fn a_card_that_serves_obeys_commands() {
    let folder = tempfile::tempdir().expect("a folder");
    let (file, socket) = (folder.path().join("card.json"), folder.path().join("card.socket"));
    let key = ec(Nid::X9_62_PRIME256V1);
    let certificate = certificate(&key, "P-256");
    drop(State::new().with_key(0x9A, key, certificate).kept_in(&file).expect("writable"));
    // A port that nobody listens on: the card waits for its reader.
    let reader = ([127, 0, 0, 1], 1).into();
    let serving = {
        let (file, socket) = (file.clone(), socket.clone());
        std::thread::spawn(move || serve(&file, reader, &socket))
    };
    let end = Instant::now() + Duration::from_secs(10);
    while control(&socket, "status").is_err() {
        assert!(Instant::now() < end, "it serves");
    }
    let say = |word| control(&socket, word).expect("answers");
    assert_eq!(say("status"), "in, 3 tries left, 0 PINs, 0 signatures");
    assert_eq!(say("pull"), "ok");
    assert_eq!(say("fault leave-after-pin"), "ok");
    assert_eq!(say("status"), "out, 3 tries left, 0 PINs, 0 signatures");
    assert_eq!(say("fault nothing-known"), "unknown: fault nothing-known");
    assert_eq!(say("insert"), "ok");
    assert_eq!(say("quit"), "ok");
    serving.join().expect("no panic").expect("ends well");
    assert!(!socket.exists());
}
