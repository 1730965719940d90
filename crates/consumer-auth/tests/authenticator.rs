//! Which consumer may vouch for which client.

#![allow(clippy::unwrap_used, reason = "what fails here is the test")]

use std::collections::HashSet;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use auth_core::{
    AccountStore, Attributes, FoldedLogin, NewAccount, PasswordStore, Realm, StoreError, Subject, SystemEntropy,
    Throttle, ThrottleLimits, Timestamp, TokenDigest,
};
use consumer_auth::{
    Client, ClientsOf, Consumer, ConsumerAuthenticator, ConsumerStore, FoldedEmail, NewClient, Organisation, OverQuota,
    QuotaLimits, Quotas, SecretRotation, VouchError, VouchRequest, Vouched,
};
use store_memory::MemoryStore;
use testkit::ManualClock;

const NOW: Timestamp = ManualClock::START;
const HOUR: Duration = Duration::from_secs(3600);
const EMAIL: &str = "joseph@example.com";

/// Two organisations, with a consumer each.
struct Setup {
    store: Arc<MemoryStore>,
    authenticator: ConsumerAuthenticator,
    clock: Arc<ManualClock>,
}

impl Setup {
    async fn new() -> Self {
        let store = Arc::new(MemoryStore::new());
        for (id, name, key, token) in [
            (171, "Ping Pong", "demo-key", "demo-token"),
            (172, "Other", "other-key", "other-token"),
        ] {
            let organisation = Organisation {
                id,
                name: name.into(),
                subdomain: name.to_lowercase(),
                utc_offset_seconds: -14_400,
            };
            store.put_organisation(&organisation).await.unwrap();
            assert!(
                store
                    .put_consumer(key, &TokenDigest::of(token.as_bytes()), id, NOW)
                    .await
                    .unwrap()
            );
        }
        let clock = Arc::new(ManualClock::new());
        Self {
            authenticator: authenticator(store.clone(), clock.clone()),
            store,
            clock,
        }
    }

    async fn vouch(&self, key: &str, token: &str, organisation: i64, email: &str) -> Result<Vouched, VouchError> {
        vouch(&self.authenticator, key, token, organisation, email, "Joseph").await
    }

    async fn client(&self, organisation: i64) -> Option<auth_core::PasswordRecord> {
        let login = FoldedLogin::parse(EMAIL).expect("a name");
        PasswordStore::find(&*self.store, &Realm::of_organisation(organisation), &login)
            .await
            .unwrap()
    }
}

fn authenticator(store: Arc<dyn ConsumerStore>, clock: Arc<ManualClock>) -> ConsumerAuthenticator {
    let throttle = Throttle::new(ThrottleLimits::default(), clock.clone(), &SystemEntropy).unwrap();
    ConsumerAuthenticator::new(store, clock, Arc::new(throttle))
}

async fn vouch(
    authenticator: &ConsumerAuthenticator,
    key: &str,
    token: &str,
    organisation: i64,
    email: &str,
    name: &str,
) -> Result<Vouched, VouchError> {
    let request = VouchRequest {
        key,
        token: &token.into(),
        organisation,
        email: &FoldedEmail::parse(email).expect("an address"),
        name,
        source: Ipv4Addr::LOCALHOST.into(),
    };
    authenticator.vouch(&request).await
}

#[tokio::test]
async fn key_and_token_must_belong_together() {
    let setup = Setup::new().await;
    let vouched = setup.vouch("demo-key", "demo-token", 171, EMAIL).await.unwrap();
    assert_eq!(
        (vouched.client.email.as_str(), vouched.organisation.name.as_str()),
        (EMAIL, "Ping Pong")
    );
    for (key, token) in [
        ("demo-key", "wrong"),
        ("demo-key", ""),
        ("demo-key", "demo-token "),
        ("demo-key", "DEMO-TOKEN"),
        ("demo-key", "other-token"),
        ("other-key", "demo-token"),
        ("demo-token", "demo-key"),
        ("unknown", "demo-token"),
        ("", ""),
        ("DEMO-KEY", "demo-token"),
        ("demo-key ", "demo-token"),
    ] {
        assert_eq!(
            setup.vouch(key, token, 171, EMAIL).await,
            Err(VouchError::Refused),
            "{key:?} {token:?}"
        );
    }
}

/// What is stored of a consumer's token is not accepted in its place.
#[tokio::test]
async fn the_digest_of_a_token_is_not_accepted_as_one() {
    let setup = Setup::new().await;
    let digest = TokenDigest::of(b"demo-token");
    let hex: String = digest.as_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    for text in [hex.clone(), hex.to_uppercase(), "\0".repeat(32)] {
        assert_eq!(
            setup.vouch("demo-key", &text, 171, EMAIL).await,
            Err(VouchError::Refused)
        );
        assert_eq!(
            setup.vouch("unknown", &text, 171, EMAIL).await,
            Err(VouchError::Refused)
        );
    }
}

#[tokio::test]
async fn a_consumer_vouches_in_its_own_organisation_only_and_creates_nothing_elsewhere() {
    let setup = Setup::new().await;
    for organisation in [172, 173, 0, -1, i64::MAX, i64::MIN] {
        let refused = setup.vouch("demo-key", "demo-token", organisation, EMAIL).await;
        assert_eq!(refused, Err(VouchError::Refused), "{organisation}");
        assert!(setup.client(organisation).await.is_none(), "{organisation}");
    }
    assert!(setup.client(171).await.is_none(), "in its own, which was not asked for");
    assert_eq!(
        setup.vouch("demo-key", "wrong", 171, EMAIL).await,
        Err(VouchError::Refused)
    );
    assert!(setup.client(171).await.is_none(), "with a wrong token");
}

#[tokio::test]
async fn one_address_in_two_organisations_is_two_clients() {
    let setup = Setup::new().await;
    let here = setup.vouch("demo-key", "demo-token", 171, EMAIL).await.unwrap();
    let there = setup.vouch("other-key", "other-token", 172, EMAIL).await.unwrap();
    assert_ne!(here.client.subject, there.client.subject);
    assert_eq!((here.organisation.id, there.organisation.id), (171, 172));
}

/// An account of another realm is never found by its address.
#[tokio::test]
async fn an_operators_address_does_not_find_the_operator() {
    let setup = Setup::new().await;
    let operator = NewAccount {
        subject: None,
        realm: Realm::parse("workshops").unwrap(),
        login: EMAIL.into(),
        alias: None,
        role: None,
        attributes: Attributes::new(),
        created_at: NOW,
    };
    let operator = setup.store.create(operator).await.unwrap().unwrap();
    let vouched = setup.vouch("demo-key", "demo-token", 171, EMAIL).await.unwrap();
    assert_ne!(vouched.client.subject, operator);
}

#[tokio::test]
async fn a_disabled_consumer_is_refused() {
    let setup = Setup::new().await;
    setup.vouch("demo-key", "demo-token", 171, EMAIL).await.unwrap();
    assert!(setup.store.set_consumer_disabled("demo-key", true).await.unwrap());
    assert_eq!(
        setup.vouch("demo-key", "demo-token", 171, EMAIL).await,
        Err(VouchError::Refused)
    );
    assert!(
        setup.vouch("other-key", "other-token", 172, EMAIL).await.is_ok(),
        "another one"
    );
    assert!(setup.store.set_consumer_disabled("demo-key", false).await.unwrap());
    assert!(setup.vouch("demo-key", "demo-token", 171, EMAIL).await.is_ok());
}

#[tokio::test]
async fn a_disabled_client_is_refused() {
    let setup = Setup::new().await;
    let subject = setup
        .vouch("demo-key", "demo-token", 171, EMAIL)
        .await
        .unwrap()
        .client
        .subject;
    assert!(setup.store.set_disabled(subject, true, NOW).await.unwrap());
    assert_eq!(
        setup.vouch("demo-key", "demo-token", 171, EMAIL).await,
        Err(VouchError::Refused)
    );
}

#[tokio::test]
async fn a_client_is_found_by_every_spelling_of_its_address_and_keeps_its_name() {
    let setup = Setup::new().await;
    let first = setup
        .vouch("demo-key", "demo-token", 171, "José@Example.com")
        .await
        .unwrap();
    for spelling in ["josé@example.com", " JOSÉ@EXAMPLE.COM ", "jose\u{301}@example.com"] {
        let (key, token) = ("demo-key", "demo-token");
        let again = vouch(&setup.authenticator, key, token, 171, spelling, "Another Name").await;
        assert_eq!(again, Ok(first.clone()), "{spelling:?}");
    }
    let other = setup
        .vouch("demo-key", "demo-token", 171, "jose@example.com")
        .await
        .unwrap();
    assert_ne!(other.client.subject, first.client.subject);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn forty_at_once_are_one_client() {
    let setup = Arc::new(Setup::new().await);
    for round in 0..10 {
        let calls = (0..40).map(|_| {
            let setup = setup.clone();
            tokio::spawn(async move {
                let email = format!("client-{round}@example.com");
                setup
                    .vouch("demo-key", "demo-token", 171, &email)
                    .await
                    .unwrap()
                    .client
                    .subject
            })
        });
        let calls: Vec<_> = calls.collect();
        let mut subjects = HashSet::new();
        for call in calls {
            subjects.insert(call.await.unwrap());
        }
        assert_eq!(subjects.len(), 1, "round {round}");
    }
}

#[test]
fn unusable_addresses_are_refused() {
    for text in ["", "   ", "a\0b@example.com", "a\r\n@example.com", "\u{1b}@example.com"] {
        assert!(FoldedEmail::parse(text).is_err(), "{text:?}");
    }
    assert!(FoldedEmail::parse(&format!("{}@example.com", "x".repeat(10_000))).is_err());
}

/// The default allowance for one key from one address: ten failures.
#[tokio::test]
async fn a_consumer_that_fails_ten_times_is_throttled_even_with_the_right_token() {
    let setup = Setup::new().await;
    for _ in 0..10 {
        let refused = setup.vouch("demo-key", "wrong", 171, EMAIL).await;
        assert_eq!(refused, Err(VouchError::Refused));
    }
    let throttled = setup.vouch("demo-key", "demo-token", 171, EMAIL).await;
    assert!(matches!(throttled, Err(VouchError::Throttled(_))), "{throttled:?}");
    assert!(setup.client(171).await.is_none(), "nothing was created");
    assert!(setup.vouch("other-key", "other-token", 172, EMAIL).await.is_ok());
}

/// Ten calls for a client that is disabled are no guesses, nor are those of a disabled consumer or for another
/// organisation.
#[tokio::test]
async fn a_refusal_with_the_right_token_is_not_counted() {
    let setup = Setup::new().await;
    let first = setup.vouch("demo-key", "demo-token", 171, EMAIL).await.unwrap();
    assert!(setup.store.set_disabled(first.client.subject, true, NOW).await.unwrap());
    for organisation in [171, 172, 999] {
        for _ in 0..10 {
            let refused = setup.vouch("demo-key", "demo-token", organisation, EMAIL).await;
            assert_eq!(refused, Err(VouchError::Refused));
        }
    }
    assert!(setup.store.set_consumer_disabled("demo-key", true).await.unwrap());
    for _ in 0..10 {
        let refused = setup.vouch("demo-key", "demo-token", 171, "other@example.com").await;
        assert_eq!(refused, Err(VouchError::Refused));
    }
    assert!(setup.store.set_consumer_disabled("demo-key", false).await.unwrap());
    let other = setup.vouch("demo-key", "demo-token", 171, "other@example.com").await;
    assert!(other.is_ok(), "{other:?}");
}

#[tokio::test]
async fn the_token_before_is_accepted_until_its_overlap_ends() {
    let setup = Setup::new().await;
    let rotation = SecretRotation {
        key: "demo-key".into(),
        from: TokenDigest::of(b"demo-token"),
        to: TokenDigest::of(b"new-token"),
        previous_until: NOW.plus(HOUR),
        now: NOW,
    };
    assert!(setup.store.rotate_consumer(&rotation).await.unwrap());
    let vouch = async |token| setup.vouch("demo-key", token, 171, EMAIL).await.map(drop);
    for token in ["demo-token", "new-token"] {
        assert_eq!(vouch(token).await, Ok(()), "{token}");
    }
    setup.clock.advance(HOUR);
    assert_eq!(vouch("demo-token").await, Err(VouchError::Refused));
    assert_eq!(vouch("new-token").await, Ok(()));
}

#[tokio::test]
async fn a_consumer_over_its_quota_is_told_when_to_call_again() {
    let setup = Setup::new().await;
    let limits = QuotaLimits {
        calls_per_minute: 4,
        clients_per_hour: 2,
    };
    let quotas = Arc::new(Quotas::new(limits, setup.clock.clone()));
    let authenticator = setup.authenticator.clone().with_quotas(quotas);
    let call = async |key: &str, token: &str, organisation: i64, email: &str| {
        let outcome = vouch(&authenticator, key, token, organisation, email, "N").await;
        outcome.map(drop)
    };
    let demo = async |email: &str| call("demo-key", "demo-token", 171, email).await;
    let over = |seconds| {
        let retry_after = Duration::from_secs(seconds);
        Err(VouchError::OverQuota(OverQuota { retry_after }))
    };
    assert_eq!(demo("a@b.c").await, Ok(()));
    assert_eq!(demo("b@b.c").await, Ok(()));
    assert_eq!(demo("c@b.c").await, over(3600), "a third client");
    assert_eq!(demo("a@b.c").await, Ok(()), "an existing one");
    assert_eq!(demo("a@b.c").await, over(60), "a fifth call");
    assert_eq!(
        call("other-key", "other-token", 172, "c@b.c").await,
        Ok(()),
        "another consumer"
    );
    setup.clock.advance(Duration::from_secs(59));
    assert_eq!(demo("a@b.c").await, over(1));
    setup.clock.advance(Duration::from_secs(1));
    assert_eq!(demo("a@b.c").await, Ok(()));
    assert_eq!(demo("c@b.c").await, over(3540));
    setup.clock.advance(HOUR);
    assert_eq!(demo("c@b.c").await, Ok(()));
    assert_eq!(
        call("demo-key", "wrong", 171, "a@b.c").await,
        Err(VouchError::Refused),
        "no quota without the token"
    );
}

#[tokio::test]
async fn a_success_resets_the_count_of_its_key() {
    let setup = Setup::new().await;
    for _ in 0..3 {
        for _ in 0..9 {
            let refused = setup.vouch("demo-key", "wrong", 171, EMAIL).await;
            assert_eq!(refused, Err(VouchError::Refused));
        }
        assert!(setup.vouch("demo-key", "demo-token", 171, EMAIL).await.is_ok());
    }
}

#[tokio::test]
async fn a_request_does_not_print_its_token() {
    let request = VouchRequest {
        key: "demo-key",
        token: &"canary-token".into(),
        organisation: 171,
        email: &FoldedEmail::parse(EMAIL).unwrap(),
        name: "Joseph",
        source: Ipv4Addr::LOCALHOST.into(),
    };
    assert!(!format!("{request:?}").contains("canary"));
}

/// A failure of the store is neither a yes nor a no.
#[tokio::test]
async fn a_failing_store_is_not_a_refusal() {
    let authenticator = authenticator(Arc::new(Failing), Arc::new(ManualClock::new()));
    // More often than any allowance: a failure of the store is not the consumer's.
    for _ in 0..100 {
        let outcome = vouch(&authenticator, "demo-key", "demo-token", 171, EMAIL, "Joseph").await;
        assert_eq!(outcome, Err(VouchError::Unavailable(down())));
    }
}

fn down() -> StoreError {
    StoreError::Unavailable("down".into())
}

/// A store that cannot be reached.
#[derive(Debug)]
struct Failing;

#[async_trait]
impl ConsumerStore for Failing {
    async fn find(&self, _key: &str) -> Result<Option<Consumer>, StoreError> {
        Err(down())
    }

    async fn clients(&self, _: &ClientsOf, _: Option<Subject>, _: u32) -> Result<Vec<Subject>, StoreError> {
        Err(down())
    }

    async fn organisations(&self, _: Option<i64>, _: u32) -> Result<Vec<Organisation>, StoreError> {
        Err(down())
    }

    async fn consumers(&self, _: Option<&str>, _: u32) -> Result<Vec<Consumer>, StoreError> {
        Err(down())
    }

    async fn rotate_consumer(&self, _: &SecretRotation) -> Result<bool, StoreError> {
        Err(down())
    }

    async fn find_client(&self, _: &NewClient) -> Result<Option<Client>, StoreError> {
        Err(down())
    }

    async fn find_or_create_client(&self, _new: NewClient) -> Result<Option<Client>, StoreError> {
        Err(down())
    }

    async fn create_organisation(&self, _organisation: &Organisation) -> Result<bool, StoreError> {
        Err(down())
    }

    async fn put_organisation(&self, _organisation: &Organisation) -> Result<(), StoreError> {
        Err(down())
    }

    async fn create_consumer(&self, _: &str, _: &TokenDigest, _: i64, _: Timestamp) -> Result<bool, StoreError> {
        Err(down())
    }

    async fn put_consumer(&self, _: &str, _: &TokenDigest, _: i64, _: Timestamp) -> Result<bool, StoreError> {
        Err(down())
    }

    async fn set_consumer_disabled(&self, _key: &str, _disabled: bool) -> Result<bool, StoreError> {
        Err(down())
    }
}
