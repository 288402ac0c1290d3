//! Rooms.

use livekit_protocol as proto;
use moim_room::Room;
use moim_types::Codec;

use super::{codec, ids};

/// What may be published, as it is announced. Video first: an old SDK takes the first for video.
pub(crate) const ENABLED_CODECS: [Codec; 8] =
    [Codec::Vp8, Codec::H264, Codec::Vp9, Codec::Av1, Codec::Opus, Codec::Red, Codec::Pcmu, Codec::Pcma];

/// A room as LiveKit shows it.
pub(crate) fn room(room: &Room) -> proto::Room {
    proto::Room {
        sid: ids::room_sid(room.id),
        name: room.name.to_string(),
        empty_timeout: seconds(room.options.empty_timeout),
        departure_timeout: seconds(room.options.departure_timeout),
        max_participants: room.options.max_participants,
        creation_time: i64::try_from(room.created.as_secs()).unwrap_or(i64::MAX),
        creation_time_ms: i64::try_from(room.created.as_millis()).unwrap_or(i64::MAX),
        enabled_codecs: enabled_codecs(),
        metadata: room.options.metadata.clone(),
        num_participants: room.participants,
        num_publishers: room.publishers,
        active_recording: room.being_recorded,
        ..Default::default()
    }
}

/// [`ENABLED_CODECS`] as messages.
pub(crate) fn enabled_codecs() -> Vec<proto::Codec> {
    ENABLED_CODECS.map(|one| proto::Codec { mime: codec::mime_type(one).to_owned(), fmtp_line: String::new() }).to_vec()
}

fn seconds(duration: std::time::Duration) -> u32 {
    u32::try_from(duration.as_secs()).unwrap_or(u32::MAX)
}
