//! What can be wrong with accounts, passwords and roles.

use async_trait::async_trait;
use auth_core::{
    Account, AccountStore, Attributes, Demoted, Demotion, DemotionOutcome, FoldedLogin, NamePage, NamedAccount,
    NewAccount, PasswordRecord, PasswordStore, Realm, Scope, Scopes, StoreError, Subject, Timestamp,
};
use permissions::{Role, RoleStore};
use testkit::ManualClock;

use super::{BrokenStore, Flaw};

#[async_trait]
impl AccountStore for BrokenStore {
    async fn find(&self, subject: Subject) -> Result<Option<Account>, StoreError> {
        let mut account = AccountStore::find(&self.inner, subject).await?;
        if self.has(Flaw::FoldsLogins) {
            account
                .iter_mut()
                .for_each(|account| account.login = account.login.to_lowercase());
        }
        let another = self.seen().accounts.first().cloned();
        Ok(account.or(self.has(Flaw::UnknownFindsFirstAccount).then_some(another).flatten()))
    }

    async fn named(&self, page: &NamePage) -> Result<Vec<NamedAccount>, StoreError> {
        let mut asked = page.clone();
        if self.has(Flaw::PagesRepeatTheirLast) {
            // The last name of the page before, without its end, is before that name.
            asked.after = asked.after.map(|mut after| {
                after.pop();
                after
            });
        }
        if self.has(Flaw::BeginningsAreAnywhere) {
            (asked.begins, asked.limit) = (String::new(), u32::MAX);
            let mut named = self.inner.named(&asked).await?;
            named.retain(|one| one.name.contains(&page.begins));
            named.truncate(page.limit as usize);
            return Ok(named);
        }
        self.inner.named(&asked).await
    }

    async fn create(&self, mut new: NewAccount) -> Result<Option<Subject>, StoreError> {
        let taken = self.seen().accounts.iter().any(|account| account.login == new.login);
        if self.has(Flaw::NamesAreGlobal) && taken {
            return Ok(None);
        }
        if self.has(Flaw::NumbersAsItLikes) {
            new.subject = None;
        }
        let created = match AccountStore::create(&self.inner, new.clone()).await? {
            None if self.has(Flaw::AliasesUnchecked) => {
                new.alias = None;
                AccountStore::create(&self.inner, new).await?
            }
            None if self.has(Flaw::NamesAreTakenTwice) => {
                let many = self.seen().accounts.len();
                (new.login, new.alias) = (format!("{} ({many})", new.login), None);
                AccountStore::create(&self.inner, new).await?
            }
            created => created,
        };
        if let Some(subject) = created {
            let account = AccountStore::find(&self.inner, subject).await?;
            self.seen().accounts.extend(account);
        }
        Ok(created)
    }

    async fn set_disabled(&self, subject: Subject, disabled: bool, now: Timestamp) -> Result<bool, StoreError> {
        match self.flaw {
            Flaw::BarsNobody => Ok(AccountStore::find(&self.inner, subject).await?.is_some()),
            Flaw::BarsAnybody => Ok(self.inner.set_disabled(subject, disabled, now).await.is_ok()),
            _ => self.inner.set_disabled(subject, disabled, now).await,
        }
    }

    async fn set_role(&self, subject: Subject, role: Option<&str>, now: Timestamp) -> Result<bool, StoreError> {
        match self.flaw {
            Flaw::RoleStays => Ok(AccountStore::find(&self.inner, subject).await?.is_some()),
            _ => self.inner.set_role(subject, role, now).await,
        }
    }

    async fn demote(&self, demotion: &Demotion) -> Result<DemotionOutcome, StoreError> {
        let once = match self.flaw {
            Flaw::DemotesTheLast => true,
            Flaw::DemotesAfterALook => self.seems_to_leave_another(demotion).await?,
            Flaw::DemotesNobody => return Ok(DemotionOutcome::Last),
            _ => return self.inner.demote(demotion).await,
        };
        if !once {
            return Ok(DemotionOutcome::Last);
        }
        let (subject, now) = (demotion.subject, demotion.now);
        let done = match &demotion.to {
            Demoted::Disabled => self.inner.set_disabled(subject, true, now).await?,
            Demoted::Role(role) => self.inner.set_role(subject, Some(role), now).await?,
        };
        Ok(match done {
            true => DemotionOutcome::Done,
            false => DemotionOutcome::Unknown,
        })
    }

    async fn set_attributes(&self, subject: Subject, attributes: &Attributes) -> Result<bool, StoreError> {
        let mut all = attributes.clone();
        if self.has(Flaw::AttributesAreAdded) {
            let account = AccountStore::find(&self.inner, subject).await?;
            all.extend(account.into_iter().flat_map(|account| account.attributes));
        }
        self.inner.set_attributes(subject, &all).await
    }
}

#[async_trait]
impl PasswordStore for BrokenStore {
    async fn find(&self, realm: &Realm, login: &FoldedLogin) -> Result<Option<PasswordRecord>, StoreError> {
        let credential = PasswordStore::find(&self.inner, realm, login).await?;
        let by_login =
            |credential: &PasswordRecord| FoldedLogin::parse(&credential.account.login).as_ref() == Ok(login);
        Ok(credential.filter(|credential| !self.has(Flaw::FindsByLoginOnly) || by_login(credential)))
    }

    async fn set(&self, subject: Subject, hash: &str, end_sessions: bool, now: Timestamp) -> Result<bool, StoreError> {
        hash.clone_into(&mut self.seen().password);
        self.seen().first_password.get_or_insert_with(|| hash.to_owned());
        let hash = if self.has(Flaw::TrimsHashes) { hash.trim() } else { hash };
        let end_sessions = self.ends_sessions(end_sessions);
        let set = PasswordStore::set(&self.inner, subject, hash, end_sessions, now).await?;
        Ok(set || self.has(Flaw::AnybodyHasAPassword))
    }

    async fn change(
        &self,
        subject: Subject,
        old: &str,
        new: &str,
        end_sessions: bool,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let end_sessions = self.ends_sessions(end_sessions);
        match self.flaw {
            Flaw::ChangesBlindly => PasswordStore::set(&self.inner, subject, new, end_sessions, now).await,
            Flaw::ChangesAfterALook => {
                let unchanged = self.seen().first_password.as_deref() == Some(old);
                Ok(unchanged && PasswordStore::set(&self.inner, subject, new, end_sessions, now).await?)
            }
            _ => self.inner.change(subject, old, new, end_sessions, now).await,
        }
    }

    async fn upgrade(&self, subject: Subject, old: &str, new: &str) -> Result<bool, StoreError> {
        let now = ManualClock::START;
        match self.flaw {
            Flaw::UpgradesBlindly => PasswordStore::set(&self.inner, subject, new, false, now).await,
            Flaw::UpgradesEndSessions => PasswordStore::set(&self.inner, subject, new, true, now).await,
            _ => self.inner.upgrade(subject, old, new).await,
        }
    }
}

impl BrokenStore {
    /// By the accounts as they were created, so that it goes wrong whichever of several callers runs first.
    async fn seems_to_leave_another(&self, demotion: &Demotion) -> Result<bool, StoreError> {
        let account = AccountStore::find(&self.inner, demotion.subject).await?;
        let created = self.seen().accounts.clone();
        let is_left = created.iter().any(|other| demotion.is_left_with(other));
        Ok(is_left || !account.is_some_and(|account| demotion.ends_the_role_of(&account)))
    }

    fn ends_sessions(&self, asked: bool) -> bool {
        match self.flaw {
            Flaw::PasswordsEndNothing => false,
            Flaw::PasswordsEndAlways => true,
            _ => asked,
        }
    }
}

#[async_trait]
impl RoleStore for BrokenStore {
    async fn permissions_of(&self, realm: &Realm, role: &str) -> Result<Scopes, StoreError> {
        let realm = match self.flaw {
            Flaw::RolesOfAllRealms => Realm::from_stored("all"),
            _ => realm.clone(),
        };
        let scopes = self.inner.permissions_of(&realm, role).await?;
        let last_put = self.seen().put.get(&(realm, role.to_owned())).cloned();
        match self.flaw {
            Flaw::SortsPermissions => Ok(sorted(&scopes)),
            Flaw::DamagedRolesGive if scopes.is_empty() => Ok(last_put.unwrap_or_default()),
            _ => Ok(scopes),
        }
    }

    async fn find(&self, realm: &Realm, role: &str) -> Result<Option<Role>, StoreError> {
        let found = RoleStore::find(&self.inner, realm, role).await?;
        Ok(found.map(|role| match self.flaw {
            Flaw::SortsPermissions => Role {
                permissions: sorted(&role.permissions),
                ..role
            },
            _ => role,
        }))
    }

    async fn roles(&self, realm: Option<&Realm>) -> Result<Vec<Role>, StoreError> {
        match self.flaw {
            Flaw::ListsRolesOfAllRealms => self.inner.roles(None).await,
            _ => self.inner.roles(realm).await,
        }
    }

    async fn create(&self, role: &Role, now: Timestamp) -> Result<bool, StoreError> {
        match self.flaw {
            Flaw::NewRolesReplace => self.put(role, now).await.map(|()| true),
            _ => RoleStore::create(&self.inner, role, now).await,
        }
    }

    async fn put(&self, role: &Role, now: Timestamp) -> Result<(), StoreError> {
        let mut role = role.clone();
        if self.has(Flaw::RolesOfAllRealms) {
            role.realm = Realm::from_stored("all");
        }
        let name = (role.realm.clone(), role.name.as_str().to_owned());
        self.seen().put.insert(name, role.permissions.clone());
        self.inner.put(&role, now).await
    }
}

fn sorted(scopes: &Scopes) -> Scopes {
    let mut sorted: Vec<Scope> = scopes.iter().cloned().collect();
    sorted.sort();
    sorted.into_iter().collect()
}
