//! The audit log: an entry for each security event, written in the transaction that it describes, and a chain of seals
//! over the entries, so that a later change of them is found.
//!
//! - [`Provenance`]: who asked for what is going on, and from where. Set once, where a request or a command begins.
//! - [`AuditEntry`], [`AuditEvent`]: what a store writes beside each change.
//! - [`AuditStore`]: the port. Stores write and read; they know no key.
//! - [`AuditSealer`]: chains what was committed, shortly afterwards, and removes what is old enough.
//! - [`AuditVerifier`]: reads all of it and names what is not as it was sealed.

mod anchor;
mod cursor;
mod entry;
mod event;
mod fault;
mod filter;
mod key;
mod mark;
mod provenance;
#[cfg(feature = "passwords")]
mod refused_sign_ins;
mod seal;
mod sealer;
mod store;
mod verifier;

pub use anchor::{AuditAnchor, InvalidAnchor};
pub use cursor::{AuditCursor, SettledEntries};
pub use entry::{AuditEntry, AuditOutcome, AuditRow};
pub use event::{AuditEvent, Cause};
pub use fault::{Fault, FaultKind};
pub use filter::AuditFilter;
pub use key::AuditKey;
pub use mark::{AuditMark, AuditMarks, UnsignedMark};
pub use provenance::{Actor, Provenance};
#[cfg(feature = "passwords")]
pub(crate) use refused_sign_ins::RefusedSignIns;
pub use seal::{AuditSeal, SealedEntry, UnsealedLinks};
pub use sealer::{AuditSealer, SealError, Sealed};
pub use store::{AuditStore, UnsealedEntries};
pub use verifier::{AuditVerifier, Verdict};
