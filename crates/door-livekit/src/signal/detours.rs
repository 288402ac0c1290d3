//! Who asked not to be reached over UDP, for when he comes again.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use moim_room::{Identity, RoomName};

/// Who it is about.
type Who = (RoomName, Identity);

/// Those who asked, and until when it holds.
#[derive(Debug, Default)]
pub(crate) struct Detours {
    until: Mutex<BTreeMap<Who, Instant>>,
}

impl Detours {
    /// Somebody avoids UDP from now on, or no longer.
    pub(crate) fn note(&self, who: Who, avoids_udp: bool, now: Instant) {
        let mut until = self.until();
        until.retain(|_, until| *until > now);
        if !avoids_udp {
            until.remove(&who);
        } else if until.len() < MAX_KEPT {
            until.insert(who, now + KEPT_FOR);
        }
    }

    /// Whether somebody does.
    pub(crate) fn avoids_udp(&self, who: &Who, now: Instant) -> bool {
        self.until().get(who).is_some_and(|until| *until > now)
    }

    /// The map is whole between its methods, so another task's panic does not spoil it.
    fn until(&self) -> MutexGuard<'_, BTreeMap<Who, Instant>> {
        self.until.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

const KEPT_FOR: Duration = Duration::from_secs(5 * 60);
const MAX_KEPT: usize = 10_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_remembered_for_a_while_and_may_be_taken_back() {
        let detours = Detours::default();
        let start = Instant::now();
        let ann: Who = ("room".into(), "ann".into());
        detours.note(ann.clone(), true, start);
        assert!(detours.avoids_udp(&ann, start));
        assert!(!detours.avoids_udp(&("other".into(), "ann".into()), start));
        assert!(!detours.avoids_udp(&ann, start + KEPT_FOR));
        detours.note(ann.clone(), false, start);
        assert!(!detours.avoids_udp(&ann, start));
    }
}
