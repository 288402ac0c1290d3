//! Messages on the wire: cut out of streams, read, answered.

pub(crate) mod framing;
pub(crate) mod reply;
pub(crate) mod request;
