//! The media ports, as browsers reach them.

use std::net::SocketAddr;

use super::report::Report;
use super::target::Target;
use super::turn::binding;
use crate::config::{MediaSettings, Settings};

/// UDP of the first and the last shard, and TCP.
pub(super) async fn check(settings: &Settings, target: &Target, report: &mut Report) {
    let Some(media) = &settings.media else {
        report.skipped("media", "switched off");
        return;
    };
    check_udp(media, target, report).await;
    match media.tcp_port {
        Some(port) => report.result("media over TCP", connect(target, SocketAddr::new(media.address, port)).await),
        None => report.skipped("media over TCP", "switched off"),
    }
}

async fn check_udp(media: &MediaSettings, target: &Target, report: &mut Report) {
    const WHAT: &str = "media over UDP";
    if media.udp_port == 0 {
        return report.skipped(WHAT, "media.udp_port is 0: the ports are known to the server alone");
    }
    // The check may run on another machine than the server; only there are its cores known.
    let count = match media.shards {
        0 if target.is_named => 1,
        0 => std::thread::available_parallelism().map_or(1, usize::from),
        shards => shards,
    };
    let last = u16::try_from(count.saturating_sub(1)).unwrap_or(u16::MAX);
    let mut told = Vec::new();
    for port in [media.udp_port, media.udp_port.saturating_add(last)] {
        match binding(target, SocketAddr::new(media.address, port)).await {
            Ok(note) if told.contains(&note) => {}
            Ok(note) => told.push(note),
            Err(reason) => return report.failed(WHAT, format!("UDP port {port}: {reason}")),
        }
    }
    report.ok(WHAT, told.join("; "));
}

async fn connect(target: &Target, listener: SocketAddr) -> Result<String, String> {
    let stream = target.connect(listener).await?;
    let peer = stream.peer_addr().map_err(|error| format!("the connection broke at once: {error}"))?;
    Ok(format!("{peer} takes connections"))
}
