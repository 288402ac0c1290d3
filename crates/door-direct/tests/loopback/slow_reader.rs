//! A peer that does not read is put out; the others do not notice.

use std::time::Duration;

use moim_door_direct::{Bounds, DirectConfig};
use serde_json::json;

use super::side::{BOTH, Side, Transport};
use super::{config, serve};

#[tokio::test]
async fn a_peer_that_reads_nothing_is_put_out() {
    let bounds = Bounds {
        bytes_per_second: 1 << 30,
        byte_burst: 1 << 30,
        messages_per_second: 100_000,
        message_burst: 100_000,
        queue_bytes: 1 << 20,
        ..Bounds::default()
    };
    let served = serve(DirectConfig { bounds, ..config() }).await;
    for (number, transport) in (1..).zip(BOTH) {
        let room = format!("{transport:?}");
        let mut ann = Side::registered(Transport::WebSocket, served.address, &room, "ann").await;
        let mut bob = Side::registered(Transport::SocketIo, served.address, &room, "bob").await;
        let slow = Side::registered(transport, served.address, &room, "slow").await;
        let sender = tokio::spawn(async move {
            let body = json!({ "from": "ann", "bulk": "x".repeat(60_000) });
            // Kernel buffers of loopback hold several megabytes before anything is felt.
            for _ in 0..800 {
                ann.send("message", body.clone()).await;
                while let Ok((event, _)) = tokio::time::timeout(Duration::ZERO, ann.next()).await {
                    assert_eq!(event, "message");
                }
            }
            ann
        });
        let mut got = 0;
        let mut gone = false;
        while got < 800 || !gone {
            let (_, data) = bob.next().await;
            got += usize::from(data["bulk"].is_string());
            gone |= data["from"] == "slow" && data["payload"]["action"] == "close";
        }
        served.until("disconnected_total", "slow_reader", number).await;
        drop(sender.await.unwrap());
        drop(slow);
    }
}
