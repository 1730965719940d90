//! Which account a name belongs to, remembered for a while in bounded memory.

use std::fmt;

use super::allowance::Micros;

/// The number of slots in which one name may be.
const WAYS: usize = 8;

/// `[name, account, until]`; free when `until` is 0.
type Link = [u64; 3];

/// Accounts by name, both as keyed hashes, each until a moment. Where there is no room, the link that would end first is
/// dropped: the next attempt with that name costs a look-up, and then it is refused all the same.
pub(super) struct Links {
    buckets: Box<[[Link; WAYS]]>,
}

impl Links {
    /// A table for about `capacity` names.
    pub(super) fn new(capacity: usize) -> Self {
        let buckets = capacity.div_ceil(WAYS).max(1);
        Self {
            buckets: vec![[[0; 3]; WAYS]; buckets].into_boxed_slice(),
        }
    }

    /// The account that this name belonged to when it was last looked up.
    pub(super) fn account(&self, name: u64, now: Micros) -> Option<u64> {
        let mut bucket = self.buckets[self.bucket(name)].iter();
        let link = bucket.find(|[n, _, until]| *n == name && *until > now);
        link.map(|[_, account, _]| *account)
    }

    /// Remembers that this name belongs to this account.
    pub(super) fn keep(&mut self, name: u64, account: u64, until: Micros) {
        let index = self.bucket(name);
        let bucket = &mut self.buckets[index];
        let same = bucket.iter().position(|[n, ..]| *n == name);
        let earliest = || (0..WAYS).min_by_key(|&i| bucket[i][2]).unwrap_or(0);
        bucket[same.unwrap_or_else(earliest)] = [name, account, until];
    }

    fn bucket(&self, name: u64) -> usize {
        // The remainder is below a length, which is a usize.
        (name % self.buckets.len() as u64) as usize
    }
}

impl fmt::Debug for Links {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Links({})", self.buckets.len() * WAYS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_found_until_it_ends_and_the_last_one_kept_counts() {
        let mut links = Links::new(64);
        assert_eq!(links.account(3, 10), None);
        links.keep(3, 7, 20);
        assert_eq!((links.account(3, 19), links.account(3, 20)), (Some(7), None));
        links.keep(3, 8, 40);
        assert_eq!(links.account(3, 19), Some(8));
    }

    #[test]
    fn in_a_full_bucket_the_first_to_end_makes_room() {
        let mut links = Links::new(WAYS);
        (1..=9).for_each(|name| links.keep(name, 100 + name, 10 + name));
        assert_eq!(links.account(1, 0), None);
        assert!((2..=9).all(|name| links.account(name, 0) == Some(100 + name)));
    }

    #[test]
    fn about_as_many_names_as_its_capacity_are_linked_at_once_and_none_is_printed() {
        let mut links = Links::new(64);
        (1..=64).for_each(|name| links.keep(name, 100 + name, 10));
        assert!((1..=64).all(|name| links.account(name, 0) == Some(100 + name)));
        assert_eq!(format!("{links:?}"), "Links(64)");
    }
}
