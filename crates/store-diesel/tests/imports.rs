//! What another system had: taken over once and whole, and accepted in the form in which its clients send it; on both databases. What
//! every store keeps of it is among the laws of the testkit.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

#[macro_use]
#[path = "support/database.rs"]
mod support;

#[path = "support/imported.rs"]
mod imported;

use auth_core::{
    Change, ImportMode, ImportOutcome, ImportedDigest, Issuer, PresentedToken, Rejection, Scopes, Subject, TokenImport,
    TokenRegistry, Verifier, VerifyError,
};
use imported::{Node, accounts, person, with_role};
use support::Fresh;
use support::things::{HOUR, NOW, realm};

tests! {
    both {
        a_batch_is_taken_over_whole_or_not_at_all
        an_imported_token_is_accepted_as_its_client_sends_it
        an_imported_token_is_revoked_for_good
        unknown_texts_are_bounded
        an_imported_token_is_accepted_although_it_was_unknown_before
    }
}

const SECRET: &str = "aB3dE6gH9jK2mN5pQ8sT1vW4yZ7bC0eF3hI6kL9n";

fn token(digest: ImportedDigest, owner: &str) -> TokenImport {
    TokenImport {
        digest,
        number: None,
        owner: owner.to_owned(),
        scopes: None,
        label: Some("phone".to_owned()),
        issued_at: NOW,
        expires_at: None,
        last_used_at: Some(NOW),
    }
}

async fn tokens(fresh: &Fresh, rows: &[TokenImport]) -> Vec<ImportOutcome> {
    let imports = fresh.store.imports();
    let device = "device".into();
    imports
        .import_tokens(&realm(), &device, rows, ImportMode::Apply, NOW)
        .await
        .unwrap()
}

async fn a_batch_is_taken_over_whole_or_not_at_all(fresh: Fresh) {
    let (start, end) = match fresh.is_sqlite() {
        true => (
            "CREATE TRIGGER stop BEFORE INSERT ON passwords WHEN NEW.account_id > 1 BEGIN SELECT RAISE(ABORT, 'stop'); END",
            "DROP TRIGGER stop",
        ),
        false => (
            "ALTER TABLE passwords ADD CONSTRAINT stop CHECK (account_id <= 1)",
            "ALTER TABLE passwords DROP CONSTRAINT stop",
        ),
    };
    fresh.run(start).await;
    let people = [person("1", "ann"), person("2", "bob")];
    let imports = fresh.store.imports();
    assert!(
        imports
            .import_accounts(&realm(), &people, ImportMode::Apply, NOW)
            .await
            .is_err()
    );
    let count = |table: &str| format!("SELECT COUNT(*) FROM {table}");
    for table in ["accounts", "passwords", "imported_accounts"] {
        assert_eq!(
            fresh.store.dangerous_number(&count(table)).await.unwrap(),
            Some(0),
            "{table}"
        );
    }
    fresh.run(end).await;
    assert_eq!(
        accounts(&fresh, &people).await,
        [ImportOutcome::Added, ImportOutcome::Added]
    );
}

async fn an_imported_token_is_accepted_as_its_client_sends_it(fresh: Fresh) {
    with_role(&fresh).await;
    let knox = "5f".repeat(32);
    let sanctum = TokenImport {
        number: Some(7),
        scopes: Some(Scopes::parse_list("read delete").unwrap()),
        ..token(ImportedDigest::sha256(SECRET), "1")
    };
    let expired = TokenImport {
        expires_at: Some(NOW),
        ..token(ImportedDigest::sha256("a-session-that-has-expired"), "1")
    };
    let later = TokenImport {
        expires_at: Some(NOW.plus(HOUR)),
        ..token(ImportedDigest::sha256("a-session-that-goes-on"), "1")
    };
    let rows = [sanctum, token(ImportedDigest::sha512(&knox), "1"), expired, later];
    assert!(
        tokens(&fresh, &rows)
            .await
            .iter()
            .all(|outcome| *outcome == ImportOutcome::Added)
    );
    let node = Node::of(&fresh);
    for _cold_and_warm in 0..2 {
        let held = |rights: &[&str]| Ok(rights.iter().map(|right| (*right).to_owned()).collect::<Vec<_>>());
        assert_eq!(
            node.verify(&format!("7|{SECRET}")).await,
            held(&["read"]),
            "and what its owner may"
        );
        assert_eq!(node.verify(SECRET).await, held(&["read"]));
        assert_eq!(node.verify(&knox).await, held(&["read", "write"]));
        assert_eq!(node.verify("a-session-that-goes-on").await, held(&["read", "write"]));
        let refused = node.verify("a-session-that-has-expired").await;
        assert_eq!(refused, Err(Rejection::Expired.into()));
        for altered in [
            format!("8|{SECRET}"),
            format!("7|{SECRET}0"),
            knox.replace("5f5", "5f6"),
            format!("5|{knox}"),
        ] {
            assert!(
                matches!(node.verify(&altered).await, Err(VerifyError::Rejected(_))),
                "{altered}"
            );
        }
    }
}

/// Its own tokens, which may have the same number, go on beside them.
async fn an_imported_token_is_revoked_for_good(fresh: Fresh) {
    with_role(&fresh).await;
    let row = TokenImport {
        number: Some(1),
        ..token(ImportedDigest::sha256(SECRET), "1")
    };
    let grant = testkit_grant(&fresh).await;
    let node = Node::of(&fresh);
    let own = node.own.issue(grant).await.unwrap();
    assert_eq!(tokens(&fresh, std::slice::from_ref(&row)).await, [ImportOutcome::Added]);
    let imported = format!("1|{SECRET}");
    assert!(node.verify(own.plain.expose()).await.is_ok());
    assert!(node.verify(&imported).await.is_ok());
    let presented = PresentedToken::bearer(&imported);
    let id = node.issuer.verify(&presented).await.unwrap().id();
    assert!(node.issuer.revoke(id).await.unwrap());
    assert!(matches!(node.verify(&imported).await, Err(VerifyError::Rejected(_))));
    assert!(node.verify(own.plain.expose()).await.is_ok());
    let much_later = NOW.plus(TokenRegistry::KEEP * 2);
    assert!(fresh.store.tokens().purge(much_later, 100).await.unwrap() > 0);
    assert_eq!(
        tokens(&fresh, &[row]).await,
        [ImportOutcome::RevokedHere],
        "a second import does not bring it back"
    );
    assert!(matches!(
        Node::of(&fresh).verify(&imported).await,
        Err(VerifyError::Rejected(_))
    ));
    assert!(node.registry.unknown().refused() == 0);
}

async fn testkit_grant(fresh: &Fresh) -> auth_core::Grant {
    let owner = fresh.store.accounts().find(Subject(1)).await.unwrap().unwrap();
    auth_core::Grant::new(owner.subject, owner.generation, owner.realm, Scopes::none())
}

async fn unknown_texts_are_bounded(fresh: Fresh) {
    with_role(&fresh).await;
    let node = Node::of(&fresh);
    let mut bounded = 0;
    for number in 0..400 {
        let verified = node.verify(&format!("{number:064}")).await;
        bounded += usize::from(matches!(verified, Err(VerifyError::Unavailable(_))));
    }
    assert!(bounded > 0, "all of them were looked up");
}

/// The clock does not move: no text is forgotten because it was remembered for long.
async fn an_imported_token_is_accepted_although_it_was_unknown_before(fresh: Fresh) {
    with_role(&fresh).await;
    let node = Node::of(&fresh);
    let knox = "5f".repeat(32);
    let texts = [SECRET.to_owned(), format!("7|{SECRET}"), knox.clone()];
    for text in &texts {
        assert!(
            matches!(node.verify(text).await, Err(VerifyError::Rejected(_))),
            "{text}"
        );
    }
    let sanctum = TokenImport {
        number: Some(7),
        ..token(ImportedDigest::sha256(SECRET), "1")
    };
    let rows = [sanctum, token(ImportedDigest::sha512(&knox), "1")];
    let imports = fresh.store.imports();
    let (realm, device) = (realm(), "device".into());
    let tried = imports.import_tokens(&realm, &device, &rows, ImportMode::Try, NOW);
    assert_eq!(tried.await.unwrap().len(), 2);
    let before = fresh.store.tokens().feed_state().await.unwrap().newest;
    tokens(&fresh, &rows).await;
    node.registry.sync().await.unwrap();
    for text in &texts {
        assert!(node.verify(text).await.is_ok(), "{text}");
    }
    tokens(&fresh, &rows).await;
    let after = fresh.store.tokens().changes(before, 100).await.unwrap();
    let published: Vec<Change> = after.iter().map(|entry| entry.change).collect();
    assert_eq!(published, [Change::Imported], "once, for what was added");
}
