//! A UDP socket that sends runs of equal datagrams with one call, and counts what arrives.

use std::io::{self, IoSliceMut};
use std::net::{SocketAddr, UdpSocket};

use quinn_udp::{BATCH_SIZE, RecvMeta, Transmit, UdpSockRef, UdpSocketState};

pub(crate) struct Pipe {
    socket: UdpSocket,
    state: UdpSocketState,
}

/// Memory to receive into.
pub(crate) struct Buffers(Vec<Vec<u8>>);

impl Buffers {
    pub(crate) fn new() -> Self {
        Self(vec![vec![0; 65_535]; BATCH_SIZE])
    }
}

impl Pipe {
    pub(crate) fn open() -> io::Result<Self> {
        let socket = UdpSocket::bind("127.0.0.1:0")?;
        let state = UdpSocketState::new(UdpSockRef::from(&socket))?;
        // What the system does not grant shows as loss.
        let _ = state.set_recv_buffer_size(UdpSockRef::from(&socket), 4 << 20);
        Ok(Self { socket, state })
    }

    pub(crate) fn address(&self) -> io::Result<SocketAddr> {
        self.socket.local_addr()
    }

    /// Sends `contents` as datagrams of `segment` bytes.
    pub(crate) fn send(&self, destination: SocketAddr, contents: &[u8], segment: usize) -> io::Result<()> {
        let transmit = Transmit { destination, ecn: None, contents, segment_size: Some(segment), src_ip: None };
        match self.state.try_send(UdpSockRef::from(&self.socket), &transmit) {
            // A full buffer loses packets, which the count shows.
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(()),
            sent => sent,
        }
    }

    /// The next datagram, if one waits; it must not be part of a run.
    pub(crate) fn next(&self, buffer: &mut [u8]) -> io::Result<Option<usize>> {
        match self.socket.recv_from(buffer) {
            Ok((length, _)) => Ok(Some(length)),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Takes everything that waits and says how many datagrams it was.
    pub(crate) fn drain(&self, buffers: &mut Buffers) -> io::Result<u64> {
        let mut metas = [RecvMeta::default(); BATCH_SIZE];
        let mut count = 0;
        loop {
            let mut slices = buffers.0.iter_mut().map(|buffer| IoSliceMut::new(buffer));
            let mut slices: [IoSliceMut<'_>; BATCH_SIZE] =
                std::array::from_fn(|_| slices.next().unwrap_or_else(|| IoSliceMut::new(&mut [])));
            match self.state.recv(UdpSockRef::from(&self.socket), &mut slices, &mut metas) {
                Ok(filled) => {
                    let runs = metas.iter().take(filled);
                    count += runs.map(|meta| meta.len.div_ceil(meta.stride.max(1)).max(1) as u64).sum::<u64>();
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(count),
                Err(error) => return Err(error),
            }
        }
    }
}
