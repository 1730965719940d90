//! A damaged row is an error of its own record (contract, section 1), and of nobody else.

use store_diesel::{DieselStore, StoreOptions};

use crate::support::client::Request;
use crate::support::server::Setup;
use crate::support::sign_in::{bearer, device, revoke, verify};

type Law = fn(&str);

pub const LAWS: [(&str, Law); 2] = [
    ("a_damaged_record_is_its_own_error", a_damaged_record_is_its_own_error),
    (
        "a_damaged_list_of_permissions_is_logged",
        a_damaged_list_of_permissions_is_logged,
    ),
];

fn a_damaged_record_is_its_own_error(url: &str) {
    let server = Setup::demo().database(url).start();
    let (good, bad) = (device(&server), device(&server));
    let id = bad.split('|').next().expect("a number");
    let bytes = if url.starts_with("sqlite:") {
        "x'0102'"
    } else {
        "'\\x0102'"
    };
    damage(url, &format!("UPDATE tokens SET digest = {bytes} WHERE id = {id}"));
    for _ in 0..3 {
        let answer = verify(&server, [bearer(&bad)]);
        assert_eq!((answer.status, answer.header("Retry-After")), (503, None), "{answer:?}");
    }
    assert_eq!(revoke(&server, [bearer(&bad)]).status, 500);
    assert_eq!(verify(&server, [bearer(&good)]).status, 200);
    assert_eq!(server.send(&Request::get("/readyz")).status, 200);
    let log = server.err();
    server.stop();
    let text = log.text();
    let named = format!("token={id}");
    let lines = text
        .lines()
        .filter(|line| line.contains("record_corrupt") && line.contains(&named));
    assert_eq!(lines.count(), 1, "{text}");
}

/// An operator must hear why somebody can do nothing any more.
fn a_damaged_list_of_permissions_is_logged(url: &str) {
    let server = Setup::demo().database(url).start();
    let token = device(&server);
    let id = token.split('|').next().expect("a number");
    damage(url, &format!("UPDATE tokens SET scopes = '[1' WHERE id = {id}"));
    let answer = verify(&server, [bearer(&token)]);
    assert_eq!((answer.status, answer.header("X-Auth-Permissions")), (200, Some("")));
    let log = server.err();
    server.stop();
    let text = log.text();
    assert!(
        text.contains("permissions_unreadable") && text.contains(&format!("token {id}")),
        "{text}"
    );
}

/// Runs a statement that no port would.
fn damage(url: &str, statement: &str) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let store = DieselStore::connect(url, &StoreOptions::patient())
            .await
            .expect("a store");
        store.dangerous_execute(statement).await.expect("damaged");
    });
}
