//! Which user of this computer a loopback connection comes from.

use std::fs::File;
use std::io::{self, Read};
use std::net::{Ipv4Addr, SocketAddrV4};

/// The most bytes of the kernel's table that are read: some hundred thousand sockets.
const MAX_TABLE: u64 = 32 * 1024 * 1024;
/// The kernel's table is no snapshot: a row may be missed while others come and go.
const LOOKS: usize = 3;
/// TCP_ESTABLISHED in the table. In other states (TIME_WAIT) the column of the user says 0 whoever it was.
const ESTABLISHED: &str = "01";
/// TCP_LISTEN in the table.
const LISTENING: &str = "0A";

/// Finds out whose socket is at the other end of a connection.
pub trait SocketOwner: Send + Sync {
    /// The user id of the socket whose own end is `peer` and whose other end is `local`; `None` when there is none.
    fn owner(&self, local: SocketAddrV4, peer: SocketAddrV4) -> io::Result<Option<u32>>;
}

/// Linux: `/proc/net/tcp` and, for sockets that speak IPv4 through IPv6, `/proc/net/tcp6`.
#[derive(Clone, Copy, Debug, Default)]
pub struct ProcessTable;

impl SocketOwner for ProcessTable {
    fn owner(&self, local: SocketAddrV4, peer: SocketAddrV4) -> io::Result<Option<u32>> {
        for _ in 0..LOOKS {
            for file in ["/proc/net/tcp", "/proc/net/tcp6"] {
                let found = find(&table(file)?, ESTABLISHED, |own, other| own == peer && other == local);
                if found.is_some() {
                    return Ok(found);
                }
            }
        }
        Ok(None)
    }
}

/// Who listens on a port of the loopback address, if anybody does.
pub fn listener(port: u16) -> io::Result<Option<u32>> {
    let reaches = |own: SocketAddrV4, _| own.port() == port && (own.ip().is_loopback() || own.ip().is_unspecified());
    for file in ["/proc/net/tcp", "/proc/net/tcp6"] {
        let found = find(&table(file)?, LISTENING, reaches);
        if found.is_some() {
            return Ok(found);
        }
    }
    Ok(None)
}

fn table(file: &str) -> io::Result<String> {
    let mut table = String::new();
    match File::open(file) {
        Ok(opened) => opened.take(MAX_TABLE).read_to_string(&mut table).map(|_| table),
        // A system without IPv6.
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(table),
        Err(error) => Err(error),
    }
}

/// The user of the first row in a state whose own and other end fit.
fn find(table: &str, state: &str, fits: impl Fn(SocketAddrV4, SocketAddrV4) -> bool) -> Option<u32> {
    table.lines().skip(1).find_map(|row| {
        let mut fields = row.split_ascii_whitespace().skip(1);
        let (own, other) = (address(fields.next()?)?, address(fields.next()?)?);
        if fields.next()? != state || !fits(own, other) {
            return None;
        }
        // tx:rx queue, timer, retransmissions, and then the user.
        fields.nth(3)?.parse().ok()
    })
}

/// Reads `0100007F:60F1`: words in the byte order of the machine, the port in the network's. An IPv6 address counts
/// when it is an IPv4 one in disguise (`::ffff:127.0.0.1`) or the unspecified one.
fn address(text: &str) -> Option<SocketAddrV4> {
    let (address, port) = text.split_once(':')?;
    let port = u16::from_str_radix(port, 16).ok()?;
    let words = address.as_bytes().chunks(8).map(|word| u32::from_str_radix(std::str::from_utf8(word).ok()?, 16).ok());
    let words: Vec<u32> = words.collect::<Option<_>>()?;
    let word = match words.as_slice() {
        [word] => *word,
        [0, 0, mark, word] if *mark == 0xffff_u32.to_be() => *word,
        [0, 0, 0, 0] => 0,
        _ => return None,
    };
    Some(SocketAddrV4::new(Ipv4Addr::from(word.to_ne_bytes()), port))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::net::{SocketAddr, TcpListener, TcpStream};

    fn v4(address: SocketAddr) -> SocketAddrV4 {
        match address {
            SocketAddr::V4(address) => address,
            SocketAddr::V6(_) => panic!("an IPv4 address"),
        }
    }

    #[test]
    fn a_connection_of_our_own_is_found() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("binds");
        let local = v4(listener.local_addr().expect("has an address"));
        let client = TcpStream::connect(local).expect("connects");
        let (server, peer) = listener.accept().expect("accepts");
        let own = rustix::process::geteuid().as_raw();
        assert_eq!(ProcessTable.owner(local, v4(peer)).expect("reads"), Some(own));
        // The exact four numbers, not any of them.
        let next = SocketAddrV4::new(*local.ip(), v4(peer).port() ^ 1);
        assert_eq!(ProcessTable.owner(local, next).expect("reads"), None);
        assert_eq!(super::listener(local.port()).expect("reads"), Some(own));
        // Closed by the client: the row is no longer that of a living browser.
        drop(client);
        let mut rest = &server;
        let _ = Read::read(&mut rest, &mut [0; 1]);
        assert_eq!(ProcessTable.owner(local, v4(peer)).expect("reads"), None);
    }

    #[test]
    fn addresses_are_read_as_the_kernel_writes_them() {
        let loopback = u32::from_ne_bytes([127, 0, 0, 1]);
        let expected: SocketAddrV4 = "127.0.0.1:24817".parse().expect("parses");
        assert_eq!(address(&format!("{loopback:08X}:60F1")), Some(expected));
        let mapped = 0xffff_u32.to_be();
        assert_eq!(address(&format!("0000000000000000{mapped:08X}{loopback:08X}:60F1")), Some(expected));
        assert_eq!(address("00000000000000000000000001000000:60F1"), None, "::1 is not 127.0.0.1");
        assert_eq!(address("0100007F"), None);
        assert_eq!(address("0100007F:123456"), None);
    }

    proptest! {
        #[test]
        fn no_table_panics(table in any::<String>(), row in "[ -~]{0,80}") {
            let _ = find(&table, ESTABLISHED, |_, _| true);
            let _ = find(&format!("\n{row}"), ESTABLISHED, |_, _| true);
        }
    }
}
