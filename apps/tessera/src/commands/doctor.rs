//! `tessera doctor`.

mod certificate;
mod check;
mod clock;
mod database;
mod files;
mod keys;
mod names;

use anyhow::bail;
use clap::Args;
use serde_json::json;

use super::database::database_url;
use super::report::Report;
use crate::commands;
use crate::config::Config;
use crate::options::Common;
use check::{Check, Verdict};

/// Check settings, database, keys, clock and file permissions. Changes nothing.
#[derive(Debug, Args)]
pub struct Doctor {}

impl Doctor {
    pub fn run(self, common: &Common) -> anyhow::Result<()> {
        let checks = self.checks(common)?;
        let count = |verdict| checks.iter().filter(|check| check.verdict == verdict).count();
        let (warnings, failures) = (count(Verdict::Warn), count(Verdict::Fail));
        report(&checks).print(common.json())?;
        match failures {
            0 => Ok(()),
            _ => bail!(
                "{failures} of {} checks failed, with {warnings} warnings: see above",
                checks.len()
            ),
        }
    }

    fn checks(&self, common: &Common) -> anyhow::Result<Vec<Check>> {
        let config = match common.load_config() {
            Ok(config) => config,
            Err(error) => {
                return Ok(vec![Check::fail(
                    "settings",
                    format!("{error:#}"),
                    "correct it; nothing else can be checked without settings",
                )]);
            }
        };
        let mut checks = vec![settings(&config)];
        checks.extend(files::check(&config, common.config_file()));
        let clock = common.builder().clock_handle();
        checks.extend(config.tls.iter().map(|files| certificate::check(files, &*clock)));
        let url = database_url(&config);
        commands::runtime()?.block_on(async {
            let Some(store) = database::check(&url, config.feed_url.as_deref(), &mut checks).await else {
                return;
            };
            let checked = keys::Checked {
                config: &config,
                store: &store,
                clock,
                entropy: common.builder().entropy_handle(),
            };
            checks.extend(keys::check(&checked).await);
            checks.push(names::check(&store).await);
            checks.push(clock::check(&store, checked.clock.clone()).await);
        });
        Ok(checks)
    }
}

fn settings(config: &Config) -> Check {
    let names: Vec<_> = config.flavours.iter().map(|flavour| flavour.name.as_str()).collect();
    let noun = if names.len() == 1 { "flavour" } else { "flavours" };
    Check::ok("settings", format!("{} {noun}: {}", names.len(), names.join(", ")))
}

fn report(checks: &[Check]) -> Report {
    let text: Vec<_> = checks.iter().map(Check::line).collect();
    let json: Vec<_> = checks.iter().map(Check::json).collect();
    let worst = checks.iter().map(|check| check.verdict).max().unwrap_or(Verdict::Ok);
    Report::new(text.join("\n"), json!({ "verdict": worst.word(), "checks": json }))
}
