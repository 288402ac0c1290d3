//! Messages over data channels: `DataPacket`s between participants of this door, and their meaning for others.

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::Bytes;
use livekit_protocol as proto;
use moim_room::{Body, Kind, Message, Participant, ParticipantCommand, Plain, Recipients};
use moim_sfu::LegCommand;
use moim_types::LegId;
use prost::Message as _;
use proto::data_packet::{Kind as PacketKind, Value};

use super::output::{Output, Outputs};
use crate::calls;
use crate::wire::ids::{participant_id, participant_sid};

/// Label of the channel whose messages arrive.
pub(crate) const RELIABLE: &str = "_reliable";
/// Label of the channel whose messages may not.
pub(crate) const LOSSY: &str = "_lossy";
/// Label of the channel of data tracks.
pub(crate) const DATA_TRACK: &str = "_data_track";

/// What goes to the client before its channel is open, and what was dropped.
#[derive(Debug, Default)]
pub(crate) struct Data {
    is_open: bool,
    early: VecDeque<Bytes>,
    early_bytes: usize,
}

impl Data {
    /// A channel to the client is open: what waited for it goes out.
    pub(crate) fn channel_open(&mut self, label: &str, leg: LegId, out: &mut Outputs) {
        if label != RELIABLE {
            return;
        }
        self.is_open = true;
        self.early_bytes = 0;
        for message in self.early.drain(..) {
            out.leg(leg, send(RELIABLE, message));
        }
    }

    /// A message for the client. Reliable ones wait for the channel, up to a bound.
    pub(crate) fn deliver(&mut self, message: &Message, leg: Option<LegId>, out: &mut Outputs) {
        let Some(bytes) = wire(message) else { return };
        match leg {
            Some(leg) if self.is_open || !message.reliable => {
                out.leg(leg, send(if message.reliable { RELIABLE } else { LOSSY }, bytes));
            }
            _ if message.reliable && self.early_bytes + bytes.len() <= EARLY_BYTES => {
                self.early_bytes += bytes.len();
                self.early.push_back(bytes);
            }
            _ => tracing::debug!("livekit: a message came before its data channel and was dropped"),
        }
    }
}

/// A message from the client, as the room is told.
///
/// The answer to a call of the application's server is for that alone; who may send nothing may answer it.
pub(crate) fn receive(
    label: &str,
    message: &[u8],
    from: &Participant,
    out: &mut Outputs,
) -> Option<ParticipantCommand> {
    if message.len() > MAX_PACKET_BYTES {
        return None;
    }
    let (reliable, packet) = match label {
        RELIABLE => (true, proto::DataPacket::decode(message).ok()?),
        LOSSY => (false, proto::DataPacket::decode(message).ok()?),
        _ => (true, unlabelled(message)),
    };
    if let Some((number, progress)) = calls::progress(packet.value.as_ref()?) {
        out.push(Output::Call(number, progress));
        return None;
    }
    if !from.permissions.publish_data {
        return None;
    }
    if !is_relayed(packet.value.as_ref()?, from) {
        return None;
    }
    Some(command(packet, reliable, from))
}

/// A message on a channel of the application's own.
fn unlabelled(message: &[u8]) -> proto::DataPacket {
    let user = proto::UserPacket { payload: message.to_vec(), ..Default::default() };
    proto::DataPacket { value: Some(Value::User(user)), ..Default::default() }
}

#[expect(deprecated, reason = "a client may still send what is no longer passed on")]
fn is_relayed(value: &Value, from: &Participant) -> bool {
    match value {
        Value::Speaker(_) | Value::Metrics(_) => false,
        Value::Transcription(_) => from.permissions.agent || from.kind == Kind::Agent,
        Value::User(_)
        | Value::SipDtmf(_)
        | Value::ChatMessage(_)
        | Value::RpcRequest(_)
        | Value::RpcAck(_)
        | Value::RpcResponse(_)
        | Value::StreamHeader(_)
        | Value::StreamChunk(_)
        | Value::StreamTrailer(_)
        | Value::EncryptedPacket(_) => true,
    }
}

fn command(mut packet: proto::DataPacket, reliable: bool, from: &Participant) -> ParticipantCommand {
    let to = recipients(&mut packet);
    stamp(&mut packet, reliable, from);
    let sequence = packet.sequence;
    let body = Body { plain: plain(packet.value.as_ref()), wire: packet.encode_to_vec().into() };
    ParticipantCommand::Send { to, reliable, sequence, body }
}

/// To whom, in the newest form that the client used.
#[expect(deprecated, reason = "older clients address the message inside the packet")]
fn recipients(packet: &mut proto::DataPacket) -> Recipients {
    let named = std::mem::take(&mut packet.destination_identities);
    let Some(Value::User(user)) = &mut packet.value else { return identities(named) };
    let (old_names, old_sids) =
        (std::mem::take(&mut user.destination_identities), std::mem::take(&mut user.destination_sids));
    match (named.is_empty() && old_names.is_empty(), old_sids.is_empty()) {
        (false, _) => identities(if named.is_empty() { old_names } else { named }),
        (true, false) => Recipients::Participants(old_sids.iter().filter_map(|sid| participant_id(sid)).collect()),
        (true, true) => Recipients::Everybody,
    }
}

fn identities(names: Vec<String>) -> Recipients {
    match names.is_empty() {
        true => Recipients::Everybody,
        false => Recipients::Identities(names.into_iter().map(Into::into).collect()),
    }
}

/// Who it is from is never what the client says. A hidden participant is nobody.
#[expect(deprecated, reason = "older clients read these fields")]
fn stamp(packet: &mut proto::DataPacket, reliable: bool, from: &Participant) {
    let (sid, identity) = match from.permissions.hidden {
        true => (String::new(), String::new()),
        false => (participant_sid(from.id), from.identity.to_string()),
    };
    if let Some(Value::User(user)) = &mut packet.value {
        user.participant_sid.clone_from(&sid);
        user.participant_identity.clone_from(&identity);
    }
    packet.kind = packet_kind(reliable).into();
    packet.participant_sid = sid;
    packet.participant_identity = identity;
}

/// What participants of other doors can make of it.
fn plain(value: Option<&Value>) -> Option<Arc<Plain>> {
    let (topic, payload) = match value? {
        Value::User(user) => (user.topic.clone().unwrap_or_default(), user.payload.clone().into()),
        Value::ChatMessage(chat) => (CHAT_TOPIC.to_owned(), chat.message.clone().into()),
        _ => return None,
    };
    Some(Arc::new(Plain { topic, payload }))
}

/// The packet for a client; `None` where a message of another door has no meaning here.
fn wire(message: &Message) -> Option<Bytes> {
    if !message.body.wire.is_empty() {
        return Some(message.body.wire.clone());
    }
    let plain = message.body.plain.as_ref()?;
    let (sid, identity) = message.from.as_ref().map(|(id, name)| (participant_sid(*id), name.to_string())).unzip();
    let user = proto::UserPacket {
        payload: plain.payload.to_vec(),
        topic: Some(plain.topic.clone()).filter(|topic| !topic.is_empty()),
        ..Default::default()
    };
    let mut packet = proto::DataPacket {
        participant_sid: sid.unwrap_or_default(),
        participant_identity: identity.unwrap_or_default(),
        sequence: message.sequence,
        value: Some(Value::User(user)),
        ..Default::default()
    };
    set_kind(&mut packet, message.reliable);
    Some(packet.encode_to_vec().into())
}

#[expect(deprecated, reason = "older clients read it")]
fn set_kind(packet: &mut proto::DataPacket, reliable: bool) {
    packet.kind = packet_kind(reliable).into();
}

const fn packet_kind(reliable: bool) -> PacketKind {
    if reliable { PacketKind::Reliable } else { PacketKind::Lossy }
}

fn send(label: &str, message: Bytes) -> LegCommand {
    LegCommand::Send { label: label.to_owned(), binary: true, message }
}

/// The topic under which clients send and read chat.
const CHAT_TOPIC: &str = "lk.chat";
/// Clients split at 64 000 bytes; SCTP of browsers takes four times as much.
const MAX_PACKET_BYTES: usize = 256 * 1024;
/// Reliable messages that wait for a channel to open.
const EARLY_BYTES: usize = 256 * 1024;
