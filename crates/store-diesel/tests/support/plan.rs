//! Reading the plans of statements: how the database would find the rows.

use std::collections::BTreeSet;

use diesel::sql_types::Text;
use diesel::{Connection, QueryableByName, RunQueryDsl, SqliteConnection};
use tokio_postgres::types::Type;
use tokio_postgres::{Client, NoTls};

/// The tables that grow with the number of users. The others have a few rows that an operator made.
const LARGE: [&str; 7] = [
    "tokens",
    "accounts",
    "passwords",
    "feed",
    "audit_entries",
    "audit_seals",
    "consumer_clients",
];

/// Columns with few values: an index that is searched by these alone finds a large part of the table.
const COMMON: [&str; 6] = ["realm", "flavour", "kind", "shared", "generation", "name"];

/// How a statement would be carried out, and what is wrong with that.
pub(crate) struct Plan {
    pub(crate) statement: String,
    pub(crate) steps: Vec<String>,
    pub(crate) faults: Vec<String>,
}

impl Plan {
    fn without_sorts_of_small_tables(mut self) -> Self {
        let large = |step: &String| step.split(' ').any(is_large);
        if !self.steps.iter().any(large) {
            self.faults.retain(|fault| fault != SORTED);
        }
        self
    }
}

/// The fault of a sort over a large table.
pub(crate) const SORTED: &str = "rows are sorted";

fn is_large(name: &str) -> bool {
    LARGE.contains(&name) || ["parents", "children"].contains(&name)
}

#[derive(QueryableByName)]
struct Step {
    #[diesel(sql_type = Text)]
    detail: String,
}

pub(crate) fn on_sqlite(url: &str, statements: &BTreeSet<String>) -> Vec<Plan> {
    let file = url.strip_prefix("sqlite:").expect("an SQLite file");
    let mut database = SqliteConnection::establish(file).expect("the file is there");
    let plan = |statement: &String| {
        let explain = diesel::sql_query(format!("EXPLAIN QUERY PLAN {statement}"));
        let steps: Vec<Step> = explain
            .load(&mut database)
            .unwrap_or_else(|error| panic!("{statement}: {error}"));
        let steps: Vec<String> = steps.into_iter().map(|step| step.detail).collect();
        let faults = steps
            .iter()
            .filter_map(|step| fault_on_sqlite(statement, step))
            .collect();
        Plan {
            statement: statement.clone(),
            steps,
            faults,
        }
        .without_sorts_of_small_tables()
    };
    statements.iter().map(plan).collect()
}

/// What a step such as `SEARCH tokens USING INDEX tokens_owner (subject=? AND generation<?)` has against it.
fn fault_on_sqlite(statement: &str, step: &str) -> Option<String> {
    let words: Vec<&str> = step.split(' ').collect();
    match words.as_slice() {
        ["SCAN", table, ..] if is_large(table) && !reads_one_end(statement) => Some(format!("all of {table} is read")),
        ["USE", "TEMP", "B-TREE", ..] => Some(SORTED.to_owned()),
        ["SEARCH", table, ..] if is_large(table) => {
            let found_by = step.split_once('(').map_or("", |(_, columns)| columns);
            let columns = found_by
                .split(" AND ")
                .map(|column| column.split(['=', '>', '<']).next().unwrap_or_default());
            let few: Vec<&str> = columns.collect();
            few.iter()
                .all(|column| COMMON.contains(column))
                .then(|| format!("{table} is searched by {} alone", few.join(", ")))
        }
        _ => None,
    }
}

/// Whether it takes the first rows in the order of an index, whatever they are.
fn reads_one_end(statement: &str) -> bool {
    statement.contains(" ORDER BY ") && statement.contains(" LIMIT ") && !statement.contains(" WHERE ")
}

/// The plans that PostgreSQL makes without knowing the values, as it does for what is sent often.
pub(crate) async fn on_postgres(url: &str, statements: &BTreeSet<String>) -> Vec<Plan> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.expect("the cluster runs");
    tokio::spawn(connection);
    client
        .batch_execute("SET plan_cache_mode = force_generic_plan")
        .await
        .expect("a setting");
    let mut plans = Vec::new();
    for statement in statements {
        plans.push(plan_on_postgres(&client, statement).await);
    }
    plans
}

async fn plan_on_postgres(client: &Client, statement: &str) -> Plan {
    let types = types_of(client, statement).await;
    let declared: Vec<String> = types.iter().map(name_of).collect();
    let declared = match declared.is_empty() {
        true => String::new(),
        false => format!("({})", declared.join(", ")),
    };
    let nulls = vec!["NULL"; types.len()].join(", ");
    let nulls = if types.is_empty() { nulls } else { format!("({nulls})") };
    let prepare = format!("PREPARE explained {declared} AS {statement}");
    let prepared = client.batch_execute(&prepare).await;
    prepared.unwrap_or_else(|error| panic!("{prepare}: {error:?}"));
    let explain = format!("EXPLAIN (FORMAT JSON, COSTS OFF) EXECUTE explained {nulls}");
    let rows = client.simple_query(&explain).await;
    let rows = rows.unwrap_or_else(|error| panic!("{explain}: {error:?}"));
    let text: String = rows
        .iter()
        .filter_map(|row| match row {
            tokio_postgres::SimpleQueryMessage::Row(row) => row.get(0),
            _ => None,
        })
        .collect();
    client.batch_execute("DEALLOCATE explained").await.expect("it is there");
    let json: serde_json::Value = serde_json::from_str(&text).expect("the format asked for");
    let mut plan = Plan {
        statement: statement.to_owned(),
        steps: Vec::new(),
        faults: Vec::new(),
    };
    walk(&json[0]["Plan"], &mut plan);
    plan.without_sorts_of_small_tables()
}

/// The types of its parameters. Of one that is only compared with NULL the server cannot say; those are numbers here.
async fn types_of(client: &Client, statement: &str) -> Vec<Type> {
    let mut declared = Vec::new();
    for _ in 0..40 {
        match client.prepare_typed(statement, &declared).await {
            Ok(prepared) => return prepared.params().to_vec(),
            Err(error) => {
                let message = error
                    .as_db_error()
                    .map_or_else(|| error.to_string(), |error| error.message().to_owned());
                let number = message.strip_prefix("could not determine data type of parameter $");
                let number: usize = number
                    .and_then(|number| number.parse().ok())
                    .unwrap_or_else(|| panic!("{statement}: {message}"));
                declared.resize(declared.len().max(number), Type::UNKNOWN);
                declared[number - 1] = Type::INT8;
            }
        }
    }
    panic!("{statement}: too many parameters without a type");
}

fn name_of(kind: &Type) -> String {
    match kind.name().strip_prefix('_') {
        Some(element) => format!("{element}[]"),
        None => kind.name().to_owned(),
    }
}

fn walk(node: &serde_json::Value, plan: &mut Plan) {
    let text = |key: &str| node[key].as_str().unwrap_or_default();
    let (kind, table, condition) = (text("Node Type"), text("Relation Name"), text("Index Cond"));
    let index = text("Index Name");
    plan.steps.push(
        format!("{kind} {table} {index} {condition} {}", text("Filter"))
            .trim_end()
            .to_owned(),
    );
    let is_index_search = kind.starts_with("Index") || kind == "Bitmap Index Scan";
    if kind == "Seq Scan" && LARGE.contains(&table) {
        plan.faults.push(format!("all of {table} is read"));
    } else if kind == "Sort" || kind == "Incremental Sort" {
        plan.faults.push(SORTED.to_owned());
    } else if is_index_search && condition.is_empty() && !reads_one_end(&plan.statement) && !index.ends_with("_pkey") {
        plan.faults.push(format!("all of {index} is read"));
    } else if is_index_search && LARGE.contains(&table) {
        let words = condition.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        let columns: Vec<&str> = words
            .filter(|word| !word.is_empty() && !word.starts_with(|c: char| c.is_ascii_digit()))
            .collect();
        if !condition.is_empty()
            && columns
                .iter()
                .all(|column| COMMON.contains(column) || column.len() < 2 || ["AND", "text"].contains(column))
        {
            plan.faults.push(format!("{table} is searched by {condition} alone"));
        }
    }
    for child in node["Plans"].as_array().into_iter().flatten() {
        walk(child, plan);
    }
}
