//! A small HTTP server on loopback, which answers as the test says.
#![allow(dead_code, reason = "no test uses all of it")]

use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

/// A request.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Asked {
    /// The value of a header, whose name is given in lower case.
    pub(crate) fn header(&self, name: &str) -> Option<String> {
        let lines = self.head.lines().skip(1).filter_map(|line| line.split_once(": "));
        let mut found = lines.filter(|(have, _)| have.eq_ignore_ascii_case(name));
        found.next().map(|(_, value)| value.to_owned())
    }
}

/// A response.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
}

impl Reply {
    pub(crate) fn new(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: body.into(),
        }
    }

    pub(crate) fn with(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }
}

type Replying = Pin<Box<dyn Future<Output = Reply> + Send>>;
type Handler = Arc<dyn Fn(Asked) -> Replying + Send + Sync>;

/// The server. It ends with the value.
pub(crate) struct Stub {
    pub(crate) address: SocketAddr,
    asked: Arc<Mutex<Vec<Asked>>>,
    handler: Arc<Mutex<Handler>>,
    task: JoinHandle<()>,
}

impl Drop for Stub {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Stub {
    /// A server that always gives this reply.
    pub(crate) fn always(reply: Reply) -> Self {
        Self::start(move |_| {
            let reply = reply.clone();
            async move { reply }
        })
    }

    /// A server whose replies this function makes.
    pub(crate) fn start<F: Future<Output = Reply> + Send + 'static>(
        handler: impl Fn(Asked) -> F + Send + Sync + 'static,
    ) -> Self {
        let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).expect("a port");
        listener.set_nonblocking(true).expect("not blocking");
        let address = listener.local_addr().expect("an address");
        let listener = TcpListener::from_std(listener).expect("a runtime");
        let asked = Arc::new(Mutex::new(Vec::new()));
        let handler: Arc<Mutex<Handler>> = Arc::new(Mutex::new(boxed(handler)));
        let task = tokio::spawn(accept(listener, asked.clone(), handler.clone()));
        Self {
            address,
            asked,
            handler,
            task,
        }
    }

    /// From now on it replies in this way.
    pub(crate) fn reply(&self, reply: Reply) {
        let handler = move |_| {
            let reply = reply.clone();
            async move { reply }
        };
        *self.handler.lock().expect("not poisoned") = boxed(handler);
    }

    /// From now on it does not reply.
    pub(crate) fn hang(&self) {
        *self.handler.lock().expect("not poisoned") = boxed(|_| std::future::pending());
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// All requests so far.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().expect("not poisoned").clone()
    }

    /// How many requests there were.
    pub(crate) fn calls(&self) -> usize {
        self.asked().len()
    }

    /// Waits until there were so many.
    pub(crate) async fn called(&self, times: usize) {
        until(|| self.calls() >= times).await;
    }
}

/// Waits until this is true.
pub(crate) async fn until(mut is_true: impl FnMut() -> bool) {
    let waiting = async {
        while !is_true() {
            sleep(Duration::from_millis(2)).await;
        }
    };
    timeout(Duration::from_secs(60), waiting)
        .await
        .expect("it becomes true");
}

fn boxed<F: Future<Output = Reply> + Send + 'static>(handler: impl Fn(Asked) -> F + Send + Sync + 'static) -> Handler {
    Arc::new(move |asked| Box::pin(handler(asked)))
}

async fn accept(listener: TcpListener, asked: Arc<Mutex<Vec<Asked>>>, handler: Arc<Mutex<Handler>>) {
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(serve(stream, asked.clone(), handler.clone()));
    }
}

/// One request for each connection.
async fn serve(mut stream: TcpStream, all: Arc<Mutex<Vec<Asked>>>, handler: Arc<Mutex<Handler>>) -> Option<()> {
    let asked = read(&mut stream).await?;
    all.lock().expect("not poisoned").push(asked.clone());
    let reply = {
        let handler = handler.lock().expect("not poisoned").clone();
        handler(asked)
    }
    .await;
    let mut head = format!(
        "HTTP/1.1 {} X\r\nContent-Length: {}\r\nConnection: close\r\n",
        reply.status,
        reply.body.len()
    );
    for (name, value) in &reply.headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    stream.write_all(format!("{head}\r\n").as_bytes()).await.ok()?;
    stream.write_all(&reply.body).await.ok()?;
    stream.shutdown().await.ok()
}

async fn read(stream: &mut TcpStream) -> Option<Asked> {
    let mut bytes = Vec::new();
    loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            let mut asked = Asked {
                head: String::from_utf8(bytes[..end].to_vec()).ok()?,
                body: String::new(),
            };
            let length = asked
                .header("content-length")
                .map_or(Some(0), |text| text.parse().ok())?;
            let mut body = bytes[end + 4..].to_vec();
            while body.len() < length {
                let mut more = [0; 4096];
                let read = stream.read(&mut more).await.ok().filter(|read| *read > 0)?;
                body.extend_from_slice(&more[..read]);
            }
            asked.body = String::from_utf8(body).ok()?;
            return Some(asked);
        }
        let mut more = [0; 4096];
        let read = stream.read(&mut more).await.ok().filter(|read| *read > 0)?;
        bytes.extend_from_slice(&more[..read]);
    }
}
