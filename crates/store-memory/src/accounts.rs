//! The port of accounts.

use async_trait::async_trait;
use auth_core::{
    Account, AccountStore, Attributes, AuditEvent, Change, Demoted, Demotion, DemotionOutcome, FoldedLogin, NameKind,
    NamePage, NamedAccount, NewAccount, Provenance, StoreError, Subject, Timestamp,
};

use crate::MemoryStore;
use crate::state::{State, folded_names};

#[async_trait]
impl AccountStore for MemoryStore {
    async fn find(&self, subject: Subject) -> Result<Option<Account>, StoreError> {
        let state = self.state();
        Ok(state.accounts.get(&subject).map(|row| row.account.clone()))
    }

    async fn named(&self, page: &NamePage) -> Result<Vec<NamedAccount>, StoreError> {
        let (from, until) = page.bounds();
        let state = self.state();
        let accounts = state.accounts.values().map(|row| &row.account);
        let accounts = accounts.filter(|account| account.realm == page.realm);
        let named = accounts.filter_map(|account| {
            let name = match page.kind {
                NameKind::Login => Some(&account.login),
                NameKind::Alias => account.alias.as_ref(),
            };
            let name = FoldedLogin::parse(name?).ok()?.as_str().to_owned();
            let account = account.clone();
            (from <= name && name < until).then_some(NamedAccount { name, account })
        });
        let mut named: Vec<_> = named.collect();
        named.sort_by(|a, b| a.name.cmp(&b.name));
        named.truncate(page.limit as usize);
        Ok(named)
    }

    async fn create(&self, new: NewAccount) -> Result<Option<Subject>, StoreError> {
        let mut state = self.state();
        let number_taken = new.subject.is_some_and(|subject| state.accounts.contains_key(&subject));
        let names = folded_names(&new.login, new.alias.as_deref());
        let name_taken = names.iter().any(|name| state.account_named(&new.realm, name).is_some());
        if number_taken || name_taken {
            return Ok(None);
        }
        let entry = Provenance::current().entry(AuditEvent::AccountCreated, new.created_at);
        let entry = entry.realm(&new.realm).detail(&new.summary());
        let subject = state.add_account(new);
        state.record(entry.subject(subject));
        Ok(Some(subject))
    }

    async fn set_disabled(&self, subject: Subject, disabled: bool, now: Timestamp) -> Result<bool, StoreError> {
        Ok(set_disabled(&mut self.state(), subject, disabled, now))
    }

    async fn set_role(&self, subject: Subject, role: Option<&str>, now: Timestamp) -> Result<bool, StoreError> {
        Ok(set_role(&mut self.state(), subject, role, now))
    }

    async fn demote(&self, demotion: &Demotion) -> Result<DemotionOutcome, StoreError> {
        let mut state = self.state();
        let Some(row) = state.accounts.get(&demotion.subject) else {
            return Ok(DemotionOutcome::Unknown);
        };
        let of_realm = state.accounts.values().map(|other| &other.account);
        let mut others = of_realm.filter(|other| other.realm == row.account.realm);
        if demotion.ends_the_role_of(&row.account) && !others.any(|other| demotion.is_left_with(other)) {
            return Ok(DemotionOutcome::Last);
        }
        match &demotion.to {
            Demoted::Disabled => set_disabled(&mut state, demotion.subject, true, demotion.now),
            Demoted::Role(role) => set_role(&mut state, demotion.subject, Some(role), demotion.now),
        };
        Ok(DemotionOutcome::Done)
    }

    async fn set_attributes(&self, subject: Subject, attributes: &Attributes) -> Result<bool, StoreError> {
        let mut state = self.state();
        let Some(row) = state.accounts.get_mut(&subject) else {
            return Ok(false);
        };
        row.account.attributes = attributes.clone();
        let entry = Provenance::current().entry_now(AuditEvent::AccountAttributesSet);
        state.record(entry.subject(subject));
        Ok(true)
    }
}

fn set_disabled(state: &mut State, subject: Subject, disabled: bool, now: Timestamp) -> bool {
    let Some(row) = state.accounts.get_mut(&subject) else {
        return false;
    };
    row.account.disabled = disabled;
    if disabled {
        state.supersede(subject, now);
    }
    let event = match disabled {
        true => AuditEvent::AccountDisabled,
        false => AuditEvent::AccountEnabled,
    };
    state.record(Provenance::current().entry(event, now).subject(subject));
    true
}

fn set_role(state: &mut State, subject: Subject, role: Option<&str>, now: Timestamp) -> bool {
    let Some(row) = state.accounts.get_mut(&subject) else {
        return false;
    };
    row.account.role = role.map(str::to_owned);
    state.publish_change_for_a_day(Change::SubjectRights(subject), now);
    let entry = Provenance::current().entry(AuditEvent::AccountRoleSet, now);
    state.record(entry.subject(subject).detail(role.unwrap_or_default()));
    true
}
