//! How a reader learns that it is worth reading the store again before its next turn.
//!
//! It is a hint and nothing else. What was changed is in the store, and a reader goes on reading from time to time: a
//! notice may be lost, and one may come although nothing has changed.

use std::future::pending;

use tokio::sync::watch;

/// A store's side: wakes the watches. Cheap to clone; every clone wakes the same ones.
#[derive(Clone, Debug, Default)]
pub struct ChangeNotices(watch::Sender<State>);

/// A reader's side: waits for changes. Each clone wakes for every change.
#[derive(Clone, Debug)]
pub struct ChangeWatch(watch::Receiver<State>);

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct State {
    notices: u64,
    live: bool,
}

impl ChangeNotices {
    /// Nobody watches yet, and changes are not noticed yet ([`set_live`](Self::set_live)).
    pub fn new() -> Self {
        Self::default()
    }

    /// Wakes every watch. Call it when the change can be read, and not before.
    pub fn notify(&self) {
        self.0
            .send_modify(|state| state.notices = state.notices.wrapping_add(1));
    }

    /// Notes whether the changes of every process are noticed from now on. A watch wakes when that changes: what was
    /// changed while they were not noticed is there to be read.
    pub fn set_live(&self, live: bool) {
        self.0
            .send_if_modified(|state| std::mem::replace(&mut state.live, live) != live);
    }

    /// A new watch. It wakes for every change from now on.
    pub fn watch(&self) -> ChangeWatch {
        ChangeWatch(self.0.subscribe())
    }
}

impl ChangeWatch {
    /// A watch that never wakes, of a store that does not notice changes.
    pub fn none() -> Self {
        ChangeNotices::new().watch()
    }

    /// Waits until something may have changed since the last call, or since this watch was made. A call that is dropped
    /// before it answers has missed nothing. Without an end where nothing changes: give it a bound.
    pub async fn changed(&mut self) {
        if self.0.changed().await.is_err() {
            pending().await
        }
    }

    /// Whether the changes of every process are noticed at this moment. While they are not, read more often.
    pub fn is_live(&self) -> bool {
        self.0.has_changed().is_ok() && self.0.borrow().live
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::timeout;

    use super::*;

    const SHORT: Duration = Duration::from_millis(1);

    async fn wakes(watch: &mut ChangeWatch) -> bool {
        timeout(SHORT, watch.changed()).await.is_ok()
    }

    #[tokio::test(start_paused = true)]
    async fn a_change_wakes_every_watch_once() {
        let notices = ChangeNotices::new();
        let (mut one, mut other) = (notices.watch(), notices.watch());
        assert!(!wakes(&mut one).await);
        notices.notify();
        notices.notify();
        assert!(wakes(&mut one).await && wakes(&mut other).await);
        assert!(!wakes(&mut one).await && !wakes(&mut other).await);
    }

    #[tokio::test(start_paused = true)]
    async fn a_watch_wakes_when_changes_are_noticed_and_when_they_no_longer_are() {
        let notices = ChangeNotices::new();
        let mut watch = notices.watch();
        for live in [true, false] {
            notices.set_live(live);
            assert_eq!((wakes(&mut watch).await, watch.is_live()), (true, live));
            notices.set_live(live);
            assert!(!wakes(&mut watch).await, "nothing is new");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_watch_of_a_store_that_is_gone_sleeps() {
        let notices = ChangeNotices::new();
        notices.set_live(true);
        let mut watch = notices.watch();
        drop(notices);
        assert!(!watch.is_live());
        assert!(!wakes(&mut watch).await && !wakes(&mut ChangeWatch::none()).await);
    }
}
