//! How a room is joined, and how a track is published.

use std::sync::Arc;

use livekit_protocol::{TrackSource, VideoLayer, VideoQuality};
use moim_types::{Codec, MediaKind};

use crate::{ConnectionConfig, Fleet, Media};

/// How a room is joined.
pub struct RoomOptions {
    /// Who drives the connections.
    pub fleet: Arc<Fleet>,
    /// Whether every track that may be seen arrives by itself.
    pub auto_subscribe: bool,
    /// Whether the server begins with the smallest layer.
    pub adaptive_stream: bool,
    /// How both connections are made.
    pub connection: ConnectionConfig,
    /// Whether both go through the TURN server that the room's server names, over UDP (`iceTransportPolicy: "relay"`).
    pub relayed: bool,
    /// Where published media comes from; `None` when it is written packet by packet.
    pub publisher_media: Option<Box<dyn Media>>,
    /// Where subscribed media goes to; `None` for the queue of [`RoomEvents`](super::RoomEvents).
    pub subscriber_media: Option<Box<dyn Media>>,
}

impl RoomOptions {
    /// All tracks, in queues.
    #[must_use]
    pub fn new(fleet: Arc<Fleet>) -> Self {
        Self {
            fleet,
            auto_subscribe: true,
            adaptive_stream: false,
            connection: ConnectionConfig::default(),
            relayed: false,
            publisher_media: None,
            subscriber_media: None,
        }
    }
}

impl std::fmt::Debug for RoomOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RoomOptions").field("auto_subscribe", &self.auto_subscribe).finish_non_exhaustive()
    }
}

/// How a track is published.
#[derive(Debug, Clone)]
pub struct PublishOptions {
    /// Its name.
    pub name: String,
    /// Sound or picture.
    pub kind: MediaKind,
    /// What it shows.
    pub source: TrackSource,
    /// How it is encoded.
    pub codec: Codec,
    /// The size of the picture, or zeros.
    pub size: (u32, u32),
    /// Simulcast encodings, smallest first; empty for one.
    pub rids: Vec<String>,
}

impl PublishOptions {
    /// A microphone.
    #[must_use]
    pub fn microphone() -> Self {
        Self {
            name: "microphone".to_owned(),
            kind: MediaKind::Audio,
            source: TrackSource::Microphone,
            codec: Codec::Opus,
            size: (0, 0),
            rids: Vec::new(),
        }
    }

    /// A camera of this size with one encoding.
    #[must_use]
    pub fn camera(codec: Codec, width: u32, height: u32) -> Self {
        Self {
            name: "camera".to_owned(),
            kind: MediaKind::Video,
            source: TrackSource::Camera,
            codec,
            size: (width, height),
            rids: Vec::new(),
        }
    }

    /// The same in three sizes: whole, half and a quarter.
    #[must_use]
    pub fn with_simulcast(mut self) -> Self {
        self.rids = ["q", "h", "f"].map(str::to_owned).to_vec();
        self
    }

    /// What the server is told of the sizes.
    pub(super) fn layers(&self) -> Vec<VideoLayer> {
        if self.kind == MediaKind::Audio {
            return Vec::new();
        }
        let qualities = [VideoQuality::Low, VideoQuality::Medium, VideoQuality::High];
        let sent = self.rids.len().clamp(1, qualities.len());
        // With fewer encodings the smallest ones are missing from the size, not from the qualities.
        let qualities = if self.rids.is_empty() { &qualities[2..] } else { &qualities[..sent] };
        let layer = |(index, quality): (usize, &VideoQuality)| {
            let shrink = sent - 1 - index;
            VideoLayer {
                quality: *quality as i32,
                width: self.size.0 >> shrink,
                height: self.size.1 >> shrink,
                spatial_layer: i32::try_from(index).unwrap_or_default(),
                rid: self.rids.get(index).cloned().unwrap_or_default(),
                ..VideoLayer::default()
            }
        };
        qualities.iter().enumerate().map(layer).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_encodings_are_told_from_a_quarter_to_the_whole() {
        let options = PublishOptions::camera(Codec::Vp8, 1280, 720).with_simulcast();
        let sizes: Vec<_> = options.layers().iter().map(|layer| (layer.quality, layer.width)).collect();
        assert_eq!(sizes, [(0, 320), (1, 640), (2, 1280)]);
    }

    #[test]
    fn one_encoding_is_the_highest_quality() {
        let layers = PublishOptions::camera(Codec::Vp8, 640, 360).layers();
        assert_eq!((layers.len(), layers[0].quality, layers[0].height), (1, VideoQuality::High as i32, 360));
    }
}
