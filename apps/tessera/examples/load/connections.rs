//! Thousands of connections that are idle or do not read, from few addresses, while a login and checks from another
//! address are measured. Targets: all held, none of the others' requests fail.

use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

use crate::client::LOGIN;
use crate::server::Server;
use crate::stats::{millis, percentile};

/// Who holds, and how many each: less than a quarter of the server's default, 16,384.
const HOLDERS: [&str; 3] = ["127.0.0.2", "127.0.0.3", "127.0.0.4"];
const EACH: usize = 4_000;

/// One who takes more than the share.
const GREEDY: &str = "127.0.0.5";

const ALIVE: &[u8] = b"GET /healthz HTTP/1.1\r\nhost: load\r\n\r\n";

pub fn run() {
    let long = "300s";
    let waits = [
        ("TESSERA_HTTP__IDLE_TIMEOUT", long),
        ("TESSERA_HTTP__WRITE_TIMEOUT", long),
    ];
    let server = Server::with("0-1023", "error", &waits);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.unwrap().block_on(measure(&server));
}

async fn measure(server: &Server) {
    let before = server.resident();
    let begun = Instant::now();
    let mut held = Vec::new();
    for source in HOLDERS {
        held.extend(hold(server, source, EACH).await);
    }
    let wanted = HOLDERS.len() * EACH;
    println!(
        "{} of {wanted} connections held after {:.1} s, one in four does not read",
        held.len(),
        begun.elapsed().as_secs_f64()
    );
    let more = hold(server, GREEDY, 5_000).await.len();
    println!("one more address asks for 5000 and gets {more}");
    let each = (server.resident().saturating_sub(before)) as f64 / (held.len() + more) as f64;
    println!("{each:.1} KiB of memory for each");
    let mut logins = Vec::new();
    let mut checks = Vec::new();
    for _ in 0..50 {
        let begun = Instant::now();
        let login = format!(
            "POST /login HTTP/1.1\r\nhost: load\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{LOGIN}",
            LOGIN.len()
        );
        let answer = ask(server, "127.0.0.9", login.as_bytes()).await;
        assert!(answer.starts_with("HTTP/1.1 200"), "a login from elsewhere: {answer}");
        logins.push(begun.elapsed());
        let begun = Instant::now();
        let answer = ask(
            server,
            "127.0.0.9",
            b"GET /auth/verify HTTP/1.1\r\nhost: load\r\nauthorization: Bearer 9|x\r\n\r\n",
        )
        .await;
        assert!(answer.starts_with("HTTP/1.1 401"), "a check from elsewhere: {answer}");
        checks.push(begun.elapsed());
    }
    println!(
        "from elsewhere, each over a new connection: 50 logins, the slowest {:.1} ms; 50 checks, the slowest {:.1} ms",
        millis(percentile(&mut logins, 1.0)),
        millis(percentile(&mut checks, 1.0))
    );
}

/// Opens connections, asks once over each, and keeps those that were answered. One in four goes on asking and does not
/// read.
async fn hold(server: &Server, source: &str, count: usize) -> Vec<TcpStream> {
    let mut held = Vec::new();
    for index in 0..count {
        let Some(mut stream) = connect(server, source).await else {
            continue;
        };
        let mut answer = [0; 512];
        let asked = stream.write_all(ALIVE).await.is_ok();
        if !asked || !matches!(stream.read(&mut answer).await, Ok(1..)) {
            continue;
        }
        if index % 4 == 0 {
            let _ = stream.write_all(&ALIVE.repeat(50)).await;
        }
        held.push(stream);
    }
    held
}

async fn connect(server: &Server, source: &str) -> Option<TcpStream> {
    let socket = TcpSocket::new_v4().expect("this program may open more files: ulimit -n 20000");
    socket.bind(format!("{source}:0").parse().unwrap()).unwrap();
    socket.connect(server.address.parse().unwrap()).await.ok()
}

/// One request over a new connection, and the beginning of its answer.
async fn ask(server: &Server, source: &str, request: &[u8]) -> String {
    let mut stream = connect(server, source).await.expect("a connection from elsewhere");
    stream.write_all(request).await.unwrap();
    let mut answer = vec![0; 4096];
    let read = tokio::time::timeout(Duration::from_secs(30), stream.read(&mut answer)).await;
    let length = read.expect("an answer in time").unwrap();
    String::from_utf8_lossy(&answer[..length]).into_owned()
}
