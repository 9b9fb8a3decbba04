//! What waits for a connection's task: a bounded queue with one sender and one receiver.
//!
//! tokio's channel has room for 32 messages from the start and keeps its two ends on cache lines of their own, which is
//! 1.5 KiB for each connection. An empty mailbox takes an eighth of one.

use std::{
    collections::VecDeque,
    future::poll_fn,
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
};

use tokio::sync::Semaphore;

/// A mailbox in which this many messages may wait.
pub(super) fn mailbox<T>(room: usize) -> (Sender<T>, Receiver<T>) {
    let mailbox = Arc::new(Mailbox { queue: Mutex::default(), room: Semaphore::new(room) });
    (Sender(Arc::clone(&mailbox)), Receiver(mailbox))
}

/// What the two ends share.
pub(super) struct Mailbox<T> {
    queue: Mutex<Queue<T>>,
    /// Closed once the receiver is dropped.
    room: Semaphore,
}

struct Queue<T> {
    messages: VecDeque<T>,
    /// Whom to wake when a message comes.
    receiver: Option<Waker>,
    /// One of the ends is dropped.
    is_closed: bool,
}

impl<T> Default for Queue<T> {
    fn default() -> Self {
        Self { messages: VecDeque::new(), receiver: None, is_closed: false }
    }
}

impl<T> Mailbox<T> {
    fn lock(&self) -> MutexGuard<'_, Queue<T>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The end that gives messages. When it is dropped, the receiver is told once it has received what there is.
pub(super) struct Sender<T>(Arc<Mailbox<T>>);

/// The receiver is dropped, and the message as well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Closed;

impl<T> Sender<T> {
    /// Leaves a message as soon as there is room for it.
    pub(super) async fn send(&self, message: T) -> Result<(), Closed> {
        let room = self.0.room.acquire().await.map_err(|_| Closed)?;
        let mut queue = self.0.lock();
        if queue.is_closed {
            return Err(Closed);
        }
        queue.messages.push_back(message);
        room.forget();
        wake_receiver(queue);
        Ok(())
    }
}

impl<T> Drop for Sender<T> {
    fn drop(&mut self) {
        let mut queue = self.0.lock();
        queue.is_closed = true;
        wake_receiver(queue);
    }
}

/// Wakes the receiver if it waits, outside the lock.
fn wake_receiver<T>(mut queue: MutexGuard<'_, Queue<T>>) {
    let receiver = queue.receiver.take();
    drop(queue);
    if let Some(receiver) = receiver {
        receiver.wake();
    }
}

/// The end that takes messages. Whoever sends after it is dropped gets an error; what waits then is dropped.
pub(super) struct Receiver<T>(Arc<Mailbox<T>>);

impl<T> Receiver<T> {
    /// The next message; none when the sender is dropped. Cancel safe.
    pub(super) fn recv(&mut self) -> impl Future<Output = Option<T>> {
        poll_fn(|cx| self.poll_recv(cx))
    }

    fn poll_recv(&mut self, cx: &mut Context<'_>) -> Poll<Option<T>> {
        let mut queue = self.0.lock();
        let Some(message) = queue.messages.pop_front() else {
            if queue.is_closed {
                return Poll::Ready(None);
            }
            // Mostly the same one as before, which is not cloned then.
            queue.receiver.get_or_insert_with(|| cx.waker().clone()).clone_from(cx.waker());
            return Poll::Pending;
        };
        if queue.messages.is_empty() {
            // Rarely is there more than one, and mostly none.
            queue.messages = VecDeque::new();
        }
        drop(queue);
        self.0.room.add_permits(1);
        Poll::Ready(Some(message))
    }
}

impl<T> Drop for Receiver<T> {
    fn drop(&mut self) {
        let left = mem::replace(&mut *self.0.lock(), Queue { is_closed: true, ..Queue::default() });
        self.0.room.close();
        // Outside the lock: whoever waits for an answer to one of the messages is told here.
        drop(left);
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;
    use tokio::{join, sync::oneshot, task::yield_now};

    use super::*;

    #[tokio::test]
    async fn messages_come_in_order_and_wait_for_room() {
        let (sender, mut receiver) = mailbox(2);
        let sent = async {
            for n in 0..100 {
                sender.send(n).await.expect("a receiver");
            }
            drop(sender);
        };
        let received = async {
            let mut all = Vec::new();
            while let Some(n) = receiver.recv().await {
                assert!(receiver.0.lock().messages.len() < 2, "more than there is room for");
                all.push(n);
                yield_now().await;
            }
            all
        };
        let ((), all) = join!(sent, received);
        assert!(all.into_iter().eq(0..100));
    }

    #[tokio::test]
    async fn whoever_waits_for_room_or_for_an_answer_is_told_that_the_receiver_is_gone() {
        let (sender, receiver) = mailbox(1);
        let (waits, answer) = oneshot::channel::<()>();
        sender.send(Some(waits)).await.expect("a receiver");
        let waiting = sender.send(None);
        tokio::pin!(waiting);
        assert_eq!(waiting.as_mut().now_or_never(), None, "there is no room");
        drop(receiver);
        assert_eq!(waiting.await, Err(Closed));
        assert!(answer.await.is_err(), "what waited is dropped");
        assert_eq!(sender.send(None).await, Err(Closed));
    }

    #[tokio::test]
    async fn who_gives_up_waiting_leaves_no_message_and_takes_no_room() {
        let (sender, mut receiver) = mailbox(1);
        sender.send(1).await.expect("a receiver");
        assert_eq!(sender.send(2).now_or_never(), None, "there is no room");
        assert_eq!(receiver.recv().await, Some(1));
        sender.send(3).await.expect("a receiver");
        assert_eq!(receiver.recv().await, Some(3));
        assert_eq!(receiver.recv().now_or_never(), None);
        assert_eq!(receiver.0.lock().messages.capacity(), 0, "an empty mailbox keeps no memory");
    }

    #[tokio::test]
    async fn a_receiver_that_waits_wakes_for_a_message_and_for_the_end() {
        let (sender, mut receiver) = mailbox(1);
        let task = tokio::spawn(async move { (receiver.recv().await, receiver.recv().await) });
        yield_now().await;
        sender.send("message").await.expect("a receiver");
        yield_now().await;
        drop(sender);
        assert_eq!(task.await.expect("no panic"), (Some("message"), None));
    }
}
