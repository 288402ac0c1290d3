//! The words every crate of Moim shares: no logic, no I/O, no protocol.

mod redacted;

pub use redacted::Redacted;
