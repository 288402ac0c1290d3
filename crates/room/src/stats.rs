//! Plain counters. The server names them for the outside; this crate only counts.

use crate::{DisconnectReason, Refusal};

/// Why something was dropped without an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum DropReason {
    /// The participant, session, leg or track is no longer there.
    Gone,
    /// The sender may not send messages.
    NotPermitted,
    /// The message's number was seen before.
    Duplicate,
    /// The message is longer than it may be.
    TooLarge,
    /// The viewer has as many subscriptions, or wishes, as he may have.
    TooManySubscriptions,
    /// The session is somebody's already.
    SessionInUse,
}

impl DropReason {
    const ALL: [(Self, &'static str); 6] = [
        (Self::Gone, "gone"),
        (Self::NotPermitted, "not_permitted"),
        (Self::Duplicate, "duplicate"),
        (Self::TooLarge, "too_large"),
        (Self::TooManySubscriptions, "too_many_subscriptions"),
        (Self::SessionInUse, "session_in_use"),
    ];
}

const LEFT: [(DisconnectReason, &str); 11] = [
    (DisconnectReason::ClientInitiated, "client_initiated"),
    (DisconnectReason::DuplicateIdentity, "duplicate_identity"),
    (DisconnectReason::ServerShutdown, "server_shutdown"),
    (DisconnectReason::ParticipantRemoved, "participant_removed"),
    (DisconnectReason::RoomDeleted, "room_deleted"),
    (DisconnectReason::RoomClosed, "room_closed"),
    (DisconnectReason::JoinFailure, "join_failure"),
    (DisconnectReason::ConnectionTimeout, "connection_timeout"),
    (DisconnectReason::SignalClosed, "signal_closed"),
    (DisconnectReason::StateMismatch, "state_mismatch"),
    (DisconnectReason::TooSlow, "too_slow"),
];

const REFUSED: [(Refusal, &str); 12] = [
    (Refusal::NoSuchRoom, "no_such_room"),
    (Refusal::NoSuchParticipant, "no_such_participant"),
    (Refusal::NoSuchTrack, "no_such_track"),
    (Refusal::RoomFull, "room_full"),
    (Refusal::NotPermitted, "not_permitted"),
    (Refusal::TooLarge, "too_large"),
    (Refusal::TooManyPending, "too_many_pending"),
    (Refusal::Invalid, "invalid"),
    (Refusal::HandleInUse, "handle_in_use"),
    (Refusal::NameInUse, "name_in_use"),
    (Refusal::NoSuchBlob, "no_such_blob"),
    (Refusal::RemoteUnmute, "remote_unmute"),
];

/// What the rooms have done since they were made. The first four are gauges, the rest only grow.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stats {
    /// Rooms open now.
    pub rooms: u64,
    /// Participants in them now.
    pub participants: u64,
    /// Tracks published now.
    pub publications: u64,
    /// Tracks sent to somebody now, once for each viewer.
    pub subscriptions: u64,
    /// Rooms opened.
    pub rooms_opened: u64,
    /// Participants let in.
    pub participants_joined: u64,
    /// Participants whose connection came up.
    pub participants_connected: u64,
    /// Lost sessions that went on.
    pub sessions_resumed: u64,
    /// Tracks published.
    pub tracks_published: u64,
    /// Messages handed to a receiver.
    pub messages_delivered: u64,
    /// Pieces of data tracks handed to a receiver.
    pub frames_delivered: u64,
    left: [u64; LEFT.len()],
    refused: [u64; REFUSED.len()],
    dropped: [u64; DropReason::ALL.len()],
}

impl Stats {
    pub(crate) fn count_left(&mut self, reason: DisconnectReason) {
        bump(&LEFT, &mut self.left, reason);
    }

    pub(crate) fn count_refused(&mut self, refusal: Refusal) {
        bump(&REFUSED, &mut self.refused, refusal);
    }

    pub(crate) fn count_drop(&mut self, reason: DropReason) {
        bump(&DropReason::ALL, &mut self.dropped, reason);
    }

    /// How many participants are gone for this reason.
    #[must_use]
    pub fn left(&self, reason: DisconnectReason) -> u64 {
        count(&LEFT, &self.left, reason)
    }

    /// How often something was refused for this reason.
    #[must_use]
    pub fn refused(&self, refusal: Refusal) -> u64 {
        count(&REFUSED, &self.refused, refusal)
    }

    /// How often something was dropped for this reason.
    #[must_use]
    pub fn dropped(&self, reason: DropReason) -> u64 {
        count(&DropReason::ALL, &self.dropped, reason)
    }

    /// Every figure as (name, label value or "", count), in a fixed order. The first four are gauges, the rest are
    /// counters.
    pub fn named(&self) -> impl Iterator<Item = (&'static str, &'static str, u64)> {
        let single = [
            ("rooms", self.rooms),
            ("participants", self.participants),
            ("publications", self.publications),
            ("subscriptions", self.subscriptions),
            ("rooms_opened", self.rooms_opened),
            ("participants_joined", self.participants_joined),
            ("participants_connected", self.participants_connected),
            ("sessions_resumed", self.sessions_resumed),
            ("tracks_published", self.tracks_published),
            ("messages_delivered", self.messages_delivered),
            ("frames_delivered", self.frames_delivered),
        ];
        let left = LEFT.into_iter().zip(self.left).map(|((_, label), n)| ("left", label, n));
        let refused = REFUSED.into_iter().zip(self.refused).map(|((_, label), n)| ("refused", label, n));
        let dropped = DropReason::ALL.into_iter().zip(self.dropped).map(|((_, label), n)| ("dropped", label, n));
        single.into_iter().map(|(name, n)| (name, "", n)).chain(left).chain(refused).chain(dropped)
    }
}

fn bump<T: PartialEq>(labels: &[(T, &str)], counts: &mut [u64], what: T) {
    if let Some((_, count)) = labels.iter().zip(counts).find(|((label, _), _)| *label == what) {
        *count += 1;
    }
}

fn count<T: PartialEq>(labels: &[(T, &str)], counts: &[u64], what: T) -> u64 {
    labels.iter().zip(counts).find(|((label, _), _)| *label == what).map_or(0, |(_, count)| *count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_is_counted_under_its_own_name() {
        let mut stats = Stats::default();
        LEFT.iter().for_each(|(reason, _)| stats.count_left(*reason));
        REFUSED.iter().for_each(|(refusal, _)| stats.count_refused(*refusal));
        DropReason::ALL.iter().for_each(|(reason, _)| stats.count_drop(*reason));
        assert!(stats.named().filter(|(_, label, _)| !label.is_empty()).all(|(_, _, n)| n == 1));
        assert_eq!(stats.left(DisconnectReason::TooSlow), 1);
        assert_eq!(stats.refused(Refusal::Invalid), 1);
        assert_eq!(stats.dropped(DropReason::Gone), 1);
    }
}
