//! Two servers on one database, shared by all laws. Every law creates its own accounts.

use std::path::PathBuf;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use auth_core::{NewAccount, Realm, Scope, Subject, Timestamp, TokenId};
use permissions::{Role, RoleName};
use serde_json::json;
use store_diesel::{DieselStore, StoreOptions};
use tempfile::TempDir;

use super::mounted_flavour;
use crate::support::server::{Server, Setup};
use crate::support::sign_in::{basic, client, verify};
use crate::support::{now_ms, poll};

/// The password of all accounts.
pub const PASSWORD: &str = "of the laws";

/// Its bcrypt hash, of the servers' cost.
const HASH: &str = "$2b$10$jEmtJQfMDLVUM3PJaRQe9ehvhgA7L42T/50/ls4IV4lx0r3NVOXAq";

/// Two nodes.
pub struct World {
    pub here: Server,
    pub elsewhere: Server,
    file: PathBuf,
    _folder: TempDir,
}

impl World {
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<World> = OnceLock::new();
        SHARED.get_or_init(Self::start)
    }

    fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("laws.db");
        let node = || {
            let setup = Setup::demo().config(mounted_flavour::configuration()).file(&file);
            let setup = setup.env("TESSERA_HTTP__TRUSTED_PROXIES", r#"["127.0.0.1"]"#);
            // The clock here is a real one: the longest grace, so that a busy machine does not use it up.
            setup.env("TESSERA_REFRESH__GRACE", "300s").start()
        };
        Self {
            here: node(),
            elsewhere: node(),
            file,
            _folder: folder,
        }
    }

    /// Waits until this node has read all revocations so far. The feed is in order: this revokes a client's token, and
    /// returns when the node refuses it.
    pub async fn wait_until_synced(&self, node: &Server, store: &DieselStore) {
        let email = format!("marker-{}@laws.example", next());
        let token = tokio::task::block_in_place(|| {
            let token = client(node, &email);
            assert_eq!(verify(node, [basic(&token)]).status, 200);
            token
        });
        let id = token
            .split('|')
            .next()
            .and_then(|id| id.parse().ok())
            .expect("a number");
        assert!(
            store
                .tokens()
                .revoke(TokenId(id), now())
                .await
                .expect("the store answers")
        );
        let synced = tokio::task::block_in_place(|| poll(500, || verify(node, [basic(&token)]).status == 401));
        assert!(synced, "the node reads the revocation");
    }

    /// The servers' database, opened directly.
    pub async fn store(&self) -> DieselStore {
        let url = format!("sqlite:{}", self.file.display());
        DieselStore::connect(&url, &StoreOptions::patient())
            .await
            .expect("the database opens")
    }
}

/// A number that is unique in this program.
pub fn next() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

pub fn now() -> Timestamp {
    Timestamp::from_millis(now_ms())
}

/// The realm of all accounts.
pub fn realm() -> Realm {
    Realm::parse("laws").expect("a name")
}

/// Creates an account with these rights.
pub async fn person(store: &DieselStore, rights: &[String]) -> (Subject, String) {
    let login = format!("person-{}", next());
    put_role(store, &login, rights).await;
    let attributes =
        json!({"name": "N", "countryId": 1, "locale": "da", "vatFactor": 1, "requireAutomaticPayment": false});
    let new = NewAccount {
        subject: None,
        realm: realm(),
        login: login.clone(),
        alias: None,
        role: Some(login.clone()),
        attributes: attributes.as_object().cloned().expect("an object"),
        created_at: now(),
    };
    let subject = store
        .accounts()
        .create(new)
        .await
        .expect("the store answers")
        .expect("a new name");
    assert!(
        store
            .passwords()
            .set(subject, HASH, false, now())
            .await
            .expect("the store answers")
    );
    (subject, login)
}

/// Puts the role of one account.
pub async fn put_role(store: &DieselStore, login: &str, rights: &[String]) {
    let role = Role {
        realm: realm(),
        name: RoleName::parse(login).expect("a name"),
        permissions: rights
            .iter()
            .map(|right| Scope::parse(right).expect("a name"))
            .collect(),
    };
    store.roles().put(&role, now()).await.expect("the store answers");
}

/// Starts a new generation of the same password, which revokes earlier grants as a password change does.
pub async fn change_password(store: &DieselStore, subject: Subject) {
    assert!(
        store
            .passwords()
            .set(subject, HASH, true, now())
            .await
            .expect("the store answers")
    );
}
