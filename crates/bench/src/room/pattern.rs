//! Frame sizes of a real encoder: what publishers send.
//!
//! `pattern.txt` was recorded from libvpx through ffmpeg, ten seconds of its moving test picture:
//! `ffmpeg -f lavfi -i testsrc2=size=SIZE:rate=30 -t 10 -c:v libvpx -deadline realtime -cpu-used 8
//! -b:v RATE -minrate RATE -maxrate RATE -bufsize RATE -g 100000 -lag-in-frames 0`, with 1280x720 at
//! 2500k, 640x360 at 500k and 320x180 at 150k; the sizes are ffprobe's. The first frame of each is
//! the only key frame.

use anyhow::Context as _;

const RECORDED: &str = include_str!("pattern.txt");
pub(crate) const FRAMES_PER_SECOND: u32 = 30;

/// One size of the picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Layer {
    pub(crate) rid: String,
    pub(crate) width: u16,
    pub(crate) height: u16,
    /// Bytes of a key frame.
    pub(crate) key_frame: usize,
    /// Bytes of each frame after it; begins again at the end.
    pub(crate) frames: Vec<usize>,
}

/// The layers, smallest first, scaled so that the largest has this rate in bits per second.
pub(crate) fn layers(bps: u64) -> anyhow::Result<Vec<Layer>> {
    let lines = RECORDED.lines().filter(|line| !line.trim().is_empty());
    let mut layers = lines.map(read).collect::<anyhow::Result<Vec<_>>>()?;
    let largest = layers.last().context("the pattern is empty")?;
    let recorded = largest.frames.iter().sum::<usize>() * 8 * FRAMES_PER_SECOND as usize / largest.frames.len();
    let scale = bps as f64 / recorded as f64;
    let scaled = |bytes: usize| ((bytes as f64 * scale) as usize).max(SMALLEST_FRAME);
    for layer in &mut layers {
        layer.key_frame = scaled(layer.key_frame);
        for frame in &mut layer.frames {
            *frame = scaled(*frame);
        }
    }
    Ok(layers)
}

/// A frame has at least its headers and its time of sending.
const SMALLEST_FRAME: usize = 40;

fn read(line: &str) -> anyhow::Result<Layer> {
    let mut words = line.split_whitespace();
    let mut word = || words.next().context("a line of the pattern is too short");
    let (rid, width, height, key_frame) = (word()?.to_owned(), word()?.parse()?, word()?.parse()?, word()?.parse()?);
    let frames: Vec<usize> = words.map(str::parse).collect::<Result<_, _>>()?;
    anyhow::ensure!(!frames.is_empty(), "a layer of the pattern has no frames");
    Ok(Layer { rid, width, height, key_frame, frames })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_layer_has_the_rate_that_was_asked_for() {
        for bps in [500_000, 2_500_000] {
            let layers = layers(bps).unwrap();
            assert_eq!(layers.iter().map(|layer| layer.rid.as_str()).collect::<Vec<_>>(), ["q", "h", "f"]);
            let largest = layers.last().unwrap();
            let rate = largest.frames.iter().sum::<usize>() as f64 * 8.0 * 30.0 / largest.frames.len() as f64;
            assert!((rate / bps as f64 - 1.0).abs() < 0.02, "{rate}");
        }
    }

    #[test]
    fn smaller_layers_cost_less() {
        let sums: Vec<usize> = layers(2_500_000).unwrap().iter().map(|layer| layer.frames.iter().sum()).collect();
        assert!(sums.is_sorted(), "{sums:?}");
    }
}
