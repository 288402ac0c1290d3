//! One signaling connection from its first message to its last, and the time after a loss in which another may take
//! its session over.
//!
//! | close code | why |
//! |---|---|
//! | 1000 | the stay ended, or goes on over another connection |
//! | 1008 | too many messages for too long, one that is too long, or messages that are not read |

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::ws::{Message as Frame, WebSocket};
use bytes::Bytes;
use futures_util::StreamExt as _;
use futures_util::stream::SplitStream;
use livekit_protocol::signal_request::Message as Request;
use livekit_protocol::signal_response::Message;
use moim_net::rooms::{Gone, LegOptions, SessionEvents};
use moim_room::{Command, DisconnectReason, Identity, Joined, ParticipantCommand, RoomName};
use moim_types::{Now, ParticipantId, SessionId};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::{MissedTickBehavior, interval, timeout};

use super::Shared;
use super::admission::Guest;
use super::frame::{self, Format, Received};
use super::handover::Wish;
use super::outbox::{NotQueued, Outbox};
use super::pace::Pace;
use super::refresh::Credentials;
use crate::session::{Ending, Output, Resumed, Session, Welcome, goodbye, join_anew};
use crate::stats::{Closing, Refusal};
use crate::token::unix_now;

/// A connection to be served.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) guest: Guest,
    pub(crate) welcome: Welcome,
    pub(crate) number: SessionId,
    pub(crate) events: SessionEvents,
    pub(crate) first: First,
}

/// What the rooms said first.
#[derive(Debug)]
pub(crate) enum First {
    /// In.
    Joined(Box<Joined>),
    /// In again.
    Resumed(Resumed),
    /// The stay that was to go on is not there.
    Refused,
    /// There is no place left in the room.
    RoomFull,
}

/// How a connection ended.
#[derive(Debug)]
enum End {
    /// The session said so.
    Session(Ending),
    /// The connection did.
    Connection(Closing),
    /// Somebody wants the session.
    Wanted(Wish),
}

/// A session and what it needs to get things done.
struct Conversation {
    shared: Arc<Shared>,
    number: SessionId,
    events: SessionEvents,
    session: Box<Session>,
    credentials: Credentials,
    who: (RoomName, Identity),
    /// None once the connection has ended.
    outbox: Option<Outbox>,
    format: Format,
}

/// Serves a connection to its end.
pub(crate) async fn run(shared: Arc<Shared>, socket: WebSocket, entry: Entry) {
    let (sink, mut frames) = socket.split();
    let (outbox, writing) = Outbox::new(sink, &shared.bounds);
    let writer = tokio::spawn(writing);
    let (mut conversation, participant) = match begin(&shared, entry).await {
        Ok(begun) => begun,
        Err((why, message)) => {
            shared.counters.refused(why);
            // The queue is empty and the connection new.
            let _ = outbox.send(frame::encode(message, Format::default()));
            return part(outbox, frames, writer, Closing::Left).await;
        }
    };
    conversation.outbox = Some(outbox);
    let mut wishes = shared.handovers.hold(participant, conversation.number);
    let end = conversation.converse(&mut frames, &mut wishes).await;
    let closing = end.closing();
    shared.counters.closed(closing);
    tracing::info!(participant.id = %participant, how = closing.name(), "livekit: a signaling connection ended");
    let goodbye = conversation.outbox.take().map(|outbox| part(outbox, frames, writer, closing));
    let after = conversation.after(end, wishes);
    tokio::join!(
        async {
            if let Some(goodbye) = goodbye {
                goodbye.await
            }
        },
        after
    );
}

/// Makes the session, or gets it from the connection before. Where there is none to be had: why, and what the client
/// is told.
async fn begin(shared: &Arc<Shared>, entry: Entry) -> Result<(Conversation, ParticipantId), (Refusal, Message)> {
    let Entry { guest, welcome, number, events, first } = entry;
    let who = (guest.room.clone(), guest.identity.clone());
    let credentials = Credentials::new(guest.grants, unix_now());
    let (client, words) = (guest.knock.client, guest.knock.first);
    let sdk = client.info.sdk().as_str_name();
    let (session, participant) = match first {
        First::Joined(joined) => {
            let participant = joined.you.id;
            tracing::info!(
                room.id = %joined.room.id, participant.id = %participant, sdk, protocol = client.protocol(),
                connections = ?client.connections, "livekit: joined"
            );
            shared.counters.joined();
            (Box::new(Session::join(client, &welcome, &joined, words, now())), participant)
        }
        First::Resumed(resumed) => {
            let participant = resumed.now.you.id;
            let Some(mut session) = take_over(shared, &resumed, number).await else {
                return Err((Refusal::Resume, join_anew()));
            };
            tracing::info!(participant.id = %participant, sdk, "livekit: resumed");
            shared.counters.resumed();
            session.resume(client, &welcome, resumed, words, now());
            (session, participant)
        }
        First::Refused => return Err((Refusal::Resume, join_anew())),
        First::RoomFull => return Err((Refusal::Room, goodbye(DisconnectReason::JoinFailure))),
    };
    let shared = shared.clone();
    let format = Format::default();
    Ok((Conversation { shared, number, events, session, credentials, who, outbox: None, format }, participant))
}

/// Gets the session of a stay that goes on, and the events of its legs. Where nobody has it, the stay ends: its client
/// could not know what the server knows.
async fn take_over(shared: &Shared, resumed: &Resumed, number: SessionId) -> Option<Box<Session>> {
    let participant = resumed.now.you.id;
    for leg in &resumed.legs {
        shared.rooms.move_leg(*leg, number).await.ok()?;
    }
    let session = shared.handovers.take(participant).await;
    if session.is_none() {
        let leave = ParticipantCommand::Leave(DisconnectReason::StateMismatch);
        shared.rooms.tell(Command::Participant(participant, leave)).await.ok()?;
    }
    session
}

impl Conversation {
    /// Reads and writes until one side ends it.
    async fn converse(&mut self, frames: &mut SplitStream<WebSocket>, wishes: &mut mpsc::Receiver<Wish>) -> End {
        let mut pace = Pace::new(&self.shared.bounds, Instant::now());
        let mut ticks = interval(PING_INTERVAL);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut heard_at = Instant::now();
        loop {
            if let Some(end) = self.carry_out().await {
                return end;
            }
            let at = Instant::now();
            if pace.is_flood(at) {
                return End::Connection(Closing::Misuse);
            }
            let pause = pace.pause(at);
            // Who does not read what he is told is told no more, and gets no answers.
            let has_room = self.outbox.as_ref().is_none_or(Outbox::has_room);
            let wake = self.session.next_wake();
            tokio::select! {
                Some(wish) = wishes.recv() => return End::Wanted(wish),
                room = room(self.outbox.as_ref()), if !has_room => match room {
                    Ok(()) => {}
                    Err(why) => return why.into(),
                },
                event = self.events.recv(), if has_room => match event {
                    Some(event) => self.session.handle_event(event, now()),
                    // The rooms have ended it, for reading too slowly or because they end themselves.
                    None => return End::Connection(Closing::SlowReader),
                },
                frame = frames.next(), if has_room && pause.is_none() => {
                    heard_at = Instant::now();
                    match frame {
                        Some(Ok(frame)) => {
                            let cost = self.take(&frame);
                            pace.spend(heard_at, cost);
                        }
                        // One that is too long, or no frame at all.
                        Some(Err(_)) => return End::Connection(Closing::Misuse),
                        None => return End::Connection(Closing::Lost),
                    }
                }
                () = sleep_until(pause) => {}
                () = sleep_until(Some(wake)) => self.session.wake(Instant::now()),
                _ = ticks.tick() => {
                    if heard_at.elapsed() > SILENCE {
                        return End::Connection(Closing::Lost);
                    }
                    if let Some(end) = self.queue(Frame::Ping(Bytes::new())) {
                        return end;
                    }
                }
            }
        }
    }

    /// Takes in a message, and says what it costs.
    fn take(&mut self, frame: &Frame) -> u32 {
        let received = frame::decode(frame);
        let cost = cost(frame, &received);
        match received {
            Received::Request(request, format) => {
                self.format = format;
                self.shared.counters.received();
                self.session.handle_request(*request, now());
            }
            Received::Nothing => {}
            Received::Broken => tracing::debug!(session.id = self.number.0, "livekit: a message cannot be read"),
        }
        cost
    }

    /// Does what the session wants, until it wants nothing more.
    async fn carry_out(&mut self) -> Option<End> {
        while let Some(output) = self.session.poll() {
            let done = match output {
                Output::Close(ending) => return Some(End::Session(ending)),
                Output::Send(message) => Ok(self.send(*message)),
                Output::RefreshToken => Ok(self.refresh()),
                Output::Tell(command) => {
                    let command = Command::Participant(self.session.me().id, command);
                    self.shared.rooms.tell(command).await.map(|()| None)
                }
                Output::Call(number, progress) => {
                    self.shared.calls.answered(self.session.me().id, &number, progress);
                    Ok(None)
                }
                Output::AvoidUdp(avoids) => {
                    self.shared.detours.note(self.who.clone(), avoids, Instant::now());
                    Ok(None)
                }
                Output::Leg(leg, command) => self.shared.rooms.leg(leg, command).await.map(|()| None),
                Output::OpenLeg(role, config) => {
                    let options = LegOptions { session: self.number, config: *config };
                    let opened = self.shared.rooms.open_leg(options).await;
                    opened.map(|leg| {
                        self.session.leg_opened(role, leg);
                        None
                    })
                }
            };
            match done {
                Ok(None) => {}
                Ok(Some(end)) => return Some(end),
                // The server stops, and everybody has been told.
                Err(Gone) => return Some(End::Session(Ending::Left)),
            }
        }
        None
    }

    fn send(&self, message: Message) -> Option<End> {
        if self.outbox.is_some() {
            self.shared.counters.sent();
        }
        self.queue(frame::encode(message, self.format))
    }

    fn queue(&self, frame: Frame) -> Option<End> {
        self.outbox.as_ref()?.send(frame).err().map(End::from)
    }

    fn refresh(&self) -> Option<End> {
        match self.credentials.refresh(&self.shared.authority, self.session.me(), unix_now()) {
            Ok(token) => self.send(Message::RefreshToken(token)),
            Err(error) => {
                tracing::warn!(%error, "livekit: a token cannot be renewed");
                None
            }
        }
    }

    /// After the connection: the session waits for another, or ends.
    async fn after(mut self, end: End, mut wishes: mpsc::Receiver<Wish>) {
        let participant = self.session.me().id;
        let (shared, number) = (self.shared.clone(), self.number);
        match end {
            End::Session(Ending::Left) => {}
            End::Wanted(wish) => self.hand_over(wish).await,
            End::Session(Ending::Replaced) => self.linger(&mut wishes).await,
            End::Session(Ending::MayResume) | End::Connection(_) => {
                self.session.connection_lost();
                // While the server stops there is nobody to tell.
                if shared.rooms.tell(Command::SessionLost(number)).await.is_ok() {
                    self.linger(&mut wishes).await;
                }
            }
        }
        shared.handovers.release(participant, number);
    }

    /// Keeps the session, and lets go on what does not need the connection, until another takes it or it is too late.
    async fn linger(mut self, wishes: &mut mpsc::Receiver<Wish>) {
        let until = tokio::time::Instant::now() + RESUME_WITHIN;
        let mut hears = true;
        loop {
            if matches!(self.carry_out().await, Some(End::Session(Ending::Left))) {
                return;
            }
            tokio::select! {
                Some(wish) = wishes.recv() => return self.hand_over(wish).await,
                event = self.events.recv(), if hears => match event {
                    Some(event) => self.session.handle_event(event, now()),
                    None => hears = false,
                },
                () = tokio::time::sleep_until(until) => return,
            }
        }
    }

    /// Gives the session away, with everything that has happened to it.
    async fn hand_over(mut self, wish: Wish) {
        self.outbox = None;
        while let Ok(event) = self.events.try_recv() {
            self.session.handle_event(event, now());
        }
        if matches!(self.carry_out().await, Some(End::Session(Ending::Left))) {
            return;
        }
        if wish.send(self.session).is_err() {
            tracing::debug!(session.id = self.number.0, "livekit: a session was wanted by a connection that is gone");
        }
    }
}

impl From<NotQueued> for End {
    fn from(why: NotQueued) -> Self {
        match why {
            NotQueued::Full => Self::Connection(Closing::SlowReader),
            NotQueued::Closed => Self::Connection(Closing::Lost),
        }
    }
}

impl End {
    const fn closing(&self) -> Closing {
        match self {
            Self::Session(Ending::Left) => Closing::Left,
            Self::Session(Ending::MayResume) => Closing::Lost,
            Self::Session(Ending::Replaced) | Self::Wanted(_) => Closing::Replaced,
            Self::Connection(closing) => *closing,
        }
    }
}

/// Writes what is queued and says goodbye; waits a little for the other side's, so that what was sent before is not lost
/// by a reset.
async fn part(outbox: Outbox, mut frames: SplitStream<WebSocket>, writer: JoinHandle<()>, closing: Closing) {
    let (code, reason) = match closing {
        Closing::Left | Closing::Lost | Closing::Replaced => (1000, ""),
        Closing::Misuse => (1008, "too many messages for too long, or one that is too long"),
        Closing::SlowReader => (1008, "messages are not read"),
    };
    outbox.close(code, reason);
    let farewell = async {
        // It ends by itself after the goodbye; whether that was heard or not, this was the last thing to be done.
        let _ = writer.await;
        while let Some(Ok(_)) = frames.next().await {}
    };
    let _ = timeout(FAREWELL, farewell).await;
}

/// What a message costs of its sender's credit: reading it, and what follows from it.
fn cost(frame: &Frame, received: &Received) -> u32 {
    let work = match received {
        Received::Request(request, _) if is_negotiation(request) => NEGOTIATION_COST,
        Received::Request(..) | Received::Nothing => 1,
        Received::Broken => BROKEN_COST,
    };
    u32::try_from(frame::length(frame) / 1024).unwrap_or(u32::MAX).saturating_add(work)
}

const fn is_negotiation(request: &Request) -> bool {
    matches!(request, Request::Offer(_) | Request::Answer(_))
}

/// Never comes where nothing is to be waited for.
async fn sleep_until(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at.into()).await,
        None => std::future::pending().await,
    }
}

async fn room(outbox: Option<&Outbox>) -> Result<(), NotQueued> {
    match outbox {
        Some(outbox) => outbox.room().await,
        None => Ok(()),
    }
}

fn now() -> Now {
    Now { instant: Instant::now(), unix: unix_now() }
}

/// An offer is read twice and answered with a text as long as itself.
const NEGOTIATION_COST: u32 = 40;
/// No client of this protocol sends such.
const BROKEN_COST: u32 = 40;
const PING_INTERVAL: Duration = Duration::from_secs(10);
/// Clients say something every five seconds, and answer pings.
const SILENCE: Duration = Duration::from_secs(30);
const FAREWELL: Duration = Duration::from_secs(2);
/// Longer than any client tries, and than the rooms keep a place.
const RESUME_WITHIN: Duration = Duration::from_secs(90);
