//! Calls of a participant's methods.

use std::time::Duration;

use livekit_protocol as proto;
use moim_room::{ApiCommand, Body, Identity, Recipients, Reply, RoomName};
use prost::Message;
use proto::data_packet::{Kind, Value};
use tokio::time::{Instant, timeout_at};

use super::Api;
use super::error::{Code, TwirpError};
use crate::calls::{Call, Progress};

pub(super) async fn perform_rpc(
    api: &Api,
    request: proto::PerformRpcRequest,
) -> Result<proto::PerformRpcResponse, TwirpError> {
    check(&request)?;
    let (room, identity): (RoomName, Identity) =
        (request.room.as_str().into(), request.destination_identity.as_str().into());
    let callee = match api.ask(ApiCommand::GetParticipant(room.clone(), identity)).await? {
        Reply::Participant(participant) => participant.id,
        _ => return Err(TwirpError::internal()),
    };
    let patience = patience(request.response_timeout_ms);
    let call = api.calls.begin(callee).ok_or_else(|| {
        TwirpError::new(Code::ResourceExhausted, "too many calls wait for their answer: try again later")
    })?;
    let to = Recipients::Participants(vec![callee]);
    let body = body(&request, &call.number, patience);
    api.ask(ApiCommand::Send { room, to, reliable: true, body }).await?;
    answer(call, patience).await
}

fn check(request: &proto::PerformRpcRequest) -> Result<(), TwirpError> {
    if request.method.is_empty() || request.method.len() > MAX_METHOD_BYTES {
        return Err(TwirpError::invalid(format!("a method's name has between 1 and {MAX_METHOD_BYTES} bytes")));
    }
    if request.payload.len() > MAX_PAYLOAD_BYTES {
        return Err(TwirpError::invalid(format!("a payload has at most {MAX_PAYLOAD_BYTES} bytes")));
    }
    Ok(())
}

fn patience(milliseconds: u32) -> Duration {
    match milliseconds {
        0 => USUAL_PATIENCE,
        given => Duration::from_millis(given.into()).min(MOST_PATIENCE),
    }
}

/// SDKs want somebody to answer to: it is the participant himself, who cannot be mistaken for another.
#[expect(deprecated, reason = "older clients read `kind`")]
fn body(request: &proto::PerformRpcRequest, number: &str, patience: Duration) -> Body {
    let call = proto::RpcRequest {
        id: number.to_owned(),
        method: request.method.clone(),
        payload: request.payload.clone(),
        response_timeout_ms: u32::try_from(patience.as_millis()).unwrap_or(u32::MAX),
        version: 1,
        ..Default::default()
    };
    let packet = proto::DataPacket {
        kind: Kind::Reliable.into(),
        participant_identity: request.destination_identity.clone(),
        value: Some(Value::RpcRequest(call)),
        ..Default::default()
    };
    Body { wire: packet.encode_to_vec().into(), plain: None }
}

async fn answer(mut call: Call, patience: Duration) -> Result<proto::PerformRpcResponse, TwirpError> {
    let begun = Instant::now();
    let mut until = begun + patience.min(ARRIVES_WITHIN);
    let mut late = "the participant did not take the call";
    loop {
        match timeout_at(until, call.progress.recv()).await {
            Ok(Some(Progress::Arrived)) => {
                (until, late) = (begun + patience, "the participant did not answer in time");
            }
            Ok(Some(Progress::Returned(payload))) => return Ok(proto::PerformRpcResponse { payload }),
            Ok(Some(Progress::Failed(error))) => return Err(failed(&error)),
            Ok(None) | Err(_) => return Err(TwirpError::new(Code::DeadlineExceeded, late)),
        }
    }
}

/// The participant's own words; the number is that of its SDK, where it is not the application's.
fn failed(error: &proto::RpcError) -> TwirpError {
    let code = if error.code == UNSUPPORTED_METHOD { Code::NotFound } else { Code::FailedPrecondition };
    let data = if error.data.is_empty() { String::new() } else { format!(" ({})", error.data) };
    TwirpError::new(code, format!("the participant answered with error {}: {}{data}", error.code, error.message))
}

/// Clients refuse longer ones.
const MAX_METHOD_BYTES: usize = 64;
const MAX_PAYLOAD_BYTES: usize = 15 * 1024;
const USUAL_PATIENCE: Duration = Duration::from_secs(10);
const MOST_PATIENCE: Duration = Duration::from_secs(60);
/// Clients say at once that a call has arrived.
const ARRIVES_WITHIN: Duration = Duration::from_secs(7);
/// As SDKs number it.
const UNSUPPORTED_METHOD: u32 = 1400;
