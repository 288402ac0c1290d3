//! One participant's connection, and the leg that it talks to.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use moim_peer::{
    Connection, ConnectionConfig, Direction, Event, Input, OutgoingPacket, Output, SessionDescription, TransceiverId,
    TransceiverInit,
};
use moim_types::{Codec, LegId, MediaKind};

pub(super) struct Seat {
    pub(super) leg: LegId,
    pub(super) address: SocketAddr,
    pub(super) packets: u64,
    connection: Connection,
    camera: Option<Camera>,
}

/// What is published: about 2.5 Mbit/s.
struct Camera {
    transceiver: TransceiverId,
    frame: u32,
    next: Instant,
    key_wanted: bool,
}

const FRAME: Duration = Duration::from_millis(33);
const PACKETS: usize = 9;
const PAYLOAD: usize = 1160;

impl Seat {
    pub(super) fn new(number: u16, now: Instant) -> Self {
        let [high, low] = number.to_be_bytes();
        let address = SocketAddr::from(([198, 18, high, low], 50_000));
        let config =
            ConnectionConfig { addresses: vec![address], codecs: vec![Codec::Vp8], ..ConnectionConfig::default() };
        let connection = Connection::new(&config, now).unwrap();
        Self { leg: LegId(u64::from(number) + 1), address, packets: 0, connection, camera: None }
    }

    /// An offer of a picture.
    pub(super) fn offer(&mut self) -> String {
        self.connection.add_transceiver(MediaKind::Video, TransceiverInit::new(Direction::SendOnly));
        let offer = self.connection.create_offer().unwrap();
        self.connection.set_local_description(&offer).unwrap();
        offer.sdp
    }

    pub(super) fn take_answer(&mut self, sdp: String) {
        self.connection.set_remote_description(&SessionDescription::answer(sdp)).unwrap();
    }

    pub(super) fn answer(&mut self, sdp: String) -> String {
        self.connection.set_remote_description(&SessionDescription::offer(sdp)).unwrap();
        let answer = self.connection.create_answer().unwrap();
        self.connection.set_local_description(&answer).unwrap();
        answer.sdp
    }

    pub(super) fn receive(&mut self, now: Instant, from: SocketAddr, payload: &[u8]) {
        self.connection.handle(now, Input::Datagram { from, to: self.address, payload });
    }

    pub(super) fn next_wake(&self) -> Option<Instant> {
        self.connection.next_wake().into_iter().chain(self.camera.as_ref().map(|camera| camera.next)).min()
    }

    pub(super) fn wake_up(&mut self, now: Instant) {
        let packets = self.camera.as_mut().filter(|camera| camera.next <= now).map(Camera::film);
        let wrote = packets.is_some();
        for packet in packets.into_iter().flatten() {
            self.connection.write(packet).unwrap();
        }
        if wrote || self.connection.next_wake().is_some_and(|at| at <= now) {
            self.connection.handle(now, Input::Timeout);
        }
    }

    /// The next datagram that it sends.
    pub(super) fn poll(&mut self, now: Instant) -> Option<(SocketAddr, Vec<u8>)> {
        while let Some(output) = self.connection.poll() {
            match output {
                Output::Datagram { to, payload, .. } => return Some((to, payload)),
                Output::Packet(packet) => self.packets += u64::from(!packet.payload.is_empty()),
                Output::Event(Event::SenderReady { transceiver, .. }) => {
                    self.camera = Some(Camera { transceiver, frame: 0, next: now, key_wanted: true });
                }
                Output::Event(Event::KeyFrameWanted { .. }) => {
                    self.camera.iter_mut().for_each(|camera| camera.key_wanted = true);
                }
                Output::Event(_) => {}
            }
        }
        None
    }
}

impl Camera {
    /// A frame of VP8 (RFC 7741 §4.2), cut into packets.
    fn film(&mut self) -> Vec<OutgoingPacket> {
        let (frame, key) = (self.frame, std::mem::take(&mut self.key_wanted));
        self.frame += 1;
        self.next += FRAME;
        let [.., high, low] = (frame & 0x7fff | 0x8000).to_be_bytes();
        let packet = |index| {
            let begin = if index == 0 { 0x90 } else { 0x80 };
            let mut payload = vec![begin, 0xe0, high, low, low, 0, u8::from(!key)];
            payload.resize(PAYLOAD, 7);
            OutgoingPacket {
                transceiver: self.transceiver,
                rid: String::new(),
                codec: Codec::Vp8,
                timestamp: frame * 2970,
                marker: index == PACKETS - 1,
                audio_level: None,
                payload: Arc::from(payload),
            }
        };
        (0..PACKETS).map(packet).collect()
    }
}
