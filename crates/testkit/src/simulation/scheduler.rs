//! One thread that runs all tasks of a simulation. Which of those that can go on does so is drawn.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use super::kernel::Kernel;

type Work<'a> = Pin<Box<dyn Future<Output = ()> + 'a>>;

pub(super) struct Scheduler<'a> {
    kernel: Arc<Kernel>,
    tasks: Vec<Task<'a>>,
}

struct Task<'a> {
    /// `None` once it is done.
    work: Option<Work<'a>>,
    /// Whether the run waits for it.
    essential: bool,
    awake: Arc<Awake>,
}

struct Awake(AtomicBool);

impl Wake for Awake {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::SeqCst);
    }
}

impl<'a> Scheduler<'a> {
    pub(super) fn new(kernel: Arc<Kernel>) -> Self {
        Self {
            kernel,
            tasks: Vec::new(),
        }
    }

    /// Adds a task for whose end [`run`](Self::run) waits.
    pub(super) fn add(&mut self, work: impl Future<Output = ()> + 'a) {
        self.push(Box::pin(work), true);
    }

    /// Adds a task that never ends by itself.
    pub(super) fn add_background(&mut self, work: impl Future<Output = ()> + 'a) {
        self.push(Box::pin(work), false);
    }

    /// Runs until all tasks have ended that are not in the background.
    pub(super) fn run(mut self) {
        while self.tasks.iter().any(|task| task.essential && task.work.is_some()) {
            let ready: Vec<usize> = (0..self.tasks.len()).filter(|n| self.tasks[*n].is_ready()).collect();
            if ready.is_empty() {
                assert!(self.kernel.wake_next(), "every task waits, and nothing will wake one");
                continue;
            }
            let drawn = ready[self.kernel.below(ready.len())];
            self.tasks[drawn].step();
        }
    }

    fn push(&mut self, work: Work<'a>, essential: bool) {
        self.tasks.push(Task {
            work: Some(work),
            essential,
            awake: Arc::new(Awake(AtomicBool::new(true))),
        });
    }
}

impl Task<'_> {
    fn is_ready(&self) -> bool {
        self.work.is_some() && self.awake.0.load(Ordering::SeqCst)
    }

    fn step(&mut self) {
        self.awake.0.store(false, Ordering::SeqCst);
        let waker = Waker::from(self.awake.clone());
        let work = self.work.as_mut().map(|work| work.as_mut());
        let poll = work.map(|work| work.poll(&mut Context::from_waker(&waker)));
        if poll == Some(Poll::Ready(())) {
            self.work = None;
        }
    }
}

/// The result of work that waits for threads of its own (a database), and not for virtual time.
pub(super) fn now<T>(work: impl Future<Output = T>) -> T {
    struct Unpark(std::thread::Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
    let mut work = std::pin::pin!(work);
    loop {
        match work.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(result) => return result,
            Poll::Pending => std::thread::park(),
        }
    }
}
