//! `/auth/verify` requests/s over `/healthz` requests/s of the same server, each flavour, warm. Target: 0.90 or more.
//! `/oauth/introspect` likewise. Target: 0.60 or more.

use std::thread;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::client::{Client, token_headers};
use crate::server::Server;

const FOR: Duration = Duration::from_secs(1);
const ROUNDS: usize = 11;
const CONNECTIONS: usize = 8;

/// What is asked again and again.
pub struct Question<'a> {
    pub method: &'a str,
    pub path: &'a str,
    pub headers: &'a str,
    pub body: &'a str,
}

impl<'a> Question<'a> {
    pub fn get(path: &'a str, headers: &'a str) -> Self {
        Self {
            method: "GET",
            path,
            headers,
            body: "",
        }
    }
}

pub fn run() {
    let quota = ("TESSERA_RESOURCE_SERVERS__CALLS_PER_MINUTE", "1000000000");
    let server = Server::with("0-1023", "error", &[quota]);
    let tokens = tokens(&server.address);
    for (flavour, headers) in &tokens {
        let (floor, asked) = (
            Question::get("/healthz", headers),
            Question::get("/auth/verify", headers),
        );
        report(&server, flavour, &floor, &asked, "0.90");
    }
    let signing = Server::with(
        "0-1023",
        "error",
        &[("TESSERA_FORWARD_AUTH__JWT__AUDIENCE", "services")],
    );
    let [(_, headers), ..] = self::tokens(&signing.address);
    let (floor, asked) = (
        Question::get("/healthz", &headers),
        Question::get("/auth/verify", &headers),
    );
    report(&signing, "mechanics, with X-Auth-Jwt", &floor, &asked, "none");
    let introspector = introspector(&server);
    for (flavour, headers) in tokens {
        let Some(token) = headers.strip_prefix("authorization: Bearer ") else {
            continue;
        };
        let body = format!("token={}", token.trim().replace('|', "%7C"));
        let asked = Question {
            method: "POST",
            path: "/oauth/introspect",
            headers: &introspector,
            body: &body,
        };
        report(
            &server,
            flavour,
            &Question::get("/healthz", &introspector),
            &asked,
            "0.60",
        );
    }
}

/// The median of rounds in which both are asked, one after the other and then the other after the one.
fn report(server: &Server, flavour: &str, floor: &Question<'_>, asked: &Question<'_>, target: &str) {
    let of = |question| rate(&server.address, question);
    let mut ratios: Vec<f64> = (0..ROUNDS)
        .map(|round| match round % 2 {
            0 => of(asked) / of(floor),
            _ => 1.0 / (of(floor) / of(asked)),
        })
        .collect();
    ratios.sort_by(f64::total_cmp);
    let [low, median, high] = [1, 2, 3].map(|quarter| ratios[ROUNDS * quarter / 4]);
    let path = asked.path;
    println!("{flavour}: {path} over /healthz {median:.2}, quartiles {low:.2} and {high:.2} (target {target} or more)");
}

/// The headers of a resource server that may ask about every flavour.
fn introspector(server: &Server) -> String {
    let put = server.command(&["resource-server", "put", "--id", "load", "--all-flavours"]);
    let secret = put["secret"].as_str().unwrap();
    let basic = STANDARD.encode(format!("load:{secret}"));
    let headers = format!("authorization: Basic {basic}\r\ncontent-type: application/x-www-form-urlencoded\r\n");
    // The server reads the list of resource servers several times a second.
    let mut client = Client::new(&server.address);
    let mut asked = || client.send("POST", "/oauth/introspect", &headers, "token=none").status;
    while asked() != 200 {
        thread::sleep(Duration::from_millis(100));
    }
    headers
}

/// One token of each flavour, as request headers.
pub fn tokens(address: &str) -> [(&'static str, String); 4] {
    let bearer = |path: &str, body: &str| {
        let answer = Client::new(address).send("POST", path, "content-type: application/json\r\n", body);
        let body: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
        format!("authorization: Bearer {}\r\n", body["token"].as_str().unwrap())
    };
    let workshop = r#"{"email":"workshop@email.dk","password":"qwerty"}"#;
    let player = r#"{"username":"gmachia","password":"9yUQc%ewEf^(Tw4","device_name":"load"}"#;
    let client = r#"{"email":"a@example.com","name":"A","consumer":{"key":"demo-key","token":"demo-token-7f3c9a51"},"organization_id":171}"#;
    [
        ("mechanics", bearer("/api/v2/mechanics/tokens", workshop)),
        ("login", token_headers(address)),
        ("device", bearer("/api/tokens/create", player)),
        ("integration", bearer("/api/v1/integration/auth/token", client)),
    ]
}

/// Answers a second, over several connections.
pub fn rate(address: &str, question: &Question<'_>) -> f64 {
    let begun = Instant::now();
    let counts = thread::scope(|scope| {
        let ask = || {
            let (mut client, mut count) = (Client::new(address), 0_u32);
            while begun.elapsed() < FOR {
                let answer = client.send(question.method, question.path, question.headers, question.body);
                assert_eq!(answer.status, 200, "{}", answer.body);
                count += 1;
            }
            count
        };
        let threads: Vec<_> = (0..CONNECTIONS).map(|_| scope.spawn(ask)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum::<u32>()
    });
    f64::from(counts) / begun.elapsed().as_secs_f64()
}
