//! How far a transfer has come, as the target has it. It moves on in the transactions that add the rows.

use serde_json::{Value as Json, json};

use super::table::{TABLES, Table};
use super::value::{Kind, Row, Value};

/// How far a transfer has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mark {
    /// Which source, in which state: its fingerprint.
    pub(crate) of: String,
    /// The table whose rows are being added.
    pub(crate) table: &'static Table,
    /// The key of its last row that is there.
    pub(crate) after: Option<Row>,
    /// How many rows are there, of all tables.
    pub(crate) rows: u64,
    /// Whether all rows are there and were compared.
    pub(crate) compared: bool,
}

impl Mark {
    /// The mark of a transfer that begins.
    pub(crate) fn new(of: String) -> Self {
        Self {
            of,
            table: &TABLES[0],
            after: None,
            rows: 0,
            compared: false,
        }
    }

    /// The mark after these rows.
    pub(crate) fn after(&self, table: &'static Table, rows: &[Row]) -> Self {
        Self {
            of: self.of.clone(),
            table,
            after: rows.last().map(|row| table.key_of(row)),
            rows: self.rows + rows.len() as u64,
            compared: false,
        }
    }

    /// As it is stored.
    pub(crate) fn text(&self) -> String {
        let value = |value: &Value| match value {
            Value::Number(number) => json!(number),
            Value::Text(text) => json!(text),
            // No key has another kind.
            _ => Json::Null,
        };
        let after: Option<Vec<Json>> = self.after.as_ref().map(|key| key.iter().map(value).collect());
        json!({
            "of": self.of,
            "table": self.table.name,
            "after": after,
            "rows": self.rows,
            "compared": self.compared,
        })
        .to_string()
    }

    /// What was stored; `None` if this version has not written it.
    pub(crate) fn read(stored: &[u8]) -> Option<Self> {
        let json: Json = serde_json::from_slice(stored).ok()?;
        let table = Table::of(json.get("table")?.as_str()?)?;
        let after = match json.get("after")? {
            Json::Null => None,
            key => Some(read_key(table, key.as_array()?)?),
        };
        Some(Self {
            of: json.get("of")?.as_str()?.to_owned(),
            table,
            after,
            rows: json.get("rows")?.as_u64()?,
            compared: json.get("compared")?.as_bool()?,
        })
    }
}

fn read_key(table: &Table, key: &[Json]) -> Option<Row> {
    let columns = table.key_places().map(|place| &table.columns[place]);
    let read = |(column, value): (&super::table::Column, &Json)| match column.kind {
        Kind::Number => value.as_i64().map(Value::Number),
        Kind::Text => value.as_str().map(|text| Value::Text(text.to_owned())),
        _ => None,
    };
    let key: Option<Row> = columns.zip(key).map(read).collect();
    key.filter(|key| key.len() == table.key.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_reads_back() {
        let begun = Mark::new("of".to_owned());
        assert_eq!(Mark::read(begun.text().as_bytes()), Some(begun.clone()));
        let text = |text: &str| Value::Text(text.to_owned());
        let clients = Table::of("consumer_clients").unwrap();
        let after = begun.after(clients, &[vec![text("partner"), Value::Number(7), Value::Number(1)]]);
        assert_eq!(after.after, Some(vec![Value::Number(7), text("partner")]));
        assert_eq!(Mark::read(after.text().as_bytes()), Some(after));
    }

    #[test]
    fn what_this_version_has_not_written_is_no_mark() {
        for stored in [
            "",
            "1",
            r#"{"of":"x"}"#,
            r#"{"of":"x","table":"other","after":null,"rows":1,"compared":false}"#,
        ] {
            assert_eq!(Mark::read(stored.as_bytes()), None);
        }
    }
}
