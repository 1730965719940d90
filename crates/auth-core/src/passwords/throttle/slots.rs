//! A table of fixed size: a moment for each key. The entry with the earliest moment makes room.

use std::fmt;

use super::allowance::Micros;

/// The number of slots in which one key may be. A search reads one bucket (128 bytes) and no more.
const WAYS: usize = 8;

/// `[key, until]`; free when `until` is 0. Plain numbers, so that a new table is memory that the system provides only
/// when it is used.
type Slot = [u64; 2];

/// Moments (`until`) by key, 16 bytes each, none of them allocated one by one.
///
/// Keys must be evenly spread and unpredictable (a keyed hash): then an attacker cannot fill one bucket on purpose.
pub(super) struct Slots {
    buckets: Box<[[Slot; WAYS]]>,
}

impl Slots {
    /// A table for about `capacity` keys.
    pub(super) fn new(capacity: usize) -> Self {
        let buckets = capacity.div_ceil(WAYS).max(1);
        Self {
            buckets: vec![[[0; 2]; WAYS]; buckets].into_boxed_slice(),
        }
    }

    /// The moment kept for `key`, or 0.
    pub(super) fn until(&self, key: u64) -> Micros {
        let bucket = &self.buckets[self.bucket(key)];
        let found = bucket.iter().find(|[k, until]| *k == key && *until != 0);
        found.map_or(0, |[_, until]| *until)
    }

    /// Keeps `until` for `key`. Where there is no room, it replaces the entry with the earliest moment, unless that
    /// moment is after `protected`; then nothing is kept and the answer is `false`.
    pub(super) fn keep(&mut self, key: u64, until: Micros, protected: Micros) -> bool {
        let index = self.bucket(key);
        let bucket = &mut self.buckets[index];
        let same = bucket.iter_mut().position(|[k, u]| *k == key && *u != 0);
        let earliest = || (0..WAYS).min_by_key(|&i| bucket[i][1]).unwrap_or(0);
        let slot = same.unwrap_or_else(earliest);
        let free = same.is_some() || bucket[slot][1] <= protected;
        if free {
            bucket[slot] = [key, until];
        }
        free
    }

    /// Forgets `key`.
    pub(super) fn forget(&mut self, key: u64) {
        let index = self.bucket(key);
        let matching = self.buckets[index].iter_mut().filter(|[k, _]| *k == key);
        matching.for_each(|slot| *slot = [0; 2]);
    }

    fn bucket(&self, key: u64) -> usize {
        // The remainder is below a length, which is a usize.
        (key % self.buckets.len() as u64) as usize
    }
}

impl fmt::Debug for Slots {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Slots({})", self.buckets.len() * WAYS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_found_until_it_is_forgotten() {
        let mut slots = Slots::new(64);
        assert_eq!(slots.until(3), 0);
        assert!(slots.keep(3, 70, 0));
        assert!(slots.keep(3, 80, 0));
        assert_eq!(slots.until(3), 80);
        slots.forget(3);
        assert_eq!(slots.until(3), 0);
    }

    #[test]
    fn in_a_full_bucket_the_earliest_makes_room_and_a_protected_one_never_does() {
        let mut slots = Slots::new(WAYS);
        for key in 1..=8 {
            assert!(slots.keep(key, 100 + key, 0));
        }
        assert!(slots.keep(9, 200, 101));
        assert_eq!((slots.until(1), slots.until(2), slots.until(9)), (0, 102, 200));
        assert!(!slots.keep(10, 200, 101));
        assert_eq!((slots.until(2), slots.until(10)), (102, 0));
    }

    #[test]
    fn key_zero_is_a_key_like_any_other() {
        let mut slots = Slots::new(WAYS);
        assert!(slots.keep(0, 5, 0));
        assert_eq!(slots.until(0), 5);
    }
}
