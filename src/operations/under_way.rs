//! Operations that are under way, which neither a client that leaves nor a shutdown cuts short.

use std::{future::Future, time::Duration};

use tokio::{task::JoinHandle, time::timeout};
use tokio_util::task::TaskTracker;
use tracing::{Instrument, error};

/// How long a shutdown waits for operations under way. The connection manager, which they may wait for, is shut down by
/// then and answers at once.
const FINISH_TIMEOUT: Duration = Duration::from_secs(5);

/// Why an operation has no result of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotDone {
    /// It was not begun.
    #[error("the monitor is shutting down")]
    ShuttingDown,
    /// A panic cut it short.
    #[error("a fault in the monitor cut it short")]
    Panicked,
}

/// Operations that are under way. Cheap to clone; every clone counts the same ones.
#[derive(Clone, Debug, Default)]
pub(super) struct UnderWay(TaskTracker);

impl UnderWay {
    /// Carries out an operation in a task of its own, so that it is finished and written down also when nobody waits for
    /// the answer any more.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        operation: impl Future<Output = T> + Send + 'static,
    ) -> Result<T, NotDone> {
        self.spawn(operation)?.await.map_err(|failure| {
            error!(%failure, "an operation was cut short");
            NotDone::Panicked
        })
    }

    /// The same without waiting for its end.
    pub(super) fn begin(&self, operation: impl Future<Output = ()> + Send + 'static) -> Result<(), NotDone> {
        self.spawn(operation).map(drop)
    }

    fn spawn<T: Send + 'static>(
        &self,
        operation: impl Future<Output = T> + Send + 'static,
    ) -> Result<JoinHandle<T>, NotDone> {
        // Taken before the question, so that `finish` either waits for this operation or prevents it.
        let _place = self.0.token();
        match self.0.is_closed() {
            true => Err(NotDone::ShuttingDown),
            false => Ok(self.0.spawn(operation.in_current_span())),
        }
    }

    /// Lets no operation begin any more, and waits for those under way.
    pub(super) async fn finish(&self) {
        self.0.close();
        if timeout(FINISH_TIMEOUT, self.0.wait()).await.is_err() {
            error!(left = self.0.len(), "not every operation ended in time: the audit log may lack what came of it");
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::oneshot;

    use super::*;

    #[tokio::test]
    async fn what_is_under_way_is_waited_for_and_nothing_begins_afterwards() {
        let under_way = UnderWay::default();
        let (begun, has_begun) = oneshot::channel();
        let (release, released) = oneshot::channel();
        let operation = async move {
            begun.send(()).expect("somebody waits");
            released.await.expect("it is released");
            "done"
        };
        let client = tokio::spawn({
            let under_way = under_way.clone();
            async move { under_way.run(operation).await }
        });
        has_begun.await.expect("it begins");
        client.abort();
        assert!(client.await.expect_err("the client has left").is_cancelled());

        let finish = under_way.finish();
        tokio::pin!(finish);
        let early = std::future::poll_fn(|context| std::task::Poll::Ready(finish.as_mut().poll(context)));
        assert!(early.await.is_pending(), "it waits for the operation");
        assert_eq!(under_way.run(async { "late" }).await, Err(NotDone::ShuttingDown));
        release.send(()).expect("the operation is still under way");
        finish.await;
        assert!(under_way.0.is_empty());
    }

    #[tokio::test]
    async fn a_panic_is_a_fault_of_our_own() {
        let operation = async { panic!("staged") };
        assert_eq!(UnderWay::default().run::<()>(operation).await, Err(NotDone::Panicked));
    }
}
