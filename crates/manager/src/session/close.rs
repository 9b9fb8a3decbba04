//! How a session is left: with the close frame that says why (RFC 6455 section 7.1), if it can be said.

use std::{
    future::poll_fn,
    mem::MaybeUninit,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, Waker, ready},
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::timeout,
};

use super::{CLOSE_TIMEOUT, READS, Session};
use crate::{
    clock::Clock,
    dial::WebSocket,
    frame::{CloseCode, Event},
    state::Shared,
};

impl Session {
    /// Ends the connection with a close frame and gives the peer a moment to answer it.
    pub(crate) async fn close(mut self, code: CloseCode) {
        self.outbox.close(&code.payload());
        let WebSocket { stream, early, decoder, .. } = &mut self.socket;
        let mut is_over = |mut piece: &[u8]| loop {
            match decoder.decode(&mut piece, false) {
                Ok(Some(Event::Close(_))) | Err(_) => return true,
                Ok(Some(_)) => {}
                Ok(None) => return false,
            }
        };
        if is_over(early) {
            return;
        }
        let closing = poll_fn(|cx| {
            // What cannot be sent any more is no news: the peer is gone, which reading tells.
            let _ = self.outbox.poll_send(&mut *stream, |_| {}, cx);
            let mut room = [const { MaybeUninit::uninit() }; 4 * 1024];
            let mut piece = ReadBuf::uninit(&mut room);
            for _ in 0..READS {
                piece.clear();
                let is_read = ready!(Pin::new(&mut *stream).poll_read(cx, &mut piece)).is_ok();
                if !is_read || piece.filled().is_empty() || is_over(piece.filled()) {
                    return Poll::Ready(());
                }
            }
            cx.waker().wake_by_ref();
            Poll::Pending
        });
        // A peer that does not answer is left behind; there is nothing more to say to it.
        let _ = timeout(CLOSE_TIMEOUT, closing).await;
    }

    /// Ends the connection as [`close`](Self::close) does, after what waits to be sent, and takes what comes before the peer
    /// answers.
    pub(crate) async fn close_after_all(&mut self, code: CloseCode, shared: &Shared, clock: &Arc<dyn Clock>) {
        self.outbox.close_after_all(&code.payload());
        // However it ends, nothing more comes of it.
        let _ = timeout(CLOSE_TIMEOUT, self.run(shared, clock)).await;
    }

    /// Text that came, without the secrets that were sent.
    pub(crate) fn mask(&self, text: &str) -> String {
        self.socket.secrets.as_deref().map_or_else(|| text.to_owned(), |secrets| secrets.mask(text))
    }

    /// Leaves a connection that failed, with the close frame that says why, if it can leave at once.
    pub(crate) fn abandon(mut self, code: CloseCode) {
        self.take_leave(code);
    }

    /// Ends the stream of a session that has ended but is still held, as far as that can be done at once.
    pub(crate) fn hang_up(&mut self) {
        let mut cx = Context::from_waker(Waker::noop());
        let _ = Pin::new(&mut self.socket.stream).poll_shutdown(&mut cx);
    }

    fn take_leave(&mut self, code: CloseCode) {
        self.outbox.close(&code.payload());
        // A peer that broke the protocol, or does not answer, is not waited for.
        let mut cx = Context::from_waker(Waker::noop());
        let _ = self.outbox.poll_send(&mut self.socket.stream, |_| {}, &mut cx);
    }
}

impl Drop for Session {
    /// An opening that is cut short leaves with a close frame as well.
    fn drop(&mut self) {
        if self.opening.is_some() && self.ending.is_none() {
            self.take_leave(CloseCode::Away);
        }
    }
}
