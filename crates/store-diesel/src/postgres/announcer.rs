//! `NOTIFY`: other processes are notified of a change.
//!
//! It is sent after the change was committed, and not in its transaction. PostgreSQL lets one transaction with a notice
//! commit at a time, in the whole cluster, each with its own wait for the disk: 32 clients would revoke at a sixth of the
//! rate. A transaction of a notice alone need not wait for the disk, and one notice is enough for all that was
//! committed since the last.

use std::collections::BTreeSet;
use std::mem::take;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use diesel_async::SimpleAsyncConnection;
use futures_util::FutureExt;
use tokio::sync::Notify;
use tokio::time::{sleep, timeout};

use super::attempt::read_once;
use super::backend::Connection;
use super::pool::Pool;
use crate::error::Outcome;
use crate::notices::Topic;

/// The channel, in each database that has our tables.
pub(super) const CHANNEL: &str = "tessera_changes";

/// The pause after a notice. What is committed meanwhile shares the next.
const PAUSE: Duration = Duration::from_millis(5);

/// The same after a notice that could not be sent.
const LONG_PAUSE: Duration = Duration::from_millis(500);

/// How long a command waits for a notice to be sent. Without it, other processes read of the change at their next turn.
const NOTICE_PATIENCE: Duration = Duration::from_secs(1);

/// Notices that are to be sent.
#[derive(Debug, Default)]
pub(super) struct Announcer {
    pending: Mutex<BTreeSet<String>>,
    wake: Notify,
}

impl Topic {
    /// Its notice.
    pub(super) fn text(self) -> &'static str {
        match self {
            Self::Feed => "feed",
            Self::Keys => "keys",
            Self::ResourceServers => "resource_servers",
        }
    }

    pub(super) fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|topic| topic.text() == text)
    }
}

impl Announcer {
    /// Has a notice sent soon.
    pub(super) fn announce(&self, text: impl Into<String>) {
        self.pending().insert(text.into());
        self.wake.notify_one();
    }

    /// Sends what is pending, for ever. One task does.
    pub(super) async fn run(&self, pool: &Pool) {
        loop {
            self.wake.notified().await;
            let texts = take(&mut *self.pending());
            match send(pool, &texts).await {
                true => sleep(PAUSE).await,
                false => {
                    self.pending().extend(texts);
                    self.wake.notify_one();
                    sleep(LONG_PAUSE).await;
                }
            }
        }
    }

    fn pending(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Notifies other processes of a change that was committed.
#[derive(Clone)]
pub(super) struct Notifier {
    pub(super) pool: Arc<Pool>,
    /// `None`: the notice is sent before the caller is answered. A command may end right then.
    pub(super) announcer: Option<Arc<Announcer>>,
}

impl Notifier {
    pub(super) async fn notify(&self, topic: Topic) {
        match &self.announcer {
            Some(announcer) => announcer.announce(topic.text()),
            None => {
                let text = BTreeSet::from([topic.text().to_owned()]);
                let _ = timeout(NOTICE_PATIENCE, send(&self.pool, &text)).await;
            }
        }
    }
}

/// Sends notices. Whether that was done; if not, other processes read of the change at their next turn.
async fn send(pool: &Pool, texts: &BTreeSet<String>) -> bool {
    let sent = read_once(pool, texts, |conn, texts| notify(conn, texts).boxed()).await;
    if let Err(error) = &sent {
        tracing::debug!(event = "change_not_announced", %error);
    }
    sent.is_ok()
}

/// Nothing is lost with a notice that is not on the disk. The setting is the transaction's alone: behind a pooler a
/// session is another client's next.
async fn notify(conn: &mut Connection, texts: &BTreeSet<String>) -> Outcome<()> {
    let notices: String = texts
        .iter()
        .map(|text| format!("NOTIFY {CHANNEL}, '{text}';"))
        .collect();
    // Statements that are sent together are one transaction.
    let transaction = format!("SET LOCAL synchronous_commit = off; {notices}");
    Ok(conn.batch_execute(&transaction).await?)
}
