//! The floor: what it costs to encrypt the same packets for as many viewers and to hand them to the
//! system, and nothing else.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, anyhow};
use aws_lc_rs::aead::{AES_128_GCM, Aad, LessSafeKey, Nonce, UnboundKey};

use super::load::Load;
use super::{packetizer, pattern};
use crate::cpu;
use crate::pipe::{Buffers, Pipe};

pub(crate) struct Floor {
    /// The packets of each frame, by their sizes.
    frames: Vec<Vec<usize>>,
    viewers: usize,
}

/// RTP header with the extensions that a viewer gets.
const HEADER_BYTES: usize = 12 + 4 + 16;
const TAG_BYTES: usize = 16;
const TIME: Duration = Duration::from_secs(1);
/// More destinations than this change nothing.
const MOST_DESTINATIONS: usize = 50;

impl Floor {
    /// For the packets that viewers of this load get: the largest picture.
    pub(crate) fn prepare(load: &Load) -> anyhow::Result<Self> {
        let layers = pattern::layers(load.video_bitrate)?;
        let largest = layers.last().context("the pattern is empty")?;
        let frames = largest.frames.iter().map(|bytes| packetizer::split(*bytes)).collect();
        let viewers = load.viewers.clamp(1, MOST_DESTINATIONS);
        Ok(Self { frames, viewers })
    }

    /// Nanoseconds of processor time for each packet.
    pub(crate) fn measure(&self) -> anyhow::Result<f64> {
        let receivers = (0..self.viewers).map(|_| Pipe::open()).collect::<Result<Vec<_>, _>>()?;
        let addresses = receivers.iter().map(Pipe::address).collect::<Result<Vec<_>, _>>()?;
        let over = Arc::new(AtomicBool::new(false));
        let drained = over.clone();
        let drain = std::thread::spawn(move || drain(&receivers, &drained));
        // A thread of its own has an account of its own.
        let measured = std::thread::scope(|scope| scope.spawn(|| self.send(&addresses)).join());
        over.store(true, Ordering::Relaxed);
        let drained = drain.join().map_err(|_| anyhow!("the draining thread failed"))?;
        drained?;
        measured.map_err(|_| anyhow!("the sending thread failed"))?
    }

    fn send(&self, addresses: &[SocketAddr]) -> anyhow::Result<f64> {
        let key = UnboundKey::new(&AES_128_GCM, &[7; 16]).map_err(|_| anyhow!("AES-128-GCM is not there"))?;
        let key = LessSafeKey::new(key);
        let socket = Pipe::open()?;
        let payload = [3; 1500];
        let mut run = Vec::with_capacity(64_000);
        let (mut packets, mut sequence) = (0_u64, 0_u64);
        let (before, end) = (cpu::used_by_this_thread()?, Instant::now() + TIME);
        for frame in self.frames.iter().cycle() {
            if Instant::now() >= end {
                break;
            }
            for address in addresses {
                for sizes in frame.chunk_by(|one, next| one == next) {
                    run.clear();
                    for size in sizes {
                        sequence += 1;
                        protect(&key, sequence, payload.get(..*size).unwrap_or(&payload), &mut run)?;
                    }
                    let segment = run.len() / sizes.len();
                    socket.send(*address, &run, segment)?;
                    packets += sizes.len() as u64;
                }
            }
        }
        let used = cpu::used_by_this_thread()?.saturating_sub(before);
        Ok(used.as_nanos() as f64 / packets.max(1) as f64)
    }
}

/// SRTP as RFC 7714 has it: the header is authenticated, the payload encrypted in place.
fn protect(key: &LessSafeKey, sequence: u64, payload: &[u8], run: &mut Vec<u8>) -> anyhow::Result<()> {
    let mut header = [0x90; HEADER_BYTES];
    header[2..4].copy_from_slice(&(sequence as u16).to_be_bytes());
    let mut nonce = [0; 12];
    nonce[4..].copy_from_slice(&sequence.to_be_bytes());
    let begin = run.len();
    run.extend_from_slice(&header);
    run.extend_from_slice(payload);
    let body = run.get_mut(begin + HEADER_BYTES..).context("it was just put there")?;
    let tag = key
        .seal_in_place_separate_tag(Nonce::assume_unique_for_key(nonce), Aad::from(header), body)
        .map_err(|_| anyhow!("a packet could not be encrypted"))?;
    run.extend_from_slice(tag.as_ref().get(..TAG_BYTES).context("a tag has 16 bytes")?);
    Ok(())
}

fn drain(receivers: &[Pipe], over: &AtomicBool) -> std::io::Result<u64> {
    let mut buffers = Buffers::new();
    let mut count = 0;
    while !over.load(Ordering::Relaxed) {
        let mut arrived = 0;
        for receiver in receivers {
            arrived += receiver.drain(&mut buffers)?;
        }
        count += arrived;
        if arrived == 0 {
            std::thread::sleep(Duration::from_micros(200));
        }
    }
    Ok(count)
}
