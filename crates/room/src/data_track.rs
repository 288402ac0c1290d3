//! A data track as others see it: frames of the application's own, for those who ask for them.

use std::sync::Arc;

use moim_types::DataTrackId;

/// What a participant says of a data track that he is going to publish.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataTrackDescription {
    /// His own number for it: his frames bear it.
    pub handle: u16,
    /// What the application calls it; one at a time of his has it.
    pub name: String,
    /// What its door wants others of the same door to know: opaque here.
    pub door_data: Arc<[u8]>,
}

/// A published data track.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataTrack {
    /// Its name in the house.
    pub id: DataTrackId,
    /// What it is.
    pub description: DataTrackDescription,
}
