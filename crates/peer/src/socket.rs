//! A UDP socket that sends runs of equal datagrams with one call, and receives them so.

use std::io::{self, IoSliceMut};
use std::net::{IpAddr, SocketAddr};

use mio::net::UdpSocket;
use quinn_udp::{BATCH_SIZE, RecvMeta, Transmit, UdpSockRef, UdpSocketState};

#[derive(Debug)]
pub(crate) struct Socket {
    pub(crate) io: UdpSocket,
    state: UdpSocketState,
    /// What it can be reached at.
    pub(crate) addresses: Vec<SocketAddr>,
}

/// A datagram to send.
#[derive(Debug)]
pub(crate) struct Datagram {
    pub(crate) from: SocketAddr,
    pub(crate) to: SocketAddr,
    pub(crate) payload: Vec<u8>,
}

/// Memory to receive into, and to put runs together in; one for all sockets of a thread.
pub(crate) struct Buffers {
    receive: Vec<Vec<u8>>,
    send: Vec<u8>,
}

impl Buffers {
    pub(crate) fn new() -> Self {
        Self { receive: vec![vec![0; 65_535]; BATCH_SIZE], send: Vec::with_capacity(LONGEST_RUN_BYTES) }
    }
}

const LONGEST_RUN_BYTES: usize = 64_000;
/// A burst of key frames of several publishers fits.
const RECEIVE_BUFFER_BYTES: usize = 2 << 20;

impl Socket {
    pub(crate) fn open(bind: IpAddr) -> io::Result<Self> {
        let io = UdpSocket::bind(SocketAddr::new(bind, 0))?;
        let port = io.local_addr()?.port();
        let addresses = reachable_at(bind)?.into_iter().map(|ip| SocketAddr::new(ip, port)).collect();
        Self::with(io, addresses)
    }

    /// One that is connected, and so has one address.
    pub(crate) fn connected(socket: std::net::UdpSocket) -> io::Result<Self> {
        let local = socket.local_addr()?;
        Self::with(UdpSocket::from_std(socket), vec![local])
    }

    fn with(io: UdpSocket, addresses: Vec<SocketAddr>) -> io::Result<Self> {
        let state = UdpSocketState::new(UdpSockRef::from(&io))?;
        // What the system does not grant shows as loss.
        let _ = state.set_recv_buffer_size(UdpSockRef::from(&io), RECEIVE_BUFFER_BYTES);
        let _ = state.set_send_buffer_size(UdpSockRef::from(&io), RECEIVE_BUFFER_BYTES);
        Ok(Self { io, state, addresses })
    }

    /// Receives what one call gives; `false` when nothing waits.
    pub(crate) fn receive(
        &self,
        buffers: &mut Buffers,
        mut each: impl FnMut(SocketAddr, SocketAddr, &[u8]),
    ) -> io::Result<bool> {
        let mut metas = [RecvMeta::default(); BATCH_SIZE];
        let mut slices = buffers.receive.iter_mut().map(|buffer| IoSliceMut::new(buffer));
        let mut slices: [IoSliceMut<'_>; BATCH_SIZE] =
            std::array::from_fn(|_| slices.next().unwrap_or_else(|| IoSliceMut::new(&mut [])));
        let filled = match self.state.recv(UdpSockRef::from(&self.io), &mut slices, &mut metas) {
            Ok(filled) => filled,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(false),
            // An answer that a port is closed; the next call receives again.
            Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => return Ok(true),
            Err(error) => return Err(error),
        };
        for (meta, bytes) in metas.iter().zip(&slices).take(filled) {
            let to = crate::connection::candidate_of(&self.addresses, meta.dst_ip);
            let (Some(to), Some(run)) = (to, bytes.get(..meta.len)) else { continue };
            for datagram in run.chunks(meta.stride.max(1)) {
                each(meta.addr, to, datagram);
            }
        }
        Ok(true)
    }

    /// Sends them, runs of equal size for one destination with one call each.
    pub(crate) fn send(&self, buffers: &mut Buffers, datagrams: &[Datagram]) {
        let mut rest = datagrams;
        while let Some(first) = rest.first() {
            let length = run_length(rest, self.state.max_gso_segments());
            let (run, later) = rest.split_at(length);
            rest = later;
            buffers.send.clear();
            for datagram in run {
                buffers.send.extend_from_slice(&datagram.payload);
            }
            let transmit = Transmit {
                destination: first.to,
                ecn: None,
                contents: &buffers.send,
                segment_size: (length > 1).then_some(first.payload.len()),
                src_ip: (self.addresses.len() > 1).then(|| first.from.ip()),
            };
            // A full buffer, or a way that is closed, loses datagrams, as networks do.
            if let Err(error) = self.state.try_send(UdpSockRef::from(&self.io), &transmit) {
                tracing::trace!(%error, to = %first.to, "datagrams are lost");
            }
        }
    }
}

/// How many of these can leave together: same way, same size, but the last may be shorter.
fn run_length(datagrams: &[Datagram], most: usize) -> usize {
    let Some(first) = datagrams.first() else { return 0 };
    let size = first.payload.len().max(1);
    let mut length = 1;
    for next in datagrams.iter().skip(1).take(most.saturating_sub(1)) {
        let fits = (length + 1) * size <= LONGEST_RUN_BYTES;
        if !fits || (next.from, next.to) != (first.from, first.to) || next.payload.len() > size {
            break;
        }
        length += 1;
        if next.payload.len() < size {
            break;
        }
    }
    length
}

fn reachable_at(bind: IpAddr) -> io::Result<Vec<IpAddr>> {
    if !bind.is_unspecified() {
        return Ok(vec![bind]);
    }
    let mut addresses: Vec<IpAddr> = if_addrs::get_if_addrs()?.iter().map(if_addrs::Interface::ip).collect();
    addresses.retain(|ip| ip.is_ipv4() == bind.is_ipv4() && !is_link_local(*ip));
    // Loopback last: it is only of use on this machine.
    addresses.sort_by_key(|ip| (ip.is_loopback(), *ip));
    addresses.dedup();
    Ok(addresses)
}

const fn is_link_local(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => ip.is_link_local(),
        IpAddr::V6(ip) => ip.is_unicast_link_local(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn datagrams(sizes: &[usize]) -> Vec<Datagram> {
        let address = SocketAddr::from(([127, 0, 0, 1], 1));
        sizes.iter().map(|size| Datagram { from: address, to: address, payload: vec![0; *size] }).collect()
    }

    #[test]
    fn a_run_ends_with_a_shorter_datagram_or_before_a_longer_one() {
        for (sizes, length) in
            [(&[100][..], 1), (&[100, 100, 100], 3), (&[100, 100, 50, 50], 3), (&[100, 101], 1), (&[100, 99, 100], 2)]
        {
            assert_eq!(run_length(&datagrams(sizes), 64), length, "{sizes:?}");
        }
        assert_eq!(run_length(&datagrams(&[10; 100]), 64), 64);
    }

    #[test]
    fn datagrams_arrive_one_by_one_as_they_were() {
        let bind = IpAddr::from([127, 0, 0, 1]);
        let (sender, receiver) = (Socket::open(bind).unwrap(), Socket::open(bind).unwrap());
        let (from, to) = (sender.addresses[0], receiver.addresses[0]);
        let sizes = [1200, 1200, 1200, 7, 900];
        let sent: Vec<_> = sizes.iter().map(|size| Datagram { from, to, payload: vec![1; *size] }).collect();
        let mut buffers = Buffers::new();
        sender.send(&mut buffers, &sent);
        let mut arrived = Vec::new();
        while receiver.receive(&mut buffers, |_, _, bytes| arrived.push(bytes.len())).unwrap() {}
        assert_eq!(arrived, sizes);
    }
}
