//! `tessera completions`.

use std::process::Command;

use libtest_mimic::Trial;

use crate::{missing, succeeded, tessera, trials::unless_skipped};

pub fn trials() -> Vec<Trial> {
    let read = |shell: &'static str| {
        unless_skipped(
            &format!("shells::{shell}_reads_its_script"),
            move || missing(shell),
            move || reads_its_script(shell),
        )
    };
    vec![
        Trial::test("shells::bash_completes_commands_and_options", || {
            bash_completes_commands_and_options();
            Ok(())
        }),
        read("zsh"),
        read("fish"),
    ]
}

fn bash_completes_commands_and_options() {
    assert_eq!(completed(&["tessera", "accou"]), ["account"]);
    assert_eq!(
        completed(&["tessera", "account", "set-"]),
        ["set-attributes", "set-password", "set-role"]
    );
    assert_eq!(completed(&["tessera", "--json", "token", "revoke", "--al"]), ["--all"]);
    assert_eq!(completed(&["tessera", "completions", "z"]), ["zsh"]);
    assert_eq!(completed(&["tessera", "no-such-command", "--al"]), [""; 0]);
}

/// What bash offers for the last word of a line.
fn completed(words: &[&str]) -> Vec<String> {
    let folder = tempfile::tempdir().expect("a folder");
    let script = folder.path().join("script");
    std::fs::write(&script, tessera(&["completions", "bash"])).expect("a file");
    let ask = "source \"$0\"; COMP_WORDS=(\"$@\"); COMP_CWORD=$(($# - 1)); shopt -s extglob
        function=$(complete -p tessera | sed -E 's/.*-F ([^ ]+).*/\\1/')
        \"$function\" tessera \"${COMP_WORDS[COMP_CWORD]}\" \"${COMP_WORDS[COMP_CWORD - 1]}\"
        [ ${#COMPREPLY[@]} = 0 ] || printf '%s\\n' \"${COMPREPLY[@]}\"";
    let bash = Command::new("bash")
        .args(["--norc", "-c", ask])
        .arg(script)
        .args(words)
        .output();
    let mut offered: Vec<_> = succeeded(bash.expect("bash starts"))
        .lines()
        .map(str::to_owned)
        .collect();
    offered.sort();
    offered
}

fn reads_its_script(shell: &str) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("script");
    std::fs::write(&path, tessera(&["completions", shell])).expect("a file");
    let read = Command::new(shell).arg("-n").arg(&path).output();
    succeeded(read.expect("the shell starts"));
}
