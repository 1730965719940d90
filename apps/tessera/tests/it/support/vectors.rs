//! The test vectors, filled in with real values and sent over the socket.

use serde::Deserialize;

/// One file of vectors.
#[derive(Deserialize)]
struct File<T> {
    cases: Vec<T>,
}

/// All cases of a file. Asserts their number, so that a filter cannot remove all of them unnoticed.
pub fn cases<T: for<'a> Deserialize<'a>>(file: &str, count: usize) -> Vec<T> {
    let path = format!("{}/../../testdata/vectors/tokens/{file}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    let file: File<T> = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}"));
    assert_eq!(file.cases.len(), count, "{path}");
    file.cases
}

/// Replaces each `{name}`, then each `{x*n}` by n times x. Braces that are neither stay.
pub fn fill(template: &str, values: &[(&str, String)]) -> String {
    let filled = values.iter().fold(template.to_owned(), |text, (name, value)| {
        text.replace(&format!("{{{name}}}"), value)
    });
    repeat(&filled)
}

fn repeat(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(open) = rest.find('{') {
        let (before, from) = rest.split_at(open);
        out.push_str(before);
        match repetition(&from[1..]) {
            Some((expanded, length)) => {
                out.push_str(&expanded);
                rest = &from[1 + length..];
            }
            None => {
                out.push('{');
                rest = &from[1..];
            }
        }
    }
    out + rest
}

/// `x*n}` at the beginning, and how long it is.
fn repetition(text: &str) -> Option<(String, usize)> {
    let star = text.find('*')?;
    let (unit, rest) = text.split_at(star);
    let digits: String = rest[1..].chars().take_while(char::is_ascii_digit).collect();
    let closed = rest[1 + digits.len()..].starts_with('}');
    let plain = !unit.is_empty() && unit.len() <= 8 && !unit.contains(['{', '}']);
    let times: usize = digits.parse().ok()?;
    (closed && plain).then(|| (unit.repeat(times), star + 1 + digits.len() + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_is_filled_and_repeated() {
        let values = [("e", "me".to_owned())];
        assert_eq!(
            fill(r#"{"email":"{e}","x":{[*3}{]*3}}"#, &values),
            r#"{"email":"me","x":[[[]]]}"#
        );
        assert_eq!(fill("{A*4}@x", &[]), "AAAA@x");
        assert_eq!(fill(r#"{"a":1,{"k":0,*2}"z":0}"#, &[]), r#"{"a":1,"k":0,"k":0,"z":0}"#);
        assert_eq!(fill("{{e}}", &values), "{me}");
        assert_eq!(fill(r#"{"a":1,/*c*/"b":2}"#, &[]), r#"{"a":1,/*c*/"b":2}"#);
    }
}
