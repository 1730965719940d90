//! The page about commands shows what the program prints.

use std::collections::HashMap;
use std::path::Path;
use std::process::Command;

use auth_core::{FoldedLogin, NewToken, Scopes, Subject, Timestamp};
use consumer_auth::NewClient;
use store_diesel::{DieselStore, StoreOptions};

use crate::admin_folder::{AdminFolder, PASSWORD, WORKSHOP};
use crate::keys::private_jwk;

/// One command of the page, and what the page says that it prints.
#[derive(Debug)]
struct Shown {
    section: String,
    command: String,
    output: Vec<String>,
}

fn page() -> Vec<Shown> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/commands.md");
    let text = std::fs::read_to_string(path).expect("the page");
    let (mut all, mut section, mut in_console) = (Vec::<Shown>::new(), String::new(), false);
    for line in text.lines() {
        match (in_console, line) {
            (false, "```console") => in_console = true,
            (true, "```") => in_console = false,
            (false, _) if line.starts_with("## ") => section = line[3..].to_owned(),
            (true, _) => match (line.strip_prefix("$ "), all.last_mut()) {
                (Some(command), _) => all.push(Shown {
                    section: section.clone(),
                    command: command.to_owned(),
                    output: Vec::new(),
                }),
                (None, Some(shown)) => shown.output.push(line.to_owned()),
                (None, None) => panic!("{line}: output without a command"),
            },
            _ => {}
        }
    }
    all
}

#[test]
fn the_outputs_on_the_page_are_those_of_the_program() {
    let shown = page();
    assert!(shown.len() > 30, "{}", shown.len());
    let (mut admin, mut section, mut names) = (folder(AdminFolder::bare()), "", Names::default());
    for Shown {
        section: of,
        command,
        output,
    } in &shown
    {
        if section != of {
            // These begin with a database that the sections before have not changed.
            if of.starts_with("Signing keys")
                || of.contains("key import")
                || of.contains("master-key")
                || of.starts_with("Operators")
                || of.contains("doctor")
            {
                admin = folder(AdminFolder::new());
            }
            section = of;
        }
        prepare(&admin, command);
        let printed = run(&admin, &names.actual(command));
        let printed: Vec<&str> = printed.lines().collect();
        assert_eq!(printed.len(), output.len(), "{command} prints:\n{}", printed.join("\n"));
        for (line, printed) in output.iter().zip(printed) {
            names.learn(line, printed);
            assert_eq!(masked(line), masked(printed), "{command}");
        }
    }
}

const SETTINGS: &str = "[[flavour]]\nname = \"mechanics\"\ndialect = \"mechanics\"\nissuer = \"jwt\"\nrealm = \"workshops\"\n\
                        algorithm = \"EdDSA\"\n";

/// With the files that the page's commands name.
fn folder(admin: AdminFolder) -> AdminFolder {
    for (name, text) in [
        ("pw", PASSWORD),
        ("workshop.json", WORKSHOP),
        ("key.pem", &private_jwk()),
    ] {
        std::fs::write(admin.path(name), text).expect("a file");
    }
    admin
}

/// What has happened before a command, besides the commands before it.
fn prepare(admin: &AdminFolder, command: &str) {
    // A command that does not read it would say so.
    let file = admin.path("tessera.toml");
    match command.contains("tessera.toml") {
        true => std::fs::write(file, SETTINGS).expect("a file"),
        false => drop(std::fs::remove_file(file)),
    }
    match command {
        "tessera consumer disable --key partner --revoke-tokens --yes" => {
            for (consumer, clients) in [("partner", 0..3), ("another", 3..7)] {
                let put = ["put", "--key", consumer, "--organisation", "171", "--yes"];
                admin.done("consumer", &put, "");
                in_store(admin, async |store| vouch(&store, consumer, clients).await);
            }
        }
        "tessera token list --realm players --login gmachia --limit 1" => in_store(admin, device_tokens),
        "tessera token revoke --all --yes" => admin.serve().stop(),
        "tessera master-key rotate --new-key-file new.key" | "tessera master-key replace --new-key-file new.key" => {
            admin.serve().stop();
        }
        "tessera key list" if !admin.path("tessera.db.key").exists() => admin.serve().stop(),
        // Makes the master key.
        "tessera key import --config tessera.toml --flavour mechanics --file key.pem" => admin.serve().stop(),
        _ => {}
    }
}

async fn vouch(store: &DieselStore, consumer: &str, clients: std::ops::Range<u8>) {
    for number in clients {
        let email = format!("client{number}@letsta.lk");
        let client = NewClient {
            consumer: consumer.to_owned(),
            organisation: 171,
            folded: FoldedLogin::parse(&email).expect("an address"),
            email,
            name: "A client".to_owned(),
            created_at: Timestamp::from_seconds(1_700_000_000),
        };
        let made = store.consumers().find_or_create_client(client).await;
        assert!(made.expect("a store").is_some());
    }
}

async fn device_tokens(store: DieselStore) {
    let owner = store
        .accounts()
        .find(Subject(2))
        .await
        .expect("a store")
        .expect("it was created");
    for label in ["iPhone 4s", "Pixel 2"] {
        let token = NewToken {
            flavour: "device".into(),
            realm: owner.realm.clone(),
            subject: owner.subject,
            generation: owner.generation,
            scopes: Scopes::none(),
            label: Some(label.to_owned()),
            digest: None,
            salt: None,
            key: None,
            parent: None,
            made_from: None,
            refresh: None,
            issued_at: Timestamp::from_seconds(1_700_000_000),
            expires_at: None,
            idle: None,
        };
        assert!(store.tokens().insert(token).await.expect("a store").is_some());
    }
}

fn in_store(admin: &AdminFolder, action: impl AsyncFnOnce(DieselStore)) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let store = DieselStore::connect(&admin.url(), &StoreOptions::patient()).await;
        action(store.expect("a store")).await;
    });
}

/// Runs a line of the page in a shell. The log is not what the page shows.
fn run(admin: &AdminFolder, line: &str) -> String {
    let binary = Path::new(env!("CARGO_BIN_EXE_tessera")).parent().expect("a folder");
    let path = std::env::var("PATH").unwrap_or_default();
    let mut shell = Command::new("sh");
    let inherited = std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("TESSERA_"));
    for (name, _) in inherited {
        shell.env_remove(name);
    }
    let output = shell
        .args(["-c", &format!("{{ {line}\n}} 2>&1")])
        .current_dir(admin.path(""))
        .env("PATH", format!("{}:{path}", binary.display()))
        .env("TESSERA_PASSWORDS__COST", "10")
        .env("TESSERA_LOG", "off")
        .output();
    String::from_utf8(output.expect("a shell").stdout).expect("UTF-8")
}

/// The names of keys on the page, and those that the program gave.
#[derive(Default)]
struct Names(HashMap<String, String>);

impl Names {
    fn learn(&mut self, shown: &str, printed: &str) {
        let (Some(shown), Some(printed)) = (shown.split_whitespace().next(), printed.split_whitespace().next()) else {
            return;
        };
        if is_key(shown) && is_key(printed) {
            self.0.entry(shown.to_owned()).or_insert_with(|| printed.to_owned());
        }
    }

    fn actual(&self, command: &str) -> String {
        let names = self.0.iter();
        names.fold(command.to_owned(), |command, (shown, actual)| {
            command.replace(shown, actual)
        })
    }
}

/// The line with a word instead of whatever differs from one run to the next: times, names of keys, secrets, versions.
fn masked(line: &str) -> String {
    let is_apart = |c: char| c.is_whitespace() || "\",;:=()".contains(c);
    let words = line.split_inclusive(is_apart).map(|word| {
        let (text, end) = match word.char_indices().last() {
            Some((at, last)) if is_apart(last) => word.split_at(at),
            _ => (word, ""),
        };
        let is_version = text.split('.').count() == 3 && text.split('.').all(|part| part.parse::<u8>().is_ok());
        let is_time = text.len() >= 2 && text.as_bytes()[0].is_ascii_digit() && text.contains('T')
            || text
                .strip_suffix('Z')
                .is_some_and(|time| time.bytes().all(|b| b.is_ascii_digit()))
            || text.len() == 2 && text.bytes().all(|b| b.is_ascii_digit());
        let mask = if is_key(text) || text.starts_with("tsr_") {
            "KEY"
        } else if is_time {
            "TIME"
        } else if is_version {
            "VERSION"
        } else {
            text
        };
        format!("{mask}{end}")
    });
    words.collect()
}

/// Whether this can be the name of a key, or a part of a public one: drawn at random or a digest.
fn is_key(text: &str) -> bool {
    let allowed = text
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    allowed && matches!(text.len(), 16 | 43)
}
