//! The one address on 127.0.0.1 that a gateway sends the browser to.
//!
//! The request is answered only when its login ends: with a redirect to the completion address, or with a page that
//! says why not. The answer can reach nobody but the browser that came, and when that browser goes away the prompt
//! closes and nothing is sent to the gateway.

mod arrival;
mod page;
mod socket_owner;

pub use arrival::{Admitted, Look, Refusal, admit};
pub use socket_owner::{ProcessTable, SocketOwner, listener};

use super::Chain;
use super::config::Gateway;
use super::interrupt::{Cancellation, End};
use super::prompt::Prompts;
use super::session::{self, Login};
use crate::card::Tokens;
use crate::clock::Clock;
use crate::i18n::Language;
use hyper::body::Incoming;
use hyper::header::ACCEPT_LANGUAGE;
use hyper::service::service_fn;
use hyper::{Request, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use page::{Answer, Page, bare, see_other};
use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, Interest, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

/// How long a request's head may take.
const HEAD: Duration = Duration::from_secs(10);
/// The most bytes of a request's head; browsers send about one thousand.
const MAX_HEAD: usize = 16 * 1024;
/// The most headers of a request.
const MAX_HEADERS: usize = 64;
/// The most connections at once; further ones are closed.
const MAX_CONNECTIONS: usize = 16;
/// How long a new login waits for the one before to close: a reload closes one connection and opens the next at once.
const HANDOVER: Duration = Duration::from_secs(2);
/// How long logins under way may take to close when the agent stops.
const GRACE: Duration = Duration::from_secs(3);

/// Why the agent cannot listen.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Another program has the port.
    #[error("port {port} on 127.0.0.1 is taken{}", taken_by(*owner))]
    PortTaken {
        /// The port.
        port: u16,
        /// The user whose program it is, if it can be found out.
        owner: Option<u32>,
    },
    /// The system does not let us.
    #[error("cannot listen on 127.0.0.1:{port}")]
    Listen {
        /// The port.
        port: u16,
        /// What the system said.
        #[source]
        source: io::Error,
    },
}

impl Error {
    /// The stable word.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::PortTaken { .. } => "agent_port_taken",
            Self::Listen { .. } => "agent_listen",
        }
    }
}

fn taken_by(owner: Option<u32>) -> String {
    owner.map(|owner| format!(" by a program of user {owner}")).unwrap_or_default()
}

/// Binds the agent's port. Only ever 127.0.0.1: no name, no other interface.
pub async fn bind(port: u16) -> Result<TcpListener, Error> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.map_err(|source| match source.kind() {
        io::ErrorKind::AddrInUse => Error::PortTaken { port, owner: listener(port).ok().flatten() },
        _ => Error::Listen { port, source },
    })
}

/// Everything the loopback address works with; built by the program and by tests alike.
pub struct Agent {
    /// The gateways that are served.
    pub gateways: Vec<Gateway>,
    /// The cards.
    pub tokens: Arc<dyn Tokens>,
    /// How the person is asked.
    pub prompts: Arc<dyn Prompts>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The language, whatever the browser prefers.
    pub language: Option<Language>,
    /// Whose connections are served.
    pub user: u32,
    /// Finds out whose a connection is.
    pub owners: Arc<dyn SocketOwner>,
}

struct Server {
    agent: Agent,
    local: SocketAddrV4,
    runtime: Handle,
    /// One login at a time: one person, one prompt.
    turn: Arc<Semaphore>,
    /// The login under way, to be ended when the agent stops.
    current: Mutex<Option<Arc<Cancellation>>>,
}

/// Serves until `shutdown` completes; then ends the login under way, so that its prompt leaves terminal and screen in
/// order.
pub async fn serve(listener: TcpListener, agent: Agent, shutdown: impl Future<Output = ()>) -> io::Result<()> {
    let SocketAddr::V4(local) = listener.local_addr()? else {
        return Err(io::ErrorKind::AddrNotAvailable.into());
    };
    let turn = Arc::new(Semaphore::new(1));
    let server = Server { agent, local, runtime: Handle::current(), turn, current: Mutex::new(None) };
    let server = Arc::new(server);
    let slots = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    tokio::pin!(shutdown);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut shutdown => break,
        };
        match accepted {
            Ok((stream, SocketAddr::V4(peer))) => {
                // No slot: closed at once, so that a flood waits for nothing.
                if let Ok(slot) = Arc::clone(&slots).try_acquire_owned() {
                    tokio::spawn(connection(Arc::clone(&server), stream, peer, slot));
                }
            }
            Ok(_) => (),
            Err(error) => {
                tracing::warn!(%error, "cannot accept a connection");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
    drop(listener);
    let current = server.current.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let Some(current) = current {
        current.end(End::Stopping);
    }
    // The thread of a login holds the turn until its prompt is closed.
    let _ = tokio::time::timeout(GRACE, server.turn.acquire()).await;
    Ok(())
}

async fn connection(server: Arc<Server>, stream: TcpStream, peer: SocketAddrV4, slot: OwnedSemaphorePermit) {
    let _slot = slot;
    let _ = stream.set_nodelay(true);
    let stream = Arc::new(stream);
    let service = service_fn(|request: Request<Incoming>| {
        let (server, stream) = (Arc::clone(&server), Arc::clone(&stream));
        async move { Ok::<_, Infallible>(server.answer(request, &stream, peer).await) }
    });
    let served = hyper::server::conn::http1::Builder::new()
        .keep_alive(false)
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        .max_buf_size(MAX_HEAD)
        .max_headers(MAX_HEADERS)
        .serve_connection(TokioIo::new(Shared(Arc::clone(&stream))), service)
        .await;
    if let Err(error) = served {
        tracing::debug!(%error, "a connection ended early");
    }
}

/// Ends a login when the future that waits for it is dropped: hyper drops it with the connection.
struct EndWhenDropped(Arc<Cancellation>);

impl Drop for EndWhenDropped {
    fn drop(&mut self) {
        // A login that is over does not mind.
        self.0.end(End::BrowserLeft);
    }
}

impl Server {
    async fn answer(&self, request: Request<Incoming>, stream: &TcpStream, peer: SocketAddrV4) -> Answer {
        let (head, _) = request.into_parts();
        let accepted = head.headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let language = self.agent.language.unwrap_or_else(|| Language::from_accept_language(accepted));
        let admitted = match self.admit(&head, peer) {
            Ok(admitted) => admitted,
            Err(refusal) => return self.refuse(refusal, language, arrival::named_gateway(&head, &self.agent.gateways)),
        };
        let gateway = admitted.gateway;
        let turn = Arc::clone(&self.turn).acquire_owned();
        let Ok(Ok(turn)) = tokio::time::timeout(HANDOVER, turn).await else {
            return self.refuse(Refusal::Busy, language, Some(gateway));
        };
        let Ok(cancellation) = Cancellation::new() else {
            return bare(StatusCode::SERVICE_UNAVAILABLE);
        };
        *self.current.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&cancellation));
        let _end = EndWhenDropped(Arc::clone(&cancellation));
        let ended = tokio::select! {
            // A browser that has gone is noticed even if it sent more than its request before.
            () = gone(stream) => {
                cancellation.end(End::BrowserLeft);
                return bare(StatusCode::BAD_REQUEST);
            }
            ended = self.login(admitted, Arc::clone(&cancellation), turn) => ended,
        };
        match ended {
            Ok(completion) => {
                tracing::info!(gateway = %gateway.origin(), "signed in");
                see_other(&completion)
            }
            Err(error) => {
                tracing::info!(gateway = %gateway.origin(), code = error.code(), cause = %Chain(&error), "not signed in");
                self.explain(&error, language, gateway)
            }
        }
    }

    /// First what the request says, then whose it is: reading the kernel's table is the dearer of the two.
    fn admit<'a>(&'a self, head: &'a hyper::http::request::Parts, peer: SocketAddrV4) -> Result<Admitted<'a>, Refusal> {
        let admitted = admit(head, self.local, &self.agent.gateways)?;
        match self.agent.owners.owner(self.local, peer) {
            Ok(Some(user)) if user == self.agent.user => Ok(admitted),
            Ok(_) => Err(Refusal::ForeignUser),
            Err(error) => {
                tracing::warn!(%error, "cannot find out whose a connection is");
                Err(Refusal::ForeignUser)
            }
        }
    }

    async fn login(
        &self,
        admitted: Admitted<'_>,
        cancellation: Arc<Cancellation>,
        turn: OwnedSemaphorePermit,
    ) -> Result<url::Url, session::Error> {
        let login = Login {
            gateway: admitted.gateway.clone(),
            tokens: Arc::clone(&self.agent.tokens),
            prompts: Arc::clone(&self.agent.prompts),
            clock: Arc::clone(&self.agent.clock),
            language: self.agent.language,
            cancellation,
            runtime: self.runtime.clone(),
        };
        let handle = admitted.handle;
        let (done, result) = oneshot::channel();
        let run = move || {
            // Held until here ends, prompt closed and all.
            let _turn = turn;
            let _ = done.send(login.run(&handle));
        };
        std::thread::Builder::new()
            .name("login".to_owned())
            .spawn(run)
            .map_err(|source| session::Error::System { source })?;
        result.await.unwrap_or(Err(session::Error::Stopping))
    }

    fn refuse(&self, refusal: Refusal, language: Language, gateway: Option<&Gateway>) -> Answer {
        tracing::info!(code = refusal.code(), "turned a request away");
        let (status, code) = (refusal.status(), refusal.code());
        match refusal.look() {
            Look::Bare => bare(status),
            Look::Page => {
                let back = gateway.map(Gateway::base);
                Page { status, language, code, incident: None, support: None, help: None, back }.answer()
            }
        }
    }

    fn explain(&self, error: &session::Error, language: Language, gateway: &Gateway) -> Answer {
        let mut page = Page {
            status: StatusCode::FORBIDDEN,
            language,
            code: error.code(),
            incident: None,
            support: None,
            help: None,
            back: Some(gateway.base()),
        };
        match error {
            session::Error::Refused(refused) => {
                page.incident = Some(&refused.incident);
                page.support = refused.support.as_deref();
            }
            session::Error::Outdated { help, .. } => page.help = help.as_ref(),
            session::Error::GatewayUnreachable { .. }
            | session::Error::GatewayUntrusted { .. }
            | session::Error::GatewayAnswer { .. }
            | session::Error::CompletionForeign => page.status = StatusCode::BAD_GATEWAY,
            session::Error::Stopping | session::Error::System { .. } => page.status = StatusCode::SERVICE_UNAVAILABLE,
            _ => (),
        }
        page.answer()
    }
}

/// Completes when the other end has closed. Whatever else it sends is left where it is: a GET has nothing to add.
async fn gone(stream: &TcpStream) {
    let mut byte = [0; 1];
    loop {
        match stream.peek(&mut byte).await {
            Ok(0) | Err(_) => return,
            // More bytes lie before the end, which can be seen only by the state of the socket.
            Ok(_) => match stream.ready(Interest::ERROR | Interest::READABLE).await {
                Ok(ready) if ready.is_read_closed() || ready.is_error() => return,
                Ok(_) => tokio::time::sleep(Duration::from_millis(100)).await,
                Err(_) => return,
            },
        }
    }
}

/// A stream that hyper reads and writes while [`gone`] looks at it.
struct Shared(Arc<TcpStream>);

impl AsyncRead for Shared {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        loop {
            ready!(self.0.poll_read_ready(context))?;
            match self.0.try_read(buffer.initialize_unfilled()) {
                Ok(length) => {
                    buffer.advance(length);
                    return Poll::Ready(Ok(()));
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => (),
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
    }
}

impl AsyncWrite for Shared {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        loop {
            ready!(self.0.poll_write_ready(context))?;
            match self.0.try_write(bytes) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => (),
                written => return Poll::Ready(written),
            }
        }
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        // Closing follows when the last holder lets go, which is the connection's own task.
        match rustix::net::shutdown(&*self.0, rustix::net::Shutdown::Write) {
            Ok(()) | Err(rustix::io::Errno::NOTCONN) => Poll::Ready(Ok(())),
            Err(error) => Poll::Ready(Err(error.into())),
        }
    }
}
