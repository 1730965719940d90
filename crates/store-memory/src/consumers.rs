//! The port of organisations, consumers and clients. A client is an account of its organisation's realm: its login is
//! its e-mail, its name an attribute.

use async_trait::async_trait;
use auth_core::{Account, Attributes, NewAccount, Realm, StoreError, Timestamp, TokenDigest};
use consumer_auth::{Client, Consumer, ConsumerStore, NewClient, Organisation};

use crate::MemoryStore;
use crate::state::ConsumerRow;

/// The attribute that holds a client's name.
const NAME: &str = "name";

#[async_trait]
impl ConsumerStore for MemoryStore {
    async fn find(&self, key: &str) -> Result<Option<Consumer>, StoreError> {
        let state = self.state();
        let consumer = state.consumers.get(key).and_then(|row| {
            Some(Consumer {
                key: key.to_owned(),
                token: row.token,
                disabled: row.disabled,
                organisation: state.organisations.get(&row.organisation)?.clone(),
            })
        });
        Ok(consumer)
    }

    async fn find_or_create_client(&self, new: NewClient) -> Result<Client, StoreError> {
        let mut state = self.state();
        let organisation = new.organisation;
        let realm = Realm::of_organisation(organisation);
        let found = state.account_named(&realm, &new.folded);
        let subject = match found.map(|row| row.account.subject) {
            Some(subject) => subject,
            None if state.organisations.contains_key(&organisation) => state.add_account(account_of(new, realm)),
            None => {
                return Err(StoreError::Corrupt(
                    "a client of an organisation that does not exist".into(),
                ));
            }
        };
        let account = state.accounts.get(&subject).map(|row| &row.account);
        account
            .map(|account| client_of(account, organisation))
            .ok_or_else(|| StoreError::Corrupt("a client without an account".into()))
    }

    async fn put_organisation(&self, organisation: &Organisation) -> Result<(), StoreError> {
        let mut state = self.state();
        state.organisations.insert(organisation.id, organisation.clone());
        Ok(())
    }

    async fn put_consumer(
        &self,
        key: &str,
        token: &TokenDigest,
        organisation: i64,
        _now: Timestamp,
    ) -> Result<bool, StoreError> {
        let mut state = self.state();
        let elsewhere = state
            .consumers
            .get(key)
            .is_some_and(|row| row.organisation != organisation);
        if elsewhere || !state.organisations.contains_key(&organisation) {
            return Ok(false);
        }
        let row = ConsumerRow {
            token: *token,
            disabled: false,
            organisation,
        };
        state.consumers.insert(key.to_owned(), row);
        Ok(true)
    }

    async fn set_consumer_disabled(&self, key: &str, disabled: bool) -> Result<bool, StoreError> {
        let mut state = self.state();
        let row = state.consumers.get_mut(key);
        Ok(row.map(|row| row.disabled = disabled).is_some())
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
