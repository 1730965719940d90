//! A handler that panics, in a server whose store does.

use std::net::TcpListener;
use std::sync::Arc;

use async_trait::async_trait;
use auth_core::{
    FoldedLogin, PasswordRecord, PasswordStore, Realm, SecretKey, StoreError, Subject, SystemEntropy, Timestamp,
};
use store_diesel::{DieselStore, StoreOptions};
use tessera::{Builder, Overrides, Start, Stores};

use crate::support::client::{Connection, Request};
use crate::support::dialect::Dialect;

#[derive(Debug)]
struct Panicking;

#[async_trait]
impl PasswordStore for Panicking {
    async fn find(&self, _: &Realm, _: &FoldedLogin) -> Result<Option<PasswordRecord>, StoreError> {
        panic!("on purpose, in a test");
    }

    async fn set(&self, _: Subject, _: &str, _: bool, _: Timestamp) -> Result<bool, StoreError> {
        Ok(false)
    }

    async fn change(&self, _: Subject, _: &str, _: &str, _: bool, _: Timestamp) -> Result<bool, StoreError> {
        Ok(false)
    }

    async fn upgrade(&self, _: Subject, _: &str, _: &str) -> Result<bool, StoreError> {
        Ok(false)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_panic_is_one_500_in_the_shape_of_its_flavour_with_the_headers_of_every_answer() {
    let folder = tempfile::tempdir().expect("a folder");
    let url = format!("sqlite:{}", folder.path().join("t.db").display());
    let store = DieselStore::connect(&url, &StoreOptions::patient())
        .await
        .expect("a database");
    let mut config = Builder::new().config(&Overrides::default()).expect("settings");
    config.http.cors_origins = vec!["https://app.example.com".into()];
    config.http.drain_delay = Some(tessera::Span::seconds(0));
    let start = Start {
        stores: Stores {
            passwords: Arc::new(Panicking),
            ..Stores::from(&store)
        },
        master: SecretKey::random(&SystemEntropy).expect("random bytes"),
        config,
        listener: TcpListener::bind("127.0.0.1:0").expect("a port"),
        demo: false,
    };
    let running = Builder::new().start(start).await.expect("a server");
    let address = running.address();
    tokio::task::block_in_place(|| {
        let mut connection = Connection::open(address).expect("a connection");
        for dialect in Dialect::WITH_PASSWORDS {
            let request = dialect
                .request(&dialect.good())
                .header("Origin", "https://app.example.com");
            let answer = connection.send(&request);
            dialect.refuses(&answer, 500);
            let allowed = answer.header("Access-Control-Allow-Origin");
            assert_eq!(allowed, Some("https://app.example.com"), "{answer:?}");
        }
        assert_eq!(
            connection.send(&Request::get("/healthz")).status,
            200,
            "the connection goes on"
        );
    });
    running.stop().await.expect("it stops");
}
