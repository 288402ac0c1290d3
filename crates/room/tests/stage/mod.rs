//! A stage for scenarios: rooms in virtual time, guests with short names, and what each of them heard.

#![expect(dead_code, reason = "no scenario uses all of it")]
#![expect(clippy::unwrap_used, reason = "a test stops where it fails")]

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use moim_room::{
    ApiCommand, Arrival, Body, Command, Config, DisconnectReason, Encoding, Event, Join, JournalEvent, Kind,
    MediaOrder, Output, Participant, ParticipantCommand, Permissions, Recipients, Refusal, Reply, RequestId,
    RoomOptions, Rooms, Track, TrackDescription,
};
use moim_testkit::VirtualClock;
use moim_types::{Codec, LegId, MediaKind, Now, ParticipantId, Quality, Resolution, SessionId, Source, TrackId};

pub(crate) const ROOM: &str = "hall";

pub(crate) fn seconds(n: u64) -> Duration {
    Duration::from_secs(n)
}

/// Somebody in a room, as his door knows him.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Guest {
    pub(crate) session: SessionId,
    pub(crate) id: ParticipantId,
    pub(crate) ingress: LegId,
    pub(crate) egress: LegId,
}

pub(crate) struct Stage {
    pub(crate) rooms: Rooms,
    pub(crate) now: Now,
    numbers: u64,
}

/// What came out of one or several inputs.
#[derive(Debug, Clone)]
pub(crate) struct Outputs(pub(crate) Vec<Output>);

impl Stage {
    pub(crate) fn new() -> Self {
        Self::with(Config::default())
    }

    pub(crate) fn with(config: Config) -> Self {
        let now = VirtualClock::new().now();
        Self { rooms: Rooms::new(config, now, [7; 32]), now, numbers: 0 }
    }

    pub(crate) fn number(&mut self) -> u64 {
        self.numbers += 1;
        self.numbers
    }

    pub(crate) fn session(&mut self) -> SessionId {
        SessionId(self.number())
    }

    pub(crate) fn leg(&mut self) -> LegId {
        LegId(self.number())
    }

    fn drain(&mut self) -> Outputs {
        Outputs(std::iter::from_fn(|| self.rooms.poll()).collect())
    }

    pub(crate) fn give(&mut self, command: Command) -> Outputs {
        self.rooms.handle(self.now, command);
        self.drain()
    }

    pub(crate) fn told(&mut self, guest: Guest, command: ParticipantCommand) -> Outputs {
        self.give(Command::Participant(guest.id, command))
    }

    /// Time passes; the rooms are woken whenever they want to be.
    pub(crate) fn pass(&mut self, time: Duration) -> Outputs {
        let end = self.now.after(time);
        let mut outputs = Vec::new();
        while let Some(wake) = self.rooms.next_wake().filter(|wake| *wake <= end.instant) {
            let step = wake.saturating_duration_since(self.now.instant);
            self.now = self.now.after(step);
            self.rooms.wake(self.now);
            outputs.extend(self.drain().0);
            assert!(self.rooms.next_wake().is_none_or(|next| next > self.now.instant), "the rooms spin");
        }
        self.now = end;
        Outputs(outputs)
    }

    pub(crate) fn api(&mut self, command: ApiCommand) -> (Result<Reply, Refusal>, Outputs) {
        let request = RequestId(self.number());
        let mut outputs = self.give(Command::Api(request, command));
        let at = outputs.0.iter().position(|output| matches!(output, Output::Reply(id, _) if *id == request)).unwrap();
        let Output::Reply(_, reply) = outputs.0.remove(at) else { unreachable!() };
        (reply, outputs)
    }

    pub(crate) fn enter(&mut self, arrival: Arrival) -> (SessionId, Outputs) {
        self.enter_room(ROOM, arrival)
    }

    pub(crate) fn enter_room(&mut self, room: &str, arrival: Arrival) -> (SessionId, Outputs) {
        let session = self.session();
        let join = Join { session, room: room.into(), open_as: Some(RoomOptions::default()), arrival };
        let outputs = self.give(Command::Join(Box::new(join)));
        (session, outputs)
    }

    /// Somebody comes, without any leg yet.
    pub(crate) fn arrive(&mut self, arrival: Arrival) -> Guest {
        let (session, outputs) = self.enter(arrival);
        let id = outputs.joined(session).id;
        Guest { session, id, ingress: self.leg(), egress: self.leg() }
    }

    /// His legs are attached; the one that he views over is the primary one.
    pub(crate) fn attach(&mut self, guest: Guest) -> Outputs {
        let ingress =
            ParticipantCommand::AttachLeg { leg: guest.ingress, ingress: true, egress: false, primary: false };
        let egress = ParticipantCommand::AttachLeg { leg: guest.egress, ingress: false, egress: true, primary: true };
        let mut outputs = self.told(guest, ingress);
        outputs.0.extend(self.told(guest, egress).0);
        outputs
    }

    /// His connection comes up.
    pub(crate) fn connect(&mut self, guest: Guest) -> Outputs {
        let mut outputs = self.attach(guest);
        outputs.0.extend(self.connect_primary(guest).0);
        outputs
    }

    pub(crate) fn connect_primary(&mut self, guest: Guest) -> Outputs {
        self.give(Command::LegConnected(guest.egress))
    }

    /// Somebody comes and is connected.
    pub(crate) fn guest(&mut self, identity: &str) -> Guest {
        self.guest_as(arrival(identity))
    }

    pub(crate) fn guest_as(&mut self, arrival: Arrival) -> Guest {
        let guest = self.arrive(arrival);
        self.connect(guest);
        guest
    }

    pub(crate) fn add_track(&mut self, guest: Guest, tag: &str, description: TrackDescription) -> Outputs {
        self.told(guest, ParticipantCommand::AddTrack { tag: tag.into(), description })
    }

    /// He announces a track and sends it.
    pub(crate) fn publish(&mut self, guest: Guest, tag: &str, description: TrackDescription) -> (TrackId, Outputs) {
        let track = self.add_track(guest, tag, description).added(guest);
        let outputs = self.start(guest, track);
        (track, outputs)
    }

    pub(crate) fn start(&mut self, guest: Guest, track: TrackId) -> Outputs {
        let mid = self.number().to_string();
        self.told(guest, ParticipantCommand::StartTrack { track, leg: guest.ingress, mid, codecs: Vec::new() })
    }

    pub(crate) fn subscribe(&mut self, guest: Guest, track: TrackId, wanted: bool) -> Outputs {
        self.told(guest, ParticipantCommand::Subscribe { tracks: vec![track], wanted })
    }

    pub(crate) fn leave(&mut self, guest: Guest) -> Outputs {
        self.told(guest, ParticipantCommand::Leave(DisconnectReason::ClientInitiated))
    }

    pub(crate) fn say(&mut self, guest: Guest, sequence: u32, to: Recipients) -> Outputs {
        self.told(guest, ParticipantCommand::Send { to, reliable: true, sequence, body: body("hello") })
    }

    pub(crate) fn resume(&mut self, guest: Guest, identity: &str) -> (Guest, Outputs) {
        let session = self.session();
        let (room, identity) = (ROOM.into(), identity.into());
        let outputs = self.give(Command::Resume { session, room, identity, participant: guest.id });
        (Guest { session, ..guest }, outputs)
    }
}

impl Outputs {
    /// What a session heard.
    pub(crate) fn heard(&self, session: SessionId) -> Vec<Event> {
        let heard = self.0.iter().filter_map(|output| match output {
            Output::Tell(to, event) if *to == session => Some(event.clone()),
            _ => None,
        });
        heard.collect()
    }

    pub(crate) fn orders(&self) -> Vec<MediaOrder> {
        let orders = self.0.iter().filter_map(|output| match output {
            Output::Media(order) => Some(order.clone()),
            _ => None,
        });
        orders.collect()
    }

    pub(crate) fn journal(&self) -> Vec<JournalEvent> {
        let entries = self.0.iter().filter_map(|output| match output {
            Output::Journal(entry) => Some(entry.event.clone()),
            _ => None,
        });
        entries.collect()
    }

    /// The first thing that a session heard is that he is in.
    pub(crate) fn joined(&self, session: SessionId) -> Arc<Participant> {
        match self.heard(session).into_iter().next() {
            Some(Event::Joined(joined)) => joined.you,
            other => panic!("not let in, but {other:?}"),
        }
    }

    pub(crate) fn added(&self, guest: Guest) -> TrackId {
        match self.heard(guest.session).pop() {
            Some(Event::TrackAdded { track, .. }) => track.id,
            other => panic!("not added, but {other:?}"),
        }
    }

    /// The last snapshot of somebody that a session heard.
    pub(crate) fn snapshot(&self, session: SessionId, who: ParticipantId) -> Option<Arc<Participant>> {
        let snapshots = self.heard(session).into_iter().filter_map(|event| match event {
            Event::Participant { who: snapshot, .. } if snapshot.id == who => Some(snapshot),
            _ => None,
        });
        snapshots.last()
    }

    /// The tracks that a leg gets from now on.
    pub(crate) fn subscribed(&self, leg: LegId) -> Vec<TrackId> {
        let tracks = self.orders().into_iter().filter_map(|order| match order {
            MediaOrder::Subscribe { leg: to, track, .. } if to == leg => Some(track),
            _ => None,
        });
        tracks.collect()
    }

    pub(crate) fn unsubscribed(&self, leg: LegId) -> Vec<TrackId> {
        let tracks = self.orders().into_iter().filter_map(|order| match order {
            MediaOrder::Unsubscribe { leg: to, track } if to == leg => Some(track),
            _ => None,
        });
        tracks.collect()
    }

    pub(crate) fn position(&self, holds: impl Fn(&Output) -> bool) -> usize {
        self.0.iter().position(holds).unwrap_or_else(|| panic!("nothing of that sort in {:#?}", self.0))
    }
}

pub(crate) fn arrival(identity: &str) -> Arrival {
    Arrival {
        identity: identity.into(),
        name: String::new(),
        metadata: String::new(),
        attributes: Default::default(),
        kind: Kind::Standard,
        permissions: Permissions::default(),
        auto_subscribe: true,
        auto_subscribe_data: false,
        adaptive_stream: false,
        door_data: Arc::from([]),
    }
}

/// Somebody who may do what is usual, but for what `edit` changes.
pub(crate) fn arrival_with(identity: &str, edit: impl FnOnce(&mut Permissions)) -> Arrival {
    let mut arrival = arrival(identity);
    edit(&mut arrival.permissions);
    arrival
}

pub(crate) fn audio() -> TrackDescription {
    TrackDescription {
        kind: MediaKind::Audio,
        source: Source::Microphone,
        name: "mic".into(),
        muted: false,
        resolution: Resolution::default(),
        encodings: Vec::new(),
        codecs: vec![Codec::Opus],
        door_data: Arc::from([]),
    }
}

pub(crate) fn video() -> TrackDescription {
    let step = |quality, width, height, rid: &str| Encoding {
        quality,
        resolution: Resolution { width, height },
        bitrate_bps: 0,
        rid: rid.into(),
    };
    TrackDescription {
        kind: MediaKind::Video,
        source: Source::Camera,
        name: "camera".into(),
        resolution: Resolution { width: 1280, height: 720 },
        encodings: vec![
            step(Quality::Low, 320, 180, "q"),
            step(Quality::Medium, 640, 360, "h"),
            step(Quality::High, 1280, 720, "f"),
        ],
        codecs: vec![Codec::Vp8],
        ..audio()
    }
}

pub(crate) fn body(text: &str) -> Body {
    Body { wire: Bytes::copy_from_slice(text.as_bytes()), plain: None }
}

pub(crate) fn track_names(tracks: &[Arc<Track>]) -> Vec<TrackId> {
    tracks.iter().map(|track| track.id).collect()
}
