//! What a shard reports.

use bytes::Bytes;
use moim_types::{Codec, LegId, MediaKind, PauseReason, TrackId};

/// Something that happened.
#[derive(Debug, Clone)]
pub enum Event {
    /// On one leg.
    Leg(LegId, LegEvent),
    /// To one publication.
    Publication(TrackId, PublicationEvent),
    /// To one subscription.
    Subscription(LegId, TrackId, SubscriptionEvent),
    /// Who is heard, among the publications of this shard. Only changes, a few times a second.
    Speakers(Vec<ActiveSpeaker>),
}

/// What happened on a leg.
#[derive(Debug, Clone)]
pub enum LegEvent {
    /// The answer to an offer.
    Answer {
        /// The answer.
        sdp: String,
        /// As it came with the offer.
        exchange: u32,
        /// What the remote side sends from now on, in the order of the sections.
        sections: Vec<OfferedSection>,
        /// Which section carries which subscription, all of them.
        subscriptions: Vec<(String, TrackId)>,
    },
    /// The offer could not be accepted. The connection is as it was.
    OfferRefused {
        /// As it came with the offer.
        exchange: u32,
        /// For the log and the other side's developer.
        why: String,
    },
    /// An offer of this side.
    Offer {
        /// The offer.
        sdp: String,
        /// Its number.
        exchange: u32,
        /// Which section carries which subscription, all of them.
        subscriptions: Vec<(String, TrackId)>,
    },
    /// The answer could not be accepted, or did not come in 15 seconds.
    NegotiationFailed(String),
    /// Where the remote side offers: it must offer again, with so many more sections for receiving.
    /// Both may be zero: then an offer of what is there is enough.
    SectionsNeeded {
        /// More sections of sound.
        audio: u32,
        /// More sections of picture.
        video: u32,
    },
    /// ICE and DTLS are up, for the first time or again.
    Connected,
    /// Nothing is heard of the remote side. It may come back.
    Disconnected,
    /// A data channel can be written to.
    ChannelOpen(String),
    /// A message came over a data channel.
    Message {
        /// The channel's label.
        label: String,
        /// Text or bytes.
        binary: bool,
        /// The message.
        message: Bytes,
    },
    /// The remote side reads a reliable channel too slowly; messages to it are lost from now on.
    /// Its owner should be sent away: others are not held up.
    ChannelOverflow(String),
    /// How well media gets through: the part of packets lost on the way to the server and from it
    /// in the last five seconds, between 0 and 1, and the round trip.
    Quality {
        /// From the remote side.
        ingress_loss: f32,
        /// To the remote side.
        egress_loss: f32,
        /// Round trip in milliseconds, where it is known.
        rtt_ms: Option<f32>,
    },
    /// The leg is gone. The last event about it.
    Closed(CloseReason),
}

/// Why a leg ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CloseReason {
    /// As told.
    Asked,
    /// The remote side closed DTLS.
    Remote,
    /// Never connected within a minute, or nothing heard for 15 seconds.
    TimedOut,
    /// The remote side broke a protocol so that it cannot go on.
    Protocol,
    /// A defect of this server; the others go on.
    Fault,
}

/// A section that the remote side offers to send on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfferedSection {
    /// `a=mid`.
    pub mid: String,
    /// Sound or picture.
    pub kind: MediaKind,
    /// What the remote side does with it.
    pub direction: SectionDirection,
    /// `a=msid`, its stream part.
    pub stream: Option<String>,
    /// `a=msid`, its track part.
    pub track: Option<String>,
    /// `a=rid … send`, in the order of `a=simulcast`.
    pub rids: Vec<String>,
    /// What was agreed on, the preferred first.
    pub codecs: Vec<Codec>,
}

/// A section's direction as the remote side sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SectionDirection {
    /// It sends, and may receive.
    Sends,
    /// It only receives.
    Receives,
    /// Neither, for now or for good.
    Inactive,
}

/// What happened to a publication.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PublicationEvent {
    /// The first packet came.
    Started {
        /// How it is encoded.
        codec: Codec,
    },
}

/// What happened to a subscription.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SubscriptionEvent {
    /// Nothing is sent for now, and why.
    Paused(PauseReason),
    /// Sent again.
    Resumed,
    /// It cannot be sent at all. The subscription is over.
    Refused(SubscriptionRefusal),
}

/// Why a subscription cannot be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SubscriptionRefusal {
    /// The viewer cannot decode it.
    CodecUnsupported,
    /// There is no such publication on this shard.
    UnknownTrack,
}

/// A publication that is heard, or no longer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ActiveSpeaker {
    /// Which.
    pub track: TrackId,
    /// Loudness between 0 and 1, in steps of an eighth; 0 when silent.
    pub level: f32,
    /// Whether it counts as speech.
    pub active: bool,
}
