//! A value that operators set, one after the other, and whose setting may fail without saying whether it was done.

use std::time::Duration;

/// All values that were ever set.
#[derive(Debug)]
pub(crate) struct Register<T> {
    writes: Vec<Write<T>>,
}

#[derive(Debug)]
struct Write<T> {
    value: T,
    start: Duration,
    /// When it was acknowledged, if it was.
    acknowledged: Option<Duration>,
}

impl<T> Register<T> {
    pub(crate) fn new(value: T) -> Self {
        Self {
            writes: vec![Write {
                value,
                start: Duration::ZERO,
                acknowledged: Some(Duration::ZERO),
            }],
        }
    }

    /// Somebody begins to set it. No other write may be under way.
    pub(crate) fn begin(&mut self, value: T, start: Duration) {
        self.writes.push(Write {
            value,
            start,
            acknowledged: None,
        });
    }

    /// The last write is known to be done.
    pub(crate) fn acknowledge(&mut self, at: Duration) {
        if let Some(write) = self.writes.last_mut() {
            write.acknowledged = Some(at);
        }
    }

    /// The last write is known not to be done, and never to be.
    pub(crate) fn withdraw(&mut self) {
        self.writes.pop();
    }

    /// All values that were ever written.
    pub(crate) fn ever(&self) -> impl Iterator<Item = &T> {
        self.writes.iter().map(|write| &write.value)
    }

    /// All values that it may have had at some moment from `from` to `to`.
    pub(crate) fn between(&self, from: Duration, to: Duration) -> impl Iterator<Item = &T> {
        let done = |write: &Write<T>| write.acknowledged.is_some_and(|at| at <= from);
        let first = self.writes.iter().rposition(done).unwrap_or(0);
        let began = self.writes[first..].iter().filter(move |write| write.start <= to);
        began.map(|write| &write.value)
    }
}

impl<T: PartialEq> Register<T> {
    /// Whether it may have had this value at some moment from `from` to `to`.
    pub(crate) fn may_be(&self, value: &T, from: Duration, to: Duration) -> bool {
        self.between(from, to).any(|other| other == value)
    }

    /// Whether it had this value, and no other, all the time from `from` to `to`.
    pub(crate) fn is(&self, value: &T, from: Duration, to: Duration) -> bool {
        self.between(from, to).all(|other| other == value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn a_write_without_an_answer_is_possible_until_the_next_that_has_one() {
        let mut register = Register::new('a');
        register.begin('b', at(10));
        register.begin('c', at(20));
        register.acknowledge(at(25));
        let between = |from, to| register.between(at(from), at(to)).collect::<String>();
        assert_eq!(between(1, 9), "a");
        assert_eq!(between(11, 15), "ab");
        assert_eq!(between(11, 21), "abc");
        assert_eq!(between(25, 30), "c");
    }
}
