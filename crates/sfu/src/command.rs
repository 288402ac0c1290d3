//! What a shard is told to do.

use bytes::Bytes;
use moim_types::{Codec, LegId, MediaKind, ParticipantId, Quality, Resolution, Source, TrackId, View};

use crate::ShardId;

/// A command. Commands about a leg that has closed are ignored.
#[derive(Debug, Clone)]
pub enum Command {
    /// Make a leg. It waits for the first offer, or makes one, as its configuration says.
    OpenLeg(LegId, Box<LegConfig>),
    /// Something for one leg.
    Leg(LegId, LegCommand),
    /// Make a section of a leg's media known under a name, so that it can be subscribed to.
    Publish {
        /// The publisher's leg.
        leg: LegId,
        /// Which section (`a=mid`).
        mid: String,
        /// The name.
        track: TrackId,
        /// What it carries.
        config: PublicationConfig,
    },
    /// Forget a publication, and end its subscriptions on this shard.
    Unpublish(TrackId),
    /// Send a publication to a leg.
    Subscribe {
        /// The viewer's leg.
        leg: LegId,
        /// Which publication.
        track: TrackId,
        /// Under which track's name the viewer gets it; for [`Naming`] only.
        known_as: TrackId,
        /// The shard that the publisher's leg lives on.
        home: ShardId,
        /// Whose it is; for [`Naming`] only.
        publisher: ParticipantId,
        /// What it shows; for [`Naming`] only.
        source: Source,
        /// Its kind; known before the publication is, when that lives on another shard.
        kind: MediaKind,
        /// How the viewer shows it.
        view: View,
    },
    /// Change how a viewer shows a publication.
    SetView {
        /// The viewer's leg.
        leg: LegId,
        /// Which publication.
        track: TrackId,
        /// How from now on.
        view: View,
    },
    /// Stop sending a publication to a leg.
    Unsubscribe {
        /// The viewer's leg.
        leg: LegId,
        /// Which publication.
        track: TrackId,
    },
    /// Close everything.
    Stop,
}

/// What one leg is told to do.
#[derive(Debug, Clone)]
pub enum LegCommand {
    /// The remote side offers. Answered by [`LegEvent::Answer`](crate::LegEvent::Answer).
    AcceptOffer {
        /// The offer.
        sdp: String,
        /// Returned with the answer; the leg does not look at it.
        exchange: u32,
        /// Wishes for sections that the remote side sends.
        preferences: Vec<CodecPreference>,
    },
    /// The remote side answers this leg's offer.
    AcceptAnswer {
        /// The answer.
        sdp: String,
        /// The number of the offer, as it was given out; 0 is taken for the latest.
        exchange: u32,
    },
    /// A remote candidate, as the value of `candidate` in an `RTCIceCandidateInit`. An empty one
    /// says that there are no more.
    AddCandidate(String),
    /// Make the next offer with new ICE credentials, and make it now. Only where this side offers.
    RestartIce,
    /// Send a message over the data channel with this label.
    Send {
        /// The channel.
        label: String,
        /// Text or bytes.
        binary: bool,
        /// The message.
        message: Bytes,
    },
    /// Estimate no more than this for what can be sent to the viewer; `None` lifts the limit.
    LimitEstimate(Option<moim_types::Bitrate>),
    /// End the connection.
    Close,
}

/// How a leg is made.
#[derive(Debug, Clone)]
pub struct LegConfig {
    /// Which way its media flows.
    pub directions: Directions,
    /// Who offers.
    pub offerer: Offerer,
    /// How it finds a path.
    pub ice: IceMode,
    /// At which of the shard's addresses it may be reached.
    pub paths: Paths,
    /// Codecs it may send or receive.
    pub codecs: Vec<Codec>,
    /// Data channels that this side opens. Empty where the remote side opens them.
    pub channels: Vec<ChannelConfig>,
    /// How media is named in SDP.
    pub naming: Naming,
}

/// Which way a leg's media flows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Directions {
    /// The participant publishes.
    Ingress,
    /// The participant views.
    Egress,
    /// Both on one connection.
    Both,
}

/// Who makes the offers of a leg. It never changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Offerer {
    /// The remote side: subscriptions go onto sections that it offers for receiving.
    Remote,
    /// This side: a subscription becomes a new section.
    Local,
}

/// How a leg finds a path (RFC 8445 §2.5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IceMode {
    /// Answers checks only.
    Lite,
    /// Makes checks as well.
    Full,
}

/// At which of a shard's addresses a leg may be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Paths {
    /// All of them.
    All,
    /// Those for TCP, where there are any.
    TcpOnly,
}

/// A data channel to open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChannelConfig {
    /// Its label.
    pub label: String,
    /// Whether messages arrive in order.
    pub ordered: bool,
    /// How often a lost message is sent again; `None` is until it arrives.
    pub max_retransmits: Option<u16>,
}

/// Names a subscription in SDP: whose, which, of what kind, showing what.
pub type Naming = fn(ParticipantId, TrackId, MediaKind, Source) -> Msid;

/// `a=msid` (RFC 8830).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Msid {
    /// The stream.
    pub stream: String,
    /// The track.
    pub track: String,
}

/// A wish for one section of an offer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodecPreference {
    /// The track part of the section's `a=msid`.
    pub track: String,
    /// The codec to put first in the answer.
    pub codec: Option<Codec>,
    /// Opus: tell the sender that silence need not be sent.
    pub dtx: bool,
    /// Opus: tell the sender that two channels are welcome.
    pub stereo: bool,
}

/// `a=rid` (RFC 8851).
pub type Rid = String;

/// What a publication carries.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PublicationConfig {
    /// Simulcast: which `rid` is which quality, lowest first. Empty: one encoding, or spatial
    /// layers inside one encoding, or by the usual names (`q`, `h`, `f`; `2`, `1`, `0`).
    pub encodings: Vec<(Rid, Quality)>,
    /// The size of each quality, where the publisher told.
    pub resolutions: Vec<(Quality, Resolution)>,
}
