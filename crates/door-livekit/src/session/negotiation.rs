//! Offers, answers and candidates, in both directions. What stands in an SDP is nobody's business here.

use std::collections::HashMap;

use livekit_protocol as proto;
use moim_sfu::{CodecPreference, LegCommand};
use moim_types::TrackId;
use proto::signal_response::Message;
use serde_json::{Map, Value};

use super::roster::Roster;

/// The client's offer.
pub(crate) fn accept_offer(offer: proto::SessionDescription, preferences: Vec<CodecPreference>) -> LegCommand {
    LegCommand::AcceptOffer { sdp: offer.sdp, exchange: offer.id, preferences }
}

/// The client's answer. Older clients do not repeat the offer's number: 0.
pub(crate) fn accept_answer(answer: proto::SessionDescription) -> LegCommand {
    LegCommand::AcceptAnswer { sdp: answer.sdp, exchange: answer.id }
}

/// A candidate of the client's. `None`: it is unreadable, or a name that only its own machine can resolve.
pub(crate) fn add_candidate(trickle: &proto::TrickleRequest) -> Option<LegCommand> {
    if trickle.candidate_init.len() > MAX_CANDIDATE_BYTES {
        return None;
    }
    let init: Map<String, Value> = serde_json::from_str(&trickle.candidate_init).ok()?;
    let candidate = init.get("candidate").map_or(Some(""), Value::as_str)?;
    (!candidate.contains(".local ")).then(|| LegCommand::AddCandidate(candidate.to_owned()))
}

/// The server's answer. It bears the offer's number: clients ignore others.
pub(crate) fn answer(sdp: String, exchange: u32, media: &[(String, TrackId)], roster: &Roster) -> Message {
    Message::Answer(description("answer", sdp, exchange, media, roster))
}

/// The server's offer.
pub(crate) fn offer(sdp: String, exchange: u32, media: &[(String, TrackId)], roster: &Roster) -> Message {
    Message::Offer(description("offer", sdp, exchange, media, roster))
}

/// The client is to offer again, with so many more sections for receiving.
pub(crate) fn sections_needed(num_audios: u32, num_videos: u32) -> Message {
    Message::MediaSectionsRequirement(proto::MediaSectionsRequirement { num_audios, num_videos })
}

fn description(
    kind: &str,
    sdp: String,
    id: u32,
    media: &[(String, TrackId)],
    roster: &Roster,
) -> proto::SessionDescription {
    let names = media.iter().filter_map(|(mid, track)| Some((mid.clone(), roster.track_sid(*track)?.to_owned())));
    let mid_to_track_id: HashMap<_, _> = names.collect();
    proto::SessionDescription { r#type: kind.to_owned(), sdp, id, mid_to_track_id }
}

/// A candidate is a line.
const MAX_CANDIDATE_BYTES: usize = 4096;

#[cfg(test)]
mod tests {
    use super::*;

    fn candidate(init: &str) -> Option<String> {
        let trickle = proto::TrickleRequest { candidate_init: init.into(), ..Default::default() };
        match add_candidate(&trickle)? {
            LegCommand::AddCandidate(candidate) => Some(candidate),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_candidate_is_taken_out_of_its_json() {
        let init = r#"{"candidate":"candidate:1 1 udp 1 192.0.2.1 9 typ host","sdpMid":"0","sdpMLineIndex":0}"#;
        assert_eq!(candidate(init).as_deref(), Some("candidate:1 1 udp 1 192.0.2.1 9 typ host"));
        assert_eq!(candidate(r#"{"candidate":"","sdpMid":"0"}"#).as_deref(), Some(""));
        assert_eq!(candidate(r#"{"candidate":"candidate:1 1 udp 1 a-b.local 9 typ host"}"#), None);
        for junk in ["", "{", "[]", "null", r#"{"candidate":7}"#, &"x".repeat(5000)] {
            assert_eq!(candidate(junk), None, "{junk}");
        }
    }
}
