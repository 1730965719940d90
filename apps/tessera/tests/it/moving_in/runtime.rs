//! What runs the other systems, and whether it is installed.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// Set to `1`, these tests fail where a system is not installed.
const REQUIRE: &str = "TESSERA_REQUIRE_MOVING_IN";

/// What runs a script.
#[derive(Clone, Copy)]
pub enum Runtime {
    Python,
    Node,
    Php,
    Ruby,
}

impl Runtime {
    /// Why tests with it are skipped, or `None` where they run.
    pub fn skip_reason(self) -> Option<&'static str> {
        let is_required = std::env::var_os(REQUIRE).is_some_and(|value| value == "1");
        match self.is_installed() {
            false if !is_required => Some("it is not installed: .ci/run installs it"),
            _ => None,
        }
    }

    pub fn folder() -> PathBuf {
        let tools = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).with_file_name("tools");
        tools.join("moving-in")
    }

    fn is_installed(self) -> bool {
        let folder = Self::folder();
        let succeeds = |program: &str, args: &[&str]| {
            let status = Command::new(program).args(args).output();
            status.is_ok_and(|output| output.status.success())
        };
        match self {
            Self::Python => folder.join("python/bin/python").exists(),
            Self::Node => folder.join("node/node_modules/@better-auth/api-key").exists(),
            Self::Php => succeeds(
                "php",
                &[
                    "-r",
                    "require 'Illuminate/Database/autoload.php'; require 'Illuminate/Hashing/autoload.php';
                    exit(extension_loaded('pdo_sqlite') ? 0 : 1);",
                ],
            ),
            Self::Ruby => succeeds(
                "ruby",
                &[
                    "-e",
                    "%w[sqlite3 devise doorkeeper activerecord].each { |name| gem name }",
                ],
            ),
        }
    }

    /// A command that runs this script.
    pub fn command(self, script: &str) -> Command {
        let folder = Self::folder();
        let mut command = match self {
            Self::Python => Command::new(folder.join("python/bin/python")),
            Self::Node => Command::new("node"),
            Self::Php => Command::new("php"),
            Self::Ruby => Command::new("ruby"),
        };
        match self {
            Self::Python => command.args(["-c", script]),
            // Bare imports of a script without a file are looked up from the folder it runs in.
            Self::Node => command
                .args(["--input-type=module", "-e", script, "--"])
                .current_dir(folder.join("node")),
            Self::Php => command.args(["-r", script.trim_start_matches("<?php"), "--"]),
            Self::Ruby => command.args(["-e", script]),
        };
        command
    }

    /// Runs a script that makes the database at this path, and gives what its clients know.
    pub fn run(self, script: &str, database: &Path, argument: Option<&str>) -> Value {
        let mut command = self.command(script);
        let output = command.arg(database).args(argument).output().expect("it runs");
        let [out, err] = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        assert!(output.status.success(), "{out}{err}");
        let last = out.lines().last().unwrap_or_default();
        serde_json::from_str(last).unwrap_or_else(|_| panic!("{out}{err}"))
    }
}
