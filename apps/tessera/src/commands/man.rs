//! `tessera man`.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::{Args, Command};
use clap_mangen::Man as Page;
use serde_json::json;

use super::report::Report;
use crate::cli;
use crate::options::Common;

/// Print the manual page of the program, or write the pages of all its commands into a folder: tessera.1,
/// tessera-account.1, tessera-account-add.1 and so on. Read one with `man -l FILE`.
#[derive(Debug, Args)]
pub struct Man {
    /// The folder for the pages of all commands, made if it is missing. Pages of the same names are replaced.
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

impl Man {
    pub fn run(self, common: &Common) -> anyhow::Result<()> {
        let mut command = cli::command().disable_help_subcommand(true);
        command.build();
        let report = match self.dir {
            None => {
                let page = page(&command)?;
                let text = String::from_utf8(page).context("the page is not text")?;
                Report::new(text.trim_end(), json!({ "page": text }))
            }
            Some(folder) => written(&command, &folder)?,
        };
        report.print(common.json())
    }
}

fn written(command: &Command, folder: &Path) -> anyhow::Result<Report> {
    let named = || format!("--dir {}", folder.display());
    fs::create_dir_all(folder).with_context(named)?;
    let mut names = Vec::new();
    for command in with_all_below(command) {
        let name = format!("{}.1", command.get_display_name().unwrap_or(command.get_name()));
        let path = folder.join(&name);
        fs::write(&path, page(command)?).with_context(|| format!("--dir: {}", path.display()))?;
        names.push(name);
    }
    let text = format!("{} pages written to {}", names.len(), folder.display());
    Ok(Report::new(text, json!({ "dir": folder, "pages": names })))
}

/// A command and all below it.
fn with_all_below(command: &Command) -> Vec<&Command> {
    let below = command.get_subcommands().flat_map(with_all_below);
    std::iter::once(command).chain(below).collect()
}

fn page(command: &Command) -> anyhow::Result<Vec<u8>> {
    let mut page = Vec::new();
    // A blank for the date: the same program makes the same pages.
    let made = Page::new(command.clone()).date(" ").manual("Tessera").render(&mut page);
    made.context("the page cannot be made")?;
    Ok(page)
}
