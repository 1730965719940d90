//! What a second run changes, and what a dry run says of a run.

use serde_json::{Value, json};

use crate::stage::Stage;
use crate::support::operator::Operator;
use crate::support::sign_in::lives;

/// Three people with a pepper: one run knows a wrong one, one none.
pub fn right_pepper() {
    let stage = Stage::new();
    let hash = bcrypt::hash("correct horsea pepper of Devise", 4).expect("a hash");
    let users = format!("id,email,encrypted_password\n1,ann,{hash}\n2,bob,{hash}\n");
    let from = stage.write("rails/users.csv", &users);
    let from = from.parent().expect("a folder").to_owned();
    let file = |name: &str, text: &str| stage.write(name, text).display().to_string();
    let (right, wrong) = (file("right", "a pepper of Devise\n"), file("wrong", "another pepper\n"));
    let password = file("password", "correct horse");
    let without = stage.import("rails", &from, &[]);
    assert!(
        without.out.contains("passwords have no pepper") && without.code == Some(0),
        "{}",
        without.out
    );
    assert!(!stage.signs_in("ann", "correct horse"));
    let replaced = |pepper: &str, more: &[&str]| {
        let report = stage.imported("rails", &from, &[&["--pepper-file", pepper], more].concat());
        report["passwords_with_new_pepper"].as_u64().expect("a count")
    };
    assert_eq!(replaced(&wrong, &[]), 2);
    let check = ["--check-login", "ann", "--check-file", &password];
    assert_eq!(replaced(&right, &["--dry-run"]), 2);
    assert!(!stage.signs_in("ann", "correct horse"), "it was only tried");
    assert_eq!(replaced(&right, &check), 2);
    assert!(stage.signs_in("ann", "correct horse"));
    assert_eq!(replaced(&right, &check), 0, "the same pepper, sealed anew");
    assert_eq!(replaced(&wrong, &[]), 1, "nobody signed in as bob since");
    assert!(stage.signs_in("ann", "correct horse"));
    stage.server.stop();
}

pub fn tokens_of_both() {
    let stage = Stage::new();
    stage.write("dump/accounts.csv", "id,login\n1,ann\n2,bob\n");
    let write = |rows: &str| {
        let path = stage.write("dump/tokens.csv", &format!("account,scheme,value\n{rows}"));
        path.parent().expect("a folder").to_owned()
    };
    let from = write("1,plain,token-of-ann-12345\n1,plain,token-of-ann-67890\n");
    stage.imported("plain", &from, &[]);
    let bearer = |token: &str| [("Authorization", format!("Bearer {token}"))];
    assert!(lives(&stage.server, bearer("token-of-ann-12345")));
    let operator = Operator::of_file(&stage.path("tessera.db"));
    operator.run("token", &["revoke", "--id", "1"], "");
    let from = write("1,plain,token-of-ann-12345\n2,plain,token-of-ann-67890\n");
    let report = stage.imported("plain", &from, &[]);
    let counts = ["tokens_present", "tokens_revoked_here", "tokens_refused"];
    assert_eq!(counts.map(|count| report[count].clone()), [1, 1, 1].map(Value::from));
    let shown = stage.import("plain", &from, &[]).out;
    for line in [
        "tokens line 2: the token was revoked here",
        "tokens line 3: the token was imported for another person",
    ] {
        assert!(shown.contains(line), "{shown}");
    }
    assert!(!lives(&stage.server, bearer("token-of-ann-12345")));
    stage.server.stop();
}

/// A session that was used at the other system since the first run.
pub fn later_end() {
    let stage = Stage::new();
    stage.write("dump/accounts.csv", "id,login\n1,ann\n");
    let import = |end: &str, more: &[&str]| {
        let row = format!("account,scheme,value,expires_at\n1,plain,token-of-ann-12345,{end}\n");
        let path = stage.write("dump/tokens.csv", &row);
        let report = stage.imported("plain", path.parent().expect("a folder"), more);
        let counts = ["tokens_added", "tokens_present", "tokens_extended"];
        counts.map(|count| report[count].as_u64().expect("a count"))
    };
    let operator = Operator::of_file(&stage.path("tessera.db"));
    let end = || {
        let listed = operator.run("token", &["list", "--realm", "players", "--login", "ann", "--json"], "");
        let listed: Value = serde_json::from_str(&listed).expect("JSON");
        listed["tokens"][0]["expires_at"].as_str().expect("a time").to_owned()
    };
    assert_eq!(import("2030-01-01T00:00:00Z", &[]), [1, 0, 0]);
    assert!(end().starts_with("2030"));
    assert_eq!(import("2031-01-01T00:00:00Z", &["--dry-run"]), [0, 1, 1]);
    assert!(end().starts_with("2030"));
    assert_eq!(import("2031-01-01T00:00:00Z", &[]), [0, 1, 1]);
    assert!(end().starts_with("2031"));
    assert_eq!(import("2029-01-01T00:00:00Z", &[]), [0, 1, 0]);
    assert!(end().starts_with("2031"));
    stage.server.stop();
}

/// Over more rows than a batch has: half of the names and of the tokens are there twice.
pub fn tried() {
    let stage = Stage::new();
    let twice = |line: &dyn Fn(usize) -> String| (0..1200).map(line).collect::<String>();
    let accounts = twice(&|n| match n < 600 {
        true => format!("{n},person{n}\n"),
        false => format!("{n},PERSON{}\n", n - 600),
    });
    stage.write("dump/accounts.csv", &format!("id,login\n{accounts}"));
    let tokens = twice(&|n| format!("{},plain,token-number-{:08}\n", n % 600, n % 600));
    let from = stage.write("dump/tokens.csv", &format!("account,scheme,value\n{tokens}"));
    let from = from.parent().expect("a folder").to_owned();
    let counts = |more: &[&str]| {
        let mut report = stage.imported("plain", &from, more);
        report["dry_run"] = Value::Null;
        report
    };
    let tried = counts(&["--dry-run"]);
    assert_eq!(
        (
            &tried["accounts_added"],
            &tried["accounts_refused"],
            &tried["tokens_added"]
        ),
        (&json!(600), &json!(600), &json!(600)),
        "{tried}"
    );
    assert_eq!(counts(&[]), tried);
    stage.server.stop();
}
