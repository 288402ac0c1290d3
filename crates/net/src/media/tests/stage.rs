//! Media shards on loopback, and the peers that talk to them.

use std::net::{IpAddr, Ipv4Addr};
use std::time::{Duration, Instant};

use moim_sfu::{
    Command, Directions, Event, IceMode, LegCommand, LegConfig, LegEvent, Msid, Offerer, Paths, PublicationConfig,
    ShardId,
};
use moim_types::{Codec, LegId, MediaKind, ParticipantId, Source, TrackId, View};
use tokio::sync::mpsc;

use super::peer::Peer;
use crate::listen::Limits;
use crate::media::{ExternalAddresses, Loopback, Media, MediaOptions};

const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) struct Stage {
    pub(crate) media: Media,
    pub(crate) events: mpsc::Receiver<Event>,
    pub(crate) heard: Vec<Event>,
    pub(crate) peers: Vec<Peer>,
    legs: Vec<(LegId, ShardId)>,
}

pub(crate) fn options(shards: usize) -> MediaOptions {
    MediaOptions {
        address: IpAddr::V4(Ipv4Addr::LOCALHOST),
        udp_port: 0,
        tcp_port: Some(0),
        external: ExternalAddresses::default(),
        loopback: Loopback::Offered,
        shards,
        tcp_limits: Limits { total: 100, per_address: 100 },
    }
}

pub(crate) fn track(number: u8) -> TrackId {
    TrackId::from_random([number; 10])
}

fn named(participant: ParticipantId, track: TrackId, _: MediaKind, _: Source) -> Msid {
    Msid { stream: participant.to_string(), track: track.to_string() }
}

pub(crate) fn leg_config(directions: Directions, offerer: Offerer) -> LegConfig {
    let (ice, codecs) = (IceMode::Lite, vec![Codec::Opus]);
    LegConfig { directions, offerer, ice, paths: Paths::All, codecs, channels: Vec::new(), naming: named }
}

impl Stage {
    pub(crate) fn new(shards: usize) -> Self {
        let (sender, events) = mpsc::channel(1000);
        let media = Media::start(options(shards), sender).unwrap();
        Self { media, events, heard: Vec::new(), peers: Vec::new(), legs: Vec::new() }
    }

    pub(crate) fn leg(&self, peer: usize) -> LegId {
        self.legs[peer].0
    }

    pub(crate) async fn tell(&self, peer: usize, command: LegCommand) {
        let (leg, shard) = self.legs[peer];
        self.media.handle().tell(shard, Command::Leg(leg, command)).await;
    }

    /// A connected publisher of sound, published as this track. Returns it and its section.
    pub(crate) async fn publisher(&mut self, shard: u16, mut peer: Peer, number: u8) -> (usize, String) {
        let sdp = peer.offer_sound("mic");
        let index = self.open(shard, peer, leg_config(Directions::Ingress, Offerer::Remote)).await;
        self.tell(index, LegCommand::AcceptOffer { sdp, exchange: 1, preferences: Vec::new() }).await;
        let answer = self.wait_for(index, |event| match event {
            LegEvent::Answer { sdp, sections, .. } => Some((sdp.clone(), sections[0].mid.clone())),
            _ => None,
        });
        let (sdp, mid) = answer;
        self.peers[index].take_answer(&sdp);
        self.until("the publisher is connected", |stage| stage.peers[index].is_connected);
        let (leg, shard) = self.legs[index];
        let publish =
            Command::Publish { leg, mid: mid.clone(), track: track(number), config: PublicationConfig::default() };
        self.media.handle().tell(shard, publish).await;
        (index, mid)
    }

    /// A connected viewer of this track.
    pub(crate) async fn viewer(&mut self, shard: u16, peer: Peer, number: u8, home: u16) -> usize {
        let index = self.open(shard, peer, leg_config(Directions::Egress, Offerer::Local)).await;
        let (leg, shard) = self.legs[index];
        let subscribe = Command::Subscribe {
            leg,
            track: track(number),
            known_as: track(number),
            home: ShardId(home),
            publisher: ParticipantId::from_random([1; 12]),
            source: Source::Microphone,
            kind: MediaKind::Audio,
            view: View::default(),
        };
        self.media.handle().tell(shard, subscribe).await;
        let deadline = Instant::now() + PATIENCE;
        while !self.peers[index].is_connected {
            assert!(Instant::now() < deadline, "the viewer never connected: {:?}", self.heard);
            self.answer_offers(index).await;
            self.turn();
        }
        self.answer_offers(index).await;
        index
    }

    async fn open(&mut self, shard: u16, peer: Peer, config: LegConfig) -> usize {
        let leg = LegId(self.legs.len() as u64 + 1);
        self.peers.push(peer);
        self.legs.push((leg, ShardId(shard)));
        self.media.handle().tell(ShardId(shard), Command::OpenLeg(leg, Box::new(config))).await;
        self.legs.len() - 1
    }

    async fn answer_offers(&mut self, index: usize) {
        let leg = self.leg(index);
        let offers: Vec<(String, u32)> = self
            .heard
            .extract_if(.., |event| matches!(event, Event::Leg(of, LegEvent::Offer { .. }) if *of == leg))
            .map(|event| match event {
                Event::Leg(_, LegEvent::Offer { sdp, exchange, .. }) => (sdp, exchange),
                _ => unreachable!("only offers are taken out"),
            })
            .collect();
        for (sdp, exchange) in offers {
            let sdp = self.peers[index].answer(&sdp);
            self.tell(index, LegCommand::AcceptAnswer { sdp, exchange }).await;
        }
    }

    /// Everybody reads and writes once.
    pub(crate) fn turn(&mut self) {
        for peer in &mut self.peers {
            peer.turn();
        }
        while let Ok(event) = self.events.try_recv() {
            self.heard.push(event);
        }
        std::thread::sleep(Duration::from_micros(500));
    }

    pub(crate) fn run(&mut self, time: Duration) {
        let end = Instant::now() + time;
        while Instant::now() < end {
            self.turn();
        }
    }

    pub(crate) fn until(&mut self, what: &str, condition: impl Fn(&Self) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !condition(self) {
            assert!(Instant::now() < deadline, "it never happened that {what}: {:?} {:?}", self.heard, self.figures());
            self.turn();
        }
    }

    fn wait_for<T>(&mut self, peer: usize, look: impl Fn(&LegEvent) -> Option<T>) -> T {
        let leg = self.leg(peer);
        let deadline = Instant::now() + PATIENCE;
        loop {
            let found = self.heard.iter().find_map(|event| match event {
                Event::Leg(of, event) if *of == leg => look(event),
                _ => None,
            });
            if let Some(found) = found {
                return found;
            }
            assert!(Instant::now() < deadline, "it never came: {:?}", self.heard);
            self.turn();
        }
    }

    /// The publisher speaks `count` packets, one each `pause`.
    pub(crate) fn speak(
        &mut self,
        publisher: usize,
        mid: &str,
        numbers: std::ops::Range<u32>,
        bytes: usize,
        pause: Duration,
    ) {
        for number in numbers {
            self.peers[publisher].send_sound(mid, number, bytes);
            self.run(pause);
        }
    }

    fn figures(&self) -> Vec<(&'static str, &'static str, u64)> {
        self.media.handle().stats().named().filter(|(.., count)| *count > 0).collect()
    }

    pub(crate) fn stat(&self, name: &str) -> u64 {
        self.media.handle().stats().named().filter(|(of, ..)| *of == name).map(|(.., count)| count).sum()
    }

    pub(crate) fn dropped(&self, reason: &str) -> u64 {
        let stats = self.media.handle().stats();
        stats.named().filter(|(of, label, _)| (*of, *label) == ("dropped", reason)).map(|(.., count)| count).sum()
    }
}
