//! What follows the server's close frame.

use websocket_monitor::model::Cause;

use super::{
    outcome::{Expected, Outcome},
    support::fault,
    wire::{close_frame, send, until_gone, upgrade},
};

async fn closed(code: Option<u16>) -> Outcome {
    fault(async |mut stream| {
        upgrade(&mut stream).await;
        send(&mut stream, &close_frame(code)).await;
        until_gone(&mut stream).await;
    })
    .await
}

#[tokio::test(start_paused = true)]
async fn codes_that_pass() {
    let rows = [
        (Some(1000), 0..=500, "The server closed the connection: 1000 normal closure."),
        (Some(1001), 0..=500, "The server closed the connection: 1001 going away."),
        (Some(1011), 0..=500, "The server closed the connection: 1011 internal error."),
        (Some(1012), 5_000..=30_000, "The server closed the connection: 1012 service restart."),
        (Some(1013), 10_000..=10_500, "The server closed the connection: 1013 try again later."),
        (Some(3000), 0..=500, "3000 unauthorized. Check the credentials and what this client may do."),
        (Some(4000), 0..=500, "The server closed the connection: 4000."),
        (None, 0..=500, "The server closed the connection without giving a code."),
    ];
    for (code, retry_ms, text) in rows {
        let expected = Expected::waiting(Cause::ClosedByPeer, text).code(code).retry_ms(retry_ms).once_open();
        closed(code).await.check(&expected);
    }
}

#[tokio::test(start_paused = true)]
async fn codes_that_block() {
    let rows = [
        (1008, "1008 policy violation. Check the credentials and what this client may do."),
        (3999, "The server closed the connection: 3999. The service asks not to be tried again."),
        (4500, "The server closed the connection: 4500. The service asks not to be tried again."),
    ];
    for (code, text) in rows {
        let expected = Expected::blocked(Cause::ClosedByPeer, text).code(Some(code)).once_open();
        closed(Some(code)).await.check(&expected);
    }
}
