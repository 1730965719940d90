//! End to end: the real binary over real sockets, as a client, a proxy or an operator meets it. Every sentence of the
//! contract that can be seen from outside is a test here.
#![forbid(unsafe_code)]
#![allow(unreachable_pub, reason = "nothing of a test binary is reachable from outside")]

mod support;

mod routes;

mod bodies;
mod configuration;
mod conformance;
mod cors;
mod crowd;
mod curl;
mod lifecycle;
mod people;
mod secrets;
mod startup;
mod strangers;
mod surface;
mod throttling;
mod verify;
