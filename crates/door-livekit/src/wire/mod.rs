//! The house's words as LiveKit's messages, and back.

pub(crate) mod codec;
pub(crate) mod data_track;
pub(crate) mod door_data;
pub(crate) mod ids;
pub(crate) mod participant;
pub(crate) mod reason;
pub(crate) mod room;
pub(crate) mod source;
pub(crate) mod swarm;
pub(crate) mod track;
