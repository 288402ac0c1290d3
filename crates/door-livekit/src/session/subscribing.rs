//! What the client wants to see, and what it is told of that.

use std::collections::BTreeMap;

use livekit_protocol as proto;
use moim_room::{ParticipantCommand, Refusal, TrackAccess};
use moim_types::{ParticipantId, PauseReason, Quality, Resolution, TrackId, View, Wanted};
use proto::signal_response::Message;

use super::output::Outputs;
use super::roster::Roster;
use crate::wire::ids::{participant_id, participant_sid, track_id};

/// Tracks that the client has asked for and was not told of by the room.
#[derive(Debug, Default)]
pub(crate) struct Subscribing {
    asked_sids: BTreeMap<TrackId, String>,
}

impl Subscribing {
    /// `subscription`: both of its lists together.
    pub(crate) fn subscribe(&mut self, request: proto::UpdateSubscription, roster: &Roster, out: &mut Outputs) {
        let wanted = request.subscribe;
        let of_participants = request.participant_tracks.into_iter().flat_map(|tracks| tracks.track_sids);
        let mut tracks = Vec::new();
        for sid in request.track_sids.into_iter().chain(of_participants).take(MAX_TRACKS) {
            match track_id(&sid) {
                Some(track) => {
                    tracks.push(track);
                    self.remember(track, sid, wanted, roster);
                }
                None if wanted => out.send(refusal(sid, proto::SubscriptionError::SeTrackNotfound)),
                None => {}
            }
        }
        if !tracks.is_empty() {
            out.tell(ParticipantCommand::Subscribe { tracks, wanted });
        }
    }

    /// A track that was asked for cannot be had.
    pub(crate) fn refused(&mut self, track: TrackId, why: Refusal, roster: &Roster, out: &mut Outputs) {
        let asked = self.asked_sids.remove(&track);
        let Some(sid) = roster.track_sid(track).map(str::to_owned).or(asked) else { return };
        let error = match why {
            Refusal::NoSuchTrack => proto::SubscriptionError::SeTrackNotfound,
            Refusal::Invalid => proto::SubscriptionError::SeCodecUnsupported,
            _ => proto::SubscriptionError::SeUnknown,
        };
        out.send(refusal(sid, error));
    }

    /// A client may name tracks before they are announced; the answer repeats its own words.
    fn remember(&mut self, track: TrackId, sid: String, wanted: bool, roster: &Roster) {
        if !wanted || roster.track_sid(track).is_some() {
            self.asked_sids.remove(&track);
        } else if self.asked_sids.len() < MAX_TRACKS {
            self.asked_sids.insert(track, sid);
        }
    }
}

/// `track_setting`.
pub(crate) fn set_view(settings: &proto::UpdateTrackSettings, out: &mut Outputs) {
    let tracks: Vec<_> = track_ids(&settings.track_sids);
    if !tracks.is_empty() {
        out.tell(ParticipantCommand::SetView { tracks, view: view(settings) });
    }
}

/// Tracks that are not shown for now, and whose other settings are as usual.
pub(crate) fn hide(sids: &[String], out: &mut Outputs) {
    let tracks = track_ids(sids);
    if !tracks.is_empty() {
        out.tell(ParticipantCommand::SetView { tracks, view: View { shown: false, ..View::default() } });
    }
}

/// `subscription_permission`.
pub(crate) fn allow(permission: proto::SubscriptionPermission, out: &mut Outputs) {
    let only = permission.track_permissions.into_iter().take(MAX_TRACKS).filter_map(access).collect();
    out.tell(ParticipantCommand::AllowSubscribers { everybody: permission.all_participants, only });
}

/// A publisher has granted or withdrawn a track.
pub(crate) fn allowed(publisher: ParticipantId, track: TrackId, allowed: bool, roster: &Roster, out: &mut Outputs) {
    let Some(sid) = roster.track_sid(track) else { return };
    out.send(Message::SubscriptionPermissionUpdate(proto::SubscriptionPermissionUpdate {
        participant_sid: participant_sid(publisher),
        track_sid: sid.to_owned(),
        allowed,
    }));
}

/// A track is paused, or goes on.
pub(crate) fn stream_state(
    publisher: ParticipantId,
    track: TrackId,
    paused: Option<PauseReason>,
    roster: &Roster,
    out: &mut Outputs,
) {
    let Some(sid) = roster.track_sid(track) else { return };
    let state = if paused.is_some() { proto::StreamState::Paused } else { proto::StreamState::Active };
    let info = proto::StreamStateInfo {
        participant_sid: participant_sid(publisher),
        track_sid: sid.to_owned(),
        state: state.into(),
    };
    out.send(Message::StreamStateUpdate(proto::StreamStateUpdate { stream_states: vec![info] }));
}

/// What a client says of how it shows tracks.
fn view(settings: &proto::UpdateTrackSettings) -> View {
    let quality = proto::VideoQuality::try_from(settings.quality).unwrap_or(proto::VideoQuality::High);
    let by_size = settings.width > 0;
    let step = match quality {
        proto::VideoQuality::Low | proto::VideoQuality::Off => Quality::Low,
        proto::VideoQuality::Medium => Quality::Medium,
        proto::VideoQuality::High => Quality::High,
    };
    let size = Resolution { width: settings.width, height: settings.height };
    View {
        wanted: if by_size { Wanted::Size(size) } else { Wanted::Quality(step) },
        most_fps: (settings.fps > 0).then_some(settings.fps),
        shown: !settings.disabled && (by_size || quality != proto::VideoQuality::Off),
        priority: priority(settings.priority),
    }
}

/// For clients 1 comes first and 0 says nothing; in the house the larger number comes first.
const fn priority(priority: u32) -> u32 {
    match priority {
        0 => 0,
        place => u32::MAX - place,
    }
}

fn access(permission: proto::TrackPermission) -> Option<TrackAccess> {
    let viewer = if permission.participant_identity.is_empty() {
        Err(participant_id(&permission.participant_sid)?)
    } else {
        Ok(permission.participant_identity.into())
    };
    let tracks = track_ids(&permission.track_sids);
    Some(TrackAccess { viewer, all_tracks: permission.all_tracks, tracks })
}

fn track_ids(sids: &[String]) -> Vec<TrackId> {
    sids.iter().take(MAX_TRACKS).filter_map(|sid| track_id(sid)).collect()
}

fn refusal(track_sid: String, error: proto::SubscriptionError) -> Message {
    Message::SubscriptionResponse(proto::SubscriptionResponse { track_sid, err: error.into() })
}

/// Tracks, or people, that one message may name.
const MAX_TRACKS: usize = 10_000;

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> proto::UpdateTrackSettings {
        proto::UpdateTrackSettings { quality: proto::VideoQuality::Medium.into(), ..Default::default() }
    }

    #[test]
    fn a_view_is_a_size_where_there_is_one_and_else_a_quality() {
        assert_eq!(view(&settings()).wanted, Wanted::Quality(Quality::Medium));
        let sized = proto::UpdateTrackSettings { width: 320, height: 180, ..settings() };
        assert_eq!(view(&sized).wanted, Wanted::Size(Resolution { width: 320, height: 180 }));
    }

    #[test]
    fn a_disabled_track_and_one_of_quality_off_are_not_shown() {
        assert!(view(&settings()).shown);
        assert!(!view(&proto::UpdateTrackSettings { disabled: true, ..settings() }).shown);
        assert!(!view(&proto::UpdateTrackSettings { quality: proto::VideoQuality::Off.into(), ..settings() }).shown);
    }

    #[test]
    fn the_first_priority_is_the_largest_and_none_is_the_smallest() {
        assert!(priority(1) > priority(2) && priority(2) > priority(0));
    }

    #[test]
    fn a_viewer_is_named_by_identity_or_by_sid() {
        let by_name = proto::TrackPermission { participant_identity: "ann".into(), ..Default::default() };
        assert_eq!(access(by_name).map(|it| it.viewer), Some(Ok("ann".into())));
        let by_sid = proto::TrackPermission { participant_sid: "PA_AAAAAAAAAAAA".into(), ..Default::default() };
        assert_eq!(access(by_sid).map(|it| it.viewer), Some(Err(ParticipantId::from_random([0; 12]))));
        assert!(access(proto::TrackPermission::default()).is_none());
    }
}
