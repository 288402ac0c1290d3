//! Data tracks: what the client publishes of them, which it gets, and their frames.
//!
//! A frame names its track by a number: the publisher's own on the way in, one of the viewer's session on the way out.
//! Nothing else of a frame is looked at.

use std::collections::BTreeMap;

use bytes::Bytes;
use livekit_protocol as proto;
use moim_room::{DataTrack, DataTrackDescription, Identity, ParticipantCommand, Refusal};
use moim_sfu::LegCommand;
use moim_types::{DataTrackId, LegId, ParticipantId};
use proto::data_track_frame_encoding::Value as Encoding;
use proto::data_track_schema_encoding::Value as SchemaEncoding;
use proto::data_track_subscriber_handles::PublishedDataTrack;
use proto::request_response::{Reason, Request};
use proto::signal_response::Message;

use super::data::DATA_TRACK;
use super::output::Outputs;
use super::own::reason;
use super::publishing::refusal;
use crate::wire::data_track::{data_track_id, data_track_info, data_track_sid, kept};
use crate::wire::ids::participant_sid;

/// The data tracks of one client.
#[derive(Debug, Default)]
pub(crate) struct DataTracks {
    /// Announced; the room has not answered yet. By the client's own number.
    asked: BTreeMap<u16, proto::PublishDataTrackRequest>,
    subscribed: BTreeMap<DataTrackId, Subscribed>,
    last_handle: u16,
}

#[derive(Debug)]
struct Subscribed {
    handle: u16,
    told: PublishedDataTrack,
}

impl DataTracks {
    /// `publish_data_track_request`.
    pub(crate) fn publish(&mut self, request: proto::PublishDataTrackRequest, out: &mut Outputs) {
        match self.check(&request) {
            Ok(handle) => {
                let description =
                    DataTrackDescription { handle, name: request.name.clone(), door_data: kept(&request) };
                out.tell(ParticipantCommand::PublishData(description));
                self.asked.insert(handle, request);
            }
            Err((why, message)) => out.send(refusal(why, message, Request::PublishDataTrack(request))),
        }
    }

    /// `unpublish_data_track_request`.
    pub(crate) fn unpublish(request: proto::UnpublishDataTrackRequest, out: &mut Outputs) {
        match handle(request.pub_handle) {
            Some(handle) => out.tell(ParticipantCommand::UnpublishData { handle }),
            None => out.send(not_published(request)),
        }
    }

    /// `update_data_subscription`. How many frames a second somebody wants is not looked at: he gets all.
    pub(crate) fn subscribe(request: &proto::UpdateDataSubscription, out: &mut Outputs) {
        for wanted in [false, true] {
            let updates = request.updates.iter().take(MAX_UPDATES).filter(|update| update.subscribe == wanted);
            let tracks: Vec<_> = updates.filter_map(|update| data_track_id(&update.track_sid)).collect();
            if !tracks.is_empty() {
                out.tell(ParticipantCommand::SubscribeData { tracks, wanted });
            }
        }
    }

    /// The room has taken a track.
    pub(crate) fn added(&mut self, track: &DataTrack, out: &mut Outputs) {
        self.asked.remove(&track.description.handle);
        let info = Some(data_track_info(track));
        out.send(Message::PublishDataTrackResponse(proto::PublishDataTrackResponse { info }));
    }

    /// The room has not done what was asked about one.
    pub(crate) fn refused(&mut self, handle: u16, why: Refusal, out: &mut Outputs) {
        match self.asked.remove(&handle) {
            Some(request) => {
                out.send(refusal(reason(why), &why.to_string(), Request::PublishDataTrack(request)));
            }
            None => out.send(not_published(proto::UnpublishDataTrackRequest { pub_handle: handle.into() })),
        }
    }

    /// A track of the client's has ended.
    pub(crate) fn ended(track: &DataTrack, out: &mut Outputs) {
        let info = Some(data_track_info(track));
        out.send(Message::UnpublishDataTrackResponse(proto::UnpublishDataTrackResponse { info }));
    }

    /// The client gets a track from now on. Who asks twice is told twice.
    pub(crate) fn subscribed(
        &mut self,
        (publisher, identity): &(ParticipantId, Identity),
        track: DataTrackId,
        out: &mut Outputs,
    ) {
        if !self.subscribed.contains_key(&track) {
            let Some(handle) = self.free_handle() else { return };
            let told = PublishedDataTrack {
                publisher_identity: identity.to_string(),
                publisher_sid: participant_sid(*publisher),
                track_sid: data_track_sid(track),
            };
            self.subscribed.insert(track, Subscribed { handle, told });
        }
        self.tell(out);
    }

    /// The client gets a track no longer.
    pub(crate) fn unsubscribed(&mut self, track: DataTrackId, out: &mut Outputs) {
        if self.subscribed.remove(&track).is_some() {
            self.tell(out);
        }
    }

    /// After a resume: the numbers may not have arrived. What was not answered, the client has given up.
    pub(crate) fn resume(&mut self, out: &mut Outputs) {
        self.asked.clear();
        if !self.subscribed.is_empty() {
            self.tell(out);
        }
    }

    /// A frame for the client.
    pub(crate) fn deliver(&self, track: DataTrackId, packet: &Bytes, leg: Option<LegId>, out: &mut Outputs) {
        let (Some(subscribed), Some(leg)) = (self.subscribed.get(&track), leg) else { return };
        if let Some(message) = with_handle(packet, subscribed.handle) {
            out.leg(leg, LegCommand::Send { label: DATA_TRACK.to_owned(), binary: true, message });
        }
    }

    fn check(&self, request: &proto::PublishDataTrackRequest) -> Result<u16, (Reason, &'static str)> {
        let handle = handle(request.pub_handle).ok_or((Reason::InvalidHandle, "a handle is between 1 and 65535"))?;
        if self.asked.contains_key(&handle) {
            return Err((Reason::DuplicateHandle, "the handle is in use"));
        }
        if self.asked.len() >= MAX_ASKED {
            return Err((Reason::LimitExceeded, "too many data tracks wait for their answer"));
        }
        if request.name.is_empty() || request.name.len() > MAX_NAME_BYTES {
            return Err((Reason::InvalidName, "a name has between 1 and 256 characters"));
        }
        if !is_sound(request) {
            return Err((Reason::InvalidRequest, "an encoding or a schema is not named, or its name is too long"));
        }
        Ok(handle)
    }

    fn tell(&self, out: &mut Outputs) {
        let told = |one: &Subscribed| (u32::from(one.handle), one.told.clone());
        let sub_handles = self.subscribed.values().map(told).collect();
        out.send(Message::DataTrackSubscriberHandles(proto::DataTrackSubscriberHandles { sub_handles }));
    }

    /// The next number that nothing has, so that one is not used again soon.
    fn free_handle(&mut self) -> Option<u16> {
        for _ in 0..=self.subscribed.len() {
            self.last_handle = self.last_handle.checked_add(1).unwrap_or(1);
            if self.subscribed.values().all(|one| one.handle != self.last_handle) {
                return Some(self.last_handle);
            }
        }
        None
    }
}

/// A packet of the client's, as the room is told; `None` where it is none.
pub(crate) fn receive(message: &[u8]) -> Option<ParticipantCommand> {
    let is_known = message.len() >= HEADER_BYTES && message.first()? >> 5 == VERSION;
    let handle = u16::from_be_bytes(message.get(HANDLE)?.try_into().ok()?);
    let packet = Bytes::copy_from_slice(message);
    (is_known && handle > 0).then_some(ParticipantCommand::SendFrame { handle, packet })
}

fn with_handle(packet: &[u8], handle: u16) -> Option<Bytes> {
    let mut packet = packet.to_vec();
    packet.get_mut(HANDLE)?.copy_from_slice(&handle.to_be_bytes());
    Some(packet.into())
}

fn handle(number: u32) -> Option<u16> {
    u16::try_from(number).ok().filter(|handle| *handle > 0)
}

/// Names of the client's own have to be there, and to be short.
fn is_sound(request: &proto::PublishDataTrackRequest) -> bool {
    let short = |name: &str| !name.is_empty() && name.len() <= MAX_ENCODING_BYTES;
    let encoding = request.frame_encoding.as_ref().and_then(|encoding| encoding.value.as_ref());
    let encoding_is_sound = !matches!(encoding, Some(Encoding::Custom(name)) if !short(name));
    encoding_is_sound && request.schema.as_ref().is_none_or(is_schema)
}

/// Whether a schema is named as it should be.
pub(crate) fn is_schema(schema: &proto::DataTrackSchemaId) -> bool {
    let named = !schema.name.is_empty() && schema.name.len() <= MAX_NAME_BYTES;
    let encoding = schema.encoding.as_ref().and_then(|encoding| encoding.value.as_ref());
    let custom =
        matches!(encoding, Some(SchemaEncoding::Custom(name)) if name.is_empty() || name.len() > MAX_ENCODING_BYTES);
    named && !custom
}

fn not_published(request: proto::UnpublishDataTrackRequest) -> Message {
    refusal(Reason::InvalidHandle, "no data track has this handle", Request::UnpublishDataTrack(request))
}

/// Of a packet: a byte of version and flags, one that is reserved, the number, sequence, frame and timestamp.
const HEADER_BYTES: usize = 12;
const HANDLE: std::ops::Range<usize> = 2..4;
/// In the upper three bits of the first byte.
const VERSION: u8 = 0;
const MAX_NAME_BYTES: usize = 256;
const MAX_ENCODING_BYTES: usize = 32;
const MAX_ASKED: usize = 32;
const MAX_UPDATES: usize = 10_000;

#[cfg(test)]
mod tests {
    use super::*;

    fn request(handle: u32, name: &str) -> proto::PublishDataTrackRequest {
        proto::PublishDataTrackRequest { pub_handle: handle, name: name.into(), ..Default::default() }
    }

    #[test]
    fn only_the_number_of_a_packet_is_rewritten() {
        let packet: Vec<u8> = (0..20).collect();
        let Some(ParticipantCommand::SendFrame { handle, packet: taken }) = receive(&packet) else { panic!("a frame") };
        assert_eq!((handle, &taken[..]), (0x0203, &packet[..]));
        let rewritten = with_handle(&packet, 0x0a0b).expect("it has a header");
        assert_eq!((&rewritten[..2], &rewritten[2..4], &rewritten[4..]), (&packet[..2], &[10, 11][..], &packet[4..]));
    }

    #[test]
    fn what_is_no_packet_is_dropped() {
        let unnumbered = [0; HEADER_BYTES];
        let future = [0x20, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0];
        for bytes in [&[][..], &[0, 0, 0, 1], &unnumbered, &future] {
            assert!(receive(bytes).is_none(), "{bytes:?}");
        }
    }

    #[test]
    fn what_makes_no_sense_is_refused_with_the_reason() {
        let long = "n".repeat(257);
        let cases = [
            (request(0, "a"), Reason::InvalidHandle),
            (request(70_000, "a"), Reason::InvalidHandle),
            (request(1, ""), Reason::InvalidName),
            (request(1, &long), Reason::InvalidName),
            (request(7, "again"), Reason::DuplicateHandle),
        ];
        let mut tracks = DataTracks::default();
        tracks.publish(request(7, "a"), &mut Outputs::default());
        for (request, expected) in cases {
            assert_eq!(tracks.check(&request).map_err(|(why, _)| why), Err(expected), "{request:?}");
        }
        let custom = proto::DataTrackFrameEncoding { value: Some(Encoding::Custom(String::new())) };
        let unnamed = proto::PublishDataTrackRequest { frame_encoding: Some(custom), ..request(1, "a") };
        assert_eq!(tracks.check(&unnamed).map_err(|(why, _)| why), Err(Reason::InvalidRequest));
    }

    #[test]
    fn numbers_are_not_used_again_while_they_are_in_use() {
        let mut tracks = DataTracks { last_handle: u16::MAX - 1, ..DataTracks::default() };
        let publisher = (ParticipantId::from_random([1; 12]), Identity::from("ann"));
        let ids: Vec<_> = (0..3).map(|number| DataTrackId::from_random([number; 12])).collect();
        for id in &ids {
            tracks.subscribed(&publisher, *id, &mut Outputs::default());
        }
        let handles: Vec<_> = ids.iter().map(|id| tracks.subscribed[id].handle).collect();
        assert_eq!(handles, [u16::MAX, 1, 2]);
        tracks.last_handle = 0;
        tracks.unsubscribed(ids[1], &mut Outputs::default());
        tracks.last_handle = 1;
        tracks.subscribed(&publisher, ids[1], &mut Outputs::default());
        assert_eq!(tracks.subscribed[&ids[1]].handle, 3);
    }
}
