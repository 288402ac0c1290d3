//! The machine's rules, one by one, on time that the test sets.

#![expect(clippy::unwrap_used, reason = "a test stops where it fails")]

use std::time::{Duration, Instant};

use moim_door_direct::exchange::{Command, ConnectionId, DisconnectReason, Exchange, Input, Output};
use moim_door_direct::token::{Grant, PeerGrant, TokenMark};
use moim_door_direct::{Bounds, PeerId, Refusal, RoomName};
use serde_json::{Value, json};

struct Table {
    exchange: Exchange,
    bounds: Bounds,
    now: Instant,
}

/// What came out, in words.
#[derive(Debug, PartialEq)]
enum Seen {
    Event(u64, &'static str, Value),
    Registered(u64),
    Closed(u64, DisconnectReason),
}

impl Table {
    fn new(bounds: Bounds) -> Self {
        Self { exchange: Exchange::new(bounds.clone()), bounds, now: Instant::now() }
    }

    fn grant(&self, room: &str, peer: Option<(&str, bool, &str)>) -> Grant {
        let peer = peer.map(|(id, takes_over, token)| PeerGrant {
            peer_id: PeerId::new(id, &self.bounds).unwrap(),
            takes_over,
            mark: TokenMark::of(token),
        });
        Grant { room: RoomName::new(room, &self.bounds).unwrap(), peer }
    }

    fn attach(&mut self, id: u64, room: &str) -> Vec<Seen> {
        let grant = self.grant(room, None);
        self.attach_with(id, grant)
    }

    fn attach_with(&mut self, id: u64, grant: Grant) -> Vec<Seen> {
        let input = Input::Attach { connection: ConnectionId(id), socket_id: format!("s{id}"), grant };
        self.feed(input)
    }

    fn detach(&mut self, id: u64) -> Vec<Seen> {
        self.feed(Input::Detach { connection: ConnectionId(id) })
    }

    fn send(&mut self, id: u64, command: Command) -> Vec<Seen> {
        let bytes = match &command {
            Command::Message(body) | Command::MessageOne(body) => body.to_string().len(),
            _ => 50,
        };
        self.feed(Input::Command { connection: ConnectionId(id), command, bytes })
    }

    fn ready(&mut self, id: u64, name: &str) -> Vec<Seen> {
        self.send(id, Command::Ready { peer_id: json!(name), peer_type: None })
    }

    fn message(&mut self, id: u64, body: Value) -> Vec<Seen> {
        self.send(id, Command::Message(body))
    }

    fn message_one(&mut self, id: u64, body: Value) -> Vec<Seen> {
        self.send(id, Command::MessageOne(body))
    }

    fn feed(&mut self, input: Input) -> Vec<Seen> {
        self.exchange.handle(self.now, input);
        let mut seen = Vec::new();
        while let Some(output) = self.exchange.poll() {
            seen.push(match output {
                Output::Send { to, event } => Seen::Event(to.0, event.name, (*event.data).clone()),
                Output::Registered { connection, .. } => Seen::Registered(connection.0),
                Output::Disconnect { connection, reason } => Seen::Closed(connection.0, reason),
            });
        }
        seen
    }

    /// Registered peers 1, 2, … of these names in one room.
    fn with_peers(names: &[&str], bounds: Bounds) -> Self {
        let mut table = Self::new(bounds);
        for (number, name) in (1..).zip(names) {
            table.attach(number, "room");
            table.ready(number, name);
        }
        table
    }
}

fn close_message(to: u64, name: &str) -> Seen {
    let payload = json!({ "action": "close", "message": "Peer has left the signaling server" });
    Seen::Event(to, "message", json!({ "from": name, "target": "all", "payload": payload }))
}

fn limit_of(seen: &Seen) -> Option<&str> {
    match seen {
        Seen::Event(_, "limitError", data) => data["limit"].as_str(),
        _ => None,
    }
}

#[test]
fn the_newcomer_is_told_first_then_registered_then_announced() {
    let mut table = Table::with_peers(&["ann"], Bounds::default());
    table.attach(2, "room");
    let peer_type = Some(json!({ "kind": "camera" }));
    let seen = table.send(2, Command::Ready { peer_id: json!("bob"), peer_type });
    let ann = json!({ "socketId": "s1", "peerId": "ann" });
    let bob = json!({ "socketId": "s2", "peerId": "bob", "peerType": { "kind": "camera" } });
    let to_bob = json!({ "action": "open", "connections": [ann], "bePolite": false });
    let to_ann = json!({ "action": "open", "connections": [bob], "bePolite": true });
    assert_eq!(
        seen,
        [
            Seen::Event(2, "message", json!({ "from": "all", "target": "bob", "payload": to_bob })),
            Seen::Registered(2),
            Seen::Event(1, "message", json!({ "from": "bob", "target": "all", "payload": to_ann })),
        ]
    );
}

#[test]
fn a_message_goes_to_everybody_else_unchanged() {
    let mut table = Table::with_peers(&["ann", "bob", "eve"], Bounds::default());
    let body = json!({ "from": "bob", "target": "ann", "extra": [1, null] });
    let expected = [Seen::Event(1, "message", body.clone()), Seen::Event(3, "message", body.clone())];
    assert_eq!(table.message(2, body), expected);
    for odd in [json!(null), json!(1), json!("x"), json!([{ "from": "x" }])] {
        assert_eq!(table.message(1, odd.clone())[0], Seen::Event(2, "message", odd));
    }
}

#[test]
fn nobody_speaks_for_another() {
    let mut table = Table::with_peers(&["ann", "bob"], Bounds::default());
    for from in [json!("bob"), json!(7), json!(null), json!({ "peerId": "ann" })] {
        let seen = table.message(1, json!({ "from": from, "x": 1 }));
        assert_eq!(seen, [Seen::Event(2, "message", json!({ "from": "ann", "x": 1 }))]);
    }
    table.attach(3, "room");
    let seen = table.message(3, json!({ "from": "ann" }));
    assert_eq!(seen[0], Seen::Event(1, "message", json!({ "from": "" })), "who is not registered has no name");
    assert_eq!(table.exchange.stats().rewritten_senders_total, 5);
}

#[test]
fn a_message_to_one_reaches_one() {
    let mut table = Table::with_peers(&["ann", "bob", "eve"], Bounds::default());
    let body = json!({ "from": "ann", "target": "eve", "message": "x" });
    assert_eq!(table.message_one(1, body.clone()), [Seen::Event(3, "message", body)]);
    for target in [json!("nobody"), json!(7), json!(null), json!(""), json!("x".repeat(5000))] {
        let seen = table.message_one(1, json!({ "target": target }));
        let [Seen::Event(1, "targetError", data)] = seen.as_slice() else { panic!("{seen:?}") };
        assert_eq!(data["target"], target);
        assert!(data["message"].is_string());
    }
    let seen = table.message_one(1, json!("no object"));
    assert!(matches!(seen.as_slice(), [Seen::Event(1, "targetError", _)]));
    assert_eq!(table.exchange.stats().unknown_targets_total, 6);
}

#[test]
fn a_taken_peer_id_is_refused_and_nobody_is_told() {
    let mut table = Table::with_peers(&["ann", "bob"], Bounds::default());
    table.attach(3, "room");
    let text = "ann is already connected to the signalling server. Please change your peer ID and try again.";
    let expected = [
        Seen::Event(3, "uniquenessError", json!({ "message": text, "error": text })),
        Seen::Closed(3, DisconnectReason::PeerIdTaken),
    ];
    assert_eq!(table.ready(3, "ann"), expected);
    assert_eq!(table.message(3, json!("late")), [], "it is forgotten");
    assert_eq!(table.detach(3), []);
}

#[test]
fn the_same_peer_id_lives_in_two_rooms() {
    let mut table = Table::with_peers(&["ann"], Bounds::default());
    table.attach(2, "another");
    assert_eq!(table.ready(2, "ann").len(), 2);
    assert_eq!(table.message(2, json!("hello?")), []);
    assert_eq!(table.exchange.stats().rooms, 2);
}

#[test]
fn a_peer_that_goes_is_missed_and_its_name_is_free() {
    let mut table = Table::with_peers(&["ann", "bob"], Bounds::default());
    assert_eq!(table.detach(2), [close_message(1, "bob")]);
    table.attach(3, "room");
    assert_eq!(table.detach(3), [], "who was not registered is not missed");
    table.attach(4, "room");
    assert_eq!(table.ready(4, "bob").len(), 3);
}

#[test]
fn the_last_one_takes_the_room_along() {
    let mut table = Table::with_peers(&["ann"], Bounds::default());
    table.detach(1);
    let stats = table.exchange.stats();
    assert_eq!((stats.rooms, stats.peers, stats.connections), (0, 0, 0));
}

#[test]
fn a_token_for_one_peer_takes_over_and_the_others_see_no_close() {
    let mut table = Table::with_peers(&["ann", "bob"], Bounds::default());
    let grant = table.grant("room", Some(("ann", true, "t")));
    table.attach_with(3, grant);
    let seen = table.ready(3, "ann");
    assert!(matches!(&seen[0], Seen::Event(1, "replaced", data) if data["message"].is_string()));
    assert_eq!(seen[1], Seen::Closed(1, DisconnectReason::Replaced));
    let Seen::Event(3, "message", open) = &seen[2] else { panic!("{seen:?}") };
    assert_eq!(open["payload"]["connections"], json!([{ "socketId": "s2", "peerId": "bob" }]));
    assert_eq!(seen[3], Seen::Registered(3));
    let Seen::Event(2, "message", reopened) = &seen[4] else { panic!("{seen:?}") };
    assert_eq!(reopened["payload"]["connections"], json!([{ "socketId": "s3", "peerId": "ann" }]));
    assert_eq!(seen.len(), 5);
    assert_eq!(table.detach(1), [], "the old connection's end is nobody's end");
    assert_eq!(table.exchange.stats().peers, 2);
}

#[test]
fn a_token_that_may_not_take_over_replaces_only_its_own() {
    let mut table = Table::with_peers(&["bob"], Bounds::default());
    let meek = |token| Some(("ann", false, token));
    let grant = table.grant("room", meek("one"));
    table.attach_with(2, grant.clone());
    table.ready(2, "ann");
    let other = table.grant("room", meek("two"));
    table.attach_with(3, other);
    assert!(matches!(&table.ready(3, "ann")[0], Seen::Event(3, "uniquenessError", _)));
    table.attach_with(4, grant);
    assert!(matches!(&table.ready(4, "ann")[0], Seen::Event(2, "replaced", _)), "the same client, back again");
}

#[test]
fn a_token_for_one_peer_registers_no_other() {
    let mut table = Table::with_peers(&["bob"], Bounds::default());
    let grant = table.grant("room", Some(("ann", true, "t")));
    table.attach_with(2, grant);
    assert_eq!(limit_of(&table.ready(2, "bob")[0]), Some("peerId"));
    assert_eq!(table.ready(2, "ann").len(), 3);
    assert_eq!(limit_of(&table.ready(2, "eve")[0]), Some("peerId"));
}

#[test]
fn a_connection_is_one_peer() {
    let mut table = Table::with_peers(&["ann"], Bounds::default());
    assert_eq!(limit_of(&table.ready(1, "second")[0]), Some("peerIdsPerConnection"));
    let seen = table.ready(1, "ann");
    assert_eq!(seen[1], Seen::Closed(1, DisconnectReason::PeerIdTaken), "as in the original");
}

#[test]
fn names_that_are_none_are_refused() {
    let mut table = Table::new(Bounds::default());
    table.attach(1, "room");
    for name in [json!(null), json!(7), json!(""), json!("all"), json!("a\u{7}"), json!("x".repeat(129)), json!({})] {
        let seen = table.send(1, Command::Ready { peer_id: name.clone(), peer_type: None });
        assert_eq!(limit_of(&seen[0]), Some("peerId"), "{name}");
    }
    let peer_type = Some(json!("x".repeat(2000)));
    let seen = table.send(1, Command::Ready { peer_id: json!("ann"), peer_type });
    assert_eq!(limit_of(&seen[0]), Some("peerType"));
}

#[test]
fn a_full_room_takes_nobody_but_those_who_come_back() {
    let bounds = Bounds { peers_per_room: 2, ..Bounds::default() };
    let mut table = Table::with_peers(&["ann", "bob"], bounds);
    table.attach(3, "room");
    assert_eq!(limit_of(&table.ready(3, "eve")[0]), Some("peersPerRoom"));
    let grant = table.grant("room", Some(("ann", true, "t")));
    table.attach_with(4, grant);
    assert!(table.ready(4, "ann").contains(&Seen::Closed(1, DisconnectReason::Replaced)));
    table.attach(5, "room");
    let seen = table.attach(6, "room");
    assert_eq!(limit_of(&seen[0]), Some("peersPerRoom"));
    assert_eq!(seen[1], Seen::Closed(6, DisconnectReason::NoRoom));
}

#[test]
fn rooms_are_bounded() {
    let mut table = Table::new(Bounds { rooms: 1, ..Bounds::default() });
    assert_eq!(table.attach(1, "one"), []);
    let seen = table.attach(2, "two");
    assert_eq!(limit_of(&seen[0]), Some("rooms"));
    assert_eq!(seen[1], Seen::Closed(2, DisconnectReason::NoRoom));
    assert_eq!(table.attach(3, "one"), []);
    table.detach(1);
    table.detach(3);
    assert_eq!(table.attach(4, "two"), []);
}

#[test]
fn connections_are_bounded_and_a_draining_door_takes_none() {
    let mut table = Table::new(Bounds { connections: 1, ..Bounds::default() });
    assert_eq!(table.exchange.vacancy(), Ok(()));
    table.attach(1, "room");
    assert_eq!(table.exchange.vacancy(), Err(Refusal::Connections));
    table.exchange.drain();
    assert_eq!(table.exchange.vacancy(), Err(Refusal::Draining));
    assert_eq!(table.ready(1, "ann").len(), 2, "those inside go on");
}

#[test]
fn a_flood_earns_strikes_and_then_the_door() {
    let bounds = Bounds { messages_per_second: 1, message_burst: 3, strikes: 2, ..Bounds::default() };
    let mut table = Table::with_peers(&["ann", "bob"], bounds);
    table.now += Duration::from_secs(10);
    for _ in 0..3 {
        assert_eq!(table.message(1, json!(1)), [Seen::Event(2, "message", json!(1))]);
    }
    for _ in 0..2 {
        let seen = table.message(1, json!(1));
        assert_eq!((limit_of(&seen[0]), seen.len()), (Some("messagesPerSecond"), 1));
    }
    let seen = table.message(1, json!(1));
    assert_eq!(limit_of(&seen[0]), Some("messagesPerSecond"));
    assert_eq!(seen[1..], [close_message(2, "ann"), Seen::Closed(1, DisconnectReason::Limit)]);
}

#[test]
fn who_slows_down_is_forgiven() {
    let bounds = Bounds { messages_per_second: 1, message_burst: 1, strikes: 2, ..Bounds::default() };
    let mut table = Table::with_peers(&["ann", "bob"], bounds);
    for _ in 0..50 {
        table.now += Duration::from_secs(2);
        assert_eq!(table.message(1, json!(1)).len(), 1);
        assert_eq!(limit_of(&table.message(1, json!(1))[0]), Some("messagesPerSecond"));
    }
}

#[test]
fn sizes_are_bounded_one_by_one_and_in_the_long_run() {
    let bounds = Bounds { bytes_per_second: 100, byte_burst: 200, message_bytes: 150, ..Bounds::default() };
    let mut table = Table::with_peers(&["ann", "bob"], bounds);
    table.now += Duration::from_secs(10);
    assert_eq!(limit_of(&table.message(1, json!("x".repeat(149)))[0]), Some("messageBytes"));
    assert_eq!(table.message(1, json!("x".repeat(140))), [Seen::Event(2, "message", json!("x".repeat(140)))]);
    assert_eq!(limit_of(&table.message(1, json!("x".repeat(140)))[0]), Some("bytesPerSecond"));
    table.now += Duration::from_secs(1);
    assert_eq!(table.message(1, json!("x".repeat(140))).len(), 1);
}

#[test]
fn who_is_not_there_does_nothing() {
    let mut table = Table::with_peers(&["ann"], Bounds::default());
    assert_eq!(table.message(9, json!(1)), []);
    assert_eq!(table.detach(9), []);
    assert_eq!(table.attach(1, "elsewhere"), [], "a number is used once");
    assert_eq!(table.exchange.stats().rooms, 1);
}

#[test]
fn the_list_of_peers_can_be_narrowed_to_a_room() {
    let mut table = Table::with_peers(&["bob", "ann"], Bounds::default());
    table.attach(3, "other");
    table.ready(3, "cho");
    let names = |room: Option<&RoomName>| -> Vec<String> {
        table.exchange.peers(room).map(|peer| peer.peer_id.to_string()).collect()
    };
    assert_eq!(names(None), ["cho", "ann", "bob"]);
    assert_eq!(names(Some(&RoomName::new("room", &Bounds::default()).unwrap())), ["ann", "bob"]);
}
