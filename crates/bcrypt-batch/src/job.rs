//! The work of a [`Workspace`](crate::Workspace).

use core::fmt;

use crate::lane::Lane;
use crate::{Cost, Password, StoredHash};

/// One password to hash or to verify, and afterwards the result.
///
/// Jobs of any kind share a batch if their [`cost`](Self::cost) is the same.
pub struct Job<'a>(Task<'a>);

enum Task<'a> {
    Hash {
        password: Password<'a>,
        salt: [u8; 16],
        cost: Cost,
        hashed: Option<StoredHash>,
    },
    Verify {
        password: Password<'a>,
        stored: &'a StoredHash,
        matched: bool,
    },
    Decoy {
        cost: Cost,
    },
}

impl<'a> Job<'a> {
    /// Makes a new hash of `password`.
    ///
    /// # Security
    /// Take `salt` from the system's random source, a new one for each hash; this crate has no random source.
    pub fn hash(password: Password<'a>, salt: [u8; 16], cost: Cost) -> Self {
        Self(Task::Hash {
            password,
            salt,
            cost,
            hashed: None,
        })
    }

    /// Compares `password` with a stored hash.
    pub fn verify(password: Password<'a>, stored: &'a StoredHash) -> Self {
        Self(Task::Verify {
            password,
            stored,
            matched: false,
        })
    }

    /// Does the work of a verification and never matches.
    ///
    /// # Security
    /// Use it for each login that is refused without a check of its password: an unknown name, a disabled account, an
    /// [unusable](crate::UnusablePassword) password, a [malformed](crate::MalformedHash) stored hash. In the same queue
    /// and batch it takes as long as any other job, so the response time reveals nothing. Give it the cost of the
    /// stored hash if there is one, otherwise the cost of new hashes.
    pub fn decoy(cost: Cost) -> Self {
        Self(Task::Decoy { cost })
    }

    /// The cost of the work.
    pub fn cost(&self) -> Cost {
        match &self.0 {
            Task::Hash { cost, .. } | Task::Decoy { cost } => *cost,
            Task::Verify { stored, .. } => stored.cost(),
        }
    }

    /// Whether the password is the stored one: false for every job but a verification that has run.
    pub fn matched(&self) -> bool {
        matches!(self.0, Task::Verify { matched: true, .. })
    }

    /// The new hash, once a job made by [`hash`](Self::hash) has run.
    pub fn hashed(&self) -> Option<&StoredHash> {
        match &self.0 {
            Task::Hash { hashed, .. } => hashed.as_ref(),
            _ => None,
        }
    }

    /// Puts password and salt into a lane.
    pub(crate) fn load(&self, lane: &mut Lane) {
        match &self.0 {
            Task::Hash { password, salt, .. } => lane.load(password.bytes(), salt),
            Task::Verify { password, stored, .. } => lane.load(password.bytes(), stored.salt()),
            Task::Decoy { .. } => lane.load(&[], &[0; 16]),
        }
    }

    /// Takes the result out of a lane that has run.
    pub(crate) fn finish(&mut self, lane: &Lane) {
        match &mut self.0 {
            Task::Hash { salt, cost, hashed, .. } => *hashed = Some(StoredHash::new(*cost, *salt, lane.digest())),
            Task::Verify { stored, matched, .. } => *matched = stored.has_digest(&lane.digest()),
            Task::Decoy { .. } => {}
        }
    }
}

impl fmt::Debug for Job<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.0 {
            Task::Hash { .. } => "hash",
            Task::Verify { .. } => "verify",
            Task::Decoy { .. } => "decoy",
        };
        f.debug_struct("Job")
            .field("kind", &kind)
            .field("cost", &self.cost())
            .finish_non_exhaustive()
    }
}
