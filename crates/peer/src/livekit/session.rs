//! One session: the task between the server's words, the two connections and the program.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use livekit_protocol::{
    DataPacket, DisconnectReason, JoinResponse, LeaveRequest, ParticipantInfo, Ping, SessionDescription, SignalTarget,
    TrickleRequest, leave_request, participant_info, request_response, signal_request, signal_response,
};
use tokio::sync::{mpsc, oneshot};
use tokio::time::MissedTickBehavior;

use super::data::{Incoming, Outgoing};
use super::error::RoomError;
use super::event::{Disconnected, RoomEvent, SubscribedTrack, Transport};
use super::options::PublishOptions;
use super::publishing::{Publishing, Reply};
use super::signal::Signal;
use crate::{Connection, Event, Events, PeerConnection, Track};

/// Something that the program wants.
pub(super) enum Command {
    Publish(PublishOptions, Reply),
    Negotiate,
    Send { packet: Box<DataPacket>, reliable: bool, reply: oneshot::Sender<Result<(), RoomError>> },
    Request(Box<signal_request::Message>),
    Leave(oneshot::Sender<()>),
}

pub(super) struct Session {
    signal: Signal,
    publisher: (PeerConnection, Events),
    subscriber: (PeerConnection, Events),
    publishing: Publishing,
    outgoing: Outgoing,
    incoming: Incoming,
    commands: mpsc::Receiver<Command>,
    events: mpsc::Sender<RoomEvent>,
    others: Vec<ParticipantInfo>,
    heard: Instant,
    ping_interval: Duration,
    ping_timeout: Duration,
    publishes_first: bool,
}

enum Flow {
    Go,
    End(Disconnected),
}

impl Session {
    pub(super) fn new(
        signal: Signal,
        joined: &JoinResponse,
        publisher: (PeerConnection, Events),
        subscriber: (PeerConnection, Events),
        commands: mpsc::Receiver<Command>,
        events: mpsc::Sender<RoomEvent>,
    ) -> Self {
        let seconds = |given: i32, usual: u64| u64::try_from(given).ok().filter(|given| *given > 0).unwrap_or(usual);
        Self {
            signal,
            publishing: Publishing::new(publisher.0.clone()),
            outgoing: Outgoing::new(publisher.0.clone()),
            incoming: Incoming::default(),
            publisher,
            subscriber,
            commands,
            events,
            others: joined.other_participants.clone(),
            heard: Instant::now(),
            ping_interval: Duration::from_secs(seconds(joined.ping_interval, 5)),
            ping_timeout: Duration::from_secs(seconds(joined.ping_timeout, 15)),
            publishes_first: !joined.subscriber_primary,
        }
    }

    pub(super) async fn run(mut self) {
        let why = match self.live().await {
            Ok(why) => why,
            Err(error) => Disconnected::Lost(error.to_string()),
        };
        self.signal.close().await;
        self.publisher.0.close().await;
        self.subscriber.0.close().await;
        // Nobody may be listening any more.
        let _ = self.events.try_send(RoomEvent::Disconnected(why));
    }

    async fn live(&mut self) -> Result<Disconnected, RoomError> {
        for participant in std::mem::take(&mut self.others) {
            self.tell(RoomEvent::Participant(Box::new(participant)))?;
        }
        if self.publishes_first {
            self.negotiate().await?;
        }
        let mut ping = tokio::time::interval(self.ping_interval);
        ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let flow = tokio::select! {
                message = self.signal.next() => match message? {
                    Some(message) => self.heard(message).await?,
                    None => Flow::End(Disconnected::Lost("the server closed the session".to_owned())),
                },
                command = self.commands.recv() => self.obey(command).await?,
                event = self.publisher.1.next() => self.publisher_event(event).await?,
                event = self.subscriber.1.next() => self.subscriber_event(event)?,
                _ = ping.tick() => self.ping().await?,
            };
            if let Flow::End(why) = flow {
                return Ok(why);
            }
        }
    }

    async fn heard(&mut self, message: signal_response::Message) -> Result<Flow, RoomError> {
        self.heard = Instant::now();
        match message {
            signal_response::Message::Offer(offer) => self.answer(offer).await?,
            signal_response::Message::Answer(answer) => {
                let next = self.publishing.answered(answer).await?;
                self.say(next).await?;
            }
            signal_response::Message::Trickle(trickle) => self.trickled(&trickle).await?,
            signal_response::Message::TrackPublished(taken) => {
                let next = self.publishing.taken(&taken.cid, taken.track.unwrap_or_default()).await?;
                self.say(next).await?;
            }
            signal_response::Message::Update(update) => {
                for participant in update.participants {
                    self.tell(participant_event(participant))?;
                }
            }
            signal_response::Message::SpeakersChanged(changed) => self.tell(RoomEvent::Speakers(changed.speakers))?,
            signal_response::Message::Leave(leave) => {
                return Ok(Flow::End(Disconnected::ByServer(reason_of(&leave))));
            }
            signal_response::Message::RequestResponse(response) => {
                if let Some(request_response::Request::AddTrack(track)) = &response.request {
                    let reason = format!("{:?} {}", response.reason(), response.message);
                    self.publishing.refused(&track.cid, reason);
                }
                self.tell(RoomEvent::Signal(Box::new(signal_response::Message::RequestResponse(response))))?;
            }
            signal_response::Message::Pong(_) | signal_response::Message::PongResp(_) => {}
            other => self.tell(RoomEvent::Signal(Box::new(other)))?,
        }
        Ok(Flow::Go)
    }

    async fn obey(&mut self, command: Option<Command>) -> Result<Flow, RoomError> {
        match command {
            Some(Command::Publish(options, reply)) => {
                let request = self.publishing.add(options, reply)?;
                self.signal.send(request).await?;
            }
            Some(Command::Negotiate) => self.negotiate().await?,
            Some(Command::Send { packet, reliable, reply }) => {
                let sent = self.outgoing.send(*packet, reliable).await;
                // Whoever asked may have gone.
                let _ = reply.send(sent);
                self.negotiate().await?;
            }
            Some(Command::Request(message)) => self.signal.send(*message).await?,
            Some(Command::Leave(reply)) => {
                self.leave().await?;
                let _ = reply.send(());
                return Ok(Flow::End(Disconnected::Left));
            }
            None => {
                self.leave().await?;
                return Ok(Flow::End(Disconnected::Left));
            }
        }
        Ok(Flow::Go)
    }

    async fn publisher_event(&mut self, event: Option<Event>) -> Result<Flow, RoomError> {
        match event {
            Some(Event::ConnectionState(state)) => self.tell(RoomEvent::Connection(Transport::Publisher, state))?,
            Some(Event::ChannelOpen { channel, .. }) => self.outgoing.opened(channel).await?,
            Some(_) => {}
            None => return Ok(Flow::End(Disconnected::Lost("the publisher's connection is closed".to_owned()))),
        }
        Ok(Flow::Go)
    }

    fn subscriber_event(&mut self, event: Option<Event>) -> Result<Flow, RoomError> {
        match event {
            Some(Event::ConnectionState(state)) => self.tell(RoomEvent::Connection(Transport::Subscriber, state))?,
            Some(Event::ChannelOpen { channel, label }) => self.incoming.opened(channel, label),
            Some(Event::Message(message)) => {
                if let Some(data) = self.incoming.read(&message) {
                    self.tell(RoomEvent::Data(data))?;
                }
            }
            Some(Event::Track(track)) => self.tell(RoomEvent::TrackSubscribed(subscribed(track)))?,
            Some(Event::TrackEnded(transceiver)) => self.tell(RoomEvent::TrackUnsubscribed(transceiver))?,
            Some(_) => {}
            None => return Ok(Flow::End(Disconnected::Lost("the subscriber's connection is closed".to_owned()))),
        }
        Ok(Flow::Go)
    }

    async fn ping(&mut self) -> Result<Flow, RoomError> {
        if self.heard.elapsed() > self.ping_timeout {
            return Ok(Flow::End(Disconnected::Lost("the server is silent".to_owned())));
        }
        self.outgoing.flush().await?;
        let unix = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
        let timestamp = i64::try_from(unix).unwrap_or_default();
        self.signal.send(signal_request::Message::PingReq(Ping { timestamp, rtt: 0 })).await?;
        Ok(Flow::Go)
    }

    async fn negotiate(&mut self) -> Result<(), RoomError> {
        let offer = self.publishing.negotiate().await?;
        self.say(offer).await
    }

    /// Answers the server's offer.
    async fn answer(&mut self, offer: SessionDescription) -> Result<(), RoomError> {
        let id = offer.id;
        let accept = move |connection: &mut Connection| {
            connection.set_remote_description(&crate::SessionDescription::offer(offer.sdp))?;
            let answer = connection.create_answer()?;
            connection.set_local_description(&answer)?;
            Ok::<_, crate::Error>(answer.sdp)
        };
        let sdp = self.subscriber.0.with(accept).await??;
        let answer = SessionDescription { r#type: "answer".to_owned(), sdp, id, ..SessionDescription::default() };
        self.signal.send(signal_request::Message::Answer(answer)).await
    }

    async fn trickled(&self, trickle: &TrickleRequest) -> Result<(), RoomError> {
        let candidate: serde_json::Value = serde_json::from_str(&trickle.candidate_init)
            .map_err(|error| RoomError::Protocol(format!("a candidate that is no JSON: {error}")))?;
        let candidate = candidate.get("candidate").and_then(serde_json::Value::as_str).unwrap_or_default();
        let connection = match trickle.target() {
            SignalTarget::Publisher => &self.publisher.0,
            SignalTarget::Subscriber => &self.subscriber.0,
        };
        // One that cannot be read is no reason to leave: others follow.
        if let Err(error) = connection.add_ice_candidate(candidate).await {
            tracing::debug!(%error, "a candidate is passed over");
        }
        Ok(())
    }

    async fn leave(&mut self) -> Result<(), RoomError> {
        let leave = LeaveRequest {
            reason: DisconnectReason::ClientInitiated as i32,
            action: leave_request::Action::Disconnect as i32,
            ..LeaveRequest::default()
        };
        self.signal.send(signal_request::Message::Leave(leave)).await
    }

    async fn say(&mut self, message: Option<signal_request::Message>) -> Result<(), RoomError> {
        match message {
            Some(message) => self.signal.send(message).await,
            None => Ok(()),
        }
    }

    /// A program that takes no events is not waited for: the session would go silent.
    fn tell(&self, event: RoomEvent) -> Result<(), RoomError> {
        match self.events.try_send(event) {
            Err(mpsc::error::TrySendError::Full(_)) => Err(RoomError::Signal("the program takes no events".to_owned())),
            Ok(()) | Err(mpsc::error::TrySendError::Closed(_)) => Ok(()),
        }
    }
}

pub(super) fn reason_of(leave: &LeaveRequest) -> String {
    leave.reason().as_str_name().to_owned()
}

fn participant_event(participant: ParticipantInfo) -> RoomEvent {
    if participant.state() == participant_info::State::Disconnected {
        RoomEvent::ParticipantLeft(Box::new(participant))
    } else {
        RoomEvent::Participant(Box::new(participant))
    }
}

/// The stream's name is `participant|track`, or `participant|stream` with the track beside it.
fn subscribed(track: Track) -> SubscribedTrack {
    let (participant, named) = track.stream.split_once('|').unwrap_or((&track.stream, ""));
    let sid = if named.starts_with("TR") { named } else { &track.track };
    SubscribedTrack {
        participant_sid: participant.to_owned(),
        track_sid: sid.to_owned(),
        kind: track.kind,
        transceiver: track.transceiver,
    }
}
