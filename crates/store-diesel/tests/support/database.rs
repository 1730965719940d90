//! The databases on which everything here is tested.
#![allow(dead_code, unused_macros, reason = "each test file uses some of it")]

use std::sync::Arc;

use async_trait::async_trait;
use auth_core::{Realm, Timestamp, TokenId};
use store_diesel::{Cluster, DieselStore, StoreOptions};
use tempfile::TempDir;
use testkit::law::{Supported, Unsupported};
use testkit::{Ports, StoreHarness};

pub(crate) mod things;
#[macro_use]
pub(crate) mod trials;

/// A store on an empty database of its own.
#[derive(Debug)]
pub(crate) struct Fresh {
    pub(crate) store: DieselStore,
    pub(crate) url: String,
    folder: Option<TempDir>,
}

impl Fresh {
    pub(crate) async fn file() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let url = format!("sqlite:{}", folder.path().join("tessera.db").display());
        Self::open(url, Some(folder)).await
    }

    pub(crate) async fn memory() -> Self {
        Self::open("sqlite::memory:".to_owned(), None).await
    }

    pub(crate) async fn postgres(cluster: &Cluster) -> Self {
        Self::open(cluster.database(), None).await
    }

    async fn open(url: String, folder: Option<TempDir>) -> Self {
        let store = connect(&url).await;
        Self { store, url, folder }
    }

    /// Another empty database of the same kind.
    pub(crate) async fn another(&self) -> Self {
        match self.is_sqlite() {
            true => Self::file().await,
            false => Self::postgres(Cluster::shared()).await,
        }
    }

    /// Another node on the same database.
    pub(crate) async fn other_node(&self) -> DieselStore {
        connect(&self.url).await
    }

    pub(crate) fn is_sqlite(&self) -> bool {
        self.url.starts_with("sqlite:")
    }

    pub(crate) async fn count(&self, query: &str) -> i64 {
        let count = self.store.dangerous_number(query).await.expect(query);
        count.unwrap_or_default()
    }

    pub(crate) async fn text(&self, query: &str) -> String {
        let text = self.store.dangerous_text(query).await.expect(query);
        text.unwrap_or_default()
    }

    pub(crate) async fn run(&self, statements: &str) {
        self.store.dangerous_execute(statements).await.expect(statements);
    }

    /// Whether the database refuses this.
    pub(crate) async fn refuses(&self, statements: &str) -> bool {
        self.store.dangerous_execute(statements).await.is_err()
    }

    /// Everything in the database's files.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let folder = self.folder.as_ref().expect("a file").path();
        let files = std::fs::read_dir(folder).expect("the folder");
        let read = |file: std::io::Result<std::fs::DirEntry>| std::fs::read(file.expect("a file").path());
        files.flat_map(|file| read(file).expect("its bytes")).collect()
    }

    async fn look(&self, query: &str) -> Supported<Option<i64>> {
        let number = self.store.dangerous_number(query).await;
        number.map_err(|_| Unsupported("the query failed"))
    }
}

async fn connect(url: &str) -> DieselStore {
    let mut options = StoreOptions::patient();
    options.listen = true;
    DieselStore::connect(url, &options).await.expect("a store")
}

#[async_trait]
impl StoreHarness for Fresh {
    fn ports(&self) -> Ports {
        Ports {
            tokens: self.store.tokens(),
            token_admin: self.store.token_admin(),
            accounts: self.store.accounts(),
            imports: self.store.imports(),
            imported_tokens: self.store.imported_tokens(),
            passwords: self.store.passwords(),
            roles: self.store.roles(),
            consumers: self.store.consumers(),
            resource_servers: self.store.resource_servers(),
            keys: self.store.keys(),
            audit: self.store.audit(),
        }
    }

    async fn token_rows(&self) -> Supported<u64> {
        let rows = self.look("SELECT count(*) FROM tokens").await?;
        Ok(rows.unwrap_or_default() as u64)
    }

    async fn last_used(&self, id: TokenId) -> Supported<Option<Timestamp>> {
        let used = format!("SELECT last_used_at FROM tokens WHERE id = {id}");
        Ok(self.look(&used).await?.map(Timestamp::from_millis))
    }

    async fn label_of(&self, id: TokenId) -> Supported<Option<String>> {
        let label = format!("SELECT label FROM tokens WHERE id = {id}");
        let label = self.store.dangerous_text(&label).await;
        label.map_err(|_| Unsupported("the query failed"))
    }

    async fn damage_role(&self, realm: &Realm, role: &str, raw: &str) -> Supported<()> {
        let quoted = |text: &str| format!("'{}'", text.replace('\'', "''"));
        let damage = format!(
            "UPDATE roles SET permissions = {} WHERE realm = {} AND name = {}",
            quoted(raw),
            quoted(realm.as_str()),
            quoted(role)
        );
        let damaged = self.store.dangerous_execute(&damage).await;
        damaged.map_err(|_| Unsupported("the statement failed"))
    }
}

pub(crate) fn harness(fresh: Fresh) -> Arc<dyn StoreHarness> {
    Arc::new(fresh)
}
