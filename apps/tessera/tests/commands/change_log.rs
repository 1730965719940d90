//! A command that changes something says so in the log: which, what, and who ran it.

use store_diesel::{DieselStore, StoreOptions};

use crate::admin_folder::{AdminFolder, PASSWORD};

/// The log lines that a successful command wrote.
fn logged(admin: &AdminFolder, command: &str, args: &[&str], input: &str) -> Vec<String> {
    let ended = admin.run(command, args, input);
    assert_eq!(ended.code, Some(0), "{command} {args:?}: {}", ended.err);
    let lines = ended.err.lines().filter(|line| line.contains("event="));
    lines.map(str::to_owned).collect()
}

#[test]
fn a_command_that_changes_something_leaves_one_event() {
    let admin = AdminFolder::new();
    admin.organisation("171", "0");
    let login = "canary@letsta.lk";
    let add = [
        "add",
        "--id",
        "77",
        "--realm",
        "players",
        "--login",
        login,
        "--password-stdin",
    ];
    let owner = ["--realm", "players", "--login", login];
    let with_owner = |words: &[&'static str]| [words, &owner].concat();
    let role = [
        "put",
        "--realm",
        "players",
        "--name",
        "jugador",
        "--permission",
        "consultarJuego",
    ];
    let consumer = ["put", "--key", "acme", "--organisation", "171"];
    for (command, args, input, expected) in [
        (
            "role",
            role.to_vec(),
            "",
            "role put\" what=\"realm=players name=jugador",
        ),
        (
            "account",
            add.to_vec(),
            PASSWORD,
            "account add\" what=\"id=77 realm=players",
        ),
        (
            "account",
            with_owner(&["set-role", "--role", "jugador"]),
            "",
            "account set-role\" what=\"id=77 role=jugador",
        ),
        (
            "account",
            with_owner(&["set-password", "--password-stdin"]),
            PASSWORD,
            "account set-password\" what=\"id=77",
        ),
        (
            "account",
            with_owner(&["disable"]),
            "",
            "account disable\" what=\"id=77 disabled=true",
        ),
        ("token", with_owner(&["revoke"]), "", "token revoke\" what=\"account=77"),
        (
            "consumer",
            consumer.to_vec(),
            "",
            "consumer put\" what=\"organisation=171 key=acme",
        ),
        (
            "consumer",
            vec!["disable", "--key", "acme"],
            "",
            "consumer disable\" what=\"key=acme disabled=true",
        ),
        (
            "key",
            vec!["rotate", "--flavour", "login"],
            "",
            "key rotate\" what=\"kid=",
        ),
        (
            "token",
            vec!["revoke", "--all", "--yes"],
            "",
            "token revoke\" what=\"ended=",
        ),
    ] {
        let lines = logged(&admin, command, &args, input);
        let [line] = &lines[..] else {
            panic!("{command} {args:?}: {lines:?}");
        };
        let expected = format!("event=\"command_done\" command=\"{expected}");
        assert!(line.contains(&expected), "{line} has no {expected}");
        assert!(line.contains(" uid=") && line.contains(" user="), "{line}");
        for secret in ["tsr_c_", PASSWORD.trim(), login] {
            assert!(!line.contains(secret), "{line}");
        }
    }
}

#[test]
fn a_command_that_only_reads_or_is_refused_leaves_no_event() {
    let admin = AdminFolder::new();
    admin.jugador(&["consultarJuego"]);
    let show = ["show", "--realm", "players", "--name", "jugador"];
    assert_eq!(logged(&admin, "role", &show, ""), [""; 0]);
    assert_eq!(logged(&admin, "key", &["list"], ""), [""; 0]);
    admin.refused("account", &["disable", "--id", "77"], "");
}

/// A half-done command must not be missing from the log: somebody has to do the other half.
#[test]
fn a_command_that_failed_half_way_leaves_one_event() {
    let admin = AdminFolder::new();
    admin.serve().stop();
    let stop = "CREATE TRIGGER stop BEFORE INSERT ON vault BEGIN SELECT RAISE(ABORT, 'stopped'); END";
    execute(&admin, stop);
    let failed = admin.run("token", &["revoke", "--all", "--yes"], "");
    assert_eq!(failed.code, Some(1), "{}", failed.err);
    let events: Vec<&str> = failed.err.lines().filter(|line| line.contains("event=")).collect();
    let [event] = events[..] else {
        panic!("{}", failed.err);
    };
    for part in ["command_failed", "token revoke", "and no key: run it again", " uid="] {
        assert!(event.contains(part), "{part}: {event}");
    }
    execute(&admin, "DROP TRIGGER stop");
    assert_eq!(logged(&admin, "token", &["revoke", "--all", "--yes"], "").len(), 1);
}

fn execute(admin: &AdminFolder, statement: &str) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let store = DieselStore::connect(&admin.url(), &StoreOptions::patient()).await;
        let store = store.expect("a store");
        store.dangerous_execute(statement).await.expect("done");
    });
}
