//! Defects of the server itself: they cost one participant.

use std::time::Duration;

use moim_sfu::{CloseReason, LegEvent};
use moim_types::MediaKind;

use super::Innocents;
use crate::dual::viewer;
use crate::world::{CURSED, World, track};

#[test]
fn a_panic_costs_one_participant_who_may_come_back() {
    let mut world = World::new(1);
    let mut innocents = Innocents::new(&mut world);
    let unlucky = viewer(&mut world, 0);
    world.publish(innocents.publisher, "another", track(CURSED), moim_sfu::PublicationConfig::default());
    world.subscribe(unlucky, track(1), 0, MediaKind::Audio);
    world.run(Duration::from_millis(100));
    innocents.talk(&mut world, 10);
    let heard = world.clients[unlucky].received(track(1)).len();
    assert!(heard >= 9, "{heard}");

    world.subscribe(unlucky, track(CURSED), 0, MediaKind::Audio);
    world.run(Duration::from_millis(20));
    assert!(world.has(unlucky, |event| matches!(event, LegEvent::Closed(CloseReason::Fault))), "he is told");
    assert_eq!(world.shards[0].stats().closed(CloseReason::Fault), 1, "it is counted");
    innocents.talk(&mut world, 10);

    let again = viewer(&mut world, 0);
    world.subscribe(again, track(1), 0, MediaKind::Audio);
    world.run(Duration::from_millis(100));
    innocents.talk(&mut world, 10);
    world.run(Duration::from_millis(50));
    assert_eq!(world.clients[again].received(track(1)).len(), 10, "he is back");
    innocents.are_undisturbed(&world);
}
