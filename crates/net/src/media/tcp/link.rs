//! One connection: frames in, packets to the shard; packets from the shard, frames out.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, ReadHalf};
use tokio::sync::oneshot;
use tokio::time::{Instant, timeout_at};

use super::claim::wanted_ufrag;
use super::framing::Deframer;
use super::outbox::Outbox;
use super::{Ends, TcpService};
use crate::listen::Connection;
use crate::mailbox::Mailbox;
use crate::media::driver::Command;

/// A connection that does not say within this time whom it wants is nobody's.
const FIRST_FRAME_WITHIN: Duration = Duration::from_secs(10);
/// A frame that has begun must be whole within this time.
const FRAME_WITHIN: Duration = Duration::from_secs(10);
/// A living leg checks its path every few seconds (RFC 7675 §5.1).
const LONGEST_SILENCE: Duration = Duration::from_secs(60);
/// What one read takes at most.
const READ_BYTES: usize = 8 * 1024;
/// Bytes that the kernel takes before they can be sent. More would be a queue that cannot be thinned.
const UNSENT_BYTES: u32 = 64 * 1024;

impl TcpService {
    /// Serves one connection until it closes, falls silent, or is not ours.
    pub(super) async fn serve(&self, connection: Connection, number: u64) {
        let ends = Ends { remote: connection.peer(), local: self.candidate_for(connection.local()) };
        if let Err(error) = connection.limit_unsent(UNSENT_BYTES) {
            tracing::debug!(%error, "the kernel's queue of a connection cannot be limited");
        }
        let (reader, writer) = tokio::io::split(connection);
        let mut frames = Frames::new(reader);
        let Ok(Some(first)) = frames.next(FIRST_FRAME_WITHIN).await else {
            return self.count_refused(ends, "no frame came");
        };
        let Some(ufrag) = wanted_ufrag(&first) else {
            return self.count_refused(ends, "the first frame is no connectivity check");
        };
        let Some(shard) = self.shard_with(&ufrag).await else {
            return self.count_refused(ends, "nobody has the leg that it wants");
        };
        self.counters.opened.fetch_add(1, Ordering::Relaxed);
        let outbox = Arc::new(Outbox::default());
        shard.send(Command::OpenLink { ends, number, outbox: Arc::clone(&outbox) }).await;
        let _attached = Attached { ends, number, shard };
        let ended = tokio::select! {
            ended = read(frames, first, ends, shard) => ended,
            ended = write(writer, &outbox) => ended,
        };
        if let Err(error) = ended {
            self.counters.broken.fetch_add(1, Ordering::Relaxed);
            tracing::debug!(peer.addr = %ends.remote, %error, "a media connection was closed");
        }
    }

    /// The candidate's address for one that a connection came to.
    fn candidate_for(&self, local: SocketAddr) -> SocketAddr {
        SocketAddr::new(self.addresses.told_for(local.ip()), local.port())
    }

    async fn shard_with(&self, ufrag: &str) -> Option<&Mailbox<Command>> {
        for shard in self.shards.iter() {
            let (sender, answer) = oneshot::channel();
            shard.mailbox.send(Command::Knows(ufrag.to_owned(), sender)).await;
            if answer.await == Ok(true) {
                return Some(&shard.mailbox);
            }
        }
        None
    }

    fn count_refused(&self, ends: Ends, why: &str) {
        self.counters.refused.fetch_add(1, Ordering::Relaxed);
        tracing::debug!(peer.addr = %ends.remote, why, "a media connection was refused");
    }
}

/// Tells the shard that the connection is gone, also when its task is dropped in mid-wait.
struct Attached<'s> {
    ends: Ends,
    number: u64,
    shard: &'s Mailbox<Command>,
}

impl Drop for Attached<'_> {
    fn drop(&mut self) {
        // Where the queue is full, the shard keeps an outbox that nobody empties, until the leg ends.
        let _ = self.shard.try_send(Command::CloseLink(self.ends, self.number));
    }
}

/// The frames of one connection.
struct Frames<R> {
    reader: R,
    deframer: Deframer,
    buffer: Vec<u8>,
}

impl<R: AsyncRead + Unpin> Frames<R> {
    fn new(reader: R) -> Self {
        Self { reader, deframer: Deframer::default(), buffer: vec![0; READ_BYTES] }
    }

    /// The next one; `None` at the end of the stream.
    async fn next(&mut self, patience: Duration) -> io::Result<Option<Bytes>> {
        let mut deadline = Instant::now() + patience;
        loop {
            if let Some(frame) = self.deframer.next_frame().map_err(io::Error::other)? {
                return Ok(Some(frame));
            }
            // Bytes that trickle in buy no time.
            if self.deframer.is_within_frame() {
                deadline = deadline.min(Instant::now() + FRAME_WITHIN);
            }
            let read = timeout_at(deadline, self.reader.read(&mut self.buffer)).await??;
            if read == 0 {
                return Ok(None);
            }
            self.deframer.push(self.buffer.get(..read).unwrap_or_default());
        }
    }
}

async fn read(
    mut frames: Frames<ReadHalf<Connection>>,
    first: Bytes,
    ends: Ends,
    shard: &Mailbox<Command>,
) -> io::Result<()> {
    let mut frame = Some(first);
    while let Some(packet) = frame {
        // A shard that has no room slows the connection down; it loses nothing.
        shard.send(Command::Frame(ends, packet)).await;
        frame = frames.next(LONGEST_SILENCE).await?;
    }
    Ok(())
}

/// A write that stalls is ended by the system (TCP_USER_TIMEOUT); the outbox drops meanwhile.
async fn write(mut writer: impl AsyncWrite + Unpin, outbox: &Outbox) -> io::Result<()> {
    let mut run = Vec::new();
    loop {
        outbox.take(&mut run).await;
        writer.write_all(&run).await?;
        writer.flush().await?;
    }
}
