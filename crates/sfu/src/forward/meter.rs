//! Measures the layers of one publication: what each costs, how many frames it has, whether it is sent.

use std::time::{Duration, Instant};

use moim_types::{Bitrate, Layer};

use super::liveness::Liveness;
use super::{Description, MOST_SPATIAL, MOST_TEMPORAL, slot};
use crate::MediaPacket;

const BUCKET: Duration = Duration::from_millis(250);
const BUCKETS: usize = 8;
/// Measured over less than this, one key frame would look like a high rate.
const SHORTEST: Duration = Duration::from_secs(1);
/// RTP header, extensions and the tag of SRTP, which a viewer's connection carries as well.
const OVERHEAD_BYTES: usize = 40;

type PerLayer<T> = [[T; MOST_TEMPORAL]; MOST_SPATIAL];

/// What it takes to send a layer together with the layers that it needs.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct LayerRate {
    /// Bits per second.
    pub bitrate: Bitrate,
    /// Frames per second.
    pub fps: f32,
}

/// The rates of all layers of a publication.
#[derive(Debug, Clone, Default)]
pub struct Rates {
    layers: PerLayer<LayerRate>,
    temporal_layers: [u8; MOST_SPATIAL],
}

impl Rates {
    /// Made-up rates, for tests and for what cannot be measured: bitrate and frames per second of each
    /// temporal layer of each spatial one, each together with the layers it needs.
    #[must_use]
    pub fn from_layers(layers: &[&[(Bitrate, f32)]]) -> Self {
        let mut rates = Self::default();
        for (spatial, temporals) in layers.iter().enumerate().take(MOST_SPATIAL) {
            for (temporal, (bitrate, fps)) in temporals.iter().enumerate().take(MOST_TEMPORAL) {
                rates.layers[spatial][temporal] = LayerRate { bitrate: *bitrate, fps: *fps };
                rates.temporal_layers[spatial] = temporal as u8 + 1;
            }
        }
        rates
    }

    /// What this layer takes, or the largest temporal layer below it.
    #[must_use]
    pub fn of(&self, layer: Layer) -> LayerRate {
        let spatial = slot(layer.spatial);
        let top = self.temporal_layers[spatial].saturating_sub(1);
        self.layers[spatial][usize::from(layer.temporal.min(top))]
    }

    /// How many temporal layers a spatial one has; 0 where it is not sent now.
    #[must_use]
    pub fn temporal_layers(&self, spatial: u8) -> u8 {
        self.temporal_layers.get(usize::from(spatial)).copied().unwrap_or(0)
    }

    /// The spatial layers that are sent now, from the smallest.
    pub fn live(&self) -> impl Iterator<Item = u8> {
        (0..MOST_SPATIAL as u8).filter(|spatial| self.temporal_layers(*spatial) > 0)
    }
}

/// Counts what arrives of one publication, in the last two seconds.
#[derive(Debug, Default)]
pub struct Meter {
    buckets: [Bucket; BUCKETS],
    /// Where the newest bucket is, and when it began.
    newest: usize,
    began: Option<Instant>,
    live: Liveness,
    steps: [Step; MOST_SPATIAL],
    layered: bool,
}

#[derive(Debug, Default, Clone)]
struct Bucket {
    /// Bytes of frames that larger spatial layers need, and of the others.
    shared: PerLayer<u32>,
    own: PerLayer<u32>,
    frames: PerLayer<u32>,
}

#[derive(Debug, Default)]
struct Step {
    /// Since when it has been sent without a break, and its last packet.
    since: Option<(Instant, Instant)>,
    temporal_layers: u8,
}

impl Meter {
    /// Nothing measured yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Counts a packet.
    pub fn count(&mut self, now: Instant, packet: &MediaPacket, description: &Description) {
        self.turn(now);
        self.layered = description.spatial_layers > 1;
        let spatial = if self.layered { description.spatial } else { packet.encoding };
        self.live.saw(now, spatial, description.start_of_frame);
        let (spatial, temporal) = (slot(spatial), usize::from(description.temporal).min(MOST_TEMPORAL - 1));
        self.steps[spatial].saw(now, temporal);
        let bucket = &mut self.buckets[self.newest];
        let bytes = if description.needed_above { &mut bucket.shared } else { &mut bucket.own };
        let size = packet.payload.len().saturating_add(OVERHEAD_BYTES);
        bytes[spatial][temporal] = bytes[spatial][temporal].saturating_add(size as u32);
        bucket.frames[spatial][temporal] += u32::from(description.start_of_frame);
    }

    /// The rates of what is sent now.
    #[must_use]
    pub fn rates(&mut self, now: Instant) -> Rates {
        self.turn(now);
        let mut rates = Rates::default();
        let covered = BUCKET * (BUCKETS as u32 - 1)
            + self.began.map_or(Duration::ZERO, |began| now.saturating_duration_since(began));
        let mut below = [0_u64; MOST_TEMPORAL];
        for spatial in 0..MOST_SPATIAL {
            let (shared, own, frames) = self.sums(spatial);
            let seconds = self.steps[spatial].measured(now, covered).as_secs_f64();
            let (mut bytes, mut count, mut lower) = (0, 0, 0);
            for temporal in 0..MOST_TEMPORAL {
                bytes += shared[temporal] + own[temporal];
                count += frames[temporal];
                lower += below[temporal];
                let total = if self.layered { bytes + lower } else { bytes };
                rates.layers[spatial][temporal] = LayerRate {
                    bitrate: Bitrate::from_bps((total as f64 * 8.0 / seconds) as u64),
                    fps: (count as f64 / seconds) as f32,
                };
                below[temporal] += shared[temporal];
            }
            if self.live.live(spatial) {
                rates.temporal_layers[spatial] = self.steps[spatial].temporal_layers;
            }
        }
        rates
    }

    fn sums(&self, spatial: usize) -> ([u64; MOST_TEMPORAL], [u64; MOST_TEMPORAL], [u64; MOST_TEMPORAL]) {
        let sum = |field: fn(&Bucket) -> &PerLayer<u32>| {
            let mut sums = [0; MOST_TEMPORAL];
            for bucket in &self.buckets {
                for (sum, value) in sums.iter_mut().zip(&field(bucket)[spatial]) {
                    *sum += u64::from(*value);
                }
            }
            sums
        };
        (sum(|bucket| &bucket.shared), sum(|bucket| &bucket.own), sum(|bucket| &bucket.frames))
    }

    /// Begins as many buckets as time has passed.
    fn turn(&mut self, now: Instant) {
        let began = *self.began.get_or_insert(now);
        let passed = now.saturating_duration_since(began).as_millis() / BUCKET.as_millis();
        for _ in 0..passed.min(BUCKETS as u128) {
            self.newest = (self.newest + 1) % BUCKETS;
            self.buckets[self.newest] = Bucket::default();
        }
        self.began = Some(if passed < BUCKETS as u128 { began + BUCKET * passed as u32 } else { now });
    }
}

impl Step {
    fn saw(&mut self, now: Instant, temporal: usize) {
        let window = BUCKET * BUCKETS as u32;
        self.since = match self.since {
            Some((since, last)) if now.saturating_duration_since(last) < window => Some((since, now)),
            _ => {
                self.temporal_layers = 0;
                Some((now, now))
            }
        };
        self.temporal_layers = self.temporal_layers.max(temporal as u8 + 1);
    }

    /// The time in which what is in the buckets was sent.
    fn measured(&self, now: Instant, covered: Duration) -> Duration {
        let sent = self.since.map_or(SHORTEST, |(since, _)| now.saturating_duration_since(since));
        sent.clamp(SHORTEST, covered)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::forward::testing::{Stream, epoch};

    fn layer(spatial: u8, temporal: u8) -> Layer {
        Layer { spatial, temporal }
    }

    /// `seconds` of 40 frames a second, every other one in the upper temporal layer.
    fn measure(encodings: &[u8], seconds: u64) -> (Meter, Instant) {
        let mut meter = Meter::new();
        let mut now = epoch();
        for frame in 0..seconds * 40 {
            now = epoch() + Duration::from_millis(frame * 25);
            for encoding in encodings {
                let mut packet = Stream::video(*encoding).packet();
                packet.payload = vec![0; 460 * (usize::from(*encoding) + 1)].into();
                let description = Description {
                    start_of_frame: true,
                    temporal: (frame % 2) as u8,
                    spatial_layers: 1,
                    ..Description::default()
                };
                meter.count(now, &packet, &description);
            }
        }
        (meter, now)
    }

    fn near(rate: Bitrate, bps: u64) -> bool {
        rate.bps().abs_diff(bps) < bps / 10
    }

    #[test]
    fn temporal_layers_include_those_below() {
        let (mut meter, now) = measure(&[0], 5);
        let rates = meter.rates(now);
        assert!(near(rates.of(layer(0, 0)).bitrate, 20 * 500 * 8), "{rates:?}");
        assert!(near(rates.of(layer(0, 1)).bitrate, 40 * 500 * 8));
        assert!((rates.of(layer(0, 0)).fps - 20.0).abs() < 2.0);
        assert!((rates.of(layer(0, 7)).fps - 40.0).abs() < 4.0, "the best there is");
        assert_eq!(rates.temporal_layers(0), 2);
        assert_eq!(rates.live().collect::<Vec<_>>(), [0]);
    }

    #[test]
    fn encodings_count_for_themselves() {
        let (mut meter, now) = measure(&[0, 1], 5);
        let rates = meter.rates(now);
        assert!(near(rates.of(layer(1, 1)).bitrate, 40 * 960 * 8), "{rates:?}");
    }

    #[test]
    fn a_spatial_layer_includes_what_it_needs() {
        let mut meter = Meter::new();
        for frame in 0..200_u64 {
            for spatial in 0..3 {
                let mut packet = Stream::video(0).packet();
                packet.payload = vec![0; 460].into();
                // The middle layer is needed by nobody.
                let description = Description {
                    start_of_frame: true,
                    spatial,
                    needed_above: spatial == 0,
                    spatial_layers: 3,
                    ..Description::default()
                };
                meter.count(epoch() + Duration::from_millis(frame * 25), &packet, &description);
            }
        }
        let rates = meter.rates(epoch() + Duration::from_millis(199 * 25));
        for (spatial, layers) in [(0, 1), (1, 2), (2, 2)] {
            assert!(near(rates.of(layer(spatial, 0)).bitrate, layers * 40 * 500 * 8), "{spatial} {rates:?}");
        }
    }

    #[test]
    fn what_stopped_costs_nothing() {
        let (mut meter, now) = measure(&[0], 3);
        let rates = meter.rates(now + Duration::from_secs(3));
        assert_eq!(rates.of(layer(0, 1)).bitrate, Bitrate::ZERO);
    }

    #[test]
    fn an_encoding_that_stopped_is_not_live() {
        let (mut meter, then) = measure(&[0, 1], 3);
        for frame in 1..80 {
            let now = then + Duration::from_millis(frame * 25);
            let description = Description { start_of_frame: true, spatial_layers: 1, ..Description::default() };
            meter.count(now, &Stream::video(0).packet(), &description);
        }
        let rates = meter.rates(then + Duration::from_millis(2000));
        assert_eq!(rates.live().collect::<Vec<_>>(), [0]);
        assert_eq!(rates.temporal_layers(1), 0);
    }
}
