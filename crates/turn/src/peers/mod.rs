//! Who may be relayed to, and which way a packet goes.

pub(crate) mod policy;
pub(crate) mod route;
