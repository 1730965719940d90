//! Who may not sign in at the other system, and is disabled here.

use anyhow::Context;

use super::row::Row;
use super::rules::{Rules, Unconfirmed};

/// Why somebody may not sign in there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Disabled {
    /// It is switched off.
    Inactive,
    /// It was banned, and the ban has not ended.
    Banned,
    /// It was locked, and the lock has not ended.
    Locked,
    /// Nobody has confirmed that its address is theirs.
    Unconfirmed,
    /// It was deleted, and its row was kept.
    Deleted,
}

impl Disabled {
    /// The word of reports.
    pub fn word(self) -> &'static str {
        match self {
            Self::Inactive => "inactive",
            Self::Banned => "banned",
            Self::Locked => "locked",
            Self::Unconfirmed => "unconfirmed",
            Self::Deleted => "deleted",
        }
    }
}

/// Devise: a lock ends by itself, if at all, some time after it began. The column keeps it until the next sign-in.
///
/// # Errors
/// When its time cannot be read.
pub fn locked(row: &Row, rules: &Rules) -> anyhow::Result<Option<Disabled>> {
    let Some(since) = row.time("locked_at")? else {
        return Ok(None);
    };
    let is_over = rules.unlock_in.is_some_and(|life| since.plus(life) < rules.now);
    Ok((!is_over).then_some(Disabled::Locked))
}

/// A time that says since when an address is confirmed. Without this column nobody has to confirm.
pub fn unconfirmed(row: &Row, since: &str, rules: &Rules) -> Option<Disabled> {
    unless_confirmed(!row.has(since) || row.text(since).is_some(), rules)
}

/// The same from whether the address is confirmed.
pub fn unless_confirmed(is_confirmed: bool, rules: &Rules) -> Option<Disabled> {
    let is_disabled = !is_confirmed && rules.unconfirmed == Unconfirmed::Disable;
    is_disabled.then_some(Disabled::Unconfirmed)
}

/// A row that is kept of somebody who was deleted.
pub fn deleted(row: &Row) -> Option<Disabled> {
    row.text("deleted_at").map(|_| Disabled::Deleted)
}

/// better-auth: a ban may have an end.
///
/// # Errors
/// When it cannot be read.
pub fn banned(row: &Row, rules: &Rules) -> anyhow::Result<Option<Disabled>> {
    let end = row.time("banExpires").context("the end of its ban")?;
    let is_banned = row.yes("banned")? == Some(true) && end.is_none_or(|end| end >= rules.now);
    Ok(is_banned.then_some(Disabled::Banned))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use auth_core::Timestamp;
    use serde_json::{Map, Value, json};

    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);

    fn row(value: Value) -> Row {
        let Value::Object(row) = value else {
            return Row(Map::new());
        };
        Row(row)
    }

    fn rules(unlock_in: Option<Duration>, unconfirmed: Unconfirmed) -> Rules {
        Rules {
            now: Timestamp::from_seconds(1_700_000_000),
            unlock_in,
            unconfirmed,
            token_life: None,
        }
    }

    /// As `access_locked?` of Devise has it.
    #[test]
    fn a_lock_is_over_only_after_its_time_and_only_where_it_ends_by_itself() {
        let since = |seconds: i64| row(json!({"locked_at": seconds}));
        for (seconds, unlock_in, is_locked) in [
            (1_699_996_399, Some(HOUR), false),
            (1_699_996_400, Some(HOUR), true),
            (1_699_999_999, Some(HOUR), true),
            (1_700_000_100, Some(HOUR), true),
            (1_000_000_000, None, true),
        ] {
            let found = locked(&since(seconds), &rules(unlock_in, Unconfirmed::Disable)).unwrap();
            assert_eq!(found.is_some(), is_locked, "{seconds} {unlock_in:?}");
        }
        for value in [json!({}), json!({"locked_at": null}), json!({"locked_at": ""})] {
            assert_eq!(locked(&row(value), &rules(None, Unconfirmed::Disable)).unwrap(), None);
        }
        assert!(
            locked(
                &row(json!({"locked_at": "yes"})),
                &rules(Some(HOUR), Unconfirmed::Disable)
            )
            .is_err()
        );
    }

    #[test]
    fn only_a_column_that_is_there_says_that_nobody_confirmed() {
        let found =
            |value: Value, unconfirmed| super::unconfirmed(&row(value), "confirmed_at", &rules(None, unconfirmed));
        for empty in [json!({"confirmed_at": null}), json!({"confirmed_at": ""})] {
            assert_eq!(found(empty.clone(), Unconfirmed::Disable), Some(Disabled::Unconfirmed));
            assert_eq!(found(empty, Unconfirmed::Enable), None);
        }
        assert_eq!(
            found(json!({"confirmed_at": "2026-01-01 00:00:00"}), Unconfirmed::Disable),
            None
        );
        assert_eq!(found(json!({}), Unconfirmed::Disable), None);
    }

    #[test]
    fn a_ban_is_over_after_its_end() {
        let found = |value: Value| banned(&row(value), &rules(None, Unconfirmed::Enable));
        for (value, is_banned) in [
            (json!({"banned": 1}), true),
            (json!({"banned": true, "banExpires": "2099-01-01T00:00:00Z"}), true),
            (json!({"banned": true, "banExpires": "2001-01-01T00:00:00Z"}), false),
            (json!({"banned": 0, "banExpires": "2099-01-01T00:00:00Z"}), false),
            (json!({"banned": null}), false),
            (json!({}), false),
        ] {
            assert_eq!(found(value.clone()).unwrap().is_some(), is_banned, "{value}");
        }
        assert!(found(json!({"banned": "perhaps"})).is_err());
        assert!(found(json!({"banned": 1, "banExpires": "soon"})).is_err());
    }
}
