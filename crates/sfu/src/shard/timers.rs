//! When what is due.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

/// One moment for each key, the earliest first.
#[derive(Debug)]
pub(super) struct Timers<K> {
    queue: BTreeSet<(Instant, K)>,
    moments: BTreeMap<K, Instant>,
}

impl<K: Ord + Copy> Default for Timers<K> {
    fn default() -> Self {
        Self { queue: BTreeSet::new(), moments: BTreeMap::new() }
    }
}

impl<K: Ord + Copy> Timers<K> {
    /// Replaces the moment of a key.
    pub(super) fn set(&mut self, key: K, at: Instant) {
        if let Some(before) = self.moments.insert(key, at) {
            if before == at {
                return;
            }
            self.queue.remove(&(before, key));
        }
        self.queue.insert((at, key));
    }

    /// Moves the moment of a key forward, never back.
    pub(super) fn set_earlier(&mut self, key: K, at: Instant) {
        if self.moments.get(&key).is_none_or(|before| *before > at) {
            self.set(key, at);
        }
    }

    pub(super) fn clear(&mut self, key: K) {
        if let Some(before) = self.moments.remove(&key) {
            self.queue.remove(&(before, key));
        }
    }

    pub(super) fn next(&self) -> Option<Instant> {
        self.queue.first().map(|(at, _)| *at)
    }

    /// Takes out all that are due, the earliest first. What becomes due meanwhile waits for the next
    /// time: a timer that is always due must not hold up everything else.
    pub(super) fn take_due(&mut self, now: Instant) -> Vec<K> {
        let due: Vec<K> = self.queue.iter().take_while(|(at, _)| *at <= now).map(|(_, key)| *key).collect();
        for key in &due {
            self.clear(*key);
        }
        due
    }
}

#[cfg(test)]
mod tests {
    use moim_testkit::VirtualClock;

    use std::time::Duration;

    use super::*;

    #[test]
    fn each_key_is_due_once_at_its_last_moment() {
        let start = VirtualClock::new().now().instant;
        let at = |ms| start + Duration::from_millis(ms);
        let mut timers = Timers::default();
        timers.set('a', at(10));
        timers.set('b', at(5));
        timers.set('a', at(20));
        timers.set_earlier('b', at(7));
        assert_eq!(timers.next(), Some(at(5)));
        assert_eq!(timers.take_due(at(15)), ['b']);
        assert_eq!(timers.take_due(at(15)), []);
        assert_eq!(timers.take_due(at(20)), ['a']);
        assert_eq!(timers.next(), None);
    }
}
