//! Something that people sign in to by password, as the laws about guessing see it.

mod counted;

use std::fmt;
use std::net::IpAddr;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use auth_core::testing::ManualClock;
use auth_core::{
    Attributes, Clock, HashCost, HashingOptions, NewAccount, PasswordAuthenticator, PasswordHasher, Realm, SecretKey,
    SignInError, SystemEntropy, Throttle, ThrottleLimits,
};

use crate::law::{Supported, Unsupported};
use crate::ports::{Ports, StoreHarness};

use counted::CountedLookUps;

/// The password of every account of a harness, and another one.
const PASSWORDS: [&str; 2] = ["correct horse", "battery staple"];

/// How an attempt was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guess {
    /// The password is right.
    Right,
    /// The password is wrong, or no account has the name.
    Wrong,
    /// Too many failures: the answer is withheld.
    Throttled,
}

/// A node for one law, with default limits, and time that only the law moves.
#[async_trait]
pub trait SignInHarness: fmt::Debug + Send + Sync + 'static {
    /// Adds an account. All have the same password.
    async fn account(&self, realm: &str, login: &str, alias: Option<&str>);

    /// Signs in from an address, with the right password or a wrong one.
    async fn guess(&self, realm: &str, name: &str, right: bool, from: IpAddr) -> Guess;

    /// Time passes.
    async fn pass(&self, time: Duration);

    /// How often a name was looked up in the store.
    ///
    /// # Errors
    /// If the harness cannot count.
    async fn look_ups(&self) -> Supported<u64> {
        Err(Unsupported("look-ups cannot be counted"))
    }
}

/// A [`PasswordAuthenticator`] over a store, with hashes of the lowest cost.
#[derive(Debug)]
pub struct PasswordNode {
    ports: Ports,
    look_ups: Arc<CountedLookUps>,
    clock: Arc<ManualClock>,
    hasher: Arc<PasswordHasher>,
    authenticator: PasswordAuthenticator,
}

impl PasswordNode {
    /// A node over the store of this harness.
    pub fn over(store: &dyn StoreHarness) -> Self {
        let ports = store.ports();
        let look_ups = Arc::new(CountedLookUps::new(ports.passwords.clone()));
        let clock = Arc::new(ManualClock::new());
        let options = HashingOptions {
            cost: HashCost::dangerous_for_tests(4).expect("the lowest cost"),
            threads: NonZeroUsize::new(1),
            niceness: 0,
            ..HashingOptions::default()
        };
        let hasher = PasswordHasher::start(options, clock.clone(), Arc::new(SystemEntropy));
        let hasher = Arc::new(hasher.expect("a thread"));
        let throttle = Throttle::new(ThrottleLimits::default(), clock.clone(), &SystemEntropy).expect("random bytes");
        let key = SecretKey::from_bytes([7; 32]);
        Self {
            authenticator: PasswordAuthenticator::new(look_ups.clone(), hasher.clone(), Arc::new(throttle), key),
            ports,
            look_ups,
            clock,
            hasher,
        }
    }
}

#[async_trait]
impl SignInHarness for PasswordNode {
    async fn account(&self, realm: &str, login: &str, alias: Option<&str>) {
        let new = NewAccount {
            subject: None,
            realm: Realm::parse(realm).expect("a realm"),
            login: login.into(),
            alias: alias.map(str::to_owned),
            role: None,
            attributes: Attributes::new(),
            created_at: self.clock.now(),
        };
        let subject = self.ports.accounts.create(new).await.expect("create").expect("free");
        let hash = self
            .hasher
            .hash(&PASSWORDS[0].into(), address())
            .await
            .expect("hash")
            .to_text();
        let set = self.ports.passwords.set(subject, &hash, false, self.clock.now());
        assert!(set.await.expect("set"), "the account is there");
    }

    async fn guess(&self, realm: &str, name: &str, right: bool, from: IpAddr) -> Guess {
        let realm = Realm::parse(realm).expect("a realm");
        let password = PASSWORDS[usize::from(!right)].into();
        match self.authenticator.check(&realm, name, &password, from).await {
            Ok(_) => Guess::Right,
            Err(SignInError::WrongPassword | SignInError::UnknownLogin) => Guess::Wrong,
            Err(SignInError::Throttled(_)) => Guess::Throttled,
            Err(error) => panic!("{error}"),
        }
    }

    async fn pass(&self, time: Duration) {
        self.clock.advance(time);
    }

    async fn look_ups(&self) -> Supported<u64> {
        Ok(self.look_ups.number())
    }
}

const fn address() -> IpAddr {
    IpAddr::V4(std::net::Ipv4Addr::LOCALHOST)
}
