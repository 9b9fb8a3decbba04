//! Accepting connections, and not letting slow clients hold them.

use std::{future::Future, io, net::SocketAddr, sync::Arc, time::Duration};

use axum::{Extension, Router, extract::ConnectInfo};
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
    service::TowerToHyperService,
};
use tokio::{
    net::{TcpListener, TcpStream},
    pin,
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{sleep, timeout},
};
use tracing::{debug, warn};

/// Connections at once. Further ones wait to be accepted.
const CONNECTIONS: usize = 1_024;

/// How long a request's head may take, from the first byte to the last.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);

/// How long requests under way may take to end when the server is told to.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(5);

/// Serves until told to stop, and then what is under way.
///
/// Not `axum::serve`, which lets a client take as long as it likes over its request.
pub(in crate::server) async fn serve(listener: TcpListener, router: Router, shutdown: impl Future<Output = ()>) {
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    let graceful = GracefulShutdown::new();
    pin!(shutdown);
    loop {
        let place = Arc::clone(&places).acquire_owned();
        let accepted = async {
            let place = place.await.expect("the semaphore is never closed");
            (listener.accept().await, place)
        };
        tokio::select! {
            (accepted, place) = accepted => match accepted {
                Ok((stream, client)) => talk(stream, client, router.clone(), &graceful, place),
                Err(error) => wait_out(&error).await,
            },
            () = &mut shutdown => break,
        }
    }
    drop(listener);
    if timeout(SHUTDOWN_TIMEOUT, graceful.shutdown()).await.is_err() {
        warn!("not every request ended in time");
    }
}

fn talk(
    stream: TcpStream,
    client: SocketAddr,
    router: Router,
    graceful: &GracefulShutdown,
    place: OwnedSemaphorePermit,
) {
    let service = TowerToHyperService::new(router.layer(Extension(ConnectInfo(client))));
    let mut protocol = http1::Builder::new();
    protocol.timer(TokioTimer::new()).header_read_timeout(HEAD_TIMEOUT);
    let connection = graceful.watch(protocol.serve_connection(TokioIo::new(stream), service));
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            debug!(%client, %error, "a client was let go");
        }
        drop(place);
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
