//! Refresh tokens: what a presented one means for its session, as a pure function of the stored state and the time.
//!
//! A refresh token is 256 random bits in two halves: one drawn once for a session, its *family*, by which its record is
//! found, and one that is drawn anew at each rotation. (The split is Barry Jaspan's "series" of 2006, with both halves at
//! 128 bits.) Only digests are stored. Because every token of a family has the same first half, one row for each session
//! recognises every earlier token, however many there were.
//!
//! The text of a token shows neither half: it is both, encrypted as one block under a key of the server. So nobody else
//! can make a text that opens to the bits of a family, and one that does was once issued: older tokens need no list, and
//! neither a guess nor what is in a stolen database ends a session.
//!
//! A retry must get the *same* successor, which may not be stored in clear. So it is stored sealed, under a pad made of
//! the server's key and the predecessor: a caller who presents the predecessor can have it opened; a reader of the
//! database cannot open it.

mod refresh_token;
mod text_cipher;

use std::time::Duration;

use crate::contract::clock::{BELIEVABLE, Timestamp};
use crate::contract::entropy::{Entropy, EntropyError};
use crate::contract::refresh_state::RefreshState;
use crate::contract::secret::{PlainToken, SecretKey, TokenDigest};

pub(crate) use refresh_token::RefreshToken;

/// The length of a mark, in bytes.
const MARK: usize = 8;

/// For how long a session can be refreshed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RefreshPolicy {
    /// For how long after a rotation the direct predecessor is still answered, with the identical successor.
    pub grace: Duration,
    /// A session ends when it has not been refreshed for this long.
    pub idle: Duration,
    /// A session ends this long after it began, however often it is refreshed.
    pub absolute: Duration,
}

impl Default for RefreshPolicy {
    /// 10 seconds, 14 days, 30 days.
    fn default() -> Self {
        const DAY: u64 = 24 * 60 * 60;
        Self {
            grace: Duration::from_secs(10),
            idle: Duration::from_secs(14 * DAY),
            absolute: Duration::from_secs(30 * DAY),
        }
    }
}

/// What a presented token means for its family.
#[derive(Debug)]
pub(crate) enum Decision {
    /// It is the current one: rotate.
    Rotate,
    /// It is the direct predecessor, within the grace: this is its successor.
    Replay(PlainToken),
    /// It was used before: end the session.
    Reused,
    /// It never belonged to the family: change nothing.
    Unknown,
    /// The session was not refreshed for too long, or nobody knows for how long: its last rotation lies in the future.
    Expired,
}

impl RefreshState {
    /// How many tokens before the previous one are recognised by a mark. Only tokens that were issued before texts were
    /// encrypted need it.
    pub const REMEMBERED: usize = 32;

    /// The start of a family, and its first token. `key` is the server's, the same for every token of the family.
    ///
    /// # Errors
    /// When the random source fails.
    pub fn start(now: Timestamp, key: &SecretKey, entropy: &dyn Entropy) -> Result<(Self, PlainToken), EntropyError> {
        let first = RefreshToken::first(entropy)?;
        let state = Self {
            selector: first.selector(),
            current: first.digest(),
            previous: None,
            sealed: None,
            lineage: Vec::new(),
            rotations: 0,
            rotated_at: now,
        };
        Ok((state, first.to_plain(key)))
    }

    pub(crate) fn decide(
        &self,
        presented: &RefreshToken,
        now: Timestamp,
        policy: &RefreshPolicy,
        key: &SecretKey,
    ) -> Decision {
        if self.rotated_at.since(now) > BELIEVABLE {
            return Decision::Expired;
        }
        let digest = presented.digest();
        let idle = now.since(self.rotated_at);
        if digest == self.current {
            return match idle < policy.idle {
                true => Decision::Rotate,
                false => Decision::Expired,
            };
        }
        if self.previous == Some(digest) {
            let in_grace = idle < policy.grace;
            let successor = in_grace.then(|| self.open(presented, key)).flatten();
            return successor.map_or(Decision::Reused, Decision::Replay);
        }
        match presented.is_proven() || self.has_mark_of(&digest) {
            true => Decision::Reused,
            false => Decision::Unknown,
        }
    }

    /// The state after its current token, `presented`, was used; and the successor.
    pub(crate) fn rotate(
        &self,
        presented: &RefreshToken,
        now: Timestamp,
        key: &SecretKey,
        entropy: &dyn Entropy,
    ) -> Result<(Self, PlainToken), EntropyError> {
        let next = presented.next(entropy)?;
        let state = Self {
            selector: self.selector,
            current: next.digest(),
            previous: Some(self.current),
            sealed: Some(presented.seal(&next, key)),
            lineage: self.longer_lineage(),
            rotations: self.rotations.saturating_add(1),
            rotated_at: now,
        };
        Ok((state, next.to_plain(key)))
    }

    fn open(&self, predecessor: &RefreshToken, key: &SecretKey) -> Option<PlainToken> {
        let successor = predecessor.open(self.sealed?, key);
        (successor.digest() == self.current).then(|| successor.to_plain(key))
    }

    fn has_mark_of(&self, digest: &TokenDigest) -> bool {
        self.lineage.chunks(MARK).any(|mark| mark == mark_of(digest))
    }

    fn longer_lineage(&self) -> Vec<u8> {
        let newest = self.previous.as_ref().map(mark_of).unwrap_or_default();
        let mut lineage = [newest, &self.lineage].concat();
        lineage.truncate(Self::REMEMBERED * MARK);
        lineage
    }
}

fn mark_of(digest: &TokenDigest) -> &[u8] {
    &digest.as_bytes()[..MARK]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::entropy::SystemEntropy;

    const NOW: Timestamp = Timestamp::from_seconds(1_700_000_000);

    fn key() -> SecretKey {
        SecretKey::from_bytes([9; 32])
    }

    fn policy() -> RefreshPolicy {
        RefreshPolicy::default()
    }

    /// A family after so many rotations, and its tokens, oldest first.
    fn family(rotations: usize) -> (RefreshState, Vec<RefreshToken>) {
        let (mut state, first) = RefreshState::start(NOW, &key(), &SystemEntropy).unwrap();
        let mut tokens = vec![read(&first)];
        for _ in 0..rotations {
            let (next, plain) = state
                .rotate(tokens.last().unwrap(), NOW, &key(), &SystemEntropy)
                .unwrap();
            state = next;
            tokens.push(read(&plain));
        }
        (state, tokens)
    }

    fn read(plain: &PlainToken) -> RefreshToken {
        let [token, _] = RefreshToken::read(plain.expose(), &key()).unwrap();
        token
    }

    #[test]
    fn the_current_token_rotates_until_the_family_is_idle() {
        let (state, tokens) = family(3);
        let decide = |now| state.decide(&tokens[3], now, &policy(), &key());
        assert!(matches!(decide(NOW), Decision::Rotate));
        let last = NOW.plus(policy().idle).minus(Duration::from_millis(1));
        assert!(matches!(decide(last), Decision::Rotate));
        assert!(matches!(decide(NOW.plus(policy().idle)), Decision::Expired));
    }

    #[test]
    fn the_direct_predecessor_gets_the_identical_successor_within_the_grace_only() {
        let (state, tokens) = family(3);
        let decide = |now| state.decide(&tokens[2], now, &policy(), &key());
        let last = NOW.plus(policy().grace).minus(Duration::from_millis(1));
        for now in [NOW, last, NOW.minus(Duration::from_secs(3600))] {
            let Decision::Replay(successor) = decide(now) else {
                panic!("no replay at {now:?}");
            };
            assert_eq!(successor.expose(), tokens[3].to_plain(&key()).expose());
        }
        assert!(matches!(decide(NOW.plus(policy().grace)), Decision::Reused));
    }

    /// A clock that was set back by a day ends nothing; what is further in the future was written by one that was wrong.
    #[test]
    fn a_rotation_in_the_future_is_believed_for_a_day() {
        let (state, tokens) = family(3);
        let decide = |now| state.decide(&tokens[3], now, &policy(), &key());
        assert!(matches!(decide(NOW.minus(BELIEVABLE)), Decision::Rotate));
        let earlier = NOW.minus(BELIEVABLE + Duration::from_millis(1));
        assert!(matches!(decide(earlier), Decision::Expired));
    }

    #[test]
    fn every_older_token_is_reuse_however_long_ago() {
        for rotations in [2, 31, 32, 33, 34, 35, 100] {
            let (state, tokens) = family(rotations);
            for old in &tokens[..rotations - 1] {
                let decision = state.decide(old, NOW, &policy(), &key());
                assert!(matches!(decision, Decision::Reused), "{rotations}");
            }
            assert!(state.lineage.len() <= RefreshState::REMEMBERED * MARK);
        }
    }

    #[test]
    fn a_text_that_was_altered_opens_to_no_family() {
        let (state, tokens) = family(40);
        for token in &tokens {
            let text = token.to_plain(&key());
            for place in 0..64 {
                let digit = if text.expose().as_bytes()[place] == b'0' {
                    "1"
                } else {
                    "0"
                };
                let altered = format!("{}{digit}{}", &text.expose()[..place], &text.expose()[place + 1..]);
                let readings = RefreshToken::read(&altered, &key()).unwrap();
                assert!(readings.iter().all(|reading| reading.selector() != state.selector));
            }
        }
    }

    /// A session that began before texts were encrypted goes on. Its old tokens show their family; that alone ends nothing.
    #[test]
    fn a_token_that_shows_its_family_must_be_known_by_its_digest() {
        for rotations in [0, 1, 2, 20, 33, 34, 100] {
            let (state, tokens) = family(rotations);
            let decide = |token: &RefreshToken| state.decide(&token.shown(), NOW, &policy(), &key());
            assert!(matches!(decide(&tokens[rotations]), Decision::Rotate), "{rotations}");
            for old in &tokens[rotations.saturating_sub(33)..rotations.saturating_sub(1)] {
                assert!(matches!(decide(old), Decision::Reused), "{rotations}");
            }
            for forgotten in &tokens[..rotations.saturating_sub(33)] {
                assert!(matches!(decide(forgotten), Decision::Unknown), "{rotations}");
            }
            let mut invented = tokens.into_iter().next_back().unwrap().shown();
            invented.alter();
            let decision = state.decide(&invented, NOW, &policy(), &key());
            assert!(matches!(decision, Decision::Unknown), "{rotations}: {decision:?}");
        }
    }

    /// A reader of the database gets no half of any token: neither the one that finds the row nor the one that proves it.
    #[test]
    fn no_half_of_a_token_is_stored() {
        let (state, tokens) = family(2);
        let mut stored = vec![
            state.selector.0.to_vec(),
            state.lineage.clone(),
            state.current.as_bytes().to_vec(),
        ];
        stored.extend(state.previous.map(|previous| previous.as_bytes().to_vec()));
        stored.extend(state.sealed.map(|sealed| sealed.to_vec()));
        for half in tokens.iter().flat_map(RefreshToken::halves) {
            let shows = |bytes: &Vec<u8>| bytes.windows(half.len()).any(|part| part == half);
            assert!(!stored.iter().any(shows));
        }
    }

    #[test]
    fn the_seal_opens_only_with_the_servers_key_and_the_predecessor() {
        let (state, tokens) = family(2);
        assert!(state.open(&tokens[1], &key()).is_some());
        assert!(state.open(&tokens[1], &SecretKey::from_bytes([8; 32])).is_none());
        assert!(state.open(&tokens[0], &key()).is_none());
        let stored = format!("{:?}{:?}", state.sealed.unwrap(), state.lineage);
        let mut bytes = tokens[2].half_of_its_own();
        assert!(!stored.contains(&format!("{bytes:?}")));
        bytes.reverse();
        assert!(!stored.contains(&format!("{bytes:?}")));
    }
}
