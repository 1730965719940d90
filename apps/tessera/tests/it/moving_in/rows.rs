//! What becomes of single rows: values that are odd, tokens that nobody could present, files that are there already.

use serde_json::{Value, json};

use crate::stage::Stage;
use crate::support::sign_in::lives;

/// A folder with these tables.
fn dump(stage: &Stage, name: &str, tables: &[(&str, &str)]) -> std::path::PathBuf {
    for (table, text) in tables {
        stage.write(&format!("{name}/{table}"), text);
    }
    stage.path(name)
}

/// The lines of an import, and its report.
fn lines_of(stage: &Stage, system: &str, from: &std::path::Path, more: &[&str]) -> (String, Value) {
    let file = stage.path("lines.txt");
    let _none = std::fs::remove_file(&file);
    let into = file.display().to_string();
    let report = stage.imported(system, from, &[more, &["--refused", &into]].concat());
    (std::fs::read_to_string(&file).expect("lines"), report)
}

fn expect(lines: &str, expected: &[(&str, &str)]) {
    for (row, reason) in expected {
        let line = lines.lines().find(|line| line.starts_with(row));
        assert!(line.is_some_and(|line| line.contains(reason)), "{row}: {lines}");
    }
}

pub fn no_file_is_replaced() {
    use std::os::unix::fs::PermissionsExt;
    let stage = Stage::new();
    let from = dump(&stage, "dump", &[("accounts.csv", "id,login\n1,ann\n,bob\n")]);
    let there = stage.write("there", "of somebody else");
    for mode in [&["--dry-run"][..], &[]] {
        let into = ["--refused", &there.display().to_string()];
        let ended = stage.import("plain", &from, &[mode, &into].concat());
        assert_eq!(ended.code, Some(1), "{}", ended.out);
        assert!(ended.err.contains("name a new file"), "{}", ended.err);
        assert_eq!(std::fs::read_to_string(&there).expect("it"), "of somebody else");
    }
    assert_eq!(stage.number("SELECT COUNT(*) FROM accounts"), 0);
    let (lines, _) = lines_of(&stage, "plain", &from, &[]);
    expect(&lines, &[("accounts line 3", "id is empty")]);
    let mode = std::fs::metadata(stage.path("lines.txt"))
        .expect("it")
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    stage.server.stop();
}

pub fn odd_values() {
    let stage = Stage::new();
    let long = "x".repeat(5000);
    let accounts = format!(
        "id,login,created_at,role,hash\n1,ann,3.5,,\n2,bob,-9223372036854775808,,\n3,cid,2999-01-01,,\n4,dan,,nosuch,\n\
         5,{long} {long},,,\n6,eve,,player,$unknown$x\n7,fay,,player,12345\n"
    );
    let tokens = format!(
        "account,scheme,value,label,created_at,expires_at\n1,plain,token-of-ann-12345,{long},long ago,2999-01-01\n\
         1,plain,token-that-is-over,,,yesterday\n"
    );
    let from = dump(&stage, "dump", &[("accounts.csv", &accounts), ("tokens.csv", &tokens)]);
    let (lines, report) = lines_of(&stage, "plain", &from, &[]);
    expect(
        &lines,
        &[
            ("accounts line 2", "created_at is no time"),
            ("accounts line 5", "no role \"nosuch\""),
            ("accounts line 6", "its login"),
            ("accounts line 7", "no scheme that is known"),
            ("accounts line 8", "its scheme is unknown"),
            ("tokens line 2", "the time of this import is used"),
            ("tokens line 3", "2026-01-31"),
        ],
    );
    assert!(lines.lines().all(|line| line.len() < 500), "{lines}");
    let counts = ["accounts_added", "accounts_refused", "tokens_added", "tokens_refused"];
    assert_eq!(counts.map(|count| report[count].clone()), [5, 2, 1, 1].map(Value::from));
    assert_eq!(stage.number("SELECT MAX(LENGTH(label)) FROM tokens"), 255);
    assert!(lives(
        &stage.server,
        [("Authorization", "Token token-of-ann-12345".to_owned())]
    ));
    stage.server.stop();
}

/// SHA-256 in hexadecimal digits, as Sanctum stores it.
fn sha256(text: &str) -> String {
    use sha2::Digest;
    sha2::Sha256::digest(text)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

pub fn keys_of_sanctum() {
    let stage = Stage::new();
    let secret = "aB3dE6gH9jK2mN5pQ8sT1vW4yZ7bC0eF3hI6kL9n";
    let key = "9d3c1c5e-6f7a-4b8e-9f00-1a2b3c4d5e6f";
    let tokens = format!(
        "id,tokenable_type,tokenable_id,name,token,abilities\n\
         {key},user,1,phone,{},\"[\"\"*\"\"]\"\n\
         no key,App\\Models\\User,1,phone,{},\"[\"\"*\"\"]\"\n\
         3,team,1,phone,{},\"[\"\"*\"\"]\"\n",
        sha256(secret),
        sha256("another secret of forty characters12345"),
        sha256("a third secret of forty characters123456"),
    );
    let users = "id,email,password\n1,ann@example.com,\n";
    let from = dump(
        &stage,
        "laravel",
        &[("users.csv", users), ("personal_access_tokens.csv", &tokens)],
    );
    let (lines, report) = lines_of(&stage, "laravel", &from, &[]);
    assert_eq!(
        (&report["tokens_added"], &report["tokens_refused"]),
        (&json!(1), &json!(2)),
        "{lines}"
    );
    expect(
        &lines,
        &[
            ("personal_access_tokens line 3", "its id"),
            ("personal_access_tokens line 4", "belongs to a \"team\""),
        ],
    );
    let live = |text: String| lives(&stage.server, [("Authorization", format!("Bearer {text}"))]);
    assert!(live(format!("{key}|{secret}")));
    assert!(live(secret.to_owned()));
    assert!(!live(format!("{}|{secret}", key.replace('9', "8"))));
    assert!(!live(format!("1|{secret}")));
    stage.server.stop();
}

pub fn tokens_that_nobody_could_present() {
    let stage = Stage::new();
    let long = "a".repeat(5000);
    let tokens = format!(
        "account,scheme,value\n1,plain,short\n1,plain,a token with blanks 12\n1,plain,{long}\n\
         1,plain,pipe|abcdefghijklmnopqrstuvwxyz\n1,plain,token-of-ann-12345\n"
    );
    let accounts = "id,login\n1,ann\n";
    let from = dump(&stage, "dump", &[("accounts.csv", accounts), ("tokens.csv", &tokens)]);
    let (lines, report) = lines_of(&stage, "plain", &from, &[]);
    assert_eq!(
        (&report["tokens_added"], &report["tokens_refused"]),
        (&json!(1), &json!(4)),
        "{lines}"
    );
    for line in 2..=5 {
        expect(&lines, &[(&format!("tokens line {line}"), "16 to 256 letters")]);
    }
    stage.server.stop();
}
