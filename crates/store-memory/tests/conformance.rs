//! The store in memory keeps every law about stores.

testkit::store_conformance!(memory, testkit::MemoryHarness::new());
