//! One open room. It routes between the parts that own its state; no part knows the room.
//!
//! Inside one input the order of outputs is: who and what there is ([`Event::Participant`]), then
//! what media does about it ([`MediaOrder`](crate::MediaOrder)), then what follows from that.

mod access;
mod arriving;
mod board;
mod changing;
mod data_pairs;
mod data_tracks;
mod demand;
mod framing;
mod hearing;
mod keeping;
mod leaving;
mod legs;
mod member;
mod memory;
mod publications;
mod publishing;
mod quality;
mod roster;
mod saying;
mod speakers;
mod subscriptions;
mod viewing;
mod vigil;
mod wiring;

use std::sync::Arc;

pub(crate) use self::legs::Leg;
pub(crate) use self::saying::Said;

use self::board::{Board, Telling, Vacancy};
use self::data_tracks::DataTracks;
use self::demand::Demands;
use self::memory::{Departed, Messages};
use self::publications::Publications;
use self::quality::Qualities;
use self::roster::Roster;
use self::speakers::Speakers;
use self::subscriptions::Subscriptions;
use crate::desk::Desk;
use crate::directory::{Place, RoomKey, Seat};
use crate::timers::Wake;
use crate::{DisconnectReason, Event, Identity, JournalEvent, Participant, Refusal, Room, RoomName, RoomOptions};

#[derive(Debug)]
pub(crate) struct OpenRoom {
    key: RoomKey,
    board: Board,
    vacancy: Vacancy,
    roster: Roster,
    publications: Publications,
    subscriptions: Subscriptions,
    data_tracks: DataTracks,
    demands: Demands,
    speakers: Speakers,
    qualities: Qualities,
    messages: Messages,
    departed: Departed,
}

impl OpenRoom {
    pub(crate) fn open(desk: &mut Desk, key: RoomKey, name: RoomName, options: RoomOptions) -> Self {
        let snapshot = Arc::new(Room {
            id: desk.names.next(),
            name,
            options,
            created: desk.now.unix,
            participants: 0,
            publishers: 0,
            being_recorded: false,
        });
        desk.stats.rooms += 1;
        desk.stats.rooms_opened += 1;
        desk.journal(&snapshot, JournalEvent::RoomStarted);
        tracing::info!(room.id = %snapshot.id, "room opened");
        let room = Self {
            key,
            board: Board::new(snapshot),
            vacancy: Vacancy::new(desk.instant()),
            roster: Roster::default(),
            publications: Publications::default(),
            subscriptions: Subscriptions::default(),
            data_tracks: DataTracks::default(),
            demands: Demands::default(),
            speakers: Speakers::default(),
            qualities: Qualities::default(),
            messages: Messages::default(),
            departed: Departed::default(),
        };
        room.watch_vacancy(desk);
        room
    }

    /// Sends everybody away.
    pub(crate) fn close(mut self, desk: &mut Desk, reason: DisconnectReason) {
        // Nobody stays who would have to be told of the others: the cost is that of the leaving alone.
        let mut leaving = std::mem::take(&mut self.roster);
        desk.stats.subscriptions -= std::mem::take(&mut self.subscriptions).flowing();
        for seat in leaving.seats() {
            if let Some(member) = leaving.remove(seat) {
                self.part(desk, seat, member, reason);
            }
        }
        for wake in [Wake::Vacancy(self.key), Wake::Counts(self.key), Wake::Quality(self.key), Wake::Memory(self.key)] {
            desk.timers.set(wake, None);
        }
        self.board.count(self.roster.census(), desk.instant());
        desk.stats.rooms -= 1;
        desk.journal(self.board.snapshot(), JournalEvent::RoomFinished);
        tracing::info!(room.id = %self.board.snapshot().id, ?reason, "room closed");
    }

    pub(crate) fn snapshot(&self) -> Arc<Room> {
        Arc::clone(self.board.snapshot())
    }

    pub(crate) fn name(&self) -> &RoomName {
        &self.board.snapshot().name
    }

    pub(crate) fn participants(&self) -> Vec<Arc<Participant>> {
        self.roster.everybody()
    }

    pub(crate) fn seat_of(&self, identity: &Identity) -> Result<Seat, Refusal> {
        self.roster.seat_of(identity).ok_or(Refusal::NoSuchParticipant)
    }

    pub(crate) fn participant(&self, seat: Seat) -> Result<Arc<Participant>, Refusal> {
        self.roster.get(seat).map(|member| Arc::clone(&member.snapshot)).ok_or(Refusal::NoSuchParticipant)
    }

    /// Whether nobody has held the room open for long enough.
    pub(crate) fn is_over(&self, desk: &Desk) -> bool {
        self.vacancy.ends(self.board.options()).is_some_and(|end| end <= desk.instant())
    }

    const fn place(&self, seat: Seat) -> Place {
        Place { room: self.key, seat }
    }

    /// Tells everybody who may see him, and himself, what he is now.
    fn announce(&self, desk: &mut Desk, seat: Seat, urgent: bool) {
        let Some(member) = self.roster.get(seat) else { return };
        let urgent = urgent || member.snapshot.publisher;
        desk.tell(member.session, Event::Participant { who: Arc::clone(&member.snapshot), urgent });
        if !member.is_hidden() {
            self.tell_others(desk, seat, &Event::Participant { who: Arc::clone(&member.snapshot), urgent });
        }
    }

    fn tell_others(&self, desk: &mut Desk, seat: Seat, event: &Event) {
        for (_, other) in self.roster.iter().filter(|(other, _)| *other != seat) {
            desk.tell(other.session, event.clone());
        }
    }

    /// Counts who is there; the room is told of it in its time.
    fn recount(&mut self, desk: &mut Desk) {
        let census = self.roster.census();
        self.vacancy.count(census.independent, desk.instant());
        self.watch_vacancy(desk);
        match self.board.count(census, desk.instant()) {
            Telling::Nothing => {}
            Telling::Now => self.tell_room(desk),
            Telling::At(at) => {
                if !desk.timers.is_set(Wake::Counts(self.key)) {
                    desk.timers.set(Wake::Counts(self.key), Some(at));
                }
            }
        }
    }

    pub(crate) fn tell_room(&mut self, desk: &mut Desk) {
        desk.timers.set(Wake::Counts(self.key), None);
        let room = self.board.told(desk.instant());
        for (_, member) in self.roster.iter() {
            desk.tell(member.session, Event::Room(Arc::clone(&room)));
        }
    }

    fn watch_vacancy(&self, desk: &mut Desk) {
        desk.timers.set(Wake::Vacancy(self.key), self.vacancy.ends(self.board.options()));
    }

    fn watch_participant(&self, desk: &mut Desk, seat: Seat) {
        let next = self.roster.get(seat).and_then(|member| member.vigil.next());
        desk.timers.set(Wake::Participant(self.place(seat)), next.map(|(at, _)| at));
    }
}
