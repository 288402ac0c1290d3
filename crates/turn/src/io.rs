//! What goes into the machine and what comes out of it.

use std::net::SocketAddr;
use std::sync::Arc;

use crate::address::FiveTuple;
use crate::allocations::allocation::RelayId;
use crate::authentication::credentials::Credentials;
use crate::peers::policy::PeerPolicy;

/// Something that happened.
#[derive(Debug)]
pub enum Input<'p> {
    /// A datagram, or one whole message of a byte stream, from a client.
    FromClient {
        /// Where it came in.
        five_tuple: FiveTuple,
        /// All of it.
        bytes: &'p [u8],
    },
    /// A datagram on a relay socket.
    FromPeer {
        /// The relay socket.
        relay: RelayId,
        /// Who sent it.
        peer: SocketAddr,
        /// All of it.
        bytes: &'p [u8],
    },
    /// A packet from a media socket of this process for a relayed transport address, which came without a socket.
    FromMedia {
        /// The relayed transport address.
        relayed: SocketAddr,
        /// The media socket, as clients know it.
        media: SocketAddr,
        /// All of it.
        bytes: &'p [u8],
    },
    /// [`Output::OpenRelay`] was carried out.
    RelayOpened(RelayId),
    /// [`Output::OpenRelay`] could not be carried out: the port is held by somebody else.
    RelayFailed(RelayId),
    /// [`Output::OpenRelay`] was not carried out: the user holds enough already on other machines of this server.
    RelayOverQuota(RelayId),
    /// A client's byte stream has ended; its allocation ends with it.
    ClientGone(FiveTuple),
    /// The time of [`Server::next_wake`](crate::Server::next_wake) has come.
    Wake,
    /// Users were added, removed or changed. Allocations that stand go on.
    Credentials(Credentials),
    /// The peer policy was changed. What it now forbids is cut at once.
    Peers(PeerPolicy),
    /// From now on refuse new allocations; those that stand go on.
    Drain,
}

/// Something to be done by the shell, in this order.
#[derive(Debug, PartialEq, Eq)]
pub enum Output {
    /// Send these bytes to a client.
    ToClient {
        /// From where and to where.
        five_tuple: FiveTuple,
        /// One message.
        bytes: Vec<u8>,
    },
    /// Open a UDP socket and answer with [`Input::RelayOpened`], [`Input::RelayFailed`] or
    /// [`Input::RelayOverQuota`] before any other input.
    OpenRelay {
        /// The name of the socket from now on.
        relay: RelayId,
        /// The address to bind.
        address: SocketAddr,
        /// Whose it is, for quotas that span machines.
        user: Arc<str>,
    },
    /// Close the socket; its allocation is gone.
    CloseRelay(RelayId),
}

/// A packet that is to be sent on at once, returned by value so that no packet is copied into a queue.
#[derive(Debug, PartialEq, Eq)]
pub enum Forward<'p> {
    /// Send `payload` from this relay socket to the peer.
    ToPeer {
        /// The relay socket.
        relay: RelayId,
        /// The destination.
        peer: SocketAddr,
        /// What the client wants delivered.
        payload: &'p [u8],
    },
    /// Send `payload` from this relay socket to one of a sibling machine, if such a socket is open there. Whatever
    /// else may have that port is no relay, and gets nothing.
    ToSibling {
        /// The relay socket.
        relay: RelayId,
        /// The local address of the sibling's relay socket.
        bound: SocketAddr,
        /// What the client wants delivered.
        payload: &'p [u8],
    },
    /// Hand `payload` to the media socket of this process, as if it had come from the relayed transport address.
    ToMedia {
        /// The relayed transport address, as peers know it.
        relayed: SocketAddr,
        /// One of [`Config::media`](crate::Config::media).
        media: SocketAddr,
        /// What the client wants delivered.
        payload: &'p [u8],
    },
    /// Send `header`, `payload` and `padding` zero bytes to a client as one message.
    ToClient {
        /// From where and to where.
        five_tuple: FiveTuple,
        /// ChannelData or Data indication, up to the payload.
        header: Header,
        /// What the peer sent.
        payload: &'p [u8],
        /// Zero bytes to append, fewer than four.
        padding: usize,
    },
}

/// What stands before the payload on its way to a client: at most STUN header, IPv6 peer address and DATA header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    bytes: [u8; Self::CAPACITY],
    length: usize,
}

impl Header {
    const CAPACITY: usize = 20 + 24 + 4;

    pub(crate) const fn empty() -> Self {
        Self { bytes: [0; Self::CAPACITY], length: 0 }
    }

    pub(crate) fn push(&mut self, bytes: &[u8]) {
        if let Some(place) = self.bytes.get_mut(self.length..self.length + bytes.len()) {
            place.copy_from_slice(bytes);
            self.length += bytes.len();
        }
    }

    /// The header's bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }
}
