//! `tessera completions`.

use anyhow::Context;
use clap::{Args, ValueEnum};
use clap_complete::aot::{Shell, generate};
use serde_json::json;

use super::report::Report;
use crate::cli;
use crate::options::Common;

/// Print the script that completes commands and options in a shell. Bash: write it to
/// /etc/bash_completion.d/tessera, or run `source <(tessera completions bash)`. Zsh: write it as _tessera into a folder of
/// $fpath. Fish: write it to ~/.config/fish/completions/tessera.fish.
#[derive(Debug, Args)]
pub struct Completions {
    /// The shell.
    #[arg(value_enum)]
    shell: ShellName,
}

/// The shells that a script is printed for.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum ShellName {
    Bash,
    Zsh,
    Fish,
}

impl Completions {
    pub fn run(self, common: &Common) -> anyhow::Result<()> {
        let (name, shell) = match self.shell {
            ShellName::Bash => ("bash", Shell::Bash),
            ShellName::Zsh => ("zsh", Shell::Zsh),
            ShellName::Fish => ("fish", Shell::Fish),
        };
        let mut script = Vec::new();
        generate(shell, &mut cli::command(), "tessera", &mut script);
        let script = String::from_utf8(script).context("the script is not text")?;
        let json = json!({ "shell": name, "script": script });
        Report::new(script.trim_end(), json).print(common.json())
    }
}
