//! Errors that stop a start, and their texts (contract, section 0).

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use tempfile::TempDir;

use crate::support::dialect::Dialect;
use crate::support::server::{Ended, Server, Setup};
use crate::support::sign_in::{bearer, device, lives};

/// Asserts that it did not start, and that its output has each of these words.
fn assert_refused(ended: &Ended, words: &[&str]) {
    assert_eq!(ended.code, Some(1), "{ended:?}");
    for word in words {
        assert!(ended.err.contains(word), "no {word:?} in {:?}", ended.err);
    }
    assert!(!ended.out.contains("ready"), "{ended:?}");
    assert!(!ended.err.contains("panicked"), "{ended:?}");
}

#[test]
fn an_unknown_key_is_named() {
    for (toml, key) in [
        ("colour = \"red\"", "colour"),
        ("[passwords]\ncosst = 12", "cosst"),
        ("[http]\npublicurl = \"http://x\"", "publicurl"),
        ("[nonsense]\na = 1", "nonsense"),
        (
            "[[flavour]]\nname = \"m\"\ndialect = \"mechanics\"\nlife = \"1s\"",
            "life",
        ),
    ] {
        assert_refused(&Setup::demo().config(toml).run(), &[key]);
    }
    for name in ["TESSERA_COLOUR", "TESSERA_PASSWORDS__COSST", "TESSERA_NONSENSE__A"] {
        let key = name.rsplit('_').next().expect("a word").to_lowercase();
        assert_refused(&Setup::demo().env(name, "1").run(), &[&key]);
    }
}

#[test]
fn a_bad_value_is_named_with_its_key_and_with_what_is_allowed() {
    for (toml, words) in [
        ("[passwords]\ncost = 9", &["passwords.cost", "9", "10 to 16"][..]),
        ("[passwords]\ncost = 17", &["passwords.cost", "17", "10 to 16"]),
        ("[passwords]\ncost = \"dear\"", &["passwords.cost", "dear"]),
        ("[passwords]\nqueue = 0", &["passwords.queue", "0", "1 to"]),
        ("[refresh]\ngrace = \"1h\"", &["refresh.grace", "1h", "300s"]),
        ("[refresh]\nidle = \"soon\"", &["refresh.idle", "soon", "15m"]),
        ("[refresh]\nabsolute = \"0s\"", &["refresh.absolute", "0s", "1s"]),
        (
            "[http]\npublic_url = \"ftp://x\"",
            &["http.public_url", "ftp://x", "https://"],
        ),
        (
            "[http]\ntrusted_proxies = [\"everybody\"]",
            &["http.trusted_proxies", "everybody", "10.0.0.0/8"],
        ),
        (
            "[http]\ncors_origins = [\"app.example.com\"]",
            &["http.cors_origins", "app.example.com", "https://"],
        ),
        (
            "[http]\nshutdown_timeout = \"2h\"",
            &["http.shutdown_timeout", "2h", "3600s"],
        ),
        ("listen = \"nowhere\"", &["listen", "nowhere", "127.0.0.1:8080"]),
        ("flavour = []", &["flavour", "at least one"]),
    ] {
        let setup = Setup::demo().without_env("TESSERA_PASSWORDS__COST").without_listen();
        assert_refused(&setup.config(toml).run(), words);
    }
    for (name, value, words) in [
        ("TESSERA_PASSWORDS__COST", "dear", &["passwords.cost", "dear"][..]),
        ("TESSERA_PASSWORDS__COST", "4", &["passwords.cost", "4", "10 to 16"]),
        ("TESSERA_LISTEN", "nowhere", &["listen", "nowhere"]),
        ("TESSERA_LOG", "tessera=loud", &["TESSERA_LOG", "loud"]),
    ] {
        assert_refused(&Setup::demo().without_listen().env(name, value).run(), words);
    }
}

#[test]
fn a_bad_flavour_is_named_with_what_is_allowed() {
    let block = |rest: &str| format!("[[flavour]]\nname = \"mine\"\n{rest}\n");
    for (rest, words) in [
        (
            "dialect = \"soap\"",
            &["dialect", "soap", "mechanics", "integration"][..],
        ),
        (
            "dialect = \"device\"\nissuer = \"magic\"",
            &["issuer", "magic", "opaque"],
        ),
        (
            "dialect = \"mechanics\"\nalgorithm = \"none\"",
            &["flavour.mine.algorithm", "none", "EdDSA"],
        ),
        (
            "dialect = \"mechanics\"\nalgorithm = \"hs256\"",
            &["flavour.mine.algorithm", "hs256", "HS256"],
        ),
        (
            "dialect = \"device\"\nalgorithm = \"HS256\"",
            &["flavour.mine.algorithm", "HS256", "opaque"],
        ),
        (
            "dialect = \"mechanics\"\nlifetime = \"0s\"",
            &["flavour.mine.lifetime", "0s", "1s"],
        ),
        ("dialect = \"mechanics\"\nlifetime = \"for ever\"", &["lifetime"]),
        (
            "dialect = \"mechanics\"\nexp_unit = \"milliseconds\"",
            &["flavour.mine.exp_unit", "milliseconds"],
        ),
        (
            "dialect = \"mechanics\"\nrealm = \"a b\"",
            &["flavour.mine.realm", "a b", "a-z"],
        ),
        (
            "dialect = \"mechanics\"\nrealm = \"org:171\"",
            &["flavour.mine.realm", "org:171"],
        ),
        ("dialect = \"integration\"\nrealm = \"x\"", &["flavour.mine.realm"]),
        (
            "dialect = \"device\"\nconceal_unknown_users = false",
            &["flavour.mine.conceal_unknown_users", "false"],
        ),
        (
            "dialect = \"device\"\npath = \"a/../b\"",
            &["flavour.mine.path", "a/../b"],
        ),
        (
            "dialect = \"device\"\npath = \"/a/{b}\"",
            &["flavour.mine.path", "/a/{b}"],
        ),
        ("path = \"/x\"", &["dialect"]),
    ] {
        assert_refused(&Setup::demo().config(block(rest)).run(), words);
    }
    assert_refused(
        &Setup::demo().config(block("dialect = \"device\"").repeat(2)).run(),
        &["mine"],
    );
    let unnamed = "[[flavour]]\nname = \"A B\"\ndialect = \"device\"\n";
    assert_refused(&Setup::demo().config(unnamed).run(), &["flavour.name", "A B"]);
}

#[test]
fn a_dialect_whose_issuer_cannot_do_what_it_promises_is_refused_with_a_sentence() {
    for (dialect, rest, sentence) in [
        ("login", "issuer = \"stateless\"", "logout"),
        ("login", "issuer = \"opaque\"\nlifetime = \"unlimited\"", "expires"),
        ("mechanics", "issuer = \"stateless\"", "refresh"),
        (
            "mechanics",
            "issuer = \"opaque\"\nlifetime = \"unlimited\"",
            "a token that expires",
        ),
        ("device", "issuer = \"stateless\"", "revoked"),
        ("integration", "issuer = \"stateless\"", "revoked"),
        ("device", "issuer = \"jwt\"\nlifetime = \"unlimited\"", "always ends"),
    ] {
        let toml = format!("[[flavour]]\nname = \"mine\"\ndialect = \"{dialect}\"\n{rest}\n");
        let ended = Setup::demo().config(toml).run();
        assert_refused(&ended, &["flavour.mine", sentence]);
    }
}

#[test]
fn two_flavours_on_one_path_are_refused() {
    let two = |first: &str, second: &str| {
        let block = |name: &str, rest: &str| format!("[[flavour]]\nname = \"{name}\"\n{rest}\n");
        Setup::demo().config(block("one", first) + &block("two", second)).run()
    };
    assert_refused(
        &two("dialect = \"device\"", "dialect = \"device\""),
        &["two", "one", "/api/tokens/create"],
    );
    assert_refused(
        &two("dialect = \"login\"", "dialect = \"mechanics\"\npath = \"/login\""),
        &["two", "one", "/login"],
    );
    assert_refused(
        &two("dialect = \"device\"", "dialect = \"mechanics\"\npath = \"/readyz\""),
        &["two", "/readyz"],
    );
    assert_refused(
        &two(
            "dialect = \"device\"",
            "dialect = \"mechanics\"\npath = \"/auth/verify\"",
        ),
        &["two", "/auth/verify"],
    );
    assert_refused(
        &two(
            "dialect = \"login\"\npath = \"/x\"",
            "dialect = \"mechanics\"\npath = \"/x/login/\"",
        ),
        &["two"],
    );
}

#[test]
fn the_demo_listens_on_loopback_and_nowhere_else() {
    for address in ["0.0.0.0:0", "[::]:0", "192.0.2.1:0"] {
        assert_refused(
            &Setup::demo().listen(address).run(),
            &["listen", address.trim_end_matches(":0"), "loopback"],
        );
    }
    assert_refused(&Setup::demo().listen("localhost:0").run(), &["listen", "localhost:0"]);
    assert_refused(
        &Setup::demo().listen("example.com:80").run(),
        &["listen", "example.com:80"],
    );
    let env = Setup::demo().without_listen().env("TESSERA_LISTEN", "0.0.0.0:0");
    assert_refused(&env.run(), &["listen", "loopback"]);
    for address in ["127.0.0.2:0", "[::1]:0"] {
        // Not every machine has these addresses.
        if TcpListener::bind(address).is_ok() {
            let server = Setup::demo().listen(address).start();
            assert_eq!(server.get("/readyz").status, 200, "{address}");
        }
    }
}

#[test]
fn the_demo_says_that_it_is_not_for_production() {
    assert!(
        Server::shared().out().contains("Not for production"),
        "{}",
        Server::shared().out()
    );
}

#[test]
fn a_port_that_is_taken_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("an address").to_string();
    assert_refused(&Setup::demo().listen(&address).run(), &[&address]);
}

#[test]
fn a_flag_beats_the_environment_which_beats_the_file_which_beats_the_default() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("an address").to_string();
    let file = format!("listen = \"{address}\"\n");
    // The address in the file is in use: with it the server would not start.
    assert_refused(&Setup::demo().without_listen().config(&file).run(), &[&address]);
    Setup::demo()
        .without_listen()
        .config(&file)
        .env("TESSERA_LISTEN", "127.0.0.1:0")
        .start()
        .stop();
    Setup::demo()
        .config(&file)
        .env("TESSERA_LISTEN", &address)
        .start()
        .stop();
}

#[test]
fn the_database_can_be_named_by_flag_environment_or_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name);
    let url = |name: &str| format!("sqlite:{}", path(name).display());
    Setup::demo()
        .database(url("flag.db"))
        .env("TESSERA_DATABASE_URL", url("not.db"))
        .start()
        .stop();
    Setup::demo()
        .env("TESSERA_DATABASE_URL", url("env.db"))
        .config(format!("database_url = \"{}\"", url("not.db")))
        .start()
        .stop();
    Setup::demo()
        .config(format!("database_url = \"{}\"", url("file.db")))
        .start()
        .stop();
    for name in ["flag.db", "env.db", "file.db"] {
        assert!(path(name).exists(), "{name}");
    }
    assert!(!path("not.db").exists());
    let memory = Setup::demo().database("sqlite::memory:").start();
    assert!(lives(&memory, [bearer(&device(&memory))]));
}

#[test]
fn a_database_that_cannot_be_used_is_named_without_its_password() {
    let folder = tempfile::tempdir().expect("a folder");
    let nothing = folder.path().join("no/such/folder/t.db");
    assert_refused(&Setup::demo().file(&nothing).run(), &["no/such/folder/t.db"]);
    let garbage = folder.path().join("garbage.db");
    fs::write(
        &garbage,
        "this is no database, however long one looks at it. ".repeat(100),
    )
    .expect("a file");
    assert_refused(&Setup::demo().file(&garbage).run(), &["database"]);
    assert_refused(
        &Setup::demo().database("mysql://root:canary-71@localhost/x").run(),
        &["sqlite:", "postgres:"],
    );
    for url in [
        "mysql://root:canary-71@localhost/x",
        "postgres://root:canary-71@127.0.0.1:1/x",
    ] {
        let ended = Setup::demo().database(url).run();
        assert_refused(&ended, &[]);
        assert!(!ended.err.contains("canary-71"), "{}", ended.err);
    }
}

#[test]
fn a_missing_or_invalid_configuration_file_is_named() {
    let ended = Setup::demo().arg("--config").arg("/no/such/file.toml").run();
    assert_refused(&ended, &["/no/such/file.toml"]);
    assert_refused(&Setup::demo().config("this is = = no toml").run(), &[]);
}

/// A valid master key.
fn some_key(salt: u8) -> String {
    STANDARD.encode((0..32).map(|i| i * 7 + salt).collect::<Vec<u8>>())
}

#[test]
fn without_a_master_key_one_is_made_beside_the_database_for_its_owner_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("t.db");
    let server = Setup::plain().file(&file).start();
    let keys: Vec<_> = key_files(&folder).collect();
    let [key] = &keys[..] else {
        panic!("one key file: {keys:?}");
    };
    assert_eq!(fs::metadata(key).expect("a file").permissions().mode() & 0o777, 0o600);
    assert!(
        server.err().text().contains(&key.display().to_string()),
        "it says so: {}",
        server.err().text()
    );
    let text = fs::read_to_string(key).expect("a text");
    assert_eq!(STANDARD.decode(text.trim()).expect("base64").len(), 32);
    assert!(!server.err().text().contains(text.trim()) && !server.out().contains(text.trim()));
    server.stop();
    Setup::plain().file(&file).start().stop();
    assert_eq!(fs::read_to_string(key).expect("a text"), text, "made once");
}

fn key_files(folder: &TempDir) -> impl Iterator<Item = std::path::PathBuf> {
    let entries = fs::read_dir(folder.path())
        .expect("a folder")
        .map(|entry| entry.expect("an entry").path());
    entries.filter(|path| path.extension().is_some_and(|extension| extension == "key"))
}

#[test]
fn a_key_file_that_others_can_read_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let key = folder.path().join("master");
    fs::write(&key, some_key(1)).expect("a file");
    let setup = || Setup::plain().arg("--master-key-file").arg(key.display());
    for mode in [0o644, 0o640, 0o604, 0o660] {
        fs::set_permissions(&key, fs::Permissions::from_mode(mode)).expect("permissions");
        assert_refused(&setup().run(), &[&key.display().to_string(), "chmod 600"]);
    }
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).expect("permissions");
    setup().start().stop();
}

#[test]
fn an_invalid_master_key_is_refused_and_not_printed() {
    for (value, form) in [
        ("canary-no-base64!".to_owned(), "base64"),
        (STANDARD.encode("canary, 16 bytes"), "32"),
        (STANDARD.encode([7; 32]), "repeated"),
        (STANDARD.encode("correct horse battery staple 123"), "printable"),
        (STANDARD.encode([1, 2].repeat(32)), "32"),
        (String::new(), "32"),
    ] {
        let ended = Setup::plain().env("TESSERA_MASTER_KEY", &value).run();
        assert_refused(&ended, &["TESSERA_MASTER_KEY", form]);
        assert!(value.is_empty() || !ended.err.contains(&value), "{}", ended.err);
    }
    assert_refused(
        &Setup::plain().arg("--master-key-file").arg("/no/such/key").run(),
        &["/no/such/key"],
    );
}

/// A flag overrides the environment, as for every setting.
#[test]
fn the_flags_master_key_file_beats_the_environments_key() {
    let folder = tempfile::tempdir().expect("a folder");
    let (file, key) = (folder.path().join("t.db"), folder.path().join("k"));
    fs::write(&key, some_key(5)).expect("a file");
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).expect("permissions");
    let plain = || Setup::plain().file(&file);
    let with_flag = plain().arg("--master-key-file").arg(key.display());
    with_flag.env("TESSERA_MASTER_KEY", some_key(6)).start().stop();
    assert_refused(&plain().env("TESSERA_MASTER_KEY", some_key(6)).run(), &["master key"]);
    plain().env("TESSERA_MASTER_KEY", some_key(5)).start().stop();
    let by_variable = plain().env("TESSERA_MASTER_KEY_FILE", key.display());
    assert_refused(
        &by_variable.env("TESSERA_MASTER_KEY", some_key(6)).run(),
        &["master key"],
    );
}

/// The login dialect's `exp` is in milliseconds: who verifies with a public key reads it as never.
#[test]
fn a_public_key_for_tokens_in_milliseconds_is_refused() {
    let login = |more: &str| {
        let block = format!("[[flavour]]\nname = \"pbx\"\ndialect = \"login\"\nalgorithm = {more}\n");
        Setup::plain()
            .config(block)
            .env("TESSERA_MASTER_KEY", some_key(1))
            .database("sqlite::memory:")
    };
    for algorithm in ["EdDSA", "ES256", "RS256", "PS512"] {
        let ended = login(&format!("\"{algorithm}\"")).run();
        assert_refused(&ended, &["flavour.pbx.algorithm", algorithm, "milliseconds", "HS256"]);
    }
    let ended = login("\"EdDSA\"\nexp_unit = \"milliseconds\"").run();
    assert_refused(&ended, &["flavour.pbx.algorithm"]);
    login("\"HS512\"").start().stop();
    login("\"EdDSA\"\nexp_unit = \"seconds\"").start().stop();
}

#[test]
fn a_wrong_master_key_is_refused_and_overwrites_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("t.db");
    let server = Setup::demo().file(&file).start();
    let shop = crate::support::sign_in::workshop(&server);
    server.stop();
    for _ in 0..2 {
        let ended = Setup::plain().file(&file).env("TESSERA_MASTER_KEY", some_key(2)).run();
        assert_refused(&ended, &["master key"]);
    }
    let server = Setup::demo().file(&file).start();
    assert!(lives(&server, [bearer(&shop.token)]), "the keys are unchanged");
    assert_eq!(crate::support::sign_in::refresh(&server, &shop.refresh).status, 200);
}

#[test]
fn a_wrong_master_key_is_refused_even_if_the_right_one_is_configured_elsewhere() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("t.db");
    let setup = |salt: u8| Setup::plain().file(&file).env("TESSERA_MASTER_KEY", some_key(salt));
    setup(3).start().stop();
    assert_refused(&setup(4).run(), &["master key"]);
    assert_refused(&Setup::demo().file(&file).run(), &["master key"]);
    setup(3).start().stop();
    assert_eq!(
        key_files(&folder).count(),
        0,
        "no key file is made where a key is given"
    );
}

#[test]
fn only_its_owner_can_read_the_database_file_and_it_has_a_write_ahead_log() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("t.db");
    let server = Setup::demo().file(&file).start();
    assert_eq!(fs::metadata(&file).expect("a file").permissions().mode() & 0o777, 0o600);
    // Bytes 18 and 19 of a SQLite file: 2 for a write-ahead log.
    assert_eq!(fs::read(&file).expect("a file")[18..20], [2, 2]);
    server.stop();
}

#[test]
fn without_the_demo_there_are_no_demo_people() {
    let server = Setup::plain().start();
    for dialect in Dialect::ALL {
        let status = if dialect == Dialect::Login { 404 } else { 401 };
        dialect.refuses(&server.send(&dialect.request(&dialect.good())), status);
    }
    assert!(!server.out().contains("qwerty"), "{}", server.out());
}

#[test]
fn without_a_database_setting_one_is_created_in_the_working_folder() {
    let server = Setup::plain().start();
    assert!(Path::new(server.folder()).join("tessera.db").exists());
    server.stop();
}

#[test]
fn an_unknown_flag_or_command_is_refused_by_name() {
    for (setup, word) in [
        (Setup::demo().arg("--colour"), "--colour"),
        (Setup::command("server"), "server"),
        (Setup::demo().arg("--listen"), "--listen"),
    ] {
        let ended = setup.run();
        assert_eq!(ended.code, Some(2), "{ended:?}");
        assert!(ended.err.contains(word), "{ended:?}");
    }
}
