//! What goes into a shard and what comes out of it.

use std::net::SocketAddr;
use std::sync::Arc;

use moim_types::TrackId;

use crate::{Command, Event, MediaPacket, PublicationConfig};

/// One shard of this process, counted from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ShardId(pub u16);

/// How a datagram travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Transport {
    /// UDP.
    Udp,
    /// A TCP connection that the remote side opened (RFC 6544), framed by RFC 4571.
    Tcp,
}

/// Something for a shard.
#[derive(Debug)]
pub enum Input<'a> {
    /// A datagram, or one frame of a TCP connection.
    Datagram {
        /// How it came.
        transport: Transport,
        /// Who sent it.
        from: SocketAddr,
        /// The address it was sent to: one of the shard's candidates.
        to: SocketAddr,
        /// Its bytes.
        payload: &'a [u8],
    },
    /// An order.
    Command(Command),
    /// Something from another shard.
    Relay(RelayInput),
    /// The time of [`Shard::next_wake`](crate::Shard::next_wake) has come.
    Timeout,
}

/// Something from a shard.
#[derive(Debug)]
pub enum Output {
    /// Bytes for the network. Outputs for one destination follow each other, so that the shell can
    /// send a run of equal size with one call.
    Datagram {
        /// How to send them.
        transport: Transport,
        /// The address to send from: one of the shard's candidates.
        from: SocketAddr,
        /// To whom.
        to: SocketAddr,
        /// The bytes.
        payload: Vec<u8>,
    },
    /// Something happened.
    Event(Event),
    /// Something for another shard.
    Relay(ShardId, RelayOutput),
}

/// What one shard tells another about a publication. The shell carries packets over a bounded ring
/// and drops them when it is full; the rest must arrive.
#[derive(Debug, Clone)]
pub enum RelayOutput {
    /// A packet of a publication that the other shard subscribed to.
    Packet(Arc<MediaPacket>),
    /// What a publication carries; sent before its first packet, and when it changes.
    Described(TrackId, PublicationConfig),
    /// A publication is gone.
    Ended(TrackId),
    /// This shard wants a publication of the other.
    Wanted(TrackId),
    /// This shard wants it no more.
    NotWanted(TrackId),
    /// A viewer of this shard needs a key frame of this encoding.
    KeyFrameWanted(TrackId, u8),
}

/// A [`RelayOutput`] as it arrives, with where it comes from.
#[derive(Debug, Clone)]
pub struct RelayInput {
    /// The shard that said it.
    pub from: ShardId,
    /// What it said.
    pub relay: RelayOutput,
}
