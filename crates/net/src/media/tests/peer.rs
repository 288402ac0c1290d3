//! A WebRTC peer on a real socket: the library that the server uses, in the role of a browser.

use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream, UdpSocket};
use std::time::Instant;

use str0m::change::{SdpAnswer, SdpOffer, SdpPendingOffer};
use str0m::config::DtlsVersion;
use str0m::format::Codec;
use str0m::media::{Direction, MediaKind, Mid};
use str0m::net::{Protocol, Receive, TcpType};
use str0m::rtp::RtpWrite;
use str0m::{Candidate, Event, Input, Output, Rtc};

use super::turn_client::TurnClient;

/// What carries a peer's packets.
enum Wire {
    Udp(UdpSocket),
    Tcp { stream: TcpStream, received: Vec<u8>, unsent: Vec<u8> },
    Turn(Box<TurnClient>),
}

pub(crate) struct Peer {
    rtc: Rtc,
    wire: Wire,
    address: SocketAddr,
    /// Reads nothing from its socket any more.
    pub(crate) is_deaf: bool,
    /// The payloads of media, in the order of arrival.
    pub(crate) payloads: Vec<Vec<u8>>,
    pub(crate) is_connected: bool,
    pending: Option<SdpPendingOffer>,
    wake: Instant,
}

impl Peer {
    pub(crate) fn over_udp() -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.set_nonblocking(true).unwrap();
        let address = socket.local_addr().unwrap();
        Self::new(Wire::Udp(socket), address, Candidate::host(address, "udp").unwrap())
    }

    /// With a small receive buffer, so that not reading is felt soon.
    pub(crate) fn over_tcp(server: SocketAddr) -> Self {
        let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
        socket.set_recv_buffer_size(8192).unwrap();
        socket.connect(&server.into()).unwrap();
        socket.set_nonblocking(true).unwrap();
        let stream = TcpStream::from(socket);
        let address = stream.local_addr().unwrap();
        let candidate = Candidate::builder().tcp().host(address).tcptype(TcpType::Active).build().unwrap();
        Self::new(Wire::Tcp { stream, received: Vec::new(), unsent: Vec::new() }, address, candidate)
    }

    /// Reaches media through TURN alone.
    pub(crate) fn over_turn(client: TurnClient) -> Self {
        let address = client.relayed;
        let candidate = Candidate::relayed(address, client.local(), "udp").unwrap();
        Self::new(Wire::Turn(Box::new(client)), address, candidate)
    }

    fn new(wire: Wire, address: SocketAddr, candidate: Candidate) -> Self {
        let now = Instant::now();
        let mut rtc =
            Rtc::builder().set_rtp_mode(true).set_dtls_version(DtlsVersion::Auto).enable_opus(true, false).build(now);
        rtc.add_local_candidate(candidate);
        let (payloads, pending) = (Vec::new(), None);
        Self { rtc, wire, address, is_deaf: false, payloads, is_connected: false, pending, wake: now }
    }

    /// An offer of one section of sound.
    pub(crate) fn offer_sound(&mut self, name: &str) -> String {
        let mut api = self.rtc.sdp_api();
        let (stream, track) = (Some("stream".to_owned()), Some(name.to_owned()));
        api.add_media(MediaKind::Audio, Direction::SendOnly, stream, track, None);
        let (offer, pending) = api.apply().unwrap();
        self.pending = Some(pending);
        offer.to_sdp_string()
    }

    pub(crate) fn take_answer(&mut self, sdp: &str) {
        let answer = SdpAnswer::from_sdp_string(sdp).unwrap();
        let pending = self.pending.take().unwrap();
        self.rtc.sdp_api().accept_answer(pending, answer).unwrap();
        self.turn();
    }

    pub(crate) fn answer(&mut self, sdp: &str) -> String {
        let offer = SdpOffer::from_sdp_string(sdp).unwrap();
        let answer = self.rtc.sdp_api().accept_offer(offer).unwrap().to_sdp_string();
        self.turn();
        answer
    }

    /// A packet of sound; `number` counts from 0.
    pub(crate) fn send_sound(&mut self, mid: &str, number: u32, bytes: usize) {
        let mid = Mid::from(mid);
        let now = Instant::now();
        let media = self.rtc.media(mid).unwrap();
        let params = self.rtc.codec_config().params();
        let opus = params.iter().find(|p| p.spec().codec == Codec::Opus && media.remote_pts().contains(&p.pt()));
        let payload_type = opus.unwrap().pt();
        let mut payload = vec![0; bytes.max(4)];
        payload[..4].copy_from_slice(&number.to_be_bytes());
        let mut direct = self.rtc.direct_api();
        let stream = direct.stream_tx_by_mid(mid, None).unwrap();
        stream.write_rtp(RtpWrite::new(payload_type, u64::from(number + 1).into(), number * 960, now, payload));
        self.drain();
        self.rtc.handle_input(Input::Timeout(now)).unwrap();
        self.drain();
    }

    /// The numbers of the packets of sound that arrived.
    pub(crate) fn numbers(&self) -> Vec<u32> {
        self.payloads.iter().map(|payload| u32::from_be_bytes(payload[..4].try_into().unwrap())).collect()
    }

    /// Reads, wakes up, writes.
    pub(crate) fn turn(&mut self) {
        self.drain();
        if !self.is_deaf {
            while let Some((from, packet)) = self.read() {
                let protocol = if matches!(self.wire, Wire::Tcp { .. }) { Protocol::Tcp } else { Protocol::Udp };
                let Ok(receive) = Receive::new(protocol, from, self.address, &packet) else { continue };
                self.rtc.handle_input(Input::Receive(Instant::now(), receive)).unwrap();
                self.drain();
            }
        }
        if self.wake <= Instant::now() {
            self.rtc.handle_input(Input::Timeout(Instant::now())).unwrap();
            self.drain();
        }
    }

    fn drain(&mut self) {
        loop {
            match self.rtc.poll_output().unwrap() {
                Output::Timeout(at) => {
                    self.wake = at;
                    return;
                }
                Output::Transmit(transmit) => self.write(transmit.destination, &transmit.contents),
                Output::Event(Event::RtpPacket(packet)) => self.payloads.push(packet.payload.to_vec()),
                Output::Event(Event::Connected) => self.is_connected = true,
                Output::Event(_) => {}
            }
        }
    }

    fn read(&mut self) -> Option<(SocketAddr, Vec<u8>)> {
        let mut buffer = [0; 4096];
        match &mut self.wire {
            Wire::Udp(socket) => {
                let (length, from) = socket.recv_from(&mut buffer).ok()?;
                Some((from, buffer[..length].to_vec()))
            }
            Wire::Turn(client) => client.receive(),
            Wire::Tcp { stream, received, .. } => loop {
                if let Some((&[high, low], rest)) = received.split_first_chunk::<2>() {
                    let length = usize::from(u16::from_be_bytes([high, low]));
                    if rest.len() >= length {
                        let packet = rest[..length].to_vec();
                        received.drain(..2 + length);
                        return Some((stream.peer_addr().ok()?, packet));
                    }
                }
                match stream.read(&mut buffer) {
                    Ok(length @ 1..) => received.extend_from_slice(&buffer[..length]),
                    _ => return None,
                }
            },
        }
    }

    fn write(&mut self, to: SocketAddr, packet: &[u8]) {
        match &mut self.wire {
            Wire::Udp(socket) => {
                let sent = socket.send_to(packet, to);
                assert!(sent.is_ok() || sent.is_err_and(|error| error.kind() != io::ErrorKind::InvalidInput));
            }
            Wire::Turn(client) => client.send(to, packet),
            Wire::Tcp { stream, unsent, .. } => {
                unsent.extend_from_slice(&u16::try_from(packet.len()).unwrap().to_be_bytes());
                unsent.extend_from_slice(packet);
                if let Ok(written) = stream.write(unsent) {
                    unsent.drain(..written);
                }
            }
        }
    }
}
