//! Why somebody is gone.

use livekit_protocol as proto;
use moim_room::DisconnectReason;

/// A reason as LiveKit numbers it.
pub(crate) const fn disconnect_reason(reason: DisconnectReason) -> proto::DisconnectReason {
    match reason {
        DisconnectReason::ClientInitiated => proto::DisconnectReason::ClientInitiated,
        DisconnectReason::DuplicateIdentity => proto::DisconnectReason::DuplicateIdentity,
        DisconnectReason::ServerShutdown => proto::DisconnectReason::ServerShutdown,
        DisconnectReason::ParticipantRemoved => proto::DisconnectReason::ParticipantRemoved,
        DisconnectReason::RoomDeleted => proto::DisconnectReason::RoomDeleted,
        DisconnectReason::RoomClosed => proto::DisconnectReason::RoomClosed,
        DisconnectReason::JoinFailure => proto::DisconnectReason::JoinFailure,
        DisconnectReason::ConnectionTimeout => proto::DisconnectReason::ConnectionTimeout,
        DisconnectReason::SignalClosed => proto::DisconnectReason::SignalClose,
        // LiveKit has no word for a slow reader; both ask the client to join anew.
        DisconnectReason::StateMismatch | DisconnectReason::TooSlow => proto::DisconnectReason::StateMismatch,
    }
}
