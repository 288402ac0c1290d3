//! Channels of one allocation (RFC 8656 §12): a two-byte name for a peer.

use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::time::{Duration, Instant};

use smallvec::SmallVec;

/// A binding lasts ten minutes and is renewed by asking again (RFC 8656 §12).
pub(crate) const CHANNEL_LIFETIME: Duration = Duration::from_secs(600);

/// The numbers that may be bound. RFC 8656 ends at 0x4FFF so that one socket can carry RTP as well;
/// nothing but STUN and TURN arrives on ours, and clients of RFC 5766 use numbers up to 0x7FFF.
pub(crate) const CHANNEL_NUMBERS: RangeInclusive<u16> = 0x4000..=0x7FFE;

/// How many channels one allocation may have bound at a time.
const MOST: usize = 64;

#[derive(Debug)]
struct Channel {
    number: u16,
    peer: SocketAddr,
    expires: Instant,
}

/// Sorted by number, so that the way out is a binary search.
#[derive(Debug, Default)]
pub(crate) struct Channels {
    entries: SmallVec<[Channel; 1]>,
}

/// Why a channel is not bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BindRefusal {
    /// The number belongs to another peer, or the peer to another number (error 400).
    Taken,
    /// Too many channels (error 508).
    Full,
}

impl Channels {
    /// Binds or renews.
    pub(crate) fn bind(&mut self, number: u16, peer: SocketAddr, now: Instant) -> Result<(), BindRefusal> {
        let expires = now + CHANNEL_LIFETIME;
        let same = |channel: &Channel| channel.number == number && channel.peer == peer;
        if let Some(channel) = self.entries.iter_mut().find(|channel| same(channel)) {
            channel.expires = expires;
            return Ok(());
        }
        self.entries.retain(|channel| channel.expires > now);
        if self.entries.iter().any(|channel| channel.number == number || channel.peer == peer) {
            return Err(BindRefusal::Taken);
        }
        if self.entries.len() >= MOST {
            return Err(BindRefusal::Full);
        }
        let place = self.entries.partition_point(|channel| channel.number < number);
        self.entries.insert(place, Channel { number, peer, expires });
        Ok(())
    }

    pub(crate) fn peer(&self, number: u16, now: Instant) -> Option<SocketAddr> {
        let place = self.entries.binary_search_by_key(&number, |channel| channel.number).ok()?;
        self.entries.get(place).filter(|channel| channel.expires > now).map(|channel| channel.peer)
    }

    pub(crate) fn number(&self, peer: SocketAddr, now: Instant) -> Option<u16> {
        let bound = |channel: &&Channel| channel.peer == peer && channel.expires > now;
        self.entries.iter().find(bound).map(|channel| channel.number)
    }

    /// Takes back what a new policy forbids.
    pub(crate) fn retain(&mut self, allowed: impl Fn(SocketAddr) -> bool) {
        self.entries.retain(|channel| allowed(channel.peer));
    }
}

#[cfg(test)]
mod tests {
    use moim_testkit::VirtualClock;

    use super::*;

    fn peer(port: u16) -> SocketAddr {
        ([198, 51, 100, 1], port).into()
    }

    #[test]
    fn a_number_names_one_peer_and_a_peer_has_one_number() {
        let now = VirtualClock::new().now().instant;
        let mut channels = Channels::default();
        assert_eq!(channels.bind(0x4001, peer(1), now), Ok(()));
        assert_eq!(channels.bind(0x4000, peer(2), now), Ok(()));
        assert_eq!(channels.bind(0x4001, peer(2), now), Err(BindRefusal::Taken));
        assert_eq!(channels.bind(0x4002, peer(1), now), Err(BindRefusal::Taken));
        assert_eq!(channels.peer(0x4000, now), Some(peer(2)));
        assert_eq!(channels.number(peer(1), now), Some(0x4001));
    }

    #[test]
    fn an_expired_binding_frees_number_and_peer() {
        let now = VirtualClock::new().now().instant;
        let mut channels = Channels::default();
        channels.bind(0x4000, peer(1), now).unwrap();
        let later = now + CHANNEL_LIFETIME;
        assert_eq!(channels.peer(0x4000, later), None);
        assert_eq!(channels.number(peer(1), later), None);
        assert_eq!(channels.bind(0x4000, peer(2), later), Ok(()));
    }

    #[test]
    fn an_allocation_has_at_most_64_channels() {
        let now = VirtualClock::new().now().instant;
        let mut channels = Channels::default();
        for number in 0..64 {
            channels.bind(0x4000 + number, peer(number + 1), now).unwrap();
        }
        assert_eq!(channels.bind(0x5000, peer(100), now), Err(BindRefusal::Full));
    }
}
