//! What doors, the forwarding unit and the outside make of the outputs, and what they must never see.

use std::collections::{BTreeMap, BTreeSet};

use moim_room::{Event, JournalEntry, JournalEvent, MediaOrder, Output, Participant, ParticipantState, Version};
use moim_types::{LegId, ParticipantId, RoomId, SessionId, TrackId};

/// What one session believes.
#[derive(Debug, Default, Clone)]
pub(crate) struct Client {
    pub(crate) me: Option<ParticipantId>,
    pub(crate) others: BTreeMap<ParticipantId, Vec<TrackId>>,
    versions: BTreeMap<ParticipantId, Version>,
    pub(crate) ended: bool,
}

#[derive(Debug, Default)]
struct Life {
    started: bool,
    finished: bool,
    joined: BTreeSet<ParticipantId>,
    ever: BTreeSet<ParticipantId>,
    tracks: BTreeMap<TrackId, ParticipantId>,
}

#[derive(Debug, Default)]
pub(crate) struct Observer {
    pub(crate) clients: BTreeMap<SessionId, Client>,
    pub(crate) legs: BTreeMap<LegId, ParticipantId>,
    pub(crate) closed: BTreeSet<LegId>,
    pub(crate) published: BTreeMap<TrackId, LegId>,
    pub(crate) flows: BTreeSet<(LegId, TrackId)>,
    lives: BTreeMap<RoomId, Life>,
    participants: BTreeSet<ParticipantId>,
    tracks: BTreeSet<TrackId>,
    pub(crate) visited: BTreeMap<String, usize>,
}

fn visit_name(what: &impl std::fmt::Debug) -> String {
    let text = format!("{what:?}");
    text.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default().to_owned()
}

impl Observer {
    pub(crate) fn take(&mut self, output: &Output) {
        match output {
            Output::Tell(session, event) => self.told(*session, event),
            Output::Media(order) => self.ordered(order),
            Output::Journal(entry) => self.journaled(entry),
            Output::Reply(_, reply) => {
                if let Err(refusal) = reply {
                    self.visit(format!("Refusal::{refusal:?}"));
                }
            }
        }
    }

    pub(crate) fn visit(&mut self, what: String) {
        *self.visited.entry(what).or_default() += 1;
    }

    /// A leg closes by itself, and takes everything with it.
    pub(crate) fn leg_gone(&mut self, leg: LegId) {
        self.closed.insert(leg);
        self.flows.retain(|(viewer, _)| *viewer != leg);
        self.published.retain(|_, publisher| *publisher != leg);
    }

    fn told(&mut self, session: SessionId, event: &Event) {
        self.visit(format!("Event::{}", visit_name(event)));
        let new = !self.clients.contains_key(&session);
        let client = self.clients.entry(session).or_default();
        assert!(!client.ended, "{session:?} hears {event:?} after its end");
        let first =
            matches!(event, Event::Joined(_) | Event::Resumed { .. } | Event::Refused(_) | Event::Disconnected(_));
        assert!(!new || first, "{session:?} hears {event:?} first");
        match event {
            Event::Joined(joined) => {
                assert!(new && self.participants.insert(joined.you.id), "a name given out twice");
                client.begin(&joined.you, &joined.others);
            }
            Event::Resumed { now, left, legs, .. } => {
                assert!(new);
                client.begin(&now.you, &now.others);
                assert!(left.iter().all(|who| matches!(who.state, ParticipantState::Disconnected(_))));
                assert!(left.iter().all(|who| !client.others.contains_key(&who.id)));
                for leg in legs {
                    assert!(!self.closed.contains(leg) && self.legs.get(leg) == client.me.as_ref());
                }
            }
            Event::Participant { who, .. } => client.hear_of(who),
            Event::TrackAdded { track, .. } => {
                // A resumed session may be told again.
                self.tracks.insert(track.id);
            }
            Event::Refused(why) | Event::CommandRefused { why, .. } | Event::SubscriptionRefused { why, .. } => {
                client.ended |= matches!(event, Event::Refused(_));
                self.visit(format!("Refusal::{why:?}"));
            }
            Event::Disconnected(reason) => {
                client.ended = true;
                self.visit(format!("Reason::{reason:?}"));
            }
            Event::Superseded(_) => client.ended = true,
            Event::StreamState { publisher, .. } | Event::SubscriptionAllowed { publisher, .. } => {
                assert!(client.others.contains_key(publisher), "{event:?} about somebody unseen");
            }
            Event::Speakers(levels) => {
                let known = |id| client.me == Some(id) || client.others.contains_key(&id);
                assert!(levels.iter().all(|level| known(level.participant)), "{event:?}");
            }
            Event::ConnectionQuality(list) => {
                let known = |id| client.me == Some(id) || client.others.contains_key(&id);
                assert!(list.iter().all(|(id, _)| known(*id)), "{event:?}");
                assert!(list.iter().all(|(id, quality)| *quality > 0 || client.me != Some(*id)));
            }
            Event::Message(_)
            | Event::Room(_)
            | Event::TrackQueued { .. }
            | Event::CommandDone { .. }
            | Event::TrackUnpublished(_)
            | Event::TrackSubscribed(_)
            | Event::Demand(..)
            | Event::BackupWanted(_)
            | Event::BackupStarted { .. }
            | Event::StandsIn { .. }
            | Event::DataTrackAdded(_)
            | Event::DataTrackRefused { .. }
            | Event::DataTrackEnded(_)
            | Event::DataSubscribed { .. }
            | Event::DataUnsubscribed(_)
            | Event::Frame { .. }
            | Event::Blob { .. }
            | Event::MuteAsked { .. }
            | Event::GrantsChanged(_) => {}
        }
    }

    fn ordered(&mut self, order: &MediaOrder) {
        self.visit(format!("MediaOrder::{}", visit_name(order)));
        let open = |leg: &LegId| assert!(!self.closed.contains(leg), "{order:?} for a closed leg");
        match order {
            MediaOrder::Publish { leg, track, .. } => {
                open(leg);
                assert!(self.published.insert(*track, *leg).is_none(), "published twice");
            }
            MediaOrder::Unpublish { leg, track } => {
                open(leg);
                assert_eq!(self.published.remove(track), Some(*leg));
                self.flows.retain(|(_, flowing)| flowing != track);
            }
            MediaOrder::Subscribe { leg, publisher_leg, publisher, track, .. } => {
                open(leg);
                open(publisher_leg);
                assert_eq!(self.published.get(track), Some(publisher_leg), "subscribed before it is published");
                assert!(self.flows.insert((*leg, *track)), "subscribed twice");
                let viewer = self.legs[leg];
                for client in self.clients.values().filter(|client| client.me == Some(viewer) && !client.ended) {
                    let told = client.others.get(publisher).is_some_and(|tracks| tracks.contains(track));
                    assert!(told, "{viewer} gets {track} before he is told of it");
                }
            }
            MediaOrder::SetView { leg, track, .. } => {
                open(leg);
                assert!(self.flows.contains(&(*leg, *track)));
            }
            MediaOrder::Unsubscribe { leg, track } => {
                open(leg);
                assert!(self.flows.remove(&(*leg, *track)), "{order:?} of what does not flow");
            }
            MediaOrder::CloseLeg(leg) => {
                open(leg);
                self.leg_gone(*leg);
            }
        }
    }

    fn journaled(&mut self, entry: &JournalEntry) {
        self.visit(format!("JournalEvent::{}", visit_name(&entry.event)));
        let life = self.lives.entry(entry.room.id).or_default();
        assert!(!life.finished, "{:?} after the room is finished", entry.event);
        assert_eq!(life.started, entry.event != JournalEvent::RoomStarted, "{:?}", entry.event);
        match &entry.event {
            JournalEvent::RoomStarted => life.started = true,
            JournalEvent::RoomFinished => {
                assert!(life.joined.is_empty() && life.tracks.is_empty(), "{life:?}");
                life.finished = true;
            }
            JournalEvent::ParticipantJoined(who) => {
                assert!(life.ever.insert(who.id) && life.joined.insert(who.id));
            }
            JournalEvent::ParticipantLeft(who, reason) => {
                assert!(life.joined.remove(&who.id), "left without having joined");
                assert!(life.tracks.values().all(|owner| *owner != who.id), "left before his tracks");
                self.visit(format!("Reason::{reason:?}"));
            }
            JournalEvent::ParticipantConnectionAborted(who, reason) => {
                assert!(life.ever.insert(who.id), "aborted after having joined");
                self.visit(format!("Reason::{reason:?}"));
            }
            JournalEvent::TrackPublished(who, track) => {
                assert!(life.joined.contains(&who.id), "published before having joined");
                assert!(life.tracks.insert(track.id, who.id).is_none());
            }
            JournalEvent::TrackUnpublished(who, track) => {
                assert!(life.joined.contains(&who.id));
                assert_eq!(life.tracks.remove(&track.id), Some(who.id));
            }
        }
    }
}

impl Client {
    fn begin(&mut self, you: &Participant, others: &[std::sync::Arc<Participant>]) {
        self.me = Some(you.id);
        self.versions.insert(you.id, you.version);
        others.iter().for_each(|other| self.hear_of(other));
    }

    fn hear_of(&mut self, who: &Participant) {
        let before = self.versions.insert(who.id, who.version);
        assert!(before.is_none_or(|before| before < who.version), "{} grows no newer", who.id);
        if self.me == Some(who.id) {
            return;
        }
        assert!(
            !who.permissions.hidden || matches!(who.state, ParticipantState::Disconnected(_)),
            "a hidden one is shown"
        );
        match who.state {
            ParticipantState::Disconnected(_) => {
                assert!(self.others.remove(&who.id).is_some(), "somebody unknown has left");
            }
            ParticipantState::Joined | ParticipantState::Active => {
                self.others.insert(who.id, who.tracks.iter().map(|track| track.id).collect());
            }
        }
    }
}
