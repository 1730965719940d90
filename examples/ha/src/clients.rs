//! Many clients at once: they sign in, check, refresh, log out; a service revokes; an administrator changes passwords.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard};
use std::thread;
use std::time::{Duration, Instant};

use crate::cluster;
use crate::front::{Answer, Front};
use crate::history::{Event, NODES, What};
use crate::people::{Person, Realm, text_of};

const CLIENTS: u64 = 6;

/// Further ones that only check one session, which every node knows.
const CHECKERS: usize = 2;

/// Between two questions of a client, so that the machine has time for a database that fails over.
const PAUSE: Duration = Duration::from_millis(20);

/// Between two passwords that are set.
const BETWEEN_PASSWORDS: Duration = Duration::from_secs(1);

/// How often one is tried to be set while the database is away.
const TRIES: usize = 60;

/// The sessions that clients use: the latest.
const USED: usize = 16;

/// A session as its clients share it.
#[derive(Clone)]
struct Held {
    number: u64,
    account: usize,
    realm: Realm,
    token: String,
    /// The key of a PBX session.
    key: Option<String>,
    /// The newest refresh token of a workshop.
    refresh: Option<String>,
}

impl Held {
    fn headers(&self) -> Vec<(&'static str, String)> {
        match &self.key {
            Some(key) => vec![("X-Access-Token", self.token.clone()), ("X-Key", key.clone())],
            None => vec![("Authorization", format!("Bearer {}", self.token))],
        }
    }
}

/// The clients of one trial. Passwords outlive it.
pub struct Clients<'a> {
    people: &'a [Person],
    start: Instant,
    held: Mutex<Vec<Held>>,
    numbers: AtomicU64,
    events: Mutex<Vec<Event>>,
}

impl<'a> Clients<'a> {
    pub fn of(people: &'a [Person]) -> Self {
        let known = people.iter().map(|person| Event {
            session: None,
            account: person.number,
            what: What::SetPassword(person.password()),
            node: NODES,
            asked: Duration::ZERO,
            answered: Duration::ZERO,
            status: 200,
            received: None,
        });
        Self {
            people,
            start: now(),
            held: Mutex::default(),
            numbers: AtomicU64::new(0),
            events: Mutex::new(known.collect()),
        }
    }

    /// They ask while something happens.
    pub fn during<T>(&self, happens: impl FnOnce() -> T) -> T {
        self.sign_in_with(&Front::new(), &Person::steady(), 0);
        // Out of the others' reach, who end sessions.
        let steady = lock(&self.held).pop().expect("somebody signs in before anything fails");
        let over = AtomicBool::new(false);
        thread::scope(|scope| {
            for seed in 1..=CLIENTS {
                let over = &over;
                scope.spawn(move || self.run(seed, over));
            }
            for steady in vec![steady; CHECKERS] {
                let over = &over;
                scope.spawn(move || self.only_check(&steady, over));
            }
            scope.spawn(|| self.change_passwords(&over));
            // Also where it panics: they must not go on for ever.
            let ended = std::panic::catch_unwind(std::panic::AssertUnwindSafe(happens));
            over.store(true, Ordering::SeqCst);
            ended.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        })
    }

    /// The time since they began.
    pub fn time(&self) -> Duration {
        self.start.elapsed()
    }

    /// Asks about every session that there is, as often as there are nodes.
    pub fn check_all(&self) {
        let front = Front::new();
        let held = lock(&self.held).clone();
        for held in held.iter().flat_map(|held| [held; NODES]) {
            self.check(&front, held);
        }
    }

    /// Everything so far.
    pub fn events(&self) -> Vec<Event> {
        lock(&self.events).clone()
    }

    fn run(&self, seed: u64, over: &AtomicBool) {
        let front = Front::new();
        let mut chance = seed;
        while !over.load(Ordering::SeqCst) {
            // Knuth's MMIX generator; its high bits are the good ones.
            chance = chance
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            let drawn = chance >> 33;
            match (drawn % 20, self.any(drawn / 20)) {
                (0..3, _) | (_, None) => self.sign_in(&front, drawn / 20),
                (3..15, Some(held)) => self.check(&front, &held),
                (15..19, Some(held)) => self.refresh(&front, &held),
                (_, Some(held)) => self.end(&front, &held, drawn / 20),
            }
            thread::sleep(PAUSE);
        }
    }

    fn only_check(&self, steady: &Held, over: &AtomicBool) {
        let front = Front::new();
        while !over.load(Ordering::SeqCst) {
            self.check_as(What::SteadyCheck, &front, steady);
            thread::sleep(PAUSE);
        }
    }

    fn any(&self, drawn: u64) -> Option<Held> {
        let held = lock(&self.held);
        let last = held.len().min(USED);
        let place = held.len().checked_sub(1 + drawn as usize % last.max(1))?;
        Some(held[place].clone())
    }

    fn sign_in(&self, front: &Front, drawn: u64) {
        let person = &self.people[drawn as usize % self.people.len()];
        self.sign_in_with(front, person, person.password());
    }

    fn sign_in_with(&self, front: &Front, person: &Person, password: u64) {
        let asked = self.time();
        let answer = front.post_json(person.realm.path(), &person.request(password));
        let token = answer.text("token").filter(|_| answer.status == 200);
        let number = token.is_some().then(|| self.numbers.fetch_add(1, Ordering::SeqCst));
        let refresh = answer.text("refreshToken");
        self.note(
            asked,
            number,
            person.number,
            What::SignIn(password),
            &answer,
            refresh.clone(),
        );
        if let Some((number, token)) = number.zip(token) {
            lock(&self.held).push(Held {
                number,
                account: person.number,
                realm: person.realm,
                token,
                key: answer.text("key"),
                refresh,
            });
        }
    }

    fn check(&self, front: &Front, held: &Held) {
        self.check_as(What::Check, front, held);
    }

    fn check_as(&self, what: What, front: &Front, held: &Held) {
        let asked = self.time();
        let answer = front.get("/auth/verify", &held.headers());
        self.note(asked, Some(held.number), held.account, what, &answer, None);
    }

    fn refresh(&self, front: &Front, held: &Held) {
        let Some(presented) = &held.refresh else {
            return self.check(front, held);
        };
        let asked = self.time();
        let answer = front.post_json(held.realm.path(), &serde_json::json!({"refreshToken": presented}));
        let next = answer.text("refreshToken").filter(|_| answer.status == 200);
        let what = What::Refresh(presented.clone());
        self.note(asked, Some(held.number), held.account, what, &answer, next.clone());
        let mut all = lock(&self.held);
        let same = |own: &&mut Held| own.number == held.number && own.refresh.as_ref() == Some(presented);
        if let (Some(own), Some(next), Some(token)) = (all.iter_mut().find(same), next, answer.text("token")) {
            (own.token, own.refresh) = (token, Some(next));
        }
    }

    /// A workshop's session is revoked by a service, since its dialect has no log-out; half of the others, too.
    fn end(&self, front: &Front, held: &Held, drawn: u64) {
        let by_service = held.realm == Realm::Workshops || drawn.is_multiple_of(2);
        let asked = self.time();
        let (what, answer) = match held.realm {
            _ if by_service => {
                let service = [("client_id", "games-api"), ("client_secret", "secret-of-the-games-api")];
                let form = [("token", held.token.as_str()), service[0], service[1]];
                (What::Revoke, front.post_form("/oauth/revoke", &form))
            }
            Realm::Pbx => (What::LogOut, front.post("/logout", &held.headers())),
            _ => (What::LogOut, front.post("/api/tokens/revoke", &held.headers())),
        };
        self.note(asked, Some(held.number), held.account, what, &answer, None);
    }

    /// One account after the other gets another password; then the old one is tried.
    fn change_passwords(&self, over: &AtomicBool) {
        let front = Front::new();
        for (turn, person) in (0..).zip(self.people.iter().cycle()) {
            thread::sleep(BETWEEN_PASSWORDS);
            if over.load(Ordering::SeqCst) {
                return;
            }
            let before = person.password();
            // Also beyond the end: the next trial has to know it.
            let mut tries = 0..TRIES;
            while tries.next().is_some() && !self.set_password(person) {
                thread::sleep(BETWEEN_PASSWORDS);
            }
            // Not always: failed sign-ins lock an account after a while.
            if turn % 3 == 0 {
                self.sign_in_with(&front, person, before);
            }
        }
    }

    fn set_password(&self, person: &Person) -> bool {
        let password = person.next_password();
        let asked = self.time();
        let command = ["set-password", person.realm.name(), &person.login];
        let done = cluster::run_with(&command, &text_of(password)).is_ok();
        let answer = Answer::of_command(done, NODES);
        self.note(asked, None, person.number, What::SetPassword(password), &answer, None);
        done
    }

    fn note(
        &self,
        asked: Duration,
        session: Option<u64>,
        account: usize,
        what: What,
        answer: &Answer,
        received: Option<String>,
    ) {
        lock(&self.events).push(Event {
            session,
            account,
            what,
            node: answer.node.unwrap_or(0),
            asked,
            answered: self.time(),
            // Without a node it is the proxy's own.
            status: if answer.node.is_some() { answer.status } else { 0 },
            received,
        });
    }
}

#[allow(clippy::disallowed_methods, reason = "real servers are asked at real times")]
fn now() -> Instant {
    Instant::now()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().expect("nobody panics meanwhile")
}
