//! Names with LiveKit's prefixes. Its SDKs read the prefix to know what a name is for.

use moim_types::{MediaKind, ParticipantId, RoomId, Source, TrackId};

/// `RM_` and the room's name in the house.
pub(crate) fn room_sid(id: RoomId) -> String {
    format!("RM_{id}")
}

/// `PA_` and the participant's name in the house.
pub(crate) fn participant_sid(id: ParticipantId) -> String {
    format!("PA_{id}")
}

/// `TR_`, a letter for the kind, one for the source, and the track's name in the house.
pub(crate) fn track_sid(id: TrackId, kind: MediaKind, source: Source) -> String {
    let kind = match kind {
        MediaKind::Audio => 'A',
        MediaKind::Video => 'V',
    };
    let source = match source {
        Source::Camera => 'C',
        Source::Microphone => 'M',
        Source::ScreenShare => 'S',
        Source::ScreenShareAudio => 's',
        Source::Unknown => 'U',
    };
    format!("TR_{kind}{source}{id}")
}

/// The participant of a `PA_…`.
pub(crate) fn participant_id(sid: &str) -> Option<ParticipantId> {
    sid.strip_prefix("PA_")?.parse().ok()
}

/// The track of a `TR_…`. The two letters after the prefix repeat what the track itself says; they
/// are not compared.
pub(crate) fn track_id(sid: &str) -> Option<TrackId> {
    let letters = sid.strip_prefix("TR_")?;
    if !letters.is_char_boundary(2) {
        return None;
    }
    letters.get(2..)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_comes_back_from_its_sid() {
        let track = TrackId::from_random([1; 10]);
        assert_eq!(track_sid(track, MediaKind::Video, Source::ScreenShare), "TR_VSBBBBBBBBBB");
        assert_eq!(track_id(&track_sid(track, MediaKind::Audio, Source::Microphone)), Some(track));
        let participant = ParticipantId::from_random([2; 12]);
        assert_eq!(participant_id(&participant_sid(participant)), Some(participant));
    }

    #[test]
    fn other_text_is_nobody() {
        for sid in ["", "TR_", "TR_A", "TR_ÄBBBBBBBBBBB", "TR_VCshort", "PA_BBBBBBBBBBBB", "BBBBBBBBBBBB"] {
            assert_eq!(track_id(sid), None, "{sid}");
        }
        assert_eq!(participant_id("TR_VCBBBBBBBBBB"), None);
    }
}
