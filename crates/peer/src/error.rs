//! Why something was refused.

use crate::connection::{ChannelId, SignalingState, TransceiverId};

/// Why a connection refused what it was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The other side's description cannot be used.
    #[error("the remote description cannot be used: {0}")]
    RemoteDescription(String),
    /// The other side's candidate cannot be used.
    #[error("the remote candidate cannot be used: {0}")]
    RemoteCandidate(String),
    /// The call does not fit the signaling state.
    #[error("{call} is not possible while the signaling state is {state:?}")]
    InvalidState {
        /// What was called.
        call: &'static str,
        /// The state.
        state: SignalingState,
    },
    /// Nothing was changed since the last exchange, so there is nothing to offer.
    #[error("there is nothing to negotiate: add a transceiver or a channel first")]
    NothingToOffer,
    /// The description is not the one that was made last.
    #[error("only the description that was made last can be set, and unchanged")]
    DescriptionChanged,
    /// There is no such transceiver.
    #[error("there is no {0:?}")]
    UnknownTransceiver(TransceiverId),
    /// The transceiver is not negotiated for sending, or not with this codec or encoding.
    #[error("{0:?} cannot send this: not negotiated yet, or not with this codec or rid")]
    NotNegotiated(TransceiverId),
    /// There is no such channel, or it is not open.
    #[error("{0:?} is not open")]
    ChannelNotOpen(ChannelId),
    /// An empty message cannot be sent.
    #[error("an empty message cannot be sent over a data channel; send a space")]
    EmptyMessage,
    /// The channel's buffer is full.
    #[error("the channel's buffer is full: send again when some of it has gone")]
    BufferFull,
    /// The TURN server gives no relay.
    #[error("no relay from TURN: {0}")]
    NoRelay(#[from] moim_turn::client::Denied),
    /// The WebRTC library refused it.
    #[error("{0}")]
    Engine(#[from] str0m::RtcError),
    /// A socket or a thread could not be made.
    #[error("{0}")]
    Io(#[from] std::io::Error),
    /// The connection is closed.
    #[error("the connection is closed")]
    Closed,
}
