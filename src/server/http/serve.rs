//! Accepting connections, and not letting slow clients hold them.

use std::{future::Future, io, net::SocketAddr, sync::Arc, time::Duration};

use axum::{Router, extract::ConnectInfo, http::Request};
use hyper::{
    body::Incoming,
    server::conn::http1,
    service::{Service, service_fn},
};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
    service::TowerToHyperService,
};
use ipnet::IpNet;
use tokio::{
    net::{TcpListener, TcpSocket, TcpStream},
    pin,
    time::{sleep, timeout},
};
use tracing::{debug, warn};

use super::{
    limits::Limits,
    places::{Place, Places},
    stream::ClientStream,
};

/// Connections that may wait to be accepted.
const BACKLOG: u32 = 1_024;

/// What the kernel keeps of an answer until the client has it, in bytes; it takes twice as much
/// memory. Left to itself it would keep megabytes for a client that does not read. This much a round
/// trip is above a megabyte a second to the other side of an ocean.
const SEND_BUFFER: u32 = 128 * 1_024;

/// What a connection keeps of a request's head, or of an answer that the kernel does not take yet, in
/// bytes. A head that is larger is refused.
const BUFFER: usize = 32 * 1_024;

/// What is served, by the kind of place that a connection has.
pub(in crate::server) struct Routes {
    /// Everything.
    pub(super) all: Router,
    /// What there are places in reserve for.
    pub(super) reserve: Router,
}

/// Listens on an address.
pub(in crate::server) fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    socket.set_reuseaddr(true)?;
    // Accepted connections inherit it (`man 7 tcp`).
    socket.set_send_buffer_size(SEND_BUFFER)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// Serves until told to stop, and then what is under way.
///
/// Not `axum::serve`, which lets a client take as long as it likes over its request.
pub(in crate::server) async fn serve(
    listener: TcpListener,
    routes: Routes,
    limits: Limits,
    trusted_proxies: Arc<[IpNet]>,
    shutdown: impl Future<Output = ()>,
) {
    let places = Places::new(limits.clone(), trusted_proxies);
    let graceful = GracefulShutdown::new();
    pin!(shutdown);
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, client)) => {
                    let place = places.take(client.ip());
                    talk(stream, client, &routes, &limits, &graceful, place);
                }
                Err(error) => wait_out(&error).await,
            },
            () = &mut shutdown => break,
        }
    }
    drop(listener);
    if timeout(limits.shutdown, graceful.shutdown()).await.is_err() {
        warn!("not every request ended in time");
    }
}

fn talk(
    stream: TcpStream,
    client: SocketAddr,
    routes: &Routes,
    limits: &Limits,
    graceful: &GracefulShutdown,
    place: Place,
) {
    let router = if place.is_ordinary() { &routes.all } else { &routes.reserve };
    let router = TowerToHyperService::new(router.clone());
    // Not a layer, which would copy every route for every connection.
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(client));
        router.call(request)
    });
    let mut protocol = http1::Builder::new();
    protocol.timer(TokioTimer::new()).header_read_timeout(limits.head).max_buf_size(BUFFER);
    protocol.keep_alive(place.is_ordinary());
    let stream = TokioIo::new(ClientStream::new(stream, limits.write_stall));
    let connection = graceful.watch(protocol.serve_connection(stream, service));
    tokio::spawn(async move {
        tokio::select! {
            ended = connection => if let Err(error) = ended {
                debug!(%client, %error, "a client was let go");
            },
            () = place.expired() => debug!(%client, "a client had to make room"),
        }
    });
}

/// Some errors are one client's, who left before it was accepted. The others, such as too many open
/// files, pass with time; to accept again at once would only burn it.
async fn wait_out(error: &io::Error) {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    if !matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset) {
        warn!(%error, "no connection can be accepted for now");
        sleep(Duration::from_secs(1)).await;
    }
}
