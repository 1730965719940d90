//! Where something is wrong with Tessera or with the configuration, nobody passes.

use std::net::TcpListener;
use std::sync::Arc;

use auth_core::{SecretKey, SystemEntropy};
use store_diesel::{DieselStore, StoreOptions};
use tessera::{Builder, Overrides, Start, Stores};
use testkit::FailingStore;

use super::stage::{Stage, replaced};
use super::{staged, tessera};
use crate::proxy_process::Program;
use crate::support::client::{Connection, Request};
use crate::support::dialect::Dialect;
use crate::support::sign_in::{bearer, device, revoke, workshop};

/// A server whose store can be made to fail.
pub fn what_cannot_be_known_is_503(program: Program) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let (running, failing) = runtime.block_on(async {
        let store = DieselStore::connect("sqlite::memory:", &StoreOptions::patient()).await;
        let store = store.expect("a database");
        let failing = Arc::new(FailingStore::new(store.tokens()));
        let mut config = Builder::new().config(&Overrides::default()).expect("settings");
        config.passwords.cost = 10;
        let stores = Stores {
            tokens: failing.clone(),
            ..Stores::from(&store)
        };
        let start = Start {
            config,
            stores,
            master: SecretKey::random(&SystemEntropy).expect("random bytes"),
            listener: TcpListener::bind("127.0.0.1:0").expect("a port"),
            demo: true,
        };
        (Builder::new().start(start).await.expect("a server"), failing)
    });
    let stage = Stage::new(program, running.address());
    let mut direct = Connection::open(running.address()).expect("the server takes connections");
    let signed_in = direct.send(&Dialect::Device.request(&Dialect::Device.good()));
    let good = Request::get("/page").headers([bearer(&signed_in.member("token"))]);
    failing.fail_all(true);
    let refused = stage.refused(&good);
    assert_eq!(
        (refused.status, refused.header("Retry-After")),
        (503, Some("1")),
        "{refused:?}"
    );
    assert_eq!(
        stage.refused(&Request::get("/page")).status,
        401,
        "that there is no token is known"
    );
    failing.fail_all(false);
    stage.served(&good);
    runtime.block_on(running.stop()).expect("a clean stop");
}

pub fn without_tessera_nobody_passes(program: Program) {
    let (server, stage) = staged(program);
    let good = Request::get("/page").headers([bearer(&device(&server))]);
    stage.served(&good);
    server.stop();
    let refused = stage.refused(&good);
    match program {
        Program::Nginx => assert_eq!((refused.status, refused.header("Retry-After")), (503, Some("1"))),
        Program::Caddy => assert_eq!(refused.status, 502),
    }
    stage.served(&Request::get("/health"));
}

/// Tessera's 400 is a mistake in the proxy's configuration. Better nobody passes than everybody.
pub fn a_misspelt_parameter_lets_nobody_in(program: Program) {
    let server = tessera().start();
    let misspelt = |file: String| replaced(&file, "?permission=", "?permision=");
    let stage = Stage::with(program, server.address(), misspelt);
    let games = Request::get("/games/1").headers([bearer(&device(&server))]);
    let refused = stage.refused(&games);
    match program {
        Program::Nginx => assert_eq!((refused.status, refused.header("Retry-After")), (500, None)),
        Program::Caddy => assert_eq!(refused.status, 400),
    }
}

/// Not even where the proxy is set to keep every answer to everybody. Caddy has no cache.
pub fn nothing_is_answered_from_a_cache(program: Program) {
    let server = tessera().start();
    let stage = Stage::with(program, server.address(), |file| match program {
        Program::Nginx => {
            let keeps = "proxy_cache_path cache keys_zone=all:1m; proxy_cache all; proxy_cache_key all; proxy_cache_valid any 10m;\n\
                         proxy_ignore_headers Cache-Control Expires Set-Cookie Vary;\n";
            // The service's answers are another matter.
            let service = replaced(
                &file,
                "proxy_pass http://service;",
                "proxy_cache off; proxy_pass http://service;",
            );
            format!("{keeps}{service}")
        }
        Program::Caddy => file,
    });
    let (one, other) = (device(&server), workshop(&server).token);
    let page = |token: &str| Request::get("/page").headers([bearer(token)]);
    let subject = |token: &str| stage.served(&page(token)).headers_like("X-Auth-Subject")[0].to_owned();
    assert_ne!(subject(&one), subject(&other));
    assert_eq!(revoke(&server, [bearer(&one)]).status, 200);
    assert_eq!(stage.refused(&page(&one)).status, 401);
    subject(&other);
    let answered = String::from_utf8_lossy(&stage.tessera.answered()).to_lowercase();
    let count = |text: &str| answered.matches(text).count();
    assert_eq!(count("http/1.1 "), 4, "each request was a question");
    assert_eq!(count("cache-control: no-store"), 4, "and no answer may be kept");
}
