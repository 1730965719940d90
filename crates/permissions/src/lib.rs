#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod demand;
mod permission;
mod role;
mod store;

pub use demand::{Demand, MalformedDemand};
pub use permission::{BadPermission, parse_permission, read_list, write_list};
pub use role::{Role, RoleName};
pub use store::RoleStore;
