//! The tables of an export as its page has them.

use super::table::{Column, TABLES, Table};
use super::value::Kind;

/// A line of docs/moving-data.md for each table, in their order: its name, its key and its columns.
pub fn table_lines() -> String {
    let column = |column: &Column| {
        let kind = match column.kind {
            Kind::Bool => "yes or no",
            Kind::Number => "number",
            Kind::Text => "text",
            Kind::Bytes => "bytes",
        };
        let optional = if column.optional { " or nothing" } else { "" };
        format!("`{}` {kind}{optional}", column.name)
    };
    let line = |table: &Table| {
        let columns: Vec<_> = table.columns.iter().map(column).collect();
        let (name, key) = (table.name, table.key.join("`, `"));
        format!("| `{name}` | `{key}` | {} |\n", columns.join(", "))
    };
    TABLES.iter().map(line).collect()
}
