//! `tessera init`: a new installation, made once.

use std::os::unix::fs::PermissionsExt;

use crate::admin_folder::{AdminFolder, PASSWORD};
use crate::support::server::Setup;

#[test]
fn what_init_makes_serves_and_passes_the_doctor() {
    let admin = AdminFolder::bare();
    let key = admin.path("tessera.db.key").display().to_string();
    let args = [
        "--flavour",
        "mechanics",
        "--flavour",
        "device",
        "--master-key-file",
        &key,
    ];
    let said = admin.done("init", &args, "");
    assert!(said.contains("settings    made           tessera.toml"), "{said}");
    for file in ["tessera.toml", "tessera.db.key"] {
        let mode = std::fs::metadata(admin.path(file)).expect(file).permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{file}");
    }
    let doctor = admin.done("doctor", &["--config", "tessera.toml"], "");
    assert!(
        doctor.contains("2 flavours: mechanics, device") && !doctor.contains("fail"),
        "{doctor}"
    );
    let settings = std::fs::read_to_string(admin.path("tessera.toml")).expect("the file");
    let settings: &'static str = settings.leak();
    let server = Setup::plain().database(admin.url()).config(settings).start();
    server.stop();
}

#[test]
fn the_first_operator_is_made_once() {
    let admin = AdminFolder::bare();
    let args = ["--operator", "anna@example.com", "--password-stdin"];
    let made = admin.json("init", &args, PASSWORD);
    assert_eq!(made["parts"][3]["was_there"], false, "{made}");
    let again = admin.json("init", &args, PASSWORD);
    assert_eq!(again["parts"][3]["was_there"], true, "{again}");
    let operators = admin.json("operator", &["list"], "");
    assert_eq!(operators["operators"][0]["role"], "owner", "{operators}");
    assert_eq!(operators["operators"].as_array().map(Vec::len), Some(1));
}

#[test]
fn a_second_run_changes_nothing_and_says_what_is_there() {
    let admin = AdminFolder::bare();
    admin.done("init", &[], "");
    let read = |name| std::fs::read(admin.path(name)).expect(name);
    let before = ["tessera.toml", "tessera.db.key"].map(read);
    let again = admin.json("init", &["--listen", "127.0.0.1:1"], "");
    let parts = again["parts"].as_array().expect("a list");
    assert_eq!(parts.len(), 3);
    assert!(parts.iter().all(|part| part["was_there"] == true), "{again}");
    assert_eq!(["tessera.toml", "tessera.db.key"].map(read), before);
}

#[test]
fn options_that_the_settings_do_not_take_are_named() {
    let admin = AdminFolder::bare();
    admin.done("init", &["--flavour", "device"], "");
    let same = admin.json("init", &["--flavour", "device"], "");
    assert!(same["warning"].is_null(), "{same}");
    let other = ["--flavour", "login", "--listen", "127.0.0.1:1"];
    let warned = admin.json("init", &other, "");
    assert!(
        warned["warning"]
            .as_str()
            .is_some_and(|warning| warning.contains("not used: --flavour, --listen")),
        "{warned}"
    );
}

/// The file is read where a variable names it, and a command that does not read it says so.
#[test]
fn the_settings_are_found_by_a_variable() {
    let admin = AdminFolder::bare();
    admin.done("init", &["--flavour", "device"], "");
    let url = admin.url();
    let unread = admin.run_with("doctor", &["--database-url", &url], "", &[]);
    assert!(
        unread.err.contains("tessera.toml in this folder is not read"),
        "{}",
        unread.err
    );
    let read = admin.run_with("doctor", &[], "", &[("TESSERA_CONFIG", "tessera.toml")]);
    let empty = admin.run_with("doctor", &[], "", &[("TESSERA_CONFIG", "")]);
    assert!(
        empty.err.contains("is not read"),
        "an empty variable names no file: {}",
        empty.err
    );
    assert!(
        read.out.contains("1 flavour: device") && !read.err.contains("not read"),
        "{} {}",
        read.out,
        read.err
    );
}

/// So that a URL with a password needs no argument, and the database that is made is the one that the server opens.
#[test]
fn variables_are_answers() {
    let admin = AdminFolder::bare();
    let variables = [
        ("TESSERA_DATABASE_URL", "sqlite:other.db"),
        ("TESSERA_MASTER_KEY_FILE", "other.key"),
        ("TESSERA_LISTEN", "127.0.0.1:1"),
    ];
    let made = admin.run_with("init", &["--flavour", "device"], "", &variables);
    assert_eq!(made.code, Some(0), "{}", made.err);
    for (name, is_there) in [
        ("other.db", true),
        ("other.key", true),
        ("tessera.db", false),
        ("tessera.db.key", false),
    ] {
        assert_eq!(admin.path(name).exists(), is_there, "{name}");
    }
    let settings = std::fs::read_to_string(admin.path("tessera.toml")).expect("the settings");
    for line in ["database_url = \"sqlite:other.db\"", "listen = \"127.0.0.1:1\""] {
        assert!(settings.contains(line), "{line}: {settings}");
    }
}

/// A terminal is what `script` gives the program: it asks, also for the first operator, and for the password twice.
#[test]
#[cfg(target_os = "linux")]
fn on_a_terminal_it_asks_for_what_no_option_says() {
    let admin = AdminFolder::bare();
    let program = format!("{} init", env!("CARGO_BIN_EXE_tessera"));
    let mut script = std::process::Command::new("script")
        .args(["-qec", &program, "/dev/null"])
        .current_dir(admin.path(""))
        .env("TESSERA_PASSWORDS__COST", "10")
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .expect("script is a part of every Linux system");
    let answers = format!("\n\n\ndevice\nada@example.com\n{PASSWORD}\n{PASSWORD}\n");
    let mut input = script.stdin.take().expect("a pipe");
    std::io::Write::write_all(&mut input, answers.as_bytes()).expect("it reads");
    let ended = script.wait_with_output().expect("it ends");
    drop(input);
    let shown = String::from_utf8_lossy(&ended.stdout);
    assert!(ended.status.success() && shown.contains("First operator"), "{shown}");
    let operators = admin.json("operator", &["list"], "");
    assert_eq!(operators["operators"][0]["login"], "ada@example.com", "{operators}");
}

#[test]
fn a_run_that_was_interrupted_goes_on() {
    let admin = AdminFolder::bare();
    admin.done("init", &[], "");
    std::fs::remove_file(admin.path("tessera.db")).expect("the database");
    std::fs::remove_file(admin.path("tessera.db.key")).expect("the key");
    admin.done("init", &[], "");
    assert!(admin.path("tessera.db").exists() && admin.path("tessera.db.key").exists());
}

#[test]
fn a_dry_run_shows_the_settings_and_makes_nothing() {
    let admin = AdminFolder::bare();
    let said = admin.done("init", &["--dry-run", "--listen", "127.0.0.1:9000"], "");
    assert!(
        said.contains("listen = \"127.0.0.1:9000\"") && said.contains("would be made"),
        "{said}"
    );
    assert!(said.contains("# cost = 12"), "{said}");
    assert_eq!(std::fs::read_dir(admin.path("")).expect("the folder").count(), 0);
}

#[test]
fn what_cannot_be_used_is_refused_before_anything_is_made() {
    let admin = AdminFolder::bare();
    for (args, expected) in [
        (["--flavour", "mechanic"], "allowed are mechanics"),
        (["--listen", "localhost"], "--listen"),
        (["--database-url", "mysql://x"], "allowed are sqlite"),
        (["--database-url", "sqlite::memory:"], "is gone"),
    ] {
        let sentence = admin.refused("init", &args, "");
        assert!(sentence.contains(expected), "{sentence}");
    }
    assert_eq!(std::fs::read_dir(admin.path("")).expect("the folder").count(), 0);
}
