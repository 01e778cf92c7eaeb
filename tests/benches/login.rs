//! `make bench`: whole logins through the HTTP endpoints with a software signer, beside the signature operations that
//! no login can do without, measured in the same run. The gateway is this process, the browser, agent and portal are
//! another, so the processor time of this one is the gateway's alone.

#[path = "../support/authority.rs"]
#[expect(dead_code, reason = "every user of the authority has its own part")]
mod authority;
#[path = "../support/der.rs"]
#[expect(dead_code, reason = "every user of the encoder has its own part")]
mod der;
#[path = "../support/rig.rs"]
#[expect(dead_code, reason = "every user of the rig has its own part")]
mod rig;

use authority::Kind;
use brama::authn::{Accepted, Challenge, LoginRequest, TokenPost, signed_message};
use brama::jose::{self, Keys};
use brama::pki::{Certificate, SignatureEncoding, signature};
use data_encoding::BASE64;
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1::SendRequest;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, COOKIE, HOST, LOCATION, ORIGIN, SET_COOKIE};
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use rig::{CODE_CHALLENGE, Citizen, ISSUER, Pki, REDIRECT_URI, Rig, Settings, VERIFIER, algorithm};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use url::Url;

/// How many browsers sign in at once when processor time is measured.
const BROWSERS: usize = 16;
/// The steps, as the issue names them; "page" is what a browser loads between them.
const STEPS: [&str; 6] = ["authorize", "page", "request", "verify", "complete", "token"];

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if let [_, mode, rest @ ..] = arguments.as_slice()
        && mode == "client"
    {
        return client(rest);
    }
    let logins: usize = std::env::var("LOGINS").ok().and_then(|text| text.parse().ok()).unwrap_or(512);
    println!("{logins} logins each; processor time of the gateway alone, everything else in another process\n");
    for (kind, id_token) in [
        (Kind::P256, jose::Algorithm::Es256),
        (Kind::P384, jose::Algorithm::Es256),
        (Kind::Rsa(2048), jose::Algorithm::Rs256),
    ] {
        measure(kind, id_token, logins);
    }
}

fn measure(kind: Kind, id_token: jose::Algorithm, logins: usize) {
    let pki = Pki::new(kind);
    let citizen = pki.citizen(kind);
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
    let settings = Settings { id_token_algorithm: Some(id_token), store_in_file: true, ..Settings::default() };
    let rig = runtime.block_on(Rig::with(&pki, settings));
    let listener = runtime.block_on(brama::serve::bind("127.0.0.1:0".parse().expect("an address"))).expect("binds");
    let address = listener.local_addr().expect("bound");
    let server = runtime.spawn(brama::serve::run(listener, None, rig.router.clone(), std::future::pending()));

    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("key.pem"), citizen.key.private_key_to_pem_pkcs8().expect("PEM"))
        .expect("writes");
    std::fs::write(folder.path().join("certificate.der"), &citizen.certificate).expect("writes");
    let run = |count: usize, browsers: usize| -> Vec<Duration> {
        let output = Command::new(std::env::current_exe().expect("a program"))
            .args(["client", &address.to_string(), &rig.client_secret, citizen.algorithm.name()])
            .args([count.to_string(), browsers.to_string()])
            .arg(folder.path())
            .stderr(Stdio::inherit())
            .output()
            .expect("runs");
        assert!(output.status.success(), "the client failed");
        let text = String::from_utf8(output.stdout).expect("text");
        text.split_whitespace().map(|nanos| Duration::from_nanos(nanos.parse().expect("a number"))).collect()
    };
    // Lists are verified and pages are warm before it counts.
    run(20, 1);
    let started = Instant::now();
    let steps = run(logins, 1);
    let elapsed = started.elapsed();
    let before = processor_time();
    run(2 * logins, BROWSERS);
    let spent = (processor_time() - before) / 2;
    server.abort();

    let each = |duration: Duration| duration.as_secs_f64() / logins as f64;
    let bare = bare_signatures(&pki, &citizen, id_token);
    let unavoidable: f64 = bare.iter().map(|(_, _, seconds)| seconds).sum();
    println!("{kind:?} citizens below {kind:?} CAs, id_token by {id_token:?}");
    println!(
        "  {:8.0} logins a second on one core, {BROWSERS} browsers at once ({:.3} ms of processor time each)",
        1.0 / each(spent),
        each(spent) * 1e3
    );
    println!("  {:8.0} logins a second when one browser comes after the other", 1.0 / each(elapsed));
    for (step, duration) in STEPS.iter().zip(&steps) {
        println!("      {step:10} {:8.3} ms until the answer is there", each(*duration) * 1e3);
    }
    for (what, times, seconds) in &bare {
        println!("      bare {times} x {what:34} {:8.3} ms", seconds * 1e3);
    }
    println!(
        "  {:8.3} ms for the bare signature operations; a whole login takes {:.2} times that\n",
        unavoidable * 1e3,
        each(spent) / unavoidable
    );
}

/// What no login can do without: the leaf's signature and its CA's, the token's, and the id_token's.
fn bare_signatures(pki: &Pki, citizen: &Citizen, id_token: jose::Algorithm) -> Vec<(String, u32, f64)> {
    let parse = |der: &[u8]| Certificate::from_der(der).expect("a certificate");
    let (root, leaf) = (parse(&pki.root.der), parse(&citizen.certificate));
    let nonce = BASE64.encode(&[7; 32]);
    let token = citizen.sign(ISSUER, &nonce);
    let message = signed_message(token.algorithm, ISSUER, &brama::authn::Nonce::parse(&nonce).expect("a nonce"));
    let chain_message = vec![7_u8; 700];
    let chain = authority::Signing::usual(&pki.root.key);
    let chain_signature = chain.sign(&pki.root.key, &chain_message);
    let scheme = leaf.signature_scheme().expect("known");
    let keys = Keys::ephemeral().expect("keys");
    let payload = serde_json::json!({ "sub": "x".repeat(400) });
    vec![
        (
            "verify a certificate's signature".to_owned(),
            2,
            2.0 * timed(|| {
                let verified = signature::verify(
                    root.public_key(),
                    scheme,
                    SignatureEncoding::Der,
                    &chain_message,
                    &chain_signature,
                );
                assert!(verified.is_ok());
            }),
        ),
        (
            "verify the token's signature".to_owned(),
            1,
            timed(|| {
                let scheme = token.algorithm.scheme();
                let verified =
                    signature::verify(leaf.public_key(), scheme, SignatureEncoding::Raw, &message, &token.signature);
                assert!(verified.is_ok());
            }),
        ),
        (
            format!("sign an id_token by {id_token:?}"),
            1,
            timed(|| {
                assert!(keys.sign(id_token, "JWT", &payload).is_ok());
            }),
        ),
    ]
}

/// Seconds one call takes, on average over a third of a second.
fn timed(mut call: impl FnMut()) -> f64 {
    for _ in 0..10 {
        call();
    }
    let (before, mut count) = (Instant::now(), 0_u32);
    while before.elapsed() < Duration::from_millis(333) {
        call();
        count += 1;
    }
    before.elapsed().as_secs_f64() / f64::from(count)
}

fn processor_time() -> Duration {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Duration::new(u64::try_from(now.tv_sec).expect("not negative"), u32::try_from(now.tv_nsec).expect("under a second"))
}

/// Browser, agent and portal in one: logs in again and again, prints the nanoseconds spent in each step.
fn client(arguments: &[String]) {
    let [address, secret, name, count, browsers, folder] = arguments else { panic!("six arguments") };
    let folder = std::path::Path::new(folder);
    let key = std::fs::read(folder.join("key.pem")).expect("reads");
    let citizen = Citizen {
        key: openssl::pkey::PKey::private_key_from_pem(&key).expect("a key"),
        certificate: std::fs::read(folder.join("certificate.der")).expect("reads"),
        serial: Vec::new(),
        algorithm: name.parse().expect("an algorithm"),
    };
    assert_eq!(algorithm_of(&citizen), citizen.algorithm);
    let (count, browsers): (usize, usize) = (count.parse().expect("a number"), browsers.parse().expect("a number"));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let steps = runtime.block_on(async {
        let address: SocketAddr = address.parse().expect("an address");
        let all: Vec<_> = (0..browsers)
            .map(|_| {
                let (citizen, secret) = (citizen.clone(), secret.clone());
                tokio::spawn(async move { browse(address, &citizen, &secret, count / browsers).await })
            })
            .collect();
        let mut steps = [Duration::ZERO; STEPS.len()];
        for one in all {
            for (sum, step) in steps.iter_mut().zip(one.await.expect("ends")) {
                *sum += step;
            }
        }
        steps
    });
    println!("{}", steps.map(|step| step.as_nanos().to_string()).join(" "));
}

async fn browse(address: SocketAddr, citizen: &Citizen, secret: &str, count: usize) -> [Duration; STEPS.len()] {
    let stream = tokio::net::TcpStream::connect(address).await.expect("connects");
    stream.set_nodelay(true).expect("sets");
    let (sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.expect("speaks");
    tokio::spawn(connection);
    let mut wire = Wire { sender };
    let mut steps = [Duration::ZERO; STEPS.len()];
    for _ in 0..count {
        login(&mut wire, citizen, secret, &mut steps).await;
    }
    steps
}

fn algorithm_of(citizen: &Citizen) -> brama::authn::Algorithm {
    use openssl::pkey::Id;
    algorithm(match (citizen.key.id(), citizen.key.bits()) {
        (Id::RSA, bits) => Kind::Rsa(bits),
        (_, 384) => Kind::P384,
        _ => Kind::P256,
    })
}

struct Wire {
    sender: SendRequest<Full<Bytes>>,
}

struct Reply {
    status: StatusCode,
    location: String,
    cookies: Vec<String>,
    body: Bytes,
}

impl Wire {
    async fn send(&mut self, request: Request<Full<Bytes>>) -> Reply {
        self.sender.ready().await.expect("the connection lasts");
        let reply = self.sender.send_request(request).await.expect("answers");
        let text = |value: &hyper::header::HeaderValue| value.to_str().unwrap_or_default().to_owned();
        let location = reply.headers().get(LOCATION).map(text).unwrap_or_default();
        let pair = |value| text(value).split(';').next().unwrap_or_default().to_owned();
        let cookies = reply.headers().get_all(SET_COOKIE).iter().map(pair).collect();
        let status = reply.status();
        let body = reply.into_body().collect().await.expect("a body").to_bytes();
        Reply { status, location, cookies, body }
    }
}

async fn login(wire: &mut Wire, citizen: &Citizen, secret: &str, steps: &mut [Duration; STEPS.len()]) {
    let get = |path: &str, cookies: &str| {
        let request = Request::get(path).header(HOST, "id.example").header(COOKIE, cookies);
        request.body(Full::default()).expect("a request")
    };
    let post = |path: &str, headers: BTreeMap<&'static str, String>, body: String| {
        let mut request = Request::post(path).header(HOST, "id.example");
        for (name, value) in headers {
            request = request.header(name, value);
        }
        request.body(Full::new(Bytes::from(body))).expect("a request")
    };
    let mut clock = Instant::now();
    let mut step = |index: usize| {
        steps[index] += clock.elapsed();
        clock = Instant::now();
    };
    let query = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("response_type", "code")
        .append_pair("client_id", "portal")
        .append_pair("redirect_uri", REDIRECT_URI)
        .append_pair("scope", "openid profile identifiers organisation assurance")
        .append_pair("state", "s")
        .append_pair("nonce", "n")
        .append_pair("code_challenge", CODE_CHALLENGE)
        .append_pair("code_challenge_method", "S256")
        .finish();
    let arrived = wire.send(get(&format!("/authorize?{query}"), "")).await;
    let (transaction, cookie) = (arrived.location, arrived.cookies.concat());
    step(0);
    assert_eq!(wire.send(get(&transaction, &cookie)).await.status, StatusCode::OK);
    step(1);
    let clicked = wire.send(get(&format!("{transaction}/agent"), &cookie)).await;
    let handle = clicked.location.rsplit('/').next().expect("a handle").to_owned();
    let request = wire.send(post(&format!("/agent/login/{handle}"), BTreeMap::new(), String::new())).await;
    let request: LoginRequest = serde_json::from_slice(&request.body).expect("a request");
    step(2);
    let bearer = || BTreeMap::from([(AUTHORIZATION.as_str(), format!("Bearer {}", request.ticket))]);
    let challenge = wire.send(post("/agent/challenge", bearer(), String::new())).await;
    let challenge: Challenge = serde_json::from_slice(&challenge.body).expect("a challenge");
    // The card's work is not the gateway's: it is left out of the step.
    let before = Instant::now();
    let token = citizen.sign(ISSUER, &challenge.nonce).to_json();
    let body = serde_json::to_string(&TokenPost { token, nonce: challenge.nonce }).expect("JSON");
    let signing = before.elapsed();
    let accepted = wire.send(post("/agent/token", bearer(), body)).await;
    let accepted: Accepted = serde_json::from_slice(&accepted.body).expect("accepted");
    step(3);
    steps[3] = steps[3].saturating_sub(signing);
    let mut clock = Instant::now();
    let mut step = |index: usize| {
        steps[index] += clock.elapsed();
        clock = Instant::now();
    };
    let path = accepted.completion.strip_prefix(ISSUER).expect("own origin");
    assert_eq!(wire.send(get(path, &cookie)).await.status, StatusCode::OK);
    let form = |more: &[(&'static str, &str)]| {
        let mut headers = BTreeMap::from([(CONTENT_TYPE.as_str(), "application/x-www-form-urlencoded".to_owned())]);
        headers.extend(more.iter().map(|(name, value)| (*name, (*value).to_owned())));
        headers
    };
    let ours = form(&[(ORIGIN.as_str(), ISSUER), (COOKIE.as_str(), &cookie)]);
    let completed = wire.send(post(path, ours, "answer=yes".to_owned())).await;
    let back = Url::parse(&completed.location).expect("an address");
    step(4);
    let code = rig::parameter(&back, "code").expect("a code");
    let basic = format!("Basic {}", BASE64.encode(format!("portal:{secret}").as_bytes()));
    let body = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("grant_type", "authorization_code")
        .append_pair("code", &code)
        .append_pair("redirect_uri", REDIRECT_URI)
        .append_pair("code_verifier", VERIFIER)
        .finish();
    let tokens = wire.send(post("/token", form(&[(AUTHORIZATION.as_str(), &basic)]), body)).await;
    assert_eq!(tokens.status, StatusCode::OK);
    step(5);
}
