//! What this door lets the rooms carry for it: messages with the fields for which the house has no word.

use std::sync::Arc;

use prost::Message;

/// Tells our bytes from those of other doors.
const MARK: &[u8] = b"livekit\x01";

/// Packs a message.
pub(crate) fn pack(message: &impl Message) -> Arc<[u8]> {
    [MARK, &message.encode_to_vec()].concat().into()
}

/// The message again; empty when the bytes are another door's.
pub(crate) fn unpack<M: Message + Default>(bytes: &[u8]) -> M {
    bytes.strip_prefix(MARK).and_then(|bytes| M::decode(bytes).ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use livekit_protocol as proto;

    use super::*;

    #[test]
    fn only_our_own_bytes_are_read() {
        let info = proto::ParticipantInfo { region: "here".into(), ..Default::default() };
        assert_eq!(unpack::<proto::ParticipantInfo>(&pack(&info)), info);
        for bytes in [&b""[..], b"{}", b"livekit\x01\xff\xff"] {
            assert_eq!(unpack::<proto::ParticipantInfo>(bytes), Default::default());
        }
    }
}
