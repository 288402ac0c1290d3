//! The media side of somebody who publishes: a picture by the pattern, and a voice.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use moim_peer::{Event, Media, MediaInput, MediaOutput, OutgoingPacket, TransceiverId};
use moim_types::{Codec, MediaKind};

use super::packetizer::{self, Frame};
use super::pattern::{FRAMES_PER_SECOND, Layer};

/// What all publishers have sent.
#[derive(Debug, Default)]
pub(crate) struct Sent {
    pub(crate) packets: AtomicU64,
    pub(crate) key_frames: AtomicU64,
}

pub(crate) struct Publisher {
    began: Instant,
    layers: Arc<Vec<Layer>>,
    sent: Arc<Sent>,
    picture: Option<Picture>,
    voice: Option<Voice>,
    outputs: VecDeque<MediaOutput>,
}

struct Picture {
    transceiver: TransceiverId,
    encodings: Vec<Encoding>,
    next: Instant,
    timestamp: u32,
}

struct Encoding {
    rid: String,
    layer: usize,
    frame: usize,
    picture_id: u16,
    base_layer: u8,
    key_wanted: bool,
}

struct Voice {
    transceiver: TransceiverId,
    next: Instant,
    timestamp: u32,
    count: usize,
}

const FRAME: Duration = Duration::from_nanos(1_000_000_000 / FRAMES_PER_SECOND as u64);
const VOICE_FRAME: Duration = Duration::from_millis(20);
/// Who is later than this goes on from now, as an encoder that dropped frames.
const LATEST: Duration = Duration::from_millis(200);

impl Publisher {
    pub(crate) fn new(began: Instant, layers: Arc<Vec<Layer>>, sent: Arc<Sent>) -> Self {
        Self { began, layers, sent, picture: None, voice: None, outputs: VecDeque::new() }
    }

    fn begin(&mut self, now: Instant, transceiver: TransceiverId, kind: MediaKind, rids: &[String]) {
        match kind {
            MediaKind::Audio => self.voice = Some(Voice { transceiver, next: now, timestamp: 0, count: 0 }),
            MediaKind::Video => {
                let largest = self.layers.len().saturating_sub(1);
                let by_rid = |rid: &String| {
                    let layer = self.layers.iter().position(|layer| layer.rid == *rid).unwrap_or(largest);
                    Encoding::new(rid.clone(), layer)
                };
                let encodings = match rids {
                    [] => vec![Encoding::new(String::new(), largest)],
                    rids => rids.iter().map(by_rid).collect(),
                };
                self.picture = Some(Picture { transceiver, encodings, next: now, timestamp: 0 });
            }
        }
    }

    fn tick(&mut self, now: Instant) {
        if let Some(picture) = &mut self.picture
            && picture.next <= now
        {
            picture.send(now, self.began, &self.layers, &self.sent, &mut self.outputs);
        }
        if let Some(voice) = &mut self.voice
            && voice.next <= now
        {
            voice.send(now, self.began, &self.sent, &mut self.outputs);
        }
    }
}

impl Media for Publisher {
    fn handle(&mut self, now: Instant, input: MediaInput<'_>) {
        match input {
            MediaInput::Event(Event::SenderReady { transceiver, kind, rids }) => {
                self.begin(now, *transceiver, *kind, rids);
            }
            MediaInput::Event(Event::KeyFrameWanted { transceiver, rid }) => {
                let picture = self.picture.as_mut().filter(|picture| picture.transceiver == *transceiver);
                let encodings = picture.into_iter().flat_map(|picture| &mut picture.encodings);
                for encoding in encodings.filter(|encoding| rid.is_empty() || encoding.rid == *rid) {
                    encoding.key_wanted = true;
                }
            }
            MediaInput::Timeout => self.tick(now),
            MediaInput::Event(_) | MediaInput::Packet(_) => {}
        }
    }

    fn poll(&mut self) -> Option<MediaOutput> {
        self.outputs.pop_front()
    }

    fn next_wake(&self) -> Option<Instant> {
        let picture = self.picture.as_ref().map(|picture| picture.next);
        let voice = self.voice.as_ref().map(|voice| voice.next);
        picture.into_iter().chain(voice).min()
    }
}

impl Encoding {
    const fn new(rid: String, layer: usize) -> Self {
        Self { rid, layer, frame: 0, picture_id: 0, base_layer: 0, key_wanted: true }
    }

    /// The next frame of the pattern, or a key frame where one is wanted.
    fn next(&mut self, layer: &Layer) -> Frame {
        let key = std::mem::take(&mut self.key_wanted);
        let usual = layer.frames.get(self.frame).copied().unwrap_or(layer.key_frame);
        self.frame = (self.frame + 1) % layer.frames.len();
        self.picture_id = (self.picture_id + 1) & 0x7fff;
        self.base_layer = self.base_layer.wrapping_add(1);
        Frame {
            bytes: if key { layer.key_frame } else { usual },
            key,
            size: (layer.width, layer.height),
            picture_id: self.picture_id,
            base_layer: self.base_layer,
        }
    }
}

impl Picture {
    fn send(
        &mut self,
        now: Instant,
        began: Instant,
        layers: &[Layer],
        sent: &Sent,
        outputs: &mut VecDeque<MediaOutput>,
    ) {
        for encoding in &mut self.encodings {
            let Some(layer) = layers.get(encoding.layer) else { continue };
            let frame = encoding.next(layer);
            sent.key_frames.fetch_add(u64::from(frame.key), Ordering::Relaxed);
            let payloads = packetizer::payloads(frame, began, now);
            sent.packets.fetch_add(payloads.len() as u64, Ordering::Relaxed);
            let last = payloads.len() - 1;
            for (index, payload) in payloads.into_iter().enumerate() {
                outputs.push_back(MediaOutput::Write(OutgoingPacket {
                    transceiver: self.transceiver,
                    rid: encoding.rid.clone(),
                    codec: Codec::Vp8,
                    timestamp: self.timestamp,
                    marker: index == last,
                    audio_level: None,
                    payload,
                }));
            }
        }
        self.timestamp = self.timestamp.wrapping_add(90_000 / FRAMES_PER_SECOND);
        self.next = after(self.next, FRAME, now);
    }
}

impl Voice {
    fn send(&mut self, now: Instant, began: Instant, sent: &Sent, outputs: &mut VecDeque<MediaOutput>) {
        // Opus at about 32 kbit/s varies around 80 bytes; 0x78 is a frame of 20 ms, full band.
        let mut payload = vec![0x78; 64 + self.count * 7 % 32];
        payload.extend_from_slice(&(now.saturating_duration_since(began).as_nanos() as u64).to_be_bytes());
        sent.packets.fetch_add(1, Ordering::Relaxed);
        // Speaks for two seconds of every six.
        let speaks = self.count % 300 < 100;
        outputs.push_back(MediaOutput::Write(OutgoingPacket {
            transceiver: self.transceiver,
            rid: String::new(),
            codec: Codec::Opus,
            timestamp: self.timestamp,
            marker: self.count == 0,
            audio_level: Some(if speaks { 25 } else { 90 }),
            payload: Arc::from(payload),
        }));
        self.count += 1;
        self.timestamp = self.timestamp.wrapping_add(960);
        self.next = after(self.next, VOICE_FRAME, now);
    }
}

fn after(due: Instant, interval: Duration, now: Instant) -> Instant {
    let next = due + interval;
    if next + LATEST < now { now + interval } else { next }
}
