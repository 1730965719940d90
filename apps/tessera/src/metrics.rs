//! Metrics: what the server counts, and the page of `/metrics` with it, in the text format of Prometheus.
//!
//! What a request counts is counted by its worker thread alone, in plain atomic numbers ([`WorkerCounts`]). The libraries
//! count what only they see, and know nothing of metrics. Everything is brought together when the page is asked for
//! ([`Exporter`]).
//!
//! Labels have values from fixed sets: names of flavours and routes, as configured, and the words of [`labels`]. So the
//! number of series is bounded, and no id, no name of a person and no address can be among them.

mod access;
mod counts;
mod exporter;
mod labels;
mod listener;
mod logins;
mod numbers;
mod page;
mod process;
mod series;
mod tally;

pub(crate) use access::route;
pub(crate) use counts::WorkerCounts;
pub(crate) use exporter::{Exporter, FlavourSource, Sources};
pub(crate) use labels::refusal_index;
pub(crate) use listener::listen;
pub(crate) use logins::LoginCounts;
pub(crate) use numbers::Numbers;
pub(crate) use tally::Tally;

/// Where the page is.
pub(crate) const PATH: &str = "/metrics";
