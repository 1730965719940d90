//! Shared by the tests of passwords, hashing and throttling: a clock that only tests move, a store in memory, and an engine
//! that counts and waits.

#![allow(dead_code, reason = "each test file uses some of it")]

use std::collections::HashMap;
use std::future::Future;
use std::net::{IpAddr, Ipv4Addr};
use std::num::NonZeroUsize;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use async_trait::async_trait;
use auth_core::{
    Account, Clock, FoldedLogin, Generation, HashCost, HashEngine, HashingOptions, PasswordAuthenticator,
    PasswordHasher, PasswordRecord, PasswordStore, Realm, SecretKey, StoreError, Subject, SystemEntropy, Throttle,
    ThrottleLimits, Timestamp,
};
use bcrypt_batch::{Cost, Job, Password, StoredHash, Workspace};

/// Time that passes only when a test moves it.
#[derive(Debug, Default)]
pub(crate) struct TestClock(AtomicU64);

impl TestClock {
    pub(crate) fn advance(&self, by: Duration) {
        self.0.fetch_add(by.as_micros() as u64, Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_seconds(1_700_000_000).plus(self.monotonic())
    }

    fn monotonic(&self) -> Duration {
        Duration::from_micros(self.0.load(Ordering::SeqCst))
    }
}

/// One call that has begun: polled once at its creation, so that its job is in the queue or refused.
pub(crate) struct Started<'a, T>(Pin<Box<dyn Future<Output = T> + 'a>>, Option<T>);

impl<'a, T> Started<'a, T> {
    pub(crate) fn new(call: impl Future<Output = T> + 'a) -> Self {
        let mut call = Self(Box::pin(call), None);
        call.poll();
        call
    }

    /// Its outcome, if it has one without waiting.
    pub(crate) fn now(mut self) -> Option<T> {
        self.poll();
        self.1
    }

    /// Its outcome, waited for on this thread.
    pub(crate) fn outcome(self) -> T {
        match self.1 {
            Some(outcome) => outcome,
            None => block_on(self.0),
        }
    }

    fn poll(&mut self) {
        if self.1.is_none()
            && let Poll::Ready(outcome) = self.0.as_mut().poll(&mut Context::from_waker(Waker::noop()))
        {
            self.1 = Some(outcome);
        }
    }
}

/// Runs a future on this thread to its end.
pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap()
        .block_on(future)
}

/// The jobs that hashing threads were given, and a gate that stops them.
#[derive(Debug, Default)]
pub(crate) struct Recorder {
    state: Mutex<Recorded>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Recorded {
    runs: Vec<Vec<u32>>,
    shut: bool,
    panics: bool,
}

impl Recorder {
    /// Stops every thread at its next run, once that is recorded.
    pub(crate) fn shut(&self) {
        self.state.lock().unwrap().shut = true;
    }

    pub(crate) fn open(&self) {
        self.state.lock().unwrap().shut = false;
        self.changed.notify_all();
    }

    /// Makes the next run panic.
    pub(crate) fn panic_once(&self) {
        self.state.lock().unwrap().panics = true;
    }

    /// Waits until so many runs have begun in all.
    pub(crate) fn wait_for_runs(&self, runs: usize) {
        let waiting = self.state.lock().unwrap();
        drop(self.changed.wait_while(waiting, |state| state.runs.len() < runs));
    }

    /// The costs of the jobs of each run so far.
    pub(crate) fn runs(&self) -> Vec<Vec<u32>> {
        self.state.lock().unwrap().runs.clone()
    }

    /// The work of all runs since the last call, counted in rounds of cost 0.
    pub(crate) fn take_work(&self) -> u64 {
        let runs = std::mem::take(&mut self.state.lock().unwrap().runs);
        runs.iter().flatten().map(|cost| 1 << cost).sum()
    }

    fn record(&self, jobs: &[Job<'_>]) {
        let mut state = self.state.lock().unwrap();
        state.runs.push(jobs.iter().map(|job| job.cost().exponent()).collect());
        self.changed.notify_all();
        let panics = std::mem::take(&mut state.panics);
        drop(self.changed.wait_while(state, |state| state.shut).unwrap());
        assert!(!panics, "as the test asked");
    }
}

/// The real engine behind a [`Recorder`].
#[derive(Debug)]
pub(crate) struct TestEngine {
    pub(crate) recorder: Arc<Recorder>,
    pub(crate) workspace: Workspace,
    /// Notified when the thread ends.
    pub(crate) ended: Option<std::sync::mpsc::Sender<()>>,
    /// Moves with each run.
    pub(crate) takes: Option<(Arc<TestClock>, Duration)>,
}

impl HashEngine for TestEngine {
    fn width(&self) -> usize {
        self.workspace.width()
    }

    fn run(&mut self, jobs: &mut [Job<'_>]) {
        self.recorder.record(jobs);
        self.workspace.run(jobs);
        if let Some((clock, time)) = &self.takes {
            clock.advance(*time);
        }
    }
}

impl Drop for TestEngine {
    fn drop(&mut self) {
        if let Some(ended) = &self.ended {
            let _nobody_listens = ended.send(());
        }
    }
}

/// One thread, cost 6, eight waiting.
pub(crate) fn options() -> HashingOptions {
    HashingOptions {
        cost: HashCost::dangerous_for_tests(TARGET).unwrap(),
        threads: NonZeroUsize::new(1),
        queue: NonZeroUsize::new(8).unwrap(),
        niceness: 0,
        ..HashingOptions::default()
    }
}

/// The cost of new hashes in these tests.
pub(crate) const TARGET: u32 = 6;

/// A hasher whose every run is recorded.
pub(crate) struct Bench {
    pub(crate) clock: Arc<TestClock>,
    pub(crate) recorder: Arc<Recorder>,
    pub(crate) hasher: PasswordHasher,
}

impl Bench {
    pub(crate) fn new(options: HashingOptions) -> Self {
        Self::of_width(options, Workspace::BEST_WIDTH)
    }

    pub(crate) fn of_width(options: HashingOptions, width: usize) -> Self {
        let (clock, recorder) = (Arc::new(TestClock::default()), Arc::new(Recorder::default()));
        let engine = || TestEngine {
            recorder: Arc::clone(&recorder),
            workspace: Workspace::with_width(width),
            ended: None,
            takes: None,
        };
        let hasher = PasswordHasher::start_with(options, clock.clone(), Arc::new(SystemEntropy), || Box::new(engine()));
        Self {
            clock,
            hasher: hasher.unwrap(),
            recorder,
        }
    }
}

/// The address of a client.
pub(crate) fn source(number: u8) -> IpAddr {
    Ipv4Addr::new(192, 0, 2, number).into()
}

/// A hash of `password`.
pub(crate) fn hashed(password: &str, cost: u32) -> StoredHash {
    let password = Password::new(password.as_bytes()).unwrap();
    Workspace::new().hash(password, [cost as u8; 16], Cost::new(cost).unwrap())
}

/// The realm of these tests.
pub(crate) fn realm() -> Realm {
    Realm::parse("workshops").unwrap()
}

/// Passwords in memory.
#[derive(Debug, Default)]
pub(crate) struct TestPasswords {
    rows: Mutex<HashMap<(Realm, FoldedLogin), PasswordRecord>>,
    pub(crate) down: AtomicBool,
    /// Writes are refused.
    pub(crate) read_only: AtomicBool,
    pub(crate) reads: AtomicU64,
    pub(crate) upgrades: AtomicU64,
}

impl TestPasswords {
    /// Adds an account; its number is how many there are.
    pub(crate) fn add(&self, login: &str, hash: Option<&str>) -> Subject {
        let mut rows = self.rows.lock().unwrap();
        let subject = Subject(1 + rows.len() as i64);
        let account = Account {
            subject,
            realm: realm(),
            login: login.into(),
            alias: None,
            role: None,
            generation: Generation(1),
            disabled: false,
            attributes: Default::default(),
            created_at: Timestamp::from_seconds(0),
        };
        let hash = hash.map(str::to_owned);
        rows.insert(
            (realm(), FoldedLogin::parse(login).unwrap()),
            PasswordRecord { account, hash },
        );
        subject
    }

    /// Changes the row of an account.
    pub(crate) fn edit(&self, subject: Subject, edit: impl FnOnce(&mut PasswordRecord)) -> bool {
        let mut rows = self.rows.lock().unwrap();
        let row = rows.values_mut().find(|row| row.account.subject == subject);
        row.map(edit).is_some()
    }

    /// Changes the row of an account whose hash is still `old`.
    fn replace(&self, subject: Subject, old: &str, edit: impl FnOnce(&mut PasswordRecord)) -> bool {
        let mut replaced = false;
        self.edit(subject, |row| {
            replaced = row.hash.as_deref() == Some(old);
            if replaced {
                edit(row);
            }
        });
        replaced
    }

    pub(crate) fn row(&self, subject: Subject) -> PasswordRecord {
        let rows = self.rows.lock().unwrap();
        rows.values()
            .find(|row| row.account.subject == subject)
            .unwrap()
            .clone()
    }

    fn check(&self, write: bool) -> Result<(), StoreError> {
        match self.down.load(Ordering::SeqCst) || write && self.read_only.load(Ordering::SeqCst) {
            true => Err(StoreError::Unavailable("as the test asked".into())),
            false => Ok(()),
        }
    }
}

#[async_trait]
impl PasswordStore for TestPasswords {
    async fn find(&self, realm: &Realm, login: &FoldedLogin) -> Result<Option<PasswordRecord>, StoreError> {
        self.check(false)?;
        self.reads.fetch_add(1, Ordering::SeqCst);
        let rows = self.rows.lock().unwrap();
        Ok(rows.get(&(realm.clone(), login.clone())).cloned())
    }

    async fn set(&self, subject: Subject, hash: &str, end_sessions: bool, _now: Timestamp) -> Result<bool, StoreError> {
        self.check(true)?;
        Ok(self.edit(subject, |row| {
            row.hash = Some(hash.into());
            row.account.generation.0 += i64::from(end_sessions);
        }))
    }

    async fn change(
        &self,
        subject: Subject,
        old: &str,
        new: &str,
        end_sessions: bool,
        _now: Timestamp,
    ) -> Result<bool, StoreError> {
        self.check(true)?;
        Ok(self.replace(subject, old, |row| {
            row.hash = Some(new.into());
            row.account.generation.0 += i64::from(end_sessions);
        }))
    }

    async fn upgrade(&self, subject: Subject, old: &str, new: &str) -> Result<bool, StoreError> {
        self.check(true)?;
        self.upgrades.fetch_add(1, Ordering::SeqCst);
        Ok(self.replace(subject, old, |row| row.hash = Some(new.into())))
    }
}

/// An authenticator over all of the above.
pub(crate) struct Setup {
    pub(crate) clock: Arc<TestClock>,
    pub(crate) recorder: Arc<Recorder>,
    pub(crate) hasher: Arc<PasswordHasher>,
    pub(crate) throttle: Arc<Throttle>,
    pub(crate) store: Arc<TestPasswords>,
    pub(crate) authenticator: PasswordAuthenticator,
}

impl Setup {
    pub(crate) fn new() -> Self {
        Self::with(options(), ThrottleLimits::default())
    }

    /// One that never throttles.
    pub(crate) fn patient() -> Self {
        Self::with(options(), boundless())
    }

    pub(crate) fn with(options: HashingOptions, limits: ThrottleLimits) -> Self {
        let Bench {
            clock,
            recorder,
            hasher,
        } = Bench::new(options);
        let hasher = Arc::new(hasher);
        let throttle = Arc::new(Throttle::new(limits, clock.clone(), &SystemEntropy).unwrap());
        let store = Arc::new(TestPasswords::default());
        let key = SecretKey::from_bytes([7; 32]);
        let authenticator = PasswordAuthenticator::new(store.clone(), hasher.clone(), throttle.clone(), key);
        Self {
            clock,
            recorder,
            hasher,
            throttle,
            store,
            authenticator,
        }
    }

    pub(crate) fn sign_in(&self, login: &str, password: &str) -> Result<Account, auth_core::SignInError> {
        self.sign_in_from(source(1), login, password)
    }

    pub(crate) fn sign_in_from(
        &self,
        source: IpAddr,
        login: &str,
        password: &str,
    ) -> Result<Account, auth_core::SignInError> {
        block_on(self.authenticator.check(&realm(), login, &password.into(), source))
    }
}

/// Limits that no test reaches.
pub(crate) fn boundless() -> ThrottleLimits {
    let much = auth_core::Allowance::new(1_000_000, Duration::from_secs(1)).unwrap();
    ThrottleLimits {
        pair: much,
        address: much,
        account: much,
        ..ThrottleLimits::default()
    }
}
