//! A service behind a proxy, which notes what reaches it.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use actix_web::web::{self, Bytes, Data, PayloadConfig};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, rt};

/// A running service. It ends with the test program.
#[derive(Debug)]
pub struct Service {
    pub address: SocketAddr,
    noted: Noted,
}

/// A request as the service got it.
#[derive(Clone, Debug)]
pub struct Seen {
    pub method: String,
    pub target: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

type Noted = Arc<Mutex<Vec<Seen>>>;

/// What it answers.
pub const SERVED: &str = "served";

impl Service {
    pub fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port is free");
        let address = listener.local_addr().expect("an address");
        let noted = Noted::default();
        let notes = Data::from(noted.clone());
        thread::spawn(move || {
            let app = move || {
                let app = App::new().app_data(notes.clone()).app_data(PayloadConfig::new(1 << 20));
                app.default_service(web::to(note))
            };
            let server = HttpServer::new(app).workers(1).disable_signals();
            let server = server.listen(listener).expect("it listens");
            rt::System::new().block_on(server.run())
        });
        Self { address, noted }
    }

    /// The requests since the last call.
    pub fn take(&self) -> Vec<Seen> {
        std::mem::take(&mut *self.noted.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Seen {
    /// The values of all headers whose name a service may take for this one: only letters and digits count.
    pub fn headers_like(&self, name: &str) -> Vec<&str> {
        let like = self.headers.iter().filter(|(have, _)| bare(have) == bare(name));
        like.map(|(_, value)| value.as_str()).collect()
    }
}

fn bare(name: &str) -> String {
    let letters = name.chars().filter(char::is_ascii_alphanumeric);
    letters.map(|letter| letter.to_ascii_lowercase()).collect()
}

async fn note(noted: Data<Mutex<Vec<Seen>>>, request: HttpRequest, body: Bytes) -> HttpResponse {
    let headers = request.headers().iter();
    let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
    let seen = Seen {
        method: request.method().to_string(),
        target: request.uri().to_string(),
        headers: headers
            .map(|(name, value)| (name.to_string(), text(value.as_bytes())))
            .collect(),
        body: body.to_vec(),
    };
    noted.lock().unwrap_or_else(PoisonError::into_inner).push(seen);
    HttpResponse::Ok().body(SERVED)
}
