//! A running server that somebody moves into.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use store_diesel::{DieselStore, StoreOptions};

use crate::support::client::Request;
use crate::support::operator::Operator;
use crate::support::server::{Ended, Server, Setup};

/// One flavour, which takes imported tokens in every header.
pub const SETTINGS: &str = "[[flavour]]\nname = \"device\"\ndialect = \"device\"\n\
    imported_tokens = [\"bearer\", \"token\", \"api-key\"]\n";

/// A server with the role `player`, and the folder of the other system.
pub struct Stage {
    pub server: Server,
    pub folder: tempfile::TempDir,
}

impl Stage {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let database = folder.path().join("tessera.db");
        let server = Setup::plain().config(SETTINGS).file(&database).start();
        Operator::of_file(&database).put_role("players", "player", &["read", "write", "files:read"]);
        Self { server, folder }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(&path, text).expect("a file");
        path
    }

    pub fn import(&self, system: &str, from: &Path, more: &[&str]) -> Ended {
        let setup = Setup::command("import").arg(system).arg("--from").arg(from.display());
        let setup = setup.arg("--flavour").arg("device").arg("--role").arg("player");
        let setup = more.iter().fold(setup, Setup::arg);
        setup.config(SETTINGS).file(&self.path("tessera.db")).run()
    }

    /// The report of an import that succeeds.
    pub fn imported(&self, system: &str, from: &Path, more: &[&str]) -> Value {
        let ended = self.import(system, from, &[more, &["--json"]].concat());
        assert_eq!(ended.code, Some(0), "{}", ended.err);
        serde_json::from_str(&ended.out).expect("a report")
    }

    /// Runs `tessera` with a command and these words.
    pub fn command(&self, command: &'static str, words: &[&str]) -> Ended {
        let setup = words
            .iter()
            .fold(Setup::command(command), |setup, word| setup.arg(*word));
        setup.config(SETTINGS).file(&self.path("tessera.db")).run()
    }

    /// Has the flavour accept the key in this file of the folder.
    pub fn accept_key(&self, file: &str, more: &[&str]) -> Ended {
        let path = self.path(file).display().to_string();
        let words = ["accept", "--flavour", "device", "--file", &path];
        self.command("key", &[&words, more].concat())
    }

    pub fn signs_in(&self, login: &str, password: &str) -> bool {
        let body = json!({"email_or_username": login, "password": password, "device_name": "phone"});
        let answer = self.server.send(&Request::post("/api/tokens/create").json(body));
        assert!(matches!(answer.status, 200 | 401), "{answer:?}");
        answer.status == 200
    }

    pub fn number(&self, query: &str) -> i64 {
        number(&self.path("tessera.db"), query)
    }
}

/// Runs statements on an SQLite database, which is made if it is not there.
pub fn execute(database: &Path, statements: &str) {
    with_store(database, async |store| {
        store.dangerous_execute(statements).await.expect("statements");
    });
}

fn number(database: &Path, query: &str) -> i64 {
    with_store(database, async |store| {
        let number = store.dangerous_number(query).await.expect("a number");
        number.unwrap_or_default()
    })
}

fn with_store<T>(database: &Path, act: impl AsyncFnOnce(DieselStore) -> T) -> T {
    let url = format!("sqlite:{}", database.display());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(async {
        let store = DieselStore::connect(&url, &StoreOptions::patient()).await;
        act(store.expect("a store")).await
    })
}
