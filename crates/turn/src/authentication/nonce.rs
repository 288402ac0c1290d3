//! Nonces that cost no memory.
//!
//! A nonce is its own proof: the second it was made and an HMAC over that second and the client's
//! five-tuple. A million spoofed requests leave nothing behind, and a nonce that was read off the
//! wire is useless from any other address.

use std::net::IpAddr;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD_NO_PAD;
use hmac::{Hmac, Mac as _};
use sha2::Sha256;

use crate::address::FiveTuple;

/// How long a nonce is accepted. Clients take a new one from the 438 that follows, unnoticed by the user.
const LIFETIME: Duration = Duration::from_secs(600);

const AGE_BYTES: usize = 4;
const MAC_BYTES: usize = 14;

/// Whether a nonce that a client presents is to be believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NonceCheck {
    /// Made here, for this five-tuple, not long ago.
    Fresh,
    /// Anything else: the client is sent a new one with 438.
    Stale,
}

/// Makes and checks nonces.
#[derive(Debug)]
pub(crate) struct Nonces {
    key: [u8; 32],
    epoch: Instant,
}

impl Nonces {
    pub(crate) fn new(key: [u8; 32], epoch: Instant) -> Self {
        Self { key, epoch }
    }

    /// A nonce for this five-tuple: 24 characters.
    pub(crate) fn make(&self, now: Instant, five_tuple: &FiveTuple) -> String {
        let made = self.seconds(now).to_be_bytes();
        let mut token = [0; AGE_BYTES + MAC_BYTES];
        let (age, mac) = token.split_at_mut(AGE_BYTES);
        age.copy_from_slice(&made);
        let whole = self.mac(made, five_tuple).finalize().into_bytes();
        mac.copy_from_slice(whole.split_at(MAC_BYTES).0);
        BASE64_STANDARD_NO_PAD.encode(token)
    }

    /// Checks what a client sent.
    pub(crate) fn check(&self, now: Instant, five_tuple: &FiveTuple, nonce: &str) -> NonceCheck {
        let mut token = [0; AGE_BYTES + MAC_BYTES + 6];
        let Ok(length) = BASE64_STANDARD_NO_PAD.decode_slice(nonce, &mut token) else {
            return NonceCheck::Stale;
        };
        let Some((made, mac)) = token.get(..length).and_then(|t| t.split_first_chunk::<AGE_BYTES>()) else {
            return NonceCheck::Stale;
        };
        if mac.len() != MAC_BYTES || self.mac(*made, five_tuple).verify_truncated_left(mac).is_err() {
            return NonceCheck::Stale;
        }
        let age = self.seconds(now).saturating_sub(u32::from_be_bytes(*made));
        if Duration::from_secs(age.into()) <= LIFETIME { NonceCheck::Fresh } else { NonceCheck::Stale }
    }

    fn seconds(&self, now: Instant) -> u32 {
        u32::try_from(now.saturating_duration_since(self.epoch).as_secs()).unwrap_or(u32::MAX)
    }

    fn mac(&self, made: [u8; AGE_BYTES], five_tuple: &FiveTuple) -> Hmac<Sha256> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.key).expect("HMAC takes a key of any length");
        mac.update(&made);
        mac.update(five_tuple.transport.name().as_bytes());
        for address in [five_tuple.client, five_tuple.local] {
            match address.ip() {
                IpAddr::V4(ip) => mac.update(&ip.octets()),
                IpAddr::V6(ip) => mac.update(&ip.octets()),
            }
            mac.update(&address.port().to_be_bytes());
        }
        mac
    }
}

#[cfg(test)]
mod tests {
    use moim_testkit::VirtualClock;

    use super::*;
    use crate::address::Transport;

    fn five_tuple(port: u16) -> FiveTuple {
        FiveTuple {
            client: ([192, 0, 2, 1], port).into(),
            local: ([192, 0, 2, 9], 3478).into(),
            transport: Transport::Udp,
        }
    }

    #[test]
    fn a_nonce_is_fresh_for_ten_minutes() {
        let start = VirtualClock::new().now().instant;
        let nonces = Nonces::new([7; 32], start);
        let nonce = nonces.make(start, &five_tuple(1));
        assert_eq!(nonce.len(), 24);
        assert_eq!(nonces.check(start + LIFETIME, &five_tuple(1), &nonce), NonceCheck::Fresh);
        let later = start + LIFETIME + Duration::from_secs(1);
        assert_eq!(nonces.check(later, &five_tuple(1), &nonce), NonceCheck::Stale);
    }

    #[test]
    fn a_nonce_of_another_address_is_stale() {
        let start = VirtualClock::new().now().instant;
        let nonces = Nonces::new([7; 32], start);
        let nonce = nonces.make(start, &five_tuple(1));
        assert_eq!(nonces.check(start, &five_tuple(2), &nonce), NonceCheck::Stale);
    }

    #[test]
    fn rubbish_is_stale() {
        let start = VirtualClock::new().now().instant;
        let nonces = Nonces::new([7; 32], start);
        for nonce in ["", "a", "!!!!", "AAAAAAAAAAAAAAAAAAAAAAAA", &"A".repeat(700)] {
            assert_eq!(nonces.check(start, &five_tuple(1), nonce), NonceCheck::Stale);
        }
    }
}
