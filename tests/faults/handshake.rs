//! What goes wrong before a connection is open.

use std::{io, net::SocketAddr, path::Path, time::Duration};

use futures_util::future::BoxFuture;
use rustix::io::Errno;
use tokio::time::{Instant, sleep};
use wsmon_manager::{BoxStream, ManagerConfig, Tcp, Transport};
use wsmon_model::{Cause, ConnectionOptions, EventKind, Phase};

use super::{
    outcome::{Expected, Outcome},
    support::{Monitor, fault, name},
    wire::{Server, refusing_port, request, send, switching_protocols, until_gone, upgrade},
};

/// A network on which an attempt comes no further than this. Real ones cannot be asked to: what a name server says, and
/// how many clients a full backlog holds back, is up to the machine.
#[derive(Clone, Copy)]
enum Network {
    NameUnknown,
    NameServerFails,
    NameServerRefuses,
    ResolverBroken,
    NameServerSilent,
    NoRoute,
    SynDropped,
    NoDescriptor,
    NoPort,
}

impl Transport for Network {
    fn resolve<'a>(&'a self, _: &'a str, _: u16) -> BoxFuture<'a, io::Result<Vec<SocketAddr>>> {
        Box::pin(async {
            match self {
                Self::NameUnknown => Err(io::ErrorKind::NotFound.into()),
                Self::NameServerFails => Err(io::ErrorKind::TimedOut.into()),
                Self::NameServerRefuses => Err(io::ErrorKind::ConnectionRefused.into()),
                Self::ResolverBroken => Err(io::Error::other("a broken answer")),
                Self::NameServerSilent => std::future::pending().await,
                _ => Ok(vec![([192, 0, 2, 1], 80).into()]),
            }
        })
    }

    fn connect(&self, _: SocketAddr, _: Duration) -> BoxFuture<'_, io::Result<BoxStream>> {
        Box::pin(async {
            match self {
                Self::NoRoute => Err(Errno::NETUNREACH.into()),
                Self::NoDescriptor => Err(Errno::MFILE.into()),
                Self::NoPort => Err(Errno::ADDRNOTAVAIL.into()),
                _ => std::future::pending().await,
            }
        })
    }
}

async fn on(network: Network) -> Outcome {
    Monitor::start_on(network, "ws://nonexistent.invalid/").await.settled(ConnectionOptions::default()).await
}

#[tokio::test(start_paused = true)]
async fn dns_failure() {
    let rows = [
        (Network::NameUnknown, "There is no host named nonexistent.invalid, or it has no address. Check the base URL."),
        (
            Network::NameServerFails,
            "No name server gave a usable answer for nonexistent.invalid. Check the name server",
        ),
        (Network::NameServerRefuses, "The name server refused to look up nonexistent.invalid. Check the name server"),
        (Network::ResolverBroken, "The host name nonexistent.invalid cannot be resolved: a broken answer."),
    ];
    for (network, text) in rows {
        on(network).await.check(&Expected::waiting(Cause::DnsFailure, text));
    }
}

#[tokio::test(start_paused = true)]
async fn dns_silent() {
    let text = "No name server gave an answer within 10 s.";
    on(Network::NameServerSilent).await.check(&Expected::waiting(Cause::HandshakeTimeout, text));
}

#[tokio::test(start_paused = true)]
async fn no_route() {
    on(Network::NoRoute)
        .await
        .check(&Expected::waiting(Cause::Unreachable, "192.0.2.1:80 cannot be reached: network is unreachable."));
}

#[tokio::test(start_paused = true)]
async fn syn_dropped() {
    let text = "The server did not accept a TCP connection within 10 s.";
    on(Network::SynDropped).await.check(&Expected::waiting(Cause::HandshakeTimeout, text));
}

#[tokio::test(start_paused = true)]
async fn no_resources_of_our_own() {
    let rows = [
        (Network::NoDescriptor, "The monitor has as many files open as it may. Raise the limit (LimitNOFILE"),
        (Network::NoPort, "The monitor's machine has no free port for a connection to 192.0.2.1:80"),
    ];
    for (network, text) in rows {
        on(network).await.check(&Expected::waiting(Cause::LocalResources, text));
    }
}

/// A name with a dead address, at which nothing answers, before the live one.
struct FirstAddressDead(SocketAddr);

impl Transport for FirstAddressDead {
    fn resolve<'a>(&'a self, _: &'a str, _: u16) -> BoxFuture<'a, io::Result<Vec<SocketAddr>>> {
        Box::pin(async { Ok(vec![([192, 0, 2, 1], 80).into(), self.0]) })
    }

    fn connect(&self, address: SocketAddr, unacknowledged: Duration) -> BoxFuture<'_, io::Result<BoxStream>> {
        Box::pin(async move {
            if address == self.0 { Tcp.connect(address, unacknowledged).await } else { std::future::pending().await }
        })
    }
}

#[tokio::test(start_paused = true)]
async fn first_address_dead() {
    let server = Server::start().await;
    let monitor = Monitor::start_on(FirstAddressDead(server.address()), &server.base()).await;
    let began = Instant::now();
    let script = async |mut stream| {
        upgrade(&mut stream).await;
        until_gone(&mut stream).await;
    };
    let mut handle = monitor.connect(ConnectionOptions::default()).await;
    let state = server.during(script, handle.settled()).await;
    assert_eq!(state.phase, Phase::Connected, "{:?}", state.failure);
    // The live address is tried a quarter of a second after the dead one; paused time has milliseconds.
    assert!((250..=260).contains(&began.elapsed().as_millis()), "{:?}", began.elapsed());
}

#[tokio::test(start_paused = true)]
async fn sockets_at_their_limit() {
    let server = Server::start().await;
    let limit = |config: &mut ManagerConfig, _: &Path| config.most_sockets = Some(1);
    let monitor = Monitor::start_with(Tcp, &server.base(), limit).await;
    let script = async |mut stream| {
        upgrade(&mut stream).await;
        until_gone(&mut stream).await;
    };
    let outcome = server.during(script, async {
        let mut first = monitor.manager.connect(&name("first"), None).await.expect("connects");
        assert_eq!(first.settled().await.phase, Phase::Connected);
        let mut second = monitor.connect(ConnectionOptions::default()).await;
        let refused = second.settled().await;
        assert_eq!(refused.failure.expect("a failure").cause(), Cause::LocalResources);
        assert_eq!(monitor.manager.short_of_resources().expect("short").0, 1);
        // The first one's place goes to the second, in its turn.
        monitor.manager.disconnect(&name("first")).await.expect("disconnects");
        second.wait_for(|state| state.phase == Phase::Connected).await;
        assert!(monitor.manager.short_of_resources().is_none());
        monitor.outcome().await
    });
    let outcome = outcome.await;
    let text = "The monitor's limit on open files leaves room for 1 connections, and they are taken. Raise the limit";
    let told = outcome.events.iter().find(|event| event.cause == Some(Cause::LocalResources)).expect("told");
    assert!(told.text.contains(text), "{outcome:?}");
    assert_eq!(told.kind, EventKind::AttemptFailed, "it waits");
}

#[tokio::test(start_paused = true)]
async fn refused() {
    let (_port, base) = refusing_port();
    let outcome = Monitor::start(&base).await.settled(ConnectionOptions::default()).await;
    let text = "refused the connection: nothing is listening there.";
    outcome.check(&Expected::waiting(Cause::ConnectionRefused, text));
}

const UPGRADE_LATE: &str = "The server accepted the connection but did not answer the WebSocket upgrade within 10 s.";

#[tokio::test(start_paused = true)]
async fn handshake_silent() {
    let outcome = fault(async |mut stream| until_gone(&mut stream).await).await;
    outcome.check(&Expected::waiting(Cause::HandshakeTimeout, UPGRADE_LATE));
}

#[tokio::test(start_paused = true)]
async fn handshake_at_one_byte_a_second() {
    let outcome = fault(async |mut stream| {
        let request = request(&mut stream).await;
        for byte in switching_protocols(&request, "").bytes() {
            sleep(Duration::from_secs(1)).await;
            send(&mut stream, &[byte]).await;
        }
    })
    .await;
    outcome.check(&Expected::waiting(Cause::HandshakeTimeout, UPGRADE_LATE));
}

#[tokio::test(start_paused = true)]
async fn handshake_cut_off() {
    let outcome = fault(async |mut stream| {
        request(&mut stream).await;
        send(&mut stream, b"HTTP/1.1 101 Swi").await;
    })
    .await;
    outcome.check(&Expected::waiting(
        Cause::ConnectionLost,
        "The server hung up instead of answering the WebSocket upgrade.",
    ));
}

#[tokio::test(start_paused = true)]
async fn wrong_accept_key() {
    let outcome = fault(async |mut stream| {
        request(&mut stream).await;
        let for_another = switching_protocols("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "");
        send(&mut stream, for_another.as_bytes()).await;
        until_gone(&mut stream).await;
    })
    .await;
    let text = "The server's answer is not a WebSocket handshake: Key mismatch";
    outcome.check(&Expected::blocked(Cause::InvalidHandshake, text));
}

#[tokio::test(start_paused = true)]
async fn an_extension_that_nobody_offered() {
    let rows = [
        (
            "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits=15\r\n",
            "handshake: it uses the extension “permessage-deflate”, which nobody offered.",
        ),
        ("Sec-WebSocket-Extensions:\r\nSec-WebSocket-Extensions: , x-own\r\n", "it uses the extension “x-own”"),
    ];
    for (fields, text) in rows {
        let outcome = fault(async |mut stream| {
            let request = request(&mut stream).await;
            send(&mut stream, switching_protocols(&request, fields).as_bytes()).await;
            until_gone(&mut stream).await;
        })
        .await;
        outcome.check(&Expected::blocked(Cause::InvalidHandshake, text));
    }
}
