//! Whose a datagram is.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::net::SocketAddr;

use foldhash::quality::FixedState;
use moim_types::LegId;

use crate::Transport;

/// The remote side of a path.
pub(super) type Remote = (Transport, SocketAddr);

/// Whose a datagram is: by the address it comes from, once a leg has taken it for authentic; until
/// then by the user fragment in its STUN check.
#[derive(Debug)]
pub(super) struct Routes {
    by_remote: HashMap<Remote, LegId, FixedState>,
    by_fragment: HashMap<String, LegId, FixedState>,
    /// Addresses that legs with full ICE have sent checks to: only for the answers.
    by_checked: HashMap<Remote, LegId, FixedState>,
    of_leg: BTreeMap<LegId, Reachable>,
    most_remotes: usize,
}

/// What is to be forgotten with a leg.
#[derive(Debug, Default)]
struct Reachable {
    remotes: VecDeque<Remote>,
    fragments: VecDeque<String>,
    checked: VecDeque<Remote>,
}

/// Whose a datagram is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Route {
    /// This leg's.
    Known(LegId),
    /// It names this leg, which must confirm it.
    Claimed(LegId),
}

/// An ICE restart leaves the fragment before it valid for a moment.
const MOST_FRAGMENTS: usize = 2;
const MOST_CHECKED: usize = 64;

impl Routes {
    pub(super) fn new(seed: u64, most_remotes: usize) -> Self {
        let map = || HashMap::with_hasher(FixedState::with_seed(seed));
        Self {
            by_remote: map(),
            by_fragment: HashMap::with_hasher(FixedState::with_seed(seed)),
            by_checked: map(),
            of_leg: BTreeMap::new(),
            most_remotes,
        }
    }

    /// Whose a datagram is, if anybody's.
    pub(super) fn find(&self, remote: Remote, payload: &[u8]) -> Option<Route> {
        let known = self.by_remote.get(&remote).copied();
        if !is_stun(payload) {
            return known.map(Route::Known);
        }
        if is_stun_response(payload) {
            return known.or_else(|| self.by_checked.get(&remote).copied()).map(Route::Known);
        }
        let named = stun_fragment(payload).and_then(|fragment| self.by_fragment.get(fragment).copied());
        match named {
            Some(leg) if known == Some(leg) => Some(Route::Known(leg)),
            Some(leg) => Some(Route::Claimed(leg)),
            None => known.map(Route::Known),
        }
    }

    /// A leg has a new user fragment.
    pub(super) fn add_fragment(&mut self, leg: LegId, fragment: String) {
        let reachable = self.of_leg.entry(leg).or_default();
        if reachable.fragments.len() == MOST_FRAGMENTS
            && let Some(oldest) = reachable.fragments.pop_front()
        {
            self.by_fragment.remove(&oldest);
        }
        reachable.fragments.push_back(fragment.clone());
        self.by_fragment.insert(fragment, leg);
    }

    /// Whether a leg of this shard has this user fragment.
    pub(super) fn has_fragment(&self, fragment: &str) -> bool {
        self.by_fragment.contains_key(fragment)
    }

    /// A leg has confirmed an address. The oldest of too many is forgotten.
    pub(super) fn bind(&mut self, leg: LegId, remote: Remote) {
        if self.by_remote.insert(remote, leg) == Some(leg) {
            return;
        }
        let reachable = self.of_leg.entry(leg).or_default();
        reachable.remotes.push_back(remote);
        if reachable.remotes.len() > self.most_remotes {
            let oldest = reachable.remotes.pop_front();
            remove_if_of(&mut self.by_remote, leg, oldest);
        }
    }

    /// A leg sends to an address that it has not heard from.
    pub(super) fn sent(&mut self, leg: LegId, remote: Remote) {
        if self.by_remote.contains_key(&remote) || self.by_checked.insert(remote, leg) == Some(leg) {
            return;
        }
        let reachable = self.of_leg.entry(leg).or_default();
        reachable.checked.push_back(remote);
        if reachable.checked.len() > MOST_CHECKED {
            let oldest = reachable.checked.pop_front();
            remove_if_of(&mut self.by_checked, leg, oldest);
        }
    }

    pub(super) fn forget(&mut self, leg: LegId) {
        let Some(reachable) = self.of_leg.remove(&leg) else { return };
        for remote in reachable.remotes {
            remove_if_of(&mut self.by_remote, leg, Some(remote));
        }
        for remote in reachable.checked {
            remove_if_of(&mut self.by_checked, leg, Some(remote));
        }
        for fragment in reachable.fragments {
            self.by_fragment.remove(&fragment);
        }
    }
}

/// An address may have gone over to another leg meanwhile.
fn remove_if_of(routes: &mut HashMap<Remote, LegId, FixedState>, leg: LegId, remote: Option<Remote>) {
    if let Some(remote) = remote
        && routes.get(&remote) == Some(&leg)
    {
        routes.remove(&remote);
    }
}

const MAGIC_COOKIE: [u8; 4] = [0x21, 0x12, 0xa4, 0x42];
const HEADER: usize = 20;
const USERNAME: u16 = 0x0006;

/// RFC 7983 §7 and RFC 8489 §5.
fn is_stun(payload: &[u8]) -> bool {
    payload.len() >= HEADER && payload[0] < 2 && payload[4..8] == MAGIC_COOKIE
}

/// A success or error response to a Binding request (RFC 8489 §5).
fn is_stun_response(payload: &[u8]) -> bool {
    matches!(payload.get(..2), Some([0x01, 0x01 | 0x11]))
}

/// The part of USERNAME before the colon, which is the receiver's (RFC 8445 §7.2.2).
fn stun_fragment(payload: &[u8]) -> Option<&str> {
    let mut rest = payload.get(HEADER..)?;
    while let Some((head, after)) = rest.split_at_checked(4) {
        let kind = u16::from_be_bytes([head[0], head[1]]);
        let length = usize::from(u16::from_be_bytes([head[2], head[3]]));
        let value = after.get(..length)?;
        if kind == USERNAME {
            return std::str::from_utf8(value).ok()?.split_once(':').map(|(fragment, _)| fragment);
        }
        // Values are padded to four bytes (RFC 8489 §14).
        rest = after.get(length.next_multiple_of(4)..)?;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(username: &str) -> Vec<u8> {
        let mut datagram = vec![0, 1, 0, 0];
        datagram.extend(MAGIC_COOKIE);
        datagram.extend([7; 12]);
        datagram.extend([0x80, 0x22, 0, 3, b'a', b'b', b'c', 0]);
        datagram.extend(USERNAME.to_be_bytes());
        datagram.extend(u16::try_from(username.len()).unwrap().to_be_bytes());
        datagram.extend(username.bytes());
        datagram
    }

    fn remote(port: u16) -> Remote {
        (Transport::Udp, SocketAddr::from(([192, 0, 2, 1], port)))
    }

    #[test]
    fn a_check_names_its_leg_and_then_the_address_is_known() {
        let mut routes = Routes::new(1, 2);
        routes.add_fragment(LegId(1), "ours".into());
        let media = [0x80; 40];
        assert_eq!(routes.find(remote(1), &check("ours:theirs")), Some(Route::Claimed(LegId(1))));
        assert_eq!(routes.find(remote(1), &media), None);
        routes.bind(LegId(1), remote(1));
        assert_eq!(routes.find(remote(1), &check("ours:theirs")), Some(Route::Known(LegId(1))));
        assert_eq!(routes.find(remote(1), &media), Some(Route::Known(LegId(1))));
        assert_eq!(routes.find(remote(2), &check("other:theirs")), None);
        routes.forget(LegId(1));
        assert_eq!(routes.find(remote(1), &media), None);
        assert_eq!(routes.find(remote(1), &check("ours:theirs")), None);
    }

    #[test]
    fn the_oldest_of_too_many_addresses_is_forgotten() {
        let mut routes = Routes::new(1, 2);
        for port in 1..=3 {
            routes.bind(LegId(1), remote(port));
        }
        let known: Vec<bool> = (1..=3).map(|port| routes.find(remote(port), &[0x80; 40]).is_some()).collect();
        assert_eq!(known, [false, true, true]);
    }

    #[test]
    fn a_leg_that_goes_leaves_an_address_that_another_took_over() {
        let mut routes = Routes::new(1, 2);
        routes.bind(LegId(1), remote(1));
        routes.bind(LegId(2), remote(1));
        routes.forget(LegId(1));
        assert_eq!(routes.find(remote(1), &[0x80; 40]), Some(Route::Known(LegId(2))));
    }

    #[test]
    fn answers_to_checks_come_back_to_who_sent_them() {
        let mut routes = Routes::new(1, 2);
        routes.sent(LegId(3), remote(1));
        let mut answer = check("x");
        answer[..2].copy_from_slice(&[0x01, 0x01]);
        assert_eq!(routes.find(remote(1), &answer), Some(Route::Known(LegId(3))));
        assert_eq!(routes.find(remote(1), &[0x80; 40]), None, "nothing else does");
    }

    #[test]
    fn broken_checks_are_nobodys() {
        let routes = Routes::new(1, 2);
        let whole = check("ours:theirs");
        for length in 0..whole.len() {
            assert_eq!(routes.find(remote(1), &whole[..length]), None);
        }
    }
}
