//! Media over TCP, for networks that let no UDP through (RFC 6544, passive).
//!
//! One port serves all shards. A connection's first frame names the leg it belongs to; the shard
//! that has the leg gets the frames from then on, through its bounded queue.

mod claim;
mod framing;
mod link;
mod outbox;

pub(super) use outbox::Outbox;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::task::JoinSet;

use super::ShardHandle;
use super::addresses::AddressBook;
use crate::listen::Acceptor;

/// The two ends of a connection, as the legs know them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Ends {
    pub(super) remote: SocketAddr,
    pub(super) local: SocketAddr,
}

/// What only this part can count. All of them only grow.
#[derive(Debug, Default)]
pub(super) struct TcpCounters {
    opened: AtomicU64,
    refused: AtomicU64,
    broken: AtomicU64,
}

/// What a listener's connections have in common.
#[derive(Debug)]
pub(super) struct TcpService {
    pub(super) shards: Arc<[ShardHandle]>,
    pub(super) addresses: AddressBook,
    pub(super) counters: Arc<TcpCounters>,
}

impl TcpCounters {
    /// Every figure as (name, count).
    pub(super) fn named(&self) -> [(&'static str, u64); 3] {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        [("tcp_opened", read(&self.opened)), ("tcp_refused", read(&self.refused)), ("tcp_broken", read(&self.broken))]
    }
}

/// Accepts until the task is ended, which ends the connections too.
pub(super) async fn accept(mut acceptor: Acceptor, service: TcpService) {
    let service = Arc::new(service);
    let mut connections = JoinSet::new();
    let mut number = 0;
    loop {
        tokio::select! {
            accepted = acceptor.next() => {
                let Some(connection) = accepted else { return };
                number += 1;
                let service = Arc::clone(&service);
                connections.spawn(async move { service.serve(connection, number).await });
            }
            Some(_ended) = connections.join_next() => {}
        }
    }
}
