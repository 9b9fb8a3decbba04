//! A WebSocket service that treats each endpoint as a test tells it.

use std::{collections::HashMap, net::SocketAddr, pin::pin, time::Duration};

use futures_util::{SinkExt, StreamExt};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinSet,
    time::interval,
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

/// What the service does with an endpoint's client.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Manner {
    /// Sends it twenty messages a second.
    #[default]
    Talk,
    /// Accepts it and says nothing.
    Quiet,
    /// Accepts it and cuts it off.
    Drop,
    /// Accepts it and closes with this code and reason.
    Close(u16, &'static str),
    /// Answers the upgrade with this status.
    Refuse(u16),
}

/// Endpoints by name that are treated other than by default.
type Script = HashMap<String, Manner>;

/// The running service. Dropped, it cuts everybody off.
pub struct Upstream {
    address: SocketAddr,
    script: watch::Sender<Script>,
    listening: JoinSet<()>,
}

impl Upstream {
    pub async fn start() -> Self {
        let mut upstream =
            Self { address: ([127, 0, 0, 1], 0).into(), script: watch::Sender::default(), listening: JoinSet::new() };
        upstream.listen().await;
        upstream
    }

    pub fn base_url(&self) -> String {
        format!("ws://{}/ws/", self.address)
    }

    /// Treats an endpoint so from now on; cuts it off when it was treated otherwise.
    pub fn treat(&self, endpoint: &str, manner: Manner) {
        self.script.send_modify(|script| {
            script.insert(endpoint.to_owned(), manner);
        });
    }

    /// Cuts everybody off and stops listening.
    pub async fn stop(&mut self) {
        self.listening.shutdown().await;
    }

    /// Listens, again where it did before.
    pub async fn listen(&mut self) {
        let listener = TcpListener::bind(self.address).await.expect("a free port");
        self.address = listener.local_addr().expect("an address");
        self.listening.spawn(accept(listener, self.script.subscribe()));
    }
}

async fn accept(listener: TcpListener, script: watch::Receiver<Script>) {
    // Clients are children of this task, so that stopping it cuts them off.
    let mut clients = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let (stream, _) = accepted.expect("a client");
                let script = script.clone();
                // A client that breaks off is what is being tested.
                clients.spawn(async move { drop(serve(stream, script).await) });
            }
            Some(_) = clients.join_next() => {}
        }
    }
}

async fn serve(
    stream: TcpStream,
    mut script: watch::Receiver<Script>,
) -> Result<(), tokio_tungstenite::tungstenite::Error> {
    let mut endpoint = String::new();
    let mut manner = Manner::default();
    #[expect(clippy::result_large_err, reason = "tungstenite's signature")]
    let answer = |request: &Request, response: Response| {
        endpoint = request.uri().path().trim_start_matches("/ws/").to_owned();
        manner = script.borrow().get(&endpoint).copied().unwrap_or_default();
        let Manner::Refuse(status) = manner else { return Ok(response) };
        let mut refusal = ErrorResponse::new(None);
        *refusal.status_mut() = StatusCode::from_u16(status).expect("a status");
        Err(refusal)
    };
    let mut socket = accept_hdr_async(stream, answer).await?;
    match manner {
        Manner::Drop | Manner::Refuse(_) => return Ok(()),
        Manner::Close(code, reason) => {
            socket.close(Some(CloseFrame { code: code.into(), reason: reason.into() })).await?;
        }
        Manner::Talk | Manner::Quiet => {}
    }
    let mut messages = interval(Duration::from_millis(50));
    let mut treated_otherwise = pin!(async move {
        let is_other = |script: &Script| script.get(&endpoint).copied().unwrap_or_default() != manner;
        script.wait_for(is_other).await.is_ok()
    });
    loop {
        tokio::select! {
            _ = &mut treated_otherwise => return Ok(()),
            _ = messages.tick(), if manner == Manner::Talk => socket.send(Message::text("hello")).await?,
            frame = socket.next() => if frame.transpose()?.is_none() { return Ok(()) },
        }
    }
}
