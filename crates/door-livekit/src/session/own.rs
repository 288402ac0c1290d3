//! The client changes what others read of its participant.

use std::collections::BTreeMap;

use livekit_protocol as proto;
use moim_room::{Change, ParticipantCommand, Refusal};
use proto::request_response::{Reason, Request};
use proto::signal_response::Message;

use super::output::Outputs;

/// Changes that the room has not answered yet.
#[derive(Debug, Default)]
pub(crate) struct OwnChanges {
    asked: BTreeMap<u64, proto::UpdateParticipantMetadata>,
    counter: u64,
}

impl OwnChanges {
    /// `update_metadata`. Empty text leaves a thing as it is; an empty attribute is deleted.
    pub(crate) fn ask(&mut self, request: proto::UpdateParticipantMetadata, out: &mut Outputs) {
        if self.asked.len() >= MAX_ASKED {
            out.send(response(Reason::LimitExceeded, "too many changes wait for their answer", request));
            return;
        }
        self.counter += 1;
        let change = Change {
            name: Some(request.name.clone()).filter(|name| !name.is_empty()),
            metadata: Some(request.metadata.clone()).filter(|metadata| !metadata.is_empty()),
            attributes: request.attributes.clone().into_iter().collect(),
            permissions: None,
        };
        out.tell(ParticipantCommand::UpdateOwn { tag: format!("{TAG}{}", self.counter), change });
        self.asked.insert(self.counter, request);
    }

    /// The room has answered. Clients before protocol 15 know only refusals.
    pub(crate) fn answered(&mut self, tag: &str, refusal: Option<Refusal>, protocol: i32, out: &mut Outputs) {
        let Some(request) = tag.strip_prefix(TAG).and_then(|number| self.asked.remove(&number.parse::<u64>().ok()?))
        else {
            return;
        };
        match refusal {
            None if protocol <= 14 => {}
            None => out.send(response(Reason::Ok, "", request)),
            Some(why) => out.send(response(reason(why), &why.to_string(), request)),
        }
    }

    /// Answers were lost with a signaling connection; the client has given up on them.
    pub(crate) fn forget(&mut self) {
        self.asked.clear();
    }
}

/// A refusal as LiveKit says it.
pub(crate) const fn reason(refusal: Refusal) -> Reason {
    match refusal {
        Refusal::NotPermitted | Refusal::RemoteUnmute => Reason::NotAllowed,
        Refusal::TooLarge | Refusal::TooManyPending | Refusal::RoomFull => Reason::LimitExceeded,
        Refusal::NoSuchRoom | Refusal::NoSuchParticipant | Refusal::NoSuchTrack | Refusal::NoSuchBlob => {
            Reason::NotFound
        }
        Refusal::HandleInUse => Reason::DuplicateHandle,
        Refusal::NameInUse => Reason::DuplicateName,
        Refusal::Invalid => Reason::InvalidRequest,
    }
}

fn response(reason: Reason, message: &str, request: proto::UpdateParticipantMetadata) -> Message {
    Message::RequestResponse(proto::RequestResponse {
        request_id: request.request_id,
        reason: reason.into(),
        message: message.to_owned(),
        request: Some(Request::UpdateMetadata(request)),
    })
}

/// Starts the tags of these commands.
const TAG: &str = "own/";
const MAX_ASKED: usize = 32;
