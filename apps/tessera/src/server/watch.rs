//! What a connection waits for, and until when. Every wait on a client has an end.

use std::cell::Cell;
use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// A wait that is on the server and not on the client. The timer is set to this and moved when the client's turn comes.
const UNBOUNDED: Duration = Duration::from_secs(86_400);

/// How long each wait on a client may last.
#[derive(Debug, Clone, Copy)]
pub(super) struct Waits {
    /// For the first byte of the next request.
    pub(super) idle: Duration,
    /// For the rest of a request's head, or for the rest of a body that its handler did not read.
    pub(super) head: Duration,
    /// For the client to take what is ready to be sent.
    pub(super) write: Duration,
    /// For what a client still sends after a refusal.
    pub(super) linger: Duration,
}

/// One connection's waits. The stream and the requests of the connection say what happens; [`Watch::expired`] ends when a
/// wait was too long.
#[derive(Debug)]
pub(super) struct Watch {
    waits: Waits,
    phase: Cell<Phase>,
    /// The end of the wait for a client that does not take what is sent.
    write: Cell<Option<Instant>>,
}

#[derive(Debug, Clone, Copy)]
enum Phase {
    /// No byte of the next request has come.
    Idle(Instant),
    /// A part of the next request has come.
    Head(Instant),
    /// A handler works. What it waits for is bounded by itself: [`Body::read`](crate::http::Body::read).
    Busy,
}

impl Watch {
    /// A new connection. The HTTP library answers 408 when the first head is late; this ends the connection if it
    /// cannot.
    pub(super) fn new(waits: Waits) -> Self {
        Self {
            phase: Cell::new(Phase::Head(Instant::now() + waits.head + waits.linger)),
            waits,
            write: Cell::new(None),
        }
    }

    /// Bytes came. Only the first ones of a request start its time: one byte now and then does not prolong it.
    pub(super) fn received(&self) {
        if let Phase::Idle(_) = self.phase.get() {
            self.phase.set(Phase::Head(Instant::now() + self.waits.head));
        }
    }

    /// A request's head is complete, and its handler begins.
    pub(super) fn request_begins(&self) {
        self.phase.set(Phase::Busy);
    }

    /// A request has its answer, or was given up.
    pub(super) fn request_ends(&self) {
        self.phase.set(Phase::Idle(Instant::now() + self.waits.idle));
    }

    /// The client does not take what is sent.
    pub(super) fn write_waits(&self) {
        if self.write.get().is_none() {
            self.write.set(Some(Instant::now() + self.waits.write));
        }
    }

    /// Everything was sent.
    pub(super) fn all_written(&self) {
        self.write.set(None);
    }

    /// Ends when a wait was too long. Poll it after the connection: it looks at what the connection has just done.
    pub(super) async fn expired(&self) {
        let mut timer = pin!(sleep_until(self.end()));
        poll_fn(|cx| {
            let end = self.end();
            // A later end does not move the timer: that would cost something for every request.
            if end < timer.deadline() {
                timer.as_mut().reset(end);
            }
            while timer.as_mut().poll(cx).is_ready() {
                if self.end() <= Instant::now() {
                    return Poll::Ready(());
                }
                timer.as_mut().reset(self.end());
            }
            Poll::Pending
        })
        .await;
    }

    fn end(&self) -> Instant {
        let phase = match self.phase.get() {
            Phase::Idle(end) | Phase::Head(end) => end,
            Phase::Busy => Instant::now() + UNBOUNDED,
        };
        self.write.get().map_or(phase, |write| write.min(phase))
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    const WAITS: Waits = Waits {
        idle: Duration::from_secs(30),
        head: Duration::from_secs(5),
        write: Duration::from_secs(10),
        linger: Duration::from_secs(1),
    };

    /// Whether a watch that has seen this expires after so many seconds, and not one second earlier.
    async fn expires_after(seconds: u64, seen: impl Fn(&Watch)) -> bool {
        let watch = Watch::new(WAITS);
        seen(&watch);
        let mut expired = pin!(watch.expired());
        let mut is_over = async || tokio::time::timeout(Duration::ZERO, expired.as_mut()).await.is_ok();
        let begin = is_over().await;
        advance(Duration::from_secs(seconds - 1)).await;
        let before = is_over().await;
        advance(Duration::from_secs(1)).await;
        !begin && !before && is_over().await
    }

    #[tokio::test(start_paused = true)]
    async fn every_wait_on_the_client_has_its_own_end() {
        assert!(expires_after(6, |_| {}).await, "the first head");
        assert!(
            expires_after(6, Watch::received).await,
            "bytes do not prolong the first head"
        );
        let answered = |watch: &Watch| {
            watch.request_begins();
            watch.request_ends();
        };
        assert!(expires_after(30, answered).await, "idle");
        let next = |watch: &Watch| {
            answered(watch);
            watch.received();
        };
        assert!(expires_after(5, next).await, "a later head");
        let slow = |watch: &Watch| {
            watch.request_begins();
            watch.write_waits();
        };
        assert!(expires_after(10, slow).await, "an answer that is not taken");
    }

    #[tokio::test(start_paused = true)]
    async fn a_byte_now_and_then_prolongs_nothing() {
        let watch = Watch::new(WAITS);
        watch.request_begins();
        watch.request_ends();
        watch.received();
        let mut expired = pin!(watch.expired());
        for _ in 0..4 {
            assert!(tokio::time::timeout(Duration::ZERO, expired.as_mut()).await.is_err());
            advance(Duration::from_secs(1)).await;
            watch.received();
            watch.write_waits();
        }
        advance(Duration::from_secs(1)).await;
        assert!(tokio::time::timeout(Duration::ZERO, expired.as_mut()).await.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn a_handler_takes_its_time() {
        let watch = Watch::new(WAITS);
        watch.request_begins();
        watch.write_waits();
        watch.all_written();
        let mut expired = pin!(watch.expired());
        assert!(tokio::time::timeout(Duration::ZERO, expired.as_mut()).await.is_err());
        advance(Duration::from_secs(3600)).await;
        assert!(tokio::time::timeout(Duration::ZERO, expired.as_mut()).await.is_err());
    }
}
