//! What is published: tracks that wait for the server's word, and the offers that carry them.

use std::collections::BTreeMap;

use livekit_protocol::{AddTrackRequest, SessionDescription, SimulcastCodec, TrackInfo, TrackType, signal_request};
use moim_types::MediaKind;
use tokio::sync::oneshot;

use super::error::RoomError;
use super::options::PublishOptions;
use crate::{Connection, Direction, PeerConnection, TransceiverId, TransceiverInit};

/// A track that the server has taken.
#[derive(Debug, Clone)]
pub struct Published {
    /// What the server says of it.
    pub info: TrackInfo,
    /// Where its packets are written, when [`Event::SenderReady`](crate::Event::SenderReady) says so.
    pub transceiver: TransceiverId,
}

pub(super) type Reply = oneshot::Sender<Result<Published, RoomError>>;

pub(super) struct Publishing {
    connection: PeerConnection,
    waiting_by_cid: BTreeMap<String, (PublishOptions, Reply)>,
    /// The number of the offer that has no answer yet.
    outstanding: Option<u32>,
    last_offer: u32,
}

impl Publishing {
    pub(super) const fn new(connection: PeerConnection) -> Self {
        Self { connection, waiting_by_cid: BTreeMap::new(), outstanding: None, last_offer: 0 }
    }

    /// Announces a track.
    pub(super) fn add(&mut self, options: PublishOptions, reply: Reply) -> Result<signal_request::Message, RoomError> {
        let cid = random_name()?;
        let layers = options.layers();
        let codec = SimulcastCodec {
            codec: options.codec.name().to_owned(),
            cid: cid.clone(),
            layers: layers.clone(),
            ..SimulcastCodec::default()
        };
        let kind = if options.kind == MediaKind::Audio { TrackType::Audio } else { TrackType::Video };
        let request = AddTrackRequest {
            cid: cid.clone(),
            name: options.name.clone(),
            r#type: kind as i32,
            width: options.size.0,
            height: options.size.1,
            source: options.source as i32,
            layers,
            simulcast_codecs: if options.kind == MediaKind::Video { vec![codec] } else { Vec::new() },
            disable_red: true,
            ..AddTrackRequest::default()
        };
        self.waiting_by_cid.insert(cid, (options, reply));
        Ok(signal_request::Message::AddTrack(request))
    }

    /// The server has taken a track.
    pub(super) async fn taken(
        &mut self,
        cid: &str,
        info: TrackInfo,
    ) -> Result<Option<signal_request::Message>, RoomError> {
        let Some((options, reply)) = self.waiting_by_cid.remove(cid) else { return Ok(None) };
        let init = TransceiverInit {
            direction: Direction::SendOnly,
            stream: Some("moim".to_owned()),
            track: Some(cid.to_owned()),
            rids: options.rids,
        };
        let transceiver = self.connection.add_transceiver(options.kind, init).await?;
        // Whoever asked may have gone; the track is published all the same.
        let _ = reply.send(Ok(Published { info, transceiver }));
        self.negotiate().await
    }

    /// The server refuses a track.
    pub(super) fn refused(&mut self, cid: &str, reason: String) {
        if let Some((_, reply)) = self.waiting_by_cid.remove(cid) {
            let _ = reply.send(Err(RoomError::NotPublished(reason)));
        }
    }

    /// An offer, if there is something to offer and no other is under way.
    pub(super) async fn negotiate(&mut self) -> Result<Option<signal_request::Message>, RoomError> {
        if self.outstanding.is_some() {
            return Ok(None);
        }
        let offer = |connection: &mut Connection| {
            if !connection.negotiation_needed() {
                return Ok(None);
            }
            let offer = connection.create_offer()?;
            connection.set_local_description(&offer)?;
            Ok::<_, crate::Error>(Some(offer))
        };
        let Some(offer) = self.connection.with(offer).await?? else { return Ok(None) };
        self.last_offer += 1;
        self.outstanding = Some(self.last_offer);
        let description = SessionDescription {
            r#type: "offer".to_owned(),
            sdp: offer.sdp,
            id: self.last_offer,
            ..SessionDescription::default()
        };
        Ok(Some(signal_request::Message::Offer(description)))
    }

    /// The server's answer; gives the next offer if one waited for it.
    pub(super) async fn answered(
        &mut self,
        answer: SessionDescription,
    ) -> Result<Option<signal_request::Message>, RoomError> {
        if self.outstanding.is_none_or(|offer| answer.id != 0 && answer.id != offer) {
            return Ok(None);
        }
        self.outstanding = None;
        self.connection.set_remote_description(crate::SessionDescription::answer(answer.sdp)).await?;
        self.negotiate().await
    }
}

fn random_name() -> Result<String, RoomError> {
    let mut random = [0; 12];
    getrandom::fill(&mut random).map_err(|error| RoomError::Signal(error.to_string()))?;
    Ok(moim_types::Id::<12>::from_random(random).to_string())
}
