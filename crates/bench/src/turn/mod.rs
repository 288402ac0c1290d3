//! Load on TURN servers.

mod caller;
pub(crate) mod compare;
pub(crate) mod load;
