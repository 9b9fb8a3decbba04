//! The cases of the Autobahn test suite for clients, sections 1 to 7 and of 9 those of moderate size, written anew from
//! RFC 6455. Its server waits for an echo; a monitor's client does not echo, so here a subscriber tells what came.

mod case;
mod cases;

use std::{collections::BTreeMap, sync::Mutex, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::yield_now,
};
use wsmon_manager::{
    Base, CheckedOptions, ConnectRequest, ConnectionManager, Failure, GateConfig, ManagerConfig, Message, Subscription,
};
use wsmon_model::{ConnectionOptions, EndpointId, Phase};

use self::case::{Case, End, Write};
use super::{
    support::{name, soon},
    wire::{CLOSE, FIN, PONG, Server, close_frame, upgrade},
};

/// What the client sent: pongs, and the codes of its close frames.
#[derive(Debug, Default)]
struct Heard {
    pongs: Vec<Vec<u8>>,
    closes: Vec<Option<u16>>,
}

impl Heard {
    /// Takes a client's frames apart, which are all short and masked (RFC 6455 section 5.3), as far as they have come.
    fn of(mut bytes: &[u8]) -> Self {
        let mut heard = Self::default();
        while let [first, length, mask @ ..] = bytes {
            let length = usize::from(length & 0x7f);
            assert!(length < 126, "a short frame");
            let Some((mask, rest)) = mask.split_at_checked(4) else { break };
            let Some((payload, rest)) = rest.split_at_checked(length) else { break };
            let payload: Vec<_> = payload.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask).collect();
            match *first {
                first if first == FIN | PONG => heard.pongs.push(payload),
                first if first == FIN | CLOSE => {
                    heard.closes.push(payload.first_chunk().copied().map(u16::from_be_bytes));
                }
                other => panic!("a frame that nobody asked for: {other:x}"),
            }
            bytes = rest;
        }
        heard
    }
}

/// Plays a case to a client, and hears it until it has gone.
async fn play(case: &Case, mut stream: TcpStream) -> Heard {
    // A client that has heard enough leaves before the end.
    match case.write {
        Write::AtOnce => drop(stream.write_all(&case.frames.concat()).await),
        Write::ByFrame => {
            for frame in &case.frames {
                drop(stream.write_all(frame).await);
                yield_now().await;
            }
        }
        Write::Chopped(size) => {
            for piece in case.frames.concat().chunks(size) {
                drop(stream.write_all(piece).await);
                yield_now().await;
            }
        }
    }
    let mut bytes = Vec::new();
    if case.end == End::Open {
        // Behind a close frame no ping has to be answered any more (RFC 6455 section 5.5.2).
        while Heard::of(&bytes).pongs.last() != case.pings.last() {
            assert_ne!(stream.read_buf(&mut bytes).await.expect("the client is there"), 0, "{case:?}");
        }
        drop(stream.write_all(&close_frame(Some(1000))).await);
    }
    // One that hangs up in the midst of what it is sent resets the connection.
    let _ = stream.read_to_end(&mut bytes).await;
    Heard::of(&bytes)
}

/// What came to the subscriber until the connection ended.
async fn received(messages: &mut Subscription, count: usize) -> Vec<Message> {
    let mut received = Vec::new();
    // Those that were published are there; beyond them none may be.
    while let Ok(Ok(message)) = tokio::time::timeout(Duration::ZERO, messages.recv()).await {
        received.push(message);
        assert!(received.len() <= count, "{received:?}");
    }
    received
}

fn endpoint(case: &Case) -> EndpointId {
    name(&format!("case-{}", case.id))
}

#[track_caller]
fn check(case: &Case, heard: &Heard, failure: &Failure, received: &[Message]) {
    let what = format!("case {}: {heard:?}, {failure}", case.id);
    assert!(received == case.messages, "{what}: {} messages, not {}", received.len(), case.messages.len());
    match case.end {
        // The server's own code comes back (RFC 6455 section 5.5.1).
        End::Open => assert_eq!(heard.closes, [Some(1000)], "{what}"),
        End::Closed(code) => assert_eq!(heard.closes, [code], "{what}"),
        End::Failed(code) => assert_eq!(heard.closes, [Some(code)], "{what}"),
    }
    let was_closed = matches!(failure, Failure::Closed { .. });
    assert_eq!(was_closed, case.ends_in_order(), "{what}");
    // Of pings that came together only the newest has to be answered (RFC 6455 section 5.5.3).
    let mut sent = case.pings.iter();
    assert!(heard.pongs.iter().all(|pong| sent.any(|ping| ping == pong)), "{what}");
    assert_eq!(heard.pongs.last(), case.pings.last(), "{what}");
}

#[tokio::test]
async fn every_case_passes() {
    let cases = cases::all();
    println!("{} cases", cases.len());
    let by_path: BTreeMap<String, &Case> =
        cases.iter().map(|case| (format!("/ws/{}", endpoint(case).name), case)).collect();
    assert_eq!(by_path.len(), cases.len(), "each has a number of its own");
    let heard: Mutex<BTreeMap<&str, Heard>> = Mutex::default();
    let server = Server::start().await;
    let script = async |mut stream: TcpStream| {
        let request = upgrade(&mut stream).await;
        let case = by_path[request.split(' ').nth(1).expect("a path")];
        let told = play(case, stream).await;
        heard.lock().expect("no panic").insert(&case.id, told);
    };
    let gate = GateConfig { rate: 1_000_000.try_into().expect("not 0"), ..GateConfig::default() };
    let config = ManagerConfig { gate, ..ManagerConfig::default() };
    let manager = ConnectionManager::new(server.base().parse::<Base>().expect("a base URL"), config);
    let all = async {
        for case in &cases {
            let options = CheckedOptions::new(ConnectionOptions::default()).expect("valid");
            let request = ConnectRequest { auto_reconnect: Some(false), options: Some(options) };
            let mut handle = manager.connect(&endpoint(case), request).await.expect("connects");
            // Before the connection's task has run at all on this thread, so that no message is missed.
            let mut messages = manager.subscribe(&endpoint(case)).expect("it is there");
            let ended = handle.wait_for(|state| state.phase == Phase::Off && state.failure.is_some());
            let failure = soon(&format!("the end of case {}", case.id), ended).await.failure.expect("a failure");
            let received = received(&mut messages, case.messages.len()).await;
            let is_heard = async {
                loop {
                    if let Some(heard) = heard.lock().expect("no panic").remove(&*case.id) {
                        break heard;
                    }
                    yield_now().await;
                }
            };
            check(case, &soon("what the client said", is_heard).await, &failure, &received);
        }
    };
    server.during(script, all).await;
    manager.shutdown().await;
}
