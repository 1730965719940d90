//! What a law is, and how it is tested.

use std::any::Any;
use std::fmt;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;

use tokio::sync::Barrier;

/// The result of a law: kept, or not applicable. A broken law panics.
pub type LawResult = Result<(), NotApplicable>;

/// A law does not apply to this implementation, and why. Not a pass: a test lists the laws that do not apply, by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotApplicable(pub &'static str);

/// Something a harness cannot do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unsupported(pub &'static str);

impl From<Unsupported> for NotApplicable {
    fn from(unsupported: Unsupported) -> Self {
        Self(unsupported.0)
    }
}

/// The answer of an operation that some harnesses do not support.
pub type Supported<T> = Result<T, Unsupported>;

type LawFuture = Pin<Box<dyn Future<Output = LawResult> + Send>>;

/// One law, as an entry of a suite's table.
pub struct Law<H: ?Sized> {
    /// The name of its function, and of the test that a conformance macro makes of it.
    pub name: &'static str,
    /// Its function.
    pub check: fn(Arc<H>) -> LawFuture,
}

impl<H: ?Sized> fmt::Debug for Law<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// The outcome of testing a law.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The implementation keeps the law.
    Kept,
    /// The law does not apply, and why.
    NotApplicable(&'static str),
    /// The implementation breaks the law, and how. The text begins with the law's name.
    Broken(String),
}

/// Runs a law on its own threads, because laws about concurrent callers need real concurrency.
///
/// # Panics
/// If the threads cannot be started.
pub fn outcome(name: &'static str, law: impl Future<Output = LawResult>) -> Outcome {
    let mut threads = tokio::runtime::Builder::new_multi_thread();
    let threads = threads.worker_threads(4).enable_all().build().expect("threads");
    match catch_unwind(AssertUnwindSafe(|| threads.block_on(law))) {
        Ok(Ok(())) => Outcome::Kept,
        Ok(Err(NotApplicable(why))) => Outcome::NotApplicable(why),
        Err(panic) => Outcome::Broken(format!("{name}: {}", panic_message(&*panic))),
    }
}

/// Runs a law as a test: the law must be kept, or must not apply and be listed among the exceptions. An exception is
/// printed in the test's output.
///
/// # Panics
/// If the law is broken, with its name; if it does not apply and is not listed; if it is listed and applies.
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

/// Runs `callers` tasks that all start at the same moment, and collects their answers.
///
/// # Panics
/// If one of the tasks panics.
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

fn panic_message(panic: &(dyn Any + Send)) -> &str {
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

    async fn not_applicable() -> LawResult {
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
    fn a_law_that_does_not_apply_and_is_not_listed_fails() {
        hold("expiry_is_exact", &[], not_applicable());
    }

    #[test]
    fn a_listed_law_may_not_apply() {
        hold("expiry_is_exact", &["expiry_is_exact"], not_applicable());
    }

    #[test]
    #[should_panic(expected = "it applies")]
    fn a_listed_law_that_applies_fails() {
        hold("expiry_is_exact", &["expiry_is_exact"], async { Ok(()) });
    }
}
