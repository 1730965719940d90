//! Numbers of the feed that did not appear in time. A transaction may be open for longer than any bound; what it
//! revoked must not be missed for that.

/// How many gaps are kept apart. Further ones are joined to the last: what was read before is then read once more.
const MOST: usize = 64;

/// Missing numbers that follow each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Gap {
    pub(super) from: i64,
    pub(super) to: i64,
    /// The transactions that may have these numbers are those below this one.
    pub(super) begun: i64,
    /// Some of these numbers were read before.
    pub(super) is_joined: bool,
}

/// What an entry is that was looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Taken {
    /// It was missing.
    Late,
    /// It is of joined gaps, and may have been read before.
    PerhapsKnown,
    /// It was read before.
    Known,
}

/// The gaps, in the order of their numbers.
#[derive(Debug, Default)]
pub(super) struct LateGaps(Vec<Gap>);

impl LateGaps {
    /// Adds a gap above all others.
    pub(super) fn add(&mut self, gap: Gap) {
        let full = self.0.len() >= MOST;
        match self.0.last_mut() {
            Some(last) if full => {
                last.to = gap.to;
                last.begun = last.begun.max(gap.begun);
                last.is_joined = true;
            }
            _ => self.0.push(gap),
        }
    }

    /// The number after which the next gap above `read_to` begins; `None`: there is none.
    pub(super) fn next_after(&self, read_to: i64) -> Option<i64> {
        let gap = self.0.iter().find(|gap| gap.to > read_to)?;
        Some((gap.from - 1).max(read_to))
    }

    /// Takes an entry out of its gap. Gaps that were joined stay whole: there may be any number of entries in them.
    pub(super) fn take(&mut self, sequence: i64) -> Taken {
        let Some(at) = self.0.iter().position(|gap| (gap.from..=gap.to).contains(&sequence)) else {
            return Taken::Known;
        };
        if self.0.get(at).is_some_and(|gap| gap.is_joined) {
            return Taken::PerhapsKnown;
        }
        let gap = self.0.remove(at);
        let parts = [
            Gap {
                to: sequence - 1,
                ..gap
            },
            Gap {
                from: sequence + 1,
                ..gap
            },
        ];
        let left = parts.into_iter().filter(|gap| gap.from <= gap.to);
        for (offset, part) in left.enumerate() {
            self.0.insert(at + offset, part);
        }
        Taken::Late
    }

    /// Forgets the gaps whose transactions are over: those below `finished` are.
    pub(super) fn forget_settled(&mut self, finished: i64) {
        self.0.retain(|gap| gap.begun > finished);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gap(from: i64, to: i64, begun: i64) -> Gap {
        Gap {
            from,
            to,
            begun,
            is_joined: false,
        }
    }

    #[test]
    fn a_gap_is_kept_until_its_transactions_are_over() {
        let mut gaps = LateGaps::default();
        gaps.add(gap(3, 5, 10));
        gaps.add(gap(9, 9, 20));
        gaps.forget_settled(9);
        assert_eq!(
            (gaps.next_after(0), gaps.next_after(4), gaps.next_after(5)),
            (Some(2), Some(4), Some(8))
        );
        assert_eq!(
            (gaps.take(4), gaps.take(4), gaps.take(6)),
            (Taken::Late, Taken::Known, Taken::Known)
        );
        assert_eq!(gaps.0, [gap(3, 3, 10), gap(5, 5, 10), gap(9, 9, 20)]);
        gaps.forget_settled(10);
        assert_eq!(gaps.0, [gap(9, 9, 20)]);
        assert_eq!(gaps.next_after(9), None);
    }

    #[test]
    fn many_gaps_stay_within_their_bound() {
        let mut gaps = LateGaps::default();
        for number in 0..1000 {
            gaps.add(gap(2 * number, 2 * number, number));
        }
        for number in 64..1999 {
            let taken = gaps.take(number);
            assert_eq!(
                taken == Taken::PerhapsKnown,
                number >= 2 * (MOST as i64 - 1),
                "{number}"
            );
        }
        assert!(gaps.0.len() <= MOST, "{}", gaps.0.len());
        assert_eq!(gaps.next_after(1997), Some(1997), "the last number is still looked for");
    }
}
