//! Data tracks: what the house knows of them, and what LiveKit says.

use std::sync::Arc;

use livekit_protocol as proto;
use moim_room::DataTrack;
use moim_types::DataTrackId;

use super::door_data;

/// `DTR_` and the track's name in the house.
pub(crate) fn data_track_sid(id: DataTrackId) -> String {
    format!("DTR_{id}")
}

/// The data track of a `DTR_…`.
pub(crate) fn data_track_id(sid: &str) -> Option<DataTrackId> {
    sid.strip_prefix("DTR_")?.parse().ok()
}

/// What others are told that the house has no word for.
pub(crate) fn kept(request: &proto::PublishDataTrackRequest) -> Arc<[u8]> {
    door_data::pack(&proto::DataTrackInfo {
        encryption: request.encryption,
        frame_encoding: request.frame_encoding.clone(),
        schema: request.schema.clone(),
        ..Default::default()
    })
}

/// A data track as LiveKit shows it.
pub(crate) fn data_track_info(track: &DataTrack) -> proto::DataTrackInfo {
    proto::DataTrackInfo {
        pub_handle: track.description.handle.into(),
        sid: data_track_sid(track.id),
        name: track.description.name.clone(),
        ..door_data::unpack(&track.description.door_data)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_data_track_comes_back_from_its_sid() {
        let id = DataTrackId::from_random([3; 12]);
        assert_eq!(data_track_id(&data_track_sid(id)), Some(id));
        for sid in ["", "DTR_", "TR_DDDDDDDDDDDD", "DTR_short", "DTR_DDDDDDDDDDD|"] {
            assert_eq!(data_track_id(sid), None, "{sid}");
        }
    }
}
