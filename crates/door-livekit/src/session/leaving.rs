//! The end of a stay or of a signaling connection, and what the client is to do about it.

use livekit_protocol as proto;
use moim_room::DisconnectReason;
use proto::leave_request::Action;
use proto::signal_response::Message;

use crate::wire::reason::disconnect_reason;

/// What the client is told when its participant is gone.
pub(crate) fn goodbye(reason: DisconnectReason) -> Message {
    let action = match reason {
        DisconnectReason::ClientInitiated
        | DisconnectReason::DuplicateIdentity
        | DisconnectReason::ServerShutdown
        | DisconnectReason::ParticipantRemoved
        | DisconnectReason::RoomDeleted
        | DisconnectReason::RoomClosed
        | DisconnectReason::JoinFailure => Action::Disconnect,
        // Its legs are gone with it, so there is nothing to resume; joining anew helps.
        DisconnectReason::ConnectionTimeout
        | DisconnectReason::SignalClosed
        | DisconnectReason::StateMismatch
        | DisconnectReason::TooSlow => Action::Reconnect,
    };
    leave(action, disconnect_reason(reason))
}

/// The client is to come again, as somebody new.
pub(crate) fn join_anew() -> Message {
    leave(Action::Reconnect, proto::DisconnectReason::StateMismatch)
}

/// A `leave`. Clients before protocol 13 read `can_reconnect` alone.
pub(crate) fn leave(action: Action, reason: proto::DisconnectReason) -> Message {
    Message::Leave(proto::LeaveRequest {
        can_reconnect: action != Action::Disconnect,
        reason: reason.into(),
        action: action.into(),
        regions: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_was_sent_away_is_not_told_to_come_back() {
        let table = [
            (DisconnectReason::ParticipantRemoved, Action::Disconnect, proto::DisconnectReason::ParticipantRemoved),
            (DisconnectReason::DuplicateIdentity, Action::Disconnect, proto::DisconnectReason::DuplicateIdentity),
            (DisconnectReason::RoomDeleted, Action::Disconnect, proto::DisconnectReason::RoomDeleted),
            (DisconnectReason::RoomClosed, Action::Disconnect, proto::DisconnectReason::RoomClosed),
            (DisconnectReason::ServerShutdown, Action::Disconnect, proto::DisconnectReason::ServerShutdown),
            (DisconnectReason::JoinFailure, Action::Disconnect, proto::DisconnectReason::JoinFailure),
            (DisconnectReason::ConnectionTimeout, Action::Reconnect, proto::DisconnectReason::ConnectionTimeout),
            (DisconnectReason::StateMismatch, Action::Reconnect, proto::DisconnectReason::StateMismatch),
            (DisconnectReason::TooSlow, Action::Reconnect, proto::DisconnectReason::StateMismatch),
        ];
        for (reason, action, told) in table {
            let Message::Leave(leave) = goodbye(reason) else { panic!("a leave") };
            assert_eq!((leave.action(), leave.reason()), (action, told), "{reason:?}");
            assert_eq!(leave.can_reconnect, action == Action::Reconnect);
        }
    }
}
