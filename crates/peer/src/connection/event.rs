//! What goes into a connection and what comes out of it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use moim_types::{Bitrate, Codec, MediaKind};

use super::words::{ChannelId, ConnectionState, IceCandidate, IceConnectionState, Track, TransceiverId};

/// Something for a connection.
#[derive(Debug)]
pub enum Input<'a> {
    /// A datagram.
    Datagram {
        /// Who sent it.
        from: SocketAddr,
        /// The candidate it was sent to.
        to: SocketAddr,
        /// Its bytes.
        payload: &'a [u8],
    },
    /// The time of [`Connection::next_wake`](crate::Connection::next_wake) has come.
    Timeout,
}

/// Something from a connection.
#[derive(Debug)]
pub enum Output {
    /// A datagram to send.
    Datagram {
        /// The candidate to send from.
        from: SocketAddr,
        /// To whom.
        to: SocketAddr,
        /// Its bytes.
        payload: Vec<u8>,
    },
    /// A media packet arrived.
    Packet(ReceivedPacket),
    /// Something happened.
    Event(Event),
}

/// Something that happened to a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// `connectionstatechange`
    ConnectionState(ConnectionState),
    /// `iceconnectionstatechange`
    IceConnectionState(IceConnectionState),
    /// `icecandidate`. Each is also in the local descriptions.
    Candidate(IceCandidate),
    /// `track`: the other side sends one.
    Track(Track),
    /// The other side sends this one no more.
    TrackEnded(TransceiverId),
    /// A transceiver may send from now on.
    SenderReady {
        /// Which.
        transceiver: TransceiverId,
        /// Its kind.
        kind: MediaKind,
        /// The simulcast encodings that the other side takes; empty for one without `rid`.
        rids: Vec<String>,
    },
    /// A channel is open: one of ours, or one that the other side made (`datachannel`).
    ChannelOpen {
        /// Which.
        channel: ChannelId,
        /// Its label.
        label: String,
    },
    /// A channel is closed.
    ChannelClosed(ChannelId),
    /// A message arrived.
    Message(Message),
    /// The other side needs a key frame (PLI or FIR).
    KeyFrameWanted {
        /// Of which transceiver.
        transceiver: TransceiverId,
        /// Of which encoding; empty without simulcast.
        rid: String,
    },
    /// How much can be sent, as far as it is known.
    BandwidthEstimate(Bitrate),
}

/// A message of a data channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Which channel.
    pub channel: ChannelId,
    /// Bytes, or text in UTF-8.
    pub binary: bool,
    /// The message.
    pub data: Bytes,
}

/// A media packet that arrived, without its RTP header. Packets that were lost and sent again
/// come late; none comes twice.
#[derive(Debug, Clone)]
pub struct ReceivedPacket {
    /// Where it arrived.
    pub transceiver: TransceiverId,
    /// Sound or picture.
    pub kind: MediaKind,
    /// The encoding; `None` without simulcast.
    pub rid: Option<String>,
    /// Its source.
    pub ssrc: u32,
    /// How it is encoded; `None` if the payload type is of no known codec.
    pub codec: Option<Codec>,
    /// Extended sequence number.
    pub sequence: u64,
    /// RTP timestamp.
    pub timestamp: u32,
    /// The marker bit.
    pub marker: bool,
    /// Loudness in −dBov (RFC 6464).
    pub audio_level: Option<u8>,
    /// The payload. Empty for pure padding.
    pub payload: Arc<[u8]>,
    /// When it arrived.
    pub received: Instant,
}

/// A media packet to send. Sequence numbers are the connection's affair.
#[derive(Debug, Clone)]
pub struct OutgoingPacket {
    /// Where.
    pub transceiver: TransceiverId,
    /// Which encoding; empty without simulcast.
    pub rid: String,
    /// How it is encoded.
    pub codec: Codec,
    /// RTP timestamp.
    pub timestamp: u32,
    /// The marker bit.
    pub marker: bool,
    /// Loudness in −dBov (RFC 6464).
    pub audio_level: Option<u8>,
    /// The payload.
    pub payload: Arc<[u8]>,
}
