//! SRTCP packets that were heard before (RFC 3711 §3.3.2), which the library does not look for: a
//! recorded wish for a key frame, or a recorded estimate, must not count twice.

use std::collections::BTreeMap;

use super::opening::Protection;

/// The SRTCP indices heard from each sender.
#[derive(Debug)]
pub(super) struct Replays {
    /// Known with the first packet that was opened.
    protection: Option<Protection>,
    windows: BTreeMap<u32, Window>,
}

/// Senders remembered: a remote side has one SSRC for each stream.
const MOST_SENDERS: usize = 1024;
/// RFC 3711 §3.3.2 asks for 64 at least.
const WINDOW: u32 = 128;
/// The tag of AES in counter mode.
const TAG: usize = 10;

/// What was heard of one sender.
#[derive(Debug, Clone, Copy)]
struct Window {
    highest: u32,
    /// Bit n stands for `highest - n`.
    heard: u128,
}

impl Replays {
    pub(super) const fn new() -> Self {
        Self { protection: None, windows: BTreeMap::new() }
    }

    /// Whether this packet was heard before, or is too old to tell.
    pub(super) fn knows(&self, packet: &[u8]) -> bool {
        let Some((sender, index)) = self.protection.and_then(|protection| place(packet, protection)) else {
            return false;
        };
        self.windows.get(&sender).is_some_and(|window| window.knows(index))
    }

    /// This packet was authentic.
    pub(super) fn note(&mut self, packet: &[u8], protection: Protection) {
        self.protection = Some(protection);
        let Some((sender, index)) = place(packet, protection) else { return };
        if self.windows.len() >= MOST_SENDERS && !self.windows.contains_key(&sender) {
            self.windows.pop_first();
        }
        self.windows.entry(sender).or_insert(Window { highest: index, heard: 0 }).note(index);
    }
}

impl Window {
    const fn knows(&self, index: u32) -> bool {
        match self.highest.checked_sub(index) {
            None => false,
            Some(age) => age >= WINDOW || self.heard & (1 << age) != 0,
        }
    }

    const fn note(&mut self, index: u32) {
        if let Some(ahead) = index.checked_sub(self.highest) {
            self.heard = if ahead < WINDOW { self.heard << ahead } else { 0 };
            self.highest = index;
        }
        let age = self.highest - index;
        if age < WINDOW {
            self.heard |= 1 << age;
        }
    }
}

/// The sender and the index of an SRTCP packet: behind the ciphertext (RFC 7714 §9.2), and before
/// the tag where there is one of its own (RFC 3711 §3.4).
fn place(packet: &[u8], protection: Protection) -> Option<(u32, u32)> {
    let end = match protection {
        Protection::Gcm => packet.len(),
        Protection::CounterMode => packet.len().checked_sub(TAG)?,
    };
    let sender = packet.get(4..8)?.try_into().ok()?;
    let index: [u8; 4] = packet.get(end.checked_sub(4)?..end)?.try_into().ok()?;
    Some((u32::from_be_bytes(sender), u32::from_be_bytes(index) & 0x7fff_ffff))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packet(sender: u32, index: u32, protection: Protection) -> Vec<u8> {
        let mut packet = vec![0x80, 201, 0, 1];
        packet.extend(sender.to_be_bytes());
        packet.extend([7; 30]);
        packet.extend((index | 0x8000_0000).to_be_bytes());
        if protection == Protection::CounterMode {
            packet.extend([9; TAG]);
        }
        packet
    }

    #[test]
    fn a_packet_is_new_once_in_any_order() {
        for protection in [Protection::Gcm, Protection::CounterMode] {
            let mut replays = Replays::new();
            for index in [5, 3, 4, 200, 199, 100, 1000] {
                let packet = packet(1, index, protection);
                assert!(!replays.knows(&packet), "{index}");
                replays.note(&packet, protection);
                assert!(replays.knows(&packet), "{index}");
            }
            assert!(replays.knows(&packet(1, 200, protection)), "too old to tell");
            assert!(!replays.knows(&packet(2, 3, protection)), "somebody else's");
        }
    }

    #[test]
    fn what_is_too_short_to_be_one_is_left_to_the_library() {
        let mut replays = Replays::new();
        replays.note(&packet(1, 1, Protection::CounterMode), Protection::CounterMode);
        for length in 0..14 {
            assert!(!replays.knows(&vec![0x80; length]));
            replays.note(&vec![0x80; length], Protection::CounterMode);
        }
    }

    #[test]
    fn the_number_of_senders_is_bounded() {
        let mut replays = Replays::new();
        for sender in 0..5000 {
            replays.note(&packet(sender, 1, Protection::Gcm), Protection::Gcm);
        }
        assert_eq!(replays.windows.len(), MOST_SENDERS);
    }
}
