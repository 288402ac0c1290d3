//! Random clients against the machine and against the simplest thing that could be right.
//!
//! The reference keeps one list of connections and looks everything up by walking it. After each step the outputs must be
//! the same as a multiset per receiver in order, and the machine's gauges must agree with the list. At the end the run
//! fails if a situation that it is about never happened.

#![expect(clippy::unwrap_used, reason = "a test stops where it fails")]

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use moim_door_direct::exchange::{Command, ConnectionId, DisconnectReason, Exchange, Input, Output};
use moim_door_direct::token::{Grant, PeerGrant, TokenMark};
use moim_door_direct::{Bounds, PeerId, RoomName};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

const PEERS_PER_ROOM: usize = 2;
const ROOMS: usize = 2;

#[derive(Clone, Debug)]
enum Step {
    Attach { room: u8, right: Right },
    Detach { pick: usize },
    Ready { pick: usize, name: u8 },
    Message { pick: usize, from: u8 },
    MessageOne { pick: usize, target: u8 },
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Right {
    Any,
    Peer { name: u8, takes_over: bool, token: u8 },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let right = prop_oneof![
        3 => Just(Right::Any),
        2 => (0..4_u8, any::<bool>(), 0..2_u8).prop_map(|(name, takes_over, token)| Right::Peer { name, takes_over, token }),
    ];
    let step = prop_oneof![
        4 => (0..3_u8, right).prop_map(|(room, right)| Step::Attach { room, right }),
        2 => any::<usize>().prop_map(|pick| Step::Detach { pick }),
        6 => (any::<usize>(), 0..4_u8).prop_map(|(pick, name)| Step::Ready { pick, name }),
        3 => (any::<usize>(), 0..5_u8).prop_map(|(pick, from)| Step::Message { pick, from }),
        3 => (any::<usize>(), 0..5_u8).prop_map(|(pick, target)| Step::MessageOne { pick, target }),
    ];
    prop::collection::vec(step, 1..80)
}

fn name(number: u8) -> String {
    ["ann", "bob", "cho", "dan", "nobody"][usize::from(number)].to_owned()
}

fn room(number: u8) -> String {
    ["", "red", "blue"][usize::from(number)].to_owned()
}

/// One connection, as the reference sees it.
#[derive(Clone, Debug)]
struct Naive {
    id: u64,
    room: u8,
    right: Right,
    name: Option<u8>,
}

/// What each receiver gets, in its order; `closed` comes last.
type Effects = BTreeMap<u64, Vec<Value>>;

#[derive(Default)]
struct Reference {
    all: Vec<Naive>,
    visited: Visited,
}

#[derive(Default)]
struct Visited {
    taken: usize,
    replaced: usize,
    kept_out: usize,
    full: usize,
    unknown: usize,
    forged: usize,
    closed: usize,
}

impl Reference {
    fn pick(&self, pick: usize) -> Option<Naive> {
        (!self.all.is_empty()).then(|| self.all[pick % self.all.len()].clone())
    }

    fn others(&self, of: &Naive) -> Vec<u64> {
        self.all.iter().filter(|one| one.room == of.room && one.id != of.id).map(|one| one.id).collect()
    }

    fn holder(&self, room: u8, name: u8) -> Option<Naive> {
        self.all.iter().find(|one| one.room == room && one.name == Some(name)).cloned()
    }

    fn peers(&self, room: u8) -> Vec<(u8, u64)> {
        let mut peers: Vec<_> =
            self.all.iter().filter(|one| one.room == room).filter_map(|one| Some((one.name?, one.id))).collect();
        peers.sort_unstable();
        peers
    }

    fn attach(&mut self, id: u64, place: u8, right: Right) -> Effects {
        let inside = self.all.iter().filter(|one| one.room == place).count();
        let rooms = (0..3).filter(|number| self.all.iter().any(|one| one.room == *number)).count();
        let limit = if inside >= PEERS_PER_ROOM * 2 {
            Some("peersPerRoom")
        } else if inside == 0 && rooms >= ROOMS {
            Some("rooms")
        } else {
            None
        };
        match limit {
            Some(limit) => {
                self.visited.full += 1;
                Effects::from([(id, vec![json!(["limitError", limit]), json!("closed")])])
            }
            None => {
                self.all.push(Naive { id, room: place, right, name: None });
                Effects::new()
            }
        }
    }

    fn detach(&mut self, id: u64) -> Effects {
        let Some(at) = self.all.iter().position(|one| one.id == id) else { return Effects::new() };
        let gone = self.all.remove(at);
        let Some(number) = gone.name else { return Effects::new() };
        self.visited.closed += 1;
        self.others(&gone).into_iter().map(|other| (other, vec![json!(["close", name(number)])])).collect()
    }

    fn ready(&mut self, who: &Naive, wanted: u8) -> Effects {
        let limit = |limit: &str| Effects::from([(who.id, vec![json!(["limitError", limit])])]);
        if let Right::Peer { name, .. } = who.right
            && name != wanted
        {
            return limit("peerId");
        }
        if let Some(holder) = self.holder(who.room, wanted) {
            if holder.id != who.id && may_replace(who.right, holder.right) {
                self.visited.replaced += 1;
                self.all.retain(|one| one.id != holder.id);
                let mut effects = self.register(who, wanted);
                effects.insert(holder.id, vec![json!(["replaced"]), json!("closed")]);
                return effects;
            }
            self.visited.taken += 1;
            let mut effects = self.detach(who.id);
            effects.insert(who.id, vec![json!(["uniquenessError"]), json!("closed")]);
            return effects;
        }
        if who.name.is_some() {
            return limit("peerIdsPerConnection");
        }
        if self.peers(who.room).len() >= PEERS_PER_ROOM {
            self.visited.kept_out += 1;
            return limit("peersPerRoom");
        }
        self.register(who, wanted)
    }

    fn register(&mut self, who: &Naive, wanted: u8) -> Effects {
        let present: Vec<Value> =
            self.peers(who.room).into_iter().map(|(number, id)| json!([name(number), format!("s{id}")])).collect();
        if let Some(one) = self.all.iter_mut().find(|one| one.id == who.id) {
            one.name = Some(wanted);
        }
        let mut effects = Effects::from([(who.id, vec![json!(["open", false, present]), json!("registered")])]);
        for other in self.others(who) {
            effects.insert(other, vec![json!(["open", true, [[name(wanted), format!("s{}", who.id)]]])]);
        }
        effects
    }

    fn message(&mut self, who: &Naive, from: u8) -> Effects {
        let own = who.name.map_or_else(String::new, name);
        self.visited.forged += usize::from(own != name(from));
        self.others(who).into_iter().map(|other| (other, vec![json!(["passed", own])])).collect()
    }

    fn message_one(&mut self, who: &Naive, target: u8) -> Effects {
        match self.holder(who.room, target) {
            Some(holder) => {
                Effects::from([(holder.id, vec![json!(["passed", who.name.map_or_else(String::new, name)])])])
            }
            None => {
                self.visited.unknown += 1;
                Effects::from([(who.id, vec![json!(["targetError", name(target)])])])
            }
        }
    }
}

fn may_replace(newcomer: Right, holder: Right) -> bool {
    match (newcomer, holder) {
        (Right::Any, _) => false,
        (Right::Peer { takes_over: true, .. }, _) => true,
        (Right::Peer { .. }, holder) => newcomer == holder,
    }
}

/// The machine's outputs in the reference's words.
fn drain(exchange: &mut Exchange) -> Effects {
    let mut effects = Effects::new();
    while let Some(output) = exchange.poll() {
        let (to, what) = match output {
            Output::Send { to, event } => (to, in_short(event.name, &event.data)),
            Output::Registered { connection, .. } => (connection, json!("registered")),
            Output::Disconnect { connection, reason } => {
                assert_ne!(reason, DisconnectReason::Limit, "nobody floods here");
                (connection, json!("closed"))
            }
        };
        effects.entry(to.0).or_default().push(what);
    }
    effects
}

fn in_short(event: &str, data: &Value) -> Value {
    let payload = &data["payload"];
    match (event, payload["action"].as_str()) {
        ("message", Some("open")) => {
            let connections = payload["connections"].as_array().into_iter().flatten();
            let listed: Vec<Value> = connections.map(|one| json!([one["peerId"], one["socketId"]])).collect();
            json!(["open", payload["bePolite"], listed])
        }
        ("message", Some("close")) => json!(["close", data["from"]]),
        ("message", _) => json!(["passed", data["from"]]),
        ("limitError", _) => json!([event, data["limit"]]),
        ("targetError", _) => json!([event, data["target"]]),
        _ => json!([event]),
    }
}

fn grant(place: u8, right: Right, bounds: &Bounds) -> Grant {
    let peer = match right {
        Right::Any => None,
        // The mark stands for the whole token, so everything that the token says is in it.
        Right::Peer { name: number, takes_over, token } => Some(PeerGrant {
            peer_id: PeerId::new(&name(number), bounds).unwrap(),
            takes_over,
            mark: TokenMark::of(&format!("{number} {takes_over} {token}")),
        }),
    };
    Grant { room: RoomName::new(&room(place), bounds).unwrap(), peer }
}

fn run(steps: &[Step]) -> Visited {
    let bounds = Bounds {
        peers_per_room: PEERS_PER_ROOM,
        rooms: ROOMS,
        messages_per_second: 1000,
        strikes: 1000,
        ..Bounds::default()
    };
    let mut exchange = Exchange::new(bounds.clone());
    let mut reference = Reference::default();
    let mut now = Instant::now();
    for (id, step) in (1..).zip(steps) {
        now += Duration::from_millis(100);
        let command = |who: &Naive, command| Input::Command { connection: ConnectionId(who.id), command, bytes: 50 };
        let (input, expected) = match step {
            Step::Attach { room, right } => {
                let grant = grant(*room, *right, &bounds);
                let input = Input::Attach { connection: ConnectionId(id), socket_id: format!("s{id}"), grant };
                (input, reference.attach(id, *room, *right))
            }
            Step::Detach { pick } => {
                let Some(who) = reference.pick(*pick) else { continue };
                (Input::Detach { connection: ConnectionId(who.id) }, reference.detach(who.id))
            }
            Step::Ready { pick, name: number } => {
                let Some(who) = reference.pick(*pick) else { continue };
                let ready = Command::Ready { peer_id: json!(name(*number)), peer_type: None };
                (command(&who, ready), reference.ready(&who, *number))
            }
            Step::Message { pick, from } => {
                let Some(who) = reference.pick(*pick) else { continue };
                (command(&who, Command::Message(json!({ "from": name(*from) }))), reference.message(&who, *from))
            }
            Step::MessageOne { pick, target } => {
                let Some(who) = reference.pick(*pick) else { continue };
                let body = json!({ "from": "", "target": name(*target) });
                (command(&who, Command::MessageOne(body)), reference.message_one(&who, *target))
            }
        };
        exchange.handle(now, input);
        assert_eq!(drain(&mut exchange), expected, "after {step:?}");
        let stats = exchange.stats();
        assert_eq!(stats.connections as usize, reference.all.len());
        assert_eq!(stats.peers as usize, reference.all.iter().filter(|one| one.name.is_some()).count());
        let rooms = (0..3).filter(|number| reference.all.iter().any(|one| one.room == *number)).count();
        assert_eq!(stats.rooms as usize, rooms);
    }
    reference.visited
}

#[test]
fn the_machine_does_what_the_reference_does() {
    let counters: [AtomicUsize; 7] = Default::default();
    let mut runner = TestRunner::new(Config { cases: 1500, failure_persistence: None, ..Config::default() });
    runner
        .run(&steps(), |steps| {
            let seen = run(&steps);
            let seen = [seen.taken, seen.replaced, seen.kept_out, seen.full, seen.unknown, seen.forged, seen.closed];
            for (counter, count) in counters.iter().zip(seen) {
                counter.fetch_add(count, Ordering::Relaxed);
            }
            Ok(())
        })
        .unwrap();
    let names = ["taken", "replaced", "kept out", "full", "unknown target", "forged sender", "closed"];
    for (name, counter) in names.iter().zip(&counters) {
        assert!(counter.load(Ordering::Relaxed) >= 10, "{name}: visited {counter:?} times");
    }
}

#[test]
fn the_same_inputs_give_the_same_outputs() {
    let mut runner = TestRunner::deterministic();
    let steps = steps().new_tree(&mut runner).unwrap().current();
    let trace = |steps: &[Step]| {
        let bounds = Bounds::default();
        let mut exchange = Exchange::new(bounds.clone());
        let now = Instant::now();
        let mut trace = Vec::new();
        for (id, step) in (1..).zip(steps) {
            let (Step::Attach { room, .. } | Step::Ready { name: room, .. }) = step else { continue };
            let grant = grant(*room % 3, Right::Any, &bounds);
            let connection = ConnectionId(id);
            exchange.handle(now, Input::Attach { connection, socket_id: format!("s{id}"), grant });
            let command = Command::Ready { peer_id: json!(format!("peer {id}")), peer_type: None };
            exchange.handle(now, Input::Command { connection, command, bytes: 10 });
            trace.extend(std::iter::from_fn(|| exchange.poll()));
        }
        trace
    };
    assert!(!trace(&steps).is_empty());
    assert_eq!(trace(&steps), trace(&steps));
}
