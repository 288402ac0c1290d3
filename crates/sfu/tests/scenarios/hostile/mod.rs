//! Attacks on the media ports: by strangers, by somebody who writes another's address into his
//! datagrams, by publishers and viewers who are let in.
//!
//! Beside each attack two innocents talk; nothing of it may reach them.

mod defects;
mod forged;
mod malformed;
mod publisher;
mod readers;
mod strangers;

use std::net::SocketAddr;
use std::time::Duration;

use moim_sfu::{CloseReason, DropReason, LegEvent};
use moim_types::MediaKind;
use str0m::media::Mid;

use crate::dual::{publisher_of_sound, speak, viewer};
use crate::world::{World, track};

/// Two who talk, and must not be disturbed.
pub(crate) struct Innocents {
    pub(crate) publisher: usize,
    pub(crate) mid: Mid,
    pub(crate) viewer: usize,
    said: u32,
}

impl Innocents {
    pub(crate) fn new(world: &mut World) -> Self {
        let (publisher, mid) = publisher_of_sound(world, 0);
        let viewer = viewer(world, 0);
        world.subscribe(viewer, track(1), 0, MediaKind::Audio);
        world.run(Duration::from_millis(200));
        Self { publisher, mid, viewer, said: 0 }
    }

    /// So many packets of sound, 20 ms apart.
    pub(crate) fn talk(&mut self, world: &mut World, packets: u32) {
        speak(world, self.publisher, self.mid, self.said..self.said + packets);
        self.said += packets;
    }

    /// Everything that was said was heard, in order, nobody was cut off, and nothing broke.
    pub(crate) fn check(&mut self, world: &mut World) {
        self.talk(world, 10);
        world.run(Duration::from_millis(100));
        self.are_undisturbed(world);
        assert_eq!(world.shards[0].stats().closed(CloseReason::Fault), 0, "nothing broke");
    }

    pub(crate) fn are_undisturbed(&self, world: &World) {
        let heard: Vec<u32> = world.clients[self.viewer]
            .received(track(1))
            .iter()
            .map(|packet| u32::from_be_bytes(packet.payload[..4].try_into().unwrap()))
            .collect();
        assert_eq!(heard, (0..self.said).collect::<Vec<_>>(), "everything that was said is heard");
        for client in [self.publisher, self.viewer] {
            assert!(!world.has(client, |event| matches!(event, LegEvent::Closed(_) | LegEvent::Disconnected)));
        }
    }
}

pub(crate) fn stranger() -> SocketAddr {
    SocketAddr::from(([203, 0, 113, 66], 666))
}

pub(crate) fn dropped(world: &World, reason: DropReason) -> u64 {
    world.shards[0].stats().dropped(reason)
}

/// Media datagrams among others: not STUN, not DTLS, not RTCP (RFC 7983 §7, RFC 5761 §4).
pub(crate) fn is_media(datagram: &[u8]) -> bool {
    matches!(datagram, [128..=191, second, ..] if !(192..=223).contains(second))
}

pub(crate) fn is_control(datagram: &[u8]) -> bool {
    matches!(datagram, [128..=191, 192..=223, ..])
}

/// Where the SSRC of a media datagram stands.
pub(crate) fn ssrc(datagram: &[u8]) -> u32 {
    u32::from_be_bytes(datagram[8..12].try_into().unwrap())
}
