//! What one arrival costs grows with who and what is there, never with the square of it.

mod stage;

use moim_room::{Command, DisconnectReason};
use stage::{Outputs, Stage, arrival, audio, seconds, video};

/// A room of so many, each with sound and picture.
fn crowd(size: usize) -> (Stage, Vec<stage::Guest>, Vec<moim_types::TrackId>) {
    let mut stage = Stage::new();
    let guests: Vec<_> = (0..size).map(|n| stage.guest(&format!("guest {n}"))).collect();
    let mics = guests.iter().map(|guest| stage.publish(*guest, "mic", audio()).0).collect();
    for guest in &guests {
        stage.publish(*guest, "camera", video());
    }
    stage.pass(seconds(10));
    (stage, guests, mics)
}

fn outputs_of(outputs: &Outputs) -> usize {
    outputs.0.len()
}

#[test]
fn an_arrival_tells_each_once_and_subscribes_once_to_each_track() {
    for size in [20, 40, 80] {
        let (mut stage, ..) = crowd(size);
        let newcomer = stage.arrive(arrival("newcomer"));
        let attached = stage.attach(newcomer);
        assert_eq!(attached.subscribed(newcomer.egress).len(), 2 * size);
        let connected = stage.connect_primary(newcomer);
        // Everybody is told, every track is subscribed to, and little else.
        let outputs = outputs_of(&attached) + outputs_of(&connected);
        assert!(outputs <= 3 * size + 10, "{outputs} outputs for {size}");
        assert!(outputs_of(&stage.leave(newcomer)) <= size + 10);
    }
}

#[test]
fn a_speaker_is_told_to_his_listeners_only() {
    let (mut stage, guests, mics) = crowd(40);
    for guest in &guests[2..] {
        stage.subscribe(*guest, mics[0], false);
    }
    let outputs = stage.give(Command::Speakers(vec![(mics[0], 0.5, true)]));
    assert_eq!(outputs_of(&outputs), 2, "one listener and himself");
}

#[test]
fn a_room_closes_without_telling_everybody_of_everybody() {
    let size = 80;
    let (mut stage, guests, _) = crowd(size);
    let outputs = stage.give(Command::Shutdown);
    // Each: a farewell, two tracks, two legs, and four lines in the journal.
    assert!(outputs_of(&outputs) <= 9 * size + 1, "{}", outputs_of(&outputs));
    let farewell = moim_room::Event::Disconnected(DisconnectReason::ServerShutdown);
    assert!(guests.iter().all(|guest| outputs.heard(guest.session) == [farewell.clone()]));
    assert_eq!(stage.rooms.stats().subscriptions, 0);
}
