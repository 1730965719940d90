//! How many passwords can be guessed, and who is not locked out by it: the laws of the testkit on a node over the memory
//! store.

testkit::sign_in_conformance!(node, testkit::PasswordNode::over(&testkit::MemoryHarness::new()));
