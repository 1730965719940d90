//! Indents JSON and leaves its members in their order.

/// The same JSON over several lines. Text that is no JSON comes out in some form of its own.
pub(super) fn indented(json: &str) -> String {
    let mut out = String::with_capacity(json.len() * 2);
    let (mut depth, mut quoted, mut escaped) = (0_usize, false, false);
    for c in json.chars() {
        if quoted {
            out.push(c);
            quoted = escaped || c != '"';
            escaped = c == '\\' && !escaped;
            continue;
        }
        match c {
            '{' | '[' => {
                depth += 1;
                out.push(c);
                line(&mut out, depth);
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                close(&mut out, depth, c);
            }
            ',' => {
                out.push(c);
                line(&mut out, depth);
            }
            ':' => out.push_str(": "),
            ' ' | '\n' | '\t' | '\r' => {}
            _ => {
                quoted = c == '"';
                out.push(c);
            }
        }
    }
    out
}

fn line(out: &mut String, depth: usize) {
    out.push('\n');
    out.extend(std::iter::repeat_n("  ", depth));
}

/// Closes an object or a list; an empty one stays on its line.
fn close(out: &mut String, depth: usize, c: char) {
    let kept = out.trim_end().len();
    if out[..kept].ends_with(['{', '[']) {
        out.truncate(kept);
    } else {
        line(out, depth);
    }
    out.push(c);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_indented_and_keeps_its_order_and_its_texts() {
        let json = r#"{"z":"a{\"}\\","a":[1,{}],"e":[]}"#;
        let shown = "{\n  \"z\": \"a{\\\"}\\\\\",\n  \"a\": [\n    1,\n    {}\n  ],\n  \"e\": []\n}";
        assert_eq!(indented(json), shown);
    }

    #[test]
    fn text_that_is_no_json_ends() {
        for text in ["}}}]", "\"open", "{", "", "\\", "]é[,"] {
            let _ = indented(text);
        }
    }
}
