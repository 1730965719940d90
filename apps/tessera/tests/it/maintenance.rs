//! What an administrator changes in a whole database: the master key, the form of names. And a damaged key under a
//! running server.

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use auth_core::SecretKey;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use store_diesel::{DieselStore, StoreOptions};
use tempfile::TempDir;

use crate::support::dialect::Dialect;
use crate::support::operator::Operator;
use crate::support::poll;
use crate::support::server::{DEMO_KEY, Ended, Server, Setup};
use crate::support::sign_in::{basic, bearer, client, device, lives, refresh, session, workshop};

type Law = fn(&str);

pub const LAWS: [(&str, Law); 5] = [
    ("tokens_outlive_their_master_key", tokens_outlive_their_master_key),
    ("a_weak_master_key_can_be_replaced", a_weak_master_key_can_be_replaced),
    (
        "a_master_key_is_replaced_by_another_good_one_only",
        a_master_key_is_replaced_by_another_good_one_only,
    ),
    (
        "names_in_an_older_form_are_found_and_folded",
        names_in_an_older_form_are_found_and_folded,
    ),
    (
        "a_damaged_signing_key_is_not_ready_until_it_is_mended",
        a_damaged_signing_key_is_not_ready_until_it_is_mended,
    ),
];

/// A file with this master key, which only its owner can read.
fn key_file(folder: &TempDir, key: &[u8]) -> PathBuf {
    let path = folder.path().join("new.key");
    std::fs::write(&path, STANDARD.encode(key)).expect("a file");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).expect("its mode");
    path
}

fn good_key() -> Vec<u8> {
    (0..32).map(|i| i * 7 + 3).collect()
}

/// `tessera key change-master`, with the present key in the environment.
fn change_master(url: &str, present: &str, file: &std::path::Path, more: &[&str]) -> Ended {
    let setup = Setup::command("key").arg("change-master").arg("--new-key-file");
    let setup = setup.arg(file.display()).env("TESSERA_MASTER_KEY", present);
    more.iter().fold(setup, Setup::arg).database(url).run()
}

fn serve_with(url: &str, key: &[u8]) -> Server {
    let setup = Setup::plain().database(url);
    setup.env("TESSERA_MASTER_KEY", STANDARD.encode(key)).start()
}

fn tokens_outlive_their_master_key(url: &str) {
    let server = Setup::demo().database(url).start();
    let (shop, pbx, player) = (workshop(&server), session(&server), device(&server));
    let of_client = client(&server, "a@letsta.lk");
    server.stop();
    let (folder, key) = (tempfile::tempdir().expect("a folder"), good_key());
    let file = key_file(&folder, &key);
    let asked = change_master(url, DEMO_KEY, &file, &[]);
    assert_eq!(asked.code, Some(1), "{asked:?}");
    for part in [
        "nothing was changed",
        "--yes",
        "1 sessions can no longer",
        "1 tokens of partners",
    ] {
        assert!(asked.err.contains(part), "{part}: {asked:?}");
    }
    let changed = change_master(url, DEMO_KEY, &file, &["--yes"]);
    assert_eq!(changed.code, Some(0), "{changed:?}");
    assert!(changed.err.contains("command_done"), "{changed:?}");
    assert!(!changed.err.contains(&STANDARD.encode(&key)), "{changed:?}");
    let again = change_master(url, DEMO_KEY, &file, &["--yes"]);
    assert!(again.code == Some(1) && again.err.contains("already"), "{again:?}");

    let server = serve_with(url, &key);
    assert!(lives(&server, [bearer(&shop.token)]), "a signed token");
    assert!(lives(&server, pbx.headers()), "one that is bound to a key");
    assert!(lives(&server, [bearer(&player)]), "an opaque one");
    assert!(lives(&server, [basic(&of_client)]), "a client's");
    assert_eq!(
        refresh(&server, &shop.refresh).status,
        401,
        "it opens under the old key only"
    );
    let next = client(&server, "a@letsta.lk");
    assert_ne!(next, of_client);
    assert_eq!(client(&server, "a@letsta.lk"), next, "shared again");
    assert!(lives(&server, [basic(&of_client)]) && lives(&server, [basic(&next)]));
    let shop = workshop(&server);
    assert_eq!(refresh(&server, &shop.refresh).status, 200);
    server.stop();
    let old = Setup::plain()
        .database(url)
        .env("TESSERA_MASTER_KEY", STANDARD.encode([1, 2].repeat(16)));
    assert_eq!(old.run().code, Some(1));
}

/// Weak keys were accepted once. A database that was set up with one is not lost.
fn a_weak_master_key_can_be_replaced(url: &str) {
    let weak = [1_u8, 2].repeat(16);
    let check = SecretKey::from_bytes(weak.clone().try_into().expect("32 bytes")).derive("master key check");
    with_store(url, async |store| {
        let meta = store.meta();
        meta.put_if_absent("master_key_check", check.expose())
            .await
            .expect("set");
    });
    let present = STANDARD.encode(&weak);
    let refused = Setup::plain().database(url).env("TESSERA_MASTER_KEY", &present).run();
    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert!(refused.err.contains("tessera key change-master"), "{refused:?}");
    let folder = tempfile::tempdir().expect("a folder");
    let changed = change_master(url, &present, &key_file(&folder, &good_key()), &["--yes"]);
    assert_eq!(changed.code, Some(0), "{changed:?}");
    serve_with(url, &good_key()).stop();
}

fn a_master_key_is_replaced_by_another_good_one_only(url: &str) {
    Setup::demo().database(url).start().stop();
    let folder = tempfile::tempdir().expect("a folder");
    let demo = STANDARD.decode(DEMO_KEY).expect("base64");
    for (new, why) in [
        ([1_u8, 2].repeat(16), "drawn at random"),
        (demo, "the demo's"),
        (vec![7; 5], "5 bytes"),
    ] {
        let refused = change_master(url, DEMO_KEY, &key_file(&folder, &new), &["--yes"]);
        assert!(refused.code == Some(1) && refused.err.contains(why), "{refused:?}");
    }
    let file = key_file(&folder, &good_key());
    let another = STANDARD.encode((0..32).map(|i| i * 5 + 1).collect::<Vec<u8>>());
    let refused = change_master(url, &another, &file, &["--yes"]);
    assert!(
        refused.code == Some(1) && refused.err.contains("nothing was changed"),
        "{refused:?}"
    );
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).expect("its mode");
    let refused = change_master(url, DEMO_KEY, &file, &["--yes"]);
    assert!(
        refused.code == Some(1) && refused.err.contains("chmod 600"),
        "{refused:?}"
    );
    Setup::demo().database(url).start().stop();
}

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

fn with_store(url: &str, action: impl AsyncFnOnce(&DieselStore)) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let store = DieselStore::connect(url, &StoreOptions::default()).await;
        action(&store.expect("a store")).await;
    });
}
