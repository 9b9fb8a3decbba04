//! A service that writes down what it is sent, and repeats it where it is told to.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
};

use futures_util::{SinkExt, StreamExt};
use tokio::{
    net::{TcpListener, TcpStream},
    task::JoinSet,
};
use tokio_tungstenite::{
    WebSocketStream, accept_hdr_async,
    tungstenite::{
        Message,
        handshake::server::{ErrorResponse, Request, Response},
        http::{HeaderMap, HeaderValue, StatusCode},
        protocol::CloseFrame,
    },
};

use crate::support::upstream::base_at;

/// Where it repeats what it was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// It refuses the upgrade: in the body and in the headers of its answer it repeats this header of the request, or what was
    /// asked for (`:path`).
    Refuse(&'static str),
    /// It uses an extension whose name is what this header says.
    Extend(&'static str),
    /// It closes with the first message as its reason.
    Close,
    /// It repeats the first message, as text.
    Text,
    /// The same among bytes that are no text.
    Binary,
    /// It says what the opening waits for, and then repeats every message; after a heartbeat and a pong it closes with both
    /// as its reason.
    Open,
}

pub struct Parrot {
    address: SocketAddr,
    shared: Arc<Shared>,
    _tasks: JoinSet<()>,
}

struct Shared {
    manner: Mutex<Manner>,
    heard: Mutex<String>,
}

impl Parrot {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let shared = Arc::new(Shared { manner: Mutex::new(Manner::Open), heard: Mutex::default() });
        let mut tasks = JoinSet::new();
        let hub = Arc::clone(&shared);
        tasks.spawn(async move {
            let mut clients = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                clients.spawn(serve(stream, Arc::clone(&hub)));
            }
        });
        Self { address, shared, _tasks: tasks }
    }

    pub fn base(&self) -> String {
        base_at(self.address).to_string()
    }

    /// Where it is, as `Host` says it.
    pub fn host(&self) -> String {
        self.address.to_string()
    }

    pub fn treat(&self, manner: Manner) {
        *self.shared.manner.lock().unwrap_or_else(PoisonError::into_inner) = manner;
    }

    /// All that it was sent: requests and messages, a line each.
    pub fn heard(&self) -> String {
        self.shared.heard.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Shared {
    fn note(&self, line: &str) {
        let mut heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        heard.push_str(line);
        heard.push('\n');
    }

    /// What answers an upgrade request.
    fn answer(
        &self,
        request: &Request,
        mut response: Response,
        manner: Manner,
    ) -> Result<Response, Box<ErrorResponse>> {
        self.note(&format!("{} {:?}", request.uri(), request.headers()));
        let said = |name: &str| match name {
            ":path" => request.uri().to_string(),
            name => text(request.headers(), name),
        };
        match manner {
            Manner::Refuse(what) => {
                let said = said(what);
                let mut refusal = ErrorResponse::new(Some(format!("no such thing: {} of {said}", part(&said))));
                *refusal.status_mut() = StatusCode::FORBIDDEN;
                let headers = refusal.headers_mut();
                for name in ["server", "content-type", "retry-after"] {
                    headers.insert(name, HeaderValue::from_str(&said).expect("it was one"));
                }
                let challenge = HeaderValue::from_str(&format!("Bearer realm=\"{said}\"")).expect("it was one");
                headers.insert("www-authenticate", challenge);
                return Err(Box::new(refusal));
            }
            Manner::Extend(what) => {
                let name = HeaderValue::from_str(&said(what)).expect("it was one");
                response.headers_mut().insert("sec-websocket-extensions", name);
            }
            _ => {}
        }
        if let Some(protocols) = request.headers().get("sec-websocket-protocol") {
            let first = protocols.to_str().expect("text").split(',').next().expect("one");
            response.headers_mut().insert("sec-websocket-protocol", first.parse().expect("it was one"));
        }
        Ok(response)
    }
}

/// What a service may repeat by itself: a scheme's credentials, the first cookie's value, a query that is read.
fn part(said: &str) -> String {
    let first = said.split("; ").next().unwrap_or_default();
    let word = first.rsplit(' ').next().unwrap_or_default();
    word.strip_prefix("sid=").unwrap_or(word).replace("%20", " ")
}

fn text(headers: &HeaderMap, name: &str) -> String {
    let value = headers.get(name).unwrap_or_else(|| panic!("no {name}"));
    String::from_utf8_lossy(value.as_bytes()).into_owned()
}

async fn serve(stream: TcpStream, shared: Arc<Shared>) {
    let manner = *shared.manner.lock().unwrap_or_else(PoisonError::into_inner);
    #[expect(clippy::result_large_err, reason = "tungstenite's signature")]
    let answer =
        |request: &Request, response: Response| shared.answer(request, response, manner).map_err(|refusal| *refusal);
    let Ok(mut socket) = accept_hdr_async(stream, answer).await else { return };
    // Clients that have left are for the test to notice.
    let _ = talk(&mut socket, &shared, manner).await;
    while socket.next().await.is_some_and(|message| message.is_ok()) {}
}

type Socket = WebSocketStream<TcpStream>;

/// The next message that the client sends.
async fn hear(socket: &mut Socket, shared: &Shared) -> Option<Vec<u8>> {
    loop {
        let message = socket.next().await?.ok()?;
        if message.is_text() || message.is_binary() {
            let bytes = message.into_data().to_vec();
            shared.note(&String::from_utf8_lossy(&bytes));
            return Some(bytes);
        }
    }
}

async fn talk(socket: &mut Socket, shared: &Shared, manner: Manner) -> Option<()> {
    let first = hear(socket, shared).await?;
    let words = String::from_utf8_lossy(&first).into_owned();
    match manner {
        Manner::Close => close(socket, 4_001, &words).await?,
        Manner::Text => socket.send(Message::text(format!("no such {words}"))).await.ok()?,
        Manner::Binary => socket.send(Message::binary([&b"\xff\x00"[..], &first].concat())).await.ok()?,
        _ => {
            socket.send(Message::text("welcome")).await.ok()?;
            socket.send(Message::text(format!("you said {words}"))).await.ok()?;
            socket.send(Message::text("ask")).await.ok()?;
            let (mut beat, mut pong) = (String::new(), String::new());
            while beat.is_empty() || pong.is_empty() {
                let message = String::from_utf8_lossy(&hear(socket, shared).await?).into_owned();
                socket.send(Message::text(message.clone())).await.ok()?;
                let kept = if message.starts_with("beat") { &mut beat } else { &mut pong };
                *kept = message;
            }
            close(socket, 4_002, &format!("{beat}, {pong}")).await?;
        }
    }
    Some(())
}

/// A close frame holds 123 bytes of a reason (RFC 6455 section 5.5.1).
async fn close(socket: &mut Socket, code: u16, reason: &str) -> Option<()> {
    let reason = reason[..reason.floor_char_boundary(123)].to_owned();
    socket.close(Some(CloseFrame { code: code.into(), reason: reason.into() })).await.ok()
}
