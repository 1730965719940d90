//! A small HTTP/1.1 client over one kept connection.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

pub const LOGIN: &str = r#"{"username":"100@mydomain.com","password":"secret"}"#;

pub struct Client {
    address: String,
    stream: Option<BufReader<TcpStream>>,
}

pub struct Answer {
    pub status: u16,
    pub body: String,
    pub took: Duration,
}

impl Client {
    pub fn new(address: &str) -> Self {
        Self {
            address: address.to_owned(),
            stream: None,
        }
    }

    pub fn login(&mut self, body: &str, source: &str) -> Answer {
        let head = format!("content-type: application/json\r\nx-forwarded-for: {source}\r\n");
        self.send("POST", "/login", &head, body)
    }

    /// Status 0: no answer came.
    pub fn send(&mut self, method: &str, path: &str, head: &str, body: &str) -> Answer {
        let length = body.len();
        let request = format!("{method} {path} HTTP/1.1\r\nhost: load\r\ncontent-length: {length}\r\n{head}\r\n{body}");
        let begun = Instant::now();
        let answered = self.exchange(request.as_bytes());
        if answered.is_none() {
            self.stream = None;
        }
        let (status, body) = answered.unwrap_or_default();
        Answer {
            status,
            body,
            took: begun.elapsed(),
        }
    }

    fn exchange(&mut self, request: &[u8]) -> Option<(u16, String)> {
        if self.stream.is_none() {
            let stream = TcpStream::connect(&self.address).ok()?;
            stream.set_nodelay(true).ok()?;
            stream.set_read_timeout(Some(Duration::from_secs(30))).ok()?;
            self.stream = Some(BufReader::new(stream));
        }
        let stream = self.stream.as_mut()?;
        stream.get_mut().write_all(request).ok()?;
        let mut line = String::new();
        stream.read_line(&mut line).ok()?;
        let status = line.split(' ').nth(1)?.parse().ok()?;
        let mut length = 0;
        loop {
            line.clear();
            stream.read_line(&mut line).ok()?;
            let Some((name, value)) = line.trim_end().split_once(':') else {
                break;
            };
            if name.eq_ignore_ascii_case("content-length") {
                length = value.trim().parse().ok()?;
            }
        }
        let mut body = vec![0; length];
        stream.read_exact(&mut body).ok()?;
        Some((status, String::from_utf8_lossy(&body).into_owned()))
    }
}

/// The headers of a signed-in PBX user's requests.
pub fn token_headers(address: &str) -> String {
    let answer = Client::new(address).login(LOGIN, "198.51.100.1");
    let body: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
    let text = |name: &str| body[name].as_str().unwrap().to_owned();
    format!("x-access-token: {}\r\nx-key: {}\r\n", text("token"), text("key"))
}

/// A client address that is different for each number.
pub fn source(number: usize) -> String {
    format!("10.{}.{}.{}", number >> 16 & 255, number >> 8 & 255, number & 255)
}
