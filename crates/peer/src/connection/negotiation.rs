//! Offers and answers: the state between them, and what waits to be offered.

use str0m::Rtc;
use str0m::change::{SdpAnswer, SdpApi, SdpOffer, SdpPendingOffer};
use str0m::media::{Simulcast, SimulcastLayer};

use super::channels::Channels;
use super::codec;
use super::transceivers::Transceivers;
use super::words::{ChannelId, Direction, SdpType, SessionDescription, SignalingState, TransceiverId};
use crate::Error;

/// Something for the next offer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wish {
    Transceiver(TransceiverId),
    Channel(ChannelId),
    Direction(TransceiverId, Direction),
    Stop(TransceiverId),
    RestartIce,
}

#[derive(Default)]
pub(super) struct Negotiation {
    wishes: Vec<Wish>,
    exchange: Exchange,
    /// Whether data channels have their section: then further ones need no offer.
    has_data: bool,
    closed: bool,
}

#[derive(Default)]
enum Exchange {
    #[default]
    None,
    /// Made, and not set yet, or set and waiting for its answer.
    Offer { text: String, pending: Box<SdpPendingOffer>, wishes: Vec<Wish>, set: bool },
    /// The answer to the other side's offer, until it is set.
    Answer(String),
}

impl Negotiation {
    pub(super) const fn state(&self) -> SignalingState {
        match self.exchange {
            _ if self.closed => SignalingState::Closed,
            Exchange::None | Exchange::Offer { set: false, .. } => SignalingState::Stable,
            Exchange::Offer { set: true, .. } => SignalingState::HaveLocalOffer,
            Exchange::Answer(_) => SignalingState::HaveRemoteOffer,
        }
    }

    pub(super) const fn needed(&self) -> bool {
        !self.wishes.is_empty()
    }

    pub(super) const fn has_data(&self) -> bool {
        self.has_data
    }

    pub(super) fn wish(&mut self, wish: Wish) {
        if !self.wishes.contains(&wish) {
            self.wishes.push(wish);
        }
    }

    pub(super) fn close(&mut self) {
        self.closed = true;
    }

    pub(super) fn create_offer(
        &mut self,
        rtc: &mut Rtc,
        transceivers: &mut Transceivers,
        channels: &mut Channels,
    ) -> Result<SessionDescription, Error> {
        self.expect("createOffer", SignalingState::Stable)?;
        self.roll_back(transceivers);
        let wishes = std::mem::take(&mut self.wishes);
        let mut api = rtc.sdp_api();
        for wish in &wishes {
            grant(&mut api, *wish, transceivers, channels)?;
        }
        let (offer, pending) = api.apply().ok_or(Error::NothingToOffer)?;
        let text = offer.to_sdp_string();
        self.exchange = Exchange::Offer { text: text.clone(), pending: Box::new(pending), wishes, set: false };
        Ok(SessionDescription::offer(text))
    }

    pub(super) fn create_answer(&self) -> Result<SessionDescription, Error> {
        match &self.exchange {
            Exchange::Answer(text) => Ok(SessionDescription::answer(text.clone())),
            _ => Err(Error::InvalidState { call: "createAnswer", state: self.state() }),
        }
    }

    pub(super) fn set_local(&mut self, description: &SessionDescription) -> Result<(), Error> {
        match (&mut self.exchange, description.kind) {
            (Exchange::Offer { text, set, .. }, SdpType::Offer) if *text == description.sdp => *set = true,
            (Exchange::Answer(text), SdpType::Answer) if *text == description.sdp => self.exchange = Exchange::None,
            _ => return Err(Error::DescriptionChanged),
        }
        Ok(())
    }

    pub(super) fn accept_offer(
        &mut self,
        rtc: &mut Rtc,
        transceivers: &mut Transceivers,
        sdp: &str,
    ) -> Result<(), Error> {
        if self.closed {
            return Err(Error::Closed);
        }
        let offer = SdpOffer::from_sdp_string(sdp).map_err(|error| Error::RemoteDescription(error.to_string()))?;
        // Both offered: ours waits (the polite side of RFC 8829 §4.1.8.2).
        self.roll_back(transceivers);
        let answer = rtc.sdp_api().accept_offer(offer).map_err(refused)?;
        self.has_data |= sdp.contains("m=application");
        self.exchange = Exchange::Answer(answer.to_sdp_string());
        Ok(())
    }

    pub(super) fn accept_answer(&mut self, rtc: &mut Rtc, sdp: &str) -> Result<(), Error> {
        self.expect("setRemoteDescription(answer)", SignalingState::HaveLocalOffer)?;
        let answer = SdpAnswer::from_sdp_string(sdp).map_err(|error| Error::RemoteDescription(error.to_string()))?;
        let Exchange::Offer { pending, wishes, .. } = std::mem::take(&mut self.exchange) else {
            return Err(Error::DescriptionChanged);
        };
        rtc.sdp_api().accept_answer(*pending, answer).map_err(refused)?;
        self.has_data |= wishes.iter().any(|wish| matches!(wish, Wish::Channel(_)));
        Ok(())
    }

    /// Takes back an offer that has no answer: what it was to bring is wished for again.
    fn roll_back(&mut self, transceivers: &mut Transceivers) {
        let Exchange::Offer { mut wishes, .. } = std::mem::take(&mut self.exchange) else { return };
        for wish in &wishes {
            if let Wish::Transceiver(id) = wish
                && let Ok(transceiver) = transceivers.get_mut(*id)
            {
                transceiver.mid = None;
            }
        }
        wishes.append(&mut self.wishes);
        self.wishes = wishes;
    }

    fn expect(&self, call: &'static str, wanted: SignalingState) -> Result<(), Error> {
        let state = self.state();
        if state == wanted { Ok(()) } else { Err(Error::InvalidState { call, state }) }
    }
}

fn grant(
    api: &mut SdpApi<'_>,
    wish: Wish,
    transceivers: &mut Transceivers,
    channels: &mut Channels,
) -> Result<(), Error> {
    match wish {
        Wish::Transceiver(id) => {
            let transceiver = transceivers.get_mut(id)?;
            let init = &transceiver.init;
            let kind = codec::engine_kind(transceiver.kind);
            let (stream, track) = (init.stream.clone(), init.track.clone());
            let mid = api.add_media(kind, engine_direction(init.direction), stream, track, simulcast(&init.rids));
            transceiver.mid = Some(mid);
        }
        Wish::Channel(id) => {
            let config = channels.config(id).ok_or(Error::ChannelNotOpen(id))?;
            channels.bind(id, api.add_channel_with_config(config));
        }
        Wish::Direction(id, direction) => {
            if let Some(mid) = transceivers.get(id)?.mid {
                api.set_direction(mid, engine_direction(direction));
            }
        }
        Wish::Stop(id) => {
            if let Some(mid) = transceivers.get(id)?.mid {
                api.stop_media(mid);
            }
        }
        Wish::RestartIce => {
            api.ice_restart(true);
        }
    }
    Ok(())
}

fn simulcast(rids: &[String]) -> Option<Simulcast> {
    if rids.is_empty() {
        return None;
    }
    let mut simulcast = Simulcast::new();
    for rid in rids {
        simulcast.add_send_layer(SimulcastLayer::new(rid));
    }
    Some(simulcast)
}

const fn engine_direction(direction: Direction) -> str0m::media::Direction {
    match direction {
        Direction::SendRecv => str0m::media::Direction::SendRecv,
        Direction::SendOnly => str0m::media::Direction::SendOnly,
        Direction::RecvOnly => str0m::media::Direction::RecvOnly,
        Direction::Inactive => str0m::media::Direction::Inactive,
    }
}

fn refused(error: str0m::RtcError) -> Error {
    match error {
        str0m::RtcError::RemoteSdp(why) => Error::RemoteDescription(why),
        other => Error::Engine(other),
    }
}
