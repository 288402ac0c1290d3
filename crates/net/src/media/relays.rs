//! From shard to shard: packets of publications, and what is said about them.
//!
//! Each shard has one bounded ring that all others write to. A packet that finds it nearly full is
//! dropped; what must arrive may use the rest of the ring, and waits at its source beyond that. One
//! ring for both keeps their order: a publication is described before its first packet.

use std::collections::VecDeque;
use std::sync::Arc;

use crossbeam_queue::ArrayQueue;
use moim_sfu::{RelayInput, RelayOutput, ShardId};

/// How many entries of a ring packets may fill.
const PACKETS: usize = 2048;
/// How many more are kept for what must arrive.
const RESERVED: usize = 512;
/// How much of it may wait at its source when even those are taken.
const MOST_WAITING: usize = 65_536;

/// What other shards have said.
pub(super) type Ring = Arc<ArrayQueue<RelayInput>>;

/// An empty ring.
pub(super) fn ring() -> Ring {
    Arc::new(ArrayQueue::new(PACKETS + RESERVED))
}

/// Another shard's end.
#[derive(Debug)]
pub(super) struct Neighbour {
    pub(super) ring: Ring,
    pub(super) waker: Arc<mio::Waker>,
}

/// The ways to all shards.
#[derive(Debug)]
pub(super) struct Relays {
    own: ShardId,
    ways: Vec<Way>,
}

#[derive(Debug)]
struct Way {
    neighbour: Neighbour,
    waiting: VecDeque<RelayOutput>,
    /// Something was written since the neighbour was last woken.
    written: bool,
}

/// What became of something said.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Said {
    /// It is in the ring, or will be.
    Kept,
    /// There was no room.
    Dropped,
}

impl Relays {
    /// Ways from `own` to all shards, in their order.
    pub(super) fn new(own: ShardId, neighbours: Vec<Neighbour>) -> Self {
        let way = |neighbour| Way { neighbour, waiting: VecDeque::new(), written: false };
        Self { own, ways: neighbours.into_iter().map(way).collect() }
    }

    /// Says something to another shard.
    pub(super) fn say(&mut self, to: ShardId, relay: RelayOutput) -> Said {
        let own = self.own;
        let Some(way) = self.ways.get_mut(usize::from(to.0)) else { return Said::Dropped };
        way.say(own, relay)
    }

    /// Wakes those who were spoken to. True while something still waits for room.
    pub(super) fn flush(&mut self) -> bool {
        let own = self.own;
        let mut waits = false;
        for way in &mut self.ways {
            way.retry(own);
            waits |= !way.waiting.is_empty();
            if std::mem::take(&mut way.written)
                && let Err(error) = way.neighbour.waker.wake()
            {
                tracing::error!(%error, "a media shard could not be woken");
            }
        }
        waits
    }
}

impl Way {
    fn say(&mut self, own: ShardId, relay: RelayOutput) -> Said {
        let is_packet = matches!(relay, RelayOutput::Packet(_));
        let waits = !self.waiting.is_empty();
        if is_packet && (waits || self.neighbour.ring.len() >= PACKETS) {
            return Said::Dropped;
        }
        if waits {
            return self.wait(relay);
        }
        match self.neighbour.ring.push(RelayInput { from: own, relay }) {
            Ok(()) => {
                self.written = true;
                Said::Kept
            }
            Err(input) if is_packet => {
                drop(input);
                Said::Dropped
            }
            Err(input) => self.wait(input.relay),
        }
    }

    fn wait(&mut self, relay: RelayOutput) -> Said {
        if self.waiting.len() >= MOST_WAITING {
            return Said::Dropped;
        }
        self.waiting.push_back(relay);
        Said::Kept
    }

    fn retry(&mut self, own: ShardId) {
        while let Some(relay) = self.waiting.pop_front() {
            if let Err(input) = self.neighbour.ring.push(RelayInput { from: own, relay }) {
                self.waiting.push_front(input.relay);
                return;
            }
            self.written = true;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use moim_sfu::MediaPacket;
    use moim_types::{Codec, TrackId};

    use super::*;

    const HERE: ShardId = ShardId(0);
    const THERE: ShardId = ShardId(1);

    fn relays() -> (Relays, Ring, mio::Poll) {
        let poll = mio::Poll::new().unwrap();
        let waker = Arc::new(mio::Waker::new(poll.registry(), mio::Token(0)).unwrap());
        let there = ring();
        let neighbours = [ring(), Arc::clone(&there)];
        let neighbours = neighbours.into_iter().map(|ring| Neighbour { ring, waker: Arc::clone(&waker) });
        (Relays::new(HERE, neighbours.collect()), there, poll)
    }

    fn track() -> TrackId {
        TrackId::from_random([1; 10])
    }

    fn packet(sequence: u64) -> RelayOutput {
        RelayOutput::Packet(Arc::new(MediaPacket {
            track: track(),
            encoding: 0,
            codec: Codec::Opus,
            variant: moim_sfu::Variant::default(),
            sequence,
            timestamp: 0,
            marker: false,
            payload: Arc::from([0; 4]),
            extensions: moim_sfu::Extensions::default(),
            received: Instant::now(),
            sender_clock: None,
        }))
    }

    fn names(ring: &Ring) -> Vec<&'static str> {
        std::iter::from_fn(|| ring.pop())
            .map(|input| match input.relay {
                RelayOutput::Packet(_) => "packet",
                RelayOutput::Ended(_) => "ended",
                _ => "other",
            })
            .collect()
    }

    #[test]
    fn packets_that_find_no_room_are_dropped_and_the_rest_arrives() {
        let (mut relays, there, _poll) = relays();
        let kept = (0..3000).filter(|&number| relays.say(THERE, packet(number)) == Said::Kept).count();
        assert_eq!(kept, PACKETS);
        for _ in 0..2000 {
            assert_eq!(relays.say(THERE, RelayOutput::Ended(track())), Said::Kept);
        }
        assert!(relays.flush(), "some of it waits");
        let mut seen = names(&there);
        while relays.flush() {
            seen.extend(names(&there));
        }
        seen.extend(names(&there));
        assert_eq!(seen.iter().filter(|name| **name == "ended").count(), 2000);
    }

    #[test]
    fn a_packet_never_overtakes_what_was_said_before_it() {
        let (mut relays, there, _poll) = relays();
        for _ in 0..PACKETS + RESERVED + 1 {
            relays.say(THERE, RelayOutput::Ended(track()));
        }
        assert_eq!(names(&there).len(), PACKETS + RESERVED);
        assert_eq!(relays.say(THERE, packet(1)), Said::Dropped, "one word still waits");
        relays.flush();
        assert_eq!(relays.say(THERE, packet(2)), Said::Kept);
        assert_eq!(names(&there), ["ended", "packet"]);
    }
}
