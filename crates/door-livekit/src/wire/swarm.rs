//! Messages of very many parts. An empty part is two bytes on the wire and can be half a kilobyte once it is decoded, so
//! that two megabytes would become half a gigabyte. Such a message is seen through before it is decoded.

/// Whether one of the requests in this [`SignalRequest`](livekit_protocol::SignalRequest) has too many fields.
pub(crate) fn in_request(bytes: &[u8]) -> bool {
    Fields(bytes).any(is_swarm)
}

/// Whether this message has too many fields of its own.
pub(crate) fn is_swarm(message: &[u8]) -> bool {
    Fields(message).take(MOST_PARTS + 1).count() > MOST_PARTS
}

/// The same for JSON: whether there are too many objects in it.
pub(crate) fn in_text(text: &[u8]) -> bool {
    text.iter().filter(|byte| **byte == b'{').take(MOST_PARTS + 1).count() > MOST_PARTS
}

/// The fields of a message in protobuf's wire format: the bytes of each that has some, and nothing for a number. Ends
/// where it cannot be read; the decoder says why.
struct Fields<'a>(&'a [u8]);

impl<'a> Iterator for Fields<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<Self::Item> {
        let (key, rest) = varint(self.0)?;
        let (value, rest) = match key & 7 {
            0 => (&[][..], varint(rest)?.1),
            1 => (&[][..], rest.get(8..)?),
            2 => {
                let (length, rest) = varint(rest)?;
                rest.split_at_checked(usize::try_from(length).ok()?)?
            }
            5 => (&[][..], rest.get(4..)?),
            _ => return None,
        };
        self.0 = rest;
        Some(value)
    }
}

fn varint(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let mut value = 0;
    for (index, byte) in bytes.iter().take(10).enumerate() {
        value |= u64::from(byte & 0x7f) << (7 * index).min(63);
        if byte & 0x80 == 0 {
            return Some((value, bytes.get(index + 1..)?));
        }
    }
    None
}

/// A client names a few thousand tracks at most.
const MOST_PARTS: usize = 20_000;

#[cfg(test)]
mod tests {
    use livekit_protocol as proto;
    use prost::Message as _;
    use proto::signal_request::Message as Request;

    use super::*;

    fn sync(tracks: usize) -> Vec<u8> {
        let publish_tracks = vec![proto::TrackPublishedResponse::default(); tracks];
        let state = proto::SyncState { publish_tracks, ..Default::default() };
        proto::SignalRequest { message: Some(Request::SyncState(state)) }.encode_to_vec()
    }

    #[test]
    fn a_message_of_many_empty_parts_is_seen_through() {
        assert!(!in_request(&sync(MOST_PARTS)) && in_request(&sync(MOST_PARTS + 1)));
        assert!(!in_text(&vec![b'{'; MOST_PARTS]) && in_text(&vec![b'{'; MOST_PARTS + 1]));
        let add_track_requests = vec![proto::AddTrackRequest::default(); MOST_PARTS + 1];
        assert!(is_swarm(&proto::JoinRequest { add_track_requests, ..Default::default() }.encode_to_vec()));
    }

    #[test]
    fn usual_messages_are_none_however_long() {
        let offer = proto::SessionDescription { sdp: "v=0\r\n".repeat(100_000), ..Default::default() };
        for request in [Request::Offer(offer), Request::Ping(i64::MIN), Request::Leave(proto::LeaveRequest::default())]
        {
            assert!(!in_request(&proto::SignalRequest { message: Some(request) }.encode_to_vec()));
        }
    }

    #[test]
    fn what_cannot_be_read_is_left_to_the_decoder() {
        for bytes in [&[][..], &[0xff; 30], &[0x0a], &[0x0a, 0xff], &[0x0a, 0x05, 1], &[0x0b, 0], &[0x09, 1, 2]] {
            assert!(!in_request(bytes), "{bytes:?}");
        }
    }
}
