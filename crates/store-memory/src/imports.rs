//! The ports of what another system had: taken over, and looked up.

use async_trait::async_trait;
use auth_core::{
    AccountImport, AuditEvent, Change, FlavourName, FoldedLogin, Generation, ImportMode, ImportOutcome, ImportStore,
    ImportedDigest, ImportedToken, ImportedTokenStore, NewAccount, NoPeppers, Provenance, Realm, SignedArrival,
    StoreError, StoredPassword, Subject, Timestamp, TokenId, TokenImport, TokenRecord,
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
        let import = |row| state.import_account(realm, row, mode);
        let outcomes: Vec<_> = rows.iter().map(import).collect();
        match mode {
            ImportMode::Try => state.forget_accounts_after(last),
            ImportMode::Apply => {
                let entry = Provenance::current().entry(AuditEvent::MovedIn, now).realm(realm);
                let peppers = count(&outcomes, |came| matches!(came, ImportOutcome::NewPepper(_)));
                for (count, what) in [(added(&outcomes), "accounts"), (peppers, "peppers")] {
                    if count > 0 {
                        state.record(entry.clone().detail(&format!("{count} {what}")));
                    }
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
        let import = |row| state.import_token((realm, flavour), row, mode, now);
        let outcomes: Vec<_> = rows.iter().map(import).collect();
        match mode {
            ImportMode::Try => state.forget_tokens_after(last),
            ImportMode::Apply => {
                let entry = Provenance::current().entry(AuditEvent::MovedIn, now).realm(realm);
                let entry = entry.flavour(flavour);
                let added = added(&outcomes);
                let extended = count(&outcomes, |came| *came == ImportOutcome::Extended);
                for (count, what) in [(added, "tokens"), (extended, "extended tokens")] {
                    if count > 0 {
                        state.record(entry.clone().detail(&format!("{count} {what}")));
                    }
                }
                if added > 0 {
                    state.publish_change_for_a_day(Change::Imported, now);
                }
            }
        }
        Ok(outcomes)
    }
}

fn added(outcomes: &[ImportOutcome]) -> usize {
    count(outcomes, |came| *came == ImportOutcome::Added)
}

fn count(outcomes: &[ImportOutcome], is: impl Fn(&ImportOutcome) -> bool) -> usize {
    outcomes.iter().filter(|outcome| is(outcome)).count()
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

    fn import_account(&mut self, realm: &Realm, row: &AccountImport, mode: ImportMode) -> ImportOutcome {
        let key = (realm.clone(), row.source_id.clone());
        if let Some(subject) = self.imported_accounts.get(&key).copied() {
            return self.present(subject, row, mode);
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

    fn present(&mut self, subject: Subject, row: &AccountImport, mode: ImportMode) -> ImportOutcome {
        let Some(AccountRow { account, hash, .. }) = self.accounts.get_mut(&subject) else {
            return ImportOutcome::Present;
        };
        let (stored, given) = (FoldedLogin::parse(&account.login), FoldedLogin::parse(&row.login));
        let is_same = account.login == row.login || stored.ok() == given.ok();
        if !is_same {
            return ImportOutcome::OtherLogin;
        }
        let is_other_state = account.disabled != row.disabled;
        let peppers = row.peppers.as_deref().unwrap_or(&NoPeppers);
        let both = hash.as_ref().zip(row.hash.as_ref());
        if both.is_some_and(|(stored, given)| StoredPassword::differs_in_pepper(stored, given, peppers)) {
            if mode == ImportMode::Apply {
                hash.clone_from(&row.hash);
            }
            return ImportOutcome::NewPepper(is_other_state);
        }
        match is_other_state {
            true => ImportOutcome::OtherState,
            false => ImportOutcome::Present,
        }
    }

    fn import_token(
        &mut self,
        (realm, flavour): (&Realm, &FlavourName),
        row: &TokenImport,
        mode: ImportMode,
        now: Timestamp,
    ) -> ImportOutcome {
        let owner = self.imported_accounts.get(&(realm.clone(), row.owner.clone()));
        if let Some(present) = self.imported_tokens.get(row.digest.as_str()) {
            return match present.flavour == *flavour {
                true => {
                    let (token, owner) = (present.token, owner.copied());
                    self.present_token((token, row), owner, mode, now)
                }
                false => ImportOutcome::OtherFlavour(present.flavour.clone()),
            };
        }
        let Some(owner) = owner.copied() else {
            return ImportOutcome::NoOwner;
        };
        match self.enabled(owner) {
            Some(generation) => {
                self.add_imported(row, flavour, (realm, owner, generation), None);
                ImportOutcome::Added
            }
            None => ImportOutcome::OwnerDisabled,
        }
    }

    /// What a token is that was imported before.
    fn present_token(
        &mut self,
        (token, new): (TokenId, &TokenImport),
        owner: Option<Subject>,
        mode: ImportMode,
        now: Timestamp,
    ) -> ImportOutcome {
        let Some(row) = self.tokens.get(&token) else {
            return ImportOutcome::RevokedHere;
        };
        let subject = row.record.subject;
        let is_of_now = |account: &AccountRow| account.account.generation == row.record.generation;
        match (owner == Some(subject), self.accounts.get(&subject)) {
            (false, _) => ImportOutcome::OtherOwner,
            (true, Some(account)) if is_of_now(account) && row.revoked_at.is_none() => {
                let is_earlier = |end| new.expires_at.is_none_or(|later| end < later);
                match row.record.expires_at.is_some_and(is_earlier) && !self.is_replaced(token) {
                    true => {
                        if mode == ImportMode::Apply {
                            self.extend(token, new.expires_at, now);
                        }
                        ImportOutcome::Extended
                    }
                    false => ImportOutcome::Present,
                }
            }
            (true, _) => ImportOutcome::RevokedHere,
        }
    }

    fn extend(&mut self, token: TokenId, end: Option<Timestamp>, now: Timestamp) {
        if let Some(row) = self.tokens.get_mut(&token) {
            row.record.expires_at = end;
            let subject = row.record.subject;
            self.publish_change_for_a_day(Change::SubjectRights(subject), now);
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
            line: token,
            made_from: None,
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
