//! A track as others see it, and what is wanted of it.

use std::sync::Arc;

use moim_types::{Codec, MediaKind, Quality, Resolution, Source, TrackId};

use crate::Version;

/// One step of a picture's quality, as its publisher describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Encoding {
    /// Which step.
    pub quality: Quality,
    /// Its size.
    pub resolution: Resolution,
    /// Its rate in bits per second; 0 where it is not known.
    pub bitrate_bps: u32,
    /// `a=rid`; empty without simulcast.
    pub rid: String,
}

/// What a participant says of a track that he is going to publish.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrackDescription {
    /// Sound or picture.
    pub kind: MediaKind,
    /// What it shows.
    pub source: Source,
    /// What the application calls it.
    pub name: String,
    /// Whether it is silent or dark for now.
    pub muted: bool,
    /// Its full size; zero for sound.
    pub resolution: Resolution,
    /// Which steps of quality it comes in, lowest first; empty for sound.
    pub encodings: Vec<Encoding>,
    /// The codecs it comes in, the main one first.
    pub codecs: Vec<Codec>,
    /// What its door wants others of the same door to know: opaque here.
    pub door_data: Arc<[u8]>,
}

/// A snapshot of a published track.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Track {
    /// Its name in the house.
    pub id: TrackId,
    /// What it is.
    pub description: TrackDescription,
    /// The section of the publisher's leg (`a=mid`); empty until it is known.
    pub mid: String,
    /// Which snapshot this is.
    pub version: Version,
}

/// What all viewers of a track together want: qualities above it need not be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Demand {
    /// Nobody shows it.
    Nothing,
    /// Up to this step.
    UpTo(Quality),
}
