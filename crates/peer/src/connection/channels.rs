//! The data channels of a connection.

use bytes::Bytes;
use str0m::Rtc;
use str0m::channel::{ChannelConfig, ChannelData, ChannelId as EngineId, Reliability};

use super::event::{Event, Message};
use super::words::{ChannelId, ChannelInit};
use crate::Error;

#[derive(Debug, Default)]
pub(super) struct Channels(Vec<Channel>);

#[derive(Debug)]
struct Channel {
    label: String,
    init: ChannelInit,
    /// `None` until it was offered.
    engine: Option<EngineId>,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Connecting,
    Open,
    Closed,
}

/// As many as a browser can open on one association.
const MOST_CHANNELS: usize = 1024;

impl Channels {
    pub(super) fn add(&mut self, label: &str, init: ChannelInit) -> ChannelId {
        self.push(Channel { label: label.to_owned(), init, engine: None, state: State::Connecting })
    }

    pub(super) fn config(&self, id: ChannelId) -> Option<ChannelConfig> {
        let channel = self.0.get(id.0 as usize)?;
        let reliability = match channel.init.max_retransmits {
            Some(retransmits) => Reliability::MaxRetransmits { retransmits },
            None => Reliability::Reliable,
        };
        Some(ChannelConfig {
            label: channel.label.clone(),
            ordered: channel.init.ordered,
            reliability,
            negotiated: None,
            protocol: String::new(),
        })
    }

    pub(super) fn bind(&mut self, id: ChannelId, engine: EngineId) {
        if let Some(channel) = self.0.get_mut(id.0 as usize) {
            channel.engine = Some(engine);
        }
    }

    pub(super) fn opened(&mut self, engine: EngineId, label: String) -> Option<Event> {
        let id = match self.id_of(engine) {
            Some(id) => id,
            None if self.0.len() >= MOST_CHANNELS => return None,
            None => {
                let label = label.clone();
                let (init, engine) = (ChannelInit::default(), Some(engine));
                self.push(Channel { label, init, engine, state: State::Connecting })
            }
        };
        self.0.get_mut(id.0 as usize)?.state = State::Open;
        Some(Event::ChannelOpen { channel: id, label })
    }

    pub(super) fn closed(&mut self, engine: EngineId) -> Option<Event> {
        let id = self.id_of(engine)?;
        self.0.get_mut(id.0 as usize)?.state = State::Closed;
        Some(Event::ChannelClosed(id))
    }

    pub(super) fn message(&self, data: ChannelData) -> Option<Event> {
        let channel = self.id_of(data.id)?;
        Some(Event::Message(Message { channel, binary: data.binary, data: Bytes::from(data.data) }))
    }

    pub(super) fn send(&self, rtc: &mut Rtc, id: ChannelId, binary: bool, data: &[u8]) -> Result<(), Error> {
        // The engine writes an empty message in a way that blocks the channel for good.
        if data.is_empty() {
            return Err(Error::EmptyMessage);
        }
        let engine = self.open(id)?;
        let mut channel = rtc.channel(engine).ok_or(Error::ChannelNotOpen(id))?;
        if channel.write(binary, data)? { Ok(()) } else { Err(Error::BufferFull) }
    }

    pub(super) fn buffered_amount(&self, rtc: &mut Rtc, id: ChannelId) -> Result<usize, Error> {
        let mut channel = rtc.channel(self.open(id)?).ok_or(Error::ChannelNotOpen(id))?;
        Ok(channel.buffered_amount())
    }

    pub(super) fn close(&self, rtc: &mut Rtc, id: ChannelId) -> Result<(), Error> {
        rtc.direct_api().close_data_channel(self.open(id)?);
        Ok(())
    }

    fn open(&self, id: ChannelId) -> Result<EngineId, Error> {
        let channel = self.0.get(id.0 as usize).filter(|channel| channel.state == State::Open);
        channel.and_then(|channel| channel.engine).ok_or(Error::ChannelNotOpen(id))
    }

    fn id_of(&self, engine: EngineId) -> Option<ChannelId> {
        let index = self.0.iter().position(|channel| channel.engine == Some(engine))?;
        Some(ChannelId(u32::try_from(index).ok()?))
    }

    fn push(&mut self, channel: Channel) -> ChannelId {
        self.0.push(channel);
        ChannelId(u32::try_from(self.0.len() - 1).unwrap_or(u32::MAX))
    }
}
