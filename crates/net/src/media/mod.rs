//! The media shards' shell: threads, sockets and TCP connections around `moim_sfu`'s machines.
//!
//! One shard a core, each a thread with its own machine and its own UDP socket and port: a candidate
//! names the shard, so a leg's packets always reach the thread that owns it. Commands come through a
//! bounded queue, packets of other shards through a bounded ring, and what happens is reported
//! through a bounded queue that the thread never waits for.

mod addresses;
mod driver;
mod echo;
mod outlet;
mod relays;
mod reports;
mod stale;
mod stats;
mod tcp;

use std::collections::BTreeSet;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread::JoinHandle;

use mio::{Interest, Poll, Waker};
use moim_sfu::{Bounds, Certificate, Config, Event, LocalCandidate, NoCertificate, Shard, ShardId, Transport};
use tokio::sync::mpsc;

pub use addresses::{ExternalAddresses, Loopback};
pub use stats::MediaStats;

use crate::clock;
use crate::handover::{self, MediaSide, ToTurn, TurnSide};
use crate::listen::{self, Acceptor, Gate, Limits};
use crate::mailbox::Mailbox;
use crate::udp::{Sharing, UdpSocket};
use addresses::AddressBook;
use driver::{Command, Driver, SOCKET, WAKER};
use echo::Echo;
use outlet::Outlet;
use relays::{Neighbour, Relays, Ring};
use reports::Reports;
use tcp::{TcpCounters, TcpService};

/// Commands that may wait for a shard.
const MAILBOX_COMMANDS: usize = 4096;

/// How to run the media shards.
#[derive(Debug, Clone)]
pub struct MediaOptions {
    /// The address to bind; a wildcard takes all of this machine's. `[::]` takes both families.
    pub address: IpAddr,
    /// The UDP port of the first shard; the others follow. 0: whatever is free, for each.
    pub udp_port: u16,
    /// The TCP port for all; `None` is no TCP, 0 whatever is free.
    pub tcp_port: Option<u16>,
    /// Addresses of a NAT in front, in place of this machine's own.
    pub external: ExternalAddresses,
    /// Whether remote sides are told loopback addresses.
    pub loopback: Loopback,
    /// Threads; 0 means one for each core.
    pub shards: usize,
    /// How many TCP connections may be open.
    pub tcp_limits: Limits,
}

/// The media shards could not be started.
#[derive(Debug, thiserror::Error)]
pub enum MediaError {
    /// A UDP address cannot be bound.
    #[error("cannot bind {0} for media over UDP: {1}")]
    Udp(SocketAddr, #[source] io::Error),
    /// The TCP address cannot be bound.
    #[error("cannot bind {0} for media over TCP: {1}")]
    Tcp(SocketAddr, #[source] io::Error),
    /// No certificate for DTLS could be made.
    #[error(transparent)]
    NoCertificate(#[from] NoCertificate),
    /// The system has no threads, events or random numbers to give.
    #[error("cannot start a media shard: {0}")]
    System(#[from] io::Error),
}

/// Running media shards. They stop when this is dropped.
#[derive(Debug)]
pub struct Media {
    handle: MediaHandle,
    threads: Vec<JoinHandle<()>>,
    accepting: Option<tokio::task::JoinHandle<()>>,
    udp: Vec<SocketAddr>,
    tcp: Option<SocketAddr>,
    public: Vec<IpAddr>,
}

/// A way to reach running media shards from any thread.
#[derive(Debug, Clone)]
pub struct MediaHandle {
    shards: Arc<[ShardHandle]>,
    tcp: Arc<TcpCounters>,
    side: MediaSide,
    turn: Arc<OnceLock<TurnSide>>,
}

#[derive(Debug)]
struct ShardHandle {
    mailbox: Mailbox<Command>,
    published: Arc<Mutex<MediaStats>>,
}

impl Media {
    /// Binds the sockets and starts the threads, inside an async runtime. What happens is told to
    /// `events`.
    ///
    /// # Errors
    /// When an address cannot be bound, or the system has nothing more to give.
    pub fn start(options: MediaOptions, events: mpsc::Sender<Event>) -> Result<Self, MediaError> {
        let addresses = AddressBook::of(options.address, options.external, options.loopback);
        let acceptor = options.tcp_port.map(|port| listen_tcp(&options, port)).transpose()?;
        let tcp = acceptor.as_ref().map(Acceptor::local_addr).transpose()?;
        let frames = frames(&options)?;
        let public = addresses.told().into_iter().map(|told| told.public).collect();
        let udp = frames.iter().map(|frame| frame.socket.local()).collect();
        let certificate = Certificate::generate()?;
        let (side, turn) = (side(&frames, &addresses), Arc::default());
        let (drivers, handles) = assemble(frames, &addresses, tcp, &certificate, &events, &turn)?;
        let threads = drivers.into_iter().map(spawn).collect::<io::Result<_>>()?;
        let handle = MediaHandle { shards: handles.into(), tcp: Arc::default(), side, turn };
        let accepting = acceptor.map(|acceptor| {
            let (shards, counters) = (Arc::clone(&handle.shards), Arc::clone(&handle.tcp));
            let service = TcpService { shards, addresses: addresses.clone(), counters };
            tokio::spawn(tcp::accept(acceptor, service))
        });
        Ok(Self { handle, threads, accepting, udp, tcp, public })
    }

    /// A way to reach them.
    #[must_use]
    pub fn handle(&self) -> MediaHandle {
        self.handle.clone()
    }

    /// The UDP addresses they are bound to, in the order of the shards.
    #[must_use]
    pub fn udp(&self) -> &[SocketAddr] {
        &self.udp
    }

    /// The TCP address they are bound to.
    #[must_use]
    pub const fn tcp(&self) -> Option<SocketAddr> {
        self.tcp
    }

    /// The addresses that remote sides are told.
    #[must_use]
    pub fn public_addresses(&self) -> &[IpAddr] {
        &self.public
    }

    /// Closes all legs and waits for the threads.
    pub fn stop(self) {
        drop(self);
    }
}

impl Drop for Media {
    fn drop(&mut self) {
        if let Some(accepting) = self.accepting.take() {
            accepting.abort();
        }
        for shard in self.handle.shards.iter() {
            // A full queue empties within moments; a shard that has ended takes nothing more.
            while !shard.mailbox.try_send(Command::Stop) && !shard.mailbox.commands.is_closed() {
                std::thread::yield_now();
            }
        }
        for thread in self.threads.drain(..) {
            if thread.join().is_err() {
                tracing::error!("a media shard ended by a panic");
            }
        }
    }
}

impl MediaHandle {
    /// How many shards there are.
    #[must_use]
    pub fn shards(&self) -> u16 {
        u16::try_from(self.shards.len()).unwrap_or(u16::MAX)
    }

    /// Tells a shard something; waits for room. Once it has ended, nothing happens.
    pub async fn tell(&self, shard: ShardId, command: moim_sfu::Command) {
        if let Some(shard) = self.shards.get(usize::from(shard.0)) {
            shard.mailbox.send(Command::Core(command)).await;
        }
    }

    /// The ways in for TURN.
    pub(crate) const fn side(&self) -> &MediaSide {
        &self.side
    }

    /// From now on packets for relays of this TURN server are handed over.
    pub(crate) fn meet(&self, turn: TurnSide) -> io::Result<()> {
        self.turn.set(turn).map_err(|_| io::Error::other("this media already serves a TURN server"))
    }

    /// What all shards counted; at most a second old.
    #[must_use]
    pub fn stats(&self) -> MediaStats {
        let mut total = MediaStats { tcp: self.tcp.named(), ..MediaStats::default() };
        for shard in self.shards.iter() {
            total.add(&shard.published.lock().unwrap_or_else(PoisonError::into_inner));
        }
        total
    }
}

fn listen_tcp(options: &MediaOptions, port: u16) -> Result<Acceptor, MediaError> {
    let address = SocketAddr::new(options.address, port);
    let listener = listen::bind(address).map_err(|error| MediaError::Tcp(address, error))?;
    Ok(Acceptor::new(listener, Gate::new(options.tcp_limits)))
}

/// A shard's sockets and queues, before they know each other.
struct Frame {
    socket: UdpSocket,
    poll: Poll,
    waker: Arc<Waker>,
    ring: Ring,
    from_turn: Arc<handover::Ring>,
}

fn frames(options: &MediaOptions) -> Result<Vec<Frame>, MediaError> {
    let cores = || std::thread::available_parallelism().map_or(1, usize::from);
    let count = if options.shards == 0 { cores() } else { options.shards };
    (0..count).map(|index| frame(options, index)).collect()
}

fn frame(options: &MediaOptions, index: usize) -> Result<Frame, MediaError> {
    let offset = if options.udp_port == 0 { 0 } else { u16::try_from(index).unwrap_or(u16::MAX) };
    let port = options.udp_port.checked_add(offset);
    let address = SocketAddr::new(options.address, port.unwrap_or(u16::MAX));
    if port.is_none() {
        return Err(MediaError::Udp(address, io::Error::other("there are more shards than ports behind the first")));
    }
    let socket = UdpSocket::bind(address, Sharing::Exclusive);
    let mut socket = socket.map_err(|error| MediaError::Udp(address, error))?;
    socket.enlarge_buffers();
    let poll = Poll::new()?;
    poll.registry().register(socket.source(), SOCKET, Interest::READABLE)?;
    let waker = Arc::new(Waker::new(poll.registry(), WAKER)?);
    let from_turn = handover::Ring::new(Arc::clone(&waker));
    Ok(Frame { socket, poll, waker, ring: relays::ring(), from_turn })
}

/// The addresses of all shards, and the ways in.
fn side(frames: &[Frame], addresses: &AddressBook) -> MediaSide {
    MediaSide::new(frames.iter().map(|frame| {
        let port = frame.socket.local().port();
        (addresses.all().map(|ip| SocketAddr::new(ip, port)).collect(), Arc::clone(&frame.from_turn))
    }))
}

fn assemble(
    frames: Vec<Frame>,
    addresses: &AddressBook,
    tcp: Option<SocketAddr>,
    certificate: &Certificate,
    events: &mpsc::Sender<Event>,
    turn: &Arc<OnceLock<TurnSide>>,
) -> io::Result<(Vec<Driver>, Vec<ShardHandle>)> {
    let ways: Vec<_> = frames.iter().map(|frame| (Arc::clone(&frame.ring), Arc::clone(&frame.waker))).collect();
    let mut drivers = Vec::with_capacity(frames.len());
    let mut handles = Vec::with_capacity(frames.len());
    for (id, frame) in (0..).map(ShardId).zip(frames) {
        let neighbours =
            ways.iter().map(|(ring, waker)| Neighbour { ring: Arc::clone(ring), waker: Arc::clone(waker) });
        let config = Config {
            shard: id,
            candidates: candidates(addresses, frame.socket.local(), tcp),
            certificate: certificate.clone(),
            bounds: Bounds::default(),
        };
        let (commands, inbox) = mpsc::channel(MAILBOX_COMMANDS);
        let published = Arc::default();
        handles
            .push(ShardHandle { mailbox: Mailbox { commands, waker: frame.waker }, published: Arc::clone(&published) });
        let now = clock::now();
        drivers.push(Driver {
            core: Shard::new(config.clone(), now, clock::seed()?),
            echo: Echo::new(now.instant),
            config,
            outlet: Outlet::new(frame.socket, addresses.clone(), ToTurn::new(Arc::clone(turn))),
            poll: frame.poll,
            inbox,
            ring: frame.ring,
            from_turn: frame.from_turn,
            relays: Relays::new(id, neighbours.collect()),
            reports: Reports::new(events.clone()),
            legs: BTreeSet::new(),
            published,
        });
    }
    Ok((drivers, handles))
}

/// What remote sides are told of one shard: UDP first, TCP for networks that let nothing else through.
fn candidates(addresses: &AddressBook, udp: SocketAddr, tcp: Option<SocketAddr>) -> Vec<LocalCandidate> {
    let told = addresses.told();
    let with = |transport, port| {
        told.iter().map(move |told| LocalCandidate {
            transport,
            local: SocketAddr::new(told.local, port),
            public: SocketAddr::new(told.public, port),
        })
    };
    let over_tcp = tcp.into_iter().flat_map(|tcp| with(Transport::Tcp, tcp.port()));
    with(Transport::Udp, udp.port()).chain(over_tcp).collect()
}

fn spawn(driver: Driver) -> io::Result<JoinHandle<()>> {
    let name = format!("media-{}", driver.config.shard.0);
    std::thread::Builder::new().name(name).spawn(move || driver.keep_running())
}

#[cfg(test)]
pub(crate) mod tests;
