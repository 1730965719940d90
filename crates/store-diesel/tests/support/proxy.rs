//! A TCP proxy in front of a database, as a network that fails.

use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// What the network does.
#[allow(dead_code, reason = "each test file uses some of it")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Network {
    Works,
    /// Connections end, and new ones are closed at once.
    Cut,
    /// Nothing passes, in either direction, and nothing is closed.
    Stalled,
    /// What the client sends passes; no answer comes back.
    OneWay,
    /// Each piece takes this long.
    Slow(Duration),
}

pub(crate) struct Proxy {
    address: std::net::SocketAddr,
    network: Arc<watch::Sender<Network>>,
}

impl Proxy {
    /// A proxy to this server, whose network works.
    pub(crate) async fn to(server: &str) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
        let address = listener.local_addr().expect("a bound socket");
        let network = Arc::new(watch::Sender::new(Network::Works));
        tokio::spawn(accept(listener, server.to_owned(), network.clone()));
        Self { address, network }
    }

    pub(crate) fn address(&self) -> std::net::SocketAddr {
        self.address
    }

    pub(crate) fn set(&self, network: Network) {
        self.network.send_replace(network);
    }
}

async fn accept(listener: TcpListener, server: String, network: Arc<watch::Sender<Network>>) {
    while let Ok((client, _)) = listener.accept().await {
        if *network.borrow() != Network::Cut {
            tokio::spawn(carry(client, server.clone(), network.subscribe()));
        }
    }
}

/// Carries one connection until either end closes it or the network is cut.
async fn carry(client: TcpStream, server: String, network: watch::Receiver<Network>) {
    let Ok(server) = TcpStream::connect(&server).await else {
        return;
    };
    let ((from_client, to_client), (from_server, to_server)) = (client.into_split(), server.into_split());
    let mut cut = network.clone();
    let there = pass(from_client, to_server, network.clone(), false);
    let back = pass(from_server, to_client, network, true);
    tokio::select! {
        () = there => {}
        () = back => {}
        _ = cut.wait_for(|network| *network == Network::Cut) => {}
    }
}

async fn pass(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, mut network: watch::Receiver<Network>, is_answer: bool) {
    let mut piece = [0; 4096];
    loop {
        let Ok(bytes @ 1..) = from.read(&mut piece).await else {
            return;
        };
        let passes = |network: &Network| match network {
            Network::Stalled => false,
            Network::OneWay => !is_answer,
            Network::Works | Network::Cut | Network::Slow(_) => true,
        };
        let Ok(now) = network.wait_for(passes).await.map(|now| *now) else {
            return;
        };
        if let Network::Slow(delay) = now {
            tokio::time::sleep(delay).await;
        }
        if to.write_all(&piece[..bytes]).await.is_err() {
            return;
        }
    }
}
