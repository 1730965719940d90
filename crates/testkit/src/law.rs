//! What a law is, and how one is held up against an implementation.

use std::any::Any;
use std::fmt;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;

use tokio::sync::Barrier;

/// What a law says of an implementation it was held up against. A broken law panics.
pub type LawResult = Result<(), NotApplicable>;

/// A law that has nothing to say here, and why. Not a pass: a test lists the laws that do not apply to it, by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotApplicable(pub &'static str);

/// Something a harness cannot do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unsupported(pub &'static str);

impl From<Unsupported> for NotApplicable {
    fn from(lacking: Unsupported) -> Self {
        Self(lacking.0)
    }
}

/// The answer of an operation that some harnesses lack.
pub type Supported<T> = Result<T, Unsupported>;

type LawFuture = Pin<Box<dyn Future<Output = LawResult> + Send>>;

/// One law, as an entry of a suite's table.
pub struct Law<H: ?Sized> {
    /// Its name: the name of its function, and of the test that a conformance macro makes of it.
    pub name: &'static str,
    /// Itself.
    pub check: fn(Arc<H>) -> LawFuture,
}

impl<H: ?Sized> fmt::Debug for Law<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// What came of holding a law up against an implementation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The implementation keeps it.
    Kept,
    /// It does not apply, and why.
    NotApplicable(&'static str),
    /// The implementation breaks it; in which way. The text begins with the law's name.
    Broken(String),
}

/// Runs a law to its outcome, on threads of its own: laws about many callers at once need callers that really run at
/// once.
///
/// # Panics
/// When the threads cannot be started.
pub fn outcome(name: &'static str, law: impl Future<Output = LawResult>) -> Outcome {
    let mut threads = tokio::runtime::Builder::new_multi_thread();
    let threads = threads.worker_threads(4).enable_all().build().expect("threads");
    match catch_unwind(AssertUnwindSafe(|| threads.block_on(law))) {
        Ok(Ok(())) => Outcome::Kept,
        Ok(Err(NotApplicable(why))) => Outcome::NotApplicable(why),
        Err(panic) => Outcome::Broken(format!("{name}: {}", words_of(&*panic))),
    }
}

/// Runs a law as a test: it must be kept, or be listed among the exceptions and indeed not apply. Says so in the
/// test's output.
///
/// # Panics
/// When the law is broken, naming it; when it does not apply and is not listed; when it is listed and applies.
pub fn hold(name: &'static str, exceptions: &[&str], law: impl Future<Output = LawResult>) {
    let listed = exceptions.contains(&name);
    match outcome(name, law) {
        Outcome::Kept if listed => panic!("{name}: listed as not applicable, but it applies (and is kept)"),
        Outcome::Kept => {}
        Outcome::NotApplicable(why) if listed => println!("{name}: not applicable: {why}"),
        Outcome::NotApplicable(why) => panic!("{name}: does not apply ({why}) and is not listed as an exception"),
        Outcome::Broken(how) => panic!("broken law: {how}"),
    }
}

/// Runs `callers` tasks that all start at the same moment, and gathers their answers.
///
/// # Panics
/// When one of them does.
pub(crate) async fn at_once<T, F>(callers: usize, call: impl Fn(usize) -> F) -> Vec<T>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let start = Arc::new(Barrier::new(callers));
    let spawn = |index| {
        let (start, call) = (start.clone(), call(index));
        tokio::spawn(async move {
            start.wait().await;
            call.await
        })
    };
    let tasks: Vec<_> = (0..callers).map(spawn).collect();
    let mut answers = Vec::with_capacity(callers);
    for task in tasks {
        answers.push(task.await.expect("a caller panicked"));
    }
    answers
}

fn words_of(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("panicked")
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn broken() -> LawResult {
        panic!("two winners")
    }

    async fn silent() -> LawResult {
        Err(NotApplicable("there is no clock to move"))
    }

    #[test]
    fn a_broken_law_is_named() {
        assert_eq!(
            outcome("one_winner", broken()),
            Outcome::Broken("one_winner: two winners".into())
        );
    }

    #[test]
    #[should_panic(expected = "expiry_is_exact: does not apply")]
    fn a_law_that_does_not_apply_is_no_pass() {
        hold("expiry_is_exact", &[], silent());
    }

    #[test]
    fn unless_it_is_listed() {
        hold("expiry_is_exact", &["expiry_is_exact"], silent());
    }

    #[test]
    #[should_panic(expected = "it applies")]
    fn a_listed_law_that_applies_is_no_exception() {
        hold("expiry_is_exact", &["expiry_is_exact"], async { Ok(()) });
    }
}
