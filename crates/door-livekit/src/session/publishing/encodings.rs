//! Which steps of quality a track comes in, from what its publisher declares and from what SDP names.

use livekit_protocol as proto;
use moim_room::Encoding;
use moim_types::{Codec, Quality, Resolution};
use proto::video_layer::Mode;

/// One declared step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Step {
    quality: Quality,
    resolution: Resolution,
    bitrate_bps: u32,
}

/// The steps of a track before its SDP is known. `codec` is the main one.
pub(crate) fn declared(request: &proto::AddTrackRequest, codec: Option<Codec>) -> Vec<Encoding> {
    let (layers, mode) = layers(request);
    let steps = steps(layers);
    let own_rids = layers.iter().any(|layer| !layer.rid.is_empty());
    let rids: &[&str] = if is_simulcast(steps.len(), mode, codec) || own_rids { &USUAL_RIDS } else { &[""; 3] };
    steps.into_iter().zip(rids).map(|(step, rid)| encoding(step, rid)).collect()
}

/// The steps of a track whose section in SDP names `rids`.
///
/// The rids are taken from the bottom, and so are the declared qualities: a camera that declares low and high and sends
/// `q` and `h` means low by `q` and high by `h`. What is not declared follows its rid.
pub(crate) fn negotiated(request: &proto::AddTrackRequest, codec: Option<Codec>, rids: &[String]) -> Vec<Encoding> {
    if rids.is_empty() {
        return declared(request, codec).into_iter().map(|one| Encoding { rid: String::new(), ..one }).collect();
    }
    let mut rids: Vec<_> = rids.iter().take(Quality::ALL.len()).collect();
    // A stable sort: rids without a usual name keep the order of `a=simulcast`.
    rids.sort_by_key(|rid| rank(rid));
    let steps = steps(layers(request).0);
    let known = steps.len();
    let rest = Quality::ALL.into_iter().filter(|quality| steps.iter().all(|step| step.quality < *quality));
    let undeclared = rest.map(|quality| Step { quality, resolution: Resolution::default(), bitrate_bps: 0 });
    let steps: Vec<_> = steps.iter().copied().chain(undeclared).collect();
    if known == 0 || steps.len() < rids.len() {
        let bare = |quality| Step { quality, resolution: Resolution::default(), bitrate_bps: 0 };
        return Quality::ALL.into_iter().zip(rids).map(|(quality, rid)| encoding(bare(quality), rid)).collect();
    }
    steps.into_iter().zip(rids).map(|(step, rid)| encoding(step, rid)).collect()
}

fn encoding(step: Step, rid: &str) -> Encoding {
    Encoding { quality: step.quality, resolution: step.resolution, bitrate_bps: step.bitrate_bps, rid: rid.to_owned() }
}

/// The layers of the main codec, where they are told for it, else those of the track.
fn layers(request: &proto::AddTrackRequest) -> (&[proto::VideoLayer], Mode) {
    match request.simulcast_codecs.first() {
        Some(codec) if !codec.layers.is_empty() => (&codec.layers, codec.video_layer_mode()),
        Some(codec) => (&request.layers, codec.video_layer_mode()),
        None => (&request.layers, Mode::Unused),
    }
}

/// From the smallest; each quality once.
fn steps(layers: &[proto::VideoLayer]) -> Vec<Step> {
    let mut steps: Vec<_> = layers.iter().take(MAX_LAYERS).filter_map(step).collect();
    steps.sort_by_key(|step| step.quality);
    steps.dedup_by_key(|step| step.quality);
    steps
}

fn step(layer: &proto::VideoLayer) -> Option<Step> {
    let quality = match layer.quality() {
        proto::VideoQuality::Low => Quality::Low,
        proto::VideoQuality::Medium => Quality::Medium,
        proto::VideoQuality::High => Quality::High,
        proto::VideoQuality::Off => return None,
    };
    let resolution = Resolution { width: layer.width, height: layer.height };
    Some(Step { quality, resolution, bitrate_bps: layer.bitrate })
}

/// Several layers are several streams, unless the publisher says that one carries them all, or uses a codec whose layers
/// usually share one.
fn is_simulcast(layers: usize, mode: Mode, codec: Option<Codec>) -> bool {
    let shared = match mode {
        Mode::MultipleSpatialLayersPerStream => true,
        Mode::OneSpatialLayerPerStream | Mode::OneSpatialLayerPerStreamIncompleteRtcpSr => false,
        Mode::Unused => matches!(codec, Some(Codec::Vp9 | Codec::Av1)),
    };
    layers > 1 && !shared
}

/// The place of a rid among those that clients use; others come in the order in which they stand.
fn rank(rid: &str) -> u8 {
    match rid {
        "q" | "2" => 0,
        "h" | "1" => 1,
        "f" | "0" => 2,
        _ => 1,
    }
}

/// From the smallest.
const USUAL_RIDS: [&str; 3] = ["q", "h", "f"];
/// Clients declare at most three.
const MAX_LAYERS: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;
    use proto::VideoQuality::{High, Low, Medium};

    fn request(qualities: &[proto::VideoQuality]) -> proto::AddTrackRequest {
        let layer = |&quality: &proto::VideoQuality| proto::VideoLayer {
            quality: quality.into(),
            width: 320 << i32::from(quality),
            ..Default::default()
        };
        proto::AddTrackRequest { layers: qualities.iter().map(layer).collect(), ..Default::default() }
    }

    fn named(encodings: &[Encoding]) -> Vec<(&str, Quality)> {
        encodings.iter().map(|one| (one.rid.as_str(), one.quality)).collect()
    }

    fn rids(names: &[&str]) -> Vec<String> {
        names.iter().map(|&name| name.to_owned()).collect()
    }

    #[test]
    fn declared_qualities_take_the_rids_from_the_bottom() {
        type Case<'a> = (&'a [proto::VideoQuality], &'a [&'a str], &'a [(&'a str, Quality)]);
        let cases: [Case<'_>; 7] = [
            (&[Low, Medium], &["q", "h"], &[("q", Quality::Low), ("h", Quality::Medium)]),
            (&[Low, High], &["q", "h"], &[("q", Quality::Low), ("h", Quality::High)]),
            (&[Medium, High], &["q", "h"], &[("q", Quality::Medium), ("h", Quality::High)]),
            (&[High], &["q"], &[("q", Quality::High)]),
            (&[], &["q", "h", "f"], &[("q", Quality::Low), ("h", Quality::Medium), ("f", Quality::High)]),
            (
                &[Low, Medium, High],
                &["0", "1", "2"],
                &[("2", Quality::Low), ("1", Quality::Medium), ("0", Quality::High)],
            ),
            (
                &[High, Low, Medium],
                &["f", "h", "q"],
                &[("q", Quality::Low), ("h", Quality::Medium), ("f", Quality::High)],
            ),
        ];
        for (qualities, names, expected) in cases {
            assert_eq!(
                named(&negotiated(&request(qualities), None, &rids(names))),
                expected,
                "{qualities:?} {names:?}"
            );
        }
    }

    #[test]
    fn more_rids_than_declared_qualities_still_have_an_order() {
        assert_eq!(
            named(&negotiated(&request(&[High]), None, &rids(&["q", "h", "f"]))),
            [("q", Quality::Low), ("h", Quality::Medium), ("f", Quality::High)]
        );
        assert_eq!(
            named(&negotiated(&request(&[Low]), None, &rids(&["q", "h"]))),
            [("q", Quality::Low), ("h", Quality::Medium)]
        );
    }

    #[test]
    fn layers_of_a_scalable_codec_share_one_stream() {
        let request = request(&[Low, Medium, High]);
        let sizes: Vec<_> = declared(&request, Some(Codec::Vp9)).iter().map(|one| one.resolution.width).collect();
        assert_eq!(sizes, [320, 640, 1280]);
        assert!(declared(&request, Some(Codec::Vp9)).iter().all(|one| one.rid.is_empty()));
        assert_eq!(named(&declared(&request, Some(Codec::Vp8)))[2], ("f", Quality::High));
    }

    #[test]
    fn the_publisher_may_say_that_vp9_comes_as_simulcast() {
        let mut request = request(&[Low, Medium]);
        request.simulcast_codecs = vec![proto::SimulcastCodec {
            codec: "vp9".into(),
            video_layer_mode: Mode::OneSpatialLayerPerStream.into(),
            ..Default::default()
        }];
        assert_eq!(named(&declared(&request, Some(Codec::Vp9))), [("q", Quality::Low), ("h", Quality::Medium)]);
    }

    #[test]
    fn a_single_stream_has_no_rid() {
        assert_eq!(named(&negotiated(&request(&[High]), Some(Codec::Vp8), &[])), [("", Quality::High)]);
        assert_eq!(negotiated(&request(&[]), Some(Codec::Vp8), &[]), []);
    }
}
