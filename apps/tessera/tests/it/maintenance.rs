//! What an administrator changes in a whole database: the form of names. And a damaged key under a running server.

use store_diesel::{DieselStore, StoreOptions};

use crate::support::dialect::Dialect;
use crate::support::operator::Operator;
use crate::support::poll;
use crate::support::server::{DEMO_KEY, Setup};
use crate::support::sign_in::{bearer, lives, session, workshop};

type Law = fn(&str);

pub const LAWS: [(&str, Law); 2] = [
    (
        "names_in_an_older_form_are_found_and_folded",
        names_in_an_older_form_are_found_and_folded,
    ),
    (
        "a_damaged_signing_key_is_not_ready_until_it_is_mended",
        a_damaged_signing_key_is_not_ready_until_it_is_mended,
    ),
];

/// An earlier version stored some names in another form. Nobody is lost with it, and nobody takes another's name.
fn names_in_an_older_form_are_found_and_folded(url: &str) {
    Setup::demo().database(url).start().stop();
    let operator = Operator::of(url);
    let password = "correct horse battery";
    for login in ["a@münchen.de", "b@münchen.de", "c@x.dk"] {
        operator.add("workshops", login, password, &[]);
    }
    let doctor = |words: &str| {
        let ended = Setup::command("doctor")
            .database(url)
            .env("TESSERA_MASTER_KEY", DEMO_KEY)
            .run();
        assert!(
            ended
                .out
                .lines()
                .any(|line| line.contains("names") && line.contains(words)),
            "{ended:?}"
        );
    };
    doctor("every account is found");
    // As an earlier version stored them; one has its name's today's form taken by another, one a name that is refused today.
    execute(
        url,
        "UPDATE accounts SET login_folded = 'a@münchen.de' WHERE login = 'a@münchen.de';
         UPDATE accounts SET login_folded = 'b@münchen.de' WHERE login = 'b@münchen.de';
         UPDATE accounts SET login_folded = 'b@xn--mnchen-3ya.de' WHERE login = 'c@x.dk';
         UPDATE accounts SET login = 'ﬁ', login_folded = 'ﬁ' WHERE login = 'root'",
    );
    doctor("tessera account fold-names");
    let server = Setup::demo().database(url).start();
    let sign_in = |login: &str| {
        let body = serde_json::json!({"email": login, "password": password});
        server.send(&Dialect::Mechanics.request(&body)).status
    };
    assert_eq!(sign_in("a@münchen.de"), 401, "not found by the form of today");
    let folded = operator.run("account", &["fold-names"], "");
    assert!(folded.starts_with("2 accounts are found"), "{folded}");
    assert!(folded.contains("b@münchen.de in workshops): not changed"), "{folded}");
    assert!(folded.contains("ﬁ in pbx): a name is refused today"), "{folded}");
    for name in ["a@münchen.de", "A@xn--mnchen-3ya.de", "c@x.dk"] {
        assert_eq!(sign_in(name), 200, "{name}");
    }
    // What was in its way has moved on.
    let again = operator.run("account", &["fold-names", "--json"], "");
    let again: serde_json::Value = serde_json::from_str(&again).expect("JSON");
    assert_eq!(
        (&again["folded"], &again["conflicts"]),
        (&1.into(), &serde_json::json!([])),
        "{again}"
    );
    assert_eq!(sign_in("b@münchen.de"), 200);
    server.stop();
}

/// Keys are read as long as a server runs. One that does not open is shown before a restart needs it.
fn a_damaged_signing_key_is_not_ready_until_it_is_mended(url: &str) {
    let server = Setup::demo().database(url).start();
    let shop = workshop(&server);
    let keys = |word: &str, status: u16| {
        let seen = poll(1000, || {
            let answer = server.get("/readyz");
            answer.status == status && answer.json()["keys"] == word
        });
        assert!(seen, "{word}: {:?}", server.get("/readyz"));
    };
    keys("ok", 200);
    let bytes = if url.starts_with("sqlite:") {
        "x'0102'"
    } else {
        "'\\x0102'::bytea"
    };
    let new = format!(
        "INSERT INTO vault (name, purpose, sealed, created_at, activates_at, retires_at)
         SELECT 'damaged', purpose, {bytes}, created_at, activates_at + 86400000, NULL
         FROM vault WHERE purpose LIKE 'mechanics/%'"
    );
    execute(url, &new);
    keys("failing", 503);
    assert!(lives(&server, [bearer(&shop.token)]), "the keys that it has go on");
    execute(url, "DELETE FROM vault WHERE name = 'damaged'");
    keys("ok", 200);
    // One that is in use: what is in memory signs and verifies, and a restart would fail.
    execute(url, "CREATE TABLE copy AS SELECT name, sealed FROM vault");
    execute(
        url,
        &format!("UPDATE vault SET sealed = {bytes} WHERE purpose LIKE 'login/%'"),
    );
    keys("failing", 503);
    assert!(lives(&server, session(&server).headers()));
    execute(
        url,
        "UPDATE vault SET sealed = (SELECT copy.sealed FROM copy WHERE copy.name = vault.name)",
    );
    keys("ok", 200);
    server.stop();
}

fn execute(url: &str, statements: &str) {
    with_store(url, async |store| {
        store.dangerous_execute(statements).await.expect("done");
    });
}

pub fn with_store(url: &str, action: impl AsyncFnOnce(&DieselStore)) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let store = DieselStore::connect(url, &StoreOptions::patient()).await;
        action(&store.expect("a store")).await;
    });
}
