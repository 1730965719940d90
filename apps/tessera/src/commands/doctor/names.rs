//! Checks that every account is found by its names: an earlier version may have stored them in another form.

use store_diesel::DieselStore;

use super::check::Check;
use crate::commands::account::outdated_names;

const NAMES: &str = "names";

pub async fn check(store: &DieselStore) -> Check {
    match outdated_names(&*store.maintenance()).await {
        Ok(outdated) if outdated.is_empty() => Check::ok(NAMES, "every account is found by its names"),
        Ok(outdated) => Check::warn(
            NAMES,
            format!(
                "{} accounts have a name in the form of an earlier version, and may not be able to sign in",
                outdated.len()
            ),
            "tessera account fold-names",
        ),
        Err(error) => Check::fail(NAMES, error.to_string(), "look at the database's own log"),
    }
}
