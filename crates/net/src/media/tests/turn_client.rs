//! Somebody who holds an allocation and a channel to each media port.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::time::Duration;

use moim_turn::client::{Client, Denied, Event, Granted, Request};
use moim_turn::{Config, Credentials, Family, PeerPolicy, RelayAddress, RelayConfig};
use moim_types::Redacted;

use crate::clock;
use crate::media::MediaHandle;
use crate::turn::{TurnOptions, TurnServer};

const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
const USER: &str = "ann";

fn password() -> Redacted<String> {
    Redacted::new("secret".to_owned())
}

/// A TURN server beside this media, closed as it is shipped: loopback is open for media alone. Its relay ports are
/// below those that the system gives out.
pub(crate) fn turn_server(media: MediaHandle, shards: usize) -> TurnServer {
    TurnServer::start(turn_options(media, shards)).unwrap()
}

pub(crate) fn turn_options(media: MediaHandle, shards: usize) -> TurnOptions {
    let own = RelayAddress { bind: LOOPBACK, advertised: LOOPBACK };
    let core = Config {
        realm: "test".to_owned(),
        relay: RelayConfig { ipv4: Some(own), ipv6: None, ports: 22_000..=23_999 },
        credentials: Credentials::new([(USER.to_owned(), password())], vec![]),
        peers: PeerPolicy::default(),
        media: std::collections::BTreeSet::new(),
        user_quota: 1000,
        total_quota: 0,
        max_bps_per_user: 0,
    };
    let listen = Some(SocketAddr::new(LOOPBACK, 0));
    TurnOptions { listen, shards, core, media: Some(media) }
}

pub(crate) struct TurnClient {
    socket: UdpSocket,
    client: Client,
    pub(crate) relayed: SocketAddr,
    /// The peers of channel 0x4000 and those that follow.
    peers: Vec<SocketAddr>,
}

const FIRST_CHANNEL: u16 = 0x4000;

impl TurnClient {
    /// With an allocation and without a permission.
    pub(crate) fn allocate(server: &TurnServer) -> Self {
        let socket = UdpSocket::bind((LOOPBACK, 0)).unwrap();
        socket.connect(server.local().unwrap()).unwrap();
        let client = Client::new(USER.to_owned(), password(), clock::seed().unwrap());
        let mut turn = Self { socket, client, relayed: (LOOPBACK, 0).into(), peers: Vec::new() };
        let Granted::Allocated { relayed, .. } = turn.ask(Request::Allocate(Family::V4)).unwrap() else {
            panic!("an allocation was asked for")
        };
        turn.relayed = relayed;
        turn
    }

    /// With a channel to each of these.
    pub(crate) fn with_channels(server: &TurnServer, peers: &[SocketAddr]) -> Self {
        let mut turn = Self::allocate(server);
        for (number, peer) in (FIRST_CHANNEL..).zip(peers) {
            turn.ask(Request::ChannelBind(number, *peer)).unwrap();
        }
        turn.peers = peers.to_vec();
        turn.socket.set_nonblocking(true).unwrap();
        turn
    }

    pub(crate) fn local(&self) -> SocketAddr {
        self.socket.local_addr().unwrap()
    }

    pub(crate) fn ask(&mut self, request: Request) -> Result<Granted, Denied> {
        self.socket.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        let mut bytes = self.client.request(request);
        loop {
            self.socket.send(&bytes).unwrap();
            let mut buffer = [0; 2048];
            let length = self.socket.recv(&mut buffer).unwrap();
            match self.client.handle(&buffer[..length]) {
                Event::Retry(again) => bytes = again,
                Event::Answer(answer) => return answer,
                other => panic!("unexpected {other:?}"),
            }
        }
    }

    pub(crate) fn send(&self, to: SocketAddr, packet: &[u8]) {
        let place = self.peers.iter().position(|peer| *peer == to).expect("a channel leads there");
        let number = FIRST_CHANNEL + u16::try_from(place).unwrap();
        // A full buffer loses it.
        let _ = self.socket.send(&Client::channel_data(number, packet));
    }

    /// Sends by Send indication.
    pub(crate) fn send_to(&mut self, to: SocketAddr, packet: &[u8]) {
        let message = self.client.send_indication(to, packet);
        self.socket.send(&message).unwrap();
    }

    /// The next packet and its peer; `None` when nothing waits.
    pub(crate) fn receive(&mut self) -> Option<(SocketAddr, Vec<u8>)> {
        let mut buffer = [0; 4096];
        loop {
            let length = self.socket.recv(&mut buffer).ok()?;
            match self.client.handle(&buffer[..length]) {
                Event::ChannelData { number, payload } => {
                    return Some((self.peers[usize::from(number - FIRST_CHANNEL)], payload));
                }
                Event::Data { peer, payload } => return Some((peer, payload)),
                _ => {}
            }
        }
    }
}
