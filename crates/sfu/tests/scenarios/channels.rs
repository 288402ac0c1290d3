//! Data channels.

use std::time::Duration;

use bytes::Bytes;
use moim_sfu::{Directions, DropReason, LegCommand, LegEvent, Offerer};

use crate::dual::viewer;
use crate::world::client::Wanted;
use crate::world::{World, leg_config};

fn send(world: &mut World, client: usize, label: &str, message: &[u8]) {
    let message = Bytes::copy_from_slice(message);
    world.leg(client, LegCommand::Send { label: label.to_owned(), binary: true, message });
}

#[test]
fn messages_go_both_ways() {
    let mut world = World::new(1);
    let viewer = viewer(&mut world, 0);
    world.run(Duration::from_millis(200));
    for label in ["_reliable", "_lossy"] {
        assert!(world.has(viewer, |event| matches!(event, LegEvent::ChannelOpen(open) if open == label)));
    }
    send(&mut world, viewer, "_reliable", b"down");
    world.run(Duration::from_millis(50));
    assert_eq!(world.clients[viewer].messages, [("_reliable".to_owned(), b"down".to_vec())]);
    let now = world.now.instant;
    assert!(world.clients[viewer].write(now, "_lossy", b"up"));
    world.run(Duration::from_millis(50));
    let up = world.take(viewer, |event| matches!(event, LegEvent::Message { .. }));
    let Some(LegEvent::Message { label, binary: true, message }) = up else { panic!("{up:?}") };
    assert_eq!((label.as_str(), &message[..]), ("_lossy", &b"up"[..]));
}

#[test]
fn channels_that_the_peer_opens_are_used_too() {
    let mut world = World::new(1);
    let client = world.client(0, leg_config(Directions::Ingress, Offerer::Remote));
    world.clients[client].wants.push(Wanted::Channel("_lossy", Some(0)));
    world.clients[client].wants.push(Wanted::Channel("_reliable", None));
    world.offer(client, Vec::new());
    world.connect(client);
    world.run(Duration::from_millis(200));
    send(&mut world, client, "_reliable", b"hello");
    world.run(Duration::from_millis(50));
    assert_eq!(world.clients[client].messages, [("_reliable".to_owned(), b"hello".to_vec())]);
}

#[test]
fn what_is_sent_before_the_channel_is_open_waits() {
    let mut world = World::new(1);
    let client = world.client(0, leg_config(Directions::Egress, Offerer::Local));
    send(&mut world, client, "_reliable", b"early");
    world.connect(client);
    world.run(Duration::from_millis(300));
    assert_eq!(world.clients[client].messages, [("_reliable".to_owned(), b"early".to_vec())]);
}

#[test]
fn empty_messages_do_not_block_the_channel() {
    let mut world = World::new(1);
    let viewer = viewer(&mut world, 0);
    world.run(Duration::from_millis(200));
    for message in [&b"one"[..], b"", b"two"] {
        send(&mut world, viewer, "_reliable", message);
    }
    world.run(Duration::from_millis(100));
    let got: Vec<_> = world.clients[viewer].messages.iter().map(|(_, message)| message.as_slice()).collect();
    assert_eq!(got, [b"one", b"two"]);
    assert_eq!(world.shards[0].stats().dropped(DropReason::EmptyMessage), 1);
}

#[test]
fn a_slow_reader_overflows_once_and_holds_up_nobody() {
    let mut world = World::new(1);
    let slow = viewer(&mut world, 0);
    let quick = viewer(&mut world, 0);
    world.run(Duration::from_millis(200));
    world.clients[slow].deaf = true;
    for _ in 0..100 {
        for client in [slow, quick] {
            send(&mut world, client, "_reliable", &[7; 50_000]);
        }
        world.run(Duration::from_millis(50));
    }
    let overflows = |event: &LegEvent| matches!(event, LegEvent::ChannelOverflow(label) if label == "_reliable");
    assert!(world.take(slow, overflows).is_some());
    assert!(world.take(slow, overflows).is_none(), "once");
    assert!(world.take(quick, overflows).is_none());
    world.run(Duration::from_secs(2));
    assert_eq!(world.clients[quick].messages.len(), 100);
}

#[test]
fn a_large_message_that_does_not_fit_at_once_arrives_whole() {
    let mut world = World::new(1);
    let viewer = viewer(&mut world, 0);
    world.run(Duration::from_millis(200));
    for _ in 0..4 {
        send(&mut world, viewer, "_reliable", &[9; 200_000]);
    }
    world.run(Duration::from_secs(5));
    let sizes: Vec<_> = world.clients[viewer].messages.iter().map(|(_, message)| message.len()).collect();
    assert_eq!(sizes, [200_000; 4]);
}
