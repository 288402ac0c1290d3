//! A media packet on its way from one publisher to many viewers.

use std::sync::Arc;
use std::time::Instant;

use moim_types::{Codec, TrackId};

use crate::leg::Variant;

/// One RTP packet of a publication, without its header: what is the same for every viewer.
///
/// It is made once for each packet that arrives, and shared. A viewer's sequence number, timestamp,
/// payload type and picture id are computed beside it.
#[derive(Debug, Clone)]
pub struct MediaPacket {
    /// Which publication.
    pub track: TrackId,
    /// Which simulcast encoding, 0 being the smallest. Always 0 without simulcast.
    pub encoding: u8,
    /// How it is encoded.
    pub codec: Codec,
    /// Which of the codec's variants: viewers are sent it as the same one, if they can take that.
    pub variant: Variant,
    /// Extended sequence number of the encoding's stream.
    pub sequence: u64,
    /// RTP timestamp of the encoding's stream, extended to 64 bits.
    pub timestamp: u64,
    /// The marker bit.
    pub marker: bool,
    /// The payload.
    pub payload: Arc<[u8]>,
    /// Header extensions that viewers get as they came.
    pub extensions: Extensions,
    /// When it arrived.
    pub received: Instant,
    /// The sender's clock as its last sender report tells it: a moment of this server's clock, and
    /// the RTP timestamp that belongs to it. Aligns the encodings of one publication.
    pub sender_clock: Option<(Instant, u64)>,
}

/// Header extensions that go through.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Extensions {
    /// RFC 6464: loudness in −dBov, 0 (loudest) to 127.
    pub audio_level: Option<u8>,
    /// RFC 6464: the sender takes it for speech.
    pub voice: Option<bool>,
    /// The dependency descriptor, as it came.
    pub dependency_descriptor: Option<Arc<[u8]>>,
    /// Coordination of video orientation, in quarter turns clockwise.
    pub quarter_turns: Option<u8>,
    /// Absolute capture time, as it came.
    pub absolute_capture_time: Option<(u64, Option<i64>)>,
    /// Playout delay, least and most, in milliseconds.
    pub playout_delay_ms: Option<(u32, u32)>,
}
