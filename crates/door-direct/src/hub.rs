//! The one place where the machine, the clock and the queues of all connections meet.
//!
//! Inputs come from many tasks and are handled in turn under one lock, which is held for the routing of one event and never
//! across an `await`. A channel to an owning task would have to be bounded, and the handlers of Socket.IO, which must run
//! in the order of their events, cannot wait for room in it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use http::request::Parts;

use crate::config::Bounds;
use crate::exchange::{Command, ConnectionId, DisconnectReason, Event, Exchange, Input, Output};
use crate::ice::IceServers;
use crate::outbox::{Outbox, Outgoing, outbox};
use crate::stats::{DirectStats, Refusal};
use crate::token::Grant;

/// Seconds since 1970.
pub(crate) fn unix_now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |elapsed| elapsed.as_secs())
}

#[derive(Debug)]
pub(crate) struct Hub {
    inner: Mutex<Inner>,
    bounds: Bounds,
    ice: IceServers,
}

#[derive(Debug)]
struct Inner {
    exchange: Exchange,
    lines: BTreeMap<ConnectionId, Line>,
    last_connection: u64,
}

/// What the hub keeps of a connection.
#[derive(Debug)]
struct Line {
    outbox: Outbox,
    ice_host: Option<String>,
}

/// A connection that is in. Dropping it takes the connection out.
#[derive(Debug)]
pub(crate) struct Session {
    hub: Arc<Hub>,
    id: ConnectionId,
}

impl Hub {
    pub(crate) fn new(bounds: Bounds, ice: IceServers) -> Self {
        let inner = Inner { exchange: Exchange::new(bounds.clone()), lines: BTreeMap::new(), last_connection: 0 };
        Self { inner: Mutex::new(inner), bounds, ice }
    }

    /// Lets a connection in whose token was checked.
    ///
    /// # Errors
    /// Why not, counted.
    pub(crate) fn attach(
        self: &Arc<Self>,
        socket_id: String,
        grant: Grant,
        request: &Parts,
    ) -> Result<(Session, Outgoing), Refusal> {
        let mut inner = self.lock();
        if let Err(refusal) = inner.exchange.vacancy() {
            inner.exchange.count_refusal(refusal);
            return Err(refusal);
        }
        inner.last_connection += 1;
        let connection = ConnectionId(inner.last_connection);
        let (outbox, outgoing) = outbox(&self.bounds);
        inner.lines.insert(connection, Line { outbox, ice_host: self.ice.host_for(request) });
        self.feed(&mut inner, Input::Attach { connection, socket_id, grant });
        Ok((Session { hub: self.clone(), id: connection }, outgoing))
    }

    pub(crate) fn refuse(&self, refusal: Refusal) {
        self.lock().exchange.count_refusal(refusal);
    }

    pub(crate) fn count_join(&self) {
        self.lock().exchange.count_join();
    }

    pub(crate) fn drain(&self) {
        self.lock().exchange.drain();
    }

    pub(crate) fn is_draining(&self) -> bool {
        self.lock().exchange.is_draining()
    }

    pub(crate) fn stats(&self) -> DirectStats {
        self.lock().exchange.stats()
    }

    /// Looks at the machine.
    pub(crate) fn read<T>(&self, look: impl FnOnce(&Exchange) -> T) -> T {
        look(&self.lock().exchange)
    }

    fn feed(&self, inner: &mut Inner, input: Input) {
        inner.exchange.handle(Instant::now(), input);
        while let Some(output) = inner.exchange.poll() {
            match output {
                Output::Send { to, event } => Self::send(inner, to, event),
                Output::Registered { connection, room, peer_id } => {
                    let host = inner.lines.get(&connection).and_then(|line| line.ice_host.clone());
                    let servers = self.ice.for_peer(host.as_deref(), &room, &peer_id, unix_now());
                    Self::send(inner, connection, Event::ice_servers(servers));
                }
                Output::Disconnect { connection, reason } => {
                    if let Some(line) = inner.lines.remove(&connection) {
                        line.outbox.close(reason);
                    }
                }
            }
        }
    }

    /// Queues an event. Who does not read is taken out, which makes events for others, drained by the caller.
    fn send(inner: &mut Inner, to: ConnectionId, event: Event) {
        let Some(line) = inner.lines.get(&to) else {
            return;
        };
        if line.outbox.try_send(event).is_ok() {
            return;
        }
        tracing::info!(connection = to.0, "direct: a reader fell behind and is disconnected");
        inner.exchange.count_disconnect(DisconnectReason::SlowReader);
        inner.exchange.handle(Instant::now(), Input::Detach { connection: to });
        if let Some(line) = inner.lines.remove(&to) {
            line.outbox.close(DisconnectReason::SlowReader);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Session {
    /// Hands in what the client sent.
    pub(crate) fn command(&self, command: Command, bytes: usize) {
        let mut inner = self.hub.lock();
        self.hub.feed(&mut inner, Input::Command { connection: self.id, command, bytes });
    }

    /// Takes the connection out. Doing it twice does no harm.
    pub(crate) fn detach(&self) {
        let mut inner = self.hub.lock();
        inner.lines.remove(&self.id);
        self.hub.feed(&mut inner, Input::Detach { connection: self.id });
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.detach();
    }
}
