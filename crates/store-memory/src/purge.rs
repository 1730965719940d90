//! Removing records that ended long enough ago, and feed entries that no longer matter.

use std::collections::HashMap;

use auth_core::{Timestamp, TokenId};

use crate::state::{State, TokenRow};

/// Removes at most `limit` rows, and says how many.
pub(crate) fn purge(state: &mut State, before: Timestamp, limit: u64) -> u64 {
    let records = purge_records(state, before, limit);
    let changes = purge_changes(state, before, limit - records);
    records + changes + purge_imported(state, before, limit - records - changes)
}

/// What is known of texts that nothing can bring back.
fn purge_imported(state: &mut State, before: Timestamp, limit: u64) -> u64 {
    let mut removed = 0;
    state.imported_tokens.retain(|_, row| {
        let remove = removed < limit && row.forget_at.is_some_and(|at| at < before);
        removed += u64::from(remove);
        !remove
    });
    removed
}

/// A session is removed after everything that belongs to it, so that no record is left without its parent. What belongs
/// to a session has a higher number than the session.
fn purge_records(state: &mut State, before: Timestamp, limit: u64) -> u64 {
    let ended = |row: &&TokenRow| ended_at(state, row).is_some_and(|end| end < before);
    let ended: Vec<TokenId> = state.tokens.values().filter(ended).map(|row| row.record.id).collect();
    let mut children: HashMap<TokenId, u64> = HashMap::new();
    for parent in state.tokens.values().filter_map(|row| row.record.parent) {
        *children.entry(parent).or_default() += 1;
    }
    let mut removed = 0;
    for id in ended.into_iter().rev() {
        if removed == limit {
            break;
        }
        if children.get(&id).is_some_and(|count| *count > 0) {
            continue;
        }
        let parent = state.tokens.remove(&id).and_then(|row| row.record.parent);
        if let Some(count) = parent.and_then(|parent| children.get_mut(&parent)) {
            *count -= 1;
        }
        removed += 1;
    }
    removed
}

fn purge_changes(state: &mut State, before: Timestamp, limit: u64) -> u64 {
    let mut removed = 0;
    state.feed.retain(|_, entry| {
        let remove = removed < limit && entry.until < before;
        removed += u64::from(remove);
        !remove
    });
    removed
}

/// When a record ended or will end: at its expiry, at a revocation of it or of its session, or at its owner's next
/// generation, whichever is first.
fn ended_at(state: &State, row: &TokenRow) -> Option<Timestamp> {
    let record = &row.record;
    let parent = record.parent.and_then(|parent| state.tokens.get(&parent));
    let superseded = state.accounts.get(&record.subject).and_then(|owner| {
        let newer = owner.account.generation > record.generation;
        newer.then_some(owner.generation_since)
    });
    let ends = [
        row.revoked_at,
        record.expires_at,
        superseded,
        parent.and_then(|parent| parent.revoked_at),
    ];
    ends.into_iter().flatten().min()
}
