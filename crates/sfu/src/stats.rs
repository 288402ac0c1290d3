//! Plain counters. The server names them for the outside; this crate only counts.

use crate::CloseReason;

/// Why something was dropped without an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum DropReason {
    /// A datagram of nobody: no leg knows its sender.
    UnknownSender,
    /// A datagram to an address that is no candidate.
    UnknownAddress,
    /// A datagram that is neither STUN nor DTLS nor RTP nor RTCP.
    Malformed,
    /// A datagram that the leg could make nothing of.
    Refused,
    /// An SRTP or SRTCP packet that could not be opened: its tag is wrong, it was heard before, or it
    /// belongs to no stream that was agreed on.
    Unopened,
    /// An SRTCP packet that was heard before.
    Replayed,
    /// A media packet whose transport-wide number leaps too far, or back beyond the first one.
    Astray,
    /// A media packet of a publisher that sends more than one may.
    OverBitrate,
    /// Media that piled up while the process stood still.
    Outdated,
    /// A media packet too large to be sent on.
    TooLarge,
    /// A media packet of a section that is not published.
    NotPublished,
    /// A media packet of an encoding, or with a codec, that is not known.
    UnknownEncoding,
    /// A media packet of another shard that nobody here wants.
    NotWanted,
    /// A media packet for a viewer whose section is not agreed on yet.
    NotNegotiated,
    /// A media packet that the viewer's layer leaves out.
    OtherLayer,
    /// A remote candidate that is malformed, names a host, or is one too many.
    Candidate,
    /// A message for a data channel that is not there.
    NoChannel,
    /// An empty message: it would block an ordered channel for good.
    EmptyMessage,
    /// A message larger than may be sent.
    LargeMessage,
    /// A message for a reader that is too slow.
    SlowReader,
    /// One thing more than the configuration allows: a leg, a publication, a channel.
    OverBound,
    /// A command about something that is not there, or that cannot be done to it.
    BadCommand,
}

impl DropReason {
    const ALL: [(Self, &'static str); 22] = [
        (Self::UnknownSender, "unknown_sender"),
        (Self::UnknownAddress, "unknown_address"),
        (Self::Malformed, "malformed"),
        (Self::Refused, "refused"),
        (Self::Unopened, "unopened"),
        (Self::Replayed, "replayed"),
        (Self::Astray, "astray"),
        (Self::OverBitrate, "over_bitrate"),
        (Self::Outdated, "outdated"),
        (Self::TooLarge, "too_large"),
        (Self::NotPublished, "not_published"),
        (Self::UnknownEncoding, "unknown_encoding"),
        (Self::NotWanted, "not_wanted"),
        (Self::NotNegotiated, "not_negotiated"),
        (Self::OtherLayer, "other_layer"),
        (Self::Candidate, "candidate"),
        (Self::NoChannel, "no_channel"),
        (Self::EmptyMessage, "empty_message"),
        (Self::LargeMessage, "large_message"),
        (Self::SlowReader, "slow_reader"),
        (Self::OverBound, "over_bound"),
        (Self::BadCommand, "bad_command"),
    ];
}

const CLOSED: [(CloseReason, &str); 5] = [
    (CloseReason::Asked, "asked"),
    (CloseReason::Remote, "remote"),
    (CloseReason::TimedOut, "timed_out"),
    (CloseReason::Protocol, "protocol"),
    (CloseReason::Fault, "fault"),
];

/// What a shard has done since it was made. The first three go up and down, the rest only grow.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stats {
    /// Legs alive now.
    pub legs: u64,
    /// Publications now, those of other shards that are watched here among them.
    pub publications: u64,
    /// Subscriptions now.
    pub subscriptions: u64,
    /// Legs opened.
    pub legs_opened: u64,
    /// Datagrams that came.
    pub datagrams_in: u64,
    /// Datagrams that went.
    pub datagrams_out: u64,
    /// Bytes that came, without UDP and IP.
    pub bytes_in: u64,
    /// Bytes that went, without UDP and IP.
    pub bytes_out: u64,
    /// Media packets of publications that came.
    pub packets_in: u64,
    /// Media packets handed to viewers of this shard.
    pub packets_forwarded: u64,
    /// Media packets handed to other shards.
    pub packets_relayed: u64,
    /// Key frames asked of publishers.
    pub key_frame_requests: u64,
    /// Messages over data channels that came.
    pub messages_in: u64,
    /// Messages over data channels that were taken for sending.
    pub messages_out: u64,
    /// Offers and answers that could not be accepted.
    pub negotiation_failures: u64,
    dropped: [u64; DropReason::ALL.len()],
    closed: [u64; CLOSED.len()],
}

impl Stats {
    pub(crate) fn count_drop(&mut self, reason: DropReason) {
        if let Some((_, count)) = DropReason::ALL.iter().zip(&mut self.dropped).find(|((r, _), _)| *r == reason) {
            *count += 1;
        }
    }

    pub(crate) fn count_close(&mut self, reason: CloseReason) {
        if let Some((_, count)) = CLOSED.iter().zip(&mut self.closed).find(|((r, _), _)| *r == reason) {
            *count += 1;
        }
    }

    /// How often something was dropped for this reason.
    #[must_use]
    pub fn dropped(&self, reason: DropReason) -> u64 {
        DropReason::ALL.iter().zip(self.dropped).find(|((r, _), _)| *r == reason).map_or(0, |(_, count)| count)
    }

    /// How many legs ended for this reason.
    #[must_use]
    pub fn closed(&self, reason: CloseReason) -> u64 {
        CLOSED.iter().zip(self.closed).find(|((r, _), _)| *r == reason).map_or(0, |(_, count)| count)
    }

    /// Adds what another shard counted.
    pub fn add(&mut self, other: &Self) {
        for (mine, theirs) in self.singles_mut().into_iter().zip(other.singles()) {
            *mine += theirs.1;
        }
        for (mine, theirs) in self.dropped.iter_mut().zip(other.dropped) {
            *mine += theirs;
        }
        for (mine, theirs) in self.closed.iter_mut().zip(other.closed) {
            *mine += theirs;
        }
    }

    /// Every figure as (name, label value or "", count), in a fixed order. `legs`, `publications`
    /// and `subscriptions` are gauges, the rest are counters.
    pub fn named(&self) -> impl Iterator<Item = (&'static str, &'static str, u64)> {
        let dropped = DropReason::ALL.into_iter().zip(self.dropped).map(|((_, label), n)| ("dropped", label, n));
        let closed = CLOSED.into_iter().zip(self.closed).map(|((_, label), n)| ("legs_closed", label, n));
        self.singles().into_iter().map(|(name, n)| (name, "", n)).chain(dropped).chain(closed)
    }

    const fn singles(&self) -> [(&'static str, u64); 15] {
        [
            ("legs", self.legs),
            ("publications", self.publications),
            ("subscriptions", self.subscriptions),
            ("legs_opened", self.legs_opened),
            ("datagrams_in", self.datagrams_in),
            ("datagrams_out", self.datagrams_out),
            ("bytes_in", self.bytes_in),
            ("bytes_out", self.bytes_out),
            ("packets_in", self.packets_in),
            ("packets_forwarded", self.packets_forwarded),
            ("packets_relayed", self.packets_relayed),
            ("key_frame_requests", self.key_frame_requests),
            ("messages_in", self.messages_in),
            ("messages_out", self.messages_out),
            ("negotiation_failures", self.negotiation_failures),
        ]
    }

    const fn singles_mut(&mut self) -> [&mut u64; 15] {
        [
            &mut self.legs,
            &mut self.publications,
            &mut self.subscriptions,
            &mut self.legs_opened,
            &mut self.datagrams_in,
            &mut self.datagrams_out,
            &mut self.bytes_in,
            &mut self.bytes_out,
            &mut self.packets_in,
            &mut self.packets_forwarded,
            &mut self.packets_relayed,
            &mut self.key_frame_requests,
            &mut self.messages_in,
            &mut self.messages_out,
            &mut self.negotiation_failures,
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_two_shards_count_adds_up() {
        let mut one = Stats { legs: 2, packets_in: 10, messages_out: 1, ..Stats::default() };
        one.count_drop(DropReason::Refused);
        let mut both = one.clone();
        both.add(&one);
        for ((name, label, single), (_, _, double)) in one.named().zip(both.named()) {
            assert_eq!(double, 2 * single, "{name} {label}");
        }
    }
}
