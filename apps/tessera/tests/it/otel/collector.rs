//! A collector on loopback: takes OTLP over HTTP, and keeps everything that it is sent.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use crate::protobuf::{Field, all, fields, number, text};
use crate::support::poll;

/// The kind of a server's span.
pub const SERVER: u64 = 2;

/// A span as it was sent. Ids are hexadecimal; no parent is empty.
#[derive(Clone, Debug)]
pub struct Sent {
    pub service: String,
    pub name: String,
    pub kind: u64,
    pub trace: String,
    pub id: String,
    pub parent: String,
    pub began: u64,
    pub ended: u64,
    pub attributes: HashMap<String, Value>,
}

/// The value of an attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    Text(String),
    Number(u64),
}

impl Sent {
    pub fn text(&self, name: &str) -> Option<&str> {
        match self.attributes.get(name)? {
            Value::Text(text) => Some(text),
            Value::Number(_) => None,
        }
    }

    pub fn number(&self, name: &str) -> Option<u64> {
        match self.attributes.get(name)? {
            Value::Number(number) => Some(*number),
            Value::Text(_) => None,
        }
    }
}

/// It ends with the test program.
#[derive(Debug)]
pub struct Collector {
    address: SocketAddr,
    received: Arc<Mutex<Received>>,
}

#[derive(Debug, Default)]
struct Received {
    heads: String,
    taken: Vec<Vec<u8>>,
    refused: Vec<Vec<u8>>,
    refusing: bool,
}

impl Collector {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let received = Arc::<Mutex<Received>>::default();
        let shared = received.clone();
        thread::spawn(move || {
            for connection in listener.incoming() {
                let (connection, shared) = (connection.expect("a connection"), shared.clone());
                thread::spawn(move || while serve(&connection, &shared).is_some() {});
            }
        });
        Self { address, received }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Whether further batches are refused for good.
    pub fn refuse(&self, refusing: bool) {
        self.received().refusing = refusing;
    }

    /// How many batches were refused.
    pub fn refused(&self) -> usize {
        self.received().refused.len()
    }

    /// How many spans were in them.
    pub fn refused_spans(&self) -> usize {
        self.received().refused.iter().map(|body| spans(body).len()).sum()
    }

    /// The spans taken so far.
    pub fn sent(&self) -> Vec<Sent> {
        self.received().taken.iter().flat_map(|body| spans(body)).collect()
    }

    /// The first such span, once it is there.
    pub fn wait_for(&self, wanted: impl Fn(&Sent) -> bool) -> Sent {
        let mut span = None;
        poll(3000, || {
            span = self.sent().into_iter().find(&wanted);
            span.is_some()
        });
        span.unwrap_or_else(|| panic!("there is no such span in {:#?}", self.sent()))
    }

    /// The heads of all requests.
    pub fn heads(&self) -> String {
        self.received().heads.clone()
    }

    /// The bodies of all requests.
    pub fn bytes(&self) -> Vec<u8> {
        let received = self.received();
        let bodies: Vec<_> = received.taken.iter().chain(&received.refused).cloned().collect();
        bodies.concat()
    }

    fn received(&self) -> MutexGuard<'_, Received> {
        self.received.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Answers one request; `None` where the connection has ended.
fn serve(connection: &TcpStream, received: &Mutex<Received>) -> Option<()> {
    let mut reader = BufReader::new(connection);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        (reader.read_line(&mut head).ok()? > 0).then_some(())?;
    }
    assert!(head.starts_with("POST /v1/traces HTTP/1.1\r\n"), "{head}");
    let head_in_small = head.to_ascii_lowercase();
    assert!(
        head_in_small.contains("content-type: application/x-protobuf\r\n"),
        "{head}"
    );
    let length = head_in_small.split("content-length: ").nth(1)?;
    let mut body = vec![0; length.lines().next()?.parse().ok()?];
    reader.read_exact(&mut body).ok()?;
    let mut received = received.lock().unwrap_or_else(PoisonError::into_inner);
    received.heads.push_str(&head);
    let status = match received.refusing {
        true => {
            received.refused.push(body);
            "400 Bad Request"
        }
        false => {
            received.taken.push(body);
            "200 OK"
        }
    };
    let mut writer = connection;
    write!(writer, "HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n").ok()
}

/// The spans of an `ExportTraceServiceRequest`. The numbers are those of `trace.proto` and `common.proto`, version 1.
fn spans(request: &[u8]) -> Vec<Sent> {
    let mut spans = Vec::new();
    for of_resource in all(request, 1) {
        let service = all(of_resource, 1)
            .flat_map(|resource| attributes(resource, 1))
            .find_map(|(name, value)| match value {
                Value::Text(text) if name == "service.name" => Some(text),
                _ => None,
            })
            .unwrap_or_default();
        for of_scope in all(of_resource, 2) {
            spans.extend(all(of_scope, 2).map(|span| sent(&service, span)));
        }
    }
    spans
}

fn sent(service: &str, span: &[u8]) -> Sent {
    let id = |number| hexadecimal(all(span, number).next().unwrap_or_default());
    Sent {
        service: service.to_owned(),
        trace: id(1),
        id: id(2),
        parent: id(4),
        name: text(span, 5),
        kind: number(span, 6),
        began: number(span, 7),
        ended: number(span, 8),
        attributes: attributes(span, 9),
    }
}

fn attributes(message: &[u8], number: u64) -> HashMap<String, Value> {
    let value = |bytes: &[u8]| match fields(bytes).first() {
        Some((1, Field::Bytes(text))) => Value::Text(String::from_utf8(text.to_vec()).expect("a text")),
        Some((3, Field::Number(number))) => Value::Number(*number),
        other => panic!("a value of another kind: {other:?}"),
    };
    let attribute = |bytes: &[u8]| (text(bytes, 1), value(all(bytes, 2).next().expect("a value")));
    all(message, number).map(attribute).collect()
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a String does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
