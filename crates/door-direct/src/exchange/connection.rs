//! One connection: what it may do, who it is, how much it has sent.

use std::time::Instant;

use crate::bucket::Bucket;
use crate::config::Bounds;
use crate::names::{PeerId, RoomName};
use crate::token::Grant;

use super::limit::Limit;

#[derive(Debug)]
pub(super) struct Connection {
    socket_id: String,
    grant: Grant,
    peer_id: Option<PeerId>,
    messages: Bucket,
    bytes: Bucket,
    strikes: Bucket,
}

impl Connection {
    pub(super) fn new(socket_id: String, grant: Grant, bounds: &Bounds, now: Instant) -> Self {
        Self {
            socket_id,
            grant,
            peer_id: None,
            messages: Bucket::new(bounds.messages_per_second, bounds.message_burst, now),
            bytes: Bucket::new(bounds.bytes_per_second, bounds.byte_burst, now),
            strikes: Bucket::new(1, bounds.strikes, now),
        }
    }

    pub(super) fn socket_id(&self) -> &str {
        &self.socket_id
    }

    pub(super) const fn room(&self) -> &RoomName {
        &self.grant.room
    }

    /// Who it is; `None` until it is registered.
    pub(super) const fn peer_id(&self) -> Option<&PeerId> {
        self.peer_id.as_ref()
    }

    /// Who it must be, if its token says so.
    pub(super) fn granted_peer_id(&self) -> Option<&PeerId> {
        self.grant.peer.as_ref().map(|peer| &peer.peer_id)
    }

    pub(super) fn set_peer_id(&mut self, peer_id: PeerId) {
        self.peer_id = Some(peer_id);
    }

    /// Whether the token of this connection lets it replace `holder`, which has the name that it is granted.
    pub(super) fn may_replace(&self, holder: &Self) -> bool {
        self.grant.peer.as_ref().is_some_and(|peer| {
            peer.takes_over || holder.grant.peer.as_ref().is_some_and(|held| held.mark == peer.mark)
        })
    }

    /// Counts an event of `bytes` and says which bound it passes.
    pub(super) fn admit(&mut self, bytes: usize, bounds: &Bounds, now: Instant) -> Result<(), Limit> {
        if !self.messages.try_take(1, now) {
            return Err(Limit::MessagesPerSecond);
        }
        if bytes > bounds.message_bytes {
            return Err(Limit::MessageBytes);
        }
        if !self.bytes.try_take(u32::try_from(bytes).unwrap_or(u32::MAX), now) {
            return Err(Limit::BytesPerSecond);
        }
        Ok(())
    }

    /// Whether another `limitError` is tolerated.
    pub(super) fn try_strike(&mut self, now: Instant) -> bool {
        self.strikes.try_take(1, now)
    }
}
