//! A feed that numbers its messages for everybody alike, and connections to it that take turns all the time.

use std::{collections::BTreeSet, env, time::Duration};

use futures_util::future::join_all;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{
        broadcast::{self, error::RecvError},
        watch,
    },
    task::JoinSet,
    time::{MissedTickBehavior, interval},
};
use wsmon_manager::{Base, CheckedOptions, ConnectionManager, ManagerConfig, RecvError as Missed, Subscription};
use wsmon_model::{ConnectionOptions, EndpointId, EventKind, Phase, Status};

use super::{
    common::{name, soon},
    wire::{CLOSE, FIN, close_frame, read_frame, text, upgrade},
};

/// Connections, each of which rotates so often.
const CONNECTIONS: usize = 10;

/// How often the feed says something, and how many numbers: a thousand a second.
const EVERY: Duration = Duration::from_millis(5);
const AT_ONCE: u64 = 5;

/// Says to each client what it says to all, from the upgrade on until it is asked to close.
async fn serve(mut stream: TcpStream, mut said: broadcast::Receiver<u64>) -> std::io::Result<()> {
    use tokio::io::AsyncWriteExt;
    upgrade(&mut stream).await;
    stream.set_nodelay(true)?;
    let (mut from, mut to) = stream.split();
    let mut asked = std::pin::pin!(async { while read_frame(&mut from).await.0 != FIN | CLOSE {} });
    loop {
        tokio::select! {
            biased;
            () = &mut asked => return to.write_all(&close_frame(Some(1_000))).await,
            number = said.recv() => match number {
                Ok(number) => to.write_all(&text(&number.to_string())).await?,
                Err(RecvError::Lagged(_)) => panic!("the feed itself is too slow"),
                Err(RecvError::Closed) => (&mut asked).await,
            },
        }
    }
}

/// Says number after number until it is told to stop; gives how many.
async fn count(said: broadcast::Sender<u64>, stop: watch::Receiver<bool>) -> u64 {
    let mut ticks = interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let mut numbers = 0;
    while !*stop.borrow() {
        ticks.tick().await;
        for _ in 0..AT_ONCE {
            // While connections take turns there is always somebody who hears it.
            said.send(numbers).expect("a client");
            numbers += 1;
        }
    }
    numbers
}

/// What has come of the feed over one connection.
#[derive(Default)]
struct Heard {
    numbers: Vec<u64>,
    /// Not had for want of speed: it is the subscriber's, and the manager says how many.
    missed: u64,
}

/// Listens until that many messages were passed on.
async fn listen(mut messages: Subscription, mut all: watch::Receiver<Option<u64>>) -> Heard {
    let mut heard = Heard::default();
    loop {
        let passed_on = heard.numbers.len() as u64 + heard.missed;
        let total = *all.borrow();
        if total.is_some_and(|total| passed_on >= total) {
            return heard;
        }
        tokio::select! {
            message = messages.recv() => match message {
                Ok(wsmon_manager::Message::Text(text)) => heard.numbers.push(text.parse().expect("a number")),
                Err(Missed::Lagged(missed)) => heard.missed += missed,
                other => panic!("{other:?}"),
            },
            Ok(()) = all.changed() => {}
        }
    }
}

/// Sees to it that all connections are shown as connected, as often as it can, until it is told to stop; how often it
/// looked.
async fn watch_for_dips(manager: ConnectionManager, stop: watch::Receiver<bool>) -> u32 {
    let (mut looked, mut ticks) = (0, interval(Duration::from_millis(1)));
    while !*stop.borrow() {
        ticks.tick().await;
        let summary = manager.summary();
        assert_eq!((summary.connected as usize, summary.total as usize), (CONNECTIONS, CONNECTIONS));
        assert!(manager.sample().iter().all(|sample| sample.phase == Phase::Connected));
        looked += 1;
    }
    looked
}

/// Waits until every connection has rotated that often; how often all have.
async fn until_rotated(manager: &ConnectionManager, times: usize) -> usize {
    let mut events = manager.events();
    let mut rotated = std::collections::BTreeMap::<EndpointId, usize>::new();
    while rotated.len() < CONNECTIONS || rotated.values().any(|&rotated| rotated < times) {
        let event = events.recv().await.expect("events");
        assert_eq!(event.kind, EventKind::Rotated, "{event:?}");
        *rotated.entry(event.endpoint.clone()).or_default() += 1;
    }
    rotated.values().sum()
}

/// Two hundred rotations with `WSMON_SOAK`, else a few: of a thousand messages a second over each connection none is lost,
/// none comes twice, and nobody sees a connection down.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_a_feed_no_message_is_lost_and_none_comes_twice() {
    let times = if env::var_os("WSMON_SOAK").is_some() { 20 } else { 3 };
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let base = format!("ws://{}/ws/", listener.local_addr().expect("an address"));
    let (said, _) = broadcast::channel(64 * 1024);
    let mut clients = JoinSet::new();
    let feed = said.clone();
    clients.spawn(async move {
        let mut served = JoinSet::new();
        loop {
            let (stream, _) = listener.accept().await.expect("a client");
            let said = feed.subscribe();
            // A client that has left is what the rotation is about.
            served.spawn(async move { drop(serve(stream, said).await) });
        }
    });

    let config = ManagerConfig { seed: 1, ..ManagerConfig::default() };
    let manager = ConnectionManager::new(base.parse::<Base>().expect("a base URL"), config);
    let options = || ConnectionOptions { rotate_after_ms: Some(1_000), ..ConnectionOptions::default() };
    let names: Vec<EndpointId> = (0..CONNECTIONS).map(|number| name(&format!("feed-{number}"))).collect();
    let (all, total) = watch::channel(None);
    let mut listeners = Vec::new();
    for name in &names {
        let options = CheckedOptions::new(options()).expect("valid options");
        let mut handle = manager.connect(name, options).await.expect("connects");
        soon("a connection", handle.wait_for(|state| state.phase == Phase::Connected)).await;
        listeners.push(tokio::spawn(listen(manager.subscribe(name).expect("it is there"), total.clone())));
    }

    let (stop, stopped) = watch::channel(false);
    let counting = tokio::spawn(count(said, stopped.clone()));
    let watching = tokio::spawn(watch_for_dips(manager.clone(), stopped));
    let rotations = soon("rotations", until_rotated(&manager, times)).await;
    stop.send_replace(true);
    let numbers = counting.await.expect("no panic");
    let looked = watching.await.expect("no panic");
    all.send_replace(Some(numbers));
    let heard = soon("all that was said", join_all(listeners)).await;

    let mut missed = 0;
    for (name, heard) in names.iter().zip(heard) {
        let Heard { numbers: had, missed: by_us } = heard.expect("no panic");
        let different: BTreeSet<_> = had.iter().copied().collect();
        assert_eq!(different.len(), had.len(), "{name}: none twice");
        assert_eq!(different.len() as u64 + by_us, numbers, "{name}: none lost");
        let shown = manager.get(name).expect("it is there");
        assert_eq!((shown.messages_received, shown.status()), (numbers, Status::Connected), "{name}");
        missed += by_us;
    }
    println!(
        "{rotations} rotations of {CONNECTIONS} connections, {numbers} messages over each, {looked} looks at what is shown: \
         none lost, none twice, {missed} missed by the slow test itself"
    );
    manager.shutdown().await;
}
