//! How bytes get to a server.

use std::{io, net::SocketAddr, time::Duration};

use dns_lookup::{LookupError, LookupErrorKind};
use futures_util::future::BoxFuture;
use rustix::net::sockopt;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    task::spawn_blocking,
};

/// A byte stream a WebSocket can run over.
pub trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

/// A boxed [`Stream`].
pub type BoxStream = Box<dyn Stream>;

/// How bytes get to a server: the operating system's TCP, or a simulated network.
pub trait Transport: Send + Sync + 'static {
    /// Resolves a host name. The error's kind is [`NotFound`](io::ErrorKind::NotFound) when there is no
    /// such name, [`TimedOut`](io::ErrorKind::TimedOut) when no name server gave a usable answer, and
    /// [`ConnectionRefused`](io::ErrorKind::ConnectionRefused) when one refused to look it up.
    fn resolve<'a>(&'a self, host: &'a str, port: u16) -> BoxFuture<'a, io::Result<Vec<SocketAddr>>>;
    /// Opens a connection, which fails with [`TimedOut`](io::ErrorKind::TimedOut) once something that was sent has not
    /// been acknowledged for so long.
    fn connect(&self, address: SocketAddr, unacknowledged: Duration) -> BoxFuture<'_, io::Result<BoxStream>>;
}

/// A connection on which nothing is sent is asked this often whether its other end is still there. With pings as they are by
/// default something is sent more often than that.
const KEEPALIVE_IDLE: Duration = Duration::from_secs(60);

/// How often it is asked again if it does not answer.
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(15);

/// So many questions without an answer are its end.
const KEEPALIVE_PROBES: u32 = 3;

/// What has not been acknowledged for less than this may yet be: a segment that is lost is sent again after 0.2 s at the
/// earliest, then after twice as long each time.
const LEAST_UNACKNOWLEDGED: Duration = Duration::from_secs(2);

/// The operating system's resolver and TCP.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tcp;

impl Transport for Tcp {
    fn resolve<'a>(&'a self, host: &'a str, port: u16) -> BoxFuture<'a, io::Result<Vec<SocketAddr>>> {
        Box::pin(async move {
            if let Ok(address) = host.parse() {
                return Ok(vec![SocketAddr::new(address, port)]);
            }
            // Not tokio's `lookup_host`, whose error is a text alone.
            let host = host.to_owned();
            let lookup = spawn_blocking(move || dns_lookup::lookup_host(&host).map(Vec::from_iter));
            let addresses = lookup.await.map_err(io::Error::other)?.map_err(resolver_error)?;
            Ok(addresses.into_iter().map(|address| SocketAddr::new(address, port)).collect())
        })
    }

    fn connect(&self, address: SocketAddr, unacknowledged: Duration) -> BoxFuture<'_, io::Result<BoxStream>> {
        Box::pin(async move {
            let stream = TcpStream::connect(address).await?;
            stream.set_nodelay(true)?;
            watch_path(&stream, unacknowledged)?;
            Ok(Box::new(stream) as BoxStream)
        })
    }
}

/// Has the operating system find out when the path is dead (tcp(7)): by keepalive while nothing is sent, and by a limit on
/// how long what was sent may stay unacknowledged, or unsent because the peer takes nothing. Linux ends a connection that
/// does not answer keepalive by the same limit.
fn watch_path(stream: &TcpStream, unacknowledged: Duration) -> io::Result<()> {
    let unacknowledged = unacknowledged.max(LEAST_UNACKNOWLEDGED).as_millis();
    sockopt::set_socket_keepalive(stream, true)?;
    sockopt::set_tcp_keepidle(stream, KEEPALIVE_IDLE)?;
    sockopt::set_tcp_keepintvl(stream, KEEPALIVE_INTERVAL)?;
    sockopt::set_tcp_keepcnt(stream, KEEPALIVE_PROBES)?;
    sockopt::set_tcp_user_timeout(stream, u32::try_from(unacknowledged).unwrap_or(u32::MAX))?;
    Ok(())
}

/// The resolver's error, with the kinds that [`Transport::resolve`] promises.
fn resolver_error(error: LookupError) -> io::Error {
    let kind = match error.kind() {
        LookupErrorKind::NoName | LookupErrorKind::NoData => io::ErrorKind::NotFound,
        LookupErrorKind::Again => io::ErrorKind::TimedOut,
        // Rare: of an answer REFUSED or SERVFAIL glibc 2.36 says `EAI_AGAIN`, as of none.
        LookupErrorKind::Fail => io::ErrorKind::ConnectionRefused,
        LookupErrorKind::Memory => io::ErrorKind::OutOfMemory,
        _ => return error.into(),
    };
    io::Error::new(kind, error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn addresses_and_local_names_resolve() {
        let literal = Tcp.resolve("2001:db8::1", 80).await.expect("an address");
        assert_eq!(literal, ["[2001:db8::1]:80".parse().expect("an address")]);
        let local = Tcp.resolve("localhost", 80).await.expect("a name");
        assert!(!local.is_empty() && local.iter().all(|address| address.ip().is_loopback()), "{local:?}");
    }

    #[tokio::test]
    async fn the_system_watches_every_connection() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        for (unacknowledged_ms, limit_ms) in [(25_000, 25_000), (200, 2_000)] {
            let stream = TcpStream::connect(address).await.expect("connects");
            watch_path(&stream, Duration::from_millis(unacknowledged_ms)).expect("watched");
            assert_eq!(sockopt::socket_keepalive(&stream), Ok(true));
            assert_eq!(sockopt::tcp_keepidle(&stream), Ok(KEEPALIVE_IDLE));
            assert_eq!(sockopt::tcp_keepintvl(&stream), Ok(KEEPALIVE_INTERVAL));
            assert_eq!(sockopt::tcp_keepcnt(&stream), Ok(KEEPALIVE_PROBES));
            assert_eq!(sockopt::tcp_user_timeout(&stream), Ok(limit_ms));
        }
    }

    /// The resolver itself refuses a label of more than 63 octets (RFC 1035 section 2.3.4), so no name server is asked.
    #[tokio::test]
    async fn the_resolvers_own_word_is_kept() {
        let error = Tcp.resolve(&"a".repeat(64), 80).await.expect_err("no name");
        assert_eq!(error.kind(), io::ErrorKind::NotFound, "{error}");
    }

    /// The values are those of Linux's `netdb.h`.
    #[test]
    fn a_name_that_is_not_there_differs_from_a_name_server_that_does_not_answer() {
        for (number, kind) in [
            (-2, io::ErrorKind::NotFound),
            (-5, io::ErrorKind::NotFound),
            (-3, io::ErrorKind::TimedOut),
            (-4, io::ErrorKind::ConnectionRefused),
        ] {
            assert_eq!(resolver_error(LookupError::new(number)).kind(), kind, "{number}");
        }
        let other = resolver_error(LookupError::new(-6)).to_string();
        assert!(other.contains("ai_family"), "{other}");
    }
}
