//! Participants and what they may do.

use livekit_protocol as proto;
use moim_room::{Kind, Participant, ParticipantState, Permissions};
use proto::participant_info;

use super::{data_track, door_data, ids, reason, source, track};

/// A participant as LiveKit shows him, tracks included.
///
/// What the house has no word for (client protocol, capabilities, kind details) comes from a packed
/// `ParticipantInfo` in his door data.
pub(crate) fn participant_info(participant: &Participant) -> proto::ParticipantInfo {
    let (state, disconnect_reason) = state(participant.state);
    proto::ParticipantInfo {
        sid: ids::participant_sid(participant.id),
        identity: participant.identity.to_string(),
        state: state.into(),
        tracks: participant.tracks.iter().map(|one| track::track_info(one)).collect(),
        data_tracks: participant.data_tracks.iter().map(|one| data_track::data_track_info(one)).collect(),
        metadata: participant.metadata.clone(),
        joined_at: i64::try_from(participant.joined.as_secs()).unwrap_or(i64::MAX),
        joined_at_ms: i64::try_from(participant.joined.as_millis()).unwrap_or(i64::MAX),
        name: participant.name.clone(),
        version: participant.version.counter,
        permission: Some(permission(&participant.permissions)),
        is_publisher: participant.publisher,
        kind: kind(participant.kind).into(),
        attributes: participant.attributes.clone().into_iter().collect(),
        disconnect_reason: disconnect_reason.into(),
        ..door_data::unpack(&participant.door_data)
    }
}

const fn state(state: ParticipantState) -> (participant_info::State, proto::DisconnectReason) {
    match state {
        ParticipantState::Joined => (participant_info::State::Joined, proto::DisconnectReason::UnknownReason),
        ParticipantState::Active => (participant_info::State::Active, proto::DisconnectReason::UnknownReason),
        ParticipantState::Disconnected(why) => (participant_info::State::Disconnected, reason::disconnect_reason(why)),
    }
}

/// A kind as LiveKit numbers it.
pub(crate) const fn kind(kind: Kind) -> participant_info::Kind {
    match kind {
        Kind::Standard => participant_info::Kind::Standard,
        Kind::Ingress => participant_info::Kind::Ingress,
        Kind::Egress => participant_info::Kind::Egress,
        Kind::Sip => participant_info::Kind::Sip,
        Kind::Agent => participant_info::Kind::Agent,
        Kind::Connector => participant_info::Kind::Connector,
        Kind::Bridge => participant_info::Kind::Bridge,
    }
}

/// Permissions as LiveKit shows them.
#[expect(deprecated, reason = "older SDKs read `recorder` and `agent`")]
pub(crate) fn permission(permissions: &Permissions) -> proto::ParticipantPermission {
    proto::ParticipantPermission {
        can_subscribe: permissions.subscribe,
        can_publish: permissions.publish,
        can_publish_data: permissions.publish_data,
        can_publish_sources: permissions.publish_sources.iter().map(|&one| source::to_proto(one).into()).collect(),
        hidden: permissions.hidden,
        recorder: permissions.recorder,
        can_update_metadata: permissions.update_own_metadata,
        agent: permissions.agent,
        can_subscribe_metrics: permissions.subscribe_metrics,
        can_manage_agent_session: permissions.manage_agent_session,
    }
}

/// Permissions that an application's server asks for.
#[expect(deprecated, reason = "older SDKs send `recorder` and `agent`")]
pub(crate) fn permissions(permission: &proto::ParticipantPermission) -> Permissions {
    Permissions {
        subscribe: permission.can_subscribe,
        publish: permission.can_publish,
        publish_data: permission.can_publish_data,
        publish_sources: permission.can_publish_sources.iter().map(|&one| source::from_number(one)).collect(),
        update_own_metadata: permission.can_update_metadata,
        hidden: permission.hidden,
        recorder: permission.recorder,
        agent: permission.agent,
        subscribe_metrics: permission.can_subscribe_metrics,
        manage_agent_session: permission.can_manage_agent_session,
    }
}

#[cfg(test)]
mod tests {
    use moim_types::Source;

    use super::*;

    #[test]
    fn permissions_come_back_as_they_were() {
        let given = Permissions {
            publish: false,
            publish_sources: vec![Source::Microphone, Source::ScreenShareAudio],
            hidden: true,
            subscribe_metrics: true,
            ..Permissions::default()
        };
        assert_eq!(permissions(&permission(&given)), given);
    }
}
