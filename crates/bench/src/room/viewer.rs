//! The media side of somebody who views: counts, and asks for key frames.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use moim_peer::{Event, Media, MediaInput, MediaOutput, ReceivedPacket, TransceiverId};
use moim_types::MediaKind;

use super::packetizer;

/// What one viewer, or all of them together, have got since counting began.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tally {
    pub(crate) packets: u64,
    pub(crate) bytes: u64,
    streams_by_ssrc: BTreeMap<u32, Stream>,
    /// Packets by microseconds on the way.
    latency: Option<Histogram<u64>>,
    /// From the beginning of the join; kept when counting begins anew.
    pub(crate) first_key_frame: Option<Duration>,
}

#[derive(Debug, Clone, Copy)]
struct Stream {
    first: u64,
    highest: u64,
    count: u64,
}

impl Tally {
    /// Begins to count anew.
    pub(crate) fn begin(&mut self) {
        *self = Self { first_key_frame: self.first_key_frame, ..Self::default() };
    }

    /// Packets that the sequence numbers tell of and that never came.
    pub(crate) fn lost(&self) -> u64 {
        let gaps = |stream: &Stream| (stream.highest - stream.first + 1).saturating_sub(stream.count);
        self.streams_by_ssrc.values().map(gaps).sum()
    }

    pub(crate) fn streams(&self) -> usize {
        self.streams_by_ssrc.len()
    }

    pub(crate) const fn latency(&self) -> Option<&Histogram<u64>> {
        self.latency.as_ref()
    }

    fn count(&mut self, packet: &ReceivedPacket, began: Instant) {
        let sequence = packet.sequence;
        let stream = self.streams_by_ssrc.entry(packet.ssrc);
        let stream = stream.or_insert(Stream { first: sequence, highest: sequence, count: 0 });
        if sequence < stream.first {
            // It was sent before counting began.
            return;
        }
        stream.highest = stream.highest.max(sequence);
        stream.count += 1;
        self.packets += 1;
        self.bytes += packet.payload.len() as u64;
        if let Some(age) = packetizer::age(&packet.payload, began, packet.received) {
            if self.latency.is_none() {
                self.latency = Histogram::new_with_bounds(1, 60_000_000, 3).ok();
            }
            if let Some(latency) = &mut self.latency {
                latency.saturating_record(age.as_micros() as u64);
            }
        }
    }
}

pub(crate) struct Viewer {
    began: Instant,
    joins: Instant,
    tally: Arc<Mutex<Tally>>,
    waiting_by_transceiver: BTreeMap<TransceiverId, Waiting>,
    outputs: VecDeque<MediaOutput>,
}

/// A picture that has not begun.
#[derive(Debug, Clone, Copy)]
struct Waiting {
    ask_at: Option<Instant>,
}

/// A browser asks when the first frame cannot be decoded, and again when nothing comes of it.
const PATIENCE: Duration = Duration::from_millis(300);

impl Viewer {
    pub(crate) fn new(began: Instant, joins: Instant, tally: Arc<Mutex<Tally>>) -> Self {
        Self { began, joins, tally, waiting_by_transceiver: BTreeMap::new(), outputs: VecDeque::new() }
    }

    fn arrived(&mut self, now: Instant, packet: &ReceivedPacket) {
        if packet.payload.is_empty() {
            return;
        }
        let mut tally = self.tally.lock().unwrap_or_else(PoisonError::into_inner);
        tally.count(packet, self.began);
        if packet.kind != MediaKind::Video {
            return;
        }
        let waiting = self.waiting_by_transceiver.entry(packet.transceiver);
        let waiting = waiting.or_insert(Waiting { ask_at: Some(now + PATIENCE) });
        if waiting.ask_at.is_some() && packetizer::begins_key_frame(&packet.payload) {
            waiting.ask_at = None;
            let joined = packet.received.saturating_duration_since(self.joins);
            tally.first_key_frame.get_or_insert(joined);
        }
    }
}

impl Media for Viewer {
    fn handle(&mut self, now: Instant, input: MediaInput<'_>) {
        match input {
            MediaInput::Packet(packet) => self.arrived(now, &packet),
            MediaInput::Event(Event::TrackEnded(transceiver)) => {
                self.waiting_by_transceiver.remove(transceiver);
            }
            MediaInput::Event(_) => {}
            MediaInput::Timeout => {
                for (transceiver, waiting) in &mut self.waiting_by_transceiver {
                    if waiting.ask_at.is_some_and(|at| at <= now) {
                        waiting.ask_at = Some(now + PATIENCE);
                        self.outputs.push_back(MediaOutput::RequestKeyFrame(*transceiver));
                    }
                }
            }
        }
    }

    fn poll(&mut self) -> Option<MediaOutput> {
        self.outputs.pop_front()
    }

    fn next_wake(&self) -> Option<Instant> {
        self.waiting_by_transceiver.values().filter_map(|waiting| waiting.ask_at).min()
    }
}
