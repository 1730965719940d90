//! What is moved: one description of each table, for all ways of moving it.

use super::value::{Kind, Value};

/// A table, as it is moved. `TABLES` has them all; a test compares them with the schema.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Table {
    pub(crate) name: &'static str,
    /// The columns by which rows are ordered, and which no two rows share.
    pub(crate) key: &'static [&'static str],
    /// Whether the first column of the key is a number that the database gives out, never twice.
    pub(crate) numbered: bool,
    pub(crate) columns: &'static [Column],
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Column {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    pub(crate) optional: bool,
    /// Whether its value is about this database alone, and differs in a copy: such a column is in no digest.
    pub(crate) local: bool,
}

impl Table {
    /// The table of this name.
    pub(crate) fn of(name: &str) -> Option<&'static Self> {
        TABLES.iter().find(|table| table.name == name)
    }

    /// The places of the key's columns.
    pub(crate) fn key_places(&self) -> impl Iterator<Item = usize> {
        let place = |name: &&str| self.columns.iter().position(|column| column.name == *name);
        self.key.iter().filter_map(place)
    }

    /// The values of the key's columns.
    pub(crate) fn key_of(&self, row: &[Value]) -> Vec<Value> {
        self.key_places().filter_map(|place| row.get(place).cloned()).collect()
    }

    /// Which rows are not moved: what a transfer writes about itself, and what migrations have written already.
    pub(crate) fn condition(&self) -> Option<&'static str> {
        (self.name == "meta").then_some("name NOT IN ('unfinished_transfer', 'schema_needs', 'schema_mark')")
    }

    /// Which rows an empty database does not have: all but what migrations write.
    pub(crate) fn in_use(&self) -> &'static str {
        match self.name {
            "meta" => "name NOT IN ('schema_needs', 'schema_mark')",
            _ => "TRUE",
        }
    }
}

/// The name of the value in `meta` that says which migration a program must know.
pub(crate) const NEEDS: &str = "schema_needs";

/// The name of the value in `meta` by which a migration is distinguished from a restored copy. It is about this database's tables.
pub(crate) const MARK: &str = "schema_mark";

/// The name of the value in `meta` that a database has while a transfer into it is not complete.
pub(crate) const UNFINISHED: &str = "unfinished_transfer";

const fn column(name: &'static str, kind: Kind) -> Column {
    Column {
        name,
        kind,
        optional: false,
        local: false,
    }
}

const fn number(name: &'static str) -> Column {
    column(name, Kind::Number)
}

const fn text(name: &'static str) -> Column {
    column(name, Kind::Text)
}

const fn bytes(name: &'static str) -> Column {
    column(name, Kind::Bytes)
}

const fn yes_or_no(name: &'static str) -> Column {
    column(name, Kind::Bool)
}

impl Column {
    const fn or_null(self) -> Self {
        Self { optional: true, ..self }
    }

    const fn local(self) -> Self {
        Self { local: true, ..self }
    }
}

/// Every table, each after those whose rows its own rows name.
pub(crate) const TABLES: &[Table] = &[
    Table {
        name: "accounts",
        key: &["id"],
        numbered: true,
        columns: &[
            number("id"),
            text("realm"),
            text("login"),
            text("login_folded").or_null(),
            text("alias").or_null(),
            text("alias_folded").or_null(),
            text("role").or_null(),
            number("generation"),
            number("disabled_at").or_null(),
            text("attributes"),
            number("created_at"),
        ],
    },
    Table {
        name: "passwords",
        key: &["account_id"],
        numbered: false,
        columns: &[number("account_id"), text("hash"), number("changed_at")],
    },
    Table {
        name: "organisations",
        key: &["id"],
        numbered: false,
        columns: &[
            number("id"),
            text("name"),
            text("subdomain"),
            number("utc_offset_seconds"),
        ],
    },
    Table {
        name: "consumers",
        key: &["key"],
        numbered: false,
        columns: &[
            text("key"),
            number("organisation_id"),
            bytes("token_digest"),
            yes_or_no("disabled"),
            number("created_at"),
            bytes("previous_digest").or_null(),
            number("previous_until").or_null(),
        ],
    },
    Table {
        name: "consumer_clients",
        // The account first: there is an index for it whose order does not depend on the database's locale.
        key: &["account_id", "consumer_key"],
        numbered: false,
        columns: &[text("consumer_key"), number("account_id"), number("since")],
    },
    Table {
        name: "resource_servers",
        key: &["id"],
        numbered: false,
        columns: &[
            text("id"),
            bytes("secret_digest"),
            bytes("previous_digest").or_null(),
            number("previous_until").or_null(),
            text("flavours").or_null(),
            yes_or_no("disabled"),
            number("created_at"),
        ],
    },
    Table {
        name: "roles",
        key: &["realm", "name"],
        numbered: false,
        columns: &[text("realm"), text("name"), text("permissions")],
    },
    Table {
        name: "tokens",
        key: &["id"],
        numbered: true,
        columns: &[
            number("id"),
            number("parent").or_null(),
            text("flavour"),
            text("realm"),
            number("subject"),
            number("generation"),
            text("scopes"),
            text("label").or_null(),
            bytes("digest").or_null(),
            bytes("salt").or_null(),
            bytes("key_digest").or_null(),
            yes_or_no("shared"),
            bytes("refresh_selector").or_null(),
            bytes("refresh_current").or_null(),
            bytes("refresh_previous").or_null(),
            bytes("refresh_sealed").or_null(),
            bytes("refresh_lineage").or_null(),
            number("refresh_rotations").or_null(),
            number("refresh_rotated_at").or_null(),
            number("issued_at"),
            number("expires_at").or_null(),
            number("last_used_at").or_null(),
            number("revoked_at").or_null(),
            number("idle_ms").or_null(),
            number("ends_at").or_null(),
            number("line").or_null(),
            number("made_from").or_null(),
        ],
    },
    Table {
        name: "imported_accounts",
        key: &["realm", "source_id"],
        numbered: false,
        columns: &[text("realm"), text("source_id"), number("account_id")],
    },
    Table {
        name: "imported_tokens",
        key: &["digest"],
        numbered: false,
        columns: &[
            text("digest"),
            text("flavour"),
            number("token_id"),
            number("number").or_null(),
            number("forget_at").or_null(),
        ],
    },
    Table {
        name: "feed",
        key: &["sequence"],
        numbered: true,
        columns: &[
            number("sequence"),
            text("kind"),
            number("token_id").or_null(),
            number("subject").or_null(),
            number("generation").or_null(),
            number("until"),
            number("at"),
        ],
    },
    Table {
        name: "vault",
        key: &["name"],
        numbered: false,
        columns: &[
            text("name"),
            text("purpose"),
            bytes("sealed"),
            number("created_at"),
            number("activates_at"),
            number("retires_at").or_null(),
        ],
    },
    Table {
        name: "meta",
        key: &["name"],
        numbered: false,
        columns: &[text("name"), bytes("value")],
    },
    Table {
        name: "audit_entries",
        key: &["sequence"],
        numbered: true,
        columns: &[
            number("sequence"),
            // Where an entry is in the order in which entries become final is a matter of one database. On the way, and in
            // a copy, it is 1 for an entry that no seal of the source has, otherwise 0.
            number("written_by").local(),
            number("at"),
            text("event"),
            text("outcome"),
            text("actor"),
            text("command").or_null(),
            text("source").or_null(),
            text("request").or_null(),
            text("realm").or_null(),
            text("flavour").or_null(),
            number("subject").or_null(),
            number("token").or_null(),
            text("detail").or_null(),
        ],
    },
    Table {
        name: "audit_seals",
        key: &["number"],
        numbered: false,
        columns: &[
            number("number"),
            number("at"),
            number("entries"),
            number("settled"),
            number("floor"),
            number("highest"),
            bytes("links"),
            bytes("previous"),
            bytes("mac"),
        ],
    },
    Table {
        name: "audit_marks",
        key: &["name"],
        numbered: false,
        columns: &[
            text("name"),
            number("number"),
            number("entries"),
            number("settled"),
            number("floor"),
            number("highest"),
            number("at"),
            bytes("mac"),
            bytes("proof"),
        ],
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    /// A table or column that is added to the schema and forgotten here would be lost in a copy.
    #[test]
    fn every_table_and_column_of_the_schema_is_moved() {
        let schema = include_str!("../schema.rs");
        let ours = |table: &Table| {
            let columns = table.columns.iter().map(|column| {
                let kind = match column.kind {
                    Kind::Bool => "Bool",
                    Kind::Number => "BigInt",
                    Kind::Text => "Text",
                    Kind::Bytes => "Binary",
                };
                match column.optional {
                    true => format!("{} -> Nullable<{kind}>,", column.name),
                    false => format!("{} -> {kind},", column.name),
                }
            });
            (table.name.to_owned(), columns.collect::<Vec<_>>())
        };
        let described: Vec<_> = TABLES.iter().map(ours).collect();
        let theirs = schema.split("diesel::table! {").skip(1).map(|text| {
            let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
            let name = lines.next().and_then(|line| line.split(' ').next()).unwrap();
            let columns = lines.take_while(|line| line.contains("->")).map(str::to_owned);
            (name.to_owned(), columns.collect::<Vec<_>>())
        });
        let mut theirs: Vec<_> = theirs.collect();
        assert_eq!(theirs.len(), described.len());
        for table in &described {
            let there = theirs.iter().position(|other| other.0 == table.0).expect(&table.0);
            assert_eq!(theirs.remove(there).1, table.1, "{}", table.0);
        }
    }

    #[test]
    fn every_key_names_columns_that_are_never_null() {
        for table in TABLES {
            let places: Vec<usize> = table.key_places().collect();
            assert_eq!(places.len(), table.key.len(), "{}", table.name);
            assert!(
                places.iter().all(|&place| !table.columns[place].optional),
                "{}",
                table.name
            );
        }
    }

    /// A row that another names is there before it.
    #[test]
    fn a_table_comes_after_those_that_it_names() {
        let migrations = crate::migrations::MIGRATIONS
            .iter()
            .map(|migration| migration.postgres.up);
        let place = |name: &str| TABLES.iter().position(|table| table.name == name).expect(name);
        let mut references = 0;
        for table in migrations.flat_map(|sql| sql.split("CREATE TABLE ").skip(1)) {
            let table = table.split(");").next().unwrap();
            let name = table.split(' ').next().unwrap();
            for other in table.split("REFERENCES ").skip(1) {
                references += 1;
                assert!(place(other.split(' ').next().unwrap()) <= place(name), "{name}");
            }
        }
        assert!(references >= 6, "{references}");
    }
}
