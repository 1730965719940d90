//! How far the entries were read, in the order in which they become final.

use super::entry::AuditRow;

/// How far entries were read. A store that gives one out finds by it all entries that were not read yet, and none twice.
///
/// On a database where transactions become visible in another order than their numbers, an entry is final when every
/// transaction that began before its own is over. The numbers below are of transactions there, and of entries elsewhere.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AuditCursor {
    /// Every entry at a position below this one was read.
    pub settled: i64,
    /// Every entry up to this number was read. It rises only where positions begin anew, as after a restore from a dump
    /// into another cluster, or a copy into another database.
    pub floor: i64,
    /// The highest number of an entry that was read.
    pub highest: i64,
}

impl AuditCursor {
    /// The cursor of a store whose positions begin anew after these entries, all of which were read.
    pub(super) fn begun_anew(highest: i64) -> Self {
        Self {
            settled: 0,
            floor: highest,
            highest,
        }
    }
}

/// Entries that are final, and how far they go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettledEntries {
    /// In their order.
    pub rows: Vec<AuditRow>,
    /// The cursor after them.
    pub cursor: AuditCursor,
}
