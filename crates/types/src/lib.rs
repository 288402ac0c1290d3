//! The words every crate of Moim shares: no logic, no I/O, no protocol.

mod now;
mod redacted;

pub use now::Now;
pub use redacted::Redacted;
