//! Command lines that call an operation.

use dialects::description::{Content, Operation};
use serde_json::Value;

use super::surface::{Mounted, Way};

/// A line for a shell: the first way to authenticate, the first body. Placeholders are in capitals.
pub(super) fn line(base: &str, mounted: &Mounted) -> Option<String> {
    let operation = mounted.operation.as_ref()?;
    let mut words = vec!["curl".to_owned()];
    match mounted.method {
        "GET" => {}
        "HEAD" => words.push("--head".into()),
        method => words.push(format!("-X {method}")),
    }
    words.push(quoted(&format!("{base}{}", mounted.path)));
    if let Some(Way::Headers(carrier, _)) = mounted.ways.first() {
        let headers = carrier.headers().iter();
        words.extend(headers.map(|(name, value)| format!("-H {}", quoted(&format!("{name}: {value}")))));
    }
    words.extend(body(operation));
    Some(words.join(" "))
}

fn body(operation: &Operation) -> Vec<String> {
    let Some((content, example)) = operation
        .bodies
        .iter()
        .find_map(|content| Some((content, content.examples.first()?)))
    else {
        return Vec::new();
    };
    match content.media_type {
        "application/x-www-form-urlencoded" => fields(&example.body, "--data-urlencode"),
        "multipart/form-data" => fields(&example.body, "--form-string"),
        _ => plain(content, &example.body),
    }
}

fn plain(content: &Content, body: &str) -> Vec<String> {
    let label = format!("-H {}", quoted(&format!("Content-Type: {}", content.media_type)));
    vec![label, format!("-d {}", quoted(body))]
}

fn fields(object: &str, option: &str) -> Vec<String> {
    let object: Value = serde_json::from_str(object).unwrap_or_default();
    let members = object.as_object().into_iter().flatten();
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    members
        .map(|(name, value)| format!("{option} {}", quoted(&format!("{name}={}", text(value)))))
        .collect()
}

/// One word of a POSIX shell, whatever is in it.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_stays_one_word() {
        assert_eq!(quoted("it's $(x) `y`"), r"'it'\''s $(x) `y`'");
    }
}
