//! The device dialect over PASETO, over a socket: a token works until it is revoked, and a key can be rotated.

use std::net::TcpListener;

use auth_core::{SecretKey, SystemClock, SystemEntropy};
use keystore::{KeyFormat, KeyPurpose, Keyring, RootSeals, RotationPlan};
use paseto_strategy::{PasetoKeyFormat, PasetoStrategy};
use reqwest::{Client, StatusCode};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use store_diesel::{DieselStore, StoreOptions};
use tessera::{Builder, Overrides, Running, Start, Stores};

const MASTER: [u8; 32] = *b"only for the tests of an example";

struct Server {
    running: Running,
    stores: Stores,
    client: Client,
}

impl Server {
    async fn start() -> Self {
        let builder = Builder::new().strategy(PasetoStrategy);
        let overrides = Overrides {
            config: Some("tessera.toml".into()),
            ..Overrides::default()
        };
        let store = DieselStore::connect("sqlite::memory:", &StoreOptions::default())
            .await
            .expect("a store");
        let stores = Stores::from(&store);
        let start = Start {
            config: builder.config(&overrides).expect("settings"),
            stores: stores.clone(),
            master: SecretKey::from_bytes(MASTER),
            listener: TcpListener::bind("127.0.0.1:0").expect("a port"),
            demo: true,
        };
        let running = builder.start(start).await.expect("a server");
        Self {
            running,
            stores,
            client: Client::new(),
        }
    }

    /// The root key of the database, which its master key opens.
    async fn root_key(&self) -> SecretKey {
        let seals = self.stores.meta.value("root_key_seals").await.expect("a store");
        let seals = RootSeals::from_stored(&seals.expect("a database that was set up")).expect("seals");
        seals.open(&SecretKey::from_bytes(MASTER)).expect("the master key")
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.running.address())
    }

    async fn token(&self) -> String {
        let body = json!({ "username": "gmachia", "password": "9yUQc%ewEf^(Tw4", "device_name": "phone" });
        let answer = self
            .client
            .post(self.url("/api/tokens/create"))
            .json(&body)
            .send()
            .await
            .expect("an answer");
        assert_eq!(answer.status(), StatusCode::OK);
        let body: Value = answer.json().await.expect("JSON");
        body["token"].as_str().expect("a token").to_owned()
    }

    async fn verify(&self, token: &str) -> StatusCode {
        let request = self
            .client
            .get(self.url("/auth/verify?permission=consultarJuego"))
            .bearer_auth(token);
        request.send().await.expect("an answer").status()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_works_until_it_is_revoked() {
    let server = Server::start().await;
    let token = server.token().await;
    assert!(token.starts_with("v4.public."), "{token}");
    assert_eq!(server.verify(&token).await, StatusCode::OK);
    let altered = token.replacen("v4.public.e", "v4.public.f", 1);
    assert_eq!(server.verify(&altered).await, StatusCode::UNAUTHORIZED);
    let revoke = server.client.post(server.url("/api/tokens/revoke")).bearer_auth(&token);
    assert_eq!(revoke.send().await.expect("an answer").status(), StatusCode::OK);
    assert_eq!(server.verify(&token).await, StatusCode::UNAUTHORIZED);
    server.running.stop().await.expect("a clean stop");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_emergency_replaces_the_key_and_what_it_has_signed_is_refused() {
    let server = Server::start().await;
    let old = server.token().await;
    let (clock, entropy) = (Arc::new(SystemClock::new()), Arc::new(SystemEntropy));
    let keyring = Keyring::new(server.stores.keys.clone(), &server.root_key().await, clock, entropy);
    let purpose = KeyPurpose::new("players", PasetoKeyFormat.algorithm()).expect("a purpose");
    let new = PasetoKeyFormat.generate().expect("a key");
    keyring.emergency(&purpose, &new).await.expect("an emergency");
    let refused = async { while server.verify(&old).await == StatusCode::OK {} };
    tokio::time::timeout(Duration::from_secs(30), refused)
        .await
        .expect("the old key is retired");
    assert_eq!(server.verify(&server.token().await).await, StatusCode::OK);

    let next = PasetoKeyFormat.generate().expect("a key");
    let plan = RotationPlan {
        publish_for: Duration::from_secs(3600),
        longest_life: Duration::from_secs(900),
    };
    keyring.rotate(&purpose, &next, plan).await.expect("a rotation");
    let public = PasetoKeyFormat
        .export_public(&keyring.verifying(&purpose).await.expect("keys"))
        .expect("text");
    assert_eq!(
        public.lines().filter(|line| line.starts_with("k4.public.")).count(),
        2,
        "{public}"
    );
}
