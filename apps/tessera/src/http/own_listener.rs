//! A listener beside the server's, for one thing alone: metrics, the console.

use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use actix_server::{Server, ServerHandle};
use anyhow::Context;
use tokio::task::JoinHandle;

/// How long a client may take for the head of a request.
pub(crate) const HEAD_TIMEOUT: Duration = Duration::from_secs(5);

/// How long it may take between two requests: some ask once a minute.
pub(crate) const IDLE_TIMEOUT: Duration = Duration::from_secs(75);

/// Takes the address that `setting` names.
pub(crate) fn bind(setting: &str, address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).with_context(|| format!("{setting} = {address}: cannot listen there; choose another"))
}

/// A listener at work. It has a thread of its own, so that it answers also when the server's workers are busy.
#[derive(Debug)]
pub(crate) struct OwnListener {
    pub(crate) address: SocketAddr,
    handle: ServerHandle,
    server: JoinHandle<std::io::Result<()>>,
}

impl OwnListener {
    /// Runs the server that listens at this address.
    pub(crate) fn run(address: SocketAddr, server: Server) -> Self {
        Self {
            address,
            handle: server.handle(),
            server: tokio::spawn(server),
        }
    }

    /// Stops listening.
    pub(crate) async fn stop(self) {
        self.handle.stop(true).await;
        // It has served to the end, whatever ended it.
        drop(self.server.await);
    }
}
