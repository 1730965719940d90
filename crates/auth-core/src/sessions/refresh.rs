//! Refresh tokens: what a presented one means for its session, as a pure function of the stored state and the time.
//!
//! A refresh token is 256 random bits in two halves: the *selector*, drawn once for a session, by which its record is
//! found, and a half that is drawn anew at each rotation. (The split is Barry Jaspan's "series" of 2006, with both
//! halves at 128 bits.) Only digests are stored. Because every token of a family has the same selector, one row for each
//! session recognises every earlier token, however many there were.
//!
//! A retry must get the *same* successor, which may not be stored in clear. So it is stored sealed, under a pad made of
//! the server's key and the predecessor: a caller who presents the predecessor can have it opened; a reader of the
//! database cannot open it.

mod refresh_token;

use std::time::Duration;

use crate::contract::clock::Timestamp;
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
    /// The session was not refreshed for too long.
    Expired,
}

impl RefreshState {
    /// How many tokens before the previous one are recognised one by one. In an older family every token that has the
    /// selector, and is neither the current nor the previous one, counts as reused.
    pub const REMEMBERED: usize = 32;

    /// The start of a family, and its first token.
    ///
    /// # Errors
    /// When the random source fails.
    pub fn start(now: Timestamp, entropy: &dyn Entropy) -> Result<(Self, PlainToken), EntropyError> {
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
        Ok((state, first.to_plain()))
    }

    pub(crate) fn decide(
        &self,
        presented: &RefreshToken,
        now: Timestamp,
        policy: &RefreshPolicy,
        key: &SecretKey,
    ) -> Decision {
        let digest = presented.digest();
        if digest == self.current {
            return match now.since(self.rotated_at) < policy.idle {
                true => Decision::Rotate,
                false => Decision::Expired,
            };
        }
        if self.previous == Some(digest) {
            let in_grace = now.since(self.rotated_at) < policy.grace;
            let successor = in_grace.then(|| self.open(presented, key)).flatten();
            return successor.map_or(Decision::Reused, Decision::Replay);
        }
        match self.may_be_older(&digest) {
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
        let next = RefreshToken::next(self.selector, entropy)?;
        let state = Self {
            selector: self.selector,
            current: next.digest(),
            previous: Some(self.current),
            sealed: Some(presented.seal(&next, key)),
            lineage: self.longer_lineage(),
            rotations: self.rotations.saturating_add(1),
            rotated_at: now,
        };
        Ok((state, next.to_plain()))
    }

    fn open(&self, predecessor: &RefreshToken, key: &SecretKey) -> Option<PlainToken> {
        let successor = predecessor.open(self.sealed?, key);
        (successor.digest() == self.current).then(|| successor.to_plain())
    }

    fn may_be_older(&self, digest: &TokenDigest) -> bool {
        let forgotten = self.rotations > Self::REMEMBERED as i64 + 1;
        forgotten || self.lineage.chunks(MARK).any(|mark| mark == mark_of(digest))
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

    /// A family and all tokens it ever had, oldest first.
    fn family(rotations: usize) -> (RefreshState, Vec<RefreshToken>) {
        let (mut state, first) = RefreshState::start(NOW, &SystemEntropy).unwrap();
        let mut tokens = vec![RefreshToken::parse(first.expose()).unwrap()];
        for _ in 0..rotations {
            let (next, plain) = state
                .rotate(tokens.last().unwrap(), NOW, &key(), &SystemEntropy)
                .unwrap();
            tokens.push(RefreshToken::parse(plain.expose()).unwrap());
            state = next;
        }
        (state, tokens)
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
            assert_eq!(successor.expose(), tokens[3].to_plain().expose());
        }
        assert!(matches!(decide(NOW.plus(policy().grace)), Decision::Reused));
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
    fn an_altered_token_changes_nothing() {
        for rotations in 0..=33 {
            let (state, mut tokens) = family(rotations);
            let mut altered = tokens.pop().unwrap();
            altered.alter();
            let decision = state.decide(&altered, NOW, &policy(), &key());
            assert!(matches!(decision, Decision::Unknown), "{rotations}: {decision:?}");
        }
    }

    #[test]
    fn the_seal_opens_only_with_the_servers_key_and_the_predecessor() {
        let (state, tokens) = family(2);
        assert!(state.open(&tokens[1], &key()).is_some());
        assert!(state.open(&tokens[1], &SecretKey::from_bytes([8; 32])).is_none());
        assert!(state.open(&tokens[0], &key()).is_none());
        let stored = format!("{:?}{:?}", state.sealed.unwrap(), state.lineage);
        let random_half = tokens[2].to_plain().expose()[32..].to_owned();
        let bytes: Vec<u8> = (0..16)
            .map(|i| u8::from_str_radix(&random_half[2 * i..2 * i + 2], 16).unwrap())
            .collect();
        assert!(!stored.contains(&format!("{bytes:?}")));
    }
}
