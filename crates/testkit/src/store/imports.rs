//! Taking over what another system had (`ImportStore`), and looking it up (`ImportedTokenStore`).

use std::sync::Arc;

use auth_core::{
    AccountImport, Attributes, Change, FlavourName, ImportMode, ImportOutcome, ImportedDigest, NewToken, SignedArrival,
    SignedImport, StoredPassword, Subject, TokenId, TokenImport, TokenRecord,
};

use super::fixture::{Fixture, HOUR, NOW, ROLE, realm, scope_names, scopes, token_of};
use crate::law::{LawResult, at_once};
use crate::ports::StoreHarness;

use ImportOutcome::{
    Added, Extended, NameTaken, NewPepper, NoOwner, OtherFlavour, OtherLogin, OtherOwner, OtherState, OwnerDisabled,
    Present, RevokedHere,
};

pub(super) fn person(source_id: &str, login: &str) -> AccountImport {
    AccountImport {
        source_id: source_id.into(),
        login: login.into(),
        alias: None,
        role: Some(ROLE.into()),
        hash: Some(format!("the hash of {login}")),
        peppers: None,
        disabled: false,
        attributes: Attributes::new(),
        created_at: NOW,
    }
}

pub(super) fn token(text: &str, owner: &str) -> TokenImport {
    TokenImport {
        digest: ImportedDigest::sha256(text),
        number: None,
        owner: owner.into(),
        scopes: None,
        label: Some("phone".into()),
        issued_at: NOW,
        expires_at: None,
        last_used_at: None,
    }
}

fn flavour() -> FlavourName {
    "mechanics".into()
}

impl Fixture {
    pub(super) async fn people(&self, rows: &[AccountImport], mode: ImportMode) -> Vec<ImportOutcome> {
        let imports = &self.ports.imports;
        let outcomes = imports.import_accounts(&self.realm, rows, mode, NOW).await;
        outcomes.expect("import accounts")
    }

    pub(super) async fn taken_over(&self, rows: &[TokenImport], mode: ImportMode) -> Vec<ImportOutcome> {
        let imports = &self.ports.imports;
        let outcomes = imports.import_tokens(&self.realm, &flavour(), rows, mode, NOW).await;
        outcomes.expect("import tokens")
    }

    /// Which record has this digest.
    pub(super) async fn imported(&self, digest: ImportedDigest) -> Option<TokenId> {
        let found = self
            .ports
            .imported_tokens
            .find_imported(std::slice::from_ref(&digest))
            .await;
        let found = found.expect("find an imported token")?;
        assert_eq!(found.digest, digest, "the digest that was asked for");
        Some(found.token)
    }

    /// The live record of an imported text.
    pub(super) async fn record_of(&self, text: &str) -> Option<TokenRecord> {
        self.find(self.imported(ImportedDigest::sha256(text)).await?).await
    }

    async fn account_of(&self, login: &str) -> Subject {
        let login = auth_core::FoldedLogin::parse(login).expect("a name that can be typed");
        let found = self.ports.passwords.find(&self.realm, &login).await;
        found.expect("find a credential").expect("an account").account.subject
    }
}

/// A row that was taken over is there, in whatever run it comes again.
pub async fn an_import_again_adds_nothing(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::new(harness).await;
    let people = [person("1", "ann"), person("2", "bob"), person("1", "ann")];
    assert_eq!(
        fixture.people(&people, ImportMode::Apply).await,
        [Added, Added, Present]
    );
    let tokens = [
        token("text-of-ann", "1"),
        token("text-of-bob", "2"),
        token("text-of-ann", "1"),
    ];
    assert_eq!(
        fixture.taken_over(&tokens, ImportMode::Apply).await,
        [Added, Added, Present]
    );
    let first = fixture.imported(ImportedDigest::sha256("text-of-ann")).await;
    assert_eq!(
        fixture.people(&people, ImportMode::Apply).await,
        [Present, Present, Present]
    );
    assert_eq!(
        fixture.taken_over(&tokens, ImportMode::Apply).await,
        [Present, Present, Present]
    );
    assert_eq!(fixture.imported(ImportedDigest::sha256("text-of-ann")).await, first);
    assert!(first.is_some(), "and it is found");
    Ok(())
}

/// A session that was used at the other system since the first run expires later there, and so it does here after the next run. None expires
/// sooner for it, and what was revoked or replaced here stays so.
pub async fn a_token_expires_when_it_does_there_by_now(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::new(harness).await;
    fixture.people(&[person("1", "ann")], ImportMode::Apply).await;
    let ending = |text: &str, end| TokenImport {
        expires_at: end,
        ..token(text, "1")
    };
    let (sooner, first, later) = (Some(NOW.plus(HOUR)), Some(NOW.plus(HOUR * 2)), Some(NOW.plus(HOUR * 3)));
    let texts = ["used", "unused", "endless", "revoked", "replaced", "maker"];
    fixture
        .taken_over(&texts.map(|text| ending(text, first)), ImportMode::Apply)
        .await;
    let owner = fixture.account(fixture.account_of("ann").await).await;
    let [revoked, replaced] = ["revoked", "replaced"].map(ImportedDigest::sha256);
    fixture
        .revoke(fixture.imported(revoked).await.expect("it was imported"))
        .await;
    let replaced = fixture.imported(replaced).await.expect("it was imported");
    let place = fixture.ports.tokens.replace(replaced, token_of(&owner), NOW.plus(HOUR));
    place.await.expect("replace").expect("it is live");
    let maker = fixture.imported(ImportedDigest::sha256("maker")).await;
    let made = NewToken {
        made_from: maker,
        ..token_of(&owner)
    };
    fixture.insert(made).await;

    let ends = [later, sooner, None, later, later, later];
    let rows: Vec<_> = texts.iter().zip(ends).map(|(text, end)| ending(text, end)).collect();
    let outcomes = [Extended, Present, Extended, RevokedHere, Present, Extended];
    let ends_here = async || {
        let mut ends = Vec::new();
        for text in ["used", "unused", "endless", "replaced", "maker"] {
            ends.push(fixture.record_of(text).await.expect("it is live").expires_at);
        }
        ends
    };
    let rights = Change::SubjectRights(owner.subject);
    let before = fixture.published(rights).await;
    assert_eq!(fixture.taken_over(&rows, ImportMode::Try).await, outcomes);
    assert_eq!(
        ends_here().await,
        [first, first, first, sooner, first],
        "it was only tried"
    );
    assert_eq!(fixture.published(rights).await, before);
    assert_eq!(fixture.taken_over(&rows, ImportMode::Apply).await, outcomes);
    assert_eq!(ends_here().await, [later, first, None, sooner, later]);
    assert!(fixture.published(rights).await > before, "every node reads them anew");
    Ok(())
}

/// However many import the same rows at once, each is added once. Those that lose may be refused as a whole.
pub async fn rows_that_a_crowd_imports_are_added_once(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::new(harness).await;
    let people = [person("1", "ann"), person("2", "bob")];
    let outcomes = at_once(fixture.harness.crowd(), |_| {
        let (imports, realm, people) = (fixture.ports.imports.clone(), fixture.realm.clone(), people.clone());
        async move { imports.import_accounts(&realm, &people, ImportMode::Apply, NOW).await }
    })
    .await;
    let added = outcomes.iter().flatten().flatten().filter(|outcome| **outcome == Added);
    assert_eq!(added.count(), people.len(), "{outcomes:?}");
    assert_eq!(fixture.people(&people, ImportMode::Apply).await, [Present, Present]);
    Ok(())
}

/// The outcomes of what is tried are those of what is done, and nothing of it remains.
pub async fn what_is_only_tried_leaves_nothing(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::new(harness).await;
    let people = [person("1", "ann"), person("2", "ANN")];
    let tried = fixture.people(&people, ImportMode::Try).await;
    assert_eq!(tried, [Added, NameTaken]);
    assert_eq!(
        fixture.taken_over(&[token("text", "1")], ImportMode::Try).await,
        [NoOwner]
    );
    assert_eq!(fixture.people(&people, ImportMode::Apply).await, tried);
    assert_eq!(
        fixture.taken_over(&[token("text", "1")], ImportMode::Try).await,
        [Added]
    );
    assert_eq!(fixture.imported(ImportedDigest::sha256("text")).await, None);
    assert_eq!(fixture.published(Change::Imported).await, 0);
    assert_eq!(
        fixture.taken_over(&[token("text", "1")], ImportMode::Apply).await,
        [Added]
    );
    Ok(())
}

/// A batch that added something leaves one entry, and tokens wake the servers.
pub async fn an_import_is_recorded_and_published(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::new(harness).await;
    let (people, tokens) = ([person("1", "ann"), person("2", "bob")], [token("text", "1")]);
    for (run, details) in [(1, &["2 accounts", "1 tokens"][..]), (2, &[])] {
        let before = fixture.entries().await.len();
        fixture.people(&people, ImportMode::Apply).await;
        fixture.taken_over(&tokens, ImportMode::Apply).await;
        let rows = fixture.entries().await.split_off(before);
        let found: Vec<_> = rows.iter().filter_map(|row| row.entry.detail.as_deref()).collect();
        assert_eq!(found, details, "in run {run}");
        assert!(rows.iter().all(|row| row.entry.event == "moved_in"));
        assert_eq!(fixture.published(Change::Imported).await, 1, "after run {run}");
    }
    Ok(())
}

/// A person is known by the key there, and is in nobody's place here.
pub async fn a_person_is_known_by_the_key_there(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::new(harness).await;
    fixture.owner("taken").await;
    let people = [person("1", "ann"), person("2", "Taken")];
    assert_eq!(fixture.people(&people, ImportMode::Apply).await, [Added, NameTaken]);
    let renamed = [person("1", "bob"), person("1", "Ann")];
    assert_eq!(fixture.people(&renamed, ImportMode::Apply).await, [OtherLogin, Present]);
    let elsewhere = &fixture.ports.imports;
    let elsewhere = elsewhere
        .import_accounts(&realm("shops"), &people[..1], ImportMode::Apply, NOW)
        .await;
    assert_eq!(
        elsewhere.expect("import accounts"),
        [Added],
        "another realm has keys of its own"
    );
    Ok(())
}

/// A token is its first owner's and flavour's, and none without an owner who may have it.
pub async fn an_imported_token_has_one_owner(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::new(harness).await;
    let disabled = AccountImport {
        disabled: true,
        ..person("3", "cid")
    };
    fixture
        .people(&[person("1", "ann"), person("2", "bob"), disabled], ImportMode::Apply)
        .await;
    let rows = [
        token("text", "1"),
        token("text", "2"),
        token("other", "3"),
        token("other", "4"),
    ];
    let outcomes = fixture.taken_over(&rows, ImportMode::Apply).await;
    assert_eq!(outcomes, [Added, OtherOwner, OwnerDisabled, NoOwner]);
    let shops = FlavourName::from("shops");
    let elsewhere = fixture
        .ports
        .imports
        .import_tokens(&fixture.realm, &shops, &rows[..1], ImportMode::Apply, NOW);
    assert_eq!(elsewhere.await.expect("import tokens"), [OtherFlavour(flavour())]);
    let record = fixture.record_of("text").await.expect("it is live");
    assert_eq!(record.subject, fixture.account_of("ann").await);
    assert_eq!(record.flavour, flavour());
    Ok(())
}

/// A digest of one scheme is none of another, and is not its own text.
pub async fn an_imported_digest_names_its_scheme(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::new(harness).await;
    fixture.people(&[person("1", "ann")], ImportMode::Apply).await;
    let knox = TokenImport {
        digest: ImportedDigest::sha512("text"),
        ..token("text", "1")
    };
    fixture.taken_over(&[knox], ImportMode::Apply).await;
    assert_eq!(fixture.imported(ImportedDigest::sha256("text")).await, None);
    let stored = ImportedDigest::sha512("text");
    assert_eq!(fixture.imported(ImportedDigest::sha256(stored.as_str())).await, None);
    let id = fixture.imported(stored.clone()).await.expect("it is found");
    let record = fixture.find(id).await.expect("it is live");
    assert_eq!(
        record.digest,
        Some(stored.of_record()),
        "the record is that text's alone"
    );
    Ok(())
}

/// What it was imported with *and* its owner's role has; all of the role's where it says nothing.
pub async fn an_imported_tokens_rights_are_its_owners_too(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::new(harness).await;
    fixture.people(&[person("1", "ann")], ImportMode::Apply).await;
    let part = TokenImport {
        scopes: Some(scopes("read administer")),
        ..token("part", "1")
    };
    fixture
        .taken_over(&[part, token("whole", "1")], ImportMode::Apply)
        .await;
    for (text, rights) in [("part", &["read"][..]), ("whole", &["read", "write", "delete"])] {
        let record = fixture.record_of(text).await.expect("it is live");
        assert_eq!(scope_names(&record.scopes), rights, "{text}");
    }
    Ok(())
}

/// Also when its record was removed. It is said: at the other system it lives, and its clients are refused here.
pub async fn a_revoked_token_is_not_imported_again(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::new(harness).await;
    fixture.people(&[person("1", "ann")], ImportMode::Apply).await;
    let rows = [token("text", "1")];
    fixture.taken_over(&rows, ImportMode::Apply).await;
    let id = fixture.record_of("text").await.expect("it is live").id;
    assert!(fixture.revoke(id).await);
    assert_eq!(fixture.taken_over(&rows, ImportMode::Apply).await, [RevokedHere]);
    assert_eq!(fixture.record_of("text").await, None);
    let purged = fixture.ports.tokens.purge(NOW.plus(HOUR * 48), 100).await;
    assert!(purged.expect("purge") > 0);
    assert_eq!(fixture.taken_over(&rows, ImportMode::Apply).await, [RevokedHere]);
    assert_eq!(fixture.record_of("text").await, None);
    Ok(())
}

/// A pepper that was missing or wrong is brought by another run, as long as the hash is the one that was imported.
pub async fn another_pepper_is_brought_and_nothing_else(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::new(harness).await;
    let (bare, changed) = ("$2a$04$imported", "$2a$04$changed");
    let ann = |hash: String| AccountImport {
        hash: Some(hash),
        ..person("1", "ann")
    };
    let sealed = StoredPassword::with_pepper(bare, b"sealed");
    let before = fixture.entries().await.len();
    for (hash, mode, outcome) in [
        (bare.to_owned(), ImportMode::Apply, Added),
        (sealed.clone(), ImportMode::Try, NewPepper(false)),
        (sealed.clone(), ImportMode::Apply, NewPepper(false)),
        (changed.to_owned(), ImportMode::Apply, Present),
        (
            StoredPassword::with_pepper(changed, b"sealed"),
            ImportMode::Apply,
            Present,
        ),
    ] {
        assert_eq!(fixture.people(&[ann(hash)], mode).await, [outcome]);
    }
    assert_eq!(fixture.hash_of("ann").await, Some(sealed.clone()));
    let rows = fixture.entries().await.split_off(before);
    let details: Vec<_> = rows.iter().filter_map(|row| row.entry.detail.as_deref()).collect();
    assert_eq!(details, ["1 accounts", "1 peppers"]);
    let subject = fixture.account_of("ann").await;
    assert!(fixture.set_password(subject, "$2b$04$set-here", true).await);
    assert_eq!(fixture.people(&[ann(sealed)], ImportMode::Apply).await, [Present]);
    assert_eq!(fixture.hash_of("ann").await.as_deref(), Some("$2b$04$set-here"));
    Ok(())
}

/// A password, and whether somebody may sign in, stay as they are here; the second is reported.
pub async fn what_changed_here_outlasts_an_import(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::new(harness).await;
    let people = [person("1", "ann"), person("2", "bob")];
    fixture.people(&people, ImportMode::Apply).await;
    assert_eq!(fixture.hash_of("ann").await.as_deref(), Some("the hash of ann"));
    let (ann, bob) = (fixture.account_of("ann").await, fixture.account_of("bob").await);
    assert!(fixture.set_password(ann, "another hash", true).await);
    assert!(fixture.disable(bob, true).await);
    assert_eq!(fixture.people(&people, ImportMode::Apply).await, [Present, OtherState]);
    assert_eq!(fixture.hash_of("ann").await.as_deref(), Some("another hash"));
    assert!(fixture.account(bob).await.disabled);
    Ok(())
}

pub(super) fn signed(text: &str, owner: &str, fixture: &Fixture) -> SignedArrival {
    SignedArrival {
        realm: fixture.realm.clone(),
        flavour: flavour(),
        digest: ImportedDigest::sha256(text),
        token: SignedImport {
            owner: owner.into(),
            issued_at: NOW,
            expires_at: NOW.plus(HOUR),
        },
    }
}
