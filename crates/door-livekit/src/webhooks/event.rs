//! Entries of the rooms' journal as LiveKit's events.

use std::sync::Arc;

use livekit_protocol as proto;
use moim_room::{JournalEntry, JournalEvent, Participant, Room, Track};

use crate::wire;

/// The event of an entry. `id` makes it known when it comes twice.
pub(super) fn event(entry: &JournalEntry, id: [u8; 12]) -> proto::WebhookEvent {
    let event = proto::WebhookEvent {
        event: name(&entry.event).to_owned(),
        id: event_id(id),
        created_at: i64::try_from(entry.at.as_secs()).unwrap_or(i64::MAX),
        room: Some(wire::room::room(&entry.room)),
        ..Default::default()
    };
    match &entry.event {
        JournalEvent::RoomStarted | JournalEvent::RoomFinished => event,
        JournalEvent::ParticipantJoined(who) => proto::WebhookEvent { participant: Some(whole(who)), ..event },
        JournalEvent::ParticipantLeft(who, why) | JournalEvent::ParticipantConnectionAborted(who, why) => {
            let gone = proto::ParticipantInfo {
                state: proto::participant_info::State::Disconnected.into(),
                disconnect_reason: wire::reason::disconnect_reason(*why).into(),
                ..whole(who)
            };
            proto::WebhookEvent { participant: Some(gone), ..event }
        }
        JournalEvent::TrackPublished(who, track) | JournalEvent::TrackUnpublished(who, track) => {
            about_a_track(event, &entry.room, who, track)
        }
    }
}

const fn name(event: &JournalEvent) -> &'static str {
    match event {
        JournalEvent::RoomStarted => "room_started",
        JournalEvent::RoomFinished => "room_finished",
        JournalEvent::ParticipantJoined(_) => "participant_joined",
        JournalEvent::ParticipantLeft(..) => "participant_left",
        JournalEvent::ParticipantConnectionAborted(..) => "participant_connection_aborted",
        JournalEvent::TrackPublished(..) => "track_published",
        JournalEvent::TrackUnpublished(..) => "track_unpublished",
    }
}

fn whole(who: &Arc<Participant>) -> proto::ParticipantInfo {
    wire::participant::participant_info(who)
}

/// Events about tracks say no more of room and participant than who they are.
fn about_a_track(event: proto::WebhookEvent, room: &Room, who: &Participant, track: &Track) -> proto::WebhookEvent {
    proto::WebhookEvent {
        room: Some(proto::Room {
            sid: wire::ids::room_sid(room.id),
            name: room.name.to_string(),
            ..Default::default()
        }),
        participant: Some(proto::ParticipantInfo {
            sid: wire::ids::participant_sid(who.id),
            identity: who.identity.to_string(),
            ..Default::default()
        }),
        track: Some(wire::track::track_info(track)),
        ..event
    }
}

fn event_id(random: [u8; 12]) -> String {
    format!("EV_{}", moim_types::Id::from_random(random))
}
