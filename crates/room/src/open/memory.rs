//! What the room remembers for a moment: reliable messages, for those who could not be told, and
//! those who have left, for those who could not see it.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::directory::Seat;
use crate::{Message, Participant, Recipients};

/// A message, and to whom it went.
#[derive(Debug)]
pub(crate) struct Remembered {
    pub(crate) at: Instant,
    pub(crate) from: Option<Seat>,
    pub(crate) to: Recipients,
    pub(crate) message: Arc<Message>,
    bytes: usize,
}

#[derive(Debug, Default)]
pub(crate) struct Messages {
    kept: VecDeque<Remembered>,
    bytes: usize,
}

impl Messages {
    pub(crate) fn push(
        &mut self,
        at: Instant,
        from: Option<Seat>,
        to: Recipients,
        message: Arc<Message>,
        most_bytes: usize,
    ) {
        let bytes = footprint(&message, &to);
        self.kept.push_back(Remembered { at, from, to, message, bytes });
        self.bytes += bytes;
        while self.bytes > most_bytes {
            self.drop_oldest();
        }
    }

    pub(crate) fn prune(&mut self, before: Instant) {
        while self.kept.front().is_some_and(|oldest| oldest.at < before) {
            self.drop_oldest();
        }
    }

    pub(crate) fn since(&self, since: Instant) -> impl Iterator<Item = &Remembered> {
        self.kept.iter().filter(move |remembered| remembered.at >= since)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.kept.is_empty()
    }

    fn drop_oldest(&mut self) {
        if let Some(oldest) = self.kept.pop_front() {
            self.bytes -= oldest.bytes;
        }
    }
}

/// What an entry takes, roughly; never nothing, so that the bound on bytes bounds the number too.
fn footprint(message: &Message, to: &Recipients) -> usize {
    const ENTRY: usize = 256;
    let plain = message.body.plain.as_ref().map_or(0, |plain| plain.topic.len() + plain.payload.len());
    let recipients = match to {
        Recipients::Everybody => 0,
        Recipients::Identities(identities) => identities.iter().map(|identity| identity.len() + 16).sum(),
        Recipients::Participants(participants) => participants.len() * 12,
    };
    ENTRY + message.body.wire.len() + plain + recipients
}

/// How many who have left are remembered.
const DEPARTED: usize = 1000;

#[derive(Debug, Default)]
pub(crate) struct Departed {
    kept: VecDeque<(Instant, Arc<Participant>)>,
}

impl Departed {
    pub(crate) fn push(&mut self, at: Instant, who: Arc<Participant>) {
        if self.kept.len() == DEPARTED {
            self.kept.pop_front();
        }
        self.kept.push_back((at, who));
    }

    pub(crate) fn prune(&mut self, now: Instant, keep: Duration) {
        while self.kept.front().is_some_and(|(at, _)| *at + keep < now) {
            self.kept.pop_front();
        }
    }

    pub(crate) fn since(&self, since: Instant) -> impl Iterator<Item = &Arc<Participant>> {
        self.kept.iter().filter(move |(at, _)| *at >= since).map(|(_, who)| who)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.kept.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use moim_testkit::VirtualClock;

    use bytes::Bytes;

    use super::*;
    use crate::Body;

    fn message(sequence: u32) -> Arc<Message> {
        let body = Body { wire: Bytes::from(vec![0; 1000]), plain: None };
        Arc::new(Message { from: None, reliable: true, sequence, body })
    }

    #[test]
    fn the_oldest_make_room_and_the_old_are_forgotten() {
        let start = VirtualClock::new().now().instant;
        let mut messages = Messages::default();
        for sequence in 1..=5 {
            let at = start + Duration::from_secs(sequence.into());
            messages.push(at, None, Recipients::Everybody, message(sequence), 4 * 1256);
        }
        let kept = |messages: &Messages| messages.since(start).map(|one| one.message.sequence).collect::<Vec<_>>();
        assert_eq!(kept(&messages), [2, 3, 4, 5]);
        messages.prune(start + Duration::from_secs(4));
        assert_eq!(kept(&messages), [4, 5]);
        assert_eq!(messages.bytes, 2 * 1256);
    }
}
