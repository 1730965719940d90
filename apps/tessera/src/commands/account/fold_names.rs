//! `tessera account fold-names`.

use auth_core::{FoldedLogin, StoreError};
use clap::Args;
use serde_json::json;
use store_diesel::{Maintenance, StoredNames};

use crate::commands::admin::Admin;
use crate::commands::patience::patiently;
use crate::commands::progress::Progress;
use crate::commands::report::{Report, plain};
use crate::options::Common;

/// How many accounts are read at once.
const PAGE: u32 = 1000;

/// Find accounts whose names are stored in the form of an earlier version, and store them in today's, so that they can
/// sign in. Names of two accounts that are one name today stay as they are, and are listed, as are names that are refused
/// today. Run it again as often as you like.
#[derive(Debug, Args)]
pub struct FoldNames {}

/// What was found.
#[derive(Debug, Default)]
struct Found {
    folded: Vec<StoredNames>,
    conflicts: Vec<StoredNames>,
    refused: Vec<StoredNames>,
}

impl FoldNames {
    pub fn run(self, common: &Common) -> anyhow::Result<()> {
        Admin::run(common, async |admin| {
            let store = admin.store.maintenance();
            let mut found = Found::default();
            for names in outdated(&*store).await? {
                let today = today(&names);
                if is_refused(&names) {
                    found.refused.push(names.clone());
                }
                if today == names {
                    continue;
                }
                match patiently(async || store.put_folded_names(&today, admin.now()).await).await? {
                    true => found.folded.push(names),
                    false => found.conflicts.push(names),
                }
            }
            Ok(found.report())
        })
    }
}

/// The accounts whose names are not stored in today's form, or are refused today.
pub async fn outdated(store: &dyn Maintenance) -> Result<Vec<StoredNames>, StoreError> {
    let (mut outdated, mut after, mut read) = (Vec::new(), None, 0);
    let progress = Progress::counting("accounts read");
    loop {
        let page = store.names(after, PAGE).await?;
        after = page.last().map(|names| names.subject);
        let is_last = page.len() < PAGE as usize;
        read += page.len() as u64;
        progress.at(read);
        outdated.extend(
            page.into_iter()
                .filter(|names| today(names) != *names || is_refused(names)),
        );
        if is_last {
            return Ok(outdated);
        }
    }
}

/// The names as they are stored today. A name that is refused today keeps its form: nothing is lost, and nobody has it.
fn today(names: &StoredNames) -> StoredNames {
    let form = |name: Option<&str>, stored: &Option<String>| {
        let folded = name.and_then(|name| FoldedLogin::parse(name).ok());
        folded.map_or_else(|| stored.clone(), |folded| Some(folded.as_str().to_owned()))
    };
    StoredNames {
        login_folded: form(Some(&names.login), &names.login_folded),
        alias_folded: form(names.alias.as_deref(), &names.alias_folded),
        ..names.clone()
    }
}

/// Whether a name with a stored form is refused today: nobody can sign in with it.
fn is_refused(names: &StoredNames) -> bool {
    let refused = |name: Option<&str>, stored: &Option<String>| {
        stored.is_some() && name.is_some_and(|name| FoldedLogin::parse(name).is_err())
    };
    refused(Some(&names.login), &names.login_folded) || refused(names.alias.as_deref(), &names.alias_folded)
}

impl Found {
    fn report(&self) -> Report {
        let mut lines = vec![format!(
            "{} accounts are found by today's form of their names",
            self.folded.len()
        )];
        let conflict =
            "not changed: another account of the realm has this name today; give one of them another account";
        lines.extend(self.conflicts.iter().map(|names| line(names, conflict)));
        let refused = "a name is refused today: who signs in with it needs an account with another name";
        lines.extend(self.refused.iter().map(|names| line(names, refused)));
        let ids = |all: &[StoredNames]| all.iter().map(|names| names.subject.0).collect::<Vec<_>>();
        let json = json!({
            "folded": self.folded.len(),
            "accounts": ids(&self.folded),
            "conflicts": ids(&self.conflicts),
            "refused": ids(&self.refused),
        });
        Report::new(lines.join("\n"), json)
    }
}

fn line(names: &StoredNames, what: &str) -> String {
    format!(
        "account {} ({} in {}): {what}",
        names.subject,
        plain(&names.login),
        plain(names.realm.as_str())
    )
}
