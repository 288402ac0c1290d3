//! What the room asks of the forwarding unit, in the room's words.

use moim_types::{LegId, MediaKind, ParticipantId, Quality, Resolution, Source, TrackId, View};

/// An order to the media side. The shell that runs both hands it on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MediaOrder {
    /// A section of a leg becomes a publication.
    Publish {
        /// The publisher's leg.
        leg: LegId,
        /// Which section (`a=mid`).
        mid: String,
        /// The track.
        track: TrackId,
        /// `a=rid` of each quality, lowest first.
        encodings: Vec<(String, Quality)>,
        /// The size of each quality.
        resolutions: Vec<(Quality, Resolution)>,
    },
    /// A publication ends, with all its subscriptions. Not ordered when the publisher's leg has closed
    /// or is replaced: then each viewer's subscription is ended by itself.
    Unpublish {
        /// The publisher's leg.
        leg: LegId,
        /// The track.
        track: TrackId,
    },
    /// A viewer gets a track.
    Subscribe {
        /// The viewer's leg.
        leg: LegId,
        /// The publisher's leg.
        publisher_leg: LegId,
        /// Whose track.
        publisher: ParticipantId,
        /// The track.
        track: TrackId,
        /// Under which track's name the viewer gets it: another's where this stands in for it.
        known_as: TrackId,
        /// What it shows.
        source: Source,
        /// Its kind.
        kind: MediaKind,
        /// How it is shown.
        view: View,
    },
    /// A viewer shows a track differently.
    SetView {
        /// The viewer's leg.
        leg: LegId,
        /// The track.
        track: TrackId,
        /// How from now on.
        view: View,
    },
    /// A viewer no longer gets a track.
    Unsubscribe {
        /// The viewer's leg.
        leg: LegId,
        /// The track.
        track: TrackId,
    },
    /// A participant's leg has no use any more. What it published or got ends with it.
    CloseLeg(LegId),
}
