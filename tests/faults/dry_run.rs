//! A dry run tells each step of an attempt as it happens, and leaves nothing behind.

use std::time::Duration;

use futures_util::StreamExt;
use tokio::net::TcpStream;
use wsmon_model::{ConnectionOptions, DryRunStep, EndpointId, Stage};

use super::{
    support::{Monitor, name, soon},
    wire::{CLOSE, FIN, Server, read_frame, refusing_port, request, send, text, until_gone, upgrade},
};

const NEW: &str = "not-among-them";

async fn steps(monitor: &Monitor, endpoint: &EndpointId) -> Vec<DryRunStep> {
    let run = monitor.manager.dry_run(endpoint).expect("begins");
    soon("the last step", run.collect()).await
}

fn stages(steps: &[DryRunStep]) -> Vec<Stage> {
    let stage = |step: &DryRunStep| match step {
        DryRunStep::Passed { stage, .. } => Some(*stage),
        _ => None,
    };
    steps.iter().filter_map(stage).collect()
}

#[tokio::test(start_paused = true)]
async fn a_feed_that_works_is_closed_after_its_first_message() {
    let server = Server::start().await;
    let monitor = Monitor::start(&server.base()).await;
    let script = async |mut stream: TcpStream| {
        upgrade(&mut stream).await;
        send(&mut stream, &text("news")).await;
        let (first, payload) = read_frame(&mut stream).await;
        assert_eq!((first, payload.as_bytes()), (FIN | CLOSE, 1000_u16.to_be_bytes().as_slice()), "a normal closure");
        send(&mut stream, &[FIN | CLOSE, 0]).await;
        until_gone(&mut stream).await;
    };
    let steps = server.during(script, steps(&monitor, &name(NEW))).await;
    assert_eq!(stages(&steps), [Stage::Dns, Stage::Tcp, Stage::Upgrade]);
    let connected = steps.iter().find(|step| matches!(step, DryRunStep::Passed { stage: Stage::Tcp, .. }));
    assert!(matches!(connected, Some(DryRunStep::Passed { address: Some(address), .. }) if *address == server.address()));
    match steps.last() {
        Some(DryRunStep::Received { bytes: 4, text: Some(text), .. }) => assert_eq!(text.as_str(), "news"),
        other => panic!("{other:?}"),
    }
    assert!(monitor.manager.get(&name(NEW)).is_none(), "nothing is left behind");
    assert_eq!(monitor.manager.summary().total, 0);
}

#[tokio::test(start_paused = true)]
async fn a_quiet_feed_is_not_waited_for_without_end() {
    let server = Server::start().await;
    let monitor = Monitor::start(&server.base()).await;
    let script = async |mut stream: TcpStream| {
        upgrade(&mut stream).await;
        until_gone(&mut stream).await;
    };
    let steps = server.during(script, steps(&monitor, &name(NEW))).await;
    assert!(matches!(steps.last(), Some(DryRunStep::Quiet { ms: 10_000..10_050 })), "{steps:?}");
}

#[tokio::test(start_paused = true)]
async fn a_refusal_is_told_with_the_stage_that_failed() {
    let server = Server::start().await;
    let monitor = Monitor::start(&server.base()).await;
    let script = async |mut stream: TcpStream| {
        request(&mut stream).await;
        send(&mut stream, b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n").await;
        until_gone(&mut stream).await;
    };
    let steps = server.during(script, steps(&monitor, &name(NEW))).await;
    assert_eq!(stages(&steps), [Stage::Dns, Stage::Tcp]);
    match steps.last() {
        Some(DryRunStep::Failed { stage: Some(Stage::Upgrade), why }) => assert!(why.contains("403"), "{why}"),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_host_that_refuses_gets_no_word_to_the_circuit_breaker() {
    let (_port, base) = refusing_port();
    let monitor = Monitor::start(&base).await;
    for _ in 0..5 {
        let steps = steps(&monitor, &name(NEW)).await;
        assert!(matches!(steps.last(), Some(DryRunStep::Failed { stage: Some(Stage::Tcp), .. })), "{steps:?}");
    }
    assert!(!monitor.host_fails());
}

#[tokio::test(start_paused = true)]
async fn a_connections_own_options_hold_and_their_secrets_are_masked() {
    let server = Server::start().await;
    let monitor = Monitor::start(&server.base()).await;
    let script = async |mut stream: TcpStream| {
        let asked = upgrade(&mut stream).await;
        assert!(asked.contains("Bearer s3cr3t-token"), "{asked}");
        assert_eq!(read_frame(&mut stream).await.1, "hello");
        // Both are there to be read at once.
        send(&mut stream, &[text("welcome"), text("you sent s3cr3t-token")].concat()).await;
        until_gone(&mut stream).await;
    };
    let options = ConnectionOptions {
        bearer_token: Some("s3cr3t-token".into()),
        opening: Some("> hello\n< welcome".to_owned()),
        ..ConnectionOptions::default()
    };
    let rest = async {
        let mut handle = monitor.connect(options).await;
        soon("a connection", handle.settled()).await;
        let endpoint = monitor.feed().endpoint;
        steps(&monitor, &endpoint).await
    };
    let steps = server.during(script, rest).await;
    assert_eq!(stages(&steps), [Stage::Dns, Stage::Tcp, Stage::Upgrade, Stage::Opening]);
    match steps.last() {
        Some(DryRunStep::Received { text: Some(text), .. }) => {
            assert!(text.as_str().starts_with("you sent ") && !text.as_str().contains("s3cr3t"), "{text:?}");
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn who_waits_no_longer_ends_it() {
    let server = Server::start().await;
    let monitor = Monitor::start(&server.base()).await;
    let run = monitor.manager.dry_run(&name(NEW)).expect("begins");
    let (gone, is_gone) = tokio::sync::oneshot::channel();
    let gone = std::cell::RefCell::new(Some(gone));
    let script = async |mut stream: TcpStream| {
        upgrade(&mut stream).await;
        until_gone(&mut stream).await;
        if let Some(gone) = gone.borrow_mut().take() {
            let _ = gone.send(());
        }
    };
    let rest = async {
        let mut run = run;
        while !matches!(run.next().await, Some(DryRunStep::Passed { stage: Stage::Upgrade, .. })) {}
        drop(run);
        tokio::time::timeout(Duration::from_secs(5), is_gone).await.expect("in time").expect("gone");
    };
    server.during(script, rest).await;
}
