//! The port of accounts.

use async_trait::async_trait;
use auth_core::{Account, AccountStore, Attributes, Change, NewAccount, StoreError, Subject, Timestamp};

use crate::MemoryStore;
use crate::state::folded_names;

#[async_trait]
impl AccountStore for MemoryStore {
    async fn find(&self, subject: Subject) -> Result<Option<Account>, StoreError> {
        let state = self.state();
        Ok(state.accounts.get(&subject).map(|row| row.account.clone()))
    }

    async fn create(&self, new: NewAccount) -> Result<Option<Subject>, StoreError> {
        let mut state = self.state();
        let number_taken = new.subject.is_some_and(|subject| state.accounts.contains_key(&subject));
        let names = folded_names(&new.login, new.alias.as_deref());
        let name_taken = names.iter().any(|name| state.account_named(&new.realm, name).is_some());
        match number_taken || name_taken {
            true => Ok(None),
            false => Ok(Some(state.add_account(new))),
        }
    }

    async fn set_disabled(&self, subject: Subject, disabled: bool, now: Timestamp) -> Result<bool, StoreError> {
        let mut state = self.state();
        let Some(row) = state.accounts.get_mut(&subject) else {
            return Ok(false);
        };
        row.account.disabled = disabled;
        if disabled {
            state.supersede(subject, now);
        }
        Ok(true)
    }

    async fn set_role(&self, subject: Subject, role: Option<&str>, now: Timestamp) -> Result<bool, StoreError> {
        let mut state = self.state();
        let Some(row) = state.accounts.get_mut(&subject) else {
            return Ok(false);
        };
        row.account.role = role.map(str::to_owned);
        state.publish_change_for_a_day(Change::SubjectRights(subject), now);
        Ok(true)
    }

    async fn set_attributes(&self, subject: Subject, attributes: &Attributes) -> Result<bool, StoreError> {
        let mut state = self.state();
        let row = state.accounts.get_mut(&subject);
        Ok(row.map(|row| row.account.attributes = attributes.clone()).is_some())
    }
}
