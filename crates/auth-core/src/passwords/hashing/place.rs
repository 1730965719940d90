//! A place in the queue, taken before it is known what is to be hashed.

use secrecy::SecretString;
use tokio::sync::oneshot;

use super::super::stored_password::StoredPassword;
use super::error::Busy;
use super::shared::Shared;
use super::task::{Task, Verdict};

/// A place in the queue of a [`PasswordHasher`](super::PasswordHasher).
///
/// It counts as a waiting job, and keeps its turn while its holder looks up what is to be hashed. When it is dropped, or a
/// call on it is, the job leaves the queue at once and is not hashed.
#[derive(Debug)]
pub struct HashingPlace<'a> {
    shared: &'a Shared,
    id: u64,
    answer: oneshot::Receiver<Result<Verdict, Busy>>,
}

impl<'a> HashingPlace<'a> {
    pub(super) fn new(shared: &'a Shared, id: u64, answer: oneshot::Receiver<Result<Verdict, Busy>>) -> Self {
        Self { shared, id, answer }
    }

    /// Compares a password with a stored hash, if there is one.
    ///
    /// The work is that of one hash of the configured cost, or of the stored one's if that is higher: also without a stored
    /// hash (`None`), and for a password that is empty, over 72 bytes or has a NUL, which never matches bcrypt. Where the
    /// stored hash has a lower cost, the rest of the work is done too. If the password matches, that rest is a new hash, which
    /// should replace the stored one ([`Verdict::upgraded`]).
    ///
    /// A hash of another scheme takes its own work before that. It is compared with the whole password; one that matches and
    /// that bcrypt cannot take whole has no new hash.
    ///
    /// # Errors
    /// [`Busy`]: the password was not checked. The place was given to a job whose turn is before, or it took too long.
    pub async fn verify(self, stored: Option<StoredPassword>, password: &SecretString) -> Result<Verdict, Busy> {
        let task = Task::check(password, stored, self.shared.salt().ok(), self.shared.target());
        self.run(task).await
    }

    /// Waits for a thread to do `task`.
    pub(super) async fn run(mut self, task: Task) -> Result<Verdict, Busy> {
        self.shared.fill(self.id, task);
        // There is no answer when the job was refused, when the threads have ended, or when one has panicked.
        let answer = (&mut self.answer).await;
        answer.unwrap_or_else(|_| Err(self.shared.busy()))
    }
}

impl Drop for HashingPlace<'_> {
    fn drop(&mut self) {
        self.shared.leave(self.id);
    }
}
