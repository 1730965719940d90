//! `/auth/verify` requests/s of a server that counts over those of one that does not, by turns. Target: 0.98 or more.

use crate::server::Server;
use crate::verify::{Question, rate, tokens};

const ROUNDS: usize = 15;

pub fn run() {
    let counting = Server::start();
    let silent = Server::with("0-1023", "error", &[("TESSERA_METRICS__ENABLED", "false")]);
    let counted = tokens(&counting.address);
    for ((flavour, with), (_, without)) in counted.iter().zip(&tokens(&silent.address)) {
        let mut ratios: Vec<f64> = (0..ROUNDS)
            .map(|round| {
                let counting = || rate(&counting.address, &Question::get("/auth/verify", with));
                let silent = || rate(&silent.address, &Question::get("/auth/verify", without));
                // Neither is always the first.
                match round % 2 {
                    0 => counting() / silent(),
                    _ => 1.0 / (silent() / counting()),
                }
            })
            .collect();
        ratios.sort_by(f64::total_cmp);
        println!(
            "{flavour}: with metrics over without {:.3} (quartiles {:.3}, {:.3}; target 0.98 or more)",
            ratios[ROUNDS / 2],
            ratios[ROUNDS / 4],
            ratios[ROUNDS * 3 / 4]
        );
    }
}
