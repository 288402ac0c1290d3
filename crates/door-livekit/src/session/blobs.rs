//! Data blobs: what participants keep in a room for each other, such as the schemas of their data tracks.

use std::collections::BTreeMap;

use bytes::Bytes;
use livekit_protocol as proto;
use moim_room::{ParticipantCommand, Refusal};
use prost::Message as _;
use proto::data_blob_key::Key;
use proto::request_response::Reason;
use proto::signal_response::Message;

use super::data_tracks::is_schema;
use super::output::Outputs;
use super::own::reason;

/// What the client asked, and has no answer to yet.
#[derive(Debug, Default)]
pub(crate) struct Blobs {
    enabled: bool,
    asked: BTreeMap<u64, Asked>,
    counter: u64,
}

#[derive(Debug)]
struct Asked {
    request: u32,
    key: proto::DataBlobKey,
    stores: bool,
}

impl Blobs {
    pub(crate) fn new(enabled: bool) -> Self {
        Self { enabled, ..Self::default() }
    }

    /// `store_data_blob_request`.
    pub(crate) fn store(&mut self, request: proto::StoreDataBlobRequest, out: &mut Outputs) {
        let blob = request.blob.unwrap_or_default();
        match self.check(blob.key) {
            Ok((key, bytes)) => {
                let contents = Bytes::from(blob.contents);
                let tag = self.remember(Asked { request: request.request_id, key, stores: true });
                out.tell(ParticipantCommand::StoreBlob { tag, key: bytes, contents });
            }
            Err((why, message)) => out.send(refusal(request.request_id, why, message)),
        }
    }

    /// `get_data_blob_request`.
    pub(crate) fn get(&mut self, request: proto::GetDataBlobRequest, out: &mut Outputs) {
        match self.check(request.key) {
            Ok((key, bytes)) => {
                let tag = self.remember(Asked { request: request.request_id, key, stores: false });
                let owner = request.participant_identity.into();
                out.tell(ParticipantCommand::GetBlob { tag, owner, key: bytes });
            }
            Err((why, message)) => out.send(refusal(request.request_id, why, message)),
        }
    }

    /// The room keeps it.
    pub(crate) fn stored(&mut self, tag: &str, out: &mut Outputs) {
        if let Some(Asked { request, key, .. }) = self.take(tag).filter(|asked| asked.stores) {
            let stored = proto::StoreDataBlobResponse { request_id: request, key: Some(key) };
            out.send(Message::StoreDataBlobResponse(stored));
        }
    }

    /// What was asked for.
    pub(crate) fn found(&mut self, tag: &str, contents: &Bytes, out: &mut Outputs) {
        if let Some(Asked { request, key, .. }) = self.take(tag) {
            let blob = Some(proto::DataBlob { key: Some(key), contents: contents.to_vec() });
            out.send(Message::GetDataBlobResponse(proto::GetDataBlobResponse { request_id: request, blob }));
        }
    }

    /// The room does not.
    pub(crate) fn refused(&mut self, tag: &str, why: Refusal, out: &mut Outputs) {
        if let Some(asked) = self.take(tag) {
            out.send(refusal(asked.request, reason(why), &why.to_string()));
        }
    }

    /// Answers were lost with a signaling connection.
    pub(crate) fn forget(&mut self) {
        self.asked.clear();
    }

    fn check(&self, key: Option<proto::DataBlobKey>) -> Result<(proto::DataBlobKey, Bytes), (Reason, &'static str)> {
        if !self.enabled {
            return Err((Reason::NotAllowed, "data blobs are not enabled on this server"));
        }
        if self.asked.len() >= MAX_ASKED {
            return Err((Reason::LimitExceeded, "too many requests wait for their answer"));
        }
        let is_good = match key.as_ref().and_then(|key| key.key.as_ref()) {
            Some(Key::Generic(name)) => !name.is_empty() && name.len() <= MAX_KEY_BYTES,
            Some(Key::SchemaId(schema)) => is_schema(schema),
            None => false,
        };
        match key.filter(|_| is_good) {
            // Equal keys are equal bytes: the message has no maps.
            Some(key) => {
                let bytes = key.encode_to_vec().into();
                Ok((key, bytes))
            }
            None => Err((Reason::InvalidRequest, "the key is missing, empty or too long")),
        }
    }

    fn remember(&mut self, asked: Asked) -> String {
        self.counter += 1;
        self.asked.insert(self.counter, asked);
        format!("{TAG}{}", self.counter)
    }

    fn take(&mut self, tag: &str) -> Option<Asked> {
        self.asked.remove(&tag.strip_prefix(TAG)?.parse().ok()?)
    }
}

fn refusal(request_id: u32, why: Reason, message: &str) -> Message {
    Message::RequestResponse(proto::RequestResponse {
        request_id,
        reason: why.into(),
        message: message.to_owned(),
        request: None,
    })
}

/// Starts the tags of these commands.
const TAG: &str = "blob/";
const MAX_ASKED: usize = 32;
const MAX_KEY_BYTES: usize = 256;
