//! Counters and gauges, plain, for the one place that names metrics.

use serde::Serialize;

use crate::exchange::{DisconnectReason, Limit};

/// Why a connection never came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Refusal {
    /// Wrong, missing or expired token.
    Authentication,
    /// The server is being stopped.
    Draining,
    /// There are as many connections as there may be.
    Connections,
    /// A page from an origin that is not allowed.
    Origin,
    /// A request that the protocol does not know.
    BadRequest,
    /// One address, or all of them together, came too often.
    TooMany,
}

impl Refusal {
    /// All of them, in the order of the counters.
    pub const ALL: [Self; 6] =
        [Self::Authentication, Self::Draining, Self::Connections, Self::Origin, Self::BadRequest, Self::TooMany];

    /// The label's value.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Authentication => "authentication",
            Self::Draining => "draining",
            Self::Connections => "connections",
            Self::Origin => "origin",
            Self::BadRequest => "bad_request",
            Self::TooMany => "too_many",
        }
    }
}

/// A snapshot of the door.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DirectStats {
    /// Gauge: connections that are in, registered or not.
    pub connections: u64,
    /// Gauge: registered peers.
    pub peers: u64,
    /// Gauge: rooms with at least one connection.
    pub rooms: u64,
    /// Connections that came in, ever.
    pub connections_total: u64,
    /// Registrations, ever.
    pub registrations_total: u64,
    /// Registrations that replaced an older one.
    pub replacements_total: u64,
    /// Registrations refused because the `peerId` was taken.
    pub uniqueness_errors_total: u64,
    /// Events `message` and `messageOne` that were taken in.
    pub messages_received_total: u64,
    /// Events of any kind handed to connections.
    pub events_sent_total: u64,
    /// `messageOne` whose target was not there.
    pub unknown_targets_total: u64,
    /// Messages whose `from` was not the sender's own.
    pub rewritten_senders_total: u64,
    /// `POST /direct/join` that gave a token.
    pub joins_total: u64,
    /// Connections and requests refused, by [`Refusal`].
    pub refused_total: [u64; Refusal::ALL.len()],
    /// Bounds passed, by [`Limit`].
    pub limit_hits_total: [u64; Limit::ALL.len()],
    /// Connections closed by the server, by [`DisconnectReason`].
    pub disconnected_total: [u64; DisconnectReason::ALL.len()],
}

impl DirectStats {
    /// Everything as (counter, label value or `""`, value). Names without `_total` are gauges.
    pub fn named(&self) -> impl Iterator<Item = (&'static str, &'static str, u64)> + '_ {
        let plain = [
            ("connections", self.connections),
            ("peers", self.peers),
            ("rooms", self.rooms),
            ("connections_total", self.connections_total),
            ("registrations_total", self.registrations_total),
            ("replacements_total", self.replacements_total),
            ("uniqueness_errors_total", self.uniqueness_errors_total),
            ("messages_received_total", self.messages_received_total),
            ("events_sent_total", self.events_sent_total),
            ("unknown_targets_total", self.unknown_targets_total),
            ("rewritten_senders_total", self.rewritten_senders_total),
            ("joins_total", self.joins_total),
        ];
        let refused = Refusal::ALL.iter().zip(self.refused_total).map(|(r, n)| ("refused_total", r.name(), n));
        let limits = Limit::ALL.iter().zip(self.limit_hits_total).map(|(l, n)| ("limit_hits_total", l.counter(), n));
        let closed =
            DisconnectReason::ALL.iter().zip(self.disconnected_total).map(|(d, n)| ("disconnected_total", d.name(), n));
        plain.into_iter().map(|(name, value)| (name, "", value)).chain(refused).chain(limits).chain(closed)
    }

    pub(crate) const fn count_refusal(&mut self, refusal: Refusal) {
        self.refused_total[refusal as usize] += 1;
    }

    pub(crate) const fn count_limit(&mut self, limit: Limit) {
        self.limit_hits_total[limit as usize] += 1;
    }

    pub(crate) const fn count_disconnect(&mut self, reason: DisconnectReason) {
        self.disconnected_total[reason as usize] += 1;
    }
}
