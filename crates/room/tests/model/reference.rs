//! The simplest thing that could be right: lists, walked from end to end.

use std::time::{Duration, Instant};

use moim_room::{Config, DisconnectReason, Permissions, TrackAccess};
use moim_types::{LegId, MediaKind, ParticipantId, SessionId, Source, TrackId};

#[derive(Debug, Clone)]
pub(crate) struct Leg {
    pub(crate) id: LegId,
    pub(crate) ingress: bool,
    pub(crate) egress: bool,
    pub(crate) primary: bool,
}

#[derive(Debug, Clone)]
pub(crate) struct Track {
    pub(crate) id: TrackId,
    pub(crate) source: Source,
    pub(crate) kind: MediaKind,
    pub(crate) leg: Option<LegId>,
    pub(crate) width: u32,
}

#[derive(Debug, Clone)]
pub(crate) struct Wish {
    pub(crate) track: TrackId,
    pub(crate) wanted: Option<bool>,
    pub(crate) viewed: bool,
    pub(crate) until: Option<Instant>,
    pub(crate) undecodable: bool,
}

#[derive(Debug, Clone)]
pub(crate) struct Person {
    pub(crate) room: u8,
    pub(crate) identity: u8,
    pub(crate) id: ParticipantId,
    pub(crate) session: Option<SessionId>,
    pub(crate) active: bool,
    pub(crate) auto: bool,
    pub(crate) may: Permissions,
    pub(crate) legs: Vec<Leg>,
    pub(crate) tracks: Vec<Track>,
    pub(crate) wishes: Vec<Wish>,
    pub(crate) everybody: bool,
    pub(crate) only: Vec<TrackAccess>,
    pub(crate) connecting: Option<Instant>,
    pub(crate) session_until: Option<Instant>,
    pub(crate) leg_until: Option<Instant>,
    pub(crate) ever_connected: bool,
}

impl Person {
    pub(crate) fn egress(&self) -> Option<LegId> {
        self.legs.iter().find(|leg| leg.egress).map(|leg| leg.id)
    }

    pub(crate) fn dependent(&self) -> bool {
        self.may.recorder || self.may.agent
    }

    fn lets(&self, viewer: &Self, track: TrackId) -> bool {
        let names = |access: &TrackAccess| match &access.viewer {
            Ok(identity) => **identity == *super::identity(viewer.identity),
            Err(id) => *id == viewer.id,
        };
        self.everybody
            || self.only.iter().any(|access| names(access) && (access.all_tracks || access.tracks.contains(&track)))
    }

    pub(crate) fn due(&self) -> Option<(Instant, DisconnectReason)> {
        let lost =
            if self.ever_connected { DisconnectReason::ConnectionTimeout } else { DisconnectReason::JoinFailure };
        let all = [
            self.connecting.map(|at| (at, DisconnectReason::JoinFailure)),
            self.leg_until.map(|at| (at, lost)),
            self.session_until.map(|at| (at, DisconnectReason::SignalClosed)),
        ];
        all.into_iter().flatten().min_by_key(|(at, _)| *at)
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Room {
    pub(crate) number: u8,
    pub(crate) vacant_since: Option<Instant>,
    pub(crate) ever: bool,
}

#[derive(Debug, Default, Clone)]
pub(crate) struct Reference {
    pub(crate) people: Vec<Person>,
    pub(crate) rooms: Vec<Room>,
}

impl Reference {
    pub(crate) fn by_id(&mut self, id: ParticipantId) -> Option<&mut Person> {
        self.people.iter_mut().find(|person| person.id == id)
    }

    pub(crate) fn holder(&self, room: u8, identity: u8) -> Option<&Person> {
        self.people.iter().find(|person| person.room == room && person.identity == identity)
    }

    pub(crate) fn owner_of(&self, track: TrackId) -> Option<(&Person, &Track)> {
        self.people.iter().find_map(|person| Some((person, person.tracks.iter().find(|one| one.id == track)?)))
    }

    pub(crate) fn sees(&self, viewer: &Person, track: TrackId) -> bool {
        self.owner_of(track).is_some_and(|(owner, one)| {
            owner.room == viewer.room && owner.id != viewer.id && !owner.may.hidden && one.leg.is_some()
        })
    }

    /// Who is to get what.
    pub(crate) fn flows(&self) -> Vec<(LegId, TrackId)> {
        let mut flows = Vec::new();
        for viewer in &self.people {
            for (owner, track) in self.people.iter().flat_map(|owner| owner.tracks.iter().map(move |t| (owner, t))) {
                let wish = viewer.wishes.iter().find(|wish| wish.track == track.id);
                let wanted = wish.and_then(|wish| wish.wanted).unwrap_or(viewer.auto);
                let can = viewer.may.subscribe && !wish.is_some_and(|wish| wish.undecodable);
                let may = viewer.may.recorder || owner.lets(viewer, track.id);
                if let Some(leg) = viewer.egress()
                    && self.sees(viewer, track.id)
                    && wanted
                    && can
                    && may
                {
                    flows.push((leg, track.id));
                }
            }
        }
        flows.sort_unstable();
        flows
    }

    /// The others whom somebody sees.
    pub(crate) fn seen_by(&self, viewer: &Person) -> Vec<ParticipantId> {
        let mut seen: Vec<_> = self
            .people
            .iter()
            .filter(|other| other.room == viewer.room && other.id != viewer.id && !other.may.hidden)
            .map(|other| other.id)
            .collect();
        seen.sort_unstable();
        seen
    }

    pub(crate) fn remove(&mut self, id: ParticipantId) {
        let tracks: Vec<_> = self.people.iter().filter(|p| p.id == id).flat_map(|p| p.tracks.clone()).collect();
        self.people.retain(|person| person.id != id);
        tracks.iter().for_each(|track| self.forget_wishes(track));
    }

    fn forget_wishes(&mut self, track: &Track) {
        if track.leg.is_some() {
            self.people.iter_mut().for_each(|person| person.wishes.retain(|wish| wish.track != track.id));
        }
    }

    pub(crate) fn end_tracks(&mut self, id: ParticipantId, ends: impl Fn(&Track) -> bool) {
        let Some(person) = self.by_id(id) else { return };
        let ended: Vec<_> = person.tracks.iter().filter(|track| ends(track)).cloned().collect();
        person.tracks.retain(|track| !ends(track));
        ended.iter().for_each(|track| self.forget_wishes(track));
    }

    pub(crate) fn drop_leg(&mut self, id: ParticipantId, leg: LegId) -> Option<Leg> {
        let person = self.by_id(id)?;
        let at = person.legs.iter().position(|one| one.id == leg)?;
        let dropped = person.legs.remove(at);
        self.end_tracks(id, |track| track.leg == Some(leg));
        Some(dropped)
    }

    /// Says something of tracks; `wanted: None` is a view.
    pub(crate) fn wish(&mut self, id: ParticipantId, track: TrackId, wanted: Option<bool>, until: Instant) {
        let Some(viewer) = self.people.iter().find(|person| person.id == id) else { return };
        if viewer.tracks.iter().any(|own| own.id == track) {
            return;
        }
        let until = (!self.sees(viewer, track)).then_some(until);
        let Some(viewer) = self.by_id(id) else { return };
        if !viewer.wishes.iter().any(|wish| wish.track == track) {
            viewer.wishes.push(Wish { track, wanted: None, viewed: false, until: None, undecodable: false });
        }
        let Some(wish) = viewer.wishes.iter_mut().find(|wish| wish.track == track) else { return };
        if wish.wanted.is_none() && !wish.viewed {
            wish.until = until;
        }
        match wanted {
            Some(wanted) => {
                wish.wanted = Some(wanted);
                wish.undecodable &= !wanted;
            }
            None => wish.viewed = true,
        }
    }

    /// What is known has no date.
    fn settle(&mut self) {
        let copy = self.clone();
        for person in &mut self.people {
            for wish in &mut person.wishes {
                let known = copy.people.iter().find(|p| p.id == person.id).is_some_and(|p| copy.sees(p, wish.track));
                if known {
                    wish.until = None;
                }
            }
        }
    }

    /// After each step: who holds rooms open.
    pub(crate) fn recount(&mut self, now: Instant) {
        self.settle();
        for room in &mut self.rooms {
            if self.people.iter().any(|person| person.room == room.number && !person.dependent()) {
                (room.vacant_since, room.ever) = (None, true);
            } else if room.vacant_since.is_none() {
                room.vacant_since = Some(now);
            }
        }
    }

    /// What runs out by itself: people, wishes, rooms.
    pub(crate) fn expire(&mut self, now: Instant, empty: Duration, departure: Duration) -> Vec<DisconnectReason> {
        let mut reasons = Vec::new();
        for person in self.people.clone() {
            if let Some((_, reason)) = person.due().filter(|(at, _)| *at <= now) {
                self.remove(person.id);
                reasons.push(reason);
            }
        }
        for person in &mut self.people {
            person.wishes.retain(|wish| wish.until.is_none_or(|until| until > now));
        }
        self.recount(now);
        let over = |room: &Room| {
            let timeout = if room.ever { departure } else { empty };
            room.vacant_since.is_some_and(|since| since + timeout <= now)
        };
        let closed: Vec<_> = self.rooms.iter().filter(|room| over(room)).map(|room| room.number).collect();
        for number in closed {
            self.close(number);
            reasons.push(DisconnectReason::RoomClosed);
        }
        reasons
    }

    pub(crate) fn close(&mut self, number: u8) {
        self.rooms.retain(|room| room.number != number);
        self.people.retain(|person| person.room != number);
    }

    pub(crate) fn counts(&self) -> [u64; 4] {
        let published = self.people.iter().flat_map(|p| &p.tracks).filter(|track| track.leg.is_some()).count();
        [self.rooms.len() as u64, self.people.len() as u64, published as u64, self.flows().len() as u64]
    }

    pub(crate) fn may_enter(&self, room: u8, identity: u8, dependent: bool, most: u32, config: &Config) -> bool {
        let others = self.people.iter().filter(|p| p.room == room && p.identity != identity);
        let independent = others.clone().filter(|p| !p.dependent()).count();
        others.count() < config.participants_per_room && (most == 0 || dependent || independent < most as usize)
    }
}
