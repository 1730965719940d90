//! `tessera audit tail`.

use std::collections::HashSet;
use std::io::Write as _;
use std::time::Duration;

use auth_core::{AuditCursor, AuditRow};
use clap::Args;

use super::line;
use super::list::Wanted;
use crate::audit_search::AuditSearch;
use crate::commands;
use crate::commands::database::open_existing;
use crate::commands::progress::Progress;
use crate::options::Common;

/// How often is looked for new entries, and how many are read at once.
const POLL: Duration = Duration::from_millis(500);
const PAGE: u32 = 1000;

/// Print the last entries, and then each new one, until interrupted. With --json, one object on each line.
#[derive(Debug, Args)]
pub struct Tail {
    #[command(flatten)]
    wanted: Wanted,
    /// How many of the last entries to print first.
    #[arg(long, value_name = "COUNT", default_value_t = 10, value_parser = clap::value_parser!(u32).range(0..=10_000))]
    lines: u32,
}

impl Tail {
    pub fn run(self, common: &Common) -> anyhow::Result<()> {
        let config = common.load_config()?;
        let (filter, json) = (self.wanted.filter(), common.json());
        commands::runtime()?.block_on(async {
            let audit = open_existing(&config).await?.audit();
            // Where the chain ends, so that nothing is missed in between; what was printed is not printed again.
            let mut cursor = audit
                .marks()
                .await?
                .end
                .map_or(AuditCursor::default(), |end| end.cursor);
            let mut search = AuditSearch::new(&*audit, &filter, None);
            let progress = Progress::counting("entries read");
            let mut rows = search
                .find(self.lines as usize, u64::MAX, |read| progress.at(read))
                .await?;
            drop(progress);
            rows.reverse();
            let mut printed: HashSet<i64> = rows.iter().map(|row| row.sequence).collect();
            let mut skip = search.newest().unwrap_or(0);
            if !print(&rows, json)? {
                return Ok(());
            }
            loop {
                let page = audit.settled(&cursor, PAGE).await?;
                let is_new = |row: &&AuditRow| row.sequence > skip && !printed.contains(&row.sequence);
                let new = page.rows.iter().filter(is_new).filter(|row| filter.wants(&row.entry));
                let new: Vec<AuditRow> = new.cloned().collect();
                if !print(&new, json)? {
                    return Ok(());
                }
                if page.rows.is_empty() {
                    // From here on everything is new, also what becomes visible late.
                    (skip, printed) = (i64::MIN, HashSet::new());
                    tokio::time::sleep(POLL).await;
                }
                cursor = page.cursor;
            }
        })
    }
}

/// Whether the reader still reads.
fn print(rows: &[AuditRow], json: bool) -> anyhow::Result<bool> {
    let mut out = std::io::stdout().lock();
    for row in rows {
        let text = if json {
            line::json(row).to_string()
        } else {
            line::text(row)
        };
        if let Err(error) = writeln!(out, "{text}") {
            return match error.kind() {
                std::io::ErrorKind::BrokenPipe => Ok(false),
                _ => Err(error.into()),
            };
        }
    }
    out.flush()?;
    Ok(true)
}
