//! The W3C's words, as plain values.

use moim_types::MediaKind;

/// `RTCSdpType`, as far as it is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SdpType {
    /// `offer`
    Offer,
    /// `answer`
    Answer,
}

/// `RTCSessionDescription`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionDescription {
    /// Offer or answer.
    pub kind: SdpType,
    /// The text.
    pub sdp: String,
}

impl SessionDescription {
    /// An offer.
    #[must_use]
    pub const fn offer(sdp: String) -> Self {
        Self { kind: SdpType::Offer, sdp }
    }

    /// An answer.
    #[must_use]
    pub const fn answer(sdp: String) -> Self {
        Self { kind: SdpType::Answer, sdp }
    }
}

/// `RTCSignalingState`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignalingState {
    /// `stable`
    Stable,
    /// `have-local-offer`
    HaveLocalOffer,
    /// `have-remote-offer`
    HaveRemoteOffer,
    /// `closed`
    Closed,
}

/// `RTCPeerConnectionState`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConnectionState {
    /// Nothing was exchanged yet.
    New,
    /// A path is looked for, or keys are agreed on.
    Connecting,
    /// Media can flow.
    Connected,
    /// The path is gone; it may come back.
    Disconnected,
    /// Something is broken for good.
    Failed,
    /// Either side closed it.
    Closed,
}

/// `RTCIceConnectionState`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IceConnectionState {
    /// `new`
    New,
    /// `checking`
    Checking,
    /// `connected`
    Connected,
    /// `completed`
    Completed,
    /// `disconnected`
    Disconnected,
}

/// `RTCIceCandidateInit`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IceCandidate {
    /// `candidate:…`
    pub candidate: String,
    /// `a=mid` of the section it belongs to. With bundled media any names the one transport.
    pub sdp_mid: String,
    /// The index of that section.
    pub sdp_m_line_index: u16,
}

/// `RTCRtpTransceiverDirection`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// `sendrecv`
    SendRecv,
    /// `sendonly`
    SendOnly,
    /// `recvonly`
    RecvOnly,
    /// `inactive`
    Inactive,
}

/// One transceiver of a connection, counted from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TransceiverId(pub u32);

/// One data channel of a connection, counted from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ChannelId(pub u32);

/// `RTCRtpTransceiverInit`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransceiverInit {
    /// Which way.
    pub direction: Direction,
    /// The stream in `a=msid`; made up when `None`.
    pub stream: Option<String>,
    /// The track in `a=msid`; made up when `None`.
    pub track: Option<String>,
    /// Simulcast encodings, smallest first; empty for one encoding without `rid`.
    pub rids: Vec<String>,
}

impl TransceiverInit {
    /// One encoding that goes this way.
    #[must_use]
    pub const fn new(direction: Direction) -> Self {
        Self { direction, stream: None, track: None, rids: Vec::new() }
    }
}

/// `RTCDataChannelInit`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChannelInit {
    /// Whether messages arrive in order.
    pub ordered: bool,
    /// How often a lost message is sent again; `None` is until it arrives.
    pub max_retransmits: Option<u16>,
}

impl Default for ChannelInit {
    fn default() -> Self {
        Self { ordered: true, max_retransmits: None }
    }
}

/// A track that the other side sends: `RTCTrackEvent`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Track {
    /// Where it arrives.
    pub transceiver: TransceiverId,
    /// `a=mid`
    pub mid: String,
    /// Sound or picture.
    pub kind: MediaKind,
    /// The stream in `a=msid`; empty when the other side named none.
    pub stream: String,
    /// The track in `a=msid`; empty when the other side named none.
    pub track: String,
}
