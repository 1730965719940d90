//! What a dry run says of a run.

use serde_json::{Value, json};

use crate::stage::Stage;

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
