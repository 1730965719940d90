//! `GET /healthz`, `GET /readyz` (contract, section 6).

use crate::support::client::Request;
use crate::support::dialect::is_json_answer;
use crate::support::server::Server;

#[test]
fn an_announced_server_is_healthy_and_ready() {
    let server = Server::shared();
    for path in ["/healthz", "/readyz"] {
        let response = server.get(path);
        assert_eq!(response.status, 200, "{response:?}");
        assert_eq!(response.json()["status"], "ok");
        is_json_answer(&response);
        let head = server.send(&Request::new("HEAD", path));
        assert_eq!((head.status, head.body.len()), (200, 0));
    }
}

#[test]
fn health_says_nothing_of_versions_people_or_places() {
    let server = Server::shared();
    for path in ["/healthz", "/readyz"] {
        let response = server.get(path);
        let text = format!("{response:?}").to_lowercase();
        for word in [
            env!("CARGO_PKG_VERSION"),
            "sqlite:",
            ".db",
            "workshop",
            "tessera",
            "actix",
        ] {
            assert!(!text.contains(word), "{word} in {text}");
        }
    }
}

#[test]
fn health_answers_get_and_head_alone() {
    let server = Server::shared();
    for path in ["/healthz", "/readyz"] {
        for method in ["POST", "PUT", "DELETE", "TRACE", "PATCH"] {
            let response = server.send(&Request::new(method, path));
            assert_eq!(response.status, 405, "{method} {path}");
            assert_eq!(response.header("Allow"), Some("GET, HEAD"));
        }
    }
}
