//! Plain counters. The server names them for the outside; this crate only counts.

/// Why a datagram or message was dropped without an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum DropReason {
    /// Neither STUN nor ChannelData, or cut short, or with bytes left over.
    Malformed,
    /// A STUN message that a server has no use for: a response, an unknown method.
    Unexpected,
    /// Data from a client without an allocation.
    NoAllocation,
    /// ChannelData on a number that is not bound.
    NoChannel,
    /// No permission for this peer, in either direction.
    NoPermission,
    /// The peer is one of this server's own addresses, but neither a relay nor media.
    OwnAddress,
    /// The user's bandwidth is used up.
    OverBandwidth,
    /// A Send indication without peer or data, or with an attribute that is not understood.
    BadIndication,
    /// A datagram for a relay socket whose allocation is gone.
    NoRelay,
}

impl DropReason {
    const ALL: [(Self, &'static str); 9] = [
        (Self::Malformed, "malformed"),
        (Self::Unexpected, "unexpected"),
        (Self::NoAllocation, "no_allocation"),
        (Self::NoChannel, "no_channel"),
        (Self::NoPermission, "no_permission"),
        (Self::OwnAddress, "own_address"),
        (Self::OverBandwidth, "over_bandwidth"),
        (Self::BadIndication, "bad_indication"),
        (Self::NoRelay, "no_relay"),
    ];
}

/// The error codes this server answers with (RFC 8489 §14.8, RFC 8656 §19).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u16)]
pub enum ErrorAnswer {
    /// 400
    BadRequest = 400,
    /// 401
    Unauthenticated = 401,
    /// 403
    Forbidden = 403,
    /// 420
    UnknownAttribute = 420,
    /// 437
    AllocationMismatch = 437,
    /// 438
    StaleNonce = 438,
    /// 440
    AddressFamilyNotSupported = 440,
    /// 441
    WrongCredentials = 441,
    /// 442
    UnsupportedTransport = 442,
    /// 443
    PeerAddressFamilyMismatch = 443,
    /// 486
    AllocationQuotaReached = 486,
    /// 508
    InsufficientCapacity = 508,
}

impl ErrorAnswer {
    const ALL: [(Self, &'static str); 12] = [
        (Self::BadRequest, "400"),
        (Self::Unauthenticated, "401"),
        (Self::Forbidden, "403"),
        (Self::UnknownAttribute, "420"),
        (Self::AllocationMismatch, "437"),
        (Self::StaleNonce, "438"),
        (Self::AddressFamilyNotSupported, "440"),
        (Self::WrongCredentials, "441"),
        (Self::UnsupportedTransport, "442"),
        (Self::PeerAddressFamilyMismatch, "443"),
        (Self::AllocationQuotaReached, "486"),
        (Self::InsufficientCapacity, "508"),
    ];

    /// The number on the wire.
    #[must_use]
    pub const fn code(self) -> u16 {
        self as u16
    }
}

/// What a machine has done since it was made. All but `allocations` only grow.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stats {
    /// Allocations alive now.
    pub allocations: u64,
    /// Allocations made.
    pub allocations_created: u64,
    /// Allocations that ended because nobody refreshed them.
    pub allocations_expired: u64,
    /// Binding requests answered.
    pub bindings: u64,
    /// Packets relayed from a client to a peer.
    pub packets_to_peers: u64,
    /// Packets relayed from a peer to a client.
    pub packets_to_clients: u64,
    /// Payload relayed, both directions.
    pub relayed_bytes: u64,
    /// Packets of both directions that went from one client of this server to another without a socket between.
    pub packets_handed_over: u64,
    /// Packets from a client that were handed to this process's media; among those to peers.
    pub packets_to_media: u64,
    /// Packets that this process's media handed over for a client; among those to clients.
    pub packets_from_media: u64,
    /// Relay ports that could not be bound.
    pub relay_failures: u64,
    dropped: [u64; DropReason::ALL.len()],
    answered: [u64; ErrorAnswer::ALL.len()],
}

impl Stats {
    pub(crate) fn count_drop(&mut self, reason: DropReason) {
        if let Some((_, count)) = DropReason::ALL.iter().zip(&mut self.dropped).find(|((r, _), _)| *r == reason) {
            *count += 1;
        }
    }

    pub(crate) fn count_error(&mut self, answer: ErrorAnswer) {
        if let Some((_, count)) = ErrorAnswer::ALL.iter().zip(&mut self.answered).find(|((a, _), _)| *a == answer) {
            *count += 1;
        }
    }

    /// How often something was dropped for this reason.
    #[must_use]
    pub fn dropped(&self, reason: DropReason) -> u64 {
        DropReason::ALL.iter().zip(self.dropped).find(|((r, _), _)| *r == reason).map_or(0, |(_, count)| count)
    }

    /// How often a request was answered with this error.
    #[must_use]
    pub fn answered(&self, answer: ErrorAnswer) -> u64 {
        ErrorAnswer::ALL.iter().zip(self.answered).find(|((a, _), _)| *a == answer).map_or(0, |(_, count)| count)
    }

    /// Adds what another machine counted.
    pub fn add(&mut self, other: &Self) {
        self.allocations += other.allocations;
        self.allocations_created += other.allocations_created;
        self.allocations_expired += other.allocations_expired;
        self.bindings += other.bindings;
        self.packets_to_peers += other.packets_to_peers;
        self.packets_to_clients += other.packets_to_clients;
        self.relayed_bytes += other.relayed_bytes;
        self.packets_handed_over += other.packets_handed_over;
        self.packets_to_media += other.packets_to_media;
        self.packets_from_media += other.packets_from_media;
        self.relay_failures += other.relay_failures;
        for (mine, theirs) in self.dropped.iter_mut().zip(other.dropped) {
            *mine += theirs;
        }
        for (mine, theirs) in self.answered.iter_mut().zip(other.answered) {
            *mine += theirs;
        }
    }

    /// Every figure as (name, label value or "", count), in a fixed order. `allocations` is a gauge, the rest are counters.
    pub fn named(&self) -> impl Iterator<Item = (&'static str, &'static str, u64)> {
        let single = [
            ("allocations", self.allocations),
            ("allocations_created", self.allocations_created),
            ("allocations_expired", self.allocations_expired),
            ("bindings", self.bindings),
            ("packets_to_peers", self.packets_to_peers),
            ("packets_to_clients", self.packets_to_clients),
            ("relayed_bytes", self.relayed_bytes),
            ("packets_handed_over", self.packets_handed_over),
            ("packets_to_media", self.packets_to_media),
            ("packets_from_media", self.packets_from_media),
            ("relay_failures", self.relay_failures),
        ];
        let dropped = DropReason::ALL.into_iter().zip(self.dropped).map(|((_, label), n)| ("dropped", label, n));
        let answered =
            ErrorAnswer::ALL.into_iter().zip(self.answered).map(|((_, label), n)| ("errors_answered", label, n));
        single.into_iter().map(|(name, n)| (name, "", n)).chain(dropped).chain(answered)
    }
}
