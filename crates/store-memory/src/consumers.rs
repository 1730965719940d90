//! The port of organisations, consumers and clients. A client is an account of its organisation's realm: its login is
//! its e-mail, its name an attribute.

use async_trait::async_trait;
use auth_core::{
    Account, Attributes, AuditEvent, NewAccount, Provenance, Realm, StoreError, Subject, Timestamp, TokenDigest,
};
use consumer_auth::{
    Client, ClientsOf, Consumer, ConsumerStore, NewClient, Organisation, PreviousSecret, SecretRotation,
};

use crate::MemoryStore;
use crate::state::{ConsumerRow, State};

/// The attribute that holds a client's name.
const NAME: &str = "name";

#[async_trait]
impl ConsumerStore for MemoryStore {
    async fn find(&self, key: &str) -> Result<Option<Consumer>, StoreError> {
        let state = self.state();
        Ok(state.consumers.get(key).and_then(|row| state.consumer(key, row)))
    }

    async fn find_client(&self, asked: &NewClient) -> Result<Option<Client>, StoreError> {
        let state = self.state();
        if !state.may_vouch(&asked.consumer, asked.organisation) {
            return Ok(None);
        }
        let found = state.account_named(&Realm::of_organisation(asked.organisation), &asked.folded);
        let account = found.map(|row| &row.account);
        let vouched = |account: &&Account| state.vouched.contains(&(asked.consumer.clone(), account.subject));
        Ok(account
            .filter(vouched)
            .map(|account| client_of(account, asked.organisation)))
    }

    async fn find_or_create_client(&self, new: NewClient) -> Result<Option<Client>, StoreError> {
        let mut state = self.state();
        let organisation = new.organisation;
        if !state.may_vouch(&new.consumer, organisation) {
            return Ok(None);
        }
        let (consumer, realm) = (new.consumer.clone(), Realm::of_organisation(organisation));
        let entry = Provenance::current().entry(AuditEvent::ClientVouched, new.created_at);
        let entry = entry.realm(&realm).detail(&consumer);
        let found = state.account_named(&realm, &new.folded);
        let subject = match found.map(|row| row.account.subject) {
            Some(subject) => subject,
            None => state.add_account(account_of(new, realm)),
        };
        if state.vouched.insert((consumer, subject)) {
            state.record(entry.subject(subject));
        }
        let account = state.accounts.get(&subject).map(|row| &row.account);
        let client = account.map(|account| client_of(account, organisation));
        let client = client.ok_or_else(|| StoreError::Corrupt("a client without an account".into()));
        client.map(Some)
    }

    async fn clients(&self, of: &ClientsOf, after: Option<Subject>, limit: u32) -> Result<Vec<Subject>, StoreError> {
        let state = self.state();
        let realm = match of {
            ClientsOf::Organisation(id) => Some(Realm::of_organisation(*id)),
            ClientsOf::Consumer(_) => None,
        };
        let is_wanted = |subject: &Subject| match of {
            ClientsOf::Consumer(key) => state.vouched.contains(&(key.clone(), *subject)),
            ClientsOf::Organisation(_) => {
                let account = state.accounts.get(subject).map(|row| &row.account);
                account.is_some_and(|account| Some(&account.realm) == realm.as_ref())
            }
        };
        let subjects = state.accounts.keys().copied();
        let later = subjects.filter(|subject| after.is_none_or(|after| after < *subject));
        Ok(later.filter(is_wanted).take(limit as usize).collect())
    }

    async fn organisations(&self, after: Option<i64>, limit: u32) -> Result<Vec<Organisation>, StoreError> {
        let state = self.state();
        let later = state
            .organisations
            .values()
            .filter(|one| after.is_none_or(|after| after < one.id));
        Ok(later.take(limit as usize).cloned().collect())
    }

    async fn consumers(&self, after: Option<&str>, limit: u32) -> Result<Vec<Consumer>, StoreError> {
        let state = self.state();
        let later = state
            .consumers
            .iter()
            .filter(|(key, _)| after.is_none_or(|after| after < key.as_str()));
        let consumers = later.filter_map(|(key, row)| state.consumer(key, row));
        Ok(consumers.take(limit as usize).collect())
    }

    async fn create_organisation(&self, organisation: &Organisation) -> Result<bool, StoreError> {
        let mut state = self.state();
        let is_new = !state.organisations.contains_key(&organisation.id);
        if is_new {
            put_organisation(&mut state, organisation);
        }
        Ok(is_new)
    }

    async fn put_organisation(&self, organisation: &Organisation) -> Result<(), StoreError> {
        put_organisation(&mut self.state(), organisation);
        Ok(())
    }

    async fn create_consumer(
        &self,
        key: &str,
        token: &TokenDigest,
        organisation: i64,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let mut state = self.state();
        let may = !state.consumers.contains_key(key);
        Ok(may && put_consumer(&mut state, key, token, organisation, now))
    }

    async fn put_consumer(
        &self,
        key: &str,
        token: &TokenDigest,
        organisation: i64,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let mut state = self.state();
        let there = state.consumers.get(key);
        let may = there.is_none_or(|row| row.organisation == organisation);
        Ok(may && put_consumer(&mut state, key, token, organisation, now))
    }

    async fn rotate_consumer(&self, rotation: &SecretRotation) -> Result<bool, StoreError> {
        let mut state = self.state();
        let row = state.consumers.get_mut(&rotation.key);
        let overlaps = |row: &ConsumerRow| row.previous.is_some_and(|previous| rotation.now < previous.until);
        let Some(row) = row.filter(|row| row.token == rotation.from && !overlaps(row)) else {
            return Ok(false);
        };
        row.previous = Some(PreviousSecret {
            digest: row.token,
            until: rotation.previous_until,
        });
        row.token = rotation.to;
        let entry = Provenance::current().entry(AuditEvent::ConsumerRotated, rotation.now);
        state.record(entry.detail(&rotation.key));
        Ok(true)
    }

    async fn set_consumer_disabled(&self, key: &str, disabled: bool) -> Result<bool, StoreError> {
        let mut state = self.state();
        let Some(row) = state.consumers.get_mut(key) else {
            return Ok(false);
        };
        row.disabled = disabled;
        let event = match disabled {
            true => AuditEvent::ConsumerDisabled,
            false => AuditEvent::ConsumerEnabled,
        };
        state.record(Provenance::current().entry_now(event).detail(key));
        Ok(true)
    }
}

impl State {
    /// A consumer with its organisation.
    fn consumer(&self, key: &str, row: &ConsumerRow) -> Option<Consumer> {
        Some(Consumer {
            key: key.to_owned(),
            token: row.token,
            previous: row.previous,
            disabled: row.disabled,
            organisation: self.organisations.get(&row.organisation)?.clone(),
        })
    }

    /// Whether the consumer is an enabled one of this organisation.
    fn may_vouch(&self, consumer: &str, organisation: i64) -> bool {
        let row = self.consumers.get(consumer);
        row.is_some_and(|row| !row.disabled && row.organisation == organisation)
    }
}

fn account_of(new: NewClient, realm: Realm) -> NewAccount {
    NewAccount {
        subject: None,
        realm,
        login: new.email,
        alias: None,
        role: None,
        attributes: Attributes::from_iter([(NAME.to_owned(), new.name.into())]),
        created_at: new.created_at,
    }
}

fn client_of(account: &Account, organisation: i64) -> Client {
    let name = account.attributes.get(NAME).and_then(|name| name.as_str());
    Client {
        subject: account.subject,
        organisation,
        email: account.login.clone(),
        name: name.unwrap_or_default().to_owned(),
        generation: account.generation,
        disabled: account.disabled,
        created_at: account.created_at,
    }
}

/// False, and nothing is done, if there is no such organisation.
fn put_consumer(state: &mut State, key: &str, token: &TokenDigest, organisation: i64, now: Timestamp) -> bool {
    if !state.organisations.contains_key(&organisation) {
        return false;
    }
    let row = ConsumerRow {
        token: *token,
        previous: None,
        disabled: false,
        organisation,
    };
    state.consumers.insert(key.to_owned(), row);
    let entry = Provenance::current().entry(AuditEvent::ConsumerPut, now);
    state.record(entry.realm(&Realm::of_organisation(organisation)).detail(key));
    true
}

fn put_organisation(state: &mut State, organisation: &Organisation) {
    state.organisations.insert(organisation.id, organisation.clone());
    let entry = Provenance::current().entry_now(AuditEvent::OrganisationPut);
    let entry = entry.realm(&Realm::of_organisation(organisation.id));
    state.record(entry.detail(&organisation.summary()));
}
