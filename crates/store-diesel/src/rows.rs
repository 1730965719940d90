//! Rows, and what the ports make of them. The same for both databases.

use auth_core::{
    Account, Attributes, Change, FeedEntry, FoldedLogin, Generation, NewAccount, Realm, RefreshState, Scopes, Selector,
    Subject, Timestamp, TokenDigest, TokenId, TokenRecord, TokenSummary,
};
use consumer_auth::{Client, Consumer, Organisation};
use diesel::prelude::*;
use permissions::read_list;

use crate::error::{Fault, Outcome};
use crate::schema::{accounts, consumers, feed, organisations, tokens};

/// A token as read.
#[derive(Queryable, Selectable)]
#[diesel(table_name = tokens)]
pub(crate) struct TokenRow {
    id: i64,
    parent: Option<i64>,
    flavour: String,
    realm: String,
    subject: i64,
    generation: i64,
    scopes: String,
    digest: Option<Vec<u8>>,
    salt: Option<Vec<u8>>,
    key_digest: Option<Vec<u8>>,
    issued_at: i64,
    expires_at: Option<i64>,
}

impl TokenRow {
    /// The record, with those of its rights that its owner's role (as stored) still gives.
    pub(crate) fn into_record(self, held: Option<&str>) -> Outcome<TokenRecord> {
        Ok(TokenRecord {
            id: TokenId(self.id),
            parent: self.parent.map(TokenId),
            flavour: self.flavour.into(),
            realm: Realm::from_stored(&self.realm),
            subject: Subject(self.subject),
            generation: Generation(self.generation),
            scopes: granted(&self.scopes).and(&held.map(granted).unwrap_or_default()),
            digest: self.digest.map(digest).transpose()?,
            salt: self.salt.map(sized).transpose()?,
            key: self.key_digest.map(digest).transpose()?,
            issued_at: Timestamp::from_millis(self.issued_at),
            expires_at: self.expires_at.map(Timestamp::from_millis),
        })
    }
}

/// A token as those who look after it see it.
#[derive(Queryable, Selectable)]
#[diesel(table_name = tokens)]
pub(crate) struct SummaryRow {
    id: i64,
    parent: Option<i64>,
    flavour: String,
    label: Option<String>,
    issued_at: i64,
    expires_at: Option<i64>,
    last_used_at: Option<i64>,
}

impl From<SummaryRow> for TokenSummary {
    fn from(row: SummaryRow) -> Self {
        Self {
            id: TokenId(row.id),
            parent: row.parent.map(TokenId),
            flavour: row.flavour.into(),
            label: row.label,
            issued_at: Timestamp::from_millis(row.issued_at),
            expires_at: row.expires_at.map(Timestamp::from_millis),
            last_used_at: row.last_used_at.map(Timestamp::from_millis),
        }
    }
}

/// A refresh family as read and written. All columns are null in a record without one.
#[derive(Queryable, Selectable, Default)]
#[diesel(table_name = tokens)]
pub(crate) struct RefreshRow {
    pub(crate) refresh_selector: Option<Vec<u8>>,
    #[diesel(embed)]
    pub(crate) rotation: RotationRow,
}

/// What a rotation changes of it: all but what finds it, whose index is left alone.
#[derive(Queryable, Selectable, AsChangeset, Default)]
#[diesel(table_name = tokens)]
#[diesel(treat_none_as_null = true)]
pub(crate) struct RotationRow {
    pub(crate) refresh_current: Option<Vec<u8>>,
    pub(crate) refresh_previous: Option<Vec<u8>>,
    pub(crate) refresh_sealed: Option<Vec<u8>>,
    pub(crate) refresh_lineage: Option<Vec<u8>>,
    pub(crate) refresh_rotations: Option<i64>,
    pub(crate) refresh_rotated_at: Option<i64>,
}

impl From<&RefreshState> for RefreshRow {
    fn from(state: &RefreshState) -> Self {
        Self {
            refresh_selector: Some(state.selector.0.to_vec()),
            rotation: state.into(),
        }
    }
}

impl From<&RefreshState> for RotationRow {
    fn from(state: &RefreshState) -> Self {
        Self {
            refresh_current: Some(state.current.as_bytes().to_vec()),
            refresh_previous: state.previous.map(|digest| digest.as_bytes().to_vec()),
            refresh_sealed: state.sealed.map(|sealed| sealed.to_vec()),
            refresh_lineage: Some(state.lineage.clone()),
            refresh_rotations: Some(state.rotations),
            refresh_rotated_at: Some(state.rotated_at.as_millis()),
        }
    }
}

impl RefreshRow {
    pub(crate) fn into_state(self) -> Outcome<RefreshState> {
        const CUT: Fault = Fault::Corrupt("a refresh family lacks a column");
        let rotation = self.rotation;
        Ok(RefreshState {
            selector: Selector(sized(self.refresh_selector.ok_or(CUT)?)?),
            current: digest(rotation.refresh_current.ok_or(CUT)?)?,
            previous: rotation.refresh_previous.map(digest).transpose()?,
            sealed: rotation.refresh_sealed.map(sized).transpose()?,
            lineage: rotation.refresh_lineage.ok_or(CUT)?,
            rotations: rotation.refresh_rotations.ok_or(CUT)?,
            rotated_at: Timestamp::from_millis(rotation.refresh_rotated_at.ok_or(CUT)?),
        })
    }
}

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
            attributes: attributes.map_err(|_| Fault::Corrupt("an account's attributes are no object"))?,
            created_at: Timestamp::from_millis(self.created_at),
        })
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

/// The attribute that holds a client's name.
pub(crate) const CLIENT_NAME: &str = "name";

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
    /// The names it will sign in with, folded. A name that nobody can type signs nobody in.
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

/// The text of a JSON object.
pub(crate) fn object(members: Attributes) -> String {
    serde_json::Value::Object(members).to_string()
}

fn folded(name: &str) -> Option<String> {
    FoldedLogin::parse(name).map(|folded| folded.as_str().to_owned())
}

/// A consumer as read.
#[derive(Queryable, Selectable)]
#[diesel(table_name = consumers)]
pub(crate) struct ConsumerRow {
    key: String,
    token_digest: Vec<u8>,
    disabled: bool,
}

impl ConsumerRow {
    pub(crate) fn into_consumer(self, organisation: OrganisationRow) -> Outcome<Consumer> {
        Ok(Consumer {
            key: self.key,
            token: digest(self.token_digest)?,
            disabled: self.disabled,
            organisation: organisation.into_organisation()?,
        })
    }
}

/// An organisation as read and written.
#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = organisations)]
pub(crate) struct OrganisationRow {
    id: i64,
    name: String,
    subdomain: String,
    utc_offset_seconds: i64,
}

impl From<&Organisation> for OrganisationRow {
    fn from(organisation: &Organisation) -> Self {
        Self {
            id: organisation.id,
            name: organisation.name.clone(),
            subdomain: organisation.subdomain.clone(),
            utc_offset_seconds: organisation.utc_offset_seconds.into(),
        }
    }
}

impl OrganisationRow {
    fn into_organisation(self) -> Outcome<Organisation> {
        let offset = i32::try_from(self.utc_offset_seconds);
        Ok(Organisation {
            id: self.id,
            name: self.name,
            subdomain: self.subdomain,
            utc_offset_seconds: offset.map_err(|_| Fault::Corrupt("an organisation's offset is no offset"))?,
        })
    }
}

/// A change as read.
#[derive(Queryable, Selectable)]
#[diesel(table_name = feed)]
pub(crate) struct FeedRow {
    sequence: i64,
    kind: String,
    token_id: Option<i64>,
    subject: Option<i64>,
    generation: Option<i64>,
    until: i64,
}

impl FeedRow {
    /// The entry. One that cannot be read, or is of a later version's kind, makes every node read its records anew:
    /// that is never wrong, and a row that nobody can read must not stop all checks.
    pub(crate) fn into_entry(self) -> FeedEntry {
        FeedEntry {
            sequence: self.sequence,
            change: self.change().unwrap_or(Change::AllRights),
            until: Timestamp::from_millis(self.until),
        }
    }

    fn change(&self) -> Option<Change> {
        let subject = self.subject.map(Subject);
        match self.kind.as_str() {
            ENDED => self.token_id.map(|id| Change::Ended(TokenId(id))),
            SUPERSEDED => Some(Change::Superseded(subject?, Generation(self.generation?))),
            SUBJECT_RIGHTS => Some(Change::SubjectRights(subject?)),
            _ => None,
        }
    }
}

pub(crate) const ENDED: &str = "ended";
pub(crate) const SUPERSEDED: &str = "superseded";
const SUBJECT_RIGHTS: &str = "subject_rights";
const ALL_RIGHTS: &str = "all_rights";

/// A change as written.
#[derive(Insertable)]
#[diesel(table_name = feed)]
pub(crate) struct NewFeedRow {
    kind: &'static str,
    token_id: Option<i64>,
    subject: Option<i64>,
    generation: Option<i64>,
    until: i64,
    at: i64,
}

impl NewFeedRow {
    pub(crate) fn new(change: Change, until: Timestamp, at: Timestamp) -> Self {
        let (kind, token_id, subject, generation) = match change {
            Change::Ended(id) => (ENDED, Some(id.0), None, None),
            Change::Superseded(subject, generation) => (SUPERSEDED, None, Some(subject.0), Some(generation.0)),
            Change::SubjectRights(subject) => (SUBJECT_RIGHTS, None, Some(subject.0), None),
            // `Change` may grow; a kind that this version cannot write is told as the one that covers all.
            _ => (ALL_RIGHTS, None, None, None),
        };
        Self {
            kind,
            token_id,
            subject,
            generation,
            until: until.as_millis(),
            at: at.as_millis(),
        }
    }
}

/// A stored list of rights. A damaged one grants nothing.
pub(crate) fn granted(stored: &str) -> Scopes {
    read_list(stored).unwrap_or_default()
}

fn digest(bytes: Vec<u8>) -> Outcome<TokenDigest> {
    sized(bytes).map(TokenDigest::from_bytes)
}

fn sized<const N: usize>(bytes: Vec<u8>) -> Outcome<[u8; N]> {
    <[u8; N]>::try_from(bytes).map_err(|_| Fault::Corrupt("a binary column has another length than was written"))
}
