//! Why the room says no.

/// A command that was not carried out, and why. Nothing has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Refusal {
    /// There is no room of this name, and none may be made.
    #[error("requested room does not exist")]
    NoSuchRoom,
    /// Nobody of this identity is in the room.
    #[error("participant does not exist")]
    NoSuchParticipant,
    /// There is no such track.
    #[error("track does not exist")]
    NoSuchTrack,
    /// The room holds as many as it may.
    #[error("the room is full")]
    RoomFull,
    /// The participant may not do this.
    #[error("not permitted")]
    NotPermitted,
    /// Something is longer or more than it may be.
    #[error("too large")]
    TooLarge,
    /// As many tracks are announced and not yet sent as may be.
    #[error("too many tracks are waiting to be published")]
    TooManyPending,
    /// Something in it makes no sense.
    #[error("invalid argument")]
    Invalid,
    /// A data track of his has this number already.
    #[error("the handle is in use")]
    HandleInUse,
    /// A data track of his has this name already.
    #[error("the name is in use")]
    NameInUse,
    /// Nothing is kept under this key.
    #[error("nothing is stored under this key")]
    NoSuchBlob,
    /// Switching on somebody else's microphone or camera is not allowed here.
    #[error("remote unmute is not enabled")]
    RemoteUnmute,
}
