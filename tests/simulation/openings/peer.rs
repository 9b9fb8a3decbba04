//! A server that is nothing but the bytes that it says, cut where a test wants it.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use futures_util::future::BoxFuture;
use proptest::{prelude::*, sample::Index};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Sleep, sleep},
};
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use wsmon_manager::{BoxStream, Transport};

/// What answers the upgrade request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    Switching,
    Refusal,
    Nonsense,
}

/// What comes where the stream is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    End,
    Reset,
    /// Nothing any more, as of a path that drops all.
    Silence,
}

/// How a server's bytes come.
#[derive(Clone, Debug)]
pub struct Manner {
    pub answer: Answer,
    pub cut: Cut,
    at: Index,
    /// The most bytes that are read at once, and how long the next take.
    piece: usize,
    pub pause: Duration,
}

impl Manner {
    pub fn any() -> impl Strategy<Value = Self> {
        let answer =
            prop_oneof![14 => Just(Answer::Switching), 1 => Just(Answer::Refusal), 1 => Just(Answer::Nonsense)];
        let cut = prop_oneof![2 => Just(Cut::End), 2 => Just(Cut::Reset), 1 => Just(Cut::Silence)];
        // Twice in three times the whole of the answer comes: there is less of what follows.
        let at = any::<Index>();
        let piece = prop_oneof![Just(1_usize), 2..40_usize, Just(usize::MAX)];
        let pause = prop_oneof![4 => Just(0_u64), 1 => 1..400_u64];
        (answer, cut, at, piece, pause).prop_map(|(answer, cut, at, piece, pause)| {
            let pause = Duration::from_millis(pause);
            Self { answer, cut, at, piece, pause }
        })
    }

    /// After how many bytes the stream is cut: of all that is said where `in_answer`, else behind the answer.
    pub fn cut_at(&self, answer: usize, rest: usize, in_answer: bool) -> usize {
        if in_answer { self.at.index(answer + 1) } else { answer + self.at.index(rest + 1) }
    }
}

impl Answer {
    /// Its head, and its body.
    pub fn to(self, request: &str) -> String {
        let key = request.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("sec-websocket-key").then_some(value.trim())
        });
        let accept = derive_accept_key(key.unwrap_or_default().as_bytes());
        match self {
            Self::Switching => format!(
                "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
                 Sec-WebSocket-Accept: {accept}\r\n\r\n"
            ),
            Self::Refusal => "HTTP/1.1 403 Forbidden\r\nContent-Length: 13\r\n\r\nwho are you?!".to_owned(),
            Self::Nonsense => "SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n\r\n".to_owned(),
        }
    }
}

/// A network with one server, which says the same to each client.
#[derive(Clone)]
pub struct Wire {
    pub manner: Manner,
    pub rest: Vec<u8>,
    /// After how many bytes it is cut.
    pub cut_at: usize,
}

impl Transport for Wire {
    fn resolve<'a>(&'a self, _: &'a str, port: u16) -> BoxFuture<'a, io::Result<Vec<SocketAddr>>> {
        Box::pin(async move { Ok(vec![(Ipv4Addr::LOCALHOST, port).into()]) })
    }

    fn connect(&self, _: SocketAddr, _: Duration) -> BoxFuture<'_, io::Result<BoxStream>> {
        let stream = Cable { wire: self.clone(), asked: Vec::new(), said: None, read: 0, pause: None };
        Box::pin(async move { Ok(Box::new(stream) as BoxStream) })
    }
}

/// The client's end of a connection.
struct Cable {
    wire: Wire,
    asked: Vec<u8>,
    /// All that will be said, once the request has come.
    said: Option<Vec<u8>>,
    read: usize,
    pause: Option<Pin<Box<Sleep>>>,
}

impl Cable {
    fn is_cut(&self) -> bool {
        self.said.is_some() && self.read >= self.wire.cut_at
    }
}

fn reset() -> io::Error {
    io::Error::from_raw_os_error(rustix::io::Errno::CONNRESET.raw_os_error())
}

impl AsyncRead for Cable {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.is_cut() {
            return match self.wire.manner.cut {
                Cut::End => Poll::Ready(Ok(())),
                Cut::Reset => Poll::Ready(Err(reset())),
                Cut::Silence => Poll::Pending,
            };
        }
        if let Some(pause) = &mut self.pause {
            ready!(pause.as_mut().poll(cx));
            self.pause = None;
        }
        // The client asks before it reads.
        let Some(said) = &self.said else { return Poll::Pending };
        let end = self.read.saturating_add(self.wire.manner.piece.min(buffer.remaining()));
        let piece = &said[self.read..end.min(self.wire.cut_at)];
        buffer.put_slice(piece);
        self.read += piece.len();
        let pause = self.wire.manner.pause;
        self.pause = (!pause.is_zero()).then(|| Box::pin(sleep(pause)));
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Cable {
    fn poll_write(mut self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if self.is_cut() && self.wire.manner.cut == Cut::Reset {
            return Poll::Ready(Err(reset()));
        }
        if self.said.is_none() {
            self.asked.extend(bytes);
            if self.asked.ends_with(b"\r\n\r\n") {
                let answer = self.wire.manner.answer.to(&String::from_utf8_lossy(&self.asked));
                self.said = Some([answer.as_bytes(), &self.wire.rest].concat());
            }
        }
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
