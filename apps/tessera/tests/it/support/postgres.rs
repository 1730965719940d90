//! Databases of a private PostgreSQL cluster, one for the whole test program.

use store_diesel::Cluster;

/// Runs a test on an empty database of its own; where PostgreSQL is to be skipped, it says so and passes.
pub fn with_database(run: impl FnOnce(&str)) {
    if let Some(cluster) = Cluster::shared() {
        run(&cluster.database());
    }
}
