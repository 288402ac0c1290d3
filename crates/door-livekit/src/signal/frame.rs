//! One message per WebSocket frame: protobuf in binary ones, JSON in text ones.

use axum::extract::ws::Message as Frame;
use livekit_protocol::signal_request::Message as Request;
use livekit_protocol::signal_response::Message as Response;
use livekit_protocol::{SignalRequest, SignalResponse};
use prost::Message as _;

use crate::wire::swarm;

/// In which form the client reads.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Format {
    /// Binary.
    #[default]
    Protobuf,
    /// Text.
    Json,
}

/// What a frame says.
#[derive(Debug, PartialEq)]
pub(crate) enum Received {
    /// A request, and the form in which to answer.
    Request(Box<Request>, Format),
    /// A message whose meaning is of a newer protocol, or one of the transport.
    Nothing,
    /// No message at all.
    Broken,
}

/// Reads a frame.
pub(crate) fn decode(frame: &Frame) -> Received {
    let (request, format) = match frame {
        Frame::Binary(bytes) if swarm::in_request(bytes) => return Received::Broken,
        Frame::Text(text) if swarm::in_text(text.as_bytes()) => return Received::Broken,
        Frame::Binary(bytes) => (SignalRequest::decode(bytes.as_ref()).ok(), Format::Protobuf),
        Frame::Text(text) => (serde_json::from_str::<SignalRequest>(text).ok(), Format::Json),
        Frame::Ping(_) | Frame::Pong(_) | Frame::Close(_) => return Received::Nothing,
    };
    match request {
        None => Received::Broken,
        Some(SignalRequest { message: None }) => Received::Nothing,
        Some(SignalRequest { message: Some(request) }) => Received::Request(Box::new(request), format),
    }
}

/// Writes a frame.
pub(crate) fn encode(message: Response, format: Format) -> Frame {
    let response = SignalResponse { message: Some(message) };
    match format {
        Format::Protobuf => Frame::Binary(response.encode_to_vec().into()),
        // Messages are made of text and numbers, which JSON can always say.
        Format::Json => Frame::text(serde_json::to_string(&response).unwrap_or_default()),
    }
}

/// Bytes of what it carries.
pub(crate) fn length(frame: &Frame) -> usize {
    match frame {
        Frame::Text(text) => text.len(),
        Frame::Binary(bytes) | Frame::Ping(bytes) | Frame::Pong(bytes) => bytes.len(),
        Frame::Close(_) => 0,
    }
}

#[cfg(test)]
mod tests {
    use livekit_protocol as proto;

    use super::*;

    #[test]
    fn requests_come_in_both_forms() {
        let mute = Request::Mute(proto::MuteTrackRequest { sid: "TR_x".into(), muted: true });
        let binary = SignalRequest { message: Some(mute.clone()) }.encode_to_vec();
        let expected = |format| Received::Request(Box::new(mute.clone()), format);
        assert_eq!(decode(&Frame::Binary(binary.into())), expected(Format::Protobuf));
        assert_eq!(decode(&Frame::text(r#"{"mute":{"sid":"TR_x","muted":true}}"#)), expected(Format::Json));
    }

    #[test]
    fn what_is_newer_than_this_server_is_nothing_and_junk_is_broken() {
        // Field 300, length-delimited, empty.
        assert_eq!(decode(&Frame::Binary(vec![0xe2, 0x12, 0].into())), Received::Nothing);
        assert_eq!(decode(&Frame::text(r#"{"ofTomorrow":{}}"#)), Received::Nothing);
        assert_eq!(decode(&Frame::Binary(vec![0xff; 5].into())), Received::Broken);
        assert_eq!(decode(&Frame::text("{")), Received::Broken);
    }

    #[test]
    fn the_answer_has_the_form_of_the_question() {
        assert_eq!(encode(Response::Pong(5), Format::Json), Frame::text(r#"{"pong":"5"}"#));
        assert_eq!(encode(Response::Pong(5), Format::Protobuf), Frame::Binary(vec![0x90, 1, 5].into()));
    }
}
