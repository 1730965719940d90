//! Listening on the feed's connection.
//!
//! The connection that reads the feed listens too, so what reads is also what shows that the connection is alive. That
//! notices come through is not assumed: a new connection counts as listening when it has received its own greeting, which was
//! sent on another connection. A pooler in between that hands out connections for a transaction each loses notices.

use std::future::poll_fn;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use auth_core::ChangeWatch;
use diesel::dsl::sql;
use diesel::sql_types::Integer;
use diesel_async::{AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_postgres::AsyncMessage;

use super::announcer::{Announcer, CHANNEL};
use crate::error::Outcome;
use crate::notices::{Notices, Topic};

/// How the greeting of a connection begins. Its backend's number follows.
const GREETING: &str = "hello ";

/// For how long a greeting may be under way before it counts as lost.
const PATIENCE: Duration = Duration::from_secs(3);

/// Receives the notices of every process.
pub(super) struct Listener {
    notices: Notices,
    announcer: Arc<Announcer>,
    listening: Mutex<Listening>,
}

#[derive(Default)]
struct Listening {
    /// How many connections there were. Only the latest counts.
    connections: u64,
    /// What that one is to receive before it counts as listening.
    greeting: Option<String>,
}

/// One connection's part in it, until it is dropped with the connection.
pub(super) struct ListenerConnection {
    listener: Arc<Listener>,
    connection: u64,
}

impl ListenerConnection {
    /// Its connection's number.
    pub(super) fn connection(&self) -> u64 {
        self.connection
    }
}

impl Listener {
    pub(super) fn new(announcer: Arc<Announcer>) -> Self {
        Self {
            notices: Notices::default(),
            announcer,
            listening: Mutex::default(),
        }
    }

    pub(super) fn watch(&self, topic: Topic) -> ChangeWatch {
        self.notices.watch(topic)
    }

    /// The part of a new connection, which is the latest from now on.
    pub(super) fn of_new_connection(self: Arc<Self>) -> ListenerConnection {
        let connection = {
            let mut listening = self.listening();
            listening.connections += 1;
            listening.greeting = None;
            listening.connections
        };
        ListenerConnection {
            listener: self,
            connection,
        }
    }

    /// Listens on a new connection, before anything is read on it: what is committed later is noticed, and what was
    /// committed earlier is read. A connection that cannot listen is used anyway.
    pub(super) async fn listen(self: Arc<Self>, connection: u64, conn: &mut AsyncPgConnection) {
        match self.try_listen(connection, conn).await {
            Ok(()) => {
                let listener = self;
                tokio::spawn(async move {
                    tokio::time::sleep(PATIENCE).await;
                    listener.miss(connection);
                });
            }
            Err(error) => {
                let error = auth_core::StoreError::from(error);
                tracing::warn!(event = "feed_cannot_listen", %error, "the feed is read at fixed times instead");
            }
        }
    }

    async fn try_listen(&self, connection: u64, conn: &mut AsyncPgConnection) -> Outcome<()> {
        conn.batch_execute(&format!("LISTEN {CHANNEL}")).await?;
        let backend: i32 = diesel::select(sql::<Integer>("pg_backend_pid()"))
            .get_result(conn)
            .await?;
        let greeting = format!("{GREETING}{backend}");
        let mut listening = self.listening();
        if listening.connections == connection {
            listening.greeting = Some(greeting.clone());
            drop(listening);
            self.announcer.announce(greeting);
        }
        Ok(())
    }

    fn miss(&self, connection: u64) {
        let listening = self.listening();
        if listening.connections == connection && listening.greeting.is_some() {
            tracing::warn!(
                event = "feed_cannot_listen",
                error = "notices do not come through",
                "the feed is read at fixed times instead. Is there a pooler in transaction mode? Set feed_url past it"
            );
        }
    }

    fn receive(&self, connection: u64, text: &str) {
        let mut listening = self.listening();
        if listening.connections == connection && listening.greeting.as_deref() == Some(text) {
            listening.greeting = None;
            self.notices.set_live(true);
            return;
        }
        drop(listening);
        match Topic::parse(text) {
            Some(topic) => self.notices.notify(topic),
            None if text.starts_with(GREETING) => {}
            // A later version's.
            None => Topic::ALL.into_iter().for_each(|topic| self.notices.notify(topic)),
        }
    }

    fn listening(&self) -> MutexGuard<'_, Listening> {
        self.listening.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for ListenerConnection {
    fn drop(&mut self) {
        let listening = self.listener.listening();
        if listening.connections == self.connection {
            self.listener.notices.set_live(false);
        }
    }
}

/// Carries a connection's bytes until it ends, and receives what comes unasked.
pub(super) async fn carry<S, T>(mut connection: tokio_postgres::Connection<S, T>, part: Option<ListenerConnection>)
where
    S: AsyncRead + AsyncWrite + Unpin,
    T: AsyncRead + AsyncWrite + Unpin,
{
    while let Some(Ok(message)) = poll_fn(|context| connection.poll_message(context)).await {
        if let (AsyncMessage::Notification(notice), Some(part)) = (message, &part) {
            part.listener.receive(part.connection, notice.payload());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listener() -> Arc<Listener> {
        Arc::new(Listener::new(Arc::new(Announcer::default())))
    }

    /// As a connection that has listened does.
    fn greet(listener: &Listener, backend: i32) {
        listener.listening().greeting = Some(format!("{GREETING}{backend}"));
    }

    #[test]
    fn a_connection_listens_from_its_own_greeting_until_it_ends() {
        let listener = listener();
        let watch = listener.watch(Topic::Feed);
        let part = listener.clone().of_new_connection();
        greet(&listener, 7);
        listener.receive(part.connection, "hello 8");
        listener.receive(part.connection, "feed");
        assert!(!watch.is_live(), "another node's");
        listener.receive(part.connection, "hello 7");
        assert!(watch.is_live());
        drop(part);
        assert!(!watch.is_live());
    }

    #[test]
    fn the_end_of_an_earlier_connection_is_not_that_of_the_latest() {
        let listener = listener();
        let watch = listener.watch(Topic::Feed);
        let earlier = listener.clone().of_new_connection();
        let latest = listener.clone().of_new_connection();
        greet(&listener, 7);
        listener.receive(earlier.connection, "hello 7");
        assert!(!watch.is_live(), "it was the earlier one that received it");
        listener.receive(latest.connection, "hello 7");
        drop(earlier);
        assert!(watch.is_live());
    }

    #[tokio::test(start_paused = true)]
    async fn a_notice_wakes_the_watches_of_its_topic_and_an_unknown_one_all() {
        let listener = listener();
        let part = listener.clone().of_new_connection();
        let mut watches = Topic::ALL.map(|topic| listener.watch(topic));
        for (text, expected) in [
            ("feed", [true, false, false]),
            ("keys", [false, true, false]),
            ("resource_servers", [false, false, true]),
            ("hello 9", [false; 3]),
            ("of a later version", [true; 3]),
        ] {
            listener.receive(part.connection, text);
            for (watch, expected) in watches.iter_mut().zip(expected) {
                let woken = tokio::time::timeout(Duration::from_millis(1), watch.changed()).await;
                assert_eq!(woken.is_ok(), expected, "{text}");
            }
        }
    }
}
