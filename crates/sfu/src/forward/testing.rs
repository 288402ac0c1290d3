//! Made-up streams for the tests of this folder.

use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use moim_testkit::VirtualClock;
use moim_types::{Codec, TrackId};

use crate::{Extensions, MediaPacket, Variant};

/// A moment to count from. The tests never look at a clock again.
pub(super) fn epoch() -> Instant {
    static EPOCH: OnceLock<Instant> = OnceLock::new();
    *EPOCH.get_or_init(|| VirtualClock::new().now().instant)
}

/// A sender of one encoding.
pub(super) struct Stream {
    pub(super) encoding: u8,
    pub(super) codec: Codec,
    pub(super) sequence: u64,
    pub(super) timestamp: u64,
    pub(super) now: Instant,
}

impl Stream {
    /// H.264, which has no layers of its own.
    pub(super) fn video(encoding: u8) -> Self {
        Self::of(Codec::H264, encoding)
    }

    pub(super) fn of(codec: Codec, encoding: u8) -> Self {
        let start = u64::from(encoding);
        Self { encoding, codec, sequence: 1000 * (start + 1), timestamp: 90_000 * (start + 3), now: epoch() }
    }

    /// Lets time pass until the next frame.
    pub(super) fn tick(&mut self, milliseconds: u64) {
        self.now += Duration::from_millis(milliseconds);
        self.timestamp += milliseconds * u64::from(self.codec.clock_rate()) / 1000;
    }

    /// The next packet, the only one of its frame, without a key frame in it.
    pub(super) fn packet(&mut self) -> MediaPacket {
        self.packet_of(&[0x61, 0x00])
    }

    /// The next packet with this payload.
    pub(super) fn packet_of(&mut self, payload: &[u8]) -> MediaPacket {
        self.sequence += 1;
        MediaPacket {
            track: TrackId::from_random([0; 10]),
            encoding: self.encoding,
            codec: self.codec,
            variant: Variant::default(),
            sequence: self.sequence,
            timestamp: self.timestamp,
            marker: true,
            payload: Arc::from(payload),
            extensions: Extensions::default(),
            received: self.now,
            sender_clock: None,
        }
    }

    /// A VP8 frame of one packet: two-byte picture id, TL0PICIDX, temporal layer.
    pub(super) fn vp8(&mut self, key: bool, picture_id: u16, tl0: u8, temporal: u8, layer_sync: bool) -> MediaPacket {
        let [high, low] = picture_id.to_be_bytes();
        let layer = temporal << 6 | u8::from(layer_sync) << 5;
        self.packet_of(&[0x90, 0xe0, 0x80 | high, low, tl0, layer, u8::from(!key)])
    }
}
