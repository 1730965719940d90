//! The log never stops a request, and says what it left out (docs/LOGGING.md).

use crate::support::client::Request;
use crate::support::poll;
use crate::support::server::{Errors, Setup};
use crate::support::sign_in::{bearer, device, verify};

/// More lines than a pipe holds (64 KiB), each of some 100 bytes.
const LINES: usize = 2000;

fn talkative(errors: Errors) -> Setup {
    Setup::demo().env("TESSERA_LOG", "trace").errors(errors)
}

/// Logs more than a pipe holds; every request is answered, and the server stops as asked.
fn answers_whatever_becomes_of_its_log(errors: Errors) {
    let server = talkative(errors).start();
    let mut connection = server.connect();
    for _ in 0..LINES {
        assert_eq!(connection.send(&Request::get("/auth/verify")).status, 401);
    }
    let token = device(&server);
    assert_eq!(verify(&server, [bearer(&token)]).status, 200);
    server.stop();
}

#[test]
fn a_full_pipe_at_standard_error_stops_no_request() {
    answers_whatever_becomes_of_its_log(Errors::Unread);
}

#[test]
fn a_closed_pipe_at_standard_error_stops_no_request() {
    answers_whatever_becomes_of_its_log(Errors::Closed);
}

#[test]
fn repeated_refusals_are_summed_up_and_the_last_lines_are_written() {
    let server = Setup::demo().env("TESSERA_LOG", "debug").start();
    let mut connection = server.connect();
    for _ in 0..LINES {
        connection.send(&Request::get("/auth/verify"));
    }
    let errors = server.err();
    server.stop();
    assert!(poll(500, || errors.text().contains("stopping")), "{}", errors.text());
    let log = errors.text();
    let summed = log.lines().filter(|line| line.contains("events_summed_up"));
    let times = summed.filter_map(|line| number_after(line, "times=")).sum::<usize>();
    let written = log
        .lines()
        .filter(|line| line.contains("event=\"token_refused\""))
        .count();
    assert_eq!(times + written, LINES, "{log}");
    assert!(written < LINES / 2, "{written}");
}

fn number_after(line: &str, name: &str) -> Option<usize> {
    let rest = line.split(name).nth(1)?;
    rest.split(' ').next()?.parse().ok()
}
