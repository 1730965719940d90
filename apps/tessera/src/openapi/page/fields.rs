//! The fields of a schema as a list.

use maud::{Markup, html};
use serde_json::Value;

/// The fields of an object, those of objects inside it with a dot before their name.
pub(super) fn table(schema: &Value) -> Markup {
    if let Some(alternatives) = schema["oneOf"].as_array() {
        return html! {
            @for (index, alternative) in alternatives.iter().enumerate() {
                @if index > 0 { p.or { "or" } }
                (table(alternative))
            }
        };
    }
    let rows = rows("", schema);
    html! {
        @if !rows.is_empty() {
            dl.fields {
                @for row in &rows {
                    dt {
                        code { (row.name) } " " span.kind { (row.kind) }
                        @if !row.required { span.kind { ", may be left out" } }
                    }
                    dd { (row.about) }
                }
            }
        }
    }
}

struct Row {
    name: String,
    kind: String,
    about: String,
    required: bool,
}

fn rows(prefix: &str, schema: &Value) -> Vec<Row> {
    let Some(properties) = schema["properties"].as_object() else {
        return Vec::new();
    };
    let required: Vec<&str> = schema["required"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    // `required` has the order of the document; the members of a schema have none.
    let others = properties
        .keys()
        .map(String::as_str)
        .filter(|name| !required.contains(name));
    let names = required.iter().copied().chain(others);
    let allowed = names.filter_map(|name| Some((name, properties.get(name)?)).filter(|(_, value)| value.is_object()));
    let mut rows = Vec::new();
    for (own, value) in allowed {
        let name = format!("{prefix}{own}");
        rows.push(Row {
            kind: kind(value),
            about: value["description"].as_str().unwrap_or_default().to_owned(),
            required: required.contains(&own),
            name: name.clone(),
        });
        rows.extend(self::rows(&format!("{name}."), value));
        rows.extend(self::rows(&format!("{name}[]."), &value["items"]));
    }
    rows
}

fn kind(value: &Value) -> String {
    let constant = match (&value["const"], &value["enum"]) {
        (Value::Null, Value::Array(words)) => words.iter().map(Value::to_string).collect::<Vec<_>>().join(" or "),
        (Value::Null, _) => String::new(),
        (constant, _) => constant.to_string(),
    };
    if !constant.is_empty() {
        return constant;
    }
    let name = match &value["type"] {
        Value::String(name) => name.clone(),
        Value::Array(names) => names.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" or "),
        _ => "any".into(),
    };
    let format = value["format"].as_str().filter(|format| !format.contains("int"));
    let longest = value["maxLength"]
        .as_u64()
        .map(|most| format!(", at most {most} characters"));
    let format = format.map(|format| format!(" ({format})"));
    [Some(name), format, longest].into_iter().flatten().collect()
}
