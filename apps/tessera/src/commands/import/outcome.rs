//! What an import has done, row by row and in all.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

use anyhow::Context;
use serde_json::{Value, json};

use super::disabled::Disabled;
use super::row::cut;
use super::tried::Tried;
use crate::commands::new_file::NewFile;
use crate::commands::report::{Report, plain};

/// How many refusals are shown where they go into no file.
const SHOWN: usize = 10;

/// How much of a row's name and of a reason is shown, in characters: both may have a value of the row.
const LONGEST_ROW: usize = 120;
const LONGEST_REASON: usize = 360;

/// The counts of one kind of row.
#[derive(Debug, Default)]
pub struct Counts {
    pub added: u64,
    pub present: u64,
    pub refused: u64,
}

/// The counts, and where refusals go.
#[derive(Debug)]
pub struct Outcome {
    pub accounts: Counts,
    pub tokens: Counts,
    pub without_password: u64,
    /// Those that were added and are disabled here, by the reason.
    disabled: BTreeMap<Disabled, u64>,
    /// Those that were there already and are disabled in one system only.
    differing: u64,
    /// Those that were there already and have the pepper of this run now.
    pub new_peppers: u64,
    /// Tokens that the other system has and that were revoked here.
    pub revoked_here: u64,
    /// Tokens that were there already and expire later now, as in the other system.
    pub extended: u64,
    /// What a dry run has seen.
    pub tried: Tried,
    shown: Vec<String>,
    /// How many lines there are that go into no file, shown or not.
    noted: u64,
    file: Option<NewFile>,
}

impl Outcome {
    /// Nothing yet. Refusals go into this file, which must not exist.
    pub fn new(file: Option<&Path>) -> anyhow::Result<Self> {
        let create = |path: &Path| NewFile::create(path, "--refused");
        Ok(Self {
            accounts: Counts::default(),
            tokens: Counts::default(),
            without_password: 0,
            disabled: BTreeMap::new(),
            differing: 0,
            new_peppers: 0,
            revoked_here: 0,
            extended: 0,
            tried: Tried::default(),
            shown: Vec::new(),
            noted: 0,
            file: file.map(create).transpose()?,
        })
    }

    /// A person was added who may not sign in there. In a report without a file the count is enough.
    pub fn came_disabled(&mut self, row: &str, reason: Disabled) -> anyhow::Result<()> {
        *self.disabled.entry(reason).or_default() += 1;
        match self.file {
            Some(_) => self.note(row, &format!("is disabled here: {} there", reason.word())),
            None => Ok(()),
        }
    }

    /// A person who was there already is disabled in one system only.
    pub fn differs(&mut self, row: &str, how: &str) -> anyhow::Result<()> {
        self.differing += 1;
        self.note(row, how)
    }

    /// Says of a row that it was refused, or a part of it.
    pub fn note(&mut self, row: &str, reason: &str) -> anyhow::Result<()> {
        let line = format!(
            "{}: {}",
            cut(&plain(row), LONGEST_ROW),
            cut(&plain(reason), LONGEST_REASON)
        );
        match &mut self.file {
            Some(file) => writeln!(file, "{line}").context("--refused")?,
            None => {
                self.noted += 1;
                self.shown.extend((self.shown.len() < SHOWN).then_some(line));
            }
        }
        Ok(())
    }

    /// The end: every line is in the file.
    pub fn finish(mut self) -> anyhow::Result<Self> {
        if let Some(file) = self.file.take() {
            file.finish()?;
        }
        Ok(self)
    }

    pub fn report(&self, system: &str, tried: bool) -> Report {
        let (accounts, tokens) = (&self.accounts, &self.tokens);
        let refused = accounts.refused + tokens.refused;
        let line = |what: &str, counts: &Counts| {
            let Counts {
                added,
                present,
                refused,
            } = counts;
            format!("{what}  {added} added, {present} there already, {refused} refused")
        };
        let mut lines = vec![line("accounts", accounts), line("tokens  ", tokens)];
        if self.without_password > 0 {
            lines.push(format!(
                "{} accounts came without their passwords",
                self.without_password
            ));
        }
        lines.extend(self.disabled_line());
        if self.differing > 0 {
            let differing = self.differing;
            lines.push(format!(
                "{differing} accounts are disabled in one of the two systems only; see account disable and account enable"
            ));
        }
        if self.new_peppers > 0 {
            lines.push(format!(
                "{} passwords have the pepper of this run now",
                self.new_peppers
            ));
        }
        if self.extended > 0 {
            lines.push(format!("{} tokens expire later now, as they do there", self.extended));
        }
        if self.revoked_here > 0 {
            lines.push(format!(
                "{} tokens were revoked here, or ended, and stay so",
                self.revoked_here
            ));
        }
        lines.extend(self.shown.iter().map(|line| format!("  {line}")));
        let hidden = self.noted.saturating_sub(self.shown.len() as u64);
        if hidden > 0 {
            lines.push(format!("  and {hidden} more: --refused FILE writes all of them"));
        }
        let nothing = accounts.added + tokens.added + self.new_peppers + self.extended == 0;
        lines.push(match (tried, nothing) {
            (true, _) => "tried only: nothing was changed".to_owned(),
            (false, true) => "nothing was changed".to_owned(),
            (false, false) => format!("moved in from {system}"),
        });
        let json = json!({
            "system": system,
            "dry_run": tried,
            "accounts_added": accounts.added,
            "accounts_present": accounts.present,
            "accounts_refused": accounts.refused,
            "accounts_disabled": self.disabled_counts().collect::<serde_json::Map<_, _>>(),
            "accounts_differing": self.differing,
            "accounts_without_password": self.without_password,
            "passwords_with_new_pepper": self.new_peppers,
            "tokens_added": tokens.added,
            "tokens_present": tokens.present,
            "tokens_extended": self.extended,
            "tokens_revoked_here": self.revoked_here,
            "tokens_refused": tokens.refused,
            "refused": refused,
        });
        Report::new(lines.join("\n"), json)
    }

    fn disabled_counts(&self) -> impl Iterator<Item = (String, Value)> {
        let counts = self.disabled.iter();
        counts.map(|(reason, count)| (reason.word().to_owned(), Value::from(*count)))
    }

    /// How many people came disabled, and why. `None`: nobody.
    fn disabled_line(&self) -> Option<String> {
        let counts: Vec<String> = self
            .disabled_counts()
            .map(|(word, count)| format!("{count} {word}"))
            .collect();
        (!counts.is_empty()).then(|| format!("disabled here, since they may not sign in there: {}", counts.join(", ")))
    }
}
