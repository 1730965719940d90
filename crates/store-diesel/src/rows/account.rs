//! Rows of accounts and clients.

use auth_core::{Account, Attributes, FoldedLogin, Generation, NewAccount, Realm, Subject, Timestamp};
use consumer_auth::Client;
use diesel::prelude::*;

use crate::error::{DbError, Outcome};
use crate::schema::accounts;

/// The attribute that holds a client's name.
pub(crate) const CLIENT_NAME: &str = "name";

/// An account as read.
#[derive(Queryable, Selectable)]
#[diesel(table_name = accounts)]
pub(crate) struct AccountRow {
    id: i64,
    realm: String,
    login: String,
    alias: Option<String>,
    role: Option<String>,
    generation: i64,
    disabled_at: Option<i64>,
    attributes: String,
    created_at: i64,
}

impl AccountRow {
    pub(crate) fn into_account(self) -> Outcome<Account> {
        let attributes: Result<Attributes, _> = serde_json::from_str(&self.attributes);
        Ok(Account {
            subject: Subject(self.id),
            realm: Realm::from_stored(&self.realm),
            login: self.login,
            alias: self.alias,
            role: self.role,
            generation: Generation(self.generation),
            disabled: self.disabled_at.is_some(),
            attributes: attributes.map_err(|_| DbError::Corrupt("an account's attributes are no object"))?,
            created_at: Timestamp::from_millis(self.created_at),
        })
    }

    pub(crate) fn id(&self) -> i64 {
        self.id
    }

    pub(crate) fn into_client(self, organisation: i64) -> Outcome<Client> {
        let account = self.into_account()?;
        let name = account.attributes.get(CLIENT_NAME).and_then(|name| name.as_str());
        Ok(Client {
            organisation,
            name: name.unwrap_or_default().to_owned(),
            subject: account.subject,
            email: account.login,
            generation: account.generation,
            disabled: account.disabled,
            created_at: account.created_at,
        })
    }
}

/// An account as written.
#[derive(Insertable)]
#[diesel(table_name = accounts)]
pub(crate) struct NewAccountRow {
    id: Option<i64>,
    realm: String,
    login: String,
    login_folded: Option<String>,
    alias: Option<String>,
    alias_folded: Option<String>,
    role: Option<String>,
    attributes: String,
    created_at: i64,
}

impl From<&NewAccount> for NewAccountRow {
    fn from(new: &NewAccount) -> Self {
        Self {
            id: new.subject.map(|subject| subject.0),
            realm: new.realm.as_str().to_owned(),
            login: new.login.clone(),
            login_folded: folded(&new.login),
            alias: new.alias.clone(),
            alias_folded: new.alias.as_deref().and_then(folded),
            role: new.role.clone(),
            attributes: attributes_text(&new.attributes),
            created_at: new.created_at.as_millis(),
        }
    }
}

impl NewAccountRow {
    /// The names it will sign in with, folded. A name that cannot be typed cannot be used to sign in.
    pub(crate) fn names(&self) -> Vec<String> {
        [&self.login_folded, &self.alias_folded]
            .into_iter()
            .flatten()
            .cloned()
            .collect()
    }
}

/// Attributes as they are stored.
pub(crate) fn attributes_text(attributes: &Attributes) -> String {
    serde_json::Value::Object(attributes.clone()).to_string()
}

fn folded(name: &str) -> Option<String> {
    FoldedLogin::parse(name).ok().map(|folded| folded.as_str().to_owned())
}
