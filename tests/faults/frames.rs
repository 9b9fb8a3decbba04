//! What goes wrong in the frames of an open connection.

use std::time::Duration;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::{Notify, mpsc},
    time::sleep,
};
use wsmon_manager::{Message, Tcp};
use wsmon_model::{Cause, ConnectionOptions, Layer};

use super::{
    outcome::{Expected, Outcome},
    support::{FEED, Monitor, fault, name, soon},
    wire::{
        BINARY, CLOSE, CONTINUATION, FIN, PING, PONG, RSV1, Server, TEXT, frame, header, send, until_gone, upgrade,
    },
};

/// A frame may carry this much, and a message four times as much.
const LARGEST_FRAME: usize = 256 * 1_024;

/// The length of one of our pings: a header of two bytes, a mask of four and eight bytes of payload.
const OUR_PING: usize = 14;

const LOST: &str = "The connection was cut without a close frame: the server or something on the way went away.";

/// What comes of these bytes behind a proper handshake.
async fn sent(bytes: &[u8]) -> Outcome {
    fault(async |mut stream| {
        upgrade(&mut stream).await;
        send(&mut stream, bytes).await;
        until_gone(&mut stream).await;
    })
    .await
}

fn broken(text: &'static str) -> Expected {
    Expected::blocked(Cause::ProtocolError, text).once_open()
}

#[tokio::test(start_paused = true)]
async fn fin_mid_frame() {
    let outcome = fault(async |mut stream| {
        upgrade(&mut stream).await;
        send(&mut stream, &header(FIN | TEXT, 100)).await;
        send(&mut stream, b"not a hundred bytes").await;
    })
    .await;
    outcome.check(&Expected::waiting(Cause::ConnectionLost, LOST).once_open());
    assert_eq!(outcome.connection.messages_received, 0);
}

#[tokio::test(start_paused = true)]
async fn reset_mid_frame() {
    let outcome = fault(async |mut stream| {
        upgrade(&mut stream).await;
        send(&mut stream, &header(FIN | TEXT, 100)).await;
        send(&mut stream, b"not a hundred bytes").await;
        // A reset overtakes what was not read yet, and who pings has read the handshake.
        stream.read_exact(&mut [0; OUR_PING]).await.expect("a ping");
        stream.set_zero_linger().expect("SO_LINGER");
    })
    .await;
    outcome.check(&Expected::waiting(Cause::ConnectionLost, LOST).once_open());
}

#[tokio::test(start_paused = true)]
async fn invalid_utf8_in_a_text() {
    sent(&frame(FIN | TEXT, b"caf\xe9")).await.check(&broken("it sent text that is not UTF-8."));
}

#[tokio::test(start_paused = true)]
async fn reserved_bits_set() {
    sent(&frame(FIN | RSV1 | TEXT, b"text")).await.check(&broken("Reserved bits are non-zero."));
}

#[tokio::test(start_paused = true)]
async fn oversized_frame() {
    let outcome = sent(&header(FIN | BINARY, LARGEST_FRAME + 1)).await;
    outcome.check(&broken("The server sent 262145 bytes at once; at most 262144 are taken."));
}

#[tokio::test(start_paused = true)]
async fn oversized_message() {
    let fragment = |first| frame(first, &[0; LARGEST_FRAME]);
    let mut fragments = fragment(BINARY);
    for _ in 0..3 {
        fragments.extend(fragment(CONTINUATION));
    }
    fragments.extend(frame(FIN | CONTINUATION, &[0]));
    let outcome = sent(&fragments).await;
    outcome.check(&broken("The server sent 1048577 bytes at once; at most 1048576 are taken."));
    assert_eq!(outcome.connection.messages_received, 0);
}

#[tokio::test(start_paused = true)]
async fn endless_fragments() {
    let outcome = fault(async |mut stream| {
        upgrade(&mut stream).await;
        send(&mut stream, &frame(TEXT, b"to be continued")).await;
        let fragment = frame(CONTINUATION, &[b'.'; 1_000]);
        while stream.write_all(&fragment).await.is_ok() {}
    })
    .await;
    outcome.check(&broken("bytes at once; at most 1048576 are taken."));
    assert_eq!(outcome.connection.messages_received, 0);
}

#[tokio::test(start_paused = true)]
async fn fragmented_ping() {
    sent(&frame(PING, b"")).await.check(&broken("Fragmented control frame."));
}

/// RFC 6455 section 7.1.7: whoever fails a connection says so in a close frame.
#[tokio::test(start_paused = true)]
async fn a_breach_is_answered_with_its_close_code() {
    let breaches = [
        (frame(FIN | RSV1 | TEXT, b"text"), 1002),
        (frame(FIN | TEXT, b"caf\xe9"), 1007),
        (header(FIN | BINARY, LARGEST_FRAME + 1), 1009),
    ];
    for (bytes, code) in breaches {
        let (told, mut heard) = mpsc::unbounded_channel();
        fault(async |mut stream| {
            upgrade(&mut stream).await;
            send(&mut stream, &bytes).await;
            let mut close = [0; 8];
            stream.read_exact(&mut close).await.expect("a close frame");
            let [kind, length, mask @ .., high, low] = close;
            told.send((kind, length, u16::from_be_bytes([high ^ mask[0], low ^ mask[1]]))).expect("the test listens");
        })
        .await;
        assert_eq!(heard.recv().await, Some((FIN | CLOSE, 0x82, code)));
    }
}

/// RFC 6455 section 5.5.3: of pings that have come together only the newest needs an answer.
#[tokio::test(start_paused = true)]
async fn the_newest_ping_is_answered() {
    let (told, mut heard) = mpsc::unbounded_channel();
    fault(async |mut stream| {
        upgrade(&mut stream).await;
        let pings = [b"first", b"other", b"third"].map(|payload| frame(FIN | PING, payload));
        send(&mut stream, &pings.concat()).await;
        let mut pong = [0; 11];
        stream.read_exact(&mut pong).await.expect("a pong");
        let [kind, length, mask @ .., _, _, _, _, _] = pong;
        let payload: Vec<_> = pong[6..].iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask).collect();
        told.send((kind, length, payload)).expect("the test listens");
    })
    .await;
    assert_eq!(heard.recv().await, Some((FIN | PONG, 0x85, b"third".to_vec())));
}

/// The bound on what all connections keep is the monitor's own, and says so.
#[tokio::test(start_paused = true)]
async fn more_in_flight_than_all_connections_may_keep() {
    let server = Server::start().await;
    let monitor = Monitor::start_with(Tcp, &server.base(), |config, _| config.most_in_flight = 1_000).await;
    let (subscribed, (told, mut heard)) = (Notify::new(), mpsc::unbounded_channel());
    let script = async |mut stream: TcpStream| {
        upgrade(&mut stream).await;
        subscribed.notified().await;
        // What comes whole takes no room, and what has come whole gives it back.
        for _ in 0..2 {
            let message = frame(FIN | TEXT, &[b'.'; 1_000]);
            send(&mut stream, &message[..500]).await;
            sleep(Duration::from_secs(1)).await;
            send(&mut stream, &message[500..]).await;
        }
        send(&mut stream, &frame(TEXT, &[b'.'; 1_001])).await;
        let mut close = [0; 8];
        stream.read_exact(&mut close).await.expect("a close frame");
        let [_, _, mask @ .., high, low] = close;
        told.send(u16::from_be_bytes([high ^ mask[0], low ^ mask[1]])).expect("the test listens");
    };
    let rest = async {
        let mut handle = monitor.connect(ConnectionOptions::default()).await;
        soon("connected", handle.settled()).await;
        let mut messages = monitor.manager.subscribe(&name(FEED)).expect("it is there");
        subscribed.notify_one();
        for _ in 0..2 {
            assert_eq!(messages.recv().await, Ok(Message::text(".".repeat(1_000))));
        }
        soon("the end", handle.wait_for(|state| state.failure.is_some())).await;
        assert_eq!(heard.recv().await, Some(1001));
    };
    server.during(script, rest).await;
    let text = "The monitor keeps at most 1000 bytes of messages that have not come whole, over all connections";
    let outcome = monitor.outcome().await;
    outcome.check(&Expected::waiting(Cause::LocalResources, text).once_open());
    assert_eq!(outcome.connection.layer, Some(Layer::Local));
}
