//! Token administration.

use std::sync::Arc;
use std::time::Duration;

use auth_core::{Change, NewToken, StoreError, Subject, Timestamp, TokenId, TokenSummary};
use permissions::{Role, RoleName};

use super::fixture::{Fixture, HOUR, NOW, ROLE, next, realm, scopes, session_of, token_of};
use crate::law::LawResult;
use crate::ports::StoreHarness;

impl Fixture {
    async fn listed(&self, subject: Subject, before: Option<TokenId>, limit: u32) -> Vec<TokenSummary> {
        let listed = self.ports.token_admin.tokens_of(subject, before, limit).await;
        listed.expect("tokens_of")
    }

    async fn listed_ids(&self, subject: Subject) -> Vec<TokenId> {
        let listed = self.listed(subject, None, 1000).await;
        listed.into_iter().map(|token| token.id).collect()
    }

    async fn end_sessions(&self, subject: Subject) -> bool {
        let ended = self.ports.token_admin.end_sessions(subject, NOW).await;
        ended.expect("end_sessions")
    }

    async fn end_all(&self) -> u64 {
        self.ports
            .token_admin
            .end_all_sessions(NOW)
            .await
            .expect("end_all_sessions")
    }
}

/// A list has the owner's records and no others, the newest first.
pub async fn a_list_is_of_one_owner_newest_first(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::new(harness).await;
    let owner = fixture.owner("workshop@email.dk").await;
    let other = fixture.owner("other@email.dk").await;
    let mut ids = Vec::new();
    for _ in 0..3 {
        ids.push(fixture.insert(token_of(&owner)).await);
        fixture.insert(token_of(&other)).await;
    }
    ids.reverse();
    assert_eq!(fixture.listed_ids(owner.subject).await, ids);
    assert_eq!(fixture.listed_ids(Subject(owner.subject.0 + 1_000_000)).await, []);
    Ok(())
}

/// Over all pages each record is listed once, for any page size.
pub async fn a_list_is_read_in_pages(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::new(harness).await;
    let owner = fixture.owner("workshop@email.dk").await;
    for _ in 0..7 {
        fixture.insert(token_of(&owner)).await;
    }
    let all = fixture.listed_ids(owner.subject).await;
    for limit in [1, 2, 3, 7, 8] {
        let (mut read, mut before) = (Vec::new(), None);
        loop {
            let page = fixture.listed(owner.subject, before, limit).await;
            assert!(
                page.len() <= limit as usize,
                "a page of {} where {limit} were asked",
                page.len()
            );
            before = page.last().map(|token| token.id);
            read.extend(page.into_iter().map(|token| token.id));
            if before.is_none() {
                break;
            }
        }
        assert_eq!(read, all, "in pages of {limit}");
    }
    Ok(())
}

/// What is revoked, or belongs to a revoked session, or was granted in an earlier generation, is not listed, nor is any
/// record of a disabled owner. Expired records are listed: the caller, who has the clock, compares.
pub async fn a_list_has_live_records(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::new(harness).await;
    let owner = fixture.owner("workshop@email.dk").await;
    let superseded = fixture.insert(token_of(&owner)).await;
    fixture.end_sessions(owner.subject).await;
    let owner = fixture.account(owner.subject).await;
    let revoked = fixture.insert(token_of(&owner)).await;
    fixture.revoke(revoked).await;
    let session = fixture.insert(session_of(&owner, 1)).await;
    let child = NewToken {
        parent: Some(session),
        ..token_of(&owner)
    };
    fixture.insert(child).await;
    fixture.revoke(session).await;
    let expired = NewToken {
        expires_at: Some(NOW.minus(HOUR)),
        ..token_of(&owner)
    };
    let expired = fixture.insert(expired).await;
    assert!(!fixture.is_live(superseded).await);
    assert_eq!(fixture.listed_ids(owner.subject).await, [expired]);
    fixture.disable(owner.subject, true).await;
    assert_eq!(fixture.listed_ids(owner.subject).await, []);
    Ok(())
}

/// A list has what the owner needs to recognise a token: flavour, label, session, times.
pub async fn a_list_describes_each_token(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::new(harness).await;
    let owner = fixture.owner("workshop@email.dk").await;
    let session = fixture.insert(session_of(&owner, 1)).await;
    let (issued_at, used_at) = (NOW.plus(Duration::from_millis(1)), NOW.plus(Duration::from_millis(2)));
    let token = NewToken {
        flavour: "device".into(),
        label: Some("Peter's \u{202e}tablet".into()),
        parent: Some(session),
        issued_at,
        expires_at: None,
        ..token_of(&owner)
    };
    let id = fixture.insert(token).await;
    fixture.ports.tokens.touch(&[(id, used_at)]).await.expect("touch");
    let expected = TokenSummary {
        id,
        parent: Some(session),
        line: id,
        made_from: None,
        flavour: "device".into(),
        label: Some("Peter's \u{202e}tablet".into()),
        issued_at,
        expires_at: None,
        ends_at: None,
        last_used_at: Some(used_at),
    };
    let listed = fixture.listed(owner.subject, None, 10).await;
    assert_eq!(listed.first(), Some(&expected));
    let session = listed.last().expect("the session is listed");
    let times: (Option<Timestamp>, Option<Timestamp>) = (session.expires_at, session.last_used_at);
    assert_eq!(times, (Some(NOW.plus(HOUR)), None));
    Ok(())
}

/// Revoking an owner's sessions starts a new generation and publishes it: the owner's tokens are revoked, those of
/// others stay, and the owner may be granted new ones. For an account that does not exist nothing happens and nothing
/// is published.
pub async fn an_owners_sessions_end_together(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::new(harness).await;
    let owner = fixture.owner("workshop@email.dk").await;
    let bystander = fixture.owner("other@email.dk").await;
    let held = [
        fixture.insert(token_of(&owner)).await,
        fixture.insert(session_of(&owner, 1)).await,
    ];
    let others = fixture.insert(token_of(&bystander)).await;
    assert!(fixture.end_sessions(owner.subject).await);
    for id in held {
        assert!(!fixture.is_live(id).await);
    }
    assert!(fixture.is_live(others).await, "another owner's");
    let after = fixture.account(owner.subject).await;
    assert_eq!((after.generation, after.disabled), (next(owner.generation), false));
    assert_eq!(
        fixture
            .published(Change::Superseded(owner.subject, after.generation))
            .await,
        1
    );
    assert!(fixture.refused(token_of(&owner)).await, "a grant from before");
    let anew = fixture.insert(token_of(&after)).await;
    assert!(fixture.is_live(anew).await);
    let entries = fixture.feed().await.len();
    assert!(!fixture.end_sessions(Subject(after.subject.0 + 1_000_000)).await);
    assert_eq!(fixture.feed().await.len(), entries);
    Ok(())
}

/// Revoking everything revokes every record of every owner, counts those that were live, and leaves the accounts
/// unchanged but for their generation.
pub async fn everything_ends_together(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::new(harness).await;
    let owner = fixture.owner("workshop@email.dk").await;
    let other = fixture.owner("other@email.dk").await;
    let revoked = fixture.insert(token_of(&owner)).await;
    fixture.revoke(revoked).await;
    let held = [
        fixture.insert(session_of(&owner, 1)).await,
        fixture.insert(token_of(&other)).await,
    ];
    assert_eq!(fixture.end_all().await, 2);
    for id in held {
        assert!(!fixture.is_live(id).await);
    }
    let after = fixture.account(owner.subject).await;
    assert_eq!(
        after,
        auth_core::Account {
            generation: after.generation,
            ..owner.clone()
        }
    );
    assert!(fixture.refused(token_of(&owner)).await, "a grant from before");
    let anew = fixture.insert(token_of(&after)).await;
    assert!(fixture.is_live(anew).await);
    Ok(())
}

/// A store that was restored from a backup has lost generations that existed. The new one must be none of those: far
/// beyond what any account reaches.
pub async fn everything_ends_in_a_generation_that_never_was(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::new(harness).await;
    let owner = fixture.owner("workshop@email.dk").await;
    fixture.end_all().await;
    let once = fixture.account(owner.subject).await.generation;
    fixture.end_all().await;
    let twice = fixture.account(owner.subject).await.generation;
    assert!(once.0 > owner.generation.0 + 100_000, "{once:?}");
    assert!(twice.0 > once.0 + 100_000, "{twice:?}");
    Ok(())
}

/// The revocation of everything is published in a way that makes every node clear its cache.
pub async fn the_revocation_of_everything_is_published(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::new(harness).await;
    fixture.owner("workshop@email.dk").await;
    let before = fixture.published(Change::AllRights).await;
    fixture.end_all().await;
    assert_eq!(fixture.published(Change::AllRights).await, before + 1);
    Ok(())
}

/// Records that were revoked with everything are purged like any others.
pub async fn what_ended_with_everything_is_purged(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::new(harness).await;
    let owner = fixture.owner("workshop@email.dk").await;
    let endless = NewToken {
        expires_at: None,
        digest: Some(auth_core::TokenDigest::of(b"secret")),
        ..token_of(&owner)
    };
    fixture.insert(endless).await;
    fixture.end_all().await;
    fixture.ports.tokens.purge(NOW.plus(HOUR), 1000).await.expect("purge");
    assert_eq!(fixture.harness.token_rows().await?, 0);
    Ok(())
}

/// A role is returned as it was put last; one that does not exist is not found; and a damaged one is an error for
/// administration, so that it gets repaired.
pub async fn a_role_reads_back(harness: Arc<dyn StoreHarness>) -> LawResult {
    let fixture = Fixture::new(harness).await;
    fixture.allow("jugador", "z").await;
    fixture.allow("jugador", "zeta alpha").await;
    let found = fixture
        .ports
        .roles
        .find(&fixture.realm, "jugador")
        .await
        .expect("find a role");
    let expected = Role {
        realm: fixture.realm.clone(),
        name: RoleName::parse("jugador").expect("a role's name"),
        permissions: scopes("zeta alpha"),
    };
    assert_eq!(found, Some(expected));
    for (realm, role) in [
        (&fixture.realm, "nobody"),
        (&realm("players"), "jugador"),
        (&fixture.realm, "JUGADOR"),
    ] {
        assert_eq!(
            fixture.ports.roles.find(realm, role).await,
            Ok(None),
            "{role} in {realm}"
        );
    }
    fixture
        .harness
        .damage_role(&fixture.realm, ROLE, "[\"read\",1]")
        .await?;
    let damaged = fixture.ports.roles.find(&fixture.realm, ROLE).await;
    assert!(matches!(damaged, Err(StoreError::Corrupt(_))), "{damaged:?}");
    Ok(())
}
