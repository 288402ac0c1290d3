//! One signaling session, as a value: fed with what the client asks and what the house says, drained of what is to be
//! done. It never sees a socket, a clock or a token.
//!
//! [`Session`] only routes between the parts that own their state.

mod blobs;
#[cfg(any(test, feature = "fuzz"))]
pub(crate) mod cast;
pub(crate) mod client;
mod data;
mod data_tracks;
mod leaving;
mod legs;
mod negotiation;
mod notices;
mod output;
mod own;
mod publishing;
mod roster;
mod simulation;
mod subscribing;
mod welcome;

use std::sync::Arc;
use std::time::{Duration, Instant};

use livekit_protocol as proto;
use moim_net::rooms::SessionEvent;
use moim_room::{DisconnectReason, Event, Joined, Participant, ParticipantCommand, Refusal};
use moim_sfu::{CloseReason, LegCommand, LegEvent};
use moim_types::{LegId, Now, ParticipantId};
use proto::signal_request::Message as Request;
use proto::signal_response::Message;

use crate::wire::ids::participant_sid;
use crate::wire::participant::participant_info;
use crate::wire::room::room;
use blobs::Blobs;
use client::{Client, Connections};
use data::Data;
use data_tracks::DataTracks;
use legs::Legs;
use output::Outputs;
use own::OwnChanges;
use publishing::Publishing;
use roster::Roster;
use simulation::{OnResume, Simulation};
use subscribing::Subscribing;

pub(crate) use leaving::{goodbye, join_anew};
pub(crate) use output::{Ending, LegRole, Output};
pub(crate) use welcome::{Server, Welcome};

/// What a connection brings along in its first request.
#[derive(Debug, Default)]
pub(crate) struct FirstWords {
    pub(crate) add_tracks: Vec<proto::AddTrackRequest>,
    pub(crate) offer: Option<proto::SessionDescription>,
    pub(crate) sync_state: Option<proto::SyncState>,
}

/// What the room said when a lost session was taken up again.
#[derive(Debug)]
pub(crate) struct Resumed {
    pub(crate) now: Box<Joined>,
    pub(crate) left: Vec<Arc<Participant>>,
    pub(crate) last_sequence: u32,
    pub(crate) legs: Vec<LegId>,
}

/// A session of one participant.
#[derive(Debug)]
pub(crate) struct Session {
    client: Client,
    me: Arc<Participant>,
    legs: Legs,
    roster: Roster,
    publishing: Publishing,
    subscribing: Subscribing,
    data: Data,
    data_tracks: DataTracks,
    blobs: Blobs,
    own: OwnChanges,
    simulation: Simulation,
    refresh_at: Instant,
    is_over: bool,
    out: Outputs,
}

impl Session {
    /// Of somebody who has just joined.
    pub(crate) fn join(client: Client, welcome: &Welcome, joined: &Joined, first: FirstWords, now: Now) -> Self {
        let enabled = &welcome.server.enabled_codecs;
        let primary = welcome::subscriber_primary(&client, &joined.you);
        let mut session = Self {
            legs: Legs::new(client.connections, enabled, primary),
            me: joined.you.clone(),
            roster: Roster::default(),
            publishing: Publishing::new(enabled),
            subscribing: Subscribing::default(),
            data: Data::default(),
            data_tracks: DataTracks::default(),
            blobs: Blobs::new(welcome.server.data_blobs),
            own: OwnChanges::default(),
            simulation: Simulation::default(),
            refresh_at: now.instant,
            is_over: false,
            out: Outputs::default(),
            client,
        };
        session.out.send(welcome::join(&session.client, welcome, joined));
        session.roster.start(joined.others.iter().chain([&joined.you]).cloned());
        session.refresh(now.instant);
        session.legs.open_subscriber(&session.client, &mut session.out);
        session.listen_to(first, now);
        session
    }

    /// Goes on over a new connection. What the old one was still to be told is forgotten.
    pub(crate) fn resume(&mut self, client: Client, welcome: &Welcome, resumed: Resumed, first: FirstWords, now: Now) {
        self.out = Outputs::default();
        self.is_over = false;
        let is_same =
            client.connections == self.client.connections && self.legs.all().all(|leg| resumed.legs.contains(&leg));
        if !is_same {
            return self.reject();
        }
        match std::mem::take(&mut self.simulation.on_resume) {
            OnResume::Works => {}
            OnResume::ClosesAtOnce => return self.end(Ending::MayResume),
            OnResume::ClosesLater => {
                self.out.send(welcome::reconnect(&client, welcome, resumed.last_sequence));
                return self.end(Ending::MayResume);
            }
        }
        self.client = client;
        // Clients discard whatever comes before this message.
        self.out.send(welcome::reconnect(&self.client, welcome, resumed.last_sequence));
        self.tell_all_again(&resumed);
        self.refresh(now.instant);
        if let Some(leg) = self.legs.offered_by_us() {
            self.out.leg(leg, LegCommand::RestartIce);
        }
        self.listen_to(first, now);
    }

    /// Something that the client asks.
    #[expect(deprecated, reason = "old clients still send `update_layers`")]
    pub(crate) fn handle_request(&mut self, request: Request, now: Now) {
        if self.is_over {
            return;
        }
        match request {
            Request::Offer(_) | Request::Answer(_) | Request::Trickle(_) => self.negotiate(request),
            Request::AddTrack(request) => self.publishing.add(request, self.legs.ingress(), &mut self.out),
            Request::Mute(request) => self.publishing.mute(request, &mut self.out),
            Request::UpdateAudioTrack(request) => self.publishing.update_audio(request, &mut self.out),
            Request::UpdateVideoTrack(request) => self.publishing.update_video(request, &mut self.out),
            Request::Subscription(request) => self.subscribing.subscribe(request, &self.roster, &mut self.out),
            Request::TrackSetting(settings) => subscribing::set_view(&settings, &mut self.out),
            Request::SubscriptionPermission(permission) => subscribing::allow(permission, &mut self.out),
            Request::UpdateMetadata(request) => self.own.ask(request, &mut self.out),
            Request::SyncState(state) => self.sync(state),
            Request::Simulate(scenario) => self.simulate(&scenario, now.instant),
            Request::Leave(_) => self.give_up(DisconnectReason::ClientInitiated),
            Request::Ping(_) => self.out.send(Message::Pong(milliseconds(now.unix))),
            Request::PingReq(ping) => self.out.send(Message::PongResp(proto::Pong {
                last_ping_timestamp: ping.timestamp,
                timestamp: milliseconds(now.unix),
            })),
            Request::PublishDataTrackRequest(request) => self.data_tracks.publish(request, &mut self.out),
            Request::UnpublishDataTrackRequest(request) => DataTracks::unpublish(request, &mut self.out),
            Request::UpdateDataSubscription(request) => DataTracks::subscribe(&request, &mut self.out),
            Request::StoreDataBlobRequest(request) => self.blobs.store(request, &mut self.out),
            Request::GetDataBlobRequest(request) => self.blobs.get(request, &mut self.out),
            // Obsolete: clients do not wait for an answer.
            Request::UpdateLayers(_) => {}
        }
    }

    /// Something that the house says.
    pub(crate) fn handle_event(&mut self, event: SessionEvent, now: Now) {
        match event {
            _ if self.is_over => {}
            SessionEvent::Room(event) => self.handle_room(event, now.instant),
            SessionEvent::Leg(leg, event) if self.legs.owns(leg) => self.handle_leg(leg, event),
            SessionEvent::Leg(..) => {}
        }
    }

    /// A leg that was asked for has been made.
    pub(crate) fn leg_opened(&mut self, role: LegRole, leg: LegId) {
        self.legs.opened(role, leg, &mut self.out);
    }

    /// Time has passed.
    pub(crate) fn wake(&mut self, now: Instant) {
        if self.is_over {
            return;
        }
        if self.roster.flush_at().is_some_and(|at| at <= now) {
            self.roster.flush(&mut self.out);
        }
        if self.refresh_at <= now {
            self.refresh(now);
        }
        let sid = || participant_sid(self.me.id);
        self.simulation.wake(now, sid, &mut self.out);
    }

    /// When to be woken at the latest.
    pub(crate) fn next_wake(&self) -> Instant {
        let others = [self.roster.flush_at(), self.simulation.wake_at()];
        others.into_iter().flatten().fold(self.refresh_at, Instant::min)
    }

    /// What is to be done next.
    pub(crate) fn poll(&mut self) -> Option<Output> {
        self.out.pop()
    }

    /// The participant as he is now.
    pub(crate) const fn me(&self) -> &Arc<Participant> {
        &self.me
    }

    /// The signaling connection has ended without a word.
    pub(crate) fn connection_lost(&mut self) {
        self.own.forget();
        self.blobs.forget();
    }

    fn handle_room(&mut self, event: Event, now: Instant) {
        match event {
            Event::Participant { who, urgent } => self.update(who, urgent, now),
            Event::Room(now) => self.out.send(room_update(&now)),
            Event::TrackAdded { tag, track } => {
                self.publishing.added(&tag, &track, self.legs.ingress(), &mut self.out);
            }
            Event::TrackQueued { tag } => self.publishing.queued(&tag, &mut self.out),
            Event::CommandRefused { tag, why } => self.refused(&tag, why),
            Event::CommandDone { tag } => {
                self.own.answered(&tag, None, self.client.protocol(), &mut self.out);
                self.blobs.stored(&tag, &mut self.out);
            }
            Event::TrackUnpublished(track) => self.publishing.unpublished(track, &mut self.out),
            Event::TrackSubscribed(track) => self.publishing.subscribed(track, &mut self.out),
            Event::BackupWanted(track) => self.publishing.backup_wanted(track, &mut self.out),
            Event::BackupStarted { track, backup } => self.publishing.backup_started(track, backup),
            Event::StandsIn { backup, track } => self.roster.stands_in(backup, track),
            Event::Demand(track, demand) => self.publishing.demand(track, demand, &mut self.out),
            Event::MuteAsked { track, muted } => self.publishing.mute_asked(track, muted, &mut self.out),
            Event::SubscriptionRefused { track, why } => {
                self.subscribing.refused(track, why, &self.roster, &mut self.out);
            }
            Event::SubscriptionAllowed { publisher, track, allowed } => {
                subscribing::allowed(publisher, track, allowed, &self.roster, &mut self.out);
            }
            Event::StreamState { publisher, track, paused } => {
                subscribing::stream_state(publisher, track, paused, &self.roster, &mut self.out);
            }
            Event::Speakers(levels) => self.out.send(notices::speakers(&levels)),
            Event::ConnectionQuality(changes) => self.out.send(notices::connection_quality(&changes)),
            Event::Message(message) => self.data.deliver(&message, self.legs.to_client(), &mut self.out),
            Event::DataTrackAdded(track) => self.data_tracks.added(&track, &mut self.out),
            Event::DataTrackRefused { handle, why } => self.data_tracks.refused(handle, why, &mut self.out),
            Event::DataTrackEnded(track) => DataTracks::ended(&track, &mut self.out),
            Event::DataSubscribed { publisher, track } => {
                // A number of a track that the client has not heard of would mean nothing to it.
                self.roster.flush(&mut self.out);
                self.data_tracks.subscribed(&publisher, track, &mut self.out);
            }
            Event::DataUnsubscribed(track) => self.data_tracks.unsubscribed(track, &mut self.out),
            Event::Frame { track, packet } => {
                self.data_tracks.deliver(track, &packet, self.legs.to_client(), &mut self.out);
            }
            Event::Blob { tag, contents } => self.blobs.found(&tag, &contents, &mut self.out),
            Event::GrantsChanged(me) => {
                self.learn(me);
                self.refresh(now);
            }
            Event::Disconnected(reason) => {
                self.out.send(goodbye(reason));
                self.end(Ending::Left);
            }
            Event::Superseded(_) => self.end(Ending::Replaced),
            // The first words of a session; the shell has taken them in already.
            Event::Joined(_) | Event::Resumed { .. } | Event::Refused(_) => {}
        }
    }

    fn handle_leg(&mut self, leg: LegId, event: LegEvent) {
        match event {
            LegEvent::Answer { sdp, exchange, sections, subscriptions } => {
                self.roster.flush(&mut self.out);
                let named = self.names_media_in_answers().then_some(subscriptions);
                self.out.send(negotiation::answer(sdp, exchange, &named.unwrap_or_default(), &self.roster));
                self.publishing.negotiated(leg, sections, &mut self.out);
            }
            LegEvent::Offer { sdp, exchange, subscriptions } => {
                // Media of somebody whom the client does not know would be dropped by it.
                self.roster.flush(&mut self.out);
                self.out.send(negotiation::offer(sdp, exchange, &subscriptions, &self.roster));
            }
            LegEvent::SectionsNeeded { audio, video } => {
                self.roster.flush(&mut self.out);
                self.out.send(negotiation::sections_needed(audio, video));
            }
            LegEvent::OfferRefused { why, .. } | LegEvent::NegotiationFailed(why) => {
                tracing::info!(participant.id = %self.me.id, why, "livekit: negotiation failed; the client is to join anew");
                self.reject();
            }
            LegEvent::Message { label, message, .. } => self.relay(&label, &message),
            LegEvent::ChannelOpen(label) if self.legs.to_client() == Some(leg) => {
                self.data.channel_open(&label, leg, &mut self.out);
            }
            LegEvent::ChannelOverflow(_) => {
                self.out.send(goodbye(DisconnectReason::TooSlow));
                self.give_up(DisconnectReason::TooSlow);
            }
            LegEvent::Closed(why) => self.leg_closed(leg, why),
            // The room's business.
            LegEvent::ChannelOpen(_) | LegEvent::Connected | LegEvent::Disconnected | LegEvent::Quality { .. } => {}
        }
    }

    fn negotiate(&mut self, request: Request) {
        match request {
            Request::Offer(offer) => {
                let command = negotiation::accept_offer(offer, self.publishing.preferences());
                self.legs.tell_publisher(command, &self.client, &mut self.out);
            }
            Request::Answer(answer) => self.legs.tell_subscriber(negotiation::accept_answer(answer), &mut self.out),
            Request::Trickle(trickle) => {
                let is_for_subscriber = legs::is_for_subscriber(self.legs.connections(), trickle.target);
                match negotiation::add_candidate(&trickle) {
                    None => {}
                    Some(command) if is_for_subscriber => self.legs.tell_subscriber(command, &mut self.out),
                    Some(command) => self.legs.tell_publisher(command, &self.client, &mut self.out),
                }
            }
            _ => {}
        }
    }

    fn names_media_in_answers(&self) -> bool {
        self.legs.connections() == Connections::Single
    }

    /// What came with the request for the connection, as if it had come over it.
    fn listen_to(&mut self, first: FirstWords, now: Now) {
        let tracks = first.add_tracks.into_iter().map(Request::AddTrack);
        let rest = first.sync_state.map(Request::SyncState).into_iter().chain(first.offer.map(Request::Offer));
        for request in tracks.chain(rest) {
            self.handle_request(request, now);
        }
    }

    fn tell_all_again(&mut self, resumed: &Resumed) {
        let now = &resumed.now;
        let people = now.others.iter().chain([&now.you]);
        self.roster.start(people.clone().cloned());
        roster::send(resumed.left.iter().chain(people).map(|who| participant_info(who)), &mut self.out);
        self.out.send(room_update(&now.room));
        self.me = now.you.clone();
        self.publishing.resume(&now.you, &mut self.out);
        self.data_tracks.resume(&mut self.out);
    }

    fn sync(&mut self, state: proto::SyncState) {
        let sids = state.publish_tracks.iter().filter_map(|published| published.track.as_ref());
        if sids.clone().any(|track| !self.publishing.knows(&track.sid)) {
            return self.reject();
        }
        if let Some(subscription) = state.subscription {
            self.subscribing.subscribe(subscription, &self.roster, &mut self.out);
        }
        if let Some(subscription) = state.data_subscription {
            DataTracks::subscribe(&subscription, &mut self.out);
        }
        subscribing::hide(&state.track_sids_disabled, &mut self.out);
    }

    fn simulate(&mut self, scenario: &proto::SimulateScenario, now: Instant) {
        let Some(scenario) = &scenario.scenario else { return };
        let sid = participant_sid(self.me.id);
        if let Some(ending) = self.simulation.begin(scenario, sid, now, &self.client, &self.legs, &mut self.out) {
            self.end(ending);
        }
    }

    fn update(&mut self, who: Arc<Participant>, urgent: bool, now: Instant) {
        if who.id == self.me.id {
            self.learn(who.clone());
        }
        self.roster.update(now, who, urgent, &mut self.out);
    }

    fn learn(&mut self, me: Arc<Participant>) {
        if me.version >= self.me.version {
            self.publishing.learn(&me);
            self.me = me;
        }
    }

    fn refused(&mut self, tag: &str, why: Refusal) {
        self.own.answered(tag, Some(why), self.client.protocol(), &mut self.out);
        self.blobs.refused(tag, why, &mut self.out);
        self.publishing.refused(tag, why, &mut self.out);
    }

    fn relay(&mut self, label: &str, message: &[u8]) {
        let command = if label == data::DATA_TRACK {
            data_tracks::receive(message)
        } else {
            data::receive(label, message, &self.me, &mut self.out)
        };
        if let Some(command) = command {
            self.out.tell(command);
        }
    }

    /// The client has to make all its connections anew: one of them cannot be repaired. What the room makes of a
    /// primary one comes as an event of its own.
    fn leg_closed(&mut self, leg: LegId, why: CloseReason) {
        match why {
            CloseReason::Asked | CloseReason::Remote => {}
            CloseReason::TimedOut | CloseReason::Protocol | CloseReason::Fault => {
                tracing::info!(participant.id = %self.me.id, leg.id = leg.0, ?why, "livekit: a connection is gone");
                self.out.send(goodbye(DisconnectReason::ConnectionTimeout));
                self.give_up(DisconnectReason::ConnectionTimeout);
            }
        }
    }

    fn refresh(&mut self, now: Instant) {
        self.refresh_at = now + REFRESH_INTERVAL;
        self.out.push(Output::RefreshToken);
    }

    /// Client and server do not agree any more.
    fn reject(&mut self) {
        self.out.send(join_anew());
        self.give_up(DisconnectReason::StateMismatch);
    }

    fn give_up(&mut self, reason: DisconnectReason) {
        self.out.tell(ParticipantCommand::Leave(reason));
        self.end(Ending::Left);
    }

    fn end(&mut self, ending: Ending) {
        self.is_over = true;
        self.out.push(Output::Close(ending));
    }
}

/// Whom a `sid` of a client that wants to resume means.
pub(crate) fn resumed_participant(sid: &str) -> Option<ParticipantId> {
    crate::wire::ids::participant_id(sid)
}

fn room_update(now: &moim_room::Room) -> Message {
    Message::RoomUpdate(proto::RoomUpdate { room: Some(room(now)) })
}

/// Milliseconds, as JavaScript can hold them.
fn milliseconds(unix: Duration) -> i64 {
    i64::try_from(unix.as_millis()).unwrap_or(i64::MAX)
}

/// A client that is away for as long as its token lasts cannot come back.
const REFRESH_INTERVAL: Duration = Duration::from_secs(5 * 60);

#[cfg(test)]
mod tests;
