//! A WebRTC peer: the same library as in the server, in the role of a browser.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use moim_sfu::{Directions, LegConfig, Offerer};
use moim_types::{LegId, TrackId};
use str0m::bwe::Bitrate;
use str0m::change::{SdpAnswer, SdpOffer, SdpPendingOffer};
use str0m::channel::{ChannelConfig, ChannelId, Reliability};
use str0m::config::DtlsVersion;
use str0m::media::{
    Direction, KeyframeRequest, KeyframeRequestKind, MediaKind, Mid, Pt, Rid, Simulcast, SimulcastLayer,
};
use str0m::net::{Protocol, Receive};
use str0m::rtp::{RtpWrite, Ssrc};
use str0m::{Candidate, Event, Input, Output, Rtc, RtcConfig};

use super::{picture, tap};

pub(crate) struct Client {
    pub(crate) rtc: Rtc,
    pub(crate) address: SocketAddr,
    pub(crate) shard: usize,
    pub(crate) leg: LegId,
    pub(crate) transmits: Vec<(SocketAddr, SocketAddr, Vec<u8>)>,
    pub(crate) packets: Vec<Packet>,
    pub(crate) key_frame_requests: Vec<KeyframeRequest>,
    pub(crate) messages: Vec<(String, Vec<u8>)>,
    pub(crate) channels: Vec<(ChannelId, String)>,
    pub(crate) answers_offers: bool,
    /// Which section carries what, by the last offer or answer.
    pub(crate) subscriptions: Vec<(String, TrackId)>,
    pub(crate) last_sdp: String,
    pub(crate) wants: Vec<Wanted>,
    /// Takes no data any more.
    pub(crate) deaf: bool,
    /// What it sends is lost.
    pub(crate) mute: bool,
    /// Sound is sent as RED.
    pub(crate) red: bool,
    /// What it sends has this payload type, in place of the one that it prefers.
    pub(crate) sends_as: Option<Pt>,
    /// The server said goodbye.
    pub(crate) closed: bool,
    placeholders: Vec<Mid>,
    pending: Option<SdpPendingOffer>,
    exchange: u32,
    wake: Instant,
    now: Instant,
}

/// What the next offer has in addition.
pub(crate) enum Wanted {
    Send(MediaKind, &'static str),
    Simulcast(&'static str),
    Receive(MediaKind),
    Channel(&'static str, Option<u16>),
}

#[derive(Debug, Clone)]
pub(crate) struct Packet {
    pub(crate) mid: Mid,
    pub(crate) ssrc: Ssrc,
    pub(crate) sequence: u64,
    pub(crate) timestamp: u64,
    pub(crate) number: Pt,
    pub(crate) payload: Vec<u8>,
    pub(crate) at: Instant,
    pub(crate) audio_level: Option<i8>,
}

impl Client {
    pub(crate) fn new(index: usize, shard: usize, leg: LegId, config: &LegConfig, now: Instant) -> Self {
        Self::with(Rtc::builder().set_dtls_version(DtlsVersion::Auto), (index, shard, leg), config, now)
    }

    /// One whose keys the test knows.
    pub(crate) fn tapped(index: usize, shard: usize, leg: LegId, config: &LegConfig, now: Instant) -> Self {
        let builder = Rtc::builder().set_crypto_provider(tap::provider()).set_dtls_version(DtlsVersion::Dtls12);
        Self::with(builder, (index, shard, leg), config, now)
    }

    fn with(builder: RtcConfig, (index, shard, leg): (usize, usize, LegId), config: &LegConfig, now: Instant) -> Self {
        let address = SocketAddr::from(([198, 51, 100 + (index / 200) as u8, (index % 200) as u8 + 1], 50_000));
        let mut rtc = builder
            .set_rtp_mode(true)
            .enable_opus(true, true)
            .enable_bwe((config.directions != Directions::Egress).then_some(Bitrate::mbps(3)))
            .set_sctp_max_buffered_amount(4 * 1024 * 1024)
            .build(now);
        rtc.add_local_candidate(Candidate::host(address, "udp").unwrap());
        Self {
            rtc,
            address,
            shard,
            leg,
            transmits: Vec::new(),
            packets: Vec::new(),
            key_frame_requests: Vec::new(),
            messages: Vec::new(),
            channels: Vec::new(),
            answers_offers: config.offerer == Offerer::Local,
            subscriptions: Vec::new(),
            last_sdp: String::new(),
            wants: Vec::new(),
            deaf: false,
            mute: false,
            red: false,
            sends_as: None,
            closed: false,
            placeholders: Vec::new(),
            pending: None,
            exchange: 0,
            wake: now,
            now,
        }
    }

    pub(crate) fn next_exchange(&mut self) -> u32 {
        self.exchange += 1;
        self.exchange
    }

    /// An offer with what is wanted in addition; without anything, one that changes nothing.
    pub(crate) fn offer(&mut self) -> String {
        let wants = std::mem::take(&mut self.wants);
        let mut api = self.rtc.sdp_api();
        // A browser goes on offering what was answered inactive; the library would not.
        for mid in &self.placeholders {
            api.set_direction(*mid, Direction::RecvOnly);
        }
        let nothing = wants.is_empty();
        for wanted in wants {
            match wanted {
                Wanted::Send(kind, name) => {
                    let names = (Some("stream".to_owned()), Some(name.to_owned()));
                    api.add_media(kind, Direction::SendOnly, names.0, names.1, None);
                }
                Wanted::Simulcast(name) => {
                    let mut simulcast = Simulcast::new();
                    for rid in ["q", "h", "f"] {
                        simulcast.add_send_layer(SimulcastLayer::new(rid));
                    }
                    let names = (Some("stream".to_owned()), Some(name.to_owned()));
                    api.add_media(MediaKind::Video, Direction::SendOnly, names.0, names.1, Some(simulcast));
                }
                Wanted::Receive(kind) => {
                    self.placeholders.push(api.add_media(kind, Direction::RecvOnly, None, None, None));
                }
                Wanted::Channel(label, max_retransmits) => {
                    let reliability = max_retransmits
                        .map_or(Reliability::Reliable, |retransmits| Reliability::MaxRetransmits { retransmits });
                    let config = ChannelConfig {
                        label: label.to_owned(),
                        ordered: max_retransmits.is_none(),
                        reliability,
                        ..ChannelConfig::default()
                    };
                    api.add_channel_with_config(config);
                }
            }
        }
        if nothing {
            // The library makes no offer where nothing changes; a browser does.
            api.ice_restart(true);
        }
        let (offer, pending) = api.apply().expect("something to offer");
        self.pending = Some(pending);
        self.poll();
        offer.to_sdp_string()
    }

    pub(crate) fn take_answer(&mut self, now: Instant, sdp: &str) {
        self.now = now;
        self.last_sdp = sdp.to_owned();
        let answer = SdpAnswer::from_sdp_string(sdp).unwrap_or_else(|error| panic!("{error}: {sdp}"));
        let pending = self.pending.take().unwrap();
        self.rtc.sdp_api().accept_answer(pending, answer).unwrap_or_else(|error| panic!("{error}: {sdp}"));
        self.begin();
    }

    pub(crate) fn answer(&mut self, now: Instant, sdp: &str, subscriptions: Vec<(String, TrackId)>) -> String {
        self.now = now;
        self.subscriptions = subscriptions;
        self.last_sdp = sdp.to_owned();
        let offer = SdpOffer::from_sdp_string(sdp).unwrap_or_else(|error| panic!("{error}: {sdp}"));
        let answer = self.rtc.sdp_api().accept_offer(offer).unwrap_or_else(|error| panic!("{error}: {sdp}"));
        self.begin();
        answer.to_sdp_string()
    }

    /// Starts what was agreed on: the library waits to be told the time.
    fn begin(&mut self) {
        self.poll();
        self.rtc.handle_input(Input::Timeout(self.now)).unwrap();
        self.poll();
    }

    pub(crate) fn next_wake(&self) -> Instant {
        self.wake
    }

    pub(crate) fn wake_up(&mut self, now: Instant) {
        self.now = now;
        if self.wake <= now {
            self.rtc.handle_input(Input::Timeout(now)).unwrap();
            self.poll();
        }
    }

    pub(crate) fn receive(&mut self, now: Instant, from: SocketAddr, payload: &[u8]) {
        self.now = now;
        if self.deaf {
            return;
        }
        let receive = Receive::new(Protocol::Udp, from, self.address, payload).unwrap();
        self.rtc.handle_input(Input::Receive(now, receive)).unwrap();
        self.poll();
    }

    /// A packet of one of its streams.
    pub(crate) fn send(
        &mut self,
        now: Instant,
        mid: Mid,
        rid: Option<&str>,
        sequence: u64,
        time: u32,
        payload: Vec<u8>,
    ) {
        self.now = now;
        let preferred = if self.red { self.red_number() } else { self.number(mid) };
        let number = self.sends_as.unwrap_or(preferred);
        let mut direct = self.rtc.direct_api();
        let stream = direct.stream_tx_by_mid(mid, rid.map(Rid::from)).expect("a stream");
        let values = str0m::rtp::ExtensionValues {
            audio_level: Some(-20),
            voice_activity: Some(true),
            ..str0m::rtp::ExtensionValues::default()
        };
        let write =
            RtpWrite::new(number, sequence.into(), time, now, payload).marker(true).ext_vals(values).nackable(true);
        stream.write_rtp(write);
        self.poll();
        self.rtc.handle_input(Input::Timeout(now)).unwrap();
        self.poll();
    }

    /// A frame of VP8 in one packet, the numbers of its encoding made from `frame`.
    pub(crate) fn send_picture(&mut self, now: Instant, mid: Mid, rid: Option<&str>, frame: u32, key: bool) {
        let offset = rid.map_or(0, |rid| u32::from(rid.as_bytes()[0])) * 1000;
        let payload = picture::vp8((frame + offset) as u16 & 0x7fff, frame as u8, key);
        self.send(now, mid, rid, u64::from(frame + 1), frame * 3000 + offset, payload);
    }

    /// What a section may carry of H.264: payload type, profile, packetization mode.
    pub(crate) fn h264(&self, mid: Mid) -> Vec<(Pt, Option<u32>, Option<u8>)> {
        let numbers = self.rtc.media(mid).expect("a section").remote_pts();
        let params = self.rtc.codec_config().params().iter().filter(|params| numbers.contains(&params.pt()));
        let h264 = params.filter(|params| params.spec().codec == str0m::format::Codec::H264);
        let profile =
            |params: &str0m::format::PayloadParams| params.spec().format.profile_level_id.map(|id| id & 0xff_ff00);
        h264.map(|params| (params.pt(), profile(params), params.spec().format.packetization_mode)).collect()
    }

    fn red_number(&self) -> Pt {
        self.rtc.codec_config().params().iter().find_map(|params| params.red()).expect("RED")
    }

    fn number(&self, mid: Mid) -> Pt {
        let media = self.rtc.media(mid).expect("a section");
        let codec =
            if media.kind() == MediaKind::Audio { str0m::format::Codec::Opus } else { str0m::format::Codec::Vp8 };
        let params = self.rtc.codec_config().params();
        params.iter().find(|p| p.spec().codec == codec && media.remote_pts().contains(&p.pt())).expect("a codec").pt()
    }

    /// Of what came last on a section.
    pub(crate) fn ask_key_frame(&mut self, now: Instant, mid: Mid) {
        self.now = now;
        let ssrc = self.packets.iter().rfind(|packet| packet.mid == mid).expect("a packet").ssrc;
        self.rtc.direct_api().stream_rx(&ssrc).expect("a stream").request_keyframe(KeyframeRequestKind::Pli);
        self.poll();
        self.rtc.handle_input(Input::Timeout(now)).unwrap();
        self.poll();
    }

    pub(crate) fn write(&mut self, now: Instant, label: &str, message: &[u8]) -> bool {
        self.now = now;
        let id = self.channels.iter().find(|(_, known)| known == label).expect("a channel").0;
        let written = self.rtc.channel(id).expect("open").write(true, message).unwrap();
        self.poll();
        written
    }

    /// Packets of one subscription, in the order of arrival.
    pub(crate) fn received(&self, track: TrackId) -> Vec<&Packet> {
        let Some((mid, _)) = self.subscriptions.iter().find(|(_, carried)| *carried == track) else {
            return Vec::new();
        };
        let mid = Mid::from(mid.as_str());
        self.packets.iter().filter(|packet| packet.mid == mid).collect()
    }

    pub(crate) fn poll(&mut self) {
        for _ in 0..10_000 {
            match self.rtc.poll_output().unwrap() {
                Output::Timeout(at) => {
                    self.wake = at.max(self.now + Duration::from_millis(1));
                    return;
                }
                Output::Transmit(_) if self.mute => {}
                Output::Transmit(transmit) => {
                    self.transmits.push((transmit.source, transmit.destination, transmit.contents.to_vec()));
                }
                Output::Event(event) => self.handle(event),
            }
        }
        panic!("a peer that does not come to rest");
    }

    fn handle(&mut self, event: Event) {
        match event {
            Event::RtpPacket(packet) => {
                let ssrc = packet.header.ssrc;
                let mid = self.rtc.direct_api().stream_rx(&ssrc).expect("its stream").mid();
                self.packets.push(Packet {
                    mid,
                    ssrc,
                    sequence: *packet.seq_no,
                    timestamp: packet.time.numer(),
                    number: packet.header.payload_type,
                    payload: packet.payload.to_vec(),
                    at: packet.timestamp,
                    audio_level: packet.header.ext_vals.audio_level,
                });
            }
            Event::Closed => self.closed = true,
            Event::KeyframeRequest(request) => self.key_frame_requests.push(request),
            Event::ChannelOpen(id, label) => self.channels.push((id, label)),
            Event::ChannelData(data) => {
                let label = self.channels.iter().find(|(id, _)| *id == data.id).map(|(_, label)| label.clone());
                self.messages.push((label.unwrap_or_default(), data.data));
            }
            _ => {}
        }
    }
}
