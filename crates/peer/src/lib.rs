//! A native WebRTC client in the words of the W3C: connections, transceivers, channels, statistics.
//!
//! [`Connection`] is the protocol as a value: it is fed datagrams and the time, and drained. A
//! [`Fleet`] drives many of them on few threads; [`PeerConnection`] is the handle that a program
//! holds of one. [`livekit`] joins rooms of any LiveKit server.
//!
//! It depends on no crate of the server but the TURN client in `moim_turn`: it is what programs use to talk to one. It neither
//! encodes nor decodes: packets go in and come out.

mod connection;
mod error;
mod fleet;
pub mod livekit;
mod media;
mod peer_connection;
mod relay;
mod socket;
pub mod webm;

pub use connection::{
    ChannelId, ChannelInit, Connection, ConnectionConfig, ConnectionState, Direction, Event, IceCandidate,
    IceConnectionState, Input, Message, OutgoingPacket, Output, ReceivedPacket, SdpType, SessionDescription,
    SignalingState, StatsReport, StreamStats, Track, TransceiverId, TransceiverInit, TransportStats,
};
pub use error::Error;
pub use fleet::Fleet;
pub use media::{Media, MediaInput, MediaOutput, Packets};
pub use peer_connection::{Events, PeerConnection};
pub use relay::TurnServer;
