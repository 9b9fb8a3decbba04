//! The messages that are exchanged before a connection counts as open.

use std::{sync::Arc, time::Duration};

use tokio::time::Instant;
use wsmon_model::PeerText;

use super::{Session, opening::Opening};
use crate::{
    clock::{Clock, unix_ms},
    error::SendError,
    failure::Failure,
    opening::{Next, Run, Script},
    secrets::Secrets,
    state::Shared,
};

impl Session {
    /// Exchanges the opening's messages; then the connection is open. Returns how many came for it: more may have come with
    /// the last of them.
    ///
    /// # Errors
    ///
    /// [`Failure::Opening`], or what ended the connection otherwise.
    pub(crate) async fn open(
        &mut self,
        script: &Arc<Script>,
        shared: &Shared,
        clock: &Arc<dyn Clock>,
    ) -> Result<u64, Failure> {
        let now = Instant::now();
        let run = Some(Run::new(Arc::clone(script)));
        self.opening = Some(Box::new(Opening { run, within: Duration::ZERO, by: now, heard: 0, is_over: false }));
        let failure = self.go_on(now, unix_ms(clock.now()));
        self.until_opened(failure, shared, clock).await
    }

    /// Waits for the first message, or for a while: a service that takes no further connection mostly ends it at once.
    ///
    /// # Errors
    ///
    /// What ended the connection.
    pub(crate) async fn prove(
        &mut self,
        within: Duration,
        shared: &Shared,
        clock: &Arc<dyn Clock>,
    ) -> Result<(), Failure> {
        self.opening =
            Some(Box::new(Opening { run: None, within, by: Instant::now() + within, heard: 0, is_over: false }));
        self.until_opened(None, shared, clock).await.map(drop)
    }

    /// Holds the connection until its opening has ended, if nothing failed at the start. Returns how many messages came for
    /// it.
    async fn until_opened(
        &mut self,
        mut failure: Option<Failure>,
        shared: &Shared,
        clock: &Arc<dyn Clock>,
    ) -> Result<u64, Failure> {
        if failure.is_none() {
            failure = self.run(shared, clock).await;
        }
        match (failure, self.opening.take()) {
            (None, opening) => {
                // Silence and heartbeats count from here.
                self.last_message = Instant::now();
                let heard = opening.as_ref().map_or(0, |opening| opening.heard);
                if let (Some(opening), Some(agreed)) = (opening, &mut self.agreed) {
                    agreed.begin(opening.run.map(Run::into_captured).unwrap_or_default(), self.last_message);
                }
                Ok(heard)
            }
            (Some(ended @ (Failure::Closed { .. } | Failure::Lost { .. })), Some(opening)) => {
                Err(opening.failure(Some(ended)))
            }
            (Some(failure), _) => Err(failure),
        }
    }

    /// Whether the opening has ended that was under way.
    pub(super) fn has_opened(&self) -> bool {
        self.opening.as_ref().is_some_and(|opening| opening.is_over)
    }

    /// Takes a message that came during the opening; why the connection ends, if it does.
    pub(super) fn hear(&mut self, message: &[u8], now: Instant, now_ms: i64) -> Option<Failure> {
        let opening = self.opening.as_mut().filter(|opening| !opening.is_over)?;
        opening.heard += 1;
        let Some(run) = &mut opening.run else {
            opening.is_over = true;
            return None;
        };
        let none = Secrets::default();
        let secrets = self.socket.secrets.as_deref().unwrap_or(&none);
        if run.receive(message, secrets) { self.go_on(now, now_ms) } else { None }
    }

    /// Queues what the opening says next, up to the answer that it waits for.
    fn go_on(&mut self, now: Instant, now_ms: i64) -> Option<Failure> {
        let opening = self.opening.as_mut()?;
        let run = opening.run.as_mut()?;
        let none = Secrets::default();
        let secrets = self.socket.secrets.as_deref().unwrap_or(&none);
        loop {
            match run.next(secrets, now_ms, &mut rand::random) {
                Next::Send(message) => match self.outbox.push(&message) {
                    Ok(()) => {}
                    Err(SendError::TooBig) => {
                        let detail = "A message of the opening is longer than the connection's write buffer";
                        return Some(Failure::Options { detail: PeerText::new(detail) });
                    }
                    // The service has sent a close frame, which tells more.
                    Err(_) => return None,
                },
                Next::Await(within) => {
                    (opening.within, opening.by) = (within, now + within);
                    return None;
                }
                Next::Opened => {
                    opening.is_over = true;
                    return None;
                }
            }
        }
    }
}
