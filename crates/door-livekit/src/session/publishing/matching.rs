//! Which section of an SDP carries which of the tracks that were announced.

use std::collections::BTreeSet;

use moim_sfu::OfferedSection;
use moim_types::{MediaKind, TrackId};

/// A track that was announced and has no section yet.
#[derive(Debug)]
pub(crate) struct Waiting<'a> {
    pub(crate) track: TrackId,
    pub(crate) kind: MediaKind,
    /// The client's own names for it, one for each codec.
    pub(crate) cids: Vec<&'a str>,
}

/// Pairs sections that carry no track yet with tracks, the longest waiting first.
///
/// A section whose msid names a track is that track's. Some browsers put another name there than they announce: such a
/// section goes to the track of its kind that has waited longest. `reserved` are names that belong to other tracks.
pub(crate) fn pair<'a>(
    sections: &[&'a OfferedSection],
    waiting: &[Waiting<'_>],
    reserved: &BTreeSet<&str>,
) -> Vec<(TrackId, &'a OfferedSection)> {
    let mut pairs: Vec<(TrackId, &OfferedSection)> = Vec::new();
    for section in sections {
        let named = waiting.iter().find(|one| is_named(one, section) && !has(&pairs, one.track));
        pairs.extend(named.map(|one| (one.track, *section)));
    }
    for section in sections {
        let name = section.track.as_deref().unwrap_or_default();
        let taken = pairs.iter().any(|(_, other)| other.mid == section.mid);
        let belongs = reserved.contains(name) || waiting.iter().any(|one| one.cids.contains(&name));
        if taken || belongs {
            continue;
        }
        let oldest = waiting.iter().find(|one| one.kind == section.kind && !has(&pairs, one.track));
        pairs.extend(oldest.map(|one| (one.track, *section)));
    }
    pairs
}

fn is_named(waiting: &Waiting<'_>, section: &OfferedSection) -> bool {
    let name = section.track.as_deref().unwrap_or_default();
    waiting.kind == section.kind && !name.is_empty() && waiting.cids.contains(&name)
}

fn has(pairs: &[(TrackId, &OfferedSection)], track: TrackId) -> bool {
    pairs.iter().any(|(paired, _)| *paired == track)
}

#[cfg(test)]
mod tests {
    use moim_sfu::SectionDirection;

    use super::*;

    fn section(mid: &str, kind: MediaKind, track: &str) -> OfferedSection {
        OfferedSection {
            mid: mid.into(),
            kind,
            direction: SectionDirection::Sends,
            stream: None,
            track: (!track.is_empty()).then(|| track.into()),
            rids: Vec::new(),
            codecs: Vec::new(),
        }
    }

    fn id(number: u8) -> TrackId {
        TrackId::from_random([number; 10])
    }

    fn waiting<'a>(number: u8, kind: MediaKind, cids: &[&'a str]) -> Waiting<'a> {
        Waiting { track: id(number), kind, cids: cids.to_vec() }
    }

    fn paired(sections: &[OfferedSection], waiting: &[Waiting<'_>], reserved: &[&str]) -> Vec<(TrackId, String)> {
        let sections: Vec<_> = sections.iter().collect();
        let reserved = reserved.iter().copied().collect();
        pair(&sections, waiting, &reserved).into_iter().map(|(track, section)| (track, section.mid.clone())).collect()
    }

    const AUDIO: MediaKind = MediaKind::Audio;
    const VIDEO: MediaKind = MediaKind::Video;

    #[test]
    fn a_section_belongs_to_the_track_that_its_msid_names() {
        let sections = [section("0", VIDEO, "screen"), section("1", VIDEO, "camera")];
        let tracks = [waiting(1, VIDEO, &["camera"]), waiting(2, VIDEO, &["screen"])];
        assert_eq!(paired(&sections, &tracks, &[]), [(id(2), "0".into()), (id(1), "1".into())]);
    }

    #[test]
    fn a_section_of_another_name_goes_to_the_oldest_track_of_its_kind() {
        let sections = [section("0", VIDEO, "{made-up}"), section("1", VIDEO, ""), section("2", AUDIO, "{other}")];
        let tracks = [waiting(1, VIDEO, &["a"]), waiting(2, VIDEO, &["b"]), waiting(3, AUDIO, &["c"])];
        assert_eq!(paired(&sections, &tracks, &[]), [(id(1), "0".into()), (id(2), "1".into()), (id(3), "2".into())]);
    }

    #[test]
    fn a_named_section_comes_before_a_guess() {
        let sections = [section("0", VIDEO, "{made-up}"), section("1", VIDEO, "a")];
        let tracks = [waiting(1, VIDEO, &["a"]), waiting(2, VIDEO, &["b"])];
        assert_eq!(paired(&sections, &tracks, &[]), [(id(1), "1".into()), (id(2), "0".into())]);
    }

    #[test]
    fn a_name_that_belongs_to_another_track_is_no_guess() {
        let sections = [section("0", VIDEO, "backup-of-other")];
        assert_eq!(paired(&sections, &[waiting(1, VIDEO, &["a"])], &["backup-of-other"]), []);
    }

    #[test]
    fn kinds_never_mix() {
        assert_eq!(paired(&[section("0", AUDIO, "a")], &[waiting(1, VIDEO, &["a"])], &[]), []);
    }
}
