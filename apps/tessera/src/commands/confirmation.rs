//! The question before an act that destroys something, or signs out many.

use std::io::{IsTerminal, Write as _};

use anyhow::bail;
use clap::Args;

use crate::options::Common;

/// The option that answers the question before it is asked.
#[derive(Debug, Args)]
pub struct Confirmation {
    /// Do it without asking; needed where there is no terminal to ask at.
    #[arg(long)]
    yes: bool,
}

impl Confirmation {
    /// Asks on a terminal whether to do `what`, a sentence without its end.
    ///
    /// # Errors
    /// Without `--yes` where there is no terminal, and where the answer is not "yes". Nothing was changed then.
    pub fn ask(&self, common: &Common, what: &str) -> anyhow::Result<()> {
        if self.yes {
            return Ok(());
        }
        if common.json() || !std::io::stdin().is_terminal() || !std::io::stderr().is_terminal() {
            bail!("nothing was changed: {what}. Repeat it with --yes to do that");
        }
        eprint!("{what}.\nType yes to go on: ");
        std::io::stderr().flush()?;
        let mut answer = String::new();
        std::io::stdin().read_line(&mut answer)?;
        match answer.trim() {
            "yes" => Ok(()),
            _ => bail!("nothing was changed"),
        }
    }
}
