//! Session descriptions and candidates of a client who means no good, told to legs of a [`Shard`], and
//! what must be true of the shard afterwards.

use std::net::SocketAddr;
use std::sync::OnceLock;
use std::time::Duration;

use moim_sfu::{
    Bounds, Certificate, ChannelConfig, CloseReason, CodecPreference, Command, Config, Directions, Event, IceMode,
    Input, LegCommand, LegConfig, LegEvent, LocalCandidate, Msid, Offerer, Output, Paths, Shard, ShardId, Transport,
};
use moim_types::{Codec, LegId, MediaKind, Now, ParticipantId, Source, TrackId, View};

use crate::VirtualClock;

/// Any text as offers and candidates of a client who offers: pieces separated by zero bytes, one after
/// another on one connection. Whatever they say, what comes out is bounded, it ends, and nobody else on
/// the shard notices.
pub fn sdp_offer(data: &[u8]) {
    let mut stage = Stage::new(Offerer::Remote);
    for (number, text) in (1..).zip(pieces(data)) {
        stage.viewed(number);
        stage.say(&text, |sdp| LegCommand::AcceptOffer { sdp, exchange: number.into(), preferences: wishes() });
    }
    stage.finish();
}

/// Any text as answers and candidates of a client to whom the server offers. `@0@` is the `a=mid` of the
/// first section of the latest offer, and so on: nobody could guess them.
pub fn sdp_answer(data: &[u8]) {
    let mut stage = Stage::new(Offerer::Local);
    for (number, text) in (1..).zip(pieces(data)) {
        stage.viewed(number);
        let text = stage.named(&text);
        stage.say(&text, |sdp| LegCommand::AcceptAnswer { sdp, exchange: 0 });
    }
    stage.finish();
}

fn pieces(data: &[u8]) -> impl Iterator<Item = String> {
    data.split(|byte| *byte == 0).take(MOST_PIECES).map(|piece| String::from_utf8_lossy(piece).into_owned())
}

struct Stage {
    now: Now,
    shard: Shard,
    /// The `a=mid`s of the latest offer of the shard.
    mids: Vec<String>,
    is_closed: bool,
}

const HOSTILE: LegId = LegId(1);
const HONEST: LegId = LegId(2);

impl Stage {
    fn new(offerer: Offerer) -> Self {
        static CERTIFICATE: OnceLock<Certificate> = OnceLock::new();
        let certificate = CERTIFICATE.get_or_init(|| Certificate::generate().unwrap_or_else(|error| panic!("{error}")));
        let address = SocketAddr::from(([192, 0, 2, 10], 7882));
        let candidate = |transport| LocalCandidate { transport, local: address, public: address };
        let config = Config {
            shard: ShardId(0),
            candidates: vec![candidate(Transport::Udp), candidate(Transport::Tcp)],
            certificate: certificate.clone(),
            bounds: Bounds::default(),
        };
        let now = VirtualClock::new().now();
        let mut stage = Self { now, shard: Shard::new(config, now, [7; 32]), mids: Vec::new(), is_closed: false };
        stage.command(Command::OpenLeg(HOSTILE, Box::new(leg_config(offerer))));
        stage
    }

    /// The client's room has one more track: a section is wanted for it.
    fn viewed(&mut self, number: u8) {
        let kind = if number.is_multiple_of(2) { MediaKind::Video } else { MediaKind::Audio };
        let track = TrackId::from_random([number; 10]);
        self.command(Command::Subscribe {
            leg: HOSTILE,
            track,
            known_as: track,
            home: ShardId(0),
            publisher: ParticipantId::from_random([1; 12]),
            source: Source::Unknown,
            kind,
            view: View::default(),
        });
        self.pass(Duration::from_millis(50));
    }

    /// A piece that begins as a candidate is trickled; everything else is a description.
    fn say(&mut self, text: &str, description: impl FnOnce(String) -> LegCommand) {
        let is_candidate = text.starts_with("candidate:") || text.starts_with("a=candidate:");
        let command =
            if is_candidate { LegCommand::AddCandidate(text.to_owned()) } else { description(text.to_owned()) };
        self.command(Command::Leg(HOSTILE, command));
        self.pass(Duration::from_millis(500));
    }

    fn named(&self, text: &str) -> String {
        let mids = (0..).zip(&self.mids);
        mids.fold(text.to_owned(), |text, (index, mid): (usize, _)| text.replace(&format!("@{index}@"), mid))
    }

    fn finish(mut self) {
        // Longer than any leg waits for its remote side.
        self.pass(Duration::from_secs(90));
        assert!(self.is_closed, "a connection that never came to be ends by itself");
        self.command(Command::OpenLeg(HONEST, Box::new(leg_config(Offerer::Remote))));
        let offer = LegCommand::AcceptOffer { sdp: HONEST_OFFER.to_owned(), exchange: 1, preferences: wishes() };
        let events = self.command(Command::Leg(HONEST, offer));
        let answered = events.iter().any(|event| matches!(event, Event::Leg(HONEST, LegEvent::Answer { .. })));
        assert!(answered, "others are answered as ever: {events:?}");
        self.command(Command::Stop);
        assert_eq!(self.shard.stats().legs, 0, "everything ends");
    }

    fn command(&mut self, command: Command) -> Vec<Event> {
        self.shard.handle(self.now, Input::Command(command));
        self.drain()
    }

    /// Lets time pass, and counts how often the shard wants to be woken.
    fn pass(&mut self, time: Duration) {
        let end = self.now.instant + time;
        let mut wakes = 0;
        while let Some(at) = self.shard.next_wake().filter(|at| *at <= end) {
            wakes += 1;
            assert!(wakes < MOST_WAKES, "a shard that does not sleep");
            self.now = self.now.after(at.saturating_duration_since(self.now.instant));
            self.shard.handle(self.now, Input::Timeout);
            self.drain();
        }
        self.now = self.now.after(end.saturating_duration_since(self.now.instant));
    }

    fn drain(&mut self) -> Vec<Event> {
        let mut events = Vec::new();
        for _ in 0..MOST_OUTPUTS {
            match self.shard.poll() {
                None => return events,
                Some(Output::Event(event)) => {
                    self.look(&event);
                    events.push(event);
                }
                Some(Output::Datagram { .. } | Output::Relay(..)) => {}
            }
        }
        panic!("a shard that does not come to rest");
    }

    fn look(&mut self, event: &Event) {
        let Event::Leg(leg, event) = event else { return };
        match event {
            LegEvent::Closed(why) => {
                assert_ne!(*why, CloseReason::Fault, "what a client says is no defect of ours");
                self.is_closed |= *leg == HOSTILE;
            }
            LegEvent::Answer { sdp, sections, .. } => {
                assert!(sdp.len() < MOST_SDP_BYTES, "an answer of {} bytes", sdp.len());
                assert!(sections.len() <= Bounds::default().remote_sections);
            }
            LegEvent::Offer { sdp, .. } => {
                assert!(sdp.len() < MOST_SDP_BYTES, "an offer of {} bytes", sdp.len());
                self.mids = sdp.lines().filter_map(|line| line.strip_prefix("a=mid:")).map(str::to_owned).collect();
            }
            _ => {}
        }
    }
}

fn leg_config(offerer: Offerer) -> LegConfig {
    let channel = |label: &str| ChannelConfig { label: label.into(), ordered: true, max_retransmits: None };
    let (directions, ice, channels) = match offerer {
        Offerer::Remote => (Directions::Both, IceMode::Full, Vec::new()),
        Offerer::Local => (Directions::Egress, IceMode::Lite, vec![channel("_reliable"), channel("_lossy")]),
    };
    let codecs = vec![Codec::Opus, Codec::Red, Codec::Vp8, Codec::H264, Codec::Vp9, Codec::Av1];
    LegConfig { directions, offerer, ice, paths: Paths::All, codecs, channels, naming: msid }
}

fn msid(publisher: ParticipantId, track: TrackId, _: MediaKind, _: Source) -> Msid {
    Msid { stream: publisher.to_string(), track: track.to_string() }
}

/// For the names that stand in the corpus.
fn wishes() -> Vec<CodecPreference> {
    let wish =
        |track: &str, codec| CodecPreference { track: track.into(), codec: Some(codec), dtx: true, stereo: true };
    vec![wish("mic", Codec::Red), wish("cam", Codec::Vp9)]
}

/// Descriptions and candidates of one connection.
const MOST_PIECES: usize = 8;
/// A leg makes a handful at a time; five hundred sections may each drop a line.
const MOST_OUTPUTS: usize = 20_000;
/// Checks of thirty-two candidates for a minute and a half.
const MOST_WAKES: usize = 100_000;
/// Five hundred sections with all codecs each.
const MOST_SDP_BYTES: usize = 8 << 20;

const HONEST_OFFER: &str = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\n\
    m=audio 9 UDP/TLS/RTP/SAVPF 111\r\nc=IN IP4 0.0.0.0\r\na=ice-ufrag:abcd\r\na=ice-pwd:abcdefghijklmnopqrstuvwx\r\n\
    a=fingerprint:sha-256 00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF\r\n\
    a=setup:actpass\r\na=mid:0\r\na=sendonly\r\na=msid:s mic\r\na=rtcp-mux\r\na=rtpmap:111 opus/48000/2\r\n\
    a=ssrc:1 cname:c\r\n";
