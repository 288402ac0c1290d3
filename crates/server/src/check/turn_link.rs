//! STUN messages over UDP, TCP or TLS.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::pin::Pin;

use moim_turn::Framer;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::UdpSocket;

/// A way to the server.
pub(super) enum Link {
    /// Datagrams.
    Datagrams(UdpSocket),
    /// A byte stream, cut into messages.
    Stream(Pin<Box<dyn ByteStream>>, Framer),
}

/// TCP, or TLS over it.
pub(super) trait ByteStream: AsyncRead + AsyncWrite + Send {}

impl<S: AsyncRead + AsyncWrite + Send> ByteStream for S {}

impl Link {
    pub(super) async fn datagrams(server: SocketAddr) -> Result<Self, String> {
        let any: IpAddr = if server.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
        let open = async {
            let socket = UdpSocket::bind((any, 0)).await?;
            socket.connect(server).await?;
            Ok(Self::Datagrams(socket))
        };
        open.await.map_err(|error: std::io::Error| format!("no UDP to {server} from here: {error}"))
    }

    pub(super) fn stream(stream: impl ByteStream + 'static) -> Self {
        Self::Stream(Box::pin(stream), Framer::default())
    }

    pub(super) async fn send(&mut self, message: &[u8]) -> Result<(), String> {
        let sent = match self {
            Self::Datagrams(socket) => socket.send(message).await.map(drop),
            Self::Stream(stream, _) => match stream.write_all(message).await {
                Ok(()) => stream.flush().await,
                Err(error) => Err(error),
            },
        };
        sent.map_err(|error| format!("cannot send: {error}"))
    }

    /// The next message. Dropping the future loses none.
    pub(super) async fn receive(&mut self) -> Result<Vec<u8>, String> {
        match self {
            Self::Datagrams(socket) => {
                let mut buffer = vec![0; 65_536];
                let length = socket.recv(&mut buffer).await.map_err(|error| match error.kind() {
                    std::io::ErrorKind::ConnectionRefused => {
                        "nothing listens there (UDP). Is the server running?".to_owned()
                    }
                    _ => format!("cannot receive: {error}"),
                })?;
                buffer.truncate(length);
                Ok(buffer)
            }
            Self::Stream(stream, framer) => loop {
                if let Some(message) = framer.next_message().map_err(|_| "the answer was no STUN".to_owned())? {
                    return Ok(message.to_vec());
                }
                let mut buffer = [0; 4096];
                match stream.read(&mut buffer).await {
                    Ok(0) => return Err("the server closed the connection".to_owned()),
                    Ok(length) => framer.push(buffer.get(..length).unwrap_or_default()),
                    Err(error) => return Err(format!("cannot receive: {error}")),
                }
            },
        }
    }

    /// Whether what is sent may be lost on the way.
    pub(super) const fn is_lossy(&self) -> bool {
        matches!(self, Self::Datagrams(_))
    }
}
