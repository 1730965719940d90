//! The operations of a store that no law is about: those of the server and of administrators.

use auth_core::{
    AccountImport, Attributes, AuditEvent, AuditFilter, ImportMode, ImportedDigest, Provenance, SignedArrival,
    SignedImport, TokenImport,
};
use store_diesel::{DieselStore, FactChange, RootKeyChange};

use crate::support::things::{HOUR, NOW, key, owner, realm};

pub(crate) async fn do_what_no_law_is_about(store: &DieselStore) {
    store.ping().await.unwrap();
    store.check_writing().await.unwrap();
    store.database_info().await.unwrap();
    store.meta().put_if_absent("check", b"1").await.unwrap();
    store.meta().value("check").await.unwrap();
    search_the_audit_log(store).await;
    move_in(store).await;
    keep_house(store).await;
}

async fn move_in(store: &DieselStore) {
    let person = AccountImport {
        source_id: "1".to_owned(),
        login: "imported".to_owned(),
        alias: None,
        role: None,
        hash: Some("$2b$".to_owned()),
        peppers: None,
        disabled: false,
        attributes: Attributes::new(),
        created_at: NOW,
    };
    let disabled = AccountImport {
        source_id: "2".to_owned(),
        login: "disabled".to_owned(),
        disabled: true,
        ..person.clone()
    };
    let token = TokenImport {
        digest: ImportedDigest::sha256("secret"),
        number: None,
        owner: "1".to_owned(),
        scopes: None,
        label: None,
        issued_at: NOW,
        expires_at: None,
        last_used_at: None,
    };
    let (imports, realm) = (store.imports(), realm());
    for mode in [ImportMode::Try, ImportMode::Apply, ImportMode::Apply] {
        let people = [person.clone(), disabled.clone()];
        imports.import_accounts(&realm, &people, mode, NOW).await.unwrap();
        let tokens = [token.clone()];
        imports
            .import_tokens(&realm, &"device".into(), &tokens, mode, NOW)
            .await
            .unwrap();
    }
    let digests = [token.digest, ImportedDigest::sha512("secret")];
    assert!(store.imported_tokens().find_imported(&digests).await.unwrap().is_some());
    let signed = SignedArrival {
        realm,
        flavour: "device".into(),
        digest: ImportedDigest::sha256("signed"),
        token: SignedImport {
            owner: "1".to_owned(),
            issued_at: NOW,
            expires_at: NOW.plus(HOUR),
        },
    };
    assert!(store.imported_tokens().record_signed(&signed).await.unwrap().is_some());
}

async fn search_the_audit_log(store: &DieselStore) {
    let text = || Some("text".to_owned());
    let mut filters = vec![AuditFilter::default(); 8];
    filters[0].since = Some(NOW);
    filters[1].until = Some(NOW);
    filters[2].event = text();
    filters[3].subject = Some(1);
    filters[4].token = Some(1);
    filters[5].realm = text();
    filters[6].source = text();
    filters[7].request = text();
    for filter in filters {
        store.audit().find_entries(&filter, None, 10).await.unwrap();
    }
}

async fn keep_house(store: &DieselStore) {
    let maintenance = store.maintenance();
    owner(store, "person").await;
    maintenance.root_key_dependents(NOW).await.unwrap();
    for names in maintenance.names(None, 10).await.unwrap() {
        assert!(maintenance.put_folded_names(&names, NOW).await.unwrap());
    }
    store.keys().insert_first(&key("one", "device")).await.unwrap();
    let keys = store.keys().keys().await.unwrap();
    let fact = FactChange {
        name: "check",
        before: Some(b"1".to_vec()),
        after: b"2".to_vec(),
    };
    let entry = Provenance::current().entry(AuditEvent::MasterKeyAccepted, NOW);
    assert!(maintenance.change_master_keys(&fact, entry).await.unwrap());
    let fact = FactChange {
        before: Some(b"2".to_vec()),
        ..fact
    };
    let change = RootKeyChange {
        facts: vec![fact],
        keys_before: keys.clone(),
        keys_after: keys,
        now: NOW,
    };
    assert!(maintenance.change_root_key(&change).await.unwrap());
}

/// Rows of the tables that a filling leaves empty, and of entries of the feed that supersede tokens.
pub(crate) fn more_rows() -> String {
    let entries = "INSERT INTO audit_entries (at, event, outcome, actor, realm, subject, token)
         SELECT issued_at, 'token_issued', 'done', 'client', realm, subject, id FROM tokens WHERE id <= 20000";
    let seals = "INSERT INTO audit_seals (number, at, entries, settled, floor, highest, links, previous, mac)
         SELECT id, 0, id, id, 0, id, digest, digest, digest FROM tokens WHERE digest IS NOT NULL AND id <= 10000";
    let organisation =
        "INSERT INTO organisations (id, name, subdomain, utc_offset_seconds) VALUES (1, 'one', 'one', 0)";
    let consumer = "INSERT INTO consumers (key, organisation_id, token_digest, created_at)
         SELECT 'partner', 1, digest, 0 FROM tokens WHERE id = 1";
    let clients = "INSERT INTO accounts (realm, login, login_folded, created_at)
         SELECT 'org:1', 'c' || id, 'c' || id, 0 FROM tokens WHERE id <= 5000;
         INSERT INTO consumer_clients (consumer_key, account_id, since)
         SELECT 'partner', id, 0 FROM accounts WHERE realm = 'org:1'";
    let superseded = "INSERT INTO feed (kind, subject, generation, until, at)
         SELECT 'superseded', id, 1, 0, 0 FROM accounts WHERE id <= 1000";
    let imported = "INSERT INTO imported_accounts (realm, source_id, account_id)
         SELECT realm, 's' || id, id FROM accounts;
         INSERT INTO imported_tokens (digest, flavour, token_id, forget_at)
         SELECT 'sha256$' || id, flavour, id, expires_at FROM tokens";
    [imported, entries, seals, organisation, consumer, clients, superseded].join(";\n")
}
