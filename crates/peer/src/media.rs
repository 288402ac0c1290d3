//! Where media comes from and goes to, beside the connection that carries it.

use std::time::Instant;

use tokio::sync::mpsc;

use crate::connection::{Event, OutgoingPacket, ReceivedPacket, TransceiverId};

/// The media side of one connection: a machine that runs where the connection runs, so that no
/// packet has to cross a thread. Feed it, then drain it with [`Media::poll`], then wait for
/// [`Media::next_wake`].
pub trait Media: Send {
    /// Feeds something in.
    fn handle(&mut self, now: Instant, input: MediaInput<'_>);
    /// The next thing to do; `None` when there is nothing more for now.
    fn poll(&mut self) -> Option<MediaOutput>;
    /// When to feed [`MediaInput::Timeout`]; `None` never.
    fn next_wake(&self) -> Option<Instant>;
}

/// Something for the media side.
#[derive(Debug)]
pub enum MediaInput<'a> {
    /// A packet arrived.
    Packet(ReceivedPacket),
    /// Something happened to the connection.
    Event(&'a Event),
    /// The time of [`Media::next_wake`] has come.
    Timeout,
}

/// Something from the media side.
#[derive(Debug)]
pub enum MediaOutput {
    /// Send this.
    Write(OutgoingPacket),
    /// Ask for a key frame (PLI).
    RequestKeyFrame(TransceiverId),
}

/// Packets that arrive, for a program that takes them from a queue. A full queue loses packets.
#[derive(Debug)]
pub struct Packets(mpsc::Receiver<ReceivedPacket>);

impl Packets {
    /// A queue of this many packets, and the media side that fills it.
    #[must_use]
    pub fn queue(most: usize) -> (Box<dyn Media>, Self) {
        let (sender, receiver) = mpsc::channel(most.max(1));
        (Box::new(Queue(sender)), Self(receiver))
    }

    /// The next packet; `None` when the connection is gone.
    pub async fn next(&mut self) -> Option<ReceivedPacket> {
        self.0.recv().await
    }

    /// The next packet, if one waits.
    pub fn try_next(&mut self) -> Option<ReceivedPacket> {
        self.0.try_recv().ok()
    }
}

struct Queue(mpsc::Sender<ReceivedPacket>);

impl Media for Queue {
    fn handle(&mut self, _now: Instant, input: MediaInput<'_>) {
        if let MediaInput::Packet(packet) = input {
            // Lost, as on a network, when nobody takes them.
            let _ = self.0.try_send(packet);
        }
    }

    fn poll(&mut self) -> Option<MediaOutput> {
        None
    }

    fn next_wake(&self) -> Option<Instant> {
        None
    }
}
