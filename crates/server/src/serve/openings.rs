//! What connections turned out to be, counted.

use std::sync::atomic::{AtomicU64, Ordering};

/// What became of a connection after its first bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Opening {
    /// HTTP, over TLS or plain where that is offered.
    Http,
    /// TURN over TLS.
    TurnTls,
    /// TURN over TCP.
    TurnTcp,
    /// Plain HTTP at the HTTPS port: sent to HTTPS.
    Redirect,
    /// The check of an ACME directory.
    AcmeChallenge,
    /// Closed: no byte came in time, or the other side left before.
    Silent,
    /// Closed: the TLS handshake failed or took too long.
    HandshakeFailed,
    /// Closed: a protocol that this listener does not speak.
    Unexpected,
}

/// One counter for each [`Opening`].
#[derive(Debug, Default)]
pub(crate) struct Openings([AtomicU64; Opening::ALL.len()]);

/// A snapshot: label value and count.
pub(crate) type OpeningStats = [(&'static str, u64); Opening::ALL.len()];

impl Opening {
    const ALL: [(Self, &'static str); 8] = [
        (Self::Http, "http"),
        (Self::TurnTls, "turn_tls"),
        (Self::TurnTcp, "turn_tcp"),
        (Self::Redirect, "redirect"),
        (Self::AcmeChallenge, "acme_challenge"),
        (Self::Silent, "silent"),
        (Self::HandshakeFailed, "handshake_failed"),
        (Self::Unexpected, "unexpected"),
    ];
}

impl Openings {
    pub(crate) fn count(&self, opening: Opening) {
        let counters = Opening::ALL.iter().zip(&self.0);
        for (_, counter) in counters.filter(|((kind, _), _)| *kind == opening) {
            counter.fetch_add(1, Ordering::Relaxed);
        }
    }

    pub(crate) fn stats(&self) -> OpeningStats {
        let mut stats = Opening::ALL.map(|(_, name)| (name, 0));
        for ((_, count), counter) in stats.iter_mut().zip(&self.0) {
            *count = counter.load(Ordering::Relaxed);
        }
        stats
    }
}
