//! A WebSocket service that does what a test tells it.

use std::net::SocketAddr;

use futures_util::{SinkExt, StreamExt};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{broadcast, watch},
    task::JoinSet,
};
use tokio_tungstenite::{
    accept_hdr_async,
    tungstenite::{
        Message,
        handshake::server::{ErrorResponse, Request, Response},
        http::StatusCode,
        protocol::CloseFrame,
    },
};
use wsmon_manager::Base;

use super::soon;

/// What the service does with a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// Accepts it and sends back what it sends.
    Echo,
    /// Accepts it and never reads or writes again.
    Deaf,
    /// Accepts the TCP connection and never answers the upgrade.
    Mute,
    /// Answers the upgrade with this status.
    Refuse(u16),
}

/// A running service on a port of its own.
pub struct Upstream {
    address: SocketAddr,
    live: watch::Receiver<usize>,
    accepted: watch::Receiver<usize>,
    closes: broadcast::Sender<(u16, &'static str)>,
    /// The close codes that clients sent.
    pub codes: broadcast::Receiver<Option<u16>>,
    tasks: JoinSet<()>,
}

impl Upstream {
    pub async fn start(manner: Manner) -> Self {
        Self::start_at(SocketAddr::from(([127, 0, 0, 1], 0)), manner).await
    }

    pub async fn start_at(address: SocketAddr, manner: Manner) -> Self {
        let listener = TcpListener::bind(address).await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let (live_sender, live) = watch::channel(0);
        let (accepted_sender, accepted) = watch::channel(0);
        let (codes_sender, codes) = broadcast::channel(256);
        let closes = broadcast::Sender::new(16);
        let hub =
            Hub { manner, live: live_sender, accepted: accepted_sender, closes: closes.clone(), codes: codes_sender };
        let mut tasks = JoinSet::new();
        tasks.spawn(hub.run(listener));
        Self { address, live, accepted, closes, codes, tasks }
    }

    /// The base URL of the service.
    pub fn base(&self) -> Base {
        base_at(self.address)
    }

    /// Waits until that many clients are connected.
    pub async fn wait_live(&mut self, count: usize) {
        soon("clients of the upstream", self.live.wait_for(|&live| live == count)).await.expect("it runs");
    }

    /// Waits until that many clients have been accepted.
    pub async fn wait_accepted(&mut self, count: usize) {
        soon("clients accepted", self.accepted.wait_for(|&accepted| accepted >= count)).await.expect("it runs");
    }

    /// How many clients have been accepted so far.
    pub fn accepted(&self) -> usize {
        *self.accepted.borrow()
    }

    /// Sends every client a close frame.
    pub fn close_all(&self, code: u16, reason: &'static str) {
        self.closes.send((code, reason)).expect("a client to hear it");
    }

    /// Cuts every client off and stops listening.
    pub async fn stop(mut self) -> SocketAddr {
        self.tasks.shutdown().await;
        self.address
    }
}

/// The base URL of a service at an address.
pub fn base_at(address: SocketAddr) -> Base {
    format!("ws://{address}/ws/").parse().expect("a base URL")
}

/// A port at which nothing listens.
pub async fn vacant() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    listener.local_addr().expect("an address")
}

#[derive(Clone)]
struct Hub {
    manner: Manner,
    live: watch::Sender<usize>,
    accepted: watch::Sender<usize>,
    closes: broadcast::Sender<(u16, &'static str)>,
    codes: broadcast::Sender<Option<u16>>,
}

impl Hub {
    async fn run(self, listener: TcpListener) {
        // Clients are children of this task, so that stopping it cuts them off.
        let mut clients = JoinSet::new();
        loop {
            tokio::select! {
                accepted = listener.accept() => {
                    let (stream, _) = accepted.expect("a client");
                    clients.spawn(self.clone().serve(stream));
                }
                Some(_) = clients.join_next() => {}
            }
        }
    }

    async fn serve(self, stream: TcpStream) {
        if self.manner == Manner::Mute {
            std::future::pending::<()>().await;
        }
        let manner = self.manner;
        #[expect(clippy::result_large_err, reason = "tungstenite's signature")]
        let answer = |_: &Request, response: Response| match manner {
            Manner::Refuse(status) => {
                let mut refusal = ErrorResponse::new(None);
                *refusal.status_mut() = StatusCode::from_u16(status).expect("a status");
                Err(refusal)
            }
            _ => Ok(response),
        };
        let Ok(mut socket) = accept_hdr_async(stream, answer).await else { return };
        let mut closes = self.closes.subscribe();
        self.accepted.send_modify(|count| *count += 1);
        let _live = Live::begin(&self.live);
        if manner == Manner::Deaf {
            std::future::pending::<()>().await;
        }
        loop {
            tokio::select! {
                order = closes.recv() => {
                    let Ok((code, reason)) = order else { return };
                    let frame = CloseFrame { code: code.into(), reason: reason.into() };
                    if socket.close(Some(frame)).await.is_err() { return }
                }
                frame = socket.next() => match frame {
                    Some(Ok(message @ (Message::Text(_) | Message::Binary(_)))) => {
                        if socket.send(message).await.is_err() { return }
                    }
                    Some(Ok(Message::Close(frame))) => {
                        // Nobody need listen.
                        let _ = self.codes.send(frame.map(|frame| frame.code.into()));
                    }
                    Some(Ok(_)) => {}
                    Some(Err(_)) | None => return,
                },
            }
        }
    }
}

/// Counts a client for as long as it is served.
struct Live<'a>(&'a watch::Sender<usize>);

impl<'a> Live<'a> {
    fn begin(count: &'a watch::Sender<usize>) -> Self {
        count.send_modify(|count| *count += 1);
        Self(count)
    }
}

impl Drop for Live<'_> {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count -= 1);
    }
}
