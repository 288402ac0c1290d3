//! Where subscriptions go out: which section, under which payload type.

use std::collections::BTreeMap;

use moim_types::{Codec, TrackId};
use str0m::Rtc;
use str0m::media::Mid;

use super::payload_types::{self, Carrier, Variant};

/// Where subscriptions go out.
#[derive(Debug, Default)]
pub(super) struct Outlets {
    by_track: BTreeMap<TrackId, Outlet>,
}

#[derive(Debug)]
struct Outlet {
    mid: Mid,
    /// Computed once for each codec: the list of payload types is long.
    carrier: Option<(Codec, Variant, Option<Carrier>)>,
}

/// Whether a packet can be sent to a viewer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Readiness {
    /// It can.
    Ready(Carrier),
    /// Its section is not agreed on yet.
    NotYet,
    /// The viewer cannot decode it.
    Unsupported,
}

impl Outlets {
    /// After each negotiation. Returns the sections that carry something else than before.
    pub(super) fn renew(&mut self, carried: impl Iterator<Item = (Mid, TrackId)>) -> Vec<Mid> {
        let before = std::mem::take(&mut self.by_track);
        self.by_track = carried.map(|(mid, track)| (track, Outlet { mid, carrier: None })).collect();
        let same = |track, mid| before.get(track).is_some_and(|outlet| outlet.mid == mid);
        self.by_track.iter().filter(|(track, outlet)| !same(track, outlet.mid)).map(|(_, outlet)| outlet.mid).collect()
    }

    pub(super) fn remove(&mut self, track: TrackId) {
        self.by_track.remove(&track);
    }

    pub(super) fn mid(&self, track: TrackId) -> Option<Mid> {
        self.by_track.get(&track).map(|outlet| outlet.mid)
    }

    pub(super) fn mids(&self) -> impl Iterator<Item = Mid> {
        self.by_track.values().map(|outlet| outlet.mid)
    }

    /// What is sent on a section.
    pub(super) fn track(&self, mid: Mid) -> Option<TrackId> {
        self.by_track.iter().find(|(_, outlet)| outlet.mid == mid).map(|(track, _)| *track)
    }

    pub(super) fn readiness(&mut self, rtc: &Rtc, track: TrackId, codec: Codec, variant: Variant) -> Readiness {
        let Some(outlet) = self.by_track.get_mut(&track) else { return Readiness::NotYet };
        let carrier = match outlet.carrier {
            Some((known, alike, carrier)) if known == codec && alike == variant => carrier,
            _ => {
                let Some(media) = rtc.media(outlet.mid) else { return Readiness::NotYet };
                if media.disabled() {
                    return Readiness::Unsupported;
                }
                if !media.direction().is_sending() {
                    return Readiness::NotYet;
                }
                let carrier = payload_types::carrier(rtc, outlet.mid, codec, variant);
                outlet.carrier = Some((codec, variant, carrier));
                carrier
            }
        };
        carrier.map_or(Readiness::Unsupported, Readiness::Ready)
    }
}
