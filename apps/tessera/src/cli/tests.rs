use std::collections::BTreeMap;
use std::path::Path;

use clap::Command;

use super::command;

/// Verbs that have a column of their own in the table of docs/commands.md.
const COMMON: [&str; 7] = ["list", "show", "add", "put", "rotate", "disable", "enable"];

/// Verbs that only some nouns have.
const OWN: [&str; 12] = [
    "copy",
    "export",
    "export-public",
    "fold-names",
    "import",
    "accept",
    "restart",
    "retire",
    "revoke",
    "tail",
    "verify",
    "replace",
];

/// Nouns without a list: they are no set of things.
const NO_LIST: [&str; 1] = ["data"];

/// Acts that destroy something or sign out many, and ask before, unless `--yes` is given.
const DANGEROUS: [&str; 10] = [
    "audit restart",
    "consumer disable",
    "consumer put",
    "key import",
    "key retire",
    "key rotate",
    "master-key replace",
    "master-key retire",
    "resource-server put",
    "token revoke",
];

/// The same option of a command that refuses by itself where the act cannot be undone by anyone who is left.
const LAST_OWNER: [&str; 2] = ["operator disable", "operator set-role"];

/// Each noun with its verbs, in the order of the command line.
fn nouns() -> Vec<(String, Vec<String>)> {
    let verbs = |noun: &Command| noun.get_subcommands().map(|verb| verb.get_name().to_owned()).collect();
    let all = command();
    let nouns = all.get_subcommands().filter(|command| command.has_subcommands());
    nouns.map(|noun| (noun.get_name().to_owned(), verbs(noun))).collect()
}

/// Each command that does something, by its words.
fn leaves() -> BTreeMap<String, Command> {
    fn add(prefix: &str, command: &Command, leaves: &mut BTreeMap<String, Command>) {
        for below in command.get_subcommands() {
            let words = format!("{prefix} {}", below.get_name()).trim_start().to_owned();
            match below.has_subcommands() {
                true => add(&words, below, leaves),
                false => _ = leaves.insert(words, below.clone()),
            }
        }
    }
    let mut leaves = BTreeMap::new();
    add("", &command(), &mut leaves);
    leaves
}

fn has(command: &Command, option: &str) -> bool {
    command
        .get_arguments()
        .any(|argument| argument.get_long() == Some(option))
}

#[test]
fn each_noun_has_a_list() {
    for (noun, verbs) in nouns() {
        let is_listed = verbs.iter().any(|verb| verb == "list");
        assert_eq!(is_listed, !NO_LIST.contains(&noun.as_str()), "{noun}: {verbs:?}");
    }
}

#[test]
fn a_verb_is_one_of_the_known_ones() {
    for (noun, verbs) in nouns() {
        for verb in verbs {
            let known = COMMON.contains(&verb.as_str()) || OWN.contains(&verb.as_str()) || verb.starts_with("set-");
            assert!(
                known,
                "{noun} {verb}: use a verb that other nouns have, or add it here and to docs/commands.md"
            );
        }
    }
}

#[test]
fn a_list_that_can_be_long_comes_in_pages() {
    for noun in ["account", "token", "organisation", "consumer", "audit"] {
        let leaves = leaves();
        let list = &leaves[&format!("{noun} list")];
        assert!(
            has(list, "limit") && (has(list, "after") || has(list, "before")),
            "{noun}"
        );
    }
}

#[test]
fn every_command_says_what_it_does_and_takes_json() {
    let mut all = command();
    all.build();
    let json = all.get_arguments().find(|argument| argument.get_long() == Some("json"));
    assert!(json.is_some_and(clap::Arg::is_global_set));
    for (words, command) in leaves() {
        assert!(command.get_about().is_some(), "{words} has no description");
        for argument in command.get_arguments() {
            assert!(
                argument.get_help().is_some(),
                "{words}: {} has no description",
                argument.get_id()
            );
        }
    }
}

#[test]
fn dangerous_acts_ask_first() {
    let asking: Vec<String> = leaves()
        .into_iter()
        .filter(|(_, command)| has(command, "yes"))
        .map(|(words, _)| words)
        .collect();
    let mut expected: Vec<&str> = DANGEROUS.iter().chain(&LAST_OWNER).copied().collect();
    expected.sort_unstable();
    assert_eq!(asking, expected);
}

#[test]
fn the_page_has_the_table_of_nouns_and_verbs() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/commands.md");
    let page = std::fs::read_to_string(path).expect("the page");
    let table = table();
    assert!(page.contains(&table), "docs/commands.md lacks this table:\n{table}");
}

fn table() -> String {
    let mut table = format!("| noun | {} | set-… | other |\n", COMMON.join(" | "));
    table += &"|---".repeat(COMMON.len() + 3);
    table += "|\n";
    for (noun, verbs) in nouns() {
        let common = COMMON.map(|verb| if verbs.iter().any(|has| has == verb) { "yes" } else { "" });
        let set: Vec<_> = verbs.iter().filter_map(|verb| verb.strip_prefix("set-")).collect();
        let is_other = |verb: &&String| !COMMON.contains(&verb.as_str()) && !verb.starts_with("set-");
        let others: Vec<_> = verbs.iter().filter(is_other).map(String::as_str).collect();
        table += &format!(
            "| {noun} | {} | {} | {} |\n",
            common.join(" | "),
            set.join(", "),
            others.join(", ")
        );
    }
    table
}
