//! The signing keys of one flavour, as their operators know them.

use std::time::Duration;

/// How old the keys may be with which a node signs: those of a node that has not read them for longer may have retired
/// before what they sign expires.
const RECENT: Duration = Duration::from_secs(30);

/// How long a change of the keys may take: one that takes longer counts its times from a moment that is long over when it
/// is done. A database gives up before.
const AT_ONCE: Duration = Duration::from_secs(30);

/// When a node last read the keys; `None`: never.
pub(crate) type KeysRead = Option<Duration>;

/// All changes of the keys.
#[derive(Debug, Default)]
pub(crate) struct Keys(Vec<Change>);

#[derive(Debug)]
struct Change {
    emergency: bool,
    start: Duration,
    /// When the new key signs, by a clock that is right.
    signs_at: Duration,
    /// When it was answered; `None`: it is under way.
    over: Option<Duration>,
    /// Whether it is known to be done.
    done: bool,
}

/// When a token was made, and when the node that made it had last read the keys.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Made {
    pub(crate) time: (Duration, Duration),
    pub(crate) keys: KeysRead,
}

impl Keys {
    /// Somebody begins to change them. Answers which change it is.
    pub(crate) fn begin(&mut self, emergency: bool, start: Duration, signs_at: Duration) -> usize {
        self.0.push(Change {
            emergency,
            start,
            signs_at,
            over: None,
            done: false,
        });
        self.0.len() - 1
    }

    pub(crate) fn finish(&mut self, change: usize, over: Duration, done: bool) {
        let change = &mut self.0[change];
        change.over = Some(over);
        change.done = done;
    }

    /// When the newest key signs that was begun to be added.
    pub(crate) fn newest_signs_at(&self) -> Option<Duration> {
        self.0.last().map(|change| change.signs_at)
    }

    /// Whether an emergency has replaced the key of this token, and a node must know that which last read the keys then.
    pub(crate) fn must_refuse(&self, made: Made, read: KeysRead) -> bool {
        let mut emergencies = self.0.iter().filter(|change| change.emergency && change.done);
        emergencies.any(|change| made.time.1 < change.start && change.is_known(read))
    }

    /// Whether a node that last read the keys then may refuse this token for its key: the key was replaced, or the node
    /// need not know it.
    pub(crate) fn may_refuse(&self, made: Made, read: KeysRead, now: Duration) -> bool {
        let mut begun = self.0.iter().filter(|change| change.start < now).peekable();
        let outdated = made.keys.is_none_or(|keys| keys + RECENT < made.time.1);
        if outdated && begun.peek().is_some() {
            return true;
        }
        begun.any(|change| match change.emergency {
            _ if change.is_slow(made.time.1) => true,
            true => !change.is_known(read) || !change.is_known(made.keys),
            false => change.start < made.time.1 && !change.is_known(read),
        })
    }
}

impl Change {
    /// Whether it was under way for too long, and this moment is before its end.
    fn is_slow(&self, moment: Duration) -> bool {
        match self.over {
            Some(over) => self.start + AT_ONCE < over && moment < over + AT_ONCE,
            None => true,
        }
    }

    fn is_known(&self, read: KeysRead) -> bool {
        self.over.is_some_and(|over| read.is_some_and(|read| over < read))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn made(when: u64, keys: u64) -> Made {
        Made {
            time: (at(when), at(when + 1)),
            keys: Some(at(keys)),
        }
    }

    #[test]
    fn an_emergency_ends_what_was_signed_before_it_where_the_keys_were_read_after_it() {
        let mut keys = Keys::default();
        let emergency = keys.begin(true, at(10), at(10));
        keys.finish(emergency, at(12), true);
        assert!(keys.must_refuse(made(8, 7), Some(at(13))));
        assert!(!keys.must_refuse(made(8, 7), Some(at(11))), "it need not know it yet");
        assert!(!keys.must_refuse(made(10, 9), Some(at(13))), "it may have the new key");
        assert!(keys.may_refuse(made(10, 9), Some(at(13)), at(14)));
        assert!(!keys.may_refuse(made(13, 13), Some(at(13)), at(14)));
    }

    #[test]
    fn a_published_key_verifies_where_the_keys_were_read_after_it() {
        let mut keys = Keys::default();
        let rotation = keys.begin(false, at(10), at(20));
        keys.finish(rotation, at(12), true);
        assert!(!keys.may_refuse(made(20, 19), Some(at(13)), at(22)));
        assert!(
            keys.may_refuse(made(20, 19), Some(at(11)), at(22)),
            "it need not know it yet"
        );
        assert!(!keys.may_refuse(made(5, 4), Some(at(3)), at(22)), "signed before");
        assert!(
            keys.may_refuse(made(60, 19), Some(at(13)), at(62)),
            "by a node that has not read for long"
        );
    }
}
