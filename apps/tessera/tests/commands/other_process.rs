//! Another process that works on the same database.

use std::sync::mpsc;
use std::thread::{self, JoinHandle};

use store_diesel::{DieselStore, Migrator, StoreOptions};
use tokio::runtime::Runtime;

pub struct OtherProcess {
    runtime: Runtime,
    url: String,
    store: DieselStore,
}

impl OtherProcess {
    /// It has opened the database, whose tables are up to date.
    pub fn on(url: String) -> Self {
        let runtime = Runtime::new().expect("a runtime");
        let store = runtime.block_on(DieselStore::connect(&url, &StoreOptions::patient()));
        Self {
            runtime,
            url,
            store: store.expect("a store"),
        }
    }

    /// Takes the newest migration back.
    pub fn reverts(&self) {
        let reverted = self.runtime.block_on(async {
            let migrator = Migrator::connect(&self.url, &StoreOptions::patient()).await;
            migrator.expect("a migrator").revert().await
        });
        assert!(reverted.expect("a migration").is_some());
    }

    /// Writes for longer than the database itself lets others wait.
    pub fn writes(self) -> JoinHandle<()> {
        let (begins, begun) = mpsc::channel();
        let writer = thread::spawn(move || {
            begins.send(()).expect("the test waits");
            let written = self.store.dangerous_execute("SELECT pg_sleep(7)");
            self.runtime.block_on(written).expect("a write");
        });
        begun.recv().expect("the writer begins");
        writer
    }
}
