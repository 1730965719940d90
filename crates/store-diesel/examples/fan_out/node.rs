//! One node, as far as the database can tell.

use std::error::Error;
use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;
use tokio_postgres::{AsyncMessage, Client, NoTls, Statement};

use crate::Answered;

/// As in the server: the time between two reads at least and at most.
const BREATH: Duration = Duration::from_millis(10);
const MOST: Duration = Duration::from_millis(900);

/// How many reads there were, of all nodes.
static READS: AtomicU64 = AtomicU64::new(0);

/// The two statements of a read: the state of the feed, as the list of the tests has it, and what is new.
const STATEMENTS: &str = include_str!("../../tests/support/statements/postgres.txt");
const CHANGES: &str = "SELECT sequence, kind, token_id, subject, generation, until FROM feed \
    WHERE sequence > $1 ORDER BY sequence LIMIT 1000";

pub fn reads() -> u64 {
    READS.load(Ordering::Relaxed)
}

/// A node that runs until the end, and then says by how many microseconds it heard of each revocation later than its caller.
pub async fn start(
    url: &str,
    place: usize,
    answered: Answered,
    ended: watch::Receiver<bool>,
) -> Result<JoinHandle<Vec<u32>>, Box<dyn Error>> {
    let (client, mut connection) = tokio_postgres::connect(url, NoTls).await?;
    let notices = Arc::new(Notify::new());
    let noticed = notices.clone();
    tokio::spawn(async move {
        while let Some(Ok(message)) = poll_fn(|context| connection.poll_message(context)).await {
            if let AsyncMessage::Notification(_) = message {
                noticed.notify_one();
            }
        }
    });
    client.batch_execute("LISTEN tessera_changes").await?;
    let state = STATEMENTS
        .lines()
        .find(|line| line.starts_with("SELECT pg_is_in_recovery()"));
    let state = client.prepare(state.expect("the store sends it")).await?;
    let changes = client.prepare(CHANGES).await?;
    let newest = client
        .query_one("SELECT coalesce(max(sequence), 0) FROM feed", &[])
        .await?;
    let node = Node {
        client,
        state,
        changes,
        after: newest.get(0),
        answered,
        late: Vec::new(),
    };
    // Not all at the same moment.
    let offset = MOST * (place % 90) as u32 / 90;
    Ok(tokio::spawn(node.run(notices, ended, offset)))
}

struct Node {
    client: Client,
    state: Statement,
    changes: Statement,
    after: i64,
    answered: Answered,
    late: Vec<u32>,
}

impl Node {
    async fn run(mut self, notices: Arc<Notify>, ended: watch::Receiver<bool>, offset: Duration) -> Vec<u32> {
        tokio::time::sleep(offset).await;
        while !*ended.borrow() {
            self.read().await.expect("the database answers");
            tokio::time::sleep(BREATH).await;
            let _ = tokio::time::timeout(MOST - BREATH, notices.notified()).await;
        }
        self.late
    }

    async fn read(&mut self) -> Result<(), tokio_postgres::Error> {
        self.client.query_one(&self.state, &[]).await?;
        let rows = self.client.query(&self.changes, &[&self.after]).await?;
        READS.fetch_add(1, Ordering::Relaxed);
        let now = Instant::now();
        let answered = self.answered.lock().unwrap();
        for row in rows {
            self.after = row.get(0);
            let token: Option<i64> = row.get(2);
            // What was read before its caller had the answer was not late.
            let since = token.and_then(|token| answered.get(&token));
            let late = since.map_or(Duration::ZERO, |since| now.saturating_duration_since(*since));
            self.late.push(late.as_micros() as u32);
        }
        Ok(())
    }
}
