//! No level of the log has a secret, on either database (contract, section 1).

use crate::secrets::{found, live_through};
use crate::support::dialect::Dialect;
use crate::support::operator::Operator;
use crate::support::server::Setup;

type Law = fn(&str);

pub const LAWS: [(&str, Law); 1] = [("no_level_of_the_log_has_a_secret", no_level_of_the_log_has_a_secret)];

/// What the library that talks to PostgreSQL writes before the values of a statement, and how a password's hash begins.
const VALUES: [&str; 2] = ["with parameters", "$2b$"];

fn no_level_of_the_log_has_a_secret(url: &str) {
    for level in ["error", "warn", "info", "debug", "trace", "info,tokio_postgres=trace"] {
        let server = Setup::demo().env("TESSERA_LOG", level).database(url).start();
        let operator = Operator::of(url);
        if level == "error" {
            let password = crate::secrets::OWN_PASSWORD;
            operator.add("players", "canary@letsta.lk", password, &["--role", "jugador"]);
        }
        let own = Dialect::Device.attempt("canary@letsta.lk", crate::secrets::OWN_PASSWORD);
        assert_eq!(server.send(&Dialect::Device.request(&own)).status, 200);
        let secrets = live_through(&server);
        let log = server.err();
        server.stop();
        let leaks = found("the log", &log.bytes(), &secrets);
        assert!(leaks.is_empty(), "{level}: {}", leaks.join("\n"));
        let text = log.text();
        for value in VALUES {
            assert!(!text.contains(value), "{level}: {value}");
        }
        assert_eq!(
            text.contains("token_issued"),
            !matches!(level, "error" | "warn"),
            "{level}"
        );
    }
}
