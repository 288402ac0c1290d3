//! One WebRTC connection as a value: it is fed datagrams and the time, and drained.
//!
//! Feed it with [`Connection::handle`] and with its W3C calls, then call [`Connection::poll`] until
//! it gives `None`, then wait for a datagram or for [`Connection::next_wake`]. It has no socket and
//! no clock.

mod channels;
mod codec;
mod config;
mod event;
mod negotiation;
mod sections;
mod sources;
mod stats;
mod transceivers;
mod words;

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use moim_types::{Bitrate, MediaKind};
use str0m::bwe::BweKind;
use str0m::media::{KeyframeRequestKind, Rid};
use str0m::net::{Protocol, Receive};
use str0m::{Candidate, Rtc};

pub use config::ConnectionConfig;
pub use event::{Event, Input, Message, OutgoingPacket, Output, ReceivedPacket};
pub use stats::{StatsReport, StreamStats, TransportStats};
pub use words::{
    ChannelId, ChannelInit, ConnectionState, Direction, IceCandidate, IceConnectionState, SdpType, SessionDescription,
    SignalingState, Track, TransceiverId, TransceiverInit,
};

use crate::Error;
use channels::Channels;
use negotiation::{Negotiation, Wish};
use sources::Sources;
use stats::Stats;
use transceivers::Transceivers;

/// `RTCPeerConnection` without a network.
pub struct Connection {
    rtc: Rtc,
    negotiation: Negotiation,
    transceivers: Transceivers,
    channels: Channels,
    sources: Sources,
    stats: Stats,
    state: ConnectionState,
    candidates: Vec<Candidate>,
    remote_candidates: usize,
    now: Instant,
    wake: Instant,
    outputs: VecDeque<Output>,
}

/// A description is a few kilobytes; a hundred tracks are two hundred.
const LONGEST_SDP_BYTES: usize = 1 << 20;
const MOST_REMOTE_CANDIDATES: usize = 128;
/// Some engine timers are due again at once; waiting this long costs nothing and ends the spinning.
const SHORTEST_SLEEP: Duration = Duration::from_millis(1);

impl Connection {
    /// A connection that has exchanged nothing yet.
    ///
    /// # Errors
    /// When one of the addresses cannot be a candidate.
    pub fn new(config: &ConnectionConfig, now: Instant) -> Result<Self, Error> {
        let mut connection = Self {
            rtc: config.build(now),
            negotiation: Negotiation::default(),
            transceivers: Transceivers::default(),
            channels: Channels::default(),
            sources: Sources::default(),
            stats: Stats::default(),
            state: ConnectionState::New,
            candidates: Vec::new(),
            remote_candidates: 0,
            now,
            wake: now,
            outputs: VecDeque::new(),
        };
        for address in &config.addresses {
            connection.add_candidate(Candidate::host(*address, Protocol::Udp))?;
        }
        Ok(connection)
    }

    /// Adds a relayed transport address, which is reached from this local address.
    pub(crate) fn add_relayed(&mut self, relayed: SocketAddr, local: SocketAddr) -> Result<(), Error> {
        self.add_candidate(Candidate::relayed(relayed, local, Protocol::Udp))
    }

    fn add_candidate(&mut self, candidate: Result<Candidate, str0m::error::IceError>) -> Result<(), Error> {
        let candidate = candidate.map_err(|error| Error::Engine(error.into()))?;
        self.rtc.add_local_candidate(candidate.clone());
        self.candidates.push(candidate);
        self.drain();
        Ok(())
    }

    /// Feeds something in.
    pub fn handle(&mut self, now: Instant, input: Input<'_>) {
        self.now = self.now.max(now);
        let input = match input {
            Input::Timeout => str0m::Input::Timeout(self.now),
            Input::Datagram { from, to, payload } => match Receive::new(Protocol::Udp, from, to, payload) {
                Ok(receive) => str0m::Input::Receive(self.now, receive),
                Err(error) => {
                    tracing::trace!(%error, "a datagram that is nothing");
                    return;
                }
            },
        };
        if let Err(error) = self.rtc.handle_input(input) {
            self.fail(&error);
        }
        self.drain();
    }

    /// The next thing that comes out; `None` when there is nothing more for now.
    pub fn poll(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// When to feed [`Input::Timeout`] at the latest; `None` when it is closed.
    #[must_use]
    pub fn next_wake(&self) -> Option<Instant> {
        (self.state != ConnectionState::Closed).then(|| self.wake.max(self.now + SHORTEST_SLEEP))
    }

    /// `connectionState`
    #[must_use]
    pub const fn connection_state(&self) -> ConnectionState {
        self.state
    }

    /// `signalingState`
    #[must_use]
    pub const fn signaling_state(&self) -> SignalingState {
        self.negotiation.state()
    }

    /// `negotiationneeded`: whether something waits for the next offer.
    #[must_use]
    pub const fn negotiation_needed(&self) -> bool {
        self.negotiation.needed()
    }

    /// `addTransceiver`
    pub fn add_transceiver(&mut self, kind: MediaKind, init: TransceiverInit) -> TransceiverId {
        let id = self.transceivers.add(kind, init);
        self.negotiation.wish(Wish::Transceiver(id));
        id
    }

    /// Sets a transceiver's `direction`, from the next exchange on.
    ///
    /// # Errors
    /// When there is no such transceiver.
    pub fn set_direction(&mut self, transceiver: TransceiverId, direction: Direction) -> Result<(), Error> {
        let known = self.transceivers.get_mut(transceiver)?;
        known.init.direction = direction;
        if known.mid.is_some() {
            self.negotiation.wish(Wish::Direction(transceiver, direction));
        }
        Ok(())
    }

    /// `RTCRtpTransceiver.stop`, from the next exchange on.
    ///
    /// # Errors
    /// When there is no such transceiver.
    pub fn stop_transceiver(&mut self, transceiver: TransceiverId) -> Result<(), Error> {
        self.transceivers.get(transceiver)?;
        self.negotiation.wish(Wish::Stop(transceiver));
        Ok(())
    }

    /// `RTCRtpTransceiver.mid`; `None` until it was offered.
    #[must_use]
    pub fn mid(&self, transceiver: TransceiverId) -> Option<String> {
        self.transceivers.get(transceiver).ok()?.mid.map(|mid| mid.to_string())
    }

    /// `createDataChannel`
    pub fn create_data_channel(&mut self, label: &str, init: ChannelInit) -> ChannelId {
        let id = self.channels.add(label, init);
        if self.negotiation.has_data()
            && let Some(config) = self.channels.config(id)
        {
            // The association stands: a further channel opens inside it.
            let mut api = self.rtc.sdp_api();
            self.channels.bind(id, api.add_channel_with_config(config));
            api.apply();
            self.drain();
        } else {
            self.negotiation.wish(Wish::Channel(id));
        }
        id
    }

    /// `restartIce`, with the next offer.
    pub fn restart_ice(&mut self) {
        self.negotiation.wish(Wish::RestartIce);
    }

    /// `createOffer`
    ///
    /// # Errors
    /// While another exchange is under way, or when there is nothing to negotiate.
    pub fn create_offer(&mut self) -> Result<SessionDescription, Error> {
        let offer = self.negotiation.create_offer(&mut self.rtc, &mut self.transceivers, &mut self.channels);
        self.drain();
        offer
    }

    /// `createAnswer`
    ///
    /// # Errors
    /// When no offer waits for one.
    pub fn create_answer(&self) -> Result<SessionDescription, Error> {
        self.negotiation.create_answer()
    }

    /// `setLocalDescription`
    ///
    /// # Errors
    /// When it is not the description that was made last.
    pub fn set_local_description(&mut self, description: &SessionDescription) -> Result<(), Error> {
        self.negotiation.set_local(description)?;
        for candidate in std::mem::take(&mut self.candidates) {
            let mid = sections::of(&description.sdp).first().map(|section| section.mid.clone());
            self.outputs.push_back(Output::Event(Event::Candidate(IceCandidate {
                candidate: candidate.to_sdp_string(),
                sdp_mid: mid.unwrap_or_default(),
                sdp_m_line_index: 0,
            })));
        }
        self.announce_senders();
        Ok(())
    }

    /// `setRemoteDescription`. An offer that crosses one of ours wins; ours is made again.
    ///
    /// # Errors
    /// When it cannot be used, or an answer comes without an offer.
    pub fn set_remote_description(&mut self, description: &SessionDescription) -> Result<(), Error> {
        if description.sdp.len() > LONGEST_SDP_BYTES {
            return Err(Error::RemoteDescription(format!("longer than {LONGEST_SDP_BYTES} bytes")));
        }
        let accepted = match description.kind {
            SdpType::Offer => self.negotiation.accept_offer(&mut self.rtc, &mut self.transceivers, &description.sdp),
            SdpType::Answer => self.negotiation.accept_answer(&mut self.rtc, &description.sdp),
        };
        self.drain();
        accepted?;
        self.sources.forget();
        for event in self.transceivers.describe(&sections::of(&description.sdp)) {
            self.outputs.push_back(Output::Event(event));
        }
        self.announce_senders();
        Ok(())
    }

    /// `addIceCandidate`. An empty one (there are no more), one that is hidden behind an mDNS name
    /// and one that is not UDP are let pass without effect.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn add_ice_candidate(&mut self, candidate: &str) -> Result<(), Error> {
        if candidate.is_empty() || candidate.contains(".local ") || self.remote_candidates >= MOST_REMOTE_CANDIDATES {
            return Ok(());
        }
        let candidate =
            Candidate::from_sdp_string(candidate).map_err(|error| Error::RemoteCandidate(error.to_string()))?;
        if candidate.proto() == Protocol::Udp {
            self.remote_candidates += 1;
            self.rtc.add_remote_candidate(candidate);
            self.drain();
        }
        Ok(())
    }

    /// Sends a media packet. It leaves with the next [`Connection::handle`], so that the packets of
    /// one frame can leave together.
    ///
    /// # Errors
    /// When the transceiver is not negotiated for it.
    pub fn write(&mut self, packet: OutgoingPacket) -> Result<(), Error> {
        self.transceivers.write(&mut self.rtc, self.now, packet)
    }

    /// Asks the sender of a picture for a key frame (PLI).
    ///
    /// # Errors
    /// When nothing arrives on the transceiver.
    pub fn request_key_frame(&mut self, transceiver: TransceiverId, rid: Option<&str>) -> Result<(), Error> {
        let refused = Error::NotNegotiated(transceiver);
        let Some(mid) = self.transceivers.get(transceiver)?.mid else { return Err(refused) };
        let mut api = self.rtc.direct_api();
        let Some(stream) = api.stream_rx_by_mid(mid, rid.map(Rid::from)) else { return Err(refused) };
        stream.request_keyframe(KeyframeRequestKind::Pli);
        self.drain();
        Ok(())
    }

    /// `RTCDataChannel.send`
    ///
    /// # Errors
    /// When the channel is not open, the message is empty, or the buffer is full.
    pub fn send(&mut self, channel: ChannelId, binary: bool, data: &[u8]) -> Result<(), Error> {
        let sent = self.channels.send(&mut self.rtc, channel, binary, data);
        self.drain();
        sent
    }

    /// `RTCDataChannel.bufferedAmount`, in bytes.
    ///
    /// # Errors
    /// When the channel is not open.
    pub fn buffered_amount(&mut self, channel: ChannelId) -> Result<usize, Error> {
        self.channels.buffered_amount(&mut self.rtc, channel)
    }

    /// `RTCDataChannel.close`
    ///
    /// # Errors
    /// When the channel is not open.
    pub fn close_channel(&mut self, channel: ChannelId) -> Result<(), Error> {
        let closed = self.channels.close(&mut self.rtc, channel);
        self.drain();
        closed
    }

    /// `getStats`: as they were taken last.
    #[must_use]
    pub fn stats(&self) -> StatsReport {
        self.stats.report()
    }

    /// `close`
    pub fn close(&mut self) {
        self.negotiation.close();
        // It says goodbye to the other side; whether it can does not matter.
        let _ = self.rtc.close();
        self.drain();
        self.set_state(ConnectionState::Closed);
    }

    fn drain(&mut self) {
        loop {
            match self.rtc.poll_output() {
                Ok(str0m::Output::Timeout(at)) => {
                    self.wake = at;
                    break;
                }
                Ok(str0m::Output::Transmit(transmit)) => self.outputs.push_back(Output::Datagram {
                    from: transmit.source,
                    to: transmit.destination,
                    payload: transmit.contents.into(),
                }),
                Ok(str0m::Output::Event(event)) => self.happened(event),
                Err(error) => self.fail(&error),
            }
        }
        if !self.rtc.is_alive() && self.state != ConnectionState::Failed {
            self.set_state(ConnectionState::Closed);
        }
    }

    fn happened(&mut self, event: str0m::Event) {
        match event {
            str0m::Event::RtpPacket(packet) => {
                let received = self.sources.receive(&mut self.rtc, &self.transceivers, packet);
                self.outputs.extend(received.map(Output::Packet));
            }
            str0m::Event::Connected => {
                self.set_state(ConnectionState::Connected);
                self.announce_senders();
            }
            str0m::Event::IceConnectionStateChange(state) => self.ice_changed(state),
            str0m::Event::Closed => self.set_state(ConnectionState::Closed),
            str0m::Event::PeerStats(stats) => self.stats.transport(&stats),
            str0m::Event::MediaIngressStats(stats) => self.stats.ingress(&self.transceivers, &stats),
            str0m::Event::MediaEgressStats(stats) => self.stats.egress(&self.transceivers, &stats),
            other => {
                let event = self.translate(other);
                self.outputs.extend(event.map(Output::Event));
            }
        }
    }

    fn translate(&mut self, event: str0m::Event) -> Option<Event> {
        match event {
            str0m::Event::ChannelOpen(engine, label) => self.channels.opened(engine, label),
            str0m::Event::ChannelClose(engine) => self.channels.closed(engine),
            str0m::Event::ChannelData(data) => self.channels.message(data),
            str0m::Event::KeyframeRequest(request) => Some(Event::KeyFrameWanted {
                transceiver: self.transceivers.by_mid(request.mid)?.0,
                rid: request.rid.map(|rid| rid.to_string()).unwrap_or_default(),
            }),
            str0m::Event::EgressBitrateEstimate(BweKind::Twcc { estimate, .. }) => {
                Some(Event::BandwidthEstimate(Bitrate::from_bps(estimate.as_u64())))
            }
            _ => None,
        }
    }

    fn ice_changed(&mut self, state: str0m::IceConnectionState) {
        use str0m::IceConnectionState as Engine;
        let state = match state {
            Engine::New => IceConnectionState::New,
            Engine::Checking => IceConnectionState::Checking,
            Engine::Connected => IceConnectionState::Connected,
            Engine::Completed => IceConnectionState::Completed,
            Engine::Disconnected => IceConnectionState::Disconnected,
        };
        self.outputs.push_back(Output::Event(Event::IceConnectionState(state)));
        match (state, self.state) {
            (IceConnectionState::Checking, ConnectionState::New) => self.set_state(ConnectionState::Connecting),
            (IceConnectionState::Disconnected, ConnectionState::Connected) => {
                self.set_state(ConnectionState::Disconnected);
            }
            (IceConnectionState::Connected | IceConnectionState::Completed, ConnectionState::Disconnected) => {
                self.set_state(ConnectionState::Connected);
            }
            _ => {}
        }
    }

    fn announce_senders(&mut self) {
        if self.state == ConnectionState::Connected {
            let events = self.transceivers.newly_ready(&self.rtc);
            self.outputs.extend(events.into_iter().map(Output::Event));
        }
    }

    fn fail(&mut self, error: &str0m::RtcError) {
        tracing::debug!(%error, "the connection failed");
        // It would give the same error for ever.
        self.rtc.disconnect();
        self.set_state(ConnectionState::Failed);
    }

    fn set_state(&mut self, state: ConnectionState) {
        if self.state != state && self.state != ConnectionState::Closed {
            self.state = state;
            self.outputs.push_back(Output::Event(Event::ConnectionState(state)));
        }
    }
}

impl std::fmt::Debug for Connection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connection").field("state", &self.state).finish_non_exhaustive()
    }
}

/// The candidate that a datagram from this address came to, among those of one socket: the one
/// that the system names, or the only one there is.
#[must_use]
pub(crate) fn candidate_of(addresses: &[SocketAddr], named: Option<std::net::IpAddr>) -> Option<SocketAddr> {
    let found = addresses.iter().find(|address| Some(address.ip()) == named);
    found.or_else(|| addresses.first()).copied()
}
