//! The administrator's commands, run as a program: the real binary, its standard streams, its exit status.
#![forbid(unsafe_code)]
#![allow(unreachable_pub, reason = "nothing outside a test program sees it")]

mod admin_folder;

mod accounts;
mod audit_log;
mod backups;
mod change_log;
mod confirmations;
mod consumers;
mod data;
mod doctor;
mod health;
mod init;
mod keys;
mod lists;
mod live;
mod operators;
mod other_process;
mod page;
mod resource_servers;
mod roles;
mod secrecy;
mod support;
mod tokens;
