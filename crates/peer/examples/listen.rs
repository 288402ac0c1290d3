//! Joins a room, says who is there, and how loud each voice is.
//!
//! `cargo run -p moim-peer --example listen -- ws://127.0.0.1:7880 TOKEN`

#![expect(clippy::print_stdout, reason = "it is what this program is for")]

use std::error::Error;
use std::sync::Arc;

use moim_peer::Fleet;
use moim_peer::livekit::{Room, RoomEvent, RoomOptions};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(url), Some(token)) = (arguments.next(), arguments.next()) else {
        return Err("give the server's address and a token".into());
    };
    let fleet = Arc::new(Fleet::start(1)?);
    let (room, mut events) = Room::connect(&url, &token.into(), RoomOptions::new(fleet)).await?;
    println!("in {}", room.joined().room.as_ref().map_or("a room", |room| &room.name));
    let mut packets = events.take_packets().ok_or("the packets are somewhere else")?;
    loop {
        tokio::select! {
            event = events.next() => match event {
                Some(RoomEvent::Participant(who)) => println!("{} is here, with {} tracks", who.identity, who.tracks.len()),
                Some(RoomEvent::ParticipantLeft(who)) => println!("{} has left", who.identity),
                Some(RoomEvent::TrackSubscribed(track)) => println!("{} of {}", track.track_sid, track.participant_sid),
                Some(RoomEvent::Data(data)) => println!("{}: {:?}", data.participant_identity, data.payload),
                Some(RoomEvent::Disconnected(why)) => { println!("over: {why:?}"); return Ok(()) }
                Some(_) => {}
                None => return Ok(()),
            },
            Some(packet) = packets.next() => {
                // A voice packet each second of those that tell how loud they are.
                if let Some(level) = packet.audio_level && packet.sequence.is_multiple_of(50) {
                    println!("{:?} at -{level} dB", packet.transceiver);
                }
            },
            _ = tokio::signal::ctrl_c() => room.leave().await,
        }
    }
}
