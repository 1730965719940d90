//! Where the feed is read, and that changes are noticed there.

use async_trait::async_trait;
use futures_util::FutureExt;

use super::backend::Db;
use super::differences;
use crate::options::ConnectError;
use crate::store::FollowedFeed;
use crate::url::{DatabaseUrl, PostgresUrl};

#[async_trait]
impl FollowedFeed for Db {
    fn is_pooled(&self) -> bool {
        self.lanes.pool.is_pooled()
    }

    async fn prepare_feed(&self) -> Result<(), ConnectError> {
        if self.past_pooler.is_some() {
            let own = self.read((), |conn, ()| differences::feed_state(conn).boxed()).await?;
            let fed = self.read_feed((), |conn, ()| differences::feed_state(conn).boxed());
            let fed = fed.await.map_err(|error| ConnectError::FeedUrl(error.to_string()))?;
            if own.identity != fed.identity {
                return Err(ConnectError::FeedUrl("it leads to another database".to_owned()));
            }
        }
        if self.listens {
            self.listen();
        }
        Ok(())
    }
}

impl Db {
    /// Listens on the feed's connection, and has others notice what this node changes.
    fn listen(&self) {
        match self.is_pooled() && self.past_pooler.is_none() {
            true => tracing::warn!(
                event = "feed_cannot_listen",
                error = "database_url leads through a pooler that lends out connections for one transaction each",
                "the feed is read at fixed times instead. Set feed_url past the pooler"
            ),
            false => self.feed.pool.listen(self.listener.clone()),
        }
        if let (Some(runtime), Some(announcer)) = (&self.runtime, &self.notifier.announcer) {
            let (announcer, pool) = (announcer.clone(), self.notifier.pool.clone());
            runtime.spawn(async move { announcer.run(&pool).await });
        }
    }
}

/// Where the feed is, if the options say so.
pub(super) fn parse_feed_url(url: &str) -> Result<PostgresUrl, ConnectError> {
    match DatabaseUrl::parse(url) {
        Ok(DatabaseUrl::Postgres(url)) => Ok(*url),
        Ok(DatabaseUrl::Sqlite(_)) => Err(ConnectError::FeedUrl("it is not one of PostgreSQL".to_owned())),
        Err(error) => Err(ConnectError::FeedUrl(error.to_string())),
    }
}
