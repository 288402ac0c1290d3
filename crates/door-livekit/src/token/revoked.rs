//! Tokens that are no longer good: their holder was sent away.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use super::Grants;

/// For whom older tokens are refused, and from when on new ones are good. Bounded: the entry made
/// first gives way. It lives in memory; a token that should not outlive a restart should be short.
#[derive(Debug)]
pub struct RevokedTokens {
    since: BTreeMap<Holder, Duration>,
    order: VecDeque<Holder>,
    most: usize,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Holder {
    room: String,
    identity: String,
}

impl RevokedTokens {
    /// Remembers `most` holders.
    #[must_use]
    pub fn new(most: usize) -> Self {
        Self { since: BTreeMap::new(), order: VecDeque::new(), most: most.max(1) }
    }

    /// Refuses what `identity` has for `room`, as far as it was made before `since` (since 1970).
    pub fn revoke(&mut self, room: &str, identity: &str, since: Duration) {
        let holder = Holder { room: room.to_owned(), identity: identity.to_owned() };
        if let Some(known) = self.since.get_mut(&holder) {
            *known = since.max(*known);
            return;
        }
        while self.order.len() >= self.most {
            if let Some(oldest) = self.order.pop_front() {
                self.since.remove(&oldest);
            }
        }
        self.order.push_back(holder.clone());
        self.since.insert(holder, since);
    }

    /// Whether a token has been revoked. One that does not say when it was made counts as old.
    #[must_use]
    pub fn has(&self, grants: &Grants) -> bool {
        let Some(room) = grants.room() else { return false };
        let holder = Holder { room: room.to_owned(), identity: grants.identity.clone() };
        self.since.get(&holder).is_some_and(|&since| grants.issued < since)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::VideoGrant;

    fn grants(room: &str, identity: &str, issued: u64) -> Grants {
        Grants {
            identity: identity.into(),
            issued: Duration::from_secs(issued),
            video: Some(VideoGrant { room: room.into(), ..VideoGrant::default() }),
            ..Grants::default()
        }
    }

    #[test]
    fn older_tokens_of_the_same_person_in_the_same_room_are_refused() {
        let mut revoked = RevokedTokens::new(10);
        revoked.revoke("hall", "ann", Duration::from_secs(100));
        assert!(revoked.has(&grants("hall", "ann", 99)));
        assert!(revoked.has(&grants("hall", "ann", 0)));
        assert!(!revoked.has(&grants("hall", "ann", 100)));
        assert!(!revoked.has(&grants("hall", "bob", 99)));
        assert!(!revoked.has(&grants("yard", "ann", 99)));
    }

    #[test]
    fn an_earlier_date_does_not_bring_tokens_back() {
        let mut revoked = RevokedTokens::new(10);
        revoked.revoke("hall", "ann", Duration::from_secs(100));
        revoked.revoke("hall", "ann", Duration::from_secs(50));
        assert!(revoked.has(&grants("hall", "ann", 99)));
    }

    #[test]
    fn the_first_gives_way_when_there_are_too_many() {
        let mut revoked = RevokedTokens::new(2);
        for identity in ["ann", "bob", "cem"] {
            revoked.revoke("hall", identity, Duration::from_secs(100));
        }
        assert!(!revoked.has(&grants("hall", "ann", 1)));
        assert!(revoked.has(&grants("hall", "bob", 1)));
        assert!(revoked.has(&grants("hall", "cem", 1)));
    }
}
