//! The body of the fuzz target for signaling. It stands here and not in `testkit`, since a session is not to be seen
//! from outside, and since what hangs on this crate would hang on the tests of all cores.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::ws::Message as Frame;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use bytes::Bytes;
use livekit_protocol as proto;
use moim_net::rooms::SessionEvent;
use moim_room::{Body, DisconnectReason, Event, Message, Participant, ParticipantCommand, Refusal, Track};
use moim_sfu::{CloseReason, LegEvent, OfferedSection};
use moim_types::{LegId, MediaKind, Now, Source};
use prost::Message as _;
use proto::signal_request::Message as Request;

use crate::session::cast::{description, joined, participant, room_now, section, track, welcome};
use crate::session::client::Client;
use crate::session::{FirstWords, LegRole, Output, Resumed, Session};
use crate::signal::frame::{self, Format, Received};
use crate::signal::knock::{self, Path};

/// Any bytes as a client's stay: how it knocks, what it sends, in what order with what the house says. Nothing
/// panics, every input ends with a bounded number of outputs of a bounded size, and what the session remembers is
/// bounded, however often something is said.
pub fn signal_messages(data: &[u8]) {
    let Some((&mode, rest)) = data.split_first() else { return };
    let mut steps = Steps(rest);
    let knock = steps.next().unwrap_or_default().1;
    let Some((client, words)) = let_in(mode, knock) else { return };
    let mut stage = Stage::new(client, words, knock.len());
    for (what, bytes) in steps.take(MOST_STEPS) {
        stage.step(what, bytes);
    }
    stage.finish();
}

/// Steps: what, how long, and that many bytes; the last may be shorter.
struct Steps<'a>(&'a [u8]);

impl<'a> Iterator for Steps<'a> {
    type Item = (u8, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let (&[what, high, low], rest) = self.0.split_first_chunk::<3>()?;
        let (bytes, rest) = rest.split_at(usize::from(u16::from_be_bytes([high, low])).min(rest.len()));
        self.0 = rest;
        Some((what, bytes))
    }
}

/// Bit 0: which path; bit 1: the bytes are the inside of `join_request`, else they are what stands behind `?`.
fn let_in(mode: u8, bytes: &[u8]) -> Option<(Client, FirstWords)> {
    let path = if mode & 1 == 0 { Path::V0 } else { Path::V1 };
    let query = if mode & 2 == 0 {
        String::from_utf8_lossy(bytes).into_owned()
    } else {
        let wrapped = proto::WrappedJoinRequest { join_request: bytes.to_vec(), ..Default::default() };
        format!("join_request={}", BASE64_URL_SAFE_NO_PAD.encode(wrapped.encode_to_vec()))
    };
    let knock = knock::parse(path, &query).ok()?;
    Some((knock.client, knock.first))
}

struct Stage {
    session: Session,
    client: Client,
    now: Now,
    legs: Vec<(LegRole, LegId)>,
    /// Tags of tracks that the room is still to answer, with how they were described.
    asked: VecDeque<(String, moim_room::TrackDescription)>,
    tracks: Vec<Arc<Track>>,
    /// The client's names of its tracks.
    cids: Vec<String>,
    counter: u8,
    is_closed: bool,
}

impl Stage {
    fn new(client: Client, words: FirstWords, said_bytes: usize) -> Self {
        let now = Now { instant: Instant::now(), unix: Duration::from_secs(1_000) };
        let me = participant(1, Vec::new());
        let session =
            Session::join(client.clone(), &welcome(), &joined(&me, vec![participant(2, Vec::new())]), words, now);
        let mut stage = Self {
            session,
            client,
            now,
            legs: Vec::new(),
            asked: VecDeque::new(),
            tracks: Vec::new(),
            cids: Vec::new(),
            counter: 10,
            is_closed: false,
        };
        stage.drain(said_bytes);
        stage
    }

    fn step(&mut self, what: u8, bytes: &[u8]) {
        match what % 8 {
            0 => self.hear(&Frame::Binary(Bytes::copy_from_slice(bytes)), 1),
            1 => self.hear(&Frame::text(String::from_utf8_lossy(bytes).into_owned()), 1),
            2 => self.hear(&Frame::Binary(Bytes::copy_from_slice(bytes)), REPEATED),
            3 => self.pass(bytes.len()),
            4 => self.answer(bytes),
            5 => self.media(bytes),
            6 => self.others(bytes),
            _ => self.lose(bytes),
        }
        self.drain(bytes.len());
    }

    /// A frame of the client's, so many times, under another name each time.
    fn hear(&mut self, frame: &Frame, times: usize) {
        let Received::Request(request, _) = frame::decode(frame) else { return };
        for number in 0..times {
            let mut request = Request::clone(&request);
            match &mut request {
                Request::AddTrack(add) => {
                    if number > 0 {
                        add.cid = format!("{}{number}", add.cid);
                    }
                    self.cids.push(add.cid.clone());
                }
                Request::UpdateMetadata(update) => update.request_id = u32::try_from(number).unwrap_or(0),
                _ => {}
            }
            self.session.handle_request(request, self.now);
            self.drain(frame::length(frame));
        }
        self.cids.truncate(MOST_REMEMBERED);
    }

    fn pass(&mut self, steps: usize) {
        self.now = self.now.after(Duration::from_millis(100 * steps as u64));
        self.session.wake(self.now.instant);
        self.drain(0);
        assert!(self.session.next_wake() > self.now.instant || self.is_closed, "it wants to be woken for ever");
    }

    /// The room answers what it was asked for, each as the next byte says.
    fn answer(&mut self, bytes: &[u8]) {
        for how in bytes.iter().take(MOST_REMEMBERED) {
            let Some((tag, description)) = self.asked.pop_front() else { return };
            let event = match how % 4 {
                0 => Event::CommandRefused { tag, why: Refusal::NotPermitted },
                1 => {
                    self.asked.push_back((tag.clone(), description));
                    Event::TrackQueued { tag }
                }
                _ => {
                    self.counter = self.counter.wrapping_add(1);
                    let track = track(self.counter, description);
                    self.tracks.push(track.clone());
                    Event::TrackAdded { tag, track }
                }
            };
            self.room(event);
        }
        self.tracks.truncate(MOST_REMEMBERED);
    }

    /// A leg says something: each byte one thing, or the rest as a message over a data channel.
    fn media(&mut self, bytes: &[u8]) {
        let Some((&what, rest)) = bytes.split_first() else { return };
        let Some(&(_, leg)) = self.legs.get(usize::from(what >> 4) % self.legs.len().max(1)) else { return };
        let subscriptions = self.tracks.iter().map(|track| ("0".to_owned(), track.id)).collect();
        let label = ["_reliable", "_lossy", "_data_track", "own"][usize::from(what >> 6)].to_owned();
        let event = match what % 10 {
            0 | 1 => LegEvent::Answer { sdp: "v=0".into(), exchange: 1, sections: self.sections(rest), subscriptions },
            2 => LegEvent::Offer { sdp: "v=0".into(), exchange: 1, subscriptions },
            3 => LegEvent::SectionsNeeded { audio: 1, video: 2 },
            4 => LegEvent::ChannelOpen(label),
            5..=7 => LegEvent::Message { label, binary: true, message: Bytes::copy_from_slice(rest) },
            8 => LegEvent::ChannelOverflow(label),
            _ => LegEvent::Closed(if what & 0x10 == 0 { CloseReason::TimedOut } else { CloseReason::Remote }),
        };
        self.session.handle_event(SessionEvent::Leg(leg, event), self.now);
    }

    fn sections(&self, bytes: &[u8]) -> Vec<OfferedSection> {
        let one = |(mid, byte): (usize, &u8)| {
            let kind = if byte & 1 == 0 { MediaKind::Audio } else { MediaKind::Video };
            let name = self.cids.get(usize::from(byte >> 1)).map_or("", String::as_str);
            section(&mid.to_string(), kind, name)
        };
        bytes.iter().take(100).enumerate().map(one).collect()
    }

    /// Somebody else does something, or the room does.
    fn others(&mut self, bytes: &[u8]) {
        let Some((&what, rest)) = bytes.split_first() else { return };
        let number = rest.first().copied().unwrap_or(3).max(2);
        let theirs = track(number, description(MediaKind::Video, Source::Camera));
        let mine = self.tracks.first().map_or(theirs.id, |track| track.id);
        let who = participant(number, vec![theirs]);
        let event = match what % 12 {
            0 | 1 => Event::Participant { who, urgent: what & 0x10 == 0 },
            2 => Event::Participant { who: gone(&who), urgent: true },
            3 => Event::Room(room_now()),
            4 => Event::SubscriptionRefused { track: mine, why: Refusal::NoSuchTrack },
            5 => Event::SubscriptionAllowed { publisher: who.id, track: mine, allowed: what & 0x10 == 0 },
            6 => Event::GrantsChanged(participant(1, self.tracks.clone())),
            7 => Event::TrackUnpublished(mine),
            8 => Event::MuteAsked { track: mine, muted: true },
            9 => Event::Message(Arc::new(message(rest))),
            10 => Event::Demand(mine, moim_room::Demand::Nothing),
            _ => Event::Disconnected(DisconnectReason::ParticipantRemoved),
        };
        self.room(event);
    }

    /// The signaling connection breaks, and another goes on with the session.
    fn lose(&mut self, bytes: &[u8]) {
        self.session.connection_lost();
        let legs = if bytes.is_empty() { Vec::new() } else { self.legs.iter().map(|(_, leg)| *leg).collect() };
        let now = Box::new(joined(&participant(1, self.tracks.clone()), vec![participant(2, Vec::new())]));
        let resumed = Resumed { now, left: Vec::new(), last_sequence: 0, legs };
        let sync = proto::SyncState::decode(bytes).ok();
        let words = FirstWords { sync_state: sync, ..FirstWords::default() };
        self.is_closed = false;
        self.session.resume(self.client.clone(), &welcome(), resumed, words, self.now);
    }

    fn room(&mut self, event: Event) {
        self.session.handle_event(SessionEvent::Room(event), self.now);
        self.drain(0);
    }

    /// Does what the session wants, and looks at it. `said_bytes` is how long that was which it answers.
    fn drain(&mut self, said_bytes: usize) {
        let (mut outputs, mut bytes) = (0, 0);
        while let Some(output) = self.session.poll() {
            assert!(!self.is_closed, "after the last output comes another: {output:?}");
            outputs += 1;
            assert!(outputs < MOST_OUTPUTS, "a session that does not come to rest");
            match output {
                Output::Send(message) => {
                    bytes += message.encoded_len();
                    let text = frame::encode(*message, Format::Json);
                    assert!(frame::length(&text) > 0, "everything can be said in JSON");
                }
                Output::OpenLeg(role, _) => {
                    let leg = LegId(self.legs.len() as u64 + 1);
                    assert!(self.legs.iter().all(|(known, _)| *known != role), "a second leg of one kind");
                    self.legs.push((role, leg));
                    self.session.leg_opened(role, leg);
                }
                Output::Tell(ParticipantCommand::AddTrack { tag, description }) => {
                    self.asked.push_back((tag, description));
                }
                Output::Close(_) => self.is_closed = true,
                Output::Tell(_) | Output::Leg(..) | Output::RefreshToken | Output::Call(..) | Output::AvoidUdp(_) => {}
            }
        }
        // Twice: the request, and the answer that repeats it. A megabyte for everybody who is there.
        assert!(bytes <= 64 * said_bytes + (1 << 20), "{bytes} bytes in answer to {said_bytes}");
    }

    fn finish(mut self) {
        self.pass(1);
        let remembered = format!("{:?}", self.session).len();
        assert!(remembered < MOST_REMEMBERED_BYTES, "it remembers {remembered} bytes, written out");
    }
}

fn gone(who: &Participant) -> Arc<Participant> {
    let state = moim_room::ParticipantState::Disconnected(DisconnectReason::ClientInitiated);
    Arc::new(Participant { state, ..who.clone() })
}

fn message(bytes: &[u8]) -> Message {
    Message {
        from: None,
        reliable: bytes.len().is_multiple_of(2),
        sequence: 1,
        body: Body { plain: None, wire: Bytes::copy_from_slice(bytes) },
    }
}

const MOST_STEPS: usize = 100;
/// More than any list of a session holds.
const REPEATED: usize = 300;
const MOST_REMEMBERED: usize = 500;
/// One message may name ten thousand tracks that are not there.
const MOST_OUTPUTS: usize = 30_000;
/// A hundred tracks of sixteen kilobytes each, escaped.
const MOST_REMEMBERED_BYTES: usize = 48 << 20;

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    fn corpus() -> PathBuf {
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/signal_messages")
    }

    #[test]
    fn stays_of_the_corpus_break_nothing() {
        assert!(moim_testkit::fuzz::replay(&corpus(), signal_messages) > 0, "{} is empty", corpus().display());
    }
}
