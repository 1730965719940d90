//! Rows and files that cannot be read: the row is refused and the others go on; a file is named, with what to do.

use std::path::{Path, PathBuf};

use serde_json::json;

use crate::stage::{Stage, execute};

/// An SQLite database of these statements.
fn sqlite(stage: &Stage, name: &str, statements: &str) -> PathBuf {
    let path = stage.path(name);
    execute(&path, statements);
    path
}

/// One person is added of each of these.
fn one_is_added(stage: &Stage, system: &str, from: &Path, refused: u64) -> String {
    let file = stage.path("lines.txt");
    let _none = std::fs::remove_file(&file);
    let into = file.display().to_string();
    let report = stage.imported(system, from, &["--dry-run", "--refused", &into]);
    let lines = std::fs::read_to_string(&file).expect("lines");
    assert_eq!(
        (&report["accounts_added"], &report["accounts_refused"]),
        (&json!(1), &json!(refused)),
        "{}: {lines}",
        from.display()
    );
    lines
}

pub fn rows() {
    let stage = Stage::new();
    let database = sqlite(
        &stage,
        "rows.sqlite",
        "CREATE TABLE users (id INTEGER PRIMARY KEY, email, password, created_at);
         INSERT INTO users VALUES (1, CAST(x'61ff62' AS TEXT), '', NULL), (2, 'bob', '', 9e999), (3, 'cid', '', 0);",
    );
    let lines = one_is_added(&stage, "laravel", &database, 2);
    assert!(lines.contains("users row 1: a value of it is no text"), "{lines}");
    let bytes = b"id,login,alias\n1,\xff,\n2,bob\n3,cid,\n";
    let csv = stage.write("csv/accounts.csv", "");
    std::fs::write(&csv, bytes).expect("a file");
    let lines = one_is_added(&stage, "plain", csv.parent().expect("a folder"), 2);
    assert!(lines.contains("accounts line 2: it is no UTF-8"), "{lines}");
    assert!(
        lines.contains("accounts line 3: it has 2 fields, and the first line 3"),
        "{lines}"
    );
    let long = "x".repeat(2 << 20);
    let ndjson = format!(
        "\n{{\"id\":1}}\n{{\"id\":2,\"login\":\"{long}\"}}\n{{\"id\":3,\"login\":\"cid\"}}\n{{\"id\":4,\n[]\n\n"
    );
    let path = stage.write("ndjson/accounts.ndjson", &ndjson);
    let lines = one_is_added(&stage, "plain", path.parent().expect("a folder"), 4);
    for line in [
        "accounts line 2: it has no login",
        "accounts line 3: it is longer than 1 MiB",
        "accounts line 5: it is no JSON object",
        "accounts line 6: it is no JSON object",
    ] {
        assert!(lines.contains(line), "{line}: {lines}");
    }
    let cut = stage.write("cut/accounts.csv", "id,login,alias\n1,ann,\n2,b");
    let ended = stage.import("plain", cut.parent().expect("a folder"), &["--dry-run"]);
    assert!(ended.code == Some(1) && ended.err.contains("cut"), "{}", ended.err);
    stage.server.stop();
}

pub fn tables_without_rowid() {
    let stage = Stage::new();
    let people = "CREATE TABLE people (name TEXT PRIMARY KEY) WITHOUT ROWID; INSERT INTO people VALUES ('ann');";
    let view = format!("{people} CREATE VIEW users AS SELECT 1 AS id, name AS email, '' AS password FROM people;");
    one_is_added(&stage, "laravel", &sqlite(&stage, "view.sqlite", &view), 0);
    let table = "CREATE TABLE users (id TEXT PRIMARY KEY, email TEXT, password TEXT) WITHOUT ROWID;
         INSERT INTO users VALUES ('a', 'ann', '');
         CREATE VIEW personal_access_tokens AS SELECT 1 AS id, 'user' AS tokenable_type, 'a' AS tokenable_id, 'phone' AS name,
             '0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef' AS token, '[]' AS abilities";
    let database = sqlite(&stage, "table.sqlite", table);
    one_is_added(&stage, "laravel", &database, 0);
    let report = stage.imported("laravel", &database, &[]);
    assert_eq!(report["tokens_added"], json!(1), "{report}");
    stage.server.stop();
}

pub fn files() {
    let stage = Stage::new();
    let many = "CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT, password TEXT);
         WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000)
         INSERT INTO users SELECT i, 'a login that takes some room ' || i, '' FROM n;";
    let whole = std::fs::read(sqlite(&stage, "whole.sqlite", many)).expect("it");
    let half = stage.path("half.sqlite");
    std::fs::write(&half, &whole[..whole.len() / 2]).expect("a file");
    let garbage = stage.path("garbage.sqlite");
    let text = [b"SQLite format 3\0".as_slice(), &[7; 5000]].concat();
    std::fs::write(&garbage, text).expect("a file");
    for (path, advice) in [(half, ".recover"), (garbage, "copy it anew")] {
        let ended = stage.import("laravel", &path, &[]);
        assert_eq!(ended.code, Some(1), "{}", ended.out);
        let name = path.display().to_string();
        assert!(ended.err.contains(&name) && ended.err.contains(advice), "{}", ended.err);
    }
    stage.server.stop();
}
