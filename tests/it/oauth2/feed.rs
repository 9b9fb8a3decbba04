//! A WebSocket service that takes only the tokens that are valid now, and tells its clients numbers without end.

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use futures_util::{SinkExt, StreamExt};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinSet,
    time::{interval, sleep_until},
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

use crate::support::{soon, upstream::base_at};

pub struct Feed {
    address: SocketAddr,
    shared: Arc<Shared>,
    _tasks: JoinSet<()>,
}

/// Who is taken, and who was.
#[derive(Clone, Default)]
struct Doors {
    /// What a token has to begin with; whoever signed in before is closed when it changes.
    accepted: String,
    /// How often it has changed.
    generation: usize,
    /// Clients of this generation that are connected.
    live: usize,
    /// Clients that were ever let in.
    let_in: usize,
    /// Upgrades that were refused.
    refused: usize,
}

struct Shared {
    doors: watch::Sender<Doors>,
    /// How long a token is taken after it was first seen.
    longest: Option<Duration>,
    first_seen: Mutex<HashMap<String, Instant>>,
}

impl Feed {
    /// Takes tokens that begin so, each for that long.
    pub async fn start(accepted: &str, longest: Option<Duration>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let doors = watch::Sender::new(Doors { accepted: accepted.to_owned(), ..Doors::default() });
        let shared = Arc::new(Shared { doors, longest, first_seen: Mutex::default() });
        let mut tasks = JoinSet::new();
        tasks.spawn(run(listener, Arc::clone(&shared)));
        Self { address, shared, _tasks: tasks }
    }

    pub fn base(&self) -> Base {
        base_at(self.address)
    }

    /// Takes other tokens from now on, and closes whoever signed in with one of before.
    pub fn accept_beginning(&self, accepted: &str) {
        self.shared.doors.send_modify(|doors| {
            accepted.clone_into(&mut doors.accepted);
            (doors.generation, doors.live) = (doors.generation + 1, 0);
        });
    }

    async fn wait_for(&self, what: &str, condition: impl FnMut(&Doors) -> bool) {
        soon(what, self.shared.doors.subscribe().wait_for(condition)).await.expect("it runs");
    }

    /// Waits until that many clients are connected with a token that is taken now.
    pub async fn wait_live(&self, count: usize) {
        self.wait_for("clients of the feed", |doors| doors.live == count).await;
    }

    /// Waits until that many clients were let in, one after the other.
    pub async fn wait_let_in(&self, count: usize) {
        self.wait_for("clients that come again", |doors| doors.let_in >= count).await;
    }

    /// How many upgrades it refused.
    pub fn refused(&self) -> usize {
        self.shared.doors.borrow().refused
    }
}

async fn run(listener: TcpListener, shared: Arc<Shared>) {
    let mut clients = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let (stream, _) = accepted.expect("a client");
                clients.spawn(serve(stream, Arc::clone(&shared)));
            }
            Some(_) = clients.join_next() => {}
        }
    }
}

impl Shared {
    /// Until when a token is valid; `None` if it is not.
    fn expires(&self, token: &str) -> Option<Option<Instant>> {
        if !token.starts_with(&self.doors.borrow().accepted) {
            return None;
        }
        let Some(longest) = self.longest else { return Some(None) };
        let mut first_seen = self.first_seen.lock().unwrap_or_else(PoisonError::into_inner);
        let expires = *first_seen.entry(token.to_owned()).or_insert_with(Instant::now) + longest;
        (Instant::now() < expires).then_some(Some(expires))
    }
}

async fn serve(stream: TcpStream, shared: Arc<Shared>) {
    let (mut doors, mut expires) = (shared.doors.subscribe(), None);
    let generation = doors.borrow().generation;
    #[expect(clippy::result_large_err, reason = "tungstenite's signature")]
    let answer = |request: &Request, response: Response| {
        let sent = request.headers().get("authorization").and_then(|value| value.to_str().ok());
        match sent.and_then(|sent| shared.expires(sent.strip_prefix("Bearer ")?)) {
            Some(until) => {
                expires = until;
                Ok(response)
            }
            None => {
                shared.doors.send_modify(|doors| doors.refused += 1);
                let mut refusal = ErrorResponse::new(Some(format!("no such token: {}", sent.unwrap_or_default())));
                *refusal.status_mut() = StatusCode::UNAUTHORIZED;
                Err(refusal)
            }
        }
    };
    let Ok(mut socket) = accept_hdr_async(stream, answer).await else { return };
    shared.doors.send_modify(|doors| {
        doors.let_in += 1;
        doors.live += usize::from(doors.generation == generation);
    });
    let mut ticks = interval(Duration::from_millis(2));
    let expired = async {
        match expires {
            Some(at) => sleep_until(at.into()).await,
            None => std::future::pending().await,
        }
    };
    tokio::pin!(expired);
    let mut number = 0_u64;
    let code = loop {
        tokio::select! {
            _ = ticks.tick() => {
                number += 1;
                if socket.send(Message::text(number.to_string())).await.is_err() { break None }
            }
            () = async { drop(doors.wait_for(|doors| doors.generation != generation).await) } => break Some(1001),
            () = &mut expired => break Some(4_401),
            message = socket.next() => if !matches!(message, Some(Ok(_))) { break None },
        }
    };
    shared.doors.send_modify(|doors| doors.live -= usize::from(doors.generation == generation));
    if let Some(code) = code {
        // The client may be gone.
        let _ = socket.close(Some(CloseFrame { code: code.into(), reason: "sign in again".into() })).await;
        while socket.next().await.is_some_and(|message| message.is_ok()) {}
    }
}
