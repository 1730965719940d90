//! Who passes: a token, a permission, a log-out.

use super::staged;
use crate::proxy_process::Program;
use crate::support::client::{Request, Response};
use crate::support::sign_in::{bearer, device, logout, revoke, session, workshop};

pub fn a_refusal_says_how_to_authenticate(program: Program) {
    let (server, stage) = staged(program);
    let token = device(&server);
    let challenge = |answer: &Response| answer.header("WWW-Authenticate").expect("a challenge").to_owned();
    let absent = stage.refused(&Request::get("/page"));
    assert_eq!((absent.status, &*challenge(&absent)), (401, "Bearer realm=\"tessera\""));
    // nginx refuses a second `Authorization` by itself.
    let two = Request::get("/page").headers([bearer(&token), bearer("x")]);
    assert!(matches!(stage.refused(&two).status, 400 | 401));
    let two = [bearer(&token), ("X-Access-Token", token.clone())];
    for headers in [vec![bearer("x")], vec![bearer(&format!("{token}x"))], two.to_vec()] {
        let refused = stage.refused(&Request::get("/page").headers(headers));
        assert_eq!(refused.status, 401, "{refused:?}");
        assert!(challenge(&refused).ends_with("error=\"invalid_token\""), "{refused:?}");
    }
    for method in ["HEAD", "POST", "PUT", "DELETE", "OPTIONS"] {
        let refused = stage.refused(&Request::new(method, "/page").body("x"));
        assert_eq!(
            (refused.status, &*challenge(&refused)),
            (401, "Bearer realm=\"tessera\""),
            "{method}"
        );
    }
}

pub fn a_permission_is_needed_where_it_is_asked_for(program: Program) {
    let (server, stage) = staged(program);
    let (with, without) = (device(&server), workshop(&server).token);
    let games = |target: &str, token: &str| Request::get(target).headers([bearer(token)]);
    assert_eq!(stage.served(&games("/games/1?page=2", &with)).target, "/games/1?page=2");
    stage.served(&games("/page", &without));
    let forbidden = stage.refused(&games("/games/1", &without));
    assert_eq!(forbidden.status, 403);
    let challenge = forbidden.header("WWW-Authenticate").expect("a challenge");
    let needed = "error=\"insufficient_scope\", scope=\"consultarJuego\"";
    assert!(challenge.ends_with(needed), "{challenge}");
    assert_eq!(stage.refused(&Request::get("/games/1")).status, 401);
    // A client does not choose what it is asked for.
    for target in [
        "/games/1?permission=",
        "/games/1?permission=other",
        "/games/1?",
        "/games/?/health",
    ] {
        assert_eq!(stage.refused(&games(target, &without)).status, 403, "{target}");
    }
    // Nor by another spelling of the path.
    for target in [
        "//games/1",
        "/./games/1",
        "/page/../games/1",
        "/%67ames/1",
        "/games%2f1",
        "/health/../games/1",
    ] {
        stage.service.take();
        let status = stage.send(&games(target, &without)).status;
        let reached: Vec<_> = stage.service.take().into_iter().map(|seen| seen.target).collect();
        // What the service gets is what it was asked for, and no path of the games when decoded and cut short.
        let is_games = |target: &String| simplified(target).starts_with("/games/");
        assert!(!reached.iter().any(is_games), "{target}: {status}, {reached:?}");
    }
}

/// A path as a service may read it: decoded, without empty or dotted parts.
fn simplified(path: &str) -> String {
    let path = path.split('?').next().unwrap_or_default();
    let decoded = path.replace("%67", "g");
    let mut parts: Vec<&str> = Vec::new();
    for part in decoded.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    format!("/{}", parts.join("/"))
}

pub fn a_log_out_counts_at_once(program: Program) {
    let (server, stage) = staged(program);
    let mut connection = stage.connect();
    let mut status = |headers: &[(&'static str, String)]| {
        let headers = headers.iter().map(|(name, value)| (*name, value));
        connection.send(&Request::get("/page").headers(headers)).status
    };
    let held = session(&server);
    assert_eq!((status(&held.headers()), status(&held.headers())), (200, 200));
    assert_eq!(logout(&server, held.headers()).status, 200);
    assert_eq!(status(&held.headers()), 401);
    let held = [bearer(&device(&server))];
    assert_eq!((status(&held), status(&held)), (200, 200));
    assert_eq!(revoke(&server, held.clone()).status, 200);
    assert_eq!(status(&held), 401);
}
