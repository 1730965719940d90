//! The harness of an issuer in this process: two nodes and another flavour over one store, with a clock, chance and
//! faults that a law moves.

mod node;
mod service;

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use auth_core::{
    Attributes, Clock, Entropy, FlavourName, Generation, Grant, Issuer, NewAccount, PresentedToken, Realm,
    RefreshPolicy, Scope, Scopes, SessionRef, Sharing, Timestamp, TokenId, TokenRegistry, TokenStore,
};
use permissions::{Role, RoleName};

use crate::clock::ManualClock;
use crate::entropy::FailingEntropy;
use crate::failing::FailingStore;
use crate::harness::{Issued, IssuerHarness, Issuing, Owner, Prints, Profile, Revocation, Verdict};
use crate::law::{Able, Unsupported};
use crate::ports::{MemoryHarness, Ports, StoreHarness};

use node::{Node, issuing, parts, revocation};
pub use service::Sessions;

/// What an issuer under test is built of.
#[derive(Clone, Debug)]
pub struct Parts {
    /// The flavour it is to issue.
    pub flavour: FlavourName,
    /// The live tokens of its node.
    pub registry: Arc<TokenRegistry>,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// The random source.
    pub entropy: Arc<dyn Entropy>,
}

/// For how long a node answers without having heard of changes.
const STALENESS: Duration = Duration::from_secs(5);

/// An issuer in this process.
///
/// It is built three times, of [`Parts`] alone: for this node, for another node of the same flavour, and for another
/// flavour on this node. The builder must use the same keys each time.
#[derive(Debug)]
pub struct InProcess {
    behind: Arc<dyn StoreHarness>,
    ports: Ports,
    store: Arc<FailingStore>,
    clock: Arc<ManualClock>,
    entropy: Arc<FailingEntropy>,
    here: Node,
    elsewhere: Node,
    foreign: Node,
    owners: AtomicU64,
    /// The key that came with each session's first token; later tokens of the session go with it.
    keys: Mutex<HashMap<TokenId, String>>,
    policy: RefreshPolicy,
    rights_at_once: bool,
    many: usize,
    rotations: usize,
}

impl InProcess {
    /// The issuer that `build` makes, over a new store in memory.
    pub async fn in_memory(build: impl Fn(&Parts) -> Arc<dyn Issuer>) -> Self {
        Self::over(Arc::new(MemoryHarness::new()), build).await
    }

    /// The issuer that `build` makes, over this store.
    pub async fn over(behind: Arc<dyn StoreHarness>, build: impl Fn(&Parts) -> Arc<dyn Issuer>) -> Self {
        let ports = behind.ports();
        let store = Arc::new(FailingStore::new(ports.tokens.clone()));
        let clock = Arc::new(ManualClock::new());
        let entropy = Arc::new(FailingEntropy::new(1));
        let policy = RefreshPolicy::default();
        let tokens: Arc<dyn TokenStore> = store.clone();
        let (any_clock, any_entropy): (Arc<dyn Clock>, Arc<dyn Entropy>) = (clock.clone(), entropy.clone());
        let here = parts("mechanics".into(), &tokens, &any_clock, &any_entropy);
        let elsewhere = parts("mechanics".into(), &tokens, &any_clock, &any_entropy);
        let foreign = Parts {
            flavour: "device".into(),
            ..here.clone()
        };
        let node = |parts| Node::new(parts, &build, policy);
        let harness = Self {
            here: node(here),
            elsewhere: node(elsewhere),
            foreign: node(foreign),
            behind,
            ports,
            store,
            clock,
            entropy,
            owners: AtomicU64::new(0),
            keys: Mutex::default(),
            policy,
            rights_at_once: false,
            many: 1000,
            rotations: 10_000,
        };
        harness.sync_all().await;
        harness
    }

    /// Declares that a right the owner loses is lost to tokens at once.
    #[must_use]
    pub fn rights_at_once(self) -> Self {
        Self {
            rights_at_once: true,
            ..self
        }
    }

    /// Has laws issue fewer tokens, and refresh less often, where they would do it `many` times: for slow stores.
    #[must_use]
    pub fn many(self, many: usize, rotations: usize) -> Self {
        Self {
            many,
            rotations,
            ..self
        }
    }

    /// Puts something in the place of each node's service, such as a broken one.
    #[must_use]
    pub fn with_sessions(mut self, wrap: impl Fn(Arc<dyn Sessions>) -> Arc<dyn Sessions>) -> Self {
        for node in [&mut self.here, &mut self.elsewhere, &mut self.foreign] {
            node.sessions = node.sessions.take().map(&wrap);
        }
        self
    }

    async fn sync_all(&self) {
        self.here.sync().await;
        self.elsewhere.sync().await;
    }

    async fn put_role(&self, name: &str, rights: &[String]) {
        let role = Role {
            realm: realm(),
            name: RoleName::parse(name).expect("a role's name"),
            permissions: scopes(rights),
        };
        self.ports.roles.put(&role, self.clock.now()).await.expect("put a role");
    }

    async fn generation(&self, owner: &Owner) -> Generation {
        let account = self.ports.accounts.find(owner.subject).await.expect("find an account");
        account.expect("the owner has an account").generation
    }

    /// The token with the key of its session.
    fn with_key(&self, session: Option<TokenId>, token: Issued) -> Issued {
        let mut keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        let (Some(session), key) = (session, token.key.clone()) else {
            return token;
        };
        let key = match key {
            Some(key) => Some(keys.entry(session).insert_entry(key).get().clone()),
            None => keys.get(&session).cloned(),
        };
        Issued { key, ..token }
    }

    async fn grant(&self, owner: &Owner) -> Grant {
        Grant::new(
            owner.subject,
            self.generation(owner).await,
            realm(),
            scopes(&owner.rights),
        )
    }
}

#[async_trait]
impl IssuerHarness for InProcess {
    fn profile(&self) -> Profile {
        Profile {
            capabilities: self.here.issuer.capabilities(),
            flavour: self.here.issuer.flavour().to_owned(),
            lifetime: self.here.issuer.lifetime(),
            rights_at_once: self.rights_at_once,
            many: self.many,
        }
    }

    async fn owner(&self) -> Owner {
        let number = self.owners.fetch_add(1, Ordering::SeqCst);
        let rights = ["write", "read", "delete"].map(str::to_owned).to_vec();
        let role = format!("holder-{number}");
        self.put_role(&role, &rights).await;
        let new = NewAccount {
            subject: None,
            realm: realm(),
            login: format!("owner-{number}@example.com"),
            alias: None,
            role: Some(role),
            attributes: Attributes::new(),
            created_at: self.clock.now(),
        };
        let subject = self.ports.accounts.create(new).await.expect("create an account");
        Owner {
            subject: subject.expect("a free name"),
            realm: realm().to_string(),
            rights,
        }
    }

    async fn issue(&self, owner: &Owner) -> Issuing {
        let token = issuing(self.here.issuer.issue(self.grant(owner).await).await)?;
        Ok(self.with_key(token.id, token))
    }

    async fn verify(&self, text: &str, key: Option<&str>) -> Verdict {
        self.here.verify(text, key).await
    }

    async fn revoke(&self, token: &Issued) -> Revocation {
        let id = token.id.expect("known in process");
        revocation(self.here.issuer.revoke(id).await)
    }

    fn now(&self) -> Able<Timestamp> {
        Ok(self.clock.now())
    }

    async fn advance(&self, by: Duration) -> Able<()> {
        self.clock.advance(by);
        self.sync_all().await;
        let _ = self.here.registry.purge(Duration::ZERO, 1000).await;
        Ok(())
    }

    async fn set_disabled(&self, owner: &Owner, disabled: bool) -> Able<()> {
        let set = self
            .ports
            .accounts
            .set_disabled(owner.subject, disabled, self.clock.now());
        assert!(set.await.expect("set_disabled"), "the owner has an account");
        self.here.sync().await;
        Ok(())
    }

    async fn change_password(&self, owner: &Owner) -> Able<()> {
        let set = self
            .ports
            .passwords
            .set(owner.subject, "$2b$12$changed", true, self.clock.now());
        assert!(set.await.expect("set a password"), "the owner has an account");
        self.here.sync().await;
        Ok(())
    }

    async fn set_rights(&self, owner: &Owner, rights: &[String]) -> Able<()> {
        let account = self.ports.accounts.find(owner.subject).await.expect("find an account");
        let role = account.and_then(|account| account.role);
        self.put_role(&role.expect("the owner has a role"), rights).await;
        self.here.sync().await;
        Ok(())
    }

    async fn issue_shared(&self, owner: &Owner) -> Able<Issuing> {
        if !self.here.issuer.capabilities().recorded {
            return Err(Unsupported("the issuer records nothing that could be shared"));
        }
        if self.here.issuer.capabilities().key_bound {
            return Err(Unsupported("a key is one session's"));
        }
        let mut grant = self.grant(owner).await;
        grant.sharing = Sharing::Shared;
        Ok(issuing(self.here.issuer.issue(grant).await))
    }

    async fn issue_outdated(&self, owner: &Owner) -> Able<Issuing> {
        let grant = self.grant(owner).await;
        self.change_password(owner).await?;
        Ok(issuing(self.here.issuer.issue(grant).await))
    }

    async fn issue_within(&self, owner: &Owner, session: &Issued) -> Able<Issuing> {
        if !self.here.issuer.capabilities().recorded {
            return Err(Unsupported("the issuer records no sessions"));
        }
        let mut grant = self.grant(owner).await;
        grant.session = Some(SessionRef {
            id: session.id.expect("known in process"),
            generation: grant.generation,
            subject: owner.subject,
        });
        let issued = issuing(self.here.issuer.issue(grant).await);
        Ok(issued.map(|token| self.with_key(session.id, token)))
    }

    async fn refresh_token(&self, owner: &Owner) -> Able<String> {
        let Some(sessions) = &self.here.sessions else {
            return Err(Unsupported("the issuer records no sessions to refresh"));
        };
        let signed_in = sessions.sign_in(self.grant(owner).await).await.expect("sign in");
        Ok(signed_in.refresh.expect("a service that refreshes").expose().to_owned())
    }

    async fn issue_foreign(&self, owner: &Owner) -> Able<Issuing> {
        Ok(issuing(self.foreign.issuer.issue(self.grant(owner).await).await))
    }

    async fn verify_foreign(&self, text: &str, key: Option<&str>) -> Able<Verdict> {
        Ok(self.foreign.verify(text, key).await)
    }

    async fn verify_elsewhere(&self, text: &str, key: Option<&str>) -> Able<Verdict> {
        Ok(self.elsewhere.verify(text, key).await)
    }

    async fn sync_elsewhere(&self) -> Able<()> {
        self.elsewhere.sync().await;
        Ok(())
    }

    async fn lose_touch(&self, lost: bool) -> Able<()> {
        match lost {
            true => self.clock.advance(STALENESS + Duration::from_millis(1)),
            false => self.sync_all().await,
        }
        Ok(())
    }

    async fn fail_store(&self, failing: bool) -> Able<()> {
        self.store.fail_all(failing);
        Ok(())
    }

    async fn fail_entropy(&self, failing: bool) -> Able<u64> {
        self.entropy.fail(failing);
        Ok(self.entropy.refused())
    }

    async fn store_calls(&self) -> Able<u64> {
        Ok(self.store.calls())
    }

    async fn token_rows(&self) -> Able<u64> {
        while self.here.registry.purge(Duration::ZERO, 1000).await.expect("purge") > 0 {}
        self.behind.token_rows().await
    }

    async fn stored_secrets(&self) -> Able<Vec<Vec<u8>>> {
        Ok(self.store.secrets())
    }

    async fn prints(&self, owner: &Owner) -> Able<Prints> {
        let mut grant = self.grant(owner).await;
        let mut printed = vec![format!("{grant:?} {self:?} {:#?}", self.here)];
        let mut canaries = Vec::new();
        let token = match &self.here.sessions {
            Some(sessions) => {
                grant.label = Some("a device".into());
                let signed_in = sessions.sign_in(grant).await.expect("sign in");
                printed.push(format!("{signed_in:?} {signed_in:#?}"));
                canaries.extend(signed_in.refresh.as_ref().map(|refresh| refresh.expose().to_owned()));
                signed_in.token
            }
            None => self.here.issuer.issue(grant).await.expect("issue"),
        };
        let text = token.plain.expose().to_owned();
        let key = token.key.map(|key| key.to_string());
        let altered = format!("{text}x");
        for text in [&text, &altered] {
            let presented = PresentedToken {
                text,
                key: key.as_deref(),
            };
            let verdict = self.here.issuer.verify(&presented).await;
            printed.push(format!("{presented:?} {verdict:?} {verdict:#?}"));
            printed.extend(verdict.err().map(|error| error.to_string()));
        }
        printed.push(format!(
            "{token:?} {token:#?} {:?} {:#?}",
            token.plain,
            token.plain.digest()
        ));
        printed.push(format!("{self:?} {self:#?}"));
        canaries.push(text);
        Ok(Prints { printed, canaries })
    }
}

fn realm() -> Realm {
    Realm::parse("people").expect("the name of a realm")
}

fn scopes(rights: &[String]) -> Scopes {
    rights
        .iter()
        .map(|right| Scope::parse(right).expect("the name of a right"))
        .collect()
}
