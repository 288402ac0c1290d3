//! Messages from an application's server to a room.

use std::sync::Arc;

use bytes::Bytes;
use livekit_protocol as proto;
use moim_room::{ApiCommand, Body, Plain, Recipients, Refusal};
use prost::Message;
use proto::data_packet;

use super::Api;
use super::error::TwirpError;
use crate::wire;

/// By this a receiver tells a message that was sent twice.
const NONCE_BYTES: usize = 16;

pub(super) async fn send_data(
    api: &Api,
    request: proto::SendDataRequest,
) -> Result<proto::SendDataResponse, TwirpError> {
    if !request.nonce.is_empty() && request.nonce.len() != NONCE_BYTES {
        return Err(TwirpError::invalid(format!("a nonce has {NONCE_BYTES} bytes")));
    }
    let to = recipients(&request)?;
    let reliable = request.kind == data_packet::Kind::Reliable as i32;
    let room = request.room.clone().into();
    api.ask(ApiCommand::Send { room, to, reliable, body: body(request) }).await?;
    Ok(proto::SendDataResponse {})
}

#[expect(deprecated, reason = "older SDKs name stays rather than identities")]
fn recipients(request: &proto::SendDataRequest) -> Result<Recipients, TwirpError> {
    if !request.destination_identities.is_empty() {
        let identities = request.destination_identities.iter().map(|one| one.as_str().into());
        return Ok(Recipients::Identities(identities.collect()));
    }
    if request.destination_sids.is_empty() {
        return Ok(Recipients::Everybody);
    }
    let stays = request.destination_sids.iter().map(|sid| wire::ids::participant_id(sid));
    stays.collect::<Option<_>>().map(Recipients::Participants).ok_or_else(|| Refusal::NoSuchParticipant.into())
}

#[expect(deprecated, reason = "older clients read `kind`")]
fn body(request: proto::SendDataRequest) -> Body {
    let plain =
        Plain { topic: request.topic.clone().unwrap_or_default(), payload: Bytes::copy_from_slice(&request.data) };
    let user =
        proto::UserPacket { payload: request.data, topic: request.topic, nonce: request.nonce, ..Default::default() };
    let packet =
        proto::DataPacket { kind: request.kind, value: Some(data_packet::Value::User(user)), ..Default::default() };
    Body { wire: packet.encode_to_vec().into(), plain: Some(Arc::new(plain)) }
}
