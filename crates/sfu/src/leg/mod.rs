//! A leg: one WebRTC connection, and the agreement about what flows on it.
//!
//! [`Leg`] only routes between its parts: the connection, the negotiation, the outlets, the data
//! channels, and whether the remote side is there. It knows nothing of publications or rooms.

mod answer_text;
mod arrivals;
mod channels;
mod comeback;
mod connection;
mod descriptor_extension;
mod guard;
mod intake;
mod latch;
mod liveness;
mod local_offers;
mod negotiation;
mod numbering;
mod offer_text;
mod opening;
mod outgoing;
mod outlets;
mod payload_types;
mod quality;
mod remote_offers;
mod repairs;
mod replays;
mod sections;
mod settings;
mod share;
mod streams;

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use bytes::Bytes;
use moim_types::{Bitrate, Codec, MediaKind, ParticipantId, Source, TrackId};
use str0m::bwe::BweKind;
use str0m::media::{KeyframeRequestKind, Mid, Rid};
use str0m::net::{Protocol, Receive, TcpType, Transmit};
use str0m::{Candidate, Event, IceConnectionState, IceCreds, Input};

pub(crate) use self::arrivals::Arrival;
pub(crate) use self::outgoing::{Departure, Stamp};
pub(crate) use self::outlets::Readiness;
pub use self::payload_types::Variant;
pub(crate) use self::streams::Pacing;

use self::arrivals::Arrivals;
use self::channels::{Channels, Fate};
use self::comeback::{Comeback, Sign};
use self::connection::{Broken, Connection, Drained};
use self::guard::{Guard, Verdict};
use self::intake::Intake;
use self::liveness::{Change, Liveness};
use self::local_offers::LocalOffers;
use self::negotiation::{Negotiation, Wish};
use self::outlets::Outlets;
use self::quality::Quality;
use self::remote_offers::RemoteOffers;
use crate::{
    CloseReason, CodecPreference, Config, DropReason, LegCommand, LegConfig, LegEvent, Naming, Offerer, Paths,
    Transport,
};

/// One WebRTC connection.
pub(crate) struct Leg {
    connection: Connection,
    drained: Drained,
    negotiation: Negotiation,
    outlets: Outlets,
    channels: Channels,
    guard: Guard,
    arrivals: Arrivals,
    liveness: Liveness,
    comeback: Comeback,
    quality: Quality,
    naming: Naming,
    intake: Intake,
    pacing: Pacing,
    /// The local user fragment, as it was told last.
    fragment: String,
    remb_at: Option<Instant>,
    closed: bool,
}

/// A datagram for a leg. What it holds is looked at by the leg, so that only the leg suffers from it.
pub(crate) struct Datagram<'a> {
    pub(crate) transport: Transport,
    pub(crate) from: SocketAddr,
    /// The public address that it was sent to.
    pub(crate) to: SocketAddr,
    pub(crate) payload: &'a [u8],
}

/// What is sent to a viewer, in all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Egress {
    /// The connection is filled up to this, to find out whether there is more.
    pub(crate) minimum: Bitrate,
    /// What would be sent if there were room for everything.
    pub(crate) desired: Bitrate,
    pub(crate) pacing: Pacing,
}

/// What a leg puts out.
#[derive(Default)]
pub(crate) struct Outbox {
    pub(crate) transmits: Vec<Transmit>,
    pub(crate) arrivals: Vec<Arrival>,
    pub(crate) signals: Vec<Signal>,
}

/// What a leg says.
#[derive(Debug)]
pub(crate) enum Signal {
    /// To the outside.
    Event(LegEvent),
    /// STUN for this user fragment is this leg's, from now on.
    Fragment(String),
    /// The viewer needs a key frame of this subscription.
    KeyFrameWanted(TrackId),
    /// What the way to the viewer carries.
    Estimate(Bitrate),
    /// The way was dark; so much is assumed of it now, and what was known of it counts no more.
    WayRenewed(Bitrate),
    /// Something was dropped.
    Dropped(DropReason),
    /// A message came, or went.
    MessageIn,
    MessageOut,
    /// An offer or an answer was of no use.
    NegotiationFailed,
    /// The leg is over.
    Closed(CloseReason),
}

/// What a leg is made of beside its configuration.
pub(crate) struct Seed {
    /// At least 4 characters (RFC 8839 §5.4).
    pub(crate) fragment: String,
    /// At least 22 characters.
    pub(crate) password: String,
    /// The number of the first offer.
    pub(crate) exchange: u32,
}

/// The longest label of a data channel.
const MOST_LABEL: usize = 128;
/// What a publisher that cannot measure is told, and how often.
const REMB_BPS: u64 = 5_000_000;
const REMB_INTERVAL: Duration = Duration::from_secs(1);

impl Leg {
    pub(crate) fn new(leg: &LegConfig, shard: &Config, seed: Seed, now: Instant) -> Self {
        let credentials = IceCreds { ufrag: seed.fragment.clone(), pass: seed.password };
        let mut rtc = settings::rtc_config(leg, &shard.certificate, credentials).build(now);
        for candidate in reachable_at(&shard.candidates, leg.paths).filter_map(local_candidate) {
            rtc.add_local_candidate(candidate);
        }
        let negotiation = match leg.offerer {
            Offerer::Remote => Negotiation::Remote(RemoteOffers::default()),
            Offerer::Local => Negotiation::Local(LocalOffers::new(&leg.channels, seed.exchange, now)),
        };
        Self {
            connection: Connection::new(rtc, shard.bounds.steps, now),
            drained: Drained::default(),
            negotiation,
            outlets: Outlets::default(),
            channels: Channels::new(&leg.channels, shard.bounds),
            guard: Guard::new(now, shard.bounds.ingress),
            arrivals: Arrivals::default(),
            liveness: Liveness::new(now),
            comeback: Comeback::default(),
            quality: Quality::default(),
            naming: leg.naming,
            intake: Intake::new(shard.bounds),
            pacing: Pacing::default(),
            fragment: seed.fragment,
            remb_at: None,
            closed: false,
        }
    }

    /// A datagram of the remote side.
    pub(crate) fn receive(&mut self, now: Instant, datagram: &Datagram<'_>, out: &mut Outbox) {
        match datagram.parse() {
            Some(receive) => self.take_in(now, datagram, receive, out),
            None => out.signals.push(Signal::Dropped(DropReason::Malformed)),
        }
        self.absorb(now, out);
    }

    fn take_in(&mut self, now: Instant, datagram: &Datagram<'_>, receive: Receive<'_>, out: &mut Outbox) {
        let Self { guard, connection, drained, .. } = self;
        match guard.pass((connection, drained), now, datagram, receive) {
            Verdict::Authentic => {
                let change = self.liveness.heard(now);
                self.changed(now, change, out);
                self.measure(now, out);
            }
            Verdict::Taken => {}
            Verdict::Dropped(reason) => out.signals.push(Signal::Dropped(reason)),
            Verdict::Refused(error) => {
                tracing::debug!(%error, "a datagram is of no use");
                out.signals.push(Signal::Dropped(DropReason::Refused));
                if !self.connection.rtc().is_alive() {
                    self.drained.broken = Some(Broken::Protocol);
                }
            }
        }
    }

    /// Begins measuring the way anew where it was dark.
    fn measure(&mut self, now: Instant, out: &mut Outbox) {
        let sign = self.comeback.heard(now);
        if sign != Sign::Usual {
            let anew = settings::START_ESTIMATE;
            self.connection.mutate(now, &mut self.drained, |rtc| rtc.bwe().reset(anew));
            self.drained.events.retain(|event| !matches!(event, Event::EgressBitrateEstimate(_)));
        }
        if sign == Sign::Back {
            out.signals.push(Signal::WayRenewed(Bitrate::from_bps(settings::START_ESTIMATE.as_u64())));
        }
    }

    /// A STUN check from an address that is not known yet. Returns whether it was authentic; else
    /// nothing happened.
    pub(crate) fn receive_if_authentic(&mut self, now: Instant, datagram: &Datagram<'_>, out: &mut Outbox) -> bool {
        let Some(receive) = datagram.parse() else { return false };
        if !self.connection.rtc().accepts(&Input::Receive(now, receive)) {
            return false;
        }
        self.receive(now, datagram, out);
        true
    }

    /// When [`Leg::wake_up`] is wanted.
    pub(crate) fn next_wake(&self) -> Instant {
        [self.negotiation.next_wake(), self.channels.next_wake(), self.remb_at]
            .into_iter()
            .flatten()
            .fold(self.connection.next_wake().min(self.liveness.next_wake()), Instant::min)
    }

    /// Whether nothing flows: then a wake-up may be a little later.
    pub(crate) const fn is_quiet(&self) -> bool {
        self.connection.is_quiet()
    }

    pub(crate) fn wake_up(&mut self, now: Instant, out: &mut Outbox) {
        if self.connection.next_wake() <= now {
            self.connection.wake_up(now, &mut self.drained);
        }
        let change = self.liveness.tick(now);
        self.changed(now, change, out);
        if self.channels.next_wake().is_some_and(|at| at <= now) {
            self.flush(now, out);
        }
        if self.remb_at.is_some_and(|at| at <= now) {
            self.send_remb(now);
        }
        self.negotiate(now, out);
        self.absorb(now, out);
    }

    pub(crate) fn command(&mut self, now: Instant, command: LegCommand, out: &mut Outbox) {
        match command {
            LegCommand::AcceptOffer { sdp, exchange, preferences } => {
                self.accept_offer(now, &sdp, exchange, &preferences, out);
            }
            LegCommand::AcceptAnswer { sdp, exchange } => self.accept_answer(now, &sdp, exchange, out),
            LegCommand::AddCandidate(candidate) => self.add_candidate(now, &candidate, out),
            LegCommand::RestartIce => {
                if self.negotiation.restart(now) {
                    self.intake.restart();
                } else {
                    out.signals.push(Signal::Dropped(DropReason::BadCommand));
                }
            }
            LegCommand::Send { label, binary, message } => self.send_message(now, label, binary, message, out),
            // What may be sent is shared out above the leg.
            LegCommand::LimitEstimate(_) => {}
            LegCommand::Close => self.close(now, CloseReason::Asked, out),
        }
        self.negotiate(now, out);
        self.absorb(now, out);
    }

    pub(crate) fn subscribe(
        &mut self,
        now: Instant,
        track: TrackId,
        kind: MediaKind,
        (publisher, known_as, source): (ParticipantId, TrackId, Source),
    ) -> Result<(), DropReason> {
        let msid = (self.naming)(publisher, known_as, kind, source);
        self.negotiation.subscribe(now, (track, kind, msid), self.intake.bounds())
    }

    pub(crate) fn unsubscribe(&mut self, now: Instant, track: TrackId) {
        self.outlets.remove(track);
        self.negotiation.unsubscribe(now, track);
    }

    /// Whether a packet of this kind can be sent. Ask before a sequence number is given to it.
    pub(crate) fn readiness(&mut self, track: TrackId, codec: Codec, variant: Variant) -> Readiness {
        if !self.liveness.is_up() {
            return Readiness::NotYet;
        }
        self.outlets.readiness(self.connection.rtc(), track, codec, variant)
    }

    /// Takes a packet of a subscription, to be sent by [`Leg::send_written`].
    pub(crate) fn write(&mut self, track: TrackId, departure: Departure<'_>) {
        let Some(mid) = self.outlets.mid(track) else { return };
        let write = outgoing::to_write(departure);
        let Self { connection, guard, .. } = self;
        connection.write(|rtc| {
            if let Some(stream) = rtc.direct_api().stream_tx_by_mid(mid, None) {
                guard.sent(stream.ssrc());
                stream.write_rtp(write);
            }
        });
    }

    /// Whether packets were written and not sent.
    pub(crate) const fn has_written(&self) -> bool {
        self.connection.has_written()
    }

    /// Sends the packets that were written, as far as the pacer lets them go now.
    pub(crate) fn send_written(&mut self, now: Instant, out: &mut Outbox) {
        self.connection.send_written(now, &mut self.drained);
        self.absorb(now, out);
    }

    /// Asks the publisher for a key frame. Returns whether there is a stream to ask for one.
    pub(crate) fn ask_key_frame(&mut self, now: Instant, mid: Mid, rid: Option<Rid>, out: &mut Outbox) -> bool {
        let asked = self.connection.mutate(now, &mut self.drained, |rtc| {
            let mut direct = rtc.direct_api();
            let stream = direct.stream_rx_by_mid(mid, rid);
            stream.map(|stream| stream.request_keyframe(KeyframeRequestKind::Pli)).is_some()
        });
        self.absorb(now, out);
        asked
    }

    /// What the viewer's media is to be sent with.
    pub(crate) fn set_egress(&mut self, now: Instant, egress: Egress, out: &mut Outbox) {
        if self.pacing != egress.pacing {
            self.pacing = egress.pacing;
            self.connection.peek(|rtc| self.outlets.mids().for_each(|mid| streams::pace(rtc, mid, egress.pacing)));
        }
        let (minimum, desired) = (egress.minimum.bps().into(), egress.desired.bps().into());
        self.connection.set_bitrates(now, &mut self.drained, minimum, desired);
        self.absorb(now, out);
    }

    fn accept_offer(
        &mut self,
        now: Instant,
        sdp: &str,
        exchange: u32,
        preferences: &[CodecPreference],
        out: &mut Outbox,
    ) {
        let offer = (sdp, preferences);
        let Self { negotiation, connection, drained, intake, .. } = self;
        match negotiation.accept_offer(connection, drained, now, offer, intake) {
            Ok(answered) => {
                for _ in 0..answered.candidates_dropped {
                    out.signals.push(Signal::Dropped(DropReason::Candidate));
                }
                let (sections, subscriptions) = (answered.sections, answered.subscriptions);
                self.guard.expect(self.connection.rtc(), &sections);
                let event = LegEvent::Answer { sdp: answered.sdp, exchange, sections, subscriptions };
                out.signals.push(Signal::Event(event));
                self.agreed(now, out);
            }
            Err(why) => {
                out.signals.push(Signal::NegotiationFailed);
                out.signals.push(Signal::Event(LegEvent::OfferRefused { exchange, why }));
                self.close_if_dead(now, out);
            }
        }
    }

    fn accept_answer(&mut self, now: Instant, sdp: &str, exchange: u32, out: &mut Outbox) {
        let Self { negotiation, connection, drained, intake, .. } = self;
        match negotiation.accept_answer(connection, drained, now, (sdp, exchange), intake) {
            Ok(()) => self.agreed(now, out),
            // A late answer to an offer that has been replaced is nobody's fault.
            Err(local_offers::NoAgreement::OtherExchange(..) | local_offers::NoAgreement::NothingOffered) => {
                out.signals.push(Signal::Dropped(DropReason::BadCommand));
            }
            Err(why) => {
                out.signals.push(Signal::NegotiationFailed);
                out.signals.push(Signal::Event(LegEvent::NegotiationFailed(why.to_string())));
                self.close_if_dead(now, out);
            }
        }
    }

    /// Both sides agree on the sections as they are now.
    fn agreed(&mut self, now: Instant, out: &mut Outbox) {
        let changed = self.outlets.renew(self.negotiation.carried().into_iter());
        self.connection.peek(|rtc| changed.into_iter().for_each(|mid| streams::set_up(rtc, mid, self.pacing)));
        // The library begins nothing, such as checks of its own, before it is told the time.
        self.connection.wake_up(now, &mut self.drained);
        let fragment = self.connection.peek(|rtc| rtc.direct_api().local_ice_credentials().ufrag);
        if fragment != self.fragment {
            self.fragment.clone_from(&fragment);
            out.signals.push(Signal::Fragment(fragment));
        }
        if self.negotiation.needs_remb() {
            self.remb_at.get_or_insert(now + REMB_INTERVAL);
        } else {
            self.remb_at = None;
        }
    }

    fn negotiate(&mut self, now: Instant, out: &mut Outbox) {
        if self.closed {
            return;
        }
        let Some(wish) = self.negotiation.tick(&mut self.connection, &mut self.drained, now) else { return };
        let event = match wish {
            Wish::Offer(offer) => {
                LegEvent::Offer { sdp: offer.sdp, exchange: offer.exchange, subscriptions: offer.subscriptions }
            }
            Wish::Sections(audio, video) => LegEvent::SectionsNeeded { audio, video },
            Wish::Failed(why) => {
                out.signals.push(Signal::NegotiationFailed);
                LegEvent::NegotiationFailed(why.to_string())
            }
        };
        out.signals.push(Signal::Event(event));
    }

    fn add_candidate(&mut self, now: Instant, candidate: &str, out: &mut Outbox) {
        let text = candidate.trim();
        let text = text.strip_prefix("a=").unwrap_or(text);
        if text.is_empty() {
            return;
        }
        let parsed = self.intake.takes_candidate(text).then(|| Candidate::from_sdp_string(text));
        let Some(Ok(candidate)) = parsed else {
            out.signals.push(Signal::Dropped(DropReason::Candidate));
            return;
        };
        self.connection.mutate(now, &mut self.drained, |rtc| rtc.add_remote_candidate(candidate));
    }

    fn send_message(&mut self, now: Instant, label: String, binary: bool, message: Bytes, out: &mut Outbox) {
        let Self { connection, drained, channels, .. } = self;
        match connection.mutate(now, drained, |rtc| channels.send(rtc, now, &label, binary, message)) {
            Fate::Taken => out.signals.push(Signal::MessageOut),
            Fate::Dropped(reason) => out.signals.push(Signal::Dropped(reason)),
            Fate::Overflowed => {
                out.signals.push(Signal::Dropped(DropReason::SlowReader));
                out.signals.push(Signal::Event(LegEvent::ChannelOverflow(label)));
            }
        }
    }

    fn flush(&mut self, now: Instant, out: &mut Outbox) {
        let Self { connection, drained, channels, .. } = self;
        let lost = connection.mutate(now, drained, |rtc| channels.flush(rtc, now));
        for _ in 0..lost {
            out.signals.push(Signal::Dropped(DropReason::LargeMessage));
        }
    }

    fn send_remb(&mut self, now: Instant) {
        self.remb_at = Some(now + REMB_INTERVAL);
        for ssrc in self.arrivals.streams().collect::<Vec<_>>() {
            self.connection.mutate(now, &mut self.drained, |rtc| {
                if let Some(stream) = rtc.direct_api().stream_rx(&ssrc) {
                    stream.request_remb(REMB_BPS.into());
                }
            });
        }
    }

    /// Handles what the connection put out, and what follows from that, until there is no more.
    fn absorb(&mut self, now: Instant, out: &mut Outbox) {
        while let Some(event) = self.drained.events.pop_front() {
            self.handle(now, event, out);
        }
        if self.liveness.is_down() {
            // Nobody hears it: neither what waits nor what the library measures the way with.
            self.drained.transmits.retain(|sent| !guard::is_protected(&sent.contents));
        }
        out.transmits.append(&mut self.drained.transmits);
        out.signals.extend(self.quality.take().map(Signal::Event));
        match self.drained.broken.take() {
            Some(Broken::Protocol) => self.end(CloseReason::Protocol, out),
            Some(Broken::Restless) => self.end(CloseReason::Fault, out),
            None => {}
        }
    }

    fn handle(&mut self, now: Instant, event: Event, out: &mut Outbox) {
        match event {
            Event::RtpPacket(packet) if !self.guard.takes(now, packet.payload.len()) => {
                out.signals.push(Signal::Dropped(DropReason::OverBitrate));
            }
            Event::RtpPacket(packet) => {
                let arrivals = &mut self.arrivals;
                match self.connection.peek(|rtc| arrivals.take(rtc, packet)) {
                    Ok(arrival) => out.arrivals.push(arrival),
                    Err(reason) => out.signals.push(Signal::Dropped(reason)),
                }
            }
            Event::Connected => {
                let change = self.liveness.connected(now);
                self.changed(now, change, out);
            }
            Event::IceConnectionStateChange(state) => self.ice_changed(now, state, out),
            Event::KeyframeRequest(request) => {
                out.signals.extend(self.outlets.track(request.mid).map(Signal::KeyFrameWanted));
            }
            Event::EgressBitrateEstimate(_) if self.comeback.is_settling() => {}
            Event::EgressBitrateEstimate(BweKind::Twcc { estimate, can_probe: true }) => {
                out.signals.push(Signal::Estimate(Bitrate::from_bps(estimate.as_u64())));
            }
            Event::EgressBitrateEstimate(BweKind::Remb { estimate, .. }) => {
                out.signals.push(Signal::Estimate(Bitrate::from_bps(estimate.as_u64())));
            }
            Event::PeerStats(stats) => self.quality.peer(&stats),
            Event::MediaIngressStats(stats) => self.quality.received(&stats),
            Event::MediaEgressStats(stats) => self.quality.sent(&stats),
            Event::ChannelOpen(id, label) => self.channel_opened(now, id, label, out),
            Event::ChannelData(data) => {
                if let Some(label) = self.channels.label(data.id).map(str::to_owned) {
                    let (binary, message) = (data.binary, Bytes::from(data.data));
                    out.signals.push(Signal::MessageIn);
                    out.signals.push(Signal::Event(LegEvent::Message { label, binary, message }));
                } else {
                    out.signals.push(Signal::Dropped(DropReason::NoChannel));
                }
            }
            Event::ChannelClose(id) => self.channels.closed(id),
            Event::ChannelBufferedAmountLow(_) if self.channels.is_waiting() => self.flush(now, out),
            Event::Closed => self.end(CloseReason::Remote, out),
            _ => {}
        }
    }

    fn channel_opened(&mut self, now: Instant, id: str0m::channel::ChannelId, label: String, out: &mut Outbox) {
        let Self { connection, drained, channels, .. } = self;
        let taken =
            label.len() <= MOST_LABEL && connection.mutate(now, drained, |rtc| channels.opened(rtc, id, &label));
        if !taken {
            out.signals.push(Signal::Dropped(DropReason::OverBound));
            return;
        }
        out.signals.push(Signal::Event(LegEvent::ChannelOpen(label)));
        self.flush(now, out);
    }

    fn ice_changed(&mut self, now: Instant, state: IceConnectionState, out: &mut Outbox) {
        let change = match state {
            IceConnectionState::Disconnected => self.liveness.lost(now),
            IceConnectionState::Connected | IceConnectionState::Completed if self.connection.rtc().is_connected() => {
                self.liveness.connected(now)
            }
            _ => None,
        };
        self.changed(now, change, out);
    }

    fn changed(&mut self, now: Instant, change: Option<Change>, out: &mut Outbox) {
        match change {
            None => {}
            Some(Change::Connected) => out.signals.push(Signal::Event(LegEvent::Connected)),
            Some(Change::Disconnected) => out.signals.push(Signal::Event(LegEvent::Disconnected)),
            Some(Change::TimedOut) => self.close(now, CloseReason::TimedOut, out),
        }
    }

    fn close_if_dead(&mut self, now: Instant, out: &mut Outbox) {
        if !self.connection.rtc().is_alive() {
            self.close(now, CloseReason::Protocol, out);
        }
    }

    /// Says goodbye, as far as that is possible.
    fn close(&mut self, now: Instant, reason: CloseReason, out: &mut Outbox) {
        if let Err(error) = self.connection.mutate(now, &mut self.drained, |rtc| rtc.close()) {
            tracing::debug!(%error, "no goodbye could be said");
        }
        self.connection.wake_up(now, &mut self.drained);
        out.transmits.append(&mut self.drained.transmits);
        self.end(reason, out);
    }

    fn end(&mut self, reason: CloseReason, out: &mut Outbox) {
        if !std::mem::replace(&mut self.closed, true) {
            out.signals.push(Signal::Closed(reason));
        }
    }
}

fn reachable_at(all: &[crate::LocalCandidate], paths: Paths) -> impl Iterator<Item = &crate::LocalCandidate> {
    let is_tcp = |candidate: &crate::LocalCandidate| matches!(candidate.transport, Transport::Tcp);
    let tcp_only = paths == Paths::TcpOnly && all.iter().any(is_tcp);
    all.iter().filter(move |candidate| !tcp_only || is_tcp(candidate))
}

fn local_candidate(candidate: &crate::LocalCandidate) -> Option<Candidate> {
    let built = match candidate.transport {
        Transport::Udp => Candidate::builder().udp().host(candidate.public).build(),
        Transport::Tcp => Candidate::builder().tcp().host(candidate.public).tcptype(TcpType::Passive).build(),
    };
    built.inspect_err(|error| tracing::warn!(%error, "an own address cannot be a candidate")).ok()
}

impl<'a> Datagram<'a> {
    fn parse(&self) -> Option<Receive<'a>> {
        let protocol = match self.transport {
            Transport::Udp => Protocol::Udp,
            Transport::Tcp => Protocol::Tcp,
        };
        Receive::new(protocol, self.from, self.to, self.payload).ok()
    }
}
