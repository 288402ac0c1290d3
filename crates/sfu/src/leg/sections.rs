//! Which subscription goes onto which section, where the remote side offers.
//!
//! A section that the remote side offers for receiving is *free* until a subscription is put onto
//! it. When that ends, the section is answered inactive once, before another track may have it
//! (RFC 8829 §5.2.2 would allow it at once, but native clients notice a new track only by a change
//! of direction).

use moim_types::{MediaKind, TrackId};

use super::offer_text::RemoteSection;
use crate::Msid;

/// Sections and those who wait for one.
#[derive(Debug, Default)]
pub(super) struct Sections {
    /// In the order of the offer.
    sections: Vec<Section>,
    subscribed: Vec<Subscribed>,
    /// Something changed that only another offer can settle.
    stale: bool,
}

#[derive(Debug)]
struct Section {
    mid: String,
    kind: Option<MediaKind>,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Not offered for receiving.
    Unusable,
    /// Offered for receiving; nothing is sent on it.
    Free,
    /// Answered with this track.
    Carries(TrackId),
    /// Its track is gone, which the remote side has not been told.
    Retiring,
}

#[derive(Debug)]
struct Subscribed {
    track: TrackId,
    kind: MediaKind,
    msid: Msid,
}

impl Sections {
    /// A new subscription: it waits for the next offer.
    pub(super) fn subscribe(&mut self, track: TrackId, kind: MediaKind, msid: Msid) {
        if !self.subscribed.iter().any(|known| known.track == track) {
            self.subscribed.push(Subscribed { track, kind, msid });
        }
    }

    /// A subscription ends.
    pub(super) fn unsubscribe(&mut self, track: TrackId) {
        self.subscribed.retain(|known| known.track != track);
        for section in self.sections.iter_mut().filter(|section| section.state == State::Carries(track)) {
            section.state = State::Retiring;
            self.stale = true;
        }
    }

    /// Takes in an offer that was accepted, and puts waiting subscriptions onto its free sections.
    /// Returns the sections that rest: their track is gone, and the next one needs new numbers.
    pub(super) fn offered(&mut self, offered: &[RemoteSection]) -> Vec<String> {
        let before = std::mem::take(&mut self.sections);
        let state_before = |offer: &RemoteSection| {
            before.iter().find(|section| section.mid == offer.mid).map_or(State::Unusable, |section| section.state)
        };
        let mut resting = Vec::new();
        for offer in offered {
            let usable = offer.kind.is_some() && offer.receives && !offer.sends && !offer.rejected;
            let state = match state_before(offer) {
                _ if !usable => State::Unusable,
                State::Carries(track) => State::Carries(track),
                State::Retiring => {
                    resting.push(self.sections.len());
                    State::Free
                }
                State::Unusable | State::Free => State::Free,
            };
            self.sections.push(Section { mid: offer.mid.clone(), kind: offer.kind, state });
        }
        self.stale = false;
        self.assign(&resting);
        resting.into_iter().map(|index| self.sections[index].mid.clone()).collect()
    }

    fn assign(&mut self, resting: &[usize]) {
        for subscribed in &self.subscribed {
            let carried = |section: &Section| section.state == State::Carries(subscribed.track);
            if self.sections.iter().any(carried) {
                continue;
            }
            let free = self.sections.iter_mut().enumerate().find(|(index, section)| {
                section.state == State::Free && section.kind == Some(subscribed.kind) && !resting.contains(index)
            });
            if let Some((_, section)) = free {
                section.state = State::Carries(subscribed.track);
            }
        }
    }

    /// Which sections carry which subscription.
    pub(super) fn carried(&self) -> impl Iterator<Item = (&str, TrackId)> {
        self.sections.iter().filter_map(|section| match section.state {
            State::Carries(track) => Some((section.mid.as_str(), track)),
            State::Unusable | State::Free | State::Retiring => None,
        })
    }

    /// The name of a subscription.
    pub(super) fn msid(&self, track: TrackId) -> Option<&Msid> {
        self.subscribed.iter().find(|known| known.track == track).map(|known| &known.msid)
    }

    /// How many more sections of sound and picture are needed. `None`: all is as it should be, and
    /// no offer is needed.
    pub(super) fn missing(&self) -> Option<(u32, u32)> {
        let waiting = |kind| self.waiting().filter(|waiting| waiting.kind == kind).count();
        let free = |kind| {
            self.sections.iter().filter(|section| section.kind == Some(kind) && section.state == State::Free).count()
        };
        let more = |kind| u32::try_from(waiting(kind).saturating_sub(free(kind))).unwrap_or(u32::MAX);
        let needed = self.stale || self.waiting().next().is_some();
        needed.then(|| (more(MediaKind::Audio), more(MediaKind::Video)))
    }

    fn waiting(&self) -> impl Iterator<Item = &Subscribed> {
        self.subscribed.iter().filter(|known| !self.carried().any(|(_, track)| track == known.track))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn track(number: u8) -> TrackId {
        TrackId::from_random([number; 10])
    }

    fn msid() -> Msid {
        Msid { stream: "s".into(), track: "t".into() }
    }

    fn offer(lines: &[(&str, MediaKind, bool, bool)]) -> Vec<RemoteSection> {
        let section = |(mid, kind, sends, receives): &(&str, MediaKind, bool, bool)| RemoteSection {
            mid: (*mid).to_owned(),
            kind: Some(*kind),
            rejected: false,
            sends: *sends,
            receives: *receives,
            stream: None,
            track: None,
            rids: Vec::new(),
        };
        lines.iter().map(section).collect()
    }

    use MediaKind::{Audio, Video};

    #[test]
    fn a_subscription_takes_a_free_section_of_its_kind() {
        let mut sections = Sections::default();
        sections.subscribe(track(1), Video, msid());
        sections.offered(&offer(&[("0", Audio, false, true), ("1", Video, true, false), ("2", Video, false, true)]));
        assert_eq!(sections.carried().collect::<Vec<_>>(), [("2", track(1))]);
        assert_eq!(sections.missing(), None);
    }

    #[test]
    fn what_does_not_fit_is_asked_for() {
        let mut sections = Sections::default();
        sections.offered(&offer(&[("0", Audio, false, true)]));
        sections.subscribe(track(1), Audio, msid());
        assert_eq!(sections.missing(), Some((0, 0)), "it fits, but needs an offer");
        sections.subscribe(track(2), Audio, msid());
        sections.subscribe(track(3), Video, msid());
        assert_eq!(sections.missing(), Some((1, 1)));
    }

    #[test]
    fn a_section_rests_for_one_answer_between_two_tracks() {
        let lines = [("0", Audio, false, true)];
        let mut sections = Sections::default();
        sections.subscribe(track(1), Audio, msid());
        sections.offered(&offer(&lines));
        sections.unsubscribe(track(1));
        sections.subscribe(track(2), Audio, msid());
        assert_eq!(sections.missing(), Some((1, 0)), "the old section is not free yet");
        sections.offered(&offer(&lines));
        assert_eq!(sections.carried().count(), 0, "answered inactive");
        assert_eq!(sections.missing(), Some((0, 0)));
        sections.offered(&offer(&lines));
        assert_eq!(sections.carried().collect::<Vec<_>>(), [("0", track(2))]);
    }

    #[test]
    fn a_section_that_the_remote_side_takes_back_is_lost() {
        let mut sections = Sections::default();
        sections.subscribe(track(1), Audio, msid());
        sections.offered(&offer(&[("0", Audio, false, true)]));
        sections.offered(&offer(&[("0", Audio, false, false)]));
        assert_eq!(sections.carried().count(), 0);
        assert_eq!(sections.missing(), Some((1, 0)));
    }
}
