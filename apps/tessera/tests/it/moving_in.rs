//! Moving in from another system with clients that go on: its real implementation makes people and tokens and accepts each token,
//! `tessera import` takes them over beside a running server, and the server accepts the same texts. A separate test program,
//! because its `main` skips what is not installed.
//!
//! `.ci/run` installs Django with Knox and REST framework, better-auth, and PHP. Laravel's own packages are not to be had
//! everywhere, so its rows are made by its documented algorithms, with PHP's hashes.
#![forbid(unsafe_code)]
#![allow(unreachable_pub, reason = "nothing of a test binary is reachable from outside")]
#![allow(
    dead_code,
    unused_imports,
    reason = "the other test program uses the rest of `support`"
)]

mod support;
mod trials;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use libtest_mimic::Trial;
use serde_json::{Value, json};
use store_diesel::{DieselStore, StoreOptions};

use support::client::Request;
use support::operator::Operator;
use support::poll;
use support::server::{Ended, Server, Setup};
use support::sign_in::{lives, verify};

/// Set to `1`, these tests fail where a system is not installed.
const REQUIRE: &str = "TESSERA_REQUIRE_MOVING_IN";

const SETTINGS: &str = "[[flavour]]\nname = \"device\"\ndialect = \"device\"\n\
    imported_tokens = [\"bearer\", \"token\", \"api-key\"]\n";

#[derive(Clone, Copy)]
enum Runtime {
    Python,
    Node,
    Php,
}

struct Made {
    system: &'static str,
    script: &'static str,
    runtime: Runtime,
}

const MADE: [Made; 3] = [
    Made {
        system: "django",
        script: include_str!("moving_in/django_rows.py"),
        runtime: Runtime::Python,
    },
    Made {
        system: "better-auth",
        script: include_str!("moving_in/better_auth.mjs"),
        runtime: Runtime::Node,
    },
    Made {
        system: "laravel",
        script: include_str!("moving_in/sanctum.php"),
        runtime: Runtime::Php,
    },
];

fn main() {
    let made = MADE.iter().map(|made| {
        let name = format!("clients_of_{}_go_on", made.system.replace('-', "_"));
        trials::unless_skipped(&name, || skip_reason(made.runtime), || clients_go_on(made))
    });
    let others: [(&str, fn()); 4] = [
        ("a_killed_import_is_completed_by_a_second_run", killed),
        ("a_wrong_pepper_changes_nothing", wrong_pepper),
        ("each_refusal_has_its_line_and_the_rest_goes_on", refusals),
        ("what_is_no_dump_of_the_system_is_refused", no_dump),
    ];
    let others = others.map(|(name, test)| {
        Trial::test(name, move || {
            test();
            Ok(())
        })
    });
    let missing = MADE.iter().find_map(|made| skip_reason(made.runtime));
    trials::run(made.chain(others).collect(), "the systems to move in from", missing)
}

/// A server with the role `player`, and the folder of the other system.
struct Stage {
    server: Server,
    folder: tempfile::TempDir,
}

impl Stage {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let database = folder.path().join("tessera.db");
        let server = Setup::plain().config(SETTINGS).file(&database).start();
        Operator::of_file(&database).put_role("players", "player", &["read", "write"]);
        Self { server, folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(&path, text).expect("a file");
        path
    }

    fn import(&self, system: &str, from: &Path, more: &[&str]) -> Ended {
        let setup = Setup::command("import").arg(system).arg("--from").arg(from.display());
        let setup = setup.arg("--flavour").arg("device").arg("--role").arg("player");
        let setup = more.iter().fold(setup, Setup::arg);
        setup.config(SETTINGS).file(&self.path("tessera.db")).run()
    }

    /// The report of an import that succeeds.
    fn imported(&self, system: &str, from: &Path, more: &[&str]) -> Value {
        let ended = self.import(system, from, &[more, &["--json"]].concat());
        assert_eq!(ended.code, Some(0), "{}", ended.err);
        serde_json::from_str(&ended.out).expect("a report")
    }

    fn signs_in(&self, login: &str, password: &str) -> bool {
        let body = json!({"email_or_username": login, "password": password, "device_name": "phone"});
        let answer = self.server.send(&Request::post("/api/tokens/create").json(body));
        assert!(matches!(answer.status, 200 | 401), "{answer:?}");
        answer.status == 200
    }

    fn number(&self, query: &str) -> i64 {
        number(&self.path("tessera.db"), query)
    }
}

fn number(database: &Path, query: &str) -> i64 {
    let url = format!("sqlite:{}", database.display());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(async {
        let store = DieselStore::connect(&url, &StoreOptions::default())
            .await
            .expect("a store");
        store
            .dangerous_number(query)
            .await
            .expect("a number")
            .unwrap_or_default()
    })
}

fn clients_go_on(made: &Made) {
    let stage = Stage::new();
    let from = stage.path("other.sqlite");
    let known = made.runtime.run(made.script, &from);
    let word = |name: &str| known[name].as_str().expect(name).to_owned();
    let texts = |name: &str| -> Vec<String> {
        let list = known[name].as_array().expect(name).iter();
        list.map(|text| text.as_str().expect("a text").to_owned()).collect()
    };
    let header = |token: &str| [("Authorization", format!("{} {token}", word("header")))];
    let (tokens, refused) = (texts("tokens"), texts("refused"));
    let tried = stage.imported(made.system, &from, &["--dry-run"]);
    assert!(!lives(&stage.server, header(&tokens[0])), "it was only tried");
    assert!(stage.number("SELECT COUNT(*) FROM accounts") == 0);

    // Another text: that one was found unknown a moment ago, which is remembered for ten seconds.
    let password = stage.write("password", &word("password"));
    let checked = [
        "--check-login",
        &word("login"),
        "--check-file",
        &password.display().to_string(),
    ];
    let report = stage.imported(made.system, &from, &checked);
    for counted in ["accounts_added", "tokens_added", "refused", "accounts_without_password"] {
        assert_eq!(report[counted], tried[counted], "{counted}");
    }
    for token in &tokens[1..] {
        assert!(lives(&stage.server, header(token)), "{token}");
    }
    assert!(refused.iter().all(|token| !lives(&stage.server, header(token))));

    let again = stage.imported(made.system, &from, &[]);
    assert_eq!(
        (&again["accounts_added"], &again["tokens_added"]),
        (&json!(0), &json!(0))
    );
    assert_eq!(again["tokens_present"], report["tokens_added"]);

    let (login, right) = (word("login"), word("password"));
    assert!(!stage.signs_in(&login, "another password"));
    let bcrypt = "SELECT COUNT(*) FROM passwords WHERE hash LIKE '$2b$10$%'";
    assert_eq!(stage.number(bcrypt), 0);
    assert!(stage.signs_in(&login, &right));
    assert_eq!(stage.number(bcrypt), 1, "it is bcrypt from now on");
    assert!(stage.signs_in(&login, &right));

    let revoked = stage
        .server
        .send(&Request::post("/api/tokens/revoke").headers([("Authorization", format!("Bearer {}", tokens[1]))]));
    assert_eq!(revoked.status, 200, "{revoked:?}");
    assert!(!lives(&stage.server, header(&tokens[1])));
    stage.imported(made.system, &from, &[]);
    assert!(
        !lives(&stage.server, header(&tokens[1])),
        "an import does not bring it back"
    );
    stage.server.stop();
}

/// So many rows that an import has several batches.
const MANY: usize = 4000;

fn killed() {
    let stage = Stage::new();
    let lines = |line: fn(usize) -> Value| (0..MANY).map(|n| format!("{}\n", line(n))).collect::<String>();
    stage.write(
        "dump/accounts.ndjson",
        &lines(|n| json!({"id": n, "login": format!("person{n}")})),
    );
    let tokens = lines(|n| json!({"account": n, "scheme": "plain", "value": format!("token-number-{n:08}")}));
    let from = stage.write("dump/tokens.ndjson", &tokens);
    let from = from.parent().expect("a folder").to_owned();
    let settings = stage.write("settings.toml", SETTINGS);
    let mut import = Command::new(env!("CARGO_BIN_EXE_tessera"));
    import
        .args(["import", "plain", "--flavour", "device", "--config"])
        .arg(&settings);
    import.arg("--from").arg(&from).arg("--database-url");
    import.arg(format!("sqlite:{}", stage.path("tessera.db").display()));
    let mut child = import
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("it runs");
    let imported = "SELECT COUNT(*) FROM imported_accounts";
    assert!(poll(6000, || stage.number(imported) > 0), "the first batch");
    child.kill().expect("it is killed");
    child.wait().expect("it is gone");
    assert_eq!(stage.number(imported) % 500, 0, "whole batches");
    let report = stage.imported("plain", &from, &[]);
    let added_or_there = |what: &str| {
        let count = |word: &str| report[format!("{what}_{word}")].as_u64().expect("a count") as usize;
        count("added") + count("present")
    };
    assert_eq!(
        (added_or_there("accounts"), added_or_there("tokens")),
        (MANY, MANY),
        "{report}"
    );
    for table in ["accounts", "imported_accounts", "tokens", "imported_tokens"] {
        assert_eq!(
            stage.number(&format!("SELECT COUNT(*) FROM {table}")),
            MANY as i64,
            "{table}"
        );
    }
    assert!(lives(
        &stage.server,
        [("X-API-Key", format!("token-number-{:08}", MANY - 1))]
    ));
    stage.server.stop();
}

/// bcrypt over the password and the pepper `a pepper of Devise`.
fn wrong_pepper() {
    let stage = Stage::new();
    let hash = bcrypt::hash("correct horsea pepper of Devise", 4).expect("a hash");
    let users = format!("id,email,encrypted_password\n1,ann@example.com,{hash}\n");
    let from = stage.write("rails/users.csv", &users);
    let from = from.parent().expect("a folder").to_owned();
    let file = |name: &str, text: &str| stage.write(name, text).display().to_string();
    let (right, wrong) = (file("right", "a pepper of Devise\n"), file("wrong", "another pepper\n"));
    let password = file("password", "correct horse");
    let check = |pepper: &str| {
        let check = [
            "--check-login",
            "ann@example.com",
            "--check-file",
            &password,
            "--pepper-file",
            pepper,
        ];
        stage.import("rails", &from, &check)
    };
    let refused = check(&wrong);
    assert_eq!(refused.code, Some(1));
    assert!(
        refused.err.contains("another pepper") && refused.err.contains("nothing was changed"),
        "{}",
        refused.err
    );
    assert_eq!(stage.number("SELECT COUNT(*) FROM accounts"), 0);
    let without = stage.import("rails", &from, &["--pepper-file", &right, "--dry-run"]);
    assert!(
        without.out.contains("warning") && without.code == Some(0),
        "{}",
        without.out
    );
    assert_eq!(check(&right).code, Some(0));
    let sealed = "SELECT COUNT(*) FROM passwords WHERE hash LIKE '$bcrypt-pepper$%' AND hash NOT LIKE '%Devise%'";
    assert_eq!(stage.number(sealed), 1);
    assert!(stage.signs_in("ann@example.com", "correct horse"));
    assert_eq!(stage.number(sealed), 0);
    assert!(stage.signs_in("ann@example.com", "correct horse"));
    stage.server.stop();
}

fn refusals() {
    let stage = Stage::new();
    stage.write(
        "dump/accounts.csv",
        "id,login,hash\n1,ann,\n2,ANN,\n3,bob,\"$argon2id$v=19$m=9000000,t=1,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5Q\"\n,cid,\n",
    );
    let tokens = "account,scheme,value,expires_at\n1,plain,token-of-ann-12345,\n7,plain,token-of-nobody-12,\n\
        1,sha256,zz,\n1,plain,token-that-is-over,2020-01-01T00:00:00Z\n3,plain,token-of-bob-12345,\n";
    let from = stage.write("dump/tokens.csv", tokens);
    let from = from.parent().expect("a folder").to_owned();
    let file = stage.path("refused.txt");
    let report = stage.imported("plain", &from, &["--refused", &file.display().to_string()]);
    assert_eq!(
        (&report["accounts_added"], &report["tokens_added"]),
        (&json!(2), &json!(2)),
        "{report}"
    );
    let lines = std::fs::read_to_string(&file).expect("refusals");
    for (row, reason) in [
        ("accounts line 3", "has this name"),
        ("accounts line 4", "without its password"),
        ("accounts line 5", "id is empty"),
        ("tokens line 3", "its owner was not imported"),
        ("tokens line 4", "hexadecimal"),
        ("tokens line 5", "expired"),
    ] {
        let line = lines.lines().find(|line| line.starts_with(row));
        assert!(line.is_some_and(|line| line.contains(reason)), "{row}: {lines}");
    }
    assert!(!lines.contains("c29tZXNhbHQ"), "a hash is in no line");
    assert!(lives(
        &stage.server,
        [("Authorization", "Token token-of-bob-12345".to_owned())]
    ));
    stage.server.stop();
}

fn no_dump() {
    let stage = Stage::new();
    let from = |name: &str, text: &str| {
        let path = stage.write(name, text);
        path.parent().expect("a folder").to_owned()
    };
    let cases = [
        ("laravel", from("a/users.csv", "id,mail\n1,x\n"), "no column email"),
        (
            "laravel",
            from(
                "b/users.ndjson",
                "{\"id\":1,\"email\":\"a@b.dk\",\"password\":null}\n{\"id\":2,\"em",
            ),
            "cut",
        ),
        ("django", from("c/users.csv", "id\n"), "no table auth_user"),
        (
            "django",
            from("d/x.txt", "no database").join("x.txt"),
            "no SQLite database",
        ),
        ("django", stage.path("missing"), "missing"),
    ];
    for (system, path, reason) in cases {
        let ended = stage.import(system, &path, &[]);
        assert_eq!(ended.code, Some(1), "{reason}: {}", ended.out);
        assert!(ended.err.contains(reason), "{reason}: {}", ended.err);
    }
    stage.server.stop();
}

fn skip_reason(runtime: Runtime) -> Option<&'static str> {
    let is_required = std::env::var_os(REQUIRE).is_some_and(|value| value == "1");
    match runtime.is_installed() {
        false if !is_required => Some("it is not installed: .ci/run installs it"),
        _ => None,
    }
}

impl Runtime {
    fn folder() -> PathBuf {
        let tools = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).with_file_name("tools");
        tools.join("moving-in")
    }

    fn is_installed(self) -> bool {
        let folder = Self::folder();
        match self {
            Self::Python => folder.join("python/bin/python").exists(),
            Self::Node => folder.join("node/node_modules/better-auth").exists(),
            Self::Php => Command::new("php")
                .args(["-r", "exit(extension_loaded('pdo_sqlite') ? 0 : 1);"])
                .status()
                .is_ok_and(|status| status.success()),
        }
    }

    /// Runs a script that makes the database at this path, and gives what its clients know.
    fn run(self, script: &str, database: &Path) -> Value {
        let folder = Self::folder();
        let mut command = match self {
            Self::Python => Command::new(folder.join("python/bin/python")),
            Self::Node => Command::new("node"),
            Self::Php => Command::new("php"),
        };
        match self {
            Self::Python => command.args(["-c", script]),
            // Bare imports of a script without a file are looked up from the folder it runs in.
            Self::Node => command
                .args(["--input-type=module", "-e", script])
                .current_dir(folder.join("node")),
            Self::Php => command.args(["-r", script.trim_start_matches("<?php"), "--"]),
        };
        let output = command.arg(database).output().expect("it runs");
        let [out, err] = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        assert!(output.status.success(), "{out}{err}");
        let last = out.lines().last().unwrap_or_default();
        serde_json::from_str(last).unwrap_or_else(|_| panic!("{out}{err}"))
    }
}
