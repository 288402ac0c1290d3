//! What a shard reports. Its thread never waits for those who listen.

use std::collections::VecDeque;

use moim_sfu::{Event, LegEvent};
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TrySendError;

/// How many events may wait here when the queue is full, until some that can be missed are dropped.
const SOME_WAITING: usize = 8192;
/// How many may wait at all. There are a few for each leg, unless the listener is dead.
const MOST_WAITING: usize = 131_072;

/// The way to those who listen.
#[derive(Debug)]
pub(super) struct Reports {
    events: mpsc::Sender<Event>,
    waiting: VecDeque<Event>,
    lost: u64,
}

impl Reports {
    pub(super) const fn new(events: mpsc::Sender<Event>) -> Self {
        Self { events, waiting: VecDeque::new(), lost: 0 }
    }

    /// Tells one.
    pub(super) fn tell(&mut self, event: Event) {
        if !self.waiting.is_empty() {
            return self.wait(event);
        }
        match self.events.try_send(event) {
            Ok(()) => {}
            Err(TrySendError::Full(event)) => self.wait(event),
            Err(TrySendError::Closed(_)) => self.lost += 1,
        }
    }

    /// Tries again. True while something still waits.
    pub(super) fn flush(&mut self) -> bool {
        while let Some(event) = self.waiting.pop_front() {
            if let Err(TrySendError::Full(event)) = self.events.try_send(event) {
                self.waiting.push_front(event);
                return true;
            }
        }
        false
    }

    /// How many nobody got.
    pub(super) const fn lost(&self) -> u64 {
        self.lost
    }

    fn wait(&mut self, event: Event) {
        let most = if can_be_missed(&event) { SOME_WAITING } else { MOST_WAITING };
        if self.waiting.len() < most {
            self.waiting.push_back(event);
        } else {
            self.lost += 1;
        }
    }
}

/// Whether the next one of its kind makes up for it, or its sender has flooded.
const fn can_be_missed(event: &Event) -> bool {
    matches!(event, Event::Speakers(_) | Event::Leg(_, LegEvent::Quality { .. } | LegEvent::Message { .. }))
}

#[cfg(test)]
mod tests {
    use moim_types::LegId;

    use super::*;

    #[tokio::test]
    async fn events_wait_in_order_for_a_slow_listener() {
        let (sender, mut receiver) = mpsc::channel(2);
        let mut reports = Reports::new(sender);
        for number in 0..10 {
            reports.tell(Event::Leg(LegId(number), LegEvent::Connected));
        }
        let mut heard = Vec::new();
        loop {
            let waits = reports.flush();
            while let Ok(Event::Leg(leg, _)) = receiver.try_recv() {
                heard.push(leg.0);
            }
            if !waits {
                break;
            }
        }
        assert_eq!(heard, (0..10).collect::<Vec<_>>());
    }

    #[tokio::test]
    async fn a_flood_of_what_can_be_missed_is_dropped_first() {
        let (sender, _receiver) = mpsc::channel(1);
        let mut reports = Reports::new(sender);
        for _ in 0..SOME_WAITING + 11 {
            reports.tell(Event::Speakers(Vec::new()));
        }
        assert_eq!(reports.lost(), 10);
        reports.tell(Event::Leg(LegId(1), LegEvent::Connected));
        assert_eq!(reports.lost(), 10);
    }
}
