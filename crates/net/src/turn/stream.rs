//! TURN over one TCP or TLS connection: bytes in, messages to the shard; messages from the shard, bytes out.

use std::io;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use moim_turn::{FiveTuple, Framer};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout, timeout_at};

use super::outlet::Outbox;
use super::shard::Command;
use crate::mailbox::Mailbox;

/// A connection that sends no whole message for so long is nobody's.
const FIRST_MESSAGE_WITHIN: Duration = Duration::from_secs(10);

/// An allocation is refreshed at least every ten minutes, or it is gone.
const LONGEST_SILENCE: Duration = Duration::from_secs(660);

/// Messages that may wait for a client that reads slowly: key frames of a few others at once fit.
const OUTBOX_MESSAGES: usize = 1024;

/// What one read takes at most; a datagram's worth, and what may follow it.
const READ_BYTES: usize = 16 * 1024;

/// Messages that leave with one write.
const MESSAGES_A_WRITE: usize = 64;

/// Serves one connection until it closes, falls silent, or carries something that is not TURN.
pub(super) async fn serve(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send,
    five_tuple: FiveTuple,
    connection: u64,
    shard: &Mailbox<Command>,
) {
    let (messages, outgoing) = mpsc::channel(OUTBOX_MESSAGES);
    shard.send(Command::OpenStream(five_tuple, Outbox { connection, messages })).await;
    let _attached = Attached { five_tuple, connection, shard };
    let (reader, writer) = tokio::io::split(stream);
    let ended = tokio::select! {
        ended = read(reader, five_tuple, shard) => ended,
        ended = write(writer, outgoing) => ended,
    };
    if let Err(error) = ended {
        tracing::debug!(client.addr = %five_tuple.client, %error, "a TURN connection was closed");
    }
}

/// Tells the shard that the connection is gone, also when its task is dropped in mid-wait.
struct Attached<'s> {
    five_tuple: FiveTuple,
    connection: u64,
    shard: &'s Mailbox<Command>,
}

impl Drop for Attached<'_> {
    fn drop(&mut self) {
        // Where the queue is full, the allocation ends by its lifetime instead.
        let _ = self.shard.try_send(Command::CloseStream(self.five_tuple, self.connection));
    }
}

async fn read(mut reader: impl AsyncRead + Unpin, five_tuple: FiveTuple, shard: &Mailbox<Command>) -> io::Result<()> {
    let mut framer = Framer::default();
    let mut buffer = vec![0; READ_BYTES];
    let mut deadline = Instant::now() + FIRST_MESSAGE_WITHIN;
    loop {
        let read = timeout_at(deadline, reader.read(&mut buffer)).await??;
        if read == 0 {
            return Ok(());
        }
        framer.push(buffer.get(..read).unwrap_or_default());
        let mut whole = false;
        while let Some(message) = framer.next_message().map_err(io::Error::other)? {
            whole = true;
            shard.send(Command::StreamMessage(five_tuple, Bytes::copy_from_slice(message))).await;
        }
        // A message that trickles in must be whole as soon as a first one; bytes alone buy no time.
        if whole {
            let patience = if framer.pending() > 0 { FIRST_MESSAGE_WITHIN } else { LONGEST_SILENCE };
            deadline = Instant::now() + patience;
        } else if framer.pending() > 0 {
            deadline = deadline.min(Instant::now() + FIRST_MESSAGE_WITHIN);
        }
    }
}

async fn write(mut writer: impl AsyncWrite + Unpin, mut outgoing: mpsc::Receiver<Bytes>) -> io::Result<()> {
    let mut messages = Vec::with_capacity(MESSAGES_A_WRITE);
    let mut run = BytesMut::new();
    while outgoing.recv_many(&mut messages, MESSAGES_A_WRITE).await > 0 {
        run.clear();
        for message in messages.drain(..) {
            run.extend_from_slice(&message);
        }
        timeout(FIRST_MESSAGE_WITHIN, async {
            writer.write_all(&run).await?;
            writer.flush().await
        })
        .await??;
    }
    Ok(())
}
