//! The server's side of a simulated connection.

use std::{future::pending, pin::pin, time::Duration};

use futures_util::{SinkExt, StreamExt};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    sync::broadcast,
    time::sleep,
};
use tokio_tungstenite::{
    accept_hdr_async,
    tungstenite::{
        Message,
        handshake::server::{ErrorResponse, Request, Response},
        http::{StatusCode, header::RETRY_AFTER},
        protocol::CloseFrame,
    },
};

/// What the server does with a client.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Manner {
    /// Accepts it, and sends a message with every pong.
    #[default]
    Serve,
    /// Takes its time before it answers the upgrade.
    Slow,
    /// Accepts it, and closes with this code when the time has come.
    Flap(u16),
    /// Answers the upgrade with this status, and asks to be left alone for some seconds.
    Refuse(u16, Option<u16>),
}

/// Serves one client until it leaves, or is closed with a code that `closes` brings. `time` is what a
/// slow server takes, and how long a flapping one keeps a client.
pub async fn serve(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    manner: Manner,
    time: Duration,
    mut closes: broadcast::Receiver<u16>,
) {
    if manner == Manner::Slow {
        sleep(time).await;
    }
    #[expect(clippy::result_large_err, reason = "tungstenite's signature")]
    let answer = |_: &Request, response: Response| match manner {
        Manner::Refuse(status, retry_after) => Err(refusal(status, retry_after)),
        _ => Ok(response),
    };
    let Ok(mut socket) = accept_hdr_async(stream, answer).await else { return };
    let mut flapping = pin!(async {
        let Manner::Flap(code) = manner else { return pending().await };
        sleep(time).await;
        code
    });
    let code = loop {
        tokio::select! {
            code = &mut flapping => break code,
            Ok(code) = closes.recv() => break code,
            frame = socket.next() => match frame {
                Some(Ok(Message::Ping(_))) if socket.send(Message::text("news")).await.is_err() => return,
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return,
            },
        }
    };
    let frame = CloseFrame { code: code.into(), reason: "".into() };
    if socket.close(Some(frame)).await.is_ok() {
        while let Some(Ok(_)) = socket.next().await {}
    }
}

fn refusal(status: u16, retry_after: Option<u16>) -> ErrorResponse {
    let mut refusal = ErrorResponse::new(None);
    *refusal.status_mut() = StatusCode::from_u16(status).expect("a status");
    refusal.headers_mut().extend(retry_after.map(|seconds| (RETRY_AFTER, seconds.into())));
    refusal
}
