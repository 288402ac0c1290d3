//! Data packets: out over the publisher's channels, in over the subscriber's.

use std::collections::{BTreeMap, VecDeque};

use bytes::Bytes;
use livekit_protocol::{DataPacket, UserPacket, data_packet};
use prost::Message as _;

use super::error::RoomError;
use super::event::DataReceived;
use crate::{ChannelId, ChannelInit, Message, PeerConnection};

const RELIABLE: &str = "_reliable";
const LOSSY: &str = "_lossy";
/// What may wait for a channel to open or to drain.
const MOST_WAITING: usize = 256;

pub(super) struct Outgoing {
    connection: PeerConnection,
    channels: Option<Channels>,
    open: Vec<ChannelId>,
    waiting: VecDeque<(ChannelId, Bytes)>,
}

#[derive(Clone, Copy)]
struct Channels {
    reliable: ChannelId,
    lossy: ChannelId,
}

impl Outgoing {
    pub(super) const fn new(connection: PeerConnection) -> Self {
        Self { connection, channels: None, open: Vec::new(), waiting: VecDeque::new() }
    }

    /// Sends, or keeps it until the channel can. The caller negotiates afterwards.
    pub(super) async fn send(&mut self, packet: DataPacket, reliable: bool) -> Result<(), RoomError> {
        let channels = self.channels().await?;
        let channel = if reliable { channels.reliable } else { channels.lossy };
        if self.waiting.len() >= MOST_WAITING {
            return Err(crate::Error::BufferFull.into());
        }
        self.waiting.push_back((channel, Bytes::from(packet.encode_to_vec())));
        self.flush().await
    }

    pub(super) async fn opened(&mut self, channel: ChannelId) -> Result<(), RoomError> {
        self.open.push(channel);
        self.flush().await
    }

    /// Sends what waited, as far as it goes.
    pub(super) async fn flush(&mut self) -> Result<(), RoomError> {
        while let Some((channel, bytes)) = self.waiting.front() {
            if !self.open.contains(channel) {
                return Ok(());
            }
            match self.connection.send(*channel, true, bytes.clone()).await {
                Err(crate::Error::BufferFull) => return Ok(()),
                sent => sent?,
            }
            self.waiting.pop_front();
        }
        Ok(())
    }

    async fn channels(&mut self) -> Result<Channels, RoomError> {
        if let Some(channels) = self.channels {
            return Ok(channels);
        }
        let lossy = ChannelInit { ordered: false, max_retransmits: Some(0) };
        let channels = Channels {
            reliable: self.connection.create_data_channel(RELIABLE, ChannelInit::default()).await?,
            lossy: self.connection.create_data_channel(LOSSY, lossy).await?,
        };
        self.channels = Some(channels);
        Ok(channels)
    }
}

/// The labels of the channels that the server opened.
#[derive(Default)]
pub(super) struct Incoming(BTreeMap<ChannelId, String>);

impl Incoming {
    pub(super) fn opened(&mut self, channel: ChannelId, label: String) {
        self.0.insert(channel, label);
    }

    /// What a message says; `None` if it is nothing for users.
    pub(super) fn read(&self, message: &Message) -> Option<DataReceived> {
        let label = self.0.get(&message.channel)?;
        if label != RELIABLE && label != LOSSY {
            return None;
        }
        let packet = DataPacket::decode(message.data.clone()).ok()?;
        let data_packet::Value::User(user) = packet.value? else { return None };
        Some(DataReceived {
            participant_identity: packet.participant_identity,
            topic: user.topic.unwrap_or_default(),
            payload: Bytes::from(user.payload),
            reliable: label == RELIABLE,
        })
    }
}

/// A packet for these participants, or for all when there are none.
pub(super) fn packet(payload: Bytes, topic: Option<String>, destinations: Vec<String>) -> DataPacket {
    let user = UserPacket { payload: payload.into(), topic, ..UserPacket::default() };
    DataPacket {
        destination_identities: destinations,
        value: Some(data_packet::Value::User(user)),
        ..DataPacket::default()
    }
}
