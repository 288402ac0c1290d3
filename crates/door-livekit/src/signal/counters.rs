//! What is counted while connections run.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::stats::{Closing, LivekitStats, Refusal};

/// The live form of [`LivekitStats`].
#[derive(Debug, Default)]
pub(crate) struct Counters {
    connections: AtomicU64,
    joins: AtomicU64,
    resumes: AtomicU64,
    received: AtomicU64,
    sent: AtomicU64,
    refused: [AtomicU64; Refusal::ALL.len()],
    closed: [AtomicU64; Closing::ALL.len()],
}

impl Counters {
    pub(crate) fn joined(&self) {
        add(&self.joins);
        add(&self.connections);
    }

    pub(crate) fn resumed(&self) {
        add(&self.resumes);
        add(&self.connections);
    }

    pub(crate) fn closed(&self, how: Closing) {
        self.connections.fetch_sub(1, Ordering::Relaxed);
        add(&self.closed[how as usize]);
    }

    pub(crate) fn received(&self) {
        add(&self.received);
    }

    pub(crate) fn sent(&self) {
        add(&self.sent);
    }

    pub(crate) fn refused(&self, why: Refusal) {
        add(&self.refused[why as usize]);
    }

    pub(crate) fn snapshot(&self) -> LivekitStats {
        LivekitStats {
            connections: get(&self.connections),
            joins_total: get(&self.joins),
            resumes_total: get(&self.resumes),
            messages_received_total: get(&self.received),
            messages_sent_total: get(&self.sent),
            refused_total: self.refused.each_ref().map(get),
            closed_total: self.closed.each_ref().map(get),
        }
    }
}

fn add(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

fn get(counter: &AtomicU64) -> u64 {
    counter.load(Ordering::Relaxed)
}
