//! Writes a WebM file so that what is written is readable at any moment, also after a crash: the
//! segment has no size that would have to be filled in at the end, and its clusters are written
//! whole, a second each.

use std::io::{self, Write};

use moim_types::Codec;

/// A track as the file names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Track {
    pub(super) codec: Codec,
    /// The size of the picture.
    pub(super) size: (u16, u16),
}

pub(super) struct Writer<W> {
    out: W,
    /// What is not written yet: where it begins, in milliseconds, and its blocks.
    cluster: Option<(u64, Vec<u8>)>,
}

/// EBML (RFC 8794) and Matroska (RFC 9559) element ids.
mod id {
    pub(super) const EBML: u32 = 0x1a45_dfa3;
    pub(super) const DOC_TYPE: u32 = 0x4282;
    pub(super) const DOC_TYPE_VERSION: u32 = 0x4287;
    pub(super) const DOC_TYPE_READ_VERSION: u32 = 0x4285;
    pub(super) const SEGMENT: u32 = 0x1853_8067;
    pub(super) const INFO: u32 = 0x1549_a966;
    pub(super) const TIMESTAMP_SCALE: u32 = 0x2a_d7b1;
    pub(super) const MUXING_APP: u32 = 0x4d80;
    pub(super) const WRITING_APP: u32 = 0x5741;
    pub(super) const TRACKS: u32 = 0x1654_ae6b;
    pub(super) const TRACK_ENTRY: u32 = 0xae;
    pub(super) const TRACK_NUMBER: u32 = 0xd7;
    pub(super) const TRACK_UID: u32 = 0x73c5;
    pub(super) const TRACK_TYPE: u32 = 0x83;
    pub(super) const CODEC_ID: u32 = 0x86;
    pub(super) const CODEC_PRIVATE: u32 = 0x63a2;
    pub(super) const VIDEO: u32 = 0xe0;
    pub(super) const PIXEL_WIDTH: u32 = 0xb0;
    pub(super) const PIXEL_HEIGHT: u32 = 0xba;
    pub(super) const AUDIO: u32 = 0xe1;
    pub(super) const CHANNELS: u32 = 0x9f;
    pub(super) const SAMPLING_FREQUENCY: u32 = 0xb5;
    pub(super) const CLUSTER: u32 = 0x1f43_b675;
    pub(super) const TIMESTAMP: u32 = 0xe7;
    pub(super) const SIMPLE_BLOCK: u32 = 0xa3;
}

const UNKNOWN_SIZE: [u8; 8] = [0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff];
/// What a crash may cost. Block times are 16 bits with a sign, relative to their cluster.
const LONGEST_CLUSTER_MS: u64 = 1_000;
const APPLICATION: &str = "moim";

impl<W: Write> Writer<W> {
    /// Writes everything that comes before the first frame. Tracks are numbered from 1.
    pub(super) fn begin(mut out: W, tracks: &[Track]) -> io::Result<Self> {
        let mut ebml = Vec::new();
        text(&mut ebml, id::DOC_TYPE, "webm");
        number(&mut ebml, id::DOC_TYPE_VERSION, 4);
        number(&mut ebml, id::DOC_TYPE_READ_VERSION, 2);
        let mut info = Vec::new();
        number(&mut info, id::TIMESTAMP_SCALE, 1_000_000);
        text(&mut info, id::MUXING_APP, APPLICATION);
        text(&mut info, id::WRITING_APP, APPLICATION);
        let mut entries = Vec::new();
        for (track, number) in tracks.iter().zip(1..) {
            element(&mut entries, id::TRACK_ENTRY, &entry(*track, number));
        }
        let mut head = Vec::new();
        element(&mut head, id::EBML, &ebml);
        put_id(&mut head, id::SEGMENT);
        head.extend_from_slice(&UNKNOWN_SIZE);
        element(&mut head, id::INFO, &info);
        element(&mut head, id::TRACKS, &entries);
        out.write_all(&head)?;
        Ok(Self { out, cluster: None })
    }

    /// Writes a frame of the track with this number.
    pub(super) fn frame(&mut self, track: u8, at_ms: u64, key: bool, frame: &[u8]) -> io::Result<()> {
        let fits = |begin: u64| at_ms.checked_sub(begin).is_some_and(|within| within < LONGEST_CLUSTER_MS);
        if self.cluster.as_ref().is_some_and(|(begin, _)| !fits(*begin)) {
            self.flush()?;
        }
        let (begin, blocks) = self.cluster.get_or_insert_with(|| (at_ms, Vec::new()));
        put_id(blocks, id::SIMPLE_BLOCK);
        put_size(blocks, frame.len() + 4);
        blocks.push(0x80 | track);
        blocks.extend_from_slice(&((at_ms - *begin) as u16).to_be_bytes());
        blocks.push(if key { 0x80 } else { 0 });
        blocks.extend_from_slice(frame);
        Ok(())
    }

    /// Writes what is not written yet.
    pub(super) fn flush(&mut self) -> io::Result<()> {
        if let Some((begin, blocks)) = self.cluster.take() {
            let mut body = Vec::with_capacity(blocks.len() + 16);
            number(&mut body, id::TIMESTAMP, begin);
            body.extend_from_slice(&blocks);
            let mut cluster = Vec::with_capacity(body.len() + 12);
            element(&mut cluster, id::CLUSTER, &body);
            self.out.write_all(&cluster)?;
        }
        self.out.flush()
    }
}

fn entry(track: Track, count: u64) -> Vec<u8> {
    let mut entry = Vec::new();
    number(&mut entry, id::TRACK_NUMBER, count);
    number(&mut entry, id::TRACK_UID, count);
    match track.codec {
        Codec::Opus => {
            number(&mut entry, id::TRACK_TYPE, 2);
            text(&mut entry, id::CODEC_ID, "A_OPUS");
            element(&mut entry, id::CODEC_PRIVATE, &opus_head());
            let mut audio = Vec::new();
            number(&mut audio, id::CHANNELS, 2);
            element(&mut audio, id::SAMPLING_FREQUENCY, &48_000_f64.to_be_bytes());
            element(&mut entry, id::AUDIO, &audio);
        }
        codec => {
            number(&mut entry, id::TRACK_TYPE, 1);
            text(&mut entry, id::CODEC_ID, if codec == Codec::Vp9 { "V_VP9" } else { "V_VP8" });
            let mut video = Vec::new();
            number(&mut video, id::PIXEL_WIDTH, u64::from(track.size.0.max(1)));
            number(&mut video, id::PIXEL_HEIGHT, u64::from(track.size.1.max(1)));
            element(&mut entry, id::VIDEO, &video);
        }
    }
    entry
}

/// RFC 7845 §5.1: two channels, nothing skipped, mapping family 0.
fn opus_head() -> Vec<u8> {
    let mut head = b"OpusHead".to_vec();
    head.extend_from_slice(&[1, 2, 0, 0]);
    head.extend_from_slice(&48_000_u32.to_le_bytes());
    head.extend_from_slice(&[0, 0, 0]);
    head
}

fn text(out: &mut Vec<u8>, id: u32, value: &str) {
    element(out, id, value.as_bytes());
}

fn number(out: &mut Vec<u8>, id: u32, value: u64) {
    let bytes = value.to_be_bytes();
    let first = bytes.iter().position(|byte| *byte != 0).unwrap_or(7);
    element(out, id, bytes.get(first..).unwrap_or_default());
}

fn element(out: &mut Vec<u8>, id: u32, body: &[u8]) {
    put_id(out, id);
    put_size(out, body.len());
    out.extend_from_slice(body);
}

fn put_id(out: &mut Vec<u8>, id: u32) {
    let bytes = id.to_be_bytes();
    let first = bytes.iter().position(|byte| *byte != 0).unwrap_or(3);
    out.extend_from_slice(bytes.get(first..).unwrap_or_default());
}

/// Always eight bytes: the first says so, seven hold the size.
fn put_size(out: &mut Vec<u8>, size: usize) {
    let [_, rest @ ..] = (size as u64).to_be_bytes();
    out.push(0x01);
    out.extend_from_slice(&rest);
}
