//! How much memory peers can take. A program of its own, because cargo runs those one after the other: nothing
//! else of ours takes memory meanwhile.

#[path = "common/mod.rs"]
mod common;

use std::fs;

use futures_util::{StreamExt, stream::FuturesUnordered};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::{Mutex, mpsc, watch},
    task::yield_now,
};
use tokio_tungstenite::{accept_async, tungstenite::handshake::derive_accept_key};
use wsmon_manager::{Base, CheckedOptions, ConnectRequest, ConnectionHandle, ConnectionManager, ManagerConfig};
use wsmon_model::{Cause, ConnectionOptions, Layer, Phase, TextPing};

use common::{name, soon};

const PEERS: usize = 1_000;

const MIB: u64 = 1_024 * 1_024;

/// The tests take turns.
static ALONE: Mutex<()> = Mutex::const_new(());

/// The header of a binary frame whose payload has 16 MiB (RFC 6455 section 5.2).
const CLAIM: [u8; 10] = [0x82, 127, 0, 0, 0, 0, 1, 0, 0, 0];

/// What of the payload is sent, so that a client that waits for the rest holds 125 MiB.
static BEGINNING: [u8; 128 * 1_024] = [0; 128 * 1_024];

/// A line of what the kernel knows of this process, in bytes.
fn memory(line: &str) -> u64 {
    let status = fs::read_to_string("/proc/self/status").expect("Linux");
    let value = status.lines().find_map(|known| known.strip_prefix(line)).expect("a line");
    value.trim().trim_end_matches(" kB").parse::<u64>().expect("a number") * 1_024
}

/// Memory now, from which on its peak is noted anew.
fn memory_from_here() -> u64 {
    fs::write("/proc/self/clear_refs", "5").expect("Linux resets the peak");
    memory("VmRSS:")
}

/// A server that does with each client what the script says.
async fn serve<S: Future<Output = ()> + Send + 'static>(
    script: impl Fn(TcpStream) -> S + Send + Clone + 'static,
) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let base = format!("ws://{}/", listener.local_addr().expect("an address"));
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let script = script.clone();
            tokio::spawn(async move { script(stream).await });
        }
    });
    base
}

/// Accepts an upgrade, and keeps nothing.
async fn upgrade(stream: &mut TcpStream) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.expect("the rest of a request"));
    }
    let head = String::from_utf8(head).expect("text");
    let key = head.lines().find_map(|line| line.strip_prefix("Sec-WebSocket-Key: ")).expect("a key");
    let answer = format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {}\r\n\r\n",
        derive_accept_key(key.as_bytes())
    );
    stream.write_all(answer.as_bytes()).await.expect("the client is there");
}

async fn connect_all(manager: &ConnectionManager, request: impl Into<ConnectRequest>) -> Vec<ConnectionHandle> {
    let request = request.into();
    let mut handles = Vec::new();
    for n in 0..PEERS {
        handles.push(manager.connect(&name(&format!("feed-{n}")), request.clone()).await.expect("connects"));
    }
    handles
}

/// Text pings have to be looked for, so messages are kept until they are complete.
fn looking_for_text_pings() -> CheckedOptions {
    let text_ping = Some(TextPing { ping: "2".to_owned(), pong: "3".to_owned() });
    CheckedOptions::new(ConnectionOptions { text_ping, ..ConnectionOptions::default() }).expect("valid options")
}

#[tokio::test]
async fn a_thousand_peers_that_claim_16_mib_take_at_most_64_together() {
    let _alone = ALONE.lock().await;
    let base = serve(|stream: TcpStream| async move {
        let mut stream = accept_async(stream).await.expect("an upgrade").into_inner();
        // The client hangs up in the midst of it.
        let _ = stream.write_all(&CLAIM).await;
        let _ = stream.write_all(&BEGINNING).await;
        let _ = stream.read_to_end(&mut Vec::new()).await;
    });
    let manager = ConnectionManager::new(base.await.parse::<Base>().expect("a base URL"), ManagerConfig::default());
    let before = memory_from_here();
    for handle in &mut connect_all(&manager, None).await {
        let ended = soon("refused", handle.wait_for(|state| state.phase == Phase::Blocked)).await;
        assert_eq!(ended.failure.expect("a failure").cause(), Cause::ProtocolError);
    }
    let grown_mib = memory("VmHWM:").saturating_sub(before) / MIB;
    println!("{PEERS} claims: {grown_mib} MiB at most");
    assert!(grown_mib <= 64, "{grown_mib} MiB");
    manager.shutdown().await;
}

#[tokio::test]
async fn a_large_message_leaves_nothing_behind() {
    let _alone = ALONE.lock().await;
    static MESSAGE: [u8; 64 * 1_024] = [7; 64 * 1_024];
    let (send, sent) = watch::channel(());
    let (has_it, mut have_it) = mpsc::unbounded_channel();
    let base = serve(move |mut stream: TcpStream| {
        let (mut sent, has_it) = (sent.clone(), has_it.clone());
        async move {
            upgrade(&mut stream).await;
            sent.changed().await.expect("the test goes on");
            // In parts, so that the first has to be kept.
            stream.write_all(&[0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0]).await.expect("a client");
            let (first, second) = MESSAGE.split_at(40_000);
            stream.write_all(first).await.expect("a client");
            yield_now().await;
            stream.write_all(second).await.expect("a client");
            // It answers a ping that comes behind the message once it has that.
            stream.write_all(&[0x89, 0]).await.expect("a client");
            stream.read_exact(&mut [0; 6]).await.expect("a pong");
            has_it.send(()).expect("the test goes on");
            let _ = stream.read_to_end(&mut Vec::new()).await;
        }
    });
    let manager = ConnectionManager::new(base.await.parse::<Base>().expect("a base URL"), ManagerConfig::default());
    let before = memory_from_here();
    for handle in &mut connect_all(&manager, looking_for_text_pings()).await {
        soon("connected", handle.wait_for(|state| state.phase == Phase::Connected)).await;
    }
    let idle = memory("VmRSS:").saturating_sub(before);
    send.send(()).expect("servers wait");
    for _ in 0..PEERS {
        soon("a pong", have_it.recv()).await.expect("servers send");
    }
    assert!(manager.sample().iter().all(|sample| sample.bytes_received == MESSAGE.len() as u64));
    let after = memory("VmRSS:").saturating_sub(before);
    println!("{PEERS} connections: {} KiB at rest, {} after 64 KiB each", idle / 1_024, after / 1_024);
    assert!(after <= 2 * idle, "{after} and {idle} bytes");
    manager.shutdown().await;
}

/// Each sends most of a message and never the rest; together that would be 195 MiB.
#[tokio::test]
async fn what_is_in_flight_is_bounded_over_all_connections() {
    let _alone = ALONE.lock().await;
    const MOST: usize = 16 * 1_024 * 1_024;
    static UNFINISHED: [u8; 200_000] = [7; 200_000];
    let base = serve(|mut stream: TcpStream| async move {
        upgrade(&mut stream).await;
        // The client hangs up in the midst of it.
        let _ = stream.write_all(&[0x82, 127, 0, 0, 0, 0, 0, 4, 0, 0]).await;
        let _ = stream.write_all(&UNFINISHED).await;
        let _ = stream.read_to_end(&mut Vec::new()).await;
    });
    let config = ManagerConfig { most_in_flight: MOST, ..ManagerConfig::default() };
    let manager = ConnectionManager::new(base.await.parse::<Base>().expect("a base URL"), config);
    let before = memory_from_here();
    let request = ConnectRequest { auto_reconnect: Some(false), options: Some(looking_for_text_pings()) };
    let mut ends = FuturesUnordered::new();
    for mut handle in connect_all(&manager, request).await {
        ends.push(async move { handle.wait_for(|state| state.phase == Phase::Off).await.failure.expect("a failure") });
    }
    // No more than these have room.
    for _ in MOST / UNFINISHED.len()..PEERS {
        let failure = soon("a failure", ends.next()).await.expect("it is held or has ended");
        assert_eq!((failure.cause(), failure.layer()), (Cause::LocalResources, Layer::Local), "{failure}");
    }
    let grown_mib = memory("VmHWM:").saturating_sub(before) / MIB;
    println!("{} are held, {grown_mib} MiB at most", ends.len());
    assert!(grown_mib <= 64, "{grown_mib} MiB");
    assert!(manager.summary().connected > 0, "none is held");
    manager.shutdown().await;
}
