//! How long things may be.

use std::collections::BTreeMap;

use moim_types::MediaKind;

use crate::{Arrival, Change, Config, DataTrackDescription, Refusal, RoomOptions, TrackDescription};

const NAME_BYTES: usize = 256;
const METADATA_BYTES: usize = 512 * 1024;
const ATTRIBUTES_BYTES: usize = 64 * 1024;
const DOOR_DATA_BYTES: usize = 64 * 1024;
const ROOM_TAGS: usize = 64;
const ENCODINGS: usize = 8;
const CODECS: usize = 16;

/// A name that must not be empty: a room's, an identity.
pub(crate) fn name(name: &str) -> Result<(), Refusal> {
    if name.is_empty() {
        return Err(Refusal::Invalid);
    }
    at_most(name.len(), NAME_BYTES)
}

pub(crate) fn arrival(config: &Config, arrival: &Arrival) -> Result<(), Refusal> {
    name(&arrival.identity)?;
    at_most(arrival.name.len(), NAME_BYTES)?;
    at_most(arrival.metadata.len(), METADATA_BYTES)?;
    at_most(arrival.door_data.len(), DOOR_DATA_BYTES)?;
    attributes(config, &arrival.attributes)
}

pub(crate) fn attributes(config: &Config, attributes: &BTreeMap<String, String>) -> Result<(), Refusal> {
    at_most(attributes.len(), config.attributes)?;
    at_most(attributes.iter().map(|(key, value)| key.len() + value.len()).sum(), ATTRIBUTES_BYTES)
}

/// Whether a change fits; the attributes that result from it are checked by the caller.
pub(crate) fn change(change: &Change) -> Result<(), Refusal> {
    at_most(change.name.as_ref().map_or(0, String::len), NAME_BYTES)?;
    at_most(change.metadata.as_ref().map_or(0, String::len), METADATA_BYTES)
}

pub(crate) fn room_options(options: &RoomOptions) -> Result<(), Refusal> {
    metadata(&options.metadata)?;
    at_most(options.tags.len(), ROOM_TAGS)?;
    options.tags.iter().try_for_each(|(key, value)| at_most(key.len().max(value.len()), NAME_BYTES))
}

pub(crate) fn metadata(metadata: &str) -> Result<(), Refusal> {
    at_most(metadata.len(), METADATA_BYTES)
}

pub(crate) fn tag(tag: &str) -> Result<(), Refusal> {
    at_most(tag.len(), NAME_BYTES)
}

pub(crate) fn track(track: &TrackDescription) -> Result<(), Refusal> {
    at_most(track.name.len(), NAME_BYTES)?;
    at_most(track.door_data.len(), DOOR_DATA_BYTES)?;
    at_most(track.encodings.len(), ENCODINGS)?;
    at_most(track.codecs.len(), CODECS)?;
    track.encodings.iter().try_for_each(|encoding| at_most(encoding.rid.len(), NAME_BYTES))?;
    let ascending = track.encodings.windows(2).all(|pair| pair[0].quality <= pair[1].quality);
    let of_its_kind = track.codecs.iter().all(|codec| codec.kind() == track.kind);
    let sound_has_no_steps = track.kind == MediaKind::Video || track.encodings.is_empty();
    if ascending && of_its_kind && sound_has_no_steps { Ok(()) } else { Err(Refusal::Invalid) }
}

pub(crate) fn data_track(track: &DataTrackDescription) -> Result<(), Refusal> {
    name(&track.name)?;
    at_most(track.door_data.len(), DOOR_DATA_BYTES)
}

fn at_most(length: usize, most: usize) -> Result<(), Refusal> {
    if length <= most { Ok(()) } else { Err(Refusal::TooLarge) }
}
