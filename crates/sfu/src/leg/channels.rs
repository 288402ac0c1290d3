//! Data channels: which are open, and what waits for a slow reader.

use std::collections::{BTreeSet, VecDeque};
use std::time::{Duration, Instant};

use bytes::Bytes;
use str0m::Rtc;
use str0m::channel::{ChannelId, Reliability};

use crate::{Bounds, ChannelConfig, DropReason};

/// The data channels of a leg.
#[derive(Debug)]
pub(super) struct Channels {
    channels: Vec<Channel>,
    bounds: Bounds,
    queued_bytes: usize,
    /// Labels whose reader was too slow once.
    overflowed: BTreeSet<String>,
    retry_at: Option<Instant>,
}

#[derive(Debug)]
struct Channel {
    /// `None`: this side will open it.
    id: Option<ChannelId>,
    label: String,
    reliable: bool,
    queue: VecDeque<Queued>,
}

#[derive(Debug)]
struct Queued {
    binary: bool,
    message: Bytes,
}

/// What became of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// Sent, or waiting.
    Taken,
    /// Lost.
    Dropped(DropReason),
    /// Lost, and so will be all that follow on this channel.
    Overflowed,
}

/// The library tells of room per channel, but counts what it holds per association, so that a
/// channel may never be told. All are tried again after a while.
const RETRY: Duration = Duration::from_millis(50);
/// Where the library says that there is room again.
const LOW: usize = 256 * 1024;

impl Channels {
    /// With those that this side will open.
    pub(super) fn new(ours: &[ChannelConfig], bounds: Bounds) -> Self {
        let channel = |config: &ChannelConfig| Channel {
            id: None,
            label: config.label.clone(),
            reliable: config.max_retransmits.is_none(),
            queue: VecDeque::new(),
        };
        Self {
            channels: ours.iter().take(bounds.channels).map(channel).collect(),
            bounds,
            queued_bytes: 0,
            overflowed: BTreeSet::new(),
            retry_at: None,
        }
    }

    /// A channel opened. Returns whether it is taken.
    pub(super) fn opened(&mut self, rtc: &mut Rtc, id: ChannelId, label: &str) -> bool {
        let reliable = rtc.channel(id).is_some_and(|mut channel| {
            channel.set_buffered_amount_low_threshold(LOW);
            channel.config().is_none_or(|config| config.reliability == Reliability::Reliable)
        });
        if let Some(ours) = self.channels.iter_mut().find(|channel| channel.label == label && channel.id.is_none()) {
            ours.id = Some(id);
            return true;
        }
        if self.channels.len() >= self.bounds.channels {
            return false;
        }
        self.channels.push(Channel { id: Some(id), label: label.to_owned(), reliable, queue: VecDeque::new() });
        true
    }

    /// A channel closed. What waited is lost.
    pub(super) fn closed(&mut self, id: ChannelId) {
        for channel in self.channels.iter().filter(|channel| channel.id == Some(id)) {
            self.queued_bytes -= channel.queue.iter().map(|queued| queued.message.len()).sum::<usize>();
        }
        self.channels.retain(|channel| channel.id != Some(id));
    }

    /// The label of a channel.
    pub(super) fn label(&self, id: ChannelId) -> Option<&str> {
        self.channels.iter().find(|channel| channel.id == Some(id)).map(|channel| channel.label.as_str())
    }

    /// Sends a message, or keeps it for a while.
    pub(super) fn send(&mut self, rtc: &mut Rtc, now: Instant, label: &str, binary: bool, message: Bytes) -> Fate {
        if message.is_empty() {
            // The library would put a message of no bytes onto the wire, which blocks an ordered
            // channel for good (RFC 8831 §6.6 asks for one byte).
            return Fate::Dropped(DropReason::EmptyMessage);
        }
        if message.len() > self.bounds.message_bytes {
            return Fate::Dropped(DropReason::LargeMessage);
        }
        if self.overflowed.contains(label) {
            return Fate::Dropped(DropReason::SlowReader);
        }
        // The last one: a channel that was opened again takes over.
        let Some(channel) = self.channels.iter_mut().rev().find(|channel| channel.label == label) else {
            return Fate::Dropped(DropReason::NoChannel);
        };
        if channel.queue.is_empty() {
            match channel.write(rtc, binary, &message, self.bounds.lossy_bytes) {
                Written::Whole => return Fate::Taken,
                Written::NoRoom => {}
                Written::Impossible(reason) => return Fate::Dropped(reason),
            }
        }
        if !channel.reliable {
            return Fate::Dropped(DropReason::SlowReader);
        }
        if self.queued_bytes + message.len() > self.bounds.queued_bytes {
            self.overflowed.insert(label.to_owned());
            return Fate::Overflowed;
        }
        self.queued_bytes += message.len();
        channel.queue.push_back(Queued { binary, message });
        self.retry_at.get_or_insert(now + RETRY);
        Fate::Taken
    }

    pub(super) const fn next_wake(&self) -> Option<Instant> {
        self.retry_at
    }

    /// Tries to send what waits. Returns how many messages were lost.
    pub(super) fn flush(&mut self, rtc: &mut Rtc, now: Instant) -> u64 {
        let mut lost = 0;
        for channel in &mut self.channels {
            while let Some(front) = channel.queue.front() {
                let (binary, message) = (front.binary, front.message.clone());
                match channel.write(rtc, binary, &message, self.bounds.lossy_bytes) {
                    Written::Whole => {}
                    Written::NoRoom => break,
                    Written::Impossible(_) => lost += 1,
                }
                channel.queue.pop_front();
                self.queued_bytes -= message.len();
            }
        }
        let waiting = self.channels.iter().any(|channel| !channel.queue.is_empty());
        self.retry_at = waiting.then(|| now + RETRY);
        lost
    }

    /// Whether [`Channels::flush`] has something to do.
    pub(super) fn is_waiting(&self) -> bool {
        self.retry_at.is_some()
    }
}

enum Written {
    Whole,
    NoRoom,
    Impossible(DropReason),
}

impl Channel {
    fn write(&self, rtc: &mut Rtc, binary: bool, message: &[u8], lossy_bytes: usize) -> Written {
        let Some(id) = self.id else { return Written::NoRoom };
        let Some(mut channel) = rtc.channel(id) else { return Written::NoRoom };
        if !self.reliable && channel.buffered_amount() > lossy_bytes {
            return Written::Impossible(DropReason::SlowReader);
        }
        match channel.write(binary, message) {
            Ok(true) => Written::Whole,
            Ok(false) => Written::NoRoom,
            // The remote side takes smaller messages only, or the association is closing.
            Err(_) => Written::Impossible(DropReason::LargeMessage),
        }
    }
}
