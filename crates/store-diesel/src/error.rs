//! What goes wrong in a database, as the ports report it. No text here names a bound value, a password or an address.

use auth_core::StoreError;
use diesel::result::{DatabaseErrorInformation, DatabaseErrorKind, Error};

/// Why an operation is given up.
const LATE: &str = "the database did not answer in time";

/// The outcome of one step of an operation.
pub(crate) type Outcome<T> = Result<T, DbError>;

/// Why a step failed.
#[derive(Debug)]
pub(crate) enum DbError {
    /// The database refused, or did not answer.
    Database(Error),
    /// A row is not what was written.
    Corrupt(&'static str),
    /// The same, and which row: the kind of thing and its number.
    CorruptRow(&'static str, i64, &'static str),
    /// The server cannot be used, and why.
    Unfit(&'static str),
    /// Nothing came back in time; what the connection carries by now is not known.
    Late,
}

impl From<Error> for DbError {
    fn from(error: Error) -> Self {
        Self::Database(error)
    }
}

impl DbError {
    /// Whether the same operation may go through if it is begun anew: two writers got in each other's way.
    pub(crate) fn is_conflict(&self) -> bool {
        match self {
            Self::Database(Error::DatabaseError(kind, info)) => match kind {
                DatabaseErrorKind::SerializationFailure | DatabaseErrorKind::UniqueViolation => true,
                DatabaseErrorKind::Unknown => is_deadlock(info.message()),
                _ => false,
            },
            _ => false,
        }
    }

    /// Whether the connection is no longer of use.
    pub(crate) fn broke_connection(&self) -> bool {
        match self {
            Self::Database(Error::DatabaseError(kind, info)) => match kind {
                DatabaseErrorKind::UnableToSendCommand | DatabaseErrorKind::ClosedConnection => true,
                DatabaseErrorKind::Unknown => ends_connection(info.message()),
                _ => false,
            },
            Self::Database(Error::RollbackErrorOnCommit { .. } | Error::BrokenTransactionManager) | Self::Late => true,
            _ => false,
        }
    }
}

impl DbError {
    /// The same error, with the row where that is not what was written.
    pub(crate) fn in_row(self, kind: &'static str, id: i64) -> Self {
        match self {
            Self::Corrupt(what) => Self::CorruptRow(kind, id, what),
            other => other,
        }
    }

    /// The error of an operation that was being committed: it may have been carried out.
    pub(crate) fn of_unknown_outcome(self) -> StoreError {
        match StoreError::from(self) {
            StoreError::Unavailable(why) | StoreError::Corrupt(why) => StoreError::OutcomeUnknown(why),
            known => known,
        }
    }
}

impl From<DbError> for StoreError {
    fn from(fault: DbError) -> Self {
        match fault {
            DbError::Corrupt(what) => Self::Corrupt(what.to_owned()),
            DbError::CorruptRow(kind, id, what) => Self::Corrupt(format!("{kind} {id}: {what}")),
            DbError::Unfit(why) => Self::Unavailable(why.to_owned()),
            DbError::Late => Self::Unavailable(LATE.to_owned()),
            DbError::Database(Error::DatabaseError(kind, info)) => of_database(&kind, &*info),
            DbError::Database(Error::DeserializationError(_)) => Self::Corrupt("a column cannot be read".to_owned()),
            DbError::Database(Error::SerializationError(_)) => Self::Unavailable("a value cannot be sent".to_owned()),
            DbError::Database(Error::NotFound) => Self::Corrupt("a row that must be there is not".to_owned()),
            DbError::Database(_) => Self::Unavailable("the operation could not be carried out".to_owned()),
        }
    }
}

fn of_database(kind: &DatabaseErrorKind, info: &(dyn DatabaseErrorInformation + Send + Sync)) -> StoreError {
    let text = describe(kind, info);
    match kind {
        DatabaseErrorKind::SerializationFailure => StoreError::Busy(text),
        DatabaseErrorKind::Unknown if is_busy(info.message()) => StoreError::Busy(text),
        _ => StoreError::Unavailable(text),
    }
}

/// The primary message and the names in it. Details and hints are left out: PostgreSQL quotes the row there.
fn describe(kind: &DatabaseErrorKind, info: &(dyn DatabaseErrorInformation + Send + Sync)) -> String {
    let name = info.constraint_name().or(info.table_name());
    match (kind, name) {
        (DatabaseErrorKind::Unknown, _) => first_line(info.message()),
        (DatabaseErrorKind::UnableToSendCommand | DatabaseErrorKind::ClosedConnection, _) => {
            "the connection was lost".to_owned()
        }
        (kind, Some(name)) => format!("{kind:?} of {name}"),
        (kind, None) => format!("{kind:?}"),
    }
}

/// Whether the message is SQLite's for a lock that another process holds, or PostgreSQL's for a conflict or for too many
/// connections. For these `diesel-async` reports no code, and the text is in the language of `lc_messages`: each
/// connection asks for English, but needs a right for that. In another language such an error counts as unspecific, and
/// a deadlock is not tried again.
fn is_busy(message: &str) -> bool {
    let messages = [
        "is locked",
        "due to lock timeout",
        "too many clients",
        "too many connections",
    ];
    is_deadlock(message) || messages.iter().any(|part| message.contains(part))
}

fn is_deadlock(message: &str) -> bool {
    message == "deadlock detected"
}

/// Whether the message means that the connection is broken, so that the next operation needs another one.
fn ends_connection(message: &str) -> bool {
    let messages = [
        "disk I/O error",
        "not a database",
        "malformed",
        "unable to open",
        "terminating connection",
    ];
    messages.iter().any(|part| message.contains(part))
}

fn first_line(message: &str) -> String {
    message.lines().next().unwrap_or_default().chars().take(200).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Info(&'static str);

    impl DatabaseErrorInformation for Info {
        fn message(&self) -> &str {
            self.0
        }
        fn details(&self) -> Option<&str> {
            Some("Key (login)=(canary) already exists.")
        }
        fn hint(&self) -> Option<&str> {
            Some("canary")
        }
        fn table_name(&self) -> Option<&str> {
            Some("accounts")
        }
        fn column_name(&self) -> Option<&str> {
            None
        }
        fn constraint_name(&self) -> Option<&str> {
            Some("accounts_login")
        }
        fn statement_position(&self) -> Option<i32> {
            None
        }
    }

    fn fault(kind: DatabaseErrorKind, message: &'static str) -> DbError {
        DbError::Database(Error::DatabaseError(kind, Box::new(Info(message))))
    }

    #[test]
    fn no_bound_value_is_told() {
        for kind in [DatabaseErrorKind::UniqueViolation, DatabaseErrorKind::Unknown] {
            let text = StoreError::from(fault(kind, "duplicate key")).to_string();
            assert!(!text.contains("canary"), "{text}");
        }
        let unreadable = DbError::Database(Error::DeserializationError("canary".into()));
        assert!(!StoreError::from(unreadable).to_string().contains("canary"));
    }

    #[test]
    fn a_lock_is_busy_and_a_lost_database_is_unavailable() {
        let busy = |fault| matches!(StoreError::from(fault), StoreError::Busy(_));
        assert!(busy(fault(DatabaseErrorKind::Unknown, "database is locked")));
        assert!(busy(fault(DatabaseErrorKind::Unknown, "deadlock detected")));
        assert!(busy(fault(
            DatabaseErrorKind::SerializationFailure,
            "could not serialize"
        )));
        assert!(!busy(fault(DatabaseErrorKind::Unknown, "database or disk is full")));
        assert!(!busy(fault(DatabaseErrorKind::UnableToSendCommand, "closed")));
    }
}
