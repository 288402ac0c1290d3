//! A fleet over loopback: sockets, threads, handles.

#![expect(clippy::unwrap_used, reason = "what both sides share in a test fails like the test itself")]

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use moim_peer::{
    ChannelInit, ConnectionConfig, ConnectionState, Direction, Event, Events, Fleet, OutgoingPacket, PeerConnection,
    TransceiverInit,
};
use moim_types::{Codec, MediaKind};

async fn next(events: &mut Events, wanted: impl Fn(&Event) -> bool) -> Event {
    let search = async {
        loop {
            let event = events.next().await.expect("the connection lives");
            if wanted(&event) {
                return event;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(10), search).await.expect("it happens in time")
}

async fn negotiate(caller: &PeerConnection, callee: &PeerConnection) {
    let offer = caller.create_offer().await.unwrap();
    caller.set_local_description(offer.clone()).await.unwrap();
    callee.set_remote_description(offer).await.unwrap();
    let answer = callee.create_answer().await.unwrap();
    callee.set_local_description(answer.clone()).await.unwrap();
    caller.set_remote_description(answer).await.unwrap();
}

#[tokio::test]
async fn two_connections_of_a_fleet_talk_over_loopback() {
    let fleet = Fleet::start_on(2, IpAddr::from([127, 0, 0, 1])).unwrap();
    let (caller, mut caller_events, _packets) = fleet.open(ConnectionConfig::default()).await.unwrap();
    let (callee, mut callee_events, mut packets) = fleet.open(ConnectionConfig::default()).await.unwrap();
    let video = caller.add_transceiver(MediaKind::Video, TransceiverInit::new(Direction::SendOnly)).await.unwrap();
    let channel = caller.create_data_channel("chat", ChannelInit::default()).await.unwrap();
    negotiate(&caller, &callee).await;
    next(&mut caller_events, |event| matches!(event, Event::ChannelOpen { .. })).await;
    assert_eq!(caller.connection_state().await.unwrap(), ConnectionState::Connected);

    caller.send(channel, true, Bytes::from_static(b"hello")).await.unwrap();
    let message = next(&mut callee_events, |event| matches!(event, Event::Message(_))).await;
    assert!(matches!(message, Event::Message(message) if message.data == "hello"));

    // A key frame of 20 packets leaves as one run.
    let packet = |index: u32| OutgoingPacket {
        transceiver: video,
        rid: String::new(),
        codec: Codec::Vp8,
        timestamp: 0,
        marker: index == 19,
        audio_level: None,
        payload: Arc::from(vec![0x10; 1100]),
    };
    caller.write((0..20).map(packet).collect()).await.unwrap();
    for index in 0..20 {
        let packet = tokio::time::timeout(Duration::from_secs(5), packets.next()).await.unwrap().unwrap();
        assert_eq!((packet.payload.len(), packet.marker), (1100, index == 19));
    }
    caller.close().await;
    next(&mut callee_events, |event| *event == Event::ConnectionState(ConnectionState::Closed)).await;
    assert!(caller.create_offer().await.is_err());
}

#[tokio::test]
async fn a_connection_ends_when_its_last_handle_is_dropped() {
    let fleet = Fleet::start_on(1, IpAddr::from([127, 0, 0, 1])).unwrap();
    let (caller, mut caller_events, _) = fleet.open(ConnectionConfig::default()).await.unwrap();
    let (callee, mut callee_events, _) = fleet.open(ConnectionConfig::default()).await.unwrap();
    caller.create_data_channel("d", ChannelInit::default()).await.unwrap();
    negotiate(&caller, &callee).await;
    next(&mut caller_events, |event| matches!(event, Event::ChannelOpen { .. })).await;
    drop(caller);
    next(&mut callee_events, |event| *event == Event::ConnectionState(ConnectionState::Closed)).await;
}
