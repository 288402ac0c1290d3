//! What arrives, written to a file: the media side of a viewer.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, BufWriter};
use std::path::Path;
use std::time::{Duration, Instant};

use moim_types::{Codec, MediaKind};

use super::payload;
use super::writer::{Track, Writer};
use crate::{Event, Media, MediaInput, MediaOutput, ReceivedPacket, TransceiverId};

/// Writes what arrives into a WebM file. A file names its tracks at its beginning: for those that are
/// announced it waits five seconds after the first packet; what comes later is not in it.
pub struct Recorder {
    file: Option<File>,
    writer: Option<Writer<BufWriter<File>>>,
    began: Option<Instant>,
    streams_by_transceiver: BTreeMap<TransceiverId, Stream>,
    asked: Vec<TransceiverId>,
    /// Announced, and not heard yet.
    awaited: BTreeSet<TransceiverId>,
}

struct Stream {
    codec: Codec,
    /// In the file; `None` for one that came too late for it.
    number: Option<u8>,
    size: (u16, u16),
    began_ms: u64,
    first_timestamp: u32,
    reorder: BTreeMap<u64, ReceivedPacket>,
    next: u64,
    frame: Vec<u8>,
    whole: bool,
    has_key: bool,
    /// Frames that wait for the file to begin.
    early: Vec<Done>,
}

/// A whole frame.
struct Done {
    at_ms: u64,
    key: bool,
    data: Vec<u8>,
}

/// Tracks that are not announced yet come within that.
const COLLECT: Duration = Duration::from_secs(1);
/// One that is announced may be muted, or encoded in another way, or begin with its next key frame.
const LONGEST_COLLECT: Duration = Duration::from_secs(5);
/// A packet that is late by this many others is given up.
const DEEPEST_REORDER: usize = 256;
const MOST_TRACKS: usize = 100;

impl Recorder {
    /// Makes the file, or empties it.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn create(path: &Path) -> io::Result<Self> {
        let file = Some(File::create(path)?);
        Ok(Self {
            file,
            writer: None,
            began: None,
            streams_by_transceiver: BTreeMap::new(),
            asked: Vec::new(),
            awaited: BTreeSet::new(),
        })
    }

    fn arrived(&mut self, now: Instant, packet: ReceivedPacket) -> io::Result<()> {
        self.awaited.remove(&packet.transceiver);
        let Some(codec @ (Codec::Vp8 | Codec::Vp9 | Codec::Opus)) = packet.codec else { return Ok(()) };
        if packet.payload.is_empty() {
            return Ok(());
        }
        let began = *self.began.get_or_insert(now);
        let transceiver = packet.transceiver;
        if !self.streams_by_transceiver.contains_key(&transceiver) {
            if self.streams_by_transceiver.len() >= MOST_TRACKS {
                return Ok(());
            }
            let at = now.saturating_duration_since(began).as_millis() as u64;
            self.streams_by_transceiver.insert(transceiver, Stream::new(codec, &packet, at));
            if codec.kind() == MediaKind::Video {
                self.asked.push(transceiver);
            }
        }
        let Some(stream) = self.streams_by_transceiver.get_mut(&transceiver) else { return Ok(()) };
        let frames = stream.take(packet);
        if stream.lost_its_picture() {
            self.asked.push(transceiver);
        }
        match (&mut self.writer, stream.number) {
            (Some(writer), Some(number)) => write(writer, number, &frames)?,
            (Some(_), None) => {}
            (None, _) => stream.early.extend(frames),
        }
        Ok(())
    }

    /// Begins the file with the tracks that were heard.
    fn begin(&mut self) -> io::Result<()> {
        let Some(file) = self.file.take() else { return Ok(()) };
        let heard = self.streams_by_transceiver.values();
        let tracks: Vec<_> = heard.map(|stream| Track { codec: stream.codec, size: stream.size }).collect();
        let mut writer = Writer::begin(BufWriter::new(file), &tracks)?;
        let mut early = Vec::new();
        for (stream, number) in self.streams_by_transceiver.values_mut().zip(1..) {
            stream.number = Some(number);
            early.extend(stream.early.drain(..).map(|frame| (number, frame)));
        }
        early.sort_by_key(|(_, frame)| frame.at_ms);
        for (number, frame) in early {
            write(&mut writer, number, std::slice::from_ref(&frame))?;
        }
        self.writer = Some(writer);
        Ok(())
    }

    fn announced(&mut self, event: &Event) {
        match event {
            Event::Track(track) if self.awaited.len() < MOST_TRACKS => {
                self.awaited.insert(track.transceiver);
            }
            Event::TrackEnded(transceiver) => {
                self.awaited.remove(transceiver);
            }
            _ => {}
        }
    }

    fn due(&self) -> Option<Instant> {
        self.file.as_ref()?;
        let silent = self.streams_by_transceiver.values().any(|stream| stream.early.is_empty());
        let patience = if silent || !self.awaited.is_empty() { LONGEST_COLLECT } else { COLLECT };
        Some(self.began? + patience)
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        let begun = self.begin();
        if let Err(error) = begun.and_then(|()| self.writer.as_mut().map_or(Ok(()), Writer::flush)) {
            tracing::warn!(%error, "the end of the file is missing");
        }
    }
}

impl Media for Recorder {
    fn handle(&mut self, now: Instant, input: MediaInput<'_>) {
        let done = match input {
            MediaInput::Packet(packet) => self.arrived(now, packet),
            MediaInput::Timeout if self.due().is_some_and(|due| due <= now) => self.begin(),
            MediaInput::Timeout => Ok(()),
            MediaInput::Event(event) => {
                self.announced(event);
                Ok(())
            }
        };
        if let Err(error) = done {
            tracing::error!(%error, "the file cannot be written; what arrives is lost");
        }
    }

    fn poll(&mut self) -> Option<MediaOutput> {
        self.asked.pop().map(MediaOutput::RequestKeyFrame)
    }

    fn next_wake(&self) -> Option<Instant> {
        self.due()
    }
}

impl Stream {
    const fn new(codec: Codec, first: &ReceivedPacket, began_ms: u64) -> Self {
        Self {
            codec,
            number: None,
            size: (0, 0),
            began_ms,
            first_timestamp: first.timestamp,
            reorder: BTreeMap::new(),
            next: first.sequence,
            frame: Vec::new(),
            whole: false,
            has_key: false,
            early: Vec::new(),
        }
    }

    /// Takes a packet, and gives the frames that are whole now.
    fn take(&mut self, packet: ReceivedPacket) -> Vec<Done> {
        if packet.sequence < self.next {
            return Vec::new();
        }
        self.reorder.insert(packet.sequence, packet);
        if self.reorder.len() > DEEPEST_REORDER {
            // What is missing will not come: the picture is broken up to its next key frame.
            self.next = self.reorder.keys().next().copied().unwrap_or(self.next);
            self.whole = false;
            self.has_key = false;
        }
        let mut done = Vec::new();
        while let Some(packet) = self.reorder.remove(&self.next) {
            self.next += 1;
            done.extend(self.join(&packet));
        }
        done
    }

    fn join(&mut self, packet: &ReceivedPacket) -> Option<Done> {
        let (part, begins) = payload::part(self.codec, &packet.payload)?;
        if begins {
            self.frame.clear();
            self.whole = true;
        }
        self.frame.extend_from_slice(part);
        let ends = packet.marker || self.codec == Codec::Opus;
        if !ends || !std::mem::take(&mut self.whole) {
            return None;
        }
        let data = std::mem::take(&mut self.frame);
        let key = payload::is_key_frame(self.codec, &data);
        if key && self.size == (0, 0) {
            self.size = payload::picture_size(self.codec, &data).unwrap_or_default();
        }
        self.has_key |= key;
        let ticks = u64::from(packet.timestamp.wrapping_sub(self.first_timestamp));
        let at_ms = self.began_ms + ticks * 1000 / u64::from(self.codec.clock_rate());
        self.has_key.then_some(Done { at_ms, key, data })
    }

    /// Whether a picture must begin anew; says so once.
    fn lost_its_picture(&self) -> bool {
        self.codec.kind() == MediaKind::Video
            && !self.has_key
            && self.reorder.is_empty()
            && self.next.is_multiple_of(64)
    }
}

fn write(writer: &mut Writer<BufWriter<File>>, number: u8, frames: &[Done]) -> io::Result<()> {
    frames.iter().try_for_each(|frame| writer.frame(number, frame.at_ms, frame.key, &frame.data))
}
