//! The first look at a connection: which protocol does it open with?
//!
//! HTTPS, TURN over TLS, TURN over TCP and a mistyped `http://` share one port. Each says in its first byte
//! what it is (RFC 7983 §7 sorts the same bytes for datagrams).

use std::io;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::time::timeout;

/// What a connection opens with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opening {
    /// A TLS record that carries a handshake (RFC 8446 §5.1).
    Tls,
    /// A STUN message (RFC 8489 §5: the first two bits are zero).
    ///
    /// ChannelData (0x40 to 0x4F) is not looked for: a connection can only use a channel after it has bound
    /// one with a STUN message, and the same bytes begin `GET`, `HEAD` and `OPTIONS`.
    Stun,
    /// Anything else: text of HTTP, or nonsense that an HTTP parser refuses.
    Text,
}

impl Opening {
    /// Tells by the first byte.
    #[must_use]
    pub const fn of(first: u8) -> Self {
        match first {
            0x16 => Self::Tls,
            // The method's upper bits reach 0x3F; every method of STUN and TURN stays below 0x04.
            0x00..=0x03 => Self::Stun,
            _ => Self::Text,
        }
    }
}

/// Waits for the first byte. Nothing is consumed: the stream returned gives every byte again.
///
/// # Errors
/// [`io::ErrorKind::TimedOut`] when nothing came within `patience`, [`io::ErrorKind::UnexpectedEof`] when the
/// other side closed without a word, or what the stream says.
pub async fn opening<S>(stream: S, patience: Duration) -> io::Result<(Opening, BufReader<S>)>
where
    S: AsyncRead + Unpin,
{
    let mut stream = BufReader::with_capacity(LOOK_AHEAD, stream);
    let first = {
        let seen = timeout(patience, stream.fill_buf())
            .await
            .map_err(|_elapsed| io::Error::from(io::ErrorKind::TimedOut))??;
        seen.first().copied()
    };
    let first = first.ok_or(io::ErrorKind::UnexpectedEof)?;
    Ok((Opening::of(first), stream))
}

/// Bytes read ahead. Small: once they are used up, reads go past the buffer straight to the stream.
const LOOK_AHEAD: usize = 64;

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

    use super::*;

    const PATIENCE: Duration = Duration::from_secs(5);

    #[test]
    fn each_protocol_is_known_by_its_first_byte() {
        let cases = [
            (0x16, Opening::Tls),
            (0x00, Opening::Stun),
            (0x03, Opening::Stun),
            (b'G', Opening::Text),
            (b'O', Opening::Text),
            (b'P', Opening::Text),
            (0x80, Opening::Text),
            (0xff, Opening::Text),
        ];
        for (byte, expected) in cases {
            assert_eq!(Opening::of(byte), expected, "{byte:#x}");
        }
    }

    #[tokio::test]
    async fn what_was_looked_at_is_read_again() {
        let (mut client, server) = duplex(4096);
        client.write_all(&[0, 1]).await.unwrap();
        let (opening, mut server) = opening(server, PATIENCE).await.unwrap();
        assert_eq!(opening, Opening::Stun);
        let long: Vec<u8> = (0..=255).cycle().take(2000).collect();
        client.write_all(&long).await.unwrap();
        drop(client);
        let mut all = Vec::new();
        server.read_to_end(&mut all).await.unwrap();
        assert_eq!(all[..2], [0, 1]);
        assert_eq!(all[2..], long);
    }

    #[tokio::test]
    async fn writing_goes_through() {
        let (mut client, server) = duplex(64);
        client.write_all(b"G").await.unwrap();
        let (_, mut server) = opening(server, PATIENCE).await.unwrap();
        server.write_all(b"answer").await.unwrap();
        let mut answer = [0; 6];
        client.read_exact(&mut answer).await.unwrap();
        assert_eq!(&answer, b"answer");
    }

    #[tokio::test(start_paused = true)]
    async fn silence_ends_after_the_patience() {
        let (_client, server) = duplex(64);
        let error = opening(server, PATIENCE).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    }

    #[tokio::test]
    async fn a_connection_closed_without_a_word_is_told_apart() {
        let (client, server) = duplex(64);
        drop(client);
        let error = opening(server, PATIENCE).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
    }
}
