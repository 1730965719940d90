//! What one job computes, in steps.

use std::fmt;

use bcrypt_batch::{Cost, Job, Password, StoredHash, UnusablePassword};
use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

/// The outcome of a verification.
#[derive(Debug)]
pub struct Verdict {
    /// Whether the password matches the stored hash.
    pub matched: bool,
    /// A new hash of the same password, where it matched a hash of a lower cost than new ones have.
    pub upgraded: Option<StoredHash>,
}

/// A password that bcrypt can hash without ambiguity. Wiped when dropped; never cloned, never printed.
pub(super) struct Candidate(Zeroizing<Vec<u8>>);

impl Candidate {
    /// # Errors
    /// Empty, over 72 bytes, or with a NUL.
    pub(super) fn new(password: &SecretString) -> Result<Self, UnusablePassword> {
        let bytes = password.expose_secret().as_bytes();
        Password::new(bytes).map(|_| Self(Zeroizing::new(bytes.to_vec())))
    }

    /// It was checked when it was made, so this is always `Some`.
    fn password(&self) -> Option<Password<'_>> {
        Password::new(&self.0).ok()
    }
}

impl fmt::Debug for Candidate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Candidate(redacted)")
    }
}

/// One job of the queue. A verification takes the work of one hash at the cost of new hashes, independent of what is
/// stored and of the result:
///
/// * nothing stored, or an unusable password: a decoy of that cost;
/// * stored with that cost or a higher one: the hash itself;
/// * stored with a lower cost r, and wrong: hashes of the costs r, r, r + 1, … up to one below that cost c. Since each
///   step doubles the work, 2^r + (2^r + … + 2^(c-1)) = 2^c;
/// * stored with a lower cost, and right: that hash, and then the new one that replaces it.
#[derive(Debug)]
pub(super) struct Task {
    kind: Kind,
    next: Option<Step>,
    verdict: Verdict,
}

#[derive(Debug)]
enum Kind {
    Verify {
        password: Candidate,
        stored: StoredHash,
        /// The salt of the new hash, if there is to be one.
        salt: Option<[u8; 16]>,
    },
    Hash {
        password: Candidate,
        salt: [u8; 16],
    },
    Decoy,
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Verify(Cost),
    Rehash(Cost),
    Decoy(Cost),
}

impl Task {
    /// Compares a password with a stored hash, and hashes it anew with `salt` if it matches one of a lower cost.
    pub(super) fn verify(password: Candidate, stored: StoredHash, salt: Option<[u8; 16]>) -> Self {
        let next = Step::Verify(stored.cost());
        Self::new(Kind::Verify { password, stored, salt }, next)
    }

    /// Makes a new hash.
    pub(super) fn hash(password: Candidate, salt: [u8; 16], cost: Cost) -> Self {
        Self::new(Kind::Hash { password, salt }, Step::Rehash(cost))
    }

    /// Never matches.
    pub(super) fn decoy(cost: Cost) -> Self {
        Self::new(Kind::Decoy, Step::Decoy(cost))
    }

    fn new(kind: Kind, next: Step) -> Self {
        let verdict = Verdict {
            matched: false,
            upgraded: None,
        };
        Self {
            kind,
            next: Some(next),
            verdict,
        }
    }

    /// The cost of the next step; `None` when it is finished.
    pub(super) fn next_cost(&self) -> Option<Cost> {
        self.next
            .map(|(Step::Verify(cost) | Step::Rehash(cost) | Step::Decoy(cost))| cost)
    }

    /// The next step, to be run; `None` when it is finished.
    pub(super) fn job(&self) -> Option<Job<'_>> {
        let cost = self.next_cost()?;
        let job = match (self.next?, &self.kind) {
            (Step::Verify(_), Kind::Verify { password, stored, .. }) => {
                password.password().map(|password| Job::verify(password, stored))
            }
            (
                Step::Rehash(_),
                Kind::Verify {
                    password,
                    salt: Some(salt),
                    ..
                }
                | Kind::Hash { password, salt },
            ) => password.password().map(|password| Job::hash(password, *salt, cost)),
            _ => None,
        };
        Some(job.unwrap_or_else(|| Job::decoy(cost)))
    }

    /// Takes the result of a step, and decides on the next one. `target` is the cost of new hashes.
    pub(super) fn advance(&mut self, matched: bool, hashed: Option<StoredHash>, target: Cost) {
        let rest_of_work = |cost| (cost < target).then_some(Step::Decoy(cost));
        self.next = match self.next {
            Some(Step::Verify(cost)) if matched => {
                self.verdict.matched = true;
                let upgradable = matches!(self.kind, Kind::Verify { salt: Some(_), .. });
                (cost < target && upgradable).then_some(Step::Rehash(target))
            }
            Some(Step::Verify(cost)) => rest_of_work(cost),
            Some(Step::Decoy(cost)) => Cost::new(cost.exponent() + 1).ok().and_then(rest_of_work),
            Some(Step::Rehash(_)) => {
                self.verdict.upgraded = hashed;
                None
            }
            None => None,
        };
    }

    /// The result.
    pub(super) fn into_verdict(self) -> Verdict {
        self.verdict
    }
}
