//! Child processes of the demo and of the system tests: started, waited for, stopped, never left behind.
//!
//! A child is stopped by its number when its [`Process`] is dropped. Should this process be killed outright, the
//! kernel kills the children (`PR_SET_PDEATHSIG`, set through `setpriv` of util-linux). That signal follows the
//! *thread* that made the child, so one thread that never ends makes them all: a test's own thread ends with the test.

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process, kill_process_group, waitid};
use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{LazyLock, mpsc};
use std::thread;
use std::time::{Duration, Instant};

/// How often a condition is looked at while it is waited for.
const POLL: Duration = Duration::from_millis(20);
/// How long a child may take to end after SIGTERM before it is killed.
const GRACE: Duration = Duration::from_secs(5);
/// How much of the end of a log is read to show its last lines.
const TAIL: u64 = 16 * 1024;

/// Why a child is not there.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The program cannot be started.
    #[error("{name} cannot be started ({program}): {source}")]
    Start {
        /// The child's name.
        name: String,
        /// What was to be run.
        program: String,
        /// The system's reason.
        source: io::Error,
    },
    /// It ended although it should run.
    #[error("{name} has ended: {status}")]
    Ended {
        /// The child's name.
        name: String,
        /// How.
        status: ExitStatus,
    },
    /// It runs but what was waited for did not come.
    #[error("{name} is not ready after {} s", limit.as_secs())]
    NotReady {
        /// The child's name.
        name: String,
        /// How long was waited.
        limit: Duration,
    },
}

/// Whether the child may use the terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seat {
    /// A process group of its own: Ctrl-C goes to us alone, and we end the child in order, with all it started.
    Background,
    /// Our process group, so that it may read from the terminal. Ctrl-C reaches it too.
    Terminal,
}

/// What to start.
#[derive(Clone, Debug)]
pub struct Launch {
    name: String,
    program: PathBuf,
    arguments: Vec<OsString>,
    environment: Vec<(OsString, OsString)>,
    log: PathBuf,
    seat: Seat,
}

impl Launch {
    /// A program whose output goes to the end of a log file.
    pub fn new(name: impl Into<String>, program: impl Into<PathBuf>, log: impl Into<PathBuf>) -> Self {
        Self {
            name: name.into(),
            program: program.into(),
            arguments: vec![],
            environment: vec![],
            log: log.into(),
            seat: Seat::Background,
        }
    }

    /// Adds an argument.
    pub fn argument(mut self, argument: impl Into<OsString>) -> Self {
        self.arguments.push(argument.into());
        self
    }

    /// Adds arguments.
    pub fn arguments<A: Into<OsString>>(mut self, arguments: impl IntoIterator<Item = A>) -> Self {
        self.arguments.extend(arguments.into_iter().map(Into::into));
        self
    }

    /// Sets a variable in the child's environment.
    pub fn environment(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.environment.push((name.into(), value.into()));
        self
    }

    /// Lets the child use the terminal.
    pub fn at_terminal(mut self) -> Self {
        self.seat = Seat::Terminal;
        self
    }

    /// Starts it.
    pub fn spawn(&self) -> Result<Process, Failure> {
        let refused =
            |source| Failure::Start { name: self.name.clone(), program: self.program.display().to_string(), source };
        // setpriv would report a missing program only by its exit code; a path is cheap to look at first.
        if self.program.components().count() > 1 {
            self.program.metadata().map_err(refused)?;
        }
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "KILL", "--"]).arg(&self.program).args(&self.arguments);
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        let log = OpenOptions::new().create(true).append(true).open(&self.log).map_err(refused)?;
        let from = log.metadata().map_err(refused)?.len();
        command.stdout(log.try_clone().map_err(refused)?).stderr(log);
        match self.seat {
            Seat::Background => command.stdin(Stdio::null()).process_group(0),
            Seat::Terminal => command.stdin(Stdio::inherit()),
        };
        let child = spawn_on_lasting_thread(command).map_err(refused)?;
        Ok(Process { name: self.name.clone(), child, status: None, log: self.log.clone(), from, seat: self.seat })
    }
}

/// Makes the child from a thread that lives as long as this process.
fn spawn_on_lasting_thread(command: Command) -> io::Result<Child> {
    type Order = (Command, mpsc::Sender<io::Result<Child>>);
    static SPAWNER: LazyLock<mpsc::Sender<Order>> = LazyLock::new(|| {
        let (orders, queue) = mpsc::channel::<Order>();
        thread::spawn(move || {
            for (mut command, answer) in queue {
                let _ = answer.send(command.spawn());
            }
        });
        orders
    });
    let (answer, child) = mpsc::channel();
    let gone = || io::Error::other("the thread that starts children is gone");
    SPAWNER.send((command, answer)).map_err(|_| gone())?;
    child.recv().map_err(|_| gone())?
}

/// A running child. Dropping it stops it.
#[derive(Debug)]
pub struct Process {
    name: String,
    child: Child,
    status: Option<ExitStatus>,
    log: PathBuf,
    /// Where in the log this run begins.
    from: u64,
    seat: Seat,
}

impl Process {
    /// Its name for people.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its process number.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Its log file.
    pub fn log(&self) -> &Path {
        &self.log
    }

    /// How it ended; `None` while it runs.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        if self.status.is_none() {
            let waited = waitid(
                WaitId::Pid(Pid::from_child(&self.child)),
                WaitIdOptions::EXITED | WaitIdOptions::NOWAIT | WaitIdOptions::NOHANG,
            );
            if !matches!(waited, Ok(None)) {
                self.reap();
            }
        }
        self.status
    }

    /// Waits until a condition holds, looking every 20 ms. Fails at once when the child ends before that.
    pub fn wait_until(&mut self, limit: Duration, mut ready: impl FnMut() -> bool) -> Result<(), Failure> {
        let begun = Instant::now();
        loop {
            if ready() {
                return Ok(());
            }
            if let Some(status) = self.ended() {
                return Err(Failure::Ended { name: self.name.clone(), status });
            }
            if begun.elapsed() > limit {
                return Err(Failure::NotReady { name: self.name.clone(), limit });
            }
            thread::sleep(POLL);
        }
    }

    /// Asks the child to end (SIGTERM) and kills it when it has not after five seconds.
    pub fn stop(&mut self) -> Option<ExitStatus> {
        if self.ended().is_none() {
            self.signal(Signal::TERM);
            if !wait_until(GRACE, || self.ended().is_some()) {
                self.kill();
            }
        }
        self.status
    }

    /// Kills it at once, as a power cut would.
    pub fn kill(&mut self) {
        if self.ended().is_none() {
            self.signal(Signal::KILL);
            self.reap();
        }
    }

    /// Sends a signal to it, and to all it started when it has a group of its own.
    pub fn signal(&mut self, signal: Signal) {
        if self.status.is_some() {
            return;
        }
        let id = Pid::from_child(&self.child);
        let _ = match self.seat {
            Seat::Background => kill_process_group(id, signal),
            Seat::Terminal => kill_process(id, signal),
        };
    }

    /// The last lines this run wrote to its log.
    pub fn tail(&self, lines: usize) -> String {
        let read = || -> io::Result<String> {
            let mut log = File::open(&self.log)?;
            let end = log.metadata()?.len();
            log.seek(SeekFrom::Start(self.from.max(end.saturating_sub(TAIL))))?;
            let mut bytes = vec![];
            log.take(TAIL).read_to_end(&mut bytes)?;
            Ok(String::from_utf8_lossy(&bytes).into_owned())
        };
        let text = read().unwrap_or_default();
        let all: Vec<&str> = text.lines().collect();
        all[all.len().saturating_sub(lines)..].join("\n")
    }

    /// Takes the ended child's status. What it left in its group goes first: while the child is not reaped its number
    /// cannot belong to anybody else.
    fn reap(&mut self) {
        if self.seat == Seat::Background {
            let _ = kill_process_group(Pid::from_child(&self.child), Signal::KILL);
        }
        self.status = self.child.wait().ok();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Waits until a condition holds, looking every 20 ms; `false` when the time is over.
pub fn wait_until(limit: Duration, mut ready: impl FnMut() -> bool) -> bool {
    let begun = Instant::now();
    loop {
        if ready() {
            return true;
        }
        if begun.elapsed() > limit {
            return false;
        }
        thread::sleep(POLL);
    }
}

/// The status code of a plain HTTP GET; `None` when nobody answers in a second.
pub fn http_status(address: SocketAddr, path: &str) -> Option<u16> {
    let second = Duration::from_secs(1);
    let mut stream = TcpStream::connect_timeout(&address, second).ok()?;
    stream.set_read_timeout(Some(second)).ok()?;
    stream.set_write_timeout(Some(second)).ok()?;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").ok()?;
    let mut line = [0; "HTTP/1.1 200".len()];
    stream.read_exact(&mut line).ok()?;
    std::str::from_utf8(&line).ok()?.strip_prefix("HTTP/1.1 ")?.parse().ok()
}

/// A port that nobody has now: the preferred one, or else any. It is free for a moment only; whoever takes it has to
/// be ready for a refusal.
pub fn free_port(address: IpAddr, preferred: Option<u16>) -> io::Result<u16> {
    let taken = |port| TcpListener::bind((address, port)).and_then(|listener| listener.local_addr());
    match preferred.map(taken) {
        Some(Ok(bound)) => Ok(bound.port()),
        Some(Err(error)) if error.kind() != io::ErrorKind::AddrInUse => Err(error),
        _ => taken(0).map(|bound| bound.port()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str, directory: &Path) -> Process {
        let log = directory.join("log");
        Launch::new("shell", "/bin/sh", log).arguments(["-c", script]).spawn().expect("starts")
    }

    fn runs(id: u32) -> bool {
        // A killed process that its new parent has not reaped yet is a zombie, and gone for our purpose.
        std::fs::read_to_string(format!("/proc/{id}/stat"))
            .is_ok_and(|stat| stat.rsplit(')').next().is_some_and(|rest| !rest.starts_with(" Z")))
    }

    fn number_in(file: &Path) -> u32 {
        let mut number = None;
        let read = || {
            number = std::fs::read_to_string(file).ok().and_then(|text| text.strip_suffix('\n')?.parse().ok());
            number.is_some()
        };
        assert!(wait_until(Duration::from_secs(10), read), "{} is not written", file.display());
        number.expect("just read")
    }

    #[test]
    fn a_dropped_child_is_gone_with_all_it_started() {
        let directory = tempfile::tempdir().expect("a directory");
        let file = directory.path().join("grandchild");
        let child = shell(&format!("sleep 60 & echo $! >{}; wait", file.display()), directory.path());
        let (child_id, grandchild) = (child.id(), number_in(&file));
        assert!(runs(child_id) && runs(grandchild));
        drop(child);
        assert!(wait_until(Duration::from_secs(5), || !runs(child_id) && !runs(grandchild)));
    }

    #[test]
    fn what_an_ended_child_leaves_in_its_group_goes_too() {
        let directory = tempfile::tempdir().expect("a directory");
        let file = directory.path().join("grandchild");
        let mut child = shell(&format!("sleep 60 & echo $! >{}; exit 3", file.display()), directory.path());
        let grandchild = number_in(&file);
        assert!(wait_until(Duration::from_secs(5), || child.ended().is_some()));
        assert_eq!(child.ended().and_then(|status| status.code()), Some(3));
        assert!(wait_until(Duration::from_secs(5), || !runs(grandchild)));
    }

    #[test]
    fn a_child_outlives_the_thread_that_asked_for_it() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().to_owned();
        let mut child = thread::spawn(move || shell("sleep 60", &path)).join().expect("joins");
        // The signal of a dead parent thread would have come by now.
        assert!(!wait_until(Duration::from_millis(200), || child.ended().is_some()));
    }

    /// Not a test of its own: what the next one runs in another process, and kills.
    #[test]
    fn owner_of_a_child() {
        let Some(directory) = std::env::var_os("BRAMA_TEST_OWNER").map(PathBuf::from) else { return };
        let child = shell("sleep 60", &directory);
        std::fs::write(directory.join("child"), format!("{}\n", child.id())).expect("writes");
        // Ends by being killed; a minute only should that fail.
        wait_until(Duration::from_secs(60), || false);
    }

    #[test]
    fn a_killed_owner_leaves_nothing() {
        let directory = tempfile::tempdir().expect("a directory");
        let this = std::env::current_exe().expect("has a path");
        let mut owner = Launch::new("owner", this, directory.path().join("owner.log"))
            .arguments(["owner_of_a_child", "--nocapture"])
            .environment("BRAMA_TEST_OWNER", directory.path())
            .spawn()
            .expect("starts");
        let child = number_in(&directory.path().join("child"));
        assert!(runs(child));
        // Its own number only, as the kernel's out-of-memory killer does.
        let _ = kill_process(Pid::from_child(&owner.child), Signal::KILL);
        assert!(wait_until(Duration::from_secs(5), || owner.ended().is_some() && !runs(child)));
    }

    #[test]
    fn waiting_ends_with_the_child_and_shows_why() {
        let directory = tempfile::tempdir().expect("a directory");
        let mut first = shell("echo of an earlier run", directory.path());
        assert!(wait_until(Duration::from_secs(5), || first.ended().is_some()));
        let mut child = shell("for i in 1 2 3 4; do echo line $i; done; exit 7", directory.path());
        let failure = child.wait_until(Duration::from_secs(30), || false).expect_err("it ended");
        assert!(matches!(&failure, Failure::Ended { status, .. } if status.code() == Some(7)), "{failure}");
        assert_eq!(child.tail(2), "line 3\nline 4");
        assert_eq!(child.tail(99), "line 1\nline 2\nline 3\nline 4");
    }

    #[test]
    fn waiting_has_an_end() {
        let directory = tempfile::tempdir().expect("a directory");
        let failure = shell("sleep 60", directory.path()).wait_until(POLL, || false).expect_err("never ready");
        assert!(matches!(failure, Failure::NotReady { .. }), "{failure}");
    }

    #[test]
    fn a_missing_program_is_named() {
        let directory = tempfile::tempdir().expect("a directory");
        let failure = Launch::new("nothing", "/nowhere/nothing", directory.path().join("log")).spawn();
        assert!(failure.expect_err("is missing").to_string().contains("/nowhere/nothing"));
    }

    #[test]
    fn a_taken_port_gives_way_to_another() {
        let holder = TcpListener::bind("127.0.0.1:0").expect("binds");
        let address = holder.local_addr().expect("bound");
        let port = free_port(address.ip(), Some(address.port())).expect("finds one");
        assert_ne!(port, address.port());
        assert_eq!(http_status(SocketAddr::new(address.ip(), port), "/"), None);
    }
}
