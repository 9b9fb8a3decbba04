//! The service's own side: accepts, and follows orders.

use std::{
    io::{self, BufRead},
    net::SocketAddr,
    path::Path,
    sync::{Arc, atomic::Ordering::Relaxed},
    time::Duration,
};

use tokio::{
    net::{TcpListener, TcpSocket},
    runtime::Runtime,
    task::JoinHandle,
    time::{MissedTickBehavior, interval},
};
use tokio_rustls::TlsAcceptor;

use super::{
    client::{Flood, Hub},
    tls,
};

/// Connections that may wait to be accepted; as many as the system allows by default.
const BACKLOG: u32 = 4_096;

/// How often a trickle sends.
const TRICKLE_EVERY: Duration = Duration::from_millis(20);

/// Is a service, until standard input ends. With a directory of certificates it speaks TLS.
pub fn serve(certificates: Option<&str>) {
    let acceptor = certificates.map(|directory| tls::acceptor(Path::new(directory)));
    let runtime = Runtime::new().expect("a runtime");
    let hub = Arc::new(Hub::default());
    let listener = runtime.block_on(async { listen() });
    println!("{}", listener.local_addr().expect("an address"));
    runtime.spawn(accept(listener, acceptor, Arc::clone(&hub)));
    let mut trickle = None;
    for order in io::stdin().lock().lines() {
        let order = order.expect("text");
        println!("{}", runtime.block_on(follow(&order, &hub, &mut trickle)));
    }
    runtime.shutdown_background();
}

/// Follows an order: the messages sent so far.
async fn follow(order: &str, hub: &Arc<Hub>, trickle: &mut Option<JoinHandle<()>>) -> u64 {
    let (verb, number) = order.split_once(' ').unwrap_or((order, "0"));
    let number: u32 = number.parse().expect("a number");
    match verb {
        "each" => hub.send_each(number as usize).await,
        "flood" => hub.flood(Some(Flood::of(number as usize))).await,
        "trickle" => *trickle = Some(tokio::spawn(send_slowly(Arc::clone(hub), number))),
        "stop" => {
            if let Some(trickle) = trickle.take() {
                trickle.abort();
            }
            hub.flood(None).await;
        }
        other => panic!("no such order: {other}"),
    }
    hub.sent.load(Relaxed)
}

async fn send_slowly(hub: Arc<Hub>, a_second: u32) {
    let mut ticks = interval(TRICKLE_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let each_tick = a_second as usize * TRICKLE_EVERY.as_millis() as usize / 1_000;
    loop {
        ticks.tick().await;
        hub.send_next(each_tick);
    }
}

fn listen() -> TcpListener {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.bind(SocketAddr::from(([127, 0, 0, 1], 0))).expect("a free port");
    socket.listen(BACKLOG).expect("possible")
}

async fn accept(listener: TcpListener, acceptor: Option<TlsAcceptor>, hub: Arc<Hub>) {
    loop {
        let (stream, _) = listener.accept().await.expect("a client");
        let hub = Arc::clone(&hub);
        match acceptor.clone() {
            None => drop(tokio::spawn(async move { hub.hold(stream).await })),
            Some(acceptor) => drop(tokio::spawn(async move {
                if let Ok(stream) = acceptor.accept(stream).await {
                    hub.hold(stream).await;
                }
            })),
        }
    }
}
