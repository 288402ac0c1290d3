//! Why a room cannot be joined, or does not do what it was asked.

/// Why a room cannot be joined, or does not do what it was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RoomError {
    /// The address is none.
    #[error("{0:?} is no address of a LiveKit server; it begins with ws://, wss://, http:// or https://")]
    Address(String),
    /// The server did not let us in.
    #[error("the server refuses: {status}: {reason}")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// What it says.
        reason: String,
    },
    /// The server cannot be reached, or the session broke.
    #[error("no session with the server: {0}")]
    Signal(String),
    /// The server does not answer in time.
    #[error("the server did not answer within {0} s")]
    TimedOut(u64),
    /// The server sent something that is not the protocol.
    #[error("the server speaks no LiveKit: {0}")]
    Protocol(String),
    /// The server names no TURN server that can be used.
    #[error("the server names no TURN server that is reached over UDP, or its name is unknown")]
    NoTurn,
    /// The server refuses to publish.
    #[error("the server refuses the track: {0}")]
    NotPublished(String),
    /// The connection itself.
    #[error(transparent)]
    Connection(#[from] crate::Error),
    /// The room was left.
    #[error("the room was left")]
    Left,
}
