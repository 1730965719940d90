//! What is not as it was sealed.

use std::fmt;

/// What is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FaultKind {
    /// An entry says something else than what was sealed.
    Changed,
    /// An entry that was sealed is not there.
    Missing,
    /// In the place of an entry is another one of the same seal.
    Reordered,
    /// An entry is there that was never sealed, among those that were.
    Added,
    /// A seal is not what was made.
    SealChanged,
    /// A seal is not there, though later ones are.
    SealMissing,
    /// A seal is of another chain than the one before it.
    SealOfAnotherChain,
    /// The start or the end of the chain is not what was written, or not there.
    MarkChanged,
    /// The end of the chain is missing.
    Truncated,
    /// A seal is another one than the anchor names.
    AnchorDiffers,
}

impl FaultKind {
    /// Its word, for programs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Changed => "changed",
            Self::Missing => "missing",
            Self::Reordered => "reordered",
            Self::Added => "added",
            Self::SealChanged => "seal_changed",
            Self::SealMissing => "seal_missing",
            Self::SealOfAnotherChain => "seal_of_another_chain",
            Self::MarkChanged => "mark_changed",
            Self::Truncated => "truncated",
            Self::AnchorDiffers => "anchor_differs",
        }
    }
}

/// One thing that is wrong, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// What is wrong.
    pub kind: FaultKind,
    /// The seal.
    pub seal: Option<i64>,
    /// The entry's number.
    pub sequence: Option<i64>,
    /// The same in words.
    pub text: String,
}

impl Fault {
    pub(super) fn of_entry(kind: FaultKind, sequence: i64, seal: Option<i64>, text: String) -> Self {
        Self {
            kind,
            seal,
            sequence: Some(sequence),
            text,
        }
    }

    pub(super) fn of_seal(kind: FaultKind, seal: i64, text: String) -> Self {
        Self {
            kind,
            seal: Some(seal),
            sequence: None,
            text,
        }
    }

    pub(super) fn of_mark(text: &str) -> Self {
        Self {
            kind: FaultKind::MarkChanged,
            seal: None,
            sequence: None,
            text: text.to_owned(),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
