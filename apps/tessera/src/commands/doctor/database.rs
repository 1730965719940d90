//! Checks that the database exists, is durable, and has the tables of this version.

use store_diesel::{ConnectError, DieselStore, Migrator, StoreOptions};

use super::check::Check;
use crate::commands::database::missing_file;

/// The database, if it can be used. Adds the results to `checks`.
pub async fn check(url: &str, feed_url: Option<&str>, checks: &mut Vec<Check>) -> Option<DieselStore> {
    match missing_file(url) {
        Err(error) => {
            checks.push(Check::fail(
                "database",
                error.to_string(),
                "choose another with --database-url",
            ));
            return None;
        }
        Ok(Some(path)) => {
            let advice = "check --database-url, or create it with `tessera migrate`";
            checks.push(Check::fail(
                "database",
                format!("there is no database at {path}"),
                advice,
            ));
            return None;
        }
        Ok(None) => {}
    }
    let mut options = StoreOptions::default();
    (options.migrate, options.feed_url) = (false, feed_url.map(str::to_owned));
    let store = match DieselStore::connect(url, &options).await {
        Ok(store) => store,
        Err(error) => {
            checks.push(refusal(&error));
            return None;
        }
    };
    match store.ping().await {
        Ok(()) => checks.push(Check::ok("database", "it answers")),
        Err(error) => {
            checks.push(Check::fail(
                "database",
                error.to_string(),
                "check that it runs and that its disk is not full",
            ));
            return None;
        }
    }
    checks.push(settings(&store).await);
    if store.is_pooled() && feed_url.is_none() {
        checks.push(Check::warn(
            "pooler",
            "database_url leads through a pooler in transaction mode, so this node is not woken by changes",
            "set feed_url to the database without the pooler",
        ));
    }
    checks.push(schema(url).await);
    Some(store)
}

fn refusal(error: &ConnectError) -> Check {
    let found = error.to_string();
    match error {
        ConnectError::Pending(_) => Check::fail(
            "schema",
            found,
            "apply them with `tessera migrate`; `--dry-run` says whether older nodes may stay",
        ),
        ConnectError::Newer(_) => Check::fail("schema", found, "use that version on this node too"),
        ConnectError::FeedUrl(why) => Check::fail("feed_url", why.clone(), "lead it to the database of database_url"),
        ConnectError::Pooler(why) => Check::fail("pooler", why.clone(), "do so, or lead database_url past it"),
        ConnectError::BadUrl(_) => Check::fail("database", found, "correct --database-url"),
        _ => Check::fail("database", found, "check that it runs, and that this user has access"),
    }
}

/// Whether the tables are those of this version. Where they are not, and it may work on them, a later one has changed them.
async fn schema(url: &str) -> Check {
    let newer = async {
        let migrator = Migrator::connect(url, &StoreOptions::default()).await?;
        Ok::<_, ConnectError>(migrator.newer().await?)
    };
    match newer.await {
        Ok(newer) => match newer.last() {
            None => Check::ok("schema", "up to date"),
            Some(newest) => Check::warn(
                "schema",
                format!("a later version has applied {newest}, and lets this one stay"),
                "use that version on this node too, soon",
            ),
        },
        Err(error) => refusal(&error),
    }
}

/// The settings that durability depends on. The store has already refused connections with other settings.
async fn settings(store: &DieselStore) -> Check {
    match store.database_info().await {
        Ok(info) => {
            let off = info.settings.iter().find(|(_, value)| value == "off");
            if let Some((name, _)) = off {
                let found = format!(
                    "{} has {name} = off: a power failure can lose a revocation that was answered",
                    info.engine
                );
                return Check::fail(
                    "durability",
                    found,
                    format!("set {name} = on in the database's settings"),
                );
            }
            let settings = info.settings.iter().map(|(name, value)| format!(", {name} = {value}"));
            Check::ok("durability", format!("{}{}", info.engine, settings.collect::<String>()))
        }
        Err(error) => Check::fail("durability", error.to_string(), "look at the database's own log"),
    }
}
