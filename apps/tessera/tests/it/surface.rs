//! HTTP itself: methods, paths, hosts, heads, framing, and input that is not HTTP.

use crate::support::client::{Request, Response};
use crate::support::dialect::{Dialect, is_json_answer};
use crate::support::server::Server;
use crate::support::sign_in::{bearer, client, device, lives, session, verify, workshop};

#[test]
fn a_dialects_endpoint_answers_post_and_says_so_in_its_own_shape() {
    let server = Server::shared();
    for dialect in Dialect::ALL {
        for path in dialect.paths() {
            for method in ["GET", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND", "post", "QUERY"] {
                let response = server.send(&Request::new(method, path));
                assert_eq!(response.header("Allow"), Some("POST"), "{method} {path}: {response:?}");
                dialect.refuses(&response, 405);
            }
            let head = server.send(&Request::new("HEAD", path));
            assert_eq!((head.status, head.header("Allow")), (405, Some("POST")), "HEAD {path}");
            let options = server.send(&Request::new("OPTIONS", path));
            assert!(matches!(options.status, 200 | 204 | 405), "OPTIONS {path}: {options:?}");
        }
    }
}

#[test]
fn a_method_is_not_overridden_by_a_header() {
    let server = Server::shared();
    for dialect in Dialect::ALL {
        let request = Request::get(dialect.path())
            .header("X-HTTP-Method-Override", "POST")
            .json(dialect.good());
        dialect.refuses(&server.send(&request), 405);
        let request = dialect
            .request(&dialect.good())
            .header("X-HTTP-Method-Override", "DELETE");
        assert_eq!(server.send(&request).status, 200, "{dialect:?}");
    }
}

#[test]
fn the_connect_method_is_refused() {
    let server = Server::shared();
    for line in [
        "CONNECT example.com:443 HTTP/1.1",
        "CONNECT /login HTTP/1.1",
        "CONNECT 127.0.0.1:1 HTTP/1.1",
    ] {
        let response = server.raw(format!("{line}\r\nHost: example.com\r\n\r\n").as_bytes());
        assert!(
            response.is_none_or(|response| (400..600).contains(&response.status)),
            "{line}"
        );
    }
}

#[test]
fn a_path_that_is_not_there_is_a_404_that_says_no_more() {
    let server = Server::shared();
    for path in [
        "/",
        "/nothing",
        "/api",
        "/api/tokens",
        "/api/tokens/",
        "/metrics.php",
        "/.env",
        "/etc/passwd",
        "/login.php",
    ] {
        let response = server.get(path);
        assert_eq!(response.status, 404, "{path}");
        is_json_answer(&response);
        assert!(!response.text().contains(path) || path == "/", "{response:?}");
    }
}

/// Other spellings of a path: each is another path, or the same one under the same rule.
fn spellings(path: &str) -> Vec<String> {
    let (start, last) = path.rsplit_once('/').expect("a path has a slash");
    let first = last.chars().next().expect("a name");
    let encoded = format!("{start}/%{:02x}{}", first as u32, &last[1..]);
    vec![
        format!("/{path}"),
        format!("{start}//{last}"),
        format!("{start}/./{last}"),
        format!("/./{}", &path[1..]),
        format!("{start}/x/../{last}"),
        format!("/x/..{path}"),
        format!("{start}/%2e/{last}"),
        format!("{start}/x/%2e%2e/{last}"),
        format!("{start}%2f{last}"),
        format!("{start}\\{last}"),
        encoded,
        format!("{path}/"),
        format!("{path}//"),
        format!("{path}/."),
        format!("{path}/x"),
        format!("{path};x=y"),
        format!("{path}%00"),
        format!("{path}%20"),
        format!("{path}%0d%0aX:%20y"),
        format!("{path}.json"),
        format!("{path}%3fpermission=x"),
        path.to_uppercase(),
        format!("http://other.example{path}"),
    ]
}

#[test]
fn no_spelling_of_a_path_bypasses_its_rule() {
    let server = Server::shared();
    let token = device(server);
    for spelling in spellings("/auth/verify") {
        let send = |headers: Vec<(&'static str, String)>| {
            let request = Request::get(&format!("{spelling}?permission=nadie")).headers(headers);
            server
                .raw(&request.bytes(server.address()))
                .map(|response| response.status)
        };
        assert!(
            matches!(send(vec![]), None | Some(400 | 401 | 404)),
            "{spelling} without a token"
        );
        assert!(
            matches!(send(vec![bearer(&token)]), None | Some(400 | 403 | 404)),
            "{spelling} without the permission"
        );
    }
    for dialect in Dialect::WITH_PASSWORDS {
        for spelling in spellings(dialect.path()) {
            let request = Request::post(&spelling)
                .json(dialect.attempt("nobody@example.com", "x"))
                .coming_from("10.8.0.1");
            let status = server
                .raw(&request.bytes(server.address()))
                .map(|response| response.status);
            assert!(
                matches!(status, None | Some(400 | 401 | 404 | 429)),
                "{spelling}: {status:?}"
            );
        }
    }
    for path in ["/logout", "/api/tokens/revoke"] {
        for spelling in spellings(path) {
            let request = Request::post(&spelling);
            let status = server
                .raw(&request.bytes(server.address()))
                .map(|response| response.status);
            assert!(matches!(status, None | Some(400 | 401 | 404)), "{spelling}: {status:?}");
        }
    }
}

#[test]
fn an_odd_host_changes_nothing() {
    let server = Server::shared();
    for host in ["evil.example", "127.0.0.1:1", "localhost", "[::1]", "a b", "x\u{e9}"] {
        let request = Request::get("/healthz").header("Host", host);
        let status = server
            .raw(&request.bytes(server.address()))
            .map(|response| response.status);
        assert!(matches!(status, Some(200 | 400)), "{host}: {status:?}");
    }
}

/// The head and the rest of a request that two servers might frame differently, ending in another request.
fn smuggled(server: &Server, framing: &str, body: &str) -> Vec<u8> {
    let hidden = "GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n";
    let head = format!(
        "POST /api/v2/mechanics/tokens HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\n{framing}\r\n\r\n",
        server.address()
    );
    [head.as_bytes(), body.as_bytes(), hidden.as_bytes()].concat()
}

#[test]
fn a_request_that_could_be_framed_in_two_ways_is_refused_and_the_connection_closed() {
    let server = Server::shared();
    for (framing, body) in [
        ("Content-Length: 5\r\nTransfer-Encoding: chunked", "0\r\n\r\n"),
        ("Transfer-Encoding: chunked\r\nContent-Length: 5", "0\r\n\r\n"),
        ("Content-Length: 2\r\nContent-Length: 40", "{}"),
        ("Content-Length: 2, 40", "{}"),
        ("Content-Length: +2", "{}"),
        ("Content-Length: -2", "{}"),
        ("Content-Length: 0x2", "{}"),
        ("Content-Length: 2 2", "{}"),
        ("Content-Length : 2", "{}"),
        ("Transfer-Encoding : chunked", "0\r\n\r\n"),
        ("Transfer-Encoding: xchunked", "0\r\n\r\n"),
        ("Transfer-Encoding: chunked, identity", "0\r\n\r\n"),
        ("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity", "0\r\n\r\n"),
        ("Transfer-Encoding: chunked", "2;x\n{}\r\n0\r\n\r\n"),
        ("Transfer-Encoding: chunked", "-2\r\n{}\r\n0\r\n\r\n"),
        ("Transfer-Encoding: chunked", "0x2\r\n{}\r\n0\r\n\r\n"),
        ("Transfer-Encoding: chunked", "fffffffffffffffff\r\n{}\r\n0\r\n\r\n"),
    ] {
        let mut connection = server.connect();
        connection.write(&smuggled(server, framing, body));
        let answers: Vec<Response> = std::iter::from_fn(|| connection.receive().ok()).collect();
        let statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
        assert!(
            statuses.len() <= 1 && statuses.iter().all(|status| *status == 400),
            "{framing:?} {body:?}: {statuses:?}"
        );
    }
}

#[test]
fn two_requests_on_one_connection_get_two_answers_in_order() {
    let server = Server::shared();
    let mut connection = server.connect();
    let first = Request::get("/auth/verify").bytes(server.address());
    let second = Request::get("/healthz").bytes(server.address());
    connection.write(&[first, second].concat());
    let answers = [connection.receive(), connection.receive()].map(|answer| answer.expect("an answer").status);
    assert_eq!(answers, [401, 200]);
}

#[test]
fn a_head_may_have_many_or_long_lines_up_to_a_limit() {
    let server = Server::shared();
    let many = |count: usize| {
        let request = Request::get("/healthz");
        (0..count).fold(request, |request, i| request.header(&format!("X-Filler-{i}"), "v"))
    };
    assert_eq!(server.send(&many(60)).status, 200);
    for request in [
        many(200),
        many(10_000),
        Request::get("/healthz").header("X-Long", "a".repeat(300_000)),
        Request::get(&format!("/healthz?{}", "a".repeat(300_000))),
        Request::get(&format!("/{}", "a/".repeat(100_000))),
    ] {
        let status = server
            .raw(&request.bytes(server.address()))
            .map(|response| response.status);
        assert!(matches!(status, None | Some(400 | 404 | 414 | 431)), "{status:?}");
    }
    assert_eq!(server.get("/healthz").status, 200);
}

#[test]
fn a_head_that_does_not_arrive_times_out() {
    let server = Server::shared();
    let mut slow = server.connect();
    slow.write(b"POST /login HTTP/1.1\r\nHost: x\r\nContent-Ty");
    let status = slow.receive().ok().map(|response| response.status);
    assert!(matches!(status, None | Some(408)), "{status:?}");
}

#[test]
fn input_that_is_not_http_closes_the_connection_and_the_server_goes_on() {
    let server = Server::shared();
    for bytes in [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".as_slice(),
        b"\r\n\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET / HTTP/3.0\r\n\r\n",
        b"GET /\0 HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nBad Name: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nX: a\r\n folded\r\n\r\n",
        b"GET / HTTP/1.1\r\nX: a\0b\r\n\r\n",
        b"\xff\xfe\xfd\xfc",
    ] {
        let mut connection = server.connect();
        connection.write(bytes);
        connection.finish();
        let status = connection.receive().ok().map(|response| response.status);
        assert!(matches!(status, None | Some(400..=599)), "{bytes:?}: {status:?}");
    }
    let upgrade = Request::get("/healthz")
        .header("Connection", "Upgrade, HTTP2-Settings")
        .header("Upgrade", "h2c")
        .header("HTTP2-Settings", "AAMAAABkAAQCAAAAAAIAAAAA");
    assert_eq!(server.send(&upgrade).status, 200);
    let preface = server.raw(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0");
    assert!(preface.is_none_or(|response| response.status >= 400));
    assert_eq!(server.get("/healthz").status, 200);
}

#[test]
fn a_cookie_is_no_credential() {
    let server = Server::shared();
    let (shop, held) = (workshop(server), session(server));
    let cookie = format!(
        "token={}; X-Access-Token={}; X-Key={}",
        shop.token, held.token, held.key
    );
    for (method, path) in [
        ("GET", "/auth/verify"),
        ("POST", "/logout"),
        ("POST", "/api/tokens/revoke"),
    ] {
        let request = Request::new(method, path).header("Cookie", &cookie);
        assert_eq!(server.send(&request).status, 401, "{path}");
    }
    let set = server.send(&Dialect::Login.request(&Dialect::Login.good()));
    assert_eq!(set.header("Set-Cookie"), None);
    assert!(lives(server, held.headers()));
}

#[test]
fn no_answer_names_the_servers_software() {
    let server = Server::shared();
    let mut answers: Vec<Response> = Dialect::ALL
        .map(|dialect| server.send(&dialect.request(&dialect.good())))
        .into();
    answers.push(server.get("/nothing"));
    answers.push(verify(server, [bearer(&client(server, "made@letsta.lk"))]));
    for answer in answers {
        for name in ["Server", "X-Powered-By", "Via"] {
            assert_eq!(answer.header(name), None, "{answer:?}");
        }
    }
}
