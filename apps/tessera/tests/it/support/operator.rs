//! Administers a database beside the servers that run on it, with the program's own commands.

use std::path::Path;

use super::server::Setup;

/// An administrator with access to the database.
#[derive(Clone, Debug)]
pub struct Operator {
    url: String,
}

impl Operator {
    pub fn of_file(path: &Path) -> Self {
        Self::of(&format!("sqlite:{}", path.display()))
    }

    pub fn of(url: &str) -> Self {
        Self { url: url.into() }
    }

    /// Runs a command such as `account disable`; what it printed.
    pub fn run(&self, command: &'static str, args: &[&str], input: &str) -> String {
        let setup = args.iter().fold(Setup::command(command), Setup::arg);
        let ended = setup.database(&self.url).input(input).run();
        assert_eq!(ended.code, Some(0), "{command} {args:?}: {}", ended.err);
        ended.out
    }

    pub fn disable(&self, realm: &str, login: &str) {
        self.run("account", &["disable", "--realm", realm, "--login", login], "");
    }

    pub fn enable(&self, realm: &str, login: &str) {
        self.run("account", &["enable", "--realm", realm, "--login", login], "");
    }

    pub fn set_password(&self, realm: &str, login: &str, password: &str) {
        let args = ["set-password", "--realm", realm, "--login", login, "--password-stdin"];
        self.run("account", &args, password);
    }

    /// Creates an account that can sign in at every dialect.
    pub fn add(&self, realm: &str, login: &str, password: &str, more: &[&str]) {
        let attributes = r#"{"name":"N","countryId":2,"locale":"es","vatFactor":1,"requireAutomaticPayment":false}"#;
        let args = [
            "add",
            "--realm",
            realm,
            "--login",
            login,
            "--attributes",
            attributes,
            "--password-stdin",
        ];
        self.run("account", &[&args[..], more].concat(), password);
    }

    pub fn put_role(&self, realm: &str, name: &str, permissions: &[&str]) {
        let each = permissions.iter().flat_map(|permission| ["--permission", permission]);
        let args: Vec<&str> = ["put", "--realm", realm, "--name", name]
            .into_iter()
            .chain(each)
            .collect();
        self.run("role", &args, "");
    }
}
