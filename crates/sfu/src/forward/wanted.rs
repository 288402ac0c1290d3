//! Which layer of a publication a viewer should get, by how he shows it.

use moim_types::{Layer, Quality, Resolution, View, Wanted};

use super::{MOST_TEMPORAL, Rates};
use crate::PublicationConfig;

/// The largest layer that the viewer has a use for; `None` where he does not show the publication.
/// It may be one that is not sent now.
#[must_use]
pub fn wanted_layer(view: &View, config: &PublicationConfig, rates: &Rates) -> Option<Layer> {
    if !view.shown {
        return None;
    }
    let qualities = qualities(config);
    let last = qualities.len().saturating_sub(1);
    let at = match view.wanted {
        Wanted::Quality(most) => qualities.iter().rposition(|quality| *quality <= most).unwrap_or(0),
        Wanted::Size(size) => {
            qualities.iter().position(|quality| covers(resolution(config, *quality), size)).unwrap_or(last)
        }
    };
    let spatial = at as u8;
    Some(Layer { spatial, temporal: temporal(view.most_fps, spatial, rates) })
}

/// The quality of each encoding or spatial layer, from the smallest.
fn qualities(config: &PublicationConfig) -> Vec<Quality> {
    if !config.encodings.is_empty() {
        return config.encodings.iter().map(|(_, quality)| *quality).collect();
    }
    let mut declared: Vec<_> = config.resolutions.iter().map(|(quality, _)| *quality).collect();
    declared.sort_unstable();
    declared.dedup();
    if declared.is_empty() { Quality::ALL.to_vec() } else { declared }
}

/// The declared size, or what is usual.
fn resolution(config: &PublicationConfig, quality: Quality) -> Resolution {
    let declared = config.resolutions.iter().find(|(of, size)| *of == quality && size.width > 0 && size.height > 0);
    if let Some((_, size)) = declared {
        return *size;
    }
    let (width, height) = match quality {
        Quality::Low => (320, 180),
        Quality::Medium => (640, 360),
        Quality::High => (u32::MAX, u32::MAX),
    };
    Resolution { width, height }
}

/// Whether a picture fills a place. A picture that is higher than wide may lie in a wide place: long
/// sides are compared with long ones.
fn covers(picture: Resolution, place: Resolution) -> bool {
    let sides = |size: Resolution| (size.width.max(size.height), size.width.min(size.height));
    let ((long, short), (place_long, place_short)) = (sides(picture), sides(place));
    long >= place_long && short >= place_short
}

/// The largest temporal layer within a frame rate. Frame rates are measured, so a tenth more is within.
fn temporal(most_fps: Option<u32>, spatial: u8, rates: &Rates) -> u8 {
    let highest = MOST_TEMPORAL as u8 - 1;
    let Some(most) = most_fps else { return highest };
    let spatial = rates.live().find(|live| *live >= spatial).or_else(|| rates.live().last()).unwrap_or(0);
    let layers = rates.temporal_layers(spatial);
    if layers == 0 {
        return highest;
    }
    let within = |temporal: &u8| rates.of(Layer { spatial, temporal: *temporal }).fps <= most as f32 * 1.1;
    match (0..layers).rev().find(within) {
        Some(temporal) if temporal + 1 == layers => highest,
        Some(temporal) => temporal,
        None => 0,
    }
}

#[cfg(test)]
mod tests {
    use moim_types::Bitrate;

    use super::*;

    fn sizes(sizes: &[(Quality, u32, u32)]) -> PublicationConfig {
        PublicationConfig {
            encodings: Vec::new(),
            resolutions: sizes
                .iter()
                .map(|(quality, width, height)| (*quality, Resolution { width: *width, height: *height }))
                .collect(),
        }
    }

    fn spatial(wanted: Wanted, config: &PublicationConfig) -> u8 {
        wanted_layer(&View { wanted, ..View::default() }, config, &Rates::default()).unwrap().spatial
    }

    fn size(width: u32, height: u32) -> Wanted {
        Wanted::Size(Resolution { width, height })
    }

    #[test]
    fn the_smallest_layer_that_fills_the_place_is_wanted() {
        let config = sizes(&[(Quality::Low, 320, 180), (Quality::Medium, 640, 360), (Quality::High, 1280, 720)]);
        for (wanted, expected) in [
            (size(1, 1), 0),
            (size(320, 180), 0),
            (size(321, 180), 1),
            (size(360, 640), 1),
            (size(640, 361), 2),
            (size(4000, 4000), 2),
        ] {
            assert_eq!(spatial(wanted, &config), expected, "{wanted:?}");
        }
        assert_eq!(spatial(size(200, 100), &PublicationConfig::default()), 0, "usual sizes");
        assert_eq!(spatial(size(700, 100), &PublicationConfig::default()), 2);
    }

    #[test]
    fn a_quality_is_the_encoding_that_was_declared_for_it() {
        let mut config = PublicationConfig::default();
        let expect = |config: &PublicationConfig, expected: [u8; 3]| {
            assert_eq!(Quality::ALL.map(|quality| spatial(Wanted::Quality(quality), config)), expected);
        };
        expect(&config, [0, 1, 2]);
        config.encodings = vec![("q".into(), Quality::Low), ("h".into(), Quality::High)];
        expect(&config, [0, 0, 1]);
        config.encodings = vec![("q".into(), Quality::Medium)];
        expect(&config, [0, 0, 0]);
    }

    #[test]
    fn what_is_not_shown_is_not_wanted() {
        let view = View { shown: false, ..View::default() };
        assert_eq!(wanted_layer(&view, &PublicationConfig::default(), &Rates::default()), None);
    }

    #[test]
    fn the_frame_rate_limits_temporal_layers() {
        let rate = Bitrate::from_kbps(100);
        let rates = Rates::from_layers(&[&[(rate, 7.6), (rate, 15.2), (rate, 30.1)]]);
        let temporal = |most_fps| {
            let view = View { most_fps, ..View::default() };
            wanted_layer(&view, &PublicationConfig::default(), &rates).unwrap().temporal
        };
        assert_eq!([None, Some(60), Some(30), Some(15), Some(10), Some(1)].map(temporal), [7, 7, 7, 1, 0, 0]);
    }
}
