//! The ports of what another system had: taken over, and looked up.

use async_trait::async_trait;
use auth_core::{
    AccountImport, AuditEvent, Change, FlavourName, FoldedLogin, Generation, ImportMode, ImportOutcome, ImportStore,
    ImportedDigest, ImportedToken, ImportedTokenStore, NewAccount, Provenance, Realm, SignedArrival, StoreError,
    Subject, Timestamp, TokenId, TokenImport, TokenRecord,
};

use crate::MemoryStore;
use crate::state::{AccountRow, State, TokenRow, folded_names};

/// What is known of the text of an imported token, also when its record is gone.
pub(crate) struct ImportedRow {
    pub(crate) flavour: FlavourName,
    pub(crate) token: TokenId,
    pub(crate) number: Option<i64>,
    /// When nothing can bring the token back.
    pub(crate) forget_at: Option<Timestamp>,
}

#[async_trait]
impl ImportedTokenStore for MemoryStore {
    async fn find_imported(&self, digests: &[ImportedDigest]) -> Result<Option<ImportedToken>, StoreError> {
        let state = self.state();
        Ok(digests.iter().find_map(|digest| state.imported(digest)))
    }

    async fn record_signed(&self, arrival: &SignedArrival) -> Result<Option<ImportedToken>, StoreError> {
        Ok(self.state().record_signed(arrival))
    }
}

#[async_trait]
impl ImportStore for MemoryStore {
    async fn import_accounts(
        &self,
        realm: &Realm,
        rows: &[AccountImport],
        mode: ImportMode,
        now: Timestamp,
    ) -> Result<Vec<ImportOutcome>, StoreError> {
        let mut state = self.state();
        let last = state.last_subject;
        let import = |row| state.import_account(realm, row);
        let outcomes: Vec<_> = rows.iter().map(import).collect();
        match mode {
            ImportMode::Try => state.forget_accounts_after(last),
            ImportMode::Apply => {
                let entry = Provenance::current().entry(AuditEvent::MovedIn, now).realm(realm);
                let added = added(&outcomes);
                if added > 0 {
                    state.record(entry.detail(&format!("{added} accounts")));
                }
            }
        }
        Ok(outcomes)
    }

    async fn import_tokens(
        &self,
        realm: &Realm,
        flavour: &FlavourName,
        rows: &[TokenImport],
        mode: ImportMode,
        now: Timestamp,
    ) -> Result<Vec<ImportOutcome>, StoreError> {
        let mut state = self.state();
        let last = state.last_token;
        let import = |row| state.import_token(realm, flavour, row);
        let outcomes: Vec<_> = rows.iter().map(import).collect();
        match mode {
            ImportMode::Try => state.forget_tokens_after(last),
            ImportMode::Apply => {
                let entry = Provenance::current().entry(AuditEvent::MovedIn, now).realm(realm);
                let added = added(&outcomes);
                if added > 0 {
                    state.record(entry.flavour(flavour).detail(&format!("{added} tokens")));
                    state.publish_change_for_a_day(Change::Imported, now);
                }
            }
        }
        Ok(outcomes)
    }
}

fn added(outcomes: &[ImportOutcome]) -> usize {
    let added = outcomes.iter().filter(|outcome| **outcome == ImportOutcome::Added);
    added.count()
}

impl State {
    fn imported(&self, digest: &ImportedDigest) -> Option<ImportedToken> {
        let row = self.imported_tokens.get(digest.as_str())?;
        Some(ImportedToken {
            digest: digest.clone(),
            token: row.token,
            number: row.number,
        })
    }

    fn import_account(&mut self, realm: &Realm, row: &AccountImport) -> ImportOutcome {
        let key = (realm.clone(), row.source_id.clone());
        if let Some(subject) = self.imported_accounts.get(&key) {
            return self.present(*subject, row);
        }
        let names = folded_names(&row.login, row.alias.as_deref());
        if names.iter().any(|name| self.account_named(realm, name).is_some()) {
            return ImportOutcome::NameTaken;
        }
        let subject = self.add_account(NewAccount {
            subject: None,
            realm: realm.clone(),
            login: row.login.clone(),
            alias: row.alias.clone(),
            role: row.role.clone(),
            attributes: row.attributes.clone(),
            created_at: row.created_at,
        });
        if let Some(added) = self.accounts.get_mut(&subject) {
            added.hash = row.hash.clone();
            added.account.disabled = row.disabled;
        }
        self.imported_accounts.insert(key, subject);
        ImportOutcome::Added
    }

    fn present(&self, subject: Subject, row: &AccountImport) -> ImportOutcome {
        let Some(AccountRow { account, .. }) = self.accounts.get(&subject) else {
            return ImportOutcome::Present;
        };
        let (stored, given) = (FoldedLogin::parse(&account.login), FoldedLogin::parse(&row.login));
        let is_same = account.login == row.login || stored.ok() == given.ok();
        match (is_same, account.disabled == row.disabled) {
            (false, _) => ImportOutcome::OtherLogin,
            (true, true) => ImportOutcome::Present,
            (true, false) => ImportOutcome::OtherState,
        }
    }

    fn import_token(&mut self, realm: &Realm, flavour: &FlavourName, row: &TokenImport) -> ImportOutcome {
        if let Some(present) = self.imported_tokens.get(row.digest.as_str()) {
            return match present.flavour == *flavour {
                true => ImportOutcome::Present,
                false => ImportOutcome::OtherFlavour(present.flavour.clone()),
            };
        }
        let Some(owner) = self.imported_accounts.get(&(realm.clone(), row.owner.clone())) else {
            return ImportOutcome::NoOwner;
        };
        match self.enabled(*owner) {
            Some(generation) => {
                self.add_imported(row, flavour, (realm, *owner, generation), None);
                ImportOutcome::Added
            }
            None => ImportOutcome::OwnerDisabled,
        }
    }

    fn record_signed(&mut self, arrival: &SignedArrival) -> Option<ImportedToken> {
        let SignedArrival {
            realm,
            flavour,
            digest,
            token,
        } = arrival;
        let owner = *self.imported_accounts.get(&(realm.clone(), token.owner.clone()))?;
        if let Some(found) = self.imported(digest) {
            return Some(found);
        }
        // Later generations begin when all tokens of an account are revoked. Which of the signed ones were issued before is not known.
        let generation = self.enabled(owner).filter(|generation| *generation == Generation(0))?;
        let row = TokenImport {
            digest: digest.clone(),
            number: None,
            owner: token.owner.clone(),
            scopes: None,
            label: None,
            issued_at: token.issued_at,
            expires_at: Some(token.expires_at),
            last_used_at: None,
        };
        self.add_imported(&row, flavour, (realm, owner, generation), Some(token.expires_at));
        self.imported(digest)
    }

    /// The generation of an account; `None` if it is disabled or gone.
    fn enabled(&self, owner: Subject) -> Option<Generation> {
        let account = &self.accounts.get(&owner)?.account;
        (!account.disabled).then_some(account.generation)
    }

    fn add_imported(
        &mut self,
        row: &TokenImport,
        flavour: &FlavourName,
        (realm, subject, generation): (&Realm, Subject, Generation),
        forget_at: Option<Timestamp>,
    ) {
        self.last_token += 1;
        let token = TokenId(self.last_token);
        let record = TokenRecord {
            id: token,
            parent: None,
            flavour: flavour.clone(),
            realm: realm.clone(),
            subject,
            generation,
            scopes: row.scopes.clone().unwrap_or_else(|| self.held_by(subject)),
            digest: Some(row.digest.of_record()),
            salt: None,
            key: None,
            issued_at: row.issued_at,
            expires_at: row.expires_at,
        };
        let added = TokenRow {
            record,
            refresh: None,
            shared: false,
            revoked_at: None,
            last_used: row.last_used_at,
            idle: None,
            label: row.label.clone(),
        };
        self.tokens.insert(token, added);
        let known = ImportedRow {
            flavour: flavour.clone(),
            token,
            number: row.number,
            forget_at,
        };
        self.imported_tokens.insert(row.digest.as_str().to_owned(), known);
    }

    /// Takes back the accounts that were only tried.
    fn forget_accounts_after(&mut self, last: i64) {
        self.accounts.retain(|subject, _| subject.0 <= last);
        self.imported_accounts.retain(|_, subject| subject.0 <= last);
        self.last_subject = last;
    }

    /// Takes back the tokens that were only tried.
    fn forget_tokens_after(&mut self, last: i64) {
        self.tokens.retain(|token, _| token.0 <= last);
        self.imported_tokens.retain(|_, row| row.token.0 <= last);
        self.last_token = last;
    }
}
