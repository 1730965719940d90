//! The administrator's commands, as an administrator meets them: the real binary, its standard streams, its exit status.
#![forbid(unsafe_code)]

mod desk;

mod accounts;
mod consumers;
mod doctor;
mod keys;
mod live;
mod roles;
mod secrecy;
mod support;
mod tokens;
