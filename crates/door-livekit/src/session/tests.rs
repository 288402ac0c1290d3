use moim_room::{Body, Demand, Identity, Message as RoomMessage, ParticipantState, Recipients, Track};
use moim_sfu::{Directions, OfferedSection, Offerer, SectionDirection};
use moim_types::{MediaKind, Quality, Source, TrackId};
use prost::Message as _;
use proto::request_response::Reason;

use super::cast::{description, joined, participant, section, track, welcome};
use super::*;

const LEG: [LegId; 2] = [LegId(11), LegId(12)];

/// A session, and the legs that it has been given.
struct World {
    session: Session,
    now: Now,
    legs: Vec<(LegRole, LegId)>,
    outputs: Vec<Output>,
}

fn now() -> Now {
    Now { instant: Instant::now(), unix: Duration::from_secs(1_000) }
}

fn client(connections: Connections) -> Client {
    let info = proto::ClientInfo { protocol: 17, ..Default::default() };
    Client { info, connections, disable_ice_lite: false, avoids_udp: false }
}

fn sid(number: u8) -> String {
    participant_sid(ParticipantId::from_random([number; 12]))
}

impl World {
    fn new(connections: Connections) -> Self {
        Self::with(connections, FirstWords::default(), Vec::new())
    }

    fn with(connections: Connections, first: FirstWords, others: Vec<Arc<Participant>>) -> Self {
        let me = participant(1, Vec::new());
        let now = now();
        let session = Session::join(client(connections), &welcome(), &joined(&me, others), first, now);
        let mut world = Self { session, now, legs: Vec::new(), outputs: Vec::new() };
        world.drain();
        world
    }

    /// One with its legs, and nothing left to say.
    fn settled(connections: Connections) -> Self {
        let mut world = Self::new(connections);
        world.ask(Request::Offer(proto::SessionDescription { r#type: "offer".into(), id: 1, ..Default::default() }));
        world.outputs.clear();
        world
    }

    fn drain(&mut self) {
        while let Some(output) = self.session.poll() {
            if let Output::OpenLeg(role, _) = &output {
                let leg = LEG[self.legs.len()];
                self.legs.push((*role, leg));
                self.session.leg_opened(*role, leg);
            }
            self.outputs.push(output);
        }
    }

    fn ask(&mut self, request: Request) {
        self.session.handle_request(request, self.now);
        self.drain();
    }

    fn hear(&mut self, event: Event) {
        self.session.handle_event(SessionEvent::Room(event), self.now);
        self.drain();
    }

    fn leg(&mut self, role: LegRole, event: LegEvent) {
        let leg = self.leg_of(role);
        self.session.handle_event(SessionEvent::Leg(leg, event), self.now);
        self.drain();
    }

    fn leg_of(&self, role: LegRole) -> LegId {
        self.legs.iter().find(|(known, _)| *known == role).expect("the leg was made").1
    }

    fn pass(&mut self, time: Duration) {
        self.now = self.now.after(time);
        self.session.wake(self.now.instant);
        self.drain();
    }

    fn sent(&mut self) -> Vec<Message> {
        let (sent, rest) = std::mem::take(&mut self.outputs).into_iter().partition(|it| matches!(it, Output::Send(_)));
        self.outputs = rest;
        let sent: Vec<Output> = sent;
        sent.into_iter().filter_map(|it| if let Output::Send(message) = it { Some(*message) } else { None }).collect()
    }

    fn told(&mut self) -> Vec<ParticipantCommand> {
        let (told, rest) = std::mem::take(&mut self.outputs).into_iter().partition(|it| matches!(it, Output::Tell(_)));
        self.outputs = rest;
        let told: Vec<Output> = told;
        told.into_iter().filter_map(|it| if let Output::Tell(command) = it { Some(command) } else { None }).collect()
    }

    fn legs_told(&mut self) -> Vec<(LegId, LegCommand)> {
        std::mem::take(&mut self.outputs)
            .into_iter()
            .filter_map(|it| if let Output::Leg(leg, command) = it { Some((leg, command)) } else { None })
            .collect()
    }

    fn ending(&self) -> Option<Ending> {
        self.outputs.iter().find_map(|it| if let Output::Close(ending) = it { Some(*ending) } else { None })
    }

    /// Announces a track and has the room name it.
    fn add(&mut self, number: u8, request: proto::AddTrackRequest) -> Arc<Track> {
        self.ask(Request::AddTrack(request));
        let Some(ParticipantCommand::AddTrack { tag, description }) = self.told().pop() else { panic!("an AddTrack") };
        let track = track(number, description);
        self.hear(Event::TrackAdded { tag, track: track.clone() });
        track
    }

    fn answer(&mut self, role: LegRole, sections: Vec<OfferedSection>) {
        let answer = LegEvent::Answer { sdp: "v=0".into(), exchange: 1, sections, subscriptions: Vec::new() };
        self.leg(role, answer);
    }
}

fn add_track(cid: &str, kind: proto::TrackType) -> proto::AddTrackRequest {
    proto::AddTrackRequest { cid: cid.into(), r#type: kind.into(), ..Default::default() }
}

fn response(message: &Message) -> (Reason, u32) {
    let Message::RequestResponse(response) = message else { panic!("{message:?}") };
    (response.reason(), response.request_id)
}

#[test]
fn a_dual_client_is_welcomed_and_gets_a_token_and_the_leg_it_views_over() {
    let mut world = World::new(Connections::Dual);
    let Some(Output::OpenLeg(LegRole::Subscriber, config)) =
        world.outputs.iter().find(|it| matches!(it, Output::OpenLeg(..)))
    else {
        panic!("a leg")
    };
    assert_eq!((config.directions, config.offerer), (Directions::Egress, Offerer::Local));
    let labels: Vec<_> = config.channels.iter().map(|channel| channel.label.as_str()).collect();
    assert_eq!(labels, ["_reliable", "_lossy", "_data_track"]);
    assert!(matches!(world.outputs[1], Output::RefreshToken));
    let sent = world.sent();
    let Message::Join(join) = &sent[0] else { panic!("a join") };
    assert!(join.subscriber_primary && join.fast_publish);
    assert_eq!((join.ping_interval, join.ping_timeout), (5, 15));
    let info = join.server_info.as_ref().expect("it is there");
    assert_eq!((info.version.as_str(), info.protocol), ("1.13.5", 17));
    assert_eq!(join.enabled_publish_codecs[0].mime, "video/VP8");
    assert!(join.participant.as_ref().is_some_and(|me| me.permission.is_some()));
    let attached = world.told();
    assert!(matches!(
        attached[..],
        [ParticipantCommand::AttachLeg { ingress: false, egress: true, primary: true, .. }]
    ));
}

#[test]
fn a_leg_to_publish_over_is_made_for_the_first_offer_and_candidates_wait_for_it() {
    let mut world = World::new(Connections::Dual);
    world.outputs.clear();
    let candidate = r#"{"candidate":"candidate:1 1 udp 1 192.0.2.1 9 typ host"}"#;
    let trickle = proto::TrickleRequest { candidate_init: candidate.into(), ..Default::default() };
    world.ask(Request::Trickle(trickle.clone()));
    assert!(world.outputs.is_empty());
    world.ask(Request::Offer(proto::SessionDescription { sdp: "offer".into(), id: 3, ..Default::default() }));
    assert!(
        world
            .told()
            .iter()
            .any(|it| matches!(it, ParticipantCommand::AttachLeg { ingress: true, egress: false, primary: false, .. }))
    );
    let commands = world.legs_told();
    let leg = world.leg_of(LegRole::Publisher);
    assert!(matches!(&commands[0], (to, LegCommand::AcceptOffer { exchange: 3, .. }) if *to == leg));
    assert!(matches!(&commands[1], (to, LegCommand::AddCandidate(_)) if *to == leg));
    let target = proto::SignalTarget::Subscriber.into();
    world.ask(Request::Trickle(proto::TrickleRequest { target, ..trickle }));
    assert_eq!(world.legs_told()[0].0, world.leg_of(LegRole::Subscriber));
}

#[test]
fn a_single_connection_serves_both_ways_and_its_answers_name_the_media() {
    let offer = proto::SessionDescription { sdp: "offer".into(), ..Default::default() };
    let first = FirstWords { offer: Some(offer), ..FirstWords::default() };
    let shown = track(5, description(MediaKind::Video, Source::Camera));
    let mut world = World::with(Connections::Single, first, vec![participant(2, vec![shown.clone()])]);
    let sent = world.sent();
    let Message::Join(join) = &sent[0] else { panic!("a join") };
    assert!(!join.subscriber_primary);
    assert!(matches!(
        world.told()[..],
        [ParticipantCommand::AttachLeg { ingress: true, egress: true, primary: true, .. }]
    ));
    let subscriptions = vec![("3".to_owned(), shown.id)];
    world
        .leg(LegRole::Single, LegEvent::Answer { sdp: "v=0".into(), exchange: 0, sections: Vec::new(), subscriptions });
    let sent = world.sent();
    let Message::Answer(answer) = &sent[0] else { panic!("an answer") };
    assert_eq!((answer.r#type.as_str(), answer.id), ("answer", 0));
    assert_eq!(answer.mid_to_track_id["3"], "TR_VCFFFFFFFFFF");
    world.leg(LegRole::Single, LegEvent::SectionsNeeded { audio: 1, video: 2 });
    let needed = proto::MediaSectionsRequirement { num_audios: 1, num_videos: 2 };
    assert_eq!(world.sent(), [Message::MediaSectionsRequirement(needed)]);
}

#[test]
fn a_ping_is_answered_in_milliseconds() {
    let mut world = World::settled(Connections::Dual);
    world.ask(Request::Ping(7));
    world.ask(Request::PingReq(proto::Ping { timestamp: 42, rtt: 3 }));
    let pong = proto::Pong { last_ping_timestamp: 42, timestamp: 1_000_000 };
    assert_eq!(world.sent(), [Message::Pong(1_000_000), Message::PongResp(pong)]);
}

#[test]
fn a_track_is_announced_named_and_started_by_the_sdp_alone() {
    let mut world = World::settled(Connections::Dual);
    let track = world.add(4, add_track("c", proto::TrackType::Audio));
    let sent = world.sent();
    let Message::TrackPublished(published) = &sent[0] else { panic!("a track_published") };
    assert_eq!(published.cid, "c");
    assert_eq!(published.track.as_ref().map(|it| it.sid.as_str()), Some("TR_AUEEEEEEEEEE"));
    world.answer(LegRole::Publisher, vec![section("0", MediaKind::Audio, "c")]);
    assert!(matches!(world.sent()[..], [Message::Answer(_)]));
    let leg = world.leg_of(LegRole::Publisher);
    assert!(
        world.told().iter().any(|it| matches!(it, ParticipantCommand::StartTrack { track: id, leg: over, mid, .. }
        if (*id, *over, mid.as_str()) == (track.id, leg, "0")))
    );
    world.answer(LegRole::Publisher, vec![section("0", MediaKind::Audio, "c")]);
    assert!(world.told().is_empty(), "it starts once");
}

#[test]
fn an_offer_may_come_before_the_track_is_announced() {
    let mut world = World::settled(Connections::Dual);
    world.answer(LegRole::Publisher, vec![section("0", MediaKind::Audio, "c")]);
    assert!(world.told().is_empty());
    world.add(4, add_track("c", proto::TrackType::Audio));
    assert!(world.told().iter().any(|it| matches!(it, ParticipantCommand::StartTrack { .. })));
}

#[test]
fn the_rids_of_the_sdp_describe_a_simulcast_track() {
    let mut world = World::settled(Connections::Dual);
    let layer =
        |quality: proto::VideoQuality| proto::VideoLayer { quality: quality.into(), width: 320, ..Default::default() };
    let layers = vec![layer(proto::VideoQuality::Low), layer(proto::VideoQuality::High)];
    world.add(4, proto::AddTrackRequest { layers, ..add_track("c", proto::TrackType::Video) });
    let rids = vec!["q".into(), "h".into()];
    world.answer(LegRole::Publisher, vec![OfferedSection { rids, ..section("0", MediaKind::Video, "c") }]);
    let told = world.told();
    let Some(ParticipantCommand::DescribeTrack { description, .. }) = told.first() else { panic!("{told:?}") };
    let steps: Vec<_> = description.encodings.iter().map(|one| (one.rid.as_str(), one.quality)).collect();
    assert_eq!(steps, [("q", Quality::Low), ("h", Quality::High)]);
    assert!(matches!(told[1], ParticipantCommand::StartTrack { .. }));
}

#[test]
fn an_inactive_section_ends_its_track_and_the_client_is_told() {
    let mut world = World::settled(Connections::Dual);
    let track = world.add(4, add_track("c", proto::TrackType::Video));
    world.answer(LegRole::Publisher, vec![section("0", MediaKind::Video, "c")]);
    world.outputs.clear();
    let stopped = OfferedSection { direction: SectionDirection::Inactive, ..section("0", MediaKind::Video, "c") };
    world.answer(LegRole::Publisher, vec![stopped]);
    assert!(matches!(world.told()[..], [ParticipantCommand::EndTrack(id)] if id == track.id));
    world.sent();
    world.hear(Event::TrackUnpublished(track.id));
    let track_sid = "TR_VUEEEEEEEEEE".to_owned();
    assert_eq!(world.sent(), [Message::TrackUnpublished(proto::TrackUnpublishedResponse { track_sid })]);
}

#[test]
fn a_revoked_track_does_not_become_another_by_the_same_sdp() {
    let mut world = World::settled(Connections::Dual);
    let track = world.add(4, add_track("c", proto::TrackType::Video));
    world.answer(LegRole::Publisher, vec![section("0", MediaKind::Video, "c")]);
    world.hear(Event::TrackUnpublished(track.id));
    world.outputs.clear();
    world.add(5, add_track("d", proto::TrackType::Video));
    world.answer(LegRole::Publisher, vec![section("0", MediaKind::Video, "c")]);
    assert!(world.told().is_empty());
    world.answer(LegRole::Publisher, vec![section("0", MediaKind::Video, "c"), section("1", MediaKind::Video, "d")]);
    assert!(world.told().iter().any(|it| matches!(it, ParticipantCommand::StartTrack { mid, .. } if mid == "1")));
}

#[test]
fn what_cannot_be_published_is_answered_with_its_reason() {
    let mut world = World::settled(Connections::Dual);
    world.ask(Request::AddTrack(add_track("c", proto::TrackType::Data)));
    assert_eq!(response(&world.sent()[0]).0, Reason::UnsupportedType);
    world.ask(Request::AddTrack(add_track("", proto::TrackType::Audio)));
    assert_eq!(response(&world.sent()[0]).0, Reason::InvalidRequest);
    for (why, reason) in [(Refusal::NotPermitted, Reason::NotAllowed), (Refusal::TooManyPending, Reason::LimitExceeded)]
    {
        world.ask(Request::AddTrack(add_track("c", proto::TrackType::Audio)));
        let Some(ParticipantCommand::AddTrack { tag, .. }) = world.told().pop() else { panic!("an AddTrack") };
        world.hear(Event::CommandRefused { tag, why });
        assert_eq!(response(&world.sent()[0]).0, reason);
    }
    world.ask(Request::AddTrack(add_track("c", proto::TrackType::Audio)));
    world.hear(Event::TrackQueued { tag: "track/c".into() });
    assert_eq!(response(&world.sent()[0]).0, Reason::Queued);
}

#[test]
fn muting_is_told_for_own_tracks_and_refused_for_others() {
    let mut world = World::settled(Connections::Dual);
    let track = world.add(4, add_track("c", proto::TrackType::Audio));
    world.outputs.clear();
    world.ask(Request::Mute(proto::MuteTrackRequest { sid: "TR_AUEEEEEEEEEE".into(), muted: true }));
    assert!(matches!(world.told()[..], [ParticipantCommand::SetMuted { track: id, muted: true }] if id == track.id));
    world.ask(Request::Mute(proto::MuteTrackRequest { sid: "TR_AUFFFFFFFFFF".into(), muted: true }));
    assert_eq!(response(&world.sent()[0]).0, Reason::NotFound);
    world.hear(Event::MuteAsked { track: track.id, muted: true });
    assert_eq!(world.sent(), [Message::Mute(proto::MuteTrackRequest { sid: "TR_AUEEEEEEEEEE".into(), muted: true })]);
}

#[test]
fn demand_becomes_subscribed_qualities() {
    let mut world = World::settled(Connections::Dual);
    let track = world.add(4, add_track("c", proto::TrackType::Video));
    world.sent();
    world.hear(Event::Demand(track.id, Demand::UpTo(Quality::Low)));
    assert!(
        matches!(&world.sent()[..], [Message::SubscribedQualityUpdate(update)] if update.track_sid == "TR_VUEEEEEEEEEE")
    );
}

#[test]
fn others_are_told_before_the_offer_that_carries_their_media() {
    let mut world = World::settled(Connections::Dual);
    let shown = track(5, description(MediaKind::Video, Source::Camera));
    world.hear(Event::Participant { who: participant(2, vec![shown.clone()]), urgent: false });
    assert!(world.sent().is_empty(), "it may wait");
    let subscriptions = vec![("1".to_owned(), shown.id)];
    world.leg(LegRole::Subscriber, LegEvent::Offer { sdp: "v=0".into(), exchange: 9, subscriptions });
    let sent = world.sent();
    assert!(matches!(&sent[0], Message::Update(update) if update.participants[0].sid == sid(2)));
    let Message::Offer(offer) = &sent[1] else { panic!("an offer") };
    assert_eq!((offer.id, offer.mid_to_track_id["1"].as_str()), (9, "TR_VCFFFFFFFFFF"));
    world.ask(Request::Answer(proto::SessionDescription { sdp: "a".into(), id: 9, ..Default::default() }));
    assert!(matches!(&world.legs_told()[..], [(_, LegCommand::AcceptAnswer { exchange: 9, .. })]));
}

#[test]
fn arrivals_are_told_together_and_publishers_at_once() {
    let mut world = World::settled(Connections::Dual);
    for number in 2..12 {
        world.hear(Event::Participant { who: participant(number, Vec::new()), urgent: false });
    }
    assert!(world.sent().is_empty());
    world.pass(Duration::from_secs(1));
    let sent = world.sent();
    let [Message::Update(update)] = &sent[..] else { panic!("{sent:?}") };
    assert_eq!(update.participants.len(), 10);
    world.hear(Event::Participant { who: participant(2, Vec::new()), urgent: true });
    assert_eq!(world.sent().len(), 1);
}

#[test]
fn long_updates_are_cut_into_messages_of_128_kilobytes() {
    let mut world = World::settled(Connections::Dual);
    for number in 2..12 {
        let who = Participant { metadata: "m".repeat(50_000), ..Participant::clone(&participant(number, Vec::new())) };
        world.hear(Event::Participant { who: Arc::new(who), urgent: false });
    }
    world.pass(Duration::from_secs(1));
    let sizes: Vec<_> = world
        .sent()
        .iter()
        .map(|message| if let Message::Update(update) = message { update.participants.len() } else { 0 })
        .collect();
    assert_eq!(sizes, [2; 5]);
}

#[test]
fn subscriptions_and_views_become_commands() {
    let mut world = World::settled(Connections::Dual);
    let by_participant = proto::ParticipantTracks { track_sids: vec!["TR_AMBBBBBBBBBB".into()], ..Default::default() };
    world.ask(Request::Subscription(proto::UpdateSubscription {
        track_sids: vec!["TR_VCAAAAAAAAAA".into(), "nonsense".into()],
        subscribe: true,
        participant_tracks: vec![by_participant],
    }));
    let told = world.told();
    assert!(matches!(&told[..], [ParticipantCommand::Subscribe { tracks, wanted: true }] if tracks.len() == 2));
    let error = proto::SubscriptionError::SeTrackNotfound.into();
    let refused =
        |sid: &str| Message::SubscriptionResponse(proto::SubscriptionResponse { track_sid: sid.into(), err: error });
    assert_eq!(world.sent(), [refused("nonsense")]);
    let track = TrackId::from_random([0; 10]);
    world.hear(Event::SubscriptionRefused { track, why: Refusal::NoSuchTrack });
    assert_eq!(world.sent(), [refused("TR_VCAAAAAAAAAA")]);
}

#[test]
fn what_is_said_of_tracks_names_them() {
    let shown = track(5, description(MediaKind::Video, Source::ScreenShare));
    let mut world = World::with(Connections::Dual, FirstWords::default(), vec![participant(2, vec![shown.clone()])]);
    world.outputs.clear();
    let publisher = ParticipantId::from_random([2; 12]);
    let paused = Some(moim_types::PauseReason::NoBandwidth);
    world.hear(Event::StreamState { publisher, track: shown.id, paused });
    world.hear(Event::SubscriptionAllowed { publisher, track: shown.id, allowed: false });
    let sent = world.sent();
    let [Message::StreamStateUpdate(state), Message::SubscriptionPermissionUpdate(allowed)] = &sent[..] else {
        panic!("{sent:?}")
    };
    assert_eq!(state.stream_states[0].state(), proto::StreamState::Paused);
    assert_eq!((allowed.track_sid.as_str(), allowed.allowed), ("TR_VSFFFFFFFFFF", false));
}

#[test]
fn messages_are_stamped_with_their_sender() {
    let mut world = World::settled(Connections::Dual);
    let packet = proto::DataPacket {
        participant_identity: "somebody else".into(),
        participant_sid: "PA_other".into(),
        sequence: 4,
        destination_identities: vec!["bob".into()],
        value: Some(proto::data_packet::Value::User(proto::UserPacket { payload: vec![1], ..Default::default() })),
        ..Default::default()
    };
    let message = packet.encode_to_vec().into();
    world.leg(LegRole::Publisher, LegEvent::Message { label: "_reliable".into(), binary: true, message });
    let told = world.told();
    let [ParticipantCommand::Send { to, reliable: true, sequence: 4, body }] = &told[..] else { panic!("{told:?}") };
    assert_eq!(*to, Recipients::Identities(vec!["bob".into()]));
    let relayed = proto::DataPacket::decode(body.wire.as_ref()).expect("a packet");
    assert_eq!((relayed.participant_identity.as_str(), relayed.participant_sid), ("user1", sid(1)));
    assert_eq!(body.plain.as_ref().map(|plain| plain.payload.to_vec()), Some(vec![1]));
}

#[test]
fn a_message_on_a_channel_of_ones_own_is_wrapped_and_junk_is_dropped() {
    let mut world = World::settled(Connections::Dual);
    let message = bytes::Bytes::from_static(b"hello");
    world.leg(LegRole::Publisher, LegEvent::Message { label: "game".into(), binary: false, message });
    assert!(matches!(&world.told()[..], [ParticipantCommand::Send { to: Recipients::Everybody, .. }]));
    for (label, bytes) in [("_reliable", vec![0xff; 9]), ("_data_track", vec![1; 3]), ("_lossy", Vec::new())] {
        world.leg(LegRole::Publisher, LegEvent::Message { label: label.into(), binary: true, message: bytes.into() });
        assert!(world.told().is_empty(), "{label}");
    }
}

#[test]
fn reliable_messages_wait_for_their_channel() {
    let mut world = World::settled(Connections::Dual);
    let message = |reliable| {
        let body = Body { wire: vec![1, 2].into(), plain: None };
        let from: Option<(ParticipantId, Identity)> = None;
        Event::Message(Arc::new(RoomMessage { from, reliable, sequence: 0, body }))
    };
    world.hear(message(true));
    assert!(world.legs_told().is_empty());
    world.leg(LegRole::Subscriber, LegEvent::ChannelOpen("_reliable".into()));
    let reliable = |commands: &[(LegId, LegCommand)]| matches!(commands, [(_, LegCommand::Send { label, .. })] if label == "_reliable");
    assert!(reliable(&world.legs_told()));
    world.hear(message(true));
    assert!(reliable(&world.legs_told()));
    world.hear(message(false));
    assert!(matches!(&world.legs_told()[..], [(_, LegCommand::Send { label, .. })] if label == "_lossy"));
}

#[test]
fn own_changes_are_answered() {
    let mut world = World::settled(Connections::Dual);
    let request = proto::UpdateParticipantMetadata { name: "n".into(), request_id: 8, ..Default::default() };
    world.ask(Request::UpdateMetadata(request.clone()));
    let Some(ParticipantCommand::UpdateOwn { tag, change }) = world.told().pop() else { panic!("an UpdateOwn") };
    assert_eq!((change.name.as_deref(), change.metadata), (Some("n"), None));
    world.hear(Event::CommandDone { tag });
    assert_eq!(response(&world.sent()[0]), (Reason::Ok, 8));
    world.ask(Request::UpdateMetadata(request));
    let Some(ParticipantCommand::UpdateOwn { tag, .. }) = world.told().pop() else { panic!("an UpdateOwn") };
    world.hear(Event::CommandRefused { tag, why: Refusal::TooLarge });
    assert_eq!(response(&world.sent()[0]), (Reason::LimitExceeded, 8));
}

#[test]
fn tokens_are_renewed_in_time_and_when_grants_change() {
    let mut world = World::settled(Connections::Dual);
    let renewed =
        |world: &mut World| std::mem::take(&mut world.outputs).iter().any(|it| matches!(it, Output::RefreshToken));
    assert!(world.session.next_wake() <= world.now.instant + Duration::from_secs(300));
    world.pass(Duration::from_secs(299));
    assert!(!renewed(&mut world));
    world.pass(Duration::from_secs(1));
    assert!(renewed(&mut world));
    world.hear(Event::GrantsChanged(participant(1, Vec::new())));
    assert!(renewed(&mut world));
}

#[test]
fn leaving_ends_the_stay_and_nothing_more_is_said() {
    let mut world = World::settled(Connections::Dual);
    world.ask(Request::Leave(proto::LeaveRequest::default()));
    assert_eq!(world.ending(), Some(Ending::Left));
    assert!(matches!(world.told()[..], [ParticipantCommand::Leave(DisconnectReason::ClientInitiated)]));
    world.ask(Request::Ping(1));
    assert!(world.sent().is_empty());
}

#[test]
fn being_sent_away_is_told() {
    let mut world = World::settled(Connections::Dual);
    world.hear(Event::Disconnected(DisconnectReason::ParticipantRemoved));
    let sent = world.sent();
    let [Message::Leave(leave)] = &sent[..] else { panic!("{sent:?}") };
    assert_eq!(
        (leave.action(), leave.reason()),
        (proto::leave_request::Action::Disconnect, proto::DisconnectReason::ParticipantRemoved)
    );
    assert_eq!(world.ending(), Some(Ending::Left));
}

#[test]
fn failed_negotiation_asks_the_client_to_join_anew() {
    for event in [
        LegEvent::NegotiationFailed("no answer".into()),
        LegEvent::Closed(CloseReason::TimedOut),
        LegEvent::ChannelOverflow("_reliable".into()),
    ] {
        let mut world = World::settled(Connections::Dual);
        world.leg(LegRole::Subscriber, event);
        let sent = world.sent();
        let [Message::Leave(leave)] = &sent[..] else { panic!("{sent:?}") };
        assert_eq!(leave.action(), proto::leave_request::Action::Reconnect);
        assert_eq!(world.ending(), Some(Ending::Left));
        assert!(matches!(world.told()[..], [ParticipantCommand::Leave(_)]));
    }
}

fn resume(world: &mut World, connections: Connections, legs: Vec<LegId>, first: FirstWords) {
    world.outputs.clear();
    let me = participant(1, Vec::new());
    let now = Box::new(joined(&me, vec![participant(3, Vec::new())]));
    let gone = Participant {
        state: ParticipantState::Disconnected(DisconnectReason::ClientInitiated),
        ..Participant::clone(&participant(2, Vec::new()))
    };
    let resumed = Resumed { now, left: vec![Arc::new(gone)], last_sequence: 6, legs };
    world.session.resume(client(connections), &welcome(), resumed, first, world.now);
    world.drain();
}

#[test]
fn a_resumed_session_says_reconnect_first_and_then_what_was_missed() {
    let mut world = World::settled(Connections::Dual);
    resume(&mut world, Connections::Dual, LEG.to_vec(), FirstWords::default());
    let sent = world.sent();
    let [Message::Reconnect(reconnect), Message::Update(update), Message::RoomUpdate(room)] = &sent[..] else {
        panic!("{sent:?}")
    };
    assert_eq!(reconnect.last_message_seq, 6);
    let sids: Vec<_> = update.participants.iter().map(|who| who.sid.clone()).collect();
    assert_eq!(sids, [sid(2), sid(3), sid(1)]);
    assert!(room.room.is_some());
    let subscriber = world.leg_of(LegRole::Subscriber);
    assert!(matches!(&world.legs_told()[..], [(leg, LegCommand::RestartIce)] if *leg == subscriber));
}

#[test]
fn a_session_whose_legs_are_gone_does_not_resume() {
    let mut world = World::settled(Connections::Dual);
    resume(&mut world, Connections::Dual, vec![LEG[0]], FirstWords::default());
    assert!(matches!(&world.sent()[..], [Message::Leave(_)]));
    assert_eq!(world.ending(), Some(Ending::Left));
    let mut world = World::settled(Connections::Dual);
    resume(&mut world, Connections::Single, LEG.to_vec(), FirstWords::default());
    assert_eq!(world.ending(), Some(Ending::Left), "nor with another number of connections");
}

#[test]
fn a_sync_state_restores_what_the_client_wants_and_unknown_tracks_mean_joining_anew() {
    let mut world = World::settled(Connections::Dual);
    world.add(4, add_track("c", proto::TrackType::Audio));
    let published = |sid: &str| proto::TrackPublishedResponse {
        track: Some(proto::TrackInfo { sid: sid.into(), ..Default::default() }),
        ..Default::default()
    };
    let state = proto::SyncState {
        publish_tracks: vec![published("TR_AUEEEEEEEEEE")],
        subscription: Some(proto::UpdateSubscription {
            track_sids: vec!["TR_VCAAAAAAAAAA".into()],
            ..Default::default()
        }),
        track_sids_disabled: vec!["TR_VCBBBBBBBBBB".into()],
        ..Default::default()
    };
    let first = FirstWords { sync_state: Some(state), ..FirstWords::default() };
    resume(&mut world, Connections::Dual, LEG.to_vec(), first);
    let told = world.told();
    let [ParticipantCommand::Subscribe { wanted: false, .. }, ParticipantCommand::SetView { view, .. }] = &told[..]
    else {
        panic!("{told:?}")
    };
    assert!(!view.shown);
    world.ask(Request::SyncState(proto::SyncState {
        publish_tracks: vec![published("TR_AUBBBBBBBBBB")],
        ..Default::default()
    }));
    assert_eq!(world.ending(), Some(Ending::Left));
}

#[test]
fn tracks_that_ended_during_a_loss_are_told_as_unpublished() {
    let mut world = World::settled(Connections::Dual);
    world.add(4, add_track("c", proto::TrackType::Audio));
    world.answer(LegRole::Publisher, vec![section("0", MediaKind::Audio, "c")]);
    resume(&mut world, Connections::Dual, LEG.to_vec(), FirstWords::default());
    assert!(world.sent().iter().any(|it| matches!(it, Message::TrackUnpublished(_))));
}

#[test]
fn simulated_troubles_happen() {
    use proto::simulate_scenario::Scenario;
    let simulate = |world: &mut World, scenario| {
        world.ask(Request::Simulate(proto::SimulateScenario { scenario: Some(scenario) }));
    };
    let mut world = World::settled(Connections::Dual);
    simulate(&mut world, Scenario::SpeakerUpdate(3));
    world.pass(Duration::from_secs(3));
    let spoke: Vec<_> = world
        .sent()
        .iter()
        .map(|it| matches!(it, Message::SpeakersChanged(changed) if changed.speakers[0].active))
        .collect();
    assert_eq!(spoke, [true, false]);
    simulate(&mut world, Scenario::SubscriberBandwidth(100_000));
    assert!(matches!(world.legs_told()[..], [(_, LegCommand::LimitEstimate(Some(_)))]));
    simulate(&mut world, Scenario::DisconnectSignalOnResumeNoMessages(true));
    assert_eq!(world.ending(), Some(Ending::MayResume));
    resume(&mut world, Connections::Dual, LEG.to_vec(), FirstWords::default());
    assert!(world.sent().is_empty());
    assert_eq!(world.ending(), Some(Ending::MayResume));
    resume(&mut world, Connections::Dual, LEG.to_vec(), FirstWords::default());
    assert_eq!(world.ending(), None, "the one after that works");
    simulate(&mut world, Scenario::LeaveRequestFullReconnect(true));
    assert_eq!(world.ending(), Some(Ending::Left));
}

#[test]
fn events_of_legs_that_are_not_its_own_are_ignored() {
    let mut world = World::settled(Connections::Dual);
    let event = SessionEvent::Leg(LegId(99), LegEvent::NegotiationFailed(String::new()));
    world.session.handle_event(event, world.now);
    world.drain();
    assert!(world.outputs.is_empty());
}
