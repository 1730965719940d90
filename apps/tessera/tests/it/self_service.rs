//! `/self/…`: what people do with their own sessions. And reports of leaked tokens.

use serde_json::{Value, json};

use crate::support::client::{Request, Response};
use crate::support::dialect::Dialect;
use crate::support::operator::Operator;
use crate::support::poll;
use crate::support::server::{DEMO_KEY, Server, Setup};
use crate::support::sign_in::{bearer, client, device, lives, refresh, revoke, session, sign_in, workshop};

const PATHS: [&str; 7] = [
    "/self/sessions",
    "/self/sessions/end",
    "/self/sessions/end-others",
    "/self/password",
    "/self/tokens",
    "/self/token/rotate",
    "/leaked-tokens",
];

const ALL: &str = r#"["mechanics", "login", "device"]"#;

fn setup() -> Setup {
    let setup = Setup::demo().env("TESSERA_SELF_SERVICE__FLAVOURS", ALL);
    setup.env("TESSERA_SELF_SERVICE__LEAK_REPORTS", true)
}

fn asks(server: &Server, path: &str, token: &str, body: &Value) -> Response {
    server.send(&Request::post(path).headers([bearer(token)]).json(body))
}

fn refuses(answer: &Response, status: u16, word: &str) {
    assert_eq!(
        (answer.status, answer.member("error").as_str()),
        (status, word),
        "{answer:?}"
    );
}

fn listed(server: &Server, token: &str) -> Vec<Value> {
    let answer = asks(server, "/self/sessions", token, &json!({}));
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()["sessions"].as_array().expect("sessions").clone()
}

/// The number of the session that a token belongs to.
fn current(server: &Server, token: &str) -> String {
    let sessions = listed(server, token);
    let mut own = sessions.iter().filter(|session| session["current"] == true);
    let id = own.next().expect("one is the caller's")["id"]
        .as_str()
        .expect("a text")
        .to_owned();
    assert!(own.next().is_none(), "{sessions:?}");
    id
}

#[test]
fn it_is_off_unless_it_is_configured() {
    let server = Server::demo();
    let token = device(&server);
    for path in PATHS {
        assert_eq!(asks(&server, path, &token, &json!({})).status, 404, "{path}");
    }
}

#[test]
fn people_see_their_own_sessions_and_no_others() {
    let server = setup().start();
    let (first, second) = (device(&server), device(&server));
    let shop = workshop(&server);
    let sessions = listed(&server, &first);
    assert_eq!(sessions.len(), 2, "{sessions:?}");
    for session in &sessions {
        assert_eq!(
            (&session["flavour"], &session["label"]),
            (&json!("device"), &json!("iPhone 4s"))
        );
        assert_eq!(session["expires_at"], Value::Null);
    }
    let numbers = [current(&server, &second), current(&server, &first)];
    assert_eq!(sessions[0]["id"], numbers[0], "newest first");
    assert_eq!(sessions[1]["id"], numbers[1]);
    let own = listed(&server, &shop.token);
    assert_eq!(own.len(), 1, "a session that is refreshed is one: {own:?}");
    assert_ne!(own[0]["expires_at"], Value::Null);
    // Its next access token is of the same session.
    let refreshed = refresh(&server, &shop.refresh).member("token");
    assert_eq!(current(&server, &refreshed), own[0]["id"]);
    let before = asks(
        &server,
        "/self/sessions",
        &first,
        &json!({ "before": sessions[0]["id"] }),
    );
    assert_eq!(before.json()["sessions"].as_array().map(Vec::len), Some(1));
    // The `next` of the last page begins anew.
    let again = asks(
        &server,
        "/self/sessions",
        &first,
        &json!({ "before": before.json()["next"] }),
    );
    assert_eq!(again.json()["sessions"].as_array().map(Vec::len), Some(2), "{again:?}");
}

#[test]
fn one_session_of_ones_own_is_ended_and_none_of_anothers() {
    let server = setup().start();
    let (phone, tablet, shop) = (device(&server), device(&server), workshop(&server));
    let end = |token: &str, id: &str| asks(&server, "/self/sessions/end", token, &json!({ "id": id }));
    let (of_tablet, of_shop) = (current(&server, &tablet), current(&server, &shop.token));
    refuses(&end(&phone, &of_shop), 404, "not_found");
    refuses(&end(&phone, "999999"), 404, "not_found");
    for malformed in ["", "0", "-1", "01", "x", "99999999999999999999"] {
        refuses(&end(&phone, malformed), 400, "invalid_request");
    }
    assert!(lives(&server, [bearer(&tablet)]) && lives(&server, [bearer(&shop.token)]));
    let ended = end(&phone, &of_tablet);
    assert_eq!((ended.status, ended.json()), (200, json!({ "ended": 1 })));
    assert!(!lives(&server, [bearer(&tablet)]) && lives(&server, [bearer(&phone)]));
    refuses(&end(&phone, &of_tablet), 404, "not_found");
    refuses(
        &asks(&server, "/self/sessions", &tablet, &json!({})),
        401,
        "unauthorized",
    );
}

#[test]
fn the_other_sessions_are_ended_and_the_callers_stays() {
    let server = setup().start();
    let devices: Vec<String> = (0..3).map(|_| device(&server)).collect();
    let shop = workshop(&server);
    let ended = asks(&server, "/self/sessions/end-others", &devices[1], &json!({}));
    assert_eq!((ended.status, ended.json()), (200, json!({ "ended": 2 })));
    let alive: Vec<bool> = devices.iter().map(|token| lives(&server, [bearer(token)])).collect();
    assert_eq!(alive, [false, true, false]);
    assert!(lives(&server, [bearer(&shop.token)]), "another person's");
    // A session that is refreshed goes on after it, too.
    assert_eq!(
        asks(&server, "/self/sessions/end-others", &shop.token, &json!({})).status,
        200
    );
    assert_eq!(refresh(&server, &shop.refresh).status, 200);
}

#[test]
fn a_password_is_changed_with_the_old_one_and_all_other_sessions_end() {
    let server = setup().start();
    let (thief, owner) = (workshop(&server), workshop(&server));
    let change = |token: &str, old: &str, new: &str| {
        let body = json!({ "old_password": old, "new_password": new });
        asks(&server, "/self/password", token, &body)
    };
    // The caller's token is active: clients take a 401 for the end of their session.
    let wrong = change(&owner.token, "wrong", "correct horse");
    refuses(&wrong, 400, "wrong_password");
    assert_eq!(wrong.header("WWW-Authenticate"), None);
    refuses(&change(&owner.token, "qwerty", "qwerty"), 400, "password_unchanged");
    refuses(&change(&owner.token, "qwerty", "short"), 400, "password_too_short");
    refuses(&change(&owner.token, "qwerty", "qwertyuiop"), 400, "password_common");
    refuses(
        &change(&owner.token, "qwerty", &"é".repeat(40)),
        400,
        "password_unusable",
    );
    refuses(&change(&owner.token, "", "correct horse"), 400, "invalid_request");
    assert!(lives(&server, [bearer(&thief.token)]), "nothing has changed");
    let changed = change(&owner.token, "qwerty", "correct horse");
    assert_eq!(changed.status, 200, "{changed:?}");
    for old in [&thief, &owner] {
        assert!(!lives(&server, [bearer(&old.token)]));
        assert_eq!(refresh(&server, &old.refresh).status, 401);
    }
    assert!(lives(&server, [bearer(&changed.member("token"))]));
    assert_eq!(refresh(&server, &changed.member("refresh_token")).status, 200);
    let sign_in = |password: &str| {
        let body = Dialect::Mechanics.attempt("workshop@email.dk", password);
        server.send(&Dialect::Mechanics.request(&body)).status
    };
    assert_eq!((sign_in("qwerty"), sign_in("correct horse")), (401, 200));
}

#[test]
fn a_token_that_is_bound_to_a_key_needs_it_and_its_successor_has_another() {
    let server = setup().start();
    let pbx = session(&server);
    let body = json!({ "old_password": "secret", "new_password": "correct horse" });
    let without = Request::post("/self/password")
        .header("X-Access-Token", &pbx.token)
        .json(&body);
    refuses(&server.send(&without), 401, "unauthorized");
    let changed = server.send(&Request::post("/self/password").headers(pbx.headers()).json(&body));
    assert_eq!(changed.status, 200, "{changed:?}");
    assert!(!lives(&server, pbx.headers()));
    let (key, token) = (changed.member("key"), changed.member("token"));
    assert!(lives(&server, [("X-Access-Token", token), ("X-Key", key)]));
}

fn permissions(server: &Server, token: &str) -> String {
    let answer = server.send(&Request::get("/auth/verify").headers([bearer(token)]));
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.header("X-Auth-Permissions").expect("permissions").to_owned()
}

#[test]
fn a_token_with_fewer_rights_and_an_end_is_made() {
    let server = setup().start();
    let phone = device(&server);
    let create = |token: &str, body: Value| asks(&server, "/self/tokens", token, &body);
    let made = create(
        &phone,
        json!({ "label": "backup", "scope": "consultarJuego consultarTitulo", "expires_in": 86400 }),
    );
    assert_eq!(
        (made.status, made.member("scope")),
        (201, "consultarJuego consultarTitulo".into()),
        "{made:?}"
    );
    let backup = made.member("token");
    assert_eq!(permissions(&server, &backup), "consultarJuego consultarTitulo");
    let shown = listed(&server, &phone);
    assert_eq!(
        (&shown[0]["label"], &shown[0]["id"]),
        (&json!("backup"), &made.json()["id"])
    );
    assert_eq!(shown[0]["expires_at"], made.json()["expires_at"]);

    // What a token does not have, it cannot give.
    let wide = json!({ "label": "x", "scope": "consultarJuego notThere" });
    refuses(&create(&phone, wide), 400, "scope_too_wide");
    let whole = create(&phone, json!({ "label": "whole" }));
    assert_eq!(
        permissions(&server, &whole.member("token")),
        permissions(&server, &phone)
    );
    for body in [
        json!({}),
        json!({ "label": " " }),
        json!({ "label": "x", "expires_in": 0 }),
        json!({ "label": "x", "scope": 1 }),
    ] {
        refuses(&create(&phone, body), 400, "invalid_request");
    }
    let long = json!({ "label": "x", "expires_in": 10 * 366 * 24 * 60 * 60 + 1 });
    refuses(&create(&phone, long), 400, "too_long");
    // A short one ends, on its own.
    let short = create(&phone, json!({ "label": "short", "expires_in": 1 })).member("token");
    assert!(
        poll(1000, || !lives(&server, [bearer(&short)])),
        "it ends after a second"
    );
    assert!(lives(&server, [bearer(&phone)]));
}

#[test]
fn a_device_token_is_rotated_with_an_overlap() {
    let server = setup().start();
    let old = device(&server);
    let rotated = asks(&server, "/self/token/rotate", &old, &json!({ "overlap": 600 }));
    assert_eq!(rotated.status, 201, "{rotated:?}");
    let new = rotated.member("token");
    assert!(
        lives(&server, [bearer(&old)]) && lives(&server, [bearer(&new)]),
        "both for a while"
    );
    assert_eq!(permissions(&server, &new), permissions(&server, &old));
    let sessions = listed(&server, &new);
    assert_eq!(
        (&sessions[0]["label"], &sessions[0]["expires_at"]),
        (&json!("iPhone 4s"), &Value::Null)
    );
    assert_ne!(sessions[1]["expires_at"], Value::Null, "the old one ends");
    assert_eq!(sessions[1]["expires_at"], rotated.json()["old_expires_at"]);
    let long = asks(&server, "/self/token/rotate", &new, &json!({ "overlap": 604_801 }));
    refuses(&long, 400, "too_long");
    let again = asks(&server, "/self/token/rotate", &new, &json!({ "overlap": 1 })).member("token");
    assert!(poll(1000, || !lives(&server, [bearer(&new)])), "the overlap is over");
    assert!(lives(&server, [bearer(&again)]));
}

fn rotated(server: &Server, token: &str) -> Response {
    let answer = asks(server, "/self/token/rotate", token, &json!({ "overlap": 600 }));
    assert_eq!(answer.status, 201, "{answer:?}");
    answer
}

fn made(server: &Server, token: &str, label: &str) -> String {
    let answer = asks(server, "/self/tokens", token, &json!({ "label": label }));
    assert_eq!(answer.status, 201, "{answer:?}");
    answer.member("token")
}

/// A client that has lost the answer asks again, and has a token that lasts; what it never saw is revoked.
#[test]
fn a_rotation_whose_answer_was_lost_is_asked_for_again() {
    let server = setup().start();
    let old = device(&server);
    let lost = rotated(&server, &old);
    let again = rotated(&server, &old);
    assert_eq!(
        again.json()["expires_at"],
        Value::Null,
        "it ends when the first one did"
    );
    assert_eq!(again.json()["old_expires_at"], lost.json()["old_expires_at"]);
    assert!(!lives(&server, [bearer(&lost.member("token"))]));
    assert!(lives(&server, [bearer(&again.member("token"))]) && lives(&server, [bearer(&old)]));
    // Of many at once, one has the token that lasts.
    let answers: Vec<Response> = std::thread::scope(|scope| {
        let ask = || scope.spawn(|| rotated(&server, &old));
        let asking: Vec<_> = (0..8).map(|_| ask()).collect();
        asking.into_iter().map(|one| one.join().expect("an answer")).collect()
    });
    let living = answers
        .iter()
        .filter(|answer| lives(&server, [bearer(&answer.member("token"))]));
    assert_eq!(living.count(), 1);
    assert_eq!(listed(&server, &old).len(), 2);
}

/// A token, those that took its place, and those that were made from it end together.
#[test]
fn what_was_made_of_a_session_ends_with_it() {
    let server = setup().start();
    let report = |token: &str| {
        let answer = server.send(&Request::post("/leaked-tokens").json(json!({ "token": token })));
        assert_eq!(answer.status, 202);
    };
    let sign_out = |token: &str| {
        let answer = revoke(&server, [bearer(token)]);
        assert_eq!(answer.status, 200, "{answer:?}");
    };
    let other = device(&server);
    let end = |token: &str| {
        let id = current(&server, token);
        let answer = asks(&server, "/self/sessions/end", &other, &json!({ "id": id }));
        assert_eq!(answer.status, 200, "{answer:?}");
    };
    let acts: [&dyn Fn(&str); 3] = [&report, &end, &sign_out];
    for (act, end) in acts.iter().enumerate() {
        for by_the_old_one in [true, false] {
            let old = device(&server);
            let backup = made(&server, &old, "backup");
            let new = rotated(&server, &old).member("token");
            let later = made(&server, &new, "later");
            let of_backup = rotated(&server, &backup).member("token");
            end(if by_the_old_one { &old } else { &new });
            for token in [&old, &backup, &new, &later, &of_backup] {
                let is_refused = || !lives(&server, [bearer(token)]);
                assert!(poll(1000, is_refused), "act {act}, by the old one: {by_the_old_one}");
            }
        }
    }
    assert!(lives(&server, [bearer(&other)]), "another device");
}

/// It was handed to a program for its permissions: the sessions of its owner are not the program's.
#[test]
fn a_token_that_was_made_has_itself_only() {
    let server = setup().start();
    let (phone, tablet) = (device(&server), device(&server));
    let backup = made(&server, &phone, "backup");
    for (path, body) in [
        ("/self/tokens", json!({ "label": "x" })),
        ("/self/sessions/end-others", json!({})),
        (
            "/self/password",
            json!({ "old_password": "secret", "new_password": "correct horse" }),
        ),
    ] {
        refuses(&asks(&server, path, &backup, &body), 403, "forbidden");
    }
    let sessions = listed(&server, &backup);
    assert_eq!(sessions.len(), 1, "{sessions:?}");
    assert_eq!(
        (&sessions[0]["label"], &sessions[0]["current"]),
        (&json!("backup"), &json!(true))
    );
    let end = |token: &str, id: &str| asks(&server, "/self/sessions/end", token, &json!({ "id": id }));
    for others in [&phone, &tablet] {
        refuses(&end(&backup, &current(&server, others)), 404, "not_found");
    }
    // It may be replaced, and its successor is no more than it was.
    let successor = rotated(&server, &backup).member("token");
    refuses(
        &asks(&server, "/self/tokens", &successor, &json!({ "label": "x" })),
        403,
        "forbidden",
    );
    assert_eq!(listed(&server, &successor).len(), 2, "both, for a while");
    assert_eq!(end(&successor, &current(&server, &successor)).status, 200);
    assert!(!lives(&server, [bearer(&backup)]) && !lives(&server, [bearer(&successor)]));
    assert!(lives(&server, [bearer(&phone)]) && lives(&server, [bearer(&tablet)]));
}

/// Scanners find old tokens: what a thief has made of one goes on when it has expired.
#[test]
fn a_report_of_a_token_that_has_expired_ends_what_came_out_of_it() {
    let server = setup().start();
    let old = device(&server);
    let backup = made(&server, &old, "backup");
    let new = asks(&server, "/self/token/rotate", &old, &json!({ "overlap": 1 })).member("token");
    assert!(poll(1000, || !lives(&server, [bearer(&old)])), "the overlap is over");
    let report = json!({ "token": old });
    // What was refused a moment ago may not be looked up again for ten seconds.
    let ends = || {
        server.send(&Request::post("/leaked-tokens").json(&report));
        !lives(&server, [bearer(&new)]) && !lives(&server, [bearer(&backup)])
    };
    assert!(poll(3000, ends));
}

#[test]
fn the_other_sessions_end_and_what_took_the_place_of_one_stays() {
    let server = setup().start();
    let old = device(&server);
    let backup = made(&server, &old, "backup");
    let new = rotated(&server, &old).member("token");
    let ended = asks(&server, "/self/sessions/end-others", &new, &json!({}));
    assert_eq!((ended.status, ended.json()), (200, json!({ "ended": 2 })));
    assert!(!lives(&server, [bearer(&old)]) && !lives(&server, [bearer(&backup)]));
    assert!(lives(&server, [bearer(&new)]));
    // With the old one it is the other way round: who has lost the answer loses nothing by it.
    let lost = rotated(&server, &new).member("token");
    assert_eq!(asks(&server, "/self/sessions/end-others", &new, &json!({})).status, 200);
    assert!(lives(&server, [bearer(&lost)]));
    let again = rotated(&server, &new);
    assert_eq!(again.json()["expires_at"], Value::Null);
    assert!(lives(&server, [bearer(&again.member("token"))]));
}

/// As forward auth does, where `forward_auth.expiry_notice` asks for it.
#[test]
fn an_answer_says_that_the_token_expires_soon() {
    let server = setup().env("TESSERA_FORWARD_AUTH__EXPIRY_NOTICE", "1h").start();
    let lasting = device(&server);
    let body = json!({ "label": "x", "expires_in": 600 });
    let short = asks(&server, "/self/tokens", &lasting, &body);
    assert_eq!(short.header("Token-Expires-At"), None);
    let answer = asks(&server, "/self/sessions", &short.member("token"), &json!({}));
    let expires_at = answer.header("Token-Expires-At").expect("it ends within an hour");
    assert!(expires_at.parse::<i64>().expect("seconds") > 0);
}

/// A person with as many tokens as one may hold makes no more, and can rotate each of them.
#[test]
fn who_holds_a_thousand_tokens_rotates_them() {
    let server = setup().start();
    let phone = device(&server);
    let make = |_| asks(&server, "/self/tokens", &phone, &json!({ "label": "x" })).status;
    assert!((1..1000).map(make).all(|status| status == 201));
    let more = asks(&server, "/self/tokens", &phone, &json!({ "label": "x" }));
    refuses(&more, 400, "too_many_tokens");
    assert!(lives(&server, [bearer(&rotated(&server, &phone).member("token"))]));
}

/// What is made of a token that expires when it is not used expires so, too: it has no end that the other one has not.
#[test]
fn what_is_made_of_a_token_that_lives_while_it_is_used_does_so_too() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("tessera.db");
    let settings = "[self_service]\nflavours = [\"device\"]\n[[flavour]]\nname = \"device\"\ndialect = \"device\"\n\
                    issuer = \"opaque\"\nrealm = \"players\"\nidle = \"60s\"\n";
    let server = Setup::demo().config(settings).file(&file).start();
    let phone = device(&server);
    let without_end = asks(&server, "/self/tokens", &phone, &json!({ "label": "x" }));
    let with_end = asks(
        &server,
        "/self/tokens",
        &phone,
        &json!({ "label": "y", "expires_in": 600 }),
    );
    let rotated = asks(&server, "/self/token/rotate", &phone, &json!({ "overlap": 600 }));
    for made in [&without_end, &with_end, &rotated] {
        assert_eq!(made.status, 201, "{made:?}");
        assert_ne!(made.json()["expires_at"], Value::Null, "if it is not used");
    }
    server.stop();
    let export = folder.path().join("export.ndjson");
    let command = ["export", "--file", export.to_str().expect("UTF-8")];
    let command = command.iter().fold(Setup::command("data"), Setup::arg).file(&file);
    let ended = command.env("TESSERA_MASTER_KEY", DEMO_KEY).run();
    assert_eq!(ended.code, Some(0), "{}", ended.err);
    let export = std::fs::read_to_string(export).expect("the export");
    let has_end = |made: &Response| {
        let id: i64 = made.member("id").parse().expect("a number");
        let rows = export
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
        let mut own = rows.filter(|row| row["row"]["idle_ms"] == 60_000 && row["row"]["id"] == id);
        let row = own.next().unwrap_or_else(|| panic!("no token {id}: {export}"));
        row["row"]["ends_at"] != Value::Null
    };
    assert!(!has_end(&without_end) && !has_end(&rotated));
    assert!(has_end(&with_end));
}

#[test]
fn what_carries_its_end_cannot_be_shortened_and_nothing_is_left_behind() {
    let server = setup().start();
    let shop = workshop(&server);
    for (path, body) in [
        ("/self/tokens", json!({ "label": "x", "expires_in": 60 })),
        ("/self/token/rotate", json!({})),
    ] {
        refuses(&asks(&server, path, &shop.token, &body), 400, "fixed_end");
        assert_eq!(listed(&server, &shop.token).len(), 1, "{path}");
    }
}

/// The end of its session would not be that of the access token which the client holds.
#[test]
fn an_opaque_token_that_is_refreshed_makes_no_other_tokens() {
    let shops = "[self_service]\nflavours = [\"shops\"]\n[[flavour]]\nname = \"shops\"\ndialect = \"mechanics\"\n\
                 issuer = \"opaque\"\nrealm = \"workshops\"\nlifetime = \"15m\"\n";
    let server = Server::with_config(shops);
    let shop = workshop(&server);
    for (path, body) in [
        ("/self/tokens", json!({ "label": "x", "expires_in": 60 })),
        ("/self/tokens", json!({ "label": "x" })),
        ("/self/token/rotate", json!({})),
    ] {
        refuses(&asks(&server, path, &shop.token, &body), 400, "fixed_end");
        assert_eq!(listed(&server, &shop.token).len(), 1, "{path}");
    }
}

#[test]
fn tokens_of_other_flavours_may_not() {
    let server = Setup::demo()
        .env("TESSERA_SELF_SERVICE__FLAVOURS", r#"["device"]"#)
        .start();
    let shop = workshop(&server);
    for path in &PATHS[..6] {
        let answer = asks(&server, path, &shop.token, &json!({}));
        refuses(&answer, 403, "forbidden");
        let none = server.send(&Request::post(path).json(json!({})));
        assert_eq!(none.status, 401, "{path}: {none:?}");
        assert!(none.header("WWW-Authenticate").is_some());
    }
}

#[test]
fn a_flavour_that_is_not_there_is_refused_at_start() {
    let unknown = Setup::demo().env("TESSERA_SELF_SERVICE__FLAVOURS", r#"["games"]"#);
    let ended = unknown.run();
    assert_eq!(ended.code, Some(1), "{ended:?}");
    for word in ["self_service.flavours", "games", "mechanics, login, device"] {
        assert!(ended.err.contains(word), "no {word:?} in {}", ended.err);
    }
}

#[test]
fn a_leaked_token_of_any_kind_is_revoked_and_the_answer_says_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("tessera.db");
    let server = setup().file(&file).start();
    let report = |token: &str| {
        let answer = server.send(&Request::post("/leaked-tokens").json(json!({ "token": token })));
        assert_eq!(
            (answer.status, answer.json()),
            (202, json!({ "received": true })),
            "{token}"
        );
    };
    let (player, pbx, shop, other) = (device(&server), session(&server), workshop(&server), workshop(&server));
    let of_client = client(&server, "a@letsta.lk");
    report(&format!("Bearer {player}\r\n"));
    assert!(!lives(&server, [bearer(&player)]));
    report(&pbx.token);
    assert!(!lives(&server, pbx.headers()), "without its key");
    report(&shop.refresh);
    assert!(!lives(&server, [bearer(&shop.token)]), "with all of its session");
    report(&of_client);
    assert!(
        lives(&server, [bearer(&other.token)]),
        "another session of the same person"
    );
    for text in [&*player, "1|2", "x", "a.b.c", &"x".repeat(5000)] {
        report(text);
    }
    for empty in [" ", "Bearer "] {
        let empty = server.send(&Request::post("/leaked-tokens").json(json!({ "token": empty })));
        refuses(&empty, 400, "invalid_request");
    }
    let operator = Operator::of_file(&file);
    let audit = operator.run("audit", &["list", "--event", "token_revoked", "--json"], "");
    assert_eq!(audit.matches("\"detail\":\"leaked\"").count(), 4, "{audit}");
    server.stop();
}

/// Whoever guesses tokens there learns nothing, and does not get far.
#[test]
fn reports_of_unknown_tokens_are_bounded_for_each_source() {
    let server = setup().start();
    let secret = "a".repeat(40);
    let mut reports = (0..1000).map(|number| {
        let body = json!({ "token": format!("{}|{secret}", 5_000 + number) });
        server.send(&Request::post("/leaked-tokens").json(body)).status
    });
    assert!(reports.any(|status| status == 429));
    let token = sign_in(&server, Dialect::Device).member("token");
    assert!(lives(&server, [bearer(&token)]));
}

/// docs/self-service.md, "Patterns for secret scanners".
#[test]
fn the_patterns_of_the_page_find_what_this_server_issues() {
    let page = include_str!("../../../../docs/self-service.md");
    let pattern = |what: &str| {
        let row = page
            .lines()
            .find(|line| line.starts_with(&format!("| {what}")))
            .expect(what);
        // As GitHub shows a table: of `\|` it shows `|`, also in code.
        let text = row.split('`').nth(1).expect("a pattern").replace("\\|", "|");
        regex::Regex::new(&text).expect("a regular expression")
    };
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("tessera.db");
    let server = setup().file(&file).start();
    let operator = Operator::of_file(&file);
    let made = |command, id| {
        operator
            .run(command, id, "")
            .split("only once: ")
            .nth(1)
            .expect("a secret")
            .to_owned()
    };
    let of_partner = made("consumer", &["put", "--key", "scanned", "--organisation", "171"]);
    let of_service = made("resource-server", &["put", "--id", "scanned", "--all-flavours"]);
    let shop = workshop(&server);
    for (what, found) in [
        ("opaque tokens", device(&server)),
        ("opaque tokens", client(&server, "a@letsta.lk")),
        ("signed tokens", shop.token),
        ("signed tokens", session(&server).token),
        ("refresh tokens", shop.refresh),
        ("secrets of partners", of_partner.trim().to_owned()),
        ("secrets of resource servers", of_service.trim().to_owned()),
    ] {
        let text = format!("token = \"{found}\"");
        let pattern = pattern(what);
        assert_eq!(
            pattern.find(&text).map(|found| found.as_str()),
            Some(&*found),
            "{what}: {pattern}"
        );
    }
}
