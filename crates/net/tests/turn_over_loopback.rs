//! The whole TURN server on real sockets: what a client sees over UDP and over a byte stream.

#![expect(clippy::unwrap_used, reason = "a failed step ends the test")]

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::ops::RangeInclusive;
use std::time::Duration;

use moim_net::turn::{TurnOptions, TurnServer};
use moim_turn::client::{Client, Event, Granted, Request};
use moim_turn::{Config, Credentials, Family, Framer, PeerPolicy, RelayAddress, RelayConfig, Transport};
use moim_types::Redacted;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
const ANY_PORT: SocketAddr = SocketAddr::new(LOOPBACK, 0);
/// Below the ports that the system gives out: a peer whose port it chose is never taken for a relay that is not open.
const RELAY_PORTS: RangeInclusive<u16> = 20_000..=21_999;

fn config(user_quota: u32) -> Config {
    let own = RelayAddress { bind: LOOPBACK, advertised: LOOPBACK };
    Config {
        realm: "test".to_owned(),
        relay: RelayConfig { ipv4: Some(own), ipv6: None, ports: RELAY_PORTS },
        credentials: Credentials::new([("ann".to_owned(), password())], vec![]),
        peers: PeerPolicy::new(vec!["127.0.0.0/8".parse().unwrap()], vec![]),
        media: BTreeSet::new(),
        user_quota,
        total_quota: 0,
        max_bps_per_user: 0,
    }
}

fn password() -> Redacted<String> {
    Redacted::new("secret".to_owned())
}

fn start(user_quota: u32) -> TurnServer {
    TurnServer::start(TurnOptions { listen: Some(ANY_PORT), shards: 2, core: config(user_quota), media: None }).unwrap()
}

/// A client over UDP that answers challenges and waits.
struct UdpClient {
    socket: UdpSocket,
    client: Client,
}

impl UdpClient {
    fn new(server: &TurnServer) -> Self {
        let socket = UdpSocket::bind(ANY_PORT).unwrap();
        socket.connect(server.local().unwrap()).unwrap();
        socket.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
        let seed = moim_net::clock::seed().unwrap();
        Self { socket, client: Client::new("ann".to_owned(), password(), seed) }
    }

    fn ask(&mut self, request: Request) -> Result<Granted, moim_turn::client::Denied> {
        let mut bytes = self.client.request(request);
        loop {
            self.socket.send(&bytes).unwrap();
            match self.event() {
                Event::Retry(again) => bytes = again,
                Event::Answer(answer) => return answer,
                other => panic!("unexpected {other:?}"),
            }
        }
    }

    fn event(&mut self) -> Event {
        let mut buffer = [0; 2000];
        let length = self.socket.recv(&mut buffer).unwrap();
        self.client.handle(&buffer[..length])
    }

    fn allocate(&mut self) -> SocketAddr {
        match self.ask(Request::Allocate(Family::V4)).unwrap() {
            Granted::Allocated { relayed, .. } => relayed,
            other => panic!("unexpected {other:?}"),
        }
    }
}

#[test]
fn a_binding_tells_the_clients_own_address() {
    let server = start(10);
    let mut client = UdpClient::new(&server);
    let own = client.socket.local_addr().unwrap();
    assert_eq!(client.ask(Request::Binding), Ok(Granted::Mapped(own)));
}

#[test]
fn datagrams_travel_to_a_peer_and_back() {
    let server = start(10);
    let peer = UdpSocket::bind(ANY_PORT).unwrap();
    let peer_address = peer.local_addr().unwrap();
    let mut client = UdpClient::new(&server);
    let relayed = client.allocate();

    client.ask(Request::CreatePermission(vec![peer_address])).unwrap();
    let indication = client.client.send_indication(peer_address, b"by indication");
    client.socket.send(&indication).unwrap();
    let mut buffer = [0; 100];
    let (length, from) = peer.recv_from(&mut buffer).unwrap();
    assert_eq!((&buffer[..length], from), (&b"by indication"[..], relayed));
    peer.send_to(b"and back", relayed).unwrap();
    assert_eq!(client.event(), Event::Data { peer: peer_address, payload: b"and back".to_vec() });

    client.ask(Request::ChannelBind(0x4001, peer_address)).unwrap();
    client.socket.send(&Client::channel_data(0x4001, b"by channel")).unwrap();
    let (length, _) = peer.recv_from(&mut buffer).unwrap();
    assert_eq!(&buffer[..length], b"by channel");
    peer.send_to(b"", relayed).unwrap();
    assert_eq!(client.event(), Event::ChannelData { number: 0x4001, payload: vec![] });
}

#[test]
fn bursts_arrive_whole_and_in_order() {
    let server = start(10);
    let peer = UdpSocket::bind(ANY_PORT).unwrap();
    peer.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    let mut client = UdpClient::new(&server);
    let relayed = client.allocate();
    client.ask(Request::ChannelBind(0x4000, peer.local_addr().unwrap())).unwrap();
    for round in 0..20_u8 {
        for number in 0..10_u8 {
            // Sizes that differ, so that runs of equal size begin and end.
            let payload = vec![round; 100 + usize::from(number / 4) * 3];
            client.socket.send(&Client::channel_data(0x4000, &payload)).unwrap();
        }
        for number in 0..10_u8 {
            let mut buffer = [0; 2000];
            let (length, from) = peer.recv_from(&mut buffer).unwrap();
            assert_eq!((length, buffer[0], from), (100 + usize::from(number / 4) * 3, round, relayed));
        }
    }
}

/// Many clients, so that some pairs share a shard and others do not.
#[test]
fn clients_reach_each_other_through_their_relays() {
    let server = start(100);
    let mut clients: Vec<_> = (0..8).map(|_| UdpClient::new(&server)).collect();
    let relayed: Vec<_> = clients.iter_mut().map(UdpClient::allocate).collect();
    for client in &mut clients {
        client.ask(Request::CreatePermission(relayed.clone())).unwrap();
    }
    for from in 0..clients.len() {
        for to in 0..clients.len() {
            let payload = vec![u8::try_from(from * 16 + to).unwrap(); 50];
            let indication = clients[from].client.send_indication(relayed[to], &payload);
            clients[from].socket.send(&indication).unwrap();
            assert_eq!(clients[to].event(), Event::Data { peer: relayed[from], payload });
        }
    }
    std::thread::sleep(Duration::from_millis(1200));
    let stats = server.handle().stats().core;
    assert!(stats.packets_handed_over > 0 && stats.packets_handed_over < 64, "{stats:?}");
    assert_eq!(stats.allocations, 8);
}

/// Another program's socket in the range of relay ports is no relay, and is not reached through one.
#[test]
fn a_port_of_the_range_that_is_no_relay_gets_nothing() {
    let server = start(10);
    let victim = RELAY_PORTS.clone().find_map(|port| UdpSocket::bind((LOOPBACK, port)).ok()).unwrap();
    victim.set_read_timeout(Some(Duration::from_millis(200))).unwrap();
    let address = victim.local_addr().unwrap();
    for _ in 0..4 {
        let mut client = UdpClient::new(&server);
        client.allocate();
        client.ask(Request::CreatePermission(vec![address])).unwrap();
        let indication = client.client.send_indication(address, b"hello");
        client.socket.send(&indication).unwrap();
        // The answer to this comes after the indication was dealt with.
        client.ask(Request::Binding).unwrap();
    }
    assert!(victim.recv(&mut [0; 100]).is_err(), "a packet came through");
}

#[test]
fn a_users_quota_holds_over_all_shards() {
    let server = start(3);
    let mut clients: Vec<_> = (0..8).map(|_| UdpClient::new(&server)).collect();
    let granted = clients.iter_mut().filter_map(|client| client.ask(Request::Allocate(Family::V4)).ok()).count();
    assert_eq!(granted, 3);
    let holder = clients.iter_mut().find_map(|client| client.ask(Request::Refresh(Duration::ZERO)).ok());
    assert_eq!(holder, Some(Granted::Refreshed(Duration::ZERO)));
    assert!(clients.iter_mut().any(|client| client.ask(Request::Allocate(Family::V4)).is_ok()));
}

#[test]
fn a_port_that_another_server_holds_is_refused() {
    let server = start(1);
    let taken = TurnOptions { listen: server.local(), shards: 2, core: config(1), media: None };
    let error = TurnServer::start(taken).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::AddrInUse);
}

/// A server task that serves one TCP connection, and a client's end of it.
async fn connect(server: &TurnServer) -> TcpStream {
    let listener = TcpListener::bind(ANY_PORT).await.unwrap();
    let address = listener.local_addr().unwrap();
    let handle = server.handle();
    tokio::spawn(async move {
        let (stream, client) = listener.accept().await.unwrap();
        handle.serve_stream(stream, client, address, Transport::Tcp).await;
    });
    TcpStream::connect(address).await.unwrap()
}

async fn ask_over_stream(stream: &mut TcpStream, client: &mut Client, request: Request) -> Granted {
    let mut bytes = client.request(request);
    let mut framer = Framer::default();
    loop {
        // One byte at a time: messages need not arrive in one piece.
        for byte in &bytes {
            stream.write_all(&[*byte]).await.unwrap();
        }
        let message = loop {
            let mut buffer = [0; 7];
            let length = stream.read(&mut buffer).await.unwrap();
            assert!(length > 0, "the server closed the connection");
            framer.push(&buffer[..length]);
            if let Some(message) = framer.next_message().unwrap() {
                break message.to_vec();
            }
        };
        match client.handle(&message) {
            Event::Retry(again) => bytes = again,
            Event::Answer(answer) => return answer.unwrap(),
            other => panic!("unexpected {other:?}"),
        }
    }
}

#[tokio::test]
async fn an_allocation_over_a_stream_ends_with_it() {
    let server = start(1);
    let mut client = Client::new("ann".to_owned(), password(), [1; 32]);
    let mut stream = connect(&server).await;
    let granted = ask_over_stream(&mut stream, &mut client, Request::Allocate(Family::V4)).await;
    assert!(matches!(granted, Granted::Allocated { .. }));
    drop(stream);
    // The quota of one is free again as soon as the server has seen the end.
    for _ in 0..50 {
        let mut stream = connect(&server).await;
        let mut other = Client::new("ann".to_owned(), password(), moim_net::clock::seed().unwrap());
        let first = other.request(Request::Binding);
        stream.write_all(&first).await.unwrap();
        tokio::time::sleep(Duration::from_millis(20)).await;
        if server.handle().stats().core.allocations == 0 {
            return;
        }
    }
    panic!("the allocation outlived its connection");
}

#[tokio::test]
async fn rubbish_on_a_stream_closes_it() {
    let server = start(1);
    let mut stream = connect(&server).await;
    stream.write_all(b"\xFFrubbish").await.unwrap();
    let mut buffer = [0; 10];
    assert_eq!(stream.read(&mut buffer).await.unwrap(), 0);
}
