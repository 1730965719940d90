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
    /// Nothing passes on the connections that there are; new ones work, as where another server has taken over.
    OldStalled,
    /// What the client sends passes; no answer comes back.
    OneWay,
    /// Each piece takes this long.
    Slow(Duration),
}

pub(crate) struct Proxy {
    address: std::net::SocketAddr,
    network: Arc<watch::Sender<Network>>,
    /// How many pieces did not pass at once.
    held: Arc<watch::Sender<usize>>,
}

impl Proxy {
    /// A proxy to this server, whose network works.
    pub(crate) async fn to(server: &str) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
        let address = listener.local_addr().expect("a bound socket");
        let network = Arc::new(watch::Sender::new(Network::Works));
        let held = Arc::new(watch::Sender::new(0));
        tokio::spawn(accept(listener, server.to_owned(), network.clone(), held.clone()));
        Self { address, network, held }
    }

    pub(crate) fn address(&self) -> std::net::SocketAddr {
        self.address
    }

    pub(crate) fn set(&self, network: Network) {
        self.network.send_replace(network);
    }

    /// Completes when something was sent that does not pass.
    #[allow(dead_code, reason = "each test file uses some of it")]
    pub(crate) async fn holds_something(&self) {
        let held = self.held.subscribe().wait_for(|held| *held > 0).await.map(|held| *held);
        held.expect("the proxy runs");
    }
}

async fn accept(
    listener: TcpListener,
    server: String,
    network: Arc<watch::Sender<Network>>,
    held: Arc<watch::Sender<usize>>,
) {
    while let Ok((client, _)) = listener.accept().await {
        let now = *network.borrow();
        let connection = Connection {
            network: network.subscribe(),
            is_new: now == Network::OldStalled,
            held: held.clone(),
        };
        if now != Network::Cut {
            tokio::spawn(connection.carry(client, server.clone()));
        }
    }
}

struct Connection {
    network: watch::Receiver<Network>,
    /// Whether it was made after the old ones had begun to stall.
    is_new: bool,
    held: Arc<watch::Sender<usize>>,
}

impl Connection {
    /// Carries it until either end closes it or the network is cut.
    async fn carry(self, client: TcpStream, server: String) {
        let Ok(server) = TcpStream::connect(&server).await else {
            return;
        };
        let ((from_client, to_client), (from_server, to_server)) = (client.into_split(), server.into_split());
        let mut cut = self.network.clone();
        tokio::select! {
            () = self.pass(from_client, to_server, false) => {}
            () = self.pass(from_server, to_client, true) => {}
            _ = cut.wait_for(|network| *network == Network::Cut) => {}
        }
    }

    async fn pass(&self, mut from: OwnedReadHalf, mut to: OwnedWriteHalf, is_answer: bool) {
        let mut network = self.network.clone();
        let mut piece = [0; 4096];
        loop {
            let Ok(bytes @ 1..) = from.read(&mut piece).await else {
                return;
            };
            let passes = |network: &Network| match network {
                Network::Stalled => false,
                Network::OldStalled => self.is_new,
                Network::OneWay => !is_answer,
                Network::Works | Network::Cut | Network::Slow(_) => true,
            };
            if !passes(&network.borrow()) {
                self.held.send_modify(|held| *held += 1);
            }
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
}
