//! The master keys of a database: another one beside the present one, and another one in its place.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use auth_core::SecretKey;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use tempfile::TempDir;

use super::maintenance::with_store;
use crate::support::server::{DEMO_KEY, Ended, Server, Setup};
use crate::support::sign_in::{basic, bearer, client, device, lives, refresh, session, workshop};

type Law = fn(&str);

pub const LAWS: [(&str, Law); 6] = [
    (
        "a_master_key_is_rotated_while_servers_run",
        a_master_key_is_rotated_while_servers_run,
    ),
    (
        "the_first_master_key_of_an_older_database_is_rotated",
        the_first_master_key_of_an_older_database_is_rotated,
    ),
    (
        "a_master_key_comes_from_a_program_or_a_credential",
        a_master_key_comes_from_a_program_or_a_credential,
    ),
    ("tokens_outlive_their_master_key", tokens_outlive_their_master_key),
    ("a_weak_master_key_can_be_replaced", a_weak_master_key_can_be_replaced),
    (
        "a_master_key_is_replaced_by_another_good_one_only",
        a_master_key_is_replaced_by_another_good_one_only,
    ),
];

/// Beside a database that is not a file none can be made.
pub fn it_must_be_given(url: &str) {
    let refused = |ended: Ended, word: &str| {
        assert!(ended.code == Some(1) && ended.err.contains(word), "{word}: {ended:?}");
        assert!(
            !ended.out.contains("ready") && !ended.err.contains("panicked"),
            "{ended:?}"
        );
    };
    let missing = || Setup::plain().database(url).run();
    refused(missing(), "TESSERA_MASTER_KEY");
    refused(missing(), "--master-key-file");
    serve_with(url, &good_key()).stop();
    let another = Setup::plain()
        .database(url)
        .env("TESSERA_MASTER_KEY", STANDARD.encode(another_key()));
    refused(another.run(), "not one that opens");
}

/// Nobody is signed out: not by the rotation, not while one node has the new key and one the old, not by the retirement.
fn a_master_key_is_rotated_while_servers_run(url: &str) {
    let old_node = Setup::demo().database(url).start();
    let (shop, pbx, player) = (workshop(&old_node), session(&old_node), device(&old_node));
    let of_client = client(&old_node, "a@letsta.lk");
    let (folder, new) = (tempfile::tempdir().expect("a folder"), STANDARD.encode(good_key()));
    let file = key_file(&folder, &good_key());
    for word in ["opens the database now", "opens the database already"] {
        let rotated = rotate(url, DEMO_KEY, &file);
        assert!(rotated.code == Some(0) && rotated.out.contains(word), "{rotated:?}");
    }
    let new_node = serve_with(url, &good_key());
    let mut refresh_token = shop.refresh;
    for node in [&new_node, &old_node, &new_node] {
        assert!(lives(node, [bearer(&shop.token)]) && lives(node, pbx.headers()));
        assert!(lives(node, [bearer(&player)]) && lives(node, [basic(&of_client)]));
        assert_eq!(client(node, "a@letsta.lk"), of_client, "the client's one token");
        let refreshed = refresh(node, &refresh_token);
        assert_eq!(refreshed.status, 200, "{refreshed:?}");
        refresh_token = refreshed.member("refreshToken");
    }

    let with_the_old = master_key(url, DEMO_KEY, &["retire", "--yes"]);
    assert!(
        with_the_old.code == Some(1) && with_the_old.err.contains("older than"),
        "servers may have the new one: {with_the_old:?}"
    );
    let with_the_old = master_key(url, DEMO_KEY, &["retire", "--newer", "--yes"]);
    assert!(
        with_the_old.code == Some(0),
        "it has a seal, as the new one has: {with_the_old:?}"
    );
    assert_eq!(rotate(url, DEMO_KEY, &file).code, Some(0), "the new one is back");
    let asked = master_key(url, &new, &["retire"]);
    assert!(asked.code == Some(1) && asked.err.contains("--yes"), "{asked:?}");
    let listed = master_key(url, &new, &["list", "--json"]);
    assert_eq!(listed.out.matches("\"present\":").count(), 2, "{listed:?}");
    succeeds(&master_key(url, &new, &["retire", "--yes"]));
    succeeds(&master_key(url, &new, &["retire"]));
    let refreshed = refresh(&old_node, &refresh_token);
    assert_eq!(refreshed.status, 200, "a server that has the root key runs on");
    old_node.stop();
    new_node.stop();
    let old = Setup::demo().database(url).run();
    assert!(old.code == Some(1) && old.err.contains("not one that opens"), "{old:?}");
    let server = serve_with(url, &good_key());
    assert_eq!(refresh(&server, &refreshed.member("refreshToken")).status, 200);
    server.stop();
    let audit = Setup::command("audit").arg("verify").database(url);
    succeeds(&audit.env("TESSERA_MASTER_KEY", new).run());
}

/// A database from before there were root keys: its master key is the root key.
fn the_first_master_key_of_an_older_database_is_rotated(url: &str) {
    set_up_as_before(url, &another_key());
    serve_with(url, &another_key()).stop();
    let present = STANDARD.encode(another_key());
    let folder = tempfile::tempdir().expect("a folder");
    let early = master_key(url, &present, &["retire", "--yes"]);
    assert!(
        early.code == Some(1) && early.err.contains("rotate"),
        "nothing else opens it: {early:?}"
    );
    succeeds(&rotate(url, &present, &key_file(&folder, &good_key())));
    for key in [another_key(), good_key()] {
        serve_with(url, &key).stop();
    }
    let retired = master_key(url, &STANDARD.encode(good_key()), &["retire", "--yes"]);
    assert!(
        retired.code == Some(0) && retired.out.contains("warning"),
        "{retired:?}"
    );
    let old = Setup::plain().database(url).env("TESSERA_MASTER_KEY", &present).run();
    assert!(old.code == Some(1) && old.err.contains("not one that opens"), "{old:?}");
    serve_with(url, &good_key()).stop();
}

fn a_master_key_comes_from_a_program_or_a_credential(url: &str) {
    serve_with(url, &good_key()).stop();
    let folder = tempfile::tempdir().expect("a folder");
    let file = key_file(&folder, &good_key());
    let command = |words: &str| Setup::plain().database(url).env("TESSERA_MASTER_KEY_COMMAND", words);
    command(&format!("[\"cat\", \"{}\"]", file.display())).start().stop();
    for (words, why) in [
        ("[\"false\"]", "false failed"),
        (
            "[\"echo\", \"canary\"]",
            "what master_key_command printed is not usable",
        ),
        ("[]", "a program and its arguments"),
        ("[\"/no/such/program\"]", "cannot be started"),
    ] {
        let refused = command(words).run();
        assert!(
            refused.code == Some(1) && refused.err.contains(why),
            "{words}: {refused:?}"
        );
        assert!(!refused.err.contains("canary"), "{refused:?}");
    }
    let both = command("[\"true\"]")
        .env("TESSERA_MASTER_KEY_FILE", file.display())
        .run();
    assert!(both.code == Some(1) && both.err.contains("not both"), "{both:?}");

    let credentials = tempfile::tempdir().expect("a folder");
    let credential = credentials.path().join("tessera.master-key");
    std::fs::write(&credential, STANDARD.encode(good_key())).expect("a file");
    // As systemd has it, which lets the service read it by a list.
    std::fs::set_permissions(&credential, std::fs::Permissions::from_mode(0o440)).expect("its mode");
    let service = || {
        Setup::plain()
            .database(url)
            .env("CREDENTIALS_DIRECTORY", credentials.path().display())
    };
    service().start().stop();
    std::fs::write(&credential, STANDARD.encode(another_key())).expect("a file");
    let other = service().run();
    assert!(
        other.code == Some(1) && other.err.contains("not one that opens"),
        "{other:?}"
    );
}

/// A file with this master key, which only its owner can read.
fn key_file(folder: &TempDir, key: &[u8]) -> PathBuf {
    let path = folder.path().join("new.key");
    std::fs::write(&path, STANDARD.encode(key)).expect("a file");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).expect("its mode");
    path
}

/// One that could have been drawn at random.
fn good_key() -> Vec<u8> {
    (0..32).map(|i| i * 7 + 3).collect()
}

/// `tessera master-key`, with the present key in the environment.
fn master_key(url: &str, present: &str, words: &[&str]) -> Ended {
    let setup = Setup::command("master-key").env("TESSERA_MASTER_KEY", present);
    words.iter().fold(setup, Setup::arg).database(url).run()
}

fn replace(url: &str, present: &str, file: &Path, more: &[&str]) -> Ended {
    let file = file.display().to_string();
    master_key(url, present, &[&["replace", "--new-key-file", &file], more].concat())
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
    let asked = replace(url, DEMO_KEY, &file, &[]);
    assert_eq!(asked.code, Some(1), "{asked:?}");
    for part in [
        "nothing was changed",
        "--yes",
        "1 sessions can no longer",
        "1 tokens of partners",
    ] {
        assert!(asked.err.contains(part), "{part}: {asked:?}");
    }
    let changed = replace(url, DEMO_KEY, &file, &["--yes"]);
    assert_eq!(changed.code, Some(0), "{changed:?}");
    assert!(changed.err.contains("command_done"), "{changed:?}");
    assert!(!changed.err.contains(&STANDARD.encode(&key)), "{changed:?}");
    let again = replace(url, DEMO_KEY, &file, &["--yes"]);
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
    set_up_as_before(url, &weak);
    let present = STANDARD.encode(&weak);
    let refused = Setup::plain().database(url).env("TESSERA_MASTER_KEY", &present).run();
    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert!(refused.err.contains("tessera master-key replace"), "{refused:?}");
    let folder = tempfile::tempdir().expect("a folder");
    let changed = replace(url, &present, &key_file(&folder, &good_key()), &["--yes"]);
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
        let refused = replace(url, DEMO_KEY, &key_file(&folder, &new), &["--yes"]);
        assert!(refused.code == Some(1) && refused.err.contains(why), "{refused:?}");
    }
    let file = key_file(&folder, &good_key());
    let another = STANDARD.encode(another_key());
    let refused = replace(url, &another, &file, &["--yes"]);
    assert!(
        refused.code == Some(1) && refused.err.contains("nothing was changed"),
        "{refused:?}"
    );
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).expect("its mode");
    let refused = replace(url, DEMO_KEY, &file, &["--yes"]);
    assert!(
        refused.code == Some(1) && refused.err.contains("chmod 600"),
        "{refused:?}"
    );
    Setup::demo().database(url).start().stop();
}

/// As an earlier version set up a database.
fn set_up_as_before(url: &str, key: &[u8]) {
    let check = SecretKey::from_bytes(key.try_into().expect("32 bytes")).derive("master key check");
    with_store(url, async |store| {
        let meta = store.meta();
        meta.put_if_absent("master_key_check", check.expose())
            .await
            .expect("set");
    });
}

fn another_key() -> Vec<u8> {
    (0..32).map(|i| i * 5 + 1).collect()
}

fn rotate(url: &str, present: &str, file: &Path) -> Ended {
    let file = file.display().to_string();
    master_key(url, present, &["rotate", "--new-key-file", &file])
}

fn succeeds(ended: &Ended) {
    assert_eq!(ended.code, Some(0), "{ended:?}");
}
