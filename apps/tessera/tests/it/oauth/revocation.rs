//! `POST /oauth/revoke` (RFC 7009; contract, section 6).

use super::{DEMO, is_active, revoke};
use crate::support::server::{Server, Setup};
use crate::support::sign_in::{Workshop, basic, bearer, client, device, lives, refresh, session, workshop};
use crate::support::{at_once, poll};

#[test]
fn a_revoked_access_token_is_refused_at_once() {
    let server = Server::shared();
    let (shop, device, client) = (workshop(server), device(server), client(server, "revoked@letsta.lk"));
    for token in [&shop.token, &device, &client] {
        assert!(is_active(server, &[("token", token)]));
        revoke(server, token);
        assert!(!is_active(server, &[("token", token)]));
        assert!(!lives(server, [bearer(token)]), "{token}");
    }
    assert!(!lives(server, [basic(&client)]));
    assert_eq!(refresh(server, &shop.refresh).status, 401, "its session has ended");
}

/// It may have been found where its key was not.
#[test]
fn a_token_with_a_key_is_revoked_without_it() {
    let server = Server::shared();
    let (found, other) = (session(server), session(server));
    revoke(server, &found.token);
    assert!(!lives(server, found.headers()));
    assert!(lives(server, other.headers()), "another session of the same person");
    revoke(server, &other.key);
    assert!(lives(server, other.headers()), "a key is no token");
}

/// The token that was used before belongs to the session still: its holder may have had the others.
#[test]
fn a_refresh_token_ends_its_session_also_one_that_was_used() {
    let server = Server::shared();
    let held = workshop(server);
    revoke(server, &held.refresh);
    assert!(!lives(server, [bearer(&held.token)]));
    assert_eq!(refresh(server, &held.refresh).status, 401);

    let (first, bystander) = (workshop(server), workshop(server));
    let next = Workshop::of(&refresh(server, &first.refresh));
    let last = Workshop::of(&refresh(server, &next.refresh));
    revoke(server, &first.refresh);
    for token in [&first.token, &next.token, &last.token] {
        assert!(!lives(server, [bearer(token)]));
    }
    assert_eq!(refresh(server, &last.refresh).status, 401);
    assert!(lives(server, [bearer(&bystander.token)]));
}

/// RFC 7009 section 2.2: what is not active is as the caller wants it.
#[test]
fn what_is_not_active_is_answered_like_what_was() {
    let server = Server::shared();
    let token = device(server);
    for text in [
        token.as_str(),
        &token,
        "unknown",
        &"0".repeat(64),
        "a.b.c",
        "17|x",
        &"x".repeat(12_000),
    ] {
        revoke(server, text);
    }
    let hinted = super::asked(super::REVOKE, &[("token", &token), ("token_type_hint", "nonsense")]);
    assert_eq!(server.send(&hinted).status, 200);
}

#[test]
fn many_who_revoke_one_token_at_once_are_all_answered() {
    let server = Server::shared();
    let token = device(server);
    at_once(12, |_| revoke(server, &token));
    assert!(!lives(server, [bearer(&token)]));
}

#[test]
fn another_node_refuses_a_revoked_token_within_a_second() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("t.db");
    let [here, there] = [(); 2].map(|()| Setup::demo().file(&path).start());
    let (shop, device) = (workshop(&here), device(&here));
    assert!(lives(&there, [bearer(&shop.token)]) && lives(&there, [bearer(&device)]));
    revoke(&here, &shop.refresh);
    revoke(&here, &device);
    assert!(poll(1000, || !lives(&there, [bearer(&shop.token)])));
    assert!(poll(1000, || !lives(&there, [bearer(&device)])));
    assert!(!is_active(&there, &[("token", &device)]));
}

#[test]
fn the_log_says_who_has_revoked_what_and_who_was_refused_and_has_no_token() {
    let server = Setup::demo().env("TESSERA_LOG", "debug").start();
    let (shop, device) = (workshop(&server), device(&server));
    revoke(&server, &shop.refresh);
    revoke(&server, &device);
    is_active(&server, &[("token", &device)]);
    let guess = super::form(super::INTROSPECT, &[("token", &device)]);
    for caller in [(DEMO.0, "canary-secret"), ("canary-id", DEMO.1)] {
        let response = server.send(&guess.clone().headers([super::basic(caller)]));
        super::refused(&response, 401, "invalid_client");
    }
    let log = server.err();
    server.stop();
    let log = log.text();
    let revoked = log.lines().filter(|line| line.contains(r#"event="token_revoked""#));
    assert_eq!(
        revoked
            .filter(|line| line.contains(r#"resource_server="demo-rs""#))
            .count(),
        2,
        "{log}"
    );
    for reason in [
        r#"resource_server="demo-rs" reason="wrong_secret""#,
        r#"resource_server="?" reason="unknown""#,
    ] {
        assert!(log.contains(reason), "{reason}");
    }
    let (_, secret) = device.split_once('|').expect("a secret");
    for canary in [secret, &shop.token, &shop.refresh, DEMO.1, "canary"] {
        assert!(!log.contains(canary), "{canary}");
    }
}
