//! Who may be relayed to, and which way a packet goes.

pub(crate) mod media;
pub(crate) mod policy;
pub(crate) mod route;
