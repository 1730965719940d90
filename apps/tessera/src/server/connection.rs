//! HTTP/1.1 over one connection: admitted, under watch, closed when the server had to wait for too long.

use std::fmt::Debug;
use std::future::Future;
use std::rc::Rc;
use std::sync::Arc;

use actix_http::body::{BoxBody, MessageBody};
use actix_http::error::DispatchError;
use actix_http::{HttpService, Request, Response};
use actix_server::GracefulShutdownSignal;
use actix_service::{Service, ServiceFactory, apply_fn_factory};
use tokio::net::TcpStream;

use super::slots::Slots;
use super::stream::ClientStream;
use super::tls::Tls;
use super::transport::Transport;
use super::watch::{Waits, Watch};

/// The connections of one worker, encrypted where there is a certificate. `app` answers their requests.
pub(super) fn service<S, B>(
    app: S,
    waits: Waits,
    slots: Arc<Slots>,
    tls: Option<Arc<Tls>>,
    stopping: GracefulShutdownSignal,
) -> impl ServiceFactory<TcpStream, Config = (), Response = (), Error = DispatchError, InitError = ()>
where
    S: ServiceFactory<Request, Config = ()> + 'static,
    S::Service: 'static,
    S::Future: 'static,
    S::Response: Into<Response<B>> + 'static,
    S::Error: Into<Response<BoxBody>> + 'static,
    S::InitError: Debug,
    <S::Service as Service<Request>>::Future: 'static,
    B: MessageBody + 'static,
{
    let http = HttpService::build()
        .graceful_shutdown_signal(move || {
            let stopping = stopping.clone();
            async move { stopping.notified().await }
        })
        .keep_alive(waits.idle)
        .client_request_timeout(waits.head)
        .client_disconnect_timeout(waits.linger)
        // A client that closes its side has gone: its request is dropped, and with it the work for an answer that
        // nobody takes.
        .h1_allow_half_closed(false)
        .on_connect_ext(|stream: &ClientStream, data| drop(data.insert(stream.watch())))
        .h1::<_, B>(apply_fn_factory(app, answer));
    apply_fn_factory(http, move |socket: TcpStream, http| {
        let peer = socket.peer_addr().ok();
        let admitted = peer.and_then(|peer| slots.take(peer.ip())).map(|slot| {
            let watch = Rc::new(Watch::new(waits));
            let stream = ClientStream::new(Transport::new(socket, tls.as_deref()), watch.clone());
            (slot, http.call((stream, peer)), watch)
        });
        async move {
            let Some((_slot, connection, watch)) = admitted else {
                return Ok(());
            };
            tokio::select! {
                biased;
                ended = connection => ended,
                () = watch.expired() => Ok(()),
            }
        }
    })
}

/// Answers one request, and reports to the connection's watch when it begins and ends.
fn answer<S>(request: Request, app: &S) -> impl Future<Output = Result<S::Response, S::Error>> + use<S>
where
    S: Service<Request>,
    S::Future: 'static,
{
    let turn = request.conn_data::<Rc<Watch>>().cloned().map(Turn::begin);
    let answer = app.call(request);
    async move {
        let answer = answer.await;
        drop(turn);
        answer
    }
}

/// A request whose handler works. It ends also when the handler is given up.
struct Turn(Rc<Watch>);

impl Turn {
    fn begin(watch: Rc<Watch>) -> Self {
        watch.request_begins();
        Self(watch)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.0.request_ends();
    }
}
