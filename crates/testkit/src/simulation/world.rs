//! The whole of one simulation, and how it runs.

use std::cell::{Cell, Ref, RefCell, RefMut};
use std::future::{Future, poll_fn};
use std::rc::Rc;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use auth_core::Entropy;

use super::commands::Commands;
use super::feed::Feed;
use super::history::History;
use super::kernel::Kernel;
use super::line::{Faults, Line};
use super::model::Model;
use super::node::{Node, NodeClock};
use super::people::people;
use super::rule::Rule;
use super::scheduler::Scheduler;
use super::{Report, Setup};
use crate::SeededEntropy;

const NODES: usize = 3;
/// How many operations are under way at once.
const CLIENTS: usize = 6;

/// Runs one simulation.
///
/// # Panics
/// If the store does not take accounts and roles, or an issuer records no sessions: then the setup is wrong.
pub fn simulate(setup: &Setup, seed: u64) -> Report {
    let world = World::new(setup, seed);
    world.run(|scheduler| {
        (0..CLIENTS).for_each(|_| scheduler.add(world.client()));
    });
    if world.goes_on() {
        world.kernel.calm_down();
        world.run(|scheduler| scheduler.add(world.look_at_everything()));
    }
    world.report(seed)
}

pub(super) struct World<'a> {
    pub(super) setup: &'a Setup,
    pub(super) kernel: Arc<Kernel>,
    pub(super) feed: Arc<Feed>,
    faults: Arc<Faults>,
    pub(super) entropy: Arc<dyn Entropy>,
    nodes: RefCell<Vec<Rc<Node>>>,
    /// What operators run commands with.
    pub(super) commands: Commands,
    model: RefCell<Model>,
    history: RefCell<History>,
    operations: Cell<usize>,
}

impl<'a> World<'a> {
    fn new(setup: &'a Setup, seed: u64) -> Self {
        let kernel = Kernel::new(seed);
        let (feed, faults) = (Arc::<Feed>::default(), Arc::<Faults>::default());
        let entropy: Arc<dyn Entropy> = Arc::new(SeededEntropy::new(seed as u8));
        let line = || {
            Line::new(
                kernel.clone(),
                setup.ports.tokens.clone(),
                feed.clone(),
                faults.clone(),
                setup.late_rows,
            )
        };
        let node = |_| {
            let node = Node::first(kernel.clone(), line(), setup, &entropy);
            Rc::new(node.expect("keys to begin with"))
        };
        Self {
            nodes: RefCell::new((0..NODES).map(node).collect()),
            commands: Commands::new(NodeClock::new(kernel.clone(), setup.skew), line(), setup, &entropy),
            model: RefCell::new(people(setup, NODES)),
            history: RefCell::new(History::new()),
            operations: Cell::new(0),
            setup,
            feed,
            faults,
            entropy,
            kernel,
        }
    }

    /// Runs these tasks, beside what each node does by itself.
    fn run<'b>(&'b self, add: impl FnOnce(&mut Scheduler<'b>)) {
        let mut scheduler = Scheduler::new(self.kernel.clone());
        (0..NODES).for_each(|node| {
            scheduler.add_background(self.follow_feed(node));
            scheduler.add_background(self.follow_keys(node));
        });
        add(&mut scheduler);
        scheduler.run();
    }

    /// One client after the other, until there were enough operations or a rule was broken.
    async fn client(&self) {
        while self.goes_on() && self.operations.get() < self.setup.operations {
            self.operations.set(self.operations.get() + 1);
            self.one_operation().await;
            self.kernel.sleep(self.kernel.up_to(Duration::from_millis(100))).await;
        }
    }

    async fn follow_feed(&self, node: usize) {
        loop {
            let pause = Duration::from_millis(150) + self.kernel.up_to(Duration::from_millis(100));
            self.kernel.sleep(pause).await;
            self.sync(node).await;
            if self.kernel.one_in(10) {
                let at = self.node(node);
                let _ = self.on(&at, node, at.registry.compare_clocks()).await;
            }
        }
    }

    async fn follow_keys(&self, node: usize) {
        loop {
            let pause = Duration::from_millis(150) + self.kernel.up_to(Duration::from_millis(100));
            self.kernel.sleep(pause).await;
            self.reload_keys(node).await;
        }
    }

    /// Lets a node read the signing keys.
    pub(super) async fn reload_keys(&self, node: usize) {
        let began = self.kernel.event();
        let at = self.node(node);
        let reloaded = self.on(&at, node, at.keyring.reload()).await;
        let read = matches!(&reloaded, Some(Ok(reloaded)) if reloaded.failures.is_empty());
        if read && self.node(node).incarnation == at.incarnation {
            self.model_mut().note_keys_read(node, began);
        }
    }

    /// Lets a node read the feed.
    pub(super) async fn sync(&self, node: usize) {
        let began = self.kernel.event();
        let at = self.node(node);
        let synced = self.on(&at, node, at.registry.sync()).await;
        if matches!(synced, Some(Ok(()))) && self.node(node).incarnation == at.incarnation {
            self.model_mut().note_sync(node, began);
        }
    }

    /// Does work of a node; `None` if the node was stopped before the work was done.
    pub(super) async fn on<T>(&self, at: &Rc<Node>, node: usize, work: impl Future<Output = T>) -> Option<T> {
        let stopped = || self.node(node).incarnation != at.incarnation;
        until(work, stopped).await
    }

    /// The same for a client who now and then goes away before the answer.
    pub(super) async fn ask<T>(&self, at: &Rc<Node>, node: usize, work: impl Future<Output = T>) -> Option<T> {
        let patience = Duration::from_secs(3600);
        let impatient = !self.kernel.is_calm() && self.kernel.one_in(60);
        let patience = if impatient {
            self.kernel.up_to(Duration::from_millis(15))
        } else {
            patience
        };
        let gone = self.kernel.now() + patience;
        let left = || impatient && self.kernel.now() >= gone;
        until(self.on(at, node, work), left).await.flatten()
    }

    pub(super) fn node(&self, place: usize) -> Rc<Node> {
        self.nodes.borrow()[place].clone()
    }

    pub(super) fn any_node(&self) -> usize {
        self.kernel.below(NODES)
    }

    pub(super) fn nodes(&self) -> usize {
        NODES
    }

    pub(super) fn restart(&self, place: usize) {
        let before = self.node(place);
        before.line.restart();
        let began = self.kernel.event();
        match before.restarted(self.setup, &self.entropy) {
            Ok(next) => self.nodes.borrow_mut()[place] = Rc::new(next),
            Err(error) => self.broken(
                Rule::LiveSessionsAreKept,
                format!("node {place} does not start: {error}"),
            ),
        }
        self.model_mut().synced[place] = None;
        self.model_mut().keys_read[place] = Some(began);
    }

    pub(super) fn model(&self) -> Ref<'_, Model> {
        self.model.borrow()
    }

    pub(super) fn model_mut(&self) -> RefMut<'_, Model> {
        self.model.borrow_mut()
    }

    pub(super) fn note(&self, event: &str) {
        self.history.borrow_mut().note(self.kernel.now(), event);
    }

    pub(super) fn count(&self, answer: &'static str) {
        self.history.borrow_mut().count(answer);
    }

    pub(super) fn broken(&self, rule: Rule, how: String) {
        self.history.borrow_mut().broken(rule, how);
    }

    pub(super) fn goes_on(&self) -> bool {
        self.history.borrow().violation.is_none()
    }

    fn report(&self, seed: u64) -> Report {
        let history = self.history.borrow();
        Report {
            seed,
            operations: self.operations.get(),
            answers: history.answers(),
            faults: self.faults.to_string(),
            time: self.kernel.now(),
            digest: history.digest(),
            violation: history.violation.clone(),
        }
    }
}

/// Does work until it is done (`Some`), or is given up between two steps (`None`).
async fn until<T>(work: impl Future<Output = T>, given_up: impl Fn() -> bool) -> Option<T> {
    let mut work = Box::pin(work);
    poll_fn(|context| match given_up() {
        true => Poll::Ready(None),
        false => work.as_mut().poll(context).map(Some),
    })
    .await
}
