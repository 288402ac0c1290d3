//! Between TURN and the media of one process: packets change threads, and no socket stands between.
//!
//! A client that reaches nothing but TURN sends his packets to a relayed transport address on the same machine. What
//! he sends to this process's own media, and what media sends to him, passes through bounded rings, a run of packets
//! at a time: each TURN shard and each media shard has one that those of the other kind write to. The machines on
//! both sides see what they would see of datagrams: the addresses are those of the candidate pair.

mod media_side;
mod relays;
mod ring;
mod turn_side;

pub(crate) use media_side::{MediaSide, ToMedia};
pub(crate) use relays::OpenRelays;
pub(crate) use ring::{Ring, Run};
pub(crate) use turn_side::{HandedOver, ToTurn, TurnSide};
