//! Serving HTTP/1.1 over TCP or TLS: every connection has a task, a deadline for its handshake and for each head, and
//! an age it does not pass; there are only so many of them, and of one address half as many. A client that says
//! nothing costs one slot for ten seconds, one that does not read its answers a slot for some minutes, and neither
//! stops others.

use axum::Router;
use hyper::Request;
use hyper::body::Incoming;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use std::collections::HashMap;
use std::future::Future;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio_rustls::TlsAcceptor;

/// How long a TLS handshake may take.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// How long a request's head may take to arrive, and how long a connection may idle between requests.
const HEAD: Duration = Duration::from_secs(20);
/// How long requests under way are waited for at shutdown.
const GRACE: Duration = Duration::from_secs(10);
/// The most bytes a request's head may have.
const MAX_HEAD: usize = 64 * 1024;
/// How old a connection becomes. Whoever asks and never reads the answers would hold its slot for ever.
const AGE: Duration = Duration::from_secs(300);
/// How long the last request of a connection may take when its age has come: longer than any request does.
const LAST: Duration = Duration::from_secs(100);
/// The most connections at once.
const MAX_CONNECTIONS: usize = 8192;
/// Descriptors that are not for connections: the store, revocation lists, the log.
const OTHER_DESCRIPTORS: usize = 256;

/// What a server allows its clients.
#[derive(Clone, Copy, Debug)]
struct Limits {
    head: Duration,
    age: Duration,
    last: Duration,
    connections: usize,
    connections_of_one: usize,
}

impl Limits {
    /// As many connections as the system's limit of descriptors has room for. The soft limit is most often 1024, for
    /// the sake of programs that use select(2); it is raised as far as it may be.
    fn of_system() -> Self {
        let wanted = u64::try_from(MAX_CONNECTIONS + OTHER_DESCRIPTORS).unwrap_or(u64::MAX);
        let allowed = getrlimit(Resource::Nofile);
        let raised = allowed.maximum.map_or(wanted, |maximum| maximum.min(wanted));
        let mut descriptors = allowed.current.unwrap_or(u64::MAX);
        if descriptors < raised {
            let limit = Rlimit { current: Some(raised), maximum: allowed.maximum };
            match setrlimit(Resource::Nofile, limit) {
                Ok(()) => descriptors = raised,
                Err(error) => tracing::warn!(%error, descriptors, "cannot raise the limit of open files"),
            }
        }
        let room = usize::try_from(descriptors).unwrap_or(usize::MAX).saturating_sub(OTHER_DESCRIPTORS);
        let connections = room.clamp(16, MAX_CONNECTIONS);
        if connections < MAX_CONNECTIONS {
            tracing::warn!(connections, "the limit of open files leaves room for fewer connections than usual");
        }
        Self { head: HEAD, age: AGE, last: LAST, connections, connections_of_one: connections / 2 }
    }
}

/// How many connections each client has open: an IPv4 address, or the /64 an IPv6 one is from.
#[derive(Clone, Default)]
struct Clients(Arc<Mutex<HashMap<IpAddr, usize>>>);

/// One connection of a client, until it is dropped.
struct Counted {
    clients: Clients,
    client: IpAddr,
}

impl Clients {
    /// Counts a connection; `None` when the client has too many.
    fn count(&self, peer: SocketAddr, most: usize) -> Option<Counted> {
        let client = match peer.ip().to_canonical() {
            IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() >> 64 << 64)),
            address => address,
        };
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(client).or_default();
        if *count >= most {
            return None;
        }
        *count += 1;
        Some(Counted { clients: self.clone(), client })
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        let mut counts = self.clients.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = counts.get_mut(&self.client) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.client);
            }
        }
    }
}

/// Why a server cannot start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The address cannot be bound.
    #[error("cannot listen on {address}{}", advice(source))]
    Bind {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// The certificate or key file cannot be read.
    #[error("cannot read {}: {reason}", path.display())]
    TlsFile {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// Certificate and key do not go together, or rustls refuses them.
    #[error("the TLS certificate and key cannot be used: {0}")]
    Tls(#[from] rustls::Error),
}

fn advice(error: &std::io::Error) -> &'static str {
    match error.kind() {
        std::io::ErrorKind::AddrInUse => "; another program has it, `sudo ss -ltnp` names it",
        std::io::ErrorKind::PermissionDenied => {
            "; ports below 1024 need root, or CAP_NET_BIND_SERVICE (AmbientCapabilities= in a systemd unit)"
        }
        std::io::ErrorKind::AddrNotAvailable => "; this computer does not have that address",
        _ => "",
    }
}

/// TLS 1.2 and 1.3 by rustls and ring, with a certificate chain and a private key from PEM files.
pub fn tls_config(certificate: &Path, key: &Path) -> Result<Arc<ServerConfig>, Error> {
    let unreadable = |path: &Path, reason: String| Error::TlsFile { path: path.to_owned(), reason };
    let chain = CertificateDer::pem_file_iter(certificate)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| unreadable(certificate, error.to_string()))?;
    if std::fs::metadata(key).is_ok_and(|found| found.permissions().mode() & 0o007 != 0) {
        tracing::warn!("{} can be read by everybody on this computer: chmod 640 it, or stricter", key.display());
    }
    let key = PrivateKeyDer::from_pem_file(key).map_err(|error| unreadable(key, error.to_string()))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, key)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

/// Binds an address.
pub async fn bind(address: SocketAddr) -> Result<TcpListener, Error> {
    TcpListener::bind(address).await.map_err(|source| Error::Bind { address, source })
}

/// Who is at the other end of the connection; an extension of every request.
#[derive(Clone, Copy, Debug)]
pub struct Peer(pub SocketAddr);

/// Serves until `shutdown` completes, then waits for requests under way, ten seconds at most.
pub async fn run(
    listener: TcpListener,
    tls: Option<Arc<ServerConfig>>,
    service: Router,
    shutdown: impl Future<Output = ()>,
) {
    run_within(Limits::of_system(), listener, tls, service, shutdown).await;
}

async fn run_within(
    limits: Limits,
    listener: TcpListener,
    tls: Option<Arc<ServerConfig>>,
    service: Router,
    shutdown: impl Future<Output = ()>,
) {
    let slots = Arc::new(Semaphore::new(limits.connections));
    let clients = Clients::default();
    let acceptor = tls.map(TlsAcceptor::from);
    let (closing, closed) = watch::channel(());
    tokio::pin!(shutdown);
    loop {
        let accepted = tokio::select! {
            accepted = accept(&listener, &slots) => accepted,
            () = &mut shutdown => break,
        };
        let (stream, peer, slot) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                // Out of file descriptors, most often: others must end first.
                tracing::warn!(%error, "cannot accept a connection");
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        let Some(counted) = clients.count(peer, limits.connections_of_one) else {
            tracing::debug!(%peer, "too many connections of one client");
            continue;
        };
        let (acceptor, service, closed) = (acceptor.clone(), service.clone(), closed.clone());
        tokio::spawn(async move {
            let (_slot, _counted) = (slot, counted);
            let _ = stream.set_nodelay(true);
            match acceptor {
                None => connection(limits, stream, peer, service, closed).await,
                Some(acceptor) => match tokio::time::timeout(HANDSHAKE, acceptor.accept(stream)).await {
                    Ok(Ok(stream)) => connection(limits, stream, peer, service, closed).await,
                    Ok(Err(error)) => tracing::debug!(%peer, %error, "TLS handshake failed"),
                    Err(_) => tracing::debug!(%peer, "TLS handshake timed out"),
                },
            }
        });
    }
    drop(listener);
    drop(closed);
    let _ = closing.send(());
    if tokio::time::timeout(GRACE, closing.closed()).await.is_err() {
        tracing::warn!("some requests did not end in time");
    }
}

async fn accept(
    listener: &TcpListener,
    slots: &Arc<Semaphore>,
) -> std::io::Result<(TcpStream, SocketAddr, tokio::sync::OwnedSemaphorePermit)> {
    // The slot first: a connection that has none waits in the kernel's backlog.
    let slot = Arc::clone(slots).acquire_owned().await.map_err(std::io::Error::other)?;
    let (stream, peer) = listener.accept().await?;
    Ok((stream, peer, slot))
}

async fn connection<I>(limits: Limits, stream: I, peer: SocketAddr, service: Router, mut closed: watch::Receiver<()>)
where
    I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let with_peer = tower::util::MapRequest::new(service, move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(Peer(peer));
        request
    });
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head)
        .max_buf_size(MAX_HEAD)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(with_peer));
    tokio::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => Some(ended),
        _ = closed.changed() => None,
        () = tokio::time::sleep(limits.age) => None,
    };
    let ended = match ended {
        Some(ended) => Ok(ended),
        None => {
            connection.as_mut().graceful_shutdown();
            tokio::time::timeout(limits.last, connection).await
        }
    };
    match ended {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::debug!(%peer, %error, "connection ended early"),
        Err(_) => tracing::debug!(%peer, "connection cut off: its answers are not read"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::routing::get;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    const SHORT: Duration = Duration::from_millis(300);

    async fn serving(limits: Limits) -> SocketAddr {
        let listener = bind("127.0.0.1:0".parse().expect("an address")).await.expect("binds");
        let address = listener.local_addr().expect("has an address");
        let service = Router::new().route("/", get(|| async { vec![b'x'; 256 * 1024] }));
        tokio::spawn(run_within(limits, listener, None, service, std::future::pending()));
        address
    }

    fn limits() -> Limits {
        Limits {
            head: Duration::from_secs(60),
            age: Duration::from_secs(60),
            last: Duration::from_secs(60),
            connections: 8,
            connections_of_one: 8,
        }
    }

    /// Completes when the server has closed.
    async fn closed(stream: &mut TcpStream) -> bool {
        let mut buffer = [0; 4096];
        let read = async { while stream.read(&mut buffer).await.is_ok_and(|length| length > 0) {} };
        tokio::time::timeout(Duration::from_secs(20), read).await.is_ok()
    }

    #[tokio::test]
    async fn a_client_that_reads_no_answers_is_cut_off() {
        let address =
            serving(Limits { age: SHORT, last: SHORT, connections: 1, connections_of_one: 1, ..limits() }).await;
        let mut deaf = TcpStream::connect(address).await.expect("connects");
        for _ in 0..64 {
            deaf.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").await.expect("writes");
        }
        // The one slot is free again although nothing was read and nothing closed here.
        let mut other = TcpStream::connect(address).await.expect("connects");
        other.write_all(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").await.expect("writes");
        let mut first = [0; 15];
        let answered = tokio::time::timeout(Duration::from_secs(20), other.read_exact(&mut first)).await;
        answered.expect("in time").expect("reads");
        assert_eq!(&first, b"HTTP/1.1 200 OK");
    }

    #[tokio::test]
    async fn a_head_that_does_not_come_closes_the_connection() {
        let address = serving(Limits { head: SHORT, ..limits() }).await;
        let mut silent = TcpStream::connect(address).await.expect("connects");
        assert!(closed(&mut silent).await, "nothing at all");
        let mut slow = TcpStream::connect(address).await.expect("connects");
        slow.write_all(b"GET / HTTP/1.1\r\nHost:").await.expect("writes");
        assert!(closed(&mut slow).await, "half a head");
        let mut idle = TcpStream::connect(address).await.expect("connects");
        idle.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").await.expect("writes");
        assert!(closed(&mut idle).await, "nothing after an answer");
    }

    #[tokio::test]
    async fn one_client_does_not_take_every_slot() {
        let clients = Clients::default();
        let peer = |text: &str| text.parse::<SocketAddr>().expect("an address");
        let held: Vec<_> = (1..=2).map(|port| clients.count(SocketAddr::from(([192, 0, 2, 1], port)), 2)).collect();
        assert!(held.iter().all(Option::is_some));
        assert!(clients.count(peer("192.0.2.1:3"), 2).is_none());
        assert!(clients.count(peer("[::ffff:192.0.2.1]:3"), 2).is_none(), "the same in another spelling");
        assert!(clients.count(peer("192.0.2.2:3"), 2).is_some());
        let six = [clients.count(peer("[2001:db8::1]:1"), 2), clients.count(peer("[2001:db8::2]:1"), 2)];
        assert!(clients.count(peer("[2001:db8::ffff:3]:1"), 2).is_none(), "one /64 is one client");
        assert!(clients.count(peer("[2001:db8:0:1::1]:1"), 2).is_some());
        drop((held, six));
        assert!(clients.0.lock().expect("whole").is_empty(), "nothing is left behind");

        let address = serving(Limits { connections_of_one: 2, ..limits() }).await;
        let _held = [TcpStream::connect(address).await, TcpStream::connect(address).await];
        let mut third = TcpStream::connect(address).await.expect("connects");
        assert!(closed(&mut third).await, "turned away at once");
    }
}
