//! The handle of a connection that a fleet drives.

use std::sync::Arc;

use moim_types::MediaKind;
use tokio::sync::{mpsc, oneshot};

use crate::connection::{
    ChannelId, ChannelInit, Connection, ConnectionState, Direction, Event, OutgoingPacket, SessionDescription,
    StatsReport, TransceiverId, TransceiverInit,
};
use crate::fleet::{Order, Orders};
use crate::{Error, connection::SignalingState};

/// `RTCPeerConnection`. Clones are the same connection; it closes when the last one is dropped.
#[derive(Debug, Clone)]
pub struct PeerConnection(Arc<Handle>);

/// What happens to a connection.
#[derive(Debug)]
pub struct Events(mpsc::Receiver<Event>);

impl Events {
    pub(crate) const fn new(receiver: mpsc::Receiver<Event>) -> Self {
        Self(receiver)
    }

    /// The next event; `None` when the connection is gone.
    pub async fn next(&mut self) -> Option<Event> {
        self.0.recv().await
    }
}

#[derive(Debug)]
pub(crate) struct Handle {
    id: usize,
    orders: Orders,
    owner: Option<Arc<()>>,
}

impl Handle {
    pub(crate) const fn new(id: usize, orders: Orders, owner: Arc<()>) -> Self {
        Self { id, orders, owner: Some(owner) }
    }

    pub(crate) async fn order(&self, order: Order) -> Result<(), Error> {
        self.orders.sender.send(order).await.map_err(|_| Error::Closed)?;
        self.orders.waker.wake()?;
        Ok(())
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        drop(self.owner.take());
        // Any order makes the thread look; a full queue makes it look too, at its next deadline.
        let _ = self.orders.sender.try_send(Order::Work(self.id, Box::new(|_| {})));
        let _ = self.orders.waker.wake();
    }
}

impl PeerConnection {
    pub(crate) fn new(handle: Handle) -> Self {
        Self(Arc::new(handle))
    }

    /// Does something with the connection itself, on its thread.
    ///
    /// # Errors
    /// When the connection is closed.
    pub async fn with<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> T + Send + 'static,
    ) -> Result<T, Error> {
        let (answer, answered) = oneshot::channel();
        let work = Box::new(move |connection: &mut Connection| {
            // Whoever asked may have gone.
            let _ = answer.send(work(connection));
        });
        self.0.order(Order::Work(self.0.id, work)).await?;
        answered.await.map_err(|_| Error::Closed)
    }

    /// `connectionState`
    ///
    /// # Errors
    /// When the connection is closed.
    pub async fn connection_state(&self) -> Result<ConnectionState, Error> {
        self.with(|connection| connection.connection_state()).await
    }

    /// `signalingState`
    ///
    /// # Errors
    /// When the connection is closed.
    pub async fn signaling_state(&self) -> Result<SignalingState, Error> {
        self.with(|connection| connection.signaling_state()).await
    }

    /// `addTransceiver`
    ///
    /// # Errors
    /// When the connection is closed.
    pub async fn add_transceiver(&self, kind: MediaKind, init: TransceiverInit) -> Result<TransceiverId, Error> {
        self.with(move |connection| connection.add_transceiver(kind, init)).await
    }

    /// Sets a transceiver's `direction`, from the next exchange on.
    ///
    /// # Errors
    /// When there is no such transceiver.
    pub async fn set_direction(&self, transceiver: TransceiverId, direction: Direction) -> Result<(), Error> {
        self.with(move |connection| connection.set_direction(transceiver, direction)).await?
    }

    /// `RTCRtpTransceiver.stop`, from the next exchange on.
    ///
    /// # Errors
    /// When there is no such transceiver.
    pub async fn stop_transceiver(&self, transceiver: TransceiverId) -> Result<(), Error> {
        self.with(move |connection| connection.stop_transceiver(transceiver)).await?
    }

    /// `RTCRtpTransceiver.mid`; `None` until it was offered.
    ///
    /// # Errors
    /// When the connection is closed.
    pub async fn mid(&self, transceiver: TransceiverId) -> Result<Option<String>, Error> {
        self.with(move |connection| connection.mid(transceiver)).await
    }

    /// `createDataChannel`
    ///
    /// # Errors
    /// When the connection is closed.
    pub async fn create_data_channel(&self, label: &str, init: ChannelInit) -> Result<ChannelId, Error> {
        let label = label.to_owned();
        self.with(move |connection| connection.create_data_channel(&label, init)).await
    }

    /// `createOffer`
    ///
    /// # Errors
    /// While another exchange is under way, or when there is nothing to negotiate.
    pub async fn create_offer(&self) -> Result<SessionDescription, Error> {
        self.with(|connection| connection.create_offer()).await?
    }

    /// `createAnswer`
    ///
    /// # Errors
    /// When no offer waits for one.
    pub async fn create_answer(&self) -> Result<SessionDescription, Error> {
        self.with(|connection| connection.create_answer()).await?
    }

    /// `setLocalDescription`
    ///
    /// # Errors
    /// When it is not the description that was made last.
    pub async fn set_local_description(&self, description: SessionDescription) -> Result<(), Error> {
        self.with(move |connection| connection.set_local_description(&description)).await?
    }

    /// `setRemoteDescription`
    ///
    /// # Errors
    /// When it cannot be used, or an answer comes without an offer.
    pub async fn set_remote_description(&self, description: SessionDescription) -> Result<(), Error> {
        self.with(move |connection| connection.set_remote_description(&description)).await?
    }

    /// `addIceCandidate`
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn add_ice_candidate(&self, candidate: &str) -> Result<(), Error> {
        let candidate = candidate.to_owned();
        self.with(move |connection| connection.add_ice_candidate(&candidate)).await?
    }

    /// `restartIce`, with the next offer.
    ///
    /// # Errors
    /// When the connection is closed.
    pub async fn restart_ice(&self) -> Result<(), Error> {
        self.with(Connection::restart_ice).await
    }

    /// Sends media packets together, such as those of one frame.
    ///
    /// # Errors
    /// When the transceiver is not negotiated for them; those before are sent.
    pub async fn write(&self, packets: Vec<OutgoingPacket>) -> Result<(), Error> {
        self.with(move |connection| packets.into_iter().try_for_each(|packet| connection.write(packet))).await?
    }

    /// Asks the sender of a picture for a key frame (PLI).
    ///
    /// # Errors
    /// When nothing arrives on the transceiver.
    pub async fn request_key_frame(&self, transceiver: TransceiverId) -> Result<(), Error> {
        self.with(move |connection| connection.request_key_frame(transceiver, None)).await?
    }

    /// `RTCDataChannel.send`
    ///
    /// # Errors
    /// When the channel is not open, the message is empty, or the buffer is full.
    pub async fn send(&self, channel: ChannelId, binary: bool, data: bytes::Bytes) -> Result<(), Error> {
        self.with(move |connection| connection.send(channel, binary, &data)).await?
    }

    /// `RTCDataChannel.bufferedAmount`, in bytes.
    ///
    /// # Errors
    /// When the channel is not open.
    pub async fn buffered_amount(&self, channel: ChannelId) -> Result<usize, Error> {
        self.with(move |connection| connection.buffered_amount(channel)).await?
    }

    /// `RTCDataChannel.close`
    ///
    /// # Errors
    /// When the channel is not open.
    pub async fn close_channel(&self, channel: ChannelId) -> Result<(), Error> {
        self.with(move |connection| connection.close_channel(channel)).await?
    }

    /// `getStats`: as they were taken last.
    ///
    /// # Errors
    /// When the connection is closed.
    pub async fn get_stats(&self) -> Result<StatsReport, Error> {
        self.with(|connection| connection.stats()).await
    }

    /// `close`
    pub async fn close(&self) {
        // It may be closed already.
        let _ = self.with(Connection::close).await;
    }
}
