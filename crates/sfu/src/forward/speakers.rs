//! Who is heard, by the loudness that senders put into a header extension (RFC 6464).

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use moim_types::TrackId;

use crate::{ActiveSpeaker, MediaPacket};

/// How long is listened before it is judged.
const WINDOW: Duration = Duration::from_millis(400);
/// Louder than this, in −dBov, counts.
const THRESHOLD: u8 = 35;
/// In so many percent of the window it must be louder.
const LEAST_PERCENT: u32 = 40;
/// The weight of a new window in an exponential mean over two of them.
const WEIGHT: f32 = 2.0 / 3.0;
/// What a packet lasts that does not follow another, and the most that one lasts (RFC 6716 §3.2.5).
const USUAL: Duration = Duration::from_millis(20);
const LONGEST: Duration = Duration::from_millis(120);

/// Listens to all the sound that passes.
#[derive(Debug, Default)]
pub struct Speakers {
    tracks: BTreeMap<TrackId, Heard>,
    /// When the window that is listened to ends.
    ends: Option<Instant>,
}

#[derive(Debug, Default)]
struct Heard {
    timestamp: Option<u64>,
    loud: Duration,
    /// In −dBov, while it was loud.
    loudest: Option<u8>,
    mean: f32,
    /// As it was reported.
    level: f32,
    gone: bool,
}

impl Speakers {
    /// Hears nobody yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Listens to a packet; one without a level is not heard.
    pub fn hear(&mut self, now: Instant, packet: &MediaPacket) {
        let Some(level) = packet.extensions.audio_level else { return };
        let heard = self.tracks.entry(packet.track).or_default();
        heard.hear(level, packet);
        if heard.loud > Duration::ZERO && self.ends.is_none() {
            self.ends = Some(now + WINDOW);
        }
    }

    /// Forgets a publication. If it was heard, that it is silent now is reported once more.
    pub fn remove(&mut self, track: TrackId) {
        if let Some(heard) = self.tracks.get_mut(&track) {
            if heard.level > 0.0 {
                heard.gone = true;
            } else {
                self.tracks.remove(&track);
            }
        }
    }

    /// When to judge. `None` while everybody is silent.
    #[must_use]
    pub fn next_wake(&self) -> Option<Instant> {
        self.ends
    }

    /// What has changed since it was last judged; empty before the window ends.
    pub fn changes(&mut self, now: Instant) -> Vec<ActiveSpeaker> {
        if self.ends.is_none_or(|ends| ends > now) {
            return Vec::new();
        }
        let changes = self.tracks.iter_mut().filter_map(|(track, heard)| {
            let level = heard.judge();
            (level != std::mem::replace(&mut heard.level, level)).then_some(ActiveSpeaker {
                track: *track,
                level,
                active: level > 0.0,
            })
        });
        let changes = changes.collect();
        self.tracks.retain(|_, heard| !heard.gone);
        let anybody = self.tracks.values().any(|heard| heard.level > 0.0);
        self.ends = anybody.then(|| now + WINDOW);
        changes
    }
}

impl Heard {
    fn hear(&mut self, level: u8, packet: &MediaPacket) {
        let before = self.timestamp.replace(packet.timestamp);
        if level >= THRESHOLD {
            return;
        }
        let rate = u64::from(packet.codec.clock_rate());
        let ticks = before.map_or(0, |before| packet.timestamp.saturating_sub(before));
        let lasted = Duration::from_micros(ticks.min(rate) * 1_000_000 / rate);
        // A longer pause is silence that was not sent.
        self.loud += if lasted.is_zero() || lasted > LONGEST { USUAL } else { lasted };
        self.loudest = Some(self.loudest.map_or(level, |loudest| loudest.min(level)));
    }

    /// The level in eighths, 0 where it is no speech; and begins the next window.
    fn judge(&mut self) -> f32 {
        let enough = std::mem::take(&mut self.loud) >= WINDOW * LEAST_PERCENT / 100;
        let loudest = self.loudest.take().filter(|_| enough && !self.gone);
        let level = loudest.map_or(0.0, |level| 10_f32.powf(-f32::from(level) / 20.0));
        self.mean += (level - self.mean) * WEIGHT;
        if loudest.is_some() { (self.mean * 8.0).ceil().clamp(1.0, 8.0) / 8.0 } else { 0.0 }
    }
}

#[cfg(test)]
mod tests {
    use moim_types::Codec;

    use super::*;
    use crate::forward::testing::Stream;

    struct Room {
        speakers: Speakers,
        stream: Stream,
    }

    impl Room {
        fn new() -> Self {
            Self { speakers: Speakers::new(), stream: Stream::of(Codec::Opus, 0) }
        }

        /// Twenty packets of 20 ms; the first ones at this level, the others silent.
        fn window(&mut self, loud_packets: usize, level: u8) -> Vec<(f32, bool)> {
            let mut changes = Vec::new();
            for at in 0..20 {
                let mut packet = self.stream.packet();
                packet.extensions.audio_level = Some(if at < loud_packets { level } else { 127 });
                self.speakers.hear(self.stream.now, &packet);
                self.stream.tick(20);
                changes.extend(self.speakers.changes(self.stream.now));
            }
            changes.iter().map(|change| (change.level, change.active)).collect()
        }
    }

    #[test]
    fn a_speaker_is_heard_once_and_once_more_when_silent() {
        let mut room = Room::new();
        assert_eq!(room.window(20, 20), [(0.125, true)], "two thirds of a tenth, rounded up");
        assert_eq!(room.window(20, 20), []);
        assert_eq!(room.window(0, 0), [(0.0, false)]);
        assert_eq!(room.window(0, 0), []);
        assert_eq!(room.speakers.next_wake(), None, "silence needs no timer");
    }

    #[test]
    fn loudness_grows_over_two_windows() {
        let mut room = Room::new();
        assert_eq!(room.window(20, 0), [(0.75, true)]);
        assert_eq!(room.window(20, 0), [(1.0, true)]);
    }

    #[test]
    fn a_cough_and_a_murmur_are_no_speech() {
        for (packets, level, active) in [(7, 5, false), (8, 5, true), (20, 35, false), (20, 34, true)] {
            let heard = !Room::new().window(packets, level).is_empty();
            assert_eq!(heard, active, "{packets} packets at −{level} dBov");
        }
    }

    #[test]
    fn who_leaves_while_speaking_is_reported_silent() {
        let mut room = Room::new();
        room.window(20, 10);
        let track = room.stream.packet().track;
        room.speakers.remove(track);
        let changes = room.speakers.changes(room.stream.now + WINDOW);
        assert_eq!(changes, [ActiveSpeaker { track, level: 0.0, active: false }]);
        assert_eq!((room.speakers.tracks.len(), room.speakers.next_wake()), (0, None));
    }
}
