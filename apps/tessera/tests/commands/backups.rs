//! `tessera backup` and `restore`: what goes wrong, each with a sentence of its own, and nothing lost.

use std::os::unix::fs::PermissionsExt;

use crate::admin_folder::AdminFolder;

const BACKUP: [&str; 4] = ["--to", "backup", "--key-file", "key"];
const RESTORE: [&str; 6] = [
    "--from",
    "backup",
    "--key-file",
    "key",
    "--database-url",
    "sqlite:restored.db",
];

/// A folder with a backup of an account, its key, and a master key beside the database.
fn backed_up() -> AdminFolder {
    let admin = AdminFolder::new();
    admin.account("players", "somebody@example.com");
    admin.serve().stop();
    admin.done("backup", &["--new-key", "key"], "");
    admin.done("backup", &BACKUP, "");
    let keys = ["tessera.db.key", "restored.db.key"].map(|name| admin.path(name));
    std::fs::copy(&keys[0], &keys[1]).expect("the master key");
    admin
}

/// Refused, also in a dry run, and no database is made of it.
fn refused(admin: &AdminFolder, expected: &str) {
    let dry = [&RESTORE[..], &["--dry-run"]].concat();
    for args in [&RESTORE[..], &dry] {
        let sentence = admin.refused("restore", args, "");
        assert!(sentence.contains(expected), "{sentence}");
    }
    assert!(!admin.path("restored.db").exists());
}

#[test]
fn a_backup_is_restored_with_accounts_and_without_sessions() {
    let admin = backed_up();
    let dry = admin.json("restore", &[&RESTORE[..], &["--dry-run"]].concat(), "");
    assert!(dry["rows"].as_u64() > Some(3), "{dry}");
    assert!(!admin.path("restored.db").exists());
    let restored = admin.json("restore", &RESTORE, "");
    assert_eq!(restored["rows"], dry["rows"]);
    assert_eq!(restored["revoked"]["keys_retired"], 2, "{restored}");
    let show = [
        "show",
        "--realm",
        "players",
        "--login",
        "somebody@example.com",
        "--database-url",
        "sqlite:restored.db",
    ];
    assert_eq!(admin.json("account", &show, "")["password"], true);
    admin.done("audit", &["verify", "--database-url", "sqlite:restored.db"], "");
}

#[test]
fn no_name_and_no_hash_is_readable_in_a_backup() {
    let admin = backed_up();
    let bytes = std::fs::read(admin.path("backup")).expect("the backup");
    let text = String::from_utf8_lossy(&bytes);
    assert!(!text.contains("somebody") && !text.contains("$2b$"), "it can be read");
    let mode = std::fs::metadata(admin.path("backup"))
        .expect("the backup")
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    let left: Vec<_> = std::fs::read_dir(admin.path(""))
        .expect("the folder")
        .filter_map(Result::ok)
        .collect();
    assert!(
        left.iter()
            .all(|file| !file.file_name().to_string_lossy().contains("unfinished")),
        "{left:?}"
    );
}

#[test]
fn a_backup_under_another_key_is_refused() {
    let admin = backed_up();
    std::fs::remove_file(admin.path("key")).expect("the key");
    admin.done("backup", &["--new-key", "key"], "");
    refused(&admin, "encrypted for another key");
}

#[test]
fn a_backup_that_was_cut_off_is_refused_wherever() {
    let admin = backed_up();
    let whole = std::fs::read(admin.path("backup")).expect("the backup");
    for length in [0, 10, 150, whole.len() / 2, whole.len() - 1] {
        std::fs::write(admin.path("backup"), &whole[..length]).expect("a file");
        let sentence = admin.refused("restore", &RESTORE, "");
        let is_explained = ["cut off", "no backup", "changed"]
            .iter()
            .any(|word| sentence.contains(word));
        assert!(
            is_explained && sentence.contains("nothing was changed"),
            "{length}: {sentence}"
        );
        assert!(!admin.path("restored.db").exists());
    }
}

#[test]
fn a_changed_byte_is_found_wherever() {
    let admin = backed_up();
    let whole = std::fs::read(admin.path("backup")).expect("the backup");
    for place in (0..whole.len()).step_by(whole.len() / 25) {
        let mut changed = whole.clone();
        changed[place] ^= 1;
        std::fs::write(admin.path("backup"), &changed).expect("a file");
        let sentence = admin.refused("restore", &RESTORE, "");
        assert!(sentence.contains("nothing was changed"), "{place}: {sentence}");
        assert!(!admin.path("restored.db").exists(), "{place}");
    }
}

/// What to do is in the sentence: restore it with the program that wrote it, and migrate.
#[test]
fn a_backup_of_another_version_is_refused_with_its_name() {
    let admin = backed_up();
    let key = std::fs::read_to_string(admin.path("key")).expect("the key");
    let key = key.lines().find(|line| !line.starts_with('#')).expect("a line");
    let key: age::x25519::Identity = key.parse().expect("a key");
    let sealed = std::fs::read(admin.path("backup")).expect("the backup");
    let lines = String::from_utf8(age::decrypt(&key, &sealed).expect("it opens")).expect("UTF-8");
    let program = format!("\"program\":\"{}\"", env!("CARGO_PKG_VERSION"));
    for (from, to, expected) in [
        ("\"schema\":\"2", "\"schema\":\"1", env!("CARGO_PKG_VERSION")),
        ("\"tessera_export\":1", "\"tessera_export\":2", "in form 1"),
    ] {
        let other = lines.replacen(from, to, 1);
        assert!(other != lines && lines.contains(&program), "{from}");
        let sealed = age::encrypt(&key.to_public(), other.as_bytes()).expect("a backup");
        std::fs::write(admin.path("backup"), sealed).expect("a file");
        refused(&admin, expected);
        refused(&admin, "another version of the program");
    }
}

#[test]
fn a_database_with_rows_is_left_alone() {
    let admin = backed_up();
    let here = ["--from", "backup", "--key-file", "key"];
    for args in [&here[..], &["--from", "backup", "--key-file", "key", "--dry-run"]] {
        assert!(
            admin.refused("restore", args, "").contains("the target is not empty"),
            "{args:?}"
        );
    }
    let show = ["show", "--realm", "players", "--login", "somebody@example.com"];
    assert_eq!(admin.json("account", &show, "")["disabled"], false);
}

#[test]
fn another_master_key_is_refused() {
    let admin = backed_up();
    let another = "8/hHUVN8qtDWrB3E1gcwxocai0HzsQ4Ht9a2D6j47Hk=\n";
    std::fs::write(admin.path("restored.db.key"), another).expect("a key");
    refused(&admin, "master key");
}

#[test]
fn a_backup_can_be_made_with_the_public_key_alone() {
    let admin = backed_up();
    let public = admin.json("backup", &["--new-key", "other"], "")["public"]
        .as_str()
        .map(str::to_owned);
    std::fs::write(
        admin.path("public"),
        format!("# a comment\n{}\n", public.expect("a key")),
    )
    .expect("a file");
    let with = |key: &'static str, to: &'static str| ["--to", to, "--key-file", key];
    admin.done("backup", &with("public", "second"), "");
    let verify = [&with("public", "third")[..], &["--verify"]].concat();
    assert!(admin.refused("backup", &verify, "").contains("public keys only"));
    let restore = ["--from", "second", "--key-file", "public", "--dry-run"];
    assert!(admin.refused("restore", &restore, "").contains("public keys only"));
    let restore = [
        "--from",
        "second",
        "--key-file",
        "other",
        "--database-url",
        "sqlite:restored.db",
    ];
    admin.done("restore", &restore, "");
}

#[test]
fn nothing_is_overwritten_and_no_open_key_is_used() {
    let admin = backed_up();
    assert!(admin.refused("backup", &BACKUP, "").contains("exists"));
    assert!(admin.refused("backup", &["--new-key", "key"], "").contains("exists"));
    std::fs::set_permissions(admin.path("key"), PermissionsExt::from_mode(0o644)).expect("permissions");
    assert!(admin.refused("restore", &RESTORE, "").contains("chmod 600"));
    std::fs::write(admin.path("no-key"), "secret\n").expect("a file");
    let sentence = admin.refused("backup", &["--to", "b", "--key-file", "no-key"], "");
    assert!(
        sentence.contains("line 1") && !sentence.contains("secret\n"),
        "{sentence}"
    );
}
