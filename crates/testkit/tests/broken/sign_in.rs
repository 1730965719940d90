//! Nodes with a flaw in how they limit guesses.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use auth_core::UNKNOWN_SOURCE;
use testkit::{Guess, MemoryHarness, PasswordNode, SignInHarness, Supported};

use super::lock;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flaw {
    None,
    CountsTypedNames,
    CountsWithoutTheRealm,
    CountsAccountsOnly,
    LooksUpFirst,
    AddressesLockEverybody,
    CountsEachNetworkAlone,
    UnknownIsAnAddress,
}

type Account = (String, String, Option<String>);

#[derive(Debug)]
pub(crate) struct BrokenSignIn {
    flaw: Flaw,
    node: PasswordNode,
    /// Nodes that count apart from each other.
    others: Mutex<HashMap<String, Arc<PasswordNode>>>,
    accounts: Mutex<Vec<Account>>,
    /// Wrong passwords, by name or by address.
    failures: Mutex<HashMap<String, usize>>,
    guesses: Mutex<u64>,
}

impl BrokenSignIn {
    pub(crate) fn new(flaw: Flaw) -> Self {
        Self {
            flaw,
            node: PasswordNode::over(&MemoryHarness::new()),
            others: Mutex::default(),
            accounts: Mutex::default(),
            failures: Mutex::default(),
            guesses: Mutex::default(),
        }
    }

    /// The node that counts for this key alone.
    async fn apart(&self, key: String) -> Arc<PasswordNode> {
        if let Some(node) = lock(&self.others).get(&key) {
            return node.clone();
        }
        let node = Arc::new(PasswordNode::over(&MemoryHarness::new()));
        let accounts = lock(&self.accounts).clone();
        for (realm, login, alias) in accounts {
            node.account(&realm, &login, alias.as_deref()).await;
        }
        lock(&self.others).insert(key, node.clone());
        node
    }

    fn is_known(&self, name: &str) -> bool {
        let mut accounts = lock(&self.accounts).clone().into_iter();
        accounts.any(|(_, login, alias)| login == name || alias.as_deref() == Some(name))
    }

    /// What a further counter of this node is kept by, and how many failures it allows.
    fn counted_by(&self, name: &str, from: IpAddr) -> Option<(String, usize)> {
        match self.flaw {
            Flaw::CountsWithoutTheRealm => Some((name.to_owned(), 80)),
            Flaw::AddressesLockEverybody => Some((from.to_string(), 50)),
            _ => None,
        }
    }
}

#[async_trait]
impl SignInHarness for BrokenSignIn {
    async fn account(&self, realm: &str, login: &str, alias: Option<&str>) {
        let account = (realm.to_owned(), login.to_owned(), alias.map(str::to_owned));
        lock(&self.accounts).push(account);
        self.node.account(realm, login, alias).await;
    }

    async fn guess(&self, realm: &str, name: &str, right: bool, from: IpAddr) -> Guess {
        *lock(&self.guesses) += 1;
        let counter = self.counted_by(name, from);
        if let Some((key, most)) = &counter
            && lock(&self.failures).get(key).is_some_and(|failures| failures >= most)
        {
            return Guess::Throttled;
        }
        let guess = match (self.flaw, from) {
            (Flaw::CountsTypedNames, _) => {
                let node = self.apart(name.to_owned()).await;
                node.guess(realm, name, right, from).await
            }
            (Flaw::CountsAccountsOnly, _) if !self.is_known(name) => Guess::Wrong,
            (Flaw::CountsEachNetworkAlone, IpAddr::V6(from)) => {
                let [_, _, network, part, ..] = from.segments();
                let from = Ipv4Addr::from(0x0b00_0000 + (u32::from(network) << 16) + u32::from(part));
                self.node.guess(realm, name, right, from.into()).await
            }
            (Flaw::UnknownIsAnAddress, UNKNOWN_SOURCE) => {
                let from = IpAddr::V4(Ipv4Addr::new(198, 51, 100, 1));
                self.node.guess(realm, name, right, from).await
            }
            _ => self.node.guess(realm, name, right, from).await,
        };
        if let (Some((key, _)), Guess::Wrong) = (counter, guess) {
            *lock(&self.failures).entry(key).or_default() += 1;
        }
        guess
    }

    async fn pass(&self, time: Duration) {
        self.node.pass(time).await;
    }

    async fn look_ups(&self) -> Supported<u64> {
        match self.flaw {
            Flaw::LooksUpFirst => Ok(*lock(&self.guesses)),
            _ => self.node.look_ups().await,
        }
    }
}
