//! `[media]`.

use std::net::IpAddr;

use moim_net::media::ExternalAddresses;

use crate::config::problems::Problems;
use crate::config::settings::MediaSettings;
use crate::config::tree;
use crate::config::values::{number, one_of_each_family};

/// `None` together with a problem; `Some(None)`: switched off.
#[expect(clippy::option_option, reason = "the outer one is how every section says that it has noted a problem")]
pub(super) fn understand(section: &tree::Media, problems: &mut Problems) -> Option<Option<MediaSettings>> {
    let address = problems.take(address(&section.udp_address));
    let udp_port = problems.take(number("media.udp_port", section.udp_port, 0..=65_535));
    let tcp_port: Option<u16> = problems.take(number("media.tcp_port", section.tcp_port, 0..=65_535));
    let external = problems.take(one_of_each_family("media.external_ip", &section.external_ip));
    let shards = problems.take(number("media.shards", section.shards, 0..=256));
    let (ipv4, ipv6) = external?;
    let (udp_port, tcp_port, shards) = (udp_port?, tcp_port?, shards?);
    Some(address?.map(|address| MediaSettings {
        address,
        udp_port,
        tcp_port: (tcp_port != 0).then_some(tcp_port),
        external: ExternalAddresses { ipv4, ipv6 },
        shards,
    }))
}

fn address(text: &str) -> Result<Option<IpAddr>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    text.parse().map(Some).map_err(|_| {
        format!(
            "media.udp_address = \"{text}\" is no address: write one without a port such as 0.0.0.0 or ::, or \"\" to switch rooms off"
        )
    })
}
