//! A file that is written is a file that can be read, with the same frames.

use std::sync::Arc;
use std::time::{Duration, Instant};

use moim_peer::webm::{Player, PlayerError, Recorder};
use moim_peer::{Event, Media, MediaInput, MediaOutput, OutgoingPacket, ReceivedPacket, Track, TransceiverId};
use moim_types::{Codec, MediaKind};

const VOICE: TransceiverId = TransceiverId(0);
const PICTURE: TransceiverId = TransceiverId(1);

fn packet(transceiver: TransceiverId, sequence: u64, timestamp: u32, payload: &[u8]) -> ReceivedPacket {
    let voice = transceiver == VOICE;
    ReceivedPacket {
        transceiver,
        kind: if voice { MediaKind::Audio } else { MediaKind::Video },
        rid: None,
        ssrc: transceiver.0,
        codec: Some(if voice { Codec::Opus } else { Codec::Vp8 }),
        sequence,
        timestamp,
        marker: !voice,
        audio_level: None,
        payload: Arc::from(payload),
        received: Instant::now(),
    }
}

/// A VP8 frame in one payload: a key frame of 64x48, or one that follows.
fn picture(count: u8) -> Vec<u8> {
    let head: &[u8] = if count == 0 { &[0x10, 0x10, 0, 0, 0x9d, 1, 0x2a, 64, 0, 48, 0] } else { &[0x10, 0x11, 0, 0] };
    [head, &[count; 20]].concat()
}

fn play(player: &mut Player, start: Instant) -> Vec<OutgoingPacket> {
    for (transceiver, kind) in [(VOICE, MediaKind::Audio), (PICTURE, MediaKind::Video)] {
        let ready = Event::SenderReady { transceiver, kind, rids: Vec::new() };
        player.handle(start, MediaInput::Event(&ready));
    }
    let mut packets = Vec::new();
    while let Some(wake) = player.next_wake() {
        player.handle(wake, MediaInput::Timeout);
        while let Some(MediaOutput::Write(packet)) = player.poll() {
            packets.push(packet);
        }
    }
    packets
}

#[test]
fn what_was_recorded_is_played_again() {
    let path = std::env::temp_dir().join(format!("moim-webm-{}.webm", std::process::id()));
    let start = Instant::now();
    let mut recorder = Recorder::create(&path).unwrap();
    for count in 0..150_u8 {
        let now = start + Duration::from_millis(40) * u32::from(count);
        if recorder.next_wake().is_some_and(|wake| wake <= now) {
            recorder.handle(now, MediaInput::Timeout);
        }
        let voice = packet(VOICE, u64::from(count), u32::from(count) * 1920, &[0x78, count]);
        let seen = packet(PICTURE, u64::from(count), u32::from(count) * 3600, &picture(count));
        recorder.handle(now, MediaInput::Packet(voice));
        recorder.handle(now, MediaInput::Packet(seen));
    }
    drop(recorder);
    let mut player = Player::open(&path).unwrap();
    let sizes: Vec<_> = player.tracks().iter().map(|track| (track.codec, track.size)).collect();
    assert_eq!(sizes, [(Codec::Opus, (0, 0)), (Codec::Vp8, (64, 48))]);
    let packets = play(&mut player, start);
    std::fs::remove_file(&path).unwrap();
    let of = |transceiver| packets.iter().filter(move |packet| packet.transceiver == transceiver);
    assert_eq!((of(VOICE).count(), of(PICTURE).count()), (150, 150));
    for (count, packet) in (0..).zip(of(VOICE)) {
        assert_eq!(&packet.payload[..], [0x78, count]);
        assert_eq!(packet.timestamp, u32::from(count) * 1920);
    }
    for (count, packet) in (0..).zip(of(PICTURE)) {
        assert_eq!(packet.payload[4..], picture(count)[1..]);
        assert!(packet.marker);
    }
}

#[test]
fn a_picture_that_is_announced_is_waited_for() {
    let path = std::env::temp_dir().join(format!("moim-webm-late-{}.webm", std::process::id()));
    let start = Instant::now();
    let mut recorder = Recorder::create(&path).unwrap();
    for (transceiver, kind) in [(VOICE, MediaKind::Audio), (PICTURE, MediaKind::Video)] {
        let (mid, stream, track) = (transceiver.0.to_string(), String::new(), String::new());
        recorder.handle(start, MediaInput::Event(&Event::Track(Track { transceiver, mid, kind, stream, track })));
    }
    for count in 0..150_u8 {
        let now = start + Duration::from_millis(40) * u32::from(count);
        if recorder.next_wake().is_some_and(|wake| wake <= now) {
            recorder.handle(now, MediaInput::Timeout);
        }
        recorder.handle(now, MediaInput::Packet(packet(VOICE, count.into(), u32::from(count) * 1920, &[0x78, count])));
        // It begins after three seconds, in the middle: the key frame is another second away.
        let picture = picture(if count == 100 { 0 } else { count });
        if count >= 75 {
            recorder.handle(now, MediaInput::Packet(packet(PICTURE, count.into(), u32::from(count) * 3600, &picture)));
        }
    }
    drop(recorder);
    let packets = play(&mut Player::open(&path).unwrap(), start);
    std::fs::remove_file(&path).unwrap();
    let of = |transceiver| packets.iter().filter(move |packet| packet.transceiver == transceiver).count();
    assert_eq!((of(VOICE), of(PICTURE)), (150, 50));
}

#[test]
fn a_lost_packet_costs_the_frames_up_to_the_next_key_frame() {
    let path = std::env::temp_dir().join(format!("moim-webm-lost-{}.webm", std::process::id()));
    let start = Instant::now();
    let mut recorder = Recorder::create(&path).unwrap();
    for count in (0..=255_u16).chain(257..700) {
        let body = if count == 600 { picture(0) } else { picture((count % 250) as u8 + u8::from(count > 0)) };
        let seen = packet(PICTURE, u64::from(count), u32::from(count) * 3600, &body);
        recorder.handle(start, MediaInput::Packet(seen));
    }
    drop(recorder);
    let packets = play(&mut Player::open(&path).unwrap(), start);
    std::fs::remove_file(&path).unwrap();
    assert!(packets.len() < 600, "{}", packets.len());
    assert!(packets.len() >= 256 + 100, "{}", packets.len());
}

#[test]
fn what_is_no_file_of_this_kind_is_refused_with_a_reason() {
    let path = std::env::temp_dir().join(format!("moim-webm-no-{}.webm", std::process::id()));
    std::fs::write(&path, b"this is text").unwrap();
    assert!(matches!(Player::open(&path), Err(PlayerError::Format(_))));
    std::fs::remove_file(&path).unwrap();
    assert!(matches!(Player::open(&path), Err(PlayerError::File(_))));
}
