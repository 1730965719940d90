//! The connections that are held: at most so many, made when they are needed, given back when they are whole.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use auth_core::StoreError;

use super::connector::{Connector, Lane};
use super::listener::Listener;

/// Connections that are not in use. The semaphore before it limits how many there are.
pub(super) struct Pool {
    connector: Arc<Connector>,
    /// How long one attempt may take on a connection before that counts as broken; `None`: as long as the operation.
    patience: Option<Duration>,
    idle: Mutex<Vec<Lane>>,
}

impl Pool {
    pub(super) fn new(connector: Arc<Connector>, patience: Option<Duration>) -> Self {
        Self {
            connector,
            patience,
            idle: Mutex::default(),
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

    /// A connection, and whether it is new. The last one given back is the first taken, so that the others can be
    /// noticed to be closed before they are taken.
    pub(super) async fn take(&self) -> Result<(Lane, bool), StoreError> {
        match self.take_idle() {
            Some(lane) => Ok((lane, false)),
            None => Ok((self.connector.connect().await?, true)),
        }
    }

    /// A connection that is not of the pool.
    pub(super) async fn connect(&self) -> Result<Lane, StoreError> {
        self.connector.connect().await
    }

    /// Takes back a connection that is whole and in no transaction.
    pub(super) fn give_back(&self, lane: Lane) {
        if !lane.is_closed() {
            self.lock().push(lane);
        }
    }

    fn take_idle(&self) -> Option<Lane> {
        let mut idle = self.lock();
        idle.retain(|lane| !lane.is_closed());
        idle.pop()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Lane>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
