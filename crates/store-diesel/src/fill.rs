//! Fills a database with as many rows as a large installation has, for tests and measurements.
//!
//! What it writes can be computed from a row's number: the digest of token 17 is the SHA-256 of `digest17`. So a
//! measurement finds any of ten million tokens without a list of them.

use auth_core::{Selector, StoreError, Subject, Timestamp, TokenDigest, TokenId};

use crate::DieselStore;

/// How many rows one transaction writes.
const AT_ONCE: u64 = 50_000;

/// How many audit entries one transaction writes: no seal covers a part of a transaction, nor more than a thousand entries.
const SEALED_AT_ONCE: u64 = 500;

/// The name under which a filled database says so.
const MARK: &str = "filled";

/// What to fill a database with. All is of one realm and belongs to accounts 1, 2, 3 and so on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Filling {
    /// How many tokens and sessions: of ten, four are sessions with a refresh family, one is bound to a key.
    pub tokens: u64,
    /// How many accounts, each with a password and a role.
    pub accounts: u64,
    /// How many of the tokens ended three days ago: the first ones.
    pub expired: u64,
    /// How many of the others were revoked an hour ago, each with its entry in the feed.
    pub revocations: u64,
    /// How many entries the audit log has, none of them sealed: each says that a token was issued.
    pub audit_entries: u64,
}

/// Why a database was not filled.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FillError {
    /// It holds something that this did not make, which could be of use to somebody.
    #[error("the database holds {0}, which was not made here; choose an empty one")]
    NotEmpty(String),
    /// It does not work.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Filling {
    /// The realm of the accounts.
    pub const REALM: &str = "filled";

    /// Fills an empty database, and says how far it is. One that was filled in the same way before is left as it is.
    ///
    /// # Errors
    /// [`FillError::NotEmpty`] where the database holds anything else, or was filled in part; nothing was written.
    pub async fn fill(
        &self,
        store: &DieselStore,
        now: Timestamp,
        progress: impl Fn(u64, u64),
    ) -> Result<(), FillError> {
        if self.is_there(store).await? {
            return Ok(());
        }
        store.meta().put_if_absent(MARK, b"").await?;
        let series = Series::of(store).await?;
        store.dangerous_execute(&role()).await?;
        for (from, to) in steps(self.accounts) {
            store
                .dangerous_execute(&accounts(&series.numbers(from, to), now))
                .await?;
        }
        for (from, to) in steps(self.tokens) {
            let tokens = self.tokens(series, &series.numbers(from, to), now);
            store.dangerous_execute(&tokens).await?;
            progress(to, self.tokens);
        }
        for (from, to) in steps(self.revocations) {
            let revocations = self.revocations(&series.numbers(from, to), now);
            store.dangerous_execute(&revocations).await?;
        }
        for (from, to) in steps_of(self.audit_entries, SEALED_AT_ONCE) {
            let entries = self.audit_entries(&series.numbers(from, to), now);
            store.dangerous_execute(&entries).await?;
        }
        store.dangerous_execute(&series.finish(self)).await?;
        let begun = format!("DELETE FROM meta WHERE name = '{MARK}'");
        store.dangerous_execute(&begun).await?;
        store.meta().put_if_absent(MARK, self.mark().as_bytes()).await?;
        Ok(())
    }

    /// The number-th of the tokens that are live: it has not expired, and was not revoked.
    pub fn live(&self, number: u64) -> TokenId {
        let every = self.revoked_every();
        let rest = self.tokens - self.expired;
        let number = number % (rest - rest / every);
        let id = self.expired + 1 + number + number / (every - 1);
        TokenId(id as i64)
    }

    /// The owner of a token.
    pub fn owner(&self, token: TokenId) -> Subject {
        Subject(1 + (token.0 * SPREAD) % self.accounts as i64)
    }

    /// Whether a token is a session with a refresh family.
    pub fn is_refreshed(token: TokenId) -> bool {
        (5..9).contains(&(token.0 % 10))
    }

    /// What finds the refresh family of such a session.
    pub fn selector(token: TokenId) -> Selector {
        Selector(*TokenDigest::of(format!("selector{token}").as_bytes()).as_bytes())
    }

    /// Whether the database was filled in this way. An error if it holds anything else.
    async fn is_there(&self, store: &DieselStore) -> Result<bool, FillError> {
        let mark = store.meta().value(MARK).await?;
        if let Some(mark) = mark {
            return match mark == self.mark().as_bytes() {
                true => Ok(true),
                false => Err(FillError::NotEmpty("another filling".to_owned())),
            };
        }
        for table in [
            "accounts",
            "tokens",
            "feed",
            "roles",
            "consumers",
            "organisations",
            "vault",
            "audit_entries",
            "meta",
        ] {
            // The migrations write there too.
            let rows = if table == "meta" {
                " WHERE name NOT IN ('schema_needs', 'schema_mark')"
            } else {
                ""
            };
            let any = format!("SELECT count(*) FROM (SELECT 1 FROM {table}{rows} LIMIT 1) AS one");
            if store.dangerous_number(&any).await? != Some(0) {
                return Err(FillError::NotEmpty(format!("rows in {table}")));
            }
        }
        Ok(false)
    }

    fn mark(&self) -> String {
        let Self {
            tokens,
            accounts,
            expired,
            revocations,
            audit_entries,
        } = self;
        format!("{tokens} {accounts} {expired} {revocations} {audit_entries}")
    }

    /// One in so many of the tokens that have not expired was revoked.
    fn revoked_every(&self) -> u64 {
        (self.tokens - self.expired) / self.revocations
    }

    fn tokens(&self, series: Series, numbers: &str, now: Timestamp) -> String {
        let (expired, every, accounts) = (self.expired, self.revoked_every(), self.accounts);
        let now = now.as_millis();
        let (kind, refreshed) = ("(i % 10)", "(i % 10) BETWEEN 5 AND 8");
        format!(
            "INSERT INTO tokens (id, flavour, realm, subject, generation, scopes, digest, key_digest, refresh_selector,
                                 refresh_current, refresh_lineage, refresh_rotations, refresh_rotated_at, issued_at,
                                 expires_at, revoked_at)
             {numbers}
             SELECT i, CASE WHEN {kind} < 5 THEN 'device' WHEN {kind} = 9 THEN 'login' ELSE 'mechanics' END, '{realm}',
                 1 + (i * {SPREAD}) % {accounts}, 0, '[\"read\",\"write\"]',
                 CASE WHEN {kind} < 5 THEN {digest} END, CASE WHEN {kind} = 9 THEN {digest} END,
                 CASE WHEN {refreshed} THEN {selector} END, CASE WHEN {refreshed} THEN {digest} END,
                 CASE WHEN {refreshed} THEN CAST('' AS {bytes}) END, CASE WHEN {refreshed} THEN 0 END, CASE WHEN {refreshed} THEN {now} END,
                 {now} - 864000000, CASE WHEN i <= {expired} THEN {now} - 259200000 ELSE {now} + 2592000000 END,
                 CASE WHEN i > {expired} AND (i - {expired}) % {every} = 0 THEN {now} - 3600000 END
             FROM numbers",
            realm = Self::REALM,
            bytes = series.bytes(),
            digest = series.sha256("digest"),
            selector = series.sha256("selector"),
        )
    }

    fn audit_entries(&self, numbers: &str, now: Timestamp) -> String {
        let (realm, now, accounts) = (Self::REALM, now.as_millis(), self.accounts);
        format!(
            "INSERT INTO audit_entries (at, event, outcome, actor, realm, flavour, subject, token)
             {numbers} SELECT {now} - 3600000, 'token_issued', 'done', 'client', '{realm}', 'device',
                 1 + i % {accounts}, i FROM numbers"
        )
    }

    fn revocations(&self, numbers: &str, now: Timestamp) -> String {
        let (expired, every, now) = (self.expired, self.revoked_every(), now.as_millis());
        format!(
            "INSERT INTO feed (kind, token_id, until, at)
             {numbers} SELECT 'ended', {expired} + i * {every}, {now} + 2592000000, {now} - 3600000 FROM numbers"
        )
    }
}

/// Puts the tokens of one owner far apart, as they are where everybody signs in now and then.
const SPREAD: i64 = 7919;

fn role() -> String {
    format!(
        "INSERT INTO roles (realm, name, permissions) VALUES ('{}', 'member', '[\"read\",\"write\"]')",
        Filling::REALM
    )
}

fn accounts(numbers: &str, now: Timestamp) -> String {
    let (realm, now) = (Filling::REALM, now.as_millis());
    // A hash of no password.
    let hash = format!("$2b$10${}", "x".repeat(53));
    format!(
        "INSERT INTO accounts (id, realm, login, login_folded, alias, alias_folded, role, created_at)
         {numbers} SELECT i, '{realm}', 'Person-' || i, 'person-' || i, CASE WHEN i % 2 = 0 THEN 'P' || i END,
             CASE WHEN i % 2 = 0 THEN 'p' || i END, 'member', {now} FROM numbers;
         INSERT INTO passwords (account_id, hash, changed_at) {numbers} SELECT i, '{hash}', {now} FROM numbers"
    )
}

fn steps(count: u64) -> impl Iterator<Item = (u64, u64)> {
    steps_of(count, AT_ONCE)
}

fn steps_of(count: u64, at_once: u64) -> impl Iterator<Item = (u64, u64)> {
    (0..count.div_ceil(at_once)).map(move |step| (step * at_once + 1, ((step + 1) * at_once).min(count)))
}

/// Where the two databases differ.
#[derive(Clone, Copy)]
enum Series {
    Sqlite,
    Postgres,
}

impl Series {
    async fn of(store: &DieselStore) -> Result<Self, StoreError> {
        let info = store.database_info().await?;
        match info.engine.starts_with("SQLite") {
            true => Ok(Self::Sqlite),
            false => Ok(Self::Postgres),
        }
    }

    /// The beginning of a statement over `numbers (i)`.
    fn numbers(self, from: u64, to: u64) -> String {
        match self {
            Self::Sqlite => format!(
                "WITH RECURSIVE numbers (i) AS (SELECT {from} UNION ALL SELECT i + 1 FROM numbers WHERE i < {to})"
            ),
            Self::Postgres => {
                format!(
                    "WITH numbers (i) AS (SELECT CAST(i AS bigint) FROM generate_series({from}, {to}) AS series (i))"
                )
            }
        }
    }

    /// The digest of a text and the number, as an expression.
    fn sha256(self, label: &str) -> String {
        format!("sha256(CAST('{label}' || CAST(i AS TEXT) AS {}))", self.bytes())
    }

    fn bytes(self) -> &'static str {
        match self {
            Self::Sqlite => "BLOB",
            Self::Postgres => "BYTEA",
        }
    }

    /// What comes after all: the numbering goes on where the rows end.
    fn finish(self, filling: &Filling) -> String {
        match self {
            Self::Sqlite => "SELECT 1".to_owned(),
            Self::Postgres => format!(
                "SELECT setval(pg_get_serial_sequence('accounts', 'id'), {}), setval(pg_get_serial_sequence('tokens', 'id'), {});
                 ANALYZE",
                filling.accounts, filling.tokens
            ),
        }
    }
}
