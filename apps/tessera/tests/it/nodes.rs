//! Several servers on one database (contract, sections 0 and 1): each law runs on SQLite and on PostgreSQL.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::support::client::{Request, Response};
use crate::support::dialect::Dialect;
use crate::support::operator::Operator;
use crate::support::server::{Server, Setup};
use crate::support::sign_in::{
    Workshop, at, basic, bearer, client, device, lives, logout, refresh, revoke, session, sign_in, workshop,
};
use crate::support::{at_once, jws, poll, the_one};

/// One second, in steps of `poll`.
const A_SECOND: usize = 100;
const ROUNDS: usize = 5;
const CROWD: usize = 40;

/// A law and its name; it gets the URL of an empty database.
type Law = (&'static str, fn(&str));

macro_rules! laws {
    ($($law:ident)*) => {
        pub const LAWS: [Law; [$(stringify!($law)),*].len()] = [$((stringify!($law), $law)),*];
    };
}

laws! {
    many_nodes_start_at_once_on_an_empty_database_and_load_the_demo_once
    a_token_of_one_node_is_accepted_by_the_other_at_once
    a_token_revoked_on_one_node_is_refused_by_the_other_within_a_second
    a_disabled_account_is_refused_on_every_node_within_a_second
    one_of_many_log_outs_ends_the_session_and_it_is_told_once
    lost_permissions_are_lost_to_signed_tokens_on_every_node_within_a_second
    one_refresh_token_has_one_successor_whichever_nodes_are_asked
    a_revocation_by_command_wins_over_racing_refreshes
    one_address_is_one_client_whichever_nodes_are_asked
    nodes_with_one_master_key_make_one_set_of_keys
    every_node_listens_to_notices
    the_feed_of_another_database_is_refused_at_start
}

/// Servers that start at the same moment.
fn nodes(count: usize, setup: &Setup, url: &str) -> Vec<Server> {
    at_once(count, |_| setup.clone().database(url).start())
}

fn two(url: &str) -> [Server; 2] {
    nodes(2, &Setup::demo(), url).try_into().expect("two")
}

fn many_nodes_start_at_once_on_an_empty_database_and_load_the_demo_once(url: &str) {
    let nodes = nodes(4, &Setup::demo(), url);
    for node in &nodes {
        for dialect in Dialect::ALL {
            sign_in(node, dialect);
        }
    }
    let id = |node: &Server| {
        let answer = node.send(&Dialect::Integration.request(&Dialect::Integration.good()));
        at(&answer.json(), "/person/id").clone()
    };
    the_one(nodes.iter().map(id));
    drop(nodes);
    let later = Setup::demo().database(url).start();
    for dialect in Dialect::ALL {
        sign_in(&later, dialect);
    }
}

fn a_token_of_one_node_is_accepted_by_the_other_at_once(url: &str) {
    let [here, there] = two(url);
    for (issuing, other) in [(&here, &there), (&there, &here)] {
        assert!(lives(other, [bearer(&workshop(issuing).token)]));
        assert!(lives(other, session(issuing).headers()));
        assert!(lives(other, [bearer(&device(issuing))]));
        assert!(lives(other, [basic(&client(issuing, "nodes@letsta.lk"))]));
        let held = workshop(issuing);
        let next = Workshop::of(&refresh(other, &held.refresh));
        assert!(lives(issuing, [bearer(&next.token)]));
    }
}

fn a_token_revoked_on_one_node_is_refused_by_the_other_within_a_second(url: &str) {
    let [here, there] = two(url);
    for _ in 0..ROUNDS {
        let (held, token, shop) = (session(&here), device(&here), workshop(&here));
        let next = Workshop::of(&refresh(&here, &Workshop::of(&refresh(&here, &shop.refresh)).refresh));
        for node in [&here, &there] {
            assert!(lives(node, held.headers()) && lives(node, [bearer(&token)]) && lives(node, [bearer(&next.token)]));
        }
        assert_eq!(logout(&here, held.headers()).status, 200);
        assert!(poll(A_SECOND, || !lives(&there, held.headers())), "a logout");
        assert_eq!(revoke(&there, [bearer(&token)]).status, 200);
        assert!(poll(A_SECOND, || !lives(&here, [bearer(&token)])), "a revocation");
        assert_eq!(refresh(&here, &shop.refresh).status, 401);
        assert!(poll(A_SECOND, || !lives(&there, [bearer(&next.token)])), "a reuse");
        assert_eq!(refresh(&there, &next.refresh).status, 401);
        for node in [&here, &there] {
            assert!(
                !lives(node, held.headers()) && !lives(node, [bearer(&token)]) && !lives(node, [bearer(&next.token)])
            );
        }
    }
}

fn a_disabled_account_is_refused_on_every_node_within_a_second(url: &str) {
    let [here, there] = two(url);
    let token = device(&here);
    assert!(lives(&there, [bearer(&token)]));
    Operator::of(url).disable("players", "gmachia");
    for node in [&here, &there] {
        assert!(poll(A_SECOND, || !lives(node, [bearer(&token)])));
    }
}

fn one_of_many_log_outs_ends_the_session_and_it_is_told_once(url: &str) {
    let nodes = two(url);
    for _ in 0..ROUNDS {
        let (held, token) = (session(&nodes[0]), device(&nodes[0]));
        let log_outs = at_once(CROWD, |caller| logout(&nodes[caller % 2], held.headers()).status);
        let revocations = at_once(CROWD, |caller| revoke(&nodes[caller % 2], [bearer(&token)]).status);
        for statuses in [log_outs, revocations] {
            let ended = statuses.iter().filter(|status| **status == 200).count();
            let refused = statuses.iter().filter(|status| **status == 401).count();
            assert_eq!((ended, refused), (1, CROWD - 1), "{statuses:?}");
        }
    }
    let logged = || -> usize {
        let lines = |node: &Server| node.err().text().matches("token_revoked").count();
        nodes.iter().map(lines).sum()
    };
    assert!(poll(A_SECOND, || logged() == 2 * ROUNDS), "{} events", logged());
}

/// The mechanics' tokens live for minutes, the devices' here for a year.
fn lost_permissions_are_lost_to_signed_tokens_on_every_node_within_a_second(url: &str) {
    let flavours = r#"
[[flavour]]
name = "mechanics"
dialect = "mechanics"
realm = "players"

[[flavour]]
name = "devices"
dialect = "device"
issuer = "jwt"
"#;
    let nodes = nodes(2, &Setup::demo().config(flavours), url);
    let operator = Operator::of(url);
    let add = |login: &str| operator.add("players", login, "a long password", &["--role", "jugador"]);
    add("shop@email.dk");
    let shop = Dialect::Mechanics.attempt("shop@email.dk", "a long password");
    let shop = Workshop::of(&nodes[0].send(&Dialect::Mechanics.request(&shop))).token;
    add("player@email.dk");
    let player = Dialect::Device.attempt("player@email.dk", "a long password");
    let player = nodes[0].send(&Dialect::Device.request(&player)).member("token");
    let may = |node: &Server, token: &str, permission: &str| {
        let request = Request::get(&format!("/auth/verify?permission={permission}")).headers([bearer(token)]);
        let status = node.send(&request).status;
        assert!(matches!(status, 200 | 403), "{status}");
        status == 200
    };
    let everywhere = |permission: &str, expected: bool| {
        for (node, token) in nodes.iter().flat_map(|node| [(node, &shop), (node, &player)]) {
            let follows = poll(A_SECOND, || may(node, token, permission) == expected);
            assert!(follows, "{permission} is not {expected}");
        }
    };
    everywhere("editarJuego", true);
    operator.put_role("players", "jugador", &["consultarTitulo", "nuevoDerecho"]);
    everywhere("editarJuego", false);
    everywhere("consultarTitulo", true);
    everywhere("nuevoDerecho", false);
    for login in ["shop@email.dk", "player@email.dk"] {
        let args = ["set-role", "--realm", "players", "--login", login, "--none"];
        operator.run("account", &args, "");
    }
    everywhere("consultarTitulo", false);
}

fn one_refresh_token_has_one_successor_whichever_nodes_are_asked(url: &str) {
    let nodes = two(url);
    let mut held = workshop(&nodes[0]);
    for _ in 0..ROUNDS {
        let answers = at_once(CROWD, |caller| {
            Workshop::of(&refresh(&nodes[caller % 2], &held.refresh))
        });
        the_one(answers.iter().map(|answer| answer.refresh.as_str()));
        held = answers.into_iter().next().expect("forty");
    }
    assert!(lives(&nodes[1], [bearer(&held.token)]));
}

fn a_revocation_by_command_wins_over_racing_refreshes(url: &str) {
    let nodes = two(url);
    let operator = Operator::of(url);
    for _ in 0..ROUNDS {
        let held = workshop(&nodes[0]);
        let session = jws::claims(&held.token)["sid"].clone();
        let id = session
            .as_str()
            .and_then(|text| text.split('.').next())
            .expect("a number");
        at_once(CROWD, |caller| match caller {
            0 => drop(operator.run("token", &["revoke", "--id", id], "")),
            _ => drop(refresh(&nodes[caller % 2], &held.refresh)),
        });
        for node in &nodes {
            assert!(poll(A_SECOND, || !lives(node, [bearer(&held.token)])));
            assert_eq!(refresh(node, &held.refresh).status, 401);
        }
    }
}

fn one_address_is_one_client_whichever_nodes_are_asked(url: &str) {
    let nodes = two(url);
    for round in 0..ROUNDS {
        let mut body = Dialect::Integration.good();
        body["email"] = format!("nodes-{round}@letsta.lk").into();
        let request = Dialect::Integration.request(&body);
        let answers = at_once(CROWD, |caller| nodes[caller % 2].send(&request));
        let text = |answer: &Response| {
            assert_eq!(answer.status, 200, "{answer:?}");
            let mut body = answer.json();
            // Each node has an address of its own.
            body["person"]["avatar"].take();
            body["person"]["organization_logo"].take();
            body
        };
        let one = the_one(answers.iter().map(text));
        assert!(
            nodes
                .iter()
                .all(|node| lives(node, [basic(one["token"].as_str().expect("a text"))]))
        );
    }
}

fn nodes_with_one_master_key_make_one_set_of_keys(url: &str) {
    let key = STANDARD.encode((0..32).map(|i| i * 5 + 3).collect::<Vec<u8>>());
    let nodes = nodes(3, &Setup::plain().env("TESSERA_MASTER_KEY", key), url);
    Operator::of(url).add("workshops", "shop@email.dk", "a long password", &[]);
    let body = Dialect::Mechanics.attempt("shop@email.dk", "a long password");
    for issuing in &nodes {
        let held = Workshop::of(&issuing.send(&Dialect::Mechanics.request(&body)));
        assert!(nodes.iter().all(|node| lives(node, [bearer(&held.token)])));
    }
}

fn every_node_listens_to_notices(url: &str) {
    for node in two(url) {
        let page = || node.send(&Request::get("/metrics")).text().to_owned();
        assert!(
            poll(10 * A_SECOND, || page().contains("tessera_feed_listening 1\n")),
            "{}",
            page()
        );
    }
}

fn the_feed_of_another_database_is_refused_at_start(url: &str) {
    let (other, why) = match url.rsplit_once('/') {
        Some((server, _)) if server.starts_with("postgres:") => (format!("{server}/postgres"), "/postgres: "),
        _ => ("postgres://db.example/x".to_owned(), "leave it out"),
    };
    let ended = Setup::demo().database(url).env("TESSERA_FEED_URL", other).run();
    assert_eq!(ended.code, Some(1));
    assert!(
        ended.err.contains("feed_url = ") && ended.err.contains(why),
        "{}",
        ended.err
    );
}
