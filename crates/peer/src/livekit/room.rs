//! The handle of a room.

use bytes::Bytes;
use livekit_protocol::{
    JoinResponse, MuteTrackRequest, UpdateSubscription, UpdateTrackSettings, signal_request, signal_response,
};
use moim_types::Redacted;
use tokio::sync::{mpsc, oneshot};

use super::error::RoomError;
use super::event::RoomEvent;
use super::options::{PublishOptions, RoomOptions};
use super::publishing::Published;
use super::session::{Command, Session};
use super::signal::{Signal, address};
use super::{data, session, turn};
use crate::{Packets, PeerConnection};

/// A room that was joined. Clones are the same session; it is left when the last one is dropped.
#[derive(Debug, Clone)]
pub struct Room {
    joined: std::sync::Arc<JoinResponse>,
    commands: mpsc::Sender<Command>,
    publisher: PeerConnection,
    subscriber: PeerConnection,
}

/// What happens in a room, and what arrives from it.
#[derive(Debug)]
pub struct RoomEvents {
    events: mpsc::Receiver<RoomEvent>,
    packets: Option<Packets>,
}

impl RoomEvents {
    /// The next event; `None` after [`RoomEvent::Disconnected`].
    pub async fn next(&mut self) -> Option<RoomEvent> {
        self.events.recv().await
    }

    /// The packets that arrive; `None` when they go to a media side of one's own, or were taken.
    pub const fn take_packets(&mut self) -> Option<Packets> {
        self.packets.take()
    }
}

/// A program that does not take this many events loses its session.
const EVENT_QUEUE: usize = 1024;
const COMMAND_QUEUE: usize = 256;
const PACKET_QUEUE: usize = 2048;

impl Room {
    /// Joins the room that the token names.
    ///
    /// # Errors
    /// When the server cannot be reached or refuses.
    pub async fn connect(
        url: &str,
        token: &Redacted<String>,
        mut options: RoomOptions,
    ) -> Result<(Self, RoomEvents), RoomError> {
        let mut signal = Signal::open(&address(url, &options)?, token).await?;
        let joined = match signal.first().await? {
            signal_response::Message::Join(joined) => joined,
            signal_response::Message::Leave(leave) => {
                return Err(RoomError::Refused { status: 200, reason: session::reason_of(&leave) });
            }
            other => return Err(RoomError::Protocol(format!("{other:?} comes before the join response"))),
        };
        if options.relayed {
            options.connection.relay = Some(turn::server(&joined.ice_servers).await.ok_or(RoomError::NoTurn)?);
        }
        let publisher_media = options.publisher_media.take().unwrap_or_else(|| Packets::queue(1).0);
        let (subscriber_media, packets) = match options.subscriber_media.take() {
            Some(media) => (media, None),
            None => {
                let (media, packets) = Packets::queue(PACKET_QUEUE);
                (media, Some(packets))
            }
        };
        let publisher = options.fleet.open_with(options.connection.clone(), publisher_media).await?;
        let subscriber = options.fleet.open_with(options.connection.clone(), subscriber_media).await?;
        let (commands, orders) = mpsc::channel(COMMAND_QUEUE);
        let (tell, events) = mpsc::channel(EVENT_QUEUE);
        let room = Self {
            joined: std::sync::Arc::new(joined.clone()),
            commands,
            publisher: publisher.0.clone(),
            subscriber: subscriber.0.clone(),
        };
        let session = Session::new(signal, &joined, publisher, subscriber, orders, tell);
        tokio::spawn(session.run());
        Ok((room, RoomEvents { events, packets }))
    }

    /// What the server said at the beginning: the room, oneself, and who is there.
    #[must_use]
    pub fn joined(&self) -> &JoinResponse {
        &self.joined
    }

    /// The connection that sends.
    #[must_use]
    pub const fn publisher(&self) -> &PeerConnection {
        &self.publisher
    }

    /// The connection that receives.
    #[must_use]
    pub const fn subscriber(&self) -> &PeerConnection {
        &self.subscriber
    }

    /// Publishes a track.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn publish(&self, options: PublishOptions) -> Result<Published, RoomError> {
        let (reply, replied) = oneshot::channel();
        self.order(Command::Publish(options, reply)).await?;
        replied.await.map_err(|_| RoomError::Left)?
    }

    /// Takes a track back.
    ///
    /// # Errors
    /// When the room was left.
    pub async fn unpublish(&self, published: &Published) -> Result<(), RoomError> {
        self.publisher.stop_transceiver(published.transceiver).await?;
        self.order(Command::Negotiate).await
    }

    /// Mutes or unmutes a track of one's own.
    ///
    /// # Errors
    /// When the room was left.
    pub async fn mute(&self, track_sid: &str, muted: bool) -> Result<(), RoomError> {
        self.request(signal_request::Message::Mute(MuteTrackRequest { sid: track_sid.to_owned(), muted })).await
    }

    /// Asks for tracks, or to be spared them.
    ///
    /// # Errors
    /// When the room was left.
    pub async fn subscribe(&self, track_sids: Vec<String>, subscribe: bool) -> Result<(), RoomError> {
        let update = UpdateSubscription { track_sids, subscribe, ..UpdateSubscription::default() };
        self.request(signal_request::Message::Subscription(update)).await
    }

    /// Says how tracks are shown.
    ///
    /// # Errors
    /// When the room was left.
    pub async fn set_track_settings(&self, settings: UpdateTrackSettings) -> Result<(), RoomError> {
        self.request(signal_request::Message::TrackSetting(settings)).await
    }

    /// Sends data to these participants, or to all when there are none.
    ///
    /// # Errors
    /// When too much waits already, or the room was left.
    pub async fn send_data(
        &self,
        payload: Bytes,
        reliable: bool,
        topic: Option<String>,
        destinations: Vec<String>,
    ) -> Result<(), RoomError> {
        let (reply, replied) = oneshot::channel();
        let packet = data::packet(payload, topic, destinations);
        self.order(Command::Send { packet: Box::new(packet), reliable, reply }).await?;
        replied.await.map_err(|_| RoomError::Left)?
    }

    /// Says anything to the server.
    ///
    /// # Errors
    /// When the room was left.
    pub async fn request(&self, message: signal_request::Message) -> Result<(), RoomError> {
        self.order(Command::Request(Box::new(message))).await
    }

    /// Leaves.
    pub async fn leave(&self) {
        let (reply, replied) = oneshot::channel();
        // It may be over already.
        if self.order(Command::Leave(reply)).await.is_ok() {
            let _ = replied.await;
        }
    }

    async fn order(&self, command: Command) -> Result<(), RoomError> {
        self.commands.send(command).await.map_err(|_| RoomError::Left)
    }
}
