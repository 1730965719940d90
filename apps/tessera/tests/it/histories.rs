//! What two servers on one database answered to many clients at once, judged afterwards by the times of question and
//! answer alone: the rules of the simulation (`testkit::simulation`) on real servers, sockets and threads.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::support::dialect::Dialect;
use crate::support::server::{Server, Setup};
use crate::support::sign_in::{Workshop, bearer, refresh, revoke, verify};

/// A node that has not read the feed for this long answers 503, so from then on no delay of this machine excuses a 200.
const STALENESS: Duration = Duration::from_secs(1);

const CLIENTS: u64 = 8;
const OPERATIONS: usize = 250;

/// What a client did with a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What {
    Check,
    Refresh,
    End,
}

/// One question and its answer.
#[derive(Clone, Debug)]
struct Event {
    session: u64,
    what: What,
    node: usize,
    asked: Duration,
    answered: Duration,
    status: u16,
    /// The refresh token presented, and its successor.
    succession: Option<(String, String)>,
}

/// A session as its clients share it.
#[derive(Clone)]
struct Held {
    number: u64,
    token: String,
    /// The newest refresh token known; `None` for a device.
    refresh: Option<String>,
}

struct Clients {
    nodes: [Server; 2],
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
    let setup = Setup::demo()
        .env("TESSERA_REVOCATION__MAX_STALENESS", "1s")
        .database(url);
    let clients = Clients {
        nodes: [setup.clone().start(), setup.start()],
        start: now(),
        held: Mutex::default(),
        numbers: AtomicU64::new(0),
        events: Mutex::default(),
    };
    (0..2 * CLIENTS).for_each(|place| clients.sign_in(place));
    thread::scope(|scope| {
        for seed in 1..=CLIENTS {
            let clients = &clients;
            scope.spawn(move || clients.run(seed));
        }
    });
    let events = clients.events.into_inner().unwrap_or_else(PoisonError::into_inner);
    let answered = events.iter().filter(|event| matches!(event.status, 200 | 401)).count();
    assert!(answered > 0, "{events:?}");
    judge(&events);
}

#[allow(clippy::disallowed_methods, reason = "real servers are asked at real times")]
fn now() -> Instant {
    Instant::now()
}

impl Clients {
    /// One client after the other of one thread.
    fn run(&self, seed: u64) {
        let mut chance = seed;
        for _ in 0..OPERATIONS {
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
        let answer = node.send(&dialect.request(&dialect.good()));
        if answer.status != 200 {
            assert_eq!(answer.status, 503, "{answer:?}");
            return;
        }
        let refresh = (dialect == Dialect::Mechanics).then(|| answer.member("refreshToken"));
        let number = self.numbers.fetch_add(1, Ordering::SeqCst);
        let token = answer.member("token");
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.push(Held { number, token, refresh });
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
        let asked = now() - self.start;
        let (status, succession) = ask(&self.nodes[node]);
        let answered = now() - self.start;
        let event = Event {
            session: held.number,
            what,
            node,
            asked,
            answered,
            status,
            succession,
        };
        self.events.lock().unwrap_or_else(PoisonError::into_inner).push(event);
    }
}

fn judge(events: &[Event]) {
    one_successor(events);
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
                    What::Check => false,
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
    judge(&good);
    for wrong in [
        vec![end.clone(), event(What::Check, 0, 2, 200)],
        vec![end.clone(), event(What::Check, 1, 3, 200)],
        vec![end.clone(), end],
        vec![event(What::Check, 0, 1, 401)],
        vec![refreshed("one"), refreshed("two")],
    ] {
        let judged = std::panic::catch_unwind(|| judge(&wrong));
        assert!(judged.is_err(), "{wrong:?}");
    }
}
