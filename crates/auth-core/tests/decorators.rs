//! `Tracked` and `KeyBound` over the simplest issuer keep every law that an issuer can keep, and so does the service over
//! them. The bare issuer shows which laws it is they that bring.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use auth_core::{
    Attributes, CLOCK_SKEW, Capabilities, Clock, Generation, Grant, IssueError, IssuedToken, Issuer, KeyBound,
    Lifetime, NewAccount, PresentedToken, Realm, RegistryLimits, RevokeError, Scopes, SecretKey, TokenId,
    TokenRegistry, Tracked, VerifiedParts, VerifiedToken, Verifier, VerifyError,
};
use testkit::{InProcess, ManualClock, MemoryHarness, Parts, SeededEntropy, SimpleIssuer, StoreHarness};

const QUARTER_OF_AN_HOUR: Lifetime = Lifetime::Limited(Duration::from_secs(900));

fn simple(parts: &Parts, lifetime: Lifetime) -> SimpleIssuer {
    let key = SecretKey::from_bytes([1; 32]);
    SimpleIssuer::new(
        parts.flavour.clone(),
        lifetime,
        key,
        parts.clock.clone(),
        parts.entropy.clone(),
    )
}

fn bare(parts: &Parts) -> Arc<dyn Issuer> {
    Arc::new(simple(parts, QUARTER_OF_AN_HOUR))
}

fn tracked(parts: &Parts) -> Arc<dyn Issuer> {
    Arc::new(Tracked::new(simple(parts, QUARTER_OF_AN_HOUR), parts.registry.clone()))
}

fn tracked_for_a_week(parts: &Parts) -> Arc<dyn Issuer> {
    let week = Lifetime::Limited(Duration::from_secs(7 * 24 * 60 * 60));
    Arc::new(Tracked::new(simple(parts, week), parts.registry.clone()))
}

fn tracked_for_ever(parts: &Parts) -> Arc<dyn Issuer> {
    Arc::new(Tracked::new(
        simple(parts, Lifetime::UntilRevoked),
        parts.registry.clone(),
    ))
}

fn key_bound(parts: &Parts) -> Arc<dyn Issuer> {
    let tracked = Tracked::new(simple(parts, QUARTER_OF_AN_HOUR), parts.registry.clone());
    let bound = KeyBound::new(tracked, parts.registry.clone(), parts.entropy.clone());
    Arc::new(bound.expect("sessions are recorded"))
}

testkit::issuer_conformance!(a_bare_issuer, InProcess::in_memory(bare).await, except: [
    a_token_until_revoked_does_not_expire,
    a_stored_digest_is_refused,
    a_refresh_token_is_not_access,
    without_its_key_a_token_is_refused,
    with_another_key_a_token_is_refused,
    a_key_has_one_spelling,
    a_key_alone_is_refused,
    revoked_tokens_stay_refused,
    revoking_one_leaves_the_others,
    revoking_twice_is_no_error,
    revoking_a_session_ends_what_belongs_to_it,
    disabling_an_owner_revokes_tokens_for_good,
    a_new_generation_ends_older_tokens_only,
    an_outdated_grant_is_not_entitled,
    a_revocation_reaches_the_other_node,
    lost_rights_are_lost_at_once,
    lost_rights_are_lost_on_the_other_node,
    the_record_of_a_session_decides_whose_it_is,
    rights_of_one_owner_do_not_affect_another,
    shared_grants_repeat_without_growing,
    concurrent_shared_grants_make_one_row,
    shared_tokens_belong_to_one_owner,
    a_revoked_shared_token_is_replaced,
    nothing_is_issued_while_the_store_fails,
    a_failed_revocation_is_reported,
    a_node_without_news_answers_unavailable,
]);

testkit::issuer_conformance!(a_tracked_issuer, InProcess::in_memory(tracked).await, except: [
    a_token_until_revoked_does_not_expire,
    a_stored_digest_is_refused,
    without_its_key_a_token_is_refused,
    with_another_key_a_token_is_refused,
    a_key_has_one_spelling,
    a_key_alone_is_refused,
]);

testkit::issuer_conformance!(a_tracked_issuer_without_end, InProcess::in_memory(tracked_for_ever).await, except: [
    expiry_is_exact,
    a_stored_digest_is_refused,
    without_its_key_a_token_is_refused,
    with_another_key_a_token_is_refused,
    a_key_has_one_spelling,
    a_key_alone_is_refused,
]);

testkit::issuer_conformance!(a_key_bound_issuer, InProcess::in_memory(key_bound).await, except: [
    a_token_until_revoked_does_not_expire,
    shared_grants_repeat_without_growing,
    concurrent_shared_grants_make_one_row,
    shared_tokens_belong_to_one_owner,
    a_revoked_shared_token_is_replaced,
]);

testkit::service_conformance!(a_service_over_tracked, InProcess::in_memory(tracked).await);

testkit::service_conformance!(a_service_over_key_bound, InProcess::in_memory(key_bound).await);

testkit::service_conformance!(
    a_service_over_long_lived_tokens,
    InProcess::in_memory(tracked_for_a_week).await.many(100, 500)
);

/// Tokens that do not say when they were issued.
#[derive(Debug)]
struct Undated(SimpleIssuer);

#[async_trait]
impl Verifier for Undated {
    fn flavour(&self) -> &str {
        self.0.flavour()
    }

    fn capabilities(&self) -> Capabilities {
        self.0.capabilities()
    }

    async fn verify(&self, presented: &PresentedToken<'_>) -> Result<VerifiedToken, VerifyError> {
        let parts = self.0.verify(presented).await?.into_parts();
        Ok(VerifiedToken::dangerous_from_verifier(VerifiedParts {
            issued_at: None,
            ..parts
        }))
    }
}

#[async_trait]
impl Issuer for Undated {
    fn lifetime(&self) -> Lifetime {
        self.0.lifetime()
    }

    async fn issue(&self, grant: Grant) -> Result<IssuedToken, IssueError> {
        self.0.issue(grant).await
    }

    async fn revoke(&self, id: TokenId) -> Result<bool, RevokeError> {
        self.0.revoke(id).await
    }
}

/// A token that ends with its session was issued with it. One that ends earlier was perhaps issued by a refresh.
#[tokio::test]
async fn an_undated_token_was_issued_with_its_session_if_the_two_end_together() {
    let ports = MemoryHarness::new().ports();
    let (clock, entropy) = (Arc::new(ManualClock::new()), Arc::new(SeededEntropy::new(1)));
    let limits = RegistryLimits {
        staleness: None,
        ..RegistryLimits::default()
    };
    let registry = Arc::new(TokenRegistry::new(ports.tokens.clone(), clock.clone(), limits));
    let key = SecretKey::from_bytes([1; 32]);
    let simple = SimpleIssuer::new("apps".into(), QUARTER_OF_AN_HOUR, key, clock.clone(), entropy);
    let issuer = Tracked::new(Undated(simple), registry);
    let realm = Realm::parse("apps").expect("a name");
    let account = NewAccount {
        subject: None,
        realm: realm.clone(),
        login: "owner".into(),
        alias: None,
        role: None,
        attributes: Attributes::new(),
        created_at: clock.now(),
    };
    let owner = ports.accounts.create(account).await.expect("created").expect("new");
    let ends = QUARTER_OF_AN_HOUR.end(clock.now()).expect("it ends");
    let (skew, millisecond) = (CLOCK_SKEW, Duration::from_millis(1));
    for (session_ends, issued_at) in [
        (None, Some(clock.now())),
        (Some(ends.plus(skew)), Some(clock.now())),
        (Some(ends.plus(skew + millisecond)), None),
    ] {
        let mut grant = Grant::new(owner, Generation(0), realm.clone(), Scopes::none());
        grant.session_expires_at = session_ends;
        let token = issuer.issue(grant).await.expect("issued");
        let presented = PresentedToken::bearer(token.plain.expose());
        let verified = issuer.verify(&presented).await.expect("accepted");
        assert_eq!(verified.issued_at(), issued_at, "{session_ends:?}");
    }
}
