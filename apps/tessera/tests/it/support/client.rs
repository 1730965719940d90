//! An HTTP client that sends exactly the given bytes: doubled headers, wrong framing, incomplete bodies.

use std::fmt;
use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use rustls::{ClientConfig, ClientConnection};
use serde_json::Value;

use super::description::Description;
use super::tls::Stream;

/// How long an answer may take before the test fails.
const PATIENCE: Duration = Duration::from_secs(40);

/// One request, header by header.
#[derive(Clone)]
pub struct Request {
    method: String,
    target: String,
    headers: Vec<(String, Vec<u8>)>,
    body: Option<Vec<u8>>,
}

impl Request {
    pub fn new(method: &str, target: &str) -> Self {
        Self {
            method: method.into(),
            target: target.into(),
            headers: Vec::new(),
            body: None,
        }
    }

    pub fn get(target: &str) -> Self {
        Self::new("GET", target)
    }

    pub fn post(target: &str) -> Self {
        Self::new("POST", target)
    }

    /// One more header line; a name may be used twice.
    pub fn header(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.headers.push((name.into(), value.as_ref().to_vec()));
        self
    }

    /// Several header lines.
    pub fn headers<V: AsRef<[u8]>>(self, headers: impl IntoIterator<Item = (&'static str, V)>) -> Self {
        headers
            .into_iter()
            .fold(self, |request, (name, value)| request.header(name, value))
    }

    /// Adds `X-Forwarded-For` with this client address.
    pub fn coming_from(self, address: &str) -> Self {
        self.header("X-Forwarded-For", address)
    }

    pub fn json(self, body: impl ToString) -> Self {
        self.header("Content-Type", "application/json").body(body.to_string())
    }

    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = Some(body.into());
        self
    }

    /// The bytes of the request.
    pub fn bytes(&self, host: SocketAddr) -> Vec<u8> {
        let mut out = format!("{} {} HTTP/1.1\r\n", self.method, self.target).into_bytes();
        let given = |name: &str| self.headers.iter().any(|(have, _)| have.eq_ignore_ascii_case(name));
        if !given("Host") {
            out.extend(format!("Host: {host}\r\n").into_bytes());
        }
        for (name, value) in &self.headers {
            out.extend([name.as_bytes(), b": ", value, b"\r\n"].concat());
        }
        let framed = given("Content-Length") || given("Transfer-Encoding");
        let length = self.body.as_ref().map_or(0, Vec::len);
        if !framed && (self.body.is_some() || self.method == "POST") {
            out.extend(format!("Content-Length: {length}\r\n").into_bytes());
        }
        out.extend(b"\r\n");
        out.extend(self.body.iter().flatten());
        out
    }

    pub fn method(&self) -> &str {
        &self.method
    }

    pub fn target(&self) -> &str {
        &self.target
    }

    /// Whether it is a browser's question whether a page may call.
    pub fn is_preflight(&self) -> bool {
        let name = "Access-Control-Request-Method";
        self.headers.iter().any(|(have, _)| have.eq_ignore_ascii_case(name))
    }

    fn is_head(&self) -> bool {
        self.method == "HEAD"
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.target)
    }
}

/// One answer.
#[derive(Clone, PartialEq, Eq)]
pub struct Response {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Response {
    /// The value of a header that may occur once.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut found = self.headers.iter().filter(|(have, _)| have.eq_ignore_ascii_case(name));
        let value = found.next().map(|(_, value)| value.as_str());
        assert!(found.next().is_none(), "{name} occurs twice in {self:?}");
        value
    }

    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap_or_else(|_| panic!("the body is not UTF-8: {self:?}"))
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error} in {self:?}"))
    }

    /// A text member of the body's object.
    pub fn member(&self, name: &str) -> String {
        let value = self.json();
        value[name]
            .as_str()
            .unwrap_or_else(|| panic!("no text {name} in {self:?}"))
            .to_owned()
    }

    /// The answer in a form in which two equal answers compare equal: without the date, and with headers (and the words
    /// of one list) sorted, because their order differs between workers.
    pub fn comparable(mut self) -> Self {
        let own = ["date", "x-request-id"];
        self.headers
            .retain(|(name, _)| !own.iter().any(|own| name.eq_ignore_ascii_case(own)));
        for (_, value) in self
            .headers
            .iter_mut()
            .filter(|(name, _)| name.starts_with("access-control-"))
        {
            let mut words: Vec<&str> = value.split(", ").collect();
            words.sort_unstable();
            *value = words.join(", ");
        }
        self.headers.sort();
        self
    }
}

impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let body = String::from_utf8_lossy(&self.body);
        write!(f, "{} {:?} {body}", self.status, self.headers)
    }
}

/// An open connection.
#[derive(Debug)]
pub struct Connection {
    reader: BufReader<Stream>,
    host: SocketAddr,
    description: Option<Arc<Description>>,
}

impl Connection {
    pub fn open(address: SocketAddr) -> std::io::Result<Self> {
        Self::encrypted(address, None)
    }

    /// Encrypted where there are settings for it.
    pub fn encrypted(address: SocketAddr, tls: Option<&Arc<ClientConfig>>) -> std::io::Result<Self> {
        Self::on(Stream::connect(address, tls)?, address)
    }

    /// Connects from this address, such as `127.0.0.2`.
    pub fn open_from(source: &str, address: SocketAddr) -> std::io::Result<Self> {
        let source = SocketAddr::new(source.parse().expect("an address"), 0);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
        let connected = runtime.block_on(async {
            let socket = tokio::net::TcpSocket::new_v4()?;
            socket.bind(source)?;
            socket.connect(address).await?.into_std()
        })?;
        connected.set_nonblocking(false)?;
        Self::over(connected, address)
    }

    /// Over a stream that is connected to this address.
    pub fn over(stream: TcpStream, address: SocketAddr) -> std::io::Result<Self> {
        Self::on(Stream::Plain(stream), address)
    }

    fn on(stream: Stream, address: SocketAddr) -> std::io::Result<Self> {
        let socket = stream.socket();
        socket.set_read_timeout(Some(PATIENCE))?;
        socket.set_write_timeout(Some(PATIENCE))?;
        socket.set_nodelay(true)?;
        Ok(Self {
            reader: BufReader::new(stream),
            host: address,
            description: None,
        })
    }

    /// What was agreed in the handshake of TLS.
    pub fn tls(&self) -> Option<&ClientConnection> {
        self.reader.get_ref().tls()
    }

    /// Compares every answer to [`send`](Self::send) with this description of them.
    pub fn described_by(self, description: Option<Arc<Description>>) -> Self {
        Self { description, ..self }
    }

    /// Sends bytes unchanged. Ignores errors: a server that has already answered may have closed its side.
    pub fn write(&mut self, bytes: &[u8]) {
        let _ = self.reader.get_mut().write_all(bytes);
    }

    /// Sends these bytes again and again and reads nothing, until the server hangs up.
    pub fn write_until_closed(&mut self, bytes: &[u8]) {
        let error = loop {
            if let Err(error) = self.reader.get_mut().write_all(bytes) {
                break error.kind();
            }
        };
        let hung = matches!(error, ErrorKind::WouldBlock | ErrorKind::TimedOut);
        assert!(!hung, "the server neither reads nor hangs up within {PATIENCE:?}");
    }

    /// Reads what comes until the server hangs up, and returns it.
    pub fn read_until_closed(&mut self) -> Vec<u8> {
        let mut received = Vec::new();
        let read = self.reader.read_to_end(&mut received);
        let kind = read.as_ref().map_err(std::io::Error::kind).err();
        let hung = matches!(kind, Some(ErrorKind::WouldBlock | ErrorKind::TimedOut));
        assert!(!hung, "the server does not hang up within {PATIENCE:?}");
        received
    }

    /// Closes the sending side.
    pub fn finish(&mut self) {
        self.reader.get_mut().finish();
    }

    pub fn send(&mut self, request: &Request) -> Response {
        self.write(&request.bytes(self.host));
        let answer = self.read(request.is_head());
        let answer = answer.unwrap_or_else(|error| panic!("no answer to {}: {error}", request.target));
        if let Some(description) = &self.description {
            description.check(request, &answer);
        }
        answer
    }

    /// The next answer that is not an interim one.
    pub fn receive(&mut self) -> std::io::Result<Response> {
        self.read(false)
    }

    /// The next answer, also an interim one.
    pub fn receive_any(&mut self) -> std::io::Result<Response> {
        self.read_one(false)
    }

    fn read(&mut self, headless: bool) -> std::io::Result<Response> {
        loop {
            let answer = self.read_one(headless)?;
            if answer.status >= 200 {
                return Ok(answer);
            }
        }
    }

    fn read_one(&mut self, headless: bool) -> std::io::Result<Response> {
        let (status, headers) = self.read_head()?;
        let bare = headless || status < 200 || status == 204 || status == 304;
        let body = if bare { Vec::new() } else { self.read_body(&headers)? };
        Ok(Response { status, headers, body })
    }

    fn read_head(&mut self) -> std::io::Result<(u16, Vec<(String, String)>)> {
        let first = self.read_line()?;
        let status = first.split(' ').nth(1).and_then(|code| code.parse().ok());
        let status = status.ok_or_else(|| std::io::Error::other(format!("not a status line: {first:?}")))?;
        let mut headers = Vec::new();
        loop {
            let line = self.read_line()?;
            if line.is_empty() {
                return Ok((status, headers));
            }
            let (name, value) = line.split_once(':').expect("a header has a colon");
            headers.push((name.to_owned(), value.trim().to_owned()));
        }
    }

    fn read_line(&mut self) -> std::io::Result<String> {
        let mut line = Vec::new();
        let read = self.reader.read_until(b'\n', &mut line);
        let kind = read.as_ref().map_err(std::io::Error::kind).err();
        // A closed connection is a result; silence is not.
        let hung = matches!(kind, Some(ErrorKind::WouldBlock | ErrorKind::TimedOut));
        assert!(!hung, "the server neither answers nor hangs up within {PATIENCE:?}");
        read?;
        if !line.ends_with(b"\r\n") {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        line.truncate(line.len() - 2);
        String::from_utf8(line).map_err(std::io::Error::other)
    }

    fn read_body(&mut self, headers: &[(String, String)]) -> std::io::Result<Vec<u8>> {
        let value = |name: &str| {
            headers
                .iter()
                .find(|(have, _)| have.eq_ignore_ascii_case(name))
                .map(|(_, v)| v)
        };
        if value("transfer-encoding").is_some() {
            return self.read_chunks();
        }
        let mut body = Vec::new();
        match value("content-length") {
            Some(length) => {
                body.resize(length.parse().map_err(std::io::Error::other)?, 0);
                self.reader.read_exact(&mut body)?;
            }
            None => drop(self.reader.read_to_end(&mut body)?),
        }
        Ok(body)
    }

    fn read_chunks(&mut self) -> std::io::Result<Vec<u8>> {
        let mut body = Vec::new();
        loop {
            let line = self.read_line()?;
            let length = usize::from_str_radix(line.trim(), 16).map_err(std::io::Error::other)?;
            let mut chunk = vec![0; length];
            self.reader.read_exact(&mut chunk)?;
            self.read_line()?;
            if length == 0 {
                return Ok(body);
            }
            body.extend(chunk);
        }
    }
}
