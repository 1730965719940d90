//! When a key signs and when it verifies: rotation as pure functions of times.
//!
//! A key is *published* when it is made: it verifies at once, so that every node and every reader of the key set has it
//! before the first token it signs. It *signs* from its activation until its successor is activated. It *verifies* until it
//! is retired, which is when the last token it signed has ended.

use std::time::Duration;

use auth_core::Timestamp;

/// The times of one key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyTimes {
    /// From when on it may sign.
    pub activates: Timestamp,
    /// From when on it no longer verifies; `None`: not decided.
    pub retires: Option<Timestamp>,
}

/// What a key is at some moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyState {
    /// Published, and not signing yet.
    Next,
    /// The one that signs.
    Current,
    /// It signed before, and still verifies.
    Overlapping,
    /// It neither signs nor verifies any more.
    Retired,
}

/// When the key that signs began to, and when another one takes over, as far as that is planned.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct KeySchedule {
    /// Since when the current key may sign; `None`: no key signs.
    pub signs_since: Option<Timestamp>,
    /// When the next key begins to sign; `None`: none is published.
    pub next_signs: Option<Timestamp>,
}

/// What a rotation changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rotation {
    /// From when on the new key signs.
    pub activates: Timestamp,
    /// When every key that verifies now is retired at the latest.
    pub others_retire: Timestamp,
}

impl KeyTimes {
    /// Whether the key still verifies.
    #[must_use]
    pub fn verifies(&self, now: Timestamp) -> bool {
        self.retires.is_none_or(|retires| now < retires)
    }

    fn may_sign(&self, now: Timestamp) -> bool {
        self.activates <= now && self.verifies(now)
    }
}

/// Which of the keys signs: of those activated and not retired, the one that verifies longest; of equals, the one
/// activated last, then the last in order.
///
/// A key with an end has a successor. It must not take over from a successor that signs already: a token of its last
/// moments would be refused before it expires.
#[must_use]
pub fn signing(keys: &[KeyTimes], now: Timestamp) -> Option<usize> {
    let able = keys.iter().enumerate().filter(|(_, key)| key.may_sign(now));
    able.max_by_key(|(index, key)| (key.retires.unwrap_or(NEVER), key.activates, *index))
        .map(|(index, _)| index)
}

/// What each key is.
#[must_use]
pub fn states(keys: &[KeyTimes], now: Timestamp) -> Vec<KeyState> {
    let current = signing(keys, now);
    let state = |(index, key): (usize, &KeyTimes)| match key {
        key if !key.verifies(now) => KeyState::Retired,
        _ if current == Some(index) => KeyState::Current,
        key if key.activates > now => KeyState::Next,
        _ => KeyState::Overlapping,
    };
    keys.iter().enumerate().map(state).collect()
}

/// When the key that signs began to, and when the next one does.
#[must_use]
pub fn schedule(keys: &[KeyTimes], now: Timestamp) -> KeySchedule {
    let next = keys
        .iter()
        .filter(|key| key.activates > now && key.verifies(key.activates));
    KeySchedule {
        signs_since: signing(keys, now).map(|index| keys[index].activates),
        next_signs: next.map(|key| key.activates).min(),
    }
}

/// Whether some key signs at every moment from `from` on.
#[must_use]
pub fn signs_always(keys: &[KeyTimes], from: Timestamp) -> bool {
    let mut covered = from;
    loop {
        let able = keys.iter().filter(|key| key.may_sign(covered));
        // `None` is the end that never comes.
        let Some(latest) = able.map(|key| key.retires.unwrap_or(NEVER)).max() else {
            return false;
        };
        if latest == NEVER {
            return true;
        }
        covered = latest;
    }
}

/// The last moment there is.
const NEVER: Timestamp = Timestamp::from_millis(i64::MAX);

/// A scheduled rotation: the new key is published for `publish` before it signs, and the others verify until the last
/// token they may have signed, of at most `longest_life`, has ended.
#[must_use]
pub fn scheduled(now: Timestamp, publish: Duration, longest_life: Duration) -> Rotation {
    let activates = now.plus(publish);
    Rotation {
        activates,
        others_retire: activates.plus(longest_life),
    }
}

/// When the last token that the key at `index` can sign has ended: it signs until its successor does. `None` if it has
/// no successor, a key without an end that is activated with it or later.
#[must_use]
pub fn last_token_ends(keys: &[KeyTimes], index: usize, now: Timestamp, longest_life: Duration) -> Option<Timestamp> {
    let from = keys.get(index)?.activates;
    let mut others = keys.iter().enumerate().filter(|(other, _)| *other != index);
    let successor = others.find(|(_, key)| key.retires.is_none() && key.activates >= from);
    successor.map(|(_, key)| key.activates.max(now).plus(longest_life))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_seconds(1_700_000_000);
    const HOUR: Duration = Duration::from_secs(3600);
    const LIFE: Duration = Duration::from_secs(900);
    const MOMENT: Duration = Duration::from_millis(1);

    fn times(activates: Timestamp, retires: Option<Timestamp>) -> KeyTimes {
        KeyTimes { activates, retires }
    }

    /// The second rotation is published for a shorter time than the first, which has not signed yet.
    #[test]
    fn a_second_rotation_that_signs_first_goes_on_signing() {
        let first = scheduled(NOW, HOUR, LIFE);
        let second = scheduled(NOW, HOUR / 2, LIFE);
        let keys = [
            times(NOW.minus(HOUR), Some(second.others_retire)),
            times(first.activates, Some(second.others_retire)),
            times(second.activates, None),
        ];
        assert_eq!(signing(&keys, NOW), Some(0));
        assert_eq!(signing(&keys, second.activates), Some(2));
        assert_eq!(signing(&keys, first.activates), Some(2));
    }

    #[test]
    fn a_scheduled_rotation_publishes_then_signs_then_retires() {
        let rotation = scheduled(NOW, HOUR, LIFE);
        let keys = [
            times(NOW.minus(HOUR), Some(rotation.others_retire)),
            times(rotation.activates, None),
        ];
        let at = |after: Duration| states(&keys, NOW.plus(after));
        assert_eq!(at(Duration::ZERO), [KeyState::Current, KeyState::Next]);
        assert_eq!(at(HOUR - MOMENT), [KeyState::Current, KeyState::Next]);
        assert_eq!(at(HOUR), [KeyState::Overlapping, KeyState::Current]);
        // A token signed in the last moment before the change verifies until its end.
        assert_eq!(at(HOUR + LIFE - MOMENT)[0], KeyState::Overlapping);
        assert_eq!(at(HOUR + LIFE), [KeyState::Retired, KeyState::Current]);
    }

    #[test]
    fn the_schedule_has_the_key_that_signs_and_the_next_one() {
        let at = |keys: &[KeyTimes]| {
            let found = schedule(keys, NOW);
            (found.signs_since, found.next_signs)
        };
        let (before, soon, later) = (NOW.minus(HOUR), NOW.plus(LIFE), NOW.plus(HOUR));
        assert_eq!(at(&[]), (None, None));
        assert_eq!(at(&[times(before, None)]), (Some(before), None));
        let planned = [times(before, Some(later)), times(later, None), times(soon, None)];
        assert_eq!(at(&planned), (Some(before), Some(soon)));
        let withdrawn = [times(before, None), times(soon, Some(NOW))];
        assert_eq!(at(&withdrawn), (Some(before), None), "it will never sign");
    }

    #[test]
    fn a_key_that_retires_now_is_retired_now() {
        let keys = [times(NOW.minus(HOUR), Some(NOW)), times(NOW, None)];
        assert_eq!(states(&keys, NOW), [KeyState::Retired, KeyState::Current]);
    }

    #[test]
    fn two_rotations_in_one_moment_leave_one_that_signs() {
        let keys = [times(NOW, None), times(NOW, None)];
        assert_eq!(signing(&keys, NOW), Some(1));
        assert_eq!(states(&keys, NOW), [KeyState::Overlapping, KeyState::Current]);
    }

    #[test]
    fn without_a_key_that_may_sign_nothing_signs() {
        assert_eq!(signing(&[], NOW), None);
        assert_eq!(signing(&[times(NOW.plus(HOUR), None)], NOW), None);
        assert_eq!(signing(&[times(NOW, Some(NOW))], NOW), None);
    }

    #[test]
    fn signing_goes_on_where_no_moment_is_without_a_key() {
        let (soon, later) = (NOW.plus(LIFE), NOW.plus(HOUR));
        assert!(signs_always(&[times(NOW, None)], NOW));
        assert!(signs_always(&[times(soon, None), times(NOW, Some(soon))], NOW));
        assert!(signs_always(
            &[times(NOW, Some(soon)), times(NOW, Some(later)), times(later, None)],
            NOW
        ));
        assert!(!signs_always(&[], NOW));
        assert!(!signs_always(&[times(soon, None)], NOW), "not yet");
        assert!(!signs_always(&[times(NOW, Some(later))], NOW), "not for ever");
        assert!(
            !signs_always(&[times(NOW, Some(soon)), times(later, None)], NOW),
            "a gap"
        );
    }

    #[test]
    fn a_keys_last_token_ends_a_life_after_its_successor_signs() {
        let (soon, later) = (NOW.plus(LIFE), NOW.plus(HOUR));
        let keys = [times(NOW, Some(later)), times(soon, None)];
        assert_eq!(last_token_ends(&keys, 0, NOW, LIFE), Some(soon.plus(LIFE)));
        assert_eq!(last_token_ends(&keys, 0, later, LIFE), Some(later.plus(LIFE)));
        assert_eq!(last_token_ends(&keys, 1, NOW, LIFE), None, "the other one has an end");
        assert_eq!(last_token_ends(&keys, 2, NOW, LIFE), None);
    }
}
