//! Resource servers that an operator has made: their audience, their secrets, their end.

use std::path::PathBuf;

use serde_json::Value;
use tempfile::TempDir;

use super::{INACTIVE, INTROSPECT, REVOKE, basic, form};
use crate::support::operator::Operator;
use crate::support::poll;
use crate::support::server::{Server, Setup};
use crate::support::sign_in::{bearer, client, device, lives, workshop};

struct World {
    server: Server,
    operator: Operator,
    path: PathBuf,
    _folder: TempDir,
}

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("t.db");
        Self {
            server: Setup::demo().file(&path).start(),
            operator: Operator::of_file(&path),
            path,
            _folder: folder,
        }
    }

    /// Runs `resource-server` and returns the secret that it prints, if it prints one.
    fn command(&self, args: &[&str]) -> String {
        let out = self.operator.run("resource-server", &[args, &["--json"]].concat(), "");
        let json: Value = serde_json::from_str(&out).expect("JSON");
        json["secret"].as_str().unwrap_or_default().to_owned()
    }

    fn status(&self, server: &Server, secret: &str) -> u16 {
        let request = form(INTROSPECT, &[("token", "x")]).headers([basic(("games-api", secret))]);
        server.send(&request).status
    }

    /// The command's change is seen within a second.
    fn becomes(&self, secret: &str, status: u16) {
        assert!(poll(1000, || self.status(&self.server, secret) == status), "{status}");
    }
}

#[test]
fn a_token_outside_the_audience_is_unknown_and_stays_as_it_is() {
    let world = World::new();
    let secret = world.command(&["put", "--id", "games-api", "--flavour", "device"]);
    world.becomes(&secret, 200);
    let server = &world.server;
    let (own, foreign) = (device(server), client(server, "foreign@letsta.lk"));
    let ask = |path, token: &str| {
        let request = form(path, &[("token", token)]).headers([basic(("games-api", &secret))]);
        let response = server.send(&request);
        assert_eq!(response.status, 200, "{response:?}");
        response.text().to_owned()
    };
    assert!(ask(INTROSPECT, &own).starts_with(r#"{"active":true,"#));
    let workshop = workshop(server);
    for token in [&foreign, &workshop.token, &workshop.refresh] {
        assert_eq!(ask(INTROSPECT, token), INACTIVE);
        assert_eq!(ask(REVOKE, token), "{}");
    }
    assert!(lives(server, [bearer(&foreign)]) && lives(server, [bearer(&workshop.token)]));
    world.command(&["set-audience", "--id", "games-api", "--flavour", "integration"]);
    assert!(poll(1000, || ask(INTROSPECT, &own) == INACTIVE));
    assert!(ask(INTROSPECT, &foreign).starts_with(r#"{"active":true,"#));
    assert_eq!(ask(REVOKE, &foreign), "{}");
    assert!(!lives(server, [bearer(&foreign)]) && lives(server, [bearer(&own)]));
}

#[test]
fn a_rotation_fails_no_call_and_a_new_secret_ends_both() {
    let world = World::new();
    let first = world.command(&["put", "--id", "games-api", "--all-flavours"]);
    world.becomes(&first, 200);
    let second = world.command(&["rotate", "--id", "games-api", "--overlap", "1h"]);
    world.becomes(&second, 200);
    assert_eq!(world.status(&world.server, &first), 200, "the overlap");
    let third = world.command(&["put", "--id", "games-api", "--all-flavours", "--yes"]);
    world.becomes(&third, 200);
    for old in [&first, &second] {
        assert_eq!(world.status(&world.server, old), 401);
    }
}

#[test]
fn an_overlap_ends_by_itself() {
    let world = World::new();
    let first = world.command(&["put", "--id", "games-api", "--all-flavours"]);
    world.becomes(&first, 200);
    let second = world.command(&["rotate", "--id", "games-api", "--overlap", "1s"]);
    world.becomes(&second, 200);
    world.becomes(&first, 401);
    assert_eq!(world.status(&world.server, &second), 200);
}

#[test]
fn a_disabled_resource_server_is_refused_on_every_node_within_a_second() {
    let world = World::new();
    let there = Setup::demo().file(&world.path).start();
    let secret = world.command(&["put", "--id", "games-api", "--all-flavours"]);
    world.becomes(&secret, 200);
    world.command(&["disable", "--id", "games-api"]);
    world.becomes(&secret, 401);
    assert!(poll(1000, || world.status(&there, &secret) == 401));
    world.command(&["enable", "--id", "games-api"]);
    world.becomes(&secret, 200);
}
