//! End-to-end tests: the real binary over real sockets, used as by a client, a proxy or an operator. Every sentence of
//! the contract that can be seen from outside is a test here.
#![forbid(unsafe_code)]
#![allow(unreachable_pub, reason = "nothing of a test binary is reachable from outside")]

mod support;

mod routes;

mod account_changes;
mod bodies;
mod concurrency;
mod configuration;
mod conformance;
mod connections;
mod console;
mod cors;
mod curl;
mod foreign_tokens;
mod identity_jwt;
mod lifecycle;
mod logging;
mod metrics;
mod oauth;
mod openapi;
mod panics;
mod remote_verifier;
mod request_ids;
mod secrets;
mod self_service;
mod smuggling;
mod startup;
mod surface;
mod throttling;
mod tls;
mod unknown_tokens;
mod verify;
