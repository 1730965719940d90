//! `tessera doctor`.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use serde_json::Value;

use crate::admin_folder::AdminFolder;

const SIGNING: &str = "[[flavour]]\nname = \"shops\"\ndialect = \"mechanics\"\nalgorithm = \"EdDSA\"\n";
const IMPORTED: &str = "[[flavour]]\nname = \"shops\"\ndialect = \"mechanics\"\nalgorithm = \"RS256\"\n";

/// The worst verdict of the checks with this name.
fn verdict(report: &Value, check: &str) -> String {
    let checks = report["checks"].as_array().expect("checks");
    let verdicts = checks
        .iter()
        .filter(|one| one["check"] == check)
        .map(|one| one["verdict"].as_str().expect("a word"));
    let rank = |word: &&str| ["ok", "warn", "fail"].iter().position(|verdict| verdict == word);
    verdicts
        .max_by_key(rank)
        .unwrap_or_else(|| panic!("no {check} in {report}"))
        .to_owned()
}

fn examine(admin: &AdminFolder, environment: &[(&str, &str)]) -> (Option<i32>, Value) {
    let ended = admin.run_with("doctor", &["--json"], "", environment);
    let report = serde_json::from_str(&ended.out);
    (
        ended.code,
        report.unwrap_or_else(|error| panic!("{error}: {}{}", ended.out, ended.err)),
    )
}

#[test]
fn the_database_of_a_server_passes_all_checks() {
    let admin = AdminFolder::new();
    admin.serve().stop();
    let (code, report) = examine(&admin, &[]);
    assert_eq!((code, &report["verdict"]), (Some(0), &Value::from("ok")), "{report}");
    for check in [
        "settings",
        "files",
        "database",
        "durability",
        "schema",
        "master key",
        "signing keys",
        "clock",
    ] {
        assert_eq!(verdict(&report, check), "ok", "{check}");
    }
    let text = admin.done("doctor", &[], "");
    assert!(text.lines().all(|line| line.starts_with("ok    ")), "{text}");
    assert!(
        text.contains("journal_mode = wal") && text.contains("synchronous = 2"),
        "{text}"
    );
}

#[test]
fn the_doctor_changes_nothing() {
    let admin = AdminFolder::new();
    let (_, report) = examine(&admin, &[]);
    assert_eq!(verdict(&report, "master key"), "warn");
    assert!(!admin.path("tessera.db.key").exists());
    let bare = AdminFolder::bare();
    let (code, report) = examine(&bare, &[]);
    assert_eq!((code, verdict(&report, "database").as_str()), (Some(1), "fail"));
    assert!(!bare.path("tessera.db").exists());
}

#[test]
fn a_wrong_setting_fails_and_is_named() {
    let admin = AdminFolder::new();
    let (code, report) = examine(&admin, &[("TESSERA_PASSWORDS__COST", "9")]);
    assert_eq!((code, verdict(&report, "settings").as_str()), (Some(1), "fail"));
    assert!(
        report["checks"][0]["found"]
            .as_str()
            .expect("a text")
            .contains("passwords.cost")
    );
}

#[test]
fn tables_of_another_version_fail() {
    let admin = AdminFolder::bare();
    fs::write(admin.path("tessera.db"), "").expect("a file");
    let (code, report) = examine(&admin, &[]);
    assert_eq!((code, verdict(&report, "schema").as_str()), (Some(1), "fail"));
}

#[test]
fn a_file_that_is_not_a_database_fails() {
    let admin = AdminFolder::bare();
    fs::write(admin.path("tessera.db"), "no database at all, ".repeat(100)).expect("a file");
    let (code, report) = examine(&admin, &[]);
    assert_eq!((code, report["verdict"].as_str()), (Some(1), Some("fail")), "{report}");
}

#[test]
fn another_master_key_fails_and_nothing_is_overwritten() {
    let admin = AdminFolder::new();
    admin.serve().stop();
    let other = "dGhpcyBpcyBhbm90aGVyIG1hc3RlciBrZXkgICAgICA=";
    let (code, report) = examine(&admin, &[("TESSERA_MASTER_KEY", other)]);
    assert_eq!((code, verdict(&report, "master key").as_str()), (Some(1), "fail"));
    assert_eq!(examine(&admin, &[]).0, Some(0));
    fs::remove_file(admin.path("tessera.db.key")).expect("the key file");
    let (code, report) = examine(&admin, &[]);
    assert_eq!((code, verdict(&report, "master key").as_str()), (Some(1), "fail"));
}

#[test]
fn a_flavour_without_keys_is_reported() {
    let admin = AdminFolder::new();
    admin.serve().stop();
    let admin = admin.with(SIGNING);
    let (code, report) = examine(&admin, &[]);
    assert_eq!((code, verdict(&report, "signing keys").as_str()), (Some(0), "warn"));
    let admin = admin.with(IMPORTED);
    let (code, report) = examine(&admin, &[]);
    assert_eq!((code, verdict(&report, "signing keys").as_str()), (Some(1), "fail"));
    assert!(report.to_string().contains("tessera key import"), "{report}");
}

#[test]
fn files_that_others_can_read_are_reported() {
    let admin = AdminFolder::new();
    admin.serve().stop();
    fs::set_permissions(admin.path("tessera.db"), fs::Permissions::from_mode(0o644)).expect("the file is ours");
    let (code, report) = examine(&admin, &[]);
    assert_eq!((code, verdict(&report, "files").as_str()), (Some(0), "warn"));
    assert!(report.to_string().contains("chmod 600"), "{report}");
    fs::set_permissions(admin.path("tessera.db.key"), fs::Permissions::from_mode(0o644)).expect("the file is ours");
    let (code, report) = examine(&admin, &[]);
    assert_eq!((code, verdict(&report, "master key").as_str()), (Some(1), "fail"));
}

#[test]
fn a_failed_check_prints_a_sentence_after_the_lines() {
    let admin = AdminFolder::bare();
    let ended = admin.run("doctor", &[], "");
    assert_eq!(ended.code, Some(1));
    assert!(
        ended.out.lines().any(|line| line.starts_with("fail  database")),
        "{}",
        ended.out
    );
    assert!(
        ended.err.starts_with("tessera: ") && ended.err.contains("1 of"),
        "{}",
        ended.err
    );
}
