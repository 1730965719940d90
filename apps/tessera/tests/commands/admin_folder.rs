//! An administrator's folder with a database, and the commands that run in it.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use crate::support::server::{Server, Setup};

pub const PASSWORD: &str = "correct horse battery";

/// Every attribute that the mechanics dialect prints.
pub const WORKSHOP: &str =
    r#"{"name":"W","countryId":1,"locale":"da","vatFactor":0.25,"requireAutomaticPayment":true}"#;

/// The result of a command.
pub struct Ended {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

pub struct AdminFolder {
    folder: TempDir,
    settings: Option<&'static str>,
}

impl AdminFolder {
    /// A folder with an empty, up-to-date database.
    pub fn new() -> Self {
        let admin = Self::bare();
        admin.done("migrate", &[], "");
        admin
    }

    /// A folder without a database.
    pub fn bare() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        Self { folder, settings: None }
    }

    /// The same folder with settings in a TOML file, for commands and server.
    pub fn with(self, settings: &'static str) -> Self {
        let settings = Some(settings);
        Self { settings, ..self }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The URL of the database.
    pub fn url(&self) -> String {
        format!("sqlite:{}", self.path("tessera.db").display())
    }

    /// Runs a command to its end. It uses the default database, which is in the folder it runs in.
    pub fn run(&self, command: &str, args: &[&str], input: &str) -> Ended {
        self.run_with(command, args, input, &[])
    }

    /// The same with variables in its environment.
    pub fn run_with(&self, command: &str, args: &[&str], input: &str, environment: &[(&str, &str)]) -> Ended {
        let mut program = Command::new(env!("CARGO_BIN_EXE_tessera"));
        let inherited = std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("TESSERA_"));
        for (name, _) in inherited {
            program.env_remove(name);
        }
        program
            .env("TESSERA_PASSWORDS__COST", "10")
            .env("TESSERA_PASSWORDS__PATIENCE", "60s")
            .env("TESSERA_DATABASE__DEADLINE", "2m")
            .envs(environment.iter().copied());
        program.current_dir(self.folder.path()).arg(command);
        if let Some(settings) = self.settings {
            let path = self.path("settings.toml");
            std::fs::write(&path, settings).expect("a file");
            program.arg("--config").arg(path);
        }
        program
            .args(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = program.spawn().expect("the binary starts");
        // A program that does not read its input may have exited already.
        let _ = child.stdin.take().map(|mut stdin| stdin.write_all(input.as_bytes()));
        let output = child.wait_with_output().expect("the binary ends");
        Ended {
            code: output.status.code(),
            out: String::from_utf8(output.stdout).expect("UTF-8"),
            err: String::from_utf8(output.stderr).expect("UTF-8"),
        }
    }

    /// Runs a command that must succeed; what it printed.
    pub fn done(&self, command: &str, args: &[&str], input: &str) -> String {
        let ended = self.run(command, args, input);
        assert_eq!(ended.code, Some(0), "{command} {args:?}: {}", ended.err);
        ended.out
    }

    /// Runs a command with `--json` that must succeed; what it printed is one line with one object.
    pub fn json(&self, command: &str, args: &[&str], input: &str) -> Value {
        let out = self.done(command, &[args, &["--json"]].concat(), input);
        assert_eq!(out.trim_end().lines().count(), 1, "{out}");
        serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {out}"))
    }

    /// Puts an organisation with this offset from UTC, in seconds.
    pub fn organisation(&self, id: &str, offset: &str) {
        let named = ["put", "--id", id, "--name", "N", "--subdomain", "s"];
        self.done("organisation", &[&named[..], &["--utc-offset", offset]].concat(), "");
    }

    /// Puts the only role of the players, and returns the command's JSON.
    pub fn jugador(&self, permissions: &[&str]) -> Value {
        let mut args = vec!["put", "--realm", "players", "--name", "jugador"];
        args.extend(permissions.iter().flat_map(|name| ["--permission", name]));
        self.json("role", &args, "")
    }

    /// Runs a command that must fail; the one sentence that it prints after the program's name.
    pub fn refused(&self, command: &str, args: &[&str], input: &str) -> String {
        let ended = self.run(command, args, input);
        assert_eq!(ended.code, Some(1), "{command} {args:?}: {}{}", ended.out, ended.err);
        assert_eq!(ended.out, "", "{command} {args:?}");
        let made_a_key = |line: &&str| line.starts_with("tessera: made the master key");
        let lines: Vec<_> = ended.err.lines().skip_while(made_a_key).collect();
        let [sentence] = lines[..] else {
            panic!("{}", ended.err);
        };
        let sentence = sentence
            .strip_prefix("tessera: ")
            .unwrap_or_else(|| panic!("{sentence}"));
        sentence.to_owned()
    }

    /// Starts a server, without demo data, on this database.
    pub fn serve(&self) -> Server {
        let setup = Setup::plain().database(self.url());
        self.settings.iter().fold(setup, Setup::config).start()
    }

    /// Creates an account with the attributes that every dialect needs; its number.
    pub fn account(&self, realm: &str, login: &str) -> i64 {
        let args = [
            "add",
            "--realm",
            realm,
            "--login",
            login,
            "--attributes",
            WORKSHOP,
            "--password-stdin",
        ];
        let made = self.json("account", &args, PASSWORD);
        made["id"].as_i64().expect("a number")
    }
}
