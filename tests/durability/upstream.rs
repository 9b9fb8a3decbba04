//! A WebSocket service that tells what reaches it.

use std::net::SocketAddr;

use futures_util::StreamExt;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::mpsc,
    task::JoinSet,
};
use tokio_tungstenite::{
    accept_hdr_async,
    tungstenite::{
        Message,
        handshake::server::{ErrorResponse, Request, Response},
        http::HeaderMap,
    },
};

use crate::common::soon;

/// An endpoint whose socket is never read from once it is open.
pub const DEAF: &str = "deaf";

/// What reached the service.
#[derive(Debug)]
pub enum Heard {
    /// A request to upgrade: endpoint and query, and its headers.
    Upgrade(String, HeaderMap),
    /// A close frame with this code.
    Close(Option<u16>),
    /// The end of a connection without a close frame.
    Lost,
}

/// A running service on a port of its own.
pub struct Upstream {
    pub base_url: String,
    heard: mpsc::UnboundedReceiver<Heard>,
    _tasks: JoinSet<()>,
}

impl Upstream {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let base_url = base_url(listener.local_addr().expect("an address"));
        let (sender, heard) = mpsc::unbounded_channel();
        let mut tasks = JoinSet::new();
        tasks.spawn(accept(listener, sender));
        Self { base_url, heard, _tasks: tasks }
    }

    /// What reaches it next.
    pub async fn hear(&mut self) -> Heard {
        soon("something to reach the upstream", self.heard.recv()).await.expect("it runs")
    }

    /// What has reached it already; none if nothing has.
    pub fn heard(&mut self) -> Option<Heard> {
        self.heard.try_recv().ok()
    }
}

fn base_url(address: SocketAddr) -> String {
    format!("ws://{address}/ws/")
}

/// The base URL of a service that does not run.
pub async fn vacant() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    base_url(listener.local_addr().expect("an address"))
}

async fn accept(listener: TcpListener, heard: mpsc::UnboundedSender<Heard>) {
    let mut clients = JoinSet::new();
    loop {
        let (stream, _) = listener.accept().await.expect("a client");
        clients.spawn(serve(stream, heard.clone()));
    }
}

async fn serve(stream: TcpStream, heard: mpsc::UnboundedSender<Heard>) {
    let mut endpoint = String::new();
    #[expect(clippy::result_large_err, reason = "tungstenite's signature")]
    let read = |request: &Request, response: Response| -> Result<Response, ErrorResponse> {
        let path = request.uri().path_and_query().map_or("", |path| path.as_str());
        endpoint = path.trim_start_matches("/ws/").to_owned();
        tell(&heard, Heard::Upgrade(endpoint.clone(), request.headers().clone()));
        Ok(response)
    };
    let mut socket = accept_hdr_async(stream, read).await.expect("an upgrade");
    if endpoint == DEAF {
        std::future::pending::<()>().await;
    }
    while let Some(Ok(frame)) = socket.next().await {
        if let Message::Close(frame) = frame {
            tell(&heard, Heard::Close(frame.map(|frame| frame.code.into())));
            // The answer to it leaves with the next read.
            let _ = socket.next().await;
            return;
        }
    }
    tell(&heard, Heard::Lost);
}

/// Tells, unless the test is over.
fn tell(heard: &mpsc::UnboundedSender<Heard>, what: Heard) {
    let _ = heard.send(what);
}
