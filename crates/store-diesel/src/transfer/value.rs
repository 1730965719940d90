//! Values and rows between two databases.

use std::fmt;

/// The kind of a column's values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Bool,
    /// Numbers and times, 64 bits with a sign.
    Number,
    Text,
    Bytes,
}

/// One value.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Value {
    Null,
    Bool(bool),
    Number(i64),
    Text(String),
    Bytes(Vec<u8>),
}

/// The values of one row, in the order of its table's columns.
pub(crate) type Row = Vec<Value>;

/// A row as a database has it: a value may be of another kind than its column's.
pub(crate) struct RawRow(pub(crate) Row);

impl fmt::Debug for Value {
    /// Without what people typed and what is secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Null => "null",
            Self::Bool(_) => "a boolean",
            Self::Number(_) => "a number",
            Self::Text(_) => "a text",
            Self::Bytes(_) => "bytes",
        })
    }
}

impl Value {
    /// The value as one of a column of this kind. SQLite has no booleans: 0 and 1 are.
    pub(crate) fn of_kind(self, kind: Kind, optional: bool) -> Option<Self> {
        match (self, kind) {
            (Self::Null, _) => optional.then_some(Self::Null),
            (Self::Number(number @ (0 | 1)), Kind::Bool) => Some(Self::Bool(number == 1)),
            (value @ Self::Bool(_), Kind::Bool)
            | (value @ Self::Number(_), Kind::Number)
            | (value @ Self::Text(_), Kind::Text)
            | (value @ Self::Bytes(_), Kind::Bytes) => Some(value),
            _ => None,
        }
    }

    /// As bytes that no other value has, nor the beginning of another.
    pub(crate) fn write_canonical(&self, bytes: &mut Vec<u8>) {
        let mut sized = |tag: u8, content: &[u8]| {
            bytes.push(tag);
            bytes.extend((content.len() as u64).to_be_bytes());
            bytes.extend(content);
        };
        match self {
            Self::Null => bytes.push(0),
            Self::Bool(value) => bytes.extend([1, u8::from(*value)]),
            Self::Number(number) => {
                bytes.push(2);
                bytes.extend(number.to_be_bytes());
            }
            Self::Text(text) => sized(3, text.as_bytes()),
            Self::Bytes(content) => sized(4, content),
        }
    }

    /// What is wrong with this value in a key.
    pub(crate) fn no_key(&self) -> &'static str {
        match self {
            Self::Null => "a key is null",
            _ => "a key is no number and no text",
        }
    }

    /// What of a key may be shown: numbers and names of records, and no login.
    pub(crate) fn shown(&self) -> String {
        match self {
            Self::Number(number) => number.to_string(),
            Self::Text(text) => text.escape_debug().collect(),
            other => format!("{other:?}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn different_rows_are_different_bytes() {
        let text = |text: &str| Value::Text(text.to_owned());
        let rows = [
            vec![text("a"), text("b")],
            vec![text("ab"), text("")],
            vec![text(""), text("ab")],
            vec![text("a"), Value::Null, text("b")],
            vec![Value::Bytes(b"a".to_vec()), text("b")],
            vec![Value::Number(0)],
            vec![Value::Bool(false)],
            vec![Value::Null],
            vec![text("")],
            vec![],
        ];
        let bytes = rows.iter().map(|row| {
            let mut bytes = Vec::new();
            row.iter().for_each(|value| value.write_canonical(&mut bytes));
            bytes
        });
        let different: std::collections::HashSet<_> = bytes.collect();
        assert_eq!(different.len(), rows.len());
    }

    #[test]
    fn a_value_does_not_print() {
        let value = Value::Text("canary".to_owned());
        assert!(!format!("{value:?}").contains("canary"));
    }

    #[test]
    fn only_a_value_of_its_kind_is_of_a_column() {
        assert_eq!(Value::Number(1).of_kind(Kind::Bool, false), Some(Value::Bool(true)));
        for (value, kind) in [
            (Value::Number(2), Kind::Bool),
            (Value::Null, Kind::Text),
            (Value::Number(1), Kind::Text),
            (Value::Text("1".to_owned()), Kind::Number),
            (Value::Text("1".to_owned()), Kind::Bytes),
            (Value::Bool(true), Kind::Number),
        ] {
            assert_eq!(value.of_kind(kind, false), None);
        }
        assert_eq!(Value::Null.of_kind(Kind::Text, true), Some(Value::Null));
    }
}
