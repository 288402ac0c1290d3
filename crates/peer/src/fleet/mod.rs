//! Many connections on few threads: each connection has a socket of its own, each thread waits for
//! all of its sockets at once.

mod endpoint;
mod thread;

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use tokio::sync::mpsc;

use crate::connection::{Connection, ConnectionConfig};
use crate::media::Media;
use crate::peer_connection::{Events, Handle, PeerConnection};
use crate::relay::{self, Relay};
use crate::socket::Socket;
use crate::{Error, Packets};
use endpoint::Endpoint;
use thread::Thread;
pub(crate) use thread::{Order, Orders};

/// Threads that drive connections. They end when the fleet and its last connection are gone.
#[derive(Debug)]
pub struct Fleet {
    threads: Vec<Thread>,
    bind: IpAddr,
    opened: AtomicUsize,
}

/// A program that does not take this many events loses its connection.
const EVENT_QUEUE: usize = 1024;
const PACKET_QUEUE: usize = 2048;

impl Fleet {
    /// Starts this many threads. Connections bind to all IPv4 interfaces.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(threads: usize) -> Result<Self, Error> {
        Self::start_on(threads, Ipv4Addr::UNSPECIFIED.into())
    }

    /// Starts this many threads. Connections bind to this address.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start_on(threads: usize, bind: IpAddr) -> Result<Self, Error> {
        let threads = (0..threads.max(1)).map(|_| Thread::start()).collect::<Result<_, _>>()?;
        Ok(Self { threads, bind, opened: AtomicUsize::new(0) })
    }

    /// Makes a connection whose packets are taken from a queue.
    ///
    /// # Errors
    /// When there is no socket for it.
    pub async fn open(&self, config: ConnectionConfig) -> Result<(PeerConnection, Events, Packets), Error> {
        let (media, packets) = Packets::queue(PACKET_QUEUE);
        let (connection, events) = self.open_with(config, media).await?;
        Ok((connection, events, packets))
    }

    /// Makes a connection whose media is made and taken beside it.
    ///
    /// # Errors
    /// When there is no socket for it, or no relay.
    pub async fn open_with(
        &self,
        config: ConnectionConfig,
        media: Box<dyn Media>,
    ) -> Result<(PeerConnection, Events), Error> {
        let (socket, connection, relay) = self.prepare(config).await?;
        let (events, receiver) = mpsc::channel(EVENT_QUEUE);
        let id = self.opened.fetch_add(1, Ordering::Relaxed);
        let thread = self.threads.get(id % self.threads.len()).ok_or(Error::Closed)?;
        let owner = Arc::new(());
        let endpoint = Endpoint::new(connection, socket, relay, media, events, Arc::downgrade(&owner));
        let handle = Handle::new(id, thread.orders(), owner);
        handle.order(Order::Open(id, Box::new(endpoint))).await?;
        Ok((PeerConnection::new(handle), Events::new(receiver)))
    }

    /// A connection with its candidates, and what carries it.
    async fn prepare(&self, mut config: ConnectionConfig) -> Result<(Socket, Connection, Option<Relay>), Error> {
        let Some(server) = config.relay.take() else {
            let socket = Socket::open(self.bind)?;
            if config.addresses.is_empty() {
                config.addresses.clone_from(&socket.addresses);
            }
            let connection = Connection::new(&config, Instant::now())?;
            return Ok((socket, connection, None));
        };
        let (socket, relay) = relay::allocate(&server).await?;
        let socket = Socket::connected(socket)?;
        config.addresses.clear();
        let mut connection = Connection::new(&config, Instant::now())?;
        let local = socket.addresses.first().copied().unwrap_or_else(|| relay.relayed());
        connection.add_relayed(relay.relayed(), local)?;
        Ok((socket, connection, Some(relay)))
    }
}
