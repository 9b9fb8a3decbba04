//! The server's end of the wire, byte by byte (RFC 6455 section 5.2).

use std::{convert::Infallible, net::SocketAddr};

use futures_util::{StreamExt, stream::FuturesUnordered};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpListener, TcpSocket, TcpStream},
};
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

/// Bits and opcodes of a frame's first byte.
pub const FIN: u8 = 0x80;
pub const RSV1: u8 = 0x40;
pub const CONTINUATION: u8 = 0x0;
pub const TEXT: u8 = 0x1;
pub const BINARY: u8 = 0x2;
pub const CLOSE: u8 = 0x8;
pub const PING: u8 = 0x9;
pub const PONG: u8 = 0xa;

/// A server on a port of its own. Its scripts run in the test's own task, so they end with it.
pub struct Server(TcpListener);

impl Server {
    pub async fn start() -> Self {
        Self(TcpListener::bind("127.0.0.1:0").await.expect("a free port"))
    }

    /// A server at a port that has refused connections so far.
    pub fn start_at(port: TcpSocket) -> Self {
        Self(port.listen(1_024).expect("the port is ours"))
    }

    pub fn address(&self) -> SocketAddr {
        self.0.local_addr().expect("an address")
    }

    pub fn base(&self) -> String {
        format!("ws://{}/ws/", self.address())
    }

    /// Does with each client what the script says, for as long as the rest takes.
    pub async fn during<T>(&self, script: impl AsyncFn(TcpStream), rest: impl Future<Output = T>) -> T {
        tokio::select! {
            outcome = rest => outcome,
            never = self.serve(script) => match never {},
        }
    }

    async fn serve(&self, script: impl AsyncFn(TcpStream)) -> Infallible {
        let mut clients = FuturesUnordered::new();
        loop {
            tokio::select! {
                accepted = self.0.accept() => {
                    let (stream, _) = accepted.expect("a client");
                    // Paused time runs on while the kernel holds back what it would rather send with more.
                    stream.set_nodelay(true).expect("TCP_NODELAY");
                    clients.push(script(stream));
                }
                Some(()) = clients.next() => {}
            }
        }
    }
}

/// A port that refuses connections, and that nobody else can take meanwhile.
pub fn refusing_port() -> (TcpSocket, String) {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.bind(([127, 0, 0, 1], 0).into()).expect("a free port");
    let base = format!("ws://{}/ws/", socket.local_addr().expect("an address"));
    (socket, base)
}

/// Reads an upgrade request.
pub async fn request(stream: &mut (impl AsyncRead + Unpin)) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.expect("the rest of a request"));
    }
    String::from_utf8(head).expect("text")
}

/// The answer to an upgrade request; the fields must each end their line.
pub fn switching_protocols(request: &str, fields: &str) -> String {
    let key = request.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("sec-websocket-key").then_some(value.trim())
    });
    let accept = derive_accept_key(key.expect("a key").as_bytes());
    format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Accept: {accept}\r\n{fields}\r\n"
    )
}

/// Accepts the upgrade; gives the request.
pub async fn upgrade(stream: &mut (impl AsyncRead + AsyncWrite + Unpin)) -> String {
    let request = request(stream).await;
    send(stream, switching_protocols(&request, "").as_bytes()).await;
    request
}

/// Sends bytes, if the client is still there.
pub async fn send(stream: &mut (impl AsyncWrite + Unpin), bytes: &[u8]) {
    // A client that has left is for the test to notice.
    let _ = stream.write_all(bytes).await;
}

/// Reads until the client has gone.
pub async fn until_gone(stream: &mut (impl AsyncRead + Unpin)) {
    let mut ignored = [0; 1_024];
    while matches!(stream.read(&mut ignored).await, Ok(1..)) {}
}

/// A frame's header for a payload of that length.
pub fn header(first: u8, length: usize) -> Vec<u8> {
    let mut header = vec![first];
    match (u8::try_from(length), u16::try_from(length)) {
        (Ok(length @ ..=125), _) => header.push(length),
        (_, Ok(length)) => {
            header.push(126);
            header.extend(length.to_be_bytes());
        }
        _ => {
            header.push(127);
            header.extend((length as u64).to_be_bytes());
        }
    }
    header
}

/// A frame.
pub fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    [&header(first, payload.len()), payload].concat()
}

/// A close frame; with no code, RFC 6455's 1005.
pub fn close_frame(code: Option<u16>) -> Vec<u8> {
    frame(FIN | CLOSE, code.map(u16::to_be_bytes).as_ref().map_or(&[], |code| &code[..]))
}

/// A text message.
pub fn text(text: &str) -> Vec<u8> {
    frame(FIN | TEXT, text.as_bytes())
}

/// Reads a short frame of the client's: its first byte, and its payload without the mask (RFC 6455 section 5.3).
pub async fn read_frame(stream: &mut (impl AsyncRead + Unpin)) -> (u8, String) {
    let first = stream.read_u8().await.expect("a frame");
    let length = stream.read_u8().await.expect("a length") & 0x7f;
    assert!(length < 126, "a short one");
    let mut mask = [0; 4];
    stream.read_exact(&mut mask).await.expect("a mask");
    let mut payload = vec![0; length.into()];
    stream.read_exact(&mut payload).await.expect("a payload");
    let unmasked: Vec<_> = payload.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask).collect();
    (first, String::from_utf8_lossy(&unmasked).into_owned())
}
