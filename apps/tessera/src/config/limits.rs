//! `[passwords]`, `[refresh]`, `[revocation]`, `[partners]`, `[resource_servers]`, `[audit]`, `[keys]`.

use auth_core::RefreshPolicy;
use consumer_auth::QuotaLimits;
use serde::{Deserialize, Serialize};
use validator::Validate;

use super::Span;
use crate::extension::BadSetting;

/// `[passwords]`: how passwords are hashed.
#[derive(Debug, Clone, Deserialize, Serialize, Validate)]
#[serde(deny_unknown_fields, default)]
pub struct PasswordSettings {
    /// bcrypt's cost for new hashes: 10 to 16.
    #[validate(range(min = 10, max = 16))]
    pub cost: u32,
    /// How many logins may wait for a hash: 1 to 100,000.
    #[validate(range(min = 1, max = 100_000))]
    pub queue: usize,
    /// How long the answer to a login may take: 1 s to 60 s. One that is expected to take two thirds of it is refused.
    pub patience: Span,
    /// How many threads hash; 0: one for each core.
    #[validate(range(max = 1024))]
    pub threads: usize,
    /// Whether a password change revokes the account's sessions.
    pub end_sessions: bool,
}

impl Default for PasswordSettings {
    fn default() -> Self {
        Self {
            cost: 12,
            queue: 256,
            patience: Span::seconds(2),
            threads: 0,
            end_sessions: true,
        }
    }
}

impl PasswordSettings {
    pub(super) fn check(&self) -> Result<(), BadSetting> {
        match (Span::seconds(1)..=Span::seconds(60)).contains(&self.patience) {
            true => Ok(()),
            false => Err(BadSetting::new(
                "passwords.patience",
                self.patience,
                "allowed is 1s to 60s",
            )),
        }
    }
}

/// `[refresh]`: how long sessions can be refreshed.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct RefreshSettings {
    /// How long the direct predecessor of a refresh token is still accepted.
    pub grace: Span,
    /// How long a session stays active without a refresh.
    pub idle: Span,
    /// How long a session stays active at most.
    pub absolute: Span,
}

impl Default for RefreshSettings {
    fn default() -> Self {
        Self {
            grace: Span::seconds(10),
            idle: Span::days(14),
            absolute: Span::days(30),
        }
    }
}

impl RefreshSettings {
    pub(super) fn check(&self) -> Result<(), BadSetting> {
        if self.grace > Span::seconds(300) {
            return Err(BadSetting::new("refresh.grace", self.grace, "allowed is 0s to 300s"));
        }
        for (key, span) in [("refresh.idle", self.idle), ("refresh.absolute", self.absolute)] {
            if !(Span::seconds(1)..=Span::days(3650)).contains(&span) {
                return Err(BadSetting::new(key, span, "allowed is 1s to 3650d"));
            }
        }
        Ok(())
    }

    pub(crate) fn policy(&self) -> RefreshPolicy {
        RefreshPolicy {
            grace: self.grace.0,
            idle: self.idle.0,
            absolute: self.absolute.0,
        }
    }
}

/// `[revocation]`: how nodes learn of revocations.
#[derive(Debug, Clone, Deserialize, Serialize, Validate)]
#[serde(deny_unknown_fields, default)]
pub struct RevocationSettings {
    /// How often the feed is read, in milliseconds: 10 to 900, so that every node follows within a second.
    #[validate(range(min = 10, max = 900))]
    pub poll_ms: u64,
    /// How long tokens are still checked while the feed cannot be read; after that the answer is 503.
    pub max_staleness: Span,
    /// How many records a node holds in memory: 1,000 to 100,000,000.
    #[validate(range(min = 1_000, max = 100_000_000))]
    pub records: usize,
}

impl Default for RevocationSettings {
    fn default() -> Self {
        Self {
            poll_ms: 200,
            max_staleness: Span::seconds(5),
            records: 100_000,
        }
    }
}

impl RevocationSettings {
    pub(super) fn check(&self) -> Result<(), BadSetting> {
        if !(Span::seconds(1)..=Span::seconds(3600)).contains(&self.max_staleness) {
            return Err(BadSetting::new(
                "revocation.max_staleness",
                self.max_staleness,
                "allowed is 1s to 3600s",
            ));
        }
        Ok(())
    }
}

/// `[partners]`: what each consumer may ask of one node.
#[derive(Debug, Clone, Deserialize, Serialize, Validate)]
#[serde(deny_unknown_fields, default)]
pub struct PartnerSettings {
    /// Calls in a minute: 1 to 1,000,000,000.
    #[validate(range(min = 1, max = 1_000_000_000))]
    pub calls_per_minute: u32,
    /// Clients that it vouches for the first time, in an hour: 1 to 1,000,000,000.
    #[validate(range(min = 1, max = 1_000_000_000))]
    pub clients_per_hour: u32,
}

impl Default for PartnerSettings {
    fn default() -> Self {
        let limits = QuotaLimits::default();
        Self {
            calls_per_minute: limits.calls_per_minute,
            clients_per_hour: limits.clients_per_hour,
        }
    }
}

impl PartnerSettings {
    pub(crate) fn limits(&self) -> QuotaLimits {
        QuotaLimits {
            calls_per_minute: self.calls_per_minute,
            clients_per_hour: self.clients_per_hour,
        }
    }
}

/// `[resource_servers]`: what each of them may ask of one node.
#[derive(Debug, Clone, Deserialize, Serialize, Validate)]
#[serde(deny_unknown_fields, default)]
pub struct ResourceServerSettings {
    /// Calls in a minute: 1 to 1,000,000,000.
    #[validate(range(min = 1, max = 1_000_000_000))]
    pub calls_per_minute: u32,
}

impl Default for ResourceServerSettings {
    /// 10,000 calls in a second: a bound for one that runs wild.
    fn default() -> Self {
        Self {
            calls_per_minute: 600_000,
        }
    }
}

/// `[audit]`: the audit log.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct AuditSettings {
    /// For how long entries are kept: 1 day to 100 years.
    pub keep: Span,
}

impl Default for AuditSettings {
    /// A year, and the month in which that year is looked at.
    fn default() -> Self {
        Self { keep: Span::days(400) }
    }
}

impl AuditSettings {
    pub(super) fn check(&self) -> Result<(), BadSetting> {
        match (Span::days(1)..=Span::days(36_500)).contains(&self.keep) {
            true => Ok(()),
            false => Err(BadSetting::new("audit.keep", self.keep, "allowed is 1d to 36500d")),
        }
    }
}

/// `[keys]`: signing keys.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct KeySettings {
    /// How long after a key retired its secret is erased: 1 day to 100 years.
    pub keep_retired: Span,
}

impl Default for KeySettings {
    /// A quarter of a year: longer than anybody looks for what a key has signed.
    fn default() -> Self {
        Self {
            keep_retired: Span::days(90),
        }
    }
}

impl KeySettings {
    pub(super) fn check(&self) -> Result<(), BadSetting> {
        match (Span::days(1)..=Span::days(36_500)).contains(&self.keep_retired) {
            true => Ok(()),
            false => Err(BadSetting::new(
                "keys.keep_retired",
                self.keep_retired,
                "allowed is 1d to 36500d",
            )),
        }
    }
}
