//! What can be wrong with taking over what another system had.

use async_trait::async_trait;
use auth_core::{
    AccountImport, FlavourName, FoldedLogin, Generation, ImportMode, ImportOutcome, ImportStore, ImportedDigest,
    ImportedToken, ImportedTokenStore, NewToken, PasswordStore, Realm, Scopes, SignedArrival, StoreError, Timestamp,
    TokenId, TokenImport, TokenStore,
};

use super::{BrokenStore, Flaw};

impl BrokenStore {
    fn flawed_mode(&self, mode: ImportMode) -> ImportMode {
        match self.flaw {
            Flaw::TriesForReal => ImportMode::Apply,
            _ => mode,
        }
    }

    fn flawed_outcome(&self, came: ImportOutcome) -> ImportOutcome {
        match (self.flaw, &came) {
            (Flaw::ImportsTwice, ImportOutcome::Present)
            | (Flaw::ImportsTakeTokensOver, ImportOutcome::OtherFlavour(_)) => ImportOutcome::Added,
            (Flaw::ImportsIgnoreNames, ImportOutcome::OtherLogin) => ImportOutcome::Present,
            (Flaw::ImportsHideRevocations, ImportOutcome::RevokedHere) => ImportOutcome::Present,
            _ => came,
        }
    }

    async fn reset_password(&self, realm: &Realm, row: &AccountImport, now: Timestamp) -> Result<(), StoreError> {
        let Ok(login) = FoldedLogin::parse(&row.login) else {
            return Ok(());
        };
        let found = PasswordStore::find(&self.inner, realm, &login).await?;
        if let (Some(found), Some(hash)) = (found, &row.hash) {
            self.inner.set(found.account.subject, hash, false, now).await?;
        }
        Ok(())
    }

    /// Another record for a text whose own is no more.
    async fn revive(&self, realm: &Realm, flavour: &FlavourName, row: &TokenImport) -> Result<(), StoreError> {
        let login = FoldedLogin::parse("ann").expect("a name");
        let owner = PasswordStore::find(&self.inner, realm, &login).await?;
        let known = self.inner.find_imported(std::slice::from_ref(&row.digest)).await?;
        let (Some(owner), Some(known)) = (owner, known) else {
            return Ok(());
        };
        if TokenStore::find(&self.inner, known.token).await?.is_some() {
            return Ok(());
        }
        let again = NewToken {
            flavour: flavour.clone(),
            realm: realm.clone(),
            subject: owner.account.subject,
            generation: Generation(0),
            scopes: Scopes::none(),
            label: None,
            digest: Some(row.digest.of_record()),
            salt: None,
            key: None,
            parent: None,
            made_from: None,
            refresh: None,
            issued_at: row.issued_at,
            expires_at: None,
            idle: None,
        };
        let id = self.inner.insert(again).await?;
        self.seen().revived.extend(id.map(|id| (row.digest.clone(), id)));
        Ok(())
    }
}

#[async_trait]
impl ImportStore for BrokenStore {
    async fn import_accounts(
        &self,
        realm: &Realm,
        rows: &[AccountImport],
        mode: ImportMode,
        now: Timestamp,
    ) -> Result<Vec<ImportOutcome>, StoreError> {
        let mode = self.flawed_mode(mode);
        let mut rows = rows.to_vec();
        if self.has(Flaw::ImportsKeepPeppers) {
            let has_pepper = |hash: &String| hash.starts_with("$bcrypt-pepper$");
            rows.iter_mut()
                .for_each(|row| row.hash = row.hash.take().filter(|hash| !has_pepper(hash)));
        }
        let outcomes = self.inner.import_accounts(realm, &rows, mode, now).await?;
        if self.has(Flaw::ImportsResetPasswords) {
            for row in &rows {
                self.reset_password(realm, row, now).await?;
            }
        }
        Ok(outcomes.into_iter().map(|came| self.flawed_outcome(came)).collect())
    }

    async fn import_tokens(
        &self,
        realm: &Realm,
        flavour: &FlavourName,
        rows: &[TokenImport],
        mode: ImportMode,
        now: Timestamp,
    ) -> Result<Vec<ImportOutcome>, StoreError> {
        let mut rows = rows.to_vec();
        if self.has(Flaw::ImportsGiveAll) {
            rows.iter_mut().for_each(|row| row.scopes = None);
        }
        if self.has(Flaw::ImportsKeepEnds) {
            let known = self.seen().imported.clone();
            let is_known = |row: &&mut TokenImport| known.contains(&row.digest);
            rows.iter_mut()
                .filter(is_known)
                .for_each(|row| row.expires_at = Some(row.issued_at));
        }
        let mode = self.flawed_mode(mode);
        let outcomes = self.inner.import_tokens(realm, flavour, &rows, mode, now).await?;
        for row in &rows {
            self.seen().imported.push(row.digest.clone());
            if self.has(Flaw::ImportsRevive) {
                self.revive(realm, flavour, row).await?;
            }
        }
        Ok(outcomes.into_iter().map(|came| self.flawed_outcome(came)).collect())
    }
}

#[async_trait]
impl ImportedTokenStore for BrokenStore {
    async fn find_imported(&self, digests: &[ImportedDigest]) -> Result<Option<ImportedToken>, StoreError> {
        let digest = digests[0].clone();
        let revived = |(of, _): &&(ImportedDigest, TokenId)| *of == digest;
        if let Some((digest, token)) = self.seen().revived.iter().find(revived).cloned() {
            let number = None;
            return Ok(Some(ImportedToken { digest, token, number }));
        }
        let found = self.inner.find_imported(digests).await?;
        let any = self.seen().imported.clone();
        match found {
            None if self.has(Flaw::FindsAnyScheme) => {
                let found = self.inner.find_imported(&any).await?;
                Ok(found.map(|found| ImportedToken { digest, ..found }))
            }
            found => Ok(found),
        }
    }

    async fn record_signed(&self, arrival: &SignedArrival) -> Result<Option<ImportedToken>, StoreError> {
        let mut arrival = arrival.clone();
        if self.has(Flaw::RecordsSignedEachTime) {
            self.seen().times_told += 1;
            let times = self.seen().times_told;
            arrival.digest = ImportedDigest::sha256(&format!("{} {times}", arrival.digest.as_str()));
        }
        let recorded = self.inner.record_signed(&arrival).await?;
        let anyway = ImportedToken {
            digest: arrival.digest,
            token: TokenId(1),
            number: None,
        };
        let is_anybodys = self.has(Flaw::RecordsSignedOfAnybody);
        Ok(recorded.or(is_anybodys.then_some(anyway)))
    }
}
