//! Feeds that stop while they answer pings, under paused time: what is usual is learned within a quarter of an hour.

use std::time::Duration;

use tokio::{
    io::AsyncReadExt,
    net::TcpStream,
    time::{interval, sleep},
};
use wsmon_model::{Connection, ConnectionOptions, Status};

use super::{
    support::Monitor,
    wire::{FIN, PONG, Server, TEXT, frame, send, upgrade},
};

const HOUR: Duration = Duration::from_secs(3_600);

/// Sends news every five seconds for half an hour, and what may be taken for a heartbeat every second for ever.
async fn stops_after_half_an_hour(mut stream: TcpStream) {
    upgrade(&mut stream).await;
    let mut seconds = interval(Duration::from_secs(1));
    let mut second = 0_u32;
    loop {
        let mut ping = [0; 14];
        tokio::select! {
            _ = seconds.tick() => second += 1,
            // Whole, as nothing else comes and the kernel has it in one piece.
            read = stream.read_exact(&mut ping) => {
                if read.is_err() {
                    return;
                }
                let payload: Vec<u8> = ping[6..].iter().zip(ping[2..6].iter().cycle()).map(|(a, b)| a ^ b).collect();
                send(&mut stream, &frame(FIN | PONG, &payload)).await;
                continue;
            }
        }
        let is_news = second.is_multiple_of(5) && second < 1_800;
        send(&mut stream, &frame(FIN | TEXT, if is_news { b"news" } else { b"hb" })).await;
    }
}

/// What is shown of that feed while it talks, when it has stopped, and some hours later.
async fn shown(options: ConnectionOptions) -> [Connection; 3] {
    let server = Server::start().await;
    let monitor = Monitor::start(&server.base()).await;
    let shown = async {
        monitor.connect(options).await.settled().await;
        sleep(HOUR * 5 / 12).await;
        let fresh = monitor.feed();
        sleep(HOUR / 3).await;
        let stale = monitor.feed();
        sleep(2 * HOUR).await;
        [fresh, stale, monitor.feed()]
    };
    server.during(stops_after_half_an_hour, shown).await
}

#[tokio::test(start_paused = true)]
async fn a_feed_that_stops_is_unusually_quiet_and_stays_connected() {
    let not_data = Some("^hb$".to_owned());
    let [fresh, stale, later] = shown(ConnectionOptions { not_data, ..ConnectionOptions::default() }).await;
    let silence = fresh.silence.expect("it was learned");
    assert!(!silence.is_configured && silence.longest.starts_with("usually at most "), "{silence:?}");
    assert_eq!(silence.stale_since_ms, None);
    let (silence, since_ms) = stale.stale().expect("stale");
    assert!(!silence.is_configured);
    assert!(since_ms.abs_diff(stale.last_message_ms.expect("news")) < 1_000, "heartbeats are no news: {stale:?}");
    assert_eq!(later.stale().map(|(_, since_ms)| since_ms), Some(since_ms));
    assert_eq!((later.status(), later.since_ms, later.cause), (Status::Connected, fresh.since_ms, None), "only told");
    assert!(later.rtt_ms.is_some() && later.messages_received > stale.messages_received, "it lives");
}

#[tokio::test(start_paused = true)]
async fn what_counts_is_up_to_the_options() {
    let [.., later] = shown(ConnectionOptions::default()).await;
    assert!(later.silence.is_some() && later.stale().is_none(), "all messages count: {later:?}");
    let (not_data, max_silence_ms) = (Some("^hb$".to_owned()), Some(20_000_000));
    let [_, stale, _] = shown(ConnectionOptions { not_data, max_silence_ms, ..ConnectionOptions::default() }).await;
    let silence = stale.silence.expect("configured");
    assert_eq!((silence.longest.as_str(), silence.stale_since_ms), ("at most 20000 s by its options", None));
}
