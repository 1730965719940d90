//! The tables are as promised: columns, keys, indexes, cascades; on both databases.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::collections::BTreeMap;

#[macro_use]
#[path = "support/database.rs"]
mod support;

use support::Fresh;
use support::things::{NOW, organisation, owner, session, token};

tests! {
    both {
        the_tables_are_those_of_the_code
        every_index_is_there
        a_login_and_an_alias_are_unique_in_their_realm
        there_is_one_live_shared_record_for_each_flavour_and_owner
        a_selector_finds_one_family
        a_server_tells_its_time_and_a_file_has_none
        what_belongs_to_an_account_goes_with_it
        what_belongs_to_a_session_goes_with_it
        consumers_go_with_their_organisation
        nothing_is_of_nobody
        durability_is_as_configured
    }
}

async fn the_tables_are_those_of_the_code(fresh: Fresh) {
    for (table, columns) in tables_of_the_code() {
        let query = match fresh.is_sqlite() {
            true => format!(
                "SELECT group_concat(name || ' ' || CASE WHEN \"notnull\" = 1 THEN type ELSE type || '?' END)
                 FROM (SELECT * FROM pragma_table_info('{table}') ORDER BY cid)"
            ),
            false => format!(
                "SELECT string_agg(column_name || ' ' || CASE is_nullable WHEN 'NO' THEN data_type
                 ELSE data_type || '?' END, ',' ORDER BY ordinal_position)
                 FROM information_schema.columns WHERE table_schema = 'public' AND table_name = '{table}'"
            ),
        };
        let found = fresh.text(&query).await;
        assert_eq!(in_words_of_the_code(&found), columns, "{table}");
    }
}

/// Table and columns with their types, as the file says.
fn tables_of_the_code() -> BTreeMap<String, Vec<String>> {
    let code = include_str!("../src/schema.rs");
    let tables = code.split("diesel::table! {").skip(1);
    let table = |text: &str| {
        let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        let name = lines.next().and_then(|line| line.split(' ').next()).expect("a name");
        let columns = lines.take_while(|line| line.contains("->"));
        let columns = columns.map(|line| line.trim_end_matches(',').replace(" ->", ""));
        (name.to_owned(), columns.collect())
    };
    tables.map(table).collect()
}

fn in_words_of_the_code(columns: &str) -> Vec<String> {
    let column = |column: &str| {
        let (name, sort) = column.split_once(' ').expect("a type");
        let kind = match sort.trim_end_matches('?').to_lowercase().as_str() {
            "integer" | "bigint" => "BigInt",
            "text" => "Text",
            "blob" | "bytea" => "Binary",
            "boolean" => "Bool",
            other => panic!("{other}"),
        };
        match sort.ends_with('?') {
            true => format!("{name} Nullable<{kind}>"),
            false => format!("{name} {kind}"),
        }
    };
    columns.split(',').map(column).collect()
}

async fn every_index_is_there(fresh: Fresh) {
    let list = match fresh.is_sqlite() {
        true => "SELECT group_concat(name) FROM sqlite_master WHERE type = 'index'",
        false => "SELECT string_agg(indexname, ',') FROM pg_indexes WHERE schemaname = 'public'",
    };
    let found = fresh.text(list).await;
    let found: Vec<&str> = found.split(',').collect();
    for index in [
        "accounts_login",
        "accounts_alias",
        "accounts_realm",
        "consumers_organisation",
        "consumer_clients_account",
        "tokens_refresh",
        "tokens_shared",
        "tokens_owner",
        "tokens_parent",
        "tokens_expired",
        "tokens_revoked",
        "feed_until",
        "feed_superseded",
        "vault_purpose",
    ] {
        assert!(found.contains(&index), "{index} is not among {found:?}");
    }
}

async fn a_login_and_an_alias_are_unique_in_their_realm(fresh: Fresh) {
    let insert = |realm: &str, login: &str, alias: &str| {
        format!(
            "INSERT INTO accounts (realm, login, login_folded, alias, alias_folded, created_at)
             VALUES ('{realm}', 'X', {login}, 'Y', {alias}, 0)"
        )
    };
    fresh.run(&insert("a", "'one'", "'uno'")).await;
    assert!(fresh.refuses(&insert("a", "'one'", "'dos'")).await, "the login");
    assert!(fresh.refuses(&insert("a", "'two'", "'uno'")).await, "the alias");
    fresh.run(&insert("b", "'one'", "'uno'")).await;
    fresh.run(&insert("a", "NULL", "NULL")).await;
    fresh.run(&insert("a", "NULL", "NULL")).await;
}

async fn there_is_one_live_shared_record_for_each_flavour_and_owner(fresh: Fresh) {
    let owner = owner(&fresh.store, "workshop@email.dk").await;
    let insert = |flavour: &str, shared: bool, revoked: &str| {
        format!(
            "INSERT INTO tokens (flavour, realm, subject, generation, scopes, shared, issued_at, revoked_at)
             VALUES ('{flavour}', 'a', {owner}, 0, '[]', {shared}, 0, {revoked})"
        )
    };
    fresh.run(&insert("one", true, "NULL")).await;
    assert!(fresh.refuses(&insert("one", true, "NULL")).await);
    for (flavour, shared, revoked) in [("one", false, "NULL"), ("one", true, "1"), ("two", true, "NULL")] {
        fresh.run(&insert(flavour, shared, revoked)).await;
    }
}

async fn a_server_tells_its_time_and_a_file_has_none(fresh: Fresh) {
    let now = fresh.store.tokens().now().await.unwrap();
    assert_eq!(now.is_none(), fresh.is_sqlite());
    // In milliseconds since 1970: after the moment at which the tests take place.
    assert!(now.is_none_or(|now| now > NOW));
}

async fn a_selector_finds_one_family(fresh: Fresh) {
    let owner = owner(&fresh.store, "workshop@email.dk").await;
    let first = fresh.store.tokens().insert(session(owner, 1)).await;
    assert!(first.unwrap().is_some());
    assert!(fresh.store.tokens().insert(session(owner, 1)).await.is_err());
    assert_eq!(fresh.count("SELECT count(*) FROM tokens").await, 1);
}

async fn what_belongs_to_an_account_goes_with_it(fresh: Fresh) {
    let owner = owner(&fresh.store, "workshop@email.dk").await;
    fresh.store.tokens().insert(token(owner)).await.unwrap();
    let set = fresh.store.passwords().set(owner, "hash", false, NOW).await;
    assert!(set.unwrap());
    fresh.run(&format!("DELETE FROM accounts WHERE id = {owner}")).await;
    for table in ["tokens", "passwords"] {
        assert_eq!(
            fresh.count(&format!("SELECT count(*) FROM {table}")).await,
            0,
            "{table}"
        );
    }
}

async fn what_belongs_to_a_session_goes_with_it(fresh: Fresh) {
    let owner = owner(&fresh.store, "workshop@email.dk").await;
    let tokens = fresh.store.tokens();
    let parent = tokens.insert(session(owner, 1)).await.unwrap();
    let mut child = token(owner);
    child.parent = parent;
    tokens.insert(child).await.unwrap().unwrap();
    tokens.insert(token(owner)).await.unwrap().unwrap();
    fresh
        .run(&format!("DELETE FROM tokens WHERE id = {}", parent.unwrap()))
        .await;
    assert_eq!(fresh.count("SELECT count(*) FROM tokens").await, 1);
}

async fn consumers_go_with_their_organisation(fresh: Fresh) {
    organisation(&fresh.store).await;
    let digest = auth_core::TokenDigest::of(b"secret");
    let put = fresh.store.consumers().put_consumer("key", &digest, 171, NOW).await;
    assert!(put.unwrap());
    fresh.run("DELETE FROM organisations WHERE id = 171").await;
    assert_eq!(fresh.count("SELECT count(*) FROM consumers").await, 0);
}

async fn nothing_is_of_nobody(fresh: Fresh) {
    for insert in [
        "INSERT INTO passwords (account_id, hash, changed_at) VALUES (7, 'hash', 0)",
        "INSERT INTO tokens (flavour, realm, subject, generation, scopes, issued_at) VALUES ('a', 'a', 7, 0, '[]', 0)",
        "INSERT INTO consumers (key, organisation_id, token_digest, created_at) VALUES ('k', 7, '', 0)",
        "INSERT INTO consumer_clients (consumer_key, account_id, since) VALUES ('k', 7, 0)",
    ] {
        assert!(fresh.refuses(insert).await, "{insert}");
    }
}

async fn durability_is_as_configured(fresh: Fresh) {
    let info = fresh.store.database_info().await.unwrap();
    let settings: Vec<(&str, &str)> = info
        .settings
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    let expected: &[(&str, &str)] = match fresh.is_sqlite() {
        true => &[("journal_mode", "wal"), ("synchronous", "2"), ("foreign_keys", "1")],
        false => &[("synchronous_commit", "on")],
    };
    for setting in expected {
        assert!(settings.contains(setting), "{setting:?} is not among {settings:?}");
    }
}
