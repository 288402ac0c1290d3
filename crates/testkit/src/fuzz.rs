//! The bodies of the fuzz targets, so that the fuzzer and the ordinary tests run the same code.
//!
//! Each takes any bytes and panics where a promise is broken. `fuzz/corpus/<name>` keeps inputs that
//! were interesting once; the tests replay them.

mod rtp;
mod sdp;

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use moim_turn::client::{Client, Request};
use moim_turn::{Family, Framer, Transport};

use crate::turn::{ClientId, MEDIA, World, config};
pub use rtp::{dependency_descriptor, rtp_rewriting};
pub use sdp::{sdp_answer, sdp_offer};

/// A peer that the default policy allows.
const PEER: ([u8; 4], u16) = ([8, 8, 8, 8], 5000);

/// Any bytes as a message from a client who has an allocation, a permission and a channel, from one who
/// has nothing, and from a peer. The client who did nothing wrong goes on unharmed.
pub fn turn_messages(data: &[u8]) {
    let mut world = World::new(config());
    let (ann, stranger) = (world.client("ann"), world.client("bob"));
    let relayed = world.allocate(ann);
    let bound = world.ask(ann, Request::ChannelBind(0x4000, PEER.into()));
    assert!(bound.is_ok(), "the channel is bound: {bound:?}");
    world.send(stranger, data);
    world.peer_sends(PEER.into(), relayed, data);
    world.send(ann, data);
    assert_eq!(world.stats().allocations, 1, "nobody allocates without a signature");
    let refreshed = world.ask(ann, Request::Refresh(Duration::from_secs(600)));
    assert!(refreshed.is_ok(), "the allocation stands: {refreshed:?}");
}

/// Any bytes as a story of signed requests, data, lost connections and passing time.
pub fn turn_operations(data: &[u8]) {
    let mut settings = config();
    settings.user_quota = 2;
    settings.total_quota = 3;
    settings.relay.ports = 50_000..=50_003;
    let mut world = World::new(settings);
    world.hold_port(50_001);
    let clients = [
        world.client("ann"),
        world.client("ann"),
        world.client("bob"),
        world.client_with("bob", crate::turn::PASSWORD, Transport::Tcp),
    ];
    let mut relayed = [None; 4];
    for step in data.chunks_exact(4).take(400) {
        let &[what, who, arg, more] = step else { continue };
        let who = usize::from(who) % clients.len();
        operate(&mut world, &clients, &mut relayed, who, [what, arg, more]);
        let stats = world.stats();
        assert!(stats.allocations <= 3, "the total quota holds");
        assert_eq!(stats.allocations, world.open_relays() as u64, "every allocation has one socket");
    }
    world.pass(Duration::from_secs(4000));
    assert_eq!((world.stats().allocations, world.open_relays()), (0, 0), "everything ends");
}

fn operate(
    world: &mut World,
    clients: &[ClientId; 4],
    relayed: &mut [Option<SocketAddr>; 4],
    who: usize,
    [what, arg, more]: [u8; 3],
) {
    let client = clients[who];
    let peer = match arg % 8 {
        0 => PEER.into(),
        1 => ([10, 0, 0, 1], 1).into(),
        2 => ([8, 8, 4, more], u16::from(more)).into(),
        3 => SocketAddr::from(([0x2600, 0, 0, 0, 0, 0, 0, 1], 7)),
        4 => SocketAddr::new(MEDIA.ip(), MEDIA.port() + u16::from(more / 128)),
        at => relayed[usize::from(at) % 4].unwrap_or_else(|| PEER.into()),
    };
    let number = 0x4000 + u16::from(more % 4);
    match what % 11 {
        0 => {
            let family = if arg % 8 == 7 { Family::V6 } else { Family::V4 };
            if let Ok(moim_turn::client::Granted::Allocated { relayed: address, .. }) =
                world.ask(client, Request::Allocate(family))
            {
                relayed[who] = Some(address);
            }
        }
        1 => drop(world.ask(client, Request::Refresh(Duration::from_secs(u64::from(arg) * 20)))),
        2 => drop(world.ask(client, Request::CreatePermission(vec![peer; usize::from(more % 3)]))),
        3 => drop(world.ask(client, Request::ChannelBind(number, peer))),
        4 => world.send_to(client, peer, &vec![arg; usize::from(more)]),
        5 => world.send(client, &Client::channel_data(number, &vec![arg; usize::from(more)])),
        6 => {
            if let Some(address) = relayed[usize::from(more) % 4] {
                world.peer_sends(peer, address, &[arg; 5]);
            }
        }
        7 => world.disconnect(client),
        9 => {
            if let Some(address) = relayed[usize::from(more) % 4] {
                world.media_sends(MEDIA, address, &[arg; 5]);
            }
        }
        8 => world.pass(Duration::from_secs(u64::from(arg))),
        _ => world.send(client, &[what, arg, more]),
    }
    while world.event(client).is_some() {}
    assert!(world.handed_over().iter().all(|packet| packet.to == MEDIA), "nothing else is handed over");
    assert!(world.delivered().iter().all(|packet| packet.to.ip() != MEDIA.ip()), "no other port is reached");
}

/// Any bytes as a stream, cut in two places: the messages are the same however it arrives.
pub fn turn_framing(data: &[u8]) {
    let Some((&[first, second], stream)) = data.split_first_chunk::<2>() else { return };
    let cut = |at: u8| usize::from(at).min(stream.len());
    let (early, late) = (cut(first).min(cut(second)), cut(first).max(cut(second)));
    let pieces = [&stream[..early], &stream[early..late], &stream[late..]];
    assert_eq!(messages(&[stream]), messages(&pieces));
}

fn messages(pieces: &[&[u8]]) -> (Vec<Vec<u8>>, bool) {
    let mut framer = Framer::default();
    let mut messages = Vec::new();
    for piece in pieces {
        framer.push(piece);
        loop {
            match framer.next_message() {
                Ok(Some(message)) => messages.push(message.to_vec()),
                Ok(None) => break,
                Err(_) => return (messages, true),
            }
        }
        assert!(framer.pending() < 70_000, "at most one message waits");
    }
    (messages, false)
}

/// Runs `target` on every file of a corpus and says how many there were.
///
/// # Panics
/// When the folder cannot be read, or the target finds something.
pub fn replay(corpus: &Path, target: impl Fn(&[u8])) -> usize {
    let entries = std::fs::read_dir(corpus).unwrap_or_else(|error| panic!("{}: {error}", corpus.display()));
    let files: Vec<_> =
        entries.filter_map(Result::ok).map(|entry| entry.path()).filter(|path| path.is_file()).collect();
    for file in &files {
        let data = std::fs::read(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        target(&data);
    }
    files.len()
}
