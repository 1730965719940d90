//! Simulates whole nodes, seed by seed, until a rule is broken or all seeds are done.
//!
//! `--late-rows 0` takes a fault away, `--skew-ms N` sets how wrong clocks are (2000 unless it is given), and `--without NAME`
//! leaves out a flavour.
//!
//!     cargo run --release -p tessera-testkit --example simulate -- --seed 1 --seeds 100 --operations 5000

#[path = "../tests/support/flavours.rs"]
mod flavours;

use std::process::ExitCode;
use std::time::Duration;

use testkit::simulation::simulate;
use testkit::{MemoryHarness, StoreHarness};

fn main() -> ExitCode {
    let first = option("--seed").unwrap_or(1);
    let seeds = option("--seeds").unwrap_or(1);
    let operations = option("--operations").unwrap_or(5000) as usize;
    let without = text("--without").unwrap_or_default();
    let mut broken = 0;
    let mut judged = 0;
    for seed in first..first + seeds {
        let mut setup = flavours::real(MemoryHarness::new().ports(), operations);
        if let Some(skew) = option("--skew-ms") {
            setup.skew = Duration::from_millis(skew);
        }
        setup.late_rows = option("--late-rows") != Some(0);
        let is_left_out = |name: &str| without.split(',').any(|other| other == name);
        setup.flavours.retain(|flavour| !is_left_out(flavour.name));
        let report = simulate(&setup, seed);
        judged += report.answers.values().sum::<u64>();
        if let Some(violation) = &report.violation {
            broken += 1;
            match seeds {
                1 => println!("{report}"),
                _ => println!("BROKEN by seed {seed}: {}: {}", violation.rule, violation.how),
            }
        } else if seeds == 1 {
            println!("{report}");
        }
    }
    println!("{seeds} seeds from {first}, {judged} answers judged, {broken} seeds broke a rule");
    if broken > 0 {
        println!("replay one: just simulate SEED (with the same number of operations)");
    }
    ExitCode::from(u8::from(broken > 0))
}

/// The number after an option.
fn option(name: &str) -> Option<u64> {
    let value = text(name)?;
    Some(value.parse().unwrap_or_else(|_| panic!("{name} takes a number")))
}

/// The text after an option.
fn text(name: &str) -> Option<String> {
    let mut arguments = std::env::args().skip_while(|argument| argument != name);
    arguments.nth(1)
}
