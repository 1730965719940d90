//! Acts on operators.

use std::net::IpAddr;

use auth_core::{
    Account, Attributes, Demoted, Demotion, DemotionOutcome, NameKind, NamePage, NewAccount, PasswordAuthenticator,
    PasswordChange, PasswordSetter, Timestamp,
};
use secrecy::SecretString;

use super::patience::patiently;
use super::{Refusal, account, refuse};
use crate::operators::{OperatorRole, realm};
use crate::parts::Stores;

/// How many operators are read at once.
const PAGE: u32 = 500;

/// Whether the last enabled owner may be disabled or get another role.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LastOwner {
    /// It is refused.
    Stays,
    /// It is meant.
    MayGo,
}

/// Creates an operator.
pub async fn add(
    stores: &Stores,
    setter: &PasswordSetter,
    (login, role): (&str, OperatorRole),
    password: &SecretString,
    (now, source): (Timestamp, IpAddr),
) -> anyhow::Result<Account> {
    account::check_name(login)?;
    let new = NewAccount {
        subject: None,
        realm: realm(),
        login: login.trim().to_owned(),
        alias: None,
        role: Some(role.as_str().to_owned()),
        attributes: Attributes::new(),
        created_at: now,
    };
    account::create(stores, setter, new, password, source).await
}

/// The operator with this login name.
pub async fn find(stores: &Stores, login: &str) -> anyhow::Result<Account> {
    let found = stores.passwords.find(&realm(), &account::check_name(login)?).await?;
    let none = || {
        Refusal::new(format!(
            "there is no operator {login:?}: `tessera operator list` shows them"
        ))
    };
    Ok(found.ok_or_else(none)?.account)
}

/// All operators, in the order of their names.
pub async fn all(stores: &Stores) -> anyhow::Result<Vec<Account>> {
    let mut page = NamePage {
        realm: realm(),
        kind: NameKind::Login,
        begins: String::new(),
        after: None,
        limit: PAGE,
    };
    let mut operators = Vec::new();
    loop {
        let read = stores.accounts.named(&page).await?;
        page.after = read.last().map(|last| last.name.clone());
        operators.extend(read.into_iter().map(|one| one.account));
        if page.after.is_none() {
            return Ok(operators);
        }
    }
}

/// Gives an operator another role.
pub async fn set_role(
    stores: &Stores,
    operator: &Account,
    role: OperatorRole,
    last: LastOwner,
    now: Timestamp,
) -> anyhow::Result<()> {
    match (role, last) {
        (OperatorRole::Owner, _) | (_, LastOwner::MayGo) => {
            account::set_role(stores, operator, Some(role.as_str()), now).await
        }
        (_, LastOwner::Stays) => demote(stores, operator, Demoted::Role(role.as_str().to_owned()), now).await,
    }
}

/// Sets an operator's password, and ends the operator's sessions.
pub async fn set_password(
    setter: &PasswordSetter,
    operator: &Account,
    password: &SecretString,
    source: IpAddr,
) -> anyhow::Result<()> {
    account::set_password(setter, operator, password, true, source).await
}

/// A password that takes the place of another.
#[derive(Debug)]
pub struct OwnPassword {
    pub old: SecretString,
    pub new: SecretString,
}

/// Replaces the password of an operator who knows the old one, and ends all sessions of the operator. The old one is throttled as in a
/// sign-in from `source`.
pub async fn change_own_password(
    setter: &PasswordSetter,
    passwords: &PasswordAuthenticator,
    (operator, source): (&Account, IpAddr),
    OwnPassword { old, new }: &OwnPassword,
) -> anyhow::Result<()> {
    let change = PasswordChange {
        realm: &operator.realm,
        login: &operator.login,
        old,
        new,
        end_sessions: true,
        source,
    };
    Ok(patiently(async || setter.change(passwords, &change).await).await?)
}

/// Disables or enables an operator. Disabling ends the operator's sessions.
pub async fn set_disabled(
    stores: &Stores,
    operator: &Account,
    disabled: bool,
    last: LastOwner,
    now: Timestamp,
) -> anyhow::Result<()> {
    match (disabled, last) {
        (true, LastOwner::Stays) => demote(stores, operator, Demoted::Disabled, now).await,
        _ => account::set_disabled(stores, operator, disabled, now).await,
    }
}

/// Without an owner nobody could make another in the console. It is checked in the transaction of the change: of two owners who
/// demote each other at the same moment, one is refused.
async fn demote(stores: &Stores, operator: &Account, to: Demoted, now: Timestamp) -> anyhow::Result<()> {
    let demotion = Demotion {
        subject: operator.subject,
        to,
        keeps: OperatorRole::Owner.as_str().to_owned(),
        now,
    };
    match patiently(async || stores.accounts.demote(&demotion).await).await? {
        DemotionOutcome::Done => Ok(()),
        DemotionOutcome::Last => refuse!(
            "{} is the last enabled owner: make another one first, or use `tessera operator` with --yes", operator.login;
            in page "Operator {} is the last enabled owner. Make another one first.", operator.login
        ),
        DemotionOutcome::Unknown => refuse!("operator {} has been deleted in the meantime", operator.login),
    }
}
