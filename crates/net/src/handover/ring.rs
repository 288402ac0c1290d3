//! A bounded way into a shard for runs of packets.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Instant;

use crossbeam_queue::ArrayQueue;

/// Packets that belong together: one frame for one client, or what a client sent at a time.
#[derive(Debug)]
pub(crate) struct Run {
    /// Who sends, as the receiving machine knows him.
    pub(crate) from: SocketAddr,
    /// To whom, as the sending machine knows him.
    pub(crate) to: SocketAddr,
    /// The packets, one behind the other.
    contents: Vec<u8>,
    /// How long each is; the last may be shorter.
    segment: usize,
    /// When they came in from the network. `None`: they were made here.
    pub(crate) received: Option<Instant>,
}

impl Run {
    /// A copy of these packets.
    pub(crate) fn of(
        from: SocketAddr,
        to: SocketAddr,
        contents: &[u8],
        segment: usize,
        received: Option<Instant>,
    ) -> Self {
        Self { from, to, contents: contents.to_vec(), segment, received }
    }

    /// The packets one by one.
    pub(crate) fn packets(&self) -> impl Iterator<Item = &[u8]> {
        self.contents.chunks(self.segment.max(1))
    }

    /// How many there are.
    pub(crate) fn count(&self) -> u64 {
        self.contents.len().div_ceil(self.segment.max(1)) as u64
    }
}

/// How many runs a ring holds: one frame each for as many viewers.
const RUNS: usize = 4096;
/// How many bytes it holds in all; a key frame for a hundred viewers is half as much.
const BYTES: usize = 16 << 20;

/// Many threads write, one reads. Nobody waits: what finds no room is lost, as it would be in a socket's buffer.
#[derive(Debug)]
pub(crate) struct Ring {
    runs: ArrayQueue<Run>,
    bytes: AtomicUsize,
    /// The reader was woken and has not looked since; to wake him again would be a call of the system for nothing.
    is_woken: AtomicBool,
    waker: Arc<mio::Waker>,
}

impl Ring {
    pub(crate) fn new(waker: Arc<mio::Waker>) -> Arc<Self> {
        let (bytes, is_woken) = (AtomicUsize::new(0), AtomicBool::new(false));
        Arc::new(Self { runs: ArrayQueue::new(RUNS), bytes, is_woken, waker })
    }

    /// Takes a run; false where there is no room, and it is lost. Follow with [`Ring::wake`].
    pub(crate) fn push(&self, run: Run) -> bool {
        let length = run.contents.len();
        let has_room = self.bytes.fetch_add(length, Ordering::Relaxed) + length <= BYTES;
        let is_kept = has_room && self.runs.push(run).is_ok();
        if !is_kept {
            self.bytes.fetch_sub(length, Ordering::Relaxed);
        }
        is_kept
    }

    /// Makes the reader look, unless he is about to.
    pub(crate) fn wake(&self) {
        if !self.is_woken.swap(true, Ordering::AcqRel)
            && let Err(error) = self.waker.wake()
        {
            tracing::error!(%error, "a shard could not be woken for packets");
        }
    }

    /// The reader looks: what is pushed from now on wakes him again. Whoever saw him as woken has pushed before this,
    /// so a read that follows finds it.
    pub(crate) fn begin_reading(&self) {
        self.is_woken.swap(false, Ordering::AcqRel);
    }

    pub(crate) fn pop(&self) -> Option<Run> {
        let run = self.runs.pop()?;
        self.bytes.fetch_sub(run.contents.len(), Ordering::Relaxed);
        Some(run)
    }
}

/// One writer's view of all rings of a kind: he wakes each reader once for all that he wrote.
#[derive(Debug, Default)]
pub(super) struct Unwoken(Vec<usize>);

impl Unwoken {
    pub(super) fn note(&mut self, ring: usize) {
        if !self.0.contains(&ring) {
            self.0.push(ring);
        }
    }

    pub(super) fn wake(&mut self, rings: &[Arc<Ring>]) {
        for ring in self.0.drain(..).filter_map(|ring| rings.get(ring)) {
            ring.wake();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn ring() -> (Arc<Ring>, mio::Poll) {
        let poll = mio::Poll::new().unwrap();
        let waker = mio::Waker::new(poll.registry(), mio::Token(0)).unwrap();
        (Ring::new(Arc::new(waker)), poll)
    }

    fn run(bytes: usize, segment: usize) -> Run {
        let (from, to) = (([9, 9, 9, 9], 50_000).into(), ([10, 9, 9, 9], 7882).into());
        Run { from, to, contents: vec![7; bytes], segment, received: None }
    }

    fn was_woken(poll: &mut mio::Poll) -> bool {
        let mut events = mio::Events::with_capacity(4);
        poll.poll(&mut events, Some(Duration::ZERO)).unwrap();
        !events.is_empty()
    }

    #[test]
    fn a_run_is_taken_apart_as_it_was_put_together() {
        let lengths = |run: Run| run.packets().map(<[u8]>::len).collect::<Vec<_>>();
        assert_eq!((lengths(run(250, 100)), run(250, 100).count()), (vec![100, 100, 50], 3));
        assert_eq!((lengths(run(100, 100)), run(100, 100).count()), (vec![100], 1));
        assert_eq!((lengths(run(0, 1)), run(0, 1).count()), (vec![], 0));
    }

    #[test]
    fn what_finds_no_room_is_lost() {
        let (ring, _poll) = ring();
        let kept = (0..RUNS + 9).filter(|_| ring.push(run(10, 10))).count();
        assert_eq!(kept, RUNS);
        while ring.pop().is_some() {}
        let kept = (0..RUNS).filter(|_| ring.push(run(60_000, 1200))).count();
        assert_eq!(kept, BYTES / 60_000, "bytes are bounded too");
        while ring.pop().is_some() {}
        assert!(ring.push(run(BYTES, 1200)), "all room is free again");
    }

    #[test]
    fn a_reader_is_woken_once_until_he_looks() {
        let (ring, mut poll) = ring();
        assert!(ring.push(run(1, 1)));
        ring.wake();
        assert!(was_woken(&mut poll));
        assert!(ring.push(run(1, 1)));
        ring.wake();
        assert!(!was_woken(&mut poll), "he is about to look");
        ring.begin_reading();
        while ring.pop().is_some() {}
        assert!(ring.push(run(1, 1)));
        ring.wake();
        assert!(was_woken(&mut poll));
    }

    /// A wake-up that is left out at the wrong moment would leave packets lying.
    #[test]
    fn nothing_is_left_lying_by_a_reader_who_sleeps_in_between() {
        const EACH: usize = 20_000;
        let (ring, mut poll) = ring();
        let writers: Vec<_> = (0..2)
            .map(|_| {
                let ring = Arc::clone(&ring);
                std::thread::spawn(move || {
                    for _ in 0..EACH {
                        while !ring.push(run(1, 1)) {
                            std::thread::yield_now();
                        }
                        ring.wake();
                    }
                })
            })
            .collect();
        let (mut events, mut read) = (mio::Events::with_capacity(4), 0);
        while read < 2 * EACH {
            poll.poll(&mut events, Some(Duration::from_secs(30))).unwrap();
            assert!(!events.is_empty(), "nobody woke the reader after {read}");
            ring.begin_reading();
            read += std::iter::from_fn(|| ring.pop()).count();
        }
        for writer in writers {
            writer.join().unwrap();
        }
    }
}
