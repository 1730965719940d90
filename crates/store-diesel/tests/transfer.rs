//! Everything moves from one database into another, or through a file: exactly, once, or not at all.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

#[macro_use]
#[path = "support/database.rs"]
mod support;
#[allow(dead_code, reason = "the tests of a network use the rest")]
#[path = "support/proxy.rs"]
mod proxy;

use std::path::{Path, PathBuf};

use auth_core::{AuditEvent, Provenance};
use proxy::{Network, Proxy};
use store_diesel::transfer::{
    self, ExportFile, HeldDatabase, Progress, Stage, TransferDatabase, TransferError, Transferred,
};
use store_diesel::{Cluster, ConnectError, DieselStore, Migrator, StoreOptions};
use support::things::{NOW, client, key, organisation, owner, realm, session, token};
use tempfile::TempDir;

tests! {
    postgres {
        everything_moves_from_sqlite_to_postgres
        everything_moves_from_postgres_to_sqlite
        and_between_two_of_a_kind
        a_nul_is_refused_by_postgres_with_its_place
        a_server_on_postgres_is_in_the_way
        a_lost_connection_is_an_error_and_the_copy_goes_on
        a_source_that_is_no_longer_held_is_an_error
        an_import_is_what_a_copy_is
    }
    other {
        a_server_on_a_file_is_in_the_way
        nobody_writes_while_a_source_is_held
        a_target_with_rows_is_refused_and_stays_as_it_is
        a_target_of_another_version_is_refused
        a_copy_of_a_source_that_changed_is_not_gone_on_with
        a_change_in_the_target_is_found
        no_number_is_given_out_again
        a_damaged_file_is_refused_with_the_line
        a_file_cut_off_anywhere_is_refused
        an_import_goes_on_where_it_stopped
    }
}

/// A database that no process has open.
struct Closed {
    url: String,
    _folder: Option<TempDir>,
}

impl Closed {
    async fn file() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("tessera.db").display());
        connect(&url).await;
        Self {
            url,
            _folder: Some(folder),
        }
    }

    async fn postgres(cluster: &Cluster) -> Self {
        let url = cluster.database();
        connect(&url).await;
        Self { url, _folder: None }
    }

    async fn run(&self, statements: &str) {
        connect(&self.url).await.dangerous_execute(statements).await.unwrap();
    }

    async fn number(&self, query: &str) -> i64 {
        let number = connect(&self.url).await.dangerous_number(query).await.unwrap();
        number.unwrap_or_default()
    }
}

async fn connect(url: &str) -> DieselStore {
    DieselStore::connect(url, &StoreOptions::patient()).await.unwrap()
}

/// Rows in every table, among them values that are hard for one of the databases.
async fn fill(database: &Closed, tokens: usize) {
    let store = connect(&database.url).await;
    let person = owner(&store, "workshop@email.dk").await;
    organisation(&store).await;
    store.consumers().find_or_create_client(client("a@b.dk")).await.unwrap();
    store.keys().insert_first(&key("kid", "login/HS256")).await.unwrap();
    let live = store.tokens().insert(session(person, 1)).await.unwrap().unwrap();
    let ended = store.tokens().insert(token(person)).await.unwrap().unwrap();
    store.tokens().revoke(ended, NOW).await.unwrap();
    let hard = format!(
        "UPDATE tokens SET last_used_at = 9223372036854775807 WHERE id = {live};
         INSERT INTO passwords (account_id, hash, changed_at) VALUES ({person}, '$2b$10$x', -9223372036854775808);
         INSERT INTO roles (realm, name, permissions) VALUES ('b', 'z', '[]'), ('a', 'ñ', '[\"x\"]'), ('a', 'Z', '[]'), ('B', 'z', '[]');
         INSERT INTO accounts (id, realm, login, attributes, created_at)
         VALUES (1000, '{}', 'ñ漢 ''\"\\', '{{\"name\":\"\u{1f512}\"}}', 0);
         INSERT INTO resource_servers (id, secret_digest, flavours, disabled, created_at)
         VALUES ('games-api', CAST('' AS {bytes}), NULL, TRUE, 0), ('Games', CAST('x' AS {bytes}), '[]', FALSE, 0);
         INSERT INTO imported_accounts (realm, source_id, account_id) VALUES ('a', 'ñ', {person}), ('a', '2', 1000);
         INSERT INTO imported_tokens (digest, flavour, token_id, number)
         VALUES ('sha256$ab', 'device', {live}, NULL), ('sha256$AB', 'device', {ended}, 9223372036854775807);
         INSERT INTO meta (name, value) VALUES ('written', CAST('1' AS {bytes}));
         INSERT INTO audit_marks (name, number, entries, settled, floor, highest, at, mac, proof)
         VALUES ('end', 0, 0, 3, 0, 2, 0, CAST('' AS {bytes}), CAST('' AS {bytes}));
         INSERT INTO audit_seals (number, at, entries, settled, floor, highest, links, previous, mac)
         VALUES (1, 0, 0, 3, 0, 2, CAST('a' AS {bytes}), CAST('b' AS {bytes}), CAST('c' AS {bytes}));
         INSERT INTO tokens (flavour, realm, subject, generation, scopes, label, issued_at)
         WITH RECURSIVE numbers (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM numbers WHERE i < {tokens})
         SELECT 'device', 'workshops', {person}, 0, '[]', CAST(i AS TEXT), i FROM numbers",
        realm().as_str(),
        bytes = if database.url.starts_with("sqlite") { "BLOB" } else { "BYTEA" },
    );
    store.dangerous_execute(&hard).await.unwrap();
}

/// Copies everything and completes the target.
async fn copy(source: &str, target: &str) -> Result<Transferred, TransferError> {
    copy_watched(source, target, |_| ()).await
}

async fn copy_watched(
    source: &str,
    target: &str,
    mut watch: impl FnMut(&Progress) + Send,
) -> Result<Transferred, TransferError> {
    let mut source = HeldDatabase::hold(TransferDatabase::open_source(source).await?).await?;
    let target = TransferDatabase::open_target(target).await?;
    let moved = transfer::copy(&mut source, &target, &mut watch).await?;
    target.complete(entry()).await?;
    source.release().await?;
    Ok(moved)
}

fn entry() -> auth_core::AuditEntry {
    Provenance::SERVER.entry(AuditEvent::DataCopied, NOW)
}

async fn everything_moves(source: Closed, target: Closed) {
    fill(&source, 2500).await;
    let moved = copy(&source.url, &target.url).await.unwrap();
    assert_eq!(moved.rows_before, 0);
    for (table, digest) in &moved.tables {
        assert!(digest.rows > 0, "{table} is tried");
    }
    // And back, into another database: all that differs is the entry about the first copy.
    let back = match source.url.starts_with("sqlite") {
        true => Closed::file().await,
        false => Closed::postgres(Cluster::shared()).await,
    };
    let again = copy(&target.url, &back.url).await.unwrap();
    assert_eq!(again.rows, moved.rows + 1);
    for (there, back) in moved.tables.iter().zip(&again.tables) {
        assert!(there == back || there.0 == "audit_entries", "{there:?} {back:?}");
    }
    let store = connect(&back.url).await;
    let hard = store.dangerous_text("SELECT login FROM accounts WHERE id = 1000").await;
    assert_eq!(hard.unwrap().as_deref(), Some("ñ漢 '\"\\"));
}

async fn everything_moves_from_sqlite_to_postgres(cluster: &'static Cluster) {
    everything_moves(Closed::file().await, Closed::postgres(cluster).await).await;
}

async fn everything_moves_from_postgres_to_sqlite(cluster: &'static Cluster) {
    everything_moves(Closed::postgres(cluster).await, Closed::file().await).await;
}

async fn and_between_two_of_a_kind(cluster: &'static Cluster) {
    everything_moves(Closed::postgres(cluster).await, Closed::postgres(cluster).await).await;
    everything_moves(Closed::file().await, Closed::file().await).await;
}

async fn a_nul_is_refused_by_postgres_with_its_place(cluster: &'static Cluster) {
    let (source, target) = (Closed::file().await, Closed::postgres(cluster).await);
    fill(&source, 1).await;
    source
        .run("UPDATE accounts SET attributes = 'canary' || char(0) WHERE id = 1000")
        .await;
    let error = copy(&source.url, &target.url).await.unwrap_err().to_string();
    assert!(
        error.starts_with("accounts 1000: the column attributes has a NUL"),
        "{error}"
    );
    assert!(!error.contains("canary"), "{error}");
    let file = Closed::file().await;
    copy(&source.url, &file.url).await.expect("SQLite stores it");
}

async fn a_server_on_postgres_is_in_the_way(cluster: &'static Cluster) {
    let (source, target) = (Closed::postgres(cluster).await, Closed::file().await);
    let server = connect(&source.url).await;
    let error = copy(&source.url, &target.url).await.unwrap_err();
    assert!(matches!(error, TransferError::InUse(_)), "{error}");
    drop(server);
    copy(&source.url, &target.url).await.unwrap();
}

async fn a_server_on_a_file_is_in_the_way() {
    let (source, target) = (Closed::file().await, Closed::file().await);
    let server = connect(&source.url).await;
    let error = copy(&source.url, &target.url).await.unwrap_err();
    assert!(matches!(error, TransferError::InUse(_)), "{error}");
    drop(server);
    copy(&source.url, &target.url).await.unwrap();
}

async fn nobody_writes_while_a_source_is_held() {
    let source = Closed::file().await;
    let held = HeldDatabase::hold(TransferDatabase::open_source(&source.url).await.unwrap());
    let held = held.await.unwrap();
    let beside = connect(&source.url).await;
    let write = "INSERT INTO roles (realm, name, permissions) VALUES ('a', 'b', '[]')";
    beside.dangerous_execute(write).await.unwrap_err();
    held.release().await.unwrap();
    beside.dangerous_execute(write).await.unwrap();
}

/// Others could have written to it since.
async fn a_source_that_is_no_longer_held_is_an_error(cluster: &'static Cluster) {
    let (source, target) = (Closed::postgres(cluster).await, Closed::file().await);
    fill(&source, 10).await;
    let database = TransferDatabase::open_source(&source.url).await.unwrap();
    let mut held = HeldDatabase::hold(database).await.unwrap();
    let end = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
               WHERE datname = current_database() AND state = 'idle in transaction'";
    assert_eq!(source.number(end).await, 1);
    let target = TransferDatabase::open_target(&target.url).await.unwrap();
    let error = transfer::copy(&mut held, &target, &mut |_| ()).await.unwrap_err();
    assert!(matches!(error, TransferError::Source(_)), "{error}");
    assert!(target.complete(entry()).await.is_err(), "it is not complete");
}

async fn a_lost_connection_is_an_error_and_the_copy_goes_on(cluster: &'static Cluster) {
    let (source, target) = (Closed::file().await, Closed::postgres(cluster).await);
    fill(&source, 20_000).await;
    let (server, rest) = target.url.rsplit_once('@').unwrap().1.split_once('/').unwrap();
    let proxy = Proxy::to(server).await;
    let through = format!("postgres://tessera@{}/{rest}", proxy.address());
    let cut = |progress: &Progress| {
        if progress.rows > 9000 {
            proxy.set(Network::Cut);
        }
    };
    let error = copy_watched(&source.url, &through, cut).await.unwrap_err();
    assert!(matches!(error, TransferError::Target(_)), "{error}");
    let refused = DieselStore::connect(&target.url, &StoreOptions::patient()).await;
    assert_eq!(
        refused.unwrap_err(),
        ConnectError::Unfinished,
        "no server may use a part"
    );
    let moved = copy(&source.url, &target.url).await.unwrap();
    assert!(moved.rows_before > 9000 && moved.rows > 20_000, "{moved:?}");
    connect(&target.url).await;
}

async fn a_target_with_rows_is_refused_and_stays_as_it_is() {
    let (source, target) = (Closed::file().await, Closed::file().await);
    fill(&source, 10).await;
    target
        .run("INSERT INTO roles (realm, name, permissions) VALUES ('a', 'b', '[]')")
        .await;
    let error = copy(&source.url, &target.url).await.unwrap_err();
    assert!(matches!(error, TransferError::NotEmpty("roles")), "{error}");
    assert_eq!(
        target
            .number("SELECT count(*) FROM meta WHERE name NOT IN ('schema_needs', 'schema_mark')")
            .await,
        0
    );
    assert_eq!(target.number("SELECT count(*) FROM accounts").await, 0);
}

async fn a_target_of_another_version_is_refused() {
    let (source, target) = (Closed::file().await, Closed::file().await);
    let migrator = Migrator::connect(&target.url, &StoreOptions::patient()).await.unwrap();
    migrator.revert().await.unwrap();
    drop(migrator);
    let error = copy(&source.url, &target.url).await.unwrap_err();
    assert!(
        matches!(error, TransferError::Connect(ConnectError::Pending(1))),
        "{error}"
    );
    let error = copy(&target.url, &source.url).await.unwrap_err();
    assert!(
        matches!(error, TransferError::Connect(ConnectError::Pending(1))),
        "{error}"
    );
}

/// Rows that were moved before the change may be other ones by now.
async fn a_copy_of_a_source_that_changed_is_not_gone_on_with() {
    let (source, target) = (Closed::file().await, Closed::file().await);
    fill(&source, 5000).await;
    interrupted(async |watch| copy_watched(&source.url, &target.url, watch).await).await;
    let store = connect(&source.url).await;
    owner(&store, "another@email.dk").await;
    drop(store);
    let error = copy(&source.url, &target.url).await.unwrap_err();
    assert!(matches!(error, TransferError::AnotherTransfer), "{error}");
}

/// Does something until some thousand rows are there, and then nothing more, as a process that is killed.
async fn interrupted<T>(what: impl AsyncFnOnce(&mut (dyn FnMut(&Progress) + Send)) -> T) {
    let (stop, stopped) = tokio::sync::oneshot::channel();
    let mut stop = Some(stop);
    let mut watch = move |progress: &Progress| {
        if progress.rows >= 3000 {
            let _ = stop.take().map(|stop| stop.send(()));
        }
    };
    tokio::select! {
        biased;
        _ = stopped => {}
        _ = what(&mut watch) => panic!("it was not interrupted"),
    }
}

/// Such as a repair by hand in between.
async fn a_change_in_the_target_is_found() {
    let (source, target) = (Closed::file().await, Closed::file().await);
    fill(&source, 5000).await;
    let spoiled = target.url.clone();
    let mut is_spoiled = false;
    let source = TransferDatabase::open_source(&source.url).await.unwrap();
    let mut source = HeldDatabase::hold(source).await.unwrap();
    let database = TransferDatabase::open_target(&target.url).await.unwrap();
    let spoil = move |progress: &Progress| {
        if !is_spoiled && progress.rows > 4000 && progress.stage == Stage::Moving {
            is_spoiled = true;
            let path = spoiled.strip_prefix("sqlite:").unwrap();
            spoil(Path::new(path));
        }
    };
    let mut spoil = spoil;
    let error = transfer::copy(&mut source, &database, &mut spoil).await.unwrap_err();
    assert!(
        matches!(error, TransferError::Differs { table: "roles", .. }),
        "{error}"
    );
}

/// Changes a role behind the back of the transfer.
fn spoil(path: &Path) {
    use diesel::{Connection, RunQueryDsl};
    let mut conn = diesel::SqliteConnection::establish(&path.display().to_string()).unwrap();
    diesel::sql_query("PRAGMA busy_timeout = 60000").execute(&mut conn).ok();
    let update = diesel::sql_query("UPDATE roles SET permissions = '[\"all\"]' WHERE name = 'Z'");
    assert_eq!(update.execute(&mut conn).unwrap(), 1);
}

/// Neither that of a row that is gone.
async fn no_number_is_given_out_again() {
    let (source, target) = (Closed::file().await, Closed::file().await);
    fill(&source, 10).await;
    source
        .run("DELETE FROM tokens WHERE id > 5; DELETE FROM accounts WHERE id = 1000; DELETE FROM feed")
        .await;
    let last = "SELECT seq FROM sqlite_sequence WHERE name = ";
    let before = ["tokens", "accounts", "feed"].map(|table| format!("{last}'{table}'"));
    let mut expected = Vec::new();
    for query in &before {
        expected.push(source.number(query).await);
    }
    copy(&source.url, &target.url).await.unwrap();
    for (query, expected) in before.iter().zip(expected) {
        assert!(expected > 0);
        assert_eq!(target.number(query).await, expected, "{query}");
    }
}

async fn exported(source: &Closed) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("export.ndjson");
    let source = TransferDatabase::open_source(&source.url).await.unwrap();
    let mut source = HeldDatabase::hold(source).await.unwrap();
    let file = std::fs::File::create(&path).unwrap();
    transfer::export(&mut source, file, &mut |_| ()).await.unwrap();
    source.release().await.unwrap();
    (folder, path)
}

async fn import(path: &Path, target: &str) -> Result<Transferred, TransferError> {
    let mut file = ExportFile::check(path, |_| ())?;
    let target = TransferDatabase::open_target(target).await?;
    let moved = transfer::import(&mut file, &target, &mut |_| ()).await?;
    target.complete(entry()).await?;
    Ok(moved)
}

async fn an_import_is_what_a_copy_is(cluster: &'static Cluster) {
    for source in [Closed::file().await, Closed::postgres(cluster).await] {
        fill(&source, 2500).await;
        let (_folder, path) = exported(&source).await;
        let copied = Closed::file().await;
        let copied = copy(&source.url, &copied.url).await.unwrap();
        for target in [Closed::file().await, Closed::postgres(cluster).await] {
            let imported = import(&path, &target.url).await.unwrap();
            assert_eq!(imported, copied);
            connect(&target.url).await;
        }
    }
}

async fn an_import_goes_on_where_it_stopped() {
    let source = Closed::file().await;
    fill(&source, 5000).await;
    let (_folder, path) = exported(&source).await;
    let target = Closed::file().await;
    interrupted(async |watch| {
        let mut file = ExportFile::check(&path, |_| ()).unwrap();
        let target = TransferDatabase::open_target(&target.url).await.unwrap();
        transfer::import(&mut file, &target, watch).await
    })
    .await;
    let other = Closed::file().await;
    fill(&other, 10).await;
    let (_folder, other) = exported(&other).await;
    let error = import(&other, &target.url).await.unwrap_err();
    assert!(matches!(error, TransferError::AnotherTransfer), "{error}");
    let moved = import(&path, &target.url).await.unwrap();
    assert!(moved.rows_before >= 2000 && moved.rows > 5000, "{moved:?}");
}

/// The line and the reason for which a file is refused.
fn refusal(folder: &TempDir, content: &str) -> (u64, String) {
    let path = folder.path().join("damaged.ndjson");
    std::fs::write(&path, content).unwrap();
    match ExportFile::check(&path, |_| ()) {
        Err(TransferError::Line { line, why }) => (line, why),
        other => panic!("{:?}", other.map(|_| "accepted")),
    }
}

async fn a_damaged_file_is_refused_with_the_line() {
    let source = Closed::file().await;
    fill(&source, 10).await;
    let (folder, path) = exported(&source).await;
    let good = std::fs::read_to_string(path).unwrap();
    let lines: Vec<&str> = good.split_inclusive('\n').collect();
    let of = |table: &str| {
        let start = format!("{{\"table\":\"{table}\"");
        lines.iter().position(|line| line.starts_with(&start)).unwrap()
    };
    let end_of = |table: &str| {
        let end = format!("{{\"end\":\"{table}\"");
        lines.iter().position(|line| line.contains(&end)).unwrap()
    };
    let with = |place: usize, line: &str| {
        let mut lines = lines.clone();
        lines[place] = line;
        lines.concat()
    };
    let without = |place: usize| with(place, "");
    let twice = |place: usize| with(place, &lines[place].repeat(2));
    let last = lines.len() - 1;
    let line_of = |place: usize| place as u64 + 1;
    let accounts = of("accounts");
    let cases = [
        (String::new(), 1, "empty"),
        (good.repeat(2), line_of(last) + 1, "there twice"),
        (format!("{good}\n"), line_of(last) + 1, "is not a JSON object"),
        (without(0), 1, "not the first line"),
        (
            with(0, &lines[0].replace("\"tessera_export\":1", "\"tessera_export\":2")),
            1,
            "another version",
        ),
        (
            with(0, &lines[0].replace("\"schema\":\"2", "\"schema\":\"1")),
            1,
            "another version of the program, Tessera 0.",
        ),
        (
            with(0, &lines[0].replacen("\"accounts\":", "\"account\":", 1)),
            1,
            "no last number of accounts",
        ),
        (
            with(0, &lines[0].replacen("\"accounts\":", "\"accounts\":9", 1)),
            line_of(last),
            "one was changed",
        ),
        (twice(accounts), line_of(accounts) + 1, "comes twice"),
        (
            without(accounts),
            line_of(end_of("accounts")) - 1,
            "not those that were written",
        ),
        (
            with(accounts, &lines[accounts].replace("workshops", "workshopz")),
            line_of(end_of("accounts")),
            "from line 2 on",
        ),
        (with(accounts, "{\n"), line_of(accounts), "damaged"),
        (
            with(accounts, "{\"a\":1}\n"),
            line_of(accounts),
            "not a line of an export",
        ),
        (
            with(accounts, "{\"table\":\"other\",\"row\":{}}\n"),
            line_of(accounts),
            "does not have",
        ),
        (
            with(accounts, lines[of("tokens")]),
            line_of(accounts),
            "does not belong",
        ),
        (without(end_of("roles")), line_of(end_of("roles")), "does not belong"),
        (without(last), line_of(last), "cut off"),
    ];
    for (content, line, why) in cases {
        let (found, text) = refusal(&folder, &content);
        assert!(
            found == line && text.contains(why),
            "line {found}: {text}; expected {line}: {why}"
        );
        assert!(!text.contains("workshop@"), "{text}");
    }
}

async fn a_file_cut_off_anywhere_is_refused() {
    let source = Closed::file().await;
    fill(&source, 3).await;
    let (folder, path) = exported(&source).await;
    let good = std::fs::read_to_string(path).unwrap();
    let boundaries = (0..good.len()).filter(|end| good.is_char_boundary(*end));
    for end in boundaries.step_by(37).chain([good.len() / 2, good.len() - 1]) {
        let (line, _) = refusal(&folder, &good[..end]);
        assert!(line >= good[..end].lines().count() as u64, "{end}");
    }
}
