//! Failed logins are counted, by name and by address (contract, section 1). Every test starts its own server, because
//! a lock affects all clients.

use std::collections::HashSet;

use crate::support::at_once;
use crate::support::client::{Request, Response};
use crate::support::dialect::{Dialect, retry_after};
use crate::support::server::{Server, Setup};
use crate::support::sign_in::{bearer, device, lives};

/// More wrong guesses than any name and address are allowed.
const MANY: usize = 20;

fn behind_a_proxy() -> Setup {
    Setup::demo().env("TESSERA_HTTP__TRUSTED_PROXIES", r#"["127.0.0.1", "10.0.0.0/8"]"#)
}

fn attempt(server: &Server, dialect: Dialect, name: &str, password: &str, from: &str) -> Response {
    server.send(&dialect.request(&dialect.attempt(name, password)).coming_from(from))
}

fn good_name(dialect: Dialect) -> (&'static str, &'static str) {
    match dialect {
        Dialect::Mechanics => ("workshop@email.dk", "qwerty"),
        Dialect::Login => ("100@mydomain.com", "secret"),
        Dialect::Device => ("gmachia@gmail.com", crate::support::dialect::PLAYER_PASSWORD),
        Dialect::Integration => ("demo-key", "demo-token-7f3c9a51"),
    }
}

/// Fails until it is locked out; how many failures were answered as such.
fn lock_out(server: &Server, dialect: Dialect, name: &str, from: &str) -> usize {
    for failures in 0..MANY {
        let response = attempt(server, dialect, name, "wrong", from);
        if response.status == 429 {
            dialect.refuses(&response, 429);
            return failures;
        }
        assert!(matches!(response.status, 401 | 404), "{response:?}");
    }
    panic!("{MANY} wrong passwords for {name} and no lock");
}

#[test]
fn too_many_failures_lock_the_name_from_that_address_in_every_dialect() {
    let server = behind_a_proxy().start();
    for dialect in Dialect::ALL {
        let (name, password) = good_name(dialect);
        let failures = lock_out(&server, dialect, name, "203.0.113.1");
        assert!((3..=10).contains(&failures), "{failures} at {dialect:?}");
        let right = attempt(&server, dialect, name, password, "203.0.113.1");
        dialect.refuses(&right, 429);
        let page = dialect
            .request(&dialect.good())
            .header("Origin", "https://app.example.com");
        let page = server.send(&page.coming_from("203.0.113.1"));
        assert_eq!(
            (page.status, page.header("Access-Control-Allow-Origin")),
            (429, Some("*")),
            "{page:?}"
        );
        let elsewhere = attempt(&server, dialect, name, password, "203.0.113.2");
        assert_eq!(
            elsewhere.status, 200,
            "the owner elsewhere, at {dialect:?}: {elsewhere:?}"
        );
    }
}

#[test]
fn unknown_names_are_locked_like_any_other() {
    let server = behind_a_proxy().start();
    for dialect in Dialect::ALL {
        let failures = lock_out(&server, dialect, "nobody@example.com", "203.0.113.3");
        assert!((3..=10).contains(&failures), "{failures} at {dialect:?}");
    }
}

#[test]
fn other_spellings_of_a_name_are_the_same_name() {
    let server = behind_a_proxy().start();
    let spellings = [
        "gmachia",
        "GMACHIA",
        " gmachia",
        "gMachia ",
        "Gmachia",
        "gmachiA",
        "GmAcHiA",
        "gmachia\u{2003}",
        "GMachia",
        "gmaChia",
    ];
    for spelling in spellings {
        let response = attempt(&server, Dialect::Device, spelling, "wrong", "203.0.113.4");
        assert!(matches!(response.status, 401 | 429), "{response:?}");
    }
    for spelling in spellings {
        let response = attempt(&server, Dialect::Device, spelling, "wrong", "203.0.113.4");
        assert_eq!(response.status, 429, "{spelling:?}");
    }
}

#[test]
fn a_login_and_an_alias_are_one_account() {
    let server = behind_a_proxy().start();
    let (name, password) = good_name(Dialect::Device);
    let guess = |index: usize| {
        let name = [name, "gmachia"][index % 2];
        attempt(&server, Dialect::Device, name, "wrong", "203.0.113.14").status
    };
    let statuses: Vec<u16> = (0..MANY).map(guess).collect();
    let checked = statuses.iter().filter(|status| **status == 401).count();
    assert!((3..=10).contains(&checked), "{statuses:?}");
    for name in [name, "gmachia"] {
        let right = attempt(&server, Dialect::Device, name, password, "203.0.113.14");
        Dialect::Device.refuses(&right, 429);
    }
}

#[test]
fn a_success_forgives_the_failures_before_it() {
    let server = behind_a_proxy().start();
    let (name, password) = good_name(Dialect::Mechanics);
    for _ in 0..3 {
        for _ in 0..5 {
            assert_eq!(
                attempt(&server, Dialect::Mechanics, name, "wrong", "203.0.113.5").status,
                401
            );
        }
        assert_eq!(
            attempt(&server, Dialect::Mechanics, name, password, "203.0.113.5").status,
            200
        );
    }
}

#[test]
fn many_names_from_one_address_lock_the_address() {
    let server = behind_a_proxy().start();
    let fail = |index: usize| {
        let name = format!("nobody-{index}@mydomain.com");
        attempt(&server, Dialect::Login, &name, "x", "203.0.113.6").status
    };
    let statuses: Vec<u16> = (0..80).map(fail).collect();
    assert_eq!(statuses[..20], [404; 20], "looser than the counter of name and address");
    assert_eq!(statuses[79], 429);
    let (name, password) = good_name(Dialect::Login);
    Dialect::Login.refuses(&attempt(&server, Dialect::Login, name, password, "203.0.113.6"), 429);
    assert_eq!(
        attempt(&server, Dialect::Login, name, password, "203.0.113.7").status,
        200
    );
    // The counter belongs to the address, whichever flavour it uses.
    Dialect::Mechanics.refuses(
        &attempt(
            &server,
            Dialect::Mechanics,
            "workshop@email.dk",
            "qwerty",
            "203.0.113.6",
        ),
        429,
    );
}

#[test]
fn guesses_from_many_addresses_lock_the_name_and_not_its_owner() {
    let server = behind_a_proxy().start();
    let (name, password) = good_name(Dialect::Mechanics);
    let from = |address: &str, password: &str| attempt(&server, Dialect::Mechanics, name, password, address).status;
    assert_eq!(from("192.0.2.77", password), 200, "the owner, at home");
    let guess = |index: usize| from(&format!("198.51.100.{}", index / 8), "wrong");
    let statuses: Vec<u16> = (0..128).map(guess).collect();
    let checked = statuses.iter().filter(|status| **status == 401).count();
    assert!(
        (40..=100).contains(&checked),
        "the counter with the highest limit, below a hundred: {checked}"
    );
    assert_eq!(statuses.last(), Some(&429));
    assert_eq!(from("203.0.113.99", password), 429, "right or wrong");
    assert_eq!(from("192.0.2.77", password), 200, "the owner, still at home");
    let other = attempt(&server, Dialect::Login, "root", "secret", "198.51.100.1");
    assert_eq!(other.status, 200, "another name: {other:?}");
}

#[test]
fn an_ipv6_client_is_its_network() {
    let server = behind_a_proxy().start();
    let (name, password) = good_name(Dialect::Mechanics);
    for host in 0..MANY {
        let status = attempt(
            &server,
            Dialect::Mechanics,
            name,
            "wrong",
            &format!("2001:db8:0:1::{host:x}"),
        )
        .status;
        assert!(matches!(status, 401 | 429));
    }
    let from = |address: &str| attempt(&server, Dialect::Mechanics, name, password, address).status;
    assert_eq!(from("2001:db8:0:1:ffff::1"), 429);
    assert_eq!(from("2001:db8:0:2::1"), 200);
}

#[test]
fn a_whole_ipv6_network_has_a_limit_too() {
    let server = behind_a_proxy().start();
    let fail = |index: usize| {
        let name = format!("nobody-{index}@mydomain.com");
        let from = format!("2001:db8:0:{:x}::1", index % 256);
        attempt(&server, Dialect::Login, &name, "x", &from).status
    };
    let checked = (0..300).map(fail).filter(|status| *status == 404).count();
    assert!((51..=200).contains(&checked), "looser than for one address: {checked}");
    let (name, password) = good_name(Dialect::Login);
    let from = |address: &str| attempt(&server, Dialect::Login, name, password, address).status;
    assert_eq!(from("2001:db8:0:ff::2"), 429);
    assert_eq!(from("2001:db8:1::1"), 200);
}

#[test]
fn an_owner_who_has_signed_in_from_an_address_is_not_locked_out_by_a_neighbour() {
    let server = behind_a_proxy().start();
    let (name, password) = good_name(Dialect::Mechanics);
    let own = || attempt(&server, Dialect::Mechanics, name, password, "203.0.113.15").status;
    assert_eq!(own(), 200);
    for index in 0..60 {
        let name = format!("nobody-{index}@mydomain.com");
        attempt(&server, Dialect::Login, &name, "x", "203.0.113.15");
    }
    let stranger = attempt(&server, Dialect::Login, "root", "secret", "203.0.113.15");
    assert_eq!(stranger.status, 429, "{stranger:?}");
    assert_eq!(own(), 200, "the owner, beside the neighbour");
}

#[test]
fn a_forwarded_address_that_cannot_be_read_is_one_unknown_client() {
    let server = behind_a_proxy().start();
    let (name, password) = good_name(Dialect::Mechanics);
    let mut statuses = Vec::new();
    for (index, from) in [
        "unknown",
        "_hidden",
        "",
        "10.1.2.3 203.0.113.1",
        "203.0.113.300",
        "not, ",
    ]
    .iter()
    .cycle()
    .take(MANY)
    .enumerate()
    {
        let name = format!("nobody-{index}@email.dk");
        statuses.push(attempt(&server, Dialect::Mechanics, &name, "wrong", from).status);
    }
    let checked = statuses.iter().filter(|status| **status == 401).count();
    assert!(
        (3..=10).contains(&checked),
        "the strictest limit for all of them: {statuses:?}"
    );
    let from = |chain: &str| attempt(&server, Dialect::Mechanics, name, password, chain).status;
    assert_eq!(
        from("203.0.113.16, unknown, 10.1.2.3"),
        429,
        "what is left of it is not read"
    );
    assert_eq!(
        from("unknown, 203.0.113.16"),
        200,
        "a client can write anything on the left"
    );
    let request = Dialect::Mechanics.request(&Dialect::Mechanics.good());
    assert_eq!(server.send(&request).status, 200, "the proxy itself");
}

#[test]
fn forwarded_addresses_may_have_a_port() {
    let server = behind_a_proxy().start();
    let (name, password) = good_name(Dialect::Mechanics);
    for (ported, plain) in [
        ("203.0.113.17:50123", "203.0.113.17"),
        ("[2001:db8:0:9::1]:50123", "2001:db8:0:9::1"),
        ("[2001:db8:0:a::1]", "2001:db8:0:a::1"),
    ] {
        lock_out(&server, Dialect::Mechanics, "nobody@email.dk", ported);
        let same = attempt(&server, Dialect::Mechanics, "nobody@email.dk", "x", plain);
        assert_eq!(same.status, 429, "{ported} is {plain}");
        assert_eq!(attempt(&server, Dialect::Mechanics, name, password, plain).status, 200);
    }
}

#[test]
fn a_forwarded_address_counts_only_from_a_trusted_proxy() {
    let server = Server::demo();
    let (name, password) = good_name(Dialect::Mechanics);
    let mut statuses = Vec::new();
    for index in 0..MANY {
        let from = format!("203.0.113.{index}");
        let request = Dialect::Mechanics.request(&Dialect::Mechanics.attempt(name, "wrong"));
        let request = request
            .coming_from(&from)
            .header("X-Real-IP", &from)
            .header("Forwarded", format!("for={from}"));
        statuses.push(server.send(&request).status);
    }
    assert_eq!(statuses.last(), Some(&429), "{statuses:?}");
    assert_eq!(
        attempt(&server, Dialect::Mechanics, name, password, "203.0.113.200").status,
        429
    );
}

#[test]
fn behind_proxies_the_rightmost_untrusted_address_is_the_client() {
    let server = behind_a_proxy().start();
    let (name, password) = good_name(Dialect::Mechanics);
    for index in 0..MANY {
        // The left part is what the client wrote itself; the proxies add on the right.
        let chain = format!("198.51.100.{index}, 203.0.113.8, 10.1.2.3");
        let status = attempt(&server, Dialect::Mechanics, name, "wrong", &chain).status;
        assert!(matches!(status, 401 | 429));
    }
    let from = |chain: &str| attempt(&server, Dialect::Mechanics, name, password, chain).status;
    assert_eq!(from("203.0.113.8"), 429);
    assert_eq!(from("192.0.2.1, 203.0.113.8, 10.9.9.9"), 429);
    assert_eq!(from("203.0.113.8, 192.0.2.1"), 200);
    // Two lines are one list.
    let request = Dialect::Mechanics.request(&Dialect::Mechanics.good());
    assert_eq!(
        server
            .send(&request.coming_from("192.0.2.1").coming_from("203.0.113.8"))
            .status,
        429
    );
}

#[test]
fn parallel_guesses_learn_no_more_than_guesses_in_a_row() {
    let server = behind_a_proxy().start();
    let (name, _) = good_name(Dialect::Mechanics);
    let statuses = at_once(40, |_| {
        attempt(&server, Dialect::Mechanics, name, "wrong", "203.0.113.9").status
    });
    let checked = statuses.iter().filter(|status| **status == 401).count();
    assert!(checked <= 10, "{checked} of 40 learned that they were wrong");
    assert!(
        statuses.iter().all(|status| matches!(status, 401 | 429 | 503)),
        "{statuses:?}"
    );
}

#[test]
fn a_lock_is_on_logins_and_not_on_tokens() {
    let server = Server::demo();
    let token = device(&server);
    lock_out(&server, Dialect::Device, "gmachia@gmail.com", "ignored");
    assert!(lives(&server, [bearer(&token)]));
    assert_eq!(
        server
            .send(&Request::post("/api/tokens/revoke").headers([bearer(&token)]))
            .status,
        200
    );
}

#[test]
fn a_person_locked_at_one_flavour_of_a_realm_is_locked_at_the_others() {
    let toml = "[[flavour]]\nname = \"device\"\ndialect = \"device\"\n\
                [[flavour]]\nname = \"login\"\ndialect = \"login\"\nrealm = \"players\"\n";
    let server = Setup::demo().config(toml).start();
    lock_out(&server, Dialect::Device, "gmachia", "ignored");
    let body = Dialect::Login.attempt("gmachia", crate::support::dialect::PLAYER_PASSWORD);
    let response = server.send(&Dialect::Login.request(&body));
    assert_eq!(response.status, 429, "{response:?}");
}

#[test]
fn a_full_queue_is_a_503_at_once_with_a_time_that_differs() {
    let server = behind_a_proxy()
        .env("TESSERA_PASSWORDS__COST", "12")
        .env("TESSERA_PASSWORDS__QUEUE", "1")
        .env("TESSERA_PASSWORDS__THREADS", "1")
        .start();
    let (name, password) = good_name(Dialect::Mechanics);
    let mut busy: Vec<Response> = Vec::new();
    for round in 0..3 {
        let from = |caller: usize| format!("198.51.{round}.{caller}");
        let answers = at_once(24, |caller| {
            attempt(&server, Dialect::Mechanics, name, password, &from(caller))
        });
        assert!(
            answers.iter().all(|answer| matches!(answer.status, 200 | 503)),
            "{answers:?}"
        );
        assert!(answers.iter().any(|answer| answer.status == 200), "one login succeeds");
        busy.extend(answers.into_iter().filter(|answer| answer.status == 503));
    }
    assert!(busy.len() >= 20, "{} of 72", busy.len());
    for response in &busy {
        assert_eq!(
            Dialect::Mechanics.refuses(response, 503),
            "The server is busy. Try again later."
        );
    }
    let waits: HashSet<u32> = busy.iter().map(retry_after).collect();
    assert!(waits.iter().all(|seconds| *seconds <= 60), "{waits:?}");
    assert!(waits.len() > 1, "all would come back together: {waits:?}");
    assert_eq!(
        attempt(&server, Dialect::Mechanics, name, password, "203.0.113.10").status,
        200
    );
}
