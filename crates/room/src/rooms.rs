//! All rooms of a process: finds the room that an input is about, and hands it over.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use moim_types::{LegId, Now, ParticipantId, SessionId, TrackId};

use crate::desk::Desk;
use crate::directory::{Place, RoomKey, Seat};
use crate::open::{Leg, OpenRoom, Said};
use crate::stats::{DropReason, Stats};
use crate::timers::Wake;
use crate::{
    ApiCommand, Command, Config, DisconnectReason, Event, Identity, Join, MediaOrder, Output, ParticipantCommand,
    Refusal, Reply, Room, RoomName, RoomOptions, limits,
};

/// All rooms of a process, as a machine. See the crate's description for how it is driven.
#[derive(Debug)]
pub struct Rooms {
    open: BTreeMap<RoomKey, OpenRoom>,
    by_name: BTreeMap<RoomName, RoomKey>,
    desk: Desk,
    keys: u64,
    stopping: bool,
}

impl Rooms {
    /// No rooms yet. All names that are given out come from `seed`.
    #[must_use]
    pub fn new(config: Config, now: Now, seed: [u8; 32]) -> Self {
        Self {
            open: BTreeMap::new(),
            by_name: BTreeMap::new(),
            desk: Desk::new(config, now, seed),
            keys: 0,
            stopping: false,
        }
    }

    /// Carries out a command. Dates that have come are seen to first. Poll until `None` afterwards.
    pub fn handle(&mut self, now: Now, command: Command) {
        self.wake(now);
        match command {
            Command::Join(join) => self.join(*join),
            Command::Resume { session, room, identity, participant } => {
                self.resume(session, &room, &identity, participant);
            }
            Command::SessionLost(session) => {
                let place = self.desk.directory.sessions.get(&session).copied();
                self.at(place, |room, desk, seat| room.lose_session(desk, seat, session));
            }
            Command::Participant(participant, command) => self.participant(participant, command),
            Command::LegConnected(leg) => self.at_leg(leg, |room, desk, seat| room.leg_connected(desk, seat, leg)),
            Command::LegDisconnected(leg) => {
                self.at_leg(leg, |room, desk, seat| room.leg_disconnected(desk, seat, leg));
            }
            Command::LegClosed(leg) => self.leg_closed(leg),
            Command::Speakers(levels) => self.hear(levels),
            Command::LegQuality(leg, quality) => {
                self.at_leg(leg, |room, desk, seat| room.measure(desk, seat, leg, quality));
            }
            Command::StreamState { leg, track, paused } => {
                self.at_leg(leg, |room, desk, seat| room.stream_state(desk, seat, leg, track, paused));
            }
            Command::CodecUnsupported { leg, track } => {
                self.at_leg(leg, |room, desk, seat| room.undecodable(desk, seat, leg, track));
            }
            Command::Api(request, command) => {
                let reply = self.api(command);
                self.desk.reply(request, reply);
            }
            Command::Shutdown => self.shut_down(),
        }
    }

    /// Sees to the dates that have come. Poll until `None` afterwards.
    pub fn wake(&mut self, now: Now) {
        self.desk.now = now;
        while let Some(wake) = self.desk.timers.pop(now.instant) {
            self.woken(wake);
        }
    }

    /// The next thing to be done outside.
    pub fn poll(&mut self) -> Option<Output> {
        self.desk.outbox.pop_front()
    }

    /// When [`wake`](Self::wake) is to be called, if no command comes before.
    #[must_use]
    pub fn next_wake(&self) -> Option<Instant> {
        self.desk.timers.next()
    }

    /// What was counted so far.
    #[must_use]
    pub const fn stats(&self) -> &Stats {
        &self.desk.stats
    }

    fn woken(&mut self, wake: Wake) {
        match wake {
            Wake::Vacancy(key) => {
                if self.open.get(&key).is_some_and(|room| room.is_over(&self.desk)) {
                    self.close(key, DisconnectReason::RoomClosed);
                }
            }
            Wake::Counts(key) => self.in_room(key, OpenRoom::tell_room),
            Wake::Quality(key) => self.in_room(key, OpenRoom::tell_qualities),
            Wake::Memory(key) => self.in_room(key, OpenRoom::forget_old),
            Wake::Demand(key, track) => self.in_room(key, |room, desk| room.demand_due(desk, track)),
            Wake::Participant(place) => self.at(Some(place), OpenRoom::check_participant),
            Wake::Wishes(place) => self.at(Some(place), OpenRoom::wishes_due),
        }
    }

    fn in_room(&mut self, key: RoomKey, act: impl FnOnce(&mut OpenRoom, &mut Desk)) {
        if let Some(room) = self.open.get_mut(&key) {
            act(room, &mut self.desk);
        }
    }

    /// Acts where somebody is; what is about nobody is dropped.
    fn at(&mut self, place: Option<Place>, act: impl FnOnce(&mut OpenRoom, &mut Desk, Seat)) {
        match place.and_then(|place| Some((self.open.get_mut(&place.room)?, place.seat))) {
            Some((room, seat)) => act(room, &mut self.desk, seat),
            None => self.desk.drop_for(DropReason::Gone),
        }
    }

    fn at_leg(&mut self, leg: LegId, act: impl FnOnce(&mut OpenRoom, &mut Desk, Seat)) {
        let place = self.desk.directory.legs.get(&leg).copied();
        self.at(place, act);
    }

    fn leg_closed(&mut self, leg: LegId) {
        if self.desk.directory.legs.contains_key(&leg) {
            self.at_leg(leg, |room, desk, seat| room.leg_closed(desk, seat, leg));
        } else {
            self.desk.directory.closed_unclaimed(leg);
        }
    }

    fn join(&mut self, join: Join) {
        let session = join.session;
        if self.desk.directory.sessions.contains_key(&session) {
            return self.desk.drop_for(DropReason::SessionInUse);
        }
        if self.stopping {
            return self.desk.tell(Some(session), Event::Disconnected(DisconnectReason::ServerShutdown));
        }
        if let Err(why) = self.let_in(join) {
            self.turn_away(session, why);
        }
    }

    fn let_in(&mut self, join: Join) -> Result<(), Refusal> {
        let Join { session, room, open_as, arrival } = join;
        limits::name(&room)?;
        limits::arrival(&self.desk.config, &arrival)?;
        let key = match self.by_name.get(&room) {
            Some(key) => *key,
            None => self.open_room(room, open_as.ok_or(Refusal::NoSuchRoom)?)?,
        };
        let room = self.open.get_mut(&key).ok_or(Refusal::NoSuchRoom)?;
        room.join(&mut self.desk, session, arrival)
    }

    fn turn_away(&mut self, session: SessionId, why: Refusal) {
        self.desk.stats.count_refused(why);
        self.desk.tell(Some(session), Event::Refused(why));
    }

    fn open_room(&mut self, name: RoomName, options: RoomOptions) -> Result<RoomKey, Refusal> {
        limits::name(&name)?;
        limits::room_options(&options)?;
        if self.open.len() >= self.desk.config.rooms {
            return Err(Refusal::TooLarge);
        }
        self.keys += 1;
        let key = RoomKey(self.keys);
        self.open.insert(key, OpenRoom::open(&mut self.desk, key, Arc::clone(&name), options));
        self.by_name.insert(name, key);
        Ok(key)
    }

    fn close(&mut self, key: RoomKey, reason: DisconnectReason) {
        let Some(room) = self.open.remove(&key) else { return };
        self.by_name.remove(room.name());
        room.close(&mut self.desk, reason);
    }

    fn shut_down(&mut self) {
        self.stopping = true;
        while let Some((key, _)) = self.open.first_key_value() {
            self.close(*key, DisconnectReason::ServerShutdown);
        }
    }

    fn resume(&mut self, session: SessionId, room: &RoomName, identity: &Identity, participant: ParticipantId) {
        if self.desk.directory.sessions.contains_key(&session) {
            return self.desk.drop_for(DropReason::SessionInUse);
        }
        match self.find_stay(room, identity, participant) {
            Ok(place) => self.at(Some(place), |room, desk, seat| room.resume(desk, seat, session)),
            Err(why) => self.turn_away(session, why),
        }
    }

    /// The stay, if it is in the room and under the identity that the token says.
    fn find_stay(&self, name: &RoomName, identity: &Identity, participant: ParticipantId) -> Result<Place, Refusal> {
        let key = self.by_name.get(name).copied().ok_or(Refusal::NoSuchRoom)?;
        let room = self.open.get(&key).ok_or(Refusal::NoSuchRoom)?;
        let seat = room.seat_of(identity)?;
        let is_he = room.participant(seat)?.id == participant;
        if is_he { Ok(Place { room: key, seat }) } else { Err(Refusal::NoSuchParticipant) }
    }

    fn participant(&mut self, participant: ParticipantId, command: ParticipantCommand) {
        let place = self.desk.directory.participants.get(&participant).copied();
        if let (None, ParticipantCommand::AttachLeg { leg, .. }) = (place, &command)
            && !self.desk.directory.legs.contains_key(leg)
            && !self.desk.directory.has_closed(*leg)
        {
            // He went while his leg was being made.
            self.desk.order(MediaOrder::CloseLeg(*leg));
        }
        self.at(place, |room, desk, seat| carry_out(room, desk, seat, command));
    }

    fn hear(&mut self, levels: Vec<(TrackId, f32, bool)>) {
        let mut by_room: BTreeMap<RoomKey, Vec<_>> = BTreeMap::new();
        for (track, level, active) in levels {
            match self.desk.directory.tracks.get(&track) {
                Some(place) => by_room.entry(place.room).or_default().push((place.seat, track, level, active)),
                None => self.desk.drop_for(DropReason::Gone),
            }
        }
        for (key, levels) in by_room {
            self.in_room(key, |room, desk| room.hear(desk, &levels));
        }
    }

    fn api(&mut self, command: ApiCommand) -> Result<Reply, Refusal> {
        match command {
            ApiCommand::CreateRoom(name, options) => self.create_room(name, options).map(Reply::Room),
            ApiCommand::ListRooms(names) => Ok(Reply::Rooms(self.list(&names))),
            ApiCommand::DeleteRoom(name) => {
                let key = self.key_of(&name)?;
                self.close(key, DisconnectReason::RoomDeleted);
                Ok(Reply::Done)
            }
            ApiCommand::ListParticipants(name) => Ok(Reply::Participants(self.named(&name)?.0.participants())),
            ApiCommand::GetParticipant(name, identity) => {
                let (room, _) = self.named(&name)?;
                Ok(Reply::Participant(room.participant(room.seat_of(&identity)?)?))
            }
            ApiCommand::RemoveParticipant(name, identity) => {
                let (room, desk) = self.named(&name)?;
                room.remove(desk, room.seat_of(&identity)?, DisconnectReason::ParticipantRemoved);
                Ok(Reply::Done)
            }
            ApiCommand::MuteTrack { room, identity, track, muted } => {
                let (room, desk) = self.named(&room)?;
                room.mute_by_api(desk, room.seat_of(&identity)?, track, muted).map(Reply::Track)
            }
            ApiCommand::UpdateParticipant(name, identity, change) => {
                let (room, desk) = self.named(&name)?;
                let seat = room.seat_of(&identity)?;
                room.change(desk, seat, change)?;
                Ok(Reply::Participant(room.participant(seat)?))
            }
            ApiCommand::UpdateSubscriptions { room, identity, tracks, wanted } => {
                let (room, desk) = self.named(&room)?;
                room.subscribe(desk, room.seat_of(&identity)?, &tracks, wanted);
                Ok(Reply::Done)
            }
            ApiCommand::Send { room, to, reliable, body } => {
                let (room, desk) = self.named(&room)?;
                room.announce_message(desk, Said { to, reliable, sequence: 0, body })?;
                Ok(Reply::Done)
            }
            ApiCommand::UpdateRoomMetadata(name, metadata) => {
                let (room, desk) = self.named(&name)?;
                room.change_metadata(desk, metadata).map(Reply::Room)
            }
        }
    }

    fn create_room(&mut self, name: RoomName, options: RoomOptions) -> Result<Arc<Room>, Refusal> {
        if let Ok((room, desk)) = self.named(&name) {
            limits::room_options(&options)?;
            return Ok(room.change_options(desk, options));
        }
        if self.stopping {
            return Err(Refusal::NoSuchRoom);
        }
        let key = self.open_room(name, options)?;
        self.open.get(&key).map(OpenRoom::snapshot).ok_or(Refusal::NoSuchRoom)
    }

    /// All rooms, or these, by name.
    fn list(&self, names: &[RoomName]) -> Vec<Arc<Room>> {
        let all = self.by_name.iter().filter(|(name, _)| names.is_empty() || names.contains(name));
        all.filter_map(|(_, key)| self.open.get(key)).map(OpenRoom::snapshot).collect()
    }

    fn key_of(&self, name: &RoomName) -> Result<RoomKey, Refusal> {
        self.by_name.get(name).copied().ok_or(Refusal::NoSuchRoom)
    }

    fn named(&mut self, name: &RoomName) -> Result<(&mut OpenRoom, &mut Desk), Refusal> {
        let key = self.key_of(name)?;
        Ok((self.open.get_mut(&key).ok_or(Refusal::NoSuchRoom)?, &mut self.desk))
    }
}

fn carry_out(room: &mut OpenRoom, desk: &mut Desk, seat: Seat, command: ParticipantCommand) {
    match command {
        ParticipantCommand::AttachLeg { leg, ingress, egress, primary } => {
            room.attach_leg(desk, seat, Leg { id: leg, ingress, egress, primary, connected: false });
        }
        ParticipantCommand::AddTrack { tag, description } => room.add_track(desk, seat, tag, description),
        ParticipantCommand::StartTrack { track, leg, mid, codecs } => {
            room.start_track(desk, seat, track, (leg, mid), codecs);
        }
        ParticipantCommand::StartBackup { track, leg, mid, codec, encodings } => {
            room.start_backup(desk, seat, track, (leg, mid), (codec, encodings));
        }
        ParticipantCommand::EndBackup(track) => room.end_backup(desk, seat, track),
        ParticipantCommand::EndTrack(track) => room.end_track(desk, seat, track),
        ParticipantCommand::SetMuted { track, muted } => room.set_muted(desk, seat, track, muted),
        ParticipantCommand::DescribeTrack { track, description } => {
            room.describe_track(desk, seat, track, description);
        }
        ParticipantCommand::Subscribe { tracks, wanted } => room.subscribe(desk, seat, &tracks, wanted),
        ParticipantCommand::SetView { tracks, view } => room.set_view(desk, seat, &tracks, view),
        ParticipantCommand::AllowSubscribers { everybody, only } => {
            room.allow_subscribers(desk, seat, everybody, only);
        }
        ParticipantCommand::UpdateOwn { tag, change } => room.update_own(desk, seat, tag, change),
        ParticipantCommand::Send { to, reliable, sequence, body } => {
            room.say(desk, seat, Said { to, reliable, sequence, body });
        }
        ParticipantCommand::PublishData(description) => room.publish_data(desk, seat, description),
        ParticipantCommand::UnpublishData { handle } => room.unpublish_data(desk, seat, handle),
        ParticipantCommand::SubscribeData { tracks, wanted } => room.subscribe_data(desk, seat, &tracks, wanted),
        ParticipantCommand::SendFrame { handle, packet } => room.hand_on(desk, seat, handle, &packet),
        ParticipantCommand::StoreBlob { tag, key, contents } => room.store_blob(desk, seat, tag, (key, contents)),
        ParticipantCommand::GetBlob { tag, owner, key } => room.get_blob(desk, seat, tag, (&owner, &key)),
        ParticipantCommand::Leave(reason) => room.remove(desk, seat, reason),
    }
}
