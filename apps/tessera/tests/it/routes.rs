//! The routes, one file for each dialect: its document's request, its successes, each of its errors.

mod device;
mod health;
mod integration;
mod login;
mod mechanics;
