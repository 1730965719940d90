//! The port of accounts.

use std::fmt;

use async_trait::async_trait;

use super::account::{Account, Attributes, NewAccount, Realm, Subject};
use super::clock::Timestamp;
use super::error::StoreError;

/// Which of an account's two names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameKind {
    /// Its login name.
    Login,
    /// Its alias.
    Alias,
}

/// A page of one realm's accounts, in the order of one of their names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamePage {
    /// The realm.
    pub realm: Realm,
    /// The names that are compared and that give the order.
    pub kind: NameKind,
    /// What a name begins with, folded; an empty text: any name.
    pub begins: String,
    /// The last name of the page before.
    pub after: Option<String>,
    /// The most accounts.
    pub limit: u32,
}

impl NamePage {
    /// The names that can be on it: from the first text to before the second one. No folded name has U+0001, which is a control
    /// character, or U+10FFFF, which is not assigned.
    pub fn bounds(&self) -> (String, String) {
        let after = self.after.as_ref().map(|after| format!("{after}\u{1}"));
        let from = after.filter(|after| *after > self.begins);
        (
            from.unwrap_or_else(|| self.begins.clone()),
            format!("{}\u{10ffff}", self.begins),
        )
    }
}

/// What an account loses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Demoted {
    /// It is disabled.
    Disabled,
    /// It gets this role instead.
    Role(String),
}

/// A change of an account after which its realm must have another enabled account with a certain role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Demotion {
    /// The account.
    pub subject: Subject,
    /// What becomes of it.
    pub to: Demoted,
    /// The role that an enabled account of the realm must have afterwards, if this one has it now.
    pub keeps: String,
    /// The time.
    pub now: Timestamp,
}

impl Demotion {
    /// Whether this account, the one that is meant, has the role now and loses it.
    pub fn ends_the_role_of(&self, account: &Account) -> bool {
        let stays = matches!(&self.to, Demoted::Role(role) if *role == self.keeps);
        self.counts(account) && !stays
    }

    /// Whether this account of the realm is another one that has the role.
    pub fn is_left_with(&self, other: &Account) -> bool {
        other.subject != self.subject && self.counts(other)
    }

    fn counts(&self, account: &Account) -> bool {
        !account.disabled && account.role.as_ref() == Some(&self.keeps)
    }
}

/// What came of a [`Demotion`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DemotionOutcome {
    /// It is done.
    Done,
    /// Refused: no other enabled account of the realm has the role. Nothing has changed.
    Last,
    /// There is no such account.
    Unknown,
}

/// An account, and the name by which it is on a [`NamePage`].
#[derive(Clone, Debug, PartialEq)]
pub struct NamedAccount {
    /// The name in the form in which names are compared.
    pub name: String,
    /// The account.
    pub account: Account,
}

/// Accounts and clients. Each method is one atomic operation.
#[async_trait]
pub trait AccountStore: fmt::Debug + Send + Sync + 'static {
    /// The account with this number.
    ///
    /// # Errors
    /// When the store fails.
    async fn find(&self, subject: Subject) -> Result<Option<Account>, StoreError>;

    /// A page of accounts, in the order of their folded names byte by byte. An account whose name of this kind is absent, or
    /// cannot be signed in with, is on none. What it costs does not depend on how many accounts there are.
    ///
    /// # Errors
    /// When the store fails.
    async fn named(&self, page: &NamePage) -> Result<Vec<NamedAccount>, StoreError>;

    /// Creates an account. `Ok(None)` when its realm already has the login or the alias, as either, or the number is
    /// taken; nothing is created then.
    ///
    /// # Errors
    /// When the store fails. With [`StoreError::OutcomeUnknown`] the account may have been created.
    async fn create(&self, new: NewAccount) -> Result<Option<Subject>, StoreError>;

    /// Disables or enables an account. Disabling starts a new generation and publishes it in the feed, in one operation:
    /// tokens that it had stay revoked when it is enabled again. `Ok(false)` if there is no such account.
    ///
    /// # Errors
    /// When the store fails; nothing has changed.
    async fn set_disabled(&self, subject: Subject, disabled: bool, now: Timestamp) -> Result<bool, StoreError>;

    /// Gives an account another role (of its realm) or none, and publishes that in the feed, in one operation. `Ok(false)` if
    /// there is no such account.
    ///
    /// # Errors
    /// When the store fails; nothing has changed.
    async fn set_role(&self, subject: Subject, role: Option<&str>, now: Timestamp) -> Result<bool, StoreError>;

    /// Does what [`set_disabled`](Self::set_disabled) or [`set_role`](Self::set_role) does, unless the realm would be left without
    /// an enabled account that has a role. For a realm of few accounts: they may all be read.
    ///
    /// # Errors
    /// When the store fails; nothing has changed.
    ///
    /// # Security
    /// One operation: of two accounts that are demoted at the same moment, the last one is refused.
    async fn demote(&self, demotion: &Demotion) -> Result<DemotionOutcome, StoreError>;

    /// Replaces the attributes of an account, all of them. Its tokens are not affected: no token carries attributes. `Ok(false)` if there is no such account.
    ///
    /// # Errors
    /// When the store fails; nothing has changed.
    async fn set_attributes(&self, subject: Subject, attributes: &Attributes) -> Result<bool, StoreError>;
}
