//! What passes: the request whole, to the service alone; long headers.

use serde_json::json;

use super::stage::Stage;
use super::{EXPIRES_AT, staged, tessera};
use crate::proxy_process::Program;
use crate::support::client::Request;
use crate::support::jws;
use crate::support::operator::Operator;
use crate::support::sign_in::{bearer, device, workshop};

pub fn a_request_reaches_the_service_whole(program: Program) {
    let (server, stage) = staged(program);
    let token = device(&server);
    let canary = "canary-in-the-body";
    for method in ["POST", "PUT", "PATCH", "DELETE"] {
        let request = Request::new(method, "/page%20one?a=%2F&permission=x").headers([bearer(&token)]);
        let chunked = format!("{:x}\r\n{canary}\r\n0\r\n\r\n", canary.len());
        let chunked = request.clone().header("Transfer-Encoding", "chunked").body(chunked);
        for request in [request.body(canary), chunked] {
            let seen = stage.served(&request.header("Content-Type", "text/plain"));
            let whole = (seen.method.as_str(), seen.target.as_str(), seen.body.as_slice());
            assert_eq!(whole, (method, "/page%20one?a=%2F&permission=x", canary.as_bytes()));
            assert_eq!(seen.headers_like("Content-Type"), ["text/plain"]);
        }
    }
    let asked = String::from_utf8_lossy(&stage.tessera.asked()).into_owned();
    assert!(!asked.contains(canary), "a body was sent to Tessera");
    let questions: Vec<&str> = asked.lines().filter(|line| line.ends_with(" HTTP/1.1")).collect();
    assert_eq!(questions, vec!["GET /auth/verify HTTP/1.1"; 8]);
    let lines: Vec<String> = asked.lines().map(str::to_lowercase).collect();
    for named in [
        "x-forwarded-method: patch",
        "x-forwarded-uri: /page%20one?a=%2f&permission=x",
    ] {
        assert_eq!(lines.iter().filter(|line| *line == named).count() % 2, 0, "{named}");
        assert!(lines.iter().any(|line| line == named), "{named}: {asked}");
    }
    for line in lines.iter().filter(|line| line.starts_with("x-forwarded-for:")) {
        assert_eq!(line, "x-forwarded-for: 127.0.0.1");
    }
}

/// nginx says it to the client and to the service; the file for Caddy leaves it out.
pub fn it_is_said_that_a_token_expires_soon(program: Program) {
    let server = tessera().env("TESSERA_FORWARD_AUTH__EXPIRY_NOTICE", "1h").start();
    let stage = Stage::new(program, server.address());
    let token = workshop(&server).token;
    let request = |token: &str| Request::get("/page").headers([bearer(token)]);
    let seen = stage.served(&request(&token));
    let is_passed_on = matches!(program, Program::Nginx);
    let end = jws::claims(&token)["exp"].as_i64().map(|end| end.to_string());
    let end = end.filter(|_| is_passed_on);
    assert_eq!(seen.headers_like(EXPIRES_AT), Vec::from_iter(end.as_deref()));
    let said = |token: &str| {
        stage
            .send(&request(token))
            .header("Token-Expires-At")
            .map(str::to_owned)
    };
    assert_eq!(said(&token), end);
    let lasting = device(&server);
    assert_eq!(said(&lasting), None, "it does not expire");
    let forged = stage.served(&request(&lasting).header(EXPIRES_AT, "1"));
    assert!(forged.headers_like(EXPIRES_AT).is_empty(), "{forged:?}");
}

pub fn long_headers_pass_or_are_refused(program: Program) {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("t.db");
    let server = tessera().file(&file).start();
    let stage = Stage::new(program, server.address());
    let names: Vec<String> = (0..200).map(|index| format!("{}{index:04}", "p".repeat(96))).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let operator = Operator::of_file(&file);
    operator.put_role("players", "many", &names);
    let role = ["--role", "many"];
    operator.add("players", "many@x.es", "a long password", &role);
    let body = json!({"email_or_username": "many@x.es", "password": "a long password", "device_name": "d"});
    let token = server
        .send(&Request::post("/api/tokens/create").json(body))
        .member("token");
    let good = || Request::get("/page").headers([bearer(&token)]);
    let seen = stage.served(&good().header("Cookie", "c".repeat(30_000)));
    assert_eq!(seen.headers_like("X-Auth-Permissions"), [names.join(" ")]);
    let [identity] = seen.headers_like("X-Auth-Jwt")[..] else {
        panic!("not one X-Auth-Jwt");
    };
    assert!(identity.len() > 25_000, "{} bytes", identity.len());
    let refused = stage.refused(&good().header("Cookie", "c".repeat(200_000)));
    assert!((400..500).contains(&refused.status), "{refused:?}");
    stage.served(&good());
}
