//! A pcscd of our own, with virtual readers and nothing else, that no other program on the machine notices.
//!
//! It runs in a mount namespace of its own (as root, or where ordinary users may have namespaces), so that it takes its
//! folder for `/run/pcscd` and sees no drivers of real readers. Clients outside reach it when the environment variable
//! [`CLIENT_VARIABLE`] names its [socket](Pcscd::socket). It dies with its owner, however the owner ends.

#![allow(dead_code, unused_imports, reason = "each test binary uses its own part of this")]
#![allow(missing_docs, reason = "a test tool, not an interface of the library")]

use std::fs;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::os::unix::net::UnixStream;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// The variable in which libpcsclite looks for its service's socket.
pub const CLIENT_VARIABLE: &str = "PCSCLITE_CSOCK_NAME";
/// Debian's and Ubuntu's driver of the virtual reader (package vsmartcard-vpcd).
const DRIVER: &str = "/usr/lib/pcsc/drivers/serial/libifdvpcd.so";
/// Where drivers of real readers are.
const DRIVERS: &str = "/usr/lib/pcsc/drivers";
/// Below the range from which the kernel gives ports to clients.
const FIRST_PORT: u16 = 20_000;
const LAST_PORT: u16 = 32_000;
/// How long it may take to come up on a busy machine.
const START: Duration = Duration::from_secs(20);
/// A driver serves so many readers on ports that follow each other.
const READERS_PER_DRIVER: usize = 2;

/// vpcd listens on all addresses; loaded before it, this has it listen on the loopback only.
const LOOPBACK_ONLY: &str = r"
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

int bind(int socket, const struct sockaddr *address, socklen_t length)
{
    struct sockaddr_in local;
    if (address && address->sa_family == AF_INET && length >= sizeof local) {
        memcpy(&local, address, sizeof local);
        if (local.sin_addr.s_addr == htonl(INADDR_ANY))
            local.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        return syscall(SYS_bind, socket, &local, sizeof local);
    }
    return syscall(SYS_bind, socket, address, length);
}
";

/// What runs in the namespace, with the folder, its shim and its configuration as arguments.
const INSIDE: &str = r#"set -e
mount -t tmpfs -o mode=755 tmpfs /run
mkdir /run/pcscd
mount --bind "$1/run" /run/pcscd
mount -t tmpfs tmpfs "$4"
flags=
if pcscd --help 2>&1 | grep -q -e --disable-polkit; then flags=--disable-polkit; fi
LD_PRELOAD="$2" exec pcscd --foreground --config "$3" $flags
"#;

/// A reader to have.
#[derive(Clone, Debug)]
pub struct ReaderSpec {
    /// Letters, digits and spaces; pcscd adds two numbers to it.
    pub name: String,
}

impl ReaderSpec {
    pub fn new(name: &str) -> Self {
        Self { name: name.to_owned() }
    }

    /// So many readers, named "Brama Test 1" and so on.
    pub fn numbered(count: usize) -> Vec<Self> {
        (1..=count).map(|number| Self::new(&format!("Brama Test {number}"))).collect()
    }
}

/// A reader that is there: a virtual card goes in at its address.
#[derive(Clone, Debug)]
pub struct VirtualReader {
    /// As PC/SC lists it.
    pub name: String,
    /// Where its vpcd listens.
    pub address: SocketAddr,
}

/// A running pcscd.
pub struct Pcscd {
    folder: PathBuf,
    readers: Vec<VirtualReader>,
    process: Option<Process>,
}

/// The daemon, waited for by a thread that also started it: the kernel kills it when that thread ends.
struct Process {
    pid: u32,
    ended: Receiver<io::Result<std::process::ExitStatus>>,
    keeper: JoinHandle<()>,
}

impl Pcscd {
    /// Starts it in an empty folder that is not below /run, and returns when it answers. Each name makes two readers,
    /// as the driver has it: the second one, whose name ends in `01`, is listed too and can hold a card as well.
    pub fn start(folder: &Path, specs: &[ReaderSpec]) -> io::Result<Self> {
        let folder = folder.canonicalize()?;
        if folder.starts_with("/run") {
            return Err(io::Error::other("a private pcscd cannot have its folder below /run"));
        }
        fs::create_dir_all(folder.join("run"))?;
        fs::create_dir_all(folder.join("readers"))?;
        let mut readers = Vec::new();
        let mut configuration = String::new();
        for (index, spec) in specs.iter().enumerate() {
            if specs[..index].iter().any(|other| other.name == spec.name) {
                return Err(io::Error::other("two readers of one name"));
            }
            // Entries that share a driver file share its variables and hang: each gets its own copy.
            let driver = folder.join(format!("driver-{index}.so"));
            fs::copy(DRIVER, &driver).map_err(|error| {
                io::Error::new(error.kind(), format!("{DRIVER}: {error} (packages pcscd and vsmartcard-vpcd)"))
            })?;
            let port = free_ports(&readers)?;
            configuration += &format!(
                "FRIENDLYNAME \"{}\"\nDEVICENAME /dev/null:{port}\nLIBPATH {}\nCHANNELID {port}\n\n",
                spec.name,
                driver.display()
            );
            for slot in 0..READERS_PER_DRIVER {
                let port = port + u16::try_from(slot).expect("two");
                readers.push(VirtualReader {
                    name: format!("{} 00 {slot:02X}", spec.name),
                    address: (Ipv4Addr::LOCALHOST, port).into(),
                });
            }
        }
        fs::write(folder.join("readers/virtual"), configuration)?;
        compile_shim(&folder)?;
        let mut pcscd = Self { folder, readers, process: None };
        pcscd.start_again()?;
        Ok(pcscd)
    }

    /// What [`CLIENT_VARIABLE`] must say.
    pub fn socket(&self) -> PathBuf {
        socket(&self.folder)
    }

    /// All readers, two for each name.
    pub fn readers(&self) -> &[VirtualReader] {
        &self.readers
    }

    /// The first reader of a name.
    pub fn reader(&self, index: usize) -> &VirtualReader {
        &self.readers[index * READERS_PER_DRIVER]
    }

    /// What it said.
    pub fn log(&self) -> PathBuf {
        self.folder.join("pcscd.log")
    }

    /// The daemon's process, while it runs.
    pub fn pid(&self) -> Option<u32> {
        self.process.as_ref().map(|process| process.pid)
    }

    /// Stops it at once, as if it had crashed.
    pub fn stop(&mut self) {
        if let Some(process) = self.process.take() {
            // One that has ended was waited for, and its number may be another's by now.
            if process.ended.try_recv().is_err() {
                kill(process.pid);
            }
            // The thread ends when the process did.
            let _ = process.keeper.join();
        }
    }

    /// Starts it with the same readers at the same addresses.
    pub fn start_again(&mut self) -> io::Result<()> {
        self.stop();
        for left in ["pcscd.comm", "pcscd.pid"] {
            match fs::remove_file(self.folder.join("run").join(left)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        let mut command = self.command()?;
        let (tell_pid, pid) = channel::<io::Result<u32>>();
        let (tell_end, ended) = channel();
        let keeper = std::thread::Builder::new()
            .name("pcscd-keeper".into())
            .spawn(move || keep(&mut command, &tell_pid, &tell_end))?;
        let pid = pid.recv().map_err(io::Error::other)??;
        self.process = Some(Process { pid, ended, keeper });
        self.wait_until_ready()
    }

    fn command(&self) -> io::Result<Command> {
        let log = fs::OpenOptions::new().create(true).append(true).open(self.log())?;
        let root = rustix::process::geteuid().is_root();
        let mut command = Command::new("unshare");
        command.args(if root { &["--mount"][..] } else { &["--user", "--map-root-user", "--mount"] });
        // The shell is told to die with us after the namespace is made, because making one forgets it; pcscd takes the
        // shell's place and inherits it.
        command.args(["setpriv", "--pdeathsig", "KILL", "sh", "-c", INSIDE, "pcscd"]);
        command.args([&self.folder, &shim(&self.folder), &self.folder.join("readers"), Path::new(DRIVERS)]);
        command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        // Ctrl-C in the owner's terminal is the owner's: it ends us after those that still use us.
        command.process_group(0);
        Ok(command)
    }

    fn wait_until_ready(&self) -> io::Result<()> {
        let deadline = Instant::now() + START;
        let process = self.process.as_ref().expect("just started");
        while UnixStream::connect(self.socket()).is_err() {
            match process.ended.recv_timeout(Duration::from_millis(20)) {
                Err(RecvTimeoutError::Timeout) if Instant::now() < deadline => {}
                ended => {
                    let log = fs::read_to_string(self.log()).unwrap_or_default();
                    return Err(io::Error::other(format!("pcscd does not start ({ended:?}):\n{log}")));
                }
            }
        }
        Ok(())
    }
}

impl Drop for Pcscd {
    fn drop(&mut self) {
        self.stop();
    }
}

/// The socket of a pcscd in a folder, before it is there.
pub fn socket(folder: &Path) -> PathBuf {
    folder.join("run/pcscd.comm")
}

fn keep(command: &mut Command, pid: &Sender<io::Result<u32>>, ended: &Sender<io::Result<std::process::ExitStatus>>) {
    // Whoever asked waits for the pid, and may not be interested in the end.
    match command.spawn() {
        Ok(mut child) => {
            let _ = pid.send(Ok(child.id()));
            let _ = ended.send(child.wait());
        }
        Err(error) => {
            let _ = pid.send(Err(error));
        }
    }
}

fn kill(pid: u32) {
    if let Some(pid) = i32::try_from(pid).ok().and_then(rustix::process::Pid::from_raw) {
        // It may have ended just now.
        let _ = rustix::process::kill_process(pid, rustix::process::Signal::KILL);
    }
}

fn shim(folder: &Path) -> PathBuf {
    folder.join("loopback-only.so")
}

fn compile_shim(folder: &Path) -> io::Result<()> {
    let source = folder.join("loopback-only.c");
    fs::write(&source, LOOPBACK_ONLY)?;
    let status = Command::new("cc").args(["-shared", "-fPIC", "-O1", "-o"]).args([&shim(folder), &source]).status()?;
    match status.success() {
        true => Ok(()),
        false => Err(io::Error::other(format!("cc failed: {:?}", status.into_raw()))),
    }
}

/// The first of two ports that follow each other, both free now and not yet promised.
fn free_ports(taken: &[VirtualReader]) -> io::Result<u16> {
    let mut random = [0; 2];
    openssl::rand::rand_bytes(&mut random)?;
    let span = LAST_PORT - FIRST_PORT;
    let start = u16::from_be_bytes(random) % span;
    let free = |port: u16| {
        taken.iter().all(|reader| reader.address.port() != port)
            && TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok()
    };
    (0..span)
        .step_by(READERS_PER_DRIVER)
        .map(|step| FIRST_PORT + (start + step) % span)
        .find(|port| free(*port) && free(port + 1))
        .ok_or_else(|| io::Error::other("no free ports"))
}
