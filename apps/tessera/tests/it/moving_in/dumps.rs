//! Dumps of tables: an import that is killed, rows that are refused, and what is no dump.

use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

use crate::stage::{SETTINGS, Stage};
use crate::support::poll;
use crate::support::sign_in::lives;

/// So many rows that an import has several batches.
const MANY: usize = 4000;

pub fn killed() {
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
    // However long it takes on a busy machine.
    let has_ended = |child: &mut Child| child.try_wait().expect("it can be asked").is_some();
    let began = poll(60_000, || stage.number(imported) > 0 || has_ended(&mut child));
    assert!(began && stage.number(imported) > 0, "the first batch");
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
pub fn wrong_pepper() {
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

pub fn refusals() {
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

/// A life that the other system is set to is in none of its rows.
pub fn token_life() {
    let stage = Stage::new();
    stage.write("dump/accounts.csv", "id,login\n1,ann\n");
    let tokens = "account,scheme,value,created_at,expires_at\n\
        1,plain,token-of-long-ago-1,1900-01-01T00:00:00Z,\n\
        1,plain,token-that-lives-on,2026-01-01T00:00:00Z,\n\
        1,plain,token-that-ends-1234,2026-01-01T00:00:00Z,2099-12-31T00:00:00Z\n";
    let from = stage.write("dump/tokens.csv", tokens);
    let from = from.parent().expect("a folder").to_owned();
    let file = stage.path("refused.txt");
    let into = ["--refused", &file.display().to_string()];
    let report = stage.imported("plain", &from, &[&into[..], &["--token-life", "36500d"]].concat());
    assert_eq!(
        (&report["tokens_added"], &report["tokens_refused"]),
        (&json!(2), &json!(1)),
        "{report}"
    );
    let lines = std::fs::read_to_string(&file).expect("lines");
    assert!(lines.contains("tokens line 2: it has expired"), "{lines}");
    // 36500 days after 2026-01-01, and the end in the row.
    for end in [4_920_825_600_000_i64, 4_102_358_400_000] {
        let rows = stage.number(&format!("SELECT COUNT(*) FROM tokens WHERE expires_at = {end}"));
        assert_eq!(rows, 1, "{end}");
    }
    stage.server.stop();
}

/// The keys of two installations are the same, and mean other people.
pub fn another_installation() {
    let stage = Stage::new();
    let dump = |name: &str, login: &str, token: &str| {
        stage.write(&format!("{name}/accounts.csv"), &format!("id,login\n1,{login}\n"));
        let tokens = format!("account,scheme,value\n1,plain,{token}\n");
        let tokens = stage.write(&format!("{name}/tokens.csv"), &tokens);
        tokens.parent().expect("a folder").to_owned()
    };
    stage.imported("plain", &dump("one", "ann", "token-of-ann-12345"), &[]);
    let report = stage.imported("plain", &dump("two", "bob", "token-of-bob-12345"), &[]);
    assert_eq!(
        [
            &report["accounts_refused"],
            &report["tokens_refused"],
            &report["tokens_added"]
        ],
        [&json!(1), &json!(1), &json!(0)],
        "{report}"
    );
    let bearer = |token: &str| [("Authorization", format!("Bearer {token}"))];
    assert!(lives(&stage.server, bearer("token-of-ann-12345")));
    assert!(!lives(&stage.server, bearer("token-of-bob-12345")));
    stage.server.stop();
}

/// By what the rows say, and by how Devise was set where they do not; a second run changes nobody.
pub fn who_may_not_sign_in() {
    let stage = Stage::new();
    let hash = bcrypt::hash("correct horse", 4).expect("a hash");
    let write = |name: &str, ann_locked_at: &str| {
        let users = format!(
            "id,email,encrypted_password,locked_at,confirmed_at,deleted_at\n\
             1,ann,{hash},{ann_locked_at},2020-01-01 00:00:00,\n\
             2,locked,{hash},2020-01-01 00:00:00,2020-01-01 00:00:00,\n\
             3,new,{hash},,,\n\
             4,gone,{hash},,2020-01-01 00:00:00,2021-01-01 00:00:00\n\
             5,odd,{hash},locked,2020-01-01 00:00:00,\n"
        );
        let path = stage.write(&format!("{name}/users.csv"), &users);
        path.parent().expect("a folder").to_owned()
    };
    let first = write("first", "");
    let file = stage.path("refused.txt");
    let into = ["--refused", &file.display().to_string()];
    for (options, disabled) in [
        (&[][..], json!({"locked": 1, "unconfirmed": 1, "deleted": 1})),
        (&["--unlock-in", "1h"], json!({"unconfirmed": 1, "deleted": 1})),
        (&["--unconfirmed", "enable"], json!({"locked": 1, "deleted": 1})),
    ] {
        let tried = stage.imported("rails", &first, &[options, &["--dry-run"]].concat());
        assert_eq!(tried["accounts_disabled"], disabled, "{options:?}");
    }
    let report = stage.imported("rails", &first, &into);
    assert_eq!(report["accounts_added"], json!(4), "{report}");
    let lines = std::fs::read_to_string(&file).expect("lines");
    for line in [
        "users line 3: is disabled here: locked there",
        "users line 6: locked_at is no time",
    ] {
        assert!(lines.contains(line), "{lines}");
    }
    for (login, may) in [("ann", true), ("locked", false), ("new", false), ("gone", false)] {
        assert_eq!(stage.signs_in(login, "correct horse"), may, "{login}");
    }
    std::fs::remove_file(&file).expect("it is gone");
    let again = stage.imported("rails", &write("second", "2026-01-01 00:00:00"), &into);
    assert_eq!(
        (&again["accounts_present"], &again["accounts_differing"]),
        (&json!(4), &json!(1)),
        "{again}"
    );
    let lines = std::fs::read_to_string(&file).expect("lines");
    assert!(lines.contains("users line 2: is locked there now"), "{lines}");
    assert!(stage.signs_in("ann", "correct horse"), "a second run changes nobody");
    for (system, option) in [("django", "--unlock-in=1h"), ("plain", "--unconfirmed=disable")] {
        let refused = stage.import(system, &first, &[option]);
        assert_eq!(refused.code, Some(1), "{}", refused.out);
        assert!(refused.err.contains(&option[..10]), "{}", refused.err);
    }
    stage.server.stop();
}

pub fn no_dump() {
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
