//! Two connections of our own against each other, in virtual time and without a network.

#![expect(clippy::unwrap_used, reason = "what both sides share in a test fails like the test itself")]

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use moim_peer::{
    ChannelInit, Connection, ConnectionConfig, ConnectionState, Direction, Error, Event, Input, Message,
    OutgoingPacket, Output, ReceivedPacket, SessionDescription, SignalingState, TransceiverId, TransceiverInit,
};
use moim_types::{Codec, MediaKind};

struct Side {
    connection: Connection,
    address: SocketAddr,
    events: Vec<Event>,
    packets: Vec<ReceivedPacket>,
}

/// A caller and a callee, and what is between them.
struct Pair {
    now: Instant,
    caller: Side,
    callee: Side,
    /// Every so many datagrams from caller to callee one is lost; 0 for none.
    loss: usize,
    carried: usize,
}

impl Side {
    fn new(port: u16, now: Instant) -> Self {
        let address = SocketAddr::from(([10, 0, 0, 1], port));
        let config = ConnectionConfig { addresses: vec![address], ..ConnectionConfig::default() };
        let connection = Connection::new(&config, now).unwrap();
        Self { connection, address, events: Vec::new(), packets: Vec::new() }
    }

    fn drain(&mut self) -> Vec<(SocketAddr, SocketAddr, Vec<u8>)> {
        let mut datagrams = Vec::new();
        while let Some(output) = self.connection.poll() {
            match output {
                Output::Datagram { from, to, payload } => datagrams.push((from, to, payload)),
                Output::Packet(packet) => self.packets.push(packet),
                Output::Event(event) => self.events.push(event),
            }
        }
        datagrams
    }

    fn find<T>(&self, which: impl Fn(&Event) -> Option<T>) -> Option<T> {
        self.events.iter().find_map(which)
    }
}

impl Pair {
    fn new() -> Self {
        let now = Instant::now();
        Self { now, caller: Side::new(1000, now), callee: Side::new(2000, now), loss: 0, carried: 0 }
    }

    /// Offer of the caller, answer of the callee.
    fn negotiate(&mut self) {
        let offer = self.caller.connection.create_offer().unwrap();
        self.caller.connection.set_local_description(&offer).unwrap();
        self.callee.connection.set_remote_description(&offer).unwrap();
        let answer = self.callee.connection.create_answer().unwrap();
        self.callee.connection.set_local_description(&answer).unwrap();
        self.caller.connection.set_remote_description(&answer).unwrap();
    }

    /// Lets time pass in steps of a millisecond.
    fn pass(&mut self, time: Duration) {
        let end = self.now + time;
        while self.now < end {
            self.now += Duration::from_millis(1);
            self.caller.connection.handle(self.now, Input::Timeout);
            self.callee.connection.handle(self.now, Input::Timeout);
            for _ in 0..4 {
                for (from, to, payload) in self.caller.drain() {
                    self.carried += 1;
                    if self.loss > 0 && self.carried.is_multiple_of(self.loss) {
                        continue;
                    }
                    self.callee.connection.handle(self.now, Input::Datagram { from, to, payload: &payload });
                }
                for (from, to, payload) in self.callee.drain() {
                    self.caller.connection.handle(self.now, Input::Datagram { from, to, payload: &payload });
                }
            }
        }
    }

    fn pass_until_connected(&mut self) {
        for _ in 0..100 {
            self.pass(Duration::from_millis(50));
            let states = [&self.caller, &self.callee].map(|side| side.connection.connection_state());
            if states == [ConnectionState::Connected; 2] {
                return;
            }
        }
        panic!("not connected: {:?} {:?}", self.caller.events, self.callee.events);
    }
}

fn picture(transceiver: TransceiverId, timestamp: u32, rid: &str) -> OutgoingPacket {
    // A VP8 descriptor and the head of a key frame, then noise.
    let mut payload = vec![0x10, 0, 0, 0, 0x9d, 0x01, 0x2a, 0, 0, 0, 0];
    payload.resize(900, 7);
    OutgoingPacket {
        transceiver,
        rid: rid.to_owned(),
        codec: Codec::Vp8,
        timestamp,
        marker: true,
        audio_level: None,
        payload: Arc::from(payload),
    }
}

fn send_only(stream: &str, track: &str) -> TransceiverInit {
    TransceiverInit {
        stream: Some(stream.to_owned()),
        track: Some(track.to_owned()),
        ..TransceiverInit::new(Direction::SendOnly)
    }
}

#[test]
fn media_goes_from_one_to_the_other_with_its_names() {
    let mut pair = Pair::new();
    let audio = pair.caller.connection.add_transceiver(MediaKind::Audio, send_only("PA_x|TR_y", "TR_y"));
    assert!(pair.caller.connection.negotiation_needed());
    pair.negotiate();
    pair.pass_until_connected();
    let ready = pair.caller.find(|event| match event {
        Event::SenderReady { transceiver, kind, .. } => Some((*transceiver, *kind)),
        _ => None,
    });
    assert_eq!(ready, Some((audio, MediaKind::Audio)));
    let track = pair.callee.find(|event| match event {
        Event::Track(track) => Some((track.stream.clone(), track.track.clone(), track.kind)),
        _ => None,
    });
    assert_eq!(track, Some(("PA_x|TR_y".to_owned(), "TR_y".to_owned(), MediaKind::Audio)));
    for count in 0..50 {
        let packet = OutgoingPacket {
            transceiver: audio,
            rid: String::new(),
            codec: Codec::Opus,
            timestamp: count * 960,
            marker: count == 0,
            audio_level: Some(30),
            payload: Arc::from(&[1, 2, 3][..]),
        };
        pair.caller.connection.write(packet).unwrap();
        pair.pass(Duration::from_millis(20));
    }
    let packets = &pair.callee.packets;
    assert_eq!(packets.len(), 50);
    assert!(packets.iter().all(|packet| packet.codec == Some(Codec::Opus) && packet.audio_level == Some(30)));
    assert!(packets.windows(2).all(|pair| pair[1].sequence == pair[0].sequence + 1));
}

#[test]
fn lost_pictures_are_sent_again() {
    let mut pair = Pair::new();
    let video = pair.caller.connection.add_transceiver(MediaKind::Video, TransceiverInit::new(Direction::SendRecv));
    pair.negotiate();
    pair.pass_until_connected();
    pair.loss = 10;
    for count in 0..200 {
        pair.caller.connection.write(picture(video, count * 3000, "")).unwrap();
        pair.pass(Duration::from_millis(33));
    }
    pair.loss = 0;
    pair.pass(Duration::from_millis(500));
    let mut sequences: Vec<_> = pair.callee.packets.iter().map(|packet| packet.sequence).collect();
    sequences.sort_unstable();
    sequences.dedup();
    assert_eq!(sequences.len(), 200, "{} of 200", sequences.len());
    assert!(pair.carried > 220, "nothing was sent again");
}

#[test]
fn three_encodings_arrive_by_their_rids() {
    let mut pair = Pair::new();
    let rids = ["q", "h", "f"].map(str::to_owned).to_vec();
    let init = TransceiverInit { rids: rids.clone(), ..TransceiverInit::new(Direction::SendOnly) };
    let video = pair.caller.connection.add_transceiver(MediaKind::Video, init);
    pair.negotiate();
    pair.pass_until_connected();
    for count in 0..30 {
        for rid in &rids {
            pair.caller.connection.write(picture(video, count * 3000, rid)).unwrap();
        }
        pair.pass(Duration::from_millis(33));
    }
    for rid in &rids {
        let arrived = pair.callee.packets.iter().filter(|packet| packet.rid.as_ref() == Some(rid)).count();
        assert_eq!(arrived, 30, "{rid}");
    }
}

#[test]
fn a_key_frame_is_asked_for_by_its_encoding() {
    let mut pair = Pair::new();
    let init = TransceiverInit { rids: vec!["q".to_owned(), "f".to_owned()], ..send_only("s", "t") };
    let video = pair.caller.connection.add_transceiver(MediaKind::Video, init);
    pair.negotiate();
    pair.pass_until_connected();
    pair.caller.connection.write(picture(video, 0, "f")).unwrap();
    pair.pass(Duration::from_millis(50));
    let arrived = pair.callee.packets.first().unwrap().transceiver;
    pair.callee.connection.request_key_frame(arrived, Some("f")).unwrap();
    pair.pass(Duration::from_millis(100));
    let wanted = Event::KeyFrameWanted { transceiver: video, rid: "f".to_owned() };
    assert!(pair.caller.events.contains(&wanted), "{:?}", pair.caller.events);
    assert!(pair.callee.connection.request_key_frame(arrived, Some("z")).is_err());
}

#[test]
fn channels_carry_messages_both_ways() {
    let mut pair = Pair::new();
    let lossy = ChannelInit { ordered: false, max_retransmits: Some(0) };
    let first = pair.caller.connection.create_data_channel("_reliable", ChannelInit::default());
    pair.caller.connection.create_data_channel("_lossy", lossy);
    pair.negotiate();
    pair.pass_until_connected();
    pair.pass(Duration::from_millis(200));
    let labels = pair.callee.events.iter().filter_map(|event| match event {
        Event::ChannelOpen { channel, label } => Some((*channel, label.clone())),
        _ => None,
    });
    let labels: Vec<_> = labels.collect();
    let mut names: Vec<_> = labels.iter().map(|(_, label)| label.as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, ["_lossy", "_reliable"]);
    pair.caller.connection.send(first, true, b"hello").unwrap();
    assert!(matches!(pair.caller.connection.send(first, true, b""), Err(Error::EmptyMessage)));
    let answer = labels.iter().find(|(_, label)| label == "_reliable").unwrap().0;
    pair.callee.connection.send(answer, false, "안녕".as_bytes()).unwrap();
    pair.pass(Duration::from_millis(200));
    let heard = |side: &Side| {
        side.find(|event| match event {
            Event::Message(Message { binary, data, .. }) => Some((*binary, data.clone())),
            _ => None,
        })
    };
    assert_eq!(heard(&pair.callee), Some((true, "hello".into())));
    assert_eq!(heard(&pair.caller), Some((false, "안녕".into())));
    // A further channel needs no offer.
    let later = pair.caller.connection.create_data_channel("later", ChannelInit::default());
    assert!(!pair.caller.connection.negotiation_needed());
    pair.pass(Duration::from_millis(200));
    pair.caller.connection.send(later, true, b"x").unwrap();
}

#[test]
fn a_full_channel_refuses_and_drains() {
    let mut pair = Pair::new();
    let channel = pair.caller.connection.create_data_channel("d", ChannelInit::default());
    pair.negotiate();
    pair.pass_until_connected();
    pair.pass(Duration::from_millis(200));
    let message = vec![1; 60_000];
    let sent = (0..100).take_while(|_| pair.caller.connection.send(channel, true, &message).is_ok()).count();
    assert!((2..100).contains(&sent), "{sent}");
    assert!(matches!(pair.caller.connection.send(channel, true, &message), Err(Error::BufferFull)));
    assert!(pair.caller.connection.buffered_amount(channel).unwrap() > 0);
    pair.pass(Duration::from_secs(5));
    assert_eq!(pair.caller.connection.buffered_amount(channel).unwrap(), 0);
    pair.caller.connection.send(channel, true, &message).unwrap();
}

#[test]
fn a_track_is_added_and_taken_away_while_connected() {
    let mut pair = Pair::new();
    pair.caller.connection.add_transceiver(MediaKind::Audio, send_only("a", "a"));
    pair.negotiate();
    pair.pass_until_connected();
    let video = pair.caller.connection.add_transceiver(MediaKind::Video, send_only("v", "v"));
    pair.negotiate();
    pair.pass(Duration::from_millis(50));
    pair.caller.connection.write(picture(video, 0, "")).unwrap();
    pair.pass(Duration::from_millis(50));
    assert_eq!(pair.callee.packets.len(), 1);
    pair.caller.connection.set_direction(video, Direction::Inactive).unwrap();
    pair.negotiate();
    pair.pass(Duration::from_millis(50));
    assert!(pair.callee.events.iter().any(|event| matches!(event, Event::TrackEnded(_))));
    assert!(pair.caller.connection.write(picture(video, 3000, "")).is_err());
}

#[test]
fn ice_restarts_while_media_goes_on() {
    let mut pair = Pair::new();
    let video = pair.caller.connection.add_transceiver(MediaKind::Video, send_only("v", "v"));
    pair.negotiate();
    pair.pass_until_connected();
    pair.caller.connection.restart_ice();
    pair.negotiate();
    for count in 0..30 {
        pair.caller.connection.write(picture(video, count * 3000, "")).unwrap();
        pair.pass(Duration::from_millis(33));
    }
    assert_eq!(pair.callee.packets.len(), 30);
}

#[test]
fn the_other_sides_offer_wins_when_two_cross() {
    let mut pair = Pair::new();
    pair.caller.connection.add_transceiver(MediaKind::Audio, send_only("a", "a"));
    let video = pair.callee.connection.add_transceiver(MediaKind::Video, send_only("v", "v"));
    let crossed = pair.callee.connection.create_offer().unwrap();
    pair.callee.connection.set_local_description(&crossed).unwrap();
    pair.negotiate();
    assert!(pair.callee.connection.negotiation_needed(), "what was to be offered is forgotten");
    assert_eq!(pair.callee.connection.mid(video), None);
    let offer = pair.callee.connection.create_offer().unwrap();
    pair.callee.connection.set_local_description(&offer).unwrap();
    pair.caller.connection.set_remote_description(&offer).unwrap();
    let answer = pair.caller.connection.create_answer().unwrap();
    pair.caller.connection.set_local_description(&answer).unwrap();
    pair.callee.connection.set_remote_description(&answer).unwrap();
    pair.pass_until_connected();
    pair.callee.connection.write(picture(video, 0, "")).unwrap();
    pair.pass(Duration::from_millis(50));
    assert_eq!(pair.caller.packets.len(), 1);
}

#[test]
fn calls_out_of_order_are_refused() {
    let mut pair = Pair::new();
    assert!(matches!(pair.caller.connection.create_offer(), Err(Error::NothingToOffer)));
    assert!(matches!(pair.caller.connection.create_answer(), Err(Error::InvalidState { .. })));
    pair.caller.connection.add_transceiver(MediaKind::Audio, send_only("a", "a"));
    let offer = pair.caller.connection.create_offer().unwrap();
    let changed = SessionDescription::offer(offer.sdp.replace("opus", "0pus"));
    assert!(matches!(pair.caller.connection.set_local_description(&changed), Err(Error::DescriptionChanged)));
    pair.caller.connection.set_local_description(&offer).unwrap();
    assert_eq!(pair.caller.connection.signaling_state(), SignalingState::HaveLocalOffer);
    assert!(matches!(pair.caller.connection.create_offer(), Err(Error::InvalidState { .. })));
    let answer = SessionDescription::answer(offer.sdp);
    assert!(matches!(pair.callee.connection.set_remote_description(&answer), Err(Error::InvalidState { .. })));
    assert!(pair.callee.connection.write(picture(TransceiverId(7), 0, "")).is_err());
}

#[test]
fn hostile_descriptions_are_refused_and_hurt_nobody() {
    let mut model = Pair::new();
    model.caller.connection.add_transceiver(MediaKind::Audio, send_only("a", "a"));
    let rids = ["q", "h", "f"].map(str::to_owned).to_vec();
    model.caller.connection.add_transceiver(MediaKind::Video, TransceiverInit { rids, ..send_only("v", "v") });
    model.caller.connection.create_data_channel("d", ChannelInit::default());
    let good = model.caller.connection.create_offer().unwrap().sdp;
    let mut mangled = vec![String::new(), "v=0".to_owned(), "\u{0}".repeat(100), "v=0\r\n".repeat(200_000)];
    mangled.extend((1..40).map(|part| good[..good.len() * part / 40].to_owned()));
    mangled.extend(good.lines().map(|line| good.replacen(&format!("{line}\r\n"), "", 1)));
    mangled.extend(good.lines().map(|line| good.replacen(line, &format!("{line}{line}"), 1)));
    mangled.extend(["999999999999999999999", "-1", " ", "\u{1F600}"].map(|odd| good.replace("111", odd)));
    let mut refused = 0;
    for sdp in &mangled {
        let mut side = Side::new(3000, model.now);
        let offer = SessionDescription::offer(sdp.clone());
        refused += usize::from(side.connection.set_remote_description(&offer).is_err());
        side.connection.handle(model.now, Input::Timeout);
        side.drain();
    }
    assert!(refused > 10, "{refused} of {} were refused", mangled.len());
    for candidate in ["candidate:", "nonsense", "candidate:1 1 udp 1 999.1.1.1 1 typ host"] {
        assert!(matches!(model.callee.connection.add_ice_candidate(candidate), Err(Error::RemoteCandidate(_))));
    }
    for candidate in ["", "candidate:1 1 udp 2113937151 4f2.local 5000 typ host"] {
        model.callee.connection.add_ice_candidate(candidate).unwrap();
    }
    for datagram in [&[][..], &[0; 3], &[0x80; 1500], &[20; 200], &[255; 2]] {
        let (from, to) = (model.callee.address, model.caller.address);
        model.caller.connection.handle(model.now, Input::Datagram { from, to, payload: datagram });
    }
}

#[test]
fn statistics_count_what_went() {
    let mut pair = Pair::new();
    let video = pair.caller.connection.add_transceiver(MediaKind::Video, send_only("v", "v"));
    pair.negotiate();
    pair.pass_until_connected();
    for count in 0..60 {
        pair.caller.connection.write(picture(video, count * 3000, "")).unwrap();
        pair.pass(Duration::from_millis(33));
    }
    pair.pass(Duration::from_secs(2));
    let (sent, received) = (pair.caller.connection.stats(), pair.callee.connection.stats());
    assert_eq!(sent.outbound.iter().map(|stream| stream.packets).sum::<u64>(), 60);
    assert_eq!(received.inbound.iter().map(|stream| stream.packets).sum::<u64>(), 60);
    assert!(sent.transport.bytes_sent > 60 * 900, "{:?}", sent.transport);
    assert!(received.transport.bytes_received > 60 * 900, "{:?}", received.transport);
    assert_eq!(sent.transport.selected_pair, Some((pair.caller.address, pair.callee.address)));
}

#[test]
fn a_closed_connection_tells_the_other_side() {
    let mut pair = Pair::new();
    pair.caller.connection.create_data_channel("d", ChannelInit::default());
    pair.negotiate();
    pair.pass_until_connected();
    pair.caller.connection.close();
    pair.pass(Duration::from_secs(1));
    assert_eq!(pair.callee.connection.connection_state(), ConnectionState::Closed);
    assert_eq!(pair.caller.connection.next_wake(), None);
}
