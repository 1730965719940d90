//! What other crates can add to the server without a change in it: dialects and strategies. Each is registered by the
//! name that `[[flavour]]` uses for it. The built-in ones are registered in the same way.

mod catalog;
mod demo_data;
mod dialect;
mod settings;
mod strategy;

pub use catalog::Catalog;
pub use demo_data::{DemoConsumer, DemoData, DemoPerson, DemoRole};
pub use dialect::{Dialect, FlavourDefaults, FlavourDialect, FlavourRealm, Promise, Sample};
pub use settings::{BadSetting, Settings};
pub use strategy::{FlavourStrategy, IssuerParts, Strategy, TokenProfile};
