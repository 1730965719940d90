//! Clients of three Tessera nodes whose database fails: what each is answered is written down with its times, and judged by the
//! model of the simulation. `run` starts it beside a cluster.
//!
//! ```text
//! ha [--json] [FAULT...]
//! ```

mod clients;
mod cluster;
mod faults;
mod figures;
mod front;
mod history;
mod people;

use std::process::ExitCode;

use faults::{FAULTS, Fault};

fn main() -> ExitCode {
    let mut json = false;
    let mut names = Vec::new();
    for argument in std::env::args().skip(1) {
        match argument.as_str() {
            "--json" => json = true,
            _ => names.push(argument),
        }
    }
    let chosen: Vec<&Fault> = match names.is_empty() {
        true => FAULTS.iter().collect(),
        false => FAULTS
            .iter()
            .filter(|fault| names.iter().any(|name| name == fault.name))
            .collect(),
    };
    if chosen.len() < names.len() {
        let known: Vec<&str> = FAULTS.iter().map(|fault| fault.name).collect();
        eprintln!("ha: the faults are {}", known.join(", "));
        return ExitCode::from(2);
    }
    match run(&chosen, json) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("ha: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Whether every fault went as it must.
fn run(faults: &[&Fault], json: bool) -> anyhow::Result<bool> {
    let people = people::Person::all();
    let mut all = Vec::new();
    for fault in faults {
        eprintln!("== {}: {}", fault.name, fault.what);
        let figures = fault.run(&people)?;
        match json {
            true => eprintln!("{}", figures.row()),
            false => println!("{}", figures.row()),
        }
        all.push(figures);
    }
    if json {
        let all: Vec<_> = all.iter().map(figures::Figures::json).collect();
        println!("{:#}", serde_json::Value::from(all));
    }
    Ok(all.iter().all(figures::Figures::is_as_promised))
}
