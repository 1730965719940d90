//! Refresh tokens: their form, and the state of one family as a pure function of what is presented.
//!
//! A refresh token is 256 random bits in two halves: the *selector*, drawn once for a session, by which its record is
//! found, and the *verifier*, drawn anew at each rotation. (The split is Barry Jaspan's "series" of 2006, with both
//! halves at 128 bits.) Only digests are stored. Because every generation of a family has the same selector, one row a
//! session recognises a token of any earlier generation, however many there were.
//!
//! A retry must get the *same* successor, which may not be stored in clear. So it is stored sealed, under a pad that
//! takes both the server's key and the predecessor itself: it opens for whoever presents the predecessor, and for
//! nobody who has only the database.

use std::fmt;
use std::time::Duration;

use crate::clock::Timestamp;
use crate::entropy::{Entropy, EntropyError, random_bytes};
use crate::secret::{PlainToken, SecretKey, TokenDigest};

const HALF: usize = 16;
const MARK: usize = 8;

/// The half of a refresh token by which its session is found. Known to whoever ever held a token of the family.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Selector(pub [u8; HALF]);

impl fmt::Debug for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Selector(redacted)")
    }
}

/// How long refreshing goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RefreshPolicy {
    /// For how long after a rotation the direct predecessor still answers, with the identical successor.
    pub grace: Duration,
    /// A session ends when it has not been refreshed for this long.
    pub idle: Duration,
    /// A session ends this long after it began, however busy it is.
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

/// Where a family stands. Safe to store: without the server's key and a token of the family nothing in it is of use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefreshState {
    /// What finds the family.
    pub selector: Selector,
    /// The digest of the one token that may be used next.
    pub current: TokenDigest,
    /// The digest of its direct predecessor.
    pub previous: Option<TokenDigest>,
    /// The current verifier, sealed under the predecessor.
    pub sealed: Option<[u8; HALF]>,
    /// Marks (the first 8 bytes of the digest) of the generations before the previous one, newest first, at most
    /// [`RefreshState::REMEMBERED`].
    pub lineage: Vec<u8>,
    /// How many rotations there were.
    pub rotations: i64,
    /// When the current token was made.
    pub rotated_at: Timestamp,
}

/// What a presented token means for its family.
#[derive(Debug)]
pub(crate) enum Decision {
    /// It is the current one: rotate.
    Rotate,
    /// It is the direct predecessor, within the grace: this is its successor.
    Replay(PlainToken),
    /// It was used before: end the family.
    Reused,
    /// It never belonged to the family: leave the family alone.
    Unknown,
    /// The family was idle for too long.
    Expired,
}

/// A refresh token as presented, of the right form.
pub(crate) struct RefreshToken([u8; 2 * HALF]);

impl RefreshToken {
    /// Reads 64 lower-case hexadecimal characters, and nothing else.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut bytes = [0; 2 * HALF];
        if text.len() != 2 * bytes.len() {
            return None;
        }
        for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
            *byte = 16 * nibble(pair[0])? + nibble(pair[1])?;
        }
        Some(Self(bytes))
    }

    pub(crate) fn selector(&self) -> Selector {
        let mut selector = [0; HALF];
        selector.copy_from_slice(&self.0[..HALF]);
        Selector(selector)
    }

    fn draw(selector: Selector, entropy: &dyn Entropy) -> Result<Self, EntropyError> {
        Ok(Self::join(selector, random_bytes(entropy)?))
    }

    fn join(selector: Selector, verifier: [u8; HALF]) -> Self {
        let mut bytes = [0; 2 * HALF];
        bytes[..HALF].copy_from_slice(&selector.0);
        bytes[HALF..].copy_from_slice(&verifier);
        Self(bytes)
    }

    fn digest(&self) -> TokenDigest {
        TokenDigest::of(&self.0)
    }

    fn print(&self) -> PlainToken {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let digit = |n: u8| char::from(DIGITS[usize::from(n & 15)]);
        PlainToken::new(self.0.iter().flat_map(|b| [digit(b >> 4), digit(*b)]).collect())
    }

    /// Seals or opens the verifier of this token's successor. The pad is used for one successor only: a token is
    /// rotated once.
    fn pad(&self, key: &SecretKey, verifier: [u8; HALF]) -> [u8; HALF] {
        let pad = key.mac(&[&self.0]);
        let mut out = verifier;
        out.iter_mut().zip(pad).for_each(|(byte, pad)| *byte ^= pad);
        out
    }
}

impl Drop for RefreshToken {
    fn drop(&mut self) {
        zeroize::Zeroize::zeroize(&mut self.0);
    }
}

impl RefreshState {
    /// How many generations before the previous one are told from tokens that never were. In an older family, whatever
    /// has the selector and does not fit counts as reused.
    pub const REMEMBERED: usize = 32;

    /// The start of a family, and its first token.
    ///
    /// # Errors
    /// When the random source fails.
    pub fn start(now: Timestamp, entropy: &dyn Entropy) -> Result<(Self, PlainToken), EntropyError> {
        let first = RefreshToken(random_bytes(entropy)?);
        let state = Self {
            selector: first.selector(),
            current: first.digest(),
            previous: None,
            sealed: None,
            lineage: Vec::new(),
            rotations: 0,
            rotated_at: now,
        };
        Ok((state, first.print()))
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

    /// The family after its current token, `presented`, was used; and the successor.
    pub(crate) fn rotate(
        &self,
        presented: &RefreshToken,
        now: Timestamp,
        key: &SecretKey,
        entropy: &dyn Entropy,
    ) -> Result<(Self, PlainToken), EntropyError> {
        let next = RefreshToken::draw(self.selector, entropy)?;
        let mut verifier = [0; HALF];
        verifier.copy_from_slice(&next.0[HALF..]);
        let state = Self {
            selector: self.selector,
            current: next.digest(),
            previous: Some(self.current),
            sealed: Some(presented.pad(key, verifier)),
            lineage: self.longer_lineage(),
            rotations: self.rotations.saturating_add(1),
            rotated_at: now,
        };
        Ok((state, next.print()))
    }

    fn open(&self, predecessor: &RefreshToken, key: &SecretKey) -> Option<PlainToken> {
        let verifier = predecessor.pad(key, self.sealed?);
        let successor = RefreshToken::join(self.selector, verifier);
        (successor.digest() == self.current).then(|| successor.print())
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

fn nibble(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entropy::SystemEntropy;

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
            assert_eq!(successor.expose(), tokens[3].print().expose());
        }
        assert!(matches!(decide(NOW.plus(policy().grace)), Decision::Reused));
    }

    #[test]
    fn every_older_generation_is_reuse_however_long_ago() {
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
    fn an_altered_token_leaves_the_family_alone() {
        for rotations in 0..=33 {
            let (state, mut tokens) = family(rotations);
            let mut altered = tokens.pop().unwrap();
            altered.0[31] ^= 1;
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
        assert!(!stored.contains(&format!("{:?}", &tokens[2].0[16..])));
    }

    #[test]
    fn a_refresh_token_has_one_spelling() {
        let (_, plain) = RefreshState::start(NOW, &SystemEntropy).unwrap();
        let text = plain.expose();
        assert_eq!(RefreshToken::parse(text).unwrap().print().expose(), text);
        for bad in [
            String::new(),
            text.to_uppercase() + "G",
            text[1..].into(),
            format!("{text}0"),
            "g".repeat(64),
        ] {
            assert!(RefreshToken::parse(&bad).is_none());
        }
        assert!(RefreshToken::parse(&"A".repeat(64)).is_none());
    }
}
