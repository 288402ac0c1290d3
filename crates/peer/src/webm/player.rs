//! A file that is played into a room: the media side of a publisher.

use std::collections::{BTreeMap, VecDeque};
use std::fs::File;
use std::io::BufReader;
use std::path::Path;
use std::time::{Duration, Instant};

use matroska_demuxer::{Frame, MatroskaFile, TrackType};
use moim_types::{Codec, MediaKind};

use super::payload::Packetizer;
use crate::{Event, Media, MediaInput, MediaOutput, OutgoingPacket, TransceiverId};

/// Why a file cannot be played.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PlayerError {
    /// It cannot be read.
    #[error("the file cannot be read: {0}")]
    File(#[from] std::io::Error),
    /// It is no WebM file.
    #[error("the file is no WebM or Matroska file: {0}")]
    Format(#[from] matroska_demuxer::DemuxError),
    /// It has no track that a room takes.
    #[error("the file has neither VP8 nor VP9 nor Opus in it; convert it with ffmpeg -c:v libvpx -c:a libopus")]
    NoTracks,
}

/// A track of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TrackInFile {
    /// How it is encoded.
    pub codec: Codec,
    /// The size of the picture, or zeros.
    pub size: (u32, u32),
}

/// Plays the first picture and the first sound of a file, once. It begins when the first of its
/// tracks may be sent.
pub struct Player {
    file: MatroskaFile<BufReader<File>>,
    tracks_by_number: BTreeMap<u64, Playing>,
    tick: Duration,
    began: Option<Instant>,
    next: Option<(Duration, Frame)>,
    outputs: VecDeque<MediaOutput>,
}

struct Playing {
    track: TrackInFile,
    packetizer: Packetizer,
    transceiver: Option<TransceiverId>,
}

impl Player {
    /// Opens a file.
    ///
    /// # Errors
    /// When it cannot be read, or has nothing that a room takes.
    pub fn open(path: &Path) -> Result<Self, PlayerError> {
        let file = MatroskaFile::open(BufReader::new(File::open(path)?))?;
        let mut tracks_by_number = BTreeMap::new();
        let mut taken = Vec::new();
        for entry in file.tracks() {
            let Some(codec) = codec_of(entry.codec_id()) else { continue };
            if taken.contains(&codec.kind()) || !matches!(entry.track_type(), TrackType::Video | TrackType::Audio) {
                continue;
            }
            taken.push(codec.kind());
            let pixels = |pixels: u64| u32::try_from(pixels).unwrap_or_default();
            let size =
                entry.video().map(|video| (pixels(video.pixel_width().get()), pixels(video.pixel_height().get())));
            let track = TrackInFile { codec, size: size.unwrap_or_default() };
            let playing = Playing { track, packetizer: Packetizer::new(codec), transceiver: None };
            tracks_by_number.insert(entry.track_number().get(), playing);
        }
        if tracks_by_number.is_empty() {
            return Err(PlayerError::NoTracks);
        }
        let tick = Duration::from_nanos(file.info().timestamp_scale().get());
        Ok(Self { file, tracks_by_number, tick, began: None, next: None, outputs: VecDeque::new() })
    }

    /// What is to be published.
    #[must_use]
    pub fn tracks(&self) -> Vec<TrackInFile> {
        self.tracks_by_number.values().map(|playing| playing.track).collect()
    }

    /// How long it plays, if the file says so.
    #[must_use]
    pub fn length(&self) -> Option<Duration> {
        let ticks = self.file.info().duration()?;
        Duration::try_from_secs_f64(ticks * self.tick.as_secs_f64()).ok()
    }

    fn ready(&mut self, now: Instant, transceiver: TransceiverId, kind: MediaKind) {
        let mut tracks = self.tracks_by_number.values_mut();
        let Some(playing) = tracks.find(|playing| playing.track.codec.kind() == kind) else { return };
        playing.transceiver = Some(transceiver);
        if self.began.is_none() {
            self.began = Some(now);
            self.advance();
        }
    }

    /// Reads on to the next frame that is played.
    fn advance(&mut self) {
        let mut frame = Frame::default();
        self.next = loop {
            match self.file.next_frame(&mut frame) {
                Ok(true) if self.tracks_by_number.contains_key(&frame.track) => {
                    let ticks = u32::try_from(frame.timestamp).unwrap_or(u32::MAX);
                    break Some((self.tick.saturating_mul(ticks), frame));
                }
                Ok(true) => {}
                Ok(false) => break None,
                Err(error) => {
                    tracing::warn!(%error, "the file is broken from here on");
                    break None;
                }
            }
        };
    }

    fn play(&mut self, at: Duration, frame: &Frame) {
        let Some(playing) = self.tracks_by_number.get_mut(&frame.track) else { return };
        let codec = playing.track.codec;
        let payloads = playing.packetizer.cut(&frame.data);
        let Some(transceiver) = playing.transceiver else { return };
        let timestamp = (at.as_nanos() * u128::from(codec.clock_rate()) / 1_000_000_000) as u32;
        let count = payloads.len();
        for (index, payload) in payloads.into_iter().enumerate() {
            self.outputs.push_back(MediaOutput::Write(OutgoingPacket {
                transceiver,
                rid: String::new(),
                codec,
                timestamp,
                marker: codec.kind() == MediaKind::Video && index + 1 == count,
                audio_level: None,
                payload,
            }));
        }
    }
}

impl Media for Player {
    fn handle(&mut self, now: Instant, input: MediaInput<'_>) {
        match input {
            MediaInput::Event(Event::SenderReady { transceiver, kind, .. }) => self.ready(now, *transceiver, *kind),
            MediaInput::Timeout => {
                while self.next_wake().is_some_and(|wake| wake <= now) {
                    let Some((at, frame)) = self.next.take() else { return };
                    self.play(at, &frame);
                    self.advance();
                }
            }
            MediaInput::Event(_) | MediaInput::Packet(_) => {}
        }
    }

    fn poll(&mut self) -> Option<MediaOutput> {
        self.outputs.pop_front()
    }

    fn next_wake(&self) -> Option<Instant> {
        Some(self.began? + self.next.as_ref()?.0)
    }
}

fn codec_of(id: &str) -> Option<Codec> {
    match id {
        "V_VP8" => Some(Codec::Vp8),
        "V_VP9" => Some(Codec::Vp9),
        "A_OPUS" => Some(Codec::Opus),
        _ => None,
    }
}
