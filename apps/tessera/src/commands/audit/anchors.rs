//! The anchors that a verification compares the chain with.

use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use auth_core::AuditAnchor;
use clap::Args;

/// Where anchors come from.
#[derive(Debug, Args)]
pub struct Anchors {
    /// An anchor, as the server logs it (audit_anchor), to find that the end was cut off. May be repeated.
    #[arg(long, value_name = "ANCHOR")]
    anchor: Vec<AuditAnchor>,
    /// A file with anchors, one on a line or in lines of the server's log; - reads standard input.
    #[arg(long, value_name = "FILE")]
    anchors: Option<PathBuf>,
}

impl Anchors {
    pub fn read(&self) -> anyhow::Result<Vec<AuditAnchor>> {
        let mut anchors = self.anchor.clone();
        if let Some(path) = &self.anchors {
            let found: Vec<_> = text(path)?.lines().filter_map(of_line).collect();
            if found.is_empty() {
                bail!("--anchors {}: there is no anchor in it", path.display());
            }
            anchors.extend(found);
        }
        Ok(anchors)
    }
}

fn text(path: &Path) -> anyhow::Result<String> {
    if path == Path::new("-") {
        let mut text = String::new();
        std::io::stdin()
            .read_to_string(&mut text)
            .context("standard input cannot be read")?;
        return Ok(text);
    }
    std::fs::read_to_string(path).with_context(|| format!("--anchors {}", path.display()))
}

/// The anchor in a line: all of it, or the field `anchor=…` of the log.
fn of_line(line: &str) -> Option<AuditAnchor> {
    let mut words = line.split_whitespace();
    words.find_map(|word| {
        word.strip_prefix("anchor=")
            .unwrap_or(word)
            .trim_matches('"')
            .parse()
            .ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_anchor_is_found_in_a_line_of_the_log() {
        let anchor = "1042:88311:9f86d081884c7d659a2feaa0c55ad015";
        for line in [
            anchor.to_owned(),
            format!("2026-11-26T05:00:00Z  INFO tessera: event=\"audit_anchor\" anchor={anchor}"),
        ] {
            assert_eq!(of_line(&line).map(|found| found.to_string()).as_deref(), Some(anchor));
        }
        assert_eq!(of_line("event=\"stopping\""), None);
    }
}
