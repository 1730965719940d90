//! The text of a new settings file: every setting as a comment, with what it is and its default.

use serde_json::Value;

use super::answers::Answers;
use crate::config;

/// The rows of the table of settings in docs/OPERATIONS.md.
const ROWS: &str = include_str!(concat!(env!("OUT_DIR"), "/settings.md"));

/// The rows of the table of a flavour's settings there.
const OF_FLAVOUR: &str = include_str!(concat!(env!("OUT_DIR"), "/flavour.md"));

/// How long a line of a comment is at most, where its words allow it.
const WIDTH: usize = 100;

/// A setting as the page describes it.
struct Described {
    /// Its section; empty for those at the top.
    section: String,
    key: String,
    allowed: String,
    about: String,
}

/// The file for these answers.
pub(super) fn text(answers: &Answers) -> String {
    let defaults = config::defaults();
    let all: Vec<_> = ROWS.lines().filter_map(described).collect();
    let mut text = String::from(
        "# The settings of Tessera. A setting that is a comment has the value shown, which is the default.\n\
         # `tessera doctor --config FILE` checks all of it.\n",
    );
    let mut sections: Vec<&str> = Vec::new();
    for one in &all {
        if !sections.contains(&one.section.as_str()) {
            sections.push(&one.section);
        }
    }
    // Those at the top come first: what follows a section's head belongs to it.
    sections.sort_by_key(|section| !section.is_empty());
    for section in sections {
        if !section.is_empty() {
            text += &format!("\n[{section}]\n");
        }
        for one in all.iter().filter(|one| one.section == section) {
            text += &setting(one, answers, &defaults);
        }
    }
    text += "\n# What is served: one block for each flavour. Its settings:\n";
    text.extend(OF_FLAVOUR.lines().filter_map(of_flavour));
    for flavour in &answers.flavours {
        text += &format!("[[flavour]]\nname = {0}\ndialect = {0}\n\n", quoted(flavour));
    }
    text.truncate(text.trim_end().len());
    text + "\n"
}

fn setting(one: &Described, answers: &Answers, defaults: &Value) -> String {
    let mut about = one.about.clone();
    if !one.allowed.is_empty() {
        about = format!("{about} Allowed: {}.", one.allowed).trim_start().to_owned();
    }
    let comment = wrapped(&about);
    let chosen = one.section.is_empty().then(|| answers.value_of(&one.key)).flatten();
    match (chosen, default_of(one, defaults)) {
        (Some(value), _) => format!("\n{comment}{} = {}\n", one.key, quoted(&value)),
        (None, Some(value)) => format!("\n{comment}# {} = {value}\n", one.key),
        (None, None) => format!("\n{comment}# {} = (none)\n", one.key),
    }
}

/// The default as TOML; `None` where there is none.
fn default_of(one: &Described, defaults: &Value) -> Option<String> {
    let mut path = one.section.split('.').filter(|part| !part.is_empty());
    let section = path.try_fold(defaults, |value, part| value.get(part));
    match section?.get(&one.key)? {
        Value::Null => None,
        Value::String(text) => Some(quoted(text)),
        value => Some(value.to_string()),
    }
}

/// A row of the table of a flavour's settings, as a comment: setting, default, what is allowed.
fn of_flavour(row: &str) -> Option<String> {
    let cells: Vec<&str> = row.trim_matches('|').splitn(3, '|').map(str::trim).collect();
    let [name, default, allowed] = cells[..] else {
        return None;
    };
    let names = name.replace('`', "");
    let default = match default {
        "required" => "Required.".to_owned(),
        default => format!("Default: {}.", plain(default).trim_end_matches('.')),
    };
    Some(wrapped(&format!("- {names}: {} {default}", sentence(&plain(allowed)))))
}

fn quoted(text: &str) -> String {
    // A string in JSON is one in TOML, too.
    Value::from(text).to_string()
}

/// A row of the table: setting, variable, default, allowed, what it is.
fn described(row: &str) -> Option<Described> {
    let cells: Vec<&str> = row.trim_matches('|').splitn(5, '|').map(str::trim).collect();
    let [name, _, _, allowed, about] = cells[..] else {
        return None;
    };
    let name = name.trim_matches('`');
    let (section, key) = name.rsplit_once('.').unwrap_or(("", name));
    Some(Described {
        section: section.to_owned(),
        key: key.to_owned(),
        allowed: plain(allowed),
        about: sentence(&plain(about)),
    })
}

/// Without the marks of links and of weight.
fn plain(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('[') {
        plain += before;
        match after.split_once("](") {
            Some((words, target)) if !words.contains(']') => {
                plain += words;
                rest = target.split_once(')').map_or("", |(_, rest)| rest);
            }
            _ => {
                plain.push('[');
                rest = after;
            }
        }
    }
    (plain + rest).replace("**", "")
}

/// With a capital letter and an end.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    match letters.next() {
        None => String::new(),
        Some(first) if text.ends_with('.') => first.to_uppercase().chain(letters).collect(),
        Some(first) => first.to_uppercase().chain(letters).chain(['.']).collect(),
    }
}

/// A comment in lines.
fn wrapped(text: &str) -> String {
    let (mut lines, mut line) = (String::new(), String::from("#"));
    for word in text.split_whitespace() {
        if line.chars().count() + 1 + word.chars().count() > WIDTH && line.len() > 1 {
            lines += &line;
            lines.push('\n');
            line = String::from("#");
        }
        line.push(' ');
        line += word;
    }
    if line.len() > 1 {
        lines += &line;
        lines.push('\n');
    }
    lines
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn answers() -> Answers {
        Answers {
            database_url: "sqlite:somewhere \"here\".db".to_owned(),
            master_key_file: "a.key".into(),
            listen: "127.0.0.1:9000".to_owned(),
            flavours: vec!["mechanics".to_owned(), "device".to_owned()],
            operator: None,
        }
    }

    /// The keys of all settings, with their sections.
    fn keys(prefix: &str, value: &Value, keys: &mut BTreeSet<String>) {
        match value {
            Value::Object(members) => {
                for (name, value) in members {
                    keys_of_member(prefix, name, value, keys);
                }
            }
            _ => _ = keys.insert(prefix.to_owned()),
        }
    }

    fn keys_of_member(prefix: &str, name: &str, value: &Value, into: &mut BTreeSet<String>) {
        let path = format!("{prefix}.{name}");
        keys(path.trim_start_matches('.'), value, into);
    }

    #[test]
    fn the_file_has_every_setting_once() {
        let mut expected = BTreeSet::new();
        keys("", &config::defaults(), &mut expected);
        let all: Vec<_> = ROWS.lines().filter_map(described).collect();
        let name = |one: &Described| {
            format!("{}.{}", one.section, one.key)
                .trim_start_matches('.')
                .to_owned()
        };
        let described: BTreeSet<_> = all.iter().map(name).collect();
        assert_eq!(all.len(), described.len(), "a setting has two rows");
        assert_eq!(
            described, expected,
            "docs/OPERATIONS.md has a row for each setting, and no other"
        );
    }

    #[test]
    fn with_its_comments_taken_away_the_file_has_the_defaults() {
        let text = text(&answers());
        let is_setting = |line: &&str| {
            let key = line.trim_start_matches("# ").split(" = ").next().unwrap_or_default();
            line.contains(" = ")
                && !line.ends_with("(none)")
                && key.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')
        };
        let uncommented: Vec<&str> = text
            .lines()
            .filter(|line| line.starts_with('[') || is_setting(line))
            .map(|line| line.trim_start_matches("# "))
            .collect();
        let figment = figment::Figment::from(figment::providers::Serialized::defaults(config::defaults()));
        use figment::providers::Format;
        let toml = figment::providers::Toml::string(&uncommented.join("\n"));
        let read: Value = figment.merge(toml).extract().expect("it is TOML");
        let mut expected = config::defaults();
        expected["database_url"] = answers().database_url.into();
        expected["master_key_file"] = "a.key".into();
        expected["listen"] = "127.0.0.1:9000".into();
        let flavour = |name: &str| serde_json::json!({ "name": name, "dialect": name });
        expected["flavour"] = serde_json::json!([flavour("mechanics"), flavour("device")]);
        assert_eq!(read, expected);
    }

    #[test]
    fn the_settings_of_a_flavour_are_explained() {
        let text = text(&answers());
        for name in ["name", "dialect", "lifetime", "idle", "imported_tokens"] {
            assert!(text.contains(&format!("# - {name}: ")), "{name}: {text}");
        }
    }

    #[test]
    fn links_become_their_words() {
        assert_eq!(
            plain("see [the log](#log), `[\"*\"]` and **more**"),
            "see the log, `[\"*\"]` and more"
        );
    }
}
