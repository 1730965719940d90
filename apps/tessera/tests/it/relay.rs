//! Passes bytes on between a proxy and a server, and keeps them.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

/// A relay before one server. It ends with the test program.
#[derive(Debug)]
pub struct Relay {
    pub address: SocketAddr,
    asked: Kept,
    answered: Kept,
}

type Kept = Arc<Mutex<Vec<u8>>>;

impl Relay {
    pub fn start(server: SocketAddr) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port is free");
        let address = listener.local_addr().expect("an address");
        let (asked, answered) = (Kept::default(), Kept::default());
        let kept = (asked.clone(), answered.clone());
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                // Without a server the proxy finds a connection that is closed.
                let Ok(server) = TcpStream::connect(server) else {
                    continue;
                };
                let copies = (client.try_clone().expect("a copy"), server.try_clone().expect("a copy"));
                let kept = kept.clone();
                thread::spawn(move || copy(copies.0, server, &kept.0));
                thread::spawn(move || copy(copies.1, client, &kept.1));
            }
        });
        Self {
            address,
            asked,
            answered,
        }
    }

    /// What the proxy has sent so far.
    pub fn asked(&self) -> Vec<u8> {
        kept(&self.asked)
    }

    /// What the server has sent so far.
    pub fn answered(&self) -> Vec<u8> {
        kept(&self.answered)
    }
}

fn kept(bytes: &Kept) -> Vec<u8> {
    bytes.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

fn copy(mut from: TcpStream, mut to: TcpStream, kept: &Kept) {
    let mut buffer = [0; 16 * 1024];
    while let Ok(length @ 1..) = from.read(&mut buffer) {
        let bytes = &buffer[..length];
        kept.lock()
            .unwrap_or_else(PoisonError::into_inner)
            .extend_from_slice(bytes);
        if to.write_all(bytes).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Both);
    let _ = from.shutdown(Shutdown::Both);
}
