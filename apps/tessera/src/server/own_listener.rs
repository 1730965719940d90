//! A listener beside the server's, for one thing alone: metrics, the console.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use actix_server::ServerHandle;
use actix_service::ServiceFactory;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::{App, Error};
use anyhow::Context;
use tokio::task::JoinHandle;

use super::capacity::Capacity;
use super::slots::Slots;
use super::tls::Tls;
use super::watch::Waits;
use super::{Answering, LINGER};
use crate::http::Proxies;

/// How long each wait on a client may last. Some ask once a minute.
const WAITS: Waits = Waits {
    idle: Duration::from_secs(75),
    head: Duration::from_secs(5),
    write: Duration::from_secs(10),
    linger: LINGER,
};

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
    /// Answers with `app` at the listener that `setting` names; at most so many connections at once, encrypted where there is a
    /// certificate.
    pub(crate) fn run<T, B>(
        setting: &'static str,
        listener: TcpListener,
        connections: usize,
        tls: Option<Arc<Tls>>,
        app: impl Fn() -> App<T> + Clone + Send + 'static,
    ) -> anyhow::Result<Self>
    where
        T: ServiceFactory<ServiceRequest, Config = (), Response = ServiceResponse<B>, Error = Error, InitError = ()>
            + 'static,
        T::Service: 'static,
        T::Future: 'static,
        B: MessageBody + 'static,
    {
        let address = listener.local_addr().context("the address cannot be read back")?;
        let capacity = Capacity {
            connections,
            of_one_source: connections,
        };
        let answering = Answering {
            workers: 1,
            connections,
            shutdown: Duration::from_secs(1),
            waits: WAITS,
            slots: Arc::new(Slots::new(capacity, Proxies::default())),
            tls,
        };
        let server = answering.at(listener, app).context(setting)?;
        Ok(Self {
            address,
            handle: server.handle(),
            server: tokio::spawn(server),
        })
    }

    /// Stops listening.
    pub(crate) async fn stop(self) {
        self.handle.stop(true).await;
        // It has served to the end, whatever ended it.
        drop(self.server.await);
    }
}
