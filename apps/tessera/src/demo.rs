//! The demo's people and partners. Loaded once into a database, and only by `--demo`.

use std::net::{IpAddr, Ipv4Addr};

use anyhow::Context;
use auth_core::{Attributes, NewAccount, PasswordHasher, Realm, Scope, Scopes, Subject, Timestamp, TokenDigest};
use consumer_auth::Organisation;
use futures_util::future::join_all;
use permissions::{Role, RoleName};
use secrecy::SecretString;
use serde_json::json;
use store_diesel::DieselStore;

/// One person of the demo.
struct Person {
    subject: Option<i64>,
    realm: &'static str,
    login: &'static str,
    alias: Option<&'static str>,
    role: Option<&'static str>,
    password: &'static str,
    /// Its bcrypt hash of cost 12, made beforehand, so that the demo starts at once.
    hash: &'static str,
}

const PEOPLE: [Person; 5] = [
    Person {
        subject: Some(281_950),
        realm: "workshops",
        login: "workshop@email.dk",
        alias: None,
        role: None,
        password: "qwerty",
        hash: "$2b$12$9IaV.DoGiWF/jNcVosi4k.cDKAoi3VilhvT3BlOghgOv.Kaclze0q",
    },
    Person {
        subject: None,
        realm: "pbx",
        login: "100@mydomain.com",
        alias: None,
        role: Some("user"),
        password: "secret",
        hash: "$2b$12$WQrz1503a.mkrpjMe5aWtelUKeL0He6P7Ysm3h0.3nHHM4lj.mmNq",
    },
    Person {
        subject: None,
        realm: "pbx",
        login: "admin@mydomain.com",
        alias: None,
        role: Some("admin"),
        password: "secret",
        hash: "$2b$12$NZyYupNMZF2RXqhv/nqlPeC05dqAauRxMjmvmmmYaxyF7ePiSO0e.",
    },
    Person {
        subject: None,
        realm: "pbx",
        login: "root",
        alias: None,
        role: Some("root"),
        password: "secret",
        hash: "$2b$12$PmhgKhX4MXIwoQ1ZrOqcUOXO1ankRe8ctBYaGd3xlQ9HbIb7bNw2a",
    },
    Person {
        subject: None,
        realm: "players",
        login: "gmachia@gmail.com",
        alias: Some("gmachia"),
        role: Some("jugador"),
        password: "9yUQc%ewEf^(Tw4",
        hash: "$2b$12$WgoKhjuOpHJPOa0HkgaUvel4ZbIH6IlYeolzB4rbHKq1NVW7cmd62",
    },
];

/// The permissions of `jugador`, in the order of the device document.
const JUGADOR: [&str; 10] = [
    "consultarTitulo",
    "registrarJuego",
    "consultarJuego",
    "editarJuego",
    "eliminarJuego",
    "registrarOferta",
    "consultarOferta",
    "editarOferta",
    "eliminarOferta",
    "consultarUsuario",
];

/// The cost of the hashes above.
const PREPARED_COST: u32 = 12;

const MARK: &str = "demo_data";

/// Loads the demo data unless they are there. Several nodes may do so at once: every step is found or made.
pub async fn load(store: &DieselStore, hasher: &PasswordHasher, cost: u32, now: Timestamp) -> anyhow::Result<()> {
    if store.meta().value(MARK).await?.is_some() {
        return Ok(());
    }
    roles(store, now).await?;
    let hashes = join_all(PEOPLE.iter().map(|person| hash_of(person, hasher, cost))).await;
    for (person, hash) in PEOPLE.iter().zip(hashes) {
        // `None`: another node made it just now, and sets its password.
        if let Some(subject) = account(store, person, now).await? {
            store.passwords().set(subject, &hash?, false, now).await?;
        }
    }
    partners(store, now).await?;
    store.meta().put_if_absent(MARK, b"1").await?;
    Ok(())
}

/// A person's hash at the configured cost: ready made, or made now.
async fn hash_of(person: &Person, hasher: &PasswordHasher, cost: u32) -> anyhow::Result<String> {
    if cost == PREPARED_COST {
        return Ok(person.hash.to_owned());
    }
    let source = IpAddr::V4(Ipv4Addr::LOCALHOST);
    let hash = hasher.hash(&SecretString::from(person.password), source).await?;
    Ok(hash.to_text())
}

async fn roles(store: &DieselStore, now: Timestamp) -> anyhow::Result<()> {
    let jugador: Scopes = JUGADOR.iter().filter_map(|name| Scope::parse(name)).collect();
    for (realm, name, permissions) in [
        ("pbx", "root", Scopes::none()),
        ("pbx", "admin", Scopes::none()),
        ("pbx", "user", Scopes::none()),
        ("players", "jugador", jugador),
    ] {
        let role = Role {
            realm: realm_of(realm)?,
            name: RoleName::parse(name).context("the demo's role names are good")?,
            permissions,
        };
        store.roles().put(&role, now).await?;
    }
    Ok(())
}

/// The account's number, if it was made now.
async fn account(store: &DieselStore, person: &Person, now: Timestamp) -> anyhow::Result<Option<Subject>> {
    let new = NewAccount {
        subject: person.subject.map(Subject),
        realm: realm_of(person.realm)?,
        login: person.login.into(),
        alias: person.alias.map(str::to_owned),
        role: person.role.map(str::to_owned),
        attributes: attributes(person),
        created_at: now,
    };
    Ok(store.accounts().create(new).await?)
}

fn attributes(person: &Person) -> Attributes {
    let attributes = match person.realm {
        "workshops" => json!({
            "name": "Workshop Name",
            "countryId": 1,
            "locale": "da",
            "vatFactor": 0.25,
            "requireAutomaticPayment": true,
        }),
        _ => json!({}),
    };
    attributes.as_object().cloned().unwrap_or_default()
}

async fn partners(store: &DieselStore, now: Timestamp) -> anyhow::Result<()> {
    for (id, name, subdomain, offset) in [(171, "Ping Pong", "pingpong", -14_400), (172, "Other", "other", 0)] {
        let organisation = Organisation {
            id,
            name: name.into(),
            subdomain: subdomain.into(),
            utc_offset_seconds: offset,
        };
        store.consumers().put_organisation(&organisation).await?;
    }
    for (key, token, organisation) in [
        ("demo-key", "demo-token-7f3c9a51", 171),
        ("other-key", "other-token-2b8d40e6", 172),
    ] {
        let digest = TokenDigest::of(token.as_bytes());
        store.consumers().put_consumer(key, &digest, organisation, now).await?;
    }
    Ok(())
}

fn realm_of(name: &str) -> anyhow::Result<Realm> {
    Realm::parse(name).context("the demo's realm names are good")
}
