//! Participants: listed, changed, muted and sent away.

use std::time::Duration;

use livekit_protocol as proto;
use moim_room::{ApiCommand, Change, Identity, Refusal, Reply, RoomName};
use moim_types::TrackId;

use super::Api;
use super::error::TwirpError;
use crate::token::unix_now;
use crate::wire;

pub(super) async fn list_participants(
    api: &Api,
    request: proto::ListParticipantsRequest,
) -> Result<proto::ListParticipantsResponse, TwirpError> {
    let participants = match api.rooms.ask(ApiCommand::ListParticipants(request.room.into())).await? {
        Ok(Reply::Participants(participants)) => participants,
        // Nobody is in a room that is not there.
        Err(Refusal::NoSuchRoom) => Vec::new(),
        Ok(_) => return Err(TwirpError::internal()),
        Err(refusal) => return Err(refusal.into()),
    };
    let participants = participants.iter().map(|one| wire::participant::participant_info(one)).collect();
    Ok(proto::ListParticipantsResponse { participants })
}

pub(super) async fn get_participant(
    api: &Api,
    request: proto::RoomParticipantIdentity,
) -> Result<proto::ParticipantInfo, TwirpError> {
    one(api, ApiCommand::GetParticipant(request.room.into(), request.identity.into())).await
}

/// His older tokens go first: a client that comes back at once must not get in with one.
pub(super) async fn remove_participant(
    api: &Api,
    request: proto::RoomParticipantIdentity,
) -> Result<proto::RemoveParticipantResponse, TwirpError> {
    let (room, identity): (RoomName, Identity) = (request.room.as_str().into(), request.identity.as_str().into());
    if request.revoke_token_ts == 0 {
        api.ask(ApiCommand::GetParticipant(room.clone(), identity.clone())).await?;
    }
    api.authority.revoke(&room, &identity, revoked_since(request.revoke_token_ts)?);
    api.ask(ApiCommand::RemoveParticipant(room, identity)).await?;
    Ok(proto::RemoveParticipantResponse {})
}

/// Tokens date in whole seconds. Without a date every token is too old that may have been made
/// before this moment, so those of the current second are.
fn revoked_since(seconds: i64) -> Result<Duration, TwirpError> {
    match u64::try_from(seconds) {
        Ok(0) => Ok(Duration::from_secs(unix_now().as_secs().saturating_add(1))),
        Ok(seconds) => Ok(Duration::from_secs(seconds)),
        Err(_) => Err(TwirpError::invalid("revoke_token_ts is in seconds since 1970")),
    }
}

pub(super) async fn mute_published_track(
    api: &Api,
    request: proto::MuteRoomTrackRequest,
) -> Result<proto::MuteRoomTrackResponse, TwirpError> {
    let command = ApiCommand::MuteTrack {
        room: request.room.into(),
        identity: request.identity.into(),
        track: track_id(&request.track_sid)?,
        muted: request.muted,
    };
    match api.ask(command).await? {
        Reply::Track(track) => Ok(proto::MuteRoomTrackResponse { track: Some(wire::track::track_info(&track)) }),
        _ => Err(TwirpError::internal()),
    }
}

pub(super) async fn update_participant(
    api: &Api,
    request: proto::UpdateParticipantRequest,
) -> Result<proto::ParticipantInfo, TwirpError> {
    let change = Change {
        name: given(request.name),
        metadata: given(request.metadata),
        attributes: request.attributes.into_iter().collect(),
        permissions: request.permission.as_ref().map(wire::participant::permissions),
    };
    one(api, ApiCommand::UpdateParticipant(request.room.into(), request.identity.into(), change)).await
}

pub(super) async fn update_subscriptions(
    api: &Api,
    request: proto::UpdateSubscriptionsRequest,
) -> Result<proto::UpdateSubscriptionsResponse, TwirpError> {
    let of_participants = request.participant_tracks.iter().flat_map(|one| &one.track_sids);
    let tracks = request.track_sids.iter().chain(of_participants).map(|sid| track_id(sid)).collect::<Result<_, _>>()?;
    let command = ApiCommand::UpdateSubscriptions {
        room: request.room.into(),
        identity: request.identity.into(),
        tracks,
        wanted: request.subscribe,
    };
    api.ask(command).await?;
    Ok(proto::UpdateSubscriptionsResponse {})
}

/// Empty leaves a thing as it is.
fn given(text: String) -> Option<String> {
    (!text.is_empty()).then_some(text)
}

fn track_id(sid: &str) -> Result<TrackId, TwirpError> {
    wire::ids::track_id(sid).ok_or_else(|| Refusal::NoSuchTrack.into())
}

async fn one(api: &Api, command: ApiCommand) -> Result<proto::ParticipantInfo, TwirpError> {
    match api.ask(command).await? {
        Reply::Participant(participant) => Ok(wire::participant::participant_info(&participant)),
        _ => Err(TwirpError::internal()),
    }
}
