//! How bytes get to a server.

use std::{io, net::SocketAddr};

use dns_lookup::{LookupError, LookupErrorKind};
use futures_util::future::BoxFuture;
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
    /// Opens a connection.
    fn connect(&self, address: SocketAddr) -> BoxFuture<'_, io::Result<BoxStream>>;
}

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

    fn connect(&self, address: SocketAddr) -> BoxFuture<'_, io::Result<BoxStream>> {
        Box::pin(async move {
            let stream = TcpStream::connect(address).await?;
            stream.set_nodelay(true)?;
            Ok(Box::new(stream) as BoxStream)
        })
    }
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
