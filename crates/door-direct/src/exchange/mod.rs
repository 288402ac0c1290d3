//! Rooms, peers and messages as a machine: fed with [`Exchange::handle`], drained with [`Exchange::poll`].
//!
//! It knows no socket, no clock and no token; a connection comes in with a [`Grant`] that was checked
//! elsewhere. Feed an input, poll to `None`, go on: outputs queue inside, in the order in which they must be sent. There
//! are no timers. Everything is kept in ordered maps, so the same inputs give the same outputs.

mod connection;
mod event;
mod io;
mod limit;
mod room;

use std::collections::{BTreeMap, VecDeque};
use std::time::Instant;

use serde_json::Value;

use crate::config::Bounds;
use crate::names::{PeerId, RoomName};
use crate::stats::{DirectStats, Refusal};
use crate::token::Grant;

use connection::Connection;
pub use event::{Event, Peer};
pub use io::{Command, ConnectionId, DisconnectReason, Input, Output};
pub use limit::Limit;
use room::Room;

/// The machine.
#[derive(Debug)]
pub struct Exchange {
    bounds: Bounds,
    rooms: BTreeMap<RoomName, Room>,
    connections: BTreeMap<ConnectionId, Connection>,
    outputs: VecDeque<Output>,
    stats: DirectStats,
    draining: bool,
}

impl Exchange {
    /// A machine with no rooms.
    #[must_use]
    pub fn new(bounds: Bounds) -> Self {
        Self {
            bounds,
            rooms: BTreeMap::new(),
            connections: BTreeMap::new(),
            outputs: VecDeque::new(),
            stats: DirectStats::default(),
            draining: false,
        }
    }

    /// Takes an input at `now`. Inputs of connections that are not there do nothing.
    pub fn handle(&mut self, now: Instant, input: Input) {
        match input {
            Input::Attach { connection, socket_id, grant } => self.attach(now, connection, socket_id, grant),
            Input::Command { connection, command, bytes } => self.command(now, connection, command, bytes),
            Input::Detach { connection } => self.detach(connection),
        }
    }

    /// What to do next; `None` until the next input.
    pub fn poll(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// Whether another connection may come in; asked before [`Input::Attach`].
    ///
    /// # Errors
    /// Why not.
    pub fn vacancy(&self) -> Result<(), Refusal> {
        if self.draining {
            return Err(Refusal::Draining);
        }
        if self.connections.len() >= self.bounds.connections {
            return Err(Refusal::Connections);
        }
        Ok(())
    }

    /// Lets nobody in any more; those inside go on.
    pub const fn drain(&mut self) {
        self.draining = true;
    }

    /// Whether [`Exchange::drain`] was called.
    #[must_use]
    pub const fn is_draining(&self) -> bool {
        self.draining
    }

    /// Everybody registered, in the order of rooms and names; of one room, if it is given.
    pub fn peers<'a>(&'a self, room: Option<&'a RoomName>) -> impl Iterator<Item = &'a Peer> {
        let wanted = move |name: &RoomName| room.is_none_or(|room| room == name);
        self.rooms.iter().filter(move |(name, _)| wanted(name)).flat_map(|(_, room)| room.peers())
    }

    /// The counters now.
    #[must_use]
    pub fn stats(&self) -> DirectStats {
        DirectStats {
            connections: self.connections.len() as u64,
            peers: self.rooms.values().map(|room| room.peer_count() as u64).sum(),
            rooms: self.rooms.len() as u64,
            ..self.stats.clone()
        }
    }

    /// Counts what was refused before it came here.
    pub const fn count_refusal(&mut self, refusal: Refusal) {
        self.stats.count_refusal(refusal);
    }

    /// Counts a token given out.
    pub const fn count_join(&mut self) {
        self.stats.joins_total += 1;
    }

    /// Counts a connection that the shell closed by itself.
    pub const fn count_disconnect(&mut self, reason: DisconnectReason) {
        self.stats.count_disconnect(reason);
    }

    fn attach(&mut self, now: Instant, id: ConnectionId, socket_id: String, grant: Grant) {
        if self.connections.contains_key(&id) {
            return;
        }
        self.stats.connections_total += 1;
        if let Some(limit) = self.full(&grant.room) {
            self.stats.count_limit(limit);
            self.send(id, Event::limit_error(limit, &self.bounds));
            return self.close(id, DisconnectReason::NoRoom);
        }
        self.rooms.entry(grant.room.clone()).or_default().enter(id);
        self.connections.insert(id, Connection::new(socket_id, grant, &self.bounds, now));
    }

    /// The bound that keeps another connection out of a room.
    fn full(&self, name: &RoomName) -> Option<Limit> {
        match self.rooms.get(name) {
            Some(room) => (room.len() >= self.bounds.peers_per_room.saturating_mul(2)).then_some(Limit::PeersPerRoom),
            None => (self.rooms.len() >= self.bounds.rooms).then_some(Limit::Rooms),
        }
    }

    fn command(&mut self, now: Instant, id: ConnectionId, command: Command, bytes: usize) {
        let Some(connection) = self.connections.get_mut(&id) else {
            return;
        };
        if let Err(limit) = connection.admit(bytes, &self.bounds, now) {
            return self.strike(id, limit, now);
        }
        match command {
            Command::Ready { peer_id, peer_type } => self.ready(now, id, &peer_id, peer_type),
            Command::Message(body) => self.message(id, body),
            Command::MessageOne(body) => self.message_one(id, body),
            Command::Unusable { message } => self.strike_with(id, Limit::Unusable, message, now),
            Command::Ping => {}
        }
    }

    fn ready(&mut self, now: Instant, id: ConnectionId, peer_id: &Value, peer_type: Option<Value>) {
        let peer_id = match self.checked_peer_id(id, peer_id) {
            Ok(peer_id) => peer_id,
            Err(message) => return self.strike_with(id, Limit::PeerId, message, now),
        };
        if peer_type.as_ref().is_some_and(|value| value.to_string().len() > self.bounds.peer_type_bytes) {
            return self.strike(id, Limit::PeerType, now);
        }
        let Some(connection) = self.connections.get(&id) else {
            return;
        };
        let Some(room) = self.rooms.get(connection.room()) else {
            return;
        };
        match room.connection_of(&peer_id) {
            Some(holder) if holder != id && self.takes_over(id, holder) => self.replace(holder),
            Some(_) => return self.refuse_taken(id, &peer_id),
            None if connection.peer_id().is_some() => {
                return self.strike(id, Limit::PeerIdsPerConnection, now);
            }
            None if room.peer_count() >= self.bounds.peers_per_room => {
                return self.strike(id, Limit::PeersPerRoom, now);
            }
            None => {}
        }
        self.register(id, peer_id, peer_type);
    }

    /// The `peerId` as a name, if the connection may have it.
    fn checked_peer_id(&self, id: ConnectionId, peer_id: &Value) -> Result<PeerId, String> {
        let Some(text) = peer_id.as_str() else {
            return Err("peerId must be a string".to_owned());
        };
        let peer_id = PeerId::new(text, &self.bounds).map_err(|error| format!("peerId is not accepted: {error}"))?;
        match self.connections.get(&id).and_then(Connection::granted_peer_id) {
            Some(granted) if *granted != peer_id => Err("the token is for another peerId".to_owned()),
            _ => Ok(peer_id),
        }
    }

    fn takes_over(&self, newcomer: ConnectionId, holder: ConnectionId) -> bool {
        let (Some(newcomer), Some(holder)) = (self.connections.get(&newcomer), self.connections.get(&holder)) else {
            return false;
        };
        newcomer.may_replace(holder)
    }

    /// Takes the holder out without a close message: for the others the peer never left.
    fn replace(&mut self, holder: ConnectionId) {
        self.stats.replacements_total += 1;
        self.send(holder, Event::replaced());
        self.forget(holder);
        self.close(holder, DisconnectReason::Replaced);
    }

    fn refuse_taken(&mut self, id: ConnectionId, peer_id: &PeerId) {
        self.stats.uniqueness_errors_total += 1;
        self.send(id, Event::uniqueness_error(peer_id));
        self.detach(id);
        self.close(id, DisconnectReason::PeerIdTaken);
    }

    fn register(&mut self, id: ConnectionId, peer_id: PeerId, peer_type: Option<Value>) {
        let Some(connection) = self.connections.get_mut(&id) else {
            return;
        };
        let peer = Peer { socket_id: connection.socket_id().to_owned(), peer_id: peer_id.clone(), peer_type };
        connection.set_peer_id(peer_id.clone());
        let name = connection.room().clone();
        // A replaced holder may have been the last one inside, and the room with it.
        let room = self.rooms.entry(name.clone()).or_default();
        room.enter(id);
        let present: Vec<Peer> = room.peers().cloned().collect();
        room.register(id, peer.clone());
        self.stats.registrations_total += 1;
        self.send(id, Event::open_for_newcomer(&peer_id, &present));
        self.outputs.push_back(Output::Registered { connection: id, room: name, peer_id });
        self.broadcast(id, &Event::open_for_others(&peer));
    }

    fn message(&mut self, id: ConnectionId, body: Value) {
        self.stats.messages_received_total += 1;
        let body = self.with_own_sender(id, body);
        self.broadcast(id, &Event::message(body));
    }

    fn message_one(&mut self, id: ConnectionId, body: Value) {
        self.stats.messages_received_total += 1;
        let target = body.get("target").cloned().unwrap_or(Value::Null);
        match self.find_target(id, &target) {
            Some(to) => {
                let body = self.with_own_sender(id, body);
                self.send(to, Event::message(body));
            }
            None => {
                self.stats.unknown_targets_total += 1;
                self.send(id, Event::target_error(target));
            }
        }
    }

    fn find_target(&self, id: ConnectionId, target: &Value) -> Option<ConnectionId> {
        let target = PeerId::new(target.as_str()?, &self.bounds).ok()?;
        self.rooms.get(self.connections.get(&id)?.room())?.connection_of(&target)
    }

    /// Nobody speaks for another. Who is not registered has no name, and speaks as `""`, which is nobody's.
    fn with_own_sender(&mut self, id: ConnectionId, mut body: Value) -> Value {
        let own = self.connections.get(&id).and_then(Connection::peer_id).map_or("", PeerId::as_str);
        if let Some(from) = body.get_mut("from")
            && from.as_str() != Some(own)
        {
            *from = Value::from(own);
            self.stats.rewritten_senders_total += 1;
        }
        body
    }

    fn detach(&mut self, id: ConnectionId) {
        let Some((room, connection)) = self.forget(id) else {
            return;
        };
        if let Some(peer_id) = connection.peer_id() {
            let event = Event::close(peer_id);
            for member in self.rooms.get(&room).map(Room::members).unwrap_or_default() {
                self.send(member, event.clone());
            }
        }
    }

    /// Takes a connection out of everything, silently.
    fn forget(&mut self, id: ConnectionId) -> Option<(RoomName, Connection)> {
        let connection = self.connections.remove(&id)?;
        let name = connection.room().clone();
        if let Some(room) = self.rooms.get_mut(&name) {
            room.leave(id, connection.peer_id());
            if room.is_empty() {
                self.rooms.remove(&name);
            }
        }
        Some((name, connection))
    }

    fn strike(&mut self, id: ConnectionId, limit: Limit, now: Instant) {
        self.strike_with(id, limit, limit.message(&self.bounds), now);
    }

    /// Tells of a bound; who has no strikes left is out.
    fn strike_with(&mut self, id: ConnectionId, limit: Limit, message: String, now: Instant) {
        self.stats.count_limit(limit);
        let Some(connection) = self.connections.get_mut(&id) else {
            return;
        };
        let patience = connection.try_strike(now);
        self.send(id, Event::limit_error_with(limit, message));
        if !patience {
            self.detach(id);
            self.close(id, DisconnectReason::Limit);
        }
    }

    fn broadcast(&mut self, from: ConnectionId, event: &Event) {
        let Some(connection) = self.connections.get(&from) else {
            return;
        };
        let members = self.rooms.get(connection.room()).map(Room::members).unwrap_or_default();
        for member in members.into_iter().filter(|member| *member != from) {
            self.send(member, event.clone());
        }
    }

    fn send(&mut self, to: ConnectionId, event: Event) {
        self.stats.events_sent_total += 1;
        self.outputs.push_back(Output::Send { to, event });
    }

    fn close(&mut self, connection: ConnectionId, reason: DisconnectReason) {
        self.stats.count_disconnect(reason);
        self.outputs.push_back(Output::Disconnect { connection, reason });
    }
}
