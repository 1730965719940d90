//! The lines of an export, as text.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value as Json};

use super::table::{Column, Table};
use super::value::{Kind, Row, Value};

/// The version of the format.
pub(super) const FORMAT: i64 = 1;

/// The line of a row, without its end.
pub(super) fn of_row(table: &Table, row: &[Value]) -> String {
    let members = table.columns.iter().zip(row);
    let members: Vec<String> = members
        .map(|(column, value)| format!("\"{}\":{}", column.name, json_of(value)))
        .collect();
    format!("{{\"table\":\"{}\",\"row\":{{{}}}}}", table.name, members.join(","))
}

fn json_of(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Number(number) => number.to_string(),
        Value::Text(text) => Json::from(text.as_str()).to_string(),
        Value::Bytes(bytes) => format!("\"{}\"", STANDARD.encode(bytes)),
    }
}

/// The row in the `row` of a line. An error says what is wrong.
pub(super) fn row_of(table: &Table, mut members: Map<String, Json>) -> Result<Row, String> {
    let mut row = Vec::with_capacity(table.columns.len());
    for column in table.columns {
        let name = column.name;
        let Some(value) = members.remove(name) else {
            return Err(format!("a row of {} has no {name}", table.name));
        };
        let value = value_of(column, value).ok_or_else(|| format!("{name} of {} is not what it can be", table.name))?;
        row.push(value);
    }
    match members.keys().next() {
        None => Ok(row),
        Some(_) => Err(format!(
            "a row of {} has a member that this version does not know",
            table.name
        )),
    }
}

fn value_of(column: &Column, value: Json) -> Option<Value> {
    match (column.kind, value) {
        (_, Json::Null) => column.optional.then_some(Value::Null),
        (Kind::Bool, Json::Bool(value)) => Some(Value::Bool(value)),
        (Kind::Number, Json::Number(number)) => number.as_i64().map(Value::Number),
        (Kind::Text, Json::String(text)) => Some(Value::Text(text)),
        (Kind::Bytes, Json::String(text)) => STANDARD.decode(text).ok().map(Value::Bytes),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::table::TABLES;
    use super::*;

    /// Each value that is hard for one of the databases or for JSON.
    fn hard(column: &Column) -> Vec<Value> {
        let mut values = match column.kind {
            Kind::Bool => vec![Value::Bool(true), Value::Bool(false)],
            Kind::Number => [i64::MIN, -1, 0, (1 << 53) + 1, i64::MAX].map(Value::Number).to_vec(),
            Kind::Text => ["", "ñ漢\u{1f512}", "\0\n\"\\", "\u{2028}\u{feff}"]
                .map(|text| Value::Text(text.into()))
                .to_vec(),
            Kind::Bytes => [vec![], vec![0, 255, 10], (0..=255).collect()]
                .map(Value::Bytes)
                .to_vec(),
        };
        if column.optional {
            values.push(Value::Null);
        }
        values
    }

    #[test]
    fn every_value_of_every_column_comes_back() {
        for table in TABLES {
            for round in 0..6 {
                let row: Row = table
                    .columns
                    .iter()
                    .map(|column| {
                        let values = hard(column);
                        values[round % values.len()].clone()
                    })
                    .collect();
                let line = of_row(table, &row);
                assert!(!line.contains('\n'));
                let mut json: Json = serde_json::from_str(&line).unwrap();
                let Json::Object(members) = json["row"].take() else {
                    panic!("{line}")
                };
                assert_eq!(row_of(table, members).as_ref(), Ok(&row), "{}", table.name);
            }
        }
    }

    #[test]
    fn a_member_that_is_missing_unknown_or_of_another_kind_is_refused() {
        let roles = Table::of("roles").unwrap();
        for (row, why) in [
            (r#"{"realm":"a","name":"b"}"#, "no permissions"),
            (
                r#"{"realm":"a","name":"b","permissions":"[]","more":1}"#,
                "does not know",
            ),
            (r#"{"realm":"a","name":null,"permissions":"[]"}"#, "name of roles"),
            (r#"{"realm":"a","name":1,"permissions":"[]"}"#, "name of roles"),
        ] {
            let error = row_of(roles, serde_json::from_str(row).unwrap()).unwrap_err();
            assert!(error.contains(why), "{error}");
        }
    }
}
