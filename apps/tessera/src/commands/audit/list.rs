//! `tessera audit list`.

use anyhow::Context;
use auth_core::{AuditEvent, AuditFilter, Timestamp};
use chrono::DateTime;
use clap::Args;
use serde_json::json;

use super::line;
use crate::audit_search::AuditSearch;
use crate::commands::admin::Admin;
use crate::commands::progress::Progress;
use crate::commands::report::Report;
use crate::options::Common;

/// List entries, newest first.
#[derive(Debug, Args)]
pub struct List {
    #[command(flatten)]
    wanted: Wanted,
    /// Only entries at this time or later, such as 2026-11-26T05:00:00Z.
    #[arg(long, value_name = "TIME", value_parser = moment)]
    since: Option<Timestamp>,
    /// Only entries before this time.
    #[arg(long, value_name = "TIME", value_parser = moment)]
    until: Option<Timestamp>,
    /// The most entries to list.
    #[arg(long, value_name = "COUNT", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    limit: u32,
    /// List only entries before this one: the last number of the previous page.
    #[arg(long, value_name = "NUMBER")]
    before: Option<i64>,
}

/// What an entry must be like.
#[derive(Debug, Args)]
pub struct Wanted {
    /// Only this event, such as token_revoked.
    #[arg(long, value_name = "EVENT", value_parser = event)]
    event: Option<String>,
    /// Only this outcome: done or refused.
    #[arg(long, value_name = "OUTCOME", value_parser = ["done", "refused"])]
    outcome: Option<String>,
    /// Only about the account with this number.
    #[arg(long, value_name = "NUMBER")]
    subject: Option<i64>,
    /// Only about the token or session with this number.
    #[arg(long, value_name = "NUMBER")]
    token: Option<i64>,
    /// Only about this realm.
    #[arg(long, value_name = "REALM")]
    realm: Option<String>,
    /// Only about this flavour.
    #[arg(long, value_name = "NAME")]
    flavour: Option<String>,
    /// Only from this address.
    #[arg(long, value_name = "ADDRESS")]
    source: Option<std::net::IpAddr>,
    /// Only of the request with this id.
    #[arg(long, value_name = "ID")]
    request: Option<String>,
}

impl Wanted {
    pub fn filter(&self) -> AuditFilter {
        AuditFilter {
            since: None,
            until: None,
            event: self.event.clone(),
            outcome: self.outcome.clone(),
            subject: self.subject,
            token: self.token,
            realm: self.realm.clone(),
            flavour: self.flavour.clone(),
            source: self.source.map(|source| source.to_string()),
            request: self.request.clone(),
        }
    }
}

impl List {
    pub fn run(self, common: &Common) -> anyhow::Result<()> {
        let filter = AuditFilter {
            since: self.since,
            until: self.until,
            ..self.wanted.filter()
        };
        Admin::run(common, async |admin| {
            let (audit, limit) = (admin.store.audit(), self.limit as usize);
            let progress = Progress::counting("entries read");
            let mut search = AuditSearch::new(&*audit, &filter, self.before);
            // One more than is shown: it says whether there is a next page.
            let mut rows = search.find(limit + 1, u64::MAX, |read| progress.at(read)).await?;
            drop(progress);
            let more = rows.len() > limit;
            rows.truncate(limit);
            let next = rows.last().filter(|_| more).map(|row| row.sequence);
            let mut lines: Vec<_> = rows.iter().map(line::text).collect();
            if lines.is_empty() {
                lines.push("there are no such entries".into());
            }
            if let Some(next) = next {
                lines.push(format!("there are more: use --before {next}"));
            }
            let entries: Vec<_> = rows.iter().map(line::json).collect();
            Ok(Report::new(
                lines.join("\n"),
                json!({ "entries": entries, "next": next }),
            ))
        })
    }
}

fn event(word: &str) -> Result<String, String> {
    let known = AuditEvent::ALL.iter().map(|event| event.as_str());
    match known.clone().any(|event| event == word) {
        true => Ok(word.to_owned()),
        false => Err(format!("allowed are {}", known.collect::<Vec<_>>().join(", "))),
    }
}

fn moment(text: &str) -> anyhow::Result<Timestamp> {
    let time = DateTime::parse_from_rfc3339(text);
    let time = time.context("allowed is a time as in RFC 3339, such as 2026-11-26T05:00:00Z")?;
    Ok(Timestamp::from_millis(time.timestamp_millis()))
}
