//! Openings by property: no script, no reply and no cut at any byte leaves a connection in a state that is not explained.

mod peer;
mod replies;
mod script;

use std::{
    fs,
    sync::{Arc, LazyLock},
    time::Duration,
};

use proptest::prelude::*;
use tempfile::TempDir;
use tokio::time::{Instant, timeout};
use wsmon_manager::{
    CheckedOptions, ConnectionManager, EventRecord, EventSubscription, ManagerConfig, SecretsDir, describe,
};
use wsmon_model::{Cause, Connection, ConnectionOptions, EventKind, Evidence, Layer, PeerText, Phase};

use self::{
    peer::{Answer, Cut, Manner, Wire},
    replies::{Reply, Said},
    script::Script,
};
use crate::{
    common::name,
    setup::{base, config, paused_runtime},
};

/// What all cases read their secret from.
static SECRETS: LazyLock<TempDir> = LazyLock::new(|| {
    let directory = tempfile::tempdir().expect("a directory");
    fs::write(directory.path().join("token"), "s3cret-t0ken\n").expect("written");
    directory
});

/// The longest that anything takes apart from answers and pauses: a handshake, and a ping that is not answered.
const LONGEST: Duration = Duration::from_secs(10 + 25 + 1);

/// What came of a connection: as it is shown, and what was told of it up to its end.
struct Outcome {
    shown: Connection,
    events: Vec<EventRecord>,
}

/// Connects, and waits for the end: every stream is cut somewhere.
async fn outcome(script: &Script, wire: Wire) -> Outcome {
    let pauses = wire.manner.pause * u32::try_from(wire.cut_at).expect("short");
    let longest = LONGEST + script.patience() + pauses;
    let secrets_dir = Some(SecretsDir::new(SECRETS.path()).expect("there"));
    let manager = ConnectionManager::new(base(), ManagerConfig { secrets_dir, ..config(1, wire) });
    let feed = name("feed");
    let mut events = manager.events();
    let options = ConnectionOptions { opening: Some(script.text()), ..ConnectionOptions::default() };
    let options = CheckedOptions::new(options).unwrap_or_else(|why| panic!("{}: {why}", script.text()));
    let began = Instant::now();
    let mut handle = manager.connect(&feed, options).await.expect("connects");
    let ended = handle.wait_for(|state| state.failure.is_some() && state.phase != Phase::Connecting);
    let ended = timeout(longest, ended).await;
    assert!(ended.is_ok(), "nothing came of it within {longest:?}");
    let shown = manager.get(&feed).expect("it is there");
    let events = until_failed(&mut events).await;
    assert!(began.elapsed() <= longest, "{:?}", began.elapsed());
    manager.shutdown().await;
    Outcome { shown, events }
}

/// The events up to the first that tells of a failure.
async fn until_failed(events: &mut EventSubscription) -> Vec<EventRecord> {
    let mut told = Vec::new();
    while told.last().is_none_or(|event: &EventRecord| event.evidence.is_none()) {
        told.push(Arc::unwrap_or_clone(events.recv().await.expect("a failure")));
    }
    told
}

impl Outcome {
    fn evidence(&self) -> &Evidence {
        self.events.last().and_then(|event| event.evidence.as_deref()).expect("evidence")
    }

    fn was_open(&self) -> bool {
        self.events.iter().any(|event| event.kind == EventKind::Connected)
    }

    /// Whatever it was, it is explained.
    fn check(&self) {
        let (shown, evidence) = (&self.shown, self.evidence());
        assert!(shown.cause.is_some_and(|cause| cause != Cause::InternalError), "{shown:?}");
        assert!(shown.layer.is_some(), "{shown:?}");
        assert_eq!((shown.cause, shown.layer), (evidence.cause, evidence.layer));
        let (sentence, known) = (describe(evidence), describe(&Evidence::default()));
        assert!(sentence.len() > 20 && sentence.ends_with('.') && sentence != known, "{sentence}");
        assert_eq!(shown.cause_text.as_ref(), Some(&sentence));
        assert!(!format!("{evidence:?} {shown:?}").contains("s3cret"), "{evidence:?}");
        let kind = self.events.last().map(|event| event.kind);
        assert!(
            matches!(kind, Some(EventKind::Disconnected | EventKind::AttemptFailed | EventKind::Blocked)),
            "{kind:?}"
        );
    }

    /// An opening that failed names its step and what that waited for; that step, if the test knows it.
    fn check_opening(&self, script: &Script, known: Option<usize>) {
        let evidence = self.evidence();
        let fault = evidence.opening.as_ref().unwrap_or_else(|| panic!("no step: {evidence:?}"));
        let step = usize::try_from(fault.step).expect("small");
        let awaited = script.awaited(step - 1).unwrap_or_else(|| panic!("step {step} does not wait"));
        assert_eq!(fault.expected, Some(PeerText::new(awaited.pattern)), "{evidence:?}");
        let sentence = describe(evidence);
        let named = format!("Step {step} of the opening failed (waiting for a message that matches “");
        assert!(sentence.starts_with(&named) && sentence.contains(awaited.pattern), "{sentence}");
        assert!(known.is_none_or(|known| known == step - 1), "not step {known:?} (from 0): {sentence}");
        assert!(!self.was_open(), "{sentence}");
    }
}

/// One case: the replies to a script, in a manner, cut within the answer to the upgrade or behind it.
async fn check(script: &Script, replies: &[Reply], manner: &Manner, in_answer: bool) {
    let said = Said::new(script, replies);
    let answer = manner.answer.to("").len();
    let cut_at = manner.cut_at(answer, said.bytes.len(), in_answer);
    let wire = Wire { manner: manner.clone(), rest: said.bytes.clone(), cut_at };
    let outcome = outcome(script, wire).await;
    outcome.check();
    // With pauses a deadline may pass before a byte comes.
    let is_known = manner.pause.is_zero() && cut_at >= answer;
    let at = said.step_after(cut_at.saturating_sub(answer));
    if outcome.shown.layer == Some(Layer::Opening) {
        outcome.check_opening(script, at.filter(|_| is_known));
        assert!(at.is_some() || !is_known, "all had come that it waits for: {:?}", outcome.shown);
    }
    let opens = script.is_readable() && manner.answer == Answer::Switching && cut_at >= answer && at.is_none();
    assert!(opens || !outcome.was_open(), "{:?}", outcome.shown);
    // Else the end may come in the same turn of reading as the last answer.
    let is_plain = manner.cut == Cut::Silence && is_known && replies.iter().all(Reply::goes_on);
    assert!(!(opens && is_plain) || outcome.was_open(), "{:?}", outcome.shown);
    if !script.is_readable() {
        assert_eq!(outcome.shown.cause, Some(Cause::InvalidOptions));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_leaves_a_connection_unexplained(
        script in Script::any(),
        replies in prop::collection::vec(Reply::any(), 0..10),
        manner in Manner::any(),
        in_answer in prop::bool::weighted(0.2),
    ) {
        paused_runtime().block_on(check(&script, &replies, &manner, in_answer));
    }
}
