//! Virtual network and clock for tests.
