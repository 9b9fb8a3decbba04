//! What follows the server's close frame.

use wsmon_model::Cause;

use super::{
    outcome::{Expected, Outcome},
    support::fault,
    wire::{BINARY, CLOSE, FIN, close_frame, frame, send, until_gone, upgrade},
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
        (Some(1014), 0..=500, "The server closed the connection: 1014 bad gateway."),
        (Some(3000), 0..=500, "3000 unauthorized. Check the credentials and what this client may do."),
        (Some(4000), 0..=500, "The server closed the connection: 4000."),
        (None, 0..=500, "The server closed the connection without giving a code."),
    ];
    for (code, retry_ms, text) in rows {
        let expected = Expected::waiting(Cause::ClosedByPeer, text).code(code).retry_ms(retry_ms).once_open();
        closed(code).await.check(&expected);
    }
}

/// They are told as they were sent, and do not block.
#[tokio::test(start_paused = true)]
async fn codes_that_no_server_may_send() {
    let forbidden = " RFC 6455 forbids to send this code; the fault is the server's.";
    let unknown = " RFC 6455 gives this code no meaning; the fault is the server's.";
    let rows = [
        (1005, "The server closed the connection: 1005, “bye”.", forbidden),
        (1006, "The server closed the connection: 1006, “bye”.", forbidden),
        (1015, "The server closed the connection: 1015, “bye”.", forbidden),
        (0, "The server closed the connection: 0, “bye”.", unknown),
        (999, "The server closed the connection: 999, “bye”.", unknown),
        (1004, "The server closed the connection: 1004, “bye”.", unknown),
        (2999, "The server closed the connection: 2999, “bye”.", unknown),
        (5000, "The server closed the connection: 5000, “bye”.", unknown),
    ];
    for (code, text, advice) in rows {
        let outcome = fault(async |mut stream| {
            upgrade(&mut stream).await;
            // What came before does not matter.
            send(&mut stream, &frame(FIN | BINARY, &[FIN | CLOSE; 70_000])).await;
            send(&mut stream, &frame(FIN | CLOSE, &[&u16::to_be_bytes(code), &b"bye"[..]].concat())).await;
            until_gone(&mut stream).await;
        })
        .await;
        outcome.check(&Expected::waiting(Cause::ClosedByPeer, text).code(Some(code)).once_open());
        outcome.check(&Expected::waiting(Cause::ClosedByPeer, advice).code(Some(code)).once_open());
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
