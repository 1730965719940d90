//! What two servers on one database answered to many clients at once, judged afterwards by the times of question and
//! answer alone: by the model of the simulation (`testkit::simulation`), on real servers, sockets and threads.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use testkit::simulation::{Answer, Exchange, POLICY, Question, judge_history};

use crate::support::dialect::Dialect;
use crate::support::poll;
use crate::support::server::{Server, Setup};
use crate::support::sign_in::{Workshop, bearer, refresh, revoke, verify};

/// A node that has not read the feed for this long answers 503, so from then on no delay of this machine excuses a 200.
pub const STALENESS: Duration = Duration::from_secs(1);

const CLIENTS: u64 = 8;
const OPERATIONS: usize = 250;

/// What a client did with a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    SignIn,
    Check,
    Refresh,
    End,
}

/// One question and its answer.
#[derive(Clone, Debug)]
pub struct Event {
    session: u64,
    pub what: What,
    pub node: usize,
    pub asked: Duration,
    pub answered: Duration,
    pub status: u16,
    /// The refresh token presented.
    presented: Option<String>,
    /// The refresh token received.
    received: Option<String>,
}

impl Event {
    /// As the model has it.
    fn exchange(&self) -> Exchange {
        let presented = || self.presented.clone().unwrap_or_default();
        Exchange {
            session: self.session,
            node: self.node,
            asked: self.asked,
            answered: self.answered,
            question: match self.what {
                What::SignIn => Question::SignIn,
                What::Check => Question::Check,
                What::Refresh => Question::Refresh(presented()),
                What::End => Question::SignOut,
            },
            answer: match self.status {
                200 => Answer::Done(self.received.clone()),
                401 => Answer::Refused,
                _ => Answer::Unknown,
            },
        }
    }

    fn has_an_allowed_status(&self) -> bool {
        match self.what {
            What::SignIn => matches!(self.status, 200 | 503),
            What::Check => matches!(self.status, 200 | 401 | 503),
            // 429: the clients have one address, and many of their tokens have ended.
            What::Refresh | What::End => matches!(self.status, 200 | 401 | 429 | 503),
        }
    }
}

/// A time in which the database could not be reached.
#[derive(Clone, Copy, Debug)]
pub struct Outage {
    pub from: Duration,
    pub to: Duration,
}

/// A session as its clients share it.
#[derive(Clone)]
struct Held {
    number: u64,
    token: String,
    /// The newest refresh token known; `None` for a device.
    refresh: Option<String>,
}

/// Many clients of two servers, and what they were answered.
pub struct Clients {
    pub nodes: [Server; 2],
    start: Instant,
    held: Mutex<Vec<Held>>,
    numbers: AtomicU64,
    events: Mutex<Vec<Event>>,
}

type Law = fn(&str);

pub const LAWS: [(&str, Law); 1] = [(
    "what_two_servers_answer_at_once_has_an_explanation",
    what_two_servers_answer_at_once_has_an_explanation,
)];

fn what_two_servers_answer_at_once_has_an_explanation(url: &str) {
    let clients = Clients::of(url);
    clients.during(OPERATIONS, |_| {});
    clients.look(|events| {
        let answered = events.iter().filter(|event| matches!(event.status, 200 | 401)).count();
        assert!(answered > 0, "{events:?}");
        judge(events, &[]);
    });
}

#[allow(clippy::disallowed_methods, reason = "real servers are asked at real times")]
fn now() -> Instant {
    Instant::now()
}

impl Clients {
    /// Of two new servers on this database. Some of them have signed in.
    pub fn of(url: &str) -> Self {
        let seconds = |life: Duration| format!("{}s", life.as_secs());
        let setup = Setup::demo()
            .without_env("TESSERA_DATABASE__DEADLINE")
            .env("TESSERA_REVOCATION__MAX_STALENESS", seconds(STALENESS))
            .env("TESSERA_REFRESH__GRACE", seconds(POLICY.grace))
            .env("TESSERA_REFRESH__IDLE", seconds(POLICY.idle))
            .env("TESSERA_REFRESH__ABSOLUTE", seconds(POLICY.absolute))
            .database(url);
        let clients = Self {
            nodes: [setup.clone().start(), setup.start()],
            start: now(),
            held: Mutex::default(),
            numbers: AtomicU64::new(0),
            events: Mutex::default(),
        };
        (0..2 * CLIENTS).for_each(|place| clients.sign_in(place));
        clients
    }

    /// They ask while something happens, and each of them so many times at least.
    pub fn during(&self, operations: usize, happens: impl FnOnce(&Self)) {
        let over = AtomicBool::new(false);
        thread::scope(|scope| {
            for seed in 1..=CLIENTS {
                let over = &over;
                scope.spawn(move || self.run(seed, |done| done < operations || !over.load(Ordering::SeqCst)));
            }
            // Also where it panics: they must not go on for ever.
            let ended = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| happens(self)));
            over.store(true, Ordering::SeqCst);
            ended.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        });
    }

    /// Asks both nodes for every session that there is.
    pub fn check_all(&self) {
        let held = self.held.lock().unwrap_or_else(PoisonError::into_inner).clone();
        for (held, node) in held.iter().flat_map(|held| [(held, 0), (held, 1)]) {
            self.check(held, node);
        }
    }

    /// The time since they began.
    pub fn time(&self) -> Duration {
        now() - self.start
    }

    /// Looks at everything so far.
    pub fn look<T>(&self, look: impl FnOnce(&[Event]) -> T) -> T {
        look(&self.events.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// One client after the other of one thread.
    fn run(&self, seed: u64, goes_on: impl Fn(usize) -> bool) {
        let mut chance = seed;
        for _ in (0..).take_while(|done| goes_on(*done)) {
            // Knuth's MMIX generator; its high bits are the good ones.
            chance = chance
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            let drawn = chance >> 33;
            let node = (drawn % 2) as usize;
            let held = self.any(drawn / 2);
            match drawn / 64 % 20 {
                0..12 => self.check(&held, node),
                12..18 => self.refresh(&held, node),
                18 => self.end(&held, node),
                _ => self.sign_in(drawn),
            }
        }
    }

    fn any(&self, drawn: u64) -> Held {
        let held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        // Rather one of the last.
        let last = held.len().min(12);
        held[held.len() - 1 - (drawn / 1024) as usize % last].clone()
    }

    fn sign_in(&self, drawn: u64) {
        let node = &self.nodes[(drawn % 2) as usize];
        let dialect = if (drawn / 2).is_multiple_of(3) {
            Dialect::Device
        } else {
            Dialect::Mechanics
        };
        let asked = self.time();
        let answer = node.send(&dialect.request(&dialect.good()));
        let answered = self.time();
        let number = self.numbers.fetch_add(1, Ordering::SeqCst);
        let refreshes = answer.status == 200 && dialect == Dialect::Mechanics;
        let refresh = refreshes.then(|| answer.member("refreshToken"));
        self.note(Event {
            session: number,
            what: What::SignIn,
            node: (drawn % 2) as usize,
            asked,
            answered,
            status: answer.status,
            presented: None,
            received: refresh.clone(),
        });
        if answer.status == 200 {
            let token = answer.member("token");
            let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
            held.push(Held { number, token, refresh });
        }
    }

    fn check(&self, held: &Held, node: usize) {
        self.ask(held, What::Check, node, |server| {
            (verify(server, [bearer(&held.token)]).status, None)
        });
    }

    fn refresh(&self, held: &Held, node: usize) {
        let Some(presented) = held.refresh.clone() else {
            return self.check(held, node);
        };
        let mut next = None;
        self.ask(held, What::Refresh, node, |server| {
            let answer = refresh(server, &presented);
            next = (answer.status == 200).then(|| Workshop::of(&answer));
            (answer.status, next.as_ref().map(|next| next.refresh.clone()))
        });
        let mut all = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let own = all
            .iter_mut()
            .find(|own| own.number == held.number && own.refresh.as_ref() == Some(&presented));
        if let (Some(own), Some(next)) = (own, next) {
            own.token = next.token;
            own.refresh = Some(next.refresh);
        }
    }

    /// Signs a device out. The mechanics dialect has no sign-out.
    fn end(&self, held: &Held, node: usize) {
        if held.refresh.is_none() {
            self.ask(held, What::End, node, |server| {
                (revoke(server, [bearer(&held.token)]).status, None)
            });
        }
    }

    /// Asks, and notes the status and the refresh token that was received.
    fn ask(&self, held: &Held, what: What, node: usize, ask: impl FnOnce(&Server) -> (u16, Option<String>)) {
        let asked = self.time();
        let (status, received) = ask(&self.nodes[node]);
        self.note(Event {
            session: held.number,
            what,
            node,
            asked,
            answered: self.time(),
            status,
            presented: held.refresh.clone().filter(|_| what == What::Refresh),
            received,
        });
    }

    fn note(&self, event: Event) {
        let (node, status) = (event.node, event.status);
        self.events.lock().unwrap_or_else(PoisonError::into_inner).push(event);
        if status == 503 {
            // A client that is asked to wait looks when the node is ready, and asks again soon in any case.
            poll(1, || self.nodes[node].get("/readyz").status == 200);
        }
    }
}

/// # Panics
/// With the answers that nothing explains.
pub fn judge(events: &[Event], outages: &[Outage]) {
    for event in events {
        assert!(event.has_an_allowed_status(), "{event:?}");
    }
    no_check_goes_by_an_old_list(events, outages);
    let history: Vec<Exchange> = events.iter().map(Event::exchange).collect();
    let broken = judge_history(&history, 2, STALENESS);
    let listed = broken.iter().map(|(rule, place)| {
        let before = life_of(events[*place].session, events);
        format!(
            "{rule}: {:?}\nall answers about this session:\n{before}",
            events[*place]
        )
    });
    let listed: Vec<String> = listed.collect();
    assert!(listed.is_empty(), "{}", listed.join("\n"));
}

/// What was asked about a session and answered, a line each.
fn life_of(session: u64, events: &[Event]) -> String {
    let own = events.iter().filter(|event| event.session == session);
    own.map(|event| format!("  {event:?}\n")).collect()
}

/// Without a database, checks go on for so long and no longer.
fn no_check_goes_by_an_old_list(events: &[Event], outages: &[Outage]) {
    for check in events
        .iter()
        .filter(|event| event.what == What::Check && event.status == 200)
    {
        let too_late = |outage: &&Outage| check.asked > outage.from + STALENESS && check.answered < outage.to;
        let outage = outages.iter().find(too_late);
        assert!(outage.is_none(), "{check:?} was accepted in {outage:?}");
    }
}

/// A history for each rule that breaks it, and nothing else.
pub fn wrong_histories_are_found() {
    let event = |what, node, at, status| Event {
        session: 1,
        what,
        node,
        asked: Duration::from_secs(at),
        answered: Duration::from_secs(at),
        status,
        presented: None,
        received: None,
    };
    let begun = || Event {
        received: Some("first".to_owned()),
        ..event(What::SignIn, 0, 0, 200)
    };
    let refreshed = |at, presented: &str, received: &str| Event {
        presented: Some(presented.to_owned()),
        received: Some(received.to_owned()),
        ..event(What::Refresh, 0, at, 200)
    };
    let end = || event(What::End, 0, 2, 200);
    let outage = Outage {
        from: Duration::from_secs(10),
        to: Duration::from_secs(20),
    };
    for good in [
        vec![
            begun(),
            event(What::Check, 0, 1, 200),
            end(),
            event(What::Check, 1, 3, 200),
        ],
        vec![
            begun(),
            end(),
            event(What::Check, 0, 3, 401),
            event(What::End, 1, 4, 401),
        ],
        vec![
            begun(),
            event(What::Check, 0, 11, 200),
            event(What::Check, 0, 12, 503),
            event(What::SignIn, 0, 12, 503),
        ],
        vec![begun(), refreshed(1, "first", "next"), refreshed(2, "first", "next")],
    ] {
        judge(&good, &[outage]);
    }
    let refused = Event {
        presented: Some("first".to_owned()),
        ..event(What::Refresh, 0, 1, 401)
    };
    for wrong in [
        vec![event(What::Check, 0, 12, 200)],
        vec![event(What::SignIn, 0, 12, 500)],
        vec![event(What::Check, 0, 30, 401)],
        vec![event(What::End, 0, 30, 401)],
        vec![refused],
        vec![end(), event(What::Check, 0, 3, 200)],
        vec![end(), event(What::Check, 1, 4, 200)],
        vec![end(), end()],
        vec![refreshed(1, "first", "one"), refreshed(2, "first", "two")],
        vec![
            refreshed(1, "first", "one"),
            refreshed(2, "one", "two"),
            refreshed(3, "first", "one"),
        ],
        vec![end(), refreshed(4, "first", "one")],
    ] {
        let wrong: Vec<Event> = [begun()].into_iter().chain(wrong).collect();
        let judged = std::panic::catch_unwind(|| judge(&wrong, &[outage]));
        assert!(judged.is_err(), "{wrong:?}");
    }
}
