//! What one job computes, in steps.

use std::fmt;

use bcrypt_batch::{Cost, Job, Password, StoredHash, UnusablePassword};
use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

use super::super::foreign_hash::ForeignHash;
use super::super::stored_password::{Preparation, StoredPassword};

/// The outcome of a verification.
#[derive(Debug)]
pub struct Verdict {
    /// Whether the password matches the stored hash.
    pub matched: bool,
    /// A new hash of the same password, where it matched a hash of a lower cost than new ones have, or of another scheme.
    pub upgraded: Option<StoredHash>,
}

/// A password that bcrypt can hash without ambiguity. Wiped when dropped; never cloned, never printed.
pub(super) struct Candidate(Zeroizing<Vec<u8>>);

impl Candidate {
    /// # Errors
    /// Empty, over 72 bytes, or with a NUL.
    pub(super) fn new(password: &SecretString) -> Result<Self, UnusablePassword> {
        Self::of_bytes(Zeroizing::new(password.expose_secret().as_bytes().to_vec()))
    }

    fn of_bytes(bytes: Zeroizing<Vec<u8>>) -> Result<Self, UnusablePassword> {
        Password::new(&bytes)?;
        Ok(Self(bytes))
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

/// The hash that is to replace the stored one.
#[derive(Debug)]
struct Renewal {
    password: Candidate,
    salt: [u8; 16],
}

/// One job of the queue. A verification takes the work of one hash at the cost of new hashes, independent of what is
/// stored and of the result:
///
/// * nothing stored, or an unusable password: a decoy of that cost;
/// * stored with that cost or a higher one: the hash itself;
/// * stored with a lower cost r, and wrong: hashes of the costs r, r, r + 1, … up to one below that cost c. Since each
///   step doubles the work, 2^r + (2^r + … + 2^(c-1)) = 2^c;
/// * stored with a lower cost, and right: that hash, and then the new one that replaces it.
///
/// A hash that another system made takes more, until the first sign-in has replaced it:
///
/// * bcrypt over a prepared password: as above, and if it is right the new hash, whatever the cost;
/// * another scheme: the check in that scheme, and then one hash at the cost of new hashes. That is the new hash if the
///   password is right, and a decoy otherwise.
#[derive(Debug)]
pub(super) struct Task {
    kind: Box<Kind>,
    next: Option<Step>,
    verdict: Verdict,
}

#[derive(Debug)]
enum Kind {
    Verify {
        /// What bcrypt hashes.
        checked: Candidate,
        stored: StoredHash,
        renewal: Option<Renewal>,
        /// Whether the hash is replaced whatever its cost.
        always: bool,
    },
    Foreign {
        password: SecretString,
        stored: ForeignHash,
        renewal: Option<Renewal>,
    },
    Hash(Renewal),
    Decoy,
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Foreign,
    Verify(Cost),
    Rehash(Cost),
    Decoy(Cost),
}

/// What a job needs next. Jobs with the same need share a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Need {
    /// A hash of another scheme, which has a thread for itself.
    Foreign,
    /// A bcrypt hash of this cost; `None` when it is finished.
    Bcrypt(Option<Cost>),
}

impl Task {
    /// Compares a password with what is stored, and hashes it anew with `salt` if it matches a hash that is to be replaced.
    /// `target` is the cost of new hashes.
    pub(super) fn check(
        password: &SecretString,
        stored: Option<StoredPassword>,
        salt: Option<[u8; 16]>,
        target: Cost,
    ) -> Self {
        let candidate = Candidate::new(password).ok();
        // Without a salt the hash is not replaced now; the next sign-in tries again. Nor is it where bcrypt cannot take
        // the password whole.
        let renewal = Candidate::new(password)
            .ok()
            .zip(salt)
            .map(|(password, salt)| Renewal { password, salt });
        match stored {
            None => Self::decoy(target),
            Some(StoredPassword::Bcrypt(stored)) => Self::verify(candidate, stored, renewal, false, target),
            Some(StoredPassword::PreparedBcrypt(stored, preparation)) => {
                let checked = prepared(password, &preparation, candidate);
                Self::verify(checked, stored, renewal, true, target)
            }
            Some(StoredPassword::Foreign(_)) if password.expose_secret().is_empty() => Self::decoy(target),
            Some(StoredPassword::Foreign(stored)) => {
                let password = password.clone();
                let kind = Kind::Foreign {
                    password,
                    stored,
                    renewal,
                };
                Self::new(kind, Step::Foreign)
            }
        }
    }

    fn verify(
        checked: Option<Candidate>,
        stored: StoredHash,
        renewal: Option<Renewal>,
        always: bool,
        target: Cost,
    ) -> Self {
        let next = Step::Verify(stored.cost());
        let Some(checked) = checked else {
            return Self::decoy(stored.cost().max(target));
        };
        let kind = Kind::Verify {
            checked,
            stored,
            renewal,
            always,
        };
        Self::new(kind, next)
    }

    /// Makes a new hash.
    pub(super) fn hash(password: Candidate, salt: [u8; 16], cost: Cost) -> Self {
        Self::new(Kind::Hash(Renewal { password, salt }), Step::Rehash(cost))
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
            kind: Box::new(kind),
            next: Some(next),
            verdict,
        }
    }

    /// What it needs next.
    pub(super) fn need(&self) -> Need {
        match self.next {
            Some(Step::Foreign) => Need::Foreign,
            Some(Step::Verify(cost) | Step::Rehash(cost) | Step::Decoy(cost)) => Need::Bcrypt(Some(cost)),
            None => Need::Bcrypt(None),
        }
    }

    /// The cost of the next step; `None` when it is finished, or when the next step is not bcrypt's.
    pub(super) fn next_cost(&self) -> Option<Cost> {
        match self.need() {
            Need::Foreign => None,
            Need::Bcrypt(cost) => cost,
        }
    }

    /// Does the step of another scheme, if that is the next one, on the calling thread.
    pub(super) fn run_foreign(&mut self, target: Cost) {
        if let (
            Some(Step::Foreign),
            Kind::Foreign {
                password,
                stored,
                renewal,
            },
        ) = (self.next, &*self.kind)
        {
            self.verdict.matched = stored.matches(password.expose_secret());
            let renewed = self.verdict.matched && renewal.is_some();
            self.next = Some(if renewed {
                Step::Rehash(target)
            } else {
                Step::Decoy(target)
            });
        }
    }

    /// The next step, to be run; `None` when it is finished.
    pub(super) fn job(&self) -> Option<Job<'_>> {
        let cost = self.next_cost()?;
        let job = match (self.next?, &*self.kind) {
            (Step::Verify(_), Kind::Verify { checked, stored, .. }) => {
                checked.password().map(|password| Job::verify(password, stored))
            }
            (
                Step::Rehash(_),
                Kind::Verify {
                    renewal: Some(renewal), ..
                }
                | Kind::Foreign {
                    renewal: Some(renewal), ..
                }
                | Kind::Hash(renewal),
            ) => {
                let password = renewal.password.password();
                password.map(|password| Job::hash(password, renewal.salt, cost))
            }
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
                self.is_replaced(cost, target).then(|| Step::Rehash(cost.max(target)))
            }
            Some(Step::Verify(cost)) => rest_of_work(cost),
            Some(Step::Decoy(cost)) => Cost::new(cost.exponent() + 1).ok().and_then(rest_of_work),
            Some(Step::Rehash(_)) => {
                self.verdict.upgraded = hashed;
                None
            }
            Some(Step::Foreign) | None => None,
        };
    }

    /// Whether a hash of this cost, which the password matches, is to be replaced.
    fn is_replaced(&self, cost: Cost, target: Cost) -> bool {
        match &*self.kind {
            Kind::Verify { renewal, always, .. } => renewal.is_some() && (cost < target || *always),
            _ => false,
        }
    }

    /// The result.
    pub(super) fn into_verdict(self) -> Verdict {
        self.verdict
    }
}

/// What bcrypt hashes for a password that was prepared. A password with a pepper must fit without it: otherwise what the other
/// system hashed was cut.
fn prepared(password: &SecretString, preparation: &Preparation, candidate: Option<Candidate>) -> Option<Candidate> {
    let bytes = match (preparation, &candidate) {
        (Preparation::Pepper(_), Some(candidate)) => candidate.0.as_slice(),
        (Preparation::Pepper(_), None) => return None,
        (Preparation::Sha256Hex, _) => password.expose_secret().as_bytes(),
    };
    (!bytes.is_empty()).then(|| Candidate::of_bytes(preparation.apply(bytes)).ok())?
}
