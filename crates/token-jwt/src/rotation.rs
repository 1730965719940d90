//! When a key signs and when it verifies: rotation as a pure function of times.
//!
//! A key is *published* when it is made: it verifies at once, so that every node and every reader of the key set knows it
//! before the first token it signs. It *signs* from its activation until a later key is activated. It *verifies* until it
//! is retired, which is when the last token it signed has ended.

use std::time::Duration;

use crate::time::UnixTime;

/// The times of one key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyTimes {
    /// From when on it may sign.
    pub activates: UnixTime,
    /// From when on it no longer verifies; `None`: not decided.
    pub retires: Option<UnixTime>,
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
    /// It does nothing any more.
    Retired,
}

/// What a rotation changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rotation {
    /// From when on the new key signs.
    pub activates: UnixTime,
    /// When every key that verifies now is retired at the latest.
    pub others_retire: UnixTime,
}

impl KeyTimes {
    /// Whether the key still verifies.
    #[must_use]
    pub fn verifies(&self, now: UnixTime) -> bool {
        self.retires.is_none_or(|retires| now < retires)
    }

    fn may_sign(&self, now: UnixTime) -> bool {
        self.activates <= now && self.verifies(now)
    }
}

/// Which of the keys signs: of those activated and not retired, the one activated last (of equals, the last in order).
#[must_use]
pub fn signing(keys: &[KeyTimes], now: UnixTime) -> Option<usize> {
    let able = keys.iter().enumerate().filter(|(_, key)| key.may_sign(now));
    able.max_by_key(|(index, key)| (key.activates, *index))
        .map(|(index, _)| index)
}

/// What each key is.
#[must_use]
pub fn states(keys: &[KeyTimes], now: UnixTime) -> Vec<KeyState> {
    let current = signing(keys, now);
    let state = |(index, key): (usize, &KeyTimes)| match key {
        key if !key.verifies(now) => KeyState::Retired,
        _ if current == Some(index) => KeyState::Current,
        key if key.activates > now => KeyState::Next,
        _ => KeyState::Overlapping,
    };
    keys.iter().enumerate().map(state).collect()
}

/// A scheduled rotation: the new key is published for `publish` before it signs, and the others verify until the last
/// token they may have signed, of at most `longest_life`, has ended.
#[must_use]
pub fn scheduled(now: UnixTime, publish: Duration, longest_life: Duration) -> Rotation {
    let activates = now.plus(publish);
    Rotation {
        activates,
        others_retire: activates.plus(longest_life),
    }
}

/// An emergency: the new key signs at once, and the others verify nothing any more.
#[must_use]
pub fn emergency(now: UnixTime) -> Rotation {
    Rotation {
        activates: now,
        others_retire: now,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixTime = UnixTime::from_secs(1_700_000_000);
    const HOUR: Duration = Duration::from_secs(3600);
    const LIFE: Duration = Duration::from_secs(900);

    fn times(activates: UnixTime, retires: Option<UnixTime>) -> KeyTimes {
        KeyTimes { activates, retires }
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
        assert_eq!(at(HOUR - Duration::from_millis(1)), [KeyState::Current, KeyState::Next]);
        assert_eq!(at(HOUR), [KeyState::Overlapping, KeyState::Current]);
        // A token signed in the last moment before the change verifies until its end.
        assert_eq!(at(HOUR + LIFE - Duration::from_millis(1))[0], KeyState::Overlapping);
        assert_eq!(at(HOUR + LIFE), [KeyState::Retired, KeyState::Current]);
    }

    #[test]
    fn an_emergency_ends_the_others_at_once() {
        let rotation = emergency(NOW);
        let keys = [
            times(NOW.minus(HOUR), Some(rotation.others_retire)),
            times(rotation.activates, None),
        ];
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
}
