//! A map of bounded size.

use std::collections::HashMap;
use std::hash::Hash;

/// A map of at most `most` entries. What was not asked for lately is dropped first.
///
/// Two generations: new entries, and those that are asked for, are in the young one. When it is half of all, the old one
/// is dropped and the young one becomes the old one. So every operation takes the same time, however many entries there are.
#[derive(Debug)]
pub(crate) struct BoundedCache<K, V> {
    young: HashMap<K, V>,
    old: HashMap<K, V>,
    half: usize,
}

impl<K: Eq + Hash + Copy, V: Clone> BoundedCache<K, V> {
    pub(crate) fn new(most: usize) -> Self {
        Self {
            young: HashMap::new(),
            old: HashMap::new(),
            half: (most / 2).max(1),
        }
    }

    pub(crate) fn get(&mut self, key: &K) -> Option<V> {
        if let Some(value) = self.young.get(key) {
            return Some(value.clone());
        }
        let value = self.old.remove(key)?;
        self.insert(*key, value.clone());
        Some(value)
    }

    pub(crate) fn insert(&mut self, key: K, value: V) {
        if self.young.len() >= self.half && !self.young.contains_key(&key) {
            self.old = std::mem::take(&mut self.young);
        }
        self.old.remove(&key);
        self.young.insert(key, value);
    }

    pub(crate) fn remove(&mut self, key: &K) {
        self.young.remove(key);
        self.old.remove(key);
    }

    #[cfg(test)]
    fn len(&self) -> usize {
        self.young.len() + self.old.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_never_holds_more_than_it_may_and_keeps_what_is_asked_for() {
        let mut cache = BoundedCache::new(10);
        cache.insert(0, "asked for");
        for key in 1..1000 {
            cache.insert(key, "new");
            assert!(cache.len() <= 10, "{}", cache.len());
            assert_eq!(cache.get(&0), Some("asked for"), "after {key}");
            assert_eq!(cache.get(&key), Some("new"));
        }
        assert_eq!(cache.get(&1), None);
    }

    #[test]
    fn a_new_value_replaces_the_old_one_in_either_generation() {
        let mut cache = BoundedCache::new(4);
        for key in 0..3 {
            cache.insert(key, 1);
        }
        for key in 0..3 {
            cache.insert(key, 2);
            assert_eq!(cache.get(&key), Some(2));
        }
        cache.remove(&2);
        assert_eq!(cache.get(&2), None);
    }
}
