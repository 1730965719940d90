//! What two servers on one database answered to many clients at once, judged afterwards by the times of question and
//! answer alone: the rules of the simulation (`testkit::simulation`) on real servers, sockets and threads.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::support::dialect::Dialect;
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
    /// The refresh token presented, and its successor.
    succession: Option<(String, String)>,
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
        let setup = Setup::demo()
            .env("TESSERA_REVOCATION__MAX_STALENESS", "1s")
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
        let number = self.numbers.fetch_add(1, Ordering::SeqCst);
        self.note(Event {
            session: number,
            what: What::SignIn,
            node: (drawn % 2) as usize,
            asked,
            answered: self.time(),
            status: answer.status,
            succession: None,
        });
        if answer.status == 200 {
            let refresh = (dialect == Dialect::Mechanics).then(|| answer.member("refreshToken"));
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
            let successor = next.as_ref().map(|next| next.refresh.clone());
            (answer.status, successor.map(|successor| (presented.clone(), successor)))
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

    fn ask(&self, held: &Held, what: What, node: usize, ask: impl FnOnce(&Server) -> (u16, Option<(String, String)>)) {
        let asked = self.time();
        let (status, succession) = ask(&self.nodes[node]);
        self.note(Event {
            session: held.number,
            what,
            node,
            asked,
            answered: self.time(),
            status,
            succession,
        });
    }

    fn note(&self, event: Event) {
        if event.status == 503 {
            // A client that is asked to wait does so for a moment.
            thread::sleep(Duration::from_millis(5));
        }
        self.events.lock().unwrap_or_else(PoisonError::into_inner).push(event);
    }
}

/// # Panics
/// With the answers that nothing explains.
pub fn judge(events: &[Event], outages: &[Outage]) {
    one_successor(events);
    for event in events.iter().filter(|event| event.what == What::SignIn) {
        assert!(matches!(event.status, 200 | 503), "{event:?}");
    }
    no_check_goes_by_an_old_list(events, outages);
    let mut sessions: HashMap<u64, Vec<&Event>> = HashMap::new();
    events
        .iter()
        .for_each(|event| sessions.entry(event.session).or_default().push(event));
    for events in sessions.values() {
        let ends: Vec<&&Event> = events.iter().filter(|event| event.what == What::End).collect();
        let done: Vec<&&&Event> = ends.iter().filter(|end| end.status == 200).collect();
        assert!(
            done.len() <= 1,
            "several sign-outs were told that they ended one session: {done:?}"
        );
        for event in events.iter().filter(|event| event.what == What::Check) {
            if event.status == 200 {
                no_revocation_is_forgotten(event, done.first().copied());
            } else {
                assert!(matches!(event.status, 401 | 503), "{event:?}");
                let may_end = |other: &&&Event| match other.what {
                    What::End => true,
                    // An older refresh token is reuse.
                    What::Refresh => !matches!(other.status, 200 | 429),
                    What::Check | What::SignIn => false,
                };
                let mut may_end = events.iter().filter(may_end);
                let may_have_ended = may_end.any(|end| end.asked < event.answered);
                assert!(
                    event.status == 503 || may_have_ended,
                    "a live session was refused: {event:?}"
                );
            }
        }
    }
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

fn no_revocation_is_forgotten(check: &Event, end: Option<&&&Event>) {
    let Some(end) = end else {
        return;
    };
    let known = if check.node == end.node {
        Duration::ZERO
    } else {
        STALENESS
    };
    assert!(
        check.asked <= end.answered + known,
        "{check:?} was accepted after {end:?}"
    );
}

fn one_successor(events: &[Event]) {
    let mut successors: HashMap<&str, &str> = HashMap::new();
    let successions = events.iter().filter_map(|event| event.succession.as_ref());
    for (presented, successor) in successions {
        let known = successors.entry(presented).or_insert(successor);
        assert_eq!(known, successor, "one refresh token has two successors");
    }
    let renewed = events.iter().filter(|event| event.what == What::Refresh);
    for event in renewed {
        // 429: the clients have one address, and many of their tokens have ended.
        assert!(matches!(event.status, 200 | 401 | 429 | 503), "{event:?}");
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
        succession: None,
    };
    let refreshed = |successor: &str| Event {
        succession: Some(("old".to_owned(), successor.to_owned())),
        ..event(What::Refresh, 0, 1, 200)
    };
    let end = event(What::End, 0, 1, 200);
    let good = [
        end.clone(),
        event(What::Check, 0, 0, 200),
        event(What::Check, 1, 2, 200),
    ];
    judge(&good, &[]);
    let outage = Outage {
        from: Duration::from_secs(10),
        to: Duration::from_secs(20),
    };
    judge(
        &[
            event(What::Check, 0, 11, 200),
            event(What::Check, 0, 12, 503),
            event(What::SignIn, 0, 12, 503),
        ],
        &[outage],
    );
    for wrong in [
        vec![event(What::Check, 0, 12, 200)],
        vec![event(What::SignIn, 0, 12, 500)],
        vec![event(What::SignIn, 0, 12, 200), event(What::Check, 0, 30, 401)],
        vec![end.clone(), event(What::Check, 0, 2, 200)],
        vec![end.clone(), event(What::Check, 1, 3, 200)],
        vec![end.clone(), end],
        vec![event(What::Check, 0, 1, 401)],
        vec![refreshed("one"), refreshed("two")],
    ] {
        let judged = std::panic::catch_unwind(|| judge(&wrong, &[outage]));
        assert!(judged.is_err(), "{wrong:?}");
    }
}
