//! A UDP socket that receives many datagrams with one call and sends many with one call.
//!
//! Receive: `recvmmsg` with GRO, and the local address each datagram was sent to. Send: GSO for
//! datagrams of one size to one destination, from the local address that the peer knows.

use std::io::{self, IoSliceMut};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use mio::net::UdpSocket as MioSocket;
use quinn_udp::{BATCH_SIZE, RecvMeta, Transmit, UdpSockRef, UdpSocketState};
use socket2::{Domain, Protocol, SockRef, Socket, Type};

/// How much of the kernel's memory a shared socket may fill before datagrams are lost.
const BUFFER_BYTES: usize = 4 << 20;

/// The longest run of datagrams that the kernel coalesces.
const LONGEST_RUN: usize = 65_535;

/// Whether several sockets share one address, each taking its share of the senders.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sharing {
    /// This socket alone.
    Exclusive,
    /// One of several (SO_REUSEPORT); the kernel keeps a sender with one socket.
    Shared,
}

/// A bound, non-blocking socket.
#[derive(Debug)]
pub struct UdpSocket {
    socket: MioSocket,
    state: UdpSocketState,
    local: SocketAddr,
}

impl UdpSocket {
    /// Binds. An IPv6 wildcard address takes IPv4 as well.
    ///
    /// # Errors
    /// As the system gives them.
    pub fn bind(address: SocketAddr, sharing: Sharing) -> io::Result<Self> {
        let socket = Socket::new(Domain::for_address(address), Type::DGRAM, Some(Protocol::UDP))?;
        if address.is_ipv6() {
            socket.set_only_v6(!address.ip().is_unspecified())?;
        }
        if sharing == Sharing::Shared {
            socket.set_reuse_port(true)?;
            enlarge_buffers(SockRef::from(&socket));
        }
        socket.bind(&address.into())?;
        let state = UdpSocketState::new(UdpSockRef::from(&socket))?;
        let socket = MioSocket::from_std(socket.into());
        let local = socket.local_addr()?;
        Ok(Self { socket, state, local })
    }

    /// The address it is bound to.
    #[must_use]
    pub const fn local(&self) -> SocketAddr {
        self.local
    }

    /// Lets the kernel keep more, for a socket that many share.
    pub fn enlarge_buffers(&self) {
        enlarge_buffers(SockRef::from(&self.socket));
    }

    /// For registering with an event loop.
    pub const fn source(&mut self) -> &mut MioSocket {
        &mut self.socket
    }

    /// How many datagrams one send may carry.
    #[must_use]
    pub fn most_segments(&self) -> usize {
        self.state.max_gso_segments().max(1)
    }

    /// Receives into `batch` and says how many of its buffers were filled.
    ///
    /// # Errors
    /// `WouldBlock` when nothing waits.
    pub fn receive(&self, batch: &mut ReceiveBatch) -> io::Result<usize> {
        let mut slices = batch.buffers.iter_mut().map(|buffer| IoSliceMut::new(buffer));
        let mut slices: [IoSliceMut<'_>; BATCH_SIZE] =
            std::array::from_fn(|_| slices.next().unwrap_or_else(|| IoSliceMut::new(&mut [])));
        self.state.recv(UdpSockRef::from(&self.socket), &mut slices, &mut batch.metas)
    }

    /// Sends `contents` cut into datagrams of `segment` bytes, the last of which may be shorter.
    ///
    /// # Errors
    /// As the system gives them; `WouldBlock` when the send buffer is full.
    pub fn send(&self, to: SocketAddr, from: Option<IpAddr>, contents: &[u8], segment: usize) -> io::Result<()> {
        let transmit = Transmit {
            destination: self.in_own_family(to),
            ecn: None,
            contents,
            segment_size: Some(segment),
            src_ip: from.map(|ip| self.in_own_family(SocketAddr::new(ip, 0)).ip()),
        };
        self.state.try_send(UdpSockRef::from(&self.socket), &transmit)
    }

    /// An IPv4 address as a socket of both families wants it.
    fn in_own_family(&self, address: SocketAddr) -> SocketAddr {
        match address.ip() {
            IpAddr::V4(v4) if self.local.is_ipv6() => SocketAddr::new(v4.to_ipv6_mapped().into(), address.port()),
            _ => address,
        }
    }
}

fn enlarge_buffers(socket: SockRef<'_>) {
    // The kernel grants what it may; less only means earlier loss under overload.
    let _ = socket.set_recv_buffer_size(BUFFER_BYTES);
    let _ = socket.set_send_buffer_size(BUFFER_BYTES);
}

/// Memory to receive into, used again and again.
#[derive(Debug)]
pub struct ReceiveBatch {
    buffers: Vec<Vec<u8>>,
    metas: [RecvMeta; BATCH_SIZE],
}

/// One datagram of a batch.
#[derive(Debug, Clone, Copy)]
pub struct Datagram<'b> {
    /// Who sent it.
    pub from: SocketAddr,
    /// The local address it was sent to, where the system tells.
    pub to: Option<IpAddr>,
    /// All of it.
    pub bytes: &'b [u8],
}

impl Default for ReceiveBatch {
    fn default() -> Self {
        Self { buffers: vec![vec![0; LONGEST_RUN]; BATCH_SIZE], metas: [RecvMeta::default(); BATCH_SIZE] }
    }
}

impl ReceiveBatch {
    /// The datagrams in the first `filled` buffers.
    pub fn datagrams(&self, filled: usize) -> impl Iterator<Item = Datagram<'_>> {
        self.buffers.iter().zip(&self.metas).take(filled).flat_map(|(buffer, meta)| {
            let from = canonical(meta.addr);
            let to = meta.dst_ip.map(|ip| ip.to_canonical());
            let run = buffer.get(..meta.len).unwrap_or_default();
            // An empty datagram has a stride of zero, and is one datagram all the same.
            let stride = meta.stride.max(1);
            let empty = run.is_empty().then_some(run);
            run.chunks(stride).chain(empty).map(move |bytes| Datagram { from, to, bytes })
        })
    }
}

/// An IPv4 sender on a socket of both families is shown by its IPv4 address; a link-local one keeps its scope.
fn canonical(address: SocketAddr) -> SocketAddr {
    match address.ip().to_canonical() {
        IpAddr::V4(v4) => SocketAddr::new(v4.into(), address.port()),
        IpAddr::V6(_) => address,
    }
}

/// The local address that packets to the outside would leave from. Nothing is sent.
///
/// # Errors
/// When there is no route.
pub fn outgoing_address(towards: IpAddr) -> io::Result<IpAddr> {
    let any: IpAddr = match towards {
        IpAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        IpAddr::V6(_) => std::net::Ipv6Addr::UNSPECIFIED.into(),
    };
    let socket = std::net::UdpSocket::bind((any, 0))?;
    socket.connect((towards, 9))?;
    Ok(socket.local_addr()?.ip())
}
