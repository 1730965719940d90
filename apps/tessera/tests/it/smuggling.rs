//! Bytes that two servers may read as different requests. Each sample ends in a hidden request: a server that answers that
//! took a part of the sample for a request of its own.

use crate::support::client::Connection;
use crate::support::server::Server;

/// The request that no server may see.
const HIDDEN: &str = "GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n";

/// The samples: a name, and the bytes.
pub fn samples() -> Vec<(String, Vec<u8>)> {
    let sample = |name: &str, bytes: String| (name.to_owned(), [bytes.as_bytes(), HIDDEN.as_bytes()].concat());
    let framings = FRAMINGS.iter().map(|(framing, body)| {
        let name = format!("{framing:?} {body:?}");
        sample(
            &name,
            format!("POST /login HTTP/1.1\r\nHost: x\r\n{framing}\r\n\r\n{body}"),
        )
    });
    let heads = HEADS
        .iter()
        .map(|head| sample(&format!("{head:?}"), (*head).to_owned()));
    framings.chain(heads).collect()
}

/// Headers that frame a body, and the body.
const FRAMINGS: [(&str, &str); 33] = [
    ("Content-Length: 5\r\nTransfer-Encoding: chunked", "0\r\n\r\n"),
    ("Transfer-Encoding: chunked\r\nContent-Length: 5", "0\r\n\r\n"),
    ("Content-Length: 0\r\nTransfer-Encoding: chunked", "0\r\n\r\n"),
    ("Content-Length: 2\r\nContent-Length: 40", "{}"),
    ("Content-Length: 40\r\nContent-Length: 2", "{}"),
    ("Content-Length: 2, 40", "{}"),
    ("Content-Length: +2", "{}"),
    ("Content-Length: -2", "{}"),
    ("Content-Length: 0x2", "{}"),
    ("Content-Length: 2 2", "{}"),
    ("Content-Length: 18446744073709551618", "{}"),
    ("Content-Length : 2", "{}"),
    ("Content-Length:\x0b2", "{}"),
    ("Content-Length: 2\r\n Transfer-Encoding: chunked", "{}"),
    ("Transfer-Encoding : chunked", "0\r\n\r\n"),
    ("Transfer-Encoding: xchunked", "0\r\n\r\n"),
    ("Transfer-Encoding:\x0bchunked", "0\r\n\r\n"),
    ("Transfer-Encoding: \"chunked\"", "0\r\n\r\n"),
    ("Transfer-Encoding: chunked, identity", "0\r\n\r\n"),
    ("Transfer-Encoding: identity, chunked", "0\r\n\r\n"),
    ("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity", "0\r\n\r\n"),
    ("Transfer-Encoding:\r\n chunked", "0\r\n\r\n"),
    ("X: a\rTransfer-Encoding: chunked", "0\r\n\r\n"),
    ("X: a\nTransfer-Encoding: chunked", "0\r\n\r\n"),
    ("X: a\0\r\nTransfer-Encoding: chunked", "0\r\n\r\n"),
    ("Transfer-Encoding: chunked", "2;x\n{}\r\n0\r\n\r\n"),
    ("Transfer-Encoding: chunked", "2\n{}\n0\n\n"),
    ("Transfer-Encoding: chunked", "-2\r\n{}\r\n0\r\n\r\n"),
    ("Transfer-Encoding: chunked", "0x2\r\n{}\r\n0\r\n\r\n"),
    ("Transfer-Encoding: chunked", " 2\r\n{}\r\n0\r\n\r\n"),
    ("Transfer-Encoding: chunked", "fffffffffffffffff\r\n{}\r\n0\r\n\r\n"),
    ("Transfer-Encoding: chunked", "2\r\n{}XX0\r\n\r\n"),
    ("Transfer-Encoding: chunked", "0\r\nX: y\n\r\n"),
];

/// Whole heads.
const HEADS: [&str; 8] = [
    "GET /healthz HTTP/1.1\nHost: x\n\n",
    "GET /healthz HTTP/1.1\r\nHost: x\n\r\n",
    "GET /healthz HTTP/1.1\r\nHost: x\r\n\n",
    "GET /healthz HTTP/1.1\rHost: x\r\n\r\n",
    "GET /healthz HTTP/1.1\r\nHost: x\r\n folded: y\r\n\r\n",
    "GET /healthz HTTP/1.1\r\nHost : x\r\n\r\n",
    "GET /healthz HTTP/1.1\r\nHost: x\r\nX\0: y\r\n\r\n",
    "\nGET /healthz HTTP/1.1\r\nHost: x\r\n\r\n",
];

/// The statuses of all answers to these bytes, until the connection is closed.
pub fn statuses(mut connection: Connection, bytes: &[u8]) -> Vec<u16> {
    connection.write(bytes);
    std::iter::from_fn(|| connection.receive().ok())
        .map(|answer| answer.status)
        .collect()
}

#[test]
fn what_can_be_read_in_two_ways_is_refused_and_nothing_after_it_is_read() {
    let server = Server::shared();
    for (name, bytes) in samples() {
        let statuses = statuses(server.connect(), &bytes);
        assert!(
            statuses.len() <= 1 && statuses.iter().all(|status| *status == 400),
            "{name}: {statuses:?}"
        );
    }
}
