//! Packets that wait for a TCP connection to take them.
//!
//! A viewer who reads slowly must not get a film of what was half a minute ago: a packet that has
//! waited for too long is worth nothing, and room is made for the newest by dropping the oldest.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Notify;

use super::framing::frame;
use crate::clock;

/// A packet older than this is dropped.
const OLDEST: Duration = Duration::from_millis(500);
/// How much may wait: half a second at 8 Mbit/s.
const MOST_BYTES: usize = 512 * 1024;
/// What one write takes at most.
const BYTES_A_WRITE: usize = 32 * 1024;

/// The queue of one connection: the shard fills it, the connection's task empties it.
#[derive(Debug, Default)]
pub(in crate::media) struct Outbox {
    queue: Mutex<Queue>,
    filled: Notify,
}

#[derive(Debug, Default)]
struct Queue {
    packets: VecDeque<(Instant, Vec<u8>)>,
    bytes: usize,
    /// Dropped since somebody asked.
    dropped: u64,
}

impl Outbox {
    /// Appends a packet, and returns how many were dropped since the last time.
    pub(in crate::media) fn push(&self, now: Instant, packet: Vec<u8>) -> u64 {
        let mut queue = self.lock();
        queue.push(now, packet);
        let dropped = std::mem::take(&mut queue.dropped);
        drop(queue);
        self.filled.notify_one();
        dropped
    }

    /// Waits for packets and gives as many as one write should take, framed.
    pub(super) async fn take(&self, into: &mut Vec<u8>) {
        into.clear();
        loop {
            self.lock().take(clock::now().instant, into);
            if !into.is_empty() {
                return;
            }
            self.filled.notified().await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Queue {
    fn push(&mut self, now: Instant, packet: Vec<u8>) {
        while self.bytes + packet.len() > MOST_BYTES {
            if self.pop().is_none() {
                break;
            }
            self.dropped += 1;
        }
        self.drop_old(now);
        self.bytes += packet.len();
        self.packets.push_back((now, packet));
    }

    fn take(&mut self, now: Instant, into: &mut Vec<u8>) {
        self.drop_old(now);
        while into.len() < BYTES_A_WRITE {
            let Some(packet) = self.pop() else { return };
            frame(&packet, into);
        }
    }

    fn drop_old(&mut self, now: Instant) {
        while self.packets.front().is_some_and(|(since, _)| now.saturating_duration_since(*since) > OLDEST) {
            self.pop();
            self.dropped += 1;
        }
    }

    fn pop(&mut self) -> Option<Vec<u8>> {
        let (_, packet) = self.packets.pop_front()?;
        self.bytes -= packet.len();
        Some(packet)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lengths(queue: &mut Queue, now: Instant) -> Vec<usize> {
        let mut bytes = Vec::new();
        queue.take(now, &mut bytes);
        let mut rest = &bytes[..];
        let mut lengths = Vec::new();
        while let Some((&[high, low], after)) = rest.split_first_chunk::<2>() {
            let length = usize::from(u16::from_be_bytes([high, low]));
            lengths.push(length);
            rest = &after[length..];
        }
        lengths
    }

    #[test]
    fn packets_leave_in_order() {
        let (mut queue, now) = (Queue::default(), Instant::now());
        for length in 1..=5 {
            queue.push(now, vec![0; length]);
        }
        assert_eq!(lengths(&mut queue, now), [1, 2, 3, 4, 5]);
        assert_eq!((queue.bytes, queue.dropped), (0, 0));
    }

    #[test]
    fn what_has_waited_too_long_is_dropped() {
        let (mut queue, now) = (Queue::default(), Instant::now());
        queue.push(now, vec![0; 10]);
        queue.push(now + Duration::from_millis(400), vec![0; 20]);
        assert_eq!(lengths(&mut queue, now + Duration::from_millis(501)), [20]);
        assert_eq!(queue.dropped, 1);
    }

    #[test]
    fn the_oldest_makes_room_for_the_newest() {
        let (mut queue, now) = (Queue::default(), Instant::now());
        for _ in 0..1000 {
            queue.push(now, vec![0; 1200]);
        }
        assert!(queue.bytes <= MOST_BYTES);
        assert_eq!(queue.packets.len() as u64 + queue.dropped, 1000);
    }
}
