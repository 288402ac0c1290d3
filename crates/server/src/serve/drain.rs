//! The way out: no new work, time for the old, then the end.

use std::time::Duration;

use moim_net::turn::TurnServer;
use tracing::{info, warn};

use super::running::Running;
use super::signals::Signals;

/// Lets what is under way finish, for at most `patience` or until asked again.
pub(super) async fn drain(running: Running, signals: &mut Signals, patience: Duration) {
    info!(open = running.gate.stats().open, "draining: no new connections; waiting for the open ones");
    running.phase.start_draining();
    running.door.drain();
    if let Some(rooms) = &running.rooms {
        rooms.door.drain();
    }
    if let Some(turn) = running.turn.as_ref().map(TurnServer::handle) {
        turn.drain();
    }
    running.stop.cancel();
    tokio::select! {
        () = finished(&running) => info!("drained"),
        () = tokio::time::sleep(patience) => {
            warn!(open = running.gate.stats().open, "stopping with open connections: the time to drain is over");
        }
        () = signals.stop() => {
            warn!(open = running.gate.stats().open, "stopping with open connections: asked to stop again");
        }
    }
    if let Some(rooms) = running.rooms {
        rooms.stop().await;
        // Signaling connections carry the last word.
        let _ = tokio::time::timeout(LAST_WORDS, running.gate.wait_until_empty()).await;
    }
}

/// Waits until every connection has ended and every relay is given back.
async fn finished(running: &Running) {
    running.gate.wait_until_empty().await;
    let Some(turn) = running.turn.as_ref().map(TurnServer::handle) else { return };
    while turn.stats().core.allocations > 0 {
        tokio::time::sleep(LOOK_AGAIN).await;
    }
}

/// How long the connections of those sent away may take to end.
const LAST_WORDS: Duration = Duration::from_secs(1);
/// The shards tell their figures about once a second.
const LOOK_AGAIN: Duration = Duration::from_millis(250);
