//! Concurrent requests: exactly one result (contract, sections 2 and 5).

use std::collections::HashSet;

use crate::support::client::Request;
use crate::support::dialect::Dialect;
use crate::support::server::{Server, Setup};
use crate::support::sign_in::{Workshop, at, basic, bearer, lives, logout, refresh, revoke, session, workshop};
use crate::support::{at_once, jws, the_one};

const CROWD: usize = 40;

#[test]
fn forty_clients_that_refresh_one_token_at_once_get_one_successor() {
    let server = Server::shared();
    let mut held = workshop(server);
    let session = jws::claims(&held.token)["sid"].clone();
    for _ in 0..8 {
        let answers = at_once(CROWD, |_| Workshop::of(&refresh(server, &held.refresh)));
        the_one(answers.iter().map(|answer| answer.refresh.as_str()));
        the_one(
            answers
                .iter()
                .map(|answer| jws::claims(&answer.token)["sid"].clone())
                .chain([session.clone()]),
        );
        assert_ne!(answers[0].refresh, held.refresh);
        assert!(lives(server, [bearer(&answers[CROWD - 1].token)]));
        held = answers.into_iter().next().expect("forty");
    }
}

#[test]
fn without_a_grace_at_most_one_refresh_succeeds() {
    let server = Setup::demo().env("TESSERA_REFRESH__GRACE", "0s").start();
    assert!(server.err().text().contains("no_refresh_grace"), "a warning");
    // In all fewer than the 200 unknown tokens that a source may present at once: most of these are unknown.
    for _ in 0..4 {
        let held = workshop(&server);
        let answers = at_once(CROWD, |_| refresh(&server, &held.refresh));
        let successors: HashSet<String> = answers
            .iter()
            .filter(|answer| answer.status == 200)
            .map(|answer| answer.member("refreshToken"))
            .collect();
        assert!(successors.len() <= 1, "{} winners", successors.len());
        assert!(
            answers.iter().all(|answer| matches!(answer.status, 200 | 401)),
            "{answers:?}"
        );
    }
}

#[test]
fn forty_consumers_that_create_one_client_at_once_create_one_client() {
    let server = Server::shared();
    for round in 0..8 {
        let body = |caller: usize| {
            let mut body = Dialect::Integration.good();
            // One e-mail address in many spellings.
            let email = format!("crowd-{round}@letsta.lk");
            body["email"] = if caller.is_multiple_of(2) {
                email
            } else {
                email.to_uppercase()
            }
            .into();
            body["name"] = format!("Caller {caller}").into();
            body
        };
        let answers = at_once(CROWD, |caller| {
            server.send(&Dialect::Integration.request(&body(caller)))
        });
        assert!(answers.iter().all(|answer| answer.status == 200), "{answers:?}");
        the_one(answers.iter().map(|answer| at(&answer.json(), "/person/id").clone()));
        the_one(answers.iter().map(|answer| at(&answer.json(), "/person/name").clone()));
        let tokens: HashSet<String> = answers.iter().map(|answer| answer.member("token")).collect();
        assert!(tokens.iter().all(|token| lives(server, [basic(token)])));
        assert_eq!(tokens.len(), 1, "a token for each call would grow without bound");
    }
}

#[test]
fn a_refresh_at_the_time_of_a_reuse_leaves_no_active_token() {
    let server = Server::shared();
    for _ in 0..8 {
        let first = workshop(server);
        let second = Workshop::of(&refresh(server, &first.refresh));
        let third = Workshop::of(&refresh(server, &second.refresh));
        let answers = at_once(2, |caller| {
            refresh(server, if caller == 0 { &first.refresh } else { &third.refresh })
        });
        assert_eq!(answers[0].status, 401);
        for answer in answers.iter().filter(|answer| answer.status == 200) {
            let escaped = Workshop::of(answer);
            assert!(!lives(server, [bearer(&escaped.token)]));
            assert_eq!(refresh(server, &escaped.refresh).status, 401);
        }
        assert!(!lives(server, [bearer(&third.token)]));
        assert_eq!(refresh(server, &third.refresh).status, 401);
    }
}

#[test]
fn one_of_many_logouts_of_a_session_succeeds_and_all_of_them_are_answered() {
    let server = Server::shared();
    let held = session(server);
    let statuses = at_once(CROWD, |_| logout(server, held.headers()).status);
    assert!(
        statuses.contains(&200) && statuses.iter().all(|status| matches!(status, 200 | 401)),
        "{statuses:?}"
    );
    assert!(!lives(server, held.headers()));
    let token = crate::support::sign_in::device(server);
    let statuses = at_once(CROWD, |_| revoke(server, [bearer(&token)]).status);
    assert!(
        statuses.contains(&200) && statuses.iter().all(|status| matches!(status, 200 | 401)),
        "{statuses:?}"
    );
    assert!(!lives(server, [bearer(&token)]));
}

#[test]
fn sign_ins_at_once_are_all_answered_each_with_a_session_of_its_own() {
    let server = Server::demo();
    for dialect in Dialect::WITH_PASSWORDS {
        let answers = at_once(CROWD, |_| server.send(&dialect.request(&dialect.good())));
        let (good, busy): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == 200);
        // One address has a limited share of the queue; its other requests get a 503 with `Retry-After`.
        busy.iter().for_each(|answer| drop(dialect.refuses(answer, 503)));
        let tokens: HashSet<String> = good.iter().map(|answer| answer.member("token")).collect();
        assert!(
            !good.is_empty() && tokens.len() == good.len(),
            "{} of {dialect:?}",
            good.len()
        );
    }
    assert_eq!(server.send(&Request::get("/readyz")).status, 200);
}
