//! How much memory peers can take. A program of its own, because cargo runs those one after the other: nothing
//! else of ours takes memory meanwhile.

#[path = "common/mod.rs"]
mod common;

use std::fs;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use tokio_tungstenite::accept_async;
use wsmon_manager::{Base, ConnectionManager, ManagerConfig};
use wsmon_model::{Cause, Phase};

use common::{name, soon};

const PEERS: usize = 1_000;

/// The header of a binary frame whose payload has 16 MiB (RFC 6455 section 5.2).
const CLAIM: [u8; 10] = [0x82, 127, 0, 0, 0, 0, 1, 0, 0, 0];

/// What of the payload is sent, so that a client that waits for the rest holds 125 MiB.
static BEGINNING: [u8; 128 * 1_024] = [0; 128 * 1_024];

async fn claim(stream: TcpStream) {
    let mut stream = accept_async(stream).await.expect("an upgrade").into_inner();
    // The client hangs up in the midst of it.
    let _ = stream.write_all(&CLAIM).await;
    let _ = stream.write_all(&BEGINNING).await;
    let _ = stream.read_to_end(&mut Vec::new()).await;
}

/// A line of what the kernel knows of this process, in bytes.
fn memory(line: &str) -> u64 {
    let status = fs::read_to_string("/proc/self/status").expect("Linux");
    let value = status.lines().find_map(|known| known.strip_prefix(line)).expect("a line");
    value.trim().trim_end_matches(" kB").parse::<u64>().expect("a number") * 1_024
}

#[tokio::test]
async fn a_thousand_peers_that_claim_16_mib_take_at_most_64_together() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let base = format!("ws://{}/", listener.local_addr().expect("an address"));
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(claim(stream));
        }
    });
    let before = memory("VmRSS:");
    let manager = ConnectionManager::new(base.parse::<Base>().expect("a base URL"), ManagerConfig::default());
    let mut handles = Vec::new();
    for n in 0..PEERS {
        handles.push(manager.connect(&name(&format!("feed-{n}")), None).await.expect("connects"));
    }
    for handle in &mut handles {
        let ended = soon("refused", handle.wait_for(|state| state.phase == Phase::Blocked)).await;
        assert_eq!(ended.failure.expect("a failure").cause(), Cause::ProtocolError);
    }
    let grown_mib = memory("VmHWM:").saturating_sub(before) / 1_024 / 1_024;
    println!("{PEERS} claims: {grown_mib} MiB at most");
    assert!(grown_mib <= 64, "{grown_mib} MiB");
}
