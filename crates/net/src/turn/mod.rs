//! The TURN server's shell: threads, sockets and byte streams around `moim_turn`'s machine.
//!
//! One shard a core, each a thread with its own machine, its own listening socket and its own part
//! of the relay ports. The kernel keeps a client with one shard. TCP and TLS connections live on the
//! async runtime and reach their shard through a bounded queue.

mod ledger;
mod outlet;
mod shard;
mod stats;
mod stream;

use std::hash::{BuildHasher as _, RandomState};
use std::io;
use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use mio::{Interest, Poll, Waker};
use moim_turn::{Config, Credentials, FiveTuple, Input, PeerPolicy, Server, Transport};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::mpsc;

pub use stats::TurnStats;

use crate::clock;
use crate::handover::{OpenRelays, Ring, ToMedia, TurnSide};
use crate::mailbox::Mailbox;
use crate::media::MediaHandle;
use crate::udp::{Sharing, UdpSocket};
use ledger::Ledger;
use outlet::{Equipment, Outlet};
use shard::{Command, LISTENER, Shard, WAKER};

/// Commands that may wait for a shard.
const MAILBOX_COMMANDS: usize = 4096;

/// How to run a TURN server.
#[derive(Debug, Clone)]
pub struct TurnOptions {
    /// The UDP address to listen on; `None` serves byte streams only.
    pub listen: Option<SocketAddr>,
    /// Threads; 0 means one for each core.
    pub shards: usize,
    /// What the machines are told; the sockets of `media` are added to it.
    pub core: Config,
    /// Media of this process, which clients reach without a socket.
    pub media: Option<MediaHandle>,
}

/// A running TURN server. It stops when this is dropped.
#[derive(Debug)]
pub struct TurnServer {
    handle: TurnHandle,
    threads: Vec<JoinHandle<()>>,
    local: Option<SocketAddr>,
}

/// A way to reach a running TURN server from any thread.
#[derive(Debug, Clone)]
pub struct TurnHandle {
    shards: Arc<[ShardHandle]>,
    connections: Arc<AtomicU64>,
    hasher: RandomState,
}

#[derive(Debug)]
struct ShardHandle {
    mailbox: Mailbox<Command>,
    published: Arc<Mutex<TurnStats>>,
}

impl TurnServer {
    /// Binds the listening sockets and starts the threads.
    ///
    /// # Errors
    /// When the address cannot be bound, the media serves another TURN server, or the system has no threads or random
    /// numbers to give.
    pub fn start(options: TurnOptions) -> io::Result<Self> {
        let TurnOptions { mut listen, shards, mut core, media } = options;
        let cores = || std::thread::available_parallelism().map_or(1, usize::from);
        let count = if shards == 0 { cores() } else { shards };
        if let Some(address) = listen {
            listen = Some(free_address(address)?);
        }
        let open = Arc::new(OpenRelays::none(&core.relay.ports));
        let ledger = Ledger::new(core.user_quota, core.total_quota, Arc::clone(&open));
        if let Some(media) = &media {
            core.media.append(&mut media.side().addresses());
        }
        let mut handles = Vec::with_capacity(count);
        let mut shards = Vec::with_capacity(count);
        for index in 0..count {
            let own_ports = share(&core.relay.ports, index, count);
            let server = Server::with_ports(core.clone(), &own_ports, clock::now().instant, clock::seed()?);
            let to_media = media.as_ref().map(|media| ToMedia::new(media.side().clone()));
            let (handle, shard) = assemble(index, server, listen, to_media, &ledger)?;
            handles.push(handle);
            shards.push(shard);
        }
        if let Some(media) = media {
            let rings = shards.iter().map(|shard| Arc::clone(&shard.from_media)).collect();
            media.meet(TurnSide { relay: core.relay, open, rings })?;
        }
        let threads = (0..).zip(shards).map(|(index, shard)| spawn(index, shard)).collect::<io::Result<_>>()?;
        let handle = TurnHandle { shards: handles.into(), connections: Arc::default(), hasher: RandomState::new() };
        Ok(Self { handle, threads, local: listen })
    }

    /// The UDP address it listens on, with the port that the system chose where 0 was asked for.
    #[must_use]
    pub const fn local(&self) -> Option<SocketAddr> {
        self.local
    }

    /// A way to reach it.
    #[must_use]
    pub fn handle(&self) -> TurnHandle {
        self.handle.clone()
    }

    /// Ends all allocations and waits for the threads.
    pub fn stop(self) {
        drop(self);
    }
}

impl Drop for TurnServer {
    fn drop(&mut self) {
        for shard in self.handle.shards.iter() {
            // A full queue empties within moments; a shard that has ended takes nothing more.
            while !shard.mailbox.try_send(Command::Stop) && !shard.mailbox.commands.is_closed() {
                std::thread::yield_now();
            }
        }
        for thread in self.threads.drain(..) {
            if thread.join().is_err() {
                tracing::error!("a TURN shard ended by a panic");
            }
        }
    }
}

impl TurnHandle {
    /// What all shards counted; at most a second old.
    #[must_use]
    pub fn stats(&self) -> TurnStats {
        let mut total = TurnStats::default();
        for shard in self.shards.iter() {
            total.add(&shard.published.lock().unwrap_or_else(PoisonError::into_inner));
        }
        total
    }

    /// Serves TURN over one connection until it closes. `transport` is TCP or TLS.
    pub async fn serve_stream(
        &self,
        stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
        client: SocketAddr,
        local: SocketAddr,
        transport: Transport,
    ) {
        let canonical = |address: SocketAddr| SocketAddr::new(address.ip().to_canonical(), address.port());
        let five_tuple = FiveTuple { client: canonical(client), local: canonical(local), transport };
        let connection = self.connections.fetch_add(1, Ordering::Relaxed);
        if let Some(shard) = self.shard_of(five_tuple.client) {
            stream::serve(stream, five_tuple, connection, &shard.mailbox).await;
        }
    }

    /// From now on refuses new allocations; those that stand go on.
    pub fn drain(&self) {
        self.tell(|| Input::Drain);
    }

    /// Replaces the users. Allocations that stand go on.
    pub fn replace_credentials(&self, credentials: &Credentials) {
        self.tell(|| Input::Credentials(credentials.clone()));
    }

    /// Replaces the peer policy. What it forbids is cut at once.
    pub fn replace_peers(&self, peers: &PeerPolicy) {
        self.tell(|| Input::Peers(peers.clone()));
    }

    fn tell(&self, input: impl Fn() -> Input<'static>) {
        for shard in self.shards.iter() {
            while !shard.mailbox.try_send(Command::Tell(input())) && !shard.mailbox.commands.is_closed() {
                std::thread::yield_now();
            }
        }
    }

    fn shard_of(&self, client: SocketAddr) -> Option<&ShardHandle> {
        let hash = self.hasher.hash_one(client);
        let count = self.shards.len() as u64;
        let index = usize::try_from(hash.checked_rem(count)?).ok()?;
        self.shards.get(index)
    }
}

/// Makes sure that nobody else has the address, and settles port 0.
///
/// The shards share the address, which the system would also let another process of ours do: two
/// servers would each get half of the clients. Alone, a socket finds out.
fn free_address(address: SocketAddr) -> io::Result<SocketAddr> {
    Ok(UdpSocket::bind(address, Sharing::Exclusive)?.local())
}

fn assemble(
    index: usize,
    server: Server,
    listen: Option<SocketAddr>,
    media: Option<ToMedia>,
    ledger: &Arc<Ledger>,
) -> io::Result<(ShardHandle, Shard)> {
    let poll = Poll::new()?;
    let mut listener = listen.map(|address| UdpSocket::bind(address, Sharing::Shared)).transpose()?;
    if let Some(listener) = &mut listener {
        poll.registry().register(listener.source(), LISTENER, Interest::READABLE)?;
    }
    let waker = Arc::new(Waker::new(poll.registry(), WAKER)?);
    let (commands, inbox) = mpsc::channel(MAILBOX_COMMANDS);
    let published = Arc::new(Mutex::new(TurnStats::default()));
    let from_media = Ring::new(Arc::clone(&waker));
    let registry = poll.registry().try_clone()?;
    let outlet = Outlet::new(index, Equipment { listener, media, ledger: Arc::clone(ledger), registry });
    let handle = ShardHandle { mailbox: Mailbox { commands, waker }, published: Arc::clone(&published) };
    Ok((handle, Shard { server, outlet, poll, inbox, from_media, published }))
}

fn spawn(index: usize, shard: Shard) -> io::Result<JoinHandle<()>> {
    std::thread::Builder::new().name(format!("turn-{index}")).spawn(move || {
        if let Err(error) = shard.run() {
            tracing::error!(%error, "a TURN shard's event loop broke");
        }
    })
}

/// The part of the relay ports that belongs to one of `count` shards.
/// Example: 10 ports over 3 shards from 50 000 on are 50 000–2, 50 003–5 and 50 006–9.
fn share(ports: &RangeInclusive<u16>, index: usize, count: usize) -> RangeInclusive<u16> {
    let (first, total) = (usize::from(*ports.start()), ports.len());
    let at = |index: usize| first + total * index / count;
    let port = |number: usize| u16::try_from(number).unwrap_or(u16::MAX);
    if total < count {
        return ports.clone();
    }
    port(at(index))..=port(at(index + 1) - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shards_share_all_ports_and_none_twice() {
        for count in 1..9 {
            let shares: Vec<_> = (0..count).map(|index| share(&(49_152..=65_535), index, count)).collect();
            assert_eq!(shares.first().map(|share| *share.start()), Some(49_152));
            assert_eq!(shares.last().map(|share| *share.end()), Some(65_535));
            assert!(shares.windows(2).all(|pair| *pair[0].end() + 1 == *pair[1].start()));
        }
    }
}
