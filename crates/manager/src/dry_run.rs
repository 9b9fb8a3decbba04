//! An attempt that is reported step by step and leaves nothing behind: no connection, no event, no count, and no word to the
//! circuit breaker.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use futures_util::Stream;
use strum::VariantArray;
use tokio::{
    pin, select,
    sync::mpsc,
    time::{Instant, sleep},
};
use wsmon_model::{Attempt, DryRunStep, EndpointId, EndpointName, PeerText, Stage};

use super::{
    config::ManagerConfig,
    dial::{Dialer, Progress},
    error::ManagerError,
    failure::Failure,
    frame::CloseCode,
    manager::ConnectionManager,
    message::{Message, RecvError, Subscription},
    options::CheckedOptions,
    service::Upstream,
    session::Session,
    state::Shared,
};

/// How long the first message is waited for.
const FIRST_MESSAGE: Duration = Duration::from_secs(10);

/// The steps of a dry run, as they happen. Dropping it ends the dry run.
#[derive(Debug)]
pub struct DryRun(mpsc::Receiver<DryRunStep>);

impl Stream for DryRun {
    type Item = DryRunStep;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<DryRunStep>> {
        self.0.poll_recv(cx)
    }
}

impl ConnectionManager {
    /// Opens a connection to an endpoint as an attempt would, with its options or, if there is no such connection, those
    /// of its service; waits for the first message, and closes it. It passes neither the circuit breaker nor the pacing.
    ///
    /// # Errors
    ///
    /// [`ManagerError::NoService`] and [`ManagerError::ShuttingDown`].
    pub fn dry_run(&self, endpoint: &EndpointId) -> Result<DryRun, ManagerError> {
        if !self.is_running() {
            return Err(ManagerError::ShuttingDown);
        }
        let (upstream, options) = match self.0.registry.get(endpoint) {
            Some(entry) => (Arc::clone(&entry.upstream), Arc::clone(&entry.state.borrow().options)),
            None => {
                let upstream = self.0.upstreams.get(&endpoint.service);
                let upstream = upstream.ok_or_else(|| ManagerError::NoService(endpoint.service.clone()))?;
                (Arc::clone(upstream), upstream.options_in_force(CheckedOptions::default()))
            }
        };
        let run = Run {
            dialer: Arc::clone(&self.0.dialer),
            config: Arc::clone(&self.0.config),
            endpoint: endpoint.name.clone(),
            shared: Shared::new(&Arc::default(), &self.0.config.freshness),
            progress: Progress::default(),
            upstream,
            options,
        };
        let (steps, reported) = mpsc::channel(Stage::VARIANTS.len() + 1);
        tokio::spawn(async move {
            select! {
                () = run.report(&steps) => {}
                () = steps.closed() => {}
            }
        });
        Ok(DryRun(reported))
    }
}

struct Run {
    dialer: Arc<Dialer>,
    config: Arc<ManagerConfig>,
    upstream: Arc<Upstream>,
    endpoint: EndpointName,
    options: Arc<CheckedOptions>,
    /// What a session writes to; nobody reads it but this.
    shared: Shared,
    progress: Progress,
}

impl Run {
    async fn report(&self, steps: &mpsc::Sender<DryRunStep>) {
        let mut passed = Passed::default();
        let opening = self.open();
        pin!(opening);
        let opened = loop {
            select! {
                biased;
                opened = &mut opening => break opened,
                () = self.progress.changed() => passed.tell(self.progress.now(), steps).await,
            }
        };
        let attempt = self.progress.end();
        passed.tell(attempt, steps).await;
        let last = match opened {
            Ok((session, feed)) => self.first_message(session, feed).await,
            Err(failure) => failed(attempt.map(|attempt| attempt.stage), &failure),
        };
        // Whoever does not wait for it any more has ended the dry run.
        let _ = steps.send(last).await;
    }

    /// The whole attempt, opening included.
    async fn open(&self) -> Result<(Session, Feed), Failure> {
        let socket = self.dialer.open(&self.upstream, &self.endpoint, &self.options, &self.progress).await?;
        let mut session = Session::new(socket, &self.options, &self.config);
        // Before the opening, as a message may come with its last answer.
        let mut feed = Feed { messages: self.shared.publisher.subscribe(), skip: 0 };
        if let Some(script) = self.options.messages().and_then(|plan| plan.opening.as_ref()) {
            self.progress.reached(Stage::Opening);
            match session.open(script, &self.shared, &self.config.clock).await {
                Ok(heard) => feed.skip = heard,
                Err(failure) => {
                    leave(session, &failure);
                    return Err(failure);
                }
            }
        }
        self.progress.reached(Stage::Open);
        Ok((session, feed))
    }

    async fn first_message(&self, mut session: Session, mut feed: Feed) -> DryRunStep {
        let opened = Instant::now();
        let ended = select! {
            biased;
            received = feed.first() => Ok(received),
            failure = session.run(&self.shared, &self.config.clock) => Err(failure),
            () = sleep(FIRST_MESSAGE) => Ok(None),
        };
        let ms = u32::try_from(opened.elapsed().as_millis()).unwrap_or(u32::MAX);
        match ended {
            Ok(None) | Err(None) => {
                session.close(CloseCode::Normal).await;
                DryRunStep::Quiet { ms }
            }
            Ok(Some(message)) => {
                let text = match &message {
                    Message::Text(text) => Some(PeerText::new(&session.mask(text))),
                    Message::Binary(_) => None,
                };
                session.close(CloseCode::Normal).await;
                DryRunStep::Received { ms, bytes: message.len(), text }
            }
            Err(Some(failure)) => {
                leave(session, &failure);
                failed(Some(Stage::Open), &failure)
            }
        }
    }
}

/// The messages of a session, the first of which were the opening's.
struct Feed {
    messages: Subscription,
    skip: u64,
}

impl Feed {
    /// The first message after the opening. Cancel safe.
    async fn first(&mut self) -> Option<Message> {
        loop {
            match self.messages.recv().await {
                Ok(message) if self.skip == 0 => return Some(message),
                Ok(_) => self.skip -= 1,
                Err(RecvError::Lagged(dropped)) => self.skip = self.skip.saturating_sub(dropped),
                Err(RecvError::Removed) => return None,
            }
        }
    }
}

/// Which stages have been told of.
#[derive(Default)]
struct Passed(usize);

impl Passed {
    /// Tells of the stages that were left behind since it told last.
    async fn tell(&mut self, attempt: Option<Attempt>, steps: &mpsc::Sender<DryRunStep>) {
        let Some(attempt) = attempt else { return };
        let Attempt { stage: reached, address, .. } = attempt;
        for stage in Stage::VARIANTS.iter().copied().skip(self.0).take_while(|&stage| stage < reached) {
            self.0 += 1;
            // A stage that this attempt has no use for, such as TLS, took no time.
            let Some(ms) = attempt.took_ms(stage) else { continue };
            let address = address.filter(|_| stage == Stage::Tcp);
            // As above.
            let _ = steps.send(DryRunStep::Passed { stage, ms, address }).await;
        }
    }
}

fn failed(stage: Option<Stage>, failure: &Failure) -> DryRunStep {
    DryRunStep::Failed { stage, why: failure.to_string() }
}

fn leave(session: Session, failure: &Failure) {
    if let Some(code) = failure.own_close_code() {
        session.abandon(code);
    }
}
