//! The databases on which everything here is tested.
#![allow(dead_code, reason = "each test file uses some of it")]

use std::sync::Arc;

use async_trait::async_trait;
use auth_core::{Realm, Timestamp, TokenId};
use store_diesel::{Cluster, DieselStore, StoreOptions};
use tempfile::TempDir;
use testkit::law::{Able, Unsupported};
use testkit::{Ports, StoreHarness};

/// A store on an empty database of its own.
#[derive(Debug)]
pub struct Fresh {
    pub store: DieselStore,
    pub url: String,
    _folder: Option<TempDir>,
}

impl Fresh {
    pub async fn file() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("tessera.db").display());
        Self::open(url, Some(folder)).await
    }

    pub async fn memory() -> Self {
        Self::open("sqlite::memory:".to_owned(), None).await
    }

    pub async fn postgres(cluster: &Cluster) -> Self {
        Self::open(cluster.database(), None).await
    }

    async fn open(url: String, folder: Option<TempDir>) -> Self {
        let store = DieselStore::connect(&url, &StoreOptions::default()).await.unwrap();
        Self {
            store,
            url,
            _folder: folder,
        }
    }

    async fn number(&self, query: &str) -> Able<Option<i64>> {
        self.store
            .dangerous_number(query)
            .await
            .map_err(|_| Unsupported("the query failed"))
    }
}

#[async_trait]
impl StoreHarness for Fresh {
    fn ports(&self) -> Ports {
        Ports {
            tokens: self.store.tokens(),
            directory: self.store.directory(),
            accounts: self.store.accounts(),
            passwords: self.store.passwords(),
            roles: self.store.roles(),
            consumers: self.store.consumers(),
        }
    }

    async fn token_rows(&self) -> Able<u64> {
        let rows = self.number("SELECT count(*) FROM tokens").await?;
        Ok(rows.unwrap_or_default() as u64)
    }

    async fn last_used(&self, id: TokenId) -> Able<Option<Timestamp>> {
        let used = format!("SELECT last_used_at FROM tokens WHERE id = {id}");
        Ok(self.number(&used).await?.map(Timestamp::from_millis))
    }

    async fn label_of(&self, id: TokenId) -> Able<Option<String>> {
        let label = format!("SELECT label FROM tokens WHERE id = {id}");
        let label = self.store.dangerous_text(&label).await;
        label.map_err(|_| Unsupported("the query failed"))
    }

    async fn damage_role(&self, realm: &Realm, role: &str, raw: &str) -> Able<()> {
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

pub fn harness(fresh: Fresh) -> Arc<dyn StoreHarness> {
    Arc::new(fresh)
}
