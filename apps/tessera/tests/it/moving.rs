//! Everything that a server has issued works with a server on a copy of its database, and what was revoked stays revoked.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use serde_json::Value;

use crate::secrets::{found, live_through};
use crate::support::operator::Operator;
use crate::support::poll;
use crate::support::server::{DEMO_KEY, Ended, OTHER_KEY, Server, Setup};
use crate::support::sign_in::{
    Session, Workshop, basic, bearer, client, device, lives, logout, refresh, revoke, session, workshop,
};

/// A law gets the URL of a source and of a target: one is a file that does not exist yet, the other an empty database of
/// PostgreSQL.
pub type Law = (&'static str, fn(&str, &str));

macro_rules! laws {
    ($($law:ident)*) => {
        pub const LAWS: [Law; [$(stringify!($law)),*].len()] = [$((stringify!($law), $law)),*];
    };
}

laws! {
    what_was_issued_works_on_a_copy_and_what_was_revoked_does_not
    an_import_works_like_a_copy
    a_killed_copy_goes_on
}

/// Runs `data WHAT` with the demo's master key.
fn data(args: &[&str]) -> Ended {
    let setup = args.iter().fold(Setup::command("data"), Setup::arg);
    setup.env("TESSERA_MASTER_KEY", DEMO_KEY).run()
}

fn copied(from: &str, to: &str) -> Value {
    let ended = data(&["copy", "--from", from, "--to", to, "--json"]);
    assert_eq!(ended.code, Some(0), "{}", ended.err);
    serde_json::from_str(&ended.out).unwrap_or_else(|error| panic!("{error}: {}", ended.out))
}

fn migrate(url: &str) {
    let ended = Setup::command("migrate").database(url).run();
    assert_eq!(ended.code, Some(0), "{}", ended.err);
}

/// What clients hold when the server stops.
struct Held {
    kept: Workshop,
    /// Used up: presented again, it ends the session of `replayed`.
    used: String,
    replayed: Workshop,
    login: Session,
    ended: Session,
    device: String,
    revoked_device: String,
    disabled: String,
    client: String,
}

/// How often the log is checked at most, until all of it is sealed.
const STEPS: usize = 1000;

const CLIENT: &str = "moved@letsta.lk";

fn live(server: &Server, url: &str) -> Held {
    let operator = Operator::of(url);
    let kept = workshop(server);
    let kept = Workshop::of(&refresh(server, &kept.refresh));
    let first = workshop(server);
    let second = Workshop::of(&refresh(server, &first.refresh));
    let replayed = Workshop::of(&refresh(server, &second.refresh));
    let (login, ended) = (session(server), session(server));
    assert_eq!(logout(server, ended.headers()).status, 200);
    let (kept_device, revoked_device) = (device(server), device(server));
    assert_eq!(revoke(server, [bearer(&revoked_device)]).status, 200);
    operator.add("players", "gone@letsta.lk", "a long password 4", &["--role", "jugador"]);
    let body = serde_json::json!({
        "email_or_username": "gone@letsta.lk", "password": "a long password 4", "device_name": "d",
    });
    let request = crate::support::client::Request::post("/api/tokens/create").json(body);
    let disabled = server.send(&request).member("token");
    operator.disable("players", "gone@letsta.lk");
    let rotate = Setup::command("key").arg("rotate").arg("--flavour").arg("login");
    let rotate = rotate.database(url).env("TESSERA_MASTER_KEY", DEMO_KEY);
    assert_eq!(rotate.run().code, Some(0));
    Held {
        kept,
        used: first.refresh,
        replayed,
        login,
        ended,
        device: kept_device,
        revoked_device,
        disabled,
        client: client(server, CLIENT),
    }
}

fn number_of(device_token: &str) -> u64 {
    let number = device_token.split('|').next().and_then(|number| number.parse().ok());
    number.unwrap_or_else(|| panic!("{device_token} has no number"))
}

fn everything_works(server: &Server, held: &Held) {
    assert!(lives(server, [bearer(&held.kept.token)]));
    assert!(lives(server, held.login.headers()));
    assert!(lives(server, [bearer(&held.device)]));
    assert!(lives(server, [basic(&held.client)]));
    assert!(!lives(server, held.ended.headers()));
    assert!(!lives(server, [bearer(&held.revoked_device)]));
    assert!(!lives(server, [bearer(&held.disabled)]));
    assert_eq!(
        client(server, CLIENT),
        held.client,
        "the client's token is the same one"
    );
    let next = Workshop::of(&refresh(server, &held.kept.refresh));
    assert!(lives(server, [bearer(&next.token)]));
    assert!(lives(server, [bearer(&held.replayed.token)]));
    assert_eq!(refresh(server, &held.used).status, 401);
    assert!(
        !lives(server, [bearer(&held.replayed.token)]),
        "a used token was presented"
    );
    assert_eq!(refresh(server, &held.replayed.refresh).status, 401);
    let newest = number_of(&device(server));
    assert!(newest > number_of(&held.device).max(number_of(&held.revoked_device)));
    let another = session(server);
    assert!(lives(server, another.headers()));
    assert_eq!(logout(server, another.headers()).status, 200);
}

/// The audit log, checked from its first entry: the verdict.
fn verified(url: &str) -> Value {
    let verify = Setup::command("audit").arg("verify").arg("--json").database(url);
    let ended = verify.env("TESSERA_MASTER_KEY", DEMO_KEY).run();
    assert_eq!(ended.code, Some(0), "{}{}", ended.out, ended.err);
    let verdict: Value = serde_json::from_str(&ended.out).expect("JSON");
    assert_eq!(verdict["ok"], true);
    assert!(verdict["entries"].as_u64() > Some(20), "{verdict}");
    verdict
}

fn audit_is_whole(url: &str, unsealed: u64) {
    let verdict = verified(url);
    assert_eq!(verdict["unsealed"].as_u64(), Some(unsealed), "{verdict}");
}

/// Stops a server that has sealed all it wrote. PostgreSQL calls an entry final when every older transaction of its
/// installation has ended: a test in another of its databases may have one open for a moment.
fn stop_sealed(server: Server, url: &str) {
    let sealed = poll(STEPS, || verified(url)["unsealed"] == 0);
    assert!(sealed, "{}", verified(url));
    server.stop();
    audit_is_whole(url, 0);
}

/// The server is killed, so its last entries are not sealed and its log of writes is not emptied.
fn a_server_lived_on(url: &str) -> Held {
    let server = Setup::demo().database(url).start();
    let held = live(&server, url);
    server.signal("KILL");
    server.wait();
    held
}

fn what_was_issued_works_on_a_copy_and_what_was_revoked_does_not(from: &str, to: &str) {
    let held = a_server_lived_on(from);
    migrate(to);
    let moved = copied(from, to);
    assert_eq!(moved["rows_before"], 0);
    assert!(moved["tables"]["tokens"]["rows"].as_u64() > Some(5), "{moved}");
    // The entry about the copy itself is for the first server to seal.
    audit_is_whole(to, 1);
    let server = Setup::demo().database(to).start();
    everything_works(&server, &held);
    stop_sealed(server, to);
    // And the way back, into a third database.
    let folder = tempfile::tempdir().expect("a folder");
    let third = format!("sqlite:{}", folder.path().join("third.db").display());
    migrate(&third);
    copied(to, &third);
    let server = Setup::demo().database(&third).start();
    assert!(lives(&server, [bearer(&held.device)]));
    assert!(!lives(&server, [bearer(&held.replayed.token)]));
    stop_sealed(server, &third);
}

fn an_import_works_like_a_copy(from: &str, to: &str) {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("export.ndjson");
    let path = file.display().to_string();
    let server = Setup::demo().database(from).start();
    let held = live(&server, from);
    let secrets = live_through(&server);
    server.stop();
    let export = ["export", "--file", &path, "--database-url", from];
    let ended = data(&export);
    assert_eq!(ended.code, Some(0), "{}", ended.err);
    assert_eq!(data(&export).code, Some(1), "it is there already");
    let content = std::fs::read(&file).expect("the file");
    let leaks = found("the export", &content, &secrets);
    assert!(leaks.is_empty(), "{}", leaks.join("\n"));
    assert!(
        String::from_utf8_lossy(&content).contains("gmachia@gmail.com"),
        "it is an export"
    );
    migrate(to);
    let other = Setup::command("data")
        .arg("import")
        .arg("--file")
        .arg(&path)
        .database(to);
    let other = other.env("TESSERA_MASTER_KEY", OTHER_KEY).run();
    assert!(
        other.err.contains("the master key is not one that opens"),
        "{}",
        other.err
    );
    let ended = data(&["import", "--file", &path, "--database-url", to]);
    assert_eq!(ended.code, Some(0), "{}", ended.err);
    let server = Setup::demo().database(to).start();
    everything_works(&server, &held);
    stop_sealed(server, to);
    let again = data(&["import", "--file", &path, "--database-url", to]);
    assert!(again.err.contains("the target is not empty"), "{}", again.err);
    let server = Setup::demo().database(to).start();
    assert!(lives(&server, held.login.headers()), "nothing was changed");
    assert!(!lives(&server, [bearer(&held.replayed.token)]));
}

/// How many tokens a copy has that is killed.
const MANY: usize = 20_000;

pub fn fill(url: &str) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let options = store_diesel::StoreOptions::patient();
        let store = store_diesel::DieselStore::connect(url, &options)
            .await
            .expect("a store");
        let fill = format!(
            "INSERT INTO tokens (flavour, realm, subject, generation, scopes, label, issued_at)
             WITH RECURSIVE numbers (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM numbers WHERE i < {MANY})
             SELECT 'device', 'players', (SELECT min(id) FROM accounts), 0, '[]', CAST(i AS TEXT), 0 FROM numbers"
        );
        store.dangerous_execute(&fill).await.expect("tokens");
    });
}

/// Starts a command in the background; all it is given about the database is in the arguments and `variables`.
pub fn spawn(args: &[&str], variables: &[(&str, &str)], folder: &Path) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tessera"));
    let inherited = std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("TESSERA_"));
    for (name, _) in inherited {
        command.env_remove(name);
    }
    command
        .args(args)
        .env("TESSERA_MASTER_KEY", DEMO_KEY)
        .envs(variables.iter().copied())
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command.spawn().expect("the binary starts")
}

/// Kills a command after longer and longer whiles, so at many points, until one run comes to its end. Each is a little longer than
/// the one before, by a share and not by a time: so the same points are reached on a machine that is ten times slower.
/// What the last one printed; many of those before must have left a part of a copy in the database `to`.
pub fn killed_until_it_ends(to: &str, spawn: impl Fn() -> Child) -> Output {
    let mut while_it_runs = Duration::from_millis(50);
    let (mut kills, mut resumed) = (0, 0);
    let ended = loop {
        let mut child = spawn();
        std::thread::sleep(while_it_runs);
        if child.try_wait().expect("it was started").is_some() {
            break child.wait_with_output().expect("it has ended");
        }
        child.kill().expect("it runs");
        child.wait().expect("it was started");
        kills += 1;
        while_it_runs = while_it_runs.mul_f32(1.15);
        resumed += usize::from(is_unfinished(to));
        assert!(kills < 60, "it never ends");
    };
    assert!(kills > 1 && resumed > 1, "{kills} {resumed}");
    ended
}

fn a_killed_copy_goes_on(from: &str, to: &str) {
    let held = a_server_lived_on(from);
    fill(from);
    migrate(to);
    let folder = tempfile::tempdir().expect("a folder");
    let args = ["data", "copy", "--from", from, "--json"];
    let ended = killed_until_it_ends(to, || spawn(&args, &[("TESSERA_COPY_TO", to)], folder.path()));
    let err = String::from_utf8_lossy(&ended.stderr);
    match ended.status.success() {
        true => {
            let moved: Value = serde_json::from_slice(&ended.stdout).expect("JSON");
            assert!(moved["rows_before"].as_u64() > Some(0), "{moved}");
            assert!(moved["rows"].as_u64() > Some(MANY as u64), "{moved}");
        }
        // The run before was killed when all was done, and it had not exited.
        false => assert!(err.contains("the target is not empty"), "{err}"),
    }
    audit_is_whole(to, 1);
    let server = Setup::demo().database(to).start();
    everything_works(&server, &held);
    stop_sealed(server, to);
}

/// Whether no server starts on it, because a part of a copy is there.
fn is_unfinished(url: &str) -> bool {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let options = store_diesel::StoreOptions::patient();
    let opened = runtime.block_on(store_diesel::DieselStore::connect(url, &options));
    matches!(opened, Err(store_diesel::ConnectError::Unfinished))
}

/// A copy into a file that may not grow, as on a full disk.
pub fn a_full_disk_is_a_clear_error_and_the_copy_goes_on() {
    let folder = tempfile::tempdir().expect("a folder");
    let url = |name: &str| format!("sqlite:{}", folder.path().join(name).display());
    let (from, to) = (url("from.db"), url("to.db"));
    let server = Setup::demo().database(&from).start();
    let token = device(&server);
    server.stop();
    fill(&from);
    migrate(&to);
    let limited = limited_copy(&from, &to, folder.path());
    let err = String::from_utf8_lossy(&limited.stderr).into_owned();
    assert_eq!(limited.status.code(), Some(1), "{err}");
    let last = err.lines().rfind(|line| line.starts_with("tessera: the target failed"));
    assert!(
        last.is_some_and(|line| line.contains("Run this again: it goes on")),
        "{err}"
    );
    let started = Setup::command("serve")
        .arg("--listen")
        .arg("127.0.0.1:0")
        .database(&to)
        .run();
    assert!(started.err.contains("unfinished copy"), "{}", started.err);
    let moved = copied(&from, &to);
    assert!(moved["rows_before"].as_u64() > Some(0), "{moved}");
    let server = Setup::demo().database(&to).start();
    assert!(lives(&server, [bearer(&token)]));
}

/// The copy, in a shell that lets no file grow beyond 2 MiB.
fn limited_copy(from: &str, to: &str, folder: &Path) -> Output {
    let script = r#"trap "" XFSZ; ulimit -f 2048; exec "$0" "$@""#;
    let binary: PathBuf = env!("CARGO_BIN_EXE_tessera").into();
    let mut command = Command::new("bash");
    let inherited = std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("TESSERA_"));
    for (name, _) in inherited {
        command.env_remove(name);
    }
    command
        .arg("-c")
        .arg(script)
        .arg(binary)
        .args(["data", "copy", "--from", from, "--to", to])
        .env("TESSERA_MASTER_KEY", DEMO_KEY)
        .current_dir(folder)
        .output()
        .expect("there is a shell")
}
