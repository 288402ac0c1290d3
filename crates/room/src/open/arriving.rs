//! Coming in, being connected, and coming back.

use std::sync::Arc;
use std::time::Duration;

use moim_types::{LegId, SessionId};

use super::OpenRoom;
use super::access::Access;
use super::keeping::Blobs;
use super::legs::Legs;
use super::member::{Member, is_dependent};
use super::vigil::Vigil;
use crate::desk::Desk;
use crate::directory::Seat;
use crate::{Arrival, Event, Joined, JournalEvent, Participant, ParticipantState, Refusal, Version};

/// A session may be dead for so long before it counts as lost; what happened then is told again.
const UNNOTICED: Duration = Duration::from_secs(20);

impl OpenRoom {
    pub(crate) fn join(&mut self, desk: &mut Desk, session: SessionId, arrival: Arrival) -> Result<(), Refusal> {
        let replaced = self.roster.seat_of(&arrival.identity);
        self.has_place_for(desk, &arrival, replaced)?;
        if let Some(old) = replaced {
            self.remove(desk, old, crate::DisconnectReason::DuplicateIdentity);
        }
        let seat = desk.next_seat();
        let member = admit(desk, session, arrival);
        desk.directory.sessions.insert(session, self.place(seat));
        desk.directory.participants.insert(member.snapshot.id, self.place(seat));
        desk.stats.participants += 1;
        desk.stats.participants_joined += 1;
        self.welcome(desk, seat, member);
        Ok(())
    }

    fn welcome(&mut self, desk: &mut Desk, seat: Seat, member: Member) {
        let session = member.session;
        let hidden = member.is_hidden();
        let you = Arc::clone(&member.snapshot);
        self.roster.insert(seat, member);
        let before = desk.outbox.len();
        self.recount(desk);
        // He is told of the room as it is with him in it, before he hears anything else.
        let recounted: Vec<_> = desk.outbox.drain(before..).collect();
        desk.tell(session, Event::Joined(Box::new(self.everything_for(seat, Arc::clone(&you)))));
        if !hidden {
            self.tell_others(desk, seat, &Event::Participant { urgent: you.publisher, who: you });
        }
        desk.outbox.extend(recounted);
        self.watch_participant(desk, seat);
    }

    fn has_place_for(&self, desk: &Desk, arrival: &Arrival, replaced: Option<Seat>) -> Result<(), Refusal> {
        if self.roster.len() - usize::from(replaced.is_some()) >= desk.config.participants_per_room {
            return Err(Refusal::RoomFull);
        }
        let most = self.board.options().max_participants;
        if most == 0 || is_dependent(arrival.kind, &arrival.permissions) {
            return Ok(());
        }
        let counted = replaced.and_then(|seat| self.roster.get(seat)).is_some_and(|member| !member.is_dependent());
        let there = self.roster.census().independent - u32::from(counted);
        if there >= most { Err(Refusal::RoomFull) } else { Ok(()) }
    }

    fn everything_for(&self, seat: Seat, you: Arc<Participant>) -> Joined {
        Joined { room: self.snapshot(), you, others: self.roster.others_of(seat) }
    }

    /// His connection is up for the first time: he is in the room for those outside, too, and gets
    /// what he may see.
    pub(super) fn activate(&mut self, desk: &mut Desk, seat: Seat) {
        let now = desk.now;
        let Some(member) = self.roster.get_mut(seat) else { return };
        member.change(now, |who| who.state = ParticipantState::Active);
        let who = Arc::clone(&member.snapshot);
        let joined = member.joined;
        desk.stats.participants_connected += 1;
        self.announce(desk, seat, false);
        desk.journal(self.board.snapshot(), JournalEvent::ParticipantJoined(Arc::clone(&who)));
        tracing::info!(room.id = %self.board.snapshot().id, participant.id = %who.id, "participant connected");
        self.journal_published(desk, seat, &who);
        self.settle_viewer(desk, seat);
        self.offer_data_to(desk, seat);
        let recent = now.instant.checked_sub(desk.config.remembered_for).unwrap_or(joined);
        self.replay(desk, seat, joined.max(recent), None);
    }

    /// What he published before he was connected is told to those outside now.
    fn journal_published(&mut self, desk: &mut Desk, seat: Seat, who: &Arc<Participant>) {
        for id in self.publications.published_by(seat).to_vec() {
            if let Some(publication) = self.publications.get_mut(id).filter(|one| one.stands_in_for.is_none()) {
                publication.journaled = true;
                let track = Arc::clone(&publication.track);
                desk.journal(self.board.snapshot(), JournalEvent::TrackPublished(Arc::clone(who), track));
            }
        }
    }

    pub(crate) fn resume(&mut self, desk: &mut Desk, seat: Seat, session: SessionId) {
        let place = self.place(seat);
        let Some(member) = self.roster.get_mut(seat) else { return };
        let old = member.session.replace(session);
        let lost = member.lost.take();
        member.vigil.session_back();
        if member.is_active() && !member.legs.has_primary() {
            // He needs time to bring up another.
            member.vigil.leg_lost(desk.instant() + desk.config.resume_grace);
        }
        if let Some(old) = old {
            desk.directory.sessions.remove(&old);
        }
        desk.directory.sessions.insert(session, place);
        desk.stats.sessions_resumed += 1;
        desk.tell(old, Event::Superseded(session));
        let lost_at = lost.unwrap_or_else(|| desk.instant());
        self.tell_resumed(desk, seat, lost_at);
        self.retell_own_tracks(desk, seat);
        let recent = lost_at.checked_sub(desk.config.remembered_for).unwrap_or(lost_at);
        self.replay(desk, seat, recent, Some(lost_at));
        self.watch_participant(desk, seat);
    }

    fn tell_resumed(&self, desk: &mut Desk, seat: Seat, lost_at: std::time::Instant) {
        let Some(member) = self.roster.get(seat) else { return };
        let since = lost_at.checked_sub(UNNOTICED).unwrap_or(lost_at);
        // An identity that is here again is told of as it is now.
        let left = self.departed.since(since).filter(|who| self.roster.seat_of(&who.identity).is_none()).cloned();
        let event = Event::Resumed {
            now: Box::new(self.everything_for(seat, Arc::clone(&member.snapshot))),
            left: left.collect(),
            last_sequence: member.last_sequence,
            legs: member.legs.ids().collect::<Vec<LegId>>(),
        };
        desk.tell(member.session, event);
    }

    /// What a publisher was told of his tracks may have been lost with his session.
    fn retell_own_tracks(&mut self, desk: &mut Desk, seat: Seat) {
        let session = self.roster.get(seat).and_then(|member| member.session);
        for id in self.publications.matching(seat, |publication| publication.untold) {
            let Some(publication) = self.publications.get_mut(id) else { continue };
            publication.untold = false;
            let (tag, track) = (publication.tag.clone(), Arc::clone(&publication.track));
            desk.tell(session, Event::TrackAdded { tag, track });
        }
        for id in self.publications.published_by(seat) {
            match self.publications.get(*id).and_then(|publication| publication.backup) {
                Some(backup) => desk.tell(session, Event::BackupStarted { track: *id, backup }),
                None if self.is_backup_wanted(*id) => desk.tell(session, Event::BackupWanted(*id)),
                None => {}
            }
            if let Some(demand) = self.demands.told(*id) {
                desk.tell(session, Event::Demand(*id, demand));
            }
            if self.publications.get(*id).is_some_and(|publication| publication.silenced) {
                desk.tell(session, Event::MuteAsked { track: *id, muted: true });
            }
        }
    }
}

fn admit(desk: &mut Desk, session: SessionId, arrival: Arrival) -> Member {
    let snapshot = Participant {
        id: desk.names.next(),
        identity: arrival.identity,
        name: arrival.name,
        metadata: arrival.metadata,
        attributes: arrival.attributes.into_iter().filter(|(_, value)| !value.is_empty()).collect(),
        kind: arrival.kind,
        permissions: arrival.permissions,
        state: ParticipantState::Joined,
        joined: desk.now.unix,
        tracks: Vec::new(),
        data_tracks: Vec::new(),
        publisher: false,
        version: Version::default().next(desk.now),
        door_data: arrival.door_data,
    };
    Member {
        snapshot: Arc::new(snapshot),
        session: Some(session),
        auto_subscribe: arrival.auto_subscribe,
        auto_subscribe_data: arrival.auto_subscribe_data,
        adaptive_stream: arrival.adaptive_stream,
        legs: Legs::default(),
        vigil: Vigil::joining(desk.instant(), desk.config.join_timeout),
        access: Access::default(),
        blobs: Blobs::default(),
        last_sequence: 0,
        joined: desk.instant(),
        lost: None,
    }
}
