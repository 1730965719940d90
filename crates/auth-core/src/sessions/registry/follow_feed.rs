//! Reading the feed of changes, and noticing that it is another one.

use std::sync::atomic::Ordering;

use super::TokenRegistry;
use super::counters::note;
use super::feed_position::{FeedPosition, Replaced};
use super::late_gaps::Taken;
use crate::contract::change_watch::ChangeWatch;
use crate::contract::error::StoreError;
use crate::contract::token_store::{Change, FeedEntry};

/// How many entries of the feed are read at once.
const PAGE: u32 = 1000;

impl TokenRegistry {
    /// Wakes when it is time to [`sync`](Self::sync).
    pub fn watch(&self) -> ChangeWatch {
        self.store.watch_feed()
    }

    /// Reads the feed to its end and applies what is new; the first time, all of it.
    ///
    /// Where the feed is another one than before (a restored or promoted database), everything in memory is dropped, and
    /// every check fails with [`Unavailable::Stale`](crate::Unavailable::Stale) until the new feed was read to its end.
    ///
    /// # Errors
    /// When the store fails; what was read before is kept.
    pub async fn sync(&self) -> Result<(), StoreError> {
        let mut position = self.feed.lock().await;
        let asked_at = self.clock().monotonic();
        let state = self.store.feed_state().await?;
        if let Some(why) = position.begin_round(state) {
            self.start_anew(why);
        }
        loop {
            let page = self.store.changes(position.after(), PAGE).await?;
            let last_page = page.len() < PAGE as usize;
            for entry in position.take_new(page, asked_at) {
                self.take_in(&entry);
            }
            if last_page {
                break;
            }
        }
        self.read_late(&mut position).await?;
        position.end_round(asked_at);
        position.forget_settled();
        self.revocations.forget_before(self.clock.now().minus(Self::KEEP));
        note(&self.counters.syncs);
        if self.revocations.set_read_at(asked_at) {
            tracing::info!(event = "feed_read_anew", "tokens are checked again");
        }
        Ok(())
    }

    /// Has this node follow at once what it has changed in the store, before it says that it is done. If the feed cannot be read,
    /// the node follows with its next [`sync`](Self::sync), as the others do.
    pub async fn catch_up(&self) {
        if let Err(error) = self.sync().await {
            tracing::warn!(event = "feed_not_caught_up", %error, "the node follows with its next read");
        }
    }

    /// Looks for the entries that did not become visible in time.
    async fn read_late(&self, position: &mut FeedPosition) -> Result<(), StoreError> {
        let mut read_to = 0;
        while let Some(after) = position.late().next_after(read_to) {
            let page = self.store.changes(after, PAGE).await?;
            let last_page = page.len() < PAGE as usize;
            read_to = page.last().map_or(after, |entry| entry.sequence);
            for entry in page {
                match position.late().take(entry.sequence) {
                    Taken::Known => continue,
                    Taken::PerhapsKnown => {}
                    Taken::Late => {
                        note(&self.counters.late_entries);
                        tracing::warn!(
                            event = "feed_entry_late",
                            sequence = entry.sequence,
                            "a transaction was open for long"
                        );
                    }
                }
                self.take_in(&entry);
            }
            if last_page {
                break;
            }
        }
        Ok(())
    }

    /// An entry that was not read before.
    fn take_in(&self, entry: &FeedEntry) {
        if entry.change == Change::Unreadable {
            tracing::error!(
                event = "feed_entry_unreadable",
                sequence = entry.sequence,
                "it is damaged, or of a later version's kind: every record is read anew"
            );
        }
        self.revocations.add(entry);
        self.apply(entry.change);
    }

    /// Drops everything that was read from another feed: its numbers may mean other tokens by now.
    fn start_anew(&self, why: Replaced) {
        let why = match why {
            Replaced::Identity => "it is another database, or it was promoted or restarted",
            Replaced::WentBack => "its numbers went back: it was restored from a backup",
        };
        tracing::error!(
            event = "feed_replaced",
            why,
            "every token is refused until the revocations were read anew"
        );
        note(&self.counters.restarts);
        self.epoch.fetch_add(1, Ordering::SeqCst);
        self.revocations.start_anew();
        self.records.clear();
        self.last_use.take().written();
        self.unknown.forget();
    }

    /// Removes what is kept in memory and a change concerns. What it revokes is among the revocations by then.
    fn apply(&self, change: Change) {
        note(&self.counters.entries);
        self.epoch.fetch_add(1, Ordering::SeqCst);
        match change {
            Change::Ended(id) => self.records.remove_session(id),
            Change::Superseded(subject, _) | Change::SubjectRights(subject) => self.records.remove_subject(subject),
            Change::AllRights => self.records.clear(),
            Change::Imported => self.unknown.forget(),
            Change::Unreadable => {
                self.records.clear();
                self.unknown.forget();
            }
        }
    }
}
