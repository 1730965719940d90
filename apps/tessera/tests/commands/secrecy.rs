//! Secrets are neither arguments of commands nor printed by them.

use std::io::Write;
use std::process::{Command, Stdio};

use serde_json::json;

use crate::admin_folder::{AdminFolder, PASSWORD, WORKSHOP};
use crate::support::client::Request;

/// Every command as its words, such as `account add`.
fn commands(admin: &AdminFolder, words: &[&str]) -> Vec<Vec<String>> {
    let help = match words {
        [] => run(admin, &["--help"]),
        words => run(admin, &[words, &["--help"]].concat()),
    };
    let listed = help
        .lines()
        .skip_while(|line| *line != "Commands:")
        .skip(1)
        .take_while(|line| !line.is_empty());
    let names = listed
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| *name != "help");
    let mut all = Vec::new();
    for name in names {
        let words: Vec<_> = words.iter().copied().chain([name]).collect();
        let below = commands(admin, &words);
        match below.is_empty() {
            true => all.push(words.into_iter().map(str::to_owned).collect()),
            false => all.extend(below),
        }
    }
    all
}

fn run(admin: &AdminFolder, args: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tessera"));
    let out = command
        .args(args)
        .current_dir(admin.path(""))
        .output()
        .expect("the binary starts");
    assert!(out.status.success(), "{args:?}");
    String::from_utf8(out.stdout).expect("UTF-8")
}

#[test]
fn no_command_takes_a_secret_as_an_argument_and_all_have_json() {
    let admin = AdminFolder::bare();
    let all = commands(&admin, &[]);
    assert!(all.len() >= 20, "{all:?}");
    for words in all {
        let words: Vec<_> = words.iter().map(String::as_str).collect();
        let help = run(&admin, &[&words[..], &["--help"]].concat());
        let options = help.lines().map(str::trim_start).filter(|line| line.starts_with('-'));
        for option in options.clone() {
            let (name, rest) = option.split_once(' ').unwrap_or((option, ""));
            let takes_value = rest.trim_start().starts_with('<');
            let secret = ["password", "token", "secret"].iter().any(|word| name.contains(word));
            let is_about_it = ["<NUMBER>", "<KINDS>", "<SPAN>"]
                .iter()
                .any(|value| rest.trim_start().starts_with(value));
            assert!(!(secret && takes_value && !is_about_it), "{words:?}: {option}");
        }
        for common in ["--json", "--config", "--database-url", "--master-key-file"] {
            assert!(
                options.clone().any(|option| option.starts_with(common)),
                "{words:?} lacks {common}"
            );
        }
    }
}

#[test]
fn the_page_about_commands_shows_every_command() {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/commands.md");
    let page = std::fs::read_to_string(page).expect("the page");
    for words in commands(&AdminFolder::bare(), &[]) {
        let line = format!("tessera {}", words.join(" "));
        assert!(page.contains(&line), "{line} is not shown");
    }
}

#[test]
fn a_password_is_in_no_process_list() {
    let admin = AdminFolder::new();
    admin.account("pbx", "p@x.dk");
    let mut command = Command::new(env!("CARGO_BIN_EXE_tessera"));
    command.args([
        "account",
        "set-password",
        "--realm",
        "pbx",
        "--login",
        "p@x.dk",
        "--password-stdin",
    ]);
    command
        .current_dir(admin.path(""))
        .env("TESSERA_PASSWORDS__COST", "10")
        .stdin(Stdio::piped())
        .stdout(Stdio::null());
    let mut child = command.spawn().expect("the binary starts");
    let mut stdin = child.stdin.take().expect("piped");
    let secret = "a secret on standard input";
    stdin.write_all(secret.as_bytes()).expect("it reads");
    for list in ["cmdline", "environ"] {
        let path = format!("/proc/{}/{list}", child.id());
        let shown =
            String::from_utf8_lossy(&std::fs::read(&path).expect("it waits for the end of its input")).into_owned();
        assert!(!shown.contains(secret), "{path}");
    }
    drop(stdin);
    assert!(child.wait().expect("it ends").success());
}

#[test]
fn no_secret_is_printed_except_a_token_that_was_just_created() {
    let admin = AdminFolder::new();
    let given = "a token that the partner chose";
    let mut printed = Vec::new();
    let mut run = |command: &str, args: &[&str], input: &str| {
        for args in [args.to_vec(), [args, &["--json"]].concat()] {
            let ended = admin.run(command, &args, input);
            printed.push(ended.out.clone() + &ended.err);
        }
    };
    run("role", &["put", "--realm", "pbx", "--name", "user"], "");
    let add = [
        "add",
        "--realm",
        "workshops",
        "--login",
        "w@x.dk",
        "--attributes",
        WORKSHOP,
        "--password-stdin",
    ];
    run("account", &add, PASSWORD);
    run("account", &["set-password", "--id", "1", "--password-stdin"], PASSWORD);
    run("account", &["show", "--id", "1"], "");
    run(
        "organisation",
        &[
            "put",
            "--id",
            "1",
            "--name",
            "N",
            "--subdomain",
            "s",
            "--utc-offset",
            "0",
        ],
        "",
    );
    run(
        "consumer",
        &["put", "--key", "k", "--organisation", "1", "--token-stdin"],
        given,
    );
    run("consumer", &["show", "--key", "k"], "");
    let server = admin.serve();
    let body = json!({ "email": "w@x.dk", "password": PASSWORD });
    let tokens = server.send(&Request::post("/api/v2/mechanics/tokens").json(body));
    run("token", &["list", "--account", "1"], "");
    run("key", &["list"], "");
    run("key", &["rotate", "--flavour", "mechanics"], "");
    run("token", &["revoke", "--id", "1"], "");
    run("token", &["revoke", "--account", "1"], "");
    run("token", &["revoke", "--all", "--yes"], "");
    run("doctor", &[], "");
    let master = std::fs::read_to_string(admin.path("tessera.db.key")).expect("the master key");
    let printed = printed.concat();
    assert!(printed.contains("w@x.dk") && printed.contains("verify"), "{printed}");
    for secret in [
        PASSWORD,
        given,
        master.trim(),
        &tokens.member("token"),
        &tokens.member("refreshToken"),
        "$2b$",
        "digest",
    ] {
        assert!(!printed.contains(secret), "{secret} in {printed}");
    }
}
