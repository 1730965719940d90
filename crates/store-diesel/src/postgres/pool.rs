//! The connections that are held: at most so many, made when they are needed, given back when they are whole.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use auth_core::StoreError;
use tokio::sync::watch;

use super::connector::{Connector, Lane};
use super::listener::Listener;

/// Connections that are not in use. The semaphore before it limits how many there are.
pub(super) struct Pool {
    connector: Arc<Connector>,
    /// How long one attempt may take on a connection before that counts as broken; `None`: as long as the operation.
    patience: Option<Duration>,
    idle: Mutex<Vec<Lane>>,
    renewals: watch::Sender<()>,
}

/// Changes when all connections that were made or taken before are to be given up.
pub(super) type Renewal = watch::Receiver<()>;

impl Pool {
    pub(super) fn new(connector: Arc<Connector>, patience: Option<Duration>) -> Self {
        Self {
            connector,
            patience,
            idle: Mutex::default(),
            renewals: watch::Sender::new(()),
        }
    }

    pub(super) fn patience(&self) -> Option<Duration> {
        self.patience
    }

    /// Whether a pooler is in between that lends out its connections for one transaction each.
    pub(super) fn is_pooled(&self) -> bool {
        self.connector.is_pooled()
    }

    /// Has each connection listen, those that were made before excepted: they are closed.
    pub(super) fn listen(&self, listener: Arc<Listener>) {
        self.connector.listen(listener);
        self.lock().clear();
    }

    /// Closes what is idle, and has those who hold a connection give it up: they lead to a server that is no longer the one
    /// in charge, and might wait for its answers for long.
    pub(super) fn renew(&self) {
        let mut idle = self.lock();
        idle.clear();
        self.renewals.send_replace(());
    }

    /// A connection, whether it is new, and when it is to be given up. The last one given back is the first taken, so that
    /// the others can be noticed to be closed before they are taken.
    pub(super) async fn take(&self) -> Result<(Lane, bool, Renewal), StoreError> {
        let (lane, renewal) = self.take_idle();
        match lane {
            Some(lane) => Ok((lane, false, renewal)),
            None => Ok((self.connector.connect().await?, true, renewal)),
        }
    }

    /// A connection that is not of the pool.
    pub(super) async fn connect(&self) -> Result<Lane, StoreError> {
        self.connector.connect().await
    }

    /// Takes back a connection that is whole and in no transaction.
    pub(super) fn give_back(&self, lane: Lane, renewal: &Renewal) {
        let mut idle = self.lock();
        // A closed channel counts as changed; it closes with this pool.
        if !lane.is_closed() && !renewal.has_changed().unwrap_or(true) {
            idle.push(lane);
        }
    }

    /// Both under one lock, so that no connection is taken from before a renewal and held without a sign of it.
    fn take_idle(&self) -> (Option<Lane>, Renewal) {
        let mut idle = self.lock();
        idle.retain(|lane| !lane.is_closed());
        (idle.pop(), self.renewals.subscribe())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Lane>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
