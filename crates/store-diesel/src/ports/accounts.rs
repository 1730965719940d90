//! The port of accounts.

use async_trait::async_trait;
use auth_core::{
    Account, AccountStore, Attributes, AuditEvent, Change, Demoted, Demotion, DemotionOutcome, NameKind, NamePage,
    NamedAccount, NewAccount, Provenance, Realm, StoreError, Subject, Timestamp,
};
use diesel::dsl::exists;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use futures_util::FutureExt;

use super::backend::{Connection, Db};
use super::{audit, differences, feed};
use crate::error::Outcome;
use crate::notices::Topic;
use crate::rows::{AccountRow, NewAccountRow, attributes_text};
use crate::schema::accounts;

/// How many numbers are tried for an account that leaves the choice to the store. A number can be taken by an account
/// whose maker chose it.
const NUMBERS_TRIED: usize = 10;

/// How many accounts are read at once to find one that has a role.
const READ_AT_ONCE: u32 = 500;

#[async_trait]
impl AccountStore for Db {
    async fn find(&self, subject: Subject) -> Result<Option<Account>, StoreError> {
        self.read(subject, |conn, subject| find(conn, *subject).boxed()).await
    }

    async fn named(&self, page: &NamePage) -> Result<Vec<NamedAccount>, StoreError> {
        self.read(page.clone(), |conn, page| named(conn, page).boxed()).await
    }

    async fn create(&self, new: NewAccount) -> Result<Option<Subject>, StoreError> {
        self.write((new, Provenance::current()), |conn, (new, by)| {
            create(conn, new, by).boxed()
        })
        .await
    }

    async fn set_disabled(&self, subject: Subject, disabled: bool, now: Timestamp) -> Result<bool, StoreError> {
        let by = Provenance::current();
        self.publish(
            Topic::Feed,
            (subject, disabled, now, by),
            |conn, (subject, disabled, now, by)| set_disabled(conn, *subject, *disabled, *now, by).boxed(),
        )
        .await
    }

    async fn set_role(&self, subject: Subject, role: Option<&str>, now: Timestamp) -> Result<bool, StoreError> {
        let asked = (subject, role.map(str::to_owned), now, Provenance::current());
        self.publish(Topic::Feed, asked, |conn, (subject, role, now, by)| {
            set_role(conn, *subject, role.as_deref(), *now, by).boxed()
        })
        .await
    }

    async fn demote(&self, demotion: &Demotion) -> Result<DemotionOutcome, StoreError> {
        let asked = (demotion.clone(), Provenance::current());
        self.publish(Topic::Feed, asked, |conn, (demotion, by)| {
            demote(conn, demotion, by).boxed()
        })
        .await
    }

    async fn set_attributes(&self, subject: Subject, attributes: &Attributes) -> Result<bool, StoreError> {
        let by = Provenance::current();
        self.write((subject, attributes.clone(), by), |conn, (subject, attributes, by)| {
            set_attributes(conn, *subject, attributes, by).boxed()
        })
        .await
    }
}

async fn find(conn: &mut Connection, subject: Subject) -> Outcome<Option<Account>> {
    let row = accounts::table.find(subject.0).select(AccountRow::as_select());
    let row = row.first(conn).await.optional()?;
    row.map(AccountRow::into_account).transpose()
}

/// One range of one of the two indexes of names.
async fn named(conn: &mut Connection, page: &NamePage) -> Outcome<Vec<NamedAccount>> {
    let (from, until) = page.bounds();
    let of_realm = accounts::table.filter(accounts::realm.eq(page.realm.as_str()));
    let rows: Vec<(Option<String>, AccountRow)> = match page.kind {
        NameKind::Login => {
            let range = accounts::login_folded.ge(from).and(accounts::login_folded.lt(until));
            let rows = of_realm.filter(range).order(accounts::login_folded);
            let rows = rows.select((accounts::login_folded, AccountRow::as_select()));
            rows.limit(page.limit.into()).load(conn).await?
        }
        NameKind::Alias => {
            let range = accounts::alias_folded.ge(from).and(accounts::alias_folded.lt(until));
            let rows = of_realm.filter(range).order(accounts::alias_folded);
            let rows = rows.select((accounts::alias_folded, AccountRow::as_select()));
            rows.limit(page.limit.into()).load(conn).await?
        }
    };
    let named = rows.into_iter().filter_map(|(name, row)| Some((name?, row)));
    named
        .map(|(name, row)| {
            let account = row.into_account()?;
            Ok(NamedAccount { name, account })
        })
        .collect()
}

async fn create(conn: &mut Connection, new: &NewAccount, by: &Provenance) -> Outcome<Option<Subject>> {
    let created = insert_named(conn, new).await?;
    if let Some(subject) = created {
        let entry = by.entry(AuditEvent::AccountCreated, new.created_at);
        audit::write(conn, &entry.subject(subject).realm(&new.realm).detail(&new.summary())).await?;
    }
    Ok(created)
}

/// Adds an account, unless one of its names or its number is taken.
pub(super) async fn insert_named(conn: &mut Connection, new: &NewAccount) -> Outcome<Option<Subject>> {
    differences::hold_names(conn, &new.realm).await?;
    if is_named(conn, &new.realm, NewAccountRow::from(new).names()).await? {
        return Ok(None);
    }
    let tries = if new.subject.is_some() { 1 } else { NUMBERS_TRIED };
    for _ in 0..tries {
        let id: Option<i64> = diesel::insert_into(accounts::table)
            .values(NewAccountRow::from(new))
            .on_conflict_do_nothing()
            .returning(accounts::id)
            .get_result(conn)
            .await
            .optional()?;
        if let (Some(_), Some(chosen)) = (id, new.subject) {
            differences::advance_id_sequence(conn, chosen).await?;
        }
        if let Some(id) = id {
            return Ok(Some(Subject(id)));
        }
    }
    Ok(None)
}

/// Whether an account of this realm has one of these names, as login or as alias. Two searches, each in its own index: of
/// one with an `OR`, PostgreSQL may expect to meet a row soon in the order of the table, and reads all of it where there is none.
async fn is_named(conn: &mut Connection, realm: &Realm, names: Vec<String>) -> Outcome<bool> {
    let of_realm = || accounts::table.filter(accounts::realm.eq(realm.as_str().to_owned()));
    let login = of_realm().filter(accounts::login_folded.eq_any(names.clone()));
    let alias = of_realm().filter(accounts::alias_folded.eq_any(names));
    Ok(diesel::select(exists(login).or(exists(alias))).get_result(conn).await?)
}

async fn set_disabled(
    conn: &mut Connection,
    subject: Subject,
    disabled: bool,
    now: Timestamp,
    by: &Provenance,
) -> Outcome<bool> {
    if disabled && !feed::supersede(conn, subject, now).await? {
        return Ok(false);
    }
    let disabled_at = disabled.then_some(now.as_millis());
    let row = diesel::update(accounts::table.find(subject.0)).set(accounts::disabled_at.eq(disabled_at));
    let event = match disabled {
        true => AuditEvent::AccountDisabled,
        false => AuditEvent::AccountEnabled,
    };
    let changed = row.execute(conn).await? == 1;
    if changed {
        audit::write(conn, &by.entry(event, now).subject(subject)).await?;
    }
    Ok(changed)
}

async fn set_role(
    conn: &mut Connection,
    subject: Subject,
    role: Option<&str>,
    now: Timestamp,
    by: &Provenance,
) -> Outcome<bool> {
    let row = diesel::update(accounts::table.find(subject.0)).set(accounts::role.eq(role));
    if row.execute(conn).await? == 0 {
        return Ok(false);
    }
    let entry = by.entry(AuditEvent::AccountRoleSet, now).subject(subject);
    audit::write(conn, &entry.detail(role.unwrap_or_default())).await?;
    feed::publish_change_for_a_day(conn, Change::SubjectRights(subject), now).await?;
    Ok(true)
}

/// Whoever demotes in the same realm waits here, and then reads what this transaction has written.
async fn demote(conn: &mut Connection, demotion: &Demotion, by: &Provenance) -> Outcome<DemotionOutcome> {
    let Some(account) = find(conn, demotion.subject).await? else {
        return Ok(DemotionOutcome::Unknown);
    };
    differences::hold_names(conn, &account.realm).await?;
    let account = find(conn, demotion.subject).await?;
    let last = match &account {
        Some(account) if demotion.ends_the_role_of(account) => !is_another_left(conn, &account.realm, demotion).await?,
        _ => false,
    };
    if last {
        return Ok(DemotionOutcome::Last);
    }
    let (subject, now) = (demotion.subject, demotion.now);
    let changed = match &demotion.to {
        Demoted::Disabled => set_disabled(conn, subject, true, now, by).await?,
        Demoted::Role(role) => set_role(conn, subject, Some(role), now, by).await?,
    };
    Ok(match changed {
        true => DemotionOutcome::Done,
        false => DemotionOutcome::Unknown,
    })
}

async fn is_another_left(conn: &mut Connection, realm: &Realm, demotion: &Demotion) -> Outcome<bool> {
    let mut page = NamePage {
        realm: realm.clone(),
        kind: NameKind::Login,
        begins: String::new(),
        after: None,
        limit: READ_AT_ONCE,
    };
    loop {
        let read = named(conn, &page).await?;
        if read.iter().any(|one| demotion.is_left_with(&one.account)) {
            return Ok(true);
        }
        page.after = read.last().map(|last| last.name.clone());
        if page.after.is_none() {
            return Ok(false);
        }
    }
}

async fn set_attributes(
    conn: &mut Connection,
    subject: Subject,
    attributes: &Attributes,
    by: &Provenance,
) -> Outcome<bool> {
    let text = attributes_text(attributes);
    let row = diesel::update(accounts::table.find(subject.0)).set(accounts::attributes.eq(text));
    let changed = row.execute(conn).await? == 1;
    if changed {
        let entry = by.entry_now(AuditEvent::AccountAttributesSet);
        audit::write(conn, &entry.subject(subject)).await?;
    }
    Ok(changed)
}
